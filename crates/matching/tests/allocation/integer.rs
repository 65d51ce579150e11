//! Plans within all limits against every plan of a tiny market.

use crate::fairness::every_plan;
use crate::market::{Sketch, sketches};
use matching::allocation::check::{Fault, check_limits};
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::integer::plan;
use matching::allocation::plan::{Objective, Plan, Share};
use matching::allocation::run;
use proptest::collection::vec;
use proptest::prelude::*;

/// Limits by index, taken round and round.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    offers: Vec<(u64, u64)>,
    demands: Vec<(u64, Option<u32>)>,
    mins: Vec<u64>,
    /// Smallest shares between an offer and a demand.
    minima: Vec<u64>,
}

pub(crate) fn limits(most: u64) -> impl Strategy<Value = Limits> {
    let offers = vec((0..=most, 1..=3_u64), 3);
    let demands = vec((0..=most, proptest::option::of(0..3_u32)), 3);
    let minima = prop_oneof![Just(vec![0]), vec(0..=most, 5)];
    (offers, demands, vec(0..=2 * most, 3), minima)
        .prop_map(|(offers, demands, mins, minima)| Limits { offers, demands, mins, minima })
}

/// Two capacities of each producer; two needs of each demand.
pub(crate) fn build(sketch: &Sketch, limits: &Limits) -> (Market, Pairs) {
    let (count, wanted) = (sketch.supply.len(), &sketch.wanted);
    let capacity =
        |(offer, &quantity): (u32, &u64)| Capacity { quantity, offer, producer: offer / 2 };
    let need = |(at, &max): (u32, &u64)| Need {
        max,
        min: limits.mins[at as usize % 3].min(max),
        demand: at / 2,
    };
    let offer = |at: usize| {
        let (min_order, increment) = limits.offers[at % 3];
        OfferLimits { min_order, increment }
    };
    let demand = |at: usize| {
        let (min_share, max_suppliers) = limits.demands[at % 3];
        DemandLimits { min_share, max_suppliers }
    };
    let minimum = |pair: &Pair| {
        let (offer, demand) = (pair.capacity, pair.need / 2);
        let at = (3 * offer + demand) as usize % limits.minima.len();
        ((offer, demand), limits.minima[at])
    };
    let market = Market::new(
        (0..).zip(&sketch.supply).map(capacity).collect(),
        (0..).zip(wanted).map(need).collect(),
        (0..count).map(offer).collect(),
        (0..wanted.len()).map(demand).collect(),
    )
    .unwrap();
    let market = market.with_minima(sketch.pairs().iter().map(minimum).collect());
    let pairs = Pairs::new(&market, sketch.pairs()).unwrap();
    (market, pairs)
}

/// Takes pairs by score, each as much as it can have and still be within the limits.
fn greedy(market: &Market, pairs: &Pairs) -> Plan {
    let mut by_score: Vec<Pair> = pairs.all().to_vec();
    by_score.sort_by_key(|pair| std::cmp::Reverse(pair.score));
    let mut plan = Plan::default();
    for Pair { capacity, need, .. } in by_score {
        let most = market.needs()[need as usize].max;
        for quantity in (1..=most).rev() {
            let share = Share { capacity, need, quantity };
            let more = Plan::new(plan.shares().iter().copied().chain([share]).collect());
            if check_limits(market, pairs, &more).is_ok() {
                plan = more;
                break;
            }
        }
    }
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_small_market_is_planned_best_and_proven(sketch in sketches(3, 4), limits in limits(3)) {
        let (market, pairs) = build(&sketch, &limits);
        let mut plans = every_plan(&market, pairs.all());
        plans.retain(|plan| check_limits(&market, &pairs, plan).is_ok());
        for objective in [Objective::Value, Objective::Coverage] {
            let limited = plan(&market, &pairs, objective, &|| false);
            prop_assert_eq!(check_limits(&market, &pairs, &limited.plan), Ok(()));
            let best = plans.iter().map(|plan| plan.worth(&pairs, objective)).max().unwrap();
            prop_assert_eq!(limited.reached, best);
            prop_assert_eq!(limited.plan.worth(&pairs, objective), best);
            prop_assert!(limited.is_optimal());
        }
    }

    #[test]
    fn a_larger_plan_keeps_every_limit_and_its_bound(
        sketch in sketches(12, 30),
        limits in limits(8),
    ) {
        let (market, pairs) = build(&sketch, &limits);
        for objective in [Objective::Value, Objective::Coverage] {
            let asked = std::cell::Cell::new(0);
            let stop = || asked.replace(asked.get() + 1) > 300;
            let limited = plan(&market, &pairs, objective, &stop);
            prop_assert_eq!(check_limits(&market, &pairs, &limited.plan), Ok(()));
            let by_score = greedy(&market, &pairs).worth(&pairs, objective);
            prop_assert!(limited.bound.is_none_or(|bound| bound >= limited.reached.max(by_score)));
        }
    }
}

