//! Demands over HTTP: what is recorded, who sees it, and what can be done with it.

use ocop_link::store::changes;
use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    the_shortest_demand_has_a_title_a_unit_a_quantity_and_a_day,
    a_demand_with_everything_is_answered_as_it_was_stated,
    a_weekly_demand_skips_one_week_and_keeps_the_rest,
    a_demand_begins_as_a_draft_or_open,
    each_state_has_its_actions_and_names_them,
    a_demand_expires_with_its_last_day_or_its_closing_time,
    terms_are_frozen_at_the_end_and_versions_count_apart,
    a_change_needs_the_version_it_is_based_on,
    quantity_and_day_of_one_delivery_change_as_they_were_given,
    a_patch_keeps_what_it_does_not_name,
    a_version_that_the_client_has_is_not_sent_again,
    putting_the_same_twice_makes_one_demand,
    the_short_form_means_the_same_on_another_day,
    only_the_owner_and_admins_write,
    an_admin_records_for_another_party,
    the_caller_needs_the_scope,
    each_change_is_logged_once,
);

const LONG: &str = "2027-01-15";

pub(super) fn buyer(api: &TestApi) -> Actor {
    api.actor("Siêu thị", &["distributor"])
}

pub(super) fn short() -> Value {
    json!({"title": "Mật hoa dừa", "unit": "kg", "quantity": 500, "by": LONG})
}

pub(super) fn with(mut body: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        match value {
            Value::Null => body.as_object_mut().expect("an object").remove(&name),
            value => body.as_object_mut().expect("an object").insert(name, value),
        };
    }
    body
}

pub(super) fn record(api: &TestApi, actor: &Actor, body: &Value) -> Answer {
    api.post("/v1/demands", body).by(&actor.token).send().expect(201)
}

fn path(answer: &Answer) -> String {
    format!("/v1/demands/{}", answer.text("/id"))
}

fn the_shortest_demand_has_a_title_a_unit_a_quantity_and_a_day(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    assert_eq!(made.header("location"), path(&made));
    assert_eq!(made.header("etag"), "\"1\"");
    let delivery = made.at("/deliveries/0");
    assert_eq!(delivery["place"]["province_code"], "79");
    assert_eq!((&delivery["from"], &delivery["to"]), (&json!("2026-11-23"), &json!(LONG)));
    assert_eq!((&delivery["quantity"], &delivery["committed"]), (&json!(500), &json!(0)));
    assert_eq!((made.text("/state"), made.text("/text")), ("open", "Mật hoa dừa"));
    assert_eq!((made.text("/price_basis"), made.text("/visibility")), ("delivered", "public"));
    let none = json!({"committed": "none", "in_transit": "none", "fulfilled": "none"});
    assert_eq!(made.at("/coverage"), &none);
    let found = api.get(&path(&made)).by(&actor.token).send().expect(200);
    assert_eq!(found.body, made.body);
}

fn everything(invited: &Actor) -> Value {
    json!({
        "title": "Quà Tết", "text": "dừa sáp nguyên trái", "product_sets": [4, 2], "unit": "kg",
        "substitutes": [{"text": "dừa sáp sợi", "ratio": 0.4}, {"product_set": 5, "ratio": 1.2345}],
        "max_unit_price": 60000, "price_basis": "at_origin",
        "requirements": {
            "min_stars": 4, "certificates": ["vietgap", "haccp"], "province_codes": ["86"],
            "max_distance_km": 300, "market": "US"
        },
        "deliveries": [
            {"place": {"text": "thành phố Hà Nội"}, "from": "2027-01-04", "to": "2027-01-05",
             "quantity": 600, "min_quantity": 500, "max_quantity": 650},
            {"place": {"province_code": "48"}, "from": "2027-01-20", "to": "2027-01-20",
             "quantity": 400}
        ],
        "max_suppliers": 5, "min_share": 100,
        "preferences": {"price": 6000, "distance": 4000},
        "terms": {"discount_percent": 5, "payment_days": 30, "listing_fee": 2000000},
        "visibility": "invited", "invited_party_ids": [invited.party_id],
        "closes_at": "2027-01-01T00:00:00Z", "external_ids": {"erp": "PO-1"}
    })
}

