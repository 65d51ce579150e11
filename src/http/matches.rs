//! `/v1/demands/{id}/matches` and its kin: answered from the live market, without the database
//! where the record is in it.

use actix_web::http::header::{self, ContentType, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, post, web};
use matching::date::Timestamp;
use matching::demand::Demand;
use matching::facts::DemandFacts;
use matching::id::{DemandId, OfferId};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::{IntoParams, ToSchema};

use super::auth::Authenticated;
use super::body::Body;
use super::demand_body::DemandBody;
use super::etag::{self, Tag};
use super::idempotency::Once;
use super::match_record::{MatchExplanation, MatchItem, MatchList, NearMiss, NearMissList, Shown};
use super::page::{self, Binding};
use super::path::{Id, segment};
use super::problem::{ApiError, ProblemCode};
use super::problem_texts::Language;
use super::query::Query;
use super::record::{self, unwritable};
use super::state::AppData;
use super::stated::Stated;
use crate::actions::matches;
use crate::caller::Caller;
use crate::market::matches::{Ask, Match};
use crate::market::rank::{MissKey, Page, RankKey};
use matching::price::UnitPrice;

/// Room for what a page says beside its items.
const PAGE_BYTES: usize = 512;

/// Which page of matches.
#[derive(Debug, Deserialize, IntoParams)]
pub struct MatchQuery {
    /// How many matches a page has at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
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
    let listing = Listing::new((&app, &request, &caller), binding, &query, rank_key)?;
    if matches::ask_for_demand(&listing.view, &caller, id)? {
        let page = listing.view.matches_for_demand(id, &listing.ask);
        return listing.matches(page.as_ref(), None);
    }
    let draft = app.app.read(caller, move |tx, ctx| matches::own_draft(tx, ctx, id)).await?;
    listing.preview(draft.as_ref())
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
    let listing = Listing::new((&app, &request, &caller), binding, &query, rank_key)?;
    let command = body.map(|body| body.command(&[]));
    let terms = app
        .app
        .read(caller, move |tx, ctx| command.hold(|command| matches::unsaved(tx, ctx, command)));
    let terms = terms.await?;
    let nil = DemandId::new(uuid::Uuid::nil());
    let facts = DemandFacts::of_terms(nil, &terms, []);
    let page = listing.view.matches_for_terms(&terms, &listing.ask);
    listing.matches(page.as_ref(), Some(&facts))
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
    let listing = Listing::new((&app, &request, &caller), binding, &query, rank_key)?;
    if !matches::ask_for_offer(&listing.view, &caller, id)? {
        app.app.read(caller, move |tx, ctx| matches::own_offer(tx, ctx, id)).await?;
    }
    let page = listing.view.matches_for_offer(id, &listing.ask);
    listing.matches_of_offer(page.as_ref())
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
    let listing = Listing::new((&app, &request, &caller), binding, &query, miss_key)?;
    if matches::ask_for_demand(&listing.view, &caller, id)? {
        let page = listing.view.excluded_for_demand(id, &listing.ask);
        return listing.near_misses(page.as_ref(), None);
    }
    let draft = app.app.read(caller, move |tx, ctx| matches::own_draft(tx, ctx, id)).await?;
    let (view, ask) = (&listing.view, &listing.ask);
    let page = draft.as_ref().and_then(|draft| view.excluded_for_terms(&draft.terms, ask));
    let facts = draft.as_ref().map(DemandFacts::from);
    listing.near_misses(page.as_ref(), facts.as_ref())
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
        language: language(&request),
    };
    let mut response = HttpResponse::Ok().json(shown.explanation(now.date()));
    say(shown.language, response.headers_mut());
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

/// One list of matches as it is asked for: who, when, from which version, which page.
struct Listing<'a, K> {
    app: &'a AppData,
    request: &'a HttpRequest,
    binding: Binding,
    view: crate::market::View,
    ask: Ask<K>,
    language: Language,
}

impl<'a, K> Listing<'a, K> {
    fn new(
        (app, request, caller): (&'a AppData, &'a HttpRequest, &Caller),
        binding: Binding,
        query: &MatchQuery,
        parse: impl Fn(&str) -> Option<K>,
    ) -> Result<Self, ApiError> {
        let place = query.cursor.as_deref().map(|cursor| app.cursors.read(&binding, cursor));
        let invalid = || ApiError::new(ProblemCode::InvalidCursor);
        let after =
            place.transpose()?.map(|place| parse(&place).ok_or_else(invalid)).transpose()?;
        let ask = Ask {
            now: app.app.clock().now(),
            limit: query.limit.map_or(page::DEFAULT_LIMIT, usize::from),
            after,
            dismissed_by: Some(caller.party()),
        };
        let language = language(request);
        Ok(Self { app, request, binding, view: app.app.market(), ask, language })
    }

    fn now(&self) -> Timestamp {
        self.ask.now
    }

