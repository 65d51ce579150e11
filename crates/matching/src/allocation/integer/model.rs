//! A small market as a network: from a root to producers, their capacities, pairs, needs, demands
//! and back, so that every limit is a bound of an arc. It must not know how bounds are chosen.

use super::draft::smallest;
use super::network::{Arc, Network};
use super::possible;
use crate::allocation::instance::{Market, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Share};
use std::collections::{BTreeMap, BTreeSet};

/// One unit of the middle tier: above all scores along a cycle, which meets a pair at most once.
const MIDDLE: i128 = 1 << 28;
/// The most that a unit of a stake is worth in the middle tier; a cycle meets two stakes at most.
pub(in crate::allocation) const STAKE_MAX: i128 = 1 << 69;
/// What counts first, above the middle tier.
const FIRST: i128 = 1 << 99;
const _: () = assert!(FIRST > 2 * STAKE_MAX * MIDDLE + MIDDLE);

/// What is to be most, tier by tier: by the objective, by the stakes, and by score.
pub(in crate::allocation) type Value = [i128; 3];

/// Units that a producer sells, between two bounds, and what each is worth in the middle tier. A
/// producer with several sells those of more worth first.
#[derive(Debug, Clone, Copy)]
pub(in crate::allocation) struct Stake {
    pub(in crate::allocation) producer: u32,
    pub(in crate::allocation) least: u64,
    pub(in crate::allocation) most: u64,
    /// At most [`STAKE_MAX`].
    pub(in crate::allocation) worth: i128,
}

/// The pairs of one producer with one demand.
#[derive(Debug)]
pub(super) struct Supplier {
    pub(super) demand: u32,
    pub(super) pairs: Vec<usize>,
}

