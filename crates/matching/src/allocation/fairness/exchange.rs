//! Rules within minimum orders, increments and supplier limits: from a plan within the limits,
//! producers exchange parts of shares as long as the rule prefers it.
//!
//! An exchange moves units of one need from one producer to another, so the need gets as much as
//! before, every limit holds, and under value the score does not fall: the first tier is never
//! lost. The answer is a plan that no such exchange improves. That is not yet the best plan under
//! the rule, which is a mixed-integer problem of its own (`within`); it must not be called optimal.

use super::entitlement::entitlements;
use super::{Rule, offered_in_all, ranks, sold_earlier};
use crate::allocation::instance::{Market, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Share};
use std::collections::BTreeMap;

/// Times that every need may exchange its shares.
const PASSES: usize = 64;

/// What a rule prefers between a producer that gives and one that takes.
enum Preference {
    /// Sales by weight rise together: the weight of each producer, and what it sold earlier.
    Level { weights: Vec<u64>, earlier: Vec<u64> },
    /// As much as possible of what each is entitled to is sold.
    Entitled(Vec<u64>),
    /// Those of higher rank sell first.
    Ranked(Vec<i64>),
}

impl Preference {
    fn new(rule: Rule<'_>, market: &Market, pairs: &Pairs, plan: &Plan) -> Option<Self> {
        let producers = market.producer_count();
        Some(match rule {
            Rule::MaxMin => Self::level(offered_in_all(market), market),
            Rule::Equal => Self::level(vec![1; producers], market),
            Rule::ProRata => Self::Entitled(entitlements(market, pairs, plan)),
            Rule::FirstCome(times) => Self::Ranked(ranks(producers, times)),
            Rule::None => return None,
        })
    }

    fn level(weights: Vec<u64>, market: &Market) -> Self {
        Self::Level { weights, earlier: sold_earlier(market) }
    }

    /// The units that are best moved, and the most that are better moved than not.
    fn units(&self, sold: &[u64], giver: usize, taker: usize) -> (u64, u64) {
        let (from, to) = (sold[giver], sold[taker]);
        let same = |units: u64| (units, units);
        match self {
            Self::Level { weights, earlier } => {
                let (from, to) = (from + earlier[giver], to + earlier[taker]);
                let (of_giver, of_taker) =
                    (u128::from(weights[giver]), u128::from(weights[taker]).max(1));
                let (high, low) = (u128::from(from) * of_taker, u128::from(to) * of_giver);
                let ahead = high.saturating_sub(low);
                let most = ahead.saturating_sub(1) / of_taker;
                ((ahead / (of_giver + of_taker)) as u64, most as u64)
            }
            Self::Entitled(due) => {
                same(from.saturating_sub(due[giver]).min(due[taker].saturating_sub(to)))
            }
            Self::Ranked(ranks) => same(if ranks[taker] > ranks[giver] { from } else { 0 }),
        }
    }
}

/// Exchanges until the rule prefers no exchange, or the stop signal comes.
pub(in crate::allocation) fn exchange(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (rule, plan): (Rule<'_>, Plan),
    stop: &dyn Fn() -> bool,
) -> Plan {
    let Some(preference) = Preference::new(rule, market, pairs, &plan) else {
        return plan;
    };
    let mut table = Table::new(market, pairs, objective, &plan);
    for _ in 0..PASSES {
        let mut is_changed = false;
        for need in 0..market.needs().len() as u32 {
            is_changed |= table.level(need, &preference);
        }
        if !is_changed || stop() {
            break;
        }
    }
    table.plan()
}

/// The shares of a plan, open to exchanges.
struct Table<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    /// By need: what each capacity gives it.
    shares: Vec<BTreeMap<u32, u64>>,
    /// By capacity: base units left.
    left: Vec<u64>,
    /// By producer: base units sold.
    sold: Vec<u64>,
    /// By demand: its producers, each with the number of its shares.
    suppliers: Vec<BTreeMap<u32, u32>>,
}

impl<'a> Table<'a> {
    fn new(market: &'a Market, pairs: &'a Pairs, objective: Objective, plan: &Plan) -> Self {
        let mut table = Self {
            market,
            pairs,
            objective,
            shares: vec![BTreeMap::new(); market.needs().len()],
            left: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
            sold: vec![0; market.producer_count()],
            suppliers: vec![BTreeMap::new(); market.demand_count()],
        };
        for &Share { capacity, need, quantity } in plan.shares() {
            table.set(capacity, need, quantity);
        }
        table
    }

