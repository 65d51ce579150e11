//! A product as linked data: JSON-LD in the vocabularies of schema.org and GS1, for web pages,
//! search engines and whoever scans the code on the package.

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use matching::id::ProductId;
use serde::Serialize;
use utoipa::ToSchema;

use super::as_of::AsOf;
use super::auth::Authenticated;
use super::path::Id;
use super::problem::ApiError;
use super::query::Query;
use super::record::{self, unwritable};
use super::state::AppData;
use crate::actions::linked_data::{self, LinkedProduct};
use crate::store::certificates::Certificate;
use crate::store::parties::Party;

/// The media type of JSON-LD 1.1.
pub const LINKED_DATA_JSON: &str = "application/ld+json";
const SCHEMA_ORG: &str = "https://schema.org/";
const GS1_VOCABULARY: &str = "https://ref.gs1.org/voc/";
/// The most stars of the programme.
const BEST_RATING: u8 = 5;

/// The vocabularies that the terms are of.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedContext {
    /// Of terms without a prefix.
    #[serde(rename = "@vocab")]
    #[schema(example = "https://schema.org/")]
    pub vocabulary: String,
    /// Of terms with the prefix `gs1`.
    #[schema(example = "https://ref.gs1.org/voc/")]
    pub gs1: String,
}

/// An address that stands for a thing.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedReference {
    /// The address.
    #[serde(rename = "@id")]
    pub id: String,
}

/// A postal address in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedAddress {
    /// `PostalAddress`.
    #[serde(rename = "@type")]
    #[schema(example = "PostalAddress")]
    pub kind: String,
    /// ISO 3166-1 code of the country.
    #[serde(rename = "addressCountry")]
    #[schema(example = "VN")]
    pub country: String,
    /// Code of the province of today.
    #[serde(rename = "addressRegion")]
    #[schema(example = "86")]
    pub region: String,
}

/// An organisation in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedOrganization {
    /// `Organization`.
    #[serde(rename = "@type")]
    #[schema(example = "Organization")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it is; absent for authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<LinkedAddress>,
}

/// Stars in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedRating {
    /// `Rating`.
    #[serde(rename = "@type")]
    #[schema(example = "Rating")]
    pub kind: String,
    /// The stars.
    #[serde(rename = "ratingValue")]
    #[schema(example = 4)]
    pub value: u8,
    /// The most stars.
    #[serde(rename = "bestRating")]
    #[schema(example = 5)]
    pub best: u8,
}

/// A certificate in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedCertification {
    /// `Certification`.
    #[serde(rename = "@type")]
    #[schema(example = "Certification")]
    pub kind: String,
    /// Code of its kind; see `/v1/certificate-kinds`.
    #[schema(example = "ocop")]
    pub name: String,
    /// Its number.
    #[serde(rename = "certificationIdentification")]
    #[schema(example = "2411/QĐ-UBND")]
    pub number: String,
    /// Who issued it.
    #[serde(rename = "issuedBy")]
    pub issued_by: LinkedOrganization,
    /// When it was issued.
    #[serde(rename = "validFrom")]
    #[schema(format = "date")]
    pub valid_from: String,
    /// Its last day, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub expires: Option<String>,
    /// The stars, of an OCOP recognition.
    #[serde(rename = "certificationRating", skip_serializing_if = "Option::is_none")]
    pub rating: Option<LinkedRating>,
}

/// An attribute in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedProperty {
    /// `PropertyValue`.
    #[serde(rename = "@type")]
    #[schema(example = "PropertyValue")]
    pub kind: String,
    /// Its name.
    #[schema(example = "net_content")]
    pub name: String,
    /// Its value.
    #[schema(example = "500 ml")]
    pub value: String,
}

