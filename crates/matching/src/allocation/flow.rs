//! The exact transportation optimum: a primal network simplex with a free start and warm starts.
//!
//! Unsold supply and unmet needs flow to and from a hub at no cost, so every basis is a feasible
//! plan. It must not know minimum orders, supplier limits or fairness.

mod network;
mod order;
mod price;
mod tiers;
mod tree;

use super::instance::{Market, Pair, SCORE_MAX};
use super::plan::{Objective, Plan, Prices, Share};
use network::{End, Network};
use price::Price;

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The plan is optimal over the pairs added, and the prices prove it.
    Optimal,
    /// The stop signal came first: the plan is feasible, nothing is proven.
    Stopped,
}

/// A transportation problem with its current basis.
#[derive(Debug, Clone)]
pub struct Flow {
    objective: Objective,
    supply: Vec<u64>,
    wanted: Vec<u64>,
    network: Width,
}

/// The same network with prices of either width.
#[derive(Debug, Clone)]
enum Width {
    Narrow(Network<i32>),
    Wide(Network<i64>),
}

impl Flow {
    /// A problem without pairs: nothing is sold.
    #[must_use]
    pub fn new(market: &Market, objective: Objective) -> Self {
        let supply: Vec<_> = market.capacities().iter().map(|c| c.quantity).collect();
        let wanted: Vec<_> = market.needs().iter().map(|need| need.max).collect();
        Self::between(supply, wanted, objective)
    }

    /// A problem without pairs between these base units of capacities and needs.
    pub(super) fn between(supply: Vec<u64>, wanted: Vec<u64>, objective: Objective) -> Self {
        let network = Width::Narrow(Network::new(&supply, &wanted));
        Self { objective, supply, wanted, network }
    }

    /// Adds pairs, each at most once in the life of the problem; the plan stays feasible and the
    /// next solve goes on from it.
    pub fn add(&mut self, pairs: &[Pair]) {
        let is_live = |pair: &&Pair| self.wanted[pair.need as usize] > 0;
        let live = pairs.iter().filter(is_live);
        match &mut self.network {
            Width::Narrow(network) => network.add(live.map(|pair| arc(pair, self.objective))),
            Width::Wide(network) => network.add(live.map(|pair| arc(pair, self.objective))),
        }
    }

    /// Forbids a pair: the next solve, which goes on from the current plan, leaves it unused.
    pub fn forbid(&mut self, capacity: u32, need: u32) {
        match &mut self.network {
            Width::Narrow(network) => network.forbid(capacity, need),
            Width::Wide(network) => network.forbid(capacity, need),
        };
    }

    /// Admits a pair that was added and then forbidden.
    pub fn admit(&mut self, pair: &Pair) {
        let Pair { capacity, need, .. } = *pair;
        match &mut self.network {
            Width::Narrow(network) => network.reweigh(capacity, need, arc(pair, self.objective).2),
            Width::Wide(network) => network.reweigh(capacity, need, arc(pair, self.objective).2),
        };
    }

    /// Adds base units to a capacity; the next solve goes on from the current plan.
    pub fn raise_capacity(&mut self, capacity: u32, units: u64) {
        self.supply[capacity as usize] += units;
        self.raise(capacity, units);
    }

    /// Adds base units to what a need wants; the next solve goes on from the current plan. The
    /// pairs of a need that wanted nothing are to be added after it.
    pub fn raise_need(&mut self, need: u32, units: u64) {
        self.wanted[need as usize] += units;
        self.raise(self.supply.len() as u32 + need, units);
    }

    fn raise(&mut self, node: u32, units: u64) {
        match &mut self.network {
            Width::Narrow(network) => network.raise(node, units as i64),
            Width::Wide(network) => network.raise(node, units as i64),
        }
    }

    /// Goes on from the current plan to the optimum over the pairs added so far, unless `stop`
    /// answers true first; it is asked about every thousand pivots.
    pub fn solve(&mut self, stop: &dyn Fn() -> bool) -> Outcome {
        let end = match &mut self.network {
            Width::Narrow(network) => match network.solve(stop) {
                End::Optimal if !tiers::are_apart(network, self.objective) => End::Overflow,
                end => end,
            },
            Width::Wide(network) => network.solve(stop),
        };
        match end {
            End::Optimal => Outcome::Optimal,
            End::Overflow if self.widen() => self.solve(stop),
            End::Stopped | End::Overflow => Outcome::Stopped,
        }
    }

    /// Pivots made so far.
    #[must_use]
    pub fn pivots(&self) -> u64 {
        match &self.network {
            Width::Narrow(network) => network.pivots,
            Width::Wide(network) => network.pivots,
        }
    }

