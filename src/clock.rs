//! Time, ids and randomness of one request, fixed once, so that a repeated attempt gives the same
//! result and tests are exact. Nothing else reads the clock or makes ids.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use matching::date::{Date, Timestamp};
use uuid::{Builder, Uuid};

/// What a look at the stopwatch of a test takes.
const LOOK: Duration = Duration::from_micros(100);

/// Where the time and the randomness come from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine.
    System,
    /// A test: the time stands still until it is moved, ids are counted.
    Fixed(Arc<FixedClock>),
}

/// The clock of a test.
#[derive(Debug)]
pub struct FixedClock {
    now_us: AtomicI64,
    contexts: AtomicU64,
}

impl FixedClock {
    /// Stands still at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Arc<Self> {
        Arc::new(Self { now_us: AtomicI64::new(now.micros()), contexts: AtomicU64::new(0) })
    }

    /// Moves the time.
    pub fn set(&self, now: Timestamp) {
        self.now_us.store(now.micros(), Ordering::SeqCst);
    }
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
            Self::Fixed(clock) => Timestamp::from_micros(clock.now_us.load(Ordering::SeqCst)),
        }
    }

    /// Tells the time since now, whatever becomes of the clock on the wall; in a test each look at
    /// it takes [`LOOK`], so that what is cut by time is always cut at the same place.
    pub fn stopwatch(&self) -> impl Fn() -> Duration + use<> {
        let (started, looks, is_real) =
            (Instant::now(), Cell::new(0), matches!(self, Self::System));
        move || {
            looks.set(looks.get() + 1);
            if is_real { started.elapsed() } else { LOOK * looks.get() }
        }
    }

    /// Time and ids for one request.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let entropy = match self {
            Self::System => random_u128(),
            Self::Fixed(clock) => u128::from(clock.contexts.fetch_add(1, Ordering::SeqCst)) << 32,
        };
        Moment { now: self.now(), entropy, made: Cell::new(0) }
    }
}

fn random_u128() -> u128 {
    let mut bytes = [0; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    assert!(filled.is_ok(), "the operating system gives no randomness");
    u128::from_le_bytes(bytes)
}

/// The time of one request and the source of its ids.
#[derive(Debug, Clone)]
pub struct Moment {
    now: Timestamp,
    entropy: u128,
    made: Cell<u32>,
}

impl Moment {
    /// When the request happens.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The day in Vietnam on which it happens.
    #[must_use]
    pub const fn today(&self) -> Date {
        self.now.date()
    }

    /// A new id: UUID version 7 (RFC 9562 section 5.7), rising within the request.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        let turn = self.made.get();
        self.made.set(turn + 1);
        let random = (self.entropy & !0xffff_ffff) | u128::from(turn);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[6..]);
        let millis = u64::try_from(self.now.micros() / 1000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// Starts the ids again, so that a repeated attempt makes the same ones.
    pub fn rewind(&self) {
        self.made.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_a_repeated_attempt_makes_them_again() {
        let moment = Clock::System.moment();
        let first: Vec<Uuid> = (0..1000).map(|_| moment.new_id()).collect();
        assert!(first.is_sorted());
        assert!(first.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(first.iter().all(|id| id.get_version_num() == 7));
        moment.rewind();
        assert_eq!(moment.new_id(), first[0]);
    }

    #[test]
    fn the_stopwatch_of_a_test_counts_looks() {
        let elapsed = Clock::Fixed(FixedClock::new(Timestamp::from_micros(0))).stopwatch();
        assert_eq!([elapsed(), elapsed(), elapsed()], [LOOK, 2 * LOOK, 3 * LOOK]);
    }

    #[test]
    fn two_requests_never_share_an_id() {
        let clock = Clock::Fixed(FixedClock::new(Timestamp::from_micros(0)));
        assert_ne!(clock.moment().new_id(), clock.moment().new_id());
        assert_ne!(Clock::System.moment().new_id(), Clock::System.moment().new_id());
    }
}
