//! Connections that are lent out one at a time, opened when first needed, and thrown away once they
//! have failed. Must not know what is done with them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::ConnectionError;

use super::connection::{AnyConnection, DatabaseUrl};
use crate::error::Error;

/// How long a caller waits for a connection before it is told to try again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) struct Pool {
    url: DatabaseUrl,
    size: usize,
    state: Mutex<State>,
    returned: Condvar,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// The most that may be open.
    pub limit: usize,
    /// That are open.
    pub open: usize,
    /// Of them, that nobody uses.
    pub idle: usize,
}

#[derive(Default)]
struct State {
    idle: Vec<AnyConnection>,
    open: usize,
}

impl Pool {
    pub(super) fn new(url: DatabaseUrl, size: usize) -> Self {
        Self { url, size, state: Mutex::default(), returned: Condvar::new() }
    }

    /// Lends a connection to `work`; keeps it only if it is still sound.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut lent = Lent { pool: self, connection: Some(self.acquire()?) };
        let Some(connection) = lent.connection.as_mut() else {
            return Err(Error::Internal("a connection was lent twice".into()));
        };
        let result = work(connection);
        if matches!(result, Err(Error::Unavailable(_) | Error::Internal(_))) {
            lent.connection = None;
            self.forget_idle();
        }
        result
    }

    /// Gives `work` a connection beside those of the pool, and closes it.
    pub(super) fn apart<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        work(&mut self.url.connect().map_err(cannot_connect)?)
    }

    pub(super) fn connections(&self) -> Connections {
        let state = self.lock();
        Connections { limit: self.size, open: state.open, idle: state.idle.len() }
    }

    fn acquire(&self) -> Result<AnyConnection, Error> {
        let deadline = Instant::now() + ACQUIRE_TIMEOUT;
        let mut state = self.lock();
        loop {
            if let Some(connection) = state.idle.pop() {
                return Ok(connection);
            }
            if state.open < self.size {
                state.open += 1;
                drop(state);
                return self.open();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Unavailable("every database connection is in use".into()));
            }
            let waited = self.returned.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn open(&self) -> Result<AnyConnection, Error> {
        self.url.connect().map_err(|error| {
            self.give_back(None);
            cannot_connect(error)
        })
    }

    fn give_back(&self, connection: Option<AnyConnection>) {
        let mut state = self.lock();
        match connection {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        drop(state);
        self.returned.notify_one();
    }

    /// When one connection has failed the others are likely to: the server may have restarted.
    fn forget_idle(&self) {
        let mut state = self.lock();
        state.open -= state.idle.len();
        state.idle.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cannot_connect(error: ConnectionError) -> Error {
    Error::Unavailable(format!("cannot connect to the database: {error}"))
}

/// Returns the connection even when the work panics.
struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<AnyConnection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let sound = if std::thread::panicking() { None } else { self.connection.take() };
        self.pool.give_back(sound);
    }
}
