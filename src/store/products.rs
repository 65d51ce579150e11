//! Rows of products.

use diesel::prelude::*;
use matching::date::Timestamp;
use matching::id::{PartyId, ProductId};
use matching::product::{Gtin, ProductDraft, ProductSet, ProductState, ProductTerms};
use matching::text::fold::fold;

use super::columns::{
    id_of, illegal, json, json_of, packagings, packagings_of, product_set_of, word, word_of,
};
use super::dialect::{VALUES_PER_STATEMENT, load_kept, on_each, stale};
use super::keyset::{CHUNK_ROWS, Page, PageRequest, altered, by_creation};
use super::schema::{offers, products};
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// A product as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Whether it is still made.
    pub state: ProductState,
    /// What its producer states about it.
    pub terms: ProductTerms,
}

/// Which products a list shows; an empty list of values shows all.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// Of any of these parties.
    pub parties: Vec<PartyId>,
    /// Of any of these sets.
    pub product_sets: Vec<ProductSet>,
    /// In any of these states.
    pub states: Vec<ProductState>,
}

pub(super) const STATES: [(ProductState, &str); 2] =
    [(ProductState::Active, "active"), (ProductState::Archived, "archived")];

#[derive(Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = products, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
    party_id: String,
    name: String,
    name_folded: String,
    product_set: i32,
    unit: String,
    packagings: String,
    attributes: String,
    gtin: Option<String>,
    story: Option<String>,
    image_urls: String,
    trace_url: Option<String>,
    state: String,
}

impl From<&Product> for Row {
    fn from(product: &Product) -> Self {
        let Product { id, version, created_at, updated_at, state, terms } = product;
        let ProductDraft {
            party_id,
            name,
            product_set,
            unit,
            packagings: packed,
            attributes,
            gtin,
            story,
            image_urls,
            trace_url,
        } = &**terms;
        Self {
            id: id.to_string(),
            version: *version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            party_id: party_id.to_string(),
            name: name.clone(),
            name_folded: fold(name),
            product_set: i32::from(product_set.number()),
            unit: unit.clone(),
            packagings: packagings(packed),
            attributes: json(attributes),
            gtin: gtin.as_ref().map(|gtin| gtin.as_str().to_owned()),
            story: story.clone(),
            image_urls: json(image_urls),
            trace_url: trace_url.clone(),
            state: word(&STATES, state).into(),
        }
    }
}

impl TryFrom<Row> for Product {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let gtin = row.gtin.map(|gtin| Gtin::parse(&gtin).map_err(|_| illegal("GTIN", gtin)));
        let draft = ProductDraft {
            party_id: id_of(&row.party_id)?,
            name: row.name,
            product_set: product_set_of(row.product_set)?,
            unit: row.unit,
            packagings: packagings_of(&row.packagings)?,
            attributes: json_of(&row.attributes)?,
            gtin: gtin.transpose()?,
            story: row.story,
            image_urls: json_of(&row.image_urls)?,
            trace_url: row.trace_url,
        };
        Ok(Self {
            id: id_of(&row.id)?,
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            state: word_of(&STATES, &row.state)?,
            terms: ProductTerms::recorded(draft),
        })
    }
}

/// Records a product.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    let row = Row::from(product);
    on_each!(tx.connection(), |c| diesel::insert_into(products::table).values(row).execute(c))?;
    Ok(())
}

/// Replaces the product that has the version before `product.version`.
///
/// # Errors
/// [`Error::Unavailable`] if the version is another by now, [`Error::NotFound`].
pub fn update(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    let row = Row::from(product);
    let target = products::table.find(row.id.clone()).filter(products::version.eq(row.version - 1));
    match diesel::update(target).set(&row).execute(tx.connection())? {
        1 => Ok(()),
        _ => stale!(tx, products, row.id),
    }
}

/// The product with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: ProductId) -> Result<Option<Product>, Error> {
    let query = products::table.find(id.to_string());
    let row: Option<Row> = on_each!(tx.connection(), |c| query.get_result(c)).optional()?;
    row.map(Product::try_from).transpose()
}

