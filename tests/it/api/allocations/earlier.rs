//! Fairness over time: an allocation that makes up for earlier ones.

use serde_json::{Value, json};

use super::{buyer, by_producer, demand, get, list, offer, path, run, seller};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    whoever_was_left_out_last_time_comes_first,
    what_nobody_wanted_is_owed_to_nobody,
    what_was_made_up_for_is_kept_with_the_answer,
    only_own_finished_allocations_are_made_up_for,
);

/// A buyer, and two producers who offer 100 kg each; A scores higher, because it is cheaper.
fn market(api: &TestApi) -> Actor {
    offer(api, &seller(api, "A"), 100, json!({"unit_price": 80_000}));
    offer(api, &seller(api, "B"), 100, json!({}));
    buyer(api)
}

/// A run over one new demand of 100 kg after others, by a rule.
fn run_after(api: &TestApi, by: &Actor, rule: &str, earlier: &[&Answer]) -> Answer {
    let wanted = demand(api, by, 100, json!({}));
    let mut body = json!({"demand_ids": [wanted], "rule": rule});
    if !earlier.is_empty() {
        let ids: Vec<&str> = earlier.iter().map(|answer| answer.text("/id")).collect();
        body["earlier_allocation_ids"] = json!(ids);
    }
    run(api, by, body)
}

fn kilograms(shares: &[(&str, u64)]) -> Vec<(String, u64)> {
    shares.iter().map(|(name, quantity)| ((*name).to_owned(), *quantity)).collect()
}

fn whoever_was_left_out_last_time_comes_first(api: &TestApi) {
    let distributor = market(api);
    let first = run_after(api, &distributor, "none", &[]);
    assert_eq!(by_producer(&first), kilograms(&[("A", 100)]), "score alone takes the cheaper");
    assert_eq!(first.at("/fairness/over_time"), &Value::Null);
    for rule in ["max_min", "equal", "pro_rata"] {
        let alone = run_after(api, &distributor, rule, &[]);
        assert_eq!(by_producer(&alone), kilograms(&[("A", 50), ("B", 50)]), "{rule}");
        let second = run_after(api, &distributor, rule, &[&first]);
        assert_eq!(by_producer(&second), kilograms(&[("B", 100)]), "{rule}");
        let third = run_after(api, &distributor, rule, &[&first, &second]);
        assert_eq!(by_producer(&third), kilograms(&[("A", 50), ("B", 50)]), "{rule}");
        let reason = second.text("/shares/0/reason");
        assert_eq!(second.text("/shares/0/binding"), "capacity", "{reason}");
        let reason = third.text("/shares/0/reason");
        assert!(reason.contains("With earlier allocations it is allocated 50 %"), "{reason}");
        let fills = json!({
            "earlier": {"producers": 2, "selling_nothing": 1, "min_bp": 0, "p10_bp": 0,
                "median_bp": 10_000},
            "in_all": {"producers": 2, "selling_nothing": 0, "min_bp": 5000, "p10_bp": 5000,
                "median_bp": 5000}
        });
        assert_eq!(second.at("/fairness/over_time"), &fills, "{rule}");
    }
}

fn what_nobody_wanted_is_owed_to_nobody(api: &TestApi) {
    let distributor = market(api);
    let cheap = demand(api, &distributor, 50, json!({"max_unit_price": 85_000}));
    let first = run(api, &distributor, json!({"demand_ids": [cheap]}));
    assert_eq!(by_producer(&first), kilograms(&[("A", 50)]), "B is too dear for this demand");
    let second = run_after(api, &distributor, "max_min", &[&first]);
    // A has sold 50 of 100, and B was not passed over: 100 kg are shared at one fill of all, which
    // is half of 300 kg.
    assert_eq!(by_producer(&second), kilograms(&[("A", 50), ("B", 50)]));
}

fn what_was_made_up_for_is_kept_with_the_answer(api: &TestApi) {
    let distributor = market(api);
    let first = run_after(api, &distributor, "none", &[]);
    let second = run_after(api, &distributor, "max_min", &[&first]);
    let ids = json!([first.text("/id")]);
    assert_eq!(second.at("/request/earlier_allocation_ids"), &ids);
    let address = path(&second);
    let replay = api.act(&format!("{address}/replay")).by(&distributor.token);
    let replay = replay.header("accept-language", "en").send().expect(200);
    assert_eq!(replay.body, get(api, &distributor, &address).expect(200).body);
    let declined = json!({"declined": [second.text("/shares/0/producer/id")]});
    let repair = api.post(&format!("{address}/repair"), &declined).by(&distributor.token);
    let repair = repair.send().expect(201);
    assert_eq!(repair.at("/request/earlier_allocation_ids"), &ids);
    assert_eq!(by_producer(&repair), kilograms(&[("A", 100)]), "only A is left");
}

fn only_own_finished_allocations_are_made_up_for(api: &TestApi) {
    let distributor = market(api);
    let (stranger, first) = (buyer(api), run_after(api, &distributor, "none", &[]));
    let of_stranger = run_after(api, &stranger, "none", &[]);
    let before = list(&get(api, &distributor, "/v1/allocations").expect(200), "/items").len();
    let ask = |fields: Value| api.post("/v1/allocations", &fields).by(&distributor.token).send();
    for id in [of_stranger.text("/id"), "0198c0de-0000-7000-8000-000000000001"] {
        let refused = ask(json!({"earlier_allocation_ids": [first.text("/id"), id]}));
        refused.expect_violation("/earlier_allocation_ids/1", "unknown_reference");
    }
    let own = first.text("/id");
    for rule in ["none", "first_come"] {
        let refused = ask(json!({"rule": rule, "earlier_allocation_ids": [own]}));
        refused.expect_violation("/earlier_allocation_ids", "contradicts");
    }
    let twice = ask(json!({"earlier_allocation_ids": [own, own]}));
    twice.expect_violation("/earlier_allocation_ids/1", "duplicate");
    ask(json!({"earlier_allocation_ids": ["x"]}))
        .expect_violation("/earlier_allocation_ids/0", "wrong_format");
    ask(json!({"earlier_allocation_ids": []}))
        .expect_violation("/earlier_allocation_ids", "out_of_range");
    let after = list(&get(api, &distributor, "/v1/allocations").expect(200), "/items").len();
    assert_eq!(before, after, "a refusal leaves nothing behind");
}
