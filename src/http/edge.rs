//! The edge of every request: its id, its language, its log line; panics and framework errors
//! become problem documents like any other error.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use matching::date::Timestamp;
use uuid::Uuid;

use super::idempotency::IDEMPOTENT_REPLAYED;
use super::methods::{method_not_allowed, unknown_route};
use super::problem::{ApiError, PROBLEM_JSON, ProblemCode};
use super::problem_texts::Language;
use super::rate_limit::{self, Charge, Client};
use super::refusal::refusal;
use super::state::AppData;
use super::unread::RequestBody;
use super::{auth, client_address, cors, language, methods, unread};

/// The header that carries the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken from a caller, in characters.
const MAX_REQUEST_ID_CHARS: usize = 128;

/// The id of a request, for those who handle it.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// What the edge must remember of a request: the request itself belongs to the router until it is
/// answered.
struct Asked<'a> {
    app: &'a AppData,
    id: Arc<str>,
    language: Language,
    path: String,
    method: Method,
    origin: Option<HeaderValue>,
    client: Client,
    charge: Charge<'a>,
    body: Option<RequestBody>,
    started: Instant,
}

/// Runs around every request.
///
/// # Errors
/// Only the answer to a request that was lost in a panic, already written.
pub async fn edge(
    app: web::Data<AppData>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut asked = Asked::new(&app, &mut request);
    request.extensions_mut().insert(RequestId(Arc::clone(&asked.id)));
    if asked.method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    if let Some(early) = asked.early(&request) {
        let early = early.unwrap_or_else(|error| build(answer(&asked, &error)));
        return Ok(finish(request.into_response(early), &mut asked));
    }
    let lost = |error| Written(answer_lost(&asked, &error));
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let response = documented(response.map_into_boxed_body(), &asked);
            Ok(finish(response, &mut asked))
        }
        Ok(Err(error)) => Err(lost(meaning(&error)).into()),
        Err(_) => {
            let panicked = ApiError::new(ProblemCode::Internal).because("a panic in a handler");
            Err(lost(panicked).into())
        }
    }
}

impl<'a> Asked<'a> {
    fn new(app: &'a AppData, request: &mut ServiceRequest) -> Self {
        let body = RequestBody::share(request);
        let headers = request.headers();
        let method = request.method().clone();
        let now = app.app.clock().now();
        let counted_as = if method == Method::HEAD { Method::GET } else { method.clone() };
        let operation = (counted_as.as_str(), request.match_info().as_str());
        let client = client((app, request), operation, now);
        let charge = app.limiter.charge(&client, operation, now);
        Self {
            app,
            id: request_id(request).into(),
            language: language::asked(headers),
            path: request.path().to_owned(),
            method,
            origin: headers.get(header::ORIGIN).cloned(),
            client,
            charge,
            body,
            started: Instant::now(),
        }
    }

    /// The answer to a request that no handler sees.
    fn early(&self, request: &ServiceRequest) -> Option<Result<HttpResponse, ApiError>> {
        if let Some(refused) = self.charge.refusal().or_else(|| refusal(request)) {
            return Some(Err(refused));
        }
        (self.method == Method::OPTIONS).then(|| methods::options(request.request()))
    }

    /// Adds what every answer says.
    fn dress(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.id) {
            headers.insert(REQUEST_ID, value);
        }
        if !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        self.charge.tell(headers);
        let origins = &self.app.app.config().traffic.cors_origins;
        cors::allow(origins, (&self.method, self.origin.as_ref()), headers);
    }

    /// Writes the one log line of a request, and counts it.
    fn note(&self, route: &str, status: StatusCode) {
        let duration = self.started.elapsed();
        let metrics = &self.app.metrics;
        metrics.answered(&self.method, route, (status, duration));
        if let Some(policy) = self.charge.refused_by() {
            metrics.rate_limited(policy);
        }
        let (subject, party) = match &self.client {
            Client::Known(caller) => (caller.subject(), caller.party().to_string()),
            Client::Address(_) | Client::Nobody => ("", String::new()),
        };
        tracing::info!(
            request_id = &*self.id,
            method = self.method.as_str(),
            route,
            status = status.as_u16(),
            duration_ms = duration.as_micros() as f64 / 1000.0,
            subject,
            party,
            "request"
        );
    }
}

/// Who asks: the client of a valid token, unless it logs in; else the address.
fn client(
    (app, request): (&AppData, &ServiceRequest),
    operation: (&str, &str),
    now: Timestamp,
) -> Client {
    let caller = auth::prove(request.request(), app, now);
    if let Some(caller) = caller.filter(|_| !rate_limit::is_login(operation)) {
        return Client::Known(caller);
    }
    let trusted = &app.app.config().traffic.trusted_proxies;
    client_address::of(request.request(), trusted).map_or(Client::Nobody, Client::Address)
}

/// An answer that is already written, on its way out as an error.
#[derive(Debug)]
struct Written(Document);

impl std::fmt::Display for Written {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0.status)
    }
}

impl ResponseError for Written {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        build(self.0.clone())
    }
}

/// A problem document as it is sent.
#[derive(Debug, Clone)]
struct Document {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn build(Document { status, headers, body }: Document) -> HttpResponse {
    let mut response = HttpResponse::build(status).body(body);
    *response.headers_mut() = headers;
    response
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
fn documented(response: ServiceResponse, asked: &Asked<'_>) -> ServiceResponse {
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

/// Writes the problem document of an error, and the log line of its cause.
fn answer(asked: &Asked<'_>, error: &ApiError) -> Document {
    asked.app.failures.note(error, &asked.id);
    let document = error.document(asked.language, &asked.path, &asked.id);
    let mut headers = error.headers.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    language::say(asked.language, "Accept-Language", &mut headers);
    let body = serde_json::to_vec(&document).unwrap_or_default();
    Document { status: error.status(), headers, body }
}

/// The finished answer to a request that is lost.
fn answer_lost(asked: &Asked<'_>, error: &ApiError) -> Document {
    let mut document = answer(asked, error);
    asked.dress(&mut document.headers);
    asked.note("", document.status);
    document
}

fn finish(mut response: ServiceResponse, asked: &mut Asked<'_>) -> ServiceResponse {
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED {
        asked.charge.give_back();
    }
    asked.dress(response.headers_mut());
    if response.headers().contains_key(IDEMPOTENT_REPLAYED) {
        asked.app.metrics.replayed();
    }
    if asked.app.is_draining() {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let route = response.request().match_pattern().unwrap_or_default();
    asked.note(&route, status);
    let (is_head, body) = (asked.method == Method::HEAD, asked.body.take());
    response.map_body(|_, answer| {
        let answer = if is_head { unread::length_of(&answer) } else { answer };
        match body {
            Some(body) => body.held_by(answer),
            None => answer,
        }
    })
}
