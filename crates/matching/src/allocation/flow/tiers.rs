//! Two tiers of worth in one integer, and back again.
//!
//! Along the tree the first tier of a price is known exactly: a chain of pairs gains and loses it
//! in turn, so it is 0 or 1 by the kind of node that the chain hangs on. It must not know pivots.

use super::network::Network;
use super::price::Price;
use crate::allocation::instance::SCORE_MAX;
use crate::allocation::plan::{Objective, Prices, Worth};

/// What one base unit counts for before its score.
pub(super) fn tier<P: Price>(objective: Objective) -> i64 {
    match objective {
        Objective::Coverage => P::TIER,
        Objective::Value => 0,
    }
}

/// Whether no sum of scores reached into the first tier: then comparing the one integer compared
/// the two tiers, one after the other.
pub(super) fn are_apart<P: Price>(network: &Network<P>, objective: Objective) -> bool {
    if objective == Objective::Value {
        return true;
    }
    let prices = prices(network, objective);
    let limit = i128::from(P::TIER / 2 - i64::from(SCORE_MAX));
    let is_within = |price: &Worth| price.score.abs() < limit;
    prices.capacities.iter().all(is_within) && prices.needs.iter().all(is_within)
}

/// The prices of the current basis.
pub(super) fn prices<P: Price>(network: &Network<P>, objective: Objective) -> Prices {
    let (tree, offers) = (&network.tree, network.offers());
    let mut under_need = vec![false; tree.hub() as usize];
    let mut capacities = vec![Worth::default(); offers as usize];
    let mut needs = vec![Worth::default(); (tree.hub() - offers) as usize];
    for node in tree.descending() {
        let is_need = node >= offers;
        let parent = tree.parent(node);
        let hangs_on_need =
            if parent == tree.hub() { is_need } else { under_need[parent as usize] };
        under_need[node as usize] = hangs_on_need;
        let quantity = i128::from(objective == Objective::Coverage && hangs_on_need != is_need);
        let price = i128::from(tree.potential(node).wide());
        let price = if is_need { -price } else { price };
        let score = price - quantity * i128::from(P::TIER);
        let at = node as usize;
        if is_need {
            needs[at - offers as usize] = Worth { quantity, score };
        } else {
            capacities[at] = Worth { quantity, score };
        }
    }
    Prices { capacities, needs }
}
