//! A process that dies while it makes the schema: the next one finds whole migrations, and goes on.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::durability::audit;
use super::{command, wait_for, within};
use crate::support::databases::{EmptyDatabase, Engine, run};

/// The signal that ends a process whose file grows beyond its limit (setrlimit(2)).
const FILE_SIZE_EXCEEDED: i32 = 25;
/// Between two limits, in bytes: a page of the write-ahead log, with its header.
const LOG_FRAME_BYTES: usize = 4096 + 24;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Damage {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// What SQLite finds wrong with a file: `ok` if nothing.
pub(super) fn damages(connection: &mut SqliteConnection) -> Vec<String> {
    let rows = diesel::sql_query("PRAGMA integrity_check").load::<Damage>(connection);
    rows.expect("a check").into_iter().map(|row| row.integrity_check).collect()
}

/// How many tables there are after each migration, from none of them to all.
fn tables_by_migration(tree: &str) -> Vec<usize> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(tree);
    let folders = fs::read_dir(root).expect("a folder");
    let mut files: Vec<_> =
        folders.map(|entry| entry.expect("an entry").path().join("up.sql")).collect();
    files.sort();
    let mut tables = vec![0];
    for file in files {
        let text = fs::read_to_string(file).expect("a text");
        let made = text.matches("CREATE TABLE").count();
        tables.push(tables[tables.len() - 1] + made - text.matches("DROP TABLE").count());
    }
    tables
}

/// Has `crash.pause` sleep in the statement of the schema that makes its sequence 0.
const PAUSE: &str = "CREATE SCHEMA crash; CREATE SEQUENCE crash.turns MINVALUE -1000; \
    CREATE FUNCTION crash.pause() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF nextval('crash.turns') = 0 THEN PERFORM pg_sleep(3600); END IF; END $$; \
    CREATE EVENT TRIGGER pause ON ddl_command_end EXECUTE FUNCTION crash.pause()";
const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND wait_event = 'PgSleep'";
const END: &str = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";
const APPLIED: &str = "SELECT count(*) FROM __diesel_schema_migrations";
const TABLES: &str = "SELECT count(*) FROM pg_tables \
    WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations'";
const HAS_APPLIED: &str = "SELECT count(to_regclass('__diesel_schema_migrations'))";

fn count(connection: &mut PgConnection, query: &str) -> usize {
    let row: Count = diesel::sql_query(query).get_result(connection).expect(query);
    usize::try_from(row.count).expect("a count")
}

/// Kills `migrate` in its statement number `turn`; whether it came so far.
fn is_killed_in(operator: &mut PgConnection, url: &str, turn: usize) -> bool {
    let set = format!("SELECT setval('crash.turns', -{turn})");
    operator.batch_execute(&set).expect("a sequence");
    let mut child = command(url, &["migrate"]).stderr(Stdio::piped()).spawn().expect("the binary");
    let ended = wait_for("the statement", || {
        let ended = child.try_wait().expect("a child").map(Some);
        ended.or_else(|| (count(operator, SLEEPING) == 1).then_some(None))
    });
    if let Some(status) = ended {
        let said = child.wait_with_output().expect("a child").stderr;
        assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&said));
        return false;
    }
    child.kill().expect("a child");
    child.wait().expect("a child");
    count(operator, END);
    true
}

/// How many migrations there are; each must be there with all of its tables.
fn whole_migrations(operator: &mut PgConnection, tables: &[usize]) -> usize {
    let has_applied = count(operator, HAS_APPLIED) == 1;
    let applied = if has_applied { count(operator, APPLIED) } else { 0 };
    assert_eq!(count(operator, TABLES), tables[applied], "after {applied} migrations");
    applied
}

fn die_in_each_statement(home: &EmptyDatabase) {
    let tables = tables_by_migration("postgres");
    let mut operator = PgConnection::establish(&home.url).expect("a connection");
    operator.batch_execute(PAUSE).expect("a superuser");
    let (mut turn, mut applied, mut kills) = (1, 0, 0_usize);
    while is_killed_in(&mut operator, &home.url, turn) {
        let now = whole_migrations(&mut operator, &tables);
        turn = if now > applied { 1 } else { turn + 1 };
        (applied, kills) = (now, kills + 1);
    }
    assert_eq!(whole_migrations(&mut operator, &tables), tables.len() - 1);
    assert!(kills > tables[tables.len() - 1], "{kills} kills");
    operator.batch_execute("DROP EVENT TRIGGER pause").expect("a superuser");
    audit(&home.url);
}

#[test]
fn a_start_on_postgres_may_die_in_each_statement() {
    run(EmptyDatabase::new(Engine::Postgres), die_in_each_statement);
}

/// How `migrate` ends where no file may become longer than `limit`.
fn migrate_within(url: &str, limit: usize) -> ExitStatus {
    let limits = ["prlimit", &format!("--fsize={limit}"), "--core=0"];
    let mut command = within(&limits, &command(url, &["migrate"]));
    command.stderr(Stdio::null()).status().expect("prlimit")
}

fn die_at_each_page(home: &EmptyDatabase) {
    let all = tables_by_migration("sqlite").pop().expect("a number");
    let mut kills = 0;
    loop {
        let status = migrate_within(&home.url, kills * LOG_FRAME_BYTES);
        if status.success() {
            break;
        }
        assert_eq!(status.signal(), Some(FILE_SIZE_EXCEEDED), "{status}");
        let tables = sound_tables(home.path());
        assert!([0, all].contains(&tables), "{tables} tables after {kills} pages");
        kills += 1;
    }
    assert_eq!(sound_tables(home.path()), all);
    assert!(kills > all, "{kills} kills");
    audit(&home.url);
}

/// How many tables there are in a file that must be sound.
fn sound_tables(path: &str) -> usize {
    let mut connection = SqliteConnection::establish(path).expect("a file");
    assert_eq!(damages(&mut connection), ["ok"]);
    let query = "SELECT count(*) AS count FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let row: Count = diesel::sql_query(query).get_result(&mut connection).expect("a count");
    usize::try_from(row.count).expect("a count")
}

#[test]
fn a_start_on_sqlite_may_die_at_each_page_that_it_writes() {
    run(EmptyDatabase::new(Engine::Sqlite), die_at_each_page);
}
