//! The edge of every request: its id, its language, its log line; panics and framework errors
//! become problem documents like any other error.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use uuid::Uuid;

use super::linked_data::LINKED_DATA_JSON;
use super::problem::{ApiError, PROBLEM_JSON, ProblemCode};
use super::problem_texts::Language;
use super::state::AppData;

/// The header that carries the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken from a caller, in characters.
const MAX_REQUEST_ID_CHARS: usize = 128;
/// The longest path with query, in bytes.
const MAX_URI_BYTES: usize = 8192;

/// The id of a request, for those who handle it.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// What the edge must remember of a request: the request itself belongs to the router until it is
/// answered.
struct Asked {
    id: Arc<str>,
    language: Language,
    path: String,
    method: Method,
    started: Instant,
}

/// Runs around every request.
///
/// # Errors
/// Only the answer to a request that was lost in a panic, already written.
pub async fn edge(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = Asked::new(&request);
    request.extensions_mut().insert(RequestId(Arc::clone(&asked.id)));
    if asked.method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    if let Some(error) = refusal(&request) {
        return Ok(finish(request.into_response(build(answer(&asked, &error))), &asked));
    }
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => Ok(finish(documented(response.map_into_boxed_body(), &asked), &asked)),
        Ok(Err(error)) => Err(Written::new(answer(&asked, &meaning(&error)), &asked).into()),
        Err(_) => {
            let error = ApiError::new(ProblemCode::Internal).because("a panic in a handler");
            Err(Written::new(answer(&asked, &error), &asked).into())
        }
    }
}

impl Asked {
    fn new(request: &ServiceRequest) -> Self {
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        Self {
            id: request_id(request).into(),
            language: Language::accepted(accepted.and_then(|value| value.to_str().ok())),
            path: request.path().to_owned(),
            method: request.method().clone(),
            started: Instant::now(),
        }
    }
}

/// An answer that is already written, on its way out as an error.
#[derive(Debug)]
struct Written {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Written {
    fn new((status, headers, body): Document, asked: &Asked) -> Self {
        let id = HeaderValue::from_str(&asked.id).map(|value| (REQUEST_ID, value));
        Self { status, headers: headers.into_iter().chain(id).collect(), body }
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.status)
    }
}

impl ResponseError for Written {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        build((self.status, self.headers.clone(), self.body.clone()))
    }
}

/// Status, headers and body of a problem document.
type Document = (StatusCode, Vec<(HeaderName, HeaderValue)>, Vec<u8>);

fn build((status, headers, body): Document) -> HttpResponse {
    let mut builder = HttpResponse::build(status);
    for header in headers {
        builder.insert_header(header);
    }
    builder.body(body)
}