fn a_demand_with_everything_is_answered_as_it_was_stated(api: &TestApi) {
    let (actor, invited) = (buyer(api), api.actor("HTX", &["producer"]));
    let body = everything(&invited);
    let made = record(api, &actor, &body);
    for name in [
        "text",
        "product_sets",
        "substitutes",
        "max_unit_price",
        "price_basis",
        "max_suppliers",
        "min_share",
        "terms",
        "visibility",
        "invited_party_ids",
        "closes_at",
        "external_ids",
    ] {
        assert_eq!(made.body[name], body[name], "{name}");
    }
    assert_eq!(made.at("/requirements/certificates"), &json!(["haccp", "vietgap"]));
    assert_eq!(made.at("/requirements/market"), "US");
    assert_eq!(made.at("/preferences/price"), 6000);
    assert_eq!(made.at("/preferences/text"), 0);
    assert_eq!(made.text("/deliveries/0/place/text"), "thành phố Hà Nội");
    assert_eq!(made.number("/deliveries/0/max_quantity"), 650);
    assert_eq!(made.text("/deliveries/1/place/province_code"), "48");
    let found = api.get(&path(&made)).by(&actor.token).send().expect(200);
    assert_eq!(found.body, made.body);
}

fn a_weekly_demand_skips_one_week_and_keeps_the_rest(api: &TestApi) {
    let body = json!({
        "title": "Dừa sáp", "unit": "trái",
        "deliveries": [{"from": "2026-12-01", "to": "2026-12-02", "quantity": 200}],
        "recurrence": {"every_weeks": 1, "until": "2026-12-31", "skip": ["2026-12-15"]}
    });
    let made = record(api, &buyer(api), &body);
    let deliveries = made.at("/deliveries").as_array().cloned().unwrap_or_default();
    let days: Vec<&str> = deliveries.iter().filter_map(|each| each["from"].as_str()).collect();
    assert_eq!(days, ["2026-12-01", "2026-12-08", "2026-12-22", "2026-12-29"]);
    assert_eq!(deliveries[3]["to"], "2026-12-30");
}

fn a_demand_begins_as_a_draft_or_open(api: &TestApi) {
    let actor = buyer(api);
    let state = |status: Value| {
        record(api, &actor, &with(short(), json!({"status": status}))).text("/state").to_owned()
    };
    assert_eq!(state(Value::Null), "open");
    assert_eq!(state(json!("open")), "open");
    assert_eq!(state(json!("draft")), "draft");
    let closed = with(short(), json!({"status": "closed"}));
    let refused = api.post("/v1/demands", &closed).by(&actor.token).send();
    refused.expect_problem(422, "invalid").expect_violation("/status", "not_allowed");
}

fn each_state_has_its_actions_and_names_them(api: &TestApi) {
    let actor = buyer(api);
    let made = |status: &str| record(api, &actor, &with(short(), json!({"status": status})));
    let act = |demand: &Answer, verb: &str| {
        api.act(&format!("{}/{verb}", path(demand))).by(&actor.token).send()
    };
    let table = [
        ("draft", "open", Some("open")),
        ("draft", "cancel", Some("cancelled")),
        ("draft", "close", None),
        ("open", "close", Some("closed")),
        ("open", "cancel", Some("cancelled")),
        ("open", "open", None),
    ];
    for (state, verb, after) in table {
        let demand = made(state);
        let actions = demand.at("/allowed_actions").as_array().cloned().unwrap_or_default();
        assert_eq!(actions.contains(&json!(verb)), after.is_some(), "{state} {verb}");
        match after {
            Some(after) => {
                let done = act(&demand, verb).expect(200);
                assert_eq!((done.text("/state"), done.number("/version")), (after, 2));
                assert_eq!(done.header("etag"), "\"2\"");
            }
            None => {
                let refused = act(&demand, verb).expect_problem(409, "illegal_action");
                assert_eq!(refused.text("/state"), state);
            }
        }
    }
    for end in ["close", "cancel"] {
        let demand = made("open");
        let done = act(&demand, end).expect(200);
        assert_eq!(done.at("/allowed_actions"), &json!([]));
        for verb in ["open", "close", "cancel"] {
            let refused = act(&demand, verb).expect_problem(409, "illegal_action");
            assert_eq!(refused.at("/state"), done.at("/state"));
            assert_eq!(refused.at("/allowed_actions"), &json!([]));
        }
    }
    act(&made("open"), "burn").expect(404);
}

