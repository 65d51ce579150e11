//! Rows that count log-ins that failed, by a fingerprint of who was tried. They stand in the
//! database, so that all instances count together.

use diesel::prelude::*;
use matching::date::Timestamp;

use super::dialect::on_each;
use super::schema::login_failures;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// How often somebody was tried, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// The number of tries.
    pub count: u32,
    /// When the first of them was.
    pub since: Timestamp,
}

/// What was counted for `subject`.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, subject: &str) -> Result<Option<Failures>, Error> {
    let query = login_failures::table.find(subject);
    let row: Option<(String, i32, i64)> = query.get_result(tx.connection()).optional()?;
    Ok(row.map(|(_, failures, since)| Failures {
        count: failures.unsigned_abs(),
        since: Timestamp::from_micros(since),
    }))
}

/// Counts one try of `subject` at `now`; what was counted before `window` counts no more. Of two
/// tries at the same time one waits for the other.
///
/// # Errors
/// Whatever the database says.
pub fn count(
    tx: &mut WriteTx<'_>,
    subject: &str,
    (window, now): (Timestamp, Timestamp),
) -> Result<Failures, Error> {
    let old = login_failures::table.find(subject).filter(login_failures::since.lt(window.micros()));
    diesel::delete(old).execute(tx.connection())?;
    let row = (
        login_failures::subject.eq(subject),
        login_failures::failures.eq(1),
        login_failures::since.eq(now.micros()),
    );
    on_each!(tx.connection(), |c| {
        diesel::insert_into(login_failures::table)
            .values(row)
            .on_conflict(login_failures::subject)
            .do_update()
            .set(login_failures::failures.eq(login_failures::failures + 1))
            .execute(c)
    })?;
    find(tx, subject)?.ok_or_else(|| Error::Internal("a count is gone".into()))
}

/// Forgets what was counted for `subject`.
///
/// # Errors
/// Whatever the database says.
pub fn forget(tx: &mut WriteTx<'_>, subject: &str) -> Result<(), Error> {
    diesel::delete(login_failures::table.find(subject)).execute(tx.connection())?;
    Ok(())
}

/// Some of those for whom nothing was counted since `window`.
///
/// # Errors
/// Whatever the database says.
pub fn counted_before(
    tx: &mut ReadTx<'_>,
    window: Timestamp,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let subjects = login_failures::table
        .filter(login_failures::since.lt(window.micros()))
        .order((login_failures::since, login_failures::subject))
        .limit(limit)
        .select(login_failures::subject);
    Ok(subjects.load(tx.connection())?)
}

/// Forgets what was counted before `window` for these.
///
/// # Errors
/// Whatever the database says.
pub fn forget_all(
    tx: &mut WriteTx<'_>,
    subjects: &[String],
    window: Timestamp,
) -> Result<(), Error> {
    let rows = login_failures::table
        .filter(login_failures::subject.eq_any(subjects))
        .filter(login_failures::since.lt(window.micros()));
    diesel::delete(rows).execute(tx.connection())?;
    Ok(())
}
