//! `/v1/offers`: what producers can supply, when, from where, at which price.

mod query;
mod wire;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, put, web};
use matching::id::OfferId;
use matching::offer::OfferAction;
use matching::place::Place;

pub use self::query::OfferQuery;
pub use self::wire::{
    CapacityBody, CapacityRecord, FirstStatus, OfferBody, OfferRecord, OfferState, PriceBreakBody,
};
use super::auth::Authenticated;
use super::body::Patch;
use super::etag;
use super::external_ids;
use super::idempotency::Once;
use super::page::{self, Binding};
use super::path::{ExternalName, Id};
use super::places::changed_place;
use super::problem::ApiError;
use super::query::Query;
use super::record::{self, List};
use super::state::AppData;
use super::stated::Stated;
use crate::actions::offers::{self, OfferCommand, OfferView};
use crate::actions::places::PlaceInput;
use crate::actions::precondition::Precondition;
use crate::caller::Caller;
use crate::error::Error;
use crate::store::idempotency::Answer;
use crate::store::keyset::{CreatedKey, Page};

/// Record an offer
///
/// For the product's party, and for admins. It begins as a draft unless `status` says otherwise.
#[utoipa::path(tag = "offers", operation_id = "createOffer", request_body = OfferBody,
    responses((status = 201, description = "Recorded", body = OfferRecord)))]
#[post("/v1/offers")]
async fn create_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    body: Stated<OfferBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.map(stated);
    let create = once.write(caller, move |tx, ctx| {
        command.hold(|command| offers::create(tx, ctx, command)).map(|view| created(&view))
    });
    create.await
}

/// List offers
///
/// Those that you may see, newest first unless `sort` says otherwise.
#[utoipa::path(tag = "offers", operation_id = "listOffers", params(OfferQuery),
    responses((status = 200, description = "A page", body = List<OfferRecord>)))]
#[get("/v1/offers")]
async fn list_offers(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<OfferQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party());
    let wanted = (query.limit, query.cursor.as_deref());
    let direction = query.sort.unwrap_or_default().direction();
    let page = page::by_creation(&app.cursors, &binding, wanted, direction)?;
    let filter = query.filter(app.app.reference(), app.app.clock().now().date());
    let filter = filter.map_err(ApiError::invalid_parameters)?;
    let Page { items, has_more } =
        app.app.read(caller, move |tx, ctx| offers::list(tx, ctx, &filter, page)).await?;
    let last = items.last().filter(|_| has_more).map(|view| page::created_place(key(view)));
    let records = items.iter().map(OfferRecord::from).collect();
    record::listed((&request, &app), &binding, records, last)
}

/// Get an offer
#[utoipa::path(tag = "offers", operation_id = "getOffer", params(Id),
    responses((status = 200, description = "The offer", body = OfferRecord)))]
#[get("/v1/offers/{id}")]
async fn get_offer(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: OfferId = id.parse()?;
    let view = app.app.read(caller, move |tx, ctx| offers::find(tx, ctx, id)).await?;
    let record = OfferRecord::from(&view);
    Ok(record::found(&request, record.tag(), &record))
}

/// Change an offer
///
/// A merge patch: what is absent stays, null removes. What is taken of a capacity cannot be cut.
#[utoipa::path(tag = "offers", operation_id = "updateOffer", params(Id),
    request_body(content = OfferBody, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "Changed", body = OfferRecord)))]
#[patch("/v1/offers/{id}")]
async fn update_offer(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    patch: Patch<OfferBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: OfferId = id.parse()?;
    let reader = caller.clone();
    let current = app.app.read(reader, move |tx, ctx| offers::find(tx, ctx, id)).await?;
    if !current.may_change {
        return Err(Error::Forbidden.into());
    }
    let based_on = etag::of_patch(&request, current.offer.version)?;
    let body = patch.without("status").apply(&OfferBody::from(&current))?;
    let command = body.map(|body| change(&current.offer.terms.place, body));
    let view = app.app.write(caller, move |tx, ctx| {
        command.hold(|command| offers::replace(tx, ctx, (id, &based_on), command))
    });
    Ok(changed(&view.await?))
}

