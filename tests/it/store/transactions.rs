//! Transactions: all or nothing, also under panics and many writers.

use std::sync::mpsc::channel;
use std::thread;

use matching::id::PartyId;
use ocop_link::error::Error;
use ocop_link::store::{Database, parties};
use uuid::Uuid;

use super::market::plain_party;
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    concurrent_writers_lose_nothing,
    a_failed_write_leaves_nothing,
    a_panic_leaves_nothing_and_the_database_usable,
    a_caller_without_a_connection_is_told_to_try_again,
);

fn insert(database: &Database, number: u128) -> Result<(), Error> {
    database.write(move |tx| parties::insert(tx, &plain_party(number)))
}

fn is_there(database: &Database, number: u128) -> bool {
    let id = PartyId::new(Uuid::from_u128(number));
    database.read(|tx| parties::find(tx, id)).expect("readable").is_some()
}

fn concurrent_writers_lose_nothing(test: &TestDatabase) {
    const THREADS: u128 = 16;
    const INSERTS: u128 = 50;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for turn in 0..INSERTS {
                    insert(&test.database, thread * INSERTS + turn).expect("written");
                }
            });
        }
    });
    let ids: Vec<u128> = test
        .database
        .read(parties::all)
        .expect("readable")
        .iter()
        .map(|party| party.id.as_u128())
        .collect();
    assert_eq!(ids, (0..THREADS * INSERTS).collect::<Vec<_>>());
}

fn a_failed_write_leaves_nothing(test: &TestDatabase) {
    let failed = test.database.write(|tx| {
        parties::insert(tx, &plain_party(1))?;
        Err::<(), _>(Error::Forbidden)
    });
    assert!(matches!(failed, Err(Error::Forbidden)));
    assert!(!is_there(&test.database, 1));
}

fn a_panic_leaves_nothing_and_the_database_usable(test: &TestDatabase) {
    for _ in 0..10 {
        let failed = test.database.write(|tx| -> Result<(), Error> {
            parties::insert(tx, &plain_party(1))?;
            panic!("a bug in an action");
        });
        assert!(matches!(failed, Err(Error::Internal(_))));
    }
    assert!(!is_there(&test.database, 1));
    insert(&test.database, 1).expect("usable");
    assert!(is_there(&test.database, 1));
}

fn a_caller_without_a_connection_is_told_to_try_again(test: &TestDatabase) {
    let database = Database::open(&test.home.url, 1).expect("a database");
    let (started, has_started) = channel();
    let (done, is_done) = channel::<()>();
    let database = &database;
    thread::scope(|scope| {
        scope.spawn(move || {
            let held = database.read(|_| {
                started.send(()).expect("somebody waits");
                // Ends when the other side is dropped.
                Ok(is_done.recv().is_err())
            });
            assert!(held.expect("readable"));
        });
        has_started.recv().expect("started");
        assert!(matches!(database.read(|_| Ok(())), Err(Error::Unavailable(_))));
        drop(done);
    });
    assert!(database.read(|_| Ok(true)).expect("the connection came back"));
}
