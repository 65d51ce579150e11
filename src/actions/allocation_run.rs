//! Solves an allocation, and solves a stored one again. A run is cut by a signal that is counted,
//! so that the same cut can be made again. Must not know threads, nor how an answer is kept.

use std::cell::Cell;
use std::collections::BTreeMap;

use matching::allocation::columns;
use matching::allocation::plan::Objective;
use matching::id::PartyId;
use matching::planning::balance::Balances;
use matching::planning::snapshot::Snapshot;
use matching::planning::{Outcome, Progress, Wish, gains, plan, repair};

use crate::market::View;
use crate::market::allocation::{Draft, DraftAsk, Undrafted};
use crate::market::allocation_relaxations::Short;
use crate::store::allocations::Failure;

/// The most demands whose shortage is looked into.
const MAX_EXPLAINED: usize = 50;
/// The most changes of demands that are tried.
const MAX_TRIALS: usize = 200;
/// The most pairs that all trials together read, so that explaining costs no more than planning.
const MAX_TRIED_PAIRS: usize = 20_000_000;

/// A solved allocation.
#[derive(Debug, Clone)]
pub struct Solved {
    /// Number of the last change that the market knew.
    pub as_of: i64,
    /// What it was solved from.
    pub snapshot: Snapshot,
    /// The answer.
    pub outcome: Outcome,
    /// At which question of the solver the stop signal came.
    pub stopped_after: Option<u64>,
}

/// Counts how often the solver asks whether to stop, and remembers when it was told to.
struct Questions<'a> {
    asked: Cell<u64>,
    stopped_after: Cell<Option<u64>>,
    stop: &'a dyn Fn() -> bool,
}

impl<'a> Questions<'a> {
    const fn new(stop: &'a dyn Fn() -> bool) -> Self {
        Self { asked: Cell::new(0), stopped_after: Cell::new(None), stop }
    }

    /// Asks; once the answer was to stop, it stays so.
    fn ask(&self) -> bool {
        let asked = self.asked.get() + 1;
        self.asked.set(asked);
        if self.stopped_after.get().is_none() && (self.stop)() {
            self.stopped_after.set(Some(asked));
        }
        self.stopped_after.get().is_some()
    }
}

/// How much of a time limit is kept for the plan itself, of a market with more eligible pairs than
/// a run may hold: one part in this many.
pub const PLANNING_PARTS: u32 = 4;

/// What a run may take.
pub struct Limits<'a> {
    /// The most eligible pairs that it holds.
    pub max_pairs: usize,
    /// Threads that judge pairs; the answer does not depend on it.
    pub workers: usize,
    /// Whether it is to end.
    pub stop: &'a dyn Fn() -> bool,
    /// Whether it is to plan with the pairs that it has found.
    pub is_priced_out: &'a dyn Fn() -> bool,
}

