//! A run joins objective, rule and limits: what it may promise, and what it must never do.

use crate::integer::{build, limits};
use crate::market::sketches;
use matching::allocation::check::{check_bound, check_feasible, check_limits, check_optimal};
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::plan::Objective;
use matching::allocation::{Run, run};
use proptest::prelude::*;
use std::cell::Cell;

const OBJECTIVES: [Objective; 2] = [Objective::Coverage, Objective::Value];

const RULES: [Rule<'static>; 5] =
    [Rule::None, Rule::MaxMin, Rule::Equal, Rule::ProRata, Rule::FirstCome(&[3, 1, 2])];

/// A run that is stopped at the given question, and the questions that it asked.
fn stopped_at(
    market: &Market,
    pairs: &Pairs,
    (objective, rule): (Objective, Rule<'_>),
    question: u32,
) -> (Run, u32) {
    let asked = Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) >= question;
    (run(market, pairs, objective, rule, &stop), asked.get())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn a_rule_within_limits_keeps_them_and_the_first_tier(
        sketch in sketches(6, 20),
        limits in limits(6),
    ) {
        let (market, pairs) = build(&sketch, &limits);
        for objective in OBJECTIVES {
            for rule in RULES {
                let fair = stopped_at(&market, &pairs, (objective, rule), 200).0;
                prop_assert_eq!(check_limits(&market, &pairs, &fair.plan), Ok(()));
                prop_assert_eq!(objective.first_tier(fair.cost), 0);
                let first = |worth| objective.first_tier(worth);
                let is_within = fair.bound.is_none_or(|bound| first(bound) >= first(fair.reached));
                prop_assert!(is_within);
            }
        }
    }

    #[test]
    fn the_prices_of_a_run_prove_its_bound(sketch in sketches(6, 20), limits in limits(6)) {
        let (market, pairs) = build(&sketch, &limits);
        for objective in OBJECTIVES {
            let answer = stopped_at(&market, &pairs, (objective, Rule::None), 200).0;
            if let (Some(prices), Some(bound)) = (&answer.prices, answer.bound) {
                let proven = check_bound(&market, &pairs, objective, prices);
                prop_assert!(proven.is_ok_and(|proven| proven >= bound));
            }
        }
        let (market, pairs) = sketch.build();
        let free = run(&market, &pairs, Objective::Value, Rule::None, &|| false);
        let prices = free.prices.unwrap();
        let proof = check_optimal(&market, &pairs, Objective::Value, &free.plan, &prices);
        prop_assert_eq!(proof, Ok(()));
    }

    #[test]
    fn a_run_stopped_at_a_question_is_repeated_by_stopping_there(
        sketch in sketches(9, 20),
        limits in limits(6),
        question in 0_u32..60,
    ) {
        let (market, pairs) = build(&sketch, &limits);
        for rule in RULES {
            let first = stopped_at(&market, &pairs, (Objective::Coverage, rule), question);
            let again = stopped_at(&market, &pairs, (Objective::Coverage, rule), question);
            prop_assert_eq!(&first, &again);
            prop_assert_eq!(check_feasible(&market, &pairs, &first.0.plan), Ok(()));
        }
    }
}

/// Three producers of ten crates of ten for one demand of ten crates.
fn crates(max_suppliers: Option<u32>) -> (Market, Pairs) {
    let capacity = |producer| Capacity { quantity: 100, offer: 0, producer };
    let market = Market::new(
        (0..3).map(capacity).collect(),
        vec![Need { max: 100, min: 0, demand: 0 }],
        vec![OfferLimits { min_order: 20, increment: 10 }],
        vec![DemandLimits { min_share: 0, max_suppliers }],
    )
    .unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 900 - 100 * capacity as u16 };
    let pairs = Pairs::new(&market, (0..3).map(pair).collect()).unwrap();
    (market, pairs)
}

fn sold(max_suppliers: Option<u32>, rule: Rule<'_>) -> Vec<u64> {
    let (market, pairs) = crates(max_suppliers);
    let plan = run(&market, &pairs, Objective::Coverage, rule, &|| false).plan;
    let mut sold = vec![0; 3];
    plan.shares().iter().for_each(|share| sold[share.capacity as usize] += share.quantity);
    sold
}

#[test]
fn crates_are_levelled_in_whole_crates() {
    assert_eq!(sold(None, Rule::None), [100, 0, 0]);
    let mut levelled = sold(None, Rule::MaxMin);
    levelled.sort_unstable();
    assert_eq!(levelled, [30, 30, 40]);
}

#[test]
fn a_rule_never_adds_a_supplier_too_many() {
    let mut levelled = sold(Some(2), Rule::Equal);
    levelled.sort_unstable();
    assert_eq!(levelled, [0, 50, 50]);
}

#[test]
fn first_come_within_limits_serves_the_first_first() {
    assert_eq!(sold(Some(1), Rule::FirstCome(&[3, 2, 1])), [0, 0, 100]);
}
