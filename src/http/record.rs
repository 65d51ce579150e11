//! Answers that every resource gives in the same way: created, found, changed, listed.

use std::error::Error;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::etag::{self, Tag};
use super::page::{self, Binding};
use super::problem::{ApiError, ProblemCode};
use super::state::AppData;
use crate::store::idempotency::Answer;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T: ToSchema> {
    /// The records of this page.
    pub items: Vec<T>,
    /// Give this as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// 201 with the address and the version of a new record: an answer to send, or one to keep.
#[must_use]
pub fn created<A: From<Answer>>(location: &str, tag: impl Into<Tag>, body: &impl Serialize) -> A {
    A::from(at(location, answer(StatusCode::CREATED, |_| tag.into(), body)))
}

/// The same of a record whose tag is its digest.
#[must_use]
pub fn created_digested<A: From<Answer>>(location: &str, body: &impl Serialize) -> A {
    A::from(at(location, answer(StatusCode::CREATED, Tag::of_bytes, body)))
}

fn at(location: &str, answer: Answer) -> Answer {
    Answer { location: Some(location.to_owned()), ..answer }
}

/// 200 with the version of a record, or 304 if the client has that version.
#[must_use]
pub fn found(request: &HttpRequest, tag: impl Into<Tag>, body: &impl Serialize) -> HttpResponse {
    let tag = tag.into();
    etag::not_modified(request, tag.as_str()).unwrap_or_else(|| {
        HttpResponse::Ok().insert_header((header::ETAG, tag.as_str())).json(body)
    })
}

/// 200 with the new version of a changed record: an answer to send, or one to keep.
#[must_use]
pub fn changed<A: From<Answer>>(tag: impl Into<Tag>, body: &impl Serialize) -> A {
    A::from(answer(StatusCode::OK, |_| tag.into(), body))
}

/// The same of a record whose tag is its digest.
#[must_use]
pub fn changed_digested<A: From<Answer>>(body: &impl Serialize) -> A {
    A::from(answer(StatusCode::OK, Tag::of_bytes, body))
}

/// 204: done, and there is nothing to tell.
#[must_use]
pub fn done() -> Answer {
    Answer { status: StatusCode::NO_CONTENT.as_u16(), location: None, etag: None, body: None }
}

fn answer(status: StatusCode, tag: impl FnOnce(&[u8]) -> Tag, body: &impl Serialize) -> Answer {
    let body = serde_json::to_string(body).unwrap_or_default();
    let etag = Some(tag(body.as_bytes()).as_str().to_owned());
    Answer { status: status.as_u16(), location: None, etag, body: Some(body) }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let Answer { status, location, etag, body } = answer;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Self::build(status);
        for (name, value) in [(header::LOCATION, location), (header::ETAG, etag)] {
            if let Some(value) = value {
                response.insert_header((name, value));
            }
        }
        match body {
            Some(body) => response.content_type(ContentType::json()).body(body),
            None => response.finish(),
        }
    }
}

/// An answer that cannot be written.
pub(super) fn unwritable(error: impl Error) -> ApiError {
    ApiError::new(ProblemCode::Internal).because(error.to_string())
}

/// 200 with an answer that has no version, tagged by its digest, or 304 if the client has the very
/// same.
///
/// # Errors
/// [`ProblemCode::Internal`] if it cannot be written as JSON.
pub fn digested(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, ApiError> {
    let text = serde_json::to_string(body).map_err(unwritable)?;
    Ok(digested_text(request, text))
}

/// The same of JSON that is written already.
#[must_use]
pub fn digested_text(request: &HttpRequest, json: String) -> HttpResponse {
    let tag = Tag::of_bytes(json.as_bytes());
    etag::not_modified(request, tag.as_str()).unwrap_or_else(|| {
        let tagged = (header::ETAG, tag.as_str());
        HttpResponse::Ok().insert_header(tagged).content_type(ContentType::json()).body(json)
    })
}

/// 200 with a page, or 304 if the client has it; `next` is the place of its last record, if more
/// follow.
///
/// # Errors
/// As [`digested`].
pub fn listed<T: Serialize + ToSchema>(
    (request, app): (&HttpRequest, &AppData),
    binding: &Binding,
    items: Vec<T>,
    next: Option<String>,
) -> Result<HttpResponse, ApiError> {
    let next_cursor = next.map(|place| app.cursors.make(binding, &place));
    let link = next_cursor.as_deref().map(|cursor| page::next_link(request, cursor));
    let mut response = digested(request, &List { items, next_cursor })?;
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}
