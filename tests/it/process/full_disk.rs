//! A disk without room: writes are refused, reads go on, and room is all that it takes to go on.
//!
//! The disk is a small file system in memory that one process alone sees: the service, which the
//! test reaches by way of the process, or the PostgreSQL server.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::durability::{admin, audit, party};
use super::migrations::damages;
use super::{Server, command, get, post, sqlite, wait_for};
use crate::support::cluster::Cluster;
use crate::support::databases::report_skipped;
use crate::support::program::within;

/// Mounts a disk of `$1` bytes at `$2`, and becomes the rest of the arguments.
const ON_A_SMALL_DISK: &str = r#"mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@""#;
/// How an ordinary user gets mounts of its own; root needs no other user's world for it.
const OF_A_USER: [&str; 3] = ["--user", "--map-current-user", "--keep-caps"];
/// What is on the disk and can be removed to make room, in bytes.
const BALLAST_BYTES: usize = 1_500_000;
/// Writes after which the disk must be full.
const MANY: usize = 5_000;
/// Its rows stand in the table itself, as they are.
const TABLE_OF_BALLAST: &str =
    "CREATE TABLE ballast (text TEXT); ALTER TABLE ballast ALTER text SET STORAGE PLAIN";
/// The greatest row of the ballast under PostgreSQL, of which a page holds one.
const BALLAST_ROW: &str = "INSERT INTO ballast SELECT repeat('x', 7000)";

/// The program and arguments that run another in a world where `directory` is a small disk; none,
/// which in CI is a failure, where no process may mount one.
#[expect(clippy::print_stderr, reason = "the test harness has no word for skipped")]
fn small_disk(directory: &Path, size: &str) -> Option<Vec<String>> {
    let is_root = fs::metadata(directory).expect("the folder").uid() == 0;
    let user = if is_root { &[][..] } else { &OF_A_USER };
    let shell = ["--mount", "sh", "-c", ON_A_SMALL_DISK, "sh", size];
    let directory = directory.display().to_string();
    let words = [&["unshare"], user, &shell, &[&*directory]].concat();
    let is_possible = within(&words, &Command::new("true")).status();
    if is_possible.is_ok_and(|status| status.success()) {
        return Some(words.into_iter().map(str::to_owned).collect());
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs root, or namespaces of users");
    eprintln!("skipped: no process here may mount a disk of its own");
    None
}

fn words(outer: &[String]) -> Vec<&str> {
    outer.iter().map(String::as_str).collect()
}

/// A service whose database is on a disk that has no room left.
struct Full {
    server: Server,
    token: String,
    /// A record from before.
    first: String,
    /// Writes that were answered with success.
    written: usize,
}

impl Full {
    /// Writes until the disk is full; `fill` leaves little room.
    fn new(server: Server, token: String, fill: impl FnOnce()) -> Self {
        let mut full = Self { server, token, first: String::new(), written: 0 };
        let (_, first) = full.write();
        full.first = first["id"].as_str().expect("an id").to_owned();
        fill();
        let refused = (0..MANY).map(|_| full.write()).find(|(status, _)| *status != 201);
        let (status, problem) = refused.expect("a full disk");
        assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
        full
    }

    fn write(&mut self) -> (u16, Value) {
        let parties = format!("{}/v1/parties", self.server.base_url);
        let answer = post(&parties, &self.token, &party("HTX", "producer")).expect("an answer");
        self.written += usize::from(answer.0 == 201);
        answer
    }

    /// Reads go on and writes do not, until `make_room`; then both do.
    fn expect_healed(&mut self, make_room: impl FnOnce()) {
        let one = format!("{}/v1/parties/{}", self.server.base_url, self.first);
        // The service has thrown its connections away, and a busy server lets it in when it can.
        wait_for("a read", || get(&one, &self.token).filter(|(status, _)| *status == 200));
        assert_eq!(self.write().0, 503, "still full");
        make_room();
        assert_eq!(self.write().0, 201, "writes go on once there is room");
    }
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

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

const PARTIES: &str = "SELECT count(*) AS count FROM parties";

#[test]
fn a_full_disk_refuses_writes_and_keeps_reading() {
    let directory = TempDir::new().expect("a folder");
    let directory = directory.path();
    let Some(outer) = small_disk(directory, "4m") else { return };
    let serve = command(&sqlite(directory), &["serve"]);
    let server = Server::spawn(within(&words(&outer), &serve)).wait_until_ready();
    let seen = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), directory.display()));
    let (token, ballast) = (admin(&copied(&seen).1), seen.join("ballast"));
    let fill = || fs::write(&ballast, vec![0; BALLAST_BYTES]).expect("room");
    let mut full = Full::new(server, token, fill);
    full.expect_healed(|| fs::remove_file(&ballast).expect("a file"));
    let (copy, url) = copied(&seen);
    let file = copy.path().join("market.db").display().to_string();
    let mut file = SqliteConnection::establish(&file).expect("a file");
    assert_eq!(damages(&mut file), ["ok"]);
    let count: Count = diesel::sql_query(PARTIES).get_result(&mut file).expect("a count");
    assert_eq!(count.count, full.written as i64, "what was answered with success is there");
    audit(&url);
    assert_eq!(full.server.end("TERM"), Some(0));
}

#[test]
fn a_full_disk_under_postgresql_refuses_writes_and_keeps_reading() {
    let directory = TempDir::new().expect("a folder");
    let Some(outer) = small_disk(directory.path(), "48m") else { return };
    let Some(cluster) = Cluster::start_by(|shell| within(&words(&outer), &shell), "16MB") else {
        return report_skipped();
    };
    let connect = |name| PgConnection::establish(&cluster.url(name)).expect("a connection");
    let space = directory.path().join("space").display().to_string();
    connect("postgres")
        .batch_execute(&format!("COPY (SELECT) TO PROGRAM 'cat && mkdir {space}'"))
        .expect("a folder of the server's own");
    connect("postgres")
        .batch_execute(&format!("CREATE TABLESPACE small LOCATION '{space}'"))
        .expect("a superuser");
    connect("postgres").batch_execute("CREATE DATABASE market TABLESPACE small").expect("room");
    let url = cluster.url("market");
    let server = Server::start(&url).wait_until_ready();
    let mut operator = connect("market");
    operator.batch_execute(TABLE_OF_BALLAST).expect("room");
    let fill = || {
        let full = (0..).find_map(|_| operator.batch_execute(BALLAST_ROW).err());
        let full = full.map(|error| error.to_string()).unwrap_or_default();
        assert!(full.contains("No space left on device"), "{full}");
    };
    let mut full = Full::new(server, admin(&url), fill);
    full.expect_healed(|| connect("market").batch_execute("DROP TABLE ballast").expect("an owner"));
    let count: Count = diesel::sql_query(PARTIES).get_result(&mut connect("market")).expect("it");
    assert_eq!(count.count, full.written as i64, "what was answered with success is there");
    audit(&url);
    assert_eq!(full.server.end("TERM"), Some(0));
}