fn a_demand_expires_with_its_last_day_or_its_closing_time(api: &TestApi) {
    let actor = buyer(api);
    let by_day = record(api, &actor, &with(short(), json!({"by": "2026-11-23"})));
    let closing = json!({"closes_at": "2026-11-23T04:00:00Z"});
    let by_time = record(api, &actor, &with(short(), closing));
    let state = |demand: &Answer| {
        let token = api.token(&actor.party_id, "demands:read");
        api.get(&path(demand)).by(&token).send().expect(200)
    };
    assert_eq!((state(&by_day).text("/state"), state(&by_time).text("/state")), ("open", "open"));
    api.at("2026-11-23T04:00:00Z");
    assert_eq!(
        (state(&by_day).text("/state"), state(&by_time).text("/state")),
        ("open", "expired")
    );
    api.at("2026-11-23T17:00:00Z");
    assert_eq!(state(&by_day).text("/state"), "expired", "midnight in Vietnam");
    assert_eq!(state(&by_day).at("/allowed_actions"), &json!([]));
    let known = api.get(&path(&by_day)).by(&actor.token).header("if-none-match", "\"1\"").send();
    assert_eq!(known.expect(200).header("etag"), "\"1-expired\"", "the tag of an open one");
    let late = api.act(&format!("{}/close", path(&by_day))).by(&actor.token).send();
    assert_eq!(late.expect_problem(409, "illegal_action").text("/state"), "expired");
}

fn terms_are_frozen_at_the_end_and_versions_count_apart(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let change = |body: Value, version: i64| {
        api.patch(&path(&made), &body).if_match(version).by(&actor.token).send()
    };
    let named = change(json!({"external_ids": {"erp": "1"}}), 1).expect(200);
    assert_eq!((named.number("/version"), named.number("/terms_version")), (2, 1));
    let dearer = change(json!({"max_unit_price": 70000}), 2).expect(200);
    assert_eq!((dearer.number("/version"), dearer.number("/terms_version")), (3, 2));
    api.act(&format!("{}/close", path(&made))).by(&actor.token).send().expect(200);
    let frozen = change(json!({"max_unit_price": 80000}), 4).expect_problem(409, "frozen");
    assert_eq!(frozen.at("/allowed_actions"), &json!([]));
    assert_eq!(frozen.text("/state"), "closed");
    let same = change(json!({"max_unit_price": 70000}), 4).expect(200);
    assert_eq!(same.number("/version"), 4);
}

fn a_change_needs_the_version_it_is_based_on(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let change = |title: &str| api.patch(&path(&made), &json!({"title": title})).by(&actor.token);
    change("b").send().expect_problem(428, "precondition_required");
    assert_eq!(change("b").if_match(1).send().expect(200).header("etag"), "\"2\"");
    let stale = change("c").if_match(1).send().expect_problem(412, "precondition_failed");
    assert_eq!(stale.header("etag"), "\"2\"");
    change("").if_match(1).send().expect_problem(422, "invalid");
    assert_eq!(change("b").if_match(2).send().expect(200).header("etag"), "\"2\"", "no change");
    let missing = api.patch("/v1/demands/x", &json!({})).if_match(1).by(&actor.token).send();
    missing.expect_problem(404, "not_found");
}

fn quantity_and_day_of_one_delivery_change_as_they_were_given(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let patch = json!({"quantity": 600, "by": "2027-01-20"});
    let change = |version: i64, patch: &Value| {
        api.patch(&path(&made), patch).by(&actor.token).if_match(version).send()
    };
    let changed = change(1, &patch).expect(200);
    let delivery = changed.at("/deliveries/0");
    assert_eq!((&delivery["quantity"], &delivery["to"]), (&json!(600), &json!("2027-01-20")));
    assert_eq!(delivery["from"], made.at("/deliveries/0")["from"]);
    let wrong = change(2, &json!({"quantity": 0, "by": true}));
    wrong.expect_violation("/quantity", "out_of_range").expect_violation("/by", "wrong_type");
    change(2, &json!({"by": "2026-11-01"})).expect_violation("/by", "reversed_period");
    change(2, &json!({"quantity": null})).expect_violation("/quantity", "required");
    let other = json!({"from": "2027-02-01", "to": "2027-02-02", "quantity": 5});
    let two = json!({"deliveries": [other, other]});
    change(2, &two).expect(200);
    change(3, &patch).expect_problem(422, "invalid").expect_violation("/quantity", "contradicts");
}

