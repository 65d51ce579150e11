//! What an allocation answers: shares within every limit, by rule, with their reasons.

use serde_json::{Value, json};

use super::{buyer, by_producer, demand, get, list, offer, path, run, seller, total, with};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    one_large_demand_is_filled_from_many_small_producers,
    a_share_keeps_minimum_order_and_step,
    four_rules_give_four_answers,
    scarce_supply_is_planned_for_all_demands_together,
    a_limit_on_suppliers_and_a_smallest_share_are_kept,
    each_share_names_its_limit_in_both_languages,
    a_delivery_below_its_minimum_gets_nothing,
    a_market_without_a_fitting_offer_is_short_and_optimal,
    pieces_and_kilograms_are_summed_apart,
    the_price_is_that_of_the_break_that_the_share_reaches,
    no_share_costs_more_than_the_ceiling,
    what_a_side_dismissed_is_not_planned,
    an_anonymous_buyer_stays_so_in_the_plan_of_a_union,
    an_offer_for_guests_goes_to_them_alone,
    only_offers_of_the_named_producers_are_planned,
    a_price_is_what_one_more_and_one_less_really_change,
    sums_beyond_all_counting_stay_at_the_highest_number,
    what_is_left_below_a_step_is_not_said_to_be_taken,
);

fn one_large_demand_is_filled_from_many_small_producers(api: &TestApi) {
    let distributor = buyer(api);
    for number in 0..12 {
        let producer = seller(api, &format!("HTX {number:02}"));
        offer(api, &producer, 40 + 10 * number, json!({}));
    }
    demand(api, &distributor, 1000, json!({}));
    let answer = run(api, &distributor, json!({"rule": "none"}));
    assert_eq!(total(&answer), 1000);
    assert_eq!((answer.at("/optimal"), answer.at("/gap")), (&json!(true), &json!(0)));
    assert_eq!(answer.at("/objective/quantity"), &json!(1_000_000));
    assert_eq!(answer.at("/objective/quantity"), answer.at("/bound/quantity"));
    for (name, quantity) in by_producer(&answer) {
        let number: u64 = name[4..].parse().expect("a number");
        assert!(quantity <= 40 + 10 * number, "{name} gives {quantity}");
    }
    assert_eq!(list(&answer, "/shortages"), [json!(null); 0]);
    let left: u64 =
        list(&answer, "/unsold").iter().filter_map(|unsold| unsold["quantity"].as_u64()).sum();
    assert_eq!(left, 12 * 40 + 10 * 66 - 1000);
    let total = json!([{"dimension": "mass", "wanted": 1_000_000, "allocated": 1_000_000,
        "short": 0, "offered": 1_140_000}]);
    assert_eq!(answer.at("/totals"), &total);
    assert_eq!(get(api, &distributor, &path(&answer)).expect(200).body, answer.body);
}

fn a_share_keeps_minimum_order_and_step(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 60, json!({"min_order": 42, "increment": 6}));
    offer(api, &seller(api, "B"), 60, json!({"min_order": 36, "increment": 12}));
    demand(api, &distributor, 100, json!({}));
    let answer = run(api, &distributor, json!({}));
    let shares = by_producer(&answer);
    for (name, quantity) in &shares {
        let (least, step) = if name == "A" { (42, 6) } else { (36, 12) };
        assert!(*quantity >= least && quantity % step == 0, "{name}: {quantity}");
    }
    assert_eq!(total(&answer), 96, "{shares:?}");
    assert_eq!(answer.at("/shortages/0/short"), &json!(4));
}

/// Kilograms of A (offers 100, first), B (offers 300) and C (offers 50, last) for 225 wanted.
fn shared_by(api: &TestApi, distributor: &Actor, rule: &str) -> [u64; 3] {
    let answer = run(api, distributor, json!({"rule": rule}));
    assert_eq!(answer.at("/optimal"), &json!(true), "{}", answer.body);
    assert_eq!(total(&answer), 225, "a rule costs no quantity");
    let shares = by_producer(&answer);
    ["A", "B", "C"].map(|name| {
        let found = shares.iter().filter(|(other, _)| other == name);
        found.map(|(_, quantity)| quantity).sum()
    })
}

fn four_rules_give_four_answers(api: &TestApi) {
    let distributor = buyer(api);
    for (name, quantity) in [("A", 100), ("B", 300), ("C", 50)] {
        offer(api, &seller(api, name), quantity, json!({}));
    }
    demand(api, &distributor, 225, json!({}));
    assert_eq!(shared_by(api, &distributor, "max_min"), [50, 150, 25]);
    assert_eq!(shared_by(api, &distributor, "pro_rata"), [50, 150, 25]);
    let equal = shared_by(api, &distributor, "equal");
    assert_eq!((equal[0] + equal[1], equal[0].abs_diff(equal[1]), equal[2]), (175, 1, 50));
    assert_eq!(shared_by(api, &distributor, "first_come"), [100, 125, 0]);
}

