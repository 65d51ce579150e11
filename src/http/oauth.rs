//! `POST /oauth/token` (RFC 6749): programs of partners and people's apps get access tokens. What
//! this endpoint refuses is told in the form of RFC 6749 section 5.2, as libraries expect; what
//! never reaches it is a problem document, as everywhere.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, post, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Anonymous;
use super::body;
use super::oauth_form::{OAuthForm, Presented, Unreadable};
use super::problem::ApiError;
use super::state::AppData;
use super::token_record::{Holder, TokenRecord, never_stored};
use crate::actions::clients;
use crate::actions::sessions::{self, RefreshRefusal};
use crate::caller::{Caller, Scopes};
use crate::credentials::secret::Secret;
use crate::error::Error;
use crate::store::clients::Client;

/// What a token is asked for with.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "the published form; it is read by RFC 6749, which ignores the unknown"
)]
pub struct TokenForm {
    /// `client_credentials` for a program of a partner, `refresh_token` for a person's app.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// What the token is to be used for, words with spaces between; all that is allowed if absent.
    #[schema(example = "offers:read offers:write")]
    scope: Option<String>,
    /// Id of the client, if it does not use HTTP Basic.
    #[schema(example = "0198c0de-0000-7000-8000-000000000001")]
    client_id: Option<String>,
    /// Secret of the client, if it does not use HTTP Basic.
    client_secret: Option<String>,
    /// The refresh token, for `refresh_token`.
    refresh_token: Option<String>,
}

/// Why no token was given (RFC 6749 section 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthError {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `unauthorized_client`,
    /// `unsupported_grant_type` or `invalid_scope`.
    #[schema(example = "invalid_grant")]
    error: String,
    /// What is wrong, for the author of the client.
    #[schema(example = "the refresh token is not valid any more; log in again")]
    error_description: String,
}

/// Why no token is given.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    InvalidRequest(Unreadable),
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
}

/// A refusal of this endpoint, or an error as everywhere.
enum Failure {
    Refused(Refusal),
    Failed(ApiError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidRequest(why) => ("invalid_request", why),
            Self::InvalidClient => ("invalid_client", "unknown client, or wrong or expired secret"),
            Self::InvalidGrant => {
                ("invalid_grant", "the refresh token is not valid any more; log in again")
            }
            Self::UnauthorizedClient => {
                ("unauthorized_client", "a client has no refresh tokens; use client_credentials")
            }
            Self::UnsupportedGrantType => {
                ("unsupported_grant_type", "use client_credentials or refresh_token")
            }
            Self::InvalidScope => ("invalid_scope", "unknown scope, or one that is not allowed"),
        }
    }

    fn answer(self) -> HttpResponse {
        let (error, error_description) = self.words();
        let mut response = match self {
            Self::InvalidClient => {
                let mut response = HttpResponseBuilder::new(StatusCode::UNAUTHORIZED);
                let challenge = "Basic realm=\"ocop-link\", charset=\"UTF-8\"";
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
                response
            }
            _ => HttpResponseBuilder::new(StatusCode::BAD_REQUEST),
        };
        never_stored(&mut response)
            .json(OAuthError { error: error.into(), error_description: error_description.into() })
    }
}

/// Get an access token
///
/// By RFC 6749. A program of a partner uses `client_credentials` with its id and secret, by HTTP
/// Basic or in the form. A person's app uses `refresh_token`, without a client: each refresh token
/// can be used once, and the answer has the next one. If the answer is lost, ask again with the
/// same token within 30 seconds and before you use the next one; any other second use ends the
/// session.
/// Errors of this operation have the form of RFC 6749.
#[utoipa::path(tag = "identity", operation_id = "getToken", security((), ("client" = [])),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenRecord),
        (status = 400, description = "No token is given", body = OAuthError),
        (status = 401, description = "The client did not prove who it is", body = OAuthError)))]
#[post("/oauth/token")]
async fn get_token(
    app: web::Data<AppData>,
    Anonymous(caller): Anonymous,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let body = body::arrive(&request, payload.into_inner()).await?;
    match token(&app, caller, (&request, &body)).await {
        Ok(record) => Ok(never_stored(&mut HttpResponse::Ok()).json(record)),
        Err(Failure::Refused(refusal)) => Ok(refusal.answer()),
        Err(Failure::Failed(error)) => Err(error),
    }
}

async fn token(
    app: &AppData,
    caller: Caller,
    (request, body): (&HttpRequest, &[u8]),
) -> Result<TokenRecord, Failure> {
    let form = OAuthForm::read(request, body).map_err(Refusal::InvalidRequest)?;
    let client = match form.client(request).map_err(Refusal::InvalidRequest)? {
        Presented::Nobody => None,
        Presented::Unusable => return Err(Refusal::InvalidClient.into()),
        Presented::Client(id, secret) => Some(authenticated(app, (id, secret)).await?),
    };
    let scopes = form.get("scope").map(|text| Scopes::parse(text).ok_or(Refusal::InvalidScope));
    let scopes = scopes.transpose()?;
    match (form.get("grant_type"), client) {
        (Some("client_credentials"), Some(client)) => for_client(app, &client, scopes),
        (Some("client_credentials"), None) => Err(Refusal::InvalidClient.into()),
        (Some("refresh_token"), Some(_)) => Err(Refusal::UnauthorizedClient.into()),
        (Some("refresh_token"), None) => {
            let missing = Refusal::InvalidRequest("refresh_token is missing");
            let presented = Secret::presented(form.get("refresh_token").ok_or(missing)?);
            for_session(app, caller, (presented, scopes)).await
        }
        (Some(_), _) => Err(Refusal::UnsupportedGrantType.into()),
        (None, _) => Err(Refusal::InvalidRequest("grant_type is missing").into()),
    }
}

async fn authenticated(app: &AppData, (id, secret): (String, Secret)) -> Result<Client, Failure> {
    let now = app.app.clock().now();
    let client = app.app.probe(move |tx| clients::authenticate(tx, now, (&id, &secret))).await?;
    client.ok_or_else(|| Refusal::InvalidClient.into())
}

fn for_client(
    app: &AppData,
    client: &Client,
    scopes: Option<Scopes>,
) -> Result<TokenRecord, Failure> {
    let scopes = scopes.unwrap_or_else(|| client.scopes.clone());
    if !client.scopes.hold_all(&scopes) {
        return Err(Refusal::InvalidScope.into());
    }
    let (subject, party) = (client.id.to_string(), client.party);
    let holder = Holder { subject, party, scopes: &scopes, session: None };
    Ok(TokenRecord::new(app, &holder, None)?)
}

async fn for_session(
    app: &AppData,
    caller: Caller,
    (presented, scopes): (Secret, Option<Scopes>),
) -> Result<TokenRecord, Failure> {
    let key = app.app.keys().refresh.clone();
    let refreshed = app.app.write(caller, move |tx, ctx| {
        sessions::refresh(tx, ctx, (&presented, &key), scopes.as_ref())
    });
    let refreshed = refreshed.await?.map_err(|refusal| match refusal {
        RefreshRefusal::Token => Refusal::InvalidGrant,
        RefreshRefusal::Scope => Refusal::InvalidScope,
    })?;
    let (session, user) = (&refreshed.view.session, &refreshed.view.user);
    let (subject, party) = (user.id.to_string(), user.party);
    let holder = Holder { subject, party, scopes: &refreshed.scopes, session: Some(session.id) };
    Ok(TokenRecord::new(app, &holder, Some(&refreshed.token))?)
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(get_token);
}
