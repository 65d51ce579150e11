//! The server database: a pool of connections, each transaction on one of them, repeated when the
//! server says that it may succeed the next time. Must not know tables.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::connection::{AnyConnection, DatabaseUrl};
use super::database::{CommitHook, attempt};
use super::dialect::NOT_SERIALIZABLE;
use super::pool::{Connections, Pool};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// How often a transaction is tried before the caller is told to try again later.
const ATTEMPTS: u32 = 4;
/// The first pause between two attempts; doubled each time.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Postgres {
    pool: Pool,
    hook: Arc<CommitHook>,
}

impl Postgres {
    pub(super) fn open(url: &DatabaseUrl, hook: Arc<CommitHook>, connections: usize) -> Self {
        Self { pool: Pool::new(url.clone(), connections), hook }
    }

    pub(super) fn connections(&self) -> Connections {
        self.pool.connections()
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.pool.with(|connection| snapshot(connection, work))
    }

    pub(super) fn read_apart<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.pool.apart(|connection| snapshot(connection, work))
    }

    pub(super) fn write<T>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut result = self.write_once(&work);
        for turn in 1..ATTEMPTS {
            if !matches!(&result, Err(Error::Unavailable(reason)) if may_succeed(reason)) {
                break;
            }
            thread::sleep(PAUSE * 2_u32.pow(turn));
            result = self.write_once(&work);
        }
        if result.is_ok() {
            self.hook.run();
        }
        result
    }

    fn write_once<T>(
        &self,
        work: &impl Fn(&mut WriteTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.pool.with(|connection| {
            diesel::Connection::transaction(connection, |connection| attempt(connection, work))
        })
    }
}

/// Several statements of one read see one state of the database.
fn snapshot<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    use diesel::connection::SimpleConnection;
    diesel::Connection::transaction(connection, |connection| {
        connection.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
        work(&mut ReadTx::new(connection))
    })
}

/// A serialization failure or a deadlock: nothing was done, and the next attempt may get through.
fn may_succeed(reason: &str) -> bool {
    reason.contains(NOT_SERIALIZABLE) || reason.contains("deadlock detected")
}
