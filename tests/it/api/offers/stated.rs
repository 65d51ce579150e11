//! What is stated about an offer: defaults, broken rules, changes.

use serde_json::{Value, json};

use super::{COCONUT, Goods, create, get, offer_of, producer, product, with, with_taken};
use crate::support::api::{TestApi, api_tests};

api_tests!(
    an_offer_is_recorded_with_its_defaults,
    a_minimum_order_stands_on_the_increment,
    a_whole_number_may_be_written_with_a_point,
    periods_are_in_order_and_share_no_day,
    quantities_are_positive,
    a_unit_needs_a_content,
    prices_fall_with_the_quantity,
    places_and_provinces_are_those_of_today,
    only_an_active_product_of_ones_own_is_offered,
    every_broken_rule_is_told_at_once,
    unknown_fields_are_refused,
    a_change_needs_the_version_it_is_based_on,
    a_change_of_nothing_changes_nothing,
    terms_have_a_version_of_their_own,
    null_restores_a_default,
    a_status_is_stated_only_at_the_beginning,
    capacity_adds_up_and_is_not_cut_below_what_is_taken,
    an_offer_outlives_its_product_in_the_catalogue,
);

fn an_offer_is_recorded_with_its_defaults(api: &TestApi) {
    let seat = json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"});
    let actor = api.actor_at("HTX", &["producer"], seat);
    let product = product(api, &actor, &COCONUT);
    let period = json!({"from": "2027-01-01", "to": "2027-01-31", "quantity": 300});
    let body = json!({"product_id": product, "capacity": [period]});
    let made = create(api, &actor, &body).expect(201);
    assert_eq!(made.header("location"), format!("/v1/offers/{}", made.text("/id")));
    assert_eq!(made.header("etag"), "\"1\"");
    let expected = json!({
        "id": made.at("/id"), "version": 1, "terms_version": 1, "external_ids": {},
        "created_at": "2026-11-23T03:00:00Z", "updated_at": "2026-11-23T03:00:00Z",
        "confirmed_at": "2026-11-23T03:00:00Z", "state": "draft",
        "allowed_actions": ["update", "publish", "withdraw"],
        "party_id": actor.party_id, "product_id": product, "unit": "kg", "price_breaks": [],
        "min_order": 1, "increment": 1, "lead_time_days": 0, "delivers_to": [], "pickup": false,
        "visibility": "public", "invited_party_ids": [], "place": made.at("/place"),
        "capacity": [{"from": "2027-01-01", "to": "2027-01-31", "quantity": 300,
            "held": 0, "committed": 0, "consumed": 0, "free": 300}],
    });
    assert_eq!(made.body, expected);
    assert_eq!(made.text("/place/text"), "huyện Cầu Kè, tỉnh Trà Vinh");
    assert_eq!(get(api, &actor, made.header("location")).expect(200).body, made.body);
}

fn a_minimum_order_stands_on_the_increment(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    for (min_order, increment) in [(45, 10), (5, 10), (41, 40)] {
        let mut body = with(&product, "min_order", json!(min_order));
        body["increment"] = json!(increment);
        let refused = create(api, &actor, &body).expect_problem(422, "invalid");
        refused.expect_violation("/min_order", "not_on_increment");
    }
    for min_order in [40, 50] {
        let made = create(api, &actor, &with(&product, "min_order", json!(min_order)));
        assert_eq!(made.expect(201).number("/min_order"), min_order);
    }
    let mut body = offer_of(&product);
    body.as_object_mut().expect("an object").remove("min_order");
    assert_eq!(create(api, &actor, &body).expect(201).number("/min_order"), 10);
}

fn a_whole_number_may_be_written_with_a_point(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = create(api, &actor, &with(&product, "lead_time_days", json!(5.0))).expect(201);
    assert_eq!(made.number("/lead_time_days"), 5);
    let refused = create(api, &actor, &with(&product, "lead_time_days", json!(5.5)));
    refused.expect_problem(422, "invalid").expect_violation("/lead_time_days", "wrong_type");
}

