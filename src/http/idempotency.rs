//! The `Idempotency-Key` of a request: what makes two requests the same, and the answer to a
//! repeated one (docs/API.md, "Retry"). Must not know what is done once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{Context as Digest, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::problem::{ApiError, ProblemCode};
use super::state::AppData;
use crate::actions::idempotency::{self, Outcome};
use crate::app::Context;
use crate::caller::Caller;
use crate::error::Error;
use crate::store::WriteTx;
use crate::store::idempotency::{Answer, KeyedRequest};

/// The header that names a request, so that it can be repeated.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that tells a repeated answer.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key, in characters.
const MAX_KEY_CHARS: usize = 255;

/// A write that is done once, however often it is asked for. Every POST that writes takes one.
pub struct Once {
    app: web::Data<AppData>,
    request: HttpRequest,
    key: Option<String>,
}

impl FromRequest for Once {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Once, ApiError> {
    let app = request.app_data::<web::Data<AppData>>().cloned();
    let app = app.ok_or_else(|| ApiError::new(ProblemCode::Internal))?;
    let mut headers = request.headers().get_all(IDEMPOTENCY_KEY);
    let invalid = || ApiError::new(ProblemCode::InvalidIdempotencyKey);
    let key = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(header), None) => Some(parse(header).ok_or_else(invalid)?),
        (Some(_), Some(_)) => return Err(invalid()),
    };
    Ok(Once { app, request: request.clone(), key })
}

/// The key: visible ASCII, bare or in quotes (draft-ietf-httpapi-idempotency-key-header section
/// 2.1); both forms are the same key.
fn parse(header: &HeaderValue) -> Option<String> {
    let text = header.to_str().ok()?;
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let key = quoted.unwrap_or(text);
    let legal =
        (1..=MAX_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    legal.then(|| key.to_owned())
}

impl Once {
    /// Does `work` for `caller` and answers with what it says; a request that was answered before
    /// gets that answer again.
    ///
    /// # Errors
    /// What `work` says, or that the key was used for something else, or is in use right now.
    pub async fn write(
        self,
        caller: Caller,
        work: impl Fn(&mut WriteTx<'_>, &Context) -> Result<Answer, Error> + Send + 'static,
    ) -> Result<HttpResponse, ApiError> {
        let request = self.keyed(&caller);
        let written = self.app.app.write(caller, move |tx, context| {
            idempotency::once(tx, context, request.as_ref(), |tx| work(tx, context))
        });
        let Outcome { answer, is_replay } = written.await?;
        Ok(if is_replay { replayed(answer) } else { answer.into() })
    }

    /// The answer that this request got before, if it did.
    ///
    /// # Errors
    /// That the key was used for something else.
    pub async fn answered(&self, caller: Caller) -> Result<Option<HttpResponse>, ApiError> {
        let Some(request) = self.keyed(&caller) else { return Ok(None) };
        let read = self
            .app
            .app
            .read(caller, move |tx, context| idempotency::answered(tx, context, &request));
        Ok(read.await?.map(replayed))
    }

    fn keyed(&self, caller: &Caller) -> Option<KeyedRequest> {
        let (key, uri) = (self.key.as_deref()?, self.request.uri());
        let (actor, party) = (caller.actor().to_string(), caller.party().to_string());
        let method = self.request.method().as_str();
        let id = digest(&[&actor, &party, caller.subject(), method, uri.path(), key]);
        let body = self.request.extensions().get::<BodyText>().map(|body| body.0.clone());
        let body = body.unwrap_or_default();
        Some(KeyedRequest { id, fingerprint: digest(&[uri.query().unwrap_or_default(), &body]) })
    }
}

fn replayed(answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::from(answer);
    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// What a body says, in one form for all that say the same.
struct BodyText(String);

/// Notes the parsed body of a request that has a key.
pub(super) fn note_body(request: &HttpRequest, body: &Value) {
    if request.headers().contains_key(IDEMPOTENCY_KEY) {
        let mut sorted = body.clone();
        sorted.sort_all_objects();
        request.extensions_mut().insert(BodyText(sorted.to_string()));
    }
}

/// One digest of several texts, each with its length before it.
fn digest(parts: &[&str]) -> String {
    let mut digest = Digest::new(&SHA256);
    for part in parts {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(digest.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_bare_or_in_quotes() {
        let parsed = |text: &'static str| parse(&HeaderValue::from_static(text));
        assert_eq!(parsed("order-1"), Some("order-1".into()));
        assert_eq!(parsed("\"order-1\""), parsed("order-1"));
        assert_eq!(parsed("\""), Some("\"".into()));
        for illegal in ["", "\"\"", "two words", "tab\there"] {
            assert_eq!(parsed(illegal), None, "{illegal:?}");
        }
        let long = |length: usize| HeaderValue::from_str(&"k".repeat(length)).expect("ASCII");
        assert!(parse(&long(MAX_KEY_CHARS)).is_some());
        assert!(parse(&long(MAX_KEY_CHARS + 1)).is_none());
    }

    #[test]
    fn a_digest_tells_where_a_part_ends() {
        assert_eq!(digest(&["ab", "c"]), digest(&["ab", "c"]));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