/// Drafts what is asked from the market, plans it after the sales of earlier runs, and tries what
/// would lessen its shortages.
///
/// # Errors
/// Why there is no answer.
pub fn solve(
    view: &View,
    (ask, wish, earlier): (&DraftAsk, Wish, Balances),
    limits: &Limits<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Solved, Failure> {
    let Limits { max_pairs, workers, stop, .. } = *limits;
    let mut judged = |demands_judged, demands| {
        progress(Progress { demands_judged, demands, ..Progress::default() });
    };
    let mut draft = view.draft(ask, max_pairs, workers, stop, &mut judged)?;
    if draft.is_reduced() {
        reduce(&mut draft, wish.objective, limits, progress)?;
    }
    draft.make_up_for(earlier);
    let questions = Questions::new(stop);
    let ask = || questions.ask();
    let planned = plan(draft.snapshot(), wish, &ask, progress);
    let mut outcome = planned.map_err(|_| Failure::TooLarge)?;
    let trials = trials(draft.snapshot());
    for short in shortages(draft.snapshot(), &outcome) {
        let is_enough = draft.snapshot().relaxations.len() >= trials;
        if is_enough || questions.stopped_after.get().is_some() {
            break;
        }
        draft.relax(&short, MAX_TRIED_PAIRS);
    }
    let mut snapshot = draft.finish();
    snapshot.relaxations.truncate(trials);
    outcome.gains = gains(&snapshot, wish, &outcome, &ask);
    let stopped_after = questions.stopped_after.get();
    Ok(Solved { as_of: view.as_of(), snapshot, outcome, stopped_after })
}

impl From<Undrafted> for Failure {
    fn from(why: Undrafted) -> Self {
        match why {
            Undrafted::TooLarge => Self::TooLarge,
            Undrafted::Stopped => Self::TimeLimit,
        }
    }
}

/// Finds the pairs that the best plan needs, and tells after each round where it stands. It is
/// not solved again with a stored run, which keeps what was found.
fn reduce(
    draft: &mut Draft<'_>,
    objective: Objective,
    limits: &Limits<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), Failure> {
    let demands = draft.snapshot().demands.len() as u32;
    let judged = Progress { demands_judged: demands, demands, ..Progress::default() };
    let mut told = |at: columns::Progress| {
        progress(Progress { rounds: at.round, reached: at.reached, bound: at.bound, ..judged });
    };
    let mut control = columns::Control {
        workers: limits.workers,
        stop: &|| (limits.stop)() || (limits.is_priced_out)(),
        progress: &mut told,
    };
    Ok(draft.reduce(objective, &mut control)?)
}

/// How many changes of demands are tried; none where it is not known what the plan could be
/// without them.
fn trials(snapshot: &Snapshot) -> usize {
    if snapshot.reduction.is_some_and(|reduction| !reduction.is_complete) {
        return 0;
    }
    MAX_TRIALS.min(MAX_TRIED_PAIRS / snapshot.pairs.len().max(1))
}

/// Solves a stored snapshot again, and stops at the same question.
///
/// # Errors
/// [`Failure::TooLarge`] if the snapshot is no instance.
pub fn replay(
    snapshot: &Snapshot,
    wish: Wish,
    stopped_after: Option<u64>,
) -> Result<Outcome, Failure> {
    let stop = stop_at(stopped_after);
    let planned = plan(snapshot, wish, &stop, &mut |_| {});
    let mut outcome = planned.map_err(|_| Failure::TooLarge)?;
    outcome.gains = gains(snapshot, wish, &outcome, &stop);
    Ok(outcome)
}

/// A signal that stops at this question, and never without one.
pub fn stop_at(question: Option<u64>) -> impl Fn() -> bool {
    let asked = Cell::new(0);
    move || {
        asked.set(asked.get() + 1);
        question.is_some_and(|last| asked.get() >= last)
    }
}

/// Plans the gap that declining producers leave, and tells at which question it was stopped.
///
/// # Errors
/// [`Failure::TooLarge`] if the snapshot is no instance.
pub fn replan(
    snapshot: &Snapshot,
    objective: Objective,
    gap: (&Outcome, &[PartyId]),
    stop: &dyn Fn() -> bool,
) -> Result<(Outcome, Option<u64>), Failure> {
    let questions = Questions::new(stop);
    let planned = repair(snapshot, objective, gap, &|| questions.ask());
    Ok((planned.map_err(|_| Failure::TooLarge)?, questions.stopped_after.get()))
}

/// Demands that are not served in full, the largest shortage first.
fn shortages(snapshot: &Snapshot, outcome: &Outcome) -> Vec<Short> {
    let mut given = vec![0_u64; snapshot.needs.len()];
    outcome.shares.iter().for_each(|share| given[share.need as usize] += share.base);
    let mut shorts: BTreeMap<u32, Short> = BTreeMap::new();
    for (need, side) in (0_u32..).zip(&snapshot.needs) {
        let wanted = snapshot.need_base(need, side.wanted);
        let lacking = wanted.saturating_sub(given[need as usize]);
        if lacking > 0 {
            let empty = || Short { demand: side.demand, deliveries: BTreeMap::new() };
            let short = shorts.entry(side.demand).or_insert_with(empty);
            short.deliveries.insert(side.delivery, lacking);
        }
    }
    let mut shorts: Vec<Short> = shorts.into_values().collect();
    let lacking = |short: &Short| short.deliveries.values().copied().fold(0, u64::saturating_add);
    shorts.sort_by_key(|short| (std::cmp::Reverse(lacking(short)), short.demand));
    shorts.truncate(MAX_EXPLAINED);
    shorts
}
