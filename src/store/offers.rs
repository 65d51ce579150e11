//! Rows of offers, with their capacities and invitations.

use diesel::dsl::exists;
use diesel::prelude::*;
use matching::date::{Date, Timestamp};
use matching::id::{OfferId, PartyId, ProductId};
use matching::money::Price;
use matching::offer::{
    Capacity, DeclaredCapacity, Offer, OfferDraft, OfferState, OfferStatus, OfferTerms, PriceBreak,
};
use matching::place::{Place, ProvinceCode};
use matching::product::ProductSet;
use matching::quantity::UnitContent;

use super::capacities::{self as capacity_rows, Capacities};
use super::columns::{
    DIMENSIONS, PlaceColumns, audience_of, bigint, containing, content_of, id_of, illegal, json,
    json_of, price, price_of, provinces, provinces_of, quantity_of, small, small_of, visibility,
    word, word_of,
};
use super::dialect::{Condition, VALUES_PER_STATEMENT, any_of, insert_rows, on_each, stale};
use super::invitations;
use super::keyset::{Page, PageRequest, by_creation, for_each_chunk_of_rows};
use super::schema::{capacities, offers, products};
use super::transaction::{ReadTx, WriteTx};
use super::visibility::{Viewer, offers_seen_by};
use crate::error::Error;

/// Which offers a list shows; an empty list of values shows all.
#[derive(Debug, Clone)]
pub struct OfferFilter {
    /// Of any of these parties.
    pub parties: Vec<PartyId>,
    /// Of any of these products.
    pub products: Vec<ProductId>,
    /// Of a product of any of these sets.
    pub product_sets: Vec<ProductSet>,
    /// With the goods in any of these provinces.
    pub provinces: Vec<ProvinceCode>,
    /// In any of these states on `today`.
    pub states: Vec<OfferState>,
    /// The day on which states are judged.
    pub today: Date,
    /// A text that the folded name of the product contains.
    pub text: Option<String>,
}

impl OfferFilter {
    /// Shows all offers.
    #[must_use]
    pub const fn all(today: Date) -> Self {
        Self {
            parties: Vec::new(),
            products: Vec::new(),
            product_sets: Vec::new(),
            provinces: Vec::new(),
            states: Vec::new(),
            today,
            text: None,
        }
    }
}

pub(super) const STATUSES: [(OfferStatus, &str); 4] = [
    (OfferStatus::Draft, "draft"),
    (OfferStatus::Published, "published"),
    (OfferStatus::Paused, "paused"),
    (OfferStatus::Withdrawn, "withdrawn"),
];

#[derive(Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = offers, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    terms_version: i64,
    created_at: i64,
    updated_at: i64,
    confirmed_at: i64,
    party_id: String,
    product_id: String,
    status: String,
    unit: String,
    dimension: String,
    base_units: i64,
    second_dimension: Option<String>,
    second_base_units: Option<i64>,
    unit_price: Option<i64>,
    price_breaks: String,
    min_order: i64,
    increment: i64,
    province_code: String,
    commune_code: Option<String>,
    address: Option<String>,
    place_given: Option<String>,
    lat_e6: i32,
    lon_e6: i32,
    lead_time_days: i32,
    delivers_to: String,
    pickup: bool,
    visibility: String,
    note: Option<String>,
    last_day: String,
}

