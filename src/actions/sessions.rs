//! Use cases of sessions: a person logs in, stays logged in by refresh tokens, and logs out.
//!
//! Each refresh token is used once and has one successor, so the tokens of a session form a chain.
//! Whoever asks again with the last used one, soon and before its successor is used, has lost the
//! answer and gets the same successor again. Any other use of a used token means that two hold it:
//! the session ends (RFC 9700 section 4.14.2).

use matching::date::Timestamp;
use matching::id::SessionId;

use super::login_failures::{self, Attempt};
use crate::app::Context;
use crate::caller::Scopes;
use crate::credentials::password::PasswordHash;
use crate::credentials::secret::{Secret, SecretHash, SecretKind};
use crate::error::Error;
use crate::store::sessions::{self, RefreshToken, Session};
use crate::store::users::{self, User};
use crate::store::{ReadTx, WriteTx};

/// How long a session lasts that is not used, in seconds: 30 days.
pub const SESSION_SECONDS: i64 = 30 * 24 * 3600;
/// How long the last used refresh token gets its successor again, in seconds.
pub const GRACE_SECONDS: i64 = 30;
/// The most sessions that one sweep forgets; each may have thousands of refresh tokens.
const SWEEP_LIMIT: i64 = 20;

/// A session with its user.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Who logged in.
    pub user: User,
}

/// What a refresh token was good for.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The session, which goes on.
    pub view: SessionView,
    /// What the next access token may do.
    pub scopes: Scopes,
    /// The next refresh token.
    pub token: Secret,
}

/// Why a refresh token was good for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshRefusal {
    /// It is unknown, used, expired, or its session has ended.
    Token,
    /// It was asked for more than the user may do; the token can be used again.
    Scope,
}

/// What a password is to be checked against, whether there is such a user or not.
///
/// # Errors
/// [`Error::TooManyAttempts`].
pub fn challenge(
    tx: &mut ReadTx<'_>,
    now: Timestamp,
    attempt: &Attempt,
) -> Result<PasswordHash, Error> {
    login_failures::check(tx, now, attempt)?;
    let user = users::find_by_login(tx, &attempt.login)?;
    Ok(user.map_or_else(PasswordHash::of_nobody, |user| user.password))
}

/// Logs in whoever has the password of which `proved` is the hash, with a first refresh token. None
/// if no such user has that password; this is counted.
///
/// # Errors
/// [`Error::TooManyAttempts`], also with the right password.
pub fn open(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (attempt, proved): (&Attempt, Option<&PasswordHash>),
    token: &SecretHash,
) -> Result<Option<SessionView>, Error> {
    let now = context.moment.now();
    login_failures::count(tx, now, attempt)?;
    let named = users::find_by_login(tx, &attempt.login)?.map(|user| user.id);
    // Whoever takes the password away ends the sessions that were opened before, this one too.
    let user = named.map(|id| users::find_to_change(tx, id)).transpose()?.flatten();
    let user = user.filter(|user| user.disabled_at.is_none() && proved == Some(&user.password));
    let Some(user) = user else { return Ok(None) };
    login_failures::forget(tx, attempt)?;
    let session = Session {
        id: SessionId::new(context.moment.new_id()),
        user: user.id,
        created_at: now,
        generation: 1,
        rotated_at: now,
        expires_at: now.plus_seconds(SESSION_SECONDS),
        ended_at: None,
    };
    sessions::insert(tx, &session)?;
    sessions::insert_token(tx, token, RefreshToken { session: session.id, generation: 1 })?;
    Ok(Some(SessionView { session, user }))
}

/// Uses a refresh token; `key` makes its successor. The scopes are all of the user's, unless fewer
/// are `wanted`.
///
/// # Errors
/// Whatever the database says. A refusal is no error, because it may end the session.
pub fn refresh(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (presented, key): (&Secret, &[u8]),
    wanted: Option<&Scopes>,
) -> Result<Result<Refreshed, RefreshRefusal>, Error> {
    let now = context.moment.now();
    let Some(used) = sessions::find_token(tx, &presented.hash())? else {
        return Ok(Err(RefreshRefusal::Token));
    };
    let Some(SessionView { session, user }) = living(tx, now, used.session)? else {
        return Ok(Err(RefreshRefusal::Token));
    };
    let scopes = wanted.unwrap_or(&user.scopes).clone();
    if !user.scopes.hold_all(&scopes) {
        return Ok(Err(RefreshRefusal::Scope));
    }
    let token = presented.successor(SecretKind::Refresh, key);
    Ok(match advance(tx, now, (session, used), &token.hash())? {
        Some(session) => Ok(Refreshed { view: SessionView { session, user }, scopes, token }),
        None => Err(RefreshRefusal::Token),
    })
}

/// The session after its token `used`, whose successor is `next`; none if it had to be ended.
fn advance(
    tx: &mut WriteTx<'_>,
    now: Timestamp,
    (session, used): (Session, RefreshToken),
    next: &SecretHash,
) -> Result<Option<Session>, Error> {
    let mut current = session;
    if used.generation == current.generation {
        let rotated = Session {
            generation: current.generation + 1,
            rotated_at: now,
            expires_at: now.plus_seconds(SESSION_SECONDS),
            ..current
        };
        if sessions::rotate(tx, &rotated)? {
            let token = RefreshToken { session: rotated.id, generation: rotated.generation };
            sessions::insert_token(tx, next, token)?;
            return Ok(Some(rotated));
        }
        // Another request with the same token was first; this one is a repetition of it.
        current = sessions::find(tx, rotated.id)?.ok_or(Error::NotFound)?;
    }
    let has_lost_the_answer = current.ended_at.is_none()
        && used.generation + 1 == current.generation
        && now <= current.rotated_at.plus_seconds(GRACE_SECONDS);
    if has_lost_the_answer {
        return Ok(Some(current));
    }
    sessions::end(tx, current.id, now)?;
    Ok(None)
}

/// The session called `id`, if it goes on.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: SessionId) -> Result<SessionView, Error> {
    living(tx, context.moment.now(), id)?.ok_or(Error::NotFound)
}

/// Logs out: no refresh token of the session is good for anything any more.
///
/// # Errors
/// Whatever the database says.
pub fn end(tx: &mut WriteTx<'_>, context: &Context, id: SessionId) -> Result<(), Error> {
    sessions::end(tx, id, context.moment.now())
}

/// Forgets sessions that have expired, a bounded number at a time; how many it forgot.
///
/// # Errors
/// Whatever the database says.
pub fn sweep(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let expired = sessions::expired(tx, now, SWEEP_LIMIT)?;
    sessions::remove(tx, &expired)?;
    Ok(expired.len())
}

fn living(
    tx: &mut ReadTx<'_>,
    now: Timestamp,
    id: SessionId,
) -> Result<Option<SessionView>, Error> {
    let session = sessions::find(tx, id)?;
    let goes_on = |session: &Session| session.ended_at.is_none() && now < session.expires_at;
    let Some(session) = session.filter(goes_on) else { return Ok(None) };
    let user = users::find(tx, session.user)?.filter(|user| user.disabled_at.is_none());
    Ok(user.map(|user| SessionView { session, user }))
}
