//! Products, their certificates and the catalogue over HTTP.

use serde_json::{Value, json};

use super::matches::items;
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_product_has_exact_packagings,
    what_a_product_cannot_be_is_refused,
    a_gtin_is_kept_as_fourteen_digits,
    only_producers_have_products_and_only_theirs,
    a_star_lasts_thirty_six_months_and_stays_in_the_history,
    a_certificate_awaits_its_first_day_and_warns_for_its_last_thirty,
    a_certificate_belongs_to_its_subject_and_stands_once,
    a_corrected_and_a_revoked_certificate_stay_readable,
    a_wrong_star_of_a_decision_is_corrected_under_its_number,
    words_without_accents_find_and_accents_decide_the_order,
    facets_count_what_the_filtered_list_shows,
    the_address_of_the_facets_is_no_product,
    putting_the_same_twice_makes_one_product,
    an_archived_product_leaves_the_catalogue,
);

fn maker(api: &TestApi) -> Actor {
    api.actor_at("HTX", &["producer"], json!({"text": "huyện Cầu Kè, Trà Vinh"}))
}

fn goods(changes: Value) -> Value {
    let mut body = json!({"name": "Dừa sáp Cầu Kè", "product_set": 1, "unit": "kg"});
    for (key, value) in changes.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn post(api: &TestApi, actor: &Actor, changes: Value) -> Answer {
    api.post("/v1/products", &goods(changes)).by(&actor.token).send()
}

fn star(changes: Value) -> Value {
    let mut body = json!({
        "kind": "ocop", "stars": 4, "number": "2411/QĐ-UBND", "authority": "UBND tỉnh Trà Vinh",
        "decision_date": "2024-11-15"
    });
    for (key, value) in changes.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn certify(api: &TestApi, actor: &Actor, product: &Answer, changes: Value) -> Answer {
    let path = format!("/v1/products/{}/certificates", product.text("/id"));
    api.post(&path, &star(changes)).by(&actor.token).send()
}

fn a_product_has_exact_packagings(api: &TestApi) {
    let maker = maker(api);
    let packagings = json!([
        {"unit": "thùng", "contains": {"quantity": 12, "unit": "chai"}},
        {"unit": "chai", "contains": {"quantity": 500.0, "unit": "ml"}}
    ]);
    let made = post(api, &maker, json!({"unit": "thùng", "packagings": packagings})).expect(201);
    assert_eq!(made.at("/packagings/1/contains"), &json!({"quantity": 500, "unit": "ml"}));
    assert_eq!(made.text("/state"), "active");
    let found = api.get(made.header("location")).by(&maker.token).send().expect(200);
    assert_eq!(found.body, made.body);
}

fn what_a_product_cannot_be_is_refused(api: &TestApi) {
    let maker = maker(api);
    let ring = json!([
        {"unit": "thùng", "contains": {"quantity": 2, "unit": "hộp"}},
        {"unit": "hộp", "contains": {"quantity": 2, "unit": "thùng"}}
    ]);
    let cases = [
        (json!({"unit": "chục"}), "/unit", "unit_not_convertible"),
        (json!({"unit": "xe"}), "/unit", "unknown_unit"),
        (json!({"packagings": ring}), "/packagings/0/contains/unit", "unit_not_convertible"),
        (json!({"product_set": 27}), "/product_set", "out_of_range"),
        (json!({"gtin": "8934563138164"}), "/gtin", "wrong_check_digit"),
        (json!({"gtin": "89345631381"}), "/gtin", "wrong_format"),
        (json!({"name": " "}), "/name", "out_of_range"),
        (json!({"product_set": 1.5}), "/product_set", "wrong_type"),
        (json!({"trace_url": "javascript:alert(1)"}), "/trace_url", "wrong_format"),
    ];
    for (changes, pointer, rule) in cases {
        let refused = post(api, &maker, changes).expect_problem(422, "invalid");
        refused.expect_violation(pointer, rule);
    }
    let listed = api.get("/v1/products").by(&maker.token).send().expect(200);
    assert_eq!(listed.at("/items"), &json!([]), "nothing was recorded");
}

fn a_gtin_is_kept_as_fourteen_digits(api: &TestApi) {
    let made = post(api, &maker(api), json!({"gtin": "8934563138165"})).expect(201);
    assert_eq!(made.text("/gtin"), "08934563138165");
}

fn only_producers_have_products_and_only_theirs(api: &TestApi) {
    let (maker, buyer) = (maker(api), api.actor("Siêu thị", &["distributor"]));
    assert!(post(api, &buyer, json!({})).expect(403).body.is_object());
    let made = post(api, &maker, json!({})).expect(201);
    let change = api.patch(made.header("location"), &json!({"name": "X"})).if_match(1);
    change.by(&buyer.token).send().expect_problem(403, "forbidden");
    certify(api, &buyer, &made, json!({})).expect_problem(403, "forbidden");
}

fn a_star_lasts_thirty_six_months_and_stays_in_the_history(api: &TestApi) {
    let maker = maker(api);
    let made = post(api, &maker, json!({})).expect(201);
    let old = json!({"stars": 3, "number": "1", "decision_date": "2020-12-31"});
    certify(api, &maker, &made, old).expect(201);
    let new = certify(api, &maker, &made, json!({"potential_five_star": true})).expect(201);
    assert_eq!((new.text("/expires_on"), new.text("/state")), ("2027-11-15", "valid"));
    let recognition = |query: &str| {
        let path = format!("{}{query}", made.header("location"));
        api.get(&path).by(&maker.token).send().expect(200).at("/recognition").clone()
    };
    assert_eq!(recognition("")["stars"], 4);
    assert_eq!(recognition("")["potential_five_star"], true);
    assert_eq!(recognition("?as_of=2022-01-01")["stars"], 3);
    assert_eq!(recognition("?as_of=2027-11-15")["stars"], 4);
    assert_eq!(recognition("?as_of=2027-11-16"), Value::Null);
    let path = format!("{}/certificates", made.header("location"));
    let history = api.get(&path).by(&maker.token).send().expect(200);
    let mut states: Vec<&str> = history
        .at("/items")
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| item["state"].as_str())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["expired", "valid"]);
}

