//! Rows of demands, with their deliveries and invitations.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use matching::date::Timestamp;
use matching::demand::{
    CommercialTerms, DeliveryNeed, Demand, DemandDraft, DemandState, DemandStatus, DemandTerms,
    PriceBasis, Progress,
};
use matching::id::{DemandId, PartyId, ProductId};
use matching::place::ProvinceCode;
use matching::product::ProductSet;
use matching::text::fold::fold;

use super::columns::{
    DIMENSIONS, audience_of, bigint, containing, content_of, id_of, illegal, json, json_of,
    packagings, packagings_of, price, price_of, quantity_of, small, small_of, visibility, word,
    word_of,
};
use super::delivery_needs::{self as needs, Needs};
use super::demand_columns::{
    requirements_json, requirements_of, sets, sets_of, substitutes_json, substitutes_of,
    weights_json, weights_of,
};
use super::dialect::{Condition, VALUES_PER_STATEMENT, any_of, insert_rows, on_each, stale};
use super::invitations;
use super::keyset::{Page, PageRequest, by_creation, for_each_chunk_of_rows};
use super::schema::{delivery_needs, demands};
use super::transaction::{ReadTx, WriteTx};
use super::visibility::{Viewer, demands_seen_by};
use crate::error::Error;

/// Which demands a list shows; an empty list of values shows all.
#[derive(Debug, Clone)]
pub struct DemandFilter {
    /// Of any of these parties.
    pub parties: Vec<PartyId>,
    /// That name any of these sets.
    pub product_sets: Vec<ProductSet>,
    /// With a delivery to any of these provinces.
    pub provinces: Vec<ProvinceCode>,
    /// In any of these states at `now`.
    pub states: Vec<DemandState>,
    /// The time at which states are judged.
    pub now: Timestamp,
    /// A text that the folded title contains.
    pub text: Option<String>,
}

impl DemandFilter {
    /// Shows all demands.
    #[must_use]
    pub const fn all(now: Timestamp) -> Self {
        Self {
            parties: Vec::new(),
            product_sets: Vec::new(),
            provinces: Vec::new(),
            states: Vec::new(),
            now,
            text: None,
        }
    }
}

pub(super) const STATUSES: [(DemandStatus, &str); 4] = [
    (DemandStatus::Draft, "draft"),
    (DemandStatus::Open, "open"),
    (DemandStatus::Closed, "closed"),
    (DemandStatus::Cancelled, "cancelled"),
];

pub(super) const PRICE_BASES: [(PriceBasis, &str); 2] =
    [(PriceBasis::AtOrigin, "at_origin"), (PriceBasis::Delivered, "delivered")];

#[derive(Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = demands, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    terms_version: i64,
    created_at: i64,
    updated_at: i64,
    party_id: String,
    status: String,
    title: String,
    title_folded: String,
    wanted_text: Option<String>,
    product_sets: String,
    product_ids: String,
    substitutes: String,
    unit: String,
    packagings: String,
    dimension: String,
    base_units: i64,
    max_unit_price: Option<i64>,
    price_basis: String,
    requirements: String,
    max_suppliers: Option<i32>,
    min_share: Option<i64>,
    preferences: Option<String>,
    discount_percent: i32,
    payment_days: i32,
    listing_fee: i64,
    anonymous: bool,
    visibility: String,
    closes_at: Option<i64>,
    last_day: String,
}

