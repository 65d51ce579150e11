//! What one process shares: settings, database, clock, keys, reference data, the live market; and
//! the only hop to a blocking thread.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use matching::date::{Date, Timestamp};
use matching::text::synonyms::{SynonymRow, Synonyms};
use tokio::sync::{Semaphore, oneshot};

use crate::caller::Caller;
use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::credentials::password::{Password, PasswordHash};
use crate::error::Error;
use crate::identity::Keys;
use crate::market::feed::Feed;
use crate::market::{Market, MarketSettings, View};
use crate::reference::{Reference, TaxonLevel};
use crate::store::{Database, ReadTx, WriteTx, grants};

/// How much the audit trail keeps of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailDetail {
    /// The record before and after.
    Full,
    /// Who, when and which version; what was written stands in the file that was imported.
    Compact,
}

/// What is fixed for one request: who, when, and the reference data.
#[derive(Clone)]
pub struct Context {
    /// Who acts.
    pub caller: Caller,
    /// The time and the ids of the request.
    pub moment: Moment,
    /// Units, places, sets.
    pub reference: &'static Reference,
    /// How much is kept of what it writes.
    pub trail: TrailDetail,
}

impl Context {
    /// The day in Vietnam.
    #[must_use]
    pub const fn today(&self) -> Date {
        self.moment.today()
    }
}

/// The running service, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    database: Database,
    clock: Clock,
    keys: Keys,
    reference: &'static Reference,
    feed: Feed,
    password_checks: Arc<Semaphore>,
}

/// How long a request waits for its work: longer than it may wait for a connection and a statement
/// may run, together, so that it is only given up where the database has stopped to answer at all.
const WORK_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a log-in waits until its password is checked.
const PASSWORD_TURN: Duration = Duration::from_secs(2);

impl Inner {
    /// Loads the market, and lets it follow what this instance and the others commit.
    fn follow_market(self: &Arc<Self>) -> Result<(), String> {
        let loaded = self.feed.load(&self.database);
        loaded.map_err(|error| format!("cannot load the market: {error}"))?;
        let hook = Arc::downgrade(self);
        self.database.after_commit(move || {
            catch_up(&hook);
        });
        let warmed = Arc::clone(self);
        spawn("market-warm", move || warmed.feed.market().warm())?;
        let follower = Arc::downgrade(self);
        spawn("market-feed", move || follow(&follower))
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map(drop).map_err(|error| error.to_string())
}

/// How often an instance looks for what the others have committed.
const FEED_INTERVAL: Duration = Duration::from_millis(20);
/// How long it waits after it could not look.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How often an instance looks for signing keys that another has made or withdrawn.
const KEYS_INTERVAL: Duration = Duration::from_secs(1);

impl App {
    /// Opens the database, makes what the first start needs, loads the market and keeps it current.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(config: Config, clock: Clock) -> Result<Self, String> {
        let app = Self::without_market(config, clock)?;
        app.0.follow_market()?;
        Ok(app)
    }

