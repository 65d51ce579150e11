//! The exact optimum over all eligible pairs of a market too large to hold them.
//!
//! Solves on candidates, prices every eligible pair against the duals, adds the most violated of
//! each need, and goes on until none is left: then the plan is optimal over all pairs. It must
//! not know how eligibility is decided.

mod bound;

use self::bound::Gains;
use super::flow::{Flow, Outcome};
use super::instance::{InstanceError, Market, Pair, Pairs, SCORE_MAX};
use super::plan::{Objective, Plan, Prices, Worth};
use super::workers::share_out;

/// Pairs of one need that one round may add.
pub const PAIRS_PER_ROUND: usize = 20;

/// Needs that one thread prices at a time.
const NEEDS_PER_PART: usize = 32;

/// Parts that are priced between two looks at the stop signal.
const PARTS_PER_BATCH: usize = 64;

/// A source of eligible pairs that need not hold them.
pub trait Pricing: Sync {
    /// Shows every eligible pair of the need to the search, in an order of its own; it may leave
    /// out pairs whose score is at most [`Search::floor`].
    fn search(&self, need: u32, search: &mut Search<'_>);

    /// Pairs to begin with, each once, if some are known.
    fn first(&self) -> Vec<Pair> {
        Vec::new()
    }
}

impl Pricing for Pairs {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        for pair in self.of_need(need as usize) {
            search.see(pair.capacity, pair.score);
        }
    }
}

/// The search for the most violated pairs of one need.
#[derive(Debug)]
pub struct Search<'a> {
    capacities: &'a [i64],
    lowest: i64,
    /// What a pair of score zero gains before its capacity is paid for.
    base: i64,
    cut: i64,
    found: Vec<(i64, u32, u16)>,
}

impl<'a> Search<'a> {
    fn new(capacities: &'a [i64]) -> Self {
        let lowest = capacities.iter().min().copied().unwrap_or(0);
        Self { capacities, lowest, base: 0, cut: 0, found: Vec::new() }
    }

    /// Shows an eligible pair.
    #[inline]
    pub fn see(&mut self, capacity: u32, score: u16) {
        let gain = self.base + i64::from(score) - self.capacities[capacity as usize];
        if gain > self.cut {
            self.found.push((gain, capacity, score));
            if self.found.len() == 4 * PAIRS_PER_ROUND {
                self.keep_best();
            }
        }
    }

    /// No pair with this score, or a lower one, can improve the plan.
    #[must_use]
    pub fn floor(&self) -> i64 {
        self.lowest + self.cut - self.base
    }

    /// Whether a pair of this capacity might improve the plan whose score is at most this.
    #[inline]
    #[must_use]
    pub fn is_open(&self, capacity: u32, at_most: u16) -> bool {
        self.base + i64::from(at_most) - self.capacities[capacity as usize] > self.cut
    }

    fn keep_best(&mut self) {
        let order = |found: &(i64, u32, u16)| (-found.0, found.1);
        self.found.sort_unstable_by_key(order);
        if self.found.len() >= PAIRS_PER_ROUND {
            self.found.truncate(PAIRS_PER_ROUND);
            self.cut = self.found[PAIRS_PER_ROUND - 1].0 - 1;
        }
    }

    /// The most violated pairs of a need, the most violated first.
    fn run(&mut self, pricing: &dyn Pricing, need: u32, base: i64) -> impl Iterator<Item = Pair> {
        (self.base, self.cut) = (base, 0);
        self.found.clear();
        pricing.search(need, self);
        self.keep_best();
        self.found.iter().map(move |&(_, capacity, score)| Pair { capacity, need, score })
    }
}

/// Where a run stands after a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rounds so far, from 1.
    pub round: u32,
    /// Pairs held so far.
    pub pairs: usize,
    /// Worth of the current plan.
    pub reached: Worth,
    /// What no plan over all eligible pairs can exceed; the least bound of all rounds.
    pub bound: Worth,
}

/// How a run is watched, and how much of the machine it takes.
pub struct Control<'a> {
    /// Threads that price pairs; the answer does not depend on it.
    pub workers: usize,
    /// Answers true when the run is to end with what it has. It is asked by the calling thread
    /// alone, and as often for the same work whatever the workers.
    pub stop: &'a dyn Fn() -> bool,
    /// Told after every round.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// The answer of a run.
