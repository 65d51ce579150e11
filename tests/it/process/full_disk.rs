//! A disk without room: writes are refused, reads go on, and room is all that it takes to go on.
//!
//! The disk is a small file system in memory that the service alone sees; the test reaches it by
//! way of the process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::{Connection, SqliteConnection};
use serde_json::json;
use tempfile::TempDir;

use super::durability::{admin, audit, party};
use super::migrations::damages;
use super::{Server, command, get, post, sqlite, within};

/// Mounts the disk at `$1`, and becomes the rest of the arguments.
const ON_A_SMALL_DISK: &str = r#"mount -t tmpfs -o size=4m tmpfs "$1" && shift && exec "$@""#;
/// What is on the disk and can be removed to make room, in bytes.
const BALLAST_BYTES: usize = 1_500_000;
/// Writes after which the disk must be full.
const MANY: usize = 5_000;

/// `inner` in a world where `directory` is a small disk.
fn on_a_small_disk(directory: &Path, inner: &Command) -> Command {
    let directory = directory.display().to_string();
    let outer = ["unshare", "--user", "--map-root-user", "--mount"];
    within(&[&outer[..], &["sh", "-c", ON_A_SMALL_DISK, "sh", &directory]].concat(), inner)
}

/// Whether this machine lets a process have a disk of its own.
fn is_possible(directory: &Path) -> bool {
    let nothing = Command::new("true");
    on_a_small_disk(directory, &nothing).status().is_ok_and(|status| status.success())
}

/// A copy of the database while nobody writes, and its URL. SQLite itself does not follow a path by
/// way of a process.
fn copied(from: &Path) -> (TempDir, String) {
    let to = TempDir::new().expect("a folder");
    for name in ["market.db", "market.db-wal"] {
        fs::copy(from.join(name), to.path().join(name)).expect("a file");
    }
    let url = sqlite(to.path());
    (to, url)
}

#[test]
#[expect(clippy::print_stderr, reason = "the test harness has no word for skipped")]
fn a_full_disk_refuses_writes_and_keeps_reading() {
    let directory = TempDir::new().expect("a folder");
    let directory = directory.path();
    if !is_possible(directory) {
        eprintln!("skipped: no process here may mount a disk of its own");
        return;
    }
    let serve = command(&sqlite(directory), &["serve"]);
    let mut server = Server::spawn(on_a_small_disk(directory, &serve)).wait_until_ready();
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), directory.display()));
    let token = admin(&copied(&seen).1);
    let parties = format!("{}/v1/parties", server.base_url);
    let write = || post(&parties, &token, &party("HTX", "producer")).expect("an answer");
    let (_, first) = write();
    fs::write(seen.join("ballast"), vec![0; BALLAST_BYTES]).expect("room");
    let refused = (1..MANY).map(|_| write()).find(|(status, _)| *status != 201);
    let (status, problem) = refused.expect("a full disk");
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    let one = format!("{parties}/{}", first["id"].as_str().expect("an id"));
    assert_eq!(get(&one, &token).expect("an answer").0, 200, "reads go on");
    assert_eq!(write().0, 503, "still full");
    fs::remove_file(seen.join("ballast")).expect("a file");
    assert_eq!(write().0, 201, "writes go on once there is room");
    let (copy, url) = copied(&seen);
    let mut file =
        SqliteConnection::establish(&copy.path().join("market.db").display().to_string());
    assert_eq!(damages(file.as_mut().expect("a file")), ["ok"]);
    audit(&url);
    assert_eq!(server.end("TERM"), Some(0));
}