fn scarce_supply_is_planned_for_all_demands_together(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "Rẻ"), 100, json!({"unit_price": 50_000}));
    offer(api, &seller(api, "Đắt"), 100, json!({"unit_price": 110_000}));
    let open = demand(api, &distributor, 100, json!({"price_basis": "at_origin"}));
    let tight = json!({"max_unit_price": 95_000, "price_basis": "at_origin"});
    let tight = demand(api, &distributor, 100, tight);
    let alone = run(api, &distributor, json!({"demand_ids": [open], "rule": "none"}));
    assert_eq!(by_producer(&alone), [("Rẻ".to_owned(), 100)], "alone it takes the cheap one");
    let together = run(api, &distributor, json!({"demand_ids": [open, tight], "rule": "none"}));
    assert_eq!(total(&together), 200, "one after the other, the second would get nothing");
}

fn a_limit_on_suppliers_and_a_smallest_share_are_kept(api: &TestApi) {
    let distributor = buyer(api);
    for (name, quantity) in [("A", 50), ("B", 60), ("C", 70), ("D", 20)] {
        offer(api, &seller(api, name), quantity, json!({}));
    }
    demand(api, &distributor, 200, json!({"max_suppliers": 2, "min_share": 30}));
    let answer = run(api, &distributor, json!({}));
    assert_eq!(by_producer(&answer), [("B".to_owned(), 60), ("C".to_owned(), 70)]);
    assert_eq!(answer.at("/shortages/0/short"), &json!(70));
}

fn each_share_names_its_limit_in_both_languages(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 100, json!({}));
    demand(api, &distributor, 300, json!({}));
    let answer = run(api, &distributor, json!({}));
    assert_eq!(answer.text("/shares/0/binding"), "capacity");
    let english = "All 100 kg that are free from 2027-01-01 to 2027-01-31 are taken.";
    assert_eq!(answer.text("/shares/0/reason"), english);
    let plain = api.get(&path(&answer)).by(&distributor.token).send().expect(200);
    let vietnamese = "100 kg còn trống trong kỳ 2027-01-01 – 2027-01-31 đã được phân bổ hết.";
    assert_eq!(plain.text("/shares/0/reason"), vietnamese);
    assert_eq!(plain.header("content-language"), "vi");
    offer(api, &seller(api, "B"), 400, json!({}));
    let divided = run(api, &distributor, json!({}));
    assert_eq!(by_producer(&divided), [("A".to_owned(), 60), ("B".to_owned(), 240)]);
    for share in list(&divided, "/shares") {
        assert_eq!(share["binding"], "rule");
        let reason = share["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("60 %"), "{reason}");
    }
    let fair = json!({"producers": 2, "selling_nothing": 0, "min_bp": 6000, "p10_bp": 6000,
        "median_bp": 6000});
    assert_eq!(divided.at("/fairness/after"), &fair);
}

fn a_delivery_below_its_minimum_gets_nothing(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 100, json!({}));
    let deliveries = json!({"deliveries": [{"from": "2027-01-10", "to": "2027-01-20",
        "quantity": 300, "min_quantity": 150}]});
    demand(api, &distributor, 300, deliveries);
    let answer = run(api, &distributor, json!({}));
    assert_eq!(list(&answer, "/shares"), [json!(null); 0]);
    assert_eq!(answer.at("/shortages/0/short"), &json!(300));
    let told = answer.at("/shortages/0/relaxations/0");
    assert_eq!((&told["field"], &told["gains"]), (&json!("deliveries.min_quantity"), &json!(100)));
}

fn a_market_without_a_fitting_offer_is_short_and_optimal(api: &TestApi) {
    let distributor = buyer(api);
    demand(api, &distributor, 300, json!({}));
    let answer = run(api, &distributor, json!({}));
    assert_eq!(answer.at("/objective/quantity"), &json!(0));
    assert_eq!(answer.at("/optimal"), &json!(true));
    assert_eq!(answer.at("/shortages/0/short"), &json!(300));
    assert_eq!(answer.at("/shortages/0/relaxations"), &json!([]));
}

