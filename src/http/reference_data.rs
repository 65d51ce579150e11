//! Reference data: public, the same for everybody, and kept by clients.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use matching::id::PartyId;
use matching::text::fold::{fold, is_signs};
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::as_of;
use super::page::Binding;
use super::path;
use super::problem::{ApiError, ProblemCode};
use super::query::Query;
use super::record::{self, List};
use super::reference_record::{
    CertificateKindRecord, CommuneRecord, MarketRecord, ProductSetRecord, ProvinceRecord,
    ResolvedPlaceRecord, TaxonLevel, UnitRecord, provinces,
};
use super::state::AppData;
use crate::actions::places::{civil, rule_of, rule_of_province};
use crate::reference::{Commune, ProvinceCode, Reference};

/// Communes of a page unless a province or a limit is named.
const DEFAULT_LIMIT: u8 = 20;
/// How long clients may keep reference data, in seconds: it changes with a release only.
const REFERENCE_SECONDS: u32 = 3600;

/// Which page of a reference list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ReferenceQuery {
    /// The most entries of the page; all if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Which nodes of the taxonomy a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ProductSetQuery {
    /// Only this level.
    level: Option<TaxonLevel>,
    /// The most entries of the page; all if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Which provinces a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ProvinceQuery {
    /// Those of this day; today's if absent. Codes changed on 1 July 2025.
    #[param(format = "date")]
    as_of: Option<String>,
    /// Whether those that are no more are shown too; not with `as_of`.
    former: Option<bool>,
    /// The most entries of the page; all if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Which communes a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct CommuneQuery {
    /// Those of this province of today.
    #[param(min_length = 2, max_length = 2)]
    province_code: Option<String>,
    /// Words of the name, with or without accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// The most entries of the page; if absent 20, or all where `province_code` is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// A place in words.
#[derive(Debug, Deserialize, IntoParams)]
pub struct PlaceQuery {
    /// Old or new names, from small to large: `huyện Cầu Kè, tỉnh Trà Vinh`.
    #[param(min_length = 1, max_length = 300)]
    text: String,
}

/// List product sets
///
/// The 26 sets of the OCOP programme, with the industries and subgroups above them.
#[utoipa::path(tag = "reference", operation_id = "listProductSets", security(()),
    params(ProductSetQuery),
    responses((status = 200, description = "The taxonomy", body = List<ProductSetRecord>),
        (status = 304, description = "You have this list")))]
#[get("/v1/product-sets")]
async fn list_product_sets(
    app: web::Data<AppData>,
    Query(query): Query<ProductSetQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let sets = app.app.reference().product_sets();
    let shown = sets.iter().filter(|taxon| query.level.is_none_or(|l| l == taxon.level.into()));
    let page = asked(query.limit, query.cursor.as_deref());
    paged((&app, &request), page, shown.map(|taxon| ProductSetRecord::new(sets, taxon)))
}

/// Get a product set, industry or subgroup
///
/// Codes that were superseded are understood; the answer has the code of today.
#[utoipa::path(tag = "reference", operation_id = "getProductSet", security(()),
    params(("code" = String, Path, description = "Its code", example = "5")),
    responses((status = 200, description = "The set", body = ProductSetRecord),
        (status = 304, description = "You have this one")))]
#[get("/v1/product-sets/{code}")]
async fn get_product_set(
    app: web::Data<AppData>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let sets = app.app.reference().product_sets();
    let code = path::segment(&request, "code")?;
    let taxon = sets.get(&code).ok_or_else(|| ApiError::new(ProblemCode::NotFound))?;
    public(&request, &ProductSetRecord::new(sets, taxon))
}

/// List units
#[utoipa::path(tag = "reference", operation_id = "listUnits", security(()),
    params(ReferenceQuery),
    responses((status = 200, description = "All units", body = List<UnitRecord>),
        (status = 304, description = "You have this list")))]
#[get("/v1/units")]
async fn list_units(
    app: web::Data<AppData>,
    Query(query): Query<ReferenceQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let units = app.app.reference().units().iter().map(UnitRecord::from);
    paged((&app, &request), asked(query.limit, query.cursor.as_deref()), units)
}

/// List provinces
///
/// The 34 of today, those of a day, or with `former` those of all times.
#[utoipa::path(tag = "reference", operation_id = "listProvinces", security(()),
    params(ProvinceQuery),
    responses((status = 200, description = "The provinces", body = List<ProvinceRecord>),
        (status = 304, description = "You have this list")))]
#[get("/v1/provinces")]
async fn list_provinces(
    app: web::Data<AppData>,
    Query(query): Query<ProvinceQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let day = as_of::day(query.as_of.as_deref())?.map(civil);
    if day.is_some() && query.former.is_some() {
        return Err(refused("former", Rule::Contradicts { other: "as_of" }));
    }
    let items = provinces(app.app.reference(), day, query.former.unwrap_or(false));
    paged((&app, &request), asked(query.limit, query.cursor.as_deref()), items.into_iter())
}

/// List communes
///
/// Those of today, in order of code.
#[utoipa::path(tag = "reference", operation_id = "listCommunes", security(()),
    params(CommuneQuery),
    responses((status = 200, description = "A page", body = List<CommuneRecord>),
        (status = 304, description = "You have this page")))]
