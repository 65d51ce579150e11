//! The change log: every committed change of a record, numbered in commit order. A reader that has
//! seen number n will never be given a smaller one later.
//!
//! The number is drawn from one row just before the commit. The row's lock is held until then, so
//! numbers become visible in the order in which they were drawn; a serial column would not do that.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use matching::date::Timestamp;
use matching::id::PartyId;
use uuid::Uuid;

use super::audit_trail;
use super::columns::uuid_of;
use super::connection::AnyConnection;
use super::dialect::{insert_rows, on_each};
use super::schema::{change_counter, changes};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// What kind of record a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Changed {
    /// A party.
    Party,
    /// A product.
    Product,
    /// A certificate.
    Certificate,
    /// An offer.
    Offer,
    /// A demand.
    Demand,
    /// A dismissed pair; the id is the demand's.
    Dismissal,
    /// A grant.
    Grant,
    /// A client.
    Client,
    /// A user.
    User,
    /// A key that signs access tokens; the id has its number.
    SigningKey,
}

impl Changed {
    /// Every kind with its word.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Party, "party"),
        (Self::Product, "product"),
        (Self::Certificate, "certificate"),
        (Self::Offer, "offer"),
        (Self::Demand, "demand"),
        (Self::Dismissal, "dismissal"),
        (Self::Grant, "grant"),
        (Self::Client, "client"),
        (Self::User, "user"),
        (Self::SigningKey, "signing_key"),
    ];

    /// The word in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| *word)
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

/// A change that its transaction is about to commit.
#[derive(Debug, Clone)]
pub struct NewChange {
    /// When.
    pub at: Timestamp,
    /// What kind of record.
    pub resource: Changed,
    /// Which record.
    pub resource_id: Uuid,
    /// Its version after the change; 1 means that it was created.
    pub version: i64,
    /// Who changed it.
    pub actor: PartyId,
}

/// A committed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its number, rising in commit order.
    pub seq: i64,
    /// What kind of record.
    pub resource: Changed,
    /// Which record.
    pub resource_id: Uuid,
    /// Its version after the change.
    pub version: i64,
}

/// Notes a change of the open transaction.
pub fn append(tx: &mut WriteTx<'_>, change: NewChange) {
    tx.note(change, None);
}

#[derive(Insertable)]
#[diesel(table_name = changes)]
#[diesel(treat_none_as_default_value = false)]
struct ChangeRow {
    seq: i64,
    at: i64,
    resource: &'static str,
    resource_id: String,
    op: &'static str,
    version: i64,
    actor_id: String,
}

/// Numbers and writes what the transaction noted; the last statements before the commit.
pub(super) fn flush(tx: &mut WriteTx<'_>) -> QueryResult<()> {
    let noted = tx.take_changes();
    if noted.is_empty() {
        return Ok(());
    }
    let connection = tx.connection();
    let count = i64::try_from(noted.len()).unwrap_or(i64::MAX);
    let last: i64 = on_each!(connection, |c| Draw { count }.get_result(c))?;
    let numbered = || noted.iter().zip(last - count + 1..);
    let rows: Vec<ChangeRow> = numbered().map(|((change, _), seq)| row(change, seq)).collect();
    insert_rows!(connection, changes, rows)?;
    let told = numbered().filter_map(|((change, entry), seq)| Some((seq, change, entry.as_ref()?)));
    audit_trail::insert(connection, told)
}

/// Draws the next numbers, and tells the last of them. Written out, because diesel prepares an
/// update anew each time, and every write draws.
#[derive(QueryId)]
struct Draw {
    count: i64,
}

impl Query for Draw {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for Draw {}

impl<DB: Backend + HasSqlType<BigInt>> QueryFragment<DB> for Draw
where
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE change_counter SET last_seq = last_seq + ");
        pass.push_bind_param::<BigInt, _>(&self.count)?;
        pass.push_sql(" RETURNING last_seq");
        Ok(())
    }
}

fn row(change: &NewChange, seq: i64) -> ChangeRow {
    ChangeRow {
        seq,
        at: change.at.micros(),
        resource: change.resource.word(),
        resource_id: change.resource_id.to_string(),
        op: if change.version == 1 { "create" } else { "update" },
        version: change.version,
        actor_id: change.actor.to_string(),
    }
}

fn last_seq(connection: &mut AnyConnection) -> QueryResult<i64> {
    change_counter::table.select(change_counter::last_seq).get_result(connection)
}

/// The number of the last committed change.
///
/// # Errors
/// Whatever the database says.
pub fn last(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    Ok(last_seq(tx.connection())?)
}

/// At most `limit` changes after number `after`, in order.
///
/// # Errors
/// Whatever the database says.
pub fn after(tx: &mut ReadTx<'_>, after: i64, limit: i64) -> Result<Vec<Change>, Error> {
    let rows: Vec<(i64, String, String, i64)> = changes::table
        .select((changes::seq, changes::resource, changes::resource_id, changes::version))
        .filter(changes::seq.gt(after))
        .order(changes::seq)
        .limit(limit)
        .load(tx.connection())?;
    rows.into_iter().map(change).collect()
}

fn change((seq, resource, id, version): (i64, String, String, i64)) -> Result<Change, Error> {
    let unknown = || Error::Internal(format!("change {seq} is about an unknown {resource}"));
    let resource = Changed::parse(&resource).ok_or_else(unknown)?;
    Ok(Change { seq, resource, resource_id: uuid_of(&id)?, version })
}
