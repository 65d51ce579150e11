//! The service about itself: health, keys, the published contract and its page.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::etag::{self, Tag};
use super::problem::{ApiError, ProblemCode};
use super::schema::{PUBLISHED, PUBLISHED_LEGACY};
use super::state::AppData;
use crate::error::Error;
use crate::identity::key_ring::KEY_SET_SECONDS;
use crate::store::changes;

/// Whether the service can answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
}

fn healthy() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "ok".into() })
}

/// Is the process alive?
#[utoipa::path(tag = "service", operation_id = "getLiveness", security(()),
    responses((status = 200, description = "It is", body = Health)))]
#[get("/health/live")]
async fn get_liveness() -> HttpResponse {
    healthy()
}

/// Can requests be served?
///
/// 503 while the database does not answer, and from a stop signal until the service ends.
#[utoipa::path(tag = "service", operation_id = "getReadiness", security(()),
    responses((status = 200, description = "They can: the database answers", body = Health)))]
#[get("/health/ready")]
async fn get_readiness(app: web::Data<AppData>) -> Result<HttpResponse, ApiError> {
    if app.is_draining() {
        return Err(Error::Unavailable("the service is about to stop".into()).into());
    }
    app.app.probe(changes::last).await?;
    Ok(healthy())
}

/// Public keys that access tokens are signed with
///
/// A JSON Web Key Set (RFC 7517). A new key stands here ten minutes before it signs, and as long as
/// a token that it signed may be valid. Keep the set at most as long as `Cache-Control` says, and
/// read it again when a token names a key that you do not know.
#[utoipa::path(tag = "service", operation_id = "getKeySet", security(()),
    responses((status = 200, description = "The key set", body = serde_json::Value)))]
#[get("/.well-known/jwks.json")]
async fn get_key_set(app: web::Data<AppData>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={KEY_SET_SECONDS}")))
        .json(app.authenticator.tokens().key_set(app.app.clock().now()))
}

/// This contract
///
/// OpenAPI 3.1.
#[utoipa::path(tag = "service", operation_id = "getOpenApi", security(()),
    responses((status = 200, description = "The document", body = serde_json::Value)))]
#[get("/openapi.json")]
async fn get_openapi(request: HttpRequest) -> HttpResponse {
    static TAG: LazyLock<Tag> = LazyLock::new(|| Tag::of_bytes(PUBLISHED.as_bytes()));
    contract(&request, &TAG, PUBLISHED)
}

/// This contract for older generators
///
/// OpenAPI 3.0.3, which says the same.
#[utoipa::path(tag = "service", operation_id = "getLegacyOpenApi", security(()),
    responses((status = 200, description = "The document", body = serde_json::Value)))]
#[get("/openapi-3.0.json")]
async fn get_legacy_openapi(request: HttpRequest) -> HttpResponse {
    static TAG: LazyLock<Tag> = LazyLock::new(|| Tag::of_bytes(PUBLISHED_LEGACY.as_bytes()));
    contract(&request, &TAG, PUBLISHED_LEGACY)
}

fn contract(request: &HttpRequest, tag: &Tag, document: &'static str) -> HttpResponse {
    etag::not_modified(request, tag.as_str()).unwrap_or_else(|| {
        let tagged = (header::ETAG, tag.as_str());
        HttpResponse::Ok().insert_header(tagged).content_type("application/json").body(document)
    })
}

/// The contract as a page
#[utoipa::path(tag = "service", operation_id = "getDocs", security(()),
    params(("tail" = String, Path, description = "A file of the page")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
#[get("/docs/{tail:.*}")]
async fn get_docs(
    tail: web::Path<String>,
    page: web::Data<std::sync::Arc<utoipa_swagger_ui::Config<'static>>>,
) -> Result<HttpResponse, ApiError> {
    let file = utoipa_swagger_ui::serve(&tail, page.get_ref().clone());
    let file =
        file.map_err(|error| ApiError::new(ProblemCode::Internal).because(error.to_string()))?;
    let file = file.ok_or_else(|| ApiError::new(ProblemCode::NotFound))?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.to_vec()))
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(get_liveness)
        .service(get_readiness)
        .service(get_key_set)
        .service(get_openapi)
        .service(get_legacy_openapi)
        .service(get_docs);
}
