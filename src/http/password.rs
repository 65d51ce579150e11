//! `/v1/sessions/current/password`: a person chooses another password.

use actix_web::{HttpRequest, HttpResponse, put, web};
use matching::violation::Violation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::{Authenticated, CurrentSession};
use super::body::Body;
use super::client_address;
use super::problem::ApiError;
use super::state::AppData;
use crate::actions::users;
use crate::credentials::password::Password;

/// The password that somebody has, and the one to come.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// The password until now.
    #[schema(format = "password", min_length = 1, max_length = 128, write_only)]
    pub current_password: String,
    /// The password from now on.
    #[schema(format = "password", min_length = 10, max_length = 128, write_only)]
    pub new_password: String,
}

/// Choose another password
///
/// Ends every other session of the person; this one goes on. A wrong current password is 401
/// `wrong_credentials` and counts like one at log-in.
#[utoipa::path(tag = "identity", operation_id = "changePassword", request_body = PasswordBody,
    responses((status = 204, description = "Changed")))]
#[put("/v1/sessions/current/password")]
async fn change_password(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    CurrentSession(session): CurrentSession,
    request: HttpRequest,
    Body(body): Body<PasswordBody>,
) -> Result<HttpResponse, ApiError> {
    let chosen = Password::chosen(&body.new_password).map_err(|violation| {
        ApiError::invalid(vec![Violation::new("/new_password", violation.rule)])
    })?;
    let address = client_address::network_text(&request, &app.app.config().traffic.trusted_proxies);
    let challenge =
        app.app.read(caller.clone(), move |tx, ctx| users::challenge(tx, ctx, (session, &address)));
    let (attempt, hash) = challenge.await?;
    let presented = Password::presented(&body.current_password);
    let is_right = app.app.check_password(presented, hash.clone()).await?;
    let (proved, fresh) = (is_right.then_some(hash), app.app.hash_password(chosen).await?);
    let changed = app.app.write(caller, move |tx, ctx| {
        users::change_password(tx, ctx, (session, &attempt), (proved.as_ref(), &fresh))
    });
    match changed.await? {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(ApiError::wrong_credentials()),
    }
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config.service(change_password);
}