impl From<&Offer> for Row {
    fn from(offer: &Offer) -> Self {
        let Offer {
            id,
            version,
            terms_version,
            created_at,
            updated_at,
            confirmed_at,
            status,
            terms,
            capacity: _,
        } = offer;
        let OfferDraft {
            party_id,
            product_id,
            unit,
            content,
            unit_price,
            price_breaks,
            min_order,
            increment,
            capacity: _,
            place,
            lead_time_days,
            delivers_to,
            pickup,
            audience,
            note,
        } = &**terms;
        let place = PlaceColumns::from(place);
        let (first, second) = (content.primary(), content.secondary());
        Self {
            id: id.to_string(),
            version: *version,
            terms_version: *terms_version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            confirmed_at: confirmed_at.micros(),
            party_id: party_id.to_string(),
            product_id: product_id.to_string(),
            status: word(&STATUSES, status).into(),
            unit: unit.clone(),
            dimension: word(&DIMENSIONS, &first.dimension).into(),
            base_units: bigint(first.base_units),
            second_dimension: second.map(|second| word(&DIMENSIONS, &second.dimension).into()),
            second_base_units: second.map(|second| bigint(second.base_units)),
            unit_price: price(*unit_price),
            price_breaks: price_breaks_json(price_breaks),
            min_order: bigint(*min_order),
            increment: bigint(*increment),
            province_code: place.province_code,
            commune_code: place.commune_code,
            address: place.address,
            place_given: place.place_given,
            lat_e6: place.lat_e6,
            lon_e6: place.lon_e6,
            lead_time_days: small(*lead_time_days),
            delivers_to: provinces(*delivers_to),
            pickup: *pickup,
            visibility: visibility(audience).into(),
            note: note.clone(),
            last_day: terms.last_day().to_string(),
        }
    }
}

fn price_breaks_json(breaks: &[PriceBreak]) -> String {
    let row = |step: &PriceBreak| (step.min_quantity, step.unit_price.vnd());
    json(&breaks.iter().map(row).collect::<Vec<_>>())
}

fn price_breaks_of(text: &str) -> Result<Vec<PriceBreak>, Error> {
    let rows: Vec<(u64, u64)> = json_of(text)?;
    let step = |(min_quantity, vnd)| {
        let unit_price = Price::new(vnd).ok_or_else(|| illegal("price", vnd))?;
        Ok(PriceBreak { min_quantity, unit_price })
    };
    rows.into_iter().map(step).collect()
}

impl Row {
    fn into_offer(self, capacity: Vec<Capacity>, invited: Vec<PartyId>) -> Result<Offer, Error> {
        let illegal_terms = illegal("offer", &self.id);
        let place = PlaceColumns {
            province_code: self.province_code,
            commune_code: self.commune_code,
            address: self.address,
            place_given: self.place_given,
            lat_e6: self.lat_e6,
            lon_e6: self.lon_e6,
        };
        let mut content = UnitContent::new(content_of(&self.dimension, self.base_units)?);
        if let (Some(dimension), Some(units)) = (&self.second_dimension, self.second_base_units) {
            content = content.with_secondary(content_of(dimension, units)?);
        }
        let declared =
            |row: &Capacity| DeclaredCapacity { period: row.period, quantity: row.declared };
        let draft = OfferDraft {
            party_id: id_of(&self.party_id)?,
            product_id: id_of(&self.product_id)?,
            unit: self.unit,
            content,
            unit_price: price_of(self.unit_price)?,
            price_breaks: price_breaks_of(&self.price_breaks)?,
            min_order: quantity_of(self.min_order)?,
            increment: quantity_of(self.increment)?,
            capacity: capacity.iter().map(declared).collect(),
            place: Place::try_from(place)?,
            lead_time_days: small_of(self.lead_time_days)?,
            delivers_to: provinces_of(&self.delivers_to)?,
            pickup: self.pickup,
            audience: audience_of(&self.visibility, invited)?,
            note: self.note,
        };
        Ok(Offer {
            id: id_of(&self.id)?,
            version: self.version,
            terms_version: self.terms_version,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
            confirmed_at: Timestamp::from_micros(self.confirmed_at),
            status: word_of(&STATUSES, &self.status)?,
            terms: OfferTerms::new(draft).map_err(|_| illegal_terms)?,
            capacity,
        })
    }
}

/// Records an offer.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, offer: &Offer) -> Result<(), Error> {
    insert_all(tx, &[offer])
}

/// Records offers.
///
/// # Errors
/// Whatever the database says.
pub fn insert_all(tx: &mut WriteTx<'_>, offers: &[&Offer]) -> Result<(), Error> {
    let rows: Vec<Row> = offers.iter().copied().map(Row::from).collect();
    insert_rows!(tx.connection(), offers, rows)?;
    let with_id = || rows.iter().map(|row| row.id.as_str()).zip(offers);
    capacity_rows::insert(tx, with_id().map(|(id, offer)| (id, offer.capacity.as_slice())))?;
    invitations::insert(tx, with_id().map(|(id, offer)| (id, offer.terms.audience.invited())))
}

