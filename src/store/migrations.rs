//! Brings the schema up to date, once, whoever starts first; refuses a schema that is newer than
//! this program.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::{PgConnection, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::AnyConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The advisory lock that one of several starting processes holds: "ocop" in ASCII.
const ADVISORY_LOCK: i64 = 0x6f63_6f70;

type Outcome = Result<(), String>;

pub(super) fn run(connection: &mut AnyConnection) -> Outcome {
    match connection {
        AnyConnection::Sqlite(connection) => run_sqlite(connection),
        AnyConnection::Postgres(connection) => run_postgres(connection),
    }
}

/// The immediate transaction around all migrations makes a second process wait, and leaves nothing
/// half done when this one dies.
fn run_sqlite(connection: &mut SqliteConnection) -> Outcome {
    let result = connection.immediate_transaction(|connection| {
        let outcome = run_pending(connection, SQLITE);
        outcome.map_err(|reason| diesel::result::Error::QueryBuilderError(reason.into()))
    });
    result.map_err(|error| error.to_string())
}

fn run_postgres(connection: &mut PgConnection) -> Outcome {
    let lock = |connection: &mut PgConnection, verb: &str| {
        let sql = format!("SELECT {verb}({ADVISORY_LOCK})");
        diesel::sql_query(sql).execute(connection).map_err(|error| error.to_string())
    };
    connection
        .batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")
        .map_err(|error| error.to_string())?;
    lock(connection, "pg_advisory_lock")?;
    let outcome = run_pending(connection, POSTGRES);
    lock(connection, "pg_advisory_unlock")?;
    outcome
}

fn run_pending<DB, C>(connection: &mut C, source: EmbeddedMigrations) -> Outcome
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Migration<DB>>> =
        source.migrations().map_err(|error| error.to_string())?;
    let applied = connection.applied_migrations().map_err(|error| error.to_string())?;
    let is_known = |version: &MigrationVersion<'_>| {
        known.iter().any(|migration| &migration.name().version() == version)
    };
    if let Some(newer) = applied.iter().find(|version| !is_known(version)) {
        return Err(format!(
            "its schema has migration {newer}, which this program does not know; \
                            run the newer program"
        ));
    }
    connection.run_pending_migrations(source).map(drop).map_err(|error| error.to_string())
}
