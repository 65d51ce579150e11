//! `/v1/reports/registry`: how many products are recognised on a day.

use actix_web::{HttpRequest, HttpResponse, get, web};
use matching::product::ProductSet;
use matching::registry::RegistryCount;
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::{IntoParams, ToSchema};

use super::as_of;
use super::auth::Authenticated;
use super::page::{self, Binding};
use super::places::PlaceView;
use super::problem::{ApiError, ProblemCode};
use super::query::{Query, numbers, product_set};
use super::record::{self, List};
use super::state::AppData;
use crate::actions::places::{civil, rule_of};
use crate::actions::registry::{self, ProducerCount, RegistryAsk, RegistryReport};
use crate::reference::{PlaceError, Reference, ResolvedPlace};
use crate::store::registry::RegistryFilter;

/// Which recognised products are counted.
#[derive(Debug, Deserialize, IntoParams)]
pub struct RegistryQuery {
    /// The day on which they are recognised; today in Vietnam if absent.
    #[param(format = "date", example = "2022-11-30")]
    on: Option<String>,
    /// Only of producers in any of these provinces, by their codes of the day `on`: `84` is Trà
    /// Vinh on a day before 1 July 2025.
    #[serde(default)]
    province_code: Vec<String>,
    /// Only of producers in any of these places in words, old or new names: `tỉnh Trà Vinh`.
    #[serde(default)]
    place: Vec<String>,
    /// Only of any of these sets; repeat for several.
    #[serde(default)]
    product_set: Vec<i64>,
    /// Only with any of these stars, 3 to 5; potential five-star products have 4.
    #[serde(default)]
    #[param(schema_with = stars)]
    stars: Vec<u8>,
    /// Only of any of these producers.
    #[serde(default)]
    party_id: Vec<String>,
}

/// Which producers are listed with their recognised products.
#[derive(Debug, Deserialize, IntoParams)]
pub struct RegistryProducerQuery {
    /// As of the report.
    #[param(format = "date", example = "2022-11-30")]
    on: Option<String>,
    /// As of the report.
    #[serde(default)]
    province_code: Vec<String>,
    /// As of the report.
    #[serde(default)]
    place: Vec<String>,
    /// As of the report.
    #[serde(default)]
    product_set: Vec<i64>,
    /// As of the report.
    #[serde(default)]
    #[param(schema_with = stars)]
    stars: Vec<u8>,
    /// As of the report.
    #[serde(default)]
    party_id: Vec<String>,
    /// How many records a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// How many products have which star. The kinds of star are apart and add up to `products`.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryCountRecord {
    /// Recognised products.
    #[schema(example = 104)]
    pub products: u32,
    /// Producers of them, each once.
    #[schema(example = 67)]
    pub producers: u32,
    /// With three stars.
    #[schema(example = 83)]
    pub three_star: u32,
    /// With four stars; those that await five are not among them.
    #[schema(example = 15)]
    pub four_star: u32,
    /// With four stars, awaiting the ministry's decision on five.
    #[schema(example = 6)]
    pub potential_five_star: u32,
    /// With five stars.
    #[schema(example = 0)]
    pub five_star: u32,
}

/// The recognised products of a set.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistrySetRecord {
    /// Number of the set.
    #[schema(example = 4)]
    pub product_set: u8,
    /// Its products.
    pub count: RegistryCountRecord,
}

/// The recognised products of a province.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryProvinceRecord {
    /// Code of the province of today that holds the producers.
    #[schema(example = "86")]
    pub province_code: String,
    /// Its products.
    pub count: RegistryCountRecord,
}

/// The recognised products of a producer.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryProducerRecord {
    /// The producer.
    #[schema(format = "uuid")]
    pub party_id: String,
    /// Its name.
    #[schema(example = "HTX dừa sáp Hòa Tân")]
    pub name: String,
    /// Its seat.
    pub place: PlaceView,
    /// Its products; `producers` is 1.
    pub count: RegistryCountRecord,
}

/// How many products are recognised on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryRecord {
    /// The day.
    #[schema(format = "date", example = "2022-11-30")]
    pub on: String,
    /// All of them.
    pub total: RegistryCountRecord,
    /// By set; a set without any is absent.
    pub by_product_set: Vec<RegistrySetRecord>,
    /// By province of today; a province without any is absent.
    pub by_province: Vec<RegistryProvinceRecord>,
}

/// Count recognised products
///
/// Those whose OCOP star counts on the day, also if they have left the catalogue since. Potential
/// five-star products are counted apart.
#[utoipa::path(tag = "reports", operation_id = "getRegistryReport", params(RegistryQuery),
    responses((status = 200, description = "The counts", body = RegistryRecord),
        (status = 304, description = "You have this answer")))]
