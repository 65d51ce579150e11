//! Markets with more eligible pairs than a run holds: the same optimum as where all are held, and
//! what is said of the others.

use ocop_link::config::Config;
use serde_json::json;

use super::{buyer, by_producer, demand, get, list, offer, path, run, seller, total};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    few_pairs =>
    the_optimum_over_all_pairs_is_proven_from_a_few,
    a_rule_says_over_which_pairs_it_divides,
    a_reduced_run_is_replayed_and_repaired_from_what_it_kept,
    a_told_gain_is_gained_from_a_few_pairs_too,
);

/// Eligible pairs that a run of these tests holds.
const HELD: usize = 3;

fn few_pairs(config: &mut Config) {
    config.allocation_pairs = HELD;
}

/// Offers from 40 kg on, and demands of 300 kg and 200 kg that pay up to different prices.
fn market(api: &TestApi) -> Actor {
    let distributor = buyer(api);
    for number in 0..8 {
        let fields = json!({"unit_price": 60_000 + 8_000 * number});
        offer(api, &seller(api, &format!("HTX {number}")), 40 + 10 * number, fields);
    }
    for (quantity, ceiling) in [(300, 120_000), (200, 85_000)] {
        let fields = json!({"max_unit_price": ceiling, "price_basis": "at_origin"});
        demand(api, &distributor, quantity, fields);
    }
    distributor
}

fn the_optimum_over_all_pairs_is_proven_from_a_few(api: &TestApi) {
    let distributor = market(api);
    for objective in ["coverage", "value"] {
        let answer = run(api, &distributor, json!({"rule": "none", "objective": objective}));
        assert_eq!((answer.at("/optimal"), answer.at("/gap")), (&json!(true), &json!(0)));
        assert_eq!(answer.at("/objective"), answer.at("/bound"));
        let held = answer.at("/held_pairs");
        assert_eq!((&held["eligible"], &held["complete"]), (&json!(12), &json!(true)));
        assert!(held["held"].as_u64() < Some(12), "{held}");
        assert!(held["rounds"].as_u64() > Some(0), "{held}");
        let offered: u64 =
            list(&answer, "/totals").iter().filter_map(|it| it["offered"].as_u64()).sum();
        assert_eq!(offered, 600_000, "every capacity stays in the market");
    }
    let covered = run(api, &distributor, json!({"rule": "none"}));
    assert_eq!(total(&covered), 500, "the cheap offers go to who can pay no more");
}

fn a_rule_says_over_which_pairs_it_divides(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({"rule": "max_min"}));
    assert_eq!((total(&answer), answer.at("/gap")), (500, &json!(0)));
    assert_eq!(answer.at("/optimal"), &json!(false), "not proven over all pairs");
    let held = answer.at("/held_pairs/held");
    let english = format!(
        "The rule divides over {held} of 12 eligible pairs; all others were weighed by the \
         objective, not by the rule."
    );
    assert_eq!(answer.text("/held_pairs/text"), english);
    let plain = api.get(&path(&answer)).by(&distributor.token).send().expect(200);
    let vietnamese = format!(
        "Quy tắc chia trên {held} trong 12 cặp phù hợp; mọi cặp còn lại đã được xét theo mục \
         tiêu, chưa theo quy tắc."
    );
    assert_eq!(plain.text("/held_pairs/text"), vietnamese);
}

fn a_reduced_run_is_replayed_and_repaired_from_what_it_kept(api: &TestApi) {
    let distributor = market(api);
    let answer = run(api, &distributor, json!({"rule": "none"}));
    let again = get(api, &distributor, &format!("{}/replay", path(&answer))).expect(200);
    assert_eq!(again.body.to_string(), answer.body.to_string());
    let gone = answer.at("/shares/0/producer/id").clone();
    let address = format!("{}/repair", path(&answer));
    let repaired = api.post(&address, &json!({"declined": [gone]})).by(&distributor.token).send();
    let repaired = repaired.expect(201);
    let name = answer.text("/shares/0/producer/name");
    let of = |of: &Answer, is_gone: bool| -> u64 {
        let own = by_producer(of).into_iter().filter(|(it, _)| (it == name) == is_gone);
        own.map(|(_, quantity)| quantity).sum()
    };
    assert_eq!(of(&repaired, true), 0);
    assert!(of(&repaired, false) >= of(&answer, false), "every other share stays");
    assert_eq!(repaired.at("/bound"), answer.at("/bound"));
}

fn a_told_gain_is_gained_from_a_few_pairs_too(api: &TestApi) {
    let distributor = market(api);
    let id = demand(api, &distributor, 150, json!({"requirements": {"certificates": ["haccp"]}}));
    let before = run(api, &distributor, json!({"rule": "none"}));
    let short = list(&before, "/shortages").iter().find(|short| short["demand_id"] == id);
    let told = short.expect("a shortage")["relaxations"][0].clone();
    assert_eq!(told["field"], "requirements.certificates");
    let open = api.patch(&format!("/v1/demands/{id}"), &json!({"requirements": null}));
    open.header("if-match", "*").by(&distributor.token).send().expect(200);
    let after = run(api, &distributor, json!({"rule": "none"}));
    let gained = total(&after) - total(&before);
    assert_eq!((gained, &told["gains_in_all_base"]), (100, &json!(100_000)));
}
