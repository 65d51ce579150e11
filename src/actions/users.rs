//! Use cases of users: people of a party, who log in with a password. Only an admin registers them.
//! A new password and being shut out end the sessions of a user at once.

use matching::id::{PartyId, SessionId, UserId};
use matching::violation::{Rule, Violations};

use super::audit_trail::{self, Deed};
use super::clients::{MAX_NAME_CHARS, require_admin};
use super::login_failures::{self, Attempt};
use super::sessions;
use crate::app::Context;
use crate::caller::{Scope, Scopes};
use crate::credentials::login::{Email, Login, Phone};
use crate::credentials::password::PasswordHash;
use crate::error::{Conflict, Error};
use crate::store::snapshot::Record;
use crate::store::users::{self, User};
use crate::store::{self, ReadTx, WriteTx, parties};

/// What is stated about a user.
#[derive(Debug, Clone)]
pub struct UserCommand {
    /// The party that the person acts for.
    pub party: PartyId,
    /// The person's name.
    pub name: String,
    /// Phone number to log in with.
    pub phone: Option<Phone>,
    /// E-mail address to log in with.
    pub email: Option<Email>,
    /// What the person may do.
    pub scopes: Scopes,
}

/// Which user is meant.
#[derive(Debug, Clone)]
pub enum UserName {
    /// By id.
    Id(UserId),
    /// By phone number or e-mail address.
    Login(Login),
}

/// Registers a user with a password.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] unless the caller is an admin.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &UserCommand,
    password: &PasswordHash,
) -> Result<User, Error> {
    require_admin(context)?;
    let mut violations = Violations::default();
    violations.length(command.name.trim(), (1, MAX_NAME_CHARS), "/name");
    let has_login = command.phone.is_some() || command.email.is_some();
    violations.require(has_login, "/phone", Rule::Required);
    for (login, at) in logins(command) {
        let is_free = users::find_by_login(tx, &login)?.is_none();
        violations.require(is_free, at, Rule::Duplicate);
    }
    violations.into_result(())?;
    require_party(tx, command.party, &command.scopes)?;
    let user = User {
        id: UserId::new(context.moment.new_id()),
        party: command.party,
        name: command.name.trim().to_owned(),
        phone: command.phone.clone(),
        email: command.email.clone(),
        scopes: command.scopes.clone(),
        password: password.clone(),
        created_at: context.moment.now(),
        disabled_at: None,
        version: 1,
    };
    users::insert(tx, &user)?;
    note(tx, context, "create", (None, &user));
    Ok(user)
}

/// Gives a user another password.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] unless the caller is an admin;
/// [`Conflict::IllegalAction`] for one that is shut out, whom no password would let in.
pub fn reset(
    tx: &mut WriteTx<'_>,
    context: &Context,
    name: &UserName,
    password: &PasswordHash,
) -> Result<User, Error> {
    require_admin(context)?;
    let user = named(tx, name)?;
    if user.disabled_at.is_some() {
        let (state, actions) = ("disabled", vec!["enable"]);
        return Err(Error::Conflict(Conflict::IllegalAction { state, actions }));
    }
    set_password(tx, context, (&user, password), "reset_password")?;
    end_sessions(tx, context, (user.id, None))?;
    Ok(user)
}

/// Shuts a user out.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] unless the caller is an admin.
pub fn disable(tx: &mut WriteTx<'_>, context: &Context, name: &UserName) -> Result<User, Error> {
    require_admin(context)?;
    let user = named(tx, name)?;
    if users::disable(tx, user.id, context.moment.now())? {
        note_change(tx, context, "disable", &user)?;
    }
    end_sessions(tx, context, (user.id, None))?;
    Ok(user)
}

/// Lets a user in again, with the password of before.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] unless the caller is an admin.
pub fn enable(tx: &mut WriteTx<'_>, context: &Context, name: &UserName) -> Result<User, Error> {
    require_admin(context)?;
    let user = named(tx, name)?;
    if users::enable(tx, user.id)? {
        note_change(tx, context, "enable", &user)?;
    }
    Ok(user)
}

/// What a person must prove before another password is taken, and whom a failure is counted for.
///
/// # Errors
/// [`Error::NotFound`] if the session has ended; [`Error::TooManyAttempts`].
pub fn challenge(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (session, address): (SessionId, &str),
) -> Result<(Attempt, PasswordHash), Error> {
    let user = sessions::find(tx, context, session)?.user;
    let phone = user.phone.map(Login::Phone);
    let login = phone.or(user.email.map(Login::Email)).ok_or(Error::NotFound)?;
    let attempt = Attempt { login, address: address.to_owned() };
    login_failures::check(tx, context.moment.now(), &attempt)?;
    Ok((attempt, user.password))
}

/// Takes another password of the person of a session who has the password of which `proved` is the
/// hash, and ends all other sessions. False if it is not the person's password; this is counted.
///
/// # Errors
/// As [`challenge`].
pub fn change_password(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (session, attempt): (SessionId, &Attempt),
    (proved, fresh): (Option<&PasswordHash>, &PasswordHash),
) -> Result<bool, Error> {
    login_failures::count(tx, context.moment.now(), attempt)?;
    let user = sessions::find(tx, context, session)?.user.id;
    let user = users::find_to_change(tx, user)?.ok_or(Error::NotFound)?;
    if proved != Some(&user.password) {
        return Ok(false);
    }
    login_failures::forget(tx, attempt)?;
    set_password(tx, context, (&user, fresh), "change_password")?;
    end_sessions(tx, context, (user.id, Some(session)))?;
    Ok(true)
}

fn set_password(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (user, password): (&User, &PasswordHash),
    action: &'static str,
) -> Result<(), Error> {
    users::set_password(tx, user.id, password)?;
    note_change(tx, context, action, user)
}

/// Notes what has become of a user that was as in `before`.
fn note_change(
    tx: &mut WriteTx<'_>,
    context: &Context,
    action: &'static str,
    before: &User,
) -> Result<(), Error> {
    let after = users::find(tx, before.id)?.ok_or(Error::NotFound)?;
    note(tx, context, action, (Some(before), &after));
    Ok(())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    action: &'static str,
    (before, after): (Option<&User>, &User),
) {
    let (before, after) = (before.map(Record::User), Record::User(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

fn end_sessions(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (user, kept): (UserId, Option<SessionId>),
) -> Result<(), Error> {
    store::sessions::end_all(tx, user, kept, context.moment.now())
}

fn named(tx: &mut ReadTx<'_>, name: &UserName) -> Result<User, Error> {
    let user = match name {
        UserName::Id(id) => users::find(tx, *id)?,
        UserName::Login(login) => users::find_by_login(tx, login)?,
    };
    user.ok_or(Error::NotFound)
}

fn logins(command: &UserCommand) -> Vec<(Login, &'static str)> {
    let phone = command.phone.clone().map(|phone| (Login::Phone(phone), "/phone"));
    let email = command.email.clone().map(|email| (Login::Email(email), "/email"));
    phone.into_iter().chain(email).collect()
}

/// Who may act acts for a party that is there; only an admin may be the operator, who is none.
pub(super) fn require_party(
    tx: &mut ReadTx<'_>,
    party: PartyId,
    scopes: &Scopes,
) -> Result<(), Error> {
    let is_there = parties::find(tx, party)?.is_some();
    let legal = is_there || scopes.hold(Scope::Admin);
    legal.then_some(()).ok_or_else(|| Error::invalid("/party_id", Rule::UnknownReference))
}
