//! Runs allocations: queued, solved on a thread, kept, watched. A run says every second that it is
//! alive; one that is not heard of any more reads as interrupted, whatever became of its process.
//! Must not know how one is solved, nor HTTP.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use matching::id::{AllocationId, PartyId};
use matching::planning::balance::Balances;
use matching::planning::snapshot::Snapshot;
use matching::planning::{Outcome, Progress};
use tokio::sync::oneshot;

pub use super::queue::{Full, MAX_OF_PARTY};
use super::queue::{Place, Queue};
use crate::actions::allocation_run::{self, Limits, PLANNING_PARTS, Solved};
use crate::actions::allocations::{Gap, alive_until, balances};
use crate::app::App;
use crate::error::Error;
use crate::market::allocation::DraftAsk;
use crate::store::allocation_outcomes::{self, outcome_text};
use crate::store::allocation_snapshots::{self, SnapshotText};
use crate::store::allocations::{self, Allocation, Failure, Finished, State};

/// How often a run says that it is alive and where it stands.
const PULSE: Duration = Duration::from_secs(1);

/// Runs the allocations of this process; they end with it.
pub struct Runner {
    queue: Queue,
    watch: Arc<Watch>,
    app: App,
}

/// The runs of this process.
#[derive(Default)]
struct Watch {
    runs: Mutex<Runs>,
    closed: Condvar,
}

#[derive(Default)]
struct Runs {
    live: BTreeMap<AllocationId, (Allocation, Arc<Signals>)>,
    is_closed: bool,
}

/// What a run and those who watch it tell each other.
#[derive(Default)]
struct Signals {
    is_cancelled: AtomicBool,
    progress: Mutex<Option<Progress>>,
}

/// A place for one run.
pub struct Slot<'a> {
    runner: &'a Runner,
    place: Place,
}

/// What is to be solved.
pub enum Task {
    /// Demands of the market.
    Plan(DraftAsk),
    /// The gap that declining producers leave in an answer.
    Repair(Box<Gap>),
}

impl Runner {
    /// Starts the threads.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn start(app: App) -> Result<Self, String> {
        let (watch, queue) = (Arc::new(Watch::default()), Queue::start());
        let queue = queue.map_err(|error| error.to_string())?;
        let (watched, service) = (Arc::clone(&watch), app.clone());
        thread::Builder::new()
            .name("allocation-pulse".into())
            .spawn(move || watched.pulse(&service))
            .map_err(|error| error.to_string())?;
        Ok(Self { queue, watch, app })
    }

    /// Takes a place for a run of `party`.
    ///
    /// # Errors
    /// [`Full`].
    pub fn reserve(&self, party: PartyId) -> Result<Slot<'_>, Full> {
        Ok(Slot { runner: self, place: self.queue.reserve(party)? })
    }

    /// Tells a run of this process to end; others learn it from the database.
    pub fn cancel(&self, id: AllocationId) {
        if let Some((_, signals)) = self.watch.lock().live.get(&id) {
            signals.is_cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Where a run stands as far as it has said; none if it is not one of this process.
    #[must_use]
    pub fn progress(&self, id: AllocationId) -> Option<Option<Progress>> {
        let runs = self.watch.lock();
        runs.live.get(&id).map(|(_, signals)| signals.progress())
    }
}

impl Drop for Runner {
    /// Ends what is under way, and says so at once rather than by silence.
    fn drop(&mut self) {
        let mut runs = self.watch.lock();
        runs.is_closed = true;
        let live = std::mem::take(&mut runs.live);
        drop(runs);
        self.watch.closed.notify_all();
        for (allocation, signals) in live.into_values() {
            signals.is_cancelled.store(true, Ordering::Relaxed);
            let ended = Err(Failure::Interrupted);
            if let Err(error) = keep(&self.app, allocation, ended) {
                tracing::warn!(%error, "an allocation could not be marked as interrupted");
            }
        }
        self.queue.close();
    }
}

impl Slot<'_> {
    /// Runs a recorded allocation; the receiver hears when it has ended.
    #[must_use]
    pub fn run(self, allocation: Allocation, task: Task) -> oneshot::Receiver<()> {
        let (ended, receiver) = oneshot::channel();
        let signals = Arc::new(Signals::default());
        let watch = Arc::clone(&self.runner.watch);
        let entry = (allocation.clone(), Arc::clone(&signals));
        watch.lock().live.insert(allocation.id, entry);
        let app = self.runner.app.clone();
        self.place.fill(move || {
            let id = allocation.id;
            let run = Run { app: &app, signals: &signals };
            if let Err(error) = run.serve(allocation, task) {
                tracing::error!(%error, %id, "an allocation could not be kept");
            }
            watch.lock().live.remove(&id);
            // Who asked may have gone away.
            let _ = ended.send(());
        });
        receiver
    }

    /// Solves a stored snapshot again; the receiver gets the answer.
    #[must_use]
    pub fn replay(
        self,
        work: impl FnOnce() -> Result<Outcome, Failure> + Send + 'static,
    ) -> oneshot::Receiver<Result<Outcome, Failure>> {
        let (ended, receiver) = oneshot::channel();
        self.place.fill(move || {
            // Who asked may have gone away.
            let _ = ended.send(work());
        });
        receiver
    }
}

