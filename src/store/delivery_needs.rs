//! Rows of delivery needs: where, when and how much of a demand, with its progress. Progress is
//! never written from a value that was read before.

use std::collections::BTreeMap;

use diesel::prelude::*;
use matching::demand::{DeliveryNeed, Progress};
use matching::id::DemandId;
use matching::place::Place;

use super::columns::{PlaceColumns, bigint, id_of, illegal, period_of, quantity_of};
use super::dialect::{VALUES_PER_STATEMENT, insert_rows, on_each};
use super::schema::delivery_needs;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// The deliveries of many demands, each in order of position.
pub(super) type Needs = BTreeMap<DemandId, Vec<(DeliveryNeed, Progress)>>;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = delivery_needs)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    demand_id: String,
    position: i32,
    #[diesel(embed)]
    terms: TermsRow,
    committed: i64,
    in_transit: i64,
    fulfilled: i64,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = delivery_needs, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct TermsRow {
    province_code: String,
    commune_code: Option<String>,
    address: Option<String>,
    place_given: Option<String>,
    lat_e6: i32,
    lon_e6: i32,
    from_day: String,
    to_day: String,
    quantity: i64,
    min_quantity: Option<i64>,
    max_quantity: Option<i64>,
}

impl From<&DeliveryNeed> for TermsRow {
    fn from(need: &DeliveryNeed) -> Self {
        let DeliveryNeed { place, window, quantity, min_quantity, max_quantity } = need;
        let place = PlaceColumns::from(place);
        Self {
            province_code: place.province_code,
            commune_code: place.commune_code,
            address: place.address,
            place_given: place.place_given,
            lat_e6: place.lat_e6,
            lon_e6: place.lon_e6,
            from_day: window.from().to_string(),
            to_day: window.to().to_string(),
            quantity: bigint(*quantity),
            min_quantity: min_quantity.map(bigint),
            max_quantity: max_quantity.map(bigint),
        }
    }
}

impl TryFrom<TermsRow> for DeliveryNeed {
    type Error = Error;

    fn try_from(row: TermsRow) -> Result<Self, Error> {
        let place = PlaceColumns {
            province_code: row.province_code,
            commune_code: row.commune_code,
            address: row.address,
            place_given: row.place_given,
            lat_e6: row.lat_e6,
            lon_e6: row.lon_e6,
        };
        Ok(Self {
            place: Place::try_from(place)?,
            window: period_of(&row.from_day, &row.to_day)?,
            quantity: quantity_of(row.quantity)?,
            min_quantity: row.min_quantity.map(quantity_of).transpose()?,
            max_quantity: row.max_quantity.map(quantity_of).transpose()?,
        })
    }
}

fn progress_of(row: &Row) -> Result<Progress, Error> {
    Ok(Progress {
        committed: quantity_of(row.committed)?,
        in_transit: quantity_of(row.in_transit)?,
        fulfilled: quantity_of(row.fulfilled)?,
    })
}

/// Records the deliveries of new demands with their progress.
pub(super) fn insert<'a>(
    tx: &mut WriteTx<'_>,
    demands: impl Iterator<Item = (&'a str, &'a [DeliveryNeed], &'a [Progress])>,
) -> Result<(), Error> {
    let rows = demands.flat_map(|(id, needs, progress)| rows((id, 0), needs, progress));
    let rows: Vec<Row> = rows.collect();
    Ok(insert_rows!(tx.connection(), delivery_needs, rows)?)
}

/// The rows of a demand's deliveries from position `first` on; those without progress have made
/// none.
fn rows<'a>(
    (demand_id, first): (&'a str, usize),
    needs: &'a [DeliveryNeed],
    progress: &'a [Progress],
) -> impl Iterator<Item = Row> + use<'a> {
    let progress = progress.iter().copied().chain(std::iter::repeat(Progress::default()));
    let with_progress = (position(first)..).zip(needs.iter().zip(progress));
    with_progress.map(|(position, (need, Progress { committed, in_transit, fulfilled }))| Row {
        demand_id: demand_id.to_owned(),
        position,
        terms: TermsRow::from(need),
        committed: bigint(committed),
        in_transit: bigint(in_transit),
        fulfilled: bigint(fulfilled),
    })
}

fn position(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

/// Replaces the deliveries of a demand; progress stays where it is, by position. The caller has
/// written the demand's row before, so that no other change of its deliveries goes on.
///
/// # Errors
/// [`Conflict::CapacityTaken`] if a delivery that is left out has made progress.
pub(super) fn replace(
    tx: &mut WriteTx<'_>,
    demand_id: &str,
    needs: &[DeliveryNeed],
) -> Result<(), Error> {
    cut(tx, demand_id, position(needs.len()))?;
    let of_demand = delivery_needs::table.filter(delivery_needs::demand_id.eq(demand_id));
    let before: i64 = of_demand.count().get_result(tx.connection())?;
    let before = usize::try_from(before).unwrap_or(usize::MAX).min(needs.len());
    for (index, need) in needs[..before].iter().enumerate() {
        diesel::update(delivery_needs::table.find((demand_id, position(index))))
            .set(TermsRow::from(need))
            .execute(tx.connection())?;
    }
    let new: Vec<Row> = rows((demand_id, before), &needs[before..], &[]).collect();
    Ok(insert_rows!(tx.connection(), delivery_needs, new)?)
}

/// Removes the deliveries from position `from` on.
fn cut(tx: &mut WriteTx<'_>, demand_id: &str, from: i32) -> Result<(), Error> {
    let beyond = delivery_needs::table
        .filter(delivery_needs::demand_id.eq(demand_id))
        .filter(delivery_needs::position.ge(from));
    let made = delivery_needs::committed + delivery_needs::in_transit + delivery_needs::fulfilled;
    diesel::delete(beyond.filter(made.eq(0))).execute(tx.connection())?;
    let left: Vec<i64> = beyond.select(delivery_needs::committed).load(tx.connection())?;
    if left.is_empty() {
        return Ok(());
    }
    let taken = quantity_of(left.iter().sum())?;
    Err(Error::Conflict(Conflict::CapacityTaken { taken }))
}

/// The deliveries of these demands.
pub(super) fn of_many(tx: &mut ReadTx<'_>, demand_ids: &[String]) -> Result<Needs, Error> {
    let mut rows: Vec<Row> = Vec::new();
    for part in demand_ids.chunks(VALUES_PER_STATEMENT) {
        let of_part = delivery_needs::table.filter(delivery_needs::demand_id.eq_any(part));
        let query = of_part.order((delivery_needs::demand_id, delivery_needs::position));
        rows.extend(on_each!(tx.connection(), |c| query.select(Row::as_select()).load(c))?);
    }
    by_demand(rows)
}

/// The deliveries of all demands with ids from `first` to `last`.
pub(super) fn of_range(tx: &mut ReadTx<'_>, (first, last): (&str, &str)) -> Result<Needs, Error> {
    let query = delivery_needs::table
        .filter(delivery_needs::demand_id.between(first, last))
        .order((delivery_needs::demand_id, delivery_needs::position));
    by_demand(on_each!(tx.connection(), |c| query.select(Row::as_select()).load(c))?)
}

fn by_demand(rows: Vec<Row>) -> Result<Needs, Error> {
    let mut found = Needs::new();
    for row in rows {
        let progress = progress_of(&row)?;
        let need = DeliveryNeed::try_from(row.terms)?;
        let of_demand = found.entry(id_of(&row.demand_id)?).or_default();
        if row.position != position(of_demand.len()) {
            return Err(illegal("position of a delivery", row.position));
        }
        of_demand.push((need, progress));
    }
    Ok(found)
}
