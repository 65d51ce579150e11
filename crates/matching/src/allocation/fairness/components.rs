//! Parts of a market that no eligible pair joins, and the common fill of each. It must not know
//! rules.

use crate::allocation::instance::{Market, Pairs};
use crate::allocation::plan::Plan;

/// By producer: what it would sell if all capacities of a part were filled alike, rounded down
/// for each capacity.
pub(super) fn entitlements(market: &Market, pairs: &Pairs, plan: &Plan) -> Vec<u64> {
    let parts = parts(market, pairs);
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

/// By capacity, then by need: the part that it belongs to, named by one of its nodes.
fn parts(market: &Market, pairs: &Pairs) -> Vec<usize> {
    let capacities = market.capacities().len();
    let mut above: Vec<usize> = (0..capacities + market.needs().len()).collect();
    for pair in pairs.all() {
        let one = top(&mut above, pair.capacity as usize);
        let other = top(&mut above, capacities + pair.need as usize);
        above[one.max(other)] = one.min(other);
    }
    (0..above.len()).map(|node| top(&mut above, node)).collect()
}

fn top(above: &mut [usize], mut node: usize) -> usize {
    while above[node] != node {
        above[node] = above[above[node]];
        node = above[node];
    }
    node
}
