//! What diesel cannot say once for both databases: the expression is written once and type-checked
//! on each connection. A statement that truly differs stands here with both arms side by side.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::error::Error;

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
        let unavailable = match &error {
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )
            | DieselError::BrokenTransactionManager => true,
            DieselError::DatabaseError(_, info) => says_unavailable(info.message()),
            _ => false,
        };
        if unavailable || is_transient(&error) {
            return Self::Unavailable(error.to_string());
        }
        Self::Internal(error.to_string())
    }
}

/// Messages of both databases for conditions that diesel gives no kind: the disk, time limits, and
/// a server that goes away.
fn says_unavailable(message: &str) -> bool {
    const CONDITIONS: [&str; 10] = [
        "database or disk is full",
        "disk I/O error",
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

/// Whether a statement failed because a row with the same key stands already.
pub(super) fn is_duplicate(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
}
