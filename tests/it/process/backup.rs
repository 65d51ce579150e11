//! A backup that is made while the service writes, as docs/OPERATIONS.md says to make it.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use matching::id::PartyId;
use ocop_link::store::{Database, parties};

use super::durability::{admin, audit, create, party};
use super::{Server, wait_for};
use crate::support::cluster::client_program;
use crate::support::databases::{EmptyDatabase, Engine, run};

const WRITERS: usize = 4;
/// Answered writes before the backup, and more while it is made.
const ENOUGH: usize = 40;

/// Runs `copy` while parties are written; the ids of those that were answered for before it.
fn copy_under_writes(home: &EmptyDatabase, copy: impl FnOnce() + Send) -> Vec<String> {
    let server = Server::start(&home.url).wait_until_ready();
    let token = admin(&home.url);
    let (answered, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let ids = || answered.lock().unwrap_or_else(PoisonError::into_inner);
    let write = || {
        while !is_over.load(Ordering::Relaxed) {
            let record = (&*token, &party("HTX", "producer"));
            let id = create(&server.base_url, "/v1/parties", record);
            ids().push(id);
        }
    };
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(write);
        }
        wait_for("writes", || (ids().len() >= ENOUGH).then_some(()));
        let before = ids().clone();
        let copied = scope.spawn(copy).join();
        is_over.store(true, Ordering::Relaxed);
        copied.expect("a copy");
        before
    })
}

/// The copy is sound, and has every write that was answered before it was begun.
fn expect_whole(url: &str, ids: &[String]) {
    audit(url);
    let database = Database::open(url, 1).expect("a database");
    for id in ids {
        let id: PartyId = id.parse().expect("an id");
        assert!(database.read(|tx| parties::find(tx, id)).expect("readable").is_some(), "{id}");
    }
}

#[test]
fn a_vacuum_into_another_file_under_writes_is_a_whole_backup() {
    run(EmptyDatabase::new(Engine::Sqlite), |home| {
        let backup = format!("{}.backup", home.path());
        let ids = copy_under_writes(home, || {
            let mut connection = SqliteConnection::establish(home.path()).expect("a connection");
            connection.batch_execute(&format!("VACUUM INTO '{backup}'")).expect("a copy");
        });
        expect_whole(&format!("sqlite:{backup}"), &ids);
    });
}

/// Runs a client program of PostgreSQL.
fn run_client(name: &str, arguments: &[&str]) {
    let status = Command::new(client_program(name)).args(arguments).status().expect(name);
    assert!(status.success(), "{name}: {status}");
}

#[test]
fn a_dump_under_writes_is_a_whole_backup() {
    run(EmptyDatabase::new(Engine::Postgres), |home| {
        let restored = EmptyDatabase::new(Engine::Postgres).expect("a server");
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("ocop.dump").display().to_string();
        let ids = copy_under_writes(home, || {
            run_client("pg_dump", &["--format=custom", "--file", &file, &home.url]);
        });
        run_client("pg_restore", &["--dbname", &restored.url, "--no-owner", &file]);
        expect_whole(&restored.url, &ids);
    });
}
