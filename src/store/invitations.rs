//! Rows of invitations: the parties that an offer or a demand names as its audience.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matching::id::PartyId;

use super::columns::id_of;
use super::dialect::{VALUES_PER_STATEMENT, on_each};
use super::schema::invitations;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// Names the parties that are invited to a new record.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    resource_id: &str,
    invited: &[PartyId],
) -> Result<(), Error> {
    let rows: Vec<_> = invited
        .iter()
        .map(|party| {
            (
                invitations::resource_id.eq(resource_id.to_owned()),
                invitations::party_id.eq(party.to_string()),
            )
        })
        .collect();
    if !rows.is_empty() {
        on_each!(tx.connection(), |c| {
            diesel::insert_into(invitations::table).values(&rows).execute(c)
        })?;
    }
    Ok(())
}

/// Names the parties that are invited in place of those named before.
pub(super) fn replace(
    tx: &mut WriteTx<'_>,
    resource_id: &str,
    invited: &[PartyId],
) -> Result<(), Error> {
    let before = invitations::table.filter(invitations::resource_id.eq(resource_id));
    diesel::delete(before).execute(tx.connection())?;
    insert(tx, resource_id, invited)
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