/// The product with this id, which others neither change nor offer until the transaction ends.
///
/// # Errors
/// Whatever the database says.
pub fn find_to_change(tx: &mut WriteTx<'_>, id: ProductId) -> Result<Option<Product>, Error> {
    let query = products::table.find(id.to_string());
    let rows: Vec<Row> = load_kept!(tx.connection(), query, for_no_key_update)?;
    rows.into_iter().next().map(Product::try_from).transpose()
}

/// The product with this id, which others do not change until the transaction ends.
///
/// # Errors
/// Whatever the database says.
pub fn find_to_offer(tx: &mut WriteTx<'_>, id: ProductId) -> Result<Option<Product>, Error> {
    let query = products::table.find(id.to_string());
    let rows: Vec<Row> = load_kept!(tx.connection(), query, for_share)?;
    rows.into_iter().next().map(Product::try_from).transpose()
}

/// The products with these ids, in no particular order.
///
/// # Errors
/// Whatever the database says.
pub fn find_many(tx: &mut ReadTx<'_>, ids: &[ProductId]) -> Result<Vec<Product>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(VALUES_PER_STATEMENT) {
        let ids: Vec<String> = part.iter().map(ProductId::to_string).collect();
        let query = products::table.filter(products::id.eq_any(ids));
        found.extend(query.load::<Row>(tx.connection())?);
    }
    found.into_iter().map(Product::try_from).collect()
}

/// Every product, in order of id.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<Product>, Error> {
    let mut all: Vec<Product> = Vec::new();
    loop {
        match following(tx, all.last().map(|product| product.id))? {
            none if none.is_empty() => return Ok(all),
            some => all.extend(some),
        }
    }
}

/// The products whose rows say in some column another thing than their terms, in order of id.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub fn altered(tx: &mut ReadTx<'_>) -> Result<Vec<ProductId>, Error> {
    altered!(tx, Product)
}

/// The products with the ids after `after`, from the first one on for none: some hundreds, in order
/// of id; none after the last.
///
/// # Errors
/// Whatever the database says.
pub fn following(tx: &mut ReadTx<'_>, after: Option<ProductId>) -> Result<Vec<Product>, Error> {
    rows_following(tx, after)?.into_iter().map(Product::try_from).collect()
}

fn rows_following(tx: &mut ReadTx<'_>, after: Option<ProductId>) -> Result<Vec<Row>, Error> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = products::table.filter(products::id.gt(after)).order(products::id);
    Ok(on_each!(tx.connection(), |c| query.limit(CHUNK_ROWS).load(c))?)
}

/// The units that offers of this product are counted in, each once; withdrawn offers do not count.
///
/// # Errors
/// Whatever the database says.
pub fn offered_units(tx: &mut ReadTx<'_>, id: ProductId) -> Result<Vec<String>, Error> {
    let standing = offers::table
        .filter(offers::product_id.eq(id.to_string()))
        .filter(offers::status.ne("withdrawn"));
    let units = standing.select(offers::unit).distinct().order(offers::unit);
    Ok(units.load(tx.connection())?)
}

/// A page of the products that pass `filter`.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    filter: &ProductFilter,
    request: PageRequest,
) -> Result<Page<Product>, Error> {
    let mut query = products::table.into_boxed();
    if !filter.parties.is_empty() {
        let ids: Vec<String> = filter.parties.iter().map(PartyId::to_string).collect();
        query = query.filter(products::party_id.eq_any(ids));
    }
    if !filter.product_sets.is_empty() {
        let numbers = filter.product_sets.iter().map(|set| i32::from(set.number()));
        query = query.filter(products::product_set.eq_any(numbers.collect::<Vec<_>>()));
    }
    if !filter.states.is_empty() {
        let words = filter.states.iter().map(|state| word(&STATES, state));
        query = query.filter(products::state.eq_any(words.collect::<Vec<_>>()));
    }
    let rows: Vec<Row> = by_creation!(query, products, request).load(tx.connection())?;
    let items = rows.into_iter().map(Product::try_from).collect::<Result<_, _>>()?;
    Ok(request.page(items))
}
