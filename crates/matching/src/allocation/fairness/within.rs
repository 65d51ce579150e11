//! Rules within limits between shares, exactly, for small markets: each question is a search for
//! whole numbers among the plans that are best in the first tier, between bounds on what each
//! producer sells.
//!
//! It must not know how a search is made.

use super::entitlement::entitlements;
use super::levels::{Level, Levels};
use super::{Rule, offered, offered_in_all, ranks, sold_earlier};
use crate::allocation::greatest_common_divisor;
use crate::allocation::instance::{Market, Pairs};
use crate::allocation::integer::{SMALL_PAIRS, STAKE_MAX, Search, Sought, Stake, State, possible};
use crate::allocation::plan::{Objective, Plan};

/// The most producers whose sales are levelled exactly: every set of them may have to be tried.
const PRODUCERS_MAX: usize = 12;

/// Steps on both sides of what a producer is due within which each further one weighs more.
const STEPS_WEIGHED: u64 = 8;

/// What is furthest from what is due is worth at least this; where more steps than that have to be
/// told apart, as much as there are.
const WORTH_MIN: i128 = 1 << 10;

/// Of each producer, the least and the most that it sells.
pub(super) type Bounds = Vec<(u64, u64)>;

/// The plan of a rule among those that are as good as `best` in the first tier, which none exceeds;
/// `None` if the market is not small, or the stop signal came first.
pub(in crate::allocation) fn within(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (rule, best): (Rule<'_>, &Plan),
    stop: &dyn Fn() -> bool,
) -> Option<Plan> {
    let is_small = possible(market, pairs).all().len() <= SMALL_PAIRS
        && market.producer_count() <= PRODUCERS_MAX;
    let first = objective.first_tier(best.worth(pairs, objective));
    let choice = Choice { market, pairs, objective, first, stop };
    let level = |weights: Vec<u64>| -> Option<Plan> {
        let earlier = sold_earlier(market);
        Levels::new(&choice, weights, earlier).plan()
    };
    match rule {
        Rule::None => Some(best.clone()),
        _ if !is_small => None,
        Rule::MaxMin => level(offered_in_all(market)),
        Rule::Equal => level(vec![1; market.producer_count()]),
        Rule::ProRata => choice.nearest(&entitlements(market, pairs, best)),
        Rule::FirstCome(times) => choice.first_come(times),
    }
}

/// The plans that are best in the first tier.
pub(super) struct Choice<'a> {
    pub(super) market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    first: i128,
    stop: &'a dyn Fn() -> bool,
}

impl Choice<'_> {
    /// By producer: nothing to all that it offers.
    pub(super) fn bounds(&self) -> Bounds {
        offered(self.market).into_iter().map(|offered| (0, offered)).collect()
    }

    /// By producer: what its sales are a multiple of.
    pub(super) fn steps(&self) -> Vec<u64> {
        let mut steps = vec![0; self.market.producer_count()];
        for (at, capacity) in (0..).zip(self.market.capacities()) {
            let step = &mut steps[capacity.producer as usize];
            *step = greatest_common_divisor(*step, self.market.offer_limits(at).increment);
        }
        steps
    }

    /// Whether some plan has sales between these bounds, or `None` if the stop signal came first.
    pub(super) fn is_open(&self, bounds: &Bounds) -> Option<bool> {
        let stakes = plain(bounds);
        self.search(stakes, true).map(|plan| plan.is_some())
    }

    /// The plan of most score between these bounds.
    pub(super) fn best(&self, bounds: &Bounds) -> Option<Plan> {
        self.search(plain(bounds), false)?
    }

    /// A plan with these stakes, if there is one: any, or the best.
    fn search(&self, stakes: Vec<Stake>, is_any_enough: bool) -> Option<Option<Plan>> {
        let best = [self.first - 1, i128::MAX, i128::MAX];
        let sought = Sought { best, tiers: if is_any_enough { 1 } else { 3 }, is_any_enough };
        let mut search = Search::new(self.market, self.pairs, self.objective, stakes, sought);
        let state = search.go(usize::MAX, self.stop);
        (state == State::Ended).then(|| search.plan().cloned())
    }

    /// The plan whose sales have the least sum of squared differences to what is due.
    fn nearest(&self, dues: &[u64]) -> Option<Plan> {
        let steps = self.steps();
        let widest = steps.iter().copied().max().unwrap_or(1);
        let mut stakes = Vec::new();
        for (at, (_, offered)) in self.bounds().into_iter().enumerate() {
            let runs = slope(dues[at], (offered, steps[at].max(1)), widest);
            let producer = at as u32;
            let stake = |(most, worth)| Stake { producer, least: 0, most, worth };
            stakes.extend(runs.into_iter().map(stake));
        }
        self.search(stakes, false)?
    }

    /// As much of each producer in turn as the plan allows.
    fn first_come(&self, times: &[i64]) -> Option<Plan> {
        let ranks = ranks(self.market.producer_count(), times);
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by_key(|&producer| -ranks[producer]);
        let mut bounds = self.bounds();
        for producer in order {
            let mut stakes = plain(&bounds);
            stakes[producer].worth = STAKE_MAX;
            let plan = self.search(stakes, false)??;
            let sold = self.sold(&plan)[producer];
            bounds[producer] = (sold, sold);
        }
        self.best(&bounds)
    }

    /// By producer: base units sold.
    fn sold(&self, plan: &Plan) -> Vec<u64> {
        let mut sold = vec![0; self.market.producer_count()];
        for share in plan.shares() {
            sold[self.market.capacities()[share.capacity as usize].producer as usize] +=
                share.quantity;
        }
        sold
    }

    /// The score of a plan.
    pub(super) fn score(&self, plan: &Plan) -> i128 {
        plan.worth(self.pairs, Objective::Value).score
    }
}

fn plain(bounds: &Bounds) -> Vec<Stake> {
    let stake = |(producer, &(least, most))| Stake { producer, least, most, worth: 0 };
    (0..).zip(bounds).map(stake).collect()
}

/// Runs of units, each with what a unit of it is worth: how far the middle of its step is below
/// what is due; the same for all that is further off than [`STEPS_WEIGHED`].
fn slope(due: u64, (offered, step): (u64, u64), widest: u64) -> Vec<(u64, i128)> {
    let around = due / step * step;
    let from = around.saturating_sub(STEPS_WEIGHED * step);
    let until = (around + STEPS_WEIGHED * step).min(offered);
    let whole = 2 * i128::from(STEPS_WEIGHED + 1) * i128::from(widest);
    let most = whole.max(WORTH_MIN);
    let worth = |below: u64| {
        let ahead = 2 * i128::from(due) - 2 * i128::from(below) - i128::from(step);
        ahead * most / whole
    };
    let inner = (from..until).step_by(step as usize);
    let inner = inner.map(|below| (step.min(until - below), worth(below)));
    let (first, last) = ((from, most), (offered.saturating_sub(until), -most));
    std::iter::once(first).chain(inner).chain([last]).filter(|(units, _)| *units > 0).collect()
}

/// Compares the levels of two plans from the lowest up, and then their scores.
pub(super) fn is_fairer(one: &(Vec<Level>, i128), other: &(Vec<Level>, i128)) -> bool {
    one.0.cmp(&other.0).then(one.1.cmp(&other.1)).is_gt()
}
