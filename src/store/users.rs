//! Rows of users. A phone number or an e-mail address is one user's.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::{PartyId, UserId};
use matching::violation::{Rule, Violation};

use super::columns::{id_of, illegal, scopes_of};
use super::dialect::{is_duplicate, load_kept};
use super::schema::users;
use super::transaction::{ReadTx, WriteTx};
use crate::caller::Scopes;
use crate::credentials::login::{Email, Login, Phone};
use crate::credentials::password::PasswordHash;
use crate::error::Error;

/// A person of a party.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
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
    /// What is kept of the password.
    pub password: PasswordHash,
    /// When the user was registered.
    pub created_at: Timestamp,
    /// When the user was shut out.
    pub disabled_at: Option<Timestamp>,
    /// Grows by one with every change.
    pub version: i64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    party_id: String,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    scopes: String,
    password_hash: String,
    created_at: i64,
    disabled_at: Option<i64>,
    version: i64,
}

impl From<&User> for Row {
    fn from(user: &User) -> Self {
        let User {
            id,
            party,
            name,
            phone,
            email,
            scopes,
            password,
            created_at,
            disabled_at,
            version,
        } = user;
        Self {
            id: id.to_string(),
            party_id: party.to_string(),
            name: name.clone(),
            phone: phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: email.as_ref().map(|email| email.as_str().to_owned()),
            scopes: scopes.to_string(),
            password_hash: password.as_str().to_owned(),
            created_at: created_at.micros(),
            disabled_at: disabled_at.map(Timestamp::micros),
            version: *version,
        }
    }
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Row { id, party_id, name, phone, email, scopes, .. } = row;
        let damaged = |violation: Violation| illegal("login", violation.at);
        Ok(Self {
            id: id_of(&id)?,
            party: id_of(&party_id)?,
            name,
            phone: phone.as_deref().map(Phone::parse).transpose().map_err(damaged)?,
            email: email.as_deref().map(Email::parse).transpose().map_err(damaged)?,
            scopes: scopes_of(&scopes)?,
            password: PasswordHash::kept(row.password_hash),
            created_at: Timestamp::from_micros(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp::from_micros),
            version: row.version,
        })
    }
}

/// Records a new user.
///
/// # Errors
/// [`Error::Invalid`] if the phone number or e-mail address is another user's.
pub fn insert(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    let row = Row::from(user);
    let inserted = diesel::insert_into(users::table).values(row).execute(tx.connection());
    inserted.map(drop).map_err(|error| match is_duplicate(&error) {
        true => Error::invalid("/phone", Rule::Duplicate),
        false => error.into(),
    })
}

/// The user with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: UserId) -> Result<Option<User>, Error> {
    let row: Option<Row> =
        users::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(User::try_from).transpose()
}

/// The user with this id, whom others do not change until the transaction ends.
///
/// # Errors
/// Whatever the database says.
pub fn find_to_change(tx: &mut WriteTx<'_>, id: UserId) -> Result<Option<User>, Error> {
    let query = users::table.find(id.to_string());
    let rows: Vec<Row> = load_kept!(tx.connection(), query, for_no_key_update)?;
    rows.into_iter().next().map(User::try_from).transpose()
}

/// The user who logs in with this phone number or e-mail address.
///
/// # Errors
/// Whatever the database says.
pub fn find_by_login(tx: &mut ReadTx<'_>, login: &Login) -> Result<Option<User>, Error> {
    let name = login.as_str();
    let row: Option<Row> = match login {
        Login::Phone(_) => users::table.filter(users::phone.eq(name)).get_result(tx.connection()),
        Login::Email(_) => users::table.filter(users::email.eq(name)).get_result(tx.connection()),
    }
    .optional()?;
    row.map(User::try_from).transpose()
}

/// Replaces a user's password.
///
/// # Errors
/// Whatever the database says.
pub fn set_password(
    tx: &mut WriteTx<'_>,
    id: UserId,
    password: &PasswordHash,
) -> Result<(), Error> {
    let row = diesel::update(users::table.find(id.to_string()));
    let fresh = (users::password_hash.eq(password.as_str()), users::version.eq(users::version + 1));
    row.set(fresh).execute(tx.connection())?;
    Ok(())
}

/// Shuts a user out; false if it is already.
///
/// # Errors
/// Whatever the database says.
pub fn disable(tx: &mut WriteTx<'_>, id: UserId, at: Timestamp) -> Result<bool, Error> {
    let row = users::table.find(id.to_string()).filter(users::disabled_at.is_null());
    let end = (users::disabled_at.eq(at.micros()), users::version.eq(users::version + 1));
    Ok(diesel::update(row).set(end).execute(tx.connection())? == 1)
}

/// Lets a user in again that was shut out; false if it was not.
///
/// # Errors
/// Whatever the database says.
pub fn enable(tx: &mut WriteTx<'_>, id: UserId) -> Result<bool, Error> {
    let row = users::table.find(id.to_string()).filter(users::disabled_at.is_not_null());
    let begin = (users::disabled_at.eq(None::<i64>), users::version.eq(users::version + 1));
    Ok(diesel::update(row).set(begin).execute(tx.connection())? == 1)
}

/// Every user with its version.
///
/// # Errors
/// Whatever the database says.
pub fn versions(tx: &mut ReadTx<'_>) -> Result<Vec<(UserId, i64)>, Error> {
    let rows = users::table.select((users::id, users::version));
    let rows: Vec<(String, i64)> = rows.load(tx.connection())?;
    rows.into_iter().map(|(id, version)| Ok((id_of(&id)?, version))).collect()
}
