//! The common fill of each part of a market that no eligible pair joins to the rest. It must not
//! know rules.

use crate::allocation::instance::{Market, Pairs};
use crate::allocation::parts::parts;
use crate::allocation::plan::Plan;

/// By producer: what it would sell if all capacities of a part were filled alike, rounded down
/// for each capacity.
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
    entitled
}
