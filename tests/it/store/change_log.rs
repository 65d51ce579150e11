//! The change log: complete, without a gap, in commit order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use matching::date::Timestamp;
use matching::id::PartyId;
use ocop_link::error::Error;
use ocop_link::store::changes::{Change, Changed, NewChange, after, append, last};
use ocop_link::store::{Database, parties};
use uuid::Uuid;

use super::market::plain_party;
use crate::support::databases::{TestDatabase, on_both};

const WRITERS: usize = 8;
const TRANSACTIONS: usize = 40;

on_both!(a_reader_that_polls_sees_every_change_once_and_in_order, the_log_counts_from_one);

/// The records that a transaction writes: one to three, by its number.
fn records(writer: usize, turn: usize) -> Vec<Uuid> {
    let first = (writer * TRANSACTIONS + turn) * 3;
    (0..=turn % 3).map(|record| Uuid::from_u128((first + record) as u128)).collect()
}

/// Every seventh transaction fails after it has noted its changes.
fn fails(turn: usize) -> bool {
    turn % 7 == 6
}

fn write(database: &Database, writer: usize, turn: usize) -> Result<(), Error> {
    database.write(move |tx| {
        for record in records(writer, turn) {
            parties::insert(tx, &plain_party(record.as_u128()))?;
            let actor = PartyId::new(record);
            let at = Timestamp::from_micros(0);
            let resource = Changed::Party;
            append(tx, NewChange { at, resource, resource_id: record, version: 1, actor });
        }
        if fails(turn) { Err(Error::Forbidden) } else { Ok(()) }
    })
}

/// Polls until the writers are done and nothing more comes.
fn follow(database: &Database, writing: &AtomicUsize) -> Vec<Change> {
    let mut seen: Vec<Change> = Vec::new();
    loop {
        let were_writing = writing.load(Ordering::SeqCst) > 0;
        let cursor = seen.last().map_or(0, |change| change.seq);
        let page = database.read(|tx| after(tx, cursor, 50)).expect("readable");
        assert!(page.iter().all(|change| change.seq > cursor), "a change came twice");
        if page.is_empty() && !were_writing {
            return seen;
        }
        seen.extend(page);
    }
}

fn a_reader_that_polls_sees_every_change_once_and_in_order(test: &TestDatabase) {
    let writing = AtomicUsize::new(WRITERS);
    let seen = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let writing = &writing;
            scope.spawn(move || {
                for turn in 0..TRANSACTIONS {
                    assert_eq!(write(&test.database, writer, turn).is_err(), fails(turn));
                }
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        follow(&test.database, &writing)
    });
    let committed: BTreeSet<Uuid> = (0..WRITERS)
        .flat_map(|writer| (0..TRANSACTIONS).map(move |turn| (writer, turn)))
        .filter(|(_, turn)| !fails(*turn))
        .flat_map(|(writer, turn)| records(writer, turn))
        .collect();
    let numbers: Vec<i64> = seen.iter().map(|change| change.seq).collect();
    assert_eq!(numbers, (1..=committed.len() as i64).collect::<Vec<_>>());
    assert_eq!(seen.iter().map(|change| change.resource_id).collect::<BTreeSet<_>>(), committed);
}

fn the_log_counts_from_one(test: &TestDatabase) {
    let number = || test.database.read(last).expect("readable");
    assert_eq!(number(), 0);
    write(&test.database, 0, 0).expect("written");
    assert_eq!(number(), 1);
}
