//! Which methods the contract offers for an address: the answer to `OPTIONS`, and what is said to a
//! request that no route took.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::operations::{Intake, fits};
use super::problem::{ApiError, ProblemCode};
use super::state::AppData;

/// The address that `OPTIONS` of the whole server has (RFC 9112 section 3.2.4).
const WHOLE_SERVER: &str = "*";

/// No route took the request: the path is unknown, or its methods are others.
pub async fn fallback(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(unknown_route(&request))
}

pub(super) fn unknown_route(request: &HttpRequest) -> ApiError {
    let allowed = allowed_methods(request);
    if allowed.is_empty() || allowed.iter().any(|method| method == request.method().as_str()) {
        return ApiError::new(ProblemCode::NotFound);
    }
    method_not_allowed(request)
}

pub(super) fn method_not_allowed(request: &HttpRequest) -> ApiError {
    let allowed = allowed_methods(request).join(", ");
    ApiError::new(ProblemCode::MethodNotAllowed).with_header(header::ALLOW, &allowed)
}

/// A path that the contract names word for word has the methods that it names there, and no others:
/// a template that fits it too does not take the request.
pub(super) fn is_misdirected(request: &HttpRequest) -> bool {
    let Some(app) = request.app_data::<web::Data<AppData>>() else { return false };
    let (named, asked) = (app.contract.operations().get(request.path()), request.method());
    let has_other = |(method, _): &(Method, Intake)| method != asked;
    named.is_some_and(|named| asked != Method::OPTIONS && named.iter().all(has_other))
}

/// 204 with the methods of an address (RFC 9110 section 9.3.7), or that there is none.
pub(super) fn options(request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let allowed = allowed_methods(request);
    if allowed.is_empty() {
        return Err(ApiError::new(ProblemCode::NotFound));
    }
    Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allowed.join(", "))).finish())
}

/// The methods that the contract offers for the path of a request.
fn allowed_methods(request: &HttpRequest) -> Vec<String> {
    let Some(app) = request.app_data::<web::Data<AppData>>() else { return Vec::new() };
    let paths = app.contract.operations();
    let is_named = paths.contains_key(request.path());
    let takes = |template: &str| match is_named {
        true => template == request.path(),
        false => request.path() == WHOLE_SERVER || fits(template, request.path()),
    };
    let offered = paths.iter().filter(|(template, _)| takes(template));
    let offered = offered.flat_map(|(_, operations)| operations);
    let mut methods: Vec<String> = offered.map(|(method, _)| method.to_string()).collect();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".into());
    }
    if !methods.is_empty() {
        methods.push("OPTIONS".into());
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}
