//! The database as the layers above use it: open it, read in a transaction, write in a transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use super::changes;
use super::connection::{AnyConnection, DatabaseUrl};
use super::migrations;
use super::owner;
use super::pool::Connections;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// Work that follows each commit before its caller is answered.
#[derive(Default)]
pub(super) struct CommitHook(OnceLock<Box<dyn Fn() + Send + Sync>>);

impl CommitHook {
    pub(super) fn run(&self) {
        if let Some(hook) = self.0.get() {
            hook();
        }
    }
}

enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// An open database with the current schema.
pub struct Database {
    engine: Engine,
    hook: Arc<CommitHook>,
}

impl Database {
    /// Opens the database that `url` names and brings its schema up to date; one of several
    /// processes that start together does so, the others wait.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(url: &str, connections: usize) -> Result<Self, String> {
        let url = DatabaseUrl::parse(url)?;
        // Other programs may have tables on a server, so that nothing there is refused.
        if matches!(url, DatabaseUrl::Sqlite(_)) {
            owner::is_ours(&url)?;
        }
        Self::open_own(&url, connections)
    }

    /// The same for a database that has this service's schema already: makes none.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open_existing(url: &str, connections: usize) -> Result<Self, String> {
        let url = DatabaseUrl::parse(url)?;
        if !owner::is_ours(&url)? {
            return Err(format!("{} is absent or empty", url.place()));
        }
        Self::open_own(&url, connections)
    }

    /// Whether `url` names a database without doubt.
    ///
    /// # Errors
    /// A sentence that names the setting, and shows nothing of its value.
    pub fn check_url(url: &str) -> Result<(), String> {
        DatabaseUrl::parse(url).map(drop)
    }

    fn open_own(url: &DatabaseUrl, connections: usize) -> Result<Self, String> {
        let cannot = |reason| url.cannot_open(reason);
        let mut connection = url.connect().map_err(|error| cannot(error.to_string()))?;
        migrations::run(&mut connection).map_err(cannot)?;
        let hook = Arc::new(CommitHook::default());
        let engine = match url {
            DatabaseUrl::Sqlite(_) => {
                let sqlite = Sqlite::open(url, connection, Arc::clone(&hook), connections);
                Engine::Sqlite(sqlite.map_err(|error| cannot(error.to_string()))?)
            }
            DatabaseUrl::Postgres(_) => {
                Engine::Postgres(Postgres::open(url, Arc::clone(&hook), connections))
            }
        };
        Ok(Self { engine, hook })
    }

    /// Has `hook` run after each commit, before the caller is answered; the first one stays.
    pub fn after_commit(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.hook.0.get_or_init(|| Box::new(hook));
    }

    /// How many connections there are now; on SQLite those of readers, beside the one writer.
    #[must_use]
    pub fn connections(&self) -> Connections {
        match &self.engine {
            Engine::Sqlite(engine) => engine.connections(),
            Engine::Postgres(engine) => engine.connections(),
        }
    }

    /// What is wrong with the file of an embedded database; a server looks after its own.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn damages(&self) -> Result<Vec<String>, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.damages(),
            Engine::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Reads one consistent state. Blocks the thread.
    ///
    /// # Errors
    /// What `work` says, or [`Error::Unavailable`].
    pub fn read<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read(work),
            Engine::Postgres(engine) => engine.read(work),
        }
    }

    /// Reads one consistent state, of which much, on a connection beside those that are shared: no
    /// request waits for it, and what it kept in memory goes with it. Blocks the thread.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_apart<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read_apart(work),
            Engine::Postgres(engine) => engine.read_apart(work),
        }
    }

    /// Writes all or nothing. Blocks the thread. `work` may be called again when an attempt could
    /// not be committed.
    ///
    /// # Errors
    /// What `work` says, or [`Error::Unavailable`]; nothing was changed.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.write(work),
            Engine::Postgres(engine) => engine.write(work),
        }
    }

    /// Whether writes wait in a queue, so that [`Self::submit`] blocks no thread.
    #[must_use]
    pub const fn has_queue(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Writes as [`Self::write`] does, and tells `answer` how it ended. Blocks the thread unless
    /// writes wait in a queue; then another thread answers, which must not be held up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if nobody takes from the queue any more.
    pub fn submit<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.submit(work, answer),
            Engine::Postgres(engine) => {
                answer(engine.write(work));
                Ok(())
            }
        }
    }
}

/// One attempt at a transaction that is already open; a panic becomes an error, so that it is
/// rolled back like any other failure.
pub(super) fn attempt<T>(
    connection: &mut AnyConnection,
    work: &impl Fn(&mut WriteTx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut tx = WriteTx::new(connection);
    let panicked = |_| Err(Error::Internal("a panic in a transaction".into()));
    let value = catch_unwind(AssertUnwindSafe(|| work(&mut tx))).unwrap_or_else(panicked)?;
    changes::flush(&mut tx)?;
    Ok(value)
}