fn a_certificate_awaits_its_first_day_and_warns_for_its_last_thirty(api: &TestApi) {
    let maker = maker(api);
    let made = post(api, &maker, json!({})).expect(201);
    let made = certify(api, &maker, &made, json!({"decision_date": "2024-03-01"})).expect(201);
    let state = |day: &str| {
        let path = format!("/v1/certificates/{}?as_of={day}", made.text("/id"));
        api.get(&path).by(&maker.token).send().expect(200).text("/state").to_owned()
    };
    assert_eq!(made.text("/expires_on"), "2027-03-01");
    assert_eq!((state("2027-01-29"), state("2027-01-30")), ("valid".into(), "expiring".into()));
    assert_eq!((state("2027-03-01"), state("2027-03-02")), ("expiring".into(), "expired".into()));
    assert_eq!((state("2024-02-29"), state("2024-03-01")), ("pending".into(), "valid".into()));
}

fn a_certificate_belongs_to_its_subject_and_stands_once(api: &TestApi) {
    let maker = maker(api);
    let (one, two) = (
        post(api, &maker, json!({})).expect(201),
        post(api, &maker, json!({"name": "B"})).expect(201),
    );
    let first = certify(api, &maker, &one, json!({})).expect(201);
    certify(api, &maker, &one, json!({})).expect_problem(409, "duplicate_certificate");
    certify(api, &maker, &two, json!({})).expect(201);
    let foreign = json!({"number": "9", "supersedes": first.text("/id")});
    let refused = certify(api, &maker, &two, foreign).expect_problem(422, "invalid");
    refused.expect_violation("/supersedes", "unknown_reference");
    let reversed = json!({"number": "8", "expires_on": "2024-11-14"});
    let refused = certify(api, &maker, &one, reversed).expect_problem(422, "invalid");
    refused.expect_violation("/expires_on", "reversed_period");
    let stars = certify(api, &maker, &one, json!({"number": "7", "stars": 6}));
    stars.expect_problem(422, "invalid").expect_violation("/stars", "out_of_range");
}

fn a_wrong_star_of_a_decision_is_corrected_under_its_number(api: &TestApi) {
    let maker = maker(api);
    let made = post(api, &maker, json!({})).expect(201);
    let stars = || {
        let product = api.get(made.header("location")).by(&maker.token).send().expect(200);
        product.at("/recognition/stars").clone()
    };
    let mut wrong = certify(api, &maker, &made, json!({"stars": 3})).expect(201);
    for right in [5, 4] {
        let correction = json!({"stars": right, "supersedes": wrong.text("/id")});
        let next = certify(api, &maker, &made, correction).expect(201);
        assert_eq!(stars(), right);
        let path = format!("/v1/certificates/{}", wrong.text("/id"));
        let wrong_now = api.get(&path).by(&maker.token).send().expect(200);
        assert_eq!((wrong_now.text("/state"), wrong_now.number("/version")), ("superseded", 2));
        wrong = next;
    }
    certify(api, &maker, &made, json!({})).expect_problem(409, "duplicate_certificate");
    let certificates = format!("{}/certificates", made.header("location"));
    let all = items(&api.get(&certificates).by(&maker.token).send().expect(200));
    let first = all.iter().find(|each| each["stars"] == 3).expect("the first");
    let again = certify(api, &maker, &made, json!({"stars": 4, "supersedes": first["id"]}));
    assert_eq!(again.expect_problem(409, "illegal_action").text("/state"), "superseded");
}