/// Replaces the offer that has the version before `offer.version`. Of its capacity the declared
/// quantities are written; what is taken stays as it is.
///
/// # Errors
/// [`Error::Unavailable`] if the version is another by now, [`Error::NotFound`];
/// [`crate::error::Conflict::CapacityTaken`] if more is taken than is now declared.
pub fn update(tx: &mut WriteTx<'_>, offer: &Offer) -> Result<(), Error> {
    let row = Row::from(offer);
    let target = offers::table.find(row.id.clone()).filter(offers::version.eq(row.version - 1));
    if diesel::update(target).set(&row).execute(tx.connection())? != 1 {
        return stale!(tx, offers, row.id);
    }
    capacity_rows::declare(tx, &row.id, &offer.terms.capacity)?;
    invitations::replace(tx, &row.id, offer.terms.audience.invited())
}

/// The offer with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: OfferId) -> Result<Option<Offer>, Error> {
    Ok(find_many(tx, &[id])?.pop())
}

/// The offers with these ids, in no particular order.
///
/// # Errors
/// Whatever the database says.
pub fn find_many(tx: &mut ReadTx<'_>, ids: &[OfferId]) -> Result<Vec<Offer>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(VALUES_PER_STATEMENT) {
        let ids: Vec<String> = part.iter().map(OfferId::to_string).collect();
        let query = offers::table.filter(offers::id.eq_any(&ids));
        let rows: Vec<Row> = on_each!(tx.connection(), |c| query.load(c))?;
        let capacities = capacity_rows::of_many(tx, &ids)?;
        found.extend(assemble(tx, rows, capacities)?);
    }
    Ok(found)
}

