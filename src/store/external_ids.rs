//! The ids that partners' systems give to records, unique per owner, resource and system.

use std::collections::BTreeMap;

use diesel::dsl::{max, min};
use diesel::prelude::*;
use diesel::sql_types::Text;
use matching::id::PartyId;
use uuid::Uuid;

use super::columns::{id_of, uuid_of};
use super::connection::AnyConnection;
use super::dialect::{VALUES_PER_STATEMENT, insert_rows, is_duplicate};
use super::schema::external_ids;
use super::transaction::{ReadTx, WriteTx};
use crate::caller::Resource;
use crate::error::{Conflict, Error};

/// External ids of one record, by system.
pub type ExternalIds = BTreeMap<String, String>;

/// A record, with the owner whose systems name it.
pub type Named = (PartyId, Resource, Uuid);

/// One external id, with the owner within whose ids it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId {
    /// Whose id it is.
    pub owner: PartyId,
    /// Which kind of record it names.
    pub resource: Resource,
    /// The partner's system.
    pub system: String,
    /// The id there.
    pub id: String,
}

#[derive(Insertable)]
#[diesel(table_name = external_ids)]
#[diesel(treat_none_as_default_value = false)]
struct Row<'a> {
    owner_id: String,
    resource: &'static str,
    system: &'a str,
    external_id: &'a str,
    resource_id: String,
}

/// The record that an external id names.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, name: &ExternalId) -> Result<Option<Uuid>, Error> {
    let key =
        (name.owner.to_string(), name.resource.singular(), name.system.as_str(), name.id.as_str());
    let found: Option<String> = external_ids::table
        .find(key)
        .select(external_ids::resource_id)
        .get_result(tx.connection())
        .optional()?;
    found.map(|id| uuid_of(&id)).transpose()
}

/// The record that an external id names, which nobody else claims until the transaction ends: of
/// two who put the same record at once, the second finds what the first has created. SQLite has one
/// writer at a time.
///
/// # Errors
/// Whatever the database says.
pub fn claim(tx: &mut WriteTx<'_>, name: &ExternalId) -> Result<Option<Uuid>, Error> {
    if let AnyConnection::Postgres(connection) = tx.connection() {
        let ExternalId { owner, resource, system, id } = name;
        let key = format!("{owner} {} {system} {id}", resource.singular());
        let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
        lock.bind::<Text, _>(key).execute(connection)?;
    }
    find(tx, name)
}

/// The record that some owner's `system` calls `id`; none if there is none, or more than one.
/// The least and the greatest tell, without a limit of rows, for which SQLite would plan the query
/// anew each time.
///
/// # Errors
/// Whatever the database says.
pub fn find_unambiguous(
    tx: &mut ReadTx<'_>,
    resource: Resource,
    (system, id): (&str, &str),
) -> Result<Option<Uuid>, Error> {
    let ends: (Option<String>, Option<String>) = external_ids::table
        .filter(external_ids::resource.eq(resource.singular()))
        .filter(external_ids::system.eq(system))
        .filter(external_ids::external_id.eq(id))
        .select((min(external_ids::resource_id), max(external_ids::resource_id)))
        .get_result(tx.connection())?;
    match ends {
        (Some(least), Some(greatest)) if least == greatest => uuid_of(&least).map(Some),
        _ => Ok(None),
    }
}

/// Who has these ids of a system: each with the owner within whose ids it is unique.
///
/// # Errors
/// Whatever the database says.
pub fn bearers(
    tx: &mut ReadTx<'_>,
    (resource, system): (Resource, &str),
    ids: &[&str],
) -> Result<Vec<(String, PartyId, Uuid)>, Error> {
    let mut found = Vec::new();
    for part in ids.chunks(VALUES_PER_STATEMENT) {
        let rows: Vec<(String, String, String)> = external_ids::table
            .select((external_ids::external_id, external_ids::owner_id, external_ids::resource_id))
            .filter(external_ids::resource.eq(resource.singular()))
            .filter(external_ids::system.eq(system))
            .filter(external_ids::external_id.eq_any(part))
            .load(tx.connection())?;
        for (id, owner, record) in rows {
            found.push((id, id_of(&owner)?, uuid_of(&record)?));
        }
    }
    Ok(found)
}

