//! A market with more eligible pairs than a run may hold: which of them are held, and what is
//! known of the others.
//!
//! All eligible pairs are counted once; then a plan over a few of them is priced against all, and
//! those that would better it are added, until there are none. It must not know how pairs are
//! judged, nor how a snapshot is planned.

use std::collections::BTreeSet;

use crate::allocation::columns::{Control, PAIRS_PER_ROUND, Pricing, Solved, solve};
use crate::allocation::flow::Outcome;
use crate::allocation::greatest_common_divisor;
use crate::allocation::instance::{ALL_QUANTITY_MAX, InstanceError, Market, Pair};
use crate::allocation::plan::{Objective, Worth};

use super::excess::is_above;
use super::snapshot::{Reduction, Snapshot};

/// Eligible pairs as they are found: all of them up to a limit; beyond it the best of each need,
/// and the best of each capacity, so that each stays in the market.
#[derive(Debug)]
pub struct Candidates {
    max_pairs: usize,
    pairs: Vec<Pair>,
    capacities: Vec<Tally>,
    needs: Vec<NeedTally>,
    is_reduced: bool,
}

/// Of one capacity: its eligible pairs, and the one that may be the best.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    eligible: u64,
    best: Option<Pair>,
    /// Base units that their needs take together.
    taken: u64,
}

/// Of one need, in base units.
#[derive(Debug, Clone, Copy, Default)]
struct NeedTally {
    /// What the quantity of any plan for it is a multiple of.
    step: u64,
    /// What the capacities of its eligible pairs have together.
    given: u64,
}

/// An eligible pair as it is found.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The pair; its score is at least the true one.
    pub pair: Pair,
    /// Whether the score is the true one; else there are as many pairs of the need that are
    /// certainly no worse as are kept of each.
    pub is_exact: bool,
}

impl Candidates {
    /// None so far; at most `max_pairs` are to be held.
    #[must_use]
    pub const fn new(max_pairs: usize) -> Self {
        Self {
            max_pairs,
            pairs: Vec::new(),
            capacities: Vec::new(),
            needs: Vec::new(),
            is_reduced: false,
        }
    }

    /// Whether there are more than may be held.
    #[must_use]
    pub const fn is_reduced(&self) -> bool {
        self.is_reduced
    }

    /// Adds every eligible pair of a demand of the snapshot. As long as there are not too many,
    /// every score is to be exact.
    pub fn add(&mut self, snapshot: &Snapshot, found: &[Found]) {
        self.capacities.resize(snapshot.capacities.len(), Tally::default());
        self.needs.resize(snapshot.needs.len(), NeedTally::default());
        for Found { pair, .. } in found {
            let need = &mut self.needs[pair.need as usize];
            need.step = greatest_common_divisor(need.step, snapshot.step_base(pair.capacity));
            need.given = need.given.saturating_add(snapshot.free_base(pair.capacity));
            let tally = &mut self.capacities[pair.capacity as usize];
            tally.eligible += 1;
            tally.taken = tally.taken.saturating_add(most_base(snapshot, pair.need));
            if tally.best.is_none_or(|best| best.score < pair.score) {
                tally.best = Some(*pair);
            }
        }
        let exact = found.iter().filter(|found| found.is_exact);
        let mut pairs: Vec<Pair> = exact.map(|found| found.pair).collect();
        if self.is_reduced {
            keep_best(&mut pairs);
        }
        self.pairs.extend(pairs);
        if !self.is_reduced && self.pairs.len() > self.max_pairs {
            self.is_reduced = true;
            keep_best(&mut self.pairs);
        }
    }

    /// Takes capacities out, and tells how many eligible pairs they had.
    pub fn without(&mut self, is_out: impl Fn(u32) -> bool) -> u64 {
        self.pairs.retain(|pair| !is_out(pair.capacity));
        let tallies = (0..).zip(&mut self.capacities).filter(|(at, _)| is_out(*at));
        tallies.map(|(_, tally)| std::mem::take(tally).eligible).sum()
    }

    /// Takes the pairs out: all eligible ones, unless there are too many.
    #[must_use]
    pub fn take_pairs(&mut self) -> Vec<Pair> {
        std::mem::take(&mut self.pairs)
    }

    /// What a plan is likely to use: the best of each need, and of each capacity one that may be
    /// its best, where they can have a share at all. `score` tells the true score of a pair.
    #[must_use]
    pub fn first(&self, snapshot: &Snapshot, score: impl Fn(&Pair) -> Option<u16>) -> Vec<Pair> {
        let best = self.capacities.iter().filter_map(|tally| tally.best);
        let best = best.filter_map(|pair| Some(Pair { score: score(&pair)?, ..pair }));
        let mut first: Vec<Pair> = self.pairs.iter().copied().chain(best).collect();
        first.retain(|pair| snapshot.admits(pair.capacity, pair.need));
        first.sort_unstable_by_key(key);
        first.dedup_by_key(|pair| key(pair));
        first
    }