/// What is refused before anything else is looked at.
fn refusal(request: &ServiceRequest) -> Option<ApiError> {
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > MAX_URI_BYTES) {
        return Some(ApiError::new(ProblemCode::UriTooLong));
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let api = request.path().starts_with("/v1/");
    let acceptable = accept.is_none_or(|accept| {
        let mut ranges =
            accept.split(',').map(|range| range.split(';').next().unwrap_or("").trim());
        ranges.any(|range| {
            ["*/*", "application/*", "application/json", LINKED_DATA_JSON, PROBLEM_JSON, ""]
                .contains(&range)
        })
    });
    (api && !acceptable).then(|| ApiError::new(ProblemCode::NotAcceptable))
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let legal = given.filter(|text| {
        !text.is_empty()
            && text.len() <= MAX_REQUEST_ID_CHARS
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    });
    legal.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// An answer that is an error without a document gets one.
fn documented(response: ServiceResponse, asked: &Asked) -> ServiceResponse {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let error = match response.response().error() {
        Some(error) => meaning_for(response.request(), error),
        None if response.headers().contains_key(header::CONTENT_TYPE) => return response,
        None => framework_error(Some(response.request()), status),
    };
    let document = answer(asked, &error);
    response.into_response(build(document))
}

/// What an error means that has no request any more.
fn meaning(error: &Error) -> ApiError {
    let status = error.as_response_error().status_code();
    error.as_error::<ApiError>().cloned().unwrap_or_else(|| framework_error(None, status))
}

fn meaning_for(request: &HttpRequest, error: &Error) -> ApiError {
    let status = error.as_response_error().status_code();
    error.as_error::<ApiError>().cloned().unwrap_or_else(|| framework_error(Some(request), status))
}

/// The problem for a status that the framework chose by itself.
fn framework_error(request: Option<&HttpRequest>, status: StatusCode) -> ApiError {
    let code = match (status.as_u16(), request) {
        (404, Some(request)) => return unknown_route(request),
        (405, Some(request)) => return method_not_allowed(request),
        (other, _) => other,
    };
    let code = match code {
        400 => ProblemCode::InvalidParameter,
        404 => ProblemCode::NotFound,
        405 => ProblemCode::MethodNotAllowed,
        406 => ProblemCode::NotAcceptable,
        408 => ProblemCode::RequestTimeout,
        413 => ProblemCode::PayloadTooLarge,
        414 => ProblemCode::UriTooLong,
        415 => ProblemCode::UnsupportedMediaType,
        503 => ProblemCode::Unavailable,
        _ => ProblemCode::Internal,
    };
    ApiError::new(code)
}

/// No route took the request: the path is unknown, or its methods are others.
pub async fn fallback(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(unknown_route(&request))
}

fn unknown_route(request: &HttpRequest) -> ApiError {
    let allowed = allowed_methods(request);
    if allowed.is_empty() || allowed.iter().any(|method| method == request.method().as_str()) {
        return ApiError::new(ProblemCode::NotFound);
    }
    method_not_allowed(request)
}

fn method_not_allowed(request: &HttpRequest) -> ApiError {
    let allowed = allowed_methods(request).join(", ");
    ApiError::new(ProblemCode::MethodNotAllowed).with_header(header::ALLOW, &allowed)
}

/// The methods that the contract offers for the path of a request.
fn allowed_methods(request: &HttpRequest) -> Vec<String> {
    let Some(app) = request.app_data::<web::Data<AppData>>() else { return Vec::new() };
    let paths = app.contract.document()["paths"].as_object();
    let mut methods: Vec<String> = paths
        .into_iter()
        .flatten()
        .filter(|(template, _)| fits(template, request.path()))
        .filter_map(|(_, item)| item.as_object())
        .flat_map(|item| item.keys().map(|method| method.to_uppercase()))
        .filter(|method| Method::from_bytes(method.as_bytes()).is_ok() && method != "PARAMETERS")
        .collect();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".into());
    }
    methods.sort_unstable();
    methods.dedup();
    methods
}

fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Writes the problem document of an error, and its one log line.
fn answer(asked: &Asked, error: &ApiError) -> Document {
    error.log(&asked.id);
    let document = error.document(asked.language, &asked.path, &asked.id);
    let own = error.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    let common = [
        (header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)),
        (header::CONTENT_LANGUAGE, HeaderValue::from_static(asked.language.tag())),
        (header::VARY, HeaderValue::from_static("Accept-Language")),
    ];
    let body = serde_json::to_vec(&document).unwrap_or_default();
    (error.status(), own.chain(common).collect(), body)
}

fn finish(mut response: ServiceResponse, asked: &Asked) -> ServiceResponse {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&asked.id) {
        headers.insert(REQUEST_ID, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = response.request().match_pattern().unwrap_or_default();
    tracing::info!(
        request_id = &*asked.id,
        method = asked.method.as_str(),
        route,
        status = response.status().as_u16(),
        duration_us = asked.started.elapsed().as_micros() as u64,
        "request"
    );
    let is_head = asked.method == Method::HEAD;
    if is_head { response.map_body(|_, _| BoxBody::new(())) } else { response }
}
