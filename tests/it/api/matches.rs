//! Matches over HTTP.

use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_distributor_gets_ranked_offers_with_factors_that_add_up,
    both_sides_see_the_same_score,
    a_star_that_lapses_before_the_delivery_is_a_near_miss,
    an_offer_is_seen_and_gone_at_once,
    a_minimum_order_above_the_demand_says_what_would_do,
    weights_change_score_and_explanation_together,
    a_dismissed_pair_comes_back_when_terms_change,
    a_preview_finds_what_the_saved_demand_finds,
    others_learn_nothing_of_a_pair,
    pages_have_every_match_once,
    an_anonymous_buyer_is_not_named,
);

/// A producer of Trà Vinh with a recognised product in kilograms.
struct Maker {
    actor: Actor,
    product: String,
}

fn maker(api: &TestApi, name: &str) -> Maker {
    let actor = api.actor_at(name, &["producer"], json!({"text": "huyện Cầu Kè, Trà Vinh"}));
    let body = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
    let made = api.post("/v1/products", &body).by(&actor.token).send().expect(201);
    Maker { product: made.text("/id").to_owned(), actor }
}

fn recognise(api: &TestApi, maker: &Maker, expires_on: &str) {
    let body = json!({
        "kind": "ocop", "stars": 4, "number": "12/QĐ-UBND", "authority": "UBND tỉnh",
        "decision_date": "2024-03-01", "expires_on": expires_on
    });
    let path = format!("/v1/products/{}/certificates", maker.product);
    api.post(&path, &body).by(&maker.actor.token).send().expect(201);
}

fn offer(api: &TestApi, maker: &Maker, changes: Value) -> Answer {
    let mut body = json!({
        "product_id": maker.product, "unit_price": 90_000, "status": "published",
        "capacity": [{"from": "2026-12-01", "to": "2027-03-31", "quantity": 900}]
    });
    for (key, value) in changes.as_object().expect("an object") {
        body[key] = value.clone();
    }
    api.post("/v1/offers", &body).by(&maker.actor.token).send().expect(201)
}

