//! Rules among producers against every plan of a tiny market, and against exchanges in larger.

use crate::market::{Sketch, sketches};
use matching::allocation::Run;
use matching::allocation::check::check_feasible;
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::plan::{Objective, Plan, Share};
use proptest::prelude::*;
use std::cmp::Ordering;

const OBJECTIVES: [Objective; 2] = [Objective::Coverage, Objective::Value];

/// A market in which capacities `at` and `at + producers` have the same producer.
pub(crate) fn build(sketch: &Sketch, producers: u32) -> (Market, Pairs) {
    let capacity =
        |(at, &quantity): (u32, &u64)| Capacity { quantity, offer: at, producer: at % producers };
    let market = Market::new(
        (0..).zip(&sketch.supply).map(capacity).collect(),
        (0..).zip(&sketch.wanted).map(|(demand, &max)| Need { max, min: 0, demand }).collect(),
        vec![OfferLimits::default(); sketch.supply.len()],
        vec![DemandLimits::default(); sketch.wanted.len()],
    )
    .unwrap();
    let pairs = Pairs::new(&market, sketch.pairs()).unwrap();
    (market, pairs)
}

pub(crate) fn run(market: &Market, pairs: &Pairs, objective: Objective, rule: Rule<'_>) -> Run {
    let run = matching::allocation::run(market, pairs, objective, rule, &|| false);
    assert!(run.is_optimal);
    run
}

/// Sold and offered of each producer who offers anything, in earlier runs too.
pub(crate) fn fills(market: &Market, plan: &Plan) -> Vec<(u64, u64)> {
    let earlier = (0..market.producer_count()).map(|producer| market.earlier(producer));
    let mut fills: Vec<_> = earlier.map(|run| (run.sold, run.offered)).collect();
    for capacity in market.capacities() {
        fills[capacity.producer as usize].1 += capacity.quantity;
    }
    for share in plan.shares() {
        fills[market.capacities()[share.capacity as usize].producer as usize].0 += share.quantity;
    }
    fills.retain(|&(_, offered)| offered > 0);
    fills
}

pub(crate) fn compare(one: &(u64, u64), other: &(u64, u64)) -> Ordering {
    (one.0 * other.1).cmp(&(other.0 * one.1))
}

