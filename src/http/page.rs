//! Cursors: opaque, authenticated, and bound to the list, its filter and its caller, so that one
//! cannot be made up or carried over to another list. RFC 8288 links to the next page.

use actix_web::HttpRequest;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matching::date::Timestamp;
use matching::id::PartyId;
use serde::Serialize;
use uuid::Uuid;

use super::problem::{ApiError, ProblemCode};
use crate::store::keyset::{CreatedKey, Direction, PageRequest};

/// Items of a page unless the caller says otherwise.
pub const DEFAULT_LIMIT: usize = 20;
/// The longest cursor, in bytes.
const MAX_CURSOR_BYTES: usize = 512;
const TAG_BYTES: usize = 16;

/// Makes and reads the cursors of one deployment.
pub struct Cursors {
    key: hmac::Key,
}

impl Cursors {
    /// Cursors authenticated with `secret`.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// A cursor that holds `place` in the list that `binding` names.
    #[must_use]
    pub fn make(&self, binding: &Binding, place: &str) -> String {
        let mut bytes = self.tag(binding, place);
        bytes.extend_from_slice(place.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that `cursor` holds.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidCursor`] if it was not made for this list.
    pub fn read(&self, binding: &Binding, cursor: &str) -> Result<String, ApiError> {
        let invalid = || ApiError::new(ProblemCode::InvalidCursor);
        let short = Some(cursor).filter(|cursor| cursor.len() <= MAX_CURSOR_BYTES);
        let bytes = short.and_then(|cursor| URL_SAFE_NO_PAD.decode(cursor).ok());
        let bytes = bytes.filter(|bytes| bytes.len() > TAG_BYTES).ok_or_else(invalid)?;
        let (tag, place) = bytes.split_at(TAG_BYTES);
        let place = std::str::from_utf8(place).map_err(|_| invalid())?;
        let expected = self.tag(binding, place);
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(tag, &expected).is_ok();
        if same { Ok(place.to_owned()) } else { Err(invalid()) }
    }

    fn tag(&self, binding: &Binding, place: &str) -> Vec<u8> {
        let tag = hmac::sign(&self.key, format!("{}\n{place}", binding.0).as_bytes());
        tag.as_ref()[..TAG_BYTES].to_vec()
    }
}

/// What a cursor is bound to: path, filter and caller.
pub struct Binding(String);

impl Binding {
    /// The list that `request` of `caller` asks for.
    #[must_use]
    pub fn of(request: &HttpRequest, caller: PartyId) -> Self {
        let mut parts: Vec<&str> = request
            .query_string()
            .split('&')
            .filter(|part| !part.starts_with("cursor=") && !part.starts_with("limit="))
            .collect();
        parts.sort_unstable();
        Self(format!("{caller} {}?{}", request.path(), parts.join("&")))
    }

    /// The same list of what this body asks for.
    #[must_use]
    pub fn about(self, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self(format!("{} {body}", self.0))
    }
}

/// Which page of a list by creation a request asks for.
///
/// # Errors
/// [`ProblemCode::InvalidCursor`].
pub fn by_creation(
    cursors: &Cursors,
    binding: &Binding,
    (limit, cursor): (Option<u8>, Option<&str>),
    direction: Direction,
) -> Result<PageRequest, ApiError> {
    let invalid = || ApiError::new(ProblemCode::InvalidCursor);
    let place = cursor.map(|cursor| cursors.read(binding, cursor)).transpose()?;
    let after = place.map(|place| created_key(&place).ok_or_else(invalid)).transpose()?;
    Ok(PageRequest { limit: limit.map_or(DEFAULT_LIMIT, usize::from), after, direction })
}

fn created_key(place: &str) -> Option<CreatedKey> {
    let (micros, id) = place.split_once(' ')?;
    let created_at = Timestamp::from_micros(micros.parse().ok()?);
    Some(CreatedKey { created_at, id: Uuid::try_parse(id).ok()? })
}

/// The place of a record in the order of creation, for a cursor.
#[must_use]
pub fn created_place(key: CreatedKey) -> String {
    format!("{} {}", key.created_at.micros(), key.id)
}

/// The `Link` header to the next page: the same address with another cursor.
#[must_use]
pub fn next_link(request: &HttpRequest, cursor: &str) -> String {
    let kept = request.query_string().split('&').filter(|part| !part.is_empty());
    let kept = kept.filter(|part| !part.starts_with("cursor="));
    let query: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_cursor_fits_only_the_list_it_was_made_for() {
        let party = |n: u128| PartyId::new(Uuid::from_u128(n));
        let binding = |uri: &str, caller| {
            Binding::of(&TestRequest::with_uri(uri).to_http_request(), party(caller))
        };
        let cursors = Cursors::new(b"secret");
        let made = cursors.make(&binding("/v1/offers?state=draft&limit=5", 1), "place");
        let read = |uri, caller| cursors.read(&binding(uri, caller), &made).ok();
        assert_eq!(read("/v1/offers?limit=9&state=draft&cursor=x", 1).as_deref(), Some("place"));
        assert_eq!(read("/v1/offers?state=paused", 1), None);
        assert_eq!(read("/v1/demands?state=draft", 1), None);
        assert_eq!(read("/v1/offers?state=draft", 2), None);
        assert!(Cursors::new(b"other").read(&binding("/v1/offers?state=draft", 1), &made).is_err());
    }
}
