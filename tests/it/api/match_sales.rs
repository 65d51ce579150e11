//! What an order of a match would be: the least that is sold, the break and the fee that follow
//! from it; and how a near miss is told as if it passed.

use serde_json::{Value, json};

use super::demands::buyer;
use super::matches::{demand, excluded, matches, offer, offer_of, product, seller};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    the_least_that_is_sold_sets_the_price,
    a_break_counts_what_can_be_bought_in_whole_increments,
    a_fee_is_spread_over_what_is_sold,
    goods_that_are_ready_late_are_as_far_as_their_day,
    a_near_miss_is_priced_where_it_fails,
    a_near_miss_has_the_price_of_the_match_that_it_would_be,
    a_near_miss_is_scored_as_if_it_passed,
    a_renewal_is_named_only_where_it_is_enough,
    what_is_available_fits_the_numbers_of_every_client,
    units_that_do_not_convert_are_the_reason,
    what_is_packed_of_weighed_pieces_meets_a_demand_in_kilograms,
);

fn window(quantity: u64) -> Value {
    json!({"from": "2027-01-10", "to": "2027-01-20", "quantity": quantity})
}

/// The codes of the failed checks of the only near miss, which is told too.
#[track_caller]
fn missed(api: &TestApi, by: &Actor, demand: &str) -> (Vec<String>, Value) {
    assert_eq!(matches(api, by, demand), [json!(null); 0]);
    let missed = excluded(api, by, demand);
    assert_eq!(missed.len(), 1, "{missed:?}");
    let checks = missed[0]["failed_checks"].as_array().cloned().unwrap_or_default();
    let code = |check: &Value| check["code"].as_str().unwrap_or_default().to_owned();
    (checks.iter().map(code).collect(), missed[0].clone())
}

fn the_least_that_is_sold_sets_the_price(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!([{"min_quantity": 100, "unit_price": 76_000}]);
    offer(api, &seller(api), json!({"min_order": 100, "price_breaks": breaks}));
    let wish = |delivery: Value, more: Value| {
        let mut wish = json!({"max_unit_price": 76_000, "price_basis": "at_origin"});
        wish["deliveries"] = json!([delivery]);
        wish.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("one"));
        demand(api, &distributor, wish)
    };
    let mut flexible = window(50);
    flexible["max_quantity"] = 100.into();
    let found = matches(api, &distributor, &wish(flexible, json!({})));
    assert_eq!(found[0]["unit_price"], 76_000, "less than a hundred is not sold");
    let (codes, miss) = missed(api, &distributor, &wish(window(50), json!({})));
    assert_eq!((codes, &miss["unit_price"]), (vec!["quantity".into()], &json!(76_000)));
}

fn a_near_miss_has_the_price_of_the_match_that_it_would_be(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!([{"min_quantity": 1000, "unit_price": 80_000}]);
    offer(
        api,
        &seller(api),
        json!({"price_breaks": breaks, "capacity": [
        {"from": "2027-01-01", "to": "2027-03-31", "quantity": 5000}]}),
    );
    let mut wish = json!({"max_unit_price": 85_000, "price_basis": "at_origin"});
    let later = json!({"from": "2027-02-10", "to": "2027-02-20", "quantity": 800});
    wish["deliveries"] = json!([window(800), later]);
    let found = matches(api, &distributor, &demand(api, &distributor, wish.clone()));
    assert_eq!(found[0]["unit_price"], 80_000);
    wish["requirements"] = json!({"min_stars": 4});
    let (codes, miss) = missed(api, &distributor, &demand(api, &distributor, wish));
    assert_eq!((codes, &miss["unit_price"]), (vec!["stars".into()], &json!(80_000)));
    assert_eq!(miss["coverage"][1]["available"], 5000);
}

fn a_break_counts_what_can_be_bought_in_whole_increments(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!([{"min_quantity": 30, "unit_price": 60_000}]);
    let terms = json!({"min_order": 10, "increment": 10, "price_breaks": breaks});
    offer(api, &seller(api), terms);
    let price = |deliveries: Value| {
        let demand = demand(api, &distributor, json!({"deliveries": deliveries}));
        matches(api, &distributor, &demand)[0]["unit_price"].clone()
    };
    assert_eq!(price(json!([window(15), window(15)])), 90_000, "ten and ten");
    assert_eq!(price(json!([window(10), window(20)])), 60_000);
    let other = api.actor_at("HTX Trà Cú", &["producer"], json!({"province_code": "86"}));
    let half = |from: &str, to: &str| json!({"from": from, "to": to, "quantity": 15});
    let halves = [half("2027-01-01", "2027-01-14"), half("2027-01-15", "2027-01-31")];
    let kind = product(api, &other, json!({"name": "Muối ớt", "product_set": 9}));
    let terms = json!({"min_order": 10, "increment": 10, "capacity": halves,
        "price_breaks": [{"min_quantity": 30, "unit_price": 60_000}]});
    offer_of(api, &other, &kind, terms);
    let wish = json!({"title": "Muối ớt", "product_sets": [9], "deliveries": [window(30)]});
    let wish = demand(api, &distributor, wish);
    assert_eq!(matches(api, &distributor, &wish)[0]["unit_price"], 90_000, "ten of each half");
}

