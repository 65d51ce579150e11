//! What terms of an offer and a demand do to their match: price breaks, seasons, weeks, areas,
//! substitutes and words.

use serde_json::{Value, json};

use super::demands::{buyer, with};
use super::matches::{
    demand, excluded, get, ids, items, matches, offer, offer_of, product, seller, wanted,
};
use super::offers::with_taken;
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    what_cannot_be_compared_is_said_as_it_is,
    the_break_that_applies_to_the_share_sets_the_price,
    a_break_that_no_whole_increment_reaches_does_not_apply,
    a_delivery_that_cannot_be_served_earns_no_break,
    a_remedy_names_all_that_is_short,
    one_paper_of_the_market_is_enough,
    a_producer_is_allowed_by_its_seat_wherever_the_goods_are,
    a_delivery_that_cannot_be_served_shortens_no_way,
    a_future_harvest_is_offered_now_and_sold_in_its_season_only,
    a_week_that_is_sold_out_does_not_block_the_next,
    an_offer_outside_the_area_is_excluded_with_its_distance,
    an_offer_that_is_not_delivered_there_is_excluded,
    the_lead_time_is_kept,
    a_capacity_that_ends_before_the_lead_time_is_told_how_long_it_must_last,
    a_star_that_lapses_before_the_moved_window_is_told_with_it,
    a_near_miss_is_told_of_the_period_that_meets_the_window,
    a_declared_substitute_counts_at_its_ratio,
    a_generic_demand_finds_what_each_producer_makes,
    distances_tell_of_an_anonymous_buyer_no_more_than_the_area,
    a_quantity_just_short_is_nearer_whatever_its_unit,
);

fn deliver(from: &str, to: &str, quantity: u64) -> Value {
    json!({"deliveries": [{"from": from, "to": to, "quantity": quantity}]})
}

/// The only failed check of the only near miss.
#[track_caller]
fn only_failure(api: &TestApi, by: &Actor, demand: &str) -> Value {
    assert_eq!(matches(api, by, demand), [json!(null); 0]);
    let missed = excluded(api, by, demand);
    assert_eq!(missed.len(), 1, "{missed:?}");
    let checks = missed[0]["failed_checks"].as_array().cloned().unwrap_or_default();
    assert_eq!(checks.len(), 1, "{checks:?}");
    checks[0].clone()
}

fn what_cannot_be_compared_is_said_as_it_is(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let of_set = json!({"title": "Quà", "text": null, "product_sets": [4]});
    let by_set = demand(api, &distributor, of_set);
    offer(api, &producer, json!({}));
    let found = &matches(api, &distributor, &by_set)[0]["factors"][0];
    assert_eq!((&found["factor"], &found["value"]), (&json!("text"), &json!(5000)));
    assert_eq!(found["demand_value"], "a chosen product set");
    let by_piece = product(api, &producer, json!({"name": "Dừa", "unit": "trái"}));
    offer_of(api, &producer, &by_piece, json!({}));
    let missed = excluded(api, &distributor, &by_set);
    let checks = missed[0]["failed_checks"].as_array().expect("checks");
    let price = checks.iter().find(|check| check["code"] == "price");
    let price = price.unwrap_or_else(|| panic!("{checks:?}"));
    assert_eq!(price["offer_value"], "in another unit that does not convert", "{price}");
}

fn the_break_that_applies_to_the_share_sets_the_price(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!([
        {"min_quantity": 200, "unit_price": 85_000}, {"min_quantity": 1000, "unit_price": 80_000}
    ]);
    offer(api, &seller(api), json!({"price_breaks": breaks}));
    for (quantity, price) in [(199, 90_000), (200, 85_000), (999, 85_000), (1000, 80_000)] {
        let demand = demand(api, &distributor, deliver("2027-01-10", "2027-01-20", quantity));
        assert_eq!(matches(api, &distributor, &demand)[0]["unit_price"], price, "{quantity}");
    }
}

fn a_break_that_no_whole_increment_reaches_does_not_apply(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!([{"min_quantity": 55, "unit_price": 50_000}]);
    let terms = json!({"min_order": 10, "increment": 10, "price_breaks": breaks});
    offer(api, &seller(api), terms);
    for (quantity, price) in [(57, 90_000), (59, 90_000), (60, 50_000)] {
        let demand = demand(api, &distributor, deliver("2027-01-10", "2027-01-20", quantity));
        assert_eq!(matches(api, &distributor, &demand)[0]["unit_price"], price, "{quantity}");
    }
}

