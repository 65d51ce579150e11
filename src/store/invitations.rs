//! Rows of invitations: the parties that an offer or a demand names as its audience.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matching::id::PartyId;

use super::columns::id_of;
use super::dialect::{VALUES_PER_STATEMENT, insert_rows};
use super::schema::invitations;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

#[derive(Insertable)]
#[diesel(table_name = invitations)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    resource_id: String,
    party_id: String,
}

/// Names the parties that are invited to new records.
pub(super) fn insert<'a>(
    tx: &mut WriteTx<'_>,
    records: impl Iterator<Item = (&'a str, &'a [PartyId])>,
) -> Result<(), Error> {
    let of_record = |(id, invited): (&'a str, &'a [PartyId])| {
        invited.iter().map(|party| Row { resource_id: id.into(), party_id: party.to_string() })
    };
    let rows: Vec<Row> = records.flat_map(of_record).collect();
    Ok(insert_rows!(tx.connection(), invitations, rows)?)
}

/// Names the parties that are invited in place of those named before.
pub(super) fn replace(
    tx: &mut WriteTx<'_>,
    resource_id: &str,
    invited: &[PartyId],
) -> Result<(), Error> {
    let before = invitations::table.filter(invitations::resource_id.eq(resource_id));
    diesel::delete(before).execute(tx.connection())?;
    insert(tx, [(resource_id, invited)].into_iter())
}

/// The parties that are invited to each of these records.
pub(super) fn of_many(
    tx: &mut ReadTx<'_>,
    resource_ids: &[String],
) -> Result<BTreeMap<String, Vec<PartyId>>, Error> {
    let mut found: BTreeMap<String, Vec<PartyId>> = BTreeMap::new();
    for part in resource_ids.chunks(VALUES_PER_STATEMENT) {
        let query = invitations::table.filter(invitations::resource_id.eq_any(part));
        for (resource_id, party_id) in query.load::<(String, String)>(tx.connection())? {
            found.entry(resource_id).or_default().push(id_of(&party_id)?);
        }
    }
    Ok(found)
}