/// A product in schema.org's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedProductView {
    /// The vocabularies.
    #[serde(rename = "@context")]
    pub context: LinkedContext,
    /// `Product`.
    #[serde(rename = "@type")]
    #[schema(example = "Product")]
    pub kind: String,
    /// The GS1 Digital Link of its GTIN; without a GTIN, its id as a URN.
    #[serde(rename = "@id")]
    #[schema(example = "https://id.gs1.org/01/08934563138165")]
    pub id: String,
    /// Name as recognised.
    #[schema(example = "Mật hoa dừa")]
    pub name: String,
    /// Global trade item number, 14 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "08934563138165")]
    pub gtin: Option<String>,
    /// Its story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Addresses of pictures.
    pub image: Vec<String>,
    /// Vietnamese name of its OCOP product set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its producer.
    pub manufacturer: LinkedOrganization,
    /// Its papers and its producer's that count on the asked day; the stars first.
    #[serde(rename = "hasCertification")]
    pub certifications: Vec<LinkedCertification>,
    /// Its attributes.
    #[serde(rename = "additionalProperty")]
    pub attributes: Vec<LinkedProperty>,
    /// Its traceability page (the GS1 link type of that name).
    #[serde(rename = "gs1:traceability", skip_serializing_if = "Option::is_none")]
    pub traceability: Option<LinkedReference>,
}

/// Get a product as linked data
///
/// JSON-LD in the words of schema.org, with the GS1 Digital Link of its GTIN: put it into a page as
/// it is. Certificates are judged today, or on `as_of`.
#[utoipa::path(tag = "products", operation_id = "getProductLinkedData", params(Id, AsOf),
    responses((status = 200, description = "The product", body = LinkedProductView,
        content_type = "application/ld+json"),
        (status = 304, description = "You have this answer")))]
#[get("/v1/products/{id}/linked-data")]
async fn get_product_linked_data(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(as_of): Query<AsOf>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, day): (ProductId, _) = (id.parse()?, as_of.day()?);
    let linked = app.app.read(caller, move |tx, ctx| linked_data::find(tx, ctx, id, day)).await?;
    let json = serde_json::to_string(&LinkedProductView::from(&linked)).map_err(unwritable)?;
    let mut response = record::digested_text(&request, embeddable(&json));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(LINKED_DATA_JSON));
    Ok(response)
}

/// The same JSON without the characters by which a text could end the element of a page that it
/// stands in (HTML Living Standard section 4.12.1.3).
fn embeddable(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(get_product_linked_data);
}

impl From<&LinkedProduct> for LinkedProductView {
    fn from(linked: &LinkedProduct) -> Self {
        let LinkedProduct { product, producer, set, certificates } = linked;
        let terms = &product.terms;
        let urn = || format!("urn:uuid:{}", product.id);
        let property = |(name, value): &(String, String)| LinkedProperty {
            kind: "PropertyValue".into(),
            name: name.clone(),
            value: value.clone(),
        };
        Self {
            context: LinkedContext { vocabulary: SCHEMA_ORG.into(), gs1: GS1_VOCABULARY.into() },
            kind: "Product".into(),
            id: terms.gtin.as_ref().map_or_else(urn, |gtin| gtin.digital_link()),
            name: terms.name.clone(),
            gtin: terms.gtin.as_ref().map(|gtin| gtin.as_str().to_owned()),
            description: terms.story.clone(),
            image: terms.image_urls.clone(),
            category: set.map(|set| set.label_vi.clone()),
            manufacturer: LinkedOrganization::from(producer),
            certifications: certificates.iter().map(LinkedCertification::from).collect(),
            attributes: terms.attributes.iter().map(property).collect(),
            traceability: terms.trace_url.clone().map(|id| LinkedReference { id }),
        }
    }
}

impl LinkedOrganization {
    fn new(name: &str, address: Option<LinkedAddress>) -> Self {
        Self { kind: "Organization".into(), name: name.into(), address }
    }
}

impl From<&Party> for LinkedOrganization {
    fn from(party: &Party) -> Self {
        let address = LinkedAddress {
            kind: "PostalAddress".into(),
            country: "VN".into(),
            region: party.terms.place.province.to_string(),
        };
        Self::new(&party.terms.name, Some(address))
    }
}

impl From<&Certificate> for LinkedCertification {
    fn from(certificate: &Certificate) -> Self {
        let terms = &certificate.terms;
        let rating = terms.stars().map(|stars| LinkedRating {
            kind: "Rating".into(),
            value: stars.number(),
            best: BEST_RATING,
        });
        Self {
            kind: "Certification".into(),
            name: terms.kind.code().into(),
            number: terms.number.clone(),
            issued_by: LinkedOrganization::new(&terms.authority, None),
            valid_from: terms.decision_date.to_string(),
            expires: terms.expires_on().map(|day| day.to_string()),
            rating,
        }
    }
}
