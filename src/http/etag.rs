//! Entity tags and preconditions: the tag of a record is its version (RFC 9110 section 8.8.3).

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::problem::{ApiError, ProblemCode};

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

    /// The strong tag of an answer without a version: its digest.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..DIGEST_BYTES])))
    }

    /// The tag as the header says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The version that `If-Match` names; any, for `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// Whatever version is current.
    Any,
    /// This version.
    Version(i64),
    /// A tag that no version has.
    Nothing,
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// 428 if it is absent.
    pub fn required(request: &HttpRequest) -> Result<Self, ApiError> {
        let header = request.headers().get(header::IF_MATCH);
        let header = header.ok_or_else(|| ApiError::new(ProblemCode::PreconditionRequired))?;
        let text = header.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self::Any);
        }
        let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let version = version.and_then(|tag| tag.split('-').next()?.parse().ok());
        Ok(version.map_or(Self::Nothing, Self::Version))
    }

    /// The version that a change must be based on; none for any.
    #[must_use]
    pub const fn version(self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Version(version) => Some(version),
            Self::Nothing => Some(0),
        }
    }
}

/// Whether `If-None-Match` names `tag`, so that the client has it already.
#[must_use]
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let headers = request.headers().get_all(header::IF_NONE_MATCH);
    headers.filter_map(|header| header.to_str().ok()).any(|text| {
        text.split(',').map(str::trim).any(|candidate| {
            candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag
        })
    })
}
