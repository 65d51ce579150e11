//! A database that is not ours, or not there, is left as it is.

use std::fs;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tempfile::TempDir;

use super::{output, sqlite};
use crate::support::databases::{EmptyDatabase, Engine, run};

#[test]
fn an_audit_makes_no_database() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let refused = output(&url, &["audit"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("absent or empty"), "{said}");
    assert_eq!(fs::read_dir(directory.path()).expect("a folder").count(), 0);
}

#[test]
fn an_audit_makes_no_schema() {
    run(EmptyDatabase::new(Engine::Postgres), |home| {
        for _ in 0..2 {
            let refused = output(&home.url, &["audit"]);
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(1), "{said}");
            assert!(said.contains("absent or empty"), "{said}");
        }
        assert!(output(&home.url, &["migrate"]).status.success());
        assert!(output(&home.url, &["audit"]).status.success());
    });
}

#[test]
fn a_file_of_another_program_is_not_touched() {
    let directory = TempDir::new().expect("a folder");
    let (url, file) = (sqlite(directory.path()), directory.path().join("market.db"));
    let mut connection = SqliteConnection::establish(&file.display().to_string()).expect("a file");
    connection.batch_execute("CREATE TABLE notes (text TEXT)").expect("a table");
    drop(connection);
    let before = fs::read(&file).expect("a file");
    for verb in ["audit", "migrate", "serve"] {
        let refused = output(&url, &[verb]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{verb}: {said}");
        assert!(said.contains("another program's"), "{verb}: {said}");
    }
    assert_eq!(fs::read(&file).expect("a file"), before);
}
