//! Whose a database is, found out before anything is changed in it. Must not know its tables, save
//! the one that tells of migrations.

use std::fs;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection};

use super::connection::{AnyConnection, BUSY_TIMEOUT_MS, DatabaseUrl};

/// Tables of a file, and those of them that tell of migrations.
const OF_FILE: &str = "SELECT count(*) AS tables, \
     count(*) FILTER (WHERE name = '__diesel_schema_migrations') AS own \
     FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
/// The same of a server, where other programs may have tables beside ours.
const OF_SERVER: &str = "SELECT own AS tables, own \
     FROM (SELECT count(to_regclass('__diesel_schema_migrations')) AS own) AS found";

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    tables: i64,
    #[diesel(sql_type = BigInt)]
    own: i64,
}

/// Whether the database that `url` names has the schema of this service, of whatever version; not
/// so if it is absent or empty, an error if it is another program's. Changes nothing.
pub(super) fn is_ours(url: &DatabaseUrl) -> Result<bool, String> {
    let counts = match url {
        DatabaseUrl::Sqlite(path) if fs::exists(path).is_ok_and(|exists| !exists) => {
            return Ok(false);
        }
        DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path).map(of_file),
        DatabaseUrl::Postgres(_) => url.connect().map(of_server),
    };
    let counts = counts.map_err(|error| url.cannot_open(error.to_string()))?;
    match counts.map_err(|error| url.cannot_open(error.to_string()))? {
        Counts { tables: 0, .. } => Ok(false),
        Counts { own: 0, .. } => Err(format!("{} is another program's", url.place())),
        Counts { .. } => Ok(true),
    }
}

fn of_file(mut connection: SqliteConnection) -> QueryResult<Counts> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))?;
    diesel::sql_query(OF_FILE).get_result(&mut connection)
}

fn of_server(mut connection: AnyConnection) -> QueryResult<Counts> {
    diesel::sql_query(OF_SERVER).get_result(&mut connection)
}
