//! Rows of capacities: how much of an offer is declared and taken, by period. What is taken is
//! never written from a value that was read before.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matching::id::OfferId;
use matching::offer::{Capacity, DeclaredCapacity};

use super::columns::{DateColumn, UuidColumn, bigint, period, quantity_of};
use super::dialect::{VALUES_PER_STATEMENT, insert_rows, on_each};
use super::schema::capacities;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// The capacities of many offers, each sorted by period.
pub(super) type Capacities = BTreeMap<OfferId, Vec<Capacity>>;

#[derive(Insertable)]
#[diesel(table_name = capacities)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow {
    offer_id: String,
    from_day: String,
    to_day: String,
    declared: i64,
    held: i64,
    committed: i64,
    consumed: i64,
}

impl NewRow {
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

#[derive(Queryable)]
struct Row {
    offer_id: UuidColumn,
    from_day: DateColumn,
    to_day: DateColumn,
    declared: i64,
    held: i64,
    committed: i64,
    consumed: i64,
}

impl TryFrom<Row> for Capacity {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            period: period(row.from_day, row.to_day)?,
            declared: quantity_of(row.declared)?,
            held: quantity_of(row.held)?,
            committed: quantity_of(row.committed)?,
            consumed: quantity_of(row.consumed)?,
        })
    }
}

/// Records the capacities of offers.
pub(super) fn insert<'a>(
    tx: &mut WriteTx<'_>,
    offers: impl Iterator<Item = (&'a str, &'a [Capacity])>,
) -> Result<(), Error> {
    let of_offer = |(id, capacity): (&'a str, &'a [Capacity])| {
        capacity.iter().map(move |capacity| NewRow::new(id, capacity))
    };
    let rows: Vec<NewRow> = offers.flat_map(of_offer).collect();
    Ok(insert_rows!(tx.connection(), capacities, rows)?)
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
            Some(quantity) => change(tx, &NewRow::new(offer_id, row), bigint(quantity))?,
            None => remove(tx, &NewRow::new(offer_id, row))?,
        }
    }
    let known = |capacity: &Capacity| before.iter().any(|row| row.period == capacity.period);
    let new: Vec<Capacity> = declared.into_iter().filter(|capacity| !known(capacity)).collect();
    insert(tx, [(offer_id, new.as_slice())].into_iter())
}

fn change(tx: &mut WriteTx<'_>, row: &NewRow, declared: i64) -> Result<(), Error> {
    let taken = capacities::held + capacities::committed + capacities::consumed;
    let target = capacities::table.find((&row.offer_id, &row.from_day)).filter(taken.le(declared));
    let changed =
        diesel::update(target).set(capacities::declared.eq(declared)).execute(tx.connection())?;
    if changed == 1 { Ok(()) } else { taken_of(tx, row) }
}

fn remove(tx: &mut WriteTx<'_>, row: &NewRow) -> Result<(), Error> {
    let taken = capacities::held + capacities::committed + capacities::consumed;
    let target = capacities::table.find((&row.offer_id, &row.from_day)).filter(taken.eq(0));
    let removed = diesel::delete(target).execute(tx.connection())?;
    if removed == 1 { Ok(()) } else { taken_of(tx, row) }
}

/// The conflict that tells how much of the period is taken.
fn taken_of(tx: &mut WriteTx<'_>, row: &NewRow) -> Result<(), Error> {
    let row = capacities::table.find((&row.offer_id, &row.from_day));
    let row: Row = on_each!(tx.connection(), |c| row.get_result(c))?;
    let capacity = Capacity::try_from(row)?;
    Err(Error::Conflict(Conflict::CapacityTaken { taken: capacity.taken() }))
}

/// The capacities of these offers.
pub(super) fn of_many(tx: &mut ReadTx<'_>, offer_ids: &[String]) -> Result<Capacities, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for part in offer_ids.chunks(VALUES_PER_STATEMENT) {
        let query = capacities::table
            .filter(capacities::offer_id.eq_any(part))
            .order((capacities::offer_id, capacities::from_day));
        rows.extend(on_each!(tx.connection(), |c| query.load::<Row>(c))?);
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
    by_offer(on_each!(tx.connection(), |c| query.load(c))?)
}

fn by_offer(rows: Vec<Row>) -> Result<Capacities, Error> {
    let mut found = Capacities::new();
    for row in rows {
        let id = OfferId::new(row.offer_id.0);
        found.entry(id).or_default().push(Capacity::try_from(row)?);
    }
    Ok(found)
}
