//! What the service does when what is below it fails: files that cannot be opened or grow, and
//! connections that are cut.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::durability::{admin, audit};
use super::{Server, get, output, post, sqlite, wait_for};
use crate::support::databases::{EmptyDatabase, Engine, run};

/// Writes after which a full file must have shown.
const MANY: usize = 5_000;
/// A page of an SQLite file.
const PAGE_BYTES: usize = 4096;
/// Connections of the pool, as the service has them unless it is told otherwise.
const CONNECTIONS: usize = 8;

fn party(number: usize) -> Value {
    json!({"name": format!("HTX {number}"), "legal_form": "household", "roles": ["producer"],
           "place": {"province_code": "86"}})
}

/// Limits how long the files of a process may become, or lifts the limit.
fn limit_files(server: &Server, limit: &str) {
    let (pid, limit) = (server.child.id().to_string(), format!("--fsize={limit}:unlimited"));
    let set = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
    assert!(set.expect("prlimit").success());
}

#[test]
fn a_file_that_may_not_grow_refuses_writes_and_keeps_reading() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let mut server = Server::start(&url).wait_until_ready();
    let (token, parties) = (admin(&url), format!("{}/v1/parties", server.base_url));
    let write = |number| post(&parties, &token, &party(number)).expect("an answer");
    let (status, first) = write(0);
    assert_eq!(status, 201, "{first}");
    limit_files(&server, "1000000");
    let refused = (1..MANY).map(write).find(|(status, _)| *status != 201);
    let (status, problem) = refused.expect("a full file");
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    let one = format!("{parties}/{}", first["id"].as_str().expect("an id"));
    assert_eq!(get(&one, &token).expect("an answer").0, 200, "reads go on");
    limit_files(&server, "unlimited");
    assert_eq!(write(MANY).0, 201, "writes go on once there is room");
    assert_eq!(server.end("TERM"), Some(0));
    audit(&url);
}

/// What `serve` says when it refuses to start.
#[track_caller]
fn refusal(url: &str) -> String {
    let mut server = Server::start(url);
    let ended = wait_for("the end", || server.child.try_wait().expect("a child"));
    let mut said = String::new();
    let mut stderr = server.child.stderr.take().expect("piped");
    stderr.read_to_string(&mut said).expect("a text");
    assert!(!ended.success() && ended.code().is_some(), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    said
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_start_with_a_sentence() {
    let directory = TempDir::new().expect("a folder");
    let nowhere = directory.path().join("missing");
    for url in [sqlite(&nowhere), format!("sqlite:{}", directory.path().display())] {
        let said = refusal(&url);
        let file = url.trim_start_matches("sqlite:");
        assert!(said.contains(&format!("cannot open the database file {file}")), "{said}");
    }
}

/// Moves what the write-ahead log holds into the file: a damaged page that also stands in the log
/// is read from there.
fn empty_log(file: &Path) {
    let path = file.display().to_string();
    let mut connection = SqliteConnection::establish(&path).expect("a connection");
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("no reader");
}

fn overwrite(file: &Path, from: usize) {
    let mut bytes = fs::read(file).expect("a file");
    let end = bytes.len().min(from + PAGE_BYTES);
    bytes[from..end].fill(0xa5);
    fs::write(file, bytes).expect("a file");
}

#[test]
fn a_damaged_file_ends_the_start() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    assert!(output(&url, &["migrate"]).status.success());
    let file = directory.path().join("market.db");
    empty_log(&file);
    overwrite(&file, 0);
    let said = refusal(&url);
    assert!(said.contains("restore a backup"), "{said}");
}

#[derive(QueryableByName)]
struct Page {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    rootpage: i32,
}

/// Overwrites the page that every look into `table` begins at.
fn damage(file: &Path, table: &str) {
    let mut connection =
        SqliteConnection::establish(&file.display().to_string()).expect("a connection");
    let query = format!("SELECT rootpage FROM sqlite_master WHERE name = '{table}'");
    let page: Page = diesel::sql_query(query).get_result(&mut connection).expect("a table");
    drop(connection);
    overwrite(file, (usize::try_from(page.rootpage).expect("a page") - 1) * PAGE_BYTES);
}

/// A file with one party, and its damaged `table`.
fn damaged(directory: &Path, table: &str) -> (String, String) {
    let url = sqlite(directory);
    let mut server = Server::start(&url).wait_until_ready();
    let token = admin(&url);
    let made = post(&format!("{}/v1/parties", server.base_url), &token, &party(0));
    assert_eq!(made.expect("an answer").0, 201);
    assert_eq!(server.end("INT"), Some(0));
    let file = directory.join("market.db");
    empty_log(&file);
    damage(&file, table);
    (url, token)
}

#[test]
fn a_damaged_page_is_told_when_it_is_read_and_nothing_of_it_is_shown() {
    let directory = TempDir::new().expect("a folder");
    let (url, token) = damaged(directory.path(), "audit_trail");
    let server = Server::start(&url).wait_until_ready();
    let trail = get(&format!("{}/v1/audit-trail", server.base_url), &token);
    let (status, problem) = trail.expect("an answer");
    assert_eq!((status, &problem["code"]), (500, &json!("internal")), "{problem}");
    assert!(!problem.to_string().contains("HTX"), "{problem}");
    let parties = format!("{}/v1/parties", server.base_url);
    assert_eq!(get(&parties, &token).expect("an answer").0, 200, "what is sound is served");
    assert_eq!(post(&parties, &token, &party(1)).expect("an answer").0, 500);
    let audit = output(&url, &["audit"]);
    let said = String::from_utf8_lossy(&audit.stderr).into_owned();
    assert!(!audit.status.success() && said.contains("restore a backup"), "{said}");
    assert!(server.log().contains("restore a backup"));
}

#[test]
fn a_damaged_page_that_the_market_needs_ends_the_start() {
    let directory = TempDir::new().expect("a folder");
    let (url, _) = damaged(directory.path(), "parties");
    let said = refusal(&url);
    assert!(said.contains("restore a backup"), "{said}");
}

#[test]
fn cut_connections_are_replaced() {
    run(EmptyDatabase::new(Engine::Postgres), each_connection_fails_at_most_once);
}

fn each_connection_fails_at_most_once(home: &EmptyDatabase) {
    let server = Server::start(&home.url).wait_until_ready();
    let (token, parties) = (admin(&home.url), format!("{}/v1/parties", server.base_url));
    assert_eq!(post(&parties, &token, &party(0)).expect("an answer").0, 201);
    let mut operator = PgConnection::establish(&home.url).expect("a connection");
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    operator.batch_execute(cut).expect("a superuser");
    let write = |number| post(&parties, &token, &party(number)).expect("an answer").0;
    let statuses: Vec<u16> = (1..=3 * CONNECTIONS).map(write).collect();
    let failed = statuses.iter().filter(|status| **status == 503).count();
    let made = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!(failed + made, statuses.len(), "{statuses:?}");
    assert!(failed <= CONNECTIONS, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&201), "{statuses:?}");
    audit(&home.url);
}