fn a_corrected_and_a_revoked_certificate_stay_readable(api: &TestApi) {
    let maker = maker(api);
    let made = post(api, &maker, json!({})).expect(201);
    let wrong = certify(api, &maker, &made, json!({"stars": 5, "number": "sai"})).expect(201);
    let right = json!({"number": "đúng", "supersedes": wrong.text("/id")});
    let right = certify(api, &maker, &made, right).expect(201);
    let state = |id: &str| {
        let found = api.get(&format!("/v1/certificates/{id}")).by(&maker.token).send();
        found.expect(200).text("/state").to_owned()
    };
    assert_eq!(state(wrong.text("/id")), "superseded");
    let product = || api.get(made.header("location")).by(&maker.token).send().expect(200);
    assert_eq!(product().number("/recognition/stars"), 4);
    let revoke = format!("/v1/certificates/{}/revoke", right.text("/id"));
    api.post(&revoke, &json!({"on": "2026-11-23"})).by(&maker.token).send().expect(200);
    assert_eq!(state(right.text("/id")), "revoked");
    assert_eq!(product().at("/recognition"), &Value::Null);
}

fn search(api: &TestApi, actor: &Actor, query: &str) -> Vec<String> {
    let found = api.get(&format!("/v1/products?{query}")).by(&actor.token).send().expect(200);
    let items = found.at("/items").as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn words_without_accents_find_and_accents_decide_the_order(api: &TestApi) {
    let maker = maker(api);
    for name in ["Mứt dứa", "Mứt dừa", "Dừa sáp Cầu Kè", "Rượu nếp"] {
        post(api, &maker, json!({"name": name})).expect(201);
    }
    assert_eq!(search(api, &maker, "q=dua%20sap%20cau%20ke")[0], "Dừa sáp Cầu Kè");
    assert_eq!(search(api, &maker, "q=m%E1%BB%A9t%20d%E1%BB%A9a")[0], "Mứt dứa");
    assert_eq!(search(api, &maker, "q=m%E1%BB%A9t%20d%E1%BB%ABa")[0], "Mứt dừa");
    let plain = search(api, &maker, "q=mut%20dua");
    assert!(plain.contains(&"Mứt dứa".to_owned()) && plain.contains(&"Mứt dừa".to_owned()));
}

fn facets_count_what_the_filtered_list_shows(api: &TestApi) {
    let maker = maker(api);
    for (name, set, stars) in [("A", 1, 3), ("B", 1, 4), ("C", 2, 4)] {
        let made = post(api, &maker, json!({"name": name, "product_set": set})).expect(201);
        certify(api, &maker, &made, json!({"stars": stars})).expect(201);
    }
    let facets = api.get("/v1/products/facets").by(&maker.token).send().expect(200);
    for facet in facets.at("/product_set").as_array().expect("sets") {
        let listed = search(api, &maker, &format!("product_set={}", facet["value"]));
        assert_eq!(facet["count"].as_u64(), Some(listed.len() as u64), "{facet}");
    }
    assert_eq!(search(api, &maker, "min_stars=4").len(), 2);
    assert_eq!(search(api, &maker, "province_code=86&product_set=1&min_stars=4"), ["B"]);
    assert_eq!(search(api, &maker, "province_code=01").len(), 0);
}

fn the_address_of_the_facets_is_no_product(api: &TestApi) {
    let maker = maker(api);
    let patch = api.patch("/v1/products/facets", &json!({})).if_match(1).by(&maker.token).send();
    let refused = patch.expect_problem(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS");
}

fn putting_the_same_twice_makes_one_product(api: &TestApi) {
    let maker = maker(api);
    let put = |name: &str| {
        let path = "/v1/products/by-external-id/ketnoiocop.vn/42";
        api.put(path, &goods(json!({"name": name}))).by(&maker.token).send()
    };
    let made = put("Dừa sáp").expect(201);
    let same = put("Dừa sáp").expect(200);
    assert_eq!((same.text("/id"), same.number("/version")), (made.text("/id"), 1));
    assert_eq!(put("Dừa sáp sợi").expect(200).number("/version"), 2);
    assert_eq!(search(api, &maker, "limit=100").len(), 1);
}

fn an_archived_product_leaves_the_catalogue(api: &TestApi) {
    let maker = maker(api);
    let made = post(api, &maker, json!({})).expect(201);
    let act = |verb: &str| {
        api.act(&format!("{}/{verb}", made.header("location"))).by(&maker.token).send()
    };
    act("archive").expect(200);
    let again = act("archive").expect_problem(409, "illegal_action");
    assert_eq!(
        (again.text("/state"), again.at("/allowed_actions")),
        ("archived", &json!(["restore"]))
    );
    assert_eq!(search(api, &maker, "limit=10").len(), 0);
    assert_eq!(search(api, &maker, "state=archived").len(), 1);
    act("restore").expect(200);
    assert_eq!(search(api, &maker, "limit=10").len(), 1);
}