fn a_fee_is_spread_over_what_is_sold(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let honey = product(api, &producer, json!({}));
    let by_quintal = json!({"unit": "tạ", "unit_price": 9_000_000,
        "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 10}]});
    offer_of(api, &producer, &honey, by_quintal);
    let mut flexible = window(50);
    flexible["max_quantity"] = 100.into();
    let wish = json!({"deliveries": [flexible], "terms": {"listing_fee": 100_000}});
    let wish = demand(api, &distributor, wish);
    let found = matches(api, &distributor, &wish);
    assert_eq!(found[0]["unit_price"], 90_000);
    assert_eq!(found[0]["net_unit_price"], 89_000, "a hundred kilograms bear the fee");
}

fn goods_that_are_ready_late_are_as_far_as_their_day(api: &TestApi) {
    let distributor = buyer(api);
    let capacity = json!([{"from": "2026-12-11", "to": "2026-12-25", "quantity": 1000}]);
    offer(api, &seller(api), json!({"capacity": capacity, "lead_time_days": 20}));
    let day = json!({"from": "2026-12-03", "to": "2026-12-03", "quantity": 300});
    let wish = demand(api, &distributor, json!({"deliveries": [day]}));
    let (codes, miss) = missed(api, &distributor, &wish);
    assert_eq!(codes, ["period"]);
    // Ready on 13 December: ten days of a year.
    assert_eq!(miss["failed_checks"][0]["gap"], 10_000 * 10 / 365 + 1);
}

fn a_near_miss_is_priced_where_it_fails(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let far = json!({"province_code": "01"});
    offer(api, &producer, json!({"min_order": 10}));
    let mut north = window(300);
    north["place"] = far;
    let south = json!({"from": "2027-08-01", "to": "2027-08-05", "quantity": 5,
        "place": {"province_code": "86"}});
    let wish = json!({"deliveries": [south, north], "requirements": {"max_distance_km": 500}});
    let wish = demand(api, &distributor, wish);
    let (codes, miss) = missed(api, &distributor, &wish);
    assert_eq!(codes, ["area"]);
    let way_km = miss["distance_km"].as_u64().expect("a distance");
    assert!(way_km > 1000, "{way_km}: to the delivery that is too far");
    let shown = miss["failed_checks"][0]["offer_value"].as_str().expect("a value");
    assert!(shown.ends_with(&format!("{way_km} km")), "{shown}");
    let freight = miss["landed_unit_price"].as_u64().expect("a price") - 90_000;
    assert_eq!(freight, (way_km * 2500).div_ceil(1000));
}

fn a_near_miss_is_scored_as_if_it_passed(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api), json!({}));
    let plain = demand(api, &distributor, json!({}));
    let passes = matches(api, &distributor, &plain)[0].clone();
    let strict = json!({"requirements": {"certificates": ["haccp"]}});
    let (codes, miss) = missed(api, &distributor, &demand(api, &distributor, strict));
    assert_eq!(codes, ["certificates"]);
    for member in ["score", "factors", "coverage", "quantity"] {
        assert_eq!(miss[member], passes[member], "{member}");
    }
}

fn a_renewal_is_named_only_where_it_is_enough(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let honey = product(api, &producer, json!({}));
    let path = format!("/v1/products/{honey}/certificates");
    let paper = json!({"kind": "haccp", "number": "H-1", "authority": "Bureau",
        "decision_date": "2025-01-10", "expires_on": "2027-01-15"});
    api.post(&path, &paper).by(&producer.token).send().expect(201);
    offer_of(api, &producer, &honey, json!({}));
    let remedy = |kinds: Value| {
        let strict = json!({"requirements": {"certificates": kinds}});
        let (codes, miss) = missed(api, &distributor, &demand(api, &distributor, strict));
        assert_eq!(codes, ["certificates"]);
        miss["failed_checks"][0]["remedy"].as_str().expect("a sentence").to_owned()
    };
    let alone = "Valid until 2027-01-15; would match if renewed until 2027-01-20.";
    assert_eq!(remedy(json!(["haccp"])), alone);
    let both = remedy(json!(["haccp", "organic"]));
    assert!(both.contains("haccp") && both.contains("organic"), "{both}");
}

fn what_is_available_fits_the_numbers_of_every_client(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let day = |day: u32| {
        let day = format!("2027-01-{day:02}");
        json!({"from": day, "to": day, "quantity": 1_000_000_000_000_u64})
    };
    let days: Vec<Value> = (10..21).map(day).collect();
    let honey = product(api, &producer, json!({}));
    offer_of(api, &producer, &honey, json!({"unit": "tấn", "capacity": days}));
    let wish = json!({"unit": "g", "max_unit_price": null, "deliveries": [window(1_000_000)]});
    let found = matches(api, &distributor, &demand(api, &distributor, wish));
    for available in [&found[0]["quantity"]["available"], &found[0]["coverage"][0]["available"]] {
        assert_eq!(available.as_i64(), Some(i64::MAX));
    }
}

fn units_that_do_not_convert_are_the_reason(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api), json!({}));
    let wish = demand(api, &distributor, json!({"unit": "lít"}));
    let (codes, miss) = missed(api, &distributor, &wish);
    assert_eq!(codes, ["unit", "price", "quantity"]);
    for check in miss["failed_checks"].as_array().expect("a list") {
        assert_eq!(check["remedy"], "The units do not convert.");
    }
}

fn what_is_packed_of_weighed_pieces_meets_a_demand_in_kilograms(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let fruit = json!({"name": "Dừa sáp", "product_set": 1, "unit": "trái",
        "packagings": [{"unit": "trái", "contains": {"quantity": 500, "unit": "g"}}]});
    let fruit = product(api, &producer, fruit);
    offer_of(api, &producer, &fruit, json!({"unit": "tá", "unit_price": 600_000}));
    let wish = json!({"title": "Dừa sáp", "product_sets": [1], "deliveries": [window(60)]});
    let found = matches(api, &distributor, &demand(api, &distributor, wish));
    assert_eq!(found[0]["unit_price"], 100_000, "a dozen weighs six kilograms");
    assert_eq!(found[0]["quantity"]["available"], 6000);
}