#[derive(Debug, Clone)]
pub struct Solved {
    /// The plan; feasible in any case.
    pub plan: Plan,
    /// The prices of the last round.
    pub prices: Prices,
    /// The candidates held at the end; they contain every pair of the plan.
    pub pairs: Pairs,
    /// Optimal means: over all eligible pairs.
    pub outcome: Outcome,
    /// The last progress.
    pub progress: Progress,
}

/// Plans a market over all pairs that `pricing` knows.
///
/// # Errors
/// An [`InstanceError`] if `pricing` shows a pair outside the market, with a score out of range, or
/// two scores for a pair.
pub fn solve(
    market: &Market,
    objective: Objective,
    pricing: &dyn Pricing,
    control: &mut Control<'_>,
) -> Result<Solved, InstanceError> {
    let mut run = Run::new(market, objective, pricing);
    let outcome = run.rounds(control);
    let pairs = Pairs::new(market, run.held)?;
    let (plan, prices) = (run.flow.plan(), run.flow.prices());
    Ok(Solved { plan, prices, pairs, outcome, progress: run.progress })
}

struct Run<'a> {
    market: &'a Market,
    objective: Objective,
    pricing: &'a dyn Pricing,
    flow: Flow,
    held: Vec<Pair>,
    progress: Progress,
}

impl<'a> Run<'a> {
    fn new(market: &'a Market, objective: Objective, pricing: &'a dyn Pricing) -> Self {
        let flow = Flow::new(market, objective);
        let bound = plain_bound(market, objective);
        let progress = Progress { round: 0, pairs: 0, reached: Worth::default(), bound };
        Self { market, objective, pricing, flow, held: Vec::new(), progress }
    }

    fn rounds(&mut self, control: &mut Control<'_>) -> Outcome {
        let first = self.pricing.first();
        if !first.is_empty() && !self.hold(first, control.stop) {
            return Outcome::Stopped;
        }
        loop {
            let Some((found, bound)) = self.price(&self.flow.prices(), control) else {
                return Outcome::Stopped;
            };
            self.progress.bound = self.progress.bound.min(bound);
            if self.progress.round > 0 {
                (control.progress)(self.progress);
            }
            if found.is_empty() {
                return Outcome::Optimal;
            }
            if !self.hold(found, control.stop) {
                return Outcome::Stopped;
            }
        }
    }

    /// Holds further pairs and plans with them; false if the stop signal came first.
    fn hold(&mut self, pairs: Vec<Pair>, stop: &dyn Fn() -> bool) -> bool {
        self.flow.add(&pairs);
        self.held.extend(pairs);
        self.progress.pairs = self.held.len();
        if self.flow.solve(stop) == Outcome::Stopped {
            return false;
        }
        self.progress.round += 1;
        self.progress.reached = self.reached();
        true
    }

    /// Worth of the current plan: of an optimum over the pairs held, it is the bound by prices.
    fn reached(&self) -> Worth {
        self.flow.prices().bound(self.market)
    }

    /// The most violated pairs of every need, and the bound that the prices give with them.
    fn price(&self, prices: &Prices, control: &Control<'_>) -> Option<(Vec<Pair>, Worth)> {
        let gains = Gains::new(self.market, self.objective, prices);
        let parts: Vec<(usize, &[i64])> = (0..).zip(gains.bases.chunks(NEEDS_PER_PART)).collect();
        let mut all = Vec::new();
        for batch in parts.chunks(PARTS_PER_BATCH) {
            if (control.stop)() {
                return None;
            }
            let price = |&(part, bases): &(usize, &[i64])| {
                self.price_part(part * NEEDS_PER_PART, bases, &gains.capacities)
            };
            all.extend(share_out(batch, control.workers, price).into_iter().flatten());
        }
        let bound = gains.bound(&all, PAIRS_PER_ROUND, control.stop);
        Some((all, bound))
    }

    fn price_part(&self, first: usize, bases: &[i64], capacities: &[i64]) -> Vec<Pair> {
        let mut search = Search::new(capacities);
        let mut pairs = Vec::new();
        for (need, &base) in (first as u32..).zip(bases) {
            pairs.extend(search.run(self.pricing, need, base));
        }
        pairs
    }
}

/// What no plan can exceed, whatever is eligible: the smaller side whole, at the highest score.
fn plain_bound(market: &Market, objective: Objective) -> Worth {
    let supply = market.capacities().iter().map(|capacity| capacity.quantity).sum::<u64>();
    let wanted = market.needs().iter().map(|need| need.max).sum();
    objective.worth(SCORE_MAX).times(supply.min(wanted))
}