fn a_delivery_that_cannot_be_served_earns_no_break(api: &TestApi) {
    let distributor = buyer(api);
    let february = json!([{"from": "2027-02-01", "to": "2027-02-28", "quantity": 10_000}]);
    let breaks = json!([{"min_quantity": 500, "unit_price": 40_000}]);
    let terms = json!({"unit_price": 50_000, "price_breaks": breaks, "capacity": february});
    offer(api, &seller(api), terms);
    let wanted = |quantity: u64| {
        json!({"max_unit_price": 60_000, "deliveries": [
            {"from": "2027-01-01", "to": "2027-01-31", "quantity": 500},
            {"from": "2027-02-01", "to": "2027-02-28", "quantity": quantity}]})
    };
    for (quantity, price) in [(100, 50_000), (500, 40_000)] {
        let demand = demand(api, &distributor, wanted(quantity));
        assert_eq!(matches(api, &distributor, &demand)[0]["unit_price"], price, "{quantity}");
    }
}

fn a_remedy_names_all_that_is_short(api: &TestApi) {
    let distributor = buyer(api);
    let hanoi = api.actor_at("Xa", &["producer"], json!({"province_code": "01"}));
    let little = json!([{"from": "2027-01-01", "to": "2027-01-31", "quantity": 100}]);
    offer(api, &hanoi, json!({"min_order": 600, "capacity": little}));
    let near = json!({"province_codes": ["79"], "max_distance_km": 100});
    let demand = demand(api, &distributor, json!({"requirements": near}));
    let missed = excluded(api, &distributor, &demand);
    let remedy = |code: &str| {
        let checks = missed[0]["failed_checks"].as_array().expect("checks").iter();
        let check = checks.into_iter().find(|check| check["code"] == code).expect(code);
        check["remedy"].as_str().expect("a remedy").to_owned()
    };
    let quantity = remedy("quantity");
    assert_eq!(quantity, "Would match with a delivery of at least 600 kg, and as much free.");
    let area = remedy("area");
    let places = "Would match if the buyer accepted goods from Hà Nội (01) and the buyer accepted ";
    assert!(area.starts_with(places) && area.ends_with(" km."), "{area}");
}

fn one_paper_of_the_market_is_enough(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    offer(api, &producer, json!({}));
    let abroad = demand(api, &distributor, json!({"requirements": {"market": "JP"}}));
    let check = only_failure(api, &distributor, &abroad);
    let one_of = "with one of: HACCP food safety plan (haccp), ISO 22000 food safety management \
                  (iso22000), FSSC 22000 food safety management (fssc22000)";
    assert_eq!(check["remedy"], format!("Would match {one_of}."));
    let american = demand(api, &distributor, json!({"requirements": {"market": "US"}}));
    let registered = "with: US FDA food facility registration (fda)";
    let remedy = only_failure(api, &distributor, &american)["remedy"].clone();
    assert_eq!(remedy, format!("Would match {registered}; and {one_of}."));
}

fn a_producer_is_allowed_by_its_seat_wherever_the_goods_are(api: &TestApi) {
    let distributor = buyer(api);
    let stored = offer(api, &seller(api), json!({"place": {"province_code": "79"}}));
    let allowing = |code: &str| json!({"requirements": {"province_codes": [code]}});
    let seat = demand(api, &distributor, allowing("86"));
    assert_eq!(ids(&matches(api, &distributor, &seat)), [&*stored]);
    let store = demand(api, &distributor, allowing("79"));
    let check = only_failure(api, &distributor, &store);
    assert_eq!(check["remedy"], "Would match if the buyer accepted goods from Vĩnh Long (86).");
}

fn a_delivery_that_cannot_be_served_shortens_no_way(api: &TestApi) {
    let distributor = buyer(api);
    let hanoi = api.actor_at("Xa", &["producer"], json!({"province_code": "01"}));
    let march = json!([{"from": "2027-03-01", "to": "2027-03-31", "quantity": 1000}]);
    offer(api, &hanoi, json!({"capacity": march}));
    let delivery = |province: &str, day: &str| {
        let place = json!({"province_code": province});
        json!({"place": place, "from": day, "to": day, "quantity": 100})
    };
    let (far, near) = (delivery("79", "2027-03-10"), delivery("01", "2027-01-10"));
    let way = |deliveries: Value| {
        let demand = demand(api, &distributor, json!({"deliveries": deliveries}));
        let found = matches(api, &distributor, &demand);
        (found[0]["distance_km"].clone(), found[0]["landed_unit_price"].clone())
    };
    assert_eq!(way(json!([near, far])), way(json!([far])));
}

