//! What a program or a person's app gets: an access token with what belongs to it, in the words of
//! RFC 6749 section 5.1.

use actix_web::HttpResponseBuilder;
use actix_web::http::header;
use matching::id::{PartyId, SessionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{ApiError, ProblemCode};
use super::state::AppData;
use super::token::Grant;
use crate::caller::Scopes;
use crate::credentials::secret::Secret;

/// An access token, and what to get the next one with.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenRecord {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// How long it is valid, in seconds.
    #[schema(example = 900)]
    pub expires_in: u32,
    /// What it may be used for, words with spaces between.
    #[schema(example = "offers:read offers:write")]
    pub scope: String,
    /// Gets the next access token, once; only for sessions. Keep it like a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ocr_lBXZ1hHqJpB0oT8ZbWmJgq1mTnq6xJr9vJ4sY3kQe0c")]
    pub refresh_token: Option<String>,
}

/// Whom a token is for.
pub struct Holder<'a> {
    /// Id of the client or user.
    pub subject: String,
    /// The party that it acts for.
    pub party: PartyId,
    /// What it may do.
    pub scopes: &'a Scopes,
    /// Its session, if it is a person's app.
    pub session: Option<SessionId>,
}

impl TokenRecord {
    /// A new access token, with the refresh token that a session has now.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] if it cannot be signed.
    pub fn new(
        app: &AppData,
        holder: &Holder<'_>,
        refresh_token: Option<&Secret>,
    ) -> Result<Self, ApiError> {
        let Holder { subject, party, scopes, session } = holder;
        let (seconds, scope) = (app.app.config().token_seconds, scopes.to_string());
        let (subject, party, session) = (subject.clone(), *party, *session);
        let grant = Grant { subject, party, scope: scope.clone(), seconds, session };
        let moment = app.app.clock().moment();
        let minted = app.authenticator.tokens().mint(&grant, moment.now(), moment.new_id());
        let unsigned = |cause| ApiError::new(ProblemCode::Internal).because(cause);
        Ok(Self {
            access_token: minted.map_err(unsigned)?,
            token_type: "Bearer".into(),
            expires_in: seconds,
            scope,
            refresh_token: refresh_token.map(|token| token.reveal().to_owned()),
        })
    }
}

/// Forbids whoever is between to keep an answer with secrets (RFC 6749 section 5.1).
pub fn never_stored(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
}
