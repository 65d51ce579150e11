//! Rows of requests that were sent with an `Idempotency-Key`, with the answer that each got. A row
//! is written by the transaction that has the effect, so neither is ever there without the other.

use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use matching::date::Timestamp;

use super::dialect::on_each;
use super::schema::idempotency_keys as keys;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// A request that must not act twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Digest of client, operation and key: equal for what counts as the same request.
    pub id: String,
    /// Digest of what was asked for: differs when a key is used again for something else.
    pub fingerprint: String,
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The JSON body; none for an answer without one.
    pub body: Option<String>,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is new: this transaction acts, and must [`keep`] its answer.
    New,
    /// It has been answered.
    Answered(Answer),
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = keys)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: &'a str,
    fingerprint: &'a str,
    created_at: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = keys)]
struct Row {
    fingerprint: String,
    status: Option<i32>,
    location: Option<String>,
    etag: Option<String>,
    body: Option<String>,
}

/// Claims a request for the open transaction; answers from before `expired` count as absent. Waits
/// for a transaction that has claimed it and not ended yet.
///
/// # Errors
/// [`Conflict::KeyReused`] if the key was used for something else, [`Conflict::StillRunning`] if
/// the other transaction does not end in time.
pub fn claim(
    tx: &mut WriteTx<'_>,
    request: &KeyedRequest,
    (now, expired): (Timestamp, Timestamp),
) -> Result<Claim, Error> {
    let KeyedRequest { id, fingerprint } = request;
    let row = NewRow { id, fingerprint, created_at: now.micros() };
    let claimed = on_each!(tx.connection(), |c| {
        let insert = diesel::insert_into(keys::table).values(&row);
        let upsert = insert.on_conflict(keys::id).do_update().set(&row);
        FilterDsl::filter(upsert, keys::created_at.lt(expired.micros())).execute(c)
    });
    match claimed.map_err(running)? {
        0 => {
            let lost = || Error::Internal("a claimed request is not there".into());
            find(tx, request, expired)?.map(Claim::Answered).ok_or_else(lost)
        }
        _ => Ok(Claim::New),
    }
}

/// The answer to a request that was answered at `expired` or later; none if it was not.
///
/// # Errors
/// [`Conflict::KeyReused`] if the key was used for another request.
pub fn find(
    tx: &mut ReadTx<'_>,
    request: &KeyedRequest,
    expired: Timestamp,
) -> Result<Option<Answer>, Error> {
    let kept = QueryDsl::filter(keys::table, keys::id.eq(&request.id));
    let kept = QueryDsl::filter(kept, keys::created_at.ge(expired.micros()));
    let row = kept.select(Row::as_select()).get_result(tx.connection()).optional()?;
    let Some(Row { fingerprint, status, location, etag, body }) = row else { return Ok(None) };
    if fingerprint != request.fingerprint {
        return Err(Error::Conflict(Conflict::KeyReused));
    }
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| Error::Internal("a kept answer has no status".into()))?;
    Ok(Some(Answer { status, location, etag, body }))
}

/// Whoever holds the row is still at work when the wait for its lock ends.
fn running(error: DieselError) -> Error {
    match &error {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info)
            if info.message().contains("lock timeout") =>
        {
            Error::Conflict(Conflict::StillRunning)
        }
        _ => error.into(),
    }
}

/// Keeps the answer to a request that the open transaction has claimed.
///
/// # Errors
/// Whatever the database says.
pub fn keep(tx: &mut WriteTx<'_>, request: &KeyedRequest, answer: &Answer) -> Result<(), Error> {
    let Answer { status, location, etag, body } = answer;
    diesel::update(keys::table.find(&request.id))
        .set((
            keys::status.eq(i32::from(*status)),
            keys::location.eq(location),
            keys::etag.eq(etag),
            keys::body.eq(body),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// At most `limit` requests that were answered before `expired`, oldest first.
///
/// # Errors
/// Whatever the database says.
pub fn answered_before(
    tx: &mut ReadTx<'_>,
    expired: Timestamp,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let old = QueryDsl::filter(keys::table, keys::created_at.lt(expired.micros()));
    let old = old.select(keys::id).order(keys::created_at).limit(limit);
    Ok(old.load(tx.connection())?)
}

/// Forgets those of `ids` that were answered before `expired`: one of them may have been claimed
/// anew in the meantime. Returns how many it forgot.
///
/// # Errors
/// Whatever the database says.
pub fn forget(tx: &mut WriteTx<'_>, ids: &[String], expired: Timestamp) -> Result<usize, Error> {
    let is_old = keys::created_at.lt(expired.micros());
    let old = QueryDsl::filter(keys::table, keys::id.eq_any(ids).and(is_old));
    Ok(diesel::delete(old).execute(tx.connection())?)
}
