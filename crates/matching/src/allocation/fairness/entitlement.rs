//! The common fill of each part of a market that no eligible pair joins to the rest. It must not
//! know rules.

use crate::allocation::instance::{Market, Pairs};
use crate::allocation::parts::parts;
use crate::allocation::plan::Plan;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// By producer: what it would sell if all capacities of a part were filled alike, in whole units,
/// and what it is behind or ahead of the common fill of earlier runs; within what it offers.
pub(super) fn entitlements(market: &Market, pairs: &Pairs, plan: &Plan) -> Vec<u64> {
    let needs = market.capacities().len() as u32;
    let nodes = needs + market.needs().len() as u32;
    let edges = pairs.all().iter().map(|pair| (pair.capacity, needs + pair.need));
    let parts = parts(nodes, edges);
    let mut offers = BTreeMap::<u32, BTreeMap<u32, u64>>::new();
    let mut sold = vec![0; parts.len()];
    for (at, capacity) in market.capacities().iter().enumerate() {
        let of_part = offers.entry(parts[at]).or_default();
        *of_part.entry(capacity.producer).or_default() += capacity.quantity;
    }
    for share in plan.shares() {
        sold[parts[share.capacity as usize] as usize] += share.quantity;
    }
    let mut entitled = vec![0; market.producer_count()];
    for (part, offers) in offers {
        let units: Vec<u64> = offers.values().copied().collect();
        let shares = proportions(&units, sold[part as usize]);
        offers.keys().zip(shares).for_each(|(&at, share)| entitled[at as usize] += share);
    }
    let arrears = arrears(market);
    let due = entitled.into_iter().zip(arrears).zip(super::offered(market));
    due.map(|((due, behind), offered)| {
        (i128::from(due) + behind).clamp(0, i128::from(offered)) as u64
    })
    .collect()
}

/// Divides `total` in proportion to what is offered: rounded down, and what is left over goes to
/// those who lose most by it (largest remainders; of equal ones the first).
fn proportions(offers: &[u64], total: u64) -> Vec<u64> {
    let offered = offers.iter().map(|&units| u128::from(units)).sum::<u128>().max(1);
    let exact = |units: &u64| u128::from(*units) * u128::from(total);
    let mut shares: Vec<u64> = offers.iter().map(|units| (exact(units) / offered) as u64).collect();
    let left = total - shares.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..offers.len()).collect();
    order.sort_by_key(|&at| Reverse(exact(&offers[at]) % offered));
    order.iter().take(left as usize).for_each(|&at| shares[at] += 1);
    shares
}

/// By producer: how many base units it is behind the common fill of earlier runs, rounded towards
/// that fill; negative if it is ahead.
fn arrears(market: &Market) -> impl Iterator<Item = i128> {
    let earlier = |producer| market.earlier(producer);
    let all = (0..market.producer_count()).map(earlier);
    let (offered, sold) = all.fold((0_i128, 0_i128), |(offered, sold), run| {
        (offered + i128::from(run.offered), sold + i128::from(run.sold))
    });
    (0..market.producer_count())
        .map(earlier)
        .map(move |run| i128::from(run.offered) * sold / offered.max(1) - i128::from(run.sold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_leaves_over_goes_to_the_largest_remainders() {
        assert_eq!(proportions(&[15, 18, 5, 15], 20), [6, 7, 2, 5]);
        assert_eq!(proportions(&[3, 3, 3], 4), [2, 1, 1]);
        assert_eq!(proportions(&[0, 7], 7), [0, 7]);
        assert_eq!(proportions(&[], 0), []);
    }
}
