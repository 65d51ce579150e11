//! `/v1/demands/{id}/matches` and its kin: answered from the live market, without the database
//! where the record is in it.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use matching::facts::DemandFacts;
use matching::id::{DemandId, OfferId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::Authenticated;
use super::body::Body;
use super::demand_body::DemandBody;
use super::idempotency::Once;
use super::language;
use super::match_listing::Listing;
use super::match_record::{MatchExplanation, MatchList, NearMissList, Shown};
use super::page::Binding;
use super::path::{Id, segment};
use super::problem::{ApiError, ProblemCode};
use super::query::Query;
use super::record;
use super::state::AppData;
use super::stated::Stated;
use crate::actions::matches;
use crate::market::matches::Unlisted;
use crate::market::rank::{MissKey, RankKey};

/// Which page of matches.
#[derive(Debug, Deserialize, IntoParams)]
pub struct MatchQuery {
    /// How many matches a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    pub cursor: Option<String>,
}

/// Why a pair is dismissed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissalBody {
    /// A remark for yourself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, example = "Giá cao")]
    pub reason: Option<String>,
}

/// A demand and an offer.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PairPath {
    /// Id of the demand.
    #[param(format = "uuid")]
    pub id: String,
    /// Id of the offer.
    #[param(format = "uuid")]
    pub offer_id: String,
}

impl PairPath {
    fn of(request: &HttpRequest) -> Result<(DemandId, OfferId), ApiError> {
        let absent = || ApiError::new(ProblemCode::NotFound);
        let demand = segment(request, "id")?.parse().map_err(|_| absent())?;
        let offer = segment(request, "offer_id")?.parse().map_err(|_| absent())?;
        Ok((demand, offer))
    }
}

/// Offers that may serve a demand
///
/// Ranked by score, then price in the demand's unit, then offer id. Of a draft, what it would find.
#[utoipa::path(tag = "matches", operation_id = "listDemandMatches", params(Id, MatchQuery),
    responses((status = 200, description = "A page, best first", body = MatchList)))]
#[get("/v1/demands/{id}/matches")]
async fn list_demand_matches(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(query): Query<MatchQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: DemandId = id.parse()?;
    let binding = Binding::of(&request, caller.party());
    let listing = Listing::<RankKey>::new((&app, &request, caller.party()), binding, &query)?;
    if matches::ask_for_demand(&listing.view, &caller, id)? {
        let find = || listing.view.matches_for_demand(id, &listing.ask);
        return listing.kept(id, find, |page| listing.matches(page, None));
    }
    let draft = app.app.read(caller, move |tx, ctx| matches::own_draft(tx, ctx, id)).await?;
    listing.tell(listing.preview(draft.as_ref())?)
}

/// Offers that an unsaved demand would find
///
/// The body is that of a demand; nothing is recorded.
#[utoipa::path(tag = "matches", operation_id = "previewMatches", params(MatchQuery),
    request_body = DemandBody,
    responses((status = 200, description = "A page, best first", body = MatchList)))]
#[post("/v1/matches/preview")]
async fn preview_matches(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    Query(query): Query<MatchQuery>,
    body: Stated<DemandBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let binding = Binding::of(&request, caller.party()).about(&body.legal());
    let listing = Listing::<RankKey>::new((&app, &request, caller.party()), binding, &query)?;
    let command = body.map(|body| body.command(&[]));
    let terms = app
        .app
        .read(caller, move |tx, ctx| command.hold(|command| matches::unsaved(tx, ctx, command)));
    let terms = terms.await?;
    let nil = DemandId::new(uuid::Uuid::nil());
    let facts = DemandFacts::of_terms(nil, &terms, []);
    let page = listing.view.matches_for_unlisted(&Unlisted::from(&terms), &listing.ask);
    listing.tell(listing.matches(page.as_ref(), Some(&facts))?)
}

/// Demands that an offer may serve
///
/// The same scores as from the buyer's side.
#[utoipa::path(tag = "matches", operation_id = "listOfferMatches", params(Id, MatchQuery),
    responses((status = 200, description = "A page, best first", body = MatchList)))]