impl From<&Demand> for Row {
    fn from(demand: &Demand) -> Self {
        let Demand {
            id,
            version,
            terms_version,
            created_at,
            updated_at,
            status,
            terms,
            progress: _,
        } = demand;
        let DemandDraft {
            party_id,
            title,
            text,
            product_sets,
            product_ids,
            substitutes,
            unit,
            packagings: packed,
            content,
            max_unit_price,
            price_basis,
            requirements,
            deliveries: _,
            max_suppliers,
            min_share,
            preferences,
            terms: CommercialTerms { discount_percent, payment_days, listing_fee_vnd },
            anonymous,
            audience,
            closes_at,
        } = &**terms;
        Self {
            id: id.to_string(),
            version: *version,
            terms_version: *terms_version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            party_id: party_id.to_string(),
            status: word(&STATUSES, status).into(),
            title: title.clone(),
            title_folded: fold(title),
            wanted_text: text.clone(),
            product_sets: sets(product_sets),
            product_ids: json(&product_ids.iter().map(ProductId::to_string).collect::<Vec<_>>()),
            substitutes: substitutes_json(substitutes),
            unit: unit.clone(),
            packagings: packagings(packed),
            dimension: word(&DIMENSIONS, &content.dimension).into(),
            base_units: bigint(content.base_units),
            max_unit_price: price(*max_unit_price),
            price_basis: word(&PRICE_BASES, price_basis).into(),
            requirements: requirements_json(requirements),
            max_suppliers: max_suppliers.map(small),
            min_share: min_share.map(bigint),
            preferences: preferences.map(weights_json),
            discount_percent: i32::from(*discount_percent),
            payment_days: small(*payment_days),
            listing_fee: bigint(*listing_fee_vnd),
            anonymous: *anonymous,
            visibility: visibility(audience).into(),
            closes_at: closes_at.map(Timestamp::micros),
            last_day: terms.last_day().to_string(),
        }
    }
}

impl Row {
    fn into_demand(
        self,
        needs: Vec<(DeliveryNeed, Progress)>,
        invited: Vec<PartyId>,
    ) -> Result<Demand, Error> {
        let illegal_terms = illegal("demand", &self.id);
        let product_ids: Vec<String> = json_of(&self.product_ids)?;
        let (deliveries, progress): (Vec<DeliveryNeed>, Vec<Progress>) = needs.into_iter().unzip();
        let draft = DemandDraft {
            party_id: id_of(&self.party_id)?,
            title: self.title,
            text: self.wanted_text,
            product_sets: sets_of(&self.product_sets)?,
            product_ids: product_ids.iter().map(|id| id_of(id)).collect::<Result<_, _>>()?,
            substitutes: substitutes_of(&self.substitutes)?,
            unit: self.unit,
            packagings: packagings_of(&self.packagings)?,
            content: content_of(&self.dimension, self.base_units)?,
            max_unit_price: price_of(self.max_unit_price)?,
            price_basis: word_of(&PRICE_BASES, &self.price_basis)?,
            requirements: requirements_of(&self.requirements)?,
            deliveries,
            max_suppliers: self.max_suppliers.map(small_of).transpose()?,
            min_share: self.min_share.map(quantity_of).transpose()?,
            preferences: self.preferences.as_deref().map(weights_of).transpose()?,
            terms: CommercialTerms {
                discount_percent: small_of(self.discount_percent)?,
                payment_days: small_of(self.payment_days)?,
                listing_fee_vnd: quantity_of(self.listing_fee)?,
            },
            anonymous: self.anonymous,
            audience: audience_of(&self.visibility, invited)?,
            closes_at: self.closes_at.map(Timestamp::from_micros),
        };
        Ok(Demand {
            id: id_of(&self.id)?,
            version: self.version,
            terms_version: self.terms_version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            status: word_of(&STATUSES, &self.status)?,
            terms: DemandTerms::new(draft).map_err(|_| illegal_terms)?,
            progress,
        })
    }
}

/// Records a demand.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, demand: &Demand) -> Result<(), Error> {
    insert_all(tx, &[demand])
}

/// Records demands.
///
/// # Errors
/// Whatever the database says.
pub fn insert_all(tx: &mut WriteTx<'_>, demands: &[&Demand]) -> Result<(), Error> {
    let rows: Vec<Row> = demands.iter().copied().map(Row::from).collect();
    insert_rows!(tx.connection(), demands, rows)?;
    let with_id = || rows.iter().map(|row| row.id.as_str()).zip(demands);
    let deliveries = with_id()
        .map(|(id, demand)| (id, demand.terms.deliveries.as_slice(), demand.progress.as_slice()));
    needs::insert(tx, deliveries)?;
    invitations::insert(tx, with_id().map(|(id, demand)| (id, demand.terms.audience.invited())))
}

