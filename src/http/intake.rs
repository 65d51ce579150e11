//! Refuses what an operation does not take: query parameters and bodies that the contract does not
//! give it. Whoever needs a token and has none is told that first, by the handler.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};

use super::operations::{self, API, Intake};
use super::problem::ApiError;
use super::state::AppData;
use super::{auth, body, query};

/// Runs before every handler.
///
/// # Errors
/// None of its own: what it refuses is an answer.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(&mut request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn check(request: &mut ServiceRequest) -> Result<(), ApiError> {
    let has_body = !matches!(request.parts_mut().1, Payload::None);
    let has_query = !request.query_string().is_empty();
    if !(has_body || has_query) {
        return Ok(());
    }
    let Some(intake) = intake(request.request()) else { return Ok(()) };
    if !intake.is_open && !auth::is_proven(request.request()) {
        return Ok(());
    }
    if has_query && !intake.takes_query {
        query::refuse_all(request.request())?;
    }
    if has_body && !intake.takes_body {
        let (request, payload) = request.parts_mut();
        body::refuse_members(request, payload.take()).await?;
    }
    Ok(())
}

/// What the operation takes that `request` asks for, if it is one of the API.
fn intake(request: &HttpRequest) -> Option<Intake> {
    let contract = &request.app_data::<web::Data<AppData>>()?.contract;
    // The path as the router reads it, whichever of its characters are encoded.
    let path = Some(request.match_info().as_str()).filter(|path| path.starts_with(API))?;
    let found = operations::at(contract.operations(), path)?;
    let operation = found.iter().find(|(method, _)| method == request.method());
    operation.map(|(_, intake)| *intake)
}