/// The external ids of many records, those that `viewer` owns (all, for none).
///
/// # Errors
/// Whatever the database says.
pub fn of_many(
    tx: &mut ReadTx<'_>,
    records: &[Uuid],
    viewer: Option<PartyId>,
) -> Result<BTreeMap<Uuid, ExternalIds>, Error> {
    let ids: Vec<String> = records.iter().map(Uuid::to_string).collect();
    let rows: Vec<(String, String, String, String)> = external_ids::table
        .select((
            external_ids::resource_id,
            external_ids::system,
            external_ids::external_id,
            external_ids::owner_id,
        ))
        .filter(external_ids::resource_id.eq_any(ids))
        .order((external_ids::resource_id, external_ids::system, external_ids::owner_id))
        .load(tx.connection())?;
    let mut found: BTreeMap<Uuid, ExternalIds> = BTreeMap::new();
    for (record, system, id, owner) in rows {
        let owner: PartyId = id_of(&owner)?;
        if viewer.is_none_or(|viewer| viewer == owner) {
            found.entry(uuid_of(&record)?).or_default().insert(system, id);
        }
    }
    Ok(found)
}

/// Every record that has an external id.
///
/// # Errors
/// Whatever the database says.
pub fn named(tx: &mut ReadTx<'_>) -> Result<Vec<Uuid>, Error> {
    let ids = external_ids::table.select(external_ids::resource_id).distinct();
    let ids: Vec<String> = ids.load(tx.connection())?;
    ids.iter().map(|id| uuid_of(id)).collect()
}

/// Sets the external ids that `owner` gives to a record, in place of those it gave before.
///
/// # Errors
/// [`Conflict::DuplicateExternalId`] if another of the owner's records has one of them.
pub fn replace(
    tx: &mut WriteTx<'_>,
    (owner, resource, record): Named,
    ids: &ExternalIds,
) -> Result<(), Error> {
    let before = external_ids::table
        .filter(external_ids::resource_id.eq(record.to_string()))
        .filter(external_ids::owner_id.eq(owner.to_string()));
    diesel::delete(before).execute(tx.connection())?;
    insert(tx, (owner, resource, record), ids)
}

/// Adds the external ids that `owner` gives to a new record.
///
/// # Errors
/// [`Conflict::DuplicateExternalId`] if another of the owner's records has one of them.
pub fn insert(tx: &mut WriteTx<'_>, record: Named, ids: &ExternalIds) -> Result<(), Error> {
    insert_all(tx, &[(record, ids)])
}

/// Adds the external ids that owners give to new records.
///
/// # Errors
/// [`Conflict::DuplicateExternalId`] if another of an owner's records has one of them.
pub fn insert_all(tx: &mut WriteTx<'_>, records: &[(Named, &ExternalIds)]) -> Result<(), Error> {
    let rows: Vec<Row<'_>> = records.iter().flat_map(|(record, ids)| rows(*record, ids)).collect();
    match insert_rows!(tx.connection(), external_ids, rows) {
        Err(error) if is_duplicate(&error) => Err(Error::Conflict(Conflict::DuplicateExternalId)),
        other => Ok(other?),
    }
}

fn rows(
    (owner, resource, record): Named,
    ids: &ExternalIds,
) -> impl Iterator<Item = Row<'_>> + use<'_> {
    ids.iter().map(move |(system, external_id)| Row {
        owner_id: owner.to_string(),
        resource: resource.singular(),
        system,
        external_id,
        resource_id: record.to_string(),
    })
}
