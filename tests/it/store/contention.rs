//! Transactions that get into each other's way: readers that take long, writers that wait for each
//! other, a file that another process has locked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use ocop_link::error::Error;
use ocop_link::store::{Database, ReadTx, WriteTx, parties};

use super::market::{party_id, plain_party};
use crate::support::databases::{Engine, TestDatabase, on_both, run};

on_both!(a_long_reader_stops_no_writer_and_sees_one_state, writers_in_opposite_order_both_succeed);

const WRITERS: u128 = 8;
const WRITES: u128 = 20;

fn count(tx: &mut ReadTx<'_>) -> usize {
    parties::all(tx).expect("readable").len()
}

fn a_long_reader_stops_no_writer_and_sees_one_state(test: &TestDatabase) {
    let (begun, written) = (Barrier::new(2), Barrier::new(2));
    let write = |writer: u128| {
        for turn in 0..WRITES {
            let party = plain_party(writer * WRITES + turn);
            test.database.write(move |tx| parties::insert(tx, &party)).expect("written");
        }
    };
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let counts = test.database.read(|tx| {
                let before = count(tx);
                begun.wait();
                written.wait();
                Ok((before, count(tx)))
            });
            counts.expect("readable")
        });
        begun.wait();
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| scope.spawn(move || write(writer))).collect();
        for writer in writers {
            writer.join().expect("every write succeeds");
        }
        written.wait();
        assert_eq!(reader.join().expect("a reader"), (0, 0));
    });
    let all = test.database.read(|tx| Ok(count(tx))).expect("readable");
    assert_eq!(all as u128, WRITERS * WRITES);
}

fn touch(tx: &mut WriteTx<'_>, number: u128) -> Result<(), Error> {
    let mut party = parties::find(tx, party_id(number))?.ok_or(Error::NotFound)?;
    party.version += 1;
    parties::update(tx, &party)
}

/// Changes both parties; before the second of them it waits for the other writer, the first time.
fn touch_both(database: &Database, order: [u128; 2], together: &Arc<Barrier>) -> Result<(), Error> {
    let (attempts, together) = (AtomicUsize::new(0), Arc::clone(together));
    database.write(move |tx| {
        touch(tx, order[0])?;
        if attempts.fetch_add(1, Ordering::SeqCst) == 0 {
            together.wait();
        }
        touch(tx, order[1])
    })
}

/// On PostgreSQL each waits for the other, which one of them does not survive until it is repeated.
/// SQLite runs one after the other, so nobody is there to be waited for.
fn writers_in_opposite_order_both_succeed(test: &TestDatabase) {
    for number in [1, 2] {
        let party = plain_party(number);
        test.database.write(move |tx| parties::insert(tx, &party)).expect("written");
    }
    let at_once = if test.home.engine == Engine::Postgres { 2 } else { 1 };
    let together = Arc::new(Barrier::new(at_once));
    thread::scope(|scope| {
        for order in [[1, 2], [2, 1]] {
            let together = &together;
            let write = move || touch_both(&test.database, order, together).expect("written");
            scope.spawn(write);
        }
    });
    assert_eq!(versions(&test.database), [3, 3]);
}

fn versions(database: &Database) -> Vec<i64> {
    let all = database.read(parties::all).expect("readable");
    all.iter().map(|party| party.version).collect()
}

/// Changes a party that the other writer has read too, the first time.
fn read_and_touch(database: &Database, together: &Arc<Barrier>) -> Result<(), Error> {
    let (attempts, together) = (AtomicUsize::new(0), Arc::clone(together));
    database.write(move |tx| {
        parties::find(tx, party_id(1))?;
        if attempts.fetch_add(1, Ordering::SeqCst) == 0 {
            together.wait();
        }
        touch(tx, 1)
    })
}

/// An operator may ask for more isolation than the service needs.
#[test]
fn a_serialization_failure_is_tried_again() {
    run(TestDatabase::new(Engine::Postgres), |test| {
        test.database.write(|tx| parties::insert(tx, &plain_party(1))).expect("written");
        let mut operator = PgConnection::establish(&test.home.url).expect("a connection");
        let strict = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET \
                      default_transaction_isolation = serializable', current_database()); END $$";
        operator.batch_execute(strict).expect("the owner");
        let database = Database::open(&test.home.url, 2).expect("a database");
        let together = Arc::new(Barrier::new(2));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| read_and_touch(&database, &together).expect("written"));
            }
        });
        assert_eq!(versions(&database), [3]);
    });
}

/// Run outside a transaction, each of its statements would be committed by itself.
#[test]
fn a_write_that_cannot_begin_is_not_run() {
    run(TestDatabase::new(Engine::Sqlite), |test| {
        let mut other = SqliteConnection::establish(test.home.path()).expect("a connection");
        other.batch_execute("BEGIN IMMEDIATE").expect("a lock");
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let refused = test.database.write(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            parties::insert(tx, &plain_party(1))
        });
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        other.batch_execute("ROLLBACK").expect("unlocked");
        test.database.write(|tx| parties::insert(tx, &plain_party(1))).expect("written");
        assert_eq!(test.database.read(|tx| Ok(count(tx))).expect("readable"), 1);
    });
}
