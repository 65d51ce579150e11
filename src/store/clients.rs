//! Rows of clients and of their secrets, of which only hashes are kept.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::{ClientId, PartyId};

use super::columns::{id_of, scopes_of};
use super::schema::{client_secrets, clients};
use super::transaction::{ReadTx, WriteTx};
use crate::caller::Scopes;
use crate::credentials::secret::SecretHash;
use crate::error::Error;

/// A program of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, with which it says who it is.
    pub id: ClientId,
    /// The party that it acts for.
    pub party: PartyId,
    /// What people call it.
    pub name: String,
    /// The most that it may ask for.
    pub scopes: Scopes,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was told apart from the service, for good.
    pub revoked_at: Option<Timestamp>,
    /// Grows by one with every change of it or its secrets.
    pub version: i64,
}

/// A secret of a client, as it is kept.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// Its hash.
    pub hash: SecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// It is accepted before that instant.
    pub expires_at: Timestamp,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = clients)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    party_id: String,
    name: String,
    scopes: String,
    created_at: i64,
    revoked_at: Option<i64>,
    version: i64,
}

impl From<&Client> for Row {
    fn from(client: &Client) -> Self {
        let Client { id, party, name, scopes, created_at, revoked_at, version } = client;
        Self {
            id: id.to_string(),
            party_id: party.to_string(),
            name: name.clone(),
            scopes: scopes.to_string(),
            created_at: created_at.micros(),
            revoked_at: revoked_at.map(Timestamp::micros),
            version: *version,
        }
    }
}

impl TryFrom<Row> for Client {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let Row { id, party_id, name, scopes, created_at, revoked_at, version } = row;
        Ok(Self {
            id: id_of(&id)?,
            party: id_of(&party_id)?,
            name,
            scopes: scopes_of(&scopes)?,
            created_at: Timestamp::from_micros(created_at),
            revoked_at: revoked_at.map(Timestamp::from_micros),
            version,
        })
    }
}

/// Records a new client.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, client: &Client) -> Result<(), Error> {
    let row = Row::from(client);
    diesel::insert_into(clients::table).values(row).execute(tx.connection())?;
    Ok(())
}

/// The client with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: ClientId) -> Result<Option<Client>, Error> {
    let row: Option<Row> =
        clients::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(Client::try_from).transpose()
}

/// Tells a client apart from the service; false if it is already.
///
/// # Errors
/// Whatever the database says.
pub fn revoke(tx: &mut WriteTx<'_>, id: ClientId, at: Timestamp) -> Result<bool, Error> {
    let row = clients::table.find(id.to_string()).filter(clients::revoked_at.is_null());
    let end = (clients::revoked_at.eq(at.micros()), clients::version.eq(clients::version + 1));
    Ok(diesel::update(row).set(end).execute(tx.connection())? == 1)
}

/// Counts a change of a client that stands in other rows.
///
/// # Errors
/// Whatever the database says.
pub fn count_change(tx: &mut WriteTx<'_>, id: ClientId) -> Result<(), Error> {
    let row = diesel::update(clients::table.find(id.to_string()));
    row.set(clients::version.eq(clients::version + 1)).execute(tx.connection())?;
    Ok(())
}

/// Every client with its version.
///
/// # Errors
/// Whatever the database says.
pub fn versions(tx: &mut ReadTx<'_>) -> Result<Vec<(ClientId, i64)>, Error> {
    let rows = clients::table.select((clients::id, clients::version));
    let rows: Vec<(String, i64)> = rows.load(tx.connection())?;
    rows.into_iter().map(|(id, version)| Ok((id_of(&id)?, version))).collect()
}

/// Adds a secret.
///
/// # Errors
/// Whatever the database says.
pub fn insert_secret(
    tx: &mut WriteTx<'_>,
    id: ClientId,
    secret: &ClientSecret,
) -> Result<(), Error> {
    let row = (
        client_secrets::client_id.eq(id.to_string()),
        client_secrets::hash.eq(secret.hash.as_str().to_owned()),
        client_secrets::created_at.eq(secret.created_at.micros()),
        client_secrets::expires_at.eq(secret.expires_at.micros()),
    );
    diesel::insert_into(client_secrets::table).values(row).execute(tx.connection())?;
    Ok(())
}

/// The secrets of a client, newest first.
///
/// # Errors
/// Whatever the database says.
pub fn secrets(tx: &mut ReadTx<'_>, id: ClientId) -> Result<Vec<ClientSecret>, Error> {
    let rows: Vec<(String, String, i64, i64)> = client_secrets::table
        .filter(client_secrets::client_id.eq(id.to_string()))
        .order((client_secrets::created_at.desc(), client_secrets::hash))
        .load(tx.connection())?;
    let secret = |(_, hash, created_at, expires_at)| ClientSecret {
        hash: SecretHash::kept(hash),
        created_at: Timestamp::from_micros(created_at),
        expires_at: Timestamp::from_micros(expires_at),
    };
    Ok(rows.into_iter().map(secret).collect())
}

/// Removes every secret of a client.
///
/// # Errors
/// Whatever the database says.
pub fn remove_secrets(tx: &mut WriteTx<'_>, id: ClientId) -> Result<(), Error> {
    let rows = client_secrets::table.filter(client_secrets::client_id.eq(id.to_string()));
    diesel::delete(rows).execute(tx.connection())?;
    Ok(())
}