/// Replaces the demand that has the version before `demand.version`; the progress of its deliveries
/// stays as it is, by position.
///
/// # Errors
/// [`Error::Unavailable`] if the version is another by now, [`Error::NotFound`];
/// [`crate::error::Conflict::CapacityTaken`] if a delivery that is left out has made progress.
pub fn update(tx: &mut WriteTx<'_>, demand: &Demand) -> Result<(), Error> {
    let row = Row::from(demand);
    let target = demands::table.find(row.id.clone()).filter(demands::version.eq(row.version - 1));
    if diesel::update(target).set(&row).execute(tx.connection())? != 1 {
        return stale!(tx, demands, row.id);
    }
    needs::replace(tx, &row.id, &demand.terms.deliveries)?;
    invitations::replace(tx, &row.id, demand.terms.audience.invited())
}

/// The demand with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: DemandId) -> Result<Option<Demand>, Error> {
    Ok(find_many(tx, &[id])?.pop())
}

/// The demands with these ids, in no particular order.
///
/// # Errors
/// Whatever the database says.
pub fn find_many(tx: &mut ReadTx<'_>, ids: &[DemandId]) -> Result<Vec<Demand>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(VALUES_PER_STATEMENT) {
        let ids: Vec<String> = part.iter().map(DemandId::to_string).collect();
        let query = demands::table.filter(demands::id.eq_any(&ids));
        let rows: Vec<Row> = on_each!(tx.connection(), |c| query.load(c))?;
        let needs = needs::of_many(tx, &ids)?;
        found.extend(assemble(tx, rows, needs)?);
    }
    Ok(found)
}

