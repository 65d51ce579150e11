//! Answers that every resource gives in the same way: created, found, changed, listed.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::etag::{self, Tag};
use super::page::{self, Binding};
use super::state::AppData;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T: ToSchema> {
    /// The records of this page.
    pub items: Vec<T>,
    /// Give this as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// 201 with the address and the version of a new record.
#[must_use]
pub fn created(location: &str, tag: impl Into<Tag>, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, tag.into().as_str()))
        .json(body)
}

/// 200 with the version of a record, or 304 if the client has that version.
#[must_use]
pub fn found(request: &HttpRequest, tag: impl Into<Tag>, body: &impl Serialize) -> HttpResponse {
    let tag = tag.into();
    if etag::is_known(request, tag.as_str()) {
        return HttpResponse::NotModified().insert_header((header::ETAG, tag.as_str())).finish();
    }
    HttpResponse::Ok().insert_header((header::ETAG, tag.as_str())).json(body)
}

/// 200 with the new version of a changed record.
#[must_use]
pub fn changed(tag: impl Into<Tag>, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, tag.into().as_str())).json(body)
}

/// 200 with a page; `next` is the place of its last record, if more follow.
#[must_use]
pub fn listed<T: Serialize + ToSchema>(
    (request, app): (&HttpRequest, &AppData),
    binding: &Binding,
    items: Vec<T>,
    next: Option<String>,
) -> HttpResponse {
    let next_cursor = next.map(|place| app.cursors.make(binding, &place));
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &next_cursor {
        response.insert_header((header::LINK, page::next_link(request, cursor)));
    }
    response.json(List { items, next_cursor })
}
