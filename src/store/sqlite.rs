//! The embedded database: several readers, and one writer thread with a queue and group commit, so
//! that concurrent writers share one `fsync` and never meet a lock. Must not know tables.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::connection::{AnyConnection, DatabaseUrl};
use super::database::{CommitHook, attempt};
use super::pool::{Connections, Pool};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// The most transactions that share one commit; bounds how long the first of them waits.
const MAX_BATCH: usize = 128;

/// Tells a caller how its transaction ended, after the commit.
type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// One transaction: runs inside a savepoint, or not at all where none could begin, and is finished
/// after the commit.
type Job = Box<dyn FnOnce(Option<&mut AnyConnection>) -> Finish + Send>;
/// The transactions of one commit, and how it ended.
type Committed = (Vec<Finish>, Result<(), Error>);

/// A row of `PRAGMA integrity_check`.
#[derive(QueryableByName)]
struct Damage {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

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
        let (commits, committed) = channel();
        let internal = |error: std::io::Error| Error::Internal(error.to_string());
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(connection, &jobs, &commits))
            .map_err(internal)?;
        thread::Builder::new()
            .name("sqlite-answers".into())
            .spawn(move || answer_all(&committed, &hook))
            .map_err(internal)?;
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

    /// What SQLite finds wrong with the file, up to a hundred things.
    pub(super) fn damages(&self) -> Result<Vec<String>, Error> {
        let rows: Vec<Damage> = self.readers.with(|connection| {
            Ok(diesel::sql_query("PRAGMA integrity_check(100)").load(connection)?)
        })?;
        let found = rows.into_iter().map(|row| row.integrity_check);
        Ok(found.filter(|damage| damage != "ok").collect())
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move |connection| {
            let not_begun = || Err(Error::Unavailable("no transaction could begin".into()));
            let result = connection.map_or_else(not_begun, |connection| {
                connection.transaction(|connection| attempt(connection, &work))
            });
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

fn write_all(mut connection: AnyConnection, jobs: &Receiver<Job>, commits: &Sender<Committed>) {
    while let Ok(first) = jobs.recv() {
        let batch = std::iter::once(first).chain(jobs.try_iter().take(MAX_BATCH - 1)).collect();
        if commits.send(write_batch(&mut connection, batch)).is_err() {
            return;
        }
    }
}

fn write_batch(connection: &mut AnyConnection, batch: Vec<Job>) -> Committed {
    if let Err(error) = begin(connection) {
        return (batch.into_iter().map(|job| job(None)).collect(), Err(error));
    }
    let finishes = batch.into_iter().map(|job| job(Some(connection))).collect();
    (finishes, commit(connection))
}

/// Runs what follows a commit, and then answers its callers, while the writer is at the next batch.
fn answer_all(committed: &Receiver<Committed>, hook: &CommitHook) {
    while let Ok(first) = committed.recv() {
        let commits: Vec<Committed> = std::iter::once(first).chain(committed.try_iter()).collect();
        if commits.iter().any(|(_, result)| result.is_ok()) {
            hook.run();
        }
        for (finishes, result) in commits {
            for finish in finishes {
                finish(result.clone());
            }
        }
    }
}

/// Always immediate: a transaction that reads first and writes later would fail on a busy file.
fn begin(connection: &mut AnyConnection) -> Result<(), Error> {
    let connection = embedded(connection)?;
    Ok(AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")?)
}

fn commit(connection: &mut AnyConnection) -> Result<(), Error> {
    let connection = embedded(connection)?;
    AnsiTransactionManager::commit_transaction(connection).map_err(|error| {
        // Whatever is left open must not leak into the next batch.
        let _ = AnsiTransactionManager::rollback_transaction(connection);
        error.into()
    })
}

fn embedded(connection: &mut AnyConnection) -> Result<&mut SqliteConnection, Error> {
    match connection {
        AnyConnection::Sqlite(connection) => Ok(connection),
        AnyConnection::Postgres(_) => Err(Error::Internal("the writer is not on SQLite".into())),
    }
}
