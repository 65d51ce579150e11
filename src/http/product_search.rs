//! Finding products: the list and its facets.

use actix_web::{HttpRequest, HttpResponse, get, web};
use matching::id::PartyId;
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::as_of;
use super::auth::Authenticated;
use super::certificate_record::CertificateKind;
use super::page::{self, Binding};
use super::problem::{ApiError, ProblemCode};
use super::product_record::{ProductRecord, ProductState};
use super::query::{Query, numbers, product_set, provinces};
use super::record::{self, List};
use super::state::AppData;
use crate::actions::product_search::{self, Search};
use crate::actions::products;
use crate::market::catalogue::{Facets, ProductFilter, SearchKey};
use crate::reference::Reference;
use crate::store::keyset::{CreatedKey, Direction, Page};
use crate::store::products as store;

/// Which products a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ProductQuery {
    /// Words of the name, the producer, the place or the set, with or without accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only products with at least these stars.
    #[param(minimum = 3, maximum = 5)]
    min_stars: Option<u8>,
    /// Only products of any of these sets; repeat for several.
    #[serde(default)]
    product_set: Vec<i64>,
    /// Only products of producers in any of these provinces.
    #[serde(default)]
    province_code: Vec<String>,
    /// Only products with any of these certificates, of the product or of its producer.
    #[serde(default)]
    certificate: Vec<CertificateKind>,
    /// Only products with free capacity in any of these months of the year, 1 to 12.
    #[serde(default)]
    #[param(schema_with = months)]
    month: Vec<u8>,
    /// Only products of any of these producers.
    #[serde(default)]
    party_id: Vec<String>,
    /// The day on which stars and certificates are judged; today if absent.
    #[param(format = "date")]
    as_of: Option<String>,
    /// `archived` lists those that you may restore, newest first; it goes with `product_set` and
    /// `party_id` only.
    state: Option<ProductState>,
    /// How many records a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Which products facets are counted over.
#[derive(Debug, Deserialize, IntoParams)]
pub struct FacetQuery {
    /// As of the list.
    #[param(max_length = 200)]
    q: Option<String>,
    /// As of the list.
    #[param(minimum = 3, maximum = 5)]
    min_stars: Option<u8>,
    /// As of the list.
    #[serde(default)]
    product_set: Vec<i64>,
    /// As of the list.
    #[serde(default)]
    province_code: Vec<String>,
    /// As of the list.
    #[serde(default)]
    certificate: Vec<CertificateKind>,
    /// As of the list.
    #[serde(default)]
    #[param(schema_with = months)]
    month: Vec<u8>,
    /// As of the list.
    #[serde(default)]
    party_id: Vec<String>,
    /// As of the list.
    #[param(format = "date")]
    as_of: Option<String>,
}

impl From<FacetQuery> for ProductQuery {
    fn from(query: FacetQuery) -> Self {
        let FacetQuery {
            q,
            min_stars,
            product_set,
            province_code,
            certificate,
            month,
            party_id,
            as_of,
        } = query;
        Self {
            q,
            min_stars,
            product_set,
            province_code,
            certificate,
            month,
            party_id,
            as_of,
            state: None,
            limit: None,
            cursor: None,
        }
    }
}

/// How many products a number as filter would leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberCount {
    /// The value of the filter.
    #[schema(example = 4)]
    pub value: u8,
    /// The products that the list would have.
    #[schema(example = 12)]
    pub count: u32,
}

/// How many products a word as filter would leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordCount {
    /// The value of the filter.
    #[schema(example = "86")]
    pub value: String,
    /// The products that the list would have.
    #[schema(example = 12)]
    pub count: u32,
}

/// For each filter, how long the list would be with each value in its place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductFacets {
    /// By `min_stars`.
    pub min_stars: Vec<NumberCount>,
    /// By `product_set`.
    pub product_set: Vec<NumberCount>,
    /// By `province_code`.
    pub province_code: Vec<WordCount>,
    /// By `certificate`.
    pub certificate: Vec<WordCount>,
    /// By `month`.
    pub month: Vec<NumberCount>,
}

/// Find products
///
/// Best first: words may lack their accents or be misspelt, and exact accents go first. Without `q`
/// in order of id.
#[utoipa::path(tag = "products", operation_id = "listProducts", params(ProductQuery),
    responses((status = 200, description = "A page", body = List<ProductRecord>)))]
#[get("/v1/products")]
pub(super) async fn list_products(
    app: web::Data<AppData>,
    caller: Authenticated,
    Query(query): Query<ProductQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    if query.state == Some(ProductState::Archived) {
        return list_archived(&app, caller, query, &request).await;
    }
    let Authenticated(caller) = caller;
    let binding = Binding::of(&request, caller.party());
    let place = query.cursor.as_deref().map(|cursor| app.cursors.read(&binding, cursor));
    let invalid = || ApiError::new(ProblemCode::InvalidCursor);
    let after = place.transpose()?.map(|place| search_key(&place).ok_or_else(invalid));
    let search = Search { after: after.transpose()?, ..search(app.app.reference(), query)? };
    let market = app.app.market();
    let (views, next) = app
        .app
        .read(caller, move |tx, ctx| product_search::search(tx, ctx, (&market, &search)))
        .await?;
    let records = views.iter().map(ProductRecord::from).collect();
    record::listed((&request, &app), &binding, records, next.map(search_place))
}