fn a_patch_keeps_what_it_does_not_name(api: &TestApi) {
    let (actor, invited) = (buyer(api), api.actor("HTX", &["producer"]));
    let made = record(api, &actor, &everything(&invited));
    let patch = json!({"requirements": {"min_stars": null}, "min_share": null, "anonymous": true});
    let changed = api.patch(&path(&made), &patch).if_match(1).by(&actor.token).send().expect(200);
    let mut expected = made.body.clone();
    expected["requirements"].as_object_mut().expect("an object").remove("min_stars");
    expected.as_object_mut().expect("an object").remove("min_share");
    expected["anonymous"] = true.into();
    expected["version"] = 2.into();
    expected["terms_version"] = 2.into();
    assert_eq!(changed.body, expected, "a place given in words too");
    let unpaid = json!({"terms": {"payment_days": null}});
    let unpaid = api.patch(&path(&made), &unpaid).if_match(2).by(&actor.token).send().expect(200);
    assert_eq!(unpaid.number("/terms/payment_days"), 0);
    assert_eq!(unpaid.number("/terms/discount_percent"), 5);
    let titled = record(api, &actor, &short());
    let renamed = api.patch(&path(&titled), &json!({"title": "Mật dừa nước"})).if_match(1);
    assert_eq!(renamed.by(&actor.token).send().expect(200).text("/text"), "Mật dừa nước");
    for status in [json!("draft"), json!("covered"), json!(5), json!(null)] {
        let change = api.patch(&path(&titled), &json!({"status": status})).if_match(2);
        let refused = change.by(&actor.token).send().expect_problem(400, "unknown_field");
        refused.expect_violation("/status", "unknown_field");
    }
}

fn a_version_that_the_client_has_is_not_sent_again(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let get =
        |tag: &str| api.get(&path(&made)).by(&actor.token).header("if-none-match", tag).send();
    assert_eq!(get("\"1\"").expect(304).header("etag"), "\"1\"");
    get("\"2\"").expect(200);
}

fn putting_the_same_twice_makes_one_demand(api: &TestApi) {
    let (actor, other) = (buyer(api), api.actor("Khác", &["distributor"]));
    let put = |actor: &Actor, quantity: u64| {
        let body = with(short(), json!({"quantity": quantity}));
        api.put("/v1/demands/by-external-id/erp/PO-1", &body).by(&actor.token).send()
    };
    let made = put(&actor, 500).expect(201);
    assert_eq!(made.at("/external_ids"), &json!({"erp": "PO-1"}));
    let same = put(&actor, 500).expect(200);
    assert_eq!((same.text("/id"), same.number("/version")), (made.text("/id"), 1));
    let more = put(&actor, 600).expect(200);
    assert_eq!((more.number("/version"), more.number("/terms_version")), (2, 2));
    assert_ne!(put(&other, 500).expect(201).text("/id"), made.text("/id"), "another's names");
    let twin = with(short(), json!({"external_ids": {"erp": "PO-1"}}));
    let twin = api.post("/v1/demands", &twin).by(&actor.token).send();
    twin.expect_problem(409, "duplicate_external_id");
    let seen = api.get(&path(&made)).by(&other.token).send().expect(200);
    assert_eq!(seen.at("/external_ids"), &json!({}));
}

fn the_short_form_means_the_same_on_another_day(api: &TestApi) {
    let actor = buyer(api);
    let body = with(short(), json!({"by": "2026-11-23", "closes_at": "2026-11-23T10:00:00Z"}));
    let put = || {
        let token = api.token(&actor.party_id, "demands:write");
        api.put("/v1/demands/by-external-id/erp/PO-1", &body).by(&token).send()
    };
    put().expect(201);
    api.at("2026-12-24T03:00:00Z");
    assert_eq!(put().expect(200).number("/version"), 1);
}

