//! Heads of requests: smuggling, sizes, methods, media types, other origins.

use std::io::Read;

use ocop_link::config::Config;
use ocop_link::http::schema::PUBLISHED;
use serde_json::{Value, json};

use super::{count, exchange, expect_problem, get, party, post, statuses};
use crate::support::api::{TestApi, api_tests};

api_tests!(
    what_two_readers_would_divide_differently_is_refused,
    large_heads_are_refused,
    other_methods_are_told_what_there_is,
    the_head_of_an_answer_is_that_of_its_get,
    only_json_is_read,
    only_json_is_answered,
    large_parameters_are_refused,
    wild_cards_are_plain_characters,
    answers_are_compressed_if_the_client_likes,
    a_request_id_is_taken_if_it_is_plain,
    the_page_of_the_contract_is_found_without_its_slash,
);

api_tests!(with_a_page =>
    a_page_of_a_listed_origin_may_call,
    a_page_of_another_origin_may_not,
);

const PAGE: &str = "https://app.example";

fn with_a_page(config: &mut Config) {
    config.traffic.cors_origins = vec![PAGE.parse().expect("an origin")];
}

/// Each of these is one refused request, however it is divided; none is a hidden second one.
fn what_two_readers_would_divide_differently_is_refused(api: &TestApi) {
    let hidden = "GET /v1/units HTTP/1.1\r\nHost: test\r\n\r\n";
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X-Folded: a\r\n b\r\n",
    ] {
        let answer = exchange(api, post(api, headers) + "0\r\n\r\n" + hidden);
        assert_eq!(statuses(&answer), [400], "{headers}: {answer}");
    }
    assert_eq!(count(api), 0);
}

fn large_heads_are_refused(api: &TestApi) {
    let header = |bytes: usize| format!("X-Large: {}\r\n", "a".repeat(bytes));
    let large = exchange(api, get("/v1/units", &header(20_000)));
    expect_problem(&large, 431, "headers_too_large");
    let huge = exchange(api, get("/v1/units", &header(300_000)));
    assert!(huge.is_empty() || statuses(&huge) == [431], "{huge}");
    let many: String = (0..200).map(|number| format!("X-{number}: a\r\n")).collect();
    assert_eq!(statuses(&exchange(api, get("/v1/units", &many))), [431]);
    let path = format!("/v1/{}", "a".repeat(9_000));
    expect_problem(&exchange(api, get(&path, "")), 414, "uri_too_long");
}

fn other_methods_are_told_what_there_is(api: &TestApi) {
    for method in ["TRACE", "DELETE", "FROBNICATE"] {
        let refused = exchange(api, get("/v1/units", "").replacen("GET", method, 1));
        expect_problem(&refused, 405, "method_not_allowed");
        assert!(refused.contains("allow: GET, HEAD, OPTIONS\r\n"), "{method} {refused}");
    }
    let options = exchange(api, get("/v1/offers", "").replacen("GET", "OPTIONS", 1));
    assert_eq!(statuses(&options), [204], "{options}");
    assert!(options.contains("allow: GET, HEAD, OPTIONS, POST\r\n"), "{options}");
    let server = exchange(api, get("*", "").replacen("GET", "OPTIONS", 1));
    assert_eq!(statuses(&server), [204], "{server}");
    assert!(server.contains("allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n"), "{server}");
    let nowhere = exchange(api, get("/v1/nowhere", "").replacen("GET", "OPTIONS", 1));
    expect_problem(&nowhere, 404, "not_found");
}