/// Compares two sets of fills from the lowest up.
pub(crate) fn compare_levels(one: &[(u64, u64)], other: &[(u64, u64)]) -> Ordering {
    let sorted = |fills: &[(u64, u64)]| {
        let mut fills = fills.to_vec();
        fills.sort_by(compare);
        fills
    };
    let (one, other) = (sorted(one), sorted(other));
    one.iter()
        .zip(&other)
        .map(|(a, b)| compare(a, b))
        .find(|o| o.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Every plan of a tiny market.
pub(crate) fn every_plan(market: &Market, pairs: &[Pair]) -> Vec<Plan> {
    let mut found = Vec::new();
    let mut supply: Vec<_> = market.capacities().iter().map(|c| c.quantity).collect();
    let mut wanted: Vec<_> = market.needs().iter().map(|need| need.max).collect();
    extend(pairs, &mut supply, &mut wanted, &mut Vec::new(), &mut found);
    found
}

fn extend(
    pairs: &[Pair],
    supply: &mut [u64],
    wanted: &mut [u64],
    shares: &mut Vec<Share>,
    found: &mut Vec<Plan>,
) {
    let Some((&Pair { capacity, need, .. }, rest)) = pairs.split_first() else {
        found.push(Plan::new(shares.clone()));
        return;
    };
    for quantity in 0..=supply[capacity as usize].min(wanted[need as usize]) {
        supply[capacity as usize] -= quantity;
        wanted[need as usize] -= quantity;
        shares.push(Share { capacity, need, quantity });
        extend(rest, supply, wanted, shares, found);
        shares.pop();
        supply[capacity as usize] += quantity;
        wanted[need as usize] += quantity;
    }
}

/// The plans of most quantity, or of most value.
pub(crate) fn best_plans(market: &Market, pairs: &Pairs, objective: Objective) -> Vec<Plan> {
    let mut plans = every_plan(market, pairs.all());
    let key = |plan: &Plan| match objective {
        Objective::Coverage => i128::from(plan.quantity()),
        Objective::Value => plan.worth(pairs, objective).score,
    };
    let best = plans.iter().map(key).max().unwrap();
    plans.retain(|plan| key(plan) == best);
    plans
}

fn score(pairs: &Pairs, plan: &Plan) -> i128 {
    plan.worth(pairs, Objective::Value).score
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn max_min_is_leximin_among_the_best_plans(sketch in sketches(3, 3), producers in 1_u32..4) {
        let (market, pairs) = build(&sketch, producers);
        for objective in OBJECTIVES {
            let fair = run(&market, &pairs, objective, Rule::MaxMin).plan;
            prop_assert_eq!(check_feasible(&market, &pairs, &fair), Ok(()));
            let plans = best_plans(&market, &pairs, objective);
            prop_assert!(plans.contains(&fair));
            let own = fills(&market, &fair);
            for plan in &plans {
                let fills = fills(&market, plan);
                prop_assert!(compare_levels(&own, &fills).is_ge(), "{own:?} {fills:?}");
                prop_assert!(own != fills || score(&pairs, &fair) >= score(&pairs, plan));
            }
        }
    }

    #[test]
    fn equal_is_leximin_on_units_sold(sketch in sketches(3, 3), producers in 1_u32..4) {
        let (market, pairs) = build(&sketch, producers);
        for objective in OBJECTIVES {
            let fair = run(&market, &pairs, objective, Rule::Equal).plan;
            let units = |plan| {
                fills(&market, plan).iter().map(|&(sold, _)| (sold, 1)).collect::<Vec<_>>()
            };
            let plans = best_plans(&market, &pairs, objective);
            prop_assert!(plans.contains(&fair));
            for plan in &plans {
                prop_assert!(compare_levels(&units(&fair), &units(plan)).is_ge());
            }
        }
    }

    #[test]
    fn first_come_is_the_best_for_each_in_turn(sketch in sketches(3, 3), producers in 1_u32..4) {
        let (market, pairs) = build(&sketch, producers);
        let times: Vec<i64> = (0..market.producer_count()).map(|at| at as i64 * 5 % 3).collect();
        let mut order: Vec<_> = (0..times.len()).collect();
        order.sort_by_key(|&at| times[at]);
        for objective in OBJECTIVES {
            let fair = run(&market, &pairs, objective, Rule::FirstCome(&times)).plan;
            let in_turn = |plan: &Plan| {
                let mut sold = vec![0; times.len()];
                for share in plan.shares() {
                    let capacity = market.capacities()[share.capacity as usize];
                    sold[capacity.producer as usize] += share.quantity;
                }
                let sold = order.iter().map(|&at| sold[at]).collect::<Vec<_>>();
                (sold, score(&pairs, plan))
            };
            let best = best_plans(&market, &pairs, objective).iter().map(in_turn).max();
            prop_assert_eq!(Some(in_turn(&fair)), best);
        }
    }

    #[test]
    fn under_max_min_no_exchange_levels_further(sketch in sketches(12, 40), producers in 2_u32..9) {
        let (market, pairs) = build(&sketch, producers);
        let fair = run(&market, &pairs, Objective::Coverage, Rule::MaxMin);
        let none = run(&market, &pairs, Objective::Coverage, Rule::None);
        prop_assert_eq!(fair.plan.quantity(), none.plan.quantity());
        prop_assert!(fair.cost.quantity == 0 && fair.cost.score >= 0);
        let found = exchange(&market, &pairs, &fair.plan);
        prop_assert_eq!(found, None);
    }

    #[test]
    fn every_rule_keeps_the_first_tier(sketch in sketches(9, 40), producers in 1_u32..9) {
        let (market, pairs) = build(&sketch, producers);
        let times = [3, 1, 2];
        for objective in OBJECTIVES {
            let best = run(&market, &pairs, objective, Rule::None).plan;
            for rule in [Rule::MaxMin, Rule::Equal, Rule::ProRata, Rule::FirstCome(&times)] {
                let plan = run(&market, &pairs, objective, rule).plan;
                prop_assert_eq!(check_feasible(&market, &pairs, &plan), Ok(()));
                match objective {
                    Objective::Coverage => prop_assert_eq!(plan.quantity(), best.quantity()),
                    Objective::Value => prop_assert_eq!(score(&pairs, &plan), score(&pairs, &best)),
                }
            }
        }
    }
}

/// A producer who could take a unit from another so that the lower of the two rises, if any.
fn exchange(market: &Market, pairs: &Pairs, plan: &Plan) -> Option<(usize, usize)> {
    let producer = |capacity: u32| market.capacities()[capacity as usize].producer as usize;
    let (count, mut sold) = (market.producer_count(), vec![0; market.capacities().len()]);
    plan.shares().iter().for_each(|share| sold[share.capacity as usize] += share.quantity);
    let fill = |at: usize| {
        let own = (0..sold.len()).filter(|&c| producer(c as u32) == at);
        own.fold((0, 0), |fill, c| (fill.0 + sold[c], fill.1 + market.capacities()[c].quantity))
    };
    (0..count).flat_map(|to| (0..count).map(move |from| (to, from))).find(|&(to, from)| {
        let (low, high) = (fill(to), fill(from));
        let would_rise = to != from && high.0 > 0 && {
            let after = [(low.0 + 1, low.1), (high.0 - 1, high.1)];
            low.1 > 0 && compare_levels(&after, &[low, high]).is_gt()
        };
        would_rise && reaches(market, pairs, plan, &sold, (to, from))
    })
}

/// Whether shifting shares along eligible pairs can move one unit of sale from one producer to
/// another.
fn reaches(
    market: &Market,
    pairs: &Pairs,
    plan: &Plan,
    sold: &[u64],
    (to, from): (usize, usize),
) -> bool {
    let count = sold.len();
    let producer = |capacity: usize| market.capacities()[capacity].producer as usize;
    let mut seen: Vec<bool> = (0..count)
        .map(|c| producer(c) == to && sold[c] < market.capacities()[c].quantity)
        .collect();
    loop {
        let needs: Vec<u32> =
            pairs.all().iter().filter(|p| seen[p.capacity as usize]).map(|p| p.need).collect();
        let mut grown = seen.clone();
        for share in plan.shares().iter().filter(|share| needs.contains(&share.need)) {
            grown[share.capacity as usize] = true;
        }
        for at in 0..count {
            let is_open = sold[at] < market.capacities()[at].quantity;
            let siblings = (0..count).any(|c| grown[c] && producer(c) == producer(at));
            grown[at] |= is_open && siblings;
        }
        if grown == seen {
            break;
        }
        seen = grown;
    }
    plan.shares().iter().any(|share| {
        let capacity = share.capacity as usize;
        seen[capacity] && producer(capacity) == from
    })
}
