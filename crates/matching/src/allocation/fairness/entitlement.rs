//! The common fill of each part of a market that no eligible pair joins to the rest. It must not
//! know rules.

use crate::allocation::instance::{Market, Pairs};
use crate::allocation::parts::parts;
use crate::allocation::plan::Plan;

/// By producer: what it would sell if all capacities of a part were filled alike, rounded down
/// for each capacity, and what it is behind or ahead of the common fill of earlier runs; within
/// what it offers.
pub(super) fn entitlements(market: &Market, pairs: &Pairs, plan: &Plan) -> Vec<u64> {
    let needs = market.capacities().len() as u32;
    let nodes = needs + market.needs().len() as u32;
    let edges = pairs.all().iter().map(|pair| (pair.capacity, needs + pair.need));
    let parts: Vec<_> = parts(nodes, edges).into_iter().map(|part| part as usize).collect();
    let mut offered = vec![0_u128; parts.len()];
    let mut sold = vec![0_u128; parts.len()];
    for (at, capacity) in market.capacities().iter().enumerate() {
        offered[parts[at]] += u128::from(capacity.quantity);
    }
    for share in plan.shares() {
        sold[parts[share.capacity as usize]] += u128::from(share.quantity);
    }
    let mut entitled = vec![0; market.producer_count()];
    for (at, capacity) in market.capacities().iter().enumerate() {
        let (sold, offered) = (sold[parts[at]], offered[parts[at]].max(1));
        let due = u128::from(capacity.quantity) * sold / offered;
        entitled[capacity.producer as usize] += due as u64;
    }
    let arrears = arrears(market);
    let due = entitled.into_iter().zip(arrears).zip(super::offered(market));
    due.map(|((due, behind), offered)| {
        (i128::from(due) + behind).clamp(0, i128::from(offered)) as u64
    })
    .collect()
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