/// Gives every demand to `take`, in order of id, some hundreds at a time.
///
/// # Errors
/// What `take` says, or whatever the database says.
pub fn for_each_chunk(
    tx: &mut ReadTx<'_>,
    take: &mut dyn FnMut(Vec<Demand>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of(tx, &STATUSES.map(|(_, word)| word), take)
}

/// Gives every demand that its owner has opened to `take`, in order of id, some hundreds at a time.
///
/// # Errors
/// What `take` says, or whatever the database says.
pub fn for_each_open_chunk(
    tx: &mut ReadTx<'_>,
    take: &mut dyn FnMut(Vec<Demand>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of(tx, &[word(&STATUSES, &DemandStatus::Open)], take)
}

fn for_each_chunk_of(
    tx: &mut ReadTx<'_>,
    statuses: &[&str],
    take: &mut dyn FnMut(Vec<Demand>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_rows(tx, |tx, mut rows, needs| {
        // Not a condition of the query: SQLite would then sort all of a status for each chunk.
        rows.retain(|row| statuses.contains(&row.status.as_str()));
        take(assemble(tx, rows, needs)?)
    })
}

/// The demands whose rows say in some column another thing than their terms, in order of id.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub fn altered(tx: &mut ReadTx<'_>) -> Result<Vec<DemandId>, Error> {
    let mut found = Vec::new();
    for_each_rows(tx, |tx, rows, needs| {
        let demands = assemble(tx, rows.clone(), needs)?;
        let stated = demands.iter().zip(rows).filter(|(demand, row)| Row::from(*demand) != *row);
        found.extend(stated.map(|(demand, _)| demand.id));
        Ok(())
    })?;
    Ok(found)
}

fn for_each_rows(
    tx: &mut ReadTx<'_>,
    mut take: impl FnMut(&mut ReadTx<'_>, Vec<Row>, Needs) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of_rows!(tx, demands, needs, take)
}

fn assemble(tx: &mut ReadTx<'_>, rows: Vec<Row>, mut needs: Needs) -> Result<Vec<Demand>, Error> {
    let inviting = rows.iter().filter(|row| row.visibility == "invited");
    let inviting: Vec<String> = inviting.map(|row| row.id.clone()).collect();
    let mut invited = invitations::of_many(tx, &inviting)?;
    let demand = |row: Row| {
        let needs = needs.remove(&id_of(&row.id)?).unwrap_or_default();
        let invited = invited.remove(&row.id).unwrap_or_default();
        row.into_demand(needs, invited)
    };
    rows.into_iter().map(demand).collect()
}

/// A page of the demands that pass `filter` and that `viewer` may see.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    filter: &DemandFilter,
    viewer: &Viewer,
    request: PageRequest,
) -> Result<Page<Demand>, Error> {
    let mut query = demands::table.into_boxed();
    let hidden = buyers_shown_to(filter, viewer);
    for condition in conditions(filter).into_iter().chain(demands_seen_by(viewer)).chain(hidden) {
        query = query.filter(condition);
    }
    let rows: Vec<Row> = by_creation!(query, demands, request).load(tx.connection())?;
    let page = request.page(rows);
    let ids: Vec<String> = page.items.iter().map(|row| row.id.clone()).collect();
    let needs = needs::of_many(tx, &ids)?;
    let items = assemble(tx, page.items, needs)?;
    Ok(Page { items, has_more: page.has_more })
}

fn conditions(filter: &DemandFilter) -> Vec<Condition<demands::table>> {
    let mut all: Vec<Condition<demands::table>> = Vec::new();
    if !filter.parties.is_empty() {
        let ids: Vec<String> = filter.parties.iter().map(PartyId::to_string).collect();
        all.push(Box::new(demands::party_id.eq_any(ids)));
    }
    all.extend(any_of(filter.product_sets.iter().map(names_set)));
    if !filter.provinces.is_empty() {
        let codes: Vec<String> = filter.provinces.iter().map(ProvinceCode::to_string).collect();
        let there = delivery_needs::table
            .filter(delivery_needs::demand_id.eq(demands::id))
            .filter(delivery_needs::province_code.eq_any(codes));
        all.push(Box::new(exists(there)));
    }
    if let Some(text) = &filter.text {
        all.push(Box::new(demands::title_folded.like(containing(text))));
    }
    all.extend(any_of(filter.states.iter().map(|state| in_state(*state, filter.now))));
    all
}

/// A list of one buyer's demands must not tell which of the anonymous ones are that buyer's.
fn buyers_shown_to(filter: &DemandFilter, viewer: &Viewer) -> Option<Condition<demands::table>> {
    let own = demands::party_id.eq(viewer.party.to_string());
    let named = demands::anonymous.eq(false).or(own);
    let asks = !filter.parties.is_empty() && !viewer.is_admin;
    asks.then(|| Box::new(named) as Condition<demands::table>)
}

fn names_set(set: &ProductSet) -> Condition<demands::table> {
    Box::new(demands::product_sets.like(format!("%,{},%", set.number())))
}

/// [`Demand::state`] as a condition.
fn in_state(state: DemandState, now: Timestamp) -> Condition<demands::table> {
    let is = |status: DemandStatus| demands::status.eq(word(&STATUSES, &status));
    let closed =
        demands::closes_at.is_not_null().and(demands::closes_at.assume_not_null().le(now.micros()));
    let over = closed.or(demands::last_day.lt(now.date().to_string()));
    let open = is(DemandStatus::Open).and(diesel::dsl::not(over.clone()));
    // Sums of BIGINT are NUMERIC on PostgreSQL and cannot be compared through one typed expression.
    let sums = |comparison: &str| {
        sql::<Bool>(&format!(
            "(SELECT {comparison} FROM delivery_needs WHERE delivery_needs.demand_id = demands.id)"
        ))
    };
    match state {
        DemandState::Draft => Box::new(is(DemandStatus::Draft)),
        DemandState::Closed => Box::new(is(DemandStatus::Closed)),
        DemandState::Cancelled => Box::new(is(DemandStatus::Cancelled)),
        DemandState::Expired => Box::new(is(DemandStatus::Open).and(over)),
        DemandState::Open => Box::new(open.and(sums("SUM(committed) = 0"))),
        DemandState::PartiallyCovered => {
            Box::new(open.and(sums("SUM(committed) > 0 AND SUM(committed) < SUM(quantity)")))
        }
        DemandState::Covered => Box::new(open.and(sums("SUM(committed) >= SUM(quantity)"))),
    }
}
