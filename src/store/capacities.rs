//! Rows of capacities: how much of an offer is declared and taken, by period. What is taken is
//! never written from a value that was read before.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matching::id::OfferId;
use matching::offer::{Capacity, DeclaredCapacity};

use super::columns::{bigint, id_of, period_of, quantity_of};
use super::dialect::{VALUES_PER_STATEMENT, on_each};
use super::schema::capacities;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// The capacities of many offers, each sorted by period.
pub(super) type Capacities = BTreeMap<OfferId, Vec<Capacity>>;

#[derive(Queryable, Insertable)]
#[diesel(table_name = capacities)]
struct Row {
    offer_id: String,
    from_day: String,
    to_day: String,
    declared: i64,
    held: i64,
    committed: i64,
    consumed: i64,
}

impl Row {
    fn new(offer_id: &str, capacity: &Capacity) -> Self {
        let Capacity { period, declared, held, committed, consumed } = capacity;
        Self {
            offer_id: offer_id.to_owned(),
            from_day: period.from().to_string(),
            to_day: period.to().to_string(),
            declared: bigint(*declared),
            held: bigint(*held),
            committed: bigint(*committed),
            consumed: bigint(*consumed),
        }
    }
}

impl TryFrom<Row> for Capacity {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            period: period_of(&row.from_day, &row.to_day)?,
            declared: quantity_of(row.declared)?,
            held: quantity_of(row.held)?,
            committed: quantity_of(row.committed)?,
            consumed: quantity_of(row.consumed)?,
        })
    }
}

/// Records the capacities of an offer.
pub(super) fn insert(
    tx: &mut WriteTx<'_>,
    offer_id: &str,
    capacity: &[Capacity],
) -> Result<(), Error> {
    let rows: Vec<Row> = capacity.iter().map(|capacity| Row::new(offer_id, capacity)).collect();
    if !rows.is_empty() {
        on_each!(tx.connection(), |c| {
            diesel::insert_into(capacities::table).values(&rows).execute(c)
        })?;
    }
    Ok(())
}

/// Brings the capacities of an offer to what is declared now; what is taken of them stays. The
/// caller has written the offer's row before, so that no other declaration goes on.
///
/// # Errors
/// [`Conflict::CapacityTaken`] if more is taken of a period than is now declared for it.
pub(super) fn declare(
    tx: &mut WriteTx<'_>,
    offer_id: &str,
    declared: &[DeclaredCapacity],
) -> Result<(), Error> {
    let declared: Vec<Capacity> = declared.iter().copied().map(Capacity::untouched).collect();
    let before = of_many(tx, std::slice::from_ref(&offer_id.to_owned()))?;
    let before: Vec<Capacity> = before.into_values().flatten().collect();
    for row in &before {
        let now = declared.iter().find(|capacity| capacity.period == row.period);
        match now.map(|capacity| capacity.declared) {
            Some(quantity) if quantity == row.declared => {}
            Some(quantity) => change(tx, &Row::new(offer_id, row), bigint(quantity))?,
            None => remove(tx, &Row::new(offer_id, row))?,
        }
    }
    let known = |capacity: &Capacity| before.iter().any(|row| row.period == capacity.period);
    let new: Vec<Capacity> = declared.into_iter().filter(|capacity| !known(capacity)).collect();
    insert(tx, offer_id, &new)
}

fn change(tx: &mut WriteTx<'_>, row: &Row, declared: i64) -> Result<(), Error> {
    let taken = capacities::held + capacities::committed + capacities::consumed;
    let target = capacities::table.find((&row.offer_id, &row.from_day)).filter(taken.le(declared));
    let changed =
        diesel::update(target).set(capacities::declared.eq(declared)).execute(tx.connection())?;
    if changed == 1 { Ok(()) } else { taken_of(tx, row) }
}

fn remove(tx: &mut WriteTx<'_>, row: &Row) -> Result<(), Error> {
    let taken = capacities::held + capacities::committed + capacities::consumed;
    let target = capacities::table.find((&row.offer_id, &row.from_day)).filter(taken.eq(0));
    let removed = diesel::delete(target).execute(tx.connection())?;
    if removed == 1 { Ok(()) } else { taken_of(tx, row) }
}

/// The conflict that tells how much of the period is taken.
fn taken_of(tx: &mut WriteTx<'_>, row: &Row) -> Result<(), Error> {
    let row = capacities::table.find((&row.offer_id, &row.from_day));
    let capacity = Capacity::try_from(row.first::<Row>(tx.connection())?)?;
    Err(Error::Conflict(Conflict::CapacityTaken { taken: capacity.taken() }))
}

/// The capacities of these offers.
pub(super) fn of_many(tx: &mut ReadTx<'_>, offer_ids: &[String]) -> Result<Capacities, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for part in offer_ids.chunks(VALUES_PER_STATEMENT) {
        let query = capacities::table
            .filter(capacities::offer_id.eq_any(part))
            .order((capacities::offer_id, capacities::from_day));
        rows.extend(query.load::<Row>(tx.connection())?);
    }
    by_offer(rows)
}

/// The capacities of all offers with ids from `first` to `last`.
pub(super) fn of_range(
    tx: &mut ReadTx<'_>,
    (first, last): (&str, &str),
) -> Result<Capacities, Error> {
    let query = capacities::table
        .filter(capacities::offer_id.between(first, last))
        .order((capacities::offer_id, capacities::from_day));
    by_offer(query.load(tx.connection())?)
}

fn by_offer(rows: Vec<Row>) -> Result<Capacities, Error> {
    let mut found = Capacities::new();
    for row in rows {
        found.entry(id_of(&row.offer_id)?).or_default().push(Capacity::try_from(row)?);
    }
    Ok(found)
}