fn periods_are_in_order_and_share_no_day(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let send = |periods: &[(&str, &str)]| {
        let period = |(from, to): &(&str, &str)| json!({"from": from, "to": to, "quantity": 50});
        let periods: Vec<Value> = periods.iter().map(period).collect();
        create(api, &actor, &with(&product, "capacity", json!(periods)))
    };
    let refused = |periods: &[(&str, &str)], at: &str, code: &str| {
        send(periods).expect_problem(422, "invalid").expect_violation(at, code);
    };
    let january = ("2027-01-01", "2027-01-31");
    refused(&[("2027-01-31", "2027-01-01")], "/capacity/0/to", "reversed_period");
    refused(&[january, ("2027-01-31", "2027-02-28")], "/capacity/1", "overlapping_periods");
    refused(&[january, ("2027-01-10", "2027-01-12")], "/capacity/1", "overlapping_periods");
    refused(&[("2027-02-30", "2027-03-01")], "/capacity/0/from", "wrong_format");
    refused(&[january, ("2027-02-01", "3027-02-01")], "/capacity/1/to", "wrong_format");
    refused(&[], "/capacity", "out_of_range");
    let made = send(&[("2027-02-01", "2027-02-01"), january]).expect(201);
    let first = (made.text("/capacity/0/from"), made.text("/capacity/1/from"));
    assert_eq!(first, ("2027-01-01", "2027-02-01"), "sorted");
}

fn quantities_are_positive(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    for quantity in [0, -5, 1_000_000_000_001_i64] {
        let period = json!({"from": "2027-01-01", "to": "2027-01-31", "quantity": quantity});
        let body = with(&product, "capacity", json!([period]));
        let refused = create(api, &actor, &body).expect_problem(422, "invalid");
        refused.expect_violation("/capacity/0/quantity", "out_of_range");
    }
    for (member, value) in [("min_order", 0), ("increment", 0), ("increment", -10)] {
        let refused = create(api, &actor, &with(&product, member, json!(value)));
        let at = format!("/{member}");
        refused.expect_problem(422, "invalid").expect_violation(&at, "out_of_range");
    }
    for (member, value) in [("lead_time_days", -1), ("lead_time_days", 366), ("unit_price", -1)] {
        let refused = create(api, &actor, &with(&product, member, json!(value)));
        let at = format!("/{member}");
        refused.expect_problem(422, "invalid").expect_violation(&at, "out_of_range");
    }
}

fn a_unit_needs_a_content(api: &TestApi) {
    let (actor, plain) = producer(api, "HTX");
    let packed = Goods { packagings: &[("chục", 12, "trái"), ("trái", 1100, "g")], ..COCONUT };
    let packed = product(api, &actor, &packed);
    let send = |product: &str, unit: &str| create(api, &actor, &with(product, "unit", json!(unit)));
    let refused = send(&plain, "chục").expect_problem(422, "invalid");
    refused.expect_violation("/unit", "unit_not_convertible");
    send(&plain, "xe").expect_problem(422, "invalid").expect_violation("/unit", "unknown_unit");
    assert_eq!(send(&packed, "chục").expect(201).text("/unit"), "chục");
    assert_eq!(send(&plain, "ký").expect(201).text("/unit"), "kg", "another word for it");
}