/// One run on its thread.
struct Run<'a> {
    app: &'a App,
    signals: &'a Signals,
}

impl Run<'_> {
    fn serve(&self, allocation: Allocation, task: Task) -> Result<(), Error> {
        let running = Allocation {
            version: allocation.version + 1,
            updated_at: self.app.clock().now(),
            alive_until: alive_until(self.app.clock().now()),
            state: State::Running(None),
            ..allocation
        };
        let begun = running.clone();
        if self.app.database().write(move |tx| allocations::update_open(tx, &begun))?.is_some() {
            let solved = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.solve(&running, task)
            }));
            keep(self.app, running, solved.unwrap_or(Err(Failure::Internal)))?;
        }
        Ok(())
    }

    fn solve(&self, allocation: &Allocation, task: Task) -> Result<Answer, Failure> {
        let elapsed = self.app.clock().stopwatch();
        let limit = Duration::from_millis(allocation.request.time_limit_ms);
        let stop = || self.signals.is_cancelled() || elapsed() >= limit;
        let is_priced_out = || elapsed() >= limit - limit / PLANNING_PARTS;
        let wish = allocation.request.wish;
        match task {
            Task::Plan(ask) => {
                let earlier = self.earlier(&allocation.request.earlier, &stop)?;
                let view = self.app.market();
                let mut note = |progress| self.signals.note(progress);
                let config = self.app.config();
                let limits = Limits {
                    max_pairs: config.allocation_pairs,
                    workers: config.allocation_threads,
                    stop: &stop,
                    is_priced_out: &is_priced_out,
                };
                allocation_run::solve(&view, (&ask, wish, earlier), &limits, &mut note)
                    .map(Answer::from)
            }
            Task::Repair(gap) => {
                let Gap { snapshot, as_of, outcome, declined } = *gap;
                let whole = snapshot.snapshot().map_err(|_| Failure::Internal)?;
                let gap = (&outcome, &*declined);
                let planned = allocation_run::replan(&whole, wish.objective, gap, &stop)?;
                let (outcome, stopped_after) = planned;
                Ok(Answer { as_of, snapshot, outcome, stopped_after })
            }
        }
    }
}

impl Run<'_> {
    /// What was offered and sold in finished allocations together, each of which may be large.
    fn earlier(&self, ids: &[AllocationId], stop: &dyn Fn() -> bool) -> Result<Balances, Failure> {
        let mut sum = Balances::default();
        for &id in ids {
            if stop() {
                return Err(Failure::TimeLimit);
            }
            let sales = self.app.database().read(|tx| balances(tx, id));
            sum.extend(sales.map_err(|_| Failure::Internal)?);
        }
        Ok(sum)
    }
}

