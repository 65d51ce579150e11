//! What one process shares: settings, database, clock, keys, reference data, the live market; and
//! the only hop to a blocking thread.

use std::sync::Arc;

use matching::date::Date;

use crate::caller::Caller;
use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::error::Error;
use crate::identity::Keys;
use crate::reference::Reference;
use crate::store::{Database, ReadTx, WriteTx};

/// What is fixed for one request: who, when, and the reference data.
#[derive(Clone)]
pub struct Context {
    /// Who acts.
    pub caller: Caller,
    /// The time and the ids of the request.
    pub moment: Moment,
    /// Units, places, sets.
    pub reference: &'static Reference,
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
}

impl App {
    /// Opens the database, makes what the first start needs, and loads the market.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(config: Config, clock: Clock) -> Result<Self, String> {
        let database = Database::open(&config.database_url, config.database_connections)?;
        let keys = Keys::load(&database, &clock).map_err(|error| error.to_string())?;
        let reference = Reference::shared();
        Ok(Self(Arc::new(Inner { config, database, clock, keys, reference })))
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
        Context { caller, moment: self.0.clock.moment(), reference: self.0.reference }
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

    /// Writes for `caller`, all or nothing; a repeated attempt has the same time and ids.
    ///
    /// # Errors
    /// What `work` says, or [`Error::Unavailable`]; nothing was changed.
    pub async fn write<T: Send + 'static>(
        &self,
        caller: Caller,
        work: impl Fn(&mut WriteTx<'_>, &Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (app, context) = (self.clone(), self.context(caller));
        blocking(move || {
            app.0.database.write(move |tx| {
                context.moment.rewind();
                work(tx, &context)
            })
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
}