    /// The same with a market that stays empty, for work that asks it nothing.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn without_market(config: Config, clock: Clock) -> Result<Self, String> {
        let database = Database::open(&config.database_url, config.database_connections)?;
        let keys = Keys::load(&database, &clock).map_err(|error| error.to_string())?;
        let reference = Reference::shared();
        let market = Market::new(market_settings(&config, reference));
        let feed = Feed::new(market, reference);
        let password_checks = Arc::new(Semaphore::new(password_checks_at_once()));
        let inner = Inner { config, database, clock, keys, reference, feed, password_checks };
        Ok(Self(Arc::new(inner)))
    }

    /// The live market as it is now.
    #[must_use]
    pub fn market(&self) -> View {
        self.0.feed.market().view()
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The secrets of the deployment.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Units, places, sets.
    #[must_use]
    pub fn reference(&self) -> &'static Reference {
        self.0.reference
    }

    /// The database, for work that is on a blocking thread already.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// The context of a request of `caller` that happens now.
    #[must_use]
    pub fn context(&self, caller: Caller) -> Context {
        let (moment, reference) = (self.0.clock.moment(), self.0.reference);
        Context { caller, moment, reference, trail: TrailDetail::Full }
    }

    /// Reads for `caller` one consistent state.
    ///
    /// # Errors
    /// What `work` says, or [`Error::Unavailable`].
    pub async fn read<T: Send + 'static>(
        &self,
        caller: Caller,
        work: impl FnOnce(&mut ReadTx<'_>, &Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (app, context) = (self.clone(), self.context(caller));
        blocking(move || app.0.database.read(|tx| work(tx, &context))).await
    }

    /// Asks the database something that concerns no caller.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it does not answer.
    pub async fn probe<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let app = self.clone();
        blocking(move || app.0.database.read(work)).await
    }

    /// Whether `hash` is of `password`: a few at once, for each takes a core and 7 MiB a while.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is not its turn in time.
    pub async fn check_password(
        &self,
        password: Password,
        hash: PasswordHash,
    ) -> Result<bool, Error> {
        self.in_turn(move || Ok(hash.is_of(&password))).await
    }

    /// The hash of a password that somebody has chosen, in turn with those that are checked.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is not its turn in time.
    pub async fn hash_password(&self, password: Password) -> Result<PasswordHash, Error> {
        self.in_turn(move || password.hash()).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.0.password_checks).acquire_owned();
        let turn = tokio::time::timeout(PASSWORD_TURN, turn).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Error::Unavailable("too many passwords are to be checked".into()));
        };
        // The turn lasts as long as the work, also when nobody waits for it any more.
        blocking(move || {
            let result = work();
            drop(turn);
            result
        })
        .await
    }

    /// Writes for `caller`, all or nothing; a repeated attempt has the same time and ids.
    ///
    /// # Errors
    /// What `work` says, [`Error::NotDelegated`], or [`Error::Unavailable`]; nothing was changed,
    /// unless the database did not answer whether it was.
    pub async fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        work: impl Fn(&mut WriteTx<'_>, &Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let context = self.context(caller);
        let write = move |tx: &mut WriteTx<'_>| {
            context.moment.rewind();
            hold_grants(tx, &context)?;
            work(tx, &context)
        };
        if self.0.database.has_queue() {
            self.queued(write).await
        } else {
            self.at_once(write).await
        }
    }

    async fn at_once<T: Send + 'static>(
        &self,
        write: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let app = self.clone();
        blocking(move || app.0.database.write(write)).await
    }

    /// Waits for the queue without a thread. What is no longer waited for is not begun.
    async fn queued<T: Send + 'static>(
        &self,
        write: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let waits = Arc::new(());
        let waiting = Arc::downgrade(&waits);
        let write = move |tx: &mut WriteTx<'_>| match waiting.strong_count() {
            0 => Err(late()),
            _ => write(tx),
        };
        self.0.database.submit(write, move |result| drop(answer.send(result)))?;
        let answered = tokio::time::timeout(WORK_TIMEOUT, answered).await;
        drop(waits);
        let stopped = |_| Error::Unavailable("the writer has stopped".into());
        answered.map_err(|_| late())?.map_err(stopped)?
    }

    /// Changes something that concerns no caller, such as what is no longer needed.
    ///
    /// # Errors
    /// What `work` says, or [`Error::Unavailable`]; nothing was changed.
    pub async fn maintain<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (app, now) = (self.clone(), self.0.clock.now());
        blocking(move || app.0.database.write(move |tx| work(tx, now))).await
    }
}

/// A caller that acts by grants still has them, and keeps them until the transaction ends: they may
/// have been taken back since it was let in.
fn hold_grants(tx: &mut WriteTx<'_>, context: &Context) -> Result<(), Error> {
    let caller = &context.caller;
    if !caller.needs_grant() {
        return Ok(());
    }
    let pair = (caller.party(), caller.actor());
    let allowed = grants::lock_permissions(tx, pair, context.today())?;
    if caller.is_covered_by(&allowed) { Ok(()) } else { Err(Error::NotDelegated) }
}

/// Half of the cores, so that many who log in leave the other half to everybody else.
fn password_checks_at_once() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

fn market_settings(config: &Config, reference: &'static Reference) -> MarketSettings {
    let rows = reference.synonyms().iter().map(|synonym| SynonymRow {
        canonical: synonym.canonical.as_str(),
        variant: synonym.variant.as_str(),
        relation: synonym.relation.code(),
        ambiguous: synonym.ambiguous,
    });
    let sets = reference.product_sets().at_level(TaxonLevel::Set);
    MarketSettings {
        synonyms: Synonyms::from_rows(rows).with_places(reference.places().names()),
        freight: config.freight_rate,
        product_set_labels: sets.map(|set| set.label_vi.clone()).collect(),
    }
}

/// Lets the market see what was just committed; whether it does. A failure is no failure of the
/// commit: the follower tries again.
fn catch_up(app: &Weak<Inner>) -> bool {
    let Some(app) = app.upgrade() else { return true };
    let caught_up = app.feed.catch_up(&app.database);
    if let Err(error) = &caught_up {
        tracing::warn!(%error, "the market could not be brought up to date");
    }
    caught_up.is_ok()
}

/// Follows what other instances commit, as long as the service runs.
fn follow(app: &Weak<Inner>) {
    let mut keys_read = Instant::now();
    while app.strong_count() > 0 {
        thread::sleep(FEED_INTERVAL);
        if !catch_up(app) {
            thread::sleep(RETRY_INTERVAL);
        }
        if keys_read.elapsed() >= KEYS_INTERVAL {
            refresh_keys(app);
            keys_read = Instant::now();
        }
    }
}

/// Learns of keys that another instance has made or withdrawn. The keys known before stay if the
/// database does not answer.
fn refresh_keys(app: &Weak<Inner>) {
    let Some(app) = app.upgrade() else { return };
    if let Err(error) = app.keys.refresh(&app.database) {
        tracing::warn!(%error, "the signing keys could not be read");
    }
}

fn late() -> Error {
    Error::Unavailable("the database did not answer in time".into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let task = tokio::task::spawn_blocking(work);
    let abort = task.abort_handle();
    let Ok(joined) = tokio::time::timeout(WORK_TIMEOUT, task).await else {
        // What has begun cannot be ended, and may still be done; what waits for a thread can.
        abort.abort();
        return Err(late());
    };
    joined.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
}
