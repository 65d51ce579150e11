//! A dive from the exact flow to a plan within the limits, by flows that are repeated warm.
//!
//! Each flow forbids the pairs that break a limit worst; the last is rounded into a draft. It
//! must not know bounds or when to give up on time.

use super::draft::{Draft, smallest};
use super::possible;
use crate::allocation::flow::{Flow, Outcome};
use crate::allocation::instance::{Market, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Prices, Share};
use std::collections::{BTreeMap, BTreeSet};

/// Flows of one dive.
const ROUNDS: u32 = 40;

/// After this many flows a demand with too many suppliers is held to its best.
const HOLDING_ROUND: u32 = 20;

/// In the first flow a share is dropped if it has at most this part of its smallest size, in
/// basis points.
const THRESHOLD: u32 = 3_000;

/// The part grows by this with every flow, so that the shares nearest to their size go last.
const THRESHOLD_STEP: u32 = 500;

/// After these flows, what was dropped for its size is let in again: by then others have left.
const READMITTING_ROUNDS: [u32; 2] = [20, 28];

/// A flow that is bent to the limits step by step.
pub(super) struct Dive<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    flow: Flow,
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Dive<'a> {
    pub(super) fn new(
        market: &'a Market,
        pairs: &'a Pairs,
        objective: Objective,
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        let mut flow = Flow::new(market, objective);
        flow.add(possible(market, pairs).all());
        Self { market, pairs, flow, stop }
    }

    /// The optimum without the limits between shares, or `None` if the stop signal came first.
    pub(super) fn relaxed(&mut self) -> Option<(Plan, Prices)> {
        (self.flow.solve(self.stop) == Outcome::Optimal)
            .then(|| (self.flow.plan(), self.flow.prices()))
    }

    /// Flows until no share breaks a limit, or time or rounds are out.
    pub(super) fn run(&mut self) -> Plan {
        let mut dropped: Vec<(u32, u32)> = Vec::new();
        for round in 0..ROUNDS {
            if self.flow.solve(self.stop) == Outcome::Stopped {
                break;
            }
            let plan = self.flow.plan();
            let small = self.undersized(&plan, round);
            let crowd = self.crowded(&plan, round);
            let is_settled = small.is_empty() && crowd.is_empty();
            for &(capacity, need) in small.iter().chain(&crowd) {
                self.flow.forbid(capacity, need);
            }
            dropped.retain(|pair| !crowd.contains(pair));
            dropped.extend(small);
            if READMITTING_ROUNDS.contains(&round) {
                for (capacity, need) in dropped.drain(..) {
                    if let Some(score) = self.pairs.score(capacity, need) {
                        self.flow.admit(&Pair { capacity, need, score });
                    }
                }
            } else if is_settled && round > HOLDING_ROUND {
                break;
            }
        }
        self.flow.plan()
    }

    /// Of each need and capacity, the share that falls shortest of its smallest size.
    fn undersized(&self, plan: &Plan, round: u32) -> Vec<(u32, u32)> {
        let mut short: Vec<(u64, &Share)> = Vec::new();
        for share in plan.shares() {
            let least = smallest(self.market, share.capacity, share.need);
            if share.quantity < least {
                let part = u128::from(share.quantity) * 10_000 / u128::from(least);
                if part <= u128::from(THRESHOLD + round * THRESHOLD_STEP) {
                    short.push((part as u64, share));
                }
            }
        }
        short.sort_unstable_by_key(|(part, share)| (*part, share.need, share.capacity));
        let mut is_taken = vec![false; self.market.needs().len()];
        let mut forbidden = Vec::new();
        for (_, share) in short {
            if !std::mem::replace(&mut is_taken[share.need as usize], true) {
                forbidden.push((share.capacity, share.need));
            }
        }
        forbidden
    }

    /// The smallest suppliers of demands that have too many; late in the dive, every pair of such
    /// a demand but those of its best suppliers.
    fn crowded(&self, plan: &Plan, round: u32) -> BTreeSet<(u32, u32)> {
        let producer = |capacity: u32| self.market.capacities()[capacity as usize].producer;
        let mut suppliers: BTreeMap<u32, BTreeMap<u32, u64>> = BTreeMap::new();
        for share in plan.shares() {
            let demand = self.market.needs()[share.need as usize].demand;
            let of_demand = suppliers.entry(demand).or_default();
            *of_demand.entry(producer(share.capacity)).or_default() += share.quantity;
        }
        let mut kept: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for share in plan.shares() {
            let demand = self.market.needs()[share.need as usize].demand;
            let most = self.market.demand_limits(share.need).max_suppliers;
            let of_demand = &suppliers[&demand];
            if most.is_some_and(|most| of_demand.len() > most as usize) {
                let spare = if round < HOLDING_ROUND { of_demand.len() - 1 } else { 0 };
                let most = (most.unwrap_or(0) as usize).max(spare);
                kept.entry(demand).or_insert_with(|| best(of_demand, most));
            }
        }
        let mut forbidden = BTreeSet::new();
        for (at, need) in self.market.needs().iter().enumerate() {
            let Some(kept) = kept.get(&need.demand) else {
                continue;
            };
            let of_demand = &suppliers[&need.demand];
            for pair in self.pairs.of_need(at) {
                let own = producer(pair.capacity);
                let is_used = of_demand.contains_key(&own);
                if !kept.contains(&own) && (is_used || round >= HOLDING_ROUND) {
                    forbidden.insert((pair.capacity, pair.need));
                }
            }
        }
        forbidden
    }
}

fn best(suppliers: &BTreeMap<u32, u64>, most: usize) -> Vec<u32> {
    let mut order: Vec<_> = suppliers.iter().map(|(&producer, &units)| (units, producer)).collect();
    order.sort_unstable_by_key(|&(units, producer)| (u64::MAX - units, producer));
    order.iter().take(most).map(|&(_, producer)| producer).collect()
}

/// Takes over a plan as far as the limits allow, then fills up by score.
///
/// Coarse increments first: what a coarse share loses to rounding, flows on to finer ones.
pub(super) fn rounded(
    market: &Market,
    pairs: &Pairs,
    by_score: &[Pair],
    objective: Objective,
    plan: &Plan,
) -> Plan {
    let mut draft = Draft::new(market);
    let pair = |share: &Share| {
        let score = pairs.score(share.capacity, share.need)?;
        Some(Pair { capacity: share.capacity, need: share.need, score })
    };
    let mut support: Vec<Pair> = plan.shares().iter().filter_map(pair).collect();
    let increment = |capacity: u32| market.offer_limits(capacity).increment;
    let mut plan = plan.clone();
    while let Some(coarsest) = support.iter().map(|pair| increment(pair.capacity)).max() {
        let mut shares: Vec<_> = plan.shares().to_vec();
        shares.retain(|share| increment(share.capacity) == coarsest);
        shares.sort_unstable_by_key(|s| (u64::MAX - s.quantity, s.need, s.capacity));
        for share in shares {
            let Share { quantity, .. } = share;
            pair(&share).inspect(|pair| draft.raise(pair, quantity));
        }
        support.retain(|pair| increment(pair.capacity) < coarsest);
        let mut flow = draft.rest(objective);
        flow.add(&support);
        flow.solve(&|| false);
        plan = flow.plan();
    }
    filled(draft, by_score)
}

/// Raises every pair in turn as far as the limits allow, until no need is left short.
pub(super) fn filled(mut draft: Draft<'_>, by_score: &[Pair]) -> Plan {
    loop {
        for pair in by_score {
            draft.raise(pair, u64::MAX);
        }
        if !draft.close_short() {
            return draft.plan();
        }
    }
}
