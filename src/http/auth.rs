//! Who calls: a handler that takes an [`Authenticated`] cannot be reached without a valid token.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, Ready, ready};
use matching::date::Timestamp;
use matching::id::{PartyId, SessionId};

use super::edge::RequestId;
use super::problem::{ApiError, ProblemCode};
use super::state::AppData;
use super::token::{Tokens, Verified};
use crate::actions::grants;
use crate::app::App;
use crate::caller::Caller;

/// The most tokens whose signature is remembered; the memory is emptied when it is full.
const MAX_REMEMBERED: usize = 10_000;

/// The header that names the party to act for.
pub const ON_BEHALF_OF: HeaderName = HeaderName::from_static("on-behalf-of");

/// Why a token proves nothing; empty if there is none.
type Reason = &'static str;

/// Checks tokens, and remembers those whose signature was right: checking one costs as much as
/// answering a match query, and an app sends the same token a thousand times.
pub struct Authenticator {
    tokens: Tokens,
    remembered: RwLock<HashMap<String, Arc<Verified>>>,
}

impl Authenticator {
    /// Checks with `tokens`.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, remembered: RwLock::default() }
    }

    /// The deployment's tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// What `token` proves at `now`, or why it proves nothing.
    fn check(&self, token: &str, now: Timestamp) -> Result<Arc<Verified>, Reason> {
        let verified = self.remembered(token, now).or_else(|| self.verify(token, now));
        let verified = verified.ok_or("not valid")?;
        let second = now.unix_seconds();
        if second >= verified.expires {
            return Err("expired");
        }
        if second < verified.not_before {
            return Err("not valid yet");
        }
        Ok(verified)
    }

    /// What was found of `token` before, unless its key has been withdrawn since.
    fn remembered(&self, token: &str, now: Timestamp) -> Option<Arc<Verified>> {
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
        let verified = remembered.get(token)?;
        let is_accepted = self.tokens.keys().accepted(&verified.key_id, now).is_some();
        is_accepted.then(|| Arc::clone(verified))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<Arc<Verified>> {
        let verified = Arc::new(self.tokens.verify(token, now)?);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(token.to_owned(), Arc::clone(&verified));
        Some(verified)
    }
}

/// A caller with a valid token.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Caller);

impl FromRequest for Authenticated {
    type Error = ApiError;
    type Future =
        Either<Ready<Result<Self, ApiError>>, LocalBoxFuture<'static, Result<Self, ApiError>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = authenticate(request);
        let mut principals = request.headers().get_all(ON_BEHALF_OF);
        match (caller, principals.next(), request.app_data::<web::Data<AppData>>()) {
            (Ok(caller), Some(principal), Some(app)) => {
                let only = Some(principal).filter(|_| principals.next().is_none());
                let principal = only.and_then(|header| header.to_str().ok()?.parse().ok());
                Either::Right(delegated(app.app.clone(), caller, principal).boxed_local())
            }
            (caller, ..) => Either::Left(ready(caller.map(Self))),
        }
    }
}

/// The caller acting for `principal`, as the database allows it at this moment.
async fn delegated(
    app: App,
    caller: Caller,
    principal: Option<PartyId>,
) -> Result<Authenticated, ApiError> {
    let acting = app.read(caller, move |tx, ctx| grants::act_for(tx, ctx, principal)).await?;
    Ok(Authenticated(acting))
}

/// The session of a person's app; a token that was given for none has none that could be there.
#[derive(Debug, Clone)]
pub struct CurrentSession(pub SessionId);

impl FromRequest for CurrentSession {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let none = || ApiError::new(ProblemCode::NotFound);
        ready(proven(request).and_then(|it| it.session.map(Self).ok_or_else(none)))
    }
}

/// Whoever makes a request that needs no token.
#[derive(Debug, Clone)]
pub struct Anonymous(pub Caller);

impl FromRequest for Anonymous {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(in_request(request, Caller::nobody()))))
    }
}

/// What the token of a request proves, kept with the request: the edge has looked at it, and
/// nobody needs to look again.
struct Proof(Result<Arc<Verified>, Reason>);

/// Looks at the token of `request`, for all who ask later; who calls, if it is valid at `now`.
pub(super) fn prove(request: &HttpRequest, app: &AppData, now: Timestamp) -> Option<Caller> {
    let check = |token| app.authenticator.check(token, now);
    let proof = token(request).ok_or("").and_then(check);
    let caller = proof.as_ref().ok().map(|verified| verified.caller.clone());
    request.extensions_mut().insert(Proof(proof));
    caller
}

/// What the edge has found; a request that it has not seen proves nothing.
fn proven(request: &HttpRequest) -> Result<Arc<Verified>, ApiError> {
    let extensions = request.extensions();
    let proof = extensions.get().map_or(Err(""), |Proof(proof)| proof.as_ref().map_err(|it| *it));
    proof.map(Arc::clone).map_err(ApiError::unauthenticated)
}

/// Whether the edge has found a valid token.
pub(super) fn is_proven(request: &HttpRequest) -> bool {
    proven(request).is_ok()
}

/// The caller of a request.
///
/// # Errors
/// That it has no valid token.
fn authenticate(request: &HttpRequest) -> Result<Caller, ApiError> {
    proven(request).map(|verified| in_request(request, verified.caller.clone()))
}

fn in_request(request: &HttpRequest, caller: Caller) -> Caller {
    let id = request.extensions().get::<RequestId>().map(|RequestId(id)| Arc::clone(id));
    match id {
        Some(id) => caller.in_request(id),
        None => caller,
    }
}

/// The one bearer token of a request.
fn token(request: &HttpRequest) -> Option<&str> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let only = headers.next().filter(|_| headers.next().is_none())?;
    bearer(only.to_str().ok()?)
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
