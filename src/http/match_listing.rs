//! One list of matches or near misses: asked for, worked out or found to be kept, and told. Must
//! not know who may ask.

use std::sync::Arc;

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse};
use matching::date::Timestamp;
use matching::demand::Demand;
use matching::facts::DemandFacts;
use matching::id::{DemandId, PartyId};
use matching::price::UnitPrice;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::etag::{self, Tag};
use super::kept_lists::{KeptList, ListKey, ToldList};
use super::language;
use super::match_record::{MatchItem, MatchList, NearMiss, NearMissList, Shown};
use super::matches::MatchQuery;
use super::page::{self, Binding};
use super::problem::{ApiError, ProblemCode};
use super::problem_texts::Language;
use super::record::unwritable;
use super::state::AppData;
use crate::market::View;
use crate::market::matches::{Ask, Match};
use crate::market::rank::{MissKey, Page, RankKey};
use crate::market::record::PartyRecord;

/// Room for what a page says beside its items.
const PAGE_BYTES: usize = 512;

/// The place of an item in a list, as a cursor holds it, and how a page of that list is written.
pub(super) trait Place: Sized {
    /// The place as a cursor says it.
    fn text(&self) -> String;
    /// The place that a cursor says.
    fn parse(text: &str) -> Option<Self>;
    /// Writes a page.
    fn write(page: &mut Vec<u8>, list: &ToldList, as_of: i64) -> serde_json::Result<()>;
}

impl Place for RankKey {
    fn text(&self) -> String {
        match self.unit_price.map(|price| price.parts()) {
            Some((scaled, content)) => format!("{} {} {scaled} {content}", self.score, self.id),
            None => format!("{} {}", self.score, self.id),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let (score, id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let unit_price = match (parts.next(), parts.next()) {
            (Some(scaled), Some(content)) => {
                Some(UnitPrice::from_parts(scaled.parse().ok()?, content.parse().ok()?)?)
            }
            _ => None,
        };
        Some(Self { score, unit_price, id })
    }

    fn write(page: &mut Vec<u8>, list: &ToldList, as_of: i64) -> serde_json::Result<()> {
        let ToldList { items, next_cursor, .. } = list;
        let next_cursor = next_cursor.as_deref();
        serde_json::to_writer(page, &MatchList { items, next_cursor, as_of })
    }
}

impl Place for MissKey {
    fn text(&self) -> String {
        format!("{} {} {} {}", self.failed, self.gap, self.score, self.id)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        Some(Self {
            failed: parts.next()?.parse().ok()?,
            gap: parts.next()?.parse().ok()?,
            score: parts.next()?.parse().ok()?,
            id: parts.next()?.parse().ok()?,
        })
    }

    fn write(page: &mut Vec<u8>, list: &ToldList, as_of: i64) -> serde_json::Result<()> {
        let ToldList { items, next_cursor, .. } = list;
        let next_cursor = next_cursor.as_deref();
        serde_json::to_writer(page, &NearMissList { items, next_cursor, as_of })
    }
}

/// One list as it is asked for: who, when, from which version, which page.
pub(super) struct Listing<'a, K> {
    app: &'a AppData,
    request: &'a HttpRequest,
    party: PartyId,
    binding: Binding,
    /// The version of the market.
    pub(super) view: View,
    /// The page.
    pub(super) ask: Ask<K>,
    language: Language,
}

impl<'a, K: Place> Listing<'a, K> {
    /// The page of `query` that `party` asks for.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidCursor`].
    pub(super) fn new(
        (app, request, party): (&'a AppData, &'a HttpRequest, PartyId),
        binding: Binding,
        query: &MatchQuery,
    ) -> Result<Self, ApiError> {
        let place = query.cursor.as_deref().map(|cursor| app.cursors.read(&binding, cursor));
        let invalid = || ApiError::new(ProblemCode::InvalidCursor);
        let after =
            place.transpose()?.map(|place| K::parse(&place).ok_or_else(invalid)).transpose()?;
        let ask = Ask {
            now: app.app.clock().now(),
            limit: query.limit.map_or(page::DEFAULT_LIMIT, usize::from),
            after,
            dismissed_by: Some(party),
        };
        let language = language::asked(request.headers());
        Ok(Self { app, request, party, binding, view: app.app.market(), ask, language })
    }

    fn now(&self) -> Timestamp {
        self.ask.now
    }

    /// The page of a demand of the market, worked out by `find` unless one is kept that still
    /// holds.
    ///
    /// # Errors
    /// Those of `find`.
    pub(super) fn kept(
        &self,
        demand: DemandId,
        find: impl FnOnce() -> Result<ToldList, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let (lists, key) = (&self.app.kept_lists, self.key());
        let holds = |kept: &KeptList| self.view.still_holds(demand, kept.since, self.now());
        if let Some(kept) = lists.find(&key).filter(holds) {
            self.app.metrics.told_again();
            return self.answer(&kept.told);
        }
        let told = Arc::new(find()?);
        let since = (self.view.mark(), self.now());
        lists.keep(key, KeptList { told: Arc::clone(&told), since });
        self.answer(&told)
    }

