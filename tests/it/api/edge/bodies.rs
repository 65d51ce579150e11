//! Bodies: too large, compressed, and JSON that readers disagree about.

use std::io::Write;

use serde_json::{Value, json};

use super::{connect, count, exchange, expect_problem, party, post, post_body, read_all, statuses};
use crate::support::api::{TestApi, api_tests};

api_tests!(
    a_large_body_is_refused_before_it_has_come,
    a_large_body_in_chunks_is_refused_on_its_way,
    a_body_longer_than_it_says_is_cut_there,
    json_that_readers_disagree_about_is_refused,
    where_reading_stopped_is_told_in_the_language_of_the_answer,
    numbers_that_do_not_fit_are_refused,
    deep_json_is_refused,
    texts_are_counted_in_characters_and_kept_in_one_form,
);

const LARGE: usize = 5 * 1024 * 1024;

fn a_large_body_is_refused_before_it_has_come(api: &TestApi) {
    let answer = exchange(api, post(api, &format!("Content-Length: {LARGE}\r\n")));
    expect_problem(&answer, 413, "payload_too_large");
    let mut stream = connect(api);
    let head = post(api, &format!("Content-Length: {}\r\n", 1024 * 1024 + 1));
    stream.write_all(head.as_bytes()).expect("sent");
    expect_problem(&read_all(&mut stream), 413, "payload_too_large");
}

fn a_large_body_in_chunks_is_refused_on_its_way(api: &TestApi) {
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let body = chunk.repeat(LARGE / 0x10000) + "0\r\n\r\n";
    let answer = exchange(api, post(api, "Transfer-Encoding: chunked\r\n") + &body);
    // The answer may be lost with the rest of the body, which nobody reads.
    if !answer.is_empty() {
        expect_problem(&answer, 413, "payload_too_large");
    }
    assert_eq!(count(api), 0);
}

fn a_body_longer_than_it_says_is_cut_there(api: &TestApi) {
    let answer = exchange(api, post(api, "Content-Length: 10\r\n") + &party("HTX"));
    assert_eq!(statuses(&answer)[0], 400, "{answer}");
    assert_eq!(count(api), 0);
}

fn json_that_readers_disagree_about_is_refused(api: &TestApi) {
    let with = |name: &str| party("NAME").replace("\"NAME\"", name).into_bytes();
    let mut cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("half", b"{\"name\":".to_vec()),
        ("a key twice", party("HTX").replacen('{', "{\"name\": \"other\", ", 1).into_bytes()),
        ("NaN", with("NaN")),
        ("1e400", with("1e400")),
        ("a single quote", with("'HTX'")),
        ("a comma at the end", with("\"HTX\",")),
        ("a lone surrogate", with("\"\\ud800\"")),
        ("NUL", with("\"a\\u0000b\"")),
        ("a control character", with("\"a\u{1}b\"")),
        ("two values", (party("HTX") + "{}").into_bytes()),
        ("a byte order mark", [b"\xef\xbb\xbf", party("HTX").as_bytes()].concat()),
    ];
    cases.push(("no UTF-8", [b"{\"name\": \"", &b"\xff\xfe"[..], b"\"}"].concat()));
    for (what, body) in cases {
        let answer = post_body(api, &body);
        assert_eq!(statuses(&answer), [400], "{what}: {answer}");
        expect_problem(&answer, 400, "malformed_json");
    }
    assert_eq!(count(api), 0);
}

fn where_reading_stopped_is_told_in_the_language_of_the_answer(api: &TestApi) {
    let told = |body: &str| {
        ["vi", "en"].map(|language| {
            let post = api.post("/v1/parties", &json!({})).by(&api.admin()).raw(body);
            let refused = post.header("accept-language", language).send();
            refused.expect_problem(400, "malformed_json").text("/detail").to_owned()
        })
    };
    let [vietnamese, english] = told("{\"name\": NaN}");
    assert!(vietnamese.ends_with("(dòng 1, cột 10)."), "{vietnamese}");
    assert!(english.contains("expected value at line 1 column 10"), "{english}");
    let [vietnamese, english] = told(r#"{"name":"a","name":"b"}"#);
    let sentence = "(khóa \"name\" xuất hiện hai lần, dòng 1, cột 23).";
    assert!(vietnamese.ends_with(sentence), "{vietnamese}");
    assert!(english.contains("the key \"name\" stands twice at line 1"), "{english}");
    let [vietnamese, english] = told(&format!("{}1{}", "[".repeat(65), "]".repeat(65)));
    assert!(vietnamese.contains("lồng sâu quá 64 cấp"), "{vietnamese}");
    assert!(english.contains("deeper than 64 levels"), "{english}");
    let [vietnamese, english] = told(&format!("[{}0]", "0,".repeat(20_000)));
    assert!(vietnamese.contains("hơn 20000 giá trị"), "{vietnamese}");
    assert!(english.contains("more than 20000 values"), "{english}");
    let [vietnamese, english] = told(r#"{"name":"a\u0000"}"#);
    assert!(vietnamese.contains("ký tự NUL"), "{vietnamese}");
    assert!(english.contains("NUL character"), "{english}");
}

fn numbers_that_do_not_fit_are_refused(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let send = |quantity: &str| {
        let body = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
        let body = body.to_string().replace(":5", &format!(":{quantity}"));
        let request = api.request("POST", "/v1/demands").by(&buyer.token).raw(body);
        request.header("content-type", "application/json").send()
    };
    for quantity in ["9223372036854775808", "18446744073709551616", "1e300", "-1", "5.5", "\"5\""] {
        let refused = send(quantity).expect_problem(422, "invalid");
        assert_eq!(refused.text("/errors/0/pointer"), "/quantity", "{quantity}");
    }
    send("5e0").expect(201);
}

fn deep_json_is_refused(api: &TestApi) {
    for depth in [65, 100_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        expect_problem(&post_body(api, deep.as_bytes()), 400, "malformed_json");
    }
}

fn texts_are_counted_in_characters_and_kept_in_one_form(api: &TestApi) {
    let register = |name: &str| {
        let body: Value = serde_json::from_str(&party(name)).expect("JSON");
        api.post("/v1/parties", &body).by(&api.admin()).send()
    };
    let decomposed = "du\u{31b}\u{300}a sa\u{301}p";
    assert_eq!(register(decomposed).expect(201).text("/name"), "dừa sáp");
    for name in ["🥥".repeat(80), "שלום HTX".into(), "HTX\u{200d}A".into()] {
        assert_eq!(register(&name).expect(201).text("/name"), name);
    }
    register(&"🥥".repeat(201)).expect_problem(422, "invalid");
}