fn a_future_harvest_is_offered_now_and_sold_in_its_season_only(api: &TestApi) {
    let distributor = buyer(api);
    let harvest = json!([{"from": "2027-02-01", "to": "2027-02-28", "quantity": 1000}]);
    let offer = offer(api, &seller(api), json!({"capacity": harvest}));
    for (from, to) in [("2027-01-10", "2027-01-31"), ("2027-03-01", "2027-03-05")] {
        let outside = demand(api, &distributor, deliver(from, to, 100));
        assert_eq!(only_failure(api, &distributor, &outside)["code"], "period");
    }
    for (from, to) in [("2027-02-01", "2027-02-01"), ("2027-02-28", "2027-03-05")] {
        let inside = demand(api, &distributor, deliver(from, to, 100));
        assert_eq!(ids(&matches(api, &distributor, &inside)), [&*offer], "{from}");
    }
}

fn a_week_that_is_sold_out_does_not_block_the_next(api: &TestApi) {
    let distributor = buyer(api);
    let week = |from: &str, to: &str| json!({"from": from, "to": to, "quantity": 300});
    let weeks = json!([week("2027-01-04", "2027-01-10"), week("2027-01-11", "2027-01-17")]);
    let whole = offer(api, &seller(api), json!({"capacity": weeks}));
    let sold = with_taken(api, &format!("/v1/offers/{whole}"), (100, 150, 50));
    let sold = sold.rsplit('/').next().expect("an id").to_owned();
    let first = demand(api, &distributor, deliver("2027-01-04", "2027-01-10", 100));
    assert_eq!(ids(&matches(api, &distributor, &first)), [&*whole]);
    let second = demand(api, &distributor, deliver("2027-01-11", "2027-01-17", 300));
    let found = matches(api, &distributor, &second);
    assert!(ids(&found).contains(&&*sold), "{found:?}");
    let both = demand(api, &distributor, deliver("2027-01-04", "2027-01-17", 600));
    let found = matches(api, &distributor, &both);
    let available = |id: &str| {
        let item = found.iter().find(|item| item["offer_id"] == id).expect("a match");
        item["quantity"]["available"].as_u64()
    };
    assert_eq!((available(&whole), available(&sold)), (Some(600), Some(300)));
}

fn an_offer_outside_the_area_is_excluded_with_its_distance(api: &TestApi) {
    let distributor = buyer(api);
    let hanoi = api.actor_at("Xa", &["producer"], json!({"province_code": "01"}));
    let far = offer(api, &hanoi, json!({}));
    let near = demand(api, &distributor, json!({"requirements": {"max_distance_km": 500}}));
    let check = only_failure(api, &distributor, &near);
    assert_eq!(check["code"], "area");
    assert!(check["demand_value"].as_str().is_some_and(|value| value.contains("500 km")));
    let told = check["offer_value"].as_str().unwrap_or_default();
    let words = told.split_whitespace().collect::<Vec<_>>();
    let distance: u64 = words.iter().rev().find_map(|word| word.parse().ok()).expect(told);
    assert!((1_000..1_300).contains(&distance), "Hà Nội to TP. Hồ Chí Minh: {told}");
    let wide = json!({"requirements": {"max_distance_km": distance}});
    let wide = demand(api, &distributor, wide);
    assert_eq!(ids(&matches(api, &distributor, &wide)), [&*far]);
    let elsewhere = json!({"requirements": {"province_codes": ["86"]}});
    let elsewhere = demand(api, &distributor, elsewhere);
    assert_eq!(only_failure(api, &distributor, &elsewhere)["code"], "area");
}

fn an_offer_that_is_not_delivered_there_is_excluded(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api), json!({"delivers_to": ["86", "92"]}));
    let demand = demand(api, &distributor, json!({}));
    assert_eq!(only_failure(api, &distributor, &demand)["code"], "area");
}

fn the_lead_time_is_kept(api: &TestApi) {
    let distributor = buyer(api);
    let capacity = json!([{"from": "2026-11-01", "to": "2027-01-31", "quantity": 1000}]);
    let offer = offer(api, &seller(api), json!({"capacity": capacity, "lead_time_days": 10}));
    let soon = demand(api, &distributor, deliver("2026-11-24", "2026-12-02", 100));
    assert_eq!(only_failure(api, &distributor, &soon)["code"], "period");
    let later = demand(api, &distributor, deliver("2026-11-24", "2026-12-03", 100));
    assert_eq!(ids(&matches(api, &distributor, &later)), [&*offer], "on the tenth day");
}

