//! The live market: published offers and open demands in memory, fed by the change log, so that
//! match queries never touch the database. A cache: reservations are decided by the database only.
//! Must not know HTTP, nor where changes come from.
//!
//! Every version is immutable and shares what did not change with the one before; a reader keeps
//! the version that it began with, and never waits for the feeder
//! (docs/adr/0006-keep-the-live-market-in-memory.md).

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use matching::date::Timestamp;
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::price::FreightRate;
use matching::text::synonyms::Synonyms;

pub mod allocation;
mod allocation_columns;
mod allocation_pairs;
pub mod allocation_relaxations;
mod block;
pub mod catalogue;
pub mod change;
mod cluster;
pub mod explanation;
pub mod feed;
pub mod footing;
mod lists;
pub mod matches;
mod named;
mod offer_rows;
mod offer_search;
pub mod rank;
pub mod record;
mod row;
mod state;
mod table;
mod texts;
pub mod touched;
mod wanted;

#[cfg(test)]
mod tests;

use catalogue::{Catalogue, Facets, ProductAsk, ProductHit, SearchKey};
use change::MarketChange;
use footing::Footing;
use matches::{Ask, Match, PairKey, Reader, Unlisted};
use rank::{MissKey, Page, RankKey};
use state::State;
use texts::Texts;
use touched::Mark;

/// What a market is set up with.
#[derive(Debug, Clone, Default)]
pub struct MarketSettings {
    /// Wordings that mean the same.
    pub synonyms: Synonyms,
    /// What one kilometre costs.
    pub freight: FreightRate,
    /// Labels of the product sets, from the first on, for product search.
    pub product_set_labels: Vec<String>,
}

/// The live market.
#[derive(Debug)]
pub struct Market {
    current: ArcSwap<State>,
    feeder: Mutex<()>,
    shared: Arc<Shared>,
}

/// What every version shares.
#[derive(Debug)]
struct Shared {
    texts: Texts,
    catalogue: Catalogue,
    freight: FreightRate,
}

impl Market {
    /// An empty market.
    #[must_use]
    pub fn new(settings: MarketSettings) -> Self {
        let MarketSettings { synonyms, freight, product_set_labels } = settings;
        let shared = Shared {
            texts: Texts::new(synonyms.clone()),
            catalogue: Catalogue::new(synonyms, product_set_labels),
            freight,
        };
        Self { current: ArcSwap::default(), feeder: Mutex::default(), shared: Arc::new(shared) }
    }

    /// Makes the version that `changes` lead to, in their order but dismissals last, and shows it
    /// to the queries that begin from now on. Returns how many changes referred to a party,
    /// product or demand that is not in the market; those are left out. A whole market is best
    /// given as one batch, read as it goes.
    pub fn apply(&self, as_of: i64, changes: impl IntoIterator<Item = MarketChange>) -> usize {
        let _one_at_a_time = self.feeder.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current.load_full();
        let mut next = State::clone(&before);
        next.as_of = as_of;
        let (mut unknown, mut products, mut last) = (0, Vec::new(), Vec::new());
        for change in changes {
            if matches!(change, MarketChange::Dismissed(_)) {
                last.push(change);
                continue;
            }
            let subject = Subject::of(&change);
            unknown += usize::from(!next.apply(change, &self.shared.texts));
            products.extend(subject.map(|it| it.products(&next)).unwrap_or_default());
        }
        for change in last {
            unknown += usize::from(!next.apply(change, &self.shared.texts));
        }
        self.shared.catalogue.follow(&before, &next, &products);
        self.current.store(Arc::new(next));
        unknown
    }

    /// Makes the first version: parties and products, and then what refers to them. Product search
    /// is made ready for the products while the others are applied.
    pub(crate) fn fill(
        &self,
        subjects: impl Iterator<Item = MarketChange>,
        others: impl Iterator<Item = MarketChange>,
    ) {
        let _one_at_a_time = self.feeder.lock().unwrap_or_else(PoisonError::into_inner);
        let (texts, catalogue) = (&self.shared.texts, &self.shared.catalogue);
        let mut next = State::default();
        for change in subjects {
            next.apply(change, texts);
        }
        let listed = next.clone();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let products: Vec<u32> = listed.products.slots().collect();
                catalogue.follow(&State::default(), &listed, &products);
            });
            // A dismissal may come before its demand.
            let mut last = Vec::new();
            for change in others {
                if matches!(change, MarketChange::Dismissed(_)) {
                    last.push(change);
                } else {
                    next.fill(change, texts);
                }
            }
            for change in last {
                next.apply(change, texts);
            }
            next.cluster();
        });
        self.current.store(Arc::new(next));
    }

    /// Works out which names and texts of the present version answer one another, so that no query
    /// is the first to need it. Queries and changes go on meanwhile.
    pub fn warm(&self) {
        self.shared.texts.warm();
    }

    /// The present version.
    #[must_use]
    pub fn view(&self) -> View {
        View { state: self.current.load_full(), shared: Arc::clone(&self.shared) }
    }
}

