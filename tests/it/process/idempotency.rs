//! One key at two processes on one database.

use std::thread;

use serde_json::Value;

use super::durability::{admin, audit, party};
use super::{Server, agent, get, read};
use crate::support::databases::{EmptyDatabase, Engine, run};

const TWINS: usize = 24;

fn register(base: &str, token: &str) -> (u16, Value) {
    let request = agent().post(format!("{base}/v1/parties"));
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    let request = request.header("idempotency-key", "one-for-all");
    let answer = request.send(party("HTX", "producer").to_string()).expect("an answer");
    read(answer).expect("a body")
}

fn twins_at_two_processes_make_one_record(home: &EmptyDatabase) {
    let servers = [Server::start(&home.url), Server::start(&home.url)];
    let servers = servers.map(Server::wait_until_ready);
    let token = admin(&home.url);
    let answers: Vec<(u16, Value)> = thread::scope(|scope| {
        let twins: Vec<_> = (0..TWINS)
            .map(|turn| {
                let (base, token) = (&servers[turn % 2].base_url, &token);
                scope.spawn(move || register(base, token))
            })
            .collect();
        twins.into_iter().map(|twin| twin.join().expect("an answer")).collect()
    });
    let (_, page) = get(&format!("{}/v1/parties", servers[0].base_url), &token).expect("a page");
    let items = page["items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "{page}");
    for (status, body) in &answers {
        assert!((*status, body) == (201, &items[0]) || *status == 409, "{status} {body}");
    }
    assert!(answers.iter().any(|(status, _)| *status == 201));
    audit(&home.url);
}

#[test]
fn twins_at_two_processes_on_postgres() {
    run(EmptyDatabase::new(Engine::Postgres), twins_at_two_processes_make_one_record);
}

#[test]
fn twins_at_two_processes_on_sqlite() {
    run(EmptyDatabase::new(Engine::Sqlite), twins_at_two_processes_make_one_record);
}