/// Create or replace an offer by your id
///
/// `system` and `id` name it in your system. Sending the same again changes nothing; `status`
/// counts only when the offer is created.
#[utoipa::path(tag = "offers", operation_id = "putOfferByExternalId", params(ExternalName),
    request_body = OfferBody,
    responses((status = 200, description = "Replaced, or the same as before", body = OfferRecord),
        (status = 201, description = "Created", body = OfferRecord)))]
#[put("/v1/offers/by-external-id/{system}/{id}")]
async fn put_offer_by_external_id(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    name: ExternalName,
    precondition: Precondition,
    body: Stated<OfferBody>,
) -> Result<HttpResponse, ApiError> {
    let command = body.try_map(|body| {
        external_ids::refuse_excess(&name.system, &body.external_ids)?;
        Ok(stated(body))
    })?;
    let put = app.app.write(caller, move |tx, ctx| {
        let key = ((&*name.system, &*name.id), &precondition);
        command.hold(|command| offers::put_by_external_id(tx, ctx, key, command))
    });
    let (view, is_new) = put.await?;
    Ok(if is_new { created(&view) } else { changed(&view) })
}

/// Publish an offer
///
/// Shows a draft and opens it for matches.
#[utoipa::path(tag = "offers", operation_id = "publishOffer", params(Id),
    responses((status = 200, description = "Published", body = OfferRecord)))]
#[post("/v1/offers/{id}/publish")]
async fn publish_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, OfferAction::Publish).await
}

/// Pause an offer
///
/// Hides it for a while.
#[utoipa::path(tag = "offers", operation_id = "pauseOffer", params(Id),
    responses((status = 200, description = "Paused", body = OfferRecord)))]
#[post("/v1/offers/{id}/pause")]
async fn pause_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, OfferAction::Pause).await
}

/// Resume an offer
///
/// Shows a paused one again.
#[utoipa::path(tag = "offers", operation_id = "resumeOffer", params(Id),
    responses((status = 200, description = "Resumed", body = OfferRecord)))]
#[post("/v1/offers/{id}/resume")]
async fn resume_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, OfferAction::Resume).await
}

/// Confirm an offer
///
/// States that it is still true.
#[utoipa::path(tag = "offers", operation_id = "confirmOffer", params(Id),
    responses((status = 200, description = "Confirmed", body = OfferRecord)))]
#[post("/v1/offers/{id}/confirm")]
async fn confirm_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, OfferAction::Confirm).await
}

/// Withdraw an offer
///
/// Takes it back for good.
#[utoipa::path(tag = "offers", operation_id = "withdrawOffer", params(Id),
    responses((status = 200, description = "Withdrawn", body = OfferRecord)))]
#[post("/v1/offers/{id}/withdraw")]
async fn withdraw_offer(
    Authenticated(caller): Authenticated,
    once: Once,
    id: Id,
) -> Result<HttpResponse, ApiError> {
    act(once, caller, &id, OfferAction::Withdraw).await
}

/// What a whole body states.
pub(super) fn stated(body: OfferBody) -> OfferCommand {
    let place = body.place.as_ref().map(PlaceInput::from);
    wire::command(body, place)
}

/// What a patched body changes about an offer at the place `kept`.
fn change(kept: &Place, body: OfferBody) -> OfferCommand {
    let place = body.place.as_ref().map(|place| changed_place(kept, place));
    wire::command(body, place)
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(create_offer)
        .service(list_offers)
        .service(put_offer_by_external_id)
        .service(get_offer)
        .service(update_offer)
        .service(publish_offer)
        .service(pause_offer)
        .service(resume_offer)
        .service(confirm_offer)
        .service(withdraw_offer);
}

async fn act(
    once: Once,
    caller: Caller,
    id: &Id,
    action: OfferAction,
) -> Result<HttpResponse, ApiError> {
    let id: OfferId = id.parse()?;
    let act = once
        .write(caller, move |tx, ctx| offers::act(tx, ctx, id, action).map(|view| changed(&view)));
    act.await
}

fn created<A: From<Answer>>(view: &OfferView) -> A {
    let record = OfferRecord::from(view);
    record::created(&format!("/v1/offers/{}", record.id), record.tag(), &record)
}

fn changed<A: From<Answer>>(view: &OfferView) -> A {
    let record = OfferRecord::from(view);
    record::changed(record.tag(), &record)
}

fn key(view: &OfferView) -> CreatedKey {
    CreatedKey { created_at: view.offer.created_at, id: view.offer.id.uuid() }
}
