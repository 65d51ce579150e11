//! Planning again after a producer declines: only the gap, or the whole market from a warm basis.
//!
//! It must not know why a producer declines, nor how shares are accepted.

use super::flow::{Flow, Outcome};
use super::instance::{Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs};
use super::integer;
use super::plan::{Objective, Plan, Share};
use std::collections::BTreeSet;

/// Fills the gap that declining producers leave: every other share stays as it is, and only needs
/// that lost a share get new ones, within all limits.
///
/// A need whose other shares stay below its minimum keeps them: they are accepted.
#[must_use]
pub fn repair(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (plan, declined): (&Plan, &[u32]),
    stop: &dyn Fn() -> bool,
) -> Plan {
    let gap = Gap::new(market, pairs, plan, declined);
    let filled = gap.fill(objective, stop).unwrap_or_default();
    let mut shares = gap.kept;
    for share in filled {
        let is_same =
            |kept: &&mut Share| (kept.capacity, kept.need) == (share.capacity, share.need);
        match shares.iter_mut().find(is_same) {
            Some(kept) => kept.quantity += share.quantity,
            None => shares.push(share),
        }
    }
    Plan::new(shares)
}

/// Plans the whole market again without these producers, from the basis of a solved flow.
pub fn decline(
    flow: &mut Flow,
    market: &Market,
    pairs: &Pairs,
    declined: &[u32],
    stop: &dyn Fn() -> bool,
) -> Outcome {
    let is_declined = |capacity: &Capacity| declined.contains(&capacity.producer);
    let is_declined: Vec<bool> = market.capacities().iter().map(is_declined).collect();
    for pair in pairs.all().iter().filter(|pair| is_declined[pair.capacity as usize]) {
        flow.forbid(pair.capacity, pair.need);
    }
    flow.solve(stop)
}

struct Gap<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    declined: &'a [u32],
    kept: Vec<Share>,
    /// Needs that lost a share.
    needs: Vec<u32>,
    capacities_left: Vec<u64>,
    needs_left: Vec<u64>,
}

impl<'a> Gap<'a> {
    fn new(market: &'a Market, pairs: &'a Pairs, plan: &Plan, declined: &'a [u32]) -> Self {
        let is_declined = |share: &&Share| {
            declined.contains(&market.capacities()[share.capacity as usize].producer)
        };
        let (lost, kept): (Vec<Share>, Vec<Share>) =
            plan.shares().iter().partition(|share| is_declined(share));
        let needs: BTreeSet<u32> = lost.iter().map(|share| share.need).collect();
        let mut gap = Self {
            market,
            pairs,
            declined,
            kept,
            needs: needs.into_iter().collect(),
            capacities_left: market.capacities().iter().map(|c| c.quantity).collect(),
            needs_left: market.needs().iter().map(|need| need.max).collect(),
        };
        for share in &gap.kept {
            gap.capacities_left[share.capacity as usize] -= share.quantity;
            gap.needs_left[share.need as usize] -= share.quantity;
        }
        gap
    }

    /// New shares for the gap.
    fn fill(&self, objective: Objective, stop: &dyn Fn() -> bool) -> Option<Vec<Share>> {
        let (market, pairs) = self.part()?;
        let planned = integer::plan(&market, &pairs, objective, stop).plan;
        let whole = |share: &Share| Share { need: self.needs[share.need as usize], ..*share };
        Some(planned.shares().iter().map(whole).collect())
    }

    /// The needs of the gap as a market of their own, with the capacities that are left.
    fn part(&self) -> Option<(Market, Pairs)> {
        let whole = self.market;
        let left = |(at, &quantity): (u32, &u64)| Capacity {
            quantity,
            offer: at,
            producer: whole.capacities()[at as usize].producer,
        };
        let offer = |at: u32| -> OfferLimits { whole.offer_limits(at) };
        let (mut needs, mut demands, mut pairs) =
            (Vec::new(), Vec::<(u32, DemandLimits)>::new(), Vec::new());
        for (at, &need) in (0..).zip(&self.needs) {
            let demand = whole.needs()[need as usize].demand;
            if demands.last().is_none_or(|last| last.0 != demand) {
                demands.push((demand, self.limits(need)));
            }
            needs.push(self.need(need, demands.len() as u32 - 1));
            pairs.extend(self.open_pairs(need).map(|pair| Pair { need: at, ..*pair }));
        }
        let demand_of: Vec<u32> = needs.iter().map(|need: &Need| need.demand).collect();
        let market = Market::new(
            (0..).zip(&self.capacities_left).map(left).collect(),
            needs,
            (0..self.capacities_left.len() as u32).map(offer).collect(),
            demands.into_iter().map(|demand| demand.1).collect(),
        );
        let minimum = |pair: &Pair| {
            let minimum = whole.minimum(pair.capacity, self.needs[pair.need as usize]);
            let demand = demand_of[pair.need as usize];
            (minimum > 0).then_some(((pair.capacity, demand), minimum))
        };
        let market = market.ok()?.with_minima(pairs.iter().filter_map(minimum).collect());
        let pairs = Pairs::new(&market, pairs).ok()?;
        Some((market, pairs))
    }

    fn need(&self, need: u32, demand: u32) -> Need {
        let whole = self.market.needs()[need as usize];
        let max = self.needs_left[need as usize];
        Need { max, min: whole.min.saturating_sub(whole.max - max), demand }
    }

    /// Producers whose shares the demand of a need keeps.
    fn suppliers(&self, need: u32) -> BTreeSet<u32> {
        let demand = |need: u32| self.market.needs()[need as usize].demand;
        let own = self.kept.iter().filter(|share| demand(share.need) == demand(need));
        own.map(|share| self.market.capacities()[share.capacity as usize].producer).collect()
    }

    /// Places for suppliers that are left; where there is none, only present suppliers may give
    /// more, in any number.
    fn limits(&self, need: u32) -> DemandLimits {
        let limits = self.market.demand_limits(need);
        let places =
            limits.max_suppliers.map(|most| most.saturating_sub(self.suppliers(need).len() as u32));
        DemandLimits { max_suppliers: places.filter(|&places| places > 0), ..limits }
    }

    fn open_pairs(&self, need: u32) -> impl Iterator<Item = &Pair> {
        let suppliers = self.suppliers(need);
        let is_full = self.market.demand_limits(need).max_suppliers.is_some()
            && self.limits(need).max_suppliers.is_none();
        self.pairs.of_need(need as usize).iter().filter(move |pair| {
            let producer = self.market.capacities()[pair.capacity as usize].producer;
            !self.declined.contains(&producer) && (!is_full || suppliers.contains(&producer))
        })
    }
}
