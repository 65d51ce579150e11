//! One version at two processes on one database: whoever changes it first wins, all others are
//! told that theirs is stale.

use std::thread;

use serde_json::json;

use super::durability::{admin, audit, create, party};
use super::{Server, agent, get, read};
use crate::support::databases::{EmptyDatabase, Engine, run};

const WRITERS: usize = 16;

fn rename(url: &str, token: &str, writer: usize) -> u16 {
    let request = agent().patch(url).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/merge-patch+json");
    let request = request.header("if-match", "\"1\"");
    let name = json!({"name": format!("HTX {writer}")});
    read(request.send(name.to_string()).expect("an answer")).expect("a status").0
}

fn one_writer_of_a_version_wins(home: &EmptyDatabase) {
    let servers = [Server::start(&home.url), Server::start(&home.url)];
    let servers = servers.map(Server::wait_until_ready);
    let token = admin(&home.url);
    let record = (&*token, &party("HTX", "producer"));
    let id = create(&servers[0].base_url, "/v1/parties", record);
    let address = |turn: usize| format!("{}/v1/parties/{id}", servers[turn % 2].base_url);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let write = |writer| {
            let (url, token) = (address(writer), &token);
            scope.spawn(move || rename(&url, token, writer))
        };
        let writers: Vec<_> = (0..WRITERS).map(write).collect();
        writers.into_iter().map(|writer| writer.join().expect("a status")).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(412)), (1, WRITERS - 1), "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 200).expect("a winner");
    let (_, now) = get(&address(0), &token).expect("the record");
    let name = json!(format!("HTX {winner}"));
    assert_eq!((&now["version"], &now["name"]), (&json!(2), &name), "{now}");
    audit(&home.url);
}

#[test]
fn one_writer_wins_on_postgres() {
    run(EmptyDatabase::new(Engine::Postgres), one_writer_of_a_version_wins);
}

#[test]
fn one_writer_wins_on_sqlite() {
    run(EmptyDatabase::new(Engine::Sqlite), one_writer_of_a_version_wins);
}