fn prices_fall_with_the_quantity(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let send = |breaks: &[(i64, i64)]| {
        let step = |(from, price): &(i64, i64)| json!({"min_quantity": from, "unit_price": price});
        let breaks: Vec<Value> = breaks.iter().map(step).collect();
        create(api, &actor, &with(&product, "price_breaks", json!(breaks)))
    };
    let refused = |breaks: &[(i64, i64)], at: &str, code: &str| {
        send(breaks).expect_problem(422, "invalid").expect_violation(at, code);
    };
    refused(&[(100, 90_001)], "/price_breaks/0", "price_breaks_not_sorted");
    refused(&[(100, 80_000), (100, 70_000)], "/price_breaks/1", "price_breaks_not_sorted");
    refused(&[(100, 80_000), (200, 81_000)], "/price_breaks/1", "price_breaks_not_sorted");
    refused(&[(0, 80_000)], "/price_breaks/0/min_quantity", "out_of_range");
    refused(&[(9, -1)], "/price_breaks/0/unit_price", "out_of_range");
    let made = send(&[(100, 85_000), (400, 80_000)]).expect(201);
    assert_eq!(made.at("/price_breaks/1"), &json!({"min_quantity": 400, "unit_price": 80_000}));
    let mut body = with(&product, "price_breaks", json!([{"min_quantity": 9, "unit_price": 1}]));
    body.as_object_mut().expect("an object").remove("unit_price");
    let refused = create(api, &actor, &body).expect_problem(422, "invalid");
    refused.expect_violation("/price_breaks", "contradicts");
}

fn places_and_provinces_are_those_of_today(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let at = |place: Value| create(api, &actor, &with(&product, "place", place));
    let refused = at(json!({"province_code": "99"})).expect_problem(422, "invalid");
    refused.expect_violation("/place/province_code", "unknown_province");
    let refused = at(json!({"province_code": "84"})).expect_problem(422, "invalid");
    refused.expect_violation("/place/province_code", "old_code_without_date");
    let dated = at(json!({"province_code": "84", "as_of": "2025-01-01"})).expect(201);
    assert_eq!(dated.text("/place/province_code"), "86");
    let to = |codes: Value| create(api, &actor, &with(&product, "delivers_to", codes));
    let refused = to(json!(["79", "99", "84"])).expect_problem(422, "invalid");
    let refused = refused.expect_violation("/delivers_to/1", "unknown_province");
    refused.expect_violation("/delivers_to/2", "old_code_without_date");
    let made = to(json!(["86", "79"])).expect(201);
    assert_eq!(made.at("/delivers_to"), &json!(["79", "86"]));
}

fn only_an_active_product_of_ones_own_is_offered(api: &TestApi) {
    let (actor, _) = producer(api, "HTX");
    let (_, foreign) = producer(api, "Khác");
    let archived = Goods { is_archived: true, ..COCONUT };
    let archived = product(api, &actor, &archived);
    let unknown = "0198c0de-0000-7000-8000-000000000001";
    for id in [&foreign, &archived, unknown] {
        let refused = create(api, &actor, &offer_of(id)).expect_problem(422, "invalid");
        refused.expect_violation("/product_id", "unknown_reference");
    }
    let refused = create(api, &actor, &offer_of("dừa")).expect_problem(422, "invalid");
    refused.expect_violation("/product_id", "wrong_format");
    let made = api.post("/v1/offers", &offer_of(&foreign)).by(&api.admin()).send().expect(201);
    assert_ne!(made.text("/party_id"), actor.party_id);
}

fn every_broken_rule_is_told_at_once(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let mut body = with(&product, "min_order", json!(45));
    body["unit"] = "chục".into();
    body["capacity"][1]["to"] = "2027-01-01".into();
    body["place"] = json!({"province_code": "99"});
    body["delivers_to"] = json!(["98"]);
    body["invited_party_ids"] = json!(["0198c0de-0000-7000-8000-000000000001"]);
    body["price_breaks"] = json!([{"min_quantity": 10, "unit_price": 100_000}]);
    create(api, &actor, &body)
        .expect_problem(422, "invalid")
        .expect_violation("/min_order", "not_on_increment")
        .expect_violation("/unit", "unit_not_convertible")
        .expect_violation("/capacity/1/to", "reversed_period")
        .expect_violation("/place/province_code", "unknown_province")
        .expect_violation("/delivers_to/0", "unknown_province")
        .expect_violation("/invited_party_ids/0", "unknown_reference")
        .expect_violation("/invited_party_ids", "contradicts")
        .expect_violation("/price_breaks/0", "price_breaks_not_sorted");
    body["product_id"] = "0198c0de-0000-7000-8000-000000000001".into();
    create(api, &actor, &body)
        .expect_violation("/product_id", "unknown_reference")
        .expect_violation("/min_order", "not_on_increment");
    let listed = get(api, &actor, "/v1/offers").expect(200);
    assert_eq!(listed.at("/items"), &json!([]), "nothing was recorded");
}

