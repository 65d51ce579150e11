//! Entity tags and preconditions: the tag of a record is its version (RFC 9110 section 8.8.3).

use std::future::{Ready, ready};
use std::hash::BuildHasher;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::problem::{ApiError, ProblemCode};
use crate::actions::precondition::{Precondition, Versions};

/// Bytes of a digest that are enough to tell two answers apart.
const DIGEST_BYTES: usize = 16;

/// The strong tag of a version.
#[must_use]
pub fn of_version(version: i64) -> String {
    format!("\"{version}\"")
}

/// An entity tag of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

impl From<i64> for Tag {
    fn from(version: i64) -> Self {
        Self(of_version(version))
    }
}

impl Tag {
    /// The strong tag of a version whose answer also says something that changes without it, such
    /// as what holds on a day; `If-Match` takes the version of it.
    #[must_use]
    pub fn judged(version: i64, judgement: &str) -> Self {
        Self(format!("\"{version}-{judgement}\""))
    }

    /// The strong tag of what others than its owner see of a version: they do not all see the same.
    #[must_use]
    pub fn seen(version: i64, record: &impl Serialize) -> Self {
        let json = serde_json::to_vec(record).unwrap_or_default();
        Self::judged(version, &digest_of(&json))
    }

    /// The strong tag of an answer without a version: its digest.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(format!("\"{}\"", digest_of(bytes)))
    }

    /// The weak tag of an answer that says the same as others do of which this is the same. A plain
    /// hash is enough: whoever makes two answers alike deceives only himself.
    #[must_use]
    pub fn alike(bytes: &[u8]) -> Self {
        let hash = foldhash::quality::FixedState::default().hash_one(bytes);
        Self(format!("W/\"{hash:016x}\""))
    }

    /// The tag as the header says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digest_of(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..DIGEST_BYTES])
}

/// What `If-Match` and `If-None-Match` want of a record that may not be there yet.
impl FromRequest for Precondition {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let is_among = versions(request, &header::IF_MATCH, version);
        // A weak tag counts here, and not above (RFC 9110 sections 13.1.1 and 13.1.2).
        let weak = |tag: &str| version(opaque(tag));
        let is_not_among = versions(request, &header::IF_NONE_MATCH, weak);
        ready(Ok(Self { is_among, is_not_among }))
    }
}

/// What must hold for a patch of the version that was `read`: `If-Match` names it, and it is still
/// current.
///
/// # Errors
/// 428 if there is no `If-Match`.
pub fn of_patch(request: &HttpRequest, read: i64) -> Result<Precondition, ApiError> {
    let named = versions(request, &header::IF_MATCH, version);
    let named = named.ok_or_else(|| ApiError::new(ProblemCode::PreconditionRequired))?;
    let based_on = Some(read).filter(|_| named.include(Some(read)));
    let is_among = Some(Versions::Only(based_on.into_iter().collect()));
    Ok(Precondition { is_among, is_not_among: None })
}

/// The versions that a header names, in one list or several; none without the header.
fn versions(
    request: &HttpRequest,
    name: &HeaderName,
    version: impl Fn(&str) -> Option<i64>,
) -> Option<Versions> {
    let values: Vec<&str> =
        request.headers().get_all(name).map(|value| value.to_str().unwrap_or("")).collect();
    let tags = || values.iter().flat_map(|value| value.split(',')).map(str::trim);
    match (values.is_empty(), tags().any(|tag| tag == "*")) {
        (true, _) => None,
        (false, true) => Some(Versions::Any),
        (false, false) => Some(Versions::Only(tags().filter_map(&version).collect())),
    }
}

/// The version that a strong tag names.
fn version(tag: &str) -> Option<i64> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    tag.split('-').next()?.parse().ok()
}

/// A tag without its weakness: `If-None-Match` compares weakly (RFC 9110 section 8.8.3.2).
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// 304 if `If-None-Match` names `tag`, so that the client has the answer already.
#[must_use]
pub fn not_modified(request: &HttpRequest, tag: &str) -> Option<HttpResponse> {
    is_known(request, tag)
        .then(|| HttpResponse::NotModified().insert_header((header::ETAG, tag)).finish())
}

fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let headers = request.headers().get_all(header::IF_NONE_MATCH);
    headers.filter_map(|header| header.to_str().ok()).any(|text| {
        let mut candidates = text.split(',').map(str::trim);
        candidates.any(|candidate| candidate == "*" || opaque(candidate) == opaque(tag))
    })
}