fn pieces_and_kilograms_are_summed_apart(api: &TestApi) {
    let distributor = buyer(api);
    let producer = seller(api, "A");
    offer(api, &producer, 100, json!({}));
    let product = json!({"name": "Dừa sáp", "product_set": 4, "unit": "trái"});
    let product = api.post("/v1/products", &product).by(&producer.token).send().expect(201);
    let pieces = json!({
        "product_id": product.text("/id"), "unit": "trái", "status": "published",
        "capacity": [{"from": "2027-01-01", "to": "2027-01-31", "quantity": 70}]
    });
    api.post("/v1/offers", &pieces).by(&producer.token).send().expect(201);
    demand(api, &distributor, 100, json!({}));
    demand(api, &distributor, 50, json!({"title": "Dừa sáp", "unit": "trái"}));
    let answer = run(api, &distributor, json!({}));
    let allocated = |dimension: &str| {
        let total = list(&answer, "/totals").iter().find(|it| it["dimension"] == dimension);
        total.map_or(Value::Null, |total| total["allocated"].clone())
    };
    assert_eq!((allocated("mass"), allocated("count")), (json!(100_000), json!(50)));
}

fn the_price_is_that_of_the_break_that_the_share_reaches(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!({"price_breaks": [{"min_quantity": 200, "unit_price": 80_000}]});
    offer(api, &seller(api, "A"), 500, breaks);
    let small = demand(api, &distributor, 150, json!({}));
    let large = demand(api, &distributor, 300, json!({}));
    let price = |demand: &str| {
        let answer = run(api, &distributor, json!({"demand_ids": [demand]}));
        answer.at("/shares/0/unit_price").clone()
    };
    assert_eq!((price(&small), price(&large)), (json!(90_000), json!(80_000)));
}

fn no_share_costs_more_than_the_ceiling(api: &TestApi) {
    let distributor = buyer(api);
    let breaks = json!({"unit_price": 80_000, "price_breaks":
        [{"min_quantity": 200, "unit_price": 65_000}]});
    for name in ["A", "B"] {
        offer(api, &seller(api, name), 300, breaks.clone());
    }
    let terms = json!({"max_unit_price": 65_000, "price_basis": "at_origin"});
    demand(api, &distributor, 300, terms);
    for rule in ["none", "max_min", "equal", "pro_rata", "first_come"] {
        let answer = run(api, &distributor, json!({"rule": rule}));
        let prices = list(&answer, "/shares").iter().map(|share| &share["unit_price"]);
        assert_eq!(prices.collect::<Vec<_>>(), [&json!(65_000)], "{rule}");
        assert_eq!(total(&answer), 300);
        let replayed = get(api, &distributor, &format!("{}/replay", path(&answer)));
        assert_eq!(replayed.expect(200).at("/shares"), answer.at("/shares"));
    }
}

fn what_a_side_dismissed_is_not_planned(api: &TestApi) {
    let distributor = buyer(api);
    let offer = offer(api, &seller(api, "A"), 500, json!({}));
    let demand = demand(api, &distributor, 150, json!({}));
    let dismiss = format!("/v1/demands/{demand}/matches/{offer}/dismiss");
    api.post(&dismiss, &json!({})).by(&distributor.token).send().expect(204);
    assert_eq!(total(&run(api, &distributor, json!({}))), 0);
}

fn an_anonymous_buyer_stays_so_in_the_plan_of_a_union(api: &TestApi) {
    let (distributor, union) = (buyer(api), api.actor("Liên hiệp", &["coordinator"]));
    offer(api, &seller(api, "A"), 100, json!({}));
    demand(api, &distributor, 100, json!({"anonymous": true}));
    let of_union = run(api, &union, json!({}));
    assert_eq!(total(&of_union), 100);
    let evidence = get(api, &union, &format!("{}/certificate", path(&of_union))).expect(200);
    for answer in [&of_union, &evidence] {
        let text = answer.body.to_string();
        assert!(!text.contains(&distributor.party_id) && !text.contains("Siêu thị"), "{text}");
    }
    let own = run(api, &distributor, json!({}));
    assert_eq!(own.text("/shares/0/buyer/id"), distributor.party_id);
}

fn an_offer_for_guests_goes_to_them_alone(api: &TestApi) {
    let (guest, other) = (buyer(api), api.actor("Cửa hàng", &["distributor"]));
    let invited = json!({"visibility": "invited", "invited_party_ids": [guest.party_id]});
    offer(api, &seller(api, "Riêng"), 100, invited);
    for actor in [&guest, &other] {
        demand(api, actor, 100, json!({}));
    }
    assert_eq!(total(&run(api, &guest, json!({}))), 100);
    let union = api.actor("Liên hiệp", &["coordinator"]);
    for stranger in [&other, &union] {
        let answer = run(api, stranger, json!({}));
        assert_eq!(total(&answer), 0);
        let evidence = get(api, stranger, &format!("{}/certificate", path(&answer))).expect(200);
        let told = [answer.body.to_string(), evidence.body.to_string()].concat();
        assert!(!told.contains("Riêng"), "{told}");
    }
}