    /// 200 with the page that `page` makes of `items`, or 304 if the client has the same items: a
    /// market moves all the time, and `as_of` with it, while most lists stay as they are.
    fn answer<P: Serialize>(
        &self,
        items: &impl Serialize,
        place: Option<String>,
        page: impl FnOnce(Box<RawValue>, Option<String>) -> P,
    ) -> Result<HttpResponse, ApiError> {
        let items = to_raw_value(items).map_err(unwritable)?;
        let tag = self.is_read().then(|| Tag::alike(items.get().as_bytes()));
        let known = tag.as_ref().and_then(|tag| etag::not_modified(self.request, tag.as_str()));
        if let Some(not_modified) = known {
            return Ok(not_modified);
        }
        let next_cursor = place.map(|place| self.app.cursors.make(&self.binding, &place));
        let link = next_cursor.as_deref().map(|cursor| page::next_link(self.request, cursor));
        let mut body = Vec::with_capacity(items.get().len() + PAGE_BYTES);
        serde_json::to_writer(&mut body, &page(items, next_cursor)).map_err(unwritable)?;
        let mut response = tagged(HttpResponse::Ok(), tag.as_ref());
        if let Some(link) = link {
            response.insert_header((header::LINK, link));
        }
        let mut response = response.content_type(ContentType::json()).body(body);
        say(self.language, response.headers_mut());
        Ok(response)
    }

    fn shown<'m>(
        &self,
        found: &'m Match<'m>,
        demand: &'m DemandFacts,
        is_recorded: bool,
        party: Option<&'m crate::market::record::PartyRecord>,
    ) -> Shown<'m> {
        let (offer, evaluation) = (&found.offer.facts, &found.evaluation);
        let (words, language) = (found.words.as_deref(), self.language);
        let (product, checks) = (found.product, &*found.checks);
        Shown { offer, product, demand, words, is_recorded, party, evaluation, checks, language }
    }

    /// Whether a client may have the answer already: a preview is asked for by POST.
    fn is_read(&self) -> bool {
        self.request.method().is_safe()
    }
}

fn tagged(mut response: HttpResponseBuilder, tag: Option<&Tag>) -> HttpResponseBuilder {
    if let Some(tag) = tag {
        response.insert_header((header::ETAG, tag.as_str()));
    }
    response
}

impl Listing<'_, RankKey> {
    /// Offers for a demand; `facts` are those of a demand that is not in the market.
    fn matches(
        &self,
        page: Option<&Page<Match<'_>, RankKey>>,
        facts: Option<&DemandFacts>,
    ) -> Result<HttpResponse, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let recorded = found.demand.map(|demand| &demand.facts);
            let demand = recorded.or(facts)?;
            let party = Some(found.producer);
            Some(self.shown(found, demand, recorded.is_some(), party).item(self.now().date()))
        });
        self.list(items.collect(), page.and_then(|page| page.next.as_ref()))
    }

    /// Demands for an offer.
    fn matches_of_offer(
        &self,
        page: Option<&Page<Match<'_>, RankKey>>,
    ) -> Result<HttpResponse, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let demand = &found.demand?.facts;
            let party = Some(found.buyer).filter(|_| !demand.anonymous);
            Some(self.shown(found, demand, true, party).item(self.now().date()))
        });
        self.list(items.collect(), page.and_then(|page| page.next.as_ref()))
    }

    /// What a demand that is not in the market would find; nothing for one that is over.
    fn preview(&self, draft: Option<&Demand>) -> Result<HttpResponse, ApiError> {
        let Some(demand) = draft else { return self.matches(None, None) };
        let page = self.view.matches_for_terms(&demand.terms, &self.ask);
        self.matches(page.as_ref(), Some(&DemandFacts::from(demand)))
    }

    fn list(
        &self,
        items: Vec<MatchItem<'_>>,
        next: Option<&RankKey>,
    ) -> Result<HttpResponse, ApiError> {
        let as_of = self.view.as_of();
        self.answer(&items, next.map(rank_place), |items, next_cursor| MatchList {
            items,
            next_cursor,
            as_of,
        })
    }
}

impl Listing<'_, MissKey> {
    /// Near misses of a demand; `facts` are those of one that is not in the market.
    fn near_misses(
        &self,
        page: Option<&Page<Match<'_>, MissKey>>,
        facts: Option<&DemandFacts>,
    ) -> Result<HttpResponse, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let recorded = found.demand.map(|demand| &demand.facts);
            let demand = recorded.or(facts)?;
            let shown = self.shown(found, demand, recorded.is_some(), Some(found.producer));
            Some(shown.near_miss(self.now().date()))
        });
        let items: Vec<NearMiss<'_>> = items.collect();
        let next = page.and_then(|page| page.next.as_ref()).map(miss_place);
        let as_of = self.view.as_of();
        self.answer(&items, next, |items, next_cursor| NearMissList { items, next_cursor, as_of })
    }
}

fn language(request: &HttpRequest) -> Language {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
    Language::accepted(accepted.and_then(|value| value.to_str().ok()))
}

/// Says that an answer is in a language.
fn say(language: Language, headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
}

fn rank_place(key: &RankKey) -> String {
    match key.unit_price.map(|price| price.parts()) {
        Some((scaled, content)) => format!("{} {} {scaled} {content}", key.score, key.id),
        None => format!("{} {}", key.score, key.id),
    }
}

fn rank_key(place: &str) -> Option<RankKey> {
    let mut parts = place.split(' ');
    let (score, id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let unit_price = match (parts.next(), parts.next()) {
        (Some(scaled), Some(content)) => {
            Some(UnitPrice::from_parts(scaled.parse().ok()?, content.parse().ok()?)?)
        }
        _ => None,
    };
    Some(RankKey { score, unit_price, id })
}

fn miss_place(key: &MissKey) -> String {
    format!("{} {} {} {}", key.failed, key.gap, key.score, key.id)
}

fn miss_key(place: &str) -> Option<MissKey> {
    let mut parts = place.split(' ');
    Some(MissKey {
        failed: parts.next()?.parse().ok()?,
        gap: parts.next()?.parse().ok()?,
        score: parts.next()?.parse().ok()?,
        id: parts.next()?.parse().ok()?,
    })
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