async fn list_archived(
    app: &AppData,
    Authenticated(caller): Authenticated,
    query: ProductQuery,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    refuse_with_archived(&query)?;
    let binding = Binding::of(request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let page = page::by_creation(&app.cursors, &binding, wanted, Direction::Descending)?;
    let Search { filter, as_of, .. } = search(app.app.reference(), query)?;
    let ProductFilter { producers, product_sets, .. } = filter;
    let filter = store::ProductFilter { parties: producers, product_sets, states: Vec::new() };
    let list = app.app.read(caller, move |tx, ctx| {
        let on = as_of.unwrap_or(ctx.today());
        products::list_archived(tx, ctx, (&filter, on), page)
    });
    let Page { items, has_more } = list.await?;
    let last = items.last().filter(|_| has_more).map(|view| {
        let (created_at, id) = (view.product.created_at, view.product.id.uuid());
        page::created_place(CreatedKey { created_at, id })
    });
    let records = items.iter().map(ProductRecord::from).collect();
    record::listed((request, app), &binding, records, last)
}

/// Archived products are not in the live market, so what only the market answers is refused.
fn refuse_with_archived(query: &ProductQuery) -> Result<(), ApiError> {
    let given = [
        ("q", query.q.is_some()),
        ("min_stars", query.min_stars.is_some()),
        ("province_code", !query.province_code.is_empty()),
        ("certificate", !query.certificate.is_empty()),
        ("month", !query.month.is_empty()),
    ];
    let refused = given.into_iter().filter(|(_, given)| *given);
    let violations: Vec<Violation> = refused
        .map(|(name, _)| Violation::new(name, Rule::Contradicts { other: "state" }))
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(ApiError::invalid_parameters(violations)) }
}

/// Count products by filter
///
/// Each count is the length of the list with that value in place of the filter of its kind.
#[utoipa::path(tag = "products", operation_id = "getProductFacets", params(FacetQuery),
    responses((status = 200, description = "The counts", body = ProductFacets)))]
#[get("/v1/products/facets")]
pub(super) async fn get_product_facets(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<FacetQuery>,
) -> Result<HttpResponse, ApiError> {
    let search = search(app.app.reference(), query.into())?;
    let market = app.app.market();
    let facets =
        app.app.read(caller, move |tx, ctx| product_search::facets(tx, ctx, (&market, &search)));
    Ok(HttpResponse::Ok().json(ProductFacets::from(facets.await?)))
}

fn search(reference: &Reference, query: ProductQuery) -> Result<Search, ApiError> {
    let as_of = as_of::day(query.as_of.as_deref())?;
    let limit = query.limit.map_or(page::DEFAULT_LIMIT, usize::from);
    let text = query.q.clone().unwrap_or_default();
    Ok(Search { text, filter: filter(reference, query)?, as_of, limit, after: None })
}

fn months() -> ArrayBuilder {
    let free = "Only products with free capacity in any of these months of the year, 1 to 12.";
    numbers((1, 12), free)
}

fn filter(reference: &Reference, query: ProductQuery) -> Result<ProductFilter, ApiError> {
    let mut violations = Vec::new();
    let mut refuse = |name: &str, rule: Rule| violations.push(Violation::new(name, rule));
    let mut filter = ProductFilter { min_stars: query.min_stars, ..ProductFilter::default() };
    for number in query.product_set {
        match product_set(number) {
            Some(set) => filter.product_sets.push(set),
            None => refuse("product_set", Rule::UnknownProductSet),
        }
    }
    match provinces(reference, &query.province_code) {
        Ok(named) => filter.provinces = named.iter().collect(),
        Err(all) => all.into_iter().for_each(|each| refuse("province_code", each.rule)),
    }
    for id in &query.party_id {
        match id.parse::<PartyId>() {
            Ok(id) => filter.producers.push(id),
            Err(_) => refuse("party_id", Rule::WrongFormat { format: "uuid".into() }),
        }
    }
    filter.certificates = query.certificate.into_iter().map(Into::into).collect();
    filter.months = query.month.into_iter().collect();
    if violations.is_empty() { Ok(filter) } else { Err(ApiError::invalid_parameters(violations)) }
}

fn search_place(key: SearchKey) -> String {
    format!("{} {}", key.distance, Uuid::from_u128(key.id))
}

fn search_key(place: &str) -> Option<SearchKey> {
    let (distance, id) = place.split_once(' ')?;
    Some(SearchKey { distance: distance.parse().ok()?, id: Uuid::try_parse(id).ok()?.as_u128() })
}

impl From<Facets> for ProductFacets {
    fn from(facets: Facets) -> Self {
        let number = |(value, count): (u8, u32)| NumberCount { value, count };
        let word = |value: String, count| WordCount { value, count };
        let sets = facets.product_sets.into_iter().map(|(set, count)| (set.number(), count));
        let provinces = facets.provinces.into_iter();
        let certificates = facets.certificates.into_iter();
        Self {
            min_stars: facets.min_stars.into_iter().map(number).collect(),
            product_set: sets.map(number).collect(),
            province_code: provinces.map(|(code, n)| word(code.to_string(), n)).collect(),
            certificate: certificates.map(|(kind, n)| word(kind.code().into(), n)).collect(),
            month: facets.months.into_iter().map(number).collect(),
        }
    }
}
