//! The embedded database: several readers, and one writer thread with a queue and group commit, so
//! that concurrent writers share one `fsync` and never meet a lock. Must not know tables.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use diesel::Connection;
use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::connection::{AnyConnection, DatabaseUrl};
use super::database::{CommitHook, attempt};
use super::pool::{Connections, Pool};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// The most transactions that share one commit; bounds how long the first of them waits.
const MAX_BATCH: usize = 128;

/// Tells a caller how its transaction ended, after the commit.
type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// One transaction: runs inside a savepoint, and is finished after the commit.
type Job = Box<dyn FnOnce(&mut AnyConnection) -> Finish + Send>;

pub(super) struct Sqlite {
    readers: Pool,
    queue: Sender<Job>,
}

impl Sqlite {
    pub(super) fn open(
        url: &DatabaseUrl,
        connection: AnyConnection,
        hook: Arc<CommitHook>,
        readers: usize,
    ) -> Result<Self, Error> {
        let (queue, jobs) = channel();
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(connection, &jobs, &hook))
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self { readers: Pool::new(url.clone(), readers), queue })
    }

    pub(super) fn connections(&self) -> Connections {
        self.readers.connections()
    }

    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.readers.with(|connection| {
            connection.transaction(|connection| work(&mut ReadTx::new(connection)))
        })
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move |connection| {
            let result = connection.transaction(|connection| attempt(connection, &work));
            Box::new(move |committed| {
                // A caller that has gone away needs no answer.
                let _ = answer.send(committed.and(result));
            })
        });
        let stopped = || Error::Unavailable("the writer has stopped".into());
        self.queue.send(job).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?
    }
}

fn write_all(mut connection: AnyConnection, jobs: &Receiver<Job>, hook: &CommitHook) {
    while let Ok(first) = jobs.recv() {
        let batch = std::iter::once(first).chain(jobs.try_iter().take(MAX_BATCH - 1)).collect();
        write_batch(&mut connection, batch, hook);
    }
}

fn write_batch(connection: &mut AnyConnection, batch: Vec<Job>, hook: &CommitHook) {
    if let Err(error) = begin(connection) {
        // Not begun, so every transaction of the batch fails by itself.
        batch.into_iter().for_each(|job| job(connection)(Err(Error::Unavailable(error.clone()))));
        return;
    }
    let finishes: Vec<Finish> = batch.into_iter().map(|job| job(connection)).collect();
    let committed = commit(connection);
    if committed.is_ok() {
        hook.run();
    }
    for finish in finishes {
        finish(committed.clone().map_err(Error::Unavailable));
    }
}

/// Always immediate: a transaction that reads first and writes later would fail on a busy file.
fn begin(connection: &mut AnyConnection) -> Result<(), String> {
    let AnyConnection::Sqlite(connection) = connection else {
        return Err("the writer is not on SQLite".into());
    };
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        .map_err(|error| error.to_string())
}

fn commit(connection: &mut AnyConnection) -> Result<(), String> {
    let AnyConnection::Sqlite(connection) = connection else {
        return Err("the writer is not on SQLite".into());
    };
    AnsiTransactionManager::commit_transaction(connection).map_err(|error| {
        // Whatever is left open must not leak into the next batch.
        let _ = AnsiTransactionManager::rollback_transaction(connection);
        error.to_string()
    })
}
