//! Plans within minimum orders, increments, minimum shares and fills, and supplier limits.
//!
//! The flow without these limits bounds what any plan can reach; a dive from it finds a plan, and
//! the gap between the two is told. It must not know fairness.

mod branch;
mod dive;
mod draft;
mod improve;
mod model;
mod network;

use super::fairness::offered;
use super::instance::{Market, Pairs};
use super::plan::{Objective, Plan, Prices, Worth};
use branch::is_searched;
pub(super) use branch::{SMALL_PAIRS, Search, Sought, State};
use dive::{Dive, filled, rounded};
use draft::{Draft, is_possible};
use improve::improve;
pub(super) use model::{STAKE_MAX, Stake};
use model::{Value, plain_stakes};

/// Passes over all demands in which a plan is improved, at most.
const PASSES: u32 = 8;

/// A plan within all limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The plan; never worse than filling pairs by score, one after the other.
    pub plan: Plan,
    /// What it is worth.
    pub reached: Worth,
    /// What no plan within the limits can exceed; `None` if the stop signal came before it.
    pub bound: Option<Worth>,
    /// Prices that prove a bound over the pairs that can have a share at all; the bound itself is
    /// lower where more was proven.
    pub prices: Option<Prices>,
    /// Passes over all demands in which it was improved.
    passes: u32,
}

impl Limited {
    /// Plans a few demands afresh at a time, once for each demand; false if that did not help, or
    /// was done often enough.
    pub(super) fn improve(
        &mut self,
        market: &Market,
        pairs: &Pairs,
        objective: Objective,
        stop: &dyn Fn() -> bool,
    ) -> bool {
        if self.is_optimal() || self.passes == PASSES {
            return false;
        }
        self.passes += 1;
        let better = improve(market, pairs, objective, &self.plan, stop);
        let is_better = better.is_some();
        better.into_iter().for_each(|plan| self.take(plan, pairs, objective));
        is_better
    }

    /// The search for better plans, unless there are none or the market is too large for one; a
    /// rule among the best plans needs the first tier alone.
    pub(super) fn search<'a>(
        &self,
        market: &'a Market,
        pairs: &Pairs,
        objective: Objective,
        is_first_enough: bool,
    ) -> Option<Search<'a>> {
        let is_done =
            if is_first_enough { self.is_first_optimal(objective) } else { self.is_optimal() };
        if is_done || self.bound.is_none() || !is_searched(possible(market, pairs).all().len()) {
            return None;
        }
        let tiers = if is_first_enough { 1 } else { 3 };
        let best = value(objective, self.reached);
        let sought = Sought { best, tiers, is_any_enough: false };
        Some(Search::new(market, pairs, objective, plain_stakes(&offered(market)), sought))
    }

    /// Visits some nodes of a search, and takes what is found; false once there is no more.
    pub(super) fn advance(
        &mut self,
        (search, nodes): (&mut Search<'_>, usize),
        pairs: &Pairs,
        objective: Objective,
        stop: &dyn Fn() -> bool,
    ) -> bool {
        let state = search.go(nodes, stop);
        search.plan().cloned().into_iter().for_each(|plan| self.take(plan, pairs, objective));
        if state == State::Ended {
            self.bound = self.bound.map(|bound| search.proven(objective, self.reached, bound));
        }
        state == State::Open
    }

    /// Whether the plan is proven to be best.
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        self.bound == Some(self.reached)
    }

    /// Whether no plan is better in the first tier.
    pub(super) fn is_first_optimal(&self, objective: Objective) -> bool {
        let first = |worth| objective.first_tier(worth);
        self.bound.is_some_and(|bound| first(bound) == first(self.reached))
    }

    /// Takes a plan that is worth more.
    pub(super) fn take(&mut self, plan: Plan, pairs: &Pairs, objective: Objective) {
        let reached = plan.worth(pairs, objective);
        if reached > self.reached {
            (self.plan, self.reached) = (plan, reached);
        }
    }
}

/// Plans within all limits; it ends soon after the stop signal with the best plan so far.
#[must_use]
pub fn plan(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    stop: &dyn Fn() -> bool,
) -> Limited {
    let mut best = construct(market, pairs, objective, stop);
    while best.improve(market, pairs, objective, stop) {}
    if let Some(mut search) = best.search(market, pairs, objective, false) {
        best.advance((&mut search, usize::MAX), pairs, objective, stop);
    }
    best
}

/// The tiers of a worth.
fn value(objective: Objective, worth: Worth) -> Value {
    match objective {
        Objective::Coverage => [worth.quantity, 0, worth.score],
        Objective::Value => [worth.score, 0, 0],
    }
}

/// The pairs that can have a share at all: the smallest legal one fits both sides.
#[must_use]
pub fn possible(market: &Market, pairs: &Pairs) -> Pairs {
    pairs.only(market, |pair| is_possible(market, pair))
}

/// The best of three plans: filled by score, rounded from the flow, and rounded from a dive. After
/// the stop signal it is the first.
pub(super) fn construct(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    stop: &dyn Fn() -> bool,
) -> Limited {
    let mut by_score = possible(market, pairs).all().to_vec();
    by_score.sort_unstable_by_key(|pair| (u16::MAX - pair.score, pair.need, pair.capacity));
    let plan = filled(Draft::new(market), &by_score);
    let reached = plan.worth(pairs, objective);
    let mut best = Limited { plan, reached, bound: None, prices: None, passes: 0 };
    let mut dive = Dive::new(market, pairs, objective, stop);
    let Some((relaxed, prices)) = dive.relaxed() else {
        return best;
    };
    (best.bound, best.prices) = (Some(prices.bound(market)), Some(prices));
    best.take(rounded(market, pairs, &by_score, objective, &relaxed), pairs, objective);
    if !best.is_optimal() {
        let flow = dive.run();
        best.take(rounded(market, pairs, &by_score, objective, &flow), pairs, objective);
    }
    best
}