/// Whose products a change may make to be found by other words.
enum Subject {
    Party(PartyId),
    Product(ProductId),
}

impl Subject {
    fn of(change: &MarketChange) -> Option<Self> {
        match change {
            MarketChange::Party(party) => Some(Self::Party(party.id)),
            MarketChange::Product(product) => Some(Self::Product(product.id)),
            _ => None,
        }
    }

    fn products(self, state: &State) -> Vec<u32> {
        let party = |id| state.parties.get(state.party_slot(id)?);
        match self {
            Self::Party(id) => party(id).map(|party| party.products.clone()).unwrap_or_default(),
            Self::Product(id) => state.product_slot(id).into_iter().collect(),
        }
    }
}

/// One version of the market; it does not change while it is kept.
#[derive(Debug, Clone)]
pub struct View {
    state: Arc<State>,
    shared: Arc<Shared>,
}

impl View {
    /// The number of the last change that it knows.
    #[must_use]
    pub fn as_of(&self) -> i64 {
        self.state.as_of
    }

    /// The place of this version among what was ever touched.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.state.touched.mark()
    }

    /// How many published offers and open demands it has.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.state.offers.len(), self.state.demands.len())
    }

    /// Whether it has neither offers nor demands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    /// Eligible offers for a demand, best first; none if the demand is not in the market.
    #[must_use]
    pub fn matches_for_demand(
        &self,
        id: DemandId,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'_>, RankKey>> {
        self.reader().for_demand(id, ask)
    }

    /// Demands that an offer is eligible for, best first; none if the offer is not in the market.
    #[must_use]
    pub fn matches_for_offer(
        &self,
        id: OfferId,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'_>, RankKey>> {
        self.reader().for_offer(id, ask)
    }

    /// Eligible offers for a demand that is not in the market; none if its buyer is not either.
    #[must_use]
    pub fn matches_for_unlisted(
        &self,
        demand: &Unlisted<'_>,
        ask: &Ask<RankKey>,
    ) -> Option<Page<Match<'_>, RankKey>> {
        self.reader().for_unlisted(demand, ask)
    }

    /// Near misses of a demand, nearest first: open, visible offers of a wanted product that fail
    /// another check.
    #[must_use]
    pub fn excluded_for_demand(
        &self,
        id: DemandId,
        ask: &Ask<MissKey>,
    ) -> Option<Page<Match<'_>, MissKey>> {
        self.reader().excluded(id, ask)
    }

    /// The same for a demand that is not in the market; none if its buyer is not either.
    #[must_use]
    pub fn excluded_for_unlisted(
        &self,
        demand: &Unlisted<'_>,
        ask: &Ask<MissKey>,
    ) -> Option<Page<Match<'_>, MissKey>> {
        self.reader().excluded_for_unlisted(demand, ask)
    }

    /// Whether a page of offers for a demand, matches or near misses, says the same to `ask` as it
    /// did when it was found to rest on `footing`; false if that cannot be told.
    #[must_use]
    pub fn still_holds<K: PairKey>(
        &self,
        id: DemandId,
        (footing, since): (&Footing, (Mark, Timestamp)),
        ask: &Ask<K>,
    ) -> bool {
        self.reader().still_holds(id, (footing, since), ask).unwrap_or(false)
    }

    /// Listed products that answer a text and pass a filter, best first.
    #[must_use]
    pub fn search_products(&self, ask: &ProductAsk<'_>) -> Page<ProductHit<'_>, SearchKey> {
        self.shared.catalogue.search(&self.state, ask)
    }

    /// How long that list would be with each value in place of the filter of its kind.
    #[must_use]
    pub fn product_facets(&self, ask: &ProductAsk<'_>) -> Facets {
        self.shared.catalogue.facets(&self.state, ask)
    }

    fn reader(&self) -> Reader<'_> {
        let Shared { texts, freight, .. } = &*self.shared;
        Reader { state: &self.state, texts, freight: *freight }
    }
}
