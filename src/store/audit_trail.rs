//! The audit trail: who did what to which record, in whose name, and what it was before and after.
//! An entry has the number of the change that it tells of. It is only ever added to: nothing here
//! changes or removes one.

use std::sync::Arc;

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::PartyId;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::changes::{Changed, NewChange};
use super::columns::{id_of, illegal, json_of, uuid_of};
use super::connection::AnyConnection;
use super::dialect::insert_rows;
use super::keyset::Page;
use super::schema::audit_trail;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// What the trail tells of a change beyond the change itself.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The script, app or person that did it.
    pub subject: Arc<str>,
    /// In whose name.
    pub principal: PartyId,
    /// Whose record it is.
    pub owner: PartyId,
    /// What was done.
    pub action: &'static str,
    /// The record before, as JSON; none for a new one, and where the trail is kept compact.
    pub before: Option<String>,
    /// The record after, as JSON; none where the trail is kept compact.
    pub after: Option<String>,
    /// The request that it was done in.
    pub request_id: Option<Arc<str>>,
}

/// An entry as recorded.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The number of the change, rising in commit order.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The party whose script, app or person did it.
    pub actor: PartyId,
    /// The script, app or person.
    pub subject: String,
    /// In whose name.
    pub principal: PartyId,
    /// Whose record it is.
    pub owner: PartyId,
    /// What kind of record.
    pub resource: Changed,
    /// Which record.
    pub resource_id: Uuid,
    /// Its version afterwards.
    pub version: i64,
    /// What was done.
    pub action: String,
    /// The record before, as JSON that was written by this service.
    pub before: Option<Box<RawValue>>,
    /// The record after.
    pub after: Option<Box<RawValue>>,
    /// The request that it was done in.
    pub request_id: Option<String>,
}

/// Which entries a list shows; what is absent shows all.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// About records of this kind.
    pub resource: Option<Changed>,
    /// About this record.
    pub resource_id: Option<Uuid>,
    /// Done by this party.
    pub actor: Option<PartyId>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// About this party's records, or done in its name.
    pub concerning: Option<PartyId>,
}

/// Notes a change of the open transaction, and what the trail tells of it.
pub fn append(tx: &mut WriteTx<'_>, change: NewChange, entry: NewEntry) {
    tx.note(change, Some(entry));
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = audit_trail)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    seq: i64,
    at: i64,
    actor_id: String,
    subject: String,
    principal_id: String,
    owner_id: String,
    resource: String,
    resource_id: String,
    version: i64,
    action: String,
    before: Option<String>,
    after: Option<String>,
    request_id: Option<String>,
}

impl Row {
    fn new(seq: i64, change: &NewChange, entry: &NewEntry) -> Self {
        let NewChange { at, resource, resource_id, version, actor } = change;
        let NewEntry { subject, principal, owner, action, before, after, request_id } = entry;
        Self {
            seq,
            at: at.micros(),
            actor_id: actor.to_string(),
            subject: subject.as_ref().to_owned(),
            principal_id: principal.to_string(),
            owner_id: owner.to_string(),
            resource: resource.word().to_owned(),
            resource_id: resource_id.to_string(),
            version: *version,
            action: (*action).to_owned(),
            before: before.clone(),
            after: after.clone(),
            request_id: request_id.as_deref().map(str::to_owned),
        }
    }
}

impl TryFrom<Row> for Entry {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let body = |text: Option<String>| text.as_deref().map(json_of).transpose();
        let resource =
            Changed::parse(&row.resource).ok_or_else(|| illegal("resource", &row.resource))?;
        Ok(Self {
            seq: row.seq,
            at: Timestamp::from_micros(row.at),
            actor: id_of(&row.actor_id)?,
            subject: row.subject,
            principal: id_of(&row.principal_id)?,
            owner: id_of(&row.owner_id)?,
            resource,
            resource_id: uuid_of(&row.resource_id)?,
            version: row.version,
            action: row.action,
            before: body(row.before)?,
            after: body(row.after)?,
            request_id: row.request_id,
        })
    }
}

/// Writes numbered entries.
pub(super) fn insert<'a>(
    connection: &mut AnyConnection,
    told: impl Iterator<Item = (i64, &'a NewChange, &'a NewEntry)>,
) -> QueryResult<()> {
    let rows: Vec<Row> = told.map(|(seq, change, entry)| Row::new(seq, change, entry)).collect();
    insert_rows!(connection, audit_trail, rows)
}

/// At most `limit` of the entries that pass `filter`, newest first, from before number `before` on.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    filter: &EntryFilter,
    (limit, before): (usize, Option<i64>),
) -> Result<Page<Entry>, Error> {
    let mut query = audit_trail::table.into_boxed();
    if let Some(party) = filter.concerning {
        let id = party.to_string();
        let concerns = audit_trail::owner_id.eq(id.clone()).or(audit_trail::principal_id.eq(id));
        query = query.filter(concerns);
    }
    if let Some(resource) = filter.resource {
        query = query.filter(audit_trail::resource.eq(resource.word()));
    }
    if let Some(id) = filter.resource_id {
        query = query.filter(audit_trail::resource_id.eq(id.to_string()));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(audit_trail::actor_id.eq(actor.to_string()));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_trail::at.ge(since.micros()));
    }
    if let Some(before) = before {
        query = query.filter(audit_trail::seq.lt(before));
    }
    let rows = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let query = query.order(audit_trail::seq.desc()).limit(rows);
    let rows: Vec<Row> = query.load(tx.connection())?;
    let has_more = rows.len() > limit;
    let items = rows.into_iter().take(limit).map(Entry::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, has_more })
}
