//! Local improvement of a plan within the limits: a few demands at a time are planned afresh while
//! the others keep their shares.
//!
//! It must not know how a part is planned.

use super::construct;
use crate::allocation::instance::{Capacity, Market, Need, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Share};
use std::collections::{BTreeMap, BTreeSet};

/// Demands that are planned afresh together.
const DEMANDS_TOGETHER: usize = 24;

/// The best capacities of a need through which its neighbours are found.
const CAPACITIES_ASKED: usize = 16;

/// Lets every demand start a part once, unless the stop signal comes; `None` if that brings
/// nothing.
pub(super) fn improve(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    plan: &Plan,
    stop: &dyn Fn() -> bool,
) -> Option<Plan> {
    let mut search = Search::new(market, pairs, objective, plan);
    let mut is_better = false;
    for demand in search.by_shortage() {
        if stop() {
            break;
        }
        is_better |= search.replan(demand, stop);
    }
    is_better.then(|| search.plan())
}

struct Search<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    /// By demand: its needs.
    needs: Vec<Vec<u32>>,
    /// By need: what each capacity gives it.
    by_need: Vec<BTreeMap<u32, u64>>,
    /// By capacity: the needs that it serves.
    by_capacity: Vec<BTreeSet<u32>>,
    left: Vec<u64>,
}

impl<'a> Search<'a> {
    fn new(market: &'a Market, pairs: &'a Pairs, objective: Objective, plan: &Plan) -> Self {
        let mut needs = vec![Vec::new(); market.demand_count()];
        for (at, need) in (0..).zip(market.needs()) {
            needs[need.demand as usize].push(at);
        }
        let mut search = Self {
            market,
            pairs,
            objective,
            needs,
            by_need: vec![BTreeMap::new(); market.needs().len()],
            by_capacity: vec![BTreeSet::new(); market.capacities().len()],
            left: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
        };
        search.insert(plan.shares());
        search
    }

    fn plan(&self) -> Plan {
        let all: Vec<u32> = (0..self.by_need.len() as u32).collect();
        Plan::new(self.shares(&all))
    }

    fn shares(&self, needs: &[u32]) -> Vec<Share> {
        let of_need = |&need: &u32| {
            let given = self.by_need[need as usize].iter();
            given.map(move |(&capacity, &quantity)| Share { capacity, need, quantity })
        };
        needs.iter().flat_map(of_need).collect()
    }

    fn insert(&mut self, shares: &[Share]) {
        for &Share { capacity, need, quantity } in shares {
            self.by_need[need as usize].insert(capacity, quantity);
            self.by_capacity[capacity as usize].insert(need);
            self.left[capacity as usize] -= quantity;
        }
    }

    fn remove(&mut self, shares: &[Share]) {
        for &Share { capacity, need, quantity } in shares {
            self.by_need[need as usize].remove(&capacity);
            self.by_capacity[capacity as usize].remove(&need);
            self.left[capacity as usize] += quantity;
        }
    }

    /// Demands, those that lack most first.
    fn by_shortage(&self) -> Vec<u32> {
        let mut lacking = vec![0_u64; self.needs.len()];
        for (need, given) in self.market.needs().iter().zip(&self.by_need) {
            lacking[need.demand as usize] += need.max - given.values().sum::<u64>();
        }
        let mut order: Vec<u32> = (0..self.needs.len() as u32).collect();
        order.sort_by_key(|&demand| u64::MAX - lacking[demand as usize]);
        order
    }

    /// The needs of a demand and of others that its best capacities serve.
    fn neighbourhood(&self, demand: u32) -> Vec<u32> {
        let mut demands = vec![demand];
        let mut at = 0;
        while at < demands.len() && demands.len() < DEMANDS_TOGETHER {
            for &need in &self.needs[demands[at] as usize] {
                for served in self.served_by_best(need) {
                    let other = self.market.needs()[served as usize].demand;
                    if demands.len() < DEMANDS_TOGETHER && !demands.contains(&other) {
                        demands.push(other);
                    }
                }
            }
            at += 1;
        }
        demands.iter().flat_map(|&demand| self.needs[demand as usize].iter().copied()).collect()
    }

    fn served_by_best(&self, need: u32) -> impl Iterator<Item = u32> {
        let mut best: Vec<&Pair> = self.pairs.of_need(need as usize).iter().collect();
        best.sort_unstable_by_key(|pair| (u16::MAX - pair.score, pair.capacity));
        best.truncate(CAPACITIES_ASKED);
        best.into_iter().flat_map(|pair| self.by_capacity[pair.capacity as usize].iter().copied())
    }

    /// Plans the neighbourhood of a demand afresh and keeps the new shares if they are worth more.
    fn replan(&mut self, demand: u32, stop: &dyn Fn() -> bool) -> bool {
        let needs = self.neighbourhood(demand);
        let before = self.shares(&needs);
        self.remove(&before);
        let worth = |shares: &[Share]| Plan::new(shares.to_vec()).worth(self.pairs, self.objective);
        let after = self.part(&needs, stop).filter(|after| worth(after) > worth(&before));
        self.insert(after.as_deref().unwrap_or(&before));
        after.is_some()
    }

    /// New shares of these needs from what is left.
    fn part(&self, needs: &[u32], stop: &dyn Fn() -> bool) -> Option<Vec<Share>> {
        let mut index = BTreeMap::new();
        let mut capacities = Vec::new();
        let mut pairs = Vec::new();
        for (need, &whole) in (0..).zip(needs) {
            for pair in self.pairs.of_need(whole as usize) {
                let capacity = *index.entry(pair.capacity).or_insert_with(|| {
                    capacities.push(pair.capacity);
                    capacities.len() as u32 - 1
                });
                pairs.push(Pair { capacity, need, ..*pair });
            }
        }
        let market = self.part_market(needs, &capacities, &pairs)?;
        let pairs = Pairs::new(&market, pairs).ok()?;
        let planned = construct(&market, &pairs, self.objective, stop).plan;
        let whole = |share: &Share| Share {
            capacity: capacities[share.capacity as usize],
            need: needs[share.need as usize],
            quantity: share.quantity,
        };
        Some(planned.shares().iter().map(whole).collect())
    }

    fn part_market(&self, needs: &[u32], capacities: &[u32], pairs: &[Pair]) -> Option<Market> {
        let mut demands: Vec<u32> = Vec::new();
        let mut limits = Vec::new();
        let mut of_part = Vec::new();
        for &at in needs {
            let need = self.market.needs()[at as usize];
            if demands.last() != Some(&need.demand) {
                demands.push(need.demand);
                limits.push(self.market.demand_limits(at));
            }
            of_part.push(Need { demand: demands.len() as u32 - 1, ..need });
        }
        let capacity = |(offer, &at): (u32, &u32)| {
            let producer = self.market.capacities()[at as usize].producer;
            Capacity { quantity: self.left[at as usize], offer, producer }
        };
        let offers = capacities.iter().map(|&at| self.market.offer_limits(at)).collect();
        let minimum = |pair: &Pair| {
            let whole = (capacities[pair.capacity as usize], needs[pair.need as usize]);
            let minimum = self.market.minimum(whole.0, whole.1);
            let demand = of_part[pair.need as usize].demand;
            (minimum > 0).then_some(((pair.capacity, demand), minimum))
        };
        let minima = pairs.iter().filter_map(minimum).collect();
        let capacities = (0..).zip(capacities).map(capacity).collect();
        Some(Market::new(capacities, of_part, offers, limits).ok()?.with_minima(minima))
    }
}