    /// The current plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        match &self.network {
            Width::Narrow(network) => plan(network),
            Width::Wide(network) => plan(network),
        }
    }

    /// The current prices; a proof of the plan after [`Outcome::Optimal`]. A need that wants
    /// nothing has the highest price.
    #[must_use]
    pub fn prices(&self) -> Prices {
        let mut prices = match &self.network {
            Width::Narrow(network) => tiers::prices(network, self.objective),
            Width::Wide(network) => tiers::prices(network, self.objective),
        };
        let highest = self.objective.worth(SCORE_MAX);
        let needs = prices.needs.iter_mut().zip(&self.wanted);
        needs.filter(|(_, wanted)| **wanted == 0).for_each(|(price, _)| *price = highest);
        prices
    }

    /// Starts again with wide prices where the narrow ones did not suffice; false if they are wide
    /// already.
    fn widen(&mut self) -> bool {
        let Width::Narrow(narrow) = &self.network else { return false };
        let rise = tiers::tier::<i64>(self.objective) - tiers::tier::<i32>(self.objective);
        let wide_weight = |weight: i32| {
            if weight == i32::NEVER { i64::NEVER } else { i64::from(weight) + rise }
        };
        let mut wide = Network::new(&self.supply, &self.wanted);
        let arcs = narrow.arcs();
        wide.add(arcs.map(|(offer, need, weight)| (offer, need, wide_weight(weight))));
        self.network = Width::Wide(wide);
        true
    }
}

/// The plan of most Σ weight × quantity for weights of any tiers below 2⁵⁹, or `None` if the stop
/// signal came first.
pub(super) fn solve_weighted(
    supply: &[u64],
    wanted: &[u64],
    arcs: impl Iterator<Item = (u32, u32, i64)>,
    stop: &dyn Fn() -> bool,
) -> Option<Plan> {
    weighted(supply, wanted, arcs, stop).map(|network| plan(&network))
}

/// The prices of capacities and of needs that prove such a plan; also `None` if one is beyond 2⁶⁰.
pub(super) fn weighted_prices(
    supply: &[u64],
    wanted: &[u64],
    arcs: impl Iterator<Item = (u32, u32, i64)>,
    stop: &dyn Fn() -> bool,
) -> Option<(Vec<i64>, Vec<i64>)> {
    let Network { tree, .. } = weighted(supply, wanted, arcs, stop)?;
    let offers = supply.len() as u32;
    let capacities = (0..offers).map(|node| tree.potential(node)).collect();
    let needs = (offers..tree.hub()).map(|node| -tree.potential(node)).collect();
    Some((capacities, needs))
}

fn weighted(
    supply: &[u64],
    wanted: &[u64],
    arcs: impl Iterator<Item = (u32, u32, i64)>,
    stop: &dyn Fn() -> bool,
) -> Option<Network<i64>> {
    let mut network = Network::new(supply, wanted);
    network.add(arcs.filter(|&(_, need, _)| wanted[need as usize] > 0));
    (network.solve(stop) == End::Optimal).then_some(network)
}

fn arc<P: Price>(pair: &Pair, objective: Objective) -> (u32, u32, P) {
    let weight = tiers::tier::<P>(objective) + i64::from(pair.score);
    (pair.capacity, pair.need, P::new(weight))
}

fn plan<P: Price>(network: &Network<P>) -> Plan {
    let share = |(capacity, need, quantity)| Share { capacity, need, quantity };
    Plan::new(network.flows().map(share).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allocation::check::check_optimal;
    use crate::allocation::instance::Pairs;

    #[test]
    fn wide_prices_take_over_where_narrow_ones_do_not_suffice() {
        let market = Market::unlimited(&[3, 4, 5], &[5, 4, 2]).unwrap();
        let score = |at: u32| (at * 7919 % 10_000) as u16;
        let pair = |at| Pair { capacity: at % 3, need: at / 3, score: score(at) };
        let pairs = Pairs::new(&market, (0..8).map(pair).collect()).unwrap();
        let objective = Objective::Coverage;
        let mut flow = Flow::new(&market, objective);
        flow.add(pairs.all());
        flow.solve(&|| false);
        let narrow = flow.plan().worth(&pairs, objective);
        flow.widen();
        assert_eq!(flow.plan(), Plan::default());
        flow.solve(&|| false);
        let (plan, prices) = (flow.plan(), flow.prices());
        assert_eq!(plan.worth(&pairs, objective), narrow);
        assert_eq!(check_optimal(&market, &pairs, objective, &plan, &prices), Ok(()));
    }
}
