//! `/v1/products/{id}/certificates`, `/v1/parties/{id}/certificates`, `/v1/certificates`: OCOP
//! stars and other papers with their history.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use matching::certificate::Subject;
use matching::id::{CertificateId, PartyId, ProductId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::as_of::{self, AsOf};
use super::auth::Authenticated;
use super::body::Body;
use super::certificate_record::{
    CertificateBody, CertificateRecord, RevocationBody, command, revoked_on,
};
use super::idempotency::Once;
use super::page::{self, Binding};
use super::path::Id;
use super::problem::ApiError;
use super::query::Query;
use super::record::{self, List};
use super::sort::Sort;
use super::state::AppData;
use super::stated::Stated;
use crate::actions::certificates;
use crate::caller::Caller;
use crate::store::keyset::{CreatedKey, Page};

/// Which certificates a list shows.
#[derive(Debug, Deserialize, IntoParams)]
pub struct CertificateQuery {
    /// The day on which states are judged; today in Vietnam if absent.
    #[param(format = "date")]
    as_of: Option<String>,
    /// Order: newest or oldest record first.
    #[param(inline)]
    sort: Option<Sort>,
    /// How many records a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

/// Record a certificate of a product
///
/// One that corrects another names it in `supersedes`.
#[utoipa::path(tag = "products", operation_id = "createProductCertificate", params(Id),
    request_body = CertificateBody,
    responses((status = 201, description = "Recorded", body = CertificateRecord)))]
#[post("/v1/products/{id}/certificates")]
async fn create_product_certificate(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
    body: Stated<CertificateBody>,
) -> Result<HttpResponse, ApiError> {
    let id: ProductId = id.parse()?;
    create(once, caller, Subject::Product(id), body).await
}

/// Record a certificate of a party
///
/// It counts for all of the party's products.
#[utoipa::path(tag = "products", operation_id = "createPartyCertificate", params(Id),
    request_body = CertificateBody,
    responses((status = 201, description = "Recorded", body = CertificateRecord)))]
#[post("/v1/parties/{id}/certificates")]
async fn create_party_certificate(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
    body: Stated<CertificateBody>,
) -> Result<HttpResponse, ApiError> {
    let id: PartyId = id.parse()?;
    create(once, caller, Subject::Party(id), body).await
}

async fn create(
    once: Once,
    caller: Caller,
    subject: Subject,
    body: Stated<CertificateBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(command)?;
    let create = once.write(caller, move |tx, ctx| {
        let created = command.hold(|command| certificates::create(tx, ctx, subject, command))?;
        let record = CertificateRecord::from(&created);
        Ok(record::created(&format!("/v1/certificates/{}", record.id), record.tag(), &record))
    });
    create.await
}

/// List the certificates of a product
///
/// With those that have expired, were revoked or were superseded.
#[utoipa::path(tag = "products", operation_id = "listProductCertificates",
    params(Id, CertificateQuery),
    responses((status = 200, description = "A page", body = List<CertificateRecord>)))]
#[get("/v1/products/{id}/certificates")]
async fn list_product_certificates(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(query): Query<CertificateQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: ProductId = id.parse()?;
    list((&app, &request), caller, Subject::Product(id), query).await
}

/// List the certificates of a party
///
/// With those that have expired, were revoked or were superseded; not those of its products.
#[utoipa::path(tag = "products", operation_id = "listPartyCertificates",
    params(Id, CertificateQuery),
    responses((status = 200, description = "A page", body = List<CertificateRecord>)))]
#[get("/v1/parties/{id}/certificates")]
async fn list_party_certificates(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(query): Query<CertificateQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: PartyId = id.parse()?;
    list((&app, &request), caller, Subject::Party(id), query).await
}

async fn list(
    (app, request): (&AppData, &HttpRequest),
    caller: Caller,
    subject: Subject,
    query: CertificateQuery,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let key = (subject, as_of::day(query.as_of.as_deref())?);
    let list = app.app.read(caller, move |tx, ctx| certificates::list(tx, ctx, key, page));
    let Page { items, has_more } = list.await?;
    let last = items.last().filter(|_| has_more).map(|view| {
        let (created_at, id) = (view.certificate.created_at, view.certificate.id.uuid());
        page::created_place(CreatedKey { created_at, id })
    });
    let records = items.iter().map(CertificateRecord::from).collect();
    record::listed((request, app), &binding, records, last)
}

/// Get a certificate
///
/// Its state is judged today, or on `as_of`.
#[utoipa::path(tag = "products", operation_id = "getCertificate", params(Id, AsOf),
    responses((status = 200, description = "The certificate", body = CertificateRecord)))]
#[get("/v1/certificates/{id}")]
async fn get_certificate(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(as_of): Query<AsOf>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, day): (CertificateId, _) = (id.parse()?, as_of.day()?);
    let view = app.app.read(caller, move |tx, ctx| certificates::find(tx, ctx, id, day)).await?;
    let record = CertificateRecord::from(&view);
    Ok(record::found(&request, record.tag(), &record))
}

/// Revoke a certificate
///
/// It stays readable, and what it was worth before that day stays true.
#[utoipa::path(tag = "products", operation_id = "revokeCertificate", params(Id),
    request_body = RevocationBody,
    responses((status = 200, description = "Revoked", body = CertificateRecord)))]
#[post("/v1/certificates/{id}/revoke")]
async fn revoke_certificate(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
    Body(body): Body<RevocationBody>,
) -> Result<HttpResponse, ApiError> {
    let id: CertificateId = id.parse()?;
    let on = revoked_on(&body)?;
    let revoke = once.write(caller, move |tx, ctx| {
        let record = CertificateRecord::from(&certificates::revoke(tx, ctx, id, on)?);
        Ok(record::changed(record.tag(), &record))
    });
    revoke.await
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_product_certificate)
        .service(list_product_certificates)
        .service(create_party_certificate)
        .service(list_party_certificates)
        .service(get_certificate)
        .service(revoke_certificate);
}