#[test]
fn a_run_that_is_stopped_at_once_still_answers_within_the_limits() {
    let offer = OfferLimits { min_order: 4, increment: 3 };
    let capacity = |producer| Capacity { quantity: 10, offer: 0, producer };
    let market = Market::new(
        vec![capacity(0), capacity(1)],
        vec![Need { max: 20, min: 9, demand: 0 }],
        vec![offer],
        vec![DemandLimits { min_share: 0, max_suppliers: Some(1) }],
    )
    .unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 5 };
    let pairs = Pairs::new(&market, vec![pair(0), pair(1)]).unwrap();
    let limited = plan(&market, &pairs, Objective::Coverage, &|| true);
    assert_eq!(check_limits(&market, &pairs, &limited.plan), Ok(()));
    assert_eq!(limited.plan.quantity(), 9);
}

#[test]
fn a_share_below_the_least_between_its_sides_is_never_planned_and_always_refused() {
    let market = two_for_one();
    let pair = |capacity| Pair { capacity, need: 0, score: 5 };
    let pairs = Pairs::new(&market, vec![pair(0), pair(1)]).unwrap();
    let share = |capacity, quantity| Share { capacity, need: 0, quantity };
    let halves = Plan::new(vec![share(0, 15), share(1, 15)]);
    assert_eq!(check_limits(&market, &pairs, &halves), Ok(()));
    let market = market.with_minima([((0, 0), 20), ((1, 0), 20)].into());
    assert_eq!(check_limits(&market, &pairs, &halves), Err(Fault::Size(share(0, 15))));
    for rule in [Rule::None, Rule::MaxMin, Rule::Equal, Rule::ProRata, Rule::FirstCome(&[2, 1])] {
        let run = run(&market, &pairs, Objective::Coverage, rule, &|| false);
        assert_eq!(check_limits(&market, &pairs, &run.plan), Ok(()));
        assert_eq!(run.plan.quantity(), 30);
    }
}

/// Two producers of thirty for one need of thirty.
fn two_for_one() -> Market {
    Market::new(
        (0..2).map(|offer| Capacity { quantity: 30, offer, producer: offer }).collect(),
        vec![Need { max: 30, min: 0, demand: 0 }],
        vec![OfferLimits::default(); 2],
        vec![DemandLimits::default()],
    )
    .unwrap()
}

/// Plans one need of four producers, and tells how often it was asked whether to stop.
fn questions(supply: [(u64, u64); 4], wanted: u64, most: u32) -> (u64, bool, u32) {
    let capacity =
        |(at, (quantity, _)): (u32, (u64, u64))| Capacity { quantity, offer: at, producer: at };
    let market = Market::new(
        (0..).zip(supply).map(capacity).collect(),
        vec![Need { max: wanted, min: 0, demand: 0 }],
        supply.map(|(_, increment)| OfferLimits { min_order: 0, increment }).to_vec(),
        vec![DemandLimits { min_share: 0, max_suppliers: Some(most) }],
    )
    .unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 5 };
    let pairs = Pairs::new(&market, (0..4).map(pair).collect()).unwrap();
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 2_000_000
    };
    let limited = plan(&market, &pairs, Objective::Coverage, &stop);
    assert_eq!(check_limits(&market, &pairs, &limited.plan), Ok(()));
    (limited.plan.quantity(), limited.is_optimal(), asked.get())
}

#[test]
fn a_limit_on_suppliers_is_decided_by_who_they_are_and_not_by_how_much() {
    let supply = [503, 601, 709, 211].map(|quantity| (quantity, 1));
    let (quantity, is_optimal, asked) = questions(supply, 1_900, 2);
    assert_eq!((quantity, is_optimal), (601 + 709, true));
    assert!(asked < 200, "{asked} questions for four pairs");
}
