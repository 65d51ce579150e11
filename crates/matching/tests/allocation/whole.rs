//! Small markets in which all limits meet are planned to the end: the optimum of HiGHS, and a rule
//! against every plan.

use crate::fairness::{compare_levels, every_plan, fills};
use crate::integer::{build, limits};
use crate::market::sketches;
use crate::mixed::mixed;
use matching::allocation::check::check_limits;
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::plan::{Objective, Plan};
use matching::allocation::run;
use proptest::prelude::*;
use std::cell::Cell;
use std::cmp::Ordering;

/// Seed, most quantity, and most score among the plans of most quantity, by HiGHS (SciPy
/// 1.17.1): of 300 seeds those that were given up while the work of a search was bounded.
const OPTIMA: [(u64, i128, i128); 33] = [
    (3, 286, 1_773_819),
    (15, 205, 1_004_660),
    (19, 278, 1_563_636),
    (21, 240, 1_179_720),
    (25, 271, 1_794_035),
    (54, 293, 2_307_718),
    (57, 350, 3_100_510),
    (60, 454, 3_399_230),
    (61, 377, 2_383_569),
    (64, 403, 3_275_636),
    (74, 295, 2_275_525),
    (77, 196, 1_368_422),
    (79, 348, 2_373_638),
    (92, 248, 1_774_100),
    (99, 378, 3_069_610),
    (113, 271, 1_812_954),
    (114, 306, 1_847_934),
    (125, 354, 2_814_992),
    (143, 335, 2_459_285),
    (150, 382, 2_882_787),
    (162, 399, 2_965_658),
    (168, 330, 2_612_075),
    (194, 339, 2_192_473),
    (198, 347, 2_675_723),
    (202, 205, 1_487_561),
    (203, 361, 2_848_548),
    (221, 295, 2_056_405),
    (242, 197, 1_032_563),
    (251, 360, 2_693_612),
    (261, 337, 2_263_348),
    (280, 446, 2_809_560),
    (296, 418, 2_942_480),
    (299, 340, 1_560_010),
];

/// More questions than any of them takes.
const QUESTIONS: u32 = 200_000;

#[test]
fn markets_in_which_all_limits_meet_are_planned_best_and_proven() {
    for (seed, quantity, score) in OPTIMA {
        let (market, pairs) = mixed(seed).unwrap();
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > QUESTIONS;
        let best = run(&market, &pairs, Objective::Coverage, Rule::None, &stop);
        assert_eq!(check_limits(&market, &pairs, &best.plan), Ok(()));
        assert_eq!((best.reached.quantity, best.reached.score), (quantity, score), "{seed}");
        assert!(best.is_optimal && best.bound == Some(best.reached), "{seed}");
    }
}

/// What each producer sells.
fn sold(market: &Market, plan: &Plan) -> Vec<u64> {
    let mut sold = vec![0; market.producer_count()];
    for share in plan.shares() {
        sold[market.capacities()[share.capacity as usize].producer as usize] += share.quantity;
    }
    sold
}