fn the_head_of_an_answer_is_that_of_its_get(api: &TestApi) {
    let token = api.admin();
    let ask = |method: &str| api.request(method, "/v1/parties").by(&token).send();
    let (whole, head) = (ask("GET"), ask("HEAD"));
    assert_eq!((head.status, &head.body), (200, &Value::Null));
    for name in ["etag", "content-type", "cache-control"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    let whole = exchange(api, get("/v1/units?limit=3", ""));
    let head = exchange(api, get("/v1/units?limit=3", "").replacen("GET", "HEAD", 1));
    let length = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("content-length: "));
        line.and_then(|line| line.split_once(' ')?.1.parse::<usize>().ok())
    };
    let body = whole.split_once("\r\n\r\n").map(|(_, body)| body.len());
    assert_eq!((length(&head), length(&whole)), (body, body), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

fn only_json_is_read(api: &TestApi) {
    let send = |header: &str| {
        let request = api.request("POST", "/v1/parties").by(&api.admin()).raw(party("HTX"));
        request.header("content-type", header).send()
    };
    for other in ["", "text/plain", "application/xml", "application/json; charset=latin1"] {
        let refused = send(other).expect_problem(415, "unsupported_media_type");
        assert_eq!(refused.header("accept-post"), "application/json", "{other}");
    }
    send("APPLICATION/JSON; charset=UTF-8").expect(201);
    let encoded = api.post("/v1/parties", &json!({})).by(&api.admin());
    let encoded = encoded.header("content-encoding", "gzip").send();
    encoded.expect_problem(415, "unsupported_media_type");
}

fn only_json_is_answered(api: &TestApi) {
    let ask = |accept: &str| api.get("/v1/units").header("accept", accept).send();
    for accept in ["application/xml", "application/json;q=0", "*/*; q=0.0, text/html"] {
        ask(accept).expect_problem(406, "not_acceptable");
    }
    let html = "text/html, */*;q=0.1";
    for accept in ["application/json", "Application/JSON", html, "application/*"] {
        ask(accept).expect(200);
    }
}

fn large_parameters_are_refused(api: &TestApi) {
    let many = format!("/v1/offers?{}", "state=draft&".repeat(600));
    let long = format!("/v1/offers?q={}", "a".repeat(2_000));
    for path in ["/v1/offers?limit=1000000000", "/v1/offers?limit=-1", &many, &long] {
        let refused = api.get(path).by(&api.admin()).send();
        refused.expect_problem(400, "invalid_parameter");
    }
}

fn wild_cards_are_plain_characters(api: &TestApi) {
    for name in ["100% dừa", "HTX_A", "HTX B"] {
        let made = api.post("/v1/parties", &serde_json::from_str(&party(name)).expect("JSON"));
        made.by(&api.admin()).send().expect(201);
    }
    let found = |text: &str| {
        let page = api.get(&format!("/v1/parties?q={text}")).by(&api.admin()).send().expect(200);
        let items = page.at("/items").as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("1%25dua"), Vec::<String>::new());
    assert_eq!(found("100%25"), ["100% dừa"]);
    assert_eq!(found("HTX_A"), ["HTX_A"]);
}

fn answers_are_compressed_if_the_client_likes(api: &TestApi) {
    for coding in ["gzip", "zstd"] {
        let request = get("/openapi.json", &format!("Accept-Encoding: {coding}\r\n"));
        let mut stream = super::connect(api);
        std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(&format!("content-encoding: {coding}\r\n")), "{coding}");
        let whole = PUBLISHED.len();
        assert!(bytes.len() * 4 < whole, "{coding}: {} of {whole}", bytes.len());
    }
}

fn a_request_id_is_taken_if_it_is_plain(api: &TestApi) {
    let echoed = |id: &str| {
        let answer = api.get("/health/live").header("x-request-id", id).send();
        answer.header("x-request-id").to_owned()
    };
    assert_eq!(echoed("order-42.1:a_b"), "order-42.1:a_b");
    for other in ["two words", "{\"a\":1}", &"a".repeat(129)] {
        assert_ne!(echoed(other), other);
    }
}

fn a_page_of_a_listed_origin_may_call(api: &TestApi) {
    let asked = format!("Origin: {PAGE}\r\nAccess-Control-Request-Method: POST\r\n");
    let preflight = exchange(api, get("/v1/offers", &asked).replacen("GET", "OPTIONS", 1));
    assert_eq!(statuses(&preflight), [204], "{preflight}");
    for line in [
        "access-control-allow-origin: https://app.example\r\n",
        "access-control-allow-methods: GET, HEAD, OPTIONS, POST\r\n",
        "vary: Origin\r\n",
    ] {
        assert!(preflight.contains(line), "{line} {preflight}");
    }
    let accepted = preflight.lines().find(|line| line.starts_with("access-control-allow-headers"));
    let accepted = accepted.expect("the headers").to_lowercase();
    for name in ["authorization", "content-type", "if-match", "idempotency-key", "on-behalf-of"] {
        assert!(accepted.contains(name), "{accepted}");
    }
    // A page must be able to read why it was refused.
    let refused = api.get("/v1/offers").header("origin", PAGE).send();
    let refused = refused.expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), PAGE);
    assert!(refused.header("access-control-expose-headers").contains("RateLimit"));
}

fn a_page_of_another_origin_may_not(api: &TestApi) {
    for origin in ["https://app.example.evil", "http://app.example", "null"] {
        let answer = api.get("/v1/units").header("origin", origin).send().expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
}

fn the_page_of_the_contract_is_found_without_its_slash(api: &TestApi) {
    let moved = api.get("/docs").send().expect(308);
    assert_eq!(moved.header("location"), "/docs/");
    api.get(moved.header("location")).send().expect(200);
}
