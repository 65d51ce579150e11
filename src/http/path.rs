//! Path parameters: ids and partners' names of records.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoParams;

use super::external_ids::is_name;
use super::json;
use super::problem::{ApiError, ProblemCode};

/// The record's id.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Id {
    /// Id of the record.
    #[param(format = "uuid")]
    pub id: String,
}

impl Id {
    /// The id as its type; a text that is no UUID names nothing.
    ///
    /// # Errors
    /// 404.
    pub fn parse<T: FromStr>(&self) -> Result<T, ApiError> {
        self.id.parse().map_err(|_| ApiError::new(ProblemCode::NotFound))
    }
}

impl FromRequest for Id {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(segment(request, "id").map(|id| Self { id }))
    }
}

/// A record's name in a partner's system.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ExternalName {
    /// Your system.
    #[param(min_length = 1, max_length = 128, example = "erp")]
    pub system: String,
    /// The record's id there.
    #[param(min_length = 1, max_length = 128, example = "NCC-0042")]
    pub id: String,
}

impl FromRequest for ExternalName {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let name = || {
            let (system, id) = (segment(request, "system")?, segment(request, "id")?);
            if is_name(&system) && is_name(&id) {
                Ok(Self { system, id })
            } else {
                Err(ApiError::new(ProblemCode::NotFound))
            }
        };
        ready(name())
    }
}

/// A decoded path segment in NFC.
pub(super) fn segment(request: &HttpRequest, name: &str) -> Result<String, ApiError> {
    let raw = request.match_info().query(name);
    let decoded = percent_decode(raw);
    decoded.and_then(|text| json::clean(&text)).ok_or_else(|| ApiError::new(ProblemCode::NotFound))
}

/// Decodes percent-encoding that the router left, such as `%2F`; none if it is not UTF-8.
pub(super) fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok()
}