fn a_capacity_that_ends_before_the_lead_time_is_told_how_long_it_must_last(api: &TestApi) {
    let distributor = buyer(api);
    let capacity = json!([{"from": "2026-11-01", "to": "2026-12-02", "quantity": 1000}]);
    offer(api, &seller(api), json!({"capacity": capacity, "lead_time_days": 10}));
    let remedy = |from: &str, to: &str| {
        let demand = demand(api, &distributor, deliver(from, to, 100));
        only_failure(api, &distributor, &demand)["remedy"].as_str().unwrap_or("").to_owned()
    };
    let until =
        |day: &str| format!("Would match with capacity until {day}, the lead time counted.");
    assert_eq!(remedy("2026-11-24", "2026-12-20"), until("2026-12-03"));
    assert_eq!(remedy("2026-12-10", "2026-12-20"), until("2026-12-10"));
    let never = "Ready on 2026-12-03 at the earliest, after the capacity and the window.";
    assert_eq!(remedy("2026-11-24", "2026-12-02"), never);
}

fn a_star_that_lapses_before_the_moved_window_is_told_with_it(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    let star = json!({
        "kind": "ocop", "stars": 4, "number": "1/QĐ-UBND", "authority": "UBND tỉnh Trà Vinh",
        "decision_date": "2024-02-15", "expires_on": "2027-02-15"
    });
    let path = format!("/v1/products/{product}/certificates");
    api.post(&path, &star).by(&producer.token).send().expect(201);
    let offer = offer_of(api, &producer, &product, json!({}));
    let failed = |capacity: (&str, &str), window: (&str, &str)| {
        let capacity = json!({"from": capacity.0, "to": capacity.1, "quantity": 1000});
        let path = format!("/v1/offers/{offer}");
        let found = get(api, &producer, &path).expect(200);
        let body = json!({"capacity": [capacity]});
        let patch = api.patch(&path, &body).if_match(found.number("/version"));
        patch.by(&producer.token).send().expect(200);
        let mut fields = deliver(window.0, window.1, 100);
        fields["requirements"] = json!({"min_stars": 4});
        let demand = demand(api, &distributor, fields);
        let missed = excluded(api, &distributor, &demand);
        let checks = missed[0]["failed_checks"].as_array().cloned().unwrap_or_default();
        let remedies = checks.iter().map(|check| check["remedy"].as_str().unwrap_or("").to_owned());
        remedies.collect::<Vec<_>>()
    };
    let january = ("2027-01-01", "2027-01-31");
    let told = failed(("2027-03-01", "2027-03-31"), january);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|remedy| remedy.contains("2027-03-01")), "{told:?}");
    let told = failed(("2027-02-01", "2027-02-28"), january);
    assert_eq!(told, ["Would match with a window until 2027-02-01."]);
    let told = failed(january, ("2027-03-01", "2027-03-31"));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("2027-01-31"), "on the last day of January the star counts: {told:?}");
}

fn a_near_miss_is_told_of_the_period_that_meets_the_window(api: &TestApi) {
    let distributor = buyer(api);
    let capacity = json!([{"from": "2026-12-01", "to": "2026-12-31", "quantity": 1000},
        {"from": "2027-01-01", "to": "2027-01-31", "quantity": 50}]);
    offer(api, &seller(api), json!({"capacity": capacity, "min_order": 100}));
    let demand = demand(api, &distributor, deliver("2027-01-01", "2027-01-31", 300));
    assert_eq!(only_failure(api, &distributor, &demand)["code"], "quantity");
}

fn a_declared_substitute_counts_at_its_ratio(api: &TestApi) {
    let (maker, distributor) = (seller(api), buyer(api));
    let fibres = product(api, &maker, json!({"name": "Dừa sáp sợi", "product_set": 5}));
    let offer = offer_of(api, &maker, &fibres, json!({}));
    let wanted = |substitutes: Value| {
        let fields = json!({"title": "Dừa sáp nguyên trái", "product_sets": [1],
                            "substitutes": substitutes});
        demand(api, &distributor, fields)
    };
    let strict = wanted(json!([]));
    assert_eq!(matches(api, &distributor, &strict), [json!(null); 0]);
    let open = wanted(json!([{"product_set": 5, "ratio": 0.4}]));
    let found = matches(api, &distributor, &open);
    assert_eq!(ids(&found), [&*offer]);
    assert_eq!(found[0]["quantity"]["wanted"], 300);
    let available = &found[0]["coverage"][0]["available"];
    assert_eq!(available, 2500, "0.4 kg stand for one, so 1000 kg for 2500");
}

