//! What is refused before anything else of a request is looked at: what is too long, what no
//! answer can meet, and a method that its address does not have.

use actix_web::dev::ServiceRequest;
use actix_web::http::header;

use super::allocation_sheet::XLSX;
use super::linked_data::LINKED_DATA_JSON;
use super::methods;
use super::path::percent_decode;
use super::problem::{ApiError, PROBLEM_JSON, ProblemCode};

/// The longest path with query, in bytes.
const MAX_URI_BYTES: usize = 8192;
/// The most bytes of all header names and values.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// What is refused before anything else is looked at.
pub(super) fn refusal(request: &ServiceRequest) -> Option<ApiError> {
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > MAX_URI_BYTES) {
        return Some(ApiError::new(ProblemCode::UriTooLong));
    }
    let headers = request.headers().iter();
    let bytes: usize = headers.map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        return Some(ApiError::new(ProblemCode::HeadersTooLarge));
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let api = request.path().starts_with("/v1/");
    let acceptable = accept.is_none_or(|accept| {
        let mut ranges = accept.split(',').filter(|range| !is_refused(range));
        ranges.any(|range| {
            let range = range.split(';').next().unwrap_or("").trim();
            ["*/*", "application/*", "application/json", LINKED_DATA_JSON, PROBLEM_JSON, ""]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(range))
                || range.eq_ignore_ascii_case(XLSX)
                    && request.path().starts_with("/v1/allocations/")
        })
    });
    if !is_text(request.uri().path()) {
        return Some(ApiError::new(ProblemCode::NotFound));
    }
    if methods::is_misdirected(request.request()) {
        return Some(methods::method_not_allowed(request.request()));
    }
    (api && !acceptable).then(|| ApiError::new(ProblemCode::NotAcceptable))
}

/// Whether a media range has the quality 0 (RFC 9110 section 12.4.2).
fn is_refused(range: &str) -> bool {
    let mut parameters = range.split(';').skip(1).filter_map(|it| it.trim().split_once('='));
    parameters.any(|(name, value)| {
        name.eq_ignore_ascii_case("q") && value.trim().parse().is_ok_and(|q: f32| q == 0.0)
    })
}

/// Whether what a path encodes is UTF-8: the router puts one and the same character in place of
/// whatever is not, so that two names would meet in one.
fn is_text(path: &str) -> bool {
    !path.contains('%') || percent_decode(path).is_some()
}