/// Which of two plans a rule prefers, as its definition has it.
fn prefer(market: &Market, rule: Rule<'_>, one: &Plan, other: &Plan) -> Ordering {
    let units = |plan| sold(market, plan).into_iter().map(|sold| (sold, 1)).collect::<Vec<_>>();
    match rule {
        Rule::MaxMin => compare_levels(&fills(market, one), &fills(market, other)),
        Rule::Equal => compare_levels(&units(one), &units(other)),
        Rule::FirstCome(times) => {
            let mut order: Vec<usize> = (0..market.producer_count()).collect();
            order.sort_by_key(|&at| times.get(at).copied().unwrap_or(i64::MAX));
            let in_turn = |plan| {
                let sold = sold(market, plan);
                order.iter().map(|&at| sold[at]).collect::<Vec<_>>()
            };
            in_turn(one).cmp(&in_turn(other))
        }
        Rule::ProRata | Rule::None => Ordering::Equal,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_rule_within_limits_takes_the_plan_of_its_definition(
        sketch in sketches(4, 4),
        limits in limits(3),
    ) {
        let (market, pairs) = build(&sketch, &limits);
        prop_assume!(pairs.all().len() <= 7);
        let mut plans = every_plan(&market, pairs.all());
        plans.retain(|plan| check_limits(&market, &pairs, plan).is_ok());
        for objective in [Objective::Coverage, Objective::Value] {
            let first = |plan: &Plan| objective.first_tier(plan.worth(&pairs, objective));
            let most = plans.iter().map(first).max().unwrap();
            for rule in [Rule::MaxMin, Rule::Equal, Rule::FirstCome(&[2, 1])] {
                let fair = run(&market, &pairs, objective, rule, &|| false);
                prop_assert_eq!(check_limits(&market, &pairs, &fair.plan), Ok(()));
                prop_assert_eq!((first(&fair.plan), fair.is_optimal), (most, true));
                for plan in plans.iter().filter(|plan| first(plan) == most) {
                    let preferred = prefer(&market, rule, plan, &fair.plan);
                    let score = |plan: &Plan| plan.worth(&pairs, Objective::Value).score;
                    let better = preferred.then(score(plan).cmp(&score(&fair.plan)));
                    let same = sold(&market, plan) == sold(&market, &fair.plan);
                    prop_assert!(preferred.is_le(), "{:?} {:?} {:?}", rule, plan, fair.plan);
                    prop_assert!(better.is_le() || !same, "{:?} {:?}", plan, fair.plan);
                }
            }
        }
    }
}

/// A need of one demand, and producers of one offer each: increment, minimum order, quantity.
fn one_need(offers: &[(u64, u64, u64)], wanted: u64, most: Option<u32>) -> (Market, Pairs) {
    let capacity = |(at, &(_, _, quantity))| Capacity { quantity, offer: at, producer: at };
    let limits = |&(increment, min_order, _)| OfferLimits { min_order, increment };
    let market = Market::new(
        (0..).zip(offers).map(capacity).collect(),
        vec![Need { max: wanted, min: 0, demand: 0 }],
        offers.iter().map(limits).collect(),
        vec![DemandLimits { min_share: 0, max_suppliers: most }],
    )
    .unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 9_000 - 10 * capacity as u16 };
    let pairs = Pairs::new(&market, (0..offers.len() as u32).map(pair).collect()).unwrap();
    (market, pairs)
}

/// What each producer sells under coverage by a rule, proven.
fn divided((market, pairs): &(Market, Pairs), rule: Rule<'_>) -> Vec<u64> {
    let fair = run(market, pairs, Objective::Coverage, rule, &|| false);
    assert_eq!(check_limits(market, pairs, &fair.plan), Ok(()));
    assert!(fair.is_optimal, "{:?}", fair.plan);
    sold(market, &fair.plan)
}

#[test]
fn proportions_are_met_as_nearly_as_increments_allow() {
    let crates = one_need(&[(5, 5, 75), (5, 5, 90), (5, 5, 25), (5, 5, 75)], 100, None);
    assert_eq!(divided(&crates, Rule::ProRata), [30, 35, 10, 25]);
    let uneven = one_need(&[(6, 6, 60), (10, 10, 60), (1, 1, 60)], 90, None);
    assert_eq!(divided(&uneven, Rule::ProRata), [30, 30, 30]);
    let large = one_need(&[(10, 40, 100), (10, 10, 100), (10, 10, 100)], 100, None);
    assert_eq!(divided(&large, Rule::ProRata), [40, 30, 30]);
}

#[test]
fn proportions_are_met_between_small_steps_and_large_ones() {
    let (mut market, _) = one_need(&[(1, 1, 10), (1, 1, 10), (1_000, 1_000, 2_000)], 1_011, None);
    let scores = [9_000, 5_000, 6_000];
    let sold = |market: &Market, scores: [u16; 3]| {
        let pair = |(capacity, score)| Pair { capacity, need: 0, score };
        let pairs = Pairs::new(market, (0..).zip(scores).map(pair).collect()).unwrap();
        divided(&(market.clone(), pairs), Rule::ProRata)
    };
    assert_eq!(sold(&market, scores), [6, 5, 1_000]);
    assert_eq!(sold(&market, [5_000, 9_000, 6_000]), [5, 6, 1_000]);
    (market, _) = one_need(&[(1, 1, 4), (1, 1, 4), (60, 60, 60)], 66, None);
    assert_eq!(sold(&market, scores), [3, 3, 60]);
}

#[test]
fn minimum_orders_leave_nobody_out_who_could_be_in() {
    let offers = [(5, 5, 20), (5, 20, 30), (5, 20, 25), (5, 5, 55)];
    assert_eq!(divided(&one_need(&offers, 50, None), Rule::MaxMin), [5, 20, 20, 5]);
}

#[test]
fn few_suppliers_are_filled_alike() {
    let offers = [50, 100, 200, 300, 150, 120, 80, 500].map(|quantity| (1, 1, quantity));
    let sold = divided(&one_need(&offers, 1_000, Some(3)), Rule::MaxMin);
    assert_eq!(sold, [0, 0, 200, 300, 0, 0, 0, 500]);
    let sold = divided(&one_need(&offers, 1_000, Some(4)), Rule::MaxMin);
    assert_eq!(sold, [50, 0, 0, 300, 150, 0, 0, 500]);
}