fn a_generic_demand_finds_what_each_producer_makes(api: &TestApi) {
    let distributor = buyer(api);
    let names = [
        "Mật ong hoa nhãn",
        "Mật ong hoa nhãn Hưng Yên",
        "Mật ong nhãn lồng",
        "Mật ong nguyên chất hoa nhãn",
        "Mật hoa nhãn Phố Hiến",
        "Mật ong rừng hoa nhãn",
        "MẬT ONG HOA NHÃN CHÍN",
    ];
    let mut offers: Vec<String> = names
        .iter()
        .map(|name| {
            let maker = api.actor(name, &["producer"]);
            let own = product(api, &maker, json!({"name": name}));
            offer_of(api, &maker, &own, json!({}))
        })
        .collect();
    let brewer = seller(api);
    let spirit = product(api, &brewer, json!({"name": "Rượu nếp", "product_set": 14}));
    offer_of(api, &brewer, &spirit, json!({}));
    let demand = demand(api, &distributor, json!({"title": "mật ong hoa nhãn"}));
    let found = matches(api, &distributor, &demand);
    let mut found: Vec<String> = ids(&found).into_iter().map(str::to_owned).collect();
    offers.sort();
    found.sort();
    assert_eq!(found, offers);
}

fn distances_tell_of_an_anonymous_buyer_no_more_than_the_area(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let deliveries = json!([{
        "place": {"province_code": "86", "lat": 9.87363, "lon": 106.07, "address": "12 Lê Lợi"},
        "from": "2027-01-10", "to": "2027-01-20", "quantity": 300
    }]);
    let hidden = json!({"anonymous": true, "deliveries": deliveries});
    let demand = demand(api, &distributor, hidden.clone());
    let shown = get(api, &producer, &format!("/v1/demands/{demand}")).expect(200);
    let place = |part: &str| shown.at(&format!("/deliveries/0/place/{part}")).clone();
    assert_eq!(place("address"), Value::Null);
    let there = json!({"province_code": "86", "lat": place("lat"), "lon": place("lon")});
    let offer = offer(api, &producer, json!({"place": there}));
    let sold = items(&get(api, &producer, &format!("/v1/offers/{offer}/matches")).expect(200));
    let bought = matches(api, &distributor, &demand);
    let preview = api.post("/v1/matches/preview", &with(wanted(), hidden)).by(&distributor.token);
    let preview = preview.header("accept-language", "en").send().expect(200);
    let pair = format!("/v1/demands/{demand}/matches/{offer}");
    let explained = get(api, &producer, &pair).expect(200).body;
    assert_eq!(sold[0]["distance_km"], 0);
    for other in [&bought[0], preview.at("/items/0"), &explained] {
        for member in ["distance_km", "landed_unit_price", "score", "factors"] {
            assert_eq!(other[member], sold[0][member], "{member}");
        }
    }
}

fn a_quantity_just_short_is_nearer_whatever_its_unit(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let cartons = json!([{"unit": "thùng", "contains": {"quantity": 12, "unit": "kg"}}]);
    let product = product(api, &producer, json!({"packagings": cartons}));
    let capacity = json!([{"from": "2027-01-01", "to": "2027-03-31", "quantity": 100}]);
    let by = |unit: &str, min_order: u64| {
        let fields = json!({"unit": unit, "min_order": min_order, "capacity": capacity});
        offer_of(api, &producer, &product, fields)
    };
    let (carton, loose) = (by("thùng", 1), by("kg", 40));
    let deliveries = json!([{"from": "2027-01-10", "to": "2027-01-20", "quantity": 11}]);
    let demand =
        demand(api, &distributor, json!({"deliveries": deliveries, "max_unit_price": null}));
    let missed = excluded(api, &distributor, &demand);
    assert_eq!(ids(&missed), [&*carton, &*loose]);
    let gaps: Vec<&Value> = missed.iter().map(|item| &item["failed_checks"][0]["gap"]).collect();
    assert_eq!(gaps, [833, 7250], "one of twelve, and twenty-nine of forty");
}
