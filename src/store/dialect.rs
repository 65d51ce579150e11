//! What diesel cannot say once for both databases: the expression is written once and type-checked
//! on each connection. A statement that truly differs stands here with both arms side by side.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::connection::AnyConnection;
use crate::error::Error;

/// The backend of either database.
pub(super) type AnyBackend = <AnyConnection as Connection>::Backend;

/// A condition on the rows of table `T`, built at run time.
pub(super) type Condition<T> =
    Box<dyn BoxableExpression<T, AnyBackend, SqlType = diesel::sql_types::Bool>>;

/// The most values of one list in a statement; SQLite allows 32,766 parameters in all.
pub(super) const VALUES_PER_STATEMENT: usize = 1_000;

/// The most rows of one insert; PostgreSQL allows 65,535 parameters.
pub(super) const ROWS_PER_INSERT: usize = 500;

/// The condition that at least one of `conditions` holds; none without conditions.
pub(super) fn any_of<T: 'static>(
    conditions: impl IntoIterator<Item = Condition<T>>,
) -> Option<Condition<T>> {
    conditions.into_iter().reduce(|any, next| Box::new(any.or(next)))
}

/// How an error begins after which the same transaction may succeed: PostgreSQL's word for it.
pub(super) const NOT_SERIALIZABLE: &str = "could not serialize";

/// Why an update of one version of a row met no row: there is none, or another transaction changed
/// it since this one read it. Tried again, the use case sees what is there now.
macro_rules! stale {
    ($tx:expr, $table:ident, $id:expr) => {{
        let version = $table::table.find($id).select($table::version);
        let current: Option<i64> = version.get_result($tx.connection()).optional()?;
        Err(current.map_or($crate::error::Error::NotFound, |current| {
            $crate::store::dialect::overtaken(concat!(stringify!($table), " at version"), current)
        }))
    }};
}

/// Another transaction has changed what this one had read.
pub(super) fn overtaken(what: &str, now: impl std::fmt::Display) -> Error {
    Error::Unavailable(format!("{NOT_SERIALIZABLE}: {what} {now}"))
}

pub(super) use stale;

/// Runs one expression on whichever connection it is.
macro_rules! on_each {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $connection {
            $crate::store::connection::AnyConnection::Sqlite($inner) => $body,
            $crate::store::connection::AnyConnection::Postgres($inner) => $body,
        }
    };
}

pub(super) use on_each;

/// Inserts rows. PostgreSQL takes many in a statement, because each statement is a journey; SQLite
/// takes one, because only a statement that always has the same text stays prepared.
macro_rules! insert_rows {
    ($connection:expr, $table:ident, $rows:expr) => {
        match $connection {
            $crate::store::connection::AnyConnection::Sqlite(inner) => {
                $rows.iter().try_for_each(|row| {
                    diesel::insert_into($table::table).values(row).execute(inner).map(drop)
                })
            }
            $crate::store::connection::AnyConnection::Postgres(inner) => {
                $rows.chunks($crate::store::dialect::ROWS_PER_INSERT).try_for_each(|part| {
                    let insert = diesel::insert_into($table::table);
                    match part {
                        [row] => insert.values(row).execute(inner),
                        rows => insert.values(rows).execute(inner),
                    }
                    .map(drop)
                })
            }
        }
    };
}

pub(super) use insert_rows;

/// Loads the rows of a query and keeps them until the transaction ends: `for_share` keeps others
/// from changing them, `for_no_key_update` also from keeping them. SQLite has one writer at a time,
/// so that its rows are kept already.
macro_rules! load_kept {
    ($connection:expr, $query:expr, $how:ident) => {
        match $connection {
            $crate::store::connection::AnyConnection::Sqlite(inner) => $query.load(inner),
            $crate::store::connection::AnyConnection::Postgres(inner) => $query.$how().load(inner),
        }
    };
}

pub(super) use load_kept;

/// Whether the error says that the same transaction may succeed when tried again: a serialization
/// failure, a deadlock (PostgreSQL 40001, 40P01) or a busy SQLite file.
pub(super) fn is_transient(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(_, info) => {
            let message = info.message();
            message.contains("deadlock detected") || message.contains("database is locked")
        }
        _ => false,
    }
}

impl From<DieselError> for Error {
    /// A database error without a meaning of its own: 503 where a later try may succeed.
    fn from(error: DieselError) -> Self {
        if let DieselError::RollbackErrorOnCommit { commit_error, .. } = error {
            return Self::from(*commit_error);
        }
        let unavailable = match &error {
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                // A server that another has taken over from.
                | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            )
            | DieselError::BrokenTransactionManager => true,
            DieselError::DatabaseError(_, info) => says_unavailable(info.message()),
            _ => false,
        };
        if unavailable || is_transient(&error) {
            return Self::Unavailable(error.to_string());
        }
        Self::Internal(with_advice(error.to_string()))
    }
}

/// Messages of both databases for conditions that diesel gives no kind and that pass: the disk,
/// file handles, memory, time limits, and a server that goes away.
fn says_unavailable(message: &str) -> bool {
    const CONDITIONS: [&str; 13] = [
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "out of memory",
        "no transaction is active",
        "No space left on device",
        "could not extend file",
        "statement timeout",
        "lock timeout",
        "terminating connection",
        "server closed the connection",
        "the database system is",
        "no connection to the server",
    ];
    CONDITIONS.iter().any(|condition| message.contains(condition))
}

/// A reason with what to do about it, where it is a damaged database.
pub(super) fn with_advice(reason: String) -> String {
    const DAMAGES: [&str; 3] =
        ["database disk image is malformed", "file is not a database", "invalid page in block"];
    if DAMAGES.iter().any(|damage| reason.contains(damage)) {
        return format!("{reason}; the database is damaged, restore a backup");
    }
    reason
}

/// Whether a statement failed because a row with the same key stands already.
pub(super) fn is_duplicate(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_only_reads_may_be_followed_by_one_that_writes() {
        let message: Box<String> = Box::new("cannot execute INSERT".into());
        let error = DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, message);
        assert!(matches!(Error::from(error), Error::Unavailable(_)));
    }

    #[test]
    fn a_commit_that_meets_a_lost_connection_may_be_tried_again() {
        let lost = || {
            let message: Box<String> = Box::new("server closed the connection".into());
            Box::new(DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, message))
        };
        let error =
            DieselError::RollbackErrorOnCommit { rollback_error: lost(), commit_error: lost() };
        assert!(matches!(Error::from(error), Error::Unavailable(_)));
    }
}
