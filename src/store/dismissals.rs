//! Rows of dismissed pairs of a demand and an offer, with the terms that they were dismissed for.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::{DemandId, OfferId, PartyId};

use super::columns::id_of;
use super::dialect::{VALUES_PER_STATEMENT, on_each};
use super::schema::dismissals;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// A party's statement that an offer is not for a demand; it counts while both have these terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissal {
    /// The demand.
    pub demand: DemandId,
    /// The offer.
    pub offer: OfferId,
    /// Who dismissed the pair.
    pub party: PartyId,
    /// Why.
    pub reason: Option<String>,
    /// The version of the demand's terms.
    pub demand_terms_version: i64,
    /// The version of the offer's terms.
    pub offer_terms_version: i64,
    /// When.
    pub created_at: Timestamp,
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = dismissals, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    demand_id: String,
    offer_id: String,
    party_id: String,
    reason: Option<String>,
    demand_terms_version: i64,
    offer_terms_version: i64,
    created_at: i64,
}

impl From<&Dismissal> for Row {
    fn from(dismissal: &Dismissal) -> Self {
        let Dismissal {
            demand,
            offer,
            party,
            reason,
            demand_terms_version,
            offer_terms_version,
            created_at,
        } = dismissal;
        Self {
            demand_id: demand.to_string(),
            offer_id: offer.to_string(),
            party_id: party.to_string(),
            reason: reason.clone(),
            demand_terms_version: *demand_terms_version,
            offer_terms_version: *offer_terms_version,
            created_at: created_at.micros(),
        }
    }
}

impl TryFrom<Row> for Dismissal {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            demand: id_of(&row.demand_id)?,
            offer: id_of(&row.offer_id)?,
            party: id_of(&row.party_id)?,
            reason: row.reason,
            demand_terms_version: row.demand_terms_version,
            offer_terms_version: row.offer_terms_version,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

/// Records a dismissal in place of an earlier one of the same pair by the same party.
///
/// # Errors
/// Whatever the database says.
pub fn put(tx: &mut WriteTx<'_>, dismissal: &Dismissal) -> Result<(), Error> {
    let key = (dismissals::demand_id, dismissals::offer_id, dismissals::party_id);
    let row = Row::from(dismissal);
    on_each!(tx.connection(), |c| {
        let insert = diesel::insert_into(dismissals::table).values(&row);
        insert.on_conflict(key).do_update().set(&row).execute(c)
    })?;
    Ok(())
}

/// The dismissals of these demands' offers.
///
/// # Errors
/// Whatever the database says.
pub fn of_demands(tx: &mut ReadTx<'_>, demands: &[DemandId]) -> Result<Vec<Dismissal>, Error> {
    let order = (dismissals::demand_id, dismissals::offer_id, dismissals::party_id);
    let mut found = Vec::new();
    for part in demands.chunks(VALUES_PER_STATEMENT) {
        let ids: Vec<String> = part.iter().map(DemandId::to_string).collect();
        let query = dismissals::table.filter(dismissals::demand_id.eq_any(ids)).order(order);
        let rows: Vec<Row> = query.load(tx.connection())?;
        found.extend(rows);
    }
    found.into_iter().map(Dismissal::try_from).collect()
}

/// Every dismissal, in order of demand, offer and party.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<Dismissal>, Error> {
    let order = (dismissals::demand_id, dismissals::offer_id, dismissals::party_id);
    let rows: Vec<Row> = dismissals::table.order(order).load(tx.connection())?;
    rows.into_iter().map(Dismissal::try_from).collect()
}