/// Where the arcs of a market are; those of pairs come first.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) market: &'a Market,
    pub(super) pairs: Vec<Pair>,
    pub(super) suppliers: Vec<Supplier>,
    /// By pair.
    pub(super) supplier_of: Vec<usize>,
    objective: Objective,
    stakes: Vec<Stake>,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        market: &'a Market,
        pairs: &Pairs,
        objective: Objective,
        stakes: Vec<Stake>,
    ) -> Self {
        let pairs = possible(market, pairs).all().to_vec();
        let mut places = BTreeMap::new();
        let mut suppliers: Vec<Supplier> = Vec::new();
        let mut supplier_of = Vec::new();
        for (at, pair) in pairs.iter().enumerate() {
            let demand = market.needs()[pair.need as usize].demand;
            let producer = market.capacities()[pair.capacity as usize].producer;
            let place = *places.entry((demand, producer)).or_insert_with(|| {
                suppliers.push(Supplier { demand, pairs: Vec::new() });
                suppliers.len() - 1
            });
            suppliers[place].pairs.push(at);
            supplier_of.push(place);
        }
        Self { market, pairs, suppliers, supplier_of, objective, stakes }
    }

    /// The market without any limit between shares, or `None` if its stakes cannot be sold.
    pub(super) fn network(&self) -> Option<Network> {
        let (market, producers) = (self.market, self.market.producer_count() as u32);
        let capacities = 1 + producers;
        let needs = capacities + market.capacities().len() as u32;
        let demands = needs + market.needs().len() as u32;
        let arc = |from: u32, to: u32, most: u64, cost: i128| Arc {
            from,
            to,
            least: 0,
            most: most as i64,
            cost,
            flow: 0,
        };
        let pair = |pair: &Pair| {
            let (from, to) = (capacities + pair.capacity, needs + pair.need);
            arc(from, to, self.most(pair), -self.weight(pair.score))
        };
        let need = |(at, need): (u32, &crate::allocation::instance::Need)| {
            arc(needs + at, demands + need.demand, need.max, 0)
        };
        let wanted = (0..market.demand_count() as u32).map(|at| (demands + at, self.wanted(at)));
        let own = (0..).zip(market.capacities());
        let arcs = self.pairs.iter().map(pair);
        let arcs = arcs.chain((0..).zip(market.needs()).map(need));
        let arcs = arcs.chain(wanted.map(|(demand, most)| arc(demand, 0, most, 0)));
        let arcs = arcs.chain(own.map(|(at, capacity)| {
            arc(1 + capacity.producer, capacities + at, capacity.quantity, 0)
        }));
        let stakes = self.stakes.iter().map(|stake| Arc {
            least: stake.least as i64,
            ..arc(0, 1 + stake.producer, stake.most, -stake.worth * MIDDLE)
        });
        let nodes = demands + market.demand_count() as u32;
        Network::new(nodes, arcs.chain(stakes).collect())
    }

    /// What a unit of a pair is worth, all tiers in one.
    fn weight(&self, score: u16) -> i128 {
        let has_stakes = self.stakes.iter().any(|stake| stake.worth != 0);
        match self.objective {
            Objective::Coverage => FIRST + i128::from(score),
            Objective::Value if has_stakes => i128::from(score) * FIRST,
            Objective::Value => i128::from(score),
        }
    }

    /// The largest share of a pair.
    fn most(&self, pair: &Pair) -> u64 {
        let room = self.market.capacities()[pair.capacity as usize].quantity;
        let room = room.min(self.market.needs()[pair.need as usize].max);
        room - room % self.increment(pair)
    }

    fn wanted(&self, demand: u32) -> u64 {
        let own = self.market.needs().iter().filter(|need| need.demand == demand);
        own.map(|need| need.max).sum()
    }

    pub(super) fn increment(&self, pair: &Pair) -> u64 {
        self.market.offer_limits(pair.capacity).increment
    }

    pub(super) fn smallest(&self, pair: &Pair) -> i64 {
        smallest(self.market, pair.capacity, pair.need) as i64
    }

    /// The most producers of a demand.
    pub(super) fn places(&self, demand: u32) -> Option<usize> {
        let need = self.market.needs().iter().position(|need| need.demand == demand)?;
        let most = self.market.demand_limits(need as u32).max_suppliers?;
        Some(most as usize)
    }

    pub(super) fn need_arc(&self, need: u32) -> usize {
        self.pairs.len() + need as usize
    }

    pub(super) fn demand_arc(&self, demand: u32) -> usize {
        self.need_arc(self.market.needs().len() as u32) + demand as usize
    }

    fn stake_arc(&self, stake: usize) -> usize {
        let demands = self.demand_arc(self.market.demand_count() as u32);
        demands + self.market.capacities().len() + stake
    }

    /// What a supplier can give at most.
    pub(super) fn potential(&self, network: &Network, supplier: usize) -> i64 {
        let pairs = &self.suppliers[supplier].pairs;
        let own: BTreeSet<u32> = pairs.iter().map(|&at| self.pairs[at].capacity).collect();
        let of_capacity = |capacity: &u32| {
            let pairs = pairs.iter().filter(|&&at| self.pairs[at].capacity == *capacity);
            let all: i64 = pairs.map(|&at| network.arc(at).most).sum();
            all.min(self.market.capacities()[*capacity as usize].quantity as i64)
        };
        own.iter().map(of_capacity).sum()
    }

    /// What flows, tier by tier.
    pub(super) fn value(&self, network: &Network) -> Value {
        let of_pair = |(at, pair): (usize, &Pair)| {
            let units = i128::from(network.arc(at).flow);
            (units, units * i128::from(pair.score))
        };
        let pairs = self.pairs.iter().enumerate().map(of_pair);
        let (units, score) = pairs.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let stake = |(at, stake): (usize, &Stake)| {
            stake.worth * i128::from(network.arc(self.stake_arc(at)).flow)
        };
        let staked = self.stakes.iter().enumerate().map(stake).sum();
        match self.objective {
            Objective::Coverage => [units, staked, score],
            Objective::Value => [score, staked, 0],
        }
    }

    /// What flows along the pairs.
    pub(super) fn plan(&self, network: &Network) -> Plan {
        let share = |(at, pair): (usize, &Pair)| Share {
            capacity: pair.capacity,
            need: pair.need,
            quantity: network.arc(at).flow as u64,
        };
        Plan::new(self.pairs.iter().enumerate().map(share).collect())
    }
}

/// Every producer may sell all that it offers, and nothing of it counts in the middle tier.
pub(in crate::allocation) fn plain_stakes(offered: &[u64]) -> Vec<Stake> {
    let stake = |(producer, &most)| Stake { producer, least: 0, most, worth: 0 };
    (0..).zip(offered).map(stake).collect()
}