#[get("/v1/offers/{id}/matches")]
async fn list_offer_matches(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(query): Query<MatchQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: OfferId = id.parse()?;
    let binding = Binding::of(&request, caller.party());
    let listing = Listing::<RankKey>::new((&app, &request, caller.party()), binding, &query)?;
    if !matches::ask_for_offer(&listing.view, &caller, id)? {
        app.app.read(caller, move |tx, ctx| matches::own_offer(tx, ctx, id)).await?;
    }
    let page = listing.view.matches_for_offer(id, &listing.ask);
    listing.tell(listing.matches_of_offer(page.as_ref())?)
}

/// Near misses of a demand
///
/// Offers of a wanted product that fail another check, nearest first, with what would let each in.
/// Of a draft, what it would miss.
#[utoipa::path(tag = "matches", operation_id = "listDemandNearMisses", params(Id, MatchQuery),
    responses((status = 200, description = "A page, nearest first", body = NearMissList)))]
#[get("/v1/demands/{id}/excluded")]
async fn list_demand_near_misses(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    id: Id,
    Query(query): Query<MatchQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id: DemandId = id.parse()?;
    let binding = Binding::of(&request, caller.party());
    let listing = Listing::<MissKey>::new((&app, &request, caller.party()), binding, &query)?;
    if matches::ask_for_demand(&listing.view, &caller, id)? {
        let find = || listing.view.excluded_for_demand(id, &listing.ask);
        return listing.kept(id, find, |page| listing.near_misses(page, None));
    }
    let draft = app.app.read(caller, move |tx, ctx| matches::own_draft(tx, ctx, id)).await?;
    let (view, ask) = (&listing.view, &listing.ask);
    let page = draft.as_ref().and_then(|draft| view.excluded_for_unlisted(&draft.unlisted(), ask));
    let facts = draft.as_ref().map(|draft| DemandFacts::from(&draft.demand));
    listing.tell(listing.near_misses(page.as_ref(), facts.as_ref())?)
}

/// Explain one pair
///
/// Every check and every factor, also of a pair that fails. For either side.
#[utoipa::path(tag = "matches", operation_id = "explainMatch", params(PairPath),
    responses((status = 200, description = "The explanation", body = MatchExplanation)))]
#[get("/v1/demands/{id}/matches/{offer_id}")]
async fn explain_match(
    app: web::Data<AppData>,
    Authenticated(caller): Authenticated,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (key, asker) = (PairPath::of(&request)?, caller.clone());
    let pair = app.app.read(caller, move |tx, ctx| matches::pair(tx, ctx, key)).await?;
    let (demand, offer) = pair;
    let now = app.app.clock().now();
    let view = app.app.market();
    let explained = view.judge(&offer, &demand, now);
    let explained = explained.ok_or_else(|| ApiError::new(ProblemCode::NotFound))?;
    let is_buyer = asker.owns(demand.terms.party_id);
    let hidden = demand.terms.anonymous && !is_buyer;
    let party = if is_buyer { explained.producer } else { explained.buyer };
    let shown = Shown {
        offer: &explained.offer,
        product: explained.product,
        demand: &explained.demand,
        words: demand.terms.text.as_deref(),
        is_recorded: true,
        party: Some(party).filter(|_| !hidden),
        evaluation: &explained.evaluation,
        checks: &explained.checks,
        language: language::asked(request.headers()),
    };
    let mut response = HttpResponse::Ok().json(shown.explanation(now.date()));
    language::say(shown.language, "Accept-Language", response.headers_mut());
    Ok(response)
}

/// Dismiss a pair
///
/// It stays out of your lists until the terms of one side change.
#[utoipa::path(tag = "matches", operation_id = "dismissMatch", params(PairPath),
    request_body = DismissalBody, responses((status = 204, description = "Dismissed")))]
#[post("/v1/demands/{id}/matches/{offer_id}/dismiss")]
async fn dismiss_match(
    Authenticated(caller): Authenticated,
    once: Once,
    Body(body): Body<DismissalBody>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let key = PairPath::of(&request)?;
    let dismiss = once.write(caller, move |tx, ctx| {
        matches::dismiss(tx, ctx, key, body.reason.clone()).map(|()| record::done())
    });
    dismiss.await
}

/// Adds the routes of this resource.
pub fn routes(config: &mut impl super::routes::Routes) {
    config
        .service(list_demand_matches)
        .service(list_offer_matches)
        .service(list_demand_near_misses)
        .service(preview_matches)
        .service(explain_match)
        .service(dismiss_match);
}
