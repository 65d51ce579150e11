//! Lists of offers: pages and filters.

use serde_json::{Value, json};

use super::{COCONUT, Goods, act, create, get, offer_of, producer, product, published, with};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    paging_is_stable_while_offers_come,
    a_cursor_belongs_to_its_list_and_caller,
    filters_narrow_and_repeated_ones_widen,
    states_are_those_of_today,
    illegal_parameters_are_refused,
);

fn ids(api: &TestApi, by: &Actor, query: &str) -> Vec<String> {
    let listed = get(api, by, &format!("/v1/offers?sort=created_at&{query}")).expect(200);
    let items = listed.at("/items").as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
}

fn id_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn paging_is_stable_while_offers_come(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = |_| id_of(create(api, &actor, &offer_of(&product)).expect(201).header("location"));
    let mut expected: Vec<String> = (0..5).map(made).collect();
    let (mut seen, mut cursor): (Vec<String>, String) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/offers?sort=created_at&limit=2{cursor}");
        let page = get(api, &actor, &path).expect(200);
        let items = page.at("/items").as_array().cloned().unwrap_or_default();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap_or("").to_owned()));
        let Some(next) = page.at("/next_cursor").as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
        cursor = format!("&cursor={next}");
        if seen.len() == 2 {
            api.at("2026-11-23T03:00:01Z");
            expected.push(made(5));
        }
    }
    assert_eq!(seen, expected);
    let newest = get(api, &actor, "/v1/offers?limit=1").expect(200);
    assert_eq!(newest.text("/items/0/id"), expected[5]);
}

fn a_cursor_belongs_to_its_list_and_caller(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let other = api.actor("Khác", &["distributor"]);
    published(api, &actor, &product);
    published(api, &actor, &product);
    let page = get(api, &actor, "/v1/offers?limit=1").expect(200);
    let next = |by: &Actor, query: &str| {
        let cursor = page.text("/next_cursor");
        get(api, by, &format!("/v1/offers?limit=1&cursor={cursor}{query}"))
    };
    next(&actor, "").expect(200);
    next(&other, "").expect_problem(400, "invalid_cursor");
    next(&actor, "&state=draft").expect_problem(400, "invalid_cursor");
}

fn filters_narrow_and_repeated_ones_widen(api: &TestApi) {
    let (one, coconut) = producer(api, "1");
    let two = api.actor("2", &["producer"]);
    let fish = Goods { name: "Mắm bò hóc", set: 9, ..COCONUT };
    let fish = product(api, &two, &fish);
    let a = id_of(&published(api, &one, &coconut));
    let mut elsewhere = with(&fish, "place", json!({"province_code": "86"}));
    elsewhere["status"] = "published".into();
    let b = id_of(create(api, &two, &elsewhere).expect(201).header("location"));
    let (only_a, only_b, both) = (vec![a.clone()], vec![b.clone()], vec![a, b]);
    let cases: [(String, &Vec<String>); 12] = [
        (String::new(), &both),
        (format!("party_id={}", one.party_id), &only_a),
        (format!("party_id={}&party_id={}", one.party_id, two.party_id), &both),
        (format!("product_id={fish}"), &only_b),
        ("product_set=1".into(), &only_a),
        ("product_set=1&product_set=9".into(), &both),
        ("product_set=26".into(), &Vec::new()),
        ("province_code=86".into(), &only_b),
        ("province_code=86&province_code=79".into(), &both),
        ("q=dua%20sap".into(), &only_a),
        (format!("party_id={}&product_set=9", one.party_id), &Vec::new()),
        ("q=bo+hoc&province_code=86".into(), &only_b),
    ];
    for (query, expected) in cases {
        assert_eq!(&ids(api, &one, &query), expected, "{query}");
    }
}

fn states_are_those_of_today(api: &TestApi) {
    let (mut actor, product) = producer(api, "HTX");
    let draft = create(api, &actor, &offer_of(&product)).expect(201);
    let draft = id_of(draft.header("location"));
    let shown = published(api, &actor, &product);
    let paused = published(api, &actor, &product);
    act(api, &actor, &paused, "pause").expect(200);
    let (shown, paused) = (id_of(&shown), id_of(&paused));
    assert_eq!(ids(api, &actor, "state=draft"), std::slice::from_ref(&draft));
    assert_eq!(ids(api, &actor, "state=published"), std::slice::from_ref(&shown));
    assert_eq!(ids(api, &actor, "state=paused&state=draft"), [draft.clone(), paused.clone()]);
    assert_eq!(ids(api, &actor, "state=expired"), [""; 0]);
    api.at("2027-03-01T00:00:00Z");
    actor.token = api.token(&actor.party_id, "offers:read");
    assert_eq!(ids(api, &actor, "state=expired"), [shown, paused]);
    assert_eq!(ids(api, &actor, "state=draft"), [draft]);
}

fn illegal_parameters_are_refused(api: &TestApi) {
    let (actor, _) = producer(api, "HTX");
    let cases = [
        ("state", "open", "not_allowed"),
        ("party_id", "x", "wrong_format"),
        ("product_id", "x", "wrong_format"),
        ("product_set", "27", "unknown_product_set"),
        ("product_set", "0", "unknown_product_set"),
        ("province_code", "xx", "unknown_province"),
        ("limit", "101", "out_of_range"),
        ("sort", "name", "not_allowed"),
    ];
    for (name, value, code) in cases {
        let refused = get(api, &actor, &format!("/v1/offers?{name}={value}"));
        refused.expect_problem(400, "invalid_parameter").expect_violation(name, code);
    }
    let unknown = get(api, &actor, "/v1/offers?colour=red");
    unknown
        .expect_problem(400, "unknown_parameter")
        .expect_violation("colour", "unknown_parameter");
    let two = get(api, &actor, "/v1/offers?product_set=27&party_id=x").expect(400);
    let told: Vec<&Value> = [two.at("/errors/0/parameter"), two.at("/errors/1/parameter")].into();
    assert_eq!(told, [&json!("party_id"), &json!("product_set")]);
}