/// Gives every offer to `take`, in order of id, some hundreds at a time.
///
/// # Errors
/// What `take` says, or whatever the database says.
pub fn for_each_chunk(
    tx: &mut ReadTx<'_>,
    take: &mut dyn FnMut(Vec<Offer>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of(tx, &STATUSES.map(|(_, word)| word), take)
}

/// Gives every offer that its owner has published to `take`, in order of id, some hundreds at a
/// time.
///
/// # Errors
/// What `take` says, or whatever the database says.
pub fn for_each_published_chunk(
    tx: &mut ReadTx<'_>,
    take: &mut dyn FnMut(Vec<Offer>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of(tx, &[word(&STATUSES, &OfferStatus::Published)], take)
}

fn for_each_chunk_of(
    tx: &mut ReadTx<'_>,
    statuses: &[&str],
    take: &mut dyn FnMut(Vec<Offer>) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_rows(tx, |tx, mut rows, capacities| {
        // Not a condition of the query: SQLite would then sort all of a status for each chunk.
        rows.retain(|row| statuses.contains(&row.status.as_str()));
        take(assemble(tx, rows, capacities)?)
    })
}

/// The offers whose rows say in some column another thing than their terms, in order of id.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub fn altered(tx: &mut ReadTx<'_>) -> Result<Vec<OfferId>, Error> {
    let mut found = Vec::new();
    for_each_rows(tx, |tx, rows, capacities| {
        let offers = assemble(tx, rows.clone(), capacities)?;
        let stated = offers.iter().zip(rows).filter(|(offer, row)| Row::from(*offer) != *row);
        found.extend(stated.map(|(offer, _)| offer.id));
        Ok(())
    })?;
    Ok(found)
}

fn for_each_rows(
    tx: &mut ReadTx<'_>,
    mut take: impl FnMut(&mut ReadTx<'_>, Vec<Row>, Capacities) -> Result<(), Error>,
) -> Result<(), Error> {
    for_each_chunk_of_rows!(tx, offers, capacity_rows, take)
}

fn assemble(
    tx: &mut ReadTx<'_>,
    rows: Vec<Row>,
    mut capacities: Capacities,
) -> Result<Vec<Offer>, Error> {
    let inviting = rows.iter().filter(|row| row.visibility == "invited");
    let inviting: Vec<String> = inviting.map(|row| row.id.clone()).collect();
    let mut invited = invitations::of_many(tx, &inviting)?;
    let offer = |row: Row| {
        let capacity = capacities.remove(&id_of(&row.id)?).unwrap_or_default();
        let invited = invited.remove(&row.id).unwrap_or_default();
        row.into_offer(capacity, invited)
    };
    rows.into_iter().map(offer).collect()
}

/// A page of the offers that pass `filter` and that `viewer` may see.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    filter: &OfferFilter,
    viewer: &Viewer,
    request: PageRequest,
) -> Result<Page<Offer>, Error> {
    let mut query = offers::table.into_boxed();
    for condition in conditions(filter).into_iter().chain(offers_seen_by(viewer)) {
        query = query.filter(condition);
    }
    let rows: Vec<Row> = by_creation!(query, offers, request).load(tx.connection())?;
    let page = request.page(rows);
    let ids: Vec<String> = page.items.iter().map(|row| row.id.clone()).collect();
    let capacities = capacity_rows::of_many(tx, &ids)?;
    let items = assemble(tx, page.items, capacities)?;
    Ok(Page { items, has_more: page.has_more })
}

fn conditions(filter: &OfferFilter) -> Vec<Condition<offers::table>> {
    let mut all: Vec<Condition<offers::table>> = Vec::new();
    if !filter.parties.is_empty() {
        let ids: Vec<String> = filter.parties.iter().map(PartyId::to_string).collect();
        all.push(Box::new(offers::party_id.eq_any(ids)));
    }
    if !filter.products.is_empty() {
        let ids: Vec<String> = filter.products.iter().map(ProductId::to_string).collect();
        all.push(Box::new(offers::product_id.eq_any(ids)));
    }
    if !filter.product_sets.is_empty() {
        let numbers: Vec<i32> =
            filter.product_sets.iter().map(|set| i32::from(set.number())).collect();
        let product = products::table.filter(products::id.eq(offers::product_id));
        all.push(Box::new(exists(product.filter(products::product_set.eq_any(numbers)))));
    }
    if !filter.provinces.is_empty() {
        let codes: Vec<String> = filter.provinces.iter().map(ProvinceCode::to_string).collect();
        all.push(Box::new(offers::province_code.eq_any(codes)));
    }
    if let Some(text) = &filter.text {
        let product = products::table.filter(products::id.eq(offers::product_id));
        let named = products::name_folded.like(containing(text));
        all.push(Box::new(exists(product.filter(named))));
    }
    all.extend(any_of(filter.states.iter().map(|state| in_state(*state, filter.today))));
    all
}

/// [`Offer::state`] as a condition.
fn in_state(state: OfferState, today: Date) -> Condition<offers::table> {
    let today = today.to_string();
    let is = |status: OfferStatus| offers::status.eq(word(&STATUSES, &status));
    let open = offers::last_day.ge(today.clone());
    let free = || {
        let taken = capacities::held + capacities::committed + capacities::consumed;
        capacities::table
            .filter(capacities::offer_id.eq(offers::id))
            .filter(capacities::to_day.ge(today.clone()))
            .filter(capacities::declared.gt(taken))
    };
    match state {
        OfferState::Draft => Box::new(is(OfferStatus::Draft)),
        OfferState::Withdrawn => Box::new(is(OfferStatus::Withdrawn)),
        OfferState::Paused => Box::new(is(OfferStatus::Paused).and(open)),
        OfferState::Expired => {
            let shown = is(OfferStatus::Published).or(is(OfferStatus::Paused));
            Box::new(shown.and(offers::last_day.lt(today)))
        }
        OfferState::Published => Box::new(is(OfferStatus::Published).and(open).and(exists(free()))),
        OfferState::Exhausted => {
            Box::new(is(OfferStatus::Published).and(open).and(diesel::dsl::not(exists(free()))))
        }
    }
}
