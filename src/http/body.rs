//! JSON bodies: bounded, timed, strictly read, held against the published schema, then decoded.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use matching::violation::{Rule, Violation, child};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::problem::{ApiError, MAX_VIOLATIONS, ProblemCode};
use super::record::unwritable;
use super::state::AppData;
use super::stated::Stated;
use super::{idempotency, json};

/// The largest body, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
const JSON: &str = "application/json";
/// Media type of a merge patch (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A body of type `T`, legal by its published schema.
pub struct Body<T>(pub T);

/// A body on its way.
pub(super) type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let value = json_of(&request, payload).await?;
            let violations = state(&request)?.contract.violations(&T::name(), &value);
            if !violations.is_empty() {
                return Err(ApiError::invalid(violations));
            }
            decoded(value).map(Body)
        })
    }
}

/// A merge patch for a body of type `T`.
pub struct Patch<T> {
    patch: Value,
    unknown: Vec<Violation>,
    app: web::Data<AppData>,
    target: PhantomData<T>,
}

impl<T: 'static> FromRequest for Patch<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            require_type(&request, MERGE_PATCH)?;
            let patch = noted(&request, parse(&arrive(&request, payload).await?)?);
            let app = state(&request)?.clone();
            Ok(Self { patch, unknown: Vec::new(), app, target: PhantomData })
        })
    }
}

impl<T: Serialize + DeserializeOwned + ToSchema> Patch<T> {
    /// The body that results from patching `current`, as one that was sent whole.
    ///
    /// # Errors
    /// That it cannot be written or decoded.
    pub fn apply(self, current: &T) -> Result<Stated<T>, ApiError> {
        let mut value = serde_json::to_value(current).map_err(unwritable)?;
        let unknown = [self.unknown_removals(&value), self.unknown].concat();
        super::places::forget_replaced(&mut value, &self.patch);
        json::merge_patch(&mut value, self.patch);
        Stated::decoded(&self.app.contract, value, unknown)
    }
}

impl<T> Patch<T> {
    /// The patch without a member that only a new record has, which is told as unknown.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        if self.patch.as_object_mut().is_some_and(|members| members.remove(name).is_some()) {
            let rule = Rule::UnknownField { near: Vec::new() };
            self.unknown.push(Violation::new(child("", name), rule));
        }
        self
    }

    /// The patch as `rewrite` leaves it.
    #[must_use]
    pub fn rewritten(mut self, rewrite: impl FnOnce(&mut Value)) -> Self {
        rewrite(&mut self.patch);
        self
    }
}

impl<T: ToSchema> Patch<T> {
    /// A null that removes nothing leaves no trace in what results, so that an unknown field would
    /// be taken.
    fn unknown_removals(&self, current: &Value) -> Vec<Violation> {
        if !json::removes(&self.patch) {
            return Vec::new();
        }
        let mut named = current.clone();
        json::merge_names(&mut named, &self.patch);
        let violations = self.app.contract.violations(&T::name(), &named).into_iter();
        let unknown = violations.filter(|it| matches!(it.rule, Rule::UnknownField { .. }));
        let is_null = |at: &str| self.patch.pointer(at).is_some_and(Value::is_null);
        unknown.filter(|violation| is_null(&violation.at)).collect()
    }
}

pub(super) fn state(request: &HttpRequest) -> Result<&web::Data<AppData>, ApiError> {
    let state = request.app_data::<web::Data<AppData>>();
    state.ok_or_else(|| ApiError::new(ProblemCode::Internal))
}

/// A legal value, decoded. Where null is legal, it stands for nothing.
pub(super) fn decoded<T: DeserializeOwned>(mut value: Value) -> Result<T, ApiError> {
    json::remove_nulls(&mut value);
    serde_json::from_value(value)
        .map_err(|error| ApiError::new(ProblemCode::MalformedJson).because(error.to_string()))
}

fn require_type(request: &HttpRequest, expected: &str) -> Result<(), ApiError> {
    let header = request.headers().get(header::CONTENT_TYPE);
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    let utf8 = parts.all(|parameter| {
        let parameter = parameter.to_ascii_lowercase();
        !parameter.starts_with("charset=") || parameter.trim_matches('"').ends_with("utf-8")
    });
    let encoded = request.headers().contains_key(header::CONTENT_ENCODING);
    if essence.eq_ignore_ascii_case(expected) && utf8 && !encoded {
        return Ok(());
    }
    Err(unsupported(expected))
}

fn unsupported(expected: &str) -> ApiError {
    let accepted = if expected == MERGE_PATCH { "accept-patch" } else { "accept-post" };
    let name = header::HeaderName::from_static(accepted);
    ApiError::new(ProblemCode::UnsupportedMediaType).with_header(name, expected)
}

/// A JSON body, whatever it says; no body at all is an object without members.
pub(super) async fn json_of(request: &HttpRequest, payload: Payload) -> Result<Value, ApiError> {
    if request.headers().contains_key(header::CONTENT_TYPE) {
        require_type(request, JSON)?;
        return Ok(noted(request, parse(&arrive(request, payload).await?)?));
    }
    if arrive(request, payload).await?.is_empty() {
        return Ok(noted(request, Value::Object(Map::new())));
    }
    Err(unsupported(JSON))
}

fn noted(request: &HttpRequest, value: Value) -> Value {
    idempotency::note_body(request, &value);
    value
}

fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    json::read(bytes).map_err(ApiError::malformed)
}

/// Holds a body against an operation that has none: nothing, or an object without members, which
/// many clients send for nothing.
///
/// # Errors
/// 413, 408, 415; what is wrong with the JSON; every member.
pub(super) async fn refuse_members(
    request: &HttpRequest,
    payload: Payload,
) -> Result<(), ApiError> {
    let bytes = arrive(request, payload).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    require_type(request, JSON)?;
    let unknown =
        |name: &String| Violation::new(child("", name), Rule::UnknownField { near: Vec::new() });
    let violations: Vec<Violation> = match parse(&bytes)? {
        Value::Object(members) => members.keys().take(MAX_VIOLATIONS).map(unknown).collect(),
        _ => vec![Violation::new("", Rule::WrongType { expected: "object".into() })],
    };
    if violations.is_empty() { Ok(()) } else { Err(ApiError::invalid(violations)) }
}

/// The bytes of a body, whatever they mean.
///
/// # Errors
/// 413 or 408.
pub(super) async fn arrive(request: &HttpRequest, payload: Payload) -> Result<BytesMut, ApiError> {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(ApiError::new(ProblemCode::PayloadTooLarge));
    }
    let limit = state(request)?.app.config().traffic.timeouts.body;
    let arrived = tokio::time::timeout(limit, collect(payload)).await;
    arrived.map_err(|_| ApiError::new(ProblemCode::RequestTimeout))?
}

async fn collect(mut payload: Payload) -> Result<BytesMut, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::new(ProblemCode::MalformedJson))?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(ApiError::new(ProblemCode::PayloadTooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
