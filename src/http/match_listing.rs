//! One list of matches or near misses: asked for, worked out or found to be kept, and told. Must
//! not know who may ask.

use std::io::Write;

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpRequest, HttpResponse};
use matching::date::Timestamp;
use matching::facts::DemandFacts;
use matching::id::{DemandId, PartyId};
use matching::price::UnitPrice;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::etag::{self, Tag};
use super::kept_lists::{KeptList, ListKey, PageMarks, ToldList};
use super::language;
use super::match_record::{MatchItem, MatchList, NearMiss, NearMissList, Shown};
use super::matches::MatchQuery;
use super::page::{self, Binding};
use super::problem::{ApiError, ProblemCode};
use super::problem_texts::Language;
use super::record::unwritable;
use super::state::AppData;
use crate::actions::matches::Draft;
use crate::market::View;
use crate::market::footing::Footing;
use crate::market::matches::{Ask, Match, PairKey};
use crate::market::rank::{MissKey, Page, RankKey};
use crate::market::record::PartyRecord;
use crate::market::touched::Mark;

/// Room for what a page says beside its items.
const PAGE_BYTES: usize = 512;
/// Room for the number of a version and what follows it.
const MOMENT_BYTES: usize = 24;
/// How a page ends whose version is not said yet.
const UNSAID: &str = "0}";

/// The place of an item in a list, as a cursor holds it, and how a page of that list is written.
pub(super) trait Place: PairKey {
    /// The place as a cursor says it.
    fn text(&self) -> String;
    /// The place that a cursor says.
    fn parse(text: &str) -> Option<Self>;
    /// Writes a page that ends with [`UNSAID`].
    fn write(
        body: &mut Vec<u8>,
        items: &RawValue,
        next_cursor: Option<&str>,
    ) -> serde_json::Result<()>;
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

    fn write(
        body: &mut Vec<u8>,
        items: &RawValue,
        next_cursor: Option<&str>,
    ) -> serde_json::Result<()> {
        serde_json::to_writer(body, &MatchList { items, next_cursor, as_of: 0 })
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

    fn write(
        body: &mut Vec<u8>,
        items: &RawValue,
        next_cursor: Option<&str>,
    ) -> serde_json::Result<()> {
        serde_json::to_writer(body, &NearMissList { items, next_cursor, as_of: 0 })
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

    /// The page of a demand of the market: one that is kept and still holds, else one that `find`
    /// works out, as `tell` tells it.
    ///
    /// # Errors
    /// Those of `tell`.
    pub(super) fn kept<'m>(
        &'m self,
        demand: DemandId,
        find: impl FnOnce() -> Option<Page<Match<'m>, K>>,
        tell: impl FnOnce(Option<&Page<Match<'m>, K>>) -> Result<ToldList, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let (lists, key) = (&self.app.kept_lists, self.key());
        if let Some(kept) = lists.find(&key).filter(|kept| self.still_holds(demand, kept)) {
            self.app.metrics.told_again();
            return self.answer(&kept.marks, || kept.body(MOMENT_BYTES).map_err(unwritable));
        }
        let page = find();
        let told = tell(page.as_ref())?;
        if let Some(page) = &page {
            lists.keep(key, || KeptList::new(&told, Footing::of(page), self.moment()));
        }
        self.answer(&told.marks, || Ok(told.body))
    }

    fn still_holds(&self, demand: DemandId, kept: &KeptList) -> bool {
        let since = kept.since();
        let holds = self.view.still_holds(demand, (&kept.footing, since), &self.ask);
        if holds && since.0 != self.view.mark() {
            kept.renew(self.moment());
        }
        holds
    }

    fn moment(&self) -> (Mark, Timestamp) {
        (self.view.mark(), self.now())
    }

    fn key(&self) -> ListKey {
        let address = self.request.uri().path_and_query().map_or("", |it| it.as_str()).to_owned();
        ListKey { party: self.party, address, language: self.language }
    }

    fn told(&self, items: &impl Serialize, next: Option<&K>) -> Result<ToldList, ApiError> {
        let items = to_raw_value(items).map_err(unwritable)?;
        let next_cursor = next.map(|place| self.app.cursors.make(&self.binding, &place.text()));
        let mut body = Vec::with_capacity(items.get().len() + PAGE_BYTES);
        K::write(&mut body, &items, next_cursor.as_deref()).map_err(unwritable)?;
        debug_assert!(body.ends_with(UNSAID.as_bytes()), "the version is said last");
        body.truncate(body.len() - UNSAID.len());
        let tag = self.is_read().then(|| Tag::alike(&body));
        Ok(ToldList { marks: PageMarks { tag, next_cursor }, body })
    }

    /// The answer with a page that is not kept.
    ///
    /// # Errors
    /// Those of [`Self::answer`].
    pub(super) fn tell(&self, list: ToldList) -> Result<HttpResponse, ApiError> {
        self.answer(&list.marks, || Ok(list.body))
    }

    /// 200 with a page, or 304 if the client has the same one: a market moves all the time, and
    /// `as_of` with it, while most lists stay as they are.
    ///
    /// # Errors
    /// A bug, if the page cannot be written.
    fn answer(
        &self,
        PageMarks { tag, next_cursor }: &PageMarks,
        body: impl FnOnce() -> Result<Vec<u8>, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let known = tag.as_ref().and_then(|tag| etag::not_modified(self.request, tag.as_str()));
        if let Some(not_modified) = known {
            return Ok(not_modified);
        }
        let mut body = body()?;
        write!(body, "{}}}", self.view.as_of()).map_err(unwritable)?;
        let mut response = HttpResponse::Ok();
        if let Some(tag) = tag {
            response.insert_header((header::ETAG, tag.as_str()));
        }
        if let Some(cursor) = next_cursor {
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
    pub(super) fn preview(&self, draft: Option<&Draft>) -> Result<ToldList, ApiError> {
        let Some(draft) = draft else { return self.matches(None, None) };
        let page = self.view.matches_for_unlisted(&draft.unlisted(), &self.ask);
        self.matches(page.as_ref(), Some(&DemandFacts::from(&draft.demand)))
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
