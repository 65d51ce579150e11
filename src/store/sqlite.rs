//! The embedded database: several readers, and one writer thread with a queue and group commit, so
//! that concurrent writers share one `fsync` and never meet a lock. Must not know tables.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite as Backend;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

use super::connection::{AnyConnection, DatabaseUrl};
use super::database::{CommitHook, attempt};
use super::pool::{Connections, Pool};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// The most transactions that share one commit; bounds how long the first of them waits.
const MAX_BATCH: usize = 128;

/// Tells a caller how its transaction ended, after the commit.
type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;
/// One transaction: runs as one of a batch, and is finished after the commit.
type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Finish + Send>;
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
        self.readers.with(|connection| snapshot(connection, work))
    }

    pub(super) fn read_apart<T>(
        &self,
        work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.readers.apart(|connection| snapshot(connection, work))
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
        // A caller that has gone away needs no answer.
        self.submit(work, move |result| drop(answer.send(result)))?;
        answered.recv().map_err(|_| stopped())?
    }

    /// Puts a transaction into the queue; the thread that answers tells `answer` how it ended.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let job: Job = Box::new(move |batch| {
            let result = batch.run(&work);
            Box::new(move |committed| answer(committed.and(result)))
        });
        self.queue.send(job).map_err(|_| stopped())
    }
}

/// Several statements of one read see one state of the database.
fn snapshot<T>(
    connection: &mut AnyConnection,
    work: impl FnOnce(&mut ReadTx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    connection.transaction(|connection| work(&mut ReadTx::new(connection)))
}

fn stopped() -> Error {
    Error::Unavailable("the writer has stopped".into())
}

fn write_all(mut connection: AnyConnection, jobs: &Receiver<Job>, commits: &Sender<Committed>) {
    while let Ok(first) = jobs.recv() {
        let batch = std::iter::once(first).chain(jobs.try_iter().take(MAX_BATCH - 1)).collect();
        if commits.send(write_batch(&mut connection, batch)).is_err() {
            return;
        }
    }
}

fn write_batch(connection: &mut AnyConnection, jobs: Vec<Job>) -> Committed {
    let begun = begin(connection);
    let mut batch = Batch { connection, is_sound: begun.is_ok() };
    let finishes = jobs.into_iter().map(|job| job(&mut batch)).collect();
    (finishes, begun.and_then(|()| batch.commit()))
}

/// The open transaction of one commit.
struct Batch<'a> {
    connection: &'a mut AnyConnection,
    /// Whether each transaction in it stands whole or not at all.
    is_sound: bool,
}

impl Batch<'_> {
    /// Runs one transaction in a savepoint of its own.
    fn run<T>(&mut self, work: &impl Fn(&mut WriteTx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.steer("SAVEPOINT job")?;
        match attempt(self.connection, work) {
            Ok(value) => self.steer("RELEASE job").map(|()| value),
            Err(error) => {
                // Where this fails too, the batch is unsound.
                let _ = self.steer("ROLLBACK TO job").and_then(|()| self.steer("RELEASE job"));
                Err(error)
            }
        }
    }

    fn steer(&mut self, statement: &'static str) -> Result<(), Error> {
        if !self.is_sound {
            return Err(lost());
        }
        let done = Steering(statement).execute(embedded(self.connection)?);
        self.is_sound = done.is_ok();
        Ok(done.map(drop)?)
    }

    fn commit(self) -> Result<(), Error> {
        let connection = embedded(self.connection)?;
        let committed = if self.is_sound {
            AnsiTransactionManager::commit_transaction(connection).map_err(Error::from)
        } else {
            Err(lost())
        };
        committed.inspect_err(|_| {
            // Whatever is left open must not leak into the next batch.
            let _ = AnsiTransactionManager::rollback_transaction(connection);
        })
    }
}

/// A statement about the transaction itself; prepared once for each text.
struct Steering(&'static str);

impl QueryId for Steering {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Backend> for Steering {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl RunQueryDsl<SqliteConnection> for Steering {}

fn lost() -> Error {
    Error::Unavailable("no transaction is active".into())
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

fn embedded(connection: &mut AnyConnection) -> Result<&mut SqliteConnection, Error> {
    match connection {
        AnyConnection::Sqlite(connection) => Ok(connection),
        AnyConnection::Postgres(_) => Err(Error::Internal("the writer is not on SQLite".into())),
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::sql_types::BigInt;

    use super::*;

    /// 13 undoes the whole transaction, as a full disk does; 99 does not let it commit.
    const TABLES: &str = "PRAGMA foreign_keys = ON;
        CREATE TABLE parents (number INTEGER PRIMARY KEY);
        CREATE TABLE numbers (number INTEGER NOT NULL,
            parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER undoing BEFORE INSERT ON numbers WHEN NEW.number = 13
            BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END;
        CREATE TRIGGER orphaning AFTER INSERT ON numbers WHEN NEW.number = 99
            BEGIN UPDATE numbers SET parent = 1 WHERE number = 99; END;";

    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }

    fn numbers(connection: &mut AnyConnection) -> Vec<i64> {
        let rows = diesel::sql_query("SELECT number FROM numbers ORDER BY number");
        let rows: Vec<Number> = rows.load(connection).expect("readable");
        rows.into_iter().map(|row| row.number).collect()
    }

    /// A job that writes a number and sends it back; an even one fails after it was written.
    fn job(number: i64, answer: Sender<i64>) -> Job {
        Box::new(move |batch| {
            let result = batch.run(&|tx: &mut WriteTx<'_>| {
                let row = format!("INSERT INTO numbers (number) VALUES ({number})");
                diesel::sql_query(row).execute(tx.connection())?;
                if number % 2 == 0 { Err(Error::NotFound) } else { Ok(number) }
            });
            Box::new(move |committed| {
                if let Ok(number) = committed.and(result) {
                    answer.send(number).expect("somebody waits");
                }
            })
        })
    }

    /// Writes these as one batch; tells which were answered with success.
    fn write(connection: &mut AnyConnection, numbers: &[i64]) -> Vec<i64> {
        let (answer, answered) = channel();
        let jobs = numbers.iter().map(|number| job(*number, answer.clone())).collect();
        let (finishes, committed) = write_batch(connection, jobs);
        finishes.into_iter().for_each(|finish| finish(committed.clone()));
        drop(answer);
        answered.iter().collect()
    }

    #[test]
    fn an_answer_tells_what_became_of_its_transaction() {
        for (batch, kept) in [
            (&[1, 3, 5][..], &[1, 3, 5][..]),
            (&[1, 2, 3], &[1, 3]),
            (&[1, 13, 3], &[]),
            (&[13], &[]),
            (&[1, 99, 3], &[]),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("new.db").display().to_string();
            let mut connection = DatabaseUrl::Sqlite(path).connect().expect("a file");
            connection.batch_execute(TABLES).expect("tables");
            assert_eq!(write(&mut connection, batch), kept, "{batch:?}");
            assert_eq!(numbers(&mut connection), kept, "{batch:?}");
            assert_eq!(write(&mut connection, &[7]), [7], "the next batch after {batch:?}");
        }
    }
}