    fn eligible(&self) -> u64 {
        self.capacities.iter().map(|tally| tally.eligible).sum()
    }

    /// The sides as one market without limits, in base units: what it can reach at most, the
    /// snapshot can reach at most too. Where a side is more than a market may hold, it has only
    /// what the other can use.
    fn market(&self, snapshot: &Snapshot) -> Result<Market, InstanceError> {
        let free = (0..snapshot.capacities.len() as u32).map(|at| snapshot.free_base(at));
        let mut supply: Vec<u64> = free.collect();
        if is_above(ALL_QUANTITY_MAX, supply.iter().copied()) {
            let usable = supply.iter_mut().zip(&self.capacities);
            usable.for_each(|(free, tally)| *free = tally.taken.min(*free));
        }
        let most = (0..).zip(&self.needs).map(|(need, _)| most_base(snapshot, need));
        let mut wanted: Vec<u64> = most.collect();
        if is_above(ALL_QUANTITY_MAX, wanted.iter().copied()) {
            let usable = wanted.iter_mut().zip(&self.needs);
            usable.for_each(|(most, tally)| *most = tally.given.min(*most));
        }
        for ((need, tally), most) in (0_u32..).zip(&self.needs).zip(&mut wanted) {
            let least = snapshot.need_base(need, snapshot.needs[need as usize].least);
            let whole = *most - most.checked_rem(tally.step).unwrap_or(*most);
            *most = if whole < least { 0 } else { whole };
        }
        Market::unlimited(&supply, &wanted)
    }
}

/// Base units that a need takes at most.
fn most_base(snapshot: &Snapshot, need: u32) -> u64 {
    snapshot.need_base(need, snapshot.needs[need as usize].most)
}

const fn key(pair: &Pair) -> (u32, u32) {
    (pair.need, pair.capacity)
}

/// Keeps the best pairs of each need.
fn keep_best(pairs: &mut Vec<Pair>) {
    pairs.sort_unstable_by_key(|pair| (pair.need, u16::MAX - pair.score, pair.capacity));
    let (mut need, mut kept) = (None, 0);
    pairs.retain(|pair| {
        kept = if need == Some(pair.need) { kept + 1 } else { 1 };
        need = Some(pair.need);
        kept <= PAIRS_PER_ROUND
    });
}

/// The pairs to hold, and what is known of all. `pricing` knows every eligible pair that
/// [`Snapshot::admits`]; it is stopped without loss but that of the proof.
///
/// # Errors
/// A quantity or a number of sides above the limits of an instance.
pub fn reduce(
    (snapshot, candidates): (&Snapshot, &Candidates),
    objective: Objective,
    pricing: &dyn Pricing,
    control: &mut Control<'_>,
) -> Result<(Vec<Pair>, Reduction), InstanceError> {
    let market = candidates.market(snapshot)?;
    let solved = solve(&market, objective, pricing, control)?;
    let held = least_loss(&solved, objective, candidates.max_pairs);
    let reduction = Reduction {
        eligible: candidates.eligible(),
        held: held.len() as u64,
        rounds: solved.progress.round,
        bound: solved.progress.bound,
        is_complete: solved.outcome == Outcome::Optimal,
    };
    Ok((held, reduction))
}

/// Of the pairs held at most this many, as far as possible: first those of the plan and one of
/// each capacity, then those that lose least by the prices. The best plan stays the best.
fn least_loss(solved: &Solved, objective: Objective, most: usize) -> Vec<Pair> {
    let mut pairs = solved.pairs.all().to_vec();
    if pairs.len() <= most {
        return pairs;
    }
    let shares = solved.plan.shares().iter();
    let used: BTreeSet<_> = shares.map(|share| (share.need, share.capacity)).collect();
    let loss = |pair: &Pair| -> Worth {
        let prices = &solved.prices;
        let price = prices.capacities[pair.capacity as usize] + prices.needs[pair.need as usize];
        price - objective.worth(pair.score)
    };
    pairs.sort_by_cached_key(|pair| (!used.contains(&key(pair)), loss(pair), key(pair)));
    let mut seen = BTreeSet::new();
    let needed = |pair: &Pair| seen.insert(pair.capacity) || used.contains(&key(pair));
    let (mut kept, others): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(needed);
    let room = most.saturating_sub(kept.len());
    kept.extend(others.into_iter().take(room));
    kept
}