    fn plan(&self) -> Plan {
        let of_need = |(need, shares): (u32, &BTreeMap<u32, u64>)| {
            let share = move |(&capacity, &quantity)| Share { capacity, need, quantity };
            shares.iter().map(share).collect::<Vec<_>>()
        };
        Plan::new((0..).zip(&self.shares).flat_map(of_need).collect())
    }

    fn share(&self, capacity: u32, need: u32) -> u64 {
        self.shares[need as usize].get(&capacity).copied().unwrap_or(0)
    }

    fn producer(&self, capacity: u32) -> u32 {
        self.market.capacities()[capacity as usize].producer
    }

    fn set(&mut self, capacity: u32, need: u32, quantity: u64) {
        let producer = self.producer(capacity);
        let shares = &mut self.shares[need as usize];
        let before =
            if quantity > 0 { shares.insert(capacity, quantity) } else { shares.remove(&capacity) };
        let held = before.unwrap_or(0);
        let (left, sold) = (&mut self.left[capacity as usize], &mut self.sold[producer as usize]);
        *left = *left + held - quantity;
        *sold = *sold + quantity - held;
        let demand = self.market.needs()[need as usize].demand as usize;
        let count = self.suppliers[demand].entry(producer).or_default();
        *count = *count + u32::from(quantity > 0) - u32::from(held > 0);
        if *count == 0 {
            self.suppliers[demand].remove(&producer);
        }
    }

    /// Makes the exchanges of one need that the rule prefers; tells whether there were any.
    fn level(&mut self, need: u32, preference: &Preference) -> bool {
        let mut is_changed = false;
        let givers: Vec<u32> = self.shares[need as usize].keys().copied().collect();
        for giver in givers {
            for taker in self.pairs.of_need(need as usize) {
                let units = self.units(giver, taker, preference);
                if units > 0 {
                    self.set(giver, need, self.share(giver, need) - units);
                    self.set(taker.capacity, need, self.share(taker.capacity, need) + units);
                    is_changed = true;
                }
            }
        }
        is_changed
    }

    /// The units that a giver is to hand over to another eligible pair of the need.
    fn units(&self, giver: u32, taker: &Pair, preference: &Preference) -> u64 {
        let Pair { capacity, need, score } = *taker;
        let (from, to) = (self.producer(giver), self.producer(capacity));
        let is_worse = || self.pairs.score(giver, need).is_none_or(|of_giver| of_giver > score);
        if from == to || (self.objective == Objective::Value && is_worse()) {
            return 0;
        }
        let (best, most) = preference.units(&self.sold, from as usize, to as usize);
        let given = self.share(giver, need);
        let most = most.min(given).min(self.left[capacity as usize]);
        if most == 0 {
            return 0;
        }
        let units = self.legal(giver, taker, (best.min(most), most));
        if self.has_place(need, (from, to), units == given) { units } else { 0 }
    }

    /// Whether the demand of a need may have the taker among its producers.
    fn has_place(&self, need: u32, (from, to): (u32, u32), is_whole: bool) -> bool {
        let Some(most) = self.market.demand_limits(need).max_suppliers else {
            return true;
        };
        let suppliers = &self.suppliers[self.market.needs()[need as usize].demand as usize];
        let leaves = is_whole && suppliers.get(&from) == Some(&1);
        suppliers.contains_key(&to) || suppliers.len() - usize::from(leaves) < most as usize
    }

    /// Units near the best that leave both shares of a legal size, or 0 if none do up to `most`.
    fn legal(&self, giver: u32, taker: &Pair, (best, most): (u64, u64)) -> u64 {
        let Pair { capacity, need, .. } = *taker;
        let (given, held) = (self.share(giver, need), self.share(capacity, need));
        let least = |capacity: u32| self.market.least_share(capacity, need);
        let increment = |capacity: u32| self.market.offer_limits(capacity).increment;
        let is_legal = |capacity: u32, quantity: u64| {
            let is_sized = quantity >= least(capacity);
            quantity == 0 || (is_sized && quantity.is_multiple_of(increment(capacity)))
        };
        let step = common_multiple(increment(giver), increment(capacity));
        let below = best.min(given.saturating_sub(least(giver))) / step * step;
        let above = best.max(least(capacity).saturating_sub(held)).div_ceil(step);
        let is_right = |units: &u64| {
            let is_move = *units > 0 && *units <= most;
            is_move && is_legal(giver, given - units) && is_legal(capacity, held + units)
        };
        [below, above.saturating_mul(step), given].into_iter().find(is_right).unwrap_or(0)
    }
}

fn common_multiple(one: u64, other: u64) -> u64 {
    let (mut divisor, mut rest) = (one, other);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (one / divisor).saturating_mul(other)
}
