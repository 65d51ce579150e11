//! Rows of sessions and of their refresh tokens, of which only hashes are kept. All refresh tokens
//! of one log-in are one family: each is one generation of its session.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::{SessionId, UserId};

use super::columns::id_of;
use super::schema::{refresh_tokens, sessions};
use super::transaction::{ReadTx, WriteTx};
use crate::credentials::secret::SecretHash;
use crate::error::Error;

/// One log-in of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// When.
    pub created_at: Timestamp,
    /// The generation of its newest refresh token; the first is 1.
    pub generation: i64,
    /// When that refresh token was made.
    pub rotated_at: Timestamp,
    /// That refresh token is accepted before that instant.
    pub expires_at: Timestamp,
    /// When the session was ended: by log-out, a new password, or a stolen token.
    pub ended_at: Option<Timestamp>,
}

/// What is kept of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session that it belongs to.
    pub session: SessionId,
    /// Which of the session's refresh tokens it is.
    pub generation: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    user_id: String,
    created_at: i64,
    generation: i64,
    rotated_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

impl From<&Session> for Row {
    fn from(session: &Session) -> Self {
        let Session { id, user, created_at, generation, rotated_at, expires_at, ended_at } =
            session;
        Self {
            id: id.to_string(),
            user_id: user.to_string(),
            created_at: created_at.micros(),
            generation: *generation,
            rotated_at: rotated_at.micros(),
            expires_at: expires_at.micros(),
            ended_at: ended_at.map(Timestamp::micros),
        }
    }
}

impl TryFrom<Row> for Session {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Row { id, user_id, created_at, generation, rotated_at, expires_at, ended_at } = row;
        Ok(Self {
            id: id_of(&id)?,
            user: id_of(&user_id)?,
            created_at: Timestamp::from_micros(created_at),
            generation,
            rotated_at: Timestamp::from_micros(rotated_at),
            expires_at: Timestamp::from_micros(expires_at),
            ended_at: ended_at.map(Timestamp::from_micros),
        })
    }
}

/// Records a new session.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, session: &Session) -> Result<(), Error> {
    let row = Row::from(session);
    diesel::insert_into(sessions::table).values(row).execute(tx.connection())?;
    Ok(())
}

/// The session with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Option<Session>, Error> {
    let row: Option<Row> =
        sessions::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(Session::try_from).transpose()
}

/// Takes a session to the generation of `next`; false if it was ended or is there already, because
/// of two requests with one token only one is first.
///
/// # Errors
/// Whatever the database says.
pub fn rotate(tx: &mut WriteTx<'_>, next: &Session) -> Result<bool, Error> {
    let before = sessions::table
        .find(next.id.to_string())
        .filter(sessions::generation.eq(next.generation - 1))
        .filter(sessions::ended_at.is_null());
    let changes = (
        sessions::generation.eq(next.generation),
        sessions::rotated_at.eq(next.rotated_at.micros()),
        sessions::expires_at.eq(next.expires_at.micros()),
    );
    Ok(diesel::update(before).set(changes).execute(tx.connection())? == 1)
}

/// Ends a session, unless it has ended.
///
/// # Errors
/// Whatever the database says.
pub fn end(tx: &mut WriteTx<'_>, id: SessionId, at: Timestamp) -> Result<(), Error> {
    let row = sessions::table.find(id.to_string()).filter(sessions::ended_at.is_null());
    diesel::update(row).set(sessions::ended_at.eq(at.micros())).execute(tx.connection())?;
    Ok(())
}

/// Ends every session of a user but `kept`.
///
/// # Errors
/// Whatever the database says.
pub fn end_all(
    tx: &mut WriteTx<'_>,
    user: UserId,
    kept: Option<SessionId>,
    at: Timestamp,
) -> Result<(), Error> {
    let kept = kept.map(|id| id.to_string()).unwrap_or_default();
    let rows = sessions::table
        .filter(sessions::user_id.eq(user.to_string()))
        .filter(sessions::id.ne(kept))
        .filter(sessions::ended_at.is_null());
    diesel::update(rows).set(sessions::ended_at.eq(at.micros())).execute(tx.connection())?;
    Ok(())
}

/// Records a refresh token.
///
/// # Errors
/// Whatever the database says.
pub fn insert_token(
    tx: &mut WriteTx<'_>,
    hash: &SecretHash,
    token: RefreshToken,
) -> Result<(), Error> {
    let row = (
        refresh_tokens::hash.eq(hash.as_str().to_owned()),
        refresh_tokens::session_id.eq(token.session.to_string()),
        refresh_tokens::generation.eq(token.generation),
    );
    diesel::insert_into(refresh_tokens::table).values(row).execute(tx.connection())?;
    Ok(())
}

/// The refresh token with this hash, whatever became of its session.
///
/// # Errors
/// Whatever the database says.
pub fn find_token(tx: &mut ReadTx<'_>, hash: &SecretHash) -> Result<Option<RefreshToken>, Error> {
    let row: Option<(String, String, i64)> =
        refresh_tokens::table.find(hash.as_str()).get_result(tx.connection()).optional()?;
    row.map(|(_, session_id, generation)| {
        Ok(RefreshToken { session: id_of(&session_id)?, generation })
    })
    .transpose()
}

/// Some of the sessions that expired before `before`.
///
/// # Errors
/// Whatever the database says.
pub fn expired(
    tx: &mut ReadTx<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<SessionId>, Error> {
    let expired: Vec<String> = sessions::table
        .filter(sessions::expires_at.lt(before.micros()))
        .order((sessions::expires_at, sessions::id))
        .limit(limit)
        .select(sessions::id)
        .load(tx.connection())?;
    expired.iter().map(|id| id_of(id)).collect()
}

/// Removes sessions with their refresh tokens.
///
/// # Errors
/// Whatever the database says.
pub fn remove(tx: &mut WriteTx<'_>, ids: &[SessionId]) -> Result<(), Error> {
    let ids: Vec<String> = ids.iter().map(SessionId::to_string).collect();
    let tokens = refresh_tokens::table.filter(refresh_tokens::session_id.eq_any(&ids));
    diesel::delete(tokens).execute(tx.connection())?;
    diesel::delete(sessions::table.filter(sessions::id.eq_any(&ids))).execute(tx.connection())?;
    Ok(())
}
