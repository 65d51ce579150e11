//! `/v1/sessions`: people log in with a phone number or an e-mail address, and log out.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, post, web};
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Anonymous, Authenticated, CurrentSession};
use super::body::Body;
use super::client_address;
use super::problem::ApiError;
use super::state::AppData;
use super::token_record::{Holder, TokenRecord, never_stored};
use crate::actions::login_failures::Attempt;
use crate::actions::sessions::{self, SessionView};
use crate::credentials::login::{Email, Login, Phone};
use crate::credentials::password::Password;
use crate::credentials::secret::{Secret, SecretKind};

/// Address of the session that a token belongs to.
const CURRENT: &str = "/v1/sessions/current";

/// Who logs in: a phone number or an e-mail address, and a password.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionBody {
    /// Phone number; one without country code is Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "0294 385 0000")]
    pub phone: Option<String>,
    /// E-mail address, instead of the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254, example = "muahang@sieuthi.example")]
    pub email: Option<String>,
    /// Password.
    #[schema(format = "password", min_length = 1, max_length = 128, write_only)]
    pub password: String,
}

/// The person who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRecord {
    /// Id of the user.
    #[schema(format = "uuid")]
    pub id: String,
    /// The person's name.
    #[schema(example = "Nguyễn Thị Lan")]
    pub name: String,
    /// Phone number to log in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+842943850000")]
    pub phone: Option<String>,
    /// E-mail address to log in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "muahang@sieuthi.example")]
    pub email: Option<String>,
}

/// One log-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// When the person logged in.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it ends, unless it is refreshed before.
    #[schema(format = "date-time")]
    pub expires_at: String,
    /// The party that the person acts for.
    #[schema(format = "uuid")]
    pub party_id: String,
    /// What the person may do, words with spaces between.
    #[schema(example = "offers:read offers:write")]
    pub scope: String,
    /// Who is logged in.
    pub user: UserRecord,
}

/// A new session with its tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedSession {
    /// The session.
    pub session: SessionRecord,
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// How long the access token is valid, in seconds.
    #[schema(example = 900)]
    pub expires_in: u32,
    /// What it may be used for, words with spaces between.
    #[schema(example = "offers:read offers:write")]
    pub scope: String,
    /// Gets the next access token at `/oauth/token`, once. Keep it like a password.
    #[schema(example = "ocr_lBXZ1hHqJpB0oT8ZbWmJgq1mTnq6xJr9vJ4sY3kQe0c")]
    pub refresh_token: String,
}

/// Log in
///
/// With a phone number or an e-mail address, and a password. A wrong password and an unknown person
/// get the same answer; after 10 failures from one address it is 429 for up to 15 minutes.
#[utoipa::path(tag = "identity", operation_id = "createSession", security(()),
    request_body = SessionBody,
    responses((status = 201, description = "Logged in", body = OpenedSession)))]
#[post("/v1/sessions")]
async fn create_session(
    app: web::Data<AppData>,
    Anonymous(caller): Anonymous,
    request: HttpRequest,
    Body(body): Body<SessionBody>,
) -> Result<HttpResponse, ApiError> {
    let address = client_address::network_text(&request, &app.app.config().traffic.trusted_proxies);
    let attempt = Attempt { login: login(&body)?, address };
    let (asked, now) = (attempt.clone(), app.app.clock().now());
    let hash = app.app.probe(move |tx| sessions::challenge(tx, now, &asked)).await?;
    let is_right =
        app.app.check_password(Password::presented(&body.password), hash.clone()).await?;
    let proved = is_right.then_some(hash);
    let refresh = Secret::generate(SecretKind::Refresh)?;
    let kept = refresh.hash();
    let opened = app
        .app
        .write(caller, move |tx, ctx| sessions::open(tx, ctx, (&attempt, proved.as_ref()), &kept));
    let view = opened.await?.ok_or_else(ApiError::wrong_credentials)?;
    let opened = opened_session(&app, &view, refresh)?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, CURRENT));
    response.insert_header((header::ETAG, "\"1\""));
    Ok(never_stored(&mut response).json(opened))
}

/// Who is logged in?
///
/// The session that the access token was given for; 404 for the token of a program.
#[utoipa::path(tag = "identity", operation_id = "getSession",
    responses((status = 200, description = "The session", body = SessionRecord)))]
#[get("/v1/sessions/current")]
async fn get_session(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    CurrentSession(id): CurrentSession,
) -> Result<HttpResponse, ApiError> {
    let view = app.app.read(caller, move |tx, ctx| sessions::find(tx, ctx, id)).await?;
    Ok(HttpResponse::Ok().json(SessionRecord::from(&view)))
}

/// Log out
///
/// Ends the session that the access token was given for. Its refresh token is refused from now on;
/// access tokens that it already gave are valid until they expire.
#[utoipa::path(tag = "identity", operation_id = "deleteSession",
    responses((status = 204, description = "Logged out")))]
#[delete("/v1/sessions/current")]
async fn delete_session(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    CurrentSession(id): CurrentSession,
) -> Result<HttpResponse, ApiError> {
    app.app.write(caller, move |tx, ctx| sessions::end(tx, ctx, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn login(body: &SessionBody) -> Result<Login, ApiError> {
    let invalid = |violation| ApiError::invalid(vec![violation]);
    match (&body.phone, &body.email) {
        (Some(phone), None) => Phone::parse(phone).map(Login::Phone).map_err(invalid),
        (None, Some(email)) => Email::parse(email).map(Login::Email).map_err(invalid),
        (Some(_), Some(_)) => {
            Err(invalid(Violation::new("/email", Rule::Contradicts { other: "phone" })))
        }
        (None, None) => Err(invalid(Violation::new("/phone", Rule::Required))),
    }
}

fn opened_session(
    app: &AppData,
    view: &SessionView,
    refresh: Secret,
) -> Result<OpenedSession, ApiError> {
    let holder = Holder {
        subject: view.user.id.to_string(),
        party: view.user.party,
        scopes: &view.user.scopes,
        session: Some(view.session.id),
    };
    let TokenRecord { access_token, token_type, expires_in, scope, .. } =
        TokenRecord::new(app, &holder, None)?;
    Ok(OpenedSession {
        session: SessionRecord::from(view),
        access_token,
        token_type,
        expires_in,
        scope,
        refresh_token: refresh.reveal().to_owned(),
    })
}

impl From<&SessionView> for SessionRecord {
    fn from(SessionView { session, user }: &SessionView) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: session.created_at.to_string(),
            expires_at: session.expires_at.to_string(),
            party_id: user.party.to_string(),
            scope: user.scopes.to_string(),
            user: UserRecord {
                id: user.id.to_string(),
                name: user.name.clone(),
                phone: user.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            },
        }
    }
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(create_session).service(get_session).service(delete_session);
}
