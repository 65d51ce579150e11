//! Fairness over time: rules that make up for what producers sold in earlier runs, against every
//! plan of a tiny market and against progressive filling.

use crate::fairness::{best_plans, build, compare_levels, fills, run};
use crate::market::{Sketch, sketches};
use crate::progressive_filling::filled;
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, InstanceError, Market, Need, OfferLimits, Pair, Pairs, Sales,
};
use matching::allocation::plan::{Objective, Plan};
use proptest::collection::vec;
use proptest::prelude::*;
use std::cmp::Ordering;

/// What a few producers offered and sold in earlier runs.
fn histories(most: u64) -> impl Strategy<Value = Vec<Sales>> {
    let run = (0..=most, 0..=most);
    let run = run.prop_map(|(one, other)| Sales { offered: one.max(other), sold: one.min(other) });
    vec(run, 0..8)
}

fn after(sketch: &Sketch, producers: u32, earlier: &[Sales]) -> (Market, Pairs) {
    let (market, pairs) = build(sketch, producers);
    (market.after(earlier.to_vec()).unwrap(), pairs)
}

/// Base units sold by each producer in this run.
fn sold(market: &Market, plan: &Plan) -> Vec<u64> {
    let mut sold = vec![0; market.producer_count()];
    for share in plan.shares() {
        sold[market.capacities()[share.capacity as usize].producer as usize] += share.quantity;
    }
    sold
}

/// Sold in this run and earlier ones, from the least up.
fn levels(market: &Market, plan: &Plan) -> Vec<u64> {
    let sold = sold(market, plan).into_iter().enumerate();
    let mut levels: Vec<u64> = sold.map(|(at, sold)| sold + market.earlier(at).sold).collect();
    levels.sort_unstable();
    levels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn max_min_levels_the_fills_of_all_runs_together(
        sketch in sketches(3, 3),
        producers in 1_u32..4,
        earlier in histories(6),
    ) {
        let (market, pairs) = after(&sketch, producers, &earlier);
        for objective in [Objective::Coverage, Objective::Value] {
            let fair = run(&market, &pairs, objective, Rule::MaxMin).plan;
            let (plans, own) = (best_plans(&market, &pairs, objective), fills(&market, &fair));
            prop_assert!(plans.contains(&fair), "a rule costs nothing in the first tier");
            for plan in &plans {
                prop_assert!(compare_levels(&own, &fills(&market, plan)).is_ge(), "{:?}", plan);
            }
        }
    }

    #[test]
    fn equal_levels_what_is_sold_in_all_runs_together(
        sketch in sketches(3, 3),
        producers in 1_u32..4,
        earlier in histories(6),
    ) {
        let (market, pairs) = after(&sketch, producers, &earlier);
        let fair = run(&market, &pairs, Objective::Coverage, Rule::Equal).plan;
        let own = levels(&market, &fair);
        for plan in best_plans(&market, &pairs, Objective::Coverage) {
            prop_assert!(own >= levels(&market, &plan), "{own:?} {plan:?}");
        }
    }

    #[test]
    fn max_min_is_what_progressive_filling_reaches_from_where_earlier_runs_left_off(
        sketch in sketches(8, 30),
        producers in 1_u32..8,
        earlier in histories(60),
    ) {
        let (market, pairs) = after(&sketch, producers, &earlier);
        let plan = run(&market, &pairs, Objective::Coverage, Rule::MaxMin).plan;
        let (own, oracle) = (fills(&market, &plan), filled(&market, &pairs));
        prop_assert_eq!(compare_levels(&own, &oracle), Ordering::Equal, "{:?} {:?}", own, oracle);
    }

    /// One demand that all could fill, in a series of runs, each after all that came before it:
    /// the fills of all runs together differ by less than a unit.
    #[test]
    fn over_a_series_of_runs_nobody_is_left_behind(
        wanted in vec(1_u64..20, 2..8),
        producers in 2_usize..6,
    ) {
        let mut earlier = vec![Sales::default(); producers];
        for wanted in wanted {
            let market = Market::unlimited(&vec![20; producers], &[wanted]).unwrap();
            let market = market.after(earlier.clone()).unwrap();
            let pair = |capacity| Pair { capacity, need: 0, score: 100 + capacity as u16 };
            let pairs = Pairs::new(&market, (0..producers as u32).map(pair).collect()).unwrap();
            let plan = run(&market, &pairs, Objective::Coverage, Rule::MaxMin).plan;
            for (run, sold) in earlier.iter_mut().zip(sold(&market, &plan)) {
                *run = Sales { offered: run.offered + 20, sold: run.sold + sold };
            }
            let least = earlier.iter().map(|run| run.sold).min();
            let most = earlier.iter().map(|run| run.sold).max();
            prop_assert!(most <= least.map(|least| least + 1), "{:?}", earlier);
        }
    }
}

/// Two members with like offers and one order that either could fill; the first sold most of the
/// last order, the other nothing.
fn second_order(first_sold: u64, limits: OfferLimits, rule: Rule<'_>) -> Vec<u64> {
    let capacity = |at| Capacity { quantity: 10, offer: at, producer: at };
    let market = Market::new(
        vec![capacity(0), capacity(1)],
        vec![Need { max: 10, min: 0, demand: 0 }],
        vec![limits; 2],
        vec![DemandLimits::default()],
    );
    let history = vec![Sales { offered: 10, sold: first_sold }, Sales { offered: 10, sold: 0 }];
    let market = market.and_then(|market| market.after(history)).unwrap();
    let pair = |capacity| Pair { capacity, need: 0, score: 100 };
    let pairs = Pairs::new(&market, vec![pair(0), pair(1)]).unwrap();
    let plan = matching::allocation::run(&market, &pairs, Objective::Coverage, rule, &|| false);
    sold(&market, &plan.plan)
}

#[test]
fn whoever_was_left_out_comes_first() {
    let free = OfferLimits::default();
    assert_eq!(second_order(8, free, Rule::MaxMin), [1, 9]);
    assert_eq!(second_order(8, free, Rule::Equal), [1, 9]);
    assert_eq!(second_order(8, free, Rule::ProRata), [1, 9], "five each, and four that are owed");
    assert_eq!(second_order(8, free, Rule::None), [10, 0], "score alone looks at nothing else");
    let by_two = OfferLimits { min_order: 2, increment: 2 };
    assert_eq!(second_order(10, by_two, Rule::MaxMin), [0, 10], "within minimum orders too");
    assert_eq!(second_order(10, by_two, Rule::Equal), [0, 10]);
    assert_eq!(second_order(10, by_two, Rule::ProRata), [0, 10]);
}

#[test]
fn who_sold_more_than_it_offered_is_refused() {
    let market = || Market::unlimited(&[1], &[1]).unwrap();
    let history = |offered, sold| vec![Sales { offered, sold }];
    assert_eq!(market().after(history(1, 2)), Err(InstanceError::OversoldProducer(0)));
    assert_eq!(market().after(history(u64::MAX, 0)), Err(InstanceError::TooMuch));
}
