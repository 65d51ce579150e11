//! A bounded queue in front of a few threads, which serve one job of a party at a time, so that no
//! party keeps the others waiting. Must not know what a job does.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use matching::id::PartyId;

/// Jobs that are solved at once; another core is left to requests.
const THREADS: usize = 2;
/// How much less of a core a job gets than a request that wants it too, in steps of the scheduler.
const NICENESS: i32 = 10;
/// Jobs that wait, of all parties together.
const MAX_WAITING: usize = 32;
/// Jobs of one party, waiting or under way.
pub const MAX_OF_PARTY: usize = 4;

/// Why a job is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The party has as many jobs as it may have.
    Party,
    /// The service has as many as it can keep.
    Service,
}

type Work = Box<dyn FnOnce() + Send>;

/// The queue; its threads end with it, after the jobs that they are at.
#[derive(Clone)]
pub(super) struct Queue(Arc<Shared>);

struct Shared {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<(PartyId, Work)>,
    /// Jobs by party: places that are taken, and whether one is under way.
    parties: BTreeMap<PartyId, (usize, bool)>,
    taken: usize,
    is_closed: bool,
}

/// A place in the queue, given back if it is not used.
pub(super) struct Place {
    queue: Queue,
    party: PartyId,
}

impl Queue {
    /// A queue with its threads.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn start() -> std::io::Result<Self> {
        let queue = Self(Arc::new(Shared { jobs: Mutex::default(), changed: Condvar::new() }));
        for _ in 0..THREADS {
            let queue = queue.clone();
            let serve = move || {
                step_back();
                queue.serve();
            };
            thread::Builder::new().name("allocation".into()).spawn(serve)?;
        }
        Ok(queue)
    }

    /// Takes a place for a job of `party`.
    pub(super) fn reserve(&self, party: PartyId) -> Result<Place, Full> {
        let mut jobs = self.lock();
        if jobs.taken >= MAX_WAITING + THREADS {
            return Err(Full::Service);
        }
        let (places, _) = jobs.parties.entry(party).or_default();
        if *places >= MAX_OF_PARTY {
            return Err(Full::Party);
        }
        *places += 1;
        jobs.taken += 1;
        Ok(Place { queue: self.clone(), party })
    }

    /// Takes no more jobs, and forgets those that wait.
    pub(super) fn close(&self) {
        let mut jobs = self.lock();
        jobs.is_closed = true;
        let forgotten = std::mem::take(&mut jobs.waiting);
        drop(jobs);
        drop(forgotten);
        self.0.changed.notify_all();
    }

    fn serve(&self) {
        while let Some((party, work)) = self.next() {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::error!("a panic in an allocation");
            }
            if let Some((_, is_busy)) = self.lock().parties.get_mut(&party) {
                *is_busy = false;
            }
            self.0.changed.notify_all();
        }
    }

    /// Waits for a job whose party has none under way; none when the queue is closed.
    fn next(&self) -> Option<(PartyId, Work)> {
        let mut jobs = self.lock();
        loop {
            if jobs.is_closed {
                return None;
            }
            let is_free = |(party, _): &(PartyId, Work)| !jobs.parties[party].1;
            if let Some(at) = jobs.waiting.iter().position(is_free) {
                let (party, work) = jobs.waiting.remove(at)?;
                jobs.parties.entry(party).or_default().1 = true;
                return Some((party, work));
            }
            jobs = self.0.changed.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets requests go first wherever both want a core. Threads that a job starts inherit it. Only
/// Linux counts by thread; elsewhere it would slow the whole service.
fn step_back() {
    if !cfg!(target_os = "linux") {
        return;
    }
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::warn!(%error, "allocations compete with requests for a core");
    }
}

impl Place {
    /// Queues the job; the place is given back when it has ended.
    pub(super) fn fill(self, work: impl FnOnce() + Send + 'static) {
        let queue = self.queue.clone();
        let party = self.party;
        let work = Box::new(move || {
            let _place = self;
            work();
        });
        let mut jobs = queue.lock();
        if !jobs.is_closed {
            jobs.waiting.push_back((party, work));
            drop(jobs);
            queue.0.changed.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut jobs = self.queue.lock();
        jobs.taken -= 1;
        if let Some((places, is_busy)) = jobs.parties.get_mut(&self.party) {
            *places -= 1;
            if *places == 0 && !*is_busy {
                jobs.parties.remove(&self.party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use uuid::Uuid;

    use super::*;

    const fn party(number: u128) -> PartyId {
        PartyId::new(Uuid::from_u128(number))
    }

    #[test]
    fn a_party_waits_for_itself_and_not_for_others() {
        let queue = Queue::start().expect("threads");
        let (begun, begins) = channel();
        let gates: Vec<_> = [1, 1, 2].map(|number| (number, channel::<()>())).into();
        let mut open = Vec::new();
        for (at, (number, (gate, wait))) in gates.into_iter().enumerate() {
            open.push(gate);
            let begun = begun.clone();
            queue.reserve(party(number)).expect("a place").fill(move || {
                begun.send(at).expect("a test that listens");
                let _ = wait.recv();
            });
        }
        let mut first = [begins.recv().expect("a job"), begins.recv().expect("a job")];
        first.sort_unstable();
        assert_eq!(first, [0, 2], "the second job of a party waits though a thread is free");
        drop(open.remove(0));
        assert_eq!(begins.recv(), Ok(1));
        drop(open);
        queue.close();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_job_and_its_threads_let_requests_go_first() {
        let niceness = || rustix::process::nice(0).expect("a number");
        let (before, queue) = (niceness(), Queue::start().expect("threads"));
        let (told, found) = channel();
        queue.reserve(party(1)).expect("a place").fill(move || {
            let inherited = thread::spawn(niceness).join().expect("no panic");
            told.send([niceness(), inherited]).expect("a test that listens");
        });
        let lowered = (before + NICENESS).min(19);
        assert_eq!(found.recv(), Ok([lowered; 2]));
        assert_eq!(niceness(), before, "a request is as fast as ever");
        queue.close();
    }

    #[test]
    fn places_are_bounded_and_given_back() {
        let queue = Queue::start().expect("threads");
        let places: Vec<_> = (0..MAX_OF_PARTY).map(|_| queue.reserve(party(1))).collect();
        assert_eq!(queue.reserve(party(1)).err(), Some(Full::Party));
        drop(places);
        assert!(queue.reserve(party(1)).is_ok());
        let all: Vec<_> = (0..100).filter_map(|number| queue.reserve(party(number)).ok()).collect();
        assert_eq!(all.len(), MAX_WAITING + THREADS);
        assert_eq!(queue.reserve(party(200)).err(), Some(Full::Service));
        queue.close();
    }

    #[test]
    fn a_panic_takes_neither_a_thread_nor_a_place() {
        let queue = Queue::start().expect("threads");
        for _ in 0..3 * THREADS {
            queue.reserve(party(1)).expect("a place").fill(|| panic!("on purpose"));
            let (done, ended) = channel::<()>();
            queue.reserve(party(1)).expect("a place").fill(move || drop(done));
            assert!(ended.recv().is_err());
        }
        queue.close();
    }
}
