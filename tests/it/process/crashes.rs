//! `kill -9` at the two points of a write where it hurts: before its commit, and after it while the
//! client still waits. Whoever then asks again with the same key gets one record and one answer.

use std::thread;

use ocop_link::store::{Database, parties};
use serde_json::Value;

use super::durability::{admin, audit, party};
use super::{Server, agent, get, wait_for};
use crate::support::databases::{EmptyDatabase, on_both};
use crate::support::obstacle::Obstacle;

on_both!(empty: killed_before_the_commit_nothing_is_there_and_a_retry_makes_it,
    killed_after_the_commit_a_retry_gets_the_first_answer);

/// An answer: its status, whether it was given before, and the record.
type Made = (u16, bool, Value);

/// Asks for a party under one key; none if the connection ended without an answer.
fn register(base: &str, token: &str) -> Option<Made> {
    let request = agent().post(format!("{base}/v1/parties"));
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    let request = request.header("idempotency-key", "crash-1");
    let mut answer = request.send(party("HTX", "producer").to_string()).ok()?;
    let is_replay = answer.headers().contains_key("idempotent-replayed");
    Some((answer.status().as_u16(), is_replay, answer.body_mut().read_json().ok()?))
}

fn recorded(database: &Database) -> usize {
    database.read(parties::all).expect("readable").len()
}

/// Kills the service once `is_time` while its write stands before an obstacle at `place`; how many
/// records there are then.
fn kill_at(
    home: &EmptyDatabase,
    token: &str,
    place: fn(&EmptyDatabase) -> Obstacle,
    mut is_time: impl FnMut(&mut Obstacle, &Database) -> bool,
) -> usize {
    let mut server = Server::start(&home.url).wait_until_ready();
    let database = Database::open(&home.url, 1).expect("a database");
    let (base, mut obstacle) = (server.base_url.clone(), place(home));
    let answer = thread::scope(|scope| {
        let client = scope.spawn(|| register(&base, token));
        wait_for("the time", || is_time(&mut obstacle, &database).then_some(()));
        assert_eq!(server.end("KILL"), None);
        client.join().expect("no panic")
    });
    assert_eq!(answer, None);
    obstacle.remove();
    recorded(&database)
}

/// Asks again, twice; the first of the two must be a repetition or not.
fn retry(home: &EmptyDatabase, token: &str, is_replay: bool) {
    let server = Server::start(&home.url).wait_until_ready();
    let first = register(&server.base_url, token).expect("an answer");
    assert_eq!((first.0, first.1), (201, is_replay), "{}", first.2);
    let (_, page) = get(&format!("{}/v1/parties", server.base_url), token).expect("a page");
    assert_eq!(page["items"], Value::Array(vec![first.2.clone()]), "one record");
    let second = register(&server.base_url, token).expect("an answer");
    assert_eq!(second, (201, true, first.2));
    audit(&home.url);
}

fn killed_before_the_commit_nothing_is_there_and_a_retry_makes_it(home: &EmptyDatabase) {
    let token = admin(&home.url);
    let left = kill_at(home, &token, Obstacle::before_commits, |obstacle, _| obstacle.is_met());
    assert_eq!(left, 0);
    retry(home, &token, false);
}

fn killed_after_the_commit_a_retry_gets_the_first_answer(home: &EmptyDatabase) {
    let token = admin(&home.url);
    let is_committed = |_: &mut Obstacle, database: &Database| recorded(database) == 1;
    let left = kill_at(home, &token, Obstacle::before_answers, is_committed);
    assert_eq!(left, 1);
    retry(home, &token, true);
}