/// An answer that is to be kept.
struct Answer {
    as_of: i64,
    snapshot: SnapshotText,
    outcome: Outcome,
    stopped_after: Option<u64>,
}

impl From<Solved> for Answer {
    fn from(solved: Solved) -> Self {
        let Solved { as_of, snapshot, outcome, stopped_after } = solved;
        Self { as_of, snapshot: SnapshotText::from(&snapshot), outcome, stopped_after }
    }
}

/// Keeps how a run ended, unless it was taken back meanwhile.
fn keep(app: &App, running: Allocation, ended: Result<Answer, Failure>) -> Result<(), Error> {
    let updated_at = app.clock().now();
    let (state, answer) = match ended {
        Err(failure) => (State::Failed(failure), None),
        Ok(Answer { as_of, snapshot, outcome, stopped_after }) => {
            let finished = Finished {
                as_of,
                snapshot: snapshot.hash.clone(),
                quantity: outcome.quantity(),
                reached: outcome.reached,
                bound: outcome.bound,
                is_optimal: outcome.is_optimal,
                stopped_after,
            };
            (State::Finished(finished), Some((snapshot, outcome_text(&outcome))))
        }
    };
    let ended = Allocation { updated_at, state, ..running };
    let kept = app.database().write(move |tx| {
        if let Some((snapshot, _)) = &answer {
            allocation_snapshots::keep(tx, snapshot)?;
        }
        if allocations::update_open(tx, &ended)?.is_none() {
            return Err(Error::NotFound);
        }
        match &answer {
            Some((_, outcome)) => allocation_outcomes::insert(tx, ended.id, outcome),
            None => Ok(()),
        }
    });
    // An end that came first stays, and its snapshot is not needed.
    if matches!(kept, Err(Error::NotFound)) { Ok(()) } else { kept }
}

impl Signals {
    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    fn note(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    fn progress(&self) -> Option<Progress> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says of every run that it is alive, until the runner ends. A run that was taken back on
    /// another instance learns it here.
    fn pulse(&self, app: &App) {
        let mut runs = self.lock();
        while !runs.is_closed {
            let live: Vec<_> =
                runs.live.iter().map(|(id, (_, signals))| (*id, Arc::clone(signals))).collect();
            drop(runs);
            for (id, signals) in live {
                let (until, progress) = (alive_until(app.clock().now()), signals.progress());
                let noted = app
                    .database()
                    .write(move |tx| allocations::note_alive(tx, id, until, progress.as_ref()));
                match noted {
                    Ok(true) => {}
                    Ok(false) => signals.is_cancelled.store(true, Ordering::Relaxed),
                    Err(error) => tracing::warn!(%error, "an allocation could not say it lives"),
                }
            }
            let waited = self.closed.wait_timeout(self.lock(), PULSE);
            runs = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The stored allocation solved again: planned from its snapshot, or repaired from the answer that
/// it repairs.
///
/// # Errors
/// [`Failure::Internal`] if the snapshot cannot be read.
pub fn replay(
    allocation: &Allocation,
    snapshot: &SnapshotText,
    repaired: Option<(Outcome, Vec<PartyId>)>,
) -> Result<Outcome, Failure> {
    let State::Finished(Finished { stopped_after, .. }) = &allocation.state else {
        return Err(Failure::Internal);
    };
    let whole: Snapshot = snapshot.snapshot().map_err(|_| Failure::Internal)?;
    let wish = allocation.request.wish;
    match repaired {
        None => allocation_run::replay(&whole, wish, *stopped_after),
        Some((outcome, declined)) => {
            let stop = allocation_run::stop_at(*stopped_after);
            let gap = (&outcome, &*declined);
            allocation_run::replan(&whole, wish.objective, gap, &stop).map(|(it, _)| it)
        }
    }
}