#[get("/v1/communes")]
async fn list_communes(
    app: web::Data<AppData>,
    Query(query): Query<CommuneQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let found = communes(app.app.reference(), &query)?;
    let limit = query.limit.or(query.province_code.is_none().then_some(DEFAULT_LIMIT));
    let records = found.into_iter().map(CommuneRecord::from);
    paged((&app, &request), asked(limit, query.cursor.as_deref()), records)
}

fn communes<'a>(
    reference: &'a Reference,
    query: &CommuneQuery,
) -> Result<Vec<&'a Commune>, ApiError> {
    let province = query.province_code.as_deref().map(|code| {
        let found = reference.provinces().by_code(code, None);
        found.map_err(|error| refused("province_code", rule_of_province(error)))
    });
    let province: Option<ProvinceCode> = province.transpose()?.map(|province| province.code);
    let q = query.q.as_deref().unwrap_or_default();
    let (wanted, is_signs) = (fold(q), is_signs(q));
    let all = reference.communes().iter();
    let inside = all.filter(|commune| province.is_none_or(|code| commune.province_code == code));
    let is_wanted = |commune: &&Commune| !is_signs && fold(&commune.name).contains(&wanted);
    Ok(inside.filter(is_wanted).collect())
}

/// List kinds of certificate
#[utoipa::path(tag = "reference", operation_id = "listCertificateKinds", security(()),
    params(ReferenceQuery),
    responses((status = 200, description = "All kinds", body = List<CertificateKindRecord>),
        (status = 304, description = "You have this list")))]
#[get("/v1/certificate-kinds")]
async fn list_certificate_kinds(
    app: web::Data<AppData>,
    Query(query): Query<ReferenceQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let kinds = app.app.reference().certificate_kinds().iter().map(CertificateKindRecord::from);
    paged((&app, &request), asked(query.limit, query.cursor.as_deref()), kinds)
}

/// List destination markets
///
/// With the papers that each asks for.
#[utoipa::path(tag = "reference", operation_id = "listMarkets", security(()),
    params(ReferenceQuery),
    responses((status = 200, description = "All markets", body = List<MarketRecord>),
        (status = 304, description = "You have this list")))]
#[get("/v1/markets")]
async fn list_markets(
    app: web::Data<AppData>,
    Query(query): Query<ReferenceQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let markets = app.app.reference().markets().iter().map(MarketRecord::from);
    paged((&app, &request), asked(query.limit, query.cursor.as_deref()), markets)
}

/// Understand a place in words
///
/// Old and new names become one place of today.
#[utoipa::path(tag = "reference", operation_id = "resolvePlace", security(()),
    params(PlaceQuery),
    responses((status = 200, description = "The place", body = ResolvedPlaceRecord),
        (status = 304, description = "You have this place")))]
#[get("/v1/places/resolve")]
async fn resolve_place(
    app: web::Data<AppData>,
    Query(query): Query<PlaceQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let resolved = app.app.reference().resolve_text(&query.text);
    let resolved = resolved.map_err(|error| refused("text", rule_of(error)))?;
    public(&request, &ResolvedPlaceRecord::from(resolved))
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(list_product_sets)
        .service(get_product_set)
        .service(list_units)
        .service(list_provinces)
        .service(list_communes)
        .service(list_certificate_kinds)
        .service(list_markets)
        .service(resolve_place);
}

fn refused(parameter: &str, rule: Rule) -> ApiError {
    ApiError::invalid_parameters(vec![Violation::new(parameter, rule)])
}

/// How many entries a page has, and where it begins.
struct Asked<'a> {
    limit: usize,
    cursor: Option<&'a str>,
}

/// Reference lists are short: all of it unless a limit is named.
fn asked(limit: Option<u8>, cursor: Option<&str>) -> Asked<'_> {
    Asked { limit: limit.map_or(usize::MAX, usize::from), cursor }
}

/// 200 with a page of what does not change while the program runs; its cursor counts the entries
/// before.
fn paged<T: Serialize + ToSchema>(
    (app, request): (&AppData, &HttpRequest),
    Asked { limit, cursor }: Asked<'_>,
    all: impl Iterator<Item = T>,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(request, PartyId::new(Uuid::nil()));
    let invalid = |_| ApiError::new(ProblemCode::InvalidCursor);
    let place = cursor.map(|cursor| app.cursors.read(&binding, cursor)).transpose()?;
    let before: usize = place.map_or(Ok(0), |place| place.parse().map_err(invalid))?;
    let mut items: Vec<T> = all.skip(before).take(limit.saturating_add(1)).collect();
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = has_more.then(|| (before + limit).to_string());
    record::listed((request, app), &binding, items, next).map(kept)
}

/// 200, or 304 if the client has the very same.
fn public(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, ApiError> {
    record::digested(request, body).map(kept)
}

/// An answer that clients and proxies may keep.
fn kept(mut response: HttpResponse) -> HttpResponse {
    let public = format!("public, max-age={REFERENCE_SECONDS}");
    if let Ok(value) = header::HeaderValue::from_str(&public) {
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    response
}
