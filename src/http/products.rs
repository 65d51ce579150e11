//! `/v1/products`: what producers make.

use actix_web::{HttpRequest, HttpResponse, get, patch, post, put, web};
use matching::id::ProductId;

use super::as_of::AsOf;
use super::auth::Authenticated;
use super::body::Patch;
use super::etag;
use super::external_ids;
use super::idempotency::Once;
use super::path::{ExternalName, Id};
use super::problem::ApiError;
use super::product_record::{ProductBody, ProductRecord, command};
use super::product_search::{get_product_facets, list_products};
use super::query::Query;
use super::record;
use super::state::AppData;
use super::stated::Stated;
use crate::actions::precondition::Precondition;
use crate::actions::products::{self, ProductAction};

/// Record a product
///
/// For producers, for those who registered the producer, and for admins.
#[utoipa::path(tag = "products", operation_id = "createProduct", request_body = ProductBody,
    responses((status = 201, description = "Recorded", body = ProductRecord)))]
#[post("/v1/products")]
async fn create_product(
    Authenticated(caller): Authenticated,
    once: Once,
    body: Stated<ProductBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(|body| command(&body))?;
    let create = once.write(caller, move |tx, ctx| {
        let view = command.hold(|command| products::create(tx, ctx, command))?;
        let record = ProductRecord::from(&view);
        Ok(record::created(&location(&record.id), record.tag(), &record))
    });
    create.await
}

/// Get a product
///
/// Its recognition is judged today, or on `as_of`. Archived products are shown too: offers and
/// agreements may name them.
#[utoipa::path(tag = "products", operation_id = "getProduct", params(Id, AsOf),
    responses((status = 200, description = "The product", body = ProductRecord)))]
#[get("/v1/products/{id}")]
async fn get_product(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(as_of): Query<AsOf>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (id, day): (ProductId, _) = (id.parse()?, as_of.day()?);
    let view = app.app.read(caller, move |tx, ctx| products::find(tx, ctx, id, day)).await?;
    let record = ProductRecord::from(&view);
    Ok(record::found(&request, record.tag(), &record))
}

/// Change a product
///
/// A merge patch: what is absent stays, null removes. A packaging that defines the unit of an offer
/// cannot change while that offer is not withdrawn.
#[utoipa::path(tag = "products", operation_id = "updateProduct", params(Id),
    request_body(content = ProductBody, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = ProductRecord)))]
#[patch("/v1/products/{id}")]
async fn update_product(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    patch: Patch<ProductBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: ProductId = id.parse()?;
    let reader = caller.clone();
    let current = app.app.read(reader, move |tx, ctx| products::find(tx, ctx, id, None)).await?;
    if !current.may_change {
        return Err(crate::error::Error::Forbidden.into());
    }
    let based_on = etag::of_patch(&request, current.product.version)?;
    let body = patch.apply(&ProductBody::from(&current))?;
    let command = body.try_map(|body| command(&body))?;
    let view = app.app.write(caller, move |tx, ctx| {
        command.hold(|command| products::replace(tx, ctx, (id, &based_on), command))
    });
    let record = ProductRecord::from(&view.await?);
    Ok(record::changed(record.tag(), &record))
}

/// Create or replace a product by its producer's id
///
/// `system` and `id` name it in the producer's system. Sending the same again changes nothing.
#[utoipa::path(tag = "products", operation_id = "putProductByExternalId", params(ExternalName),
    request_body = ProductBody,
    responses((status = 200, description = "Replaced, or the same as before", body = ProductRecord),
        (status = 201, description = "Created", body = ProductRecord)))]
#[put("/v1/products/by-external-id/{system}/{id}")]
async fn put_product_by_external_id(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    name: ExternalName,
    precondition: Precondition,
    body: Stated<ProductBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(|body| {
        external_ids::refuse_excess(&name.system, &body.external_ids)?;
        command(&body)
    })?;
    let put = app.app.write(caller, move |tx, ctx| {
        let key = ((&*name.system, &*name.id), &precondition);
        command.hold(|command| products::put_by_external_id(tx, ctx, key, command))
    });
    let (view, created) = put.await?;
    let record = ProductRecord::from(&view);
    if created {
        return Ok(record::created(&location(&record.id), record.tag(), &record));
    }
    Ok(record::changed(record.tag(), &record))
}

/// Take a product out of the catalogue
///
/// Its offers stand until they are withdrawn.
#[utoipa::path(tag = "products", operation_id = "archiveProduct", params(Id),
    responses((status = 200, description = "Archived", body = ProductRecord)))]
#[post("/v1/products/{id}/archive")]
async fn archive_product(
    caller: Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, ProductAction::Archive).await
}

/// Put an archived product back into the catalogue
#[utoipa::path(tag = "products", operation_id = "restoreProduct", params(Id),
    responses((status = 200, description = "Restored", body = ProductRecord)))]
#[post("/v1/products/{id}/restore")]
async fn restore_product(
    caller: Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, ProductAction::Restore).await
}

async fn act(
    once: Once,
    Authenticated(caller): Authenticated,
    id: &Id,
    action: ProductAction,
) -> Result<HttpResponse, ApiError> {
    let id: ProductId = id.parse()?;
    let act = once.write(caller, move |tx, ctx| {
        let record = ProductRecord::from(&products::act(tx, ctx, id, action)?);
        Ok(record::changed(record.tag(), &record))
    });
    act.await
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_product)
        .service(list_products)
        .service(get_product_facets)
        .service(put_product_by_external_id)
        .service(archive_product)
        .service(restore_product)
        .service(get_product)
        .service(update_product);
}

fn location(id: &str) -> String {
    format!("/v1/products/{id}")
}