fn only_the_owner_and_admins_write(api: &TestApi) {
    let (actor, other) = (buyer(api), api.actor("Khác", &["distributor"]));
    let shown = record(api, &actor, &short());
    let draft = record(api, &actor, &with(short(), json!({"status": "draft"})));
    let change = |demand: &Answer, token: &str| {
        api.patch(&path(demand), &json!({"title": "X"})).if_match(1).by(token).send()
    };
    let cancel = |demand: &Answer, token: &str| {
        api.act(&format!("{}/cancel", path(demand))).by(token).send()
    };
    change(&shown, &other.token).expect_problem(403, "forbidden");
    cancel(&shown, &other.token).expect_problem(403, "forbidden");
    change(&draft, &other.token).expect_problem(404, "not_found");
    cancel(&draft, &other.token).expect_problem(404, "not_found");
    change(&shown, &api.admin()).expect(200);
    cancel(&draft, &api.admin()).expect(200);
    let seen = api.get(&path(&shown)).by(&other.token).send().expect(200);
    assert_eq!(seen.at("/allowed_actions"), &json!([]));
}

fn an_admin_records_for_another_party(api: &TestApi) {
    let (actor, other) = (buyer(api), api.actor("Khác", &["distributor"]));
    let body = with(short(), json!({"party_id": actor.party_id}));
    let made = api.post("/v1/demands", &body).by(&api.admin()).send().expect(201);
    assert_eq!(made.text("/party_id"), actor.party_id);
    api.post("/v1/demands", &body).by(&actor.token).send().expect(201);
    let foreign = api.post("/v1/demands", &body).by(&other.token).send();
    foreign.expect_problem(403, "forbidden");
    let nobody = api.post("/v1/demands", &short()).by(&api.admin()).send();
    nobody.expect_problem(422, "invalid").expect_violation("/party_id", "unknown_reference");
    let moved = json!({"party_id": other.party_id});
    let moved = api.patch(&path(&made), &moved).if_match(1).by(&api.admin()).send();
    moved.expect_problem(422, "invalid").expect_violation("/party_id", "not_allowed");
    let put = || api.put("/v1/demands/by-external-id/erp/1", &body).by(&api.admin()).send();
    let put_first = put().expect(201);
    assert_eq!(put().expect(200).text("/id"), put_first.text("/id"));
    let own = api.get(&path(&put_first)).by(&actor.token).send().expect(200);
    assert_eq!(own.at("/external_ids"), &json!({"erp": "1"}));
}

fn the_caller_needs_the_scope(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let reader = api.token(&actor.party_id, "demands:read");
    let writer = api.token(&actor.party_id, "demands:write");
    api.get(&path(&made)).by(&reader).send().expect(200);
    api.get("/v1/demands").by(&writer).send().expect_problem(403, "forbidden");
    api.post("/v1/demands", &short()).by(&reader).send().expect_problem(403, "forbidden");
    let close = api.act(&format!("{}/close", path(&made)));
    close.by(&reader).send().expect_problem(403, "forbidden");
    api.post("/v1/demands", &short()).send().expect_problem(401, "unauthenticated");
}

fn each_change_is_logged_once(api: &TestApi) {
    let actor = buyer(api);
    let made = record(api, &actor, &short());
    let rename = || api.patch(&path(&made), &json!({"title": "X"})).header("if-match", "*");
    rename().by(&actor.token).send().expect(200);
    rename().by(&actor.token).send().expect(200);
    let act =
        |verb: &str| api.act(&format!("{}/{verb}", path(&made))).by(&actor.token).send().status;
    assert_eq!((act("open"), act("close")), (409, 200));
    let read = api.data.app.database().read(|tx| changes::after(tx, 0, 100)).expect("a log");
    let of_demand = read.iter().filter(|change| change.resource_id.to_string() == made.text("/id"));
    let versions: Vec<i64> = of_demand.map(|change| change.version).collect();
    assert_eq!(versions, [1, 2, 3]);
}