fn wish(changes: Value) -> Value {
    let mut body = json!({
        "title": "Mật hoa dừa", "unit": "kg", "max_unit_price": 120_000,
        "deliveries": [{"from": "2027-01-05", "to": "2027-01-20", "quantity": 500}]
    });
    for (key, value) in changes.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn demand(api: &TestApi, buyer: &Actor, changes: Value) -> String {
    let made = api.post("/v1/demands", &wish(changes)).by(&buyer.token).send().expect(201);
    made.text("/id").to_owned()
}

fn matches(api: &TestApi, demand: &str, buyer: &Actor) -> Answer {
    api.get(&format!("/v1/demands/{demand}/matches")).by(&buyer.token).send().expect(200)
}

fn excluded(api: &TestApi, demand: &str, buyer: &Actor) -> Answer {
    api.get(&format!("/v1/demands/{demand}/excluded")).by(&buyer.token).send().expect(200)
}

fn count(answer: &Answer) -> usize {
    answer.at("/items").as_array().map_or(0, Vec::len)
}

fn a_distributor_gets_ranked_offers_with_factors_that_add_up(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let (near, dear) = (maker(api, "HTX A"), maker(api, "HTX B"));
    let cheap = offer(api, &near, json!({"unit_price": 60_000}));
    offer(api, &dear, json!({"unit_price": 110_000}));
    let found = matches(api, &demand(api, &buyer, json!({})), &buyer);
    assert_eq!(count(&found), 2);
    assert_eq!(found.at("/items/0/offer_id"), cheap.at("/id"));
    for item in found.at("/items").as_array().expect("items") {
        let factors = item["factors"].as_array().expect("factors");
        let sum: i64 = factors.iter().filter_map(|factor| factor["contribution"].as_i64()).sum();
        assert_eq!(Some(sum), item["score"].as_i64());
        assert!(item["landed_unit_price"].as_i64() > item["unit_price"].as_i64());
        assert_eq!(item["quantity"], json!({"available": 900, "wanted": 500, "unit": "kg"}));
    }
    let text = found.at("/items/0/factors/0");
    assert_eq!(
        (&text["offer_value"], &text["demand_value"]),
        (&json!("Mật hoa dừa"), &json!("Mật hoa dừa"))
    );
}

fn both_sides_see_the_same_score(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let maker = maker(api, "HTX");
    let offer = offer(api, &maker, json!({}));
    let demand = demand(api, &buyer, json!({}));
    let from_buyer = matches(api, &demand, &buyer);
    let path = format!("/v1/offers/{}/matches", offer.text("/id"));
    let from_maker = api.get(&path).by(&maker.actor.token).send().expect(200);
    assert_eq!(from_maker.text("/items/0/demand_id"), demand);
    assert_eq!(from_maker.at("/items/0/score"), from_buyer.at("/items/0/score"));
    assert_eq!(from_maker.at("/items/0/factors"), from_buyer.at("/items/0/factors"));
    assert_eq!(from_maker.text("/items/0/party/name"), "Siêu thị");
    assert_eq!(from_buyer.text("/items/0/party/name"), "HTX");
}

fn a_star_that_lapses_before_the_delivery_is_a_near_miss(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let maker = maker(api, "HTX");
    recognise(api, &maker, "2027-03-01");
    offer(api, &maker, json!({}));
    let stars = json!({"min_stars": 4});
    let on = |day: &str| json!([{"from": day, "to": day, "quantity": 100}]);
    let last = demand(api, &buyer, json!({"requirements": stars, "deliveries": on("2027-03-01")}));
    assert_eq!(count(&matches(api, &last, &buyer)), 1);
    let late = demand(api, &buyer, json!({"requirements": stars, "deliveries": on("2027-03-02")}));
    assert_eq!(count(&matches(api, &late, &buyer)), 0);
    let missed = excluded(api, &late, &buyer);
    assert_eq!(missed.text("/items/0/failed_checks/0/code"), "stars");
    let remedy = missed.text("/items/0/failed_checks/0/remedy");
    assert!(remedy.contains("2027-03-01") && remedy.contains("2027-03-02"), "{remedy}");
    let short = json!({"title": "Mật hoa dừa", "unit": "kg", "quantity": 100, "by": "2027-03-02",
        "requirements": stars});
    let short = api.post("/v1/demands", &short).by(&buyer.token).send().expect(201);
    assert_eq!(count(&matches(api, short.text("/id"), &buyer)), 0);
    assert_eq!(count(&excluded(api, short.text("/id"), &buyer)), 1);
}

fn an_offer_is_seen_and_gone_at_once(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let maker = maker(api, "HTX");
    let demand = demand(api, &buyer, json!({}));
    assert_eq!(count(&matches(api, &demand, &buyer)), 0);
    let offer = offer(api, &maker, json!({}));
    assert_eq!(count(&matches(api, &demand, &buyer)), 1);
    let path = format!("/v1/offers/{}", offer.text("/id"));
    let price = api.patch(&path, &json!({"unit_price": 70_000})).if_match(1).by(&maker.actor.token);
    price.send().expect(200);
    assert_eq!(matches(api, &demand, &buyer).number("/items/0/unit_price"), 70_000);
    api.act(&format!("{path}/pause")).by(&maker.actor.token).send().expect(200);
    assert_eq!(count(&matches(api, &demand, &buyer)), 0);
}

fn a_minimum_order_above_the_demand_says_what_would_do(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    offer(api, &maker(api, "HTX"), json!({"min_order": 500}));
    let of = |quantity: u32| {
        let delivery = json!({"from": "2027-01-05", "to": "2027-01-20", "quantity": quantity});
        demand(api, &buyer, json!({"deliveries": [delivery]}))
    };
    let small = of(300);
    assert_eq!(count(&matches(api, &small, &buyer)), 0);
    let missed = excluded(api, &small, &buyer);
    assert_eq!(missed.text("/items/0/failed_checks/0/code"), "quantity");
    assert!(missed.text("/items/0/failed_checks/0/remedy").contains("500 kg"));
    assert_eq!(count(&matches(api, &of(500), &buyer)), 1);
}

fn weights_change_score_and_explanation_together(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let (cheap, plenty) = (maker(api, "Rẻ"), maker(api, "Nhiều"));
    let few = json!([{"from": "2026-12-01", "to": "2027-03-31", "quantity": 50}]);
    let cheap = offer(api, &cheap, json!({"unit_price": 30_000, "capacity": few}));
    let plenty = offer(api, &plenty, json!({"unit_price": 119_000}));
    let by_price = demand(api, &buyer, json!({"preferences": {"price": 10_000}}));
    let by_quantity = demand(api, &buyer, json!({"preferences": {"quantity": 10_000}}));
    let found = matches(api, &by_price, &buyer);
    assert_eq!(found.at("/items/0/offer_id"), cheap.at("/id"));
    assert_eq!(found.at("/items/0/factors/1/contribution"), found.at("/items/0/score"));
    let found = matches(api, &by_quantity, &buyer);
    assert_eq!(found.at("/items/0/offer_id"), plenty.at("/id"));
    assert_eq!(found.number("/items/0/score"), 10_000);
}

fn a_dismissed_pair_comes_back_when_terms_change(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let maker = maker(api, "HTX");
    let offer = offer(api, &maker, json!({}));
    let demand = demand(api, &buyer, json!({}));
    let id = offer.text("/id");
    let dismiss = format!("/v1/demands/{demand}/matches/{id}/dismiss");
    api.post(&dismiss, &json!({"reason": "Giá cao"})).by(&buyer.token).send().expect(204);
    assert_eq!(count(&matches(api, &demand, &buyer)), 0);
    let path = format!("/v1/offers/{id}");
    api.act(&format!("{path}/confirm")).by(&maker.actor.token).send().expect(200);
    assert_eq!(count(&matches(api, &demand, &buyer)), 0, "its terms are the same");
    let cheaper = api.patch(&path, &json!({"unit_price": 50_000})).if_match(2);
    cheaper.by(&maker.actor.token).send().expect(200);
    assert_eq!(count(&matches(api, &demand, &buyer)), 1);
}

fn a_preview_finds_what_the_saved_demand_finds(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    offer(api, &maker(api, "HTX"), json!({}));
    let preview = api.post("/v1/matches/preview", &wish(json!({}))).by(&buyer.token).send();
    let preview = preview.expect(200);
    assert_eq!(preview.at("/items/0/demand_id"), &Value::Null);
    let saved = matches(api, &demand(api, &buyer, json!({})), &buyer);
    for member in ["offer_id", "score", "factors", "landed_unit_price", "coverage"] {
        let pointer = format!("/items/0/{member}");
        assert_eq!(preview.at(&pointer), saved.at(&pointer), "{member}");
    }
    let draft = demand(api, &buyer, json!({"status": "draft"}));
    assert_eq!(matches(api, &draft, &buyer).at("/items/0/score"), saved.at("/items/0/score"));
}

fn others_learn_nothing_of_a_pair(api: &TestApi) {
    let (buyer, other) =
        (api.actor("Siêu thị", &["distributor"]), api.actor("X", &["distributor"]));
    let maker = maker(api, "HTX");
    let offer = offer(api, &maker, json!({"unit_price": 500_000}));
    let demand = demand(api, &buyer, json!({}));
    let pair = format!("/v1/demands/{demand}/matches/{}", offer.text("/id"));
    let explained = api.get(&pair).by(&buyer.token).send().expect(200);
    assert_eq!(explained.at("/eligible"), &json!(false));
    assert_eq!(explained.at("/checks").as_array().map(Vec::len), Some(11));
    let other_side = api.get(&pair).by(&maker.actor.token).send().expect(200);
    assert_eq!(other_side.at("/checks"), explained.at("/checks"));
    let paths = [
        pair,
        format!("/v1/demands/{demand}/matches"),
        format!("/v1/demands/{demand}/excluded"),
        format!("/v1/offers/{}/matches", offer.text("/id")),
        "/v1/demands/00000000-0000-7000-8000-000000000000/matches".into(),
    ];
    for path in paths {
        let refused = api.get(&path).by(&other.token).send().expect_problem(404, "not_found");
        assert_eq!(refused.text("/detail"), "Không có tài nguyên này.", "{path}");
    }
}

fn pages_have_every_match_once(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let makers = ["A", "B", "C", "D", "E"].map(|name| maker(api, name));
    for (turn, maker) in makers.iter().enumerate() {
        offer(api, maker, json!({"unit_price": 90_000 + 1000 * (turn / 2)}));
    }
    let demand = demand(api, &buyer, json!({}));
    let whole = matches(api, &demand, &buyer);
    let (mut seen, mut path) = (Vec::new(), format!("/v1/demands/{demand}/matches?limit=2"));
    loop {
        let page = api.get(&path).by(&buyer.token).send().expect(200);
        seen.extend(page.at("/items").as_array().cloned().unwrap_or_default());
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        path = format!("/v1/demands/{demand}/matches?limit=2&cursor={cursor}");
    }
    assert_eq!(&Value::Array(seen), whole.at("/items"));
    assert_eq!(count(&whole), 5);
}

fn an_anonymous_buyer_is_not_named(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let maker = maker(api, "HTX");
    let offer = offer(api, &maker, json!({}));
    let demand = demand(api, &buyer, json!({"anonymous": true}));
    let path = format!("/v1/offers/{}/matches", offer.text("/id"));
    let found = api.get(&path).by(&maker.actor.token).send().expect(200);
    assert_eq!(found.text("/items/0/demand_id"), demand);
    assert!(!found.body.to_string().contains(&buyer.party_id), "{}", found.body);
    let pair = format!("/v1/demands/{demand}/matches/{}", offer.text("/id"));
    let explained = api.get(&pair).by(&maker.actor.token).send().expect(200);
    assert_eq!(explained.at("/party"), &Value::Null);
}
