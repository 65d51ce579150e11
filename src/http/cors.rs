//! Calls from web pages of other origins (the Fetch standard's CORS protocol): allowed to the
//! origins that the operator lists, without cookies, which this service does not use. The edge adds
//! these headers itself, so that problem documents and refusals have them too.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::config::Origin;

/// What a page may read beside the body.
const EXPOSED: &str = "ETag, Location, Link, Retry-After, X-Request-Id, Idempotent-Replayed, \
                       RateLimit, RateLimit-Policy, WWW-Authenticate";
/// What a page may send.
const ACCEPTED: &str = "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, \
                        Idempotency-Key, On-Behalf-Of, X-Request-Id";
/// How long a browser may remember what a page may do, in seconds.
const MAX_AGE_S: &str = "600";

/// Tells a browser whether a page of the origin that asks may see the answer.
pub(super) fn allow(
    origins: &[Origin],
    (method, asking): (&Method, Option<&HeaderValue>),
    headers: &mut HeaderMap,
) {
    if origins.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let listed = |origin: &&HeaderValue| {
        origins.iter().any(|listed| listed.as_str().as_bytes() == origin.as_bytes())
    };
    let Some(origin) = asking.filter(listed) else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    let methods = headers.get(header::ALLOW).cloned();
    if let (&Method::OPTIONS, Some(methods)) = (method, methods) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ACCEPTED));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_S));
    }
}