fn unknown_fields_are_refused(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let refused = create(api, &actor, &with(&product, "party_id", json!(actor.party_id)));
    refused.expect_problem(400, "unknown_field").expect_violation("/party_id", "unknown_field");
    let mut body = offer_of(&product);
    body["capacity"][0]["free"] = json!(5);
    let refused = create(api, &actor, &body).expect_problem(400, "unknown_field");
    refused.expect_violation("/capacity/0/free", "unknown_field");
    let refused = create(api, &actor, &with(&product, "status", json!("paused")));
    refused.expect_problem(422, "invalid").expect_violation("/status", "not_allowed");
}

fn a_change_needs_the_version_it_is_based_on(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = create(api, &actor, &offer_of(&product)).expect(201);
    let path = made.header("location");
    let change = |body: Value| api.patch(path, &body).by(&actor.token);
    change(json!({"pickup": true})).send().expect_problem(428, "precondition_required");
    let changed = change(json!({"pickup": true})).if_match(1).send().expect(200);
    assert_eq!((changed.header("etag"), changed.at("/pickup")), ("\"2\"", &json!(true)));
    let stale = change(json!({"pickup": false})).if_match(1).send();
    assert_eq!(stale.expect_problem(412, "precondition_failed").header("etag"), "\"2\"");
    let illegal = change(json!({"min_order": 45})).if_match(1).send();
    illegal.expect_problem(422, "invalid").expect_violation("/min_order", "not_on_increment");
    change(json!({"pickup": false})).header("if-match", "*").send().expect(200);
    let known = api.get(path).by(&actor.token).header("if-none-match", "\"3\"").send();
    assert_eq!(known.expect(304).header("etag"), "\"3\"");
}

fn a_change_of_nothing_changes_nothing(api: &TestApi) {
    let seat = json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"});
    let actor = api.actor_at("HTX", &["producer"], seat);
    let product = product(api, &actor, &COCONUT);
    let mut body = with(&product, "external_ids", json!({"erp": "CH-1"}));
    body["price_breaks"] = json!([{"min_quantity": 100, "unit_price": 85_000}]);
    body["delivers_to"] = json!(["79"]);
    body["note"] = "loại 1".into();
    let made = create(api, &actor, &body).expect(201);
    let path = made.header("location");
    api.at("2026-11-23T04:00:00Z");
    for patch in [json!({}), body] {
        let same = api.patch(path, &patch).if_match(1).by(&actor.token).send().expect(200);
        assert_eq!(same.body, made.body);
    }
}

fn terms_have_a_version_of_their_own(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = create(api, &actor, &offer_of(&product)).expect(201);
    let change = |body: Value, version| {
        api.patch(made.header("location"), &body).if_match(version).by(&actor.token).send()
    };
    api.at("2026-11-23T04:00:00Z");
    let named = change(json!({"external_ids": {"erp": "CH-1"}}), 1).expect(200);
    assert_eq!((named.number("/version"), named.number("/terms_version")), (2, 1));
    assert_eq!(named.text("/confirmed_at"), "2026-11-23T03:00:00Z");
    let dearer = change(json!({"unit_price": 95_000}), 2).expect(200);
    assert_eq!((dearer.number("/version"), dearer.number("/terms_version")), (3, 2));
    assert_eq!(dearer.text("/confirmed_at"), "2026-11-23T04:00:00Z");
}

