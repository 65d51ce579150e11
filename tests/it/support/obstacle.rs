//! Stops a transaction of another process at a place that a test chooses, so that the process can
//! be killed exactly there. The service knows nothing of it.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};

use super::databases::{EmptyDatabase, Engine};

/// A query that never ends; a loop, for SQLite has no sleep.
const ENDLESS: &str = "CREATE VIEW endless AS \
    WITH RECURSIVE turns(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM turns) \
    SELECT count(*) AS n FROM turns;";

/// How long the lock of a file is waited for; nothing but an endless query holds it longer.
const PATIENCE: &str = "PRAGMA busy_timeout = 1000";

/// Something that a transaction does not get past until this goes.
pub(crate) enum Obstacle {
    /// A lock that it waits for.
    Lock(PgConnection),
    /// A query that never ends, and how it is taken away.
    Endless(SqliteConnection, &'static str),
}

impl Obstacle {
    /// In every write that is told in the audit trail, where only the commit is missing.
    pub(crate) fn before_commits(home: &EmptyDatabase) -> Self {
        match home.engine {
            Engine::Postgres => Self::lock(home, "LOCK TABLE audit_trail IN SHARE MODE"),
            Engine::Sqlite => {
                let trigger = "CREATE TRIGGER obstacle AFTER INSERT ON audit_trail \
                               BEGIN SELECT n FROM endless; END";
                Self::endless(home, trigger, "DROP TRIGGER obstacle; DROP VIEW endless")
            }
        }
    }

    /// After the commit of a party and before its answer, where its papers are read.
    pub(crate) fn before_answers(home: &EmptyDatabase) -> Self {
        match home.engine {
            Engine::Postgres => {
                Self::lock(home, "LOCK TABLE certificates IN ACCESS EXCLUSIVE MODE")
            }
            Engine::Sqlite => {
                let view = "ALTER TABLE certificates RENAME TO kept; CREATE VIEW certificates AS \
                            SELECT kept.* FROM endless CROSS JOIN kept";
                let back = "DROP VIEW certificates; ALTER TABLE kept RENAME TO certificates; \
                            DROP VIEW endless";
                Self::endless(home, view, back)
            }
        }
    }

    fn lock(home: &EmptyDatabase, lock: &str) -> Self {
        let mut connection = PgConnection::establish(&home.url).expect("a connection");
        connection.batch_execute("BEGIN").expect("a transaction");
        connection.batch_execute(lock).expect("a lock");
        Self::Lock(connection)
    }

    fn endless(home: &EmptyDatabase, place: &str, back: &'static str) -> Self {
        let mut connection = SqliteConnection::establish(home.path()).expect("a connection");
        let sql = format!("{PATIENCE}; BEGIN IMMEDIATE; {ENDLESS} {place}; COMMIT");
        connection.batch_execute(&sql).expect("legal SQL");
        Self::Endless(connection, back)
    }

    /// Whether a transaction that writes has come to it.
    pub(crate) fn is_met(&mut self) -> bool {
        match self {
            Self::Lock(connection) => waiting(connection) > 0,
            Self::Endless(connection, _) => {
                let is_free = connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK").is_ok();
                !is_free
            }
        }
    }

    /// Takes it away.
    pub(crate) fn remove(self) {
        match self {
            Self::Lock(mut connection) => connection.batch_execute("ROLLBACK"),
            Self::Endless(mut connection, back) => connection.batch_execute(back),
        }
        .expect("nothing in the way");
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Within a transaction the server shows the sessions of the first look, of which the writer's may
/// not have been one: each look begins anew.
fn waiting(connection: &mut PgConnection) -> i64 {
    connection.batch_execute("SELECT pg_stat_clear_snapshot()").expect("a new look");
    let query = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    diesel::sql_query(query).get_result::<Count>(connection).expect("a count").count
}
