//! A plan under construction that keeps every limit of offers, needs and demands at each step.
//!
//! Only the minimum of a need may be missed on the way; [`Draft::close_short`] settles it. It must
//! not know why a pair is tried.

use crate::allocation::flow::Flow;
use crate::allocation::instance::{Market, Pair};
use crate::allocation::plan::{Objective, Plan, Share};
use std::collections::BTreeMap;

/// Shares, and what they leave.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    market: &'a Market,
    capacities: Vec<u64>,
    needs: Vec<u64>,
    is_closed: Vec<bool>,
    /// By need and capacity.
    shares: BTreeMap<(u32, u32), u64>,
    /// By demand: its producers, each with the number of its shares.
    suppliers: Vec<Vec<(u32, u32)>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(market: &'a Market) -> Self {
        Self {
            market,
            capacities: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
            needs: market.needs().iter().map(|need| need.max).collect(),
            is_closed: vec![false; market.needs().len()],
            shares: BTreeMap::new(),
            suppliers: vec![Vec::new(); market.demand_count()],
        }
    }

    /// Raises the share of a pair by as much as the limits allow, up to `most` in all.
    pub(super) fn raise(&mut self, pair: &Pair, most: u64) {
        let Pair { capacity, need, .. } = *pair;
        if self.is_closed[need as usize] {
            return;
        }
        let held = self.shares.get(&(need, capacity)).copied().unwrap_or(0);
        let room = self.capacities[capacity as usize].min(self.needs[need as usize]);
        let increment = self.market.offer_limits(capacity).increment;
        let target = most.min(held + room) / increment * increment;
        if target <= held || target < smallest(self.market, capacity, need) {
            return;
        }
        if held == 0 && !self.engage(capacity, need) {
            return;
        }
        self.shares.insert((need, capacity), target);
        self.capacities[capacity as usize] -= target - held;
        self.needs[need as usize] -= target - held;
    }

    /// Counts a new share for its producer, unless the demand has no place for another.
    fn engage(&mut self, capacity: u32, need: u32) -> bool {
        let most = self.market.demand_limits(need).max_suppliers;
        let (demand, producer) = self.parties(capacity, need);
        let suppliers = &mut self.suppliers[demand];
        match suppliers.iter().position(|supplier| supplier.0 == producer) {
            Some(at) => suppliers[at].1 += 1,
            None if most.is_some_and(|most| suppliers.len() >= most as usize) => return false,
            None => suppliers.push((producer, 1)),
        }
        true
    }

    fn parties(&self, capacity: u32, need: u32) -> (usize, u32) {
        let demand = self.market.needs()[need as usize].demand as usize;
        (demand, self.market.capacities()[capacity as usize].producer)
    }

    /// Closes the needs that got something, but less than their minimum, and frees what they
    /// held. Tells whether there were any.
    pub(super) fn close_short(&mut self) -> bool {
        let mut any = false;
        for (at, need) in self.market.needs().iter().enumerate() {
            let given = need.max - self.needs[at];
            if given > 0 && given < need.min {
                self.clear(at as u32);
                self.is_closed[at] = true;
                any = true;
            }
        }
        any
    }

    fn clear(&mut self, need: u32) {
        let keys: Vec<_> = self.shares.range((need, 0)..=(need, u32::MAX)).map(|s| *s.0).collect();
        for key in keys {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: (u32, u32)) {
        let (need, capacity) = key;
        let units = self.shares.remove(&key).unwrap_or(0);
        self.capacities[capacity as usize] += units;
        self.needs[need as usize] += units;
        let (demand, producer) = self.parties(capacity, need);
        let suppliers = &mut self.suppliers[demand];
        if let Some(at) = suppliers.iter().position(|supplier| supplier.0 == producer) {
            suppliers[at].1 -= 1;
            if suppliers[at].1 == 0 {
                suppliers.remove(at);
            }
        }
    }

    /// A flow over what is left, without pairs.
    pub(super) fn rest(&self, objective: Objective) -> Flow {
        Flow::between(self.capacities.clone(), self.needs.clone(), objective)
    }

    /// The plan; its needs keep their minimum once [`Draft::close_short`] finds none.
    pub(super) fn plan(&self) -> Plan {
        let share = |(&(need, capacity), &quantity)| Share { capacity, need, quantity };
        Plan::new(self.shares.iter().map(share).collect())
    }
}

/// The smallest share that a pair may have, in base units.
pub(super) fn smallest(market: &Market, capacity: u32, need: u32) -> u64 {
    let increment = market.offer_limits(capacity).increment;
    let least = market.least_share(capacity, need);
    least.div_ceil(increment).max(1).saturating_mul(increment)
}

/// Whether a pair can have any share at all.
pub(super) fn is_possible(market: &Market, pair: &Pair) -> bool {
    let Pair { capacity, need, .. } = *pair;
    let room = market.capacities()[capacity as usize].quantity;
    smallest(market, capacity, need) <= room.min(market.needs()[need as usize].max)
}