#[get("/v1/reports/registry")]
async fn get_registry_report(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<RegistryQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let ask = ask(app.app.reference(), query)?;
    let report = app.app.read(caller, move |tx, ctx| registry::report(tx, ctx, &ask)).await?;
    record::digested(&request, &RegistryRecord::from(report))
}

/// Count recognised products by producer
///
/// In order of id, so that pages stay stable.
#[utoipa::path(tag = "reports", operation_id = "listRegistryProducers",
    params(RegistryProducerQuery),
    responses((status = 200, description = "A page", body = List<RegistryProducerRecord>)))]
#[get("/v1/reports/registry/producers")]
async fn list_registry_producers(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<RegistryProducerQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let place = query.cursor.as_deref().map(|cursor| app.cursors.read(&binding, cursor));
    let invalid = |_| ApiError::new(ProblemCode::InvalidCursor);
    let after = place.transpose()?.map(|id| id.parse().map_err(invalid)).transpose()?;
    let wanted = (query.limit.map_or(page::DEFAULT_LIMIT, usize::from), after);
    let ask = ask(app.app.reference(), query.into())?;
    let list = app.app.read(caller, move |tx, ctx| registry::producers(tx, ctx, &ask, wanted));
    let (producers, next) = list.await?;
    let records = producers.into_iter().map(RegistryProducerRecord::from).collect();
    record::listed((&request, &app), &binding, records, next.map(|id| id.to_string()))
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(list_registry_producers).service(get_registry_report);
}

fn stars() -> ArrayBuilder {
    let with = "Only with any of these stars, 3 to 5; potential five-star products have 4.";
    numbers((3, 5), with)
}

fn ask(reference: &Reference, query: RegistryQuery) -> Result<RegistryAsk, ApiError> {
    let on = as_of::named_day("on", query.on.as_deref())?;
    let mut violations = Vec::new();
    let mut take = |name: &str, area: Result<ResolvedPlace, PlaceError>| {
        area.map_err(|error| violations.push(Violation::new(name, rule_of(error)))).ok()
    };
    let by_code = |code: &String| reference.resolve_codes(code, None, on.map(civil));
    let mut areas: Vec<ResolvedPlace> =
        query.province_code.iter().filter_map(|it| take("province_code", by_code(it))).collect();
    let by_words = |text: &String| reference.resolve_text(text);
    areas.extend(query.place.iter().filter_map(|text| take("place", by_words(text))));
    let mut filter = RegistryFilter::default();
    for number in query.product_set {
        match product_set(number) {
            Some(set) => filter.product_sets.push(set),
            None => violations.push(Violation::new("product_set", Rule::UnknownProductSet)),
        }
    }
    for id in &query.party_id {
        match id.parse() {
            Ok(id) => filter.parties.push(id),
            Err(_) => {
                let rule = Rule::WrongFormat { format: "uuid".into() };
                violations.push(Violation::new("party_id", rule));
            }
        }
    }
    match violations.is_empty() {
        true => Ok(RegistryAsk { on, areas, stars: query.stars, filter }),
        false => Err(ApiError::invalid_parameters(violations)),
    }
}

impl From<RegistryProducerQuery> for RegistryQuery {
    fn from(query: RegistryProducerQuery) -> Self {
        let RegistryProducerQuery {
            on, province_code, place, product_set, stars, party_id, ..
        } = query;
        Self { on, province_code, place, product_set, stars, party_id }
    }
}

impl From<RegistryCount> for RegistryCountRecord {
    fn from(count: RegistryCount) -> Self {
        let RegistryCount {
            products,
            producers,
            three_star,
            four_star,
            potential_five_star,
            five_star,
        } = count;
        Self { products, producers, three_star, four_star, potential_five_star, five_star }
    }
}

impl From<RegistryReport> for RegistryRecord {
    fn from(report: RegistryReport) -> Self {
        let RegistryReport { on, total, by_product_set, by_province } = report;
        let of_set = |(set, count): (ProductSet, RegistryCount)| RegistrySetRecord {
            product_set: set.number(),
            count: count.into(),
        };
        let by_province = by_province.into_iter().map(|(province, count)| RegistryProvinceRecord {
            province_code: province.to_string(),
            count: count.into(),
        });
        Self {
            on: on.to_string(),
            total: total.into(),
            by_product_set: by_product_set.into_iter().map(of_set).collect(),
            by_province: by_province.collect(),
        }
    }
}

impl From<ProducerCount> for RegistryProducerRecord {
    fn from(producer: ProducerCount) -> Self {
        let ProducerCount { party, name, place, count } = producer;
        let place = PlaceView::from(&place);
        Self { party_id: party.to_string(), name, place, count: count.into() }
    }
}
