//! Entity tags and preconditions: the tag of a record is its version (RFC 9110 section 8.8.3).

use actix_web::HttpRequest;
use actix_web::http::header;

use super::problem::{ApiError, ProblemCode};

/// The strong tag of a version.
#[must_use]
pub fn of_version(version: i64) -> String {
    format!("\"{version}\"")
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
        let version = version.and_then(|digits| digits.parse().ok());
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