    fn key(&self) -> ListKey {
        let address = self.request.uri().path_and_query().map_or("", |it| it.as_str()).to_owned();
        ListKey { party: self.party, address, language: self.language }
    }

    fn told(&self, items: &impl Serialize, next: Option<&K>) -> Result<ToldList, ApiError> {
        let items = to_raw_value(items).map_err(unwritable)?;
        let tag = self.is_read().then(|| Tag::alike(items.get().as_bytes()));
        let next_cursor = next.map(|place| self.app.cursors.make(&self.binding, &place.text()));
        Ok(ToldList { items, next_cursor, tag })
    }

    /// 200 with a page, or 304 if the client has the same items: a market moves all the time, and
    /// `as_of` with it, while most lists stay as they are.
    ///
    /// # Errors
    /// A bug, if the page cannot be written.
    pub(super) fn answer(&self, list: &ToldList) -> Result<HttpResponse, ApiError> {
        let tag = list.tag.as_ref();
        let known = tag.and_then(|tag| etag::not_modified(self.request, tag.as_str()));
        if let Some(not_modified) = known {
            return Ok(not_modified);
        }
        let mut body = Vec::with_capacity(list.items.get().len() + PAGE_BYTES);
        K::write(&mut body, list, self.view.as_of()).map_err(unwritable)?;
        let mut response = HttpResponse::Ok();
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, tag.as_str()));
        }
        if let Some(cursor) = list.next_cursor.as_deref() {
            response.insert_header((header::LINK, page::next_link(self.request, cursor)));
        }
        let mut response = response.content_type(ContentType::json()).body(body);
        language::say(self.language, "Accept-Language", response.headers_mut());
        Ok(response)
    }

    fn shown<'m>(
        &self,
        found: &'m Match<'m>,
        demand: &'m DemandFacts,
        is_recorded: bool,
        party: Option<&'m PartyRecord>,
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

impl Listing<'_, RankKey> {
    /// Offers for a demand; `facts` are those of a demand that is not in the market.
    ///
    /// # Errors
    /// A bug, if an item cannot be written.
    pub(super) fn matches(
        &self,
        page: Option<&Page<Match<'_>, RankKey>>,
        facts: Option<&DemandFacts>,
    ) -> Result<ToldList, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let recorded = found.demand.map(|demand| &demand.facts);
            let demand = recorded.or(facts)?;
            let party = Some(found.producer);
            Some(self.shown(found, demand, recorded.is_some(), party).item(self.now().date()))
        });
        let items: Vec<MatchItem<'_>> = items.collect();
        self.told(&items, page.and_then(|page| page.next.as_ref()))
    }

    /// Demands for an offer.
    ///
    /// # Errors
    /// A bug, if an item cannot be written.
    pub(super) fn matches_of_offer(
        &self,
        page: Option<&Page<Match<'_>, RankKey>>,
    ) -> Result<ToldList, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let demand = &found.demand?.facts;
            let party = Some(found.buyer).filter(|_| !demand.anonymous);
            Some(self.shown(found, demand, true, party).item(self.now().date()))
        });
        let items: Vec<MatchItem<'_>> = items.collect();
        self.told(&items, page.and_then(|page| page.next.as_ref()))
    }

    /// What a demand that is not in the market would find; nothing for one that is over.
    ///
    /// # Errors
    /// A bug, if an item cannot be written.
    pub(super) fn preview(&self, draft: Option<&Demand>) -> Result<ToldList, ApiError> {
        let Some(demand) = draft else { return self.matches(None, None) };
        let page = self.view.matches_for_terms(&demand.terms, &self.ask);
        self.matches(page.as_ref(), Some(&DemandFacts::from(demand)))
    }
}

impl Listing<'_, MissKey> {
    /// Near misses of a demand; `facts` are those of one that is not in the market.
    ///
    /// # Errors
    /// A bug, if an item cannot be written.
    pub(super) fn near_misses(
        &self,
        page: Option<&Page<Match<'_>, MissKey>>,
        facts: Option<&DemandFacts>,
    ) -> Result<ToldList, ApiError> {
        let items = page.map_or(&[][..], |page| &page.items).iter().filter_map(|found| {
            let recorded = found.demand.map(|demand| &demand.facts);
            let demand = recorded.or(facts)?;
            let shown = self.shown(found, demand, recorded.is_some(), Some(found.producer));
            Some(shown.near_miss(self.now().date()))
        });
        let items: Vec<NearMiss<'_>> = items.collect();
        self.told(&items, page.and_then(|page| page.next.as_ref()))
    }
}