fn only_offers_of_the_named_producers_are_planned(api: &TestApi) {
    let (distributor, union) = (buyer(api), api.actor("Liên hiệp", &["coordinator"]));
    let (member, other) = (seller(api, "Thành viên"), seller(api, "Khác"));
    offer(api, &member, 100, json!({}));
    offer(api, &other, 100, json!({}));
    demand(api, &distributor, 200, json!({}));
    let answer = run(api, &union, json!({"producer_ids": [member.party_id]}));
    assert_eq!(by_producer(&answer), [("Thành viên".to_owned(), 100)]);
}

/// Kilograms and score × kilograms of a plan.
fn worth(answer: &Answer) -> [i64; 2] {
    let shares = list(answer, "/shares").iter();
    let of = |share: &Value| {
        let quantity = share["quantity"].as_i64().expect("a number");
        [quantity, quantity * share["score"].as_i64().expect("a score")]
    };
    shares.map(of).fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
}

fn a_price_is_what_one_more_and_one_less_really_change(api: &TestApi) {
    let distributor = buyer(api);
    let cheap = seller(api, "Rẻ");
    let own = offer(api, &cheap, 100, json!({"unit_price": 50_000}));
    offer(api, &seller(api, "Đắt"), 100, json!({"unit_price": 100_000}));
    let by_price = json!({"price_basis": "at_origin", "preferences": {"price": 10_000}});
    demand(api, &distributor, 200, by_price);
    let offered = |quantity: u64| {
        let capacity = json!({"capacity":
            [{"from": "2027-01-01", "to": "2027-01-31", "quantity": quantity}]});
        let change = api.patch(&format!("/v1/offers/{own}"), &capacity).header("if-match", "*");
        change.by(&cheap.token).send().expect(200);
        run(api, &distributor, json!({"rule": "none"}))
    };
    let (less, more, now) = (offered(99), offered(101), offered(100));
    let price = list(&now, "/prices").iter().find(|price| price["offer_id"] == own);
    let price = price.expect("what is scarce has a price");
    let told = |end: &str| ["quantity", "score"].map(|tier| price[end][tier].as_i64());
    let change = |from: &Answer, to: &Answer| {
        let ([from, from_score], [to, to_score]) = (worth(from), worth(to));
        [Some(to - from), Some(to_score - from_score)]
    };
    assert_eq!(told("one_more"), change(&now, &more), "it takes the place of a dearer one");
    assert_eq!(told("one_less"), change(&less, &now), "nobody takes its place");
    assert_ne!(told("one_more"), told("one_less"));
}

fn sums_beyond_all_counting_stay_at_the_highest_number(api: &TestApi) {
    let (distributor, vast) = (buyer(api), 1_000_000_000_000_u64);
    let day = |at: u32| format!("2027-01-{at:02}");
    let free = (1..=20).map(|at| json!({"from": day(at), "to": day(at), "quantity": vast}));
    let free = json!({"unit": "tấn", "capacity": free.collect::<Vec<_>>()});
    offer(api, &seller(api, "A"), 1, free);
    let wanted = (0..40).map(|_| json!({"from": day(1), "to": day(31), "quantity": vast}));
    let wanted = json!({"unit": "tấn", "deliveries": wanted.collect::<Vec<_>>()});
    demand(api, &distributor, 1, with(wanted, json!({"max_unit_price": 100_000_000})));
    let answer = run(api, &distributor, json!({"rule": "none"}));
    let highest = json!(i64::MAX);
    for sum in ["wanted", "allocated", "short", "offered"] {
        assert_eq!(answer.at(&format!("/totals/0/{sum}")), &highest, "{sum}");
    }
    assert_eq!(answer.at("/shortages/0/short_base"), &highest);
    let again = get(api, &distributor, &format!("{}/replay", path(&answer))).expect(200);
    assert_eq!(again.body.to_string(), answer.body.to_string());
}

fn what_is_left_below_a_step_is_not_said_to_be_taken(api: &TestApi) {
    let (distributor, one, other) = (buyer(api), seller(api, "A"), seller(api, "B"));
    offer(api, &one, 105, json!({"increment": 10, "min_order": 10}));
    offer(api, &other, 500, json!({"increment": 50, "min_order": 50}));
    demand(api, &distributor, 120, json!({}));
    for producer in [one, other] {
        let body = json!({"rule": "none", "producer_ids": [producer.party_id]});
        let answer = run(api, &distributor, body);
        assert_eq!(total(&answer), 100);
        assert_eq!(answer.text("/shares/0/binding"), "increment", "{}", answer.body);
        let reason = answer.text("/shares/0/reason");
        assert!(reason.contains("less than"), "{reason}");
    }
}