fn null_restores_a_default(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let mut body = with(&product, "place", json!({"province_code": "86"}));
    body["unit"] = "tạ".into();
    let made = create(api, &actor, &body).expect(201);
    let patch = json!({"unit_price": null, "min_order": null, "unit": null, "place": null});
    let changed = api.patch(made.header("location"), &patch).if_match(1).by(&actor.token).send();
    let changed = changed.expect(200);
    assert_eq!(changed.at("/unit_price"), &Value::Null);
    assert_eq!((changed.number("/min_order"), changed.text("/unit")), (10, "kg"));
    assert_eq!(changed.text("/place/province_code"), "79", "the seat");
    let required = json!({"product_id": null, "capacity": null});
    let refused = api.patch(made.header("location"), &required).if_match(2).by(&actor.token);
    let refused = refused.send().expect_problem(422, "invalid");
    refused.expect_violation("/product_id", "required").expect_violation("/capacity", "required");
}

fn a_status_is_stated_only_at_the_beginning(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = create(api, &actor, &with(&product, "status", json!("published"))).expect(201);
    assert_eq!(made.text("/state"), "published");
    let patch = json!({"status": "draft"});
    let refused = api.patch(made.header("location"), &patch).if_match(1).by(&actor.token).send();
    refused.expect_problem(400, "unknown_field").expect_violation("/status", "unknown_field");
}

fn capacity_adds_up_and_is_not_cut_below_what_is_taken(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let made = create(api, &actor, &offer_of(&product)).expect(201);
    let path = with_taken(api, made.header("location"), (10, 80, 30));
    let declare =
        |january: u64| json!({"from": "2027-01-01", "to": "2027-01-31", "quantity": january});
    let february = json!({"from": "2027-02-01", "to": "2027-02-28", "quantity": 200});
    let change = |capacity: Value, version| {
        let patch = json!({"capacity": capacity});
        api.patch(&path, &patch).if_match(version).by(&actor.token).send()
    };
    for too_little in [json!([declare(119), february]), json!([february])] {
        let refused = change(too_little, 1).expect_problem(409, "capacity_taken");
        assert_eq!(refused.number("/taken"), 120);
    }
    let unchanged = get(api, &actor, &path).expect(200);
    assert_eq!((unchanged.number("/version"), unchanged.number("/capacity/0/quantity")), (1, 300));
    let cut = change(json!([declare(120)]), 1).expect(200);
    let all = json!([{"from": "2027-01-01", "to": "2027-01-31", "quantity": 120,
        "held": 10, "committed": 80, "consumed": 30, "free": 0}]);
    assert_eq!(cut.at("/capacity"), &all);
    let grown = change(json!([declare(500), february]), 2).expect(200);
    assert_eq!(grown.number("/capacity/0/free"), 380);
    for record in [&unchanged, &cut, &grown, &get(api, &actor, &path)] {
        for period in record.at("/capacity").as_array().expect("periods") {
            let part = |name: &str| period[name].as_u64().expect("a quantity");
            let parts = ["held", "committed", "consumed", "free"].map(part);
            assert_eq!(part("quantity"), parts.iter().sum::<u64>());
        }
    }
}

fn an_offer_outlives_its_product_in_the_catalogue(api: &TestApi) {
    let (actor, _) = producer(api, "HTX");
    let active = product(api, &actor, &COCONUT);
    let archived = product(api, &actor, &Goods { is_archived: true, ..COCONUT });
    let made = create(api, &actor, &offer_of(&active)).expect(201);
    super::archive(api, &active);
    let change =
        |body: Value| api.patch(made.header("location"), &body).if_match(1).by(&actor.token).send();
    let refused = change(json!({"product_id": archived})).expect_problem(422, "invalid");
    refused.expect_violation("/product_id", "unknown_reference");
    change(json!({"note": "vụ cuối"})).expect(200);
    let twin = create(api, &actor, &offer_of(&active)).expect_problem(422, "invalid");
    twin.expect_violation("/product_id", "unknown_reference");
}
