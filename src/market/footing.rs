//! What a page of offers for a demand rests on, so that one which was told before can be found to
//! say the same still. Must not know how a list is searched for, nor where pages are kept.

use std::mem::discriminant;

use matching::date::Timestamp;
use matching::id::{DemandId, OfferId};
use matching::pair::{Moment, route_of};
use matching::product::ProductSet;
use uuid::Uuid;

use super::matches::{Ask, Match, PairKey, Reader, Sought, listed};
use super::rank::{AnyKey, Page};
use super::touched::{Mark, Touch, TouchedOffer};

/// The offers of a page, and how far it reaches.
#[derive(Debug, Clone)]
pub struct Footing {
    /// Those that it shows, and the first behind it.
    offers: Box<[OfferId]>,
    /// The place of the first behind it; none if there is room for any.
    beyond: Option<AnyKey>,
}

impl Footing {
    /// That of a page.
    #[must_use]
    pub fn of<K: PairKey>(page: &Page<Match<'_>, K>) -> Self {
        let beyond: Option<AnyKey> = page.beyond.map(Into::into);
        let shown = page.items.iter().map(|found| found.offer.facts.id);
        let first_behind = beyond.map(|key| OfferId::new(Uuid::from_u128(key.id())));
        Self { offers: shown.chain(first_behind).collect(), beyond }
    }

    /// Whether a place is on the page or the first behind it, for all that is known.
    fn reaches(&self, key: AnyKey) -> bool {
        let same_kind = |beyond: &AnyKey| discriminant(beyond) == discriminant(&key);
        self.beyond.filter(same_kind).is_none_or(|beyond| key <= beyond)
    }

    /// How many bytes it takes beside itself.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.offers.len() * size_of::<OfferId>()
    }
}

impl Reader<'_> {
    /// Whether nothing that a page says has changed since; none if that cannot be told.
    pub(super) fn still_holds<K: PairKey>(
        self,
        id: DemandId,
        (footing, (mark, then)): (&Footing, (Mark, Timestamp)),
        ask: &Ask<K>,
    ) -> Option<bool> {
        let slot = self.state.demand_slot(id)?;
        let record = self.state.demands.get(slot)?;
        let state = |moment| record.facts.state(self.state.needs.get(record.needs), moment);
        if then.date() != ask.now.date() || state(then) != state(ask.now) {
            return Some(false);
        }
        let is_shown = |touch| match touch {
            Touch::Party(party) => party == record.buyer,
            Touch::Demand(demand) => demand == slot,
            Touch::Offer(offer) => footing.offers.contains(&offer.id),
        };
        if self.state.touched.since(mark)?.any(is_shown) {
            return Some(false);
        }
        let mut offers = self.state.touched.since(mark)?.filter_map(Touch::offer).peekable();
        if offers.peek().is_none() {
            return Some(true);
        }
        let sought = self.sought(record)?;
        let comes_in =
            |offer| is_wanted(&sought, offer) && self.comes_in(&sought, offer.id, footing, ask);
        Some(!offers.any(comes_in))
    }

    /// Whether an offer, as it is now, has its place on the page or comes first behind it.
    fn comes_in<K: PairKey>(
        self,
        sought: &Sought<'_, '_>,
        id: OfferId,
        footing: &Footing,
        ask: &Ask<K>,
    ) -> bool {
        let slot = self.state.offer_slot(id);
        let pair = slot.and_then(|slot| self.pair(sought, slot, Moment::at(ask.now)));
        let found = pair.and_then(|pair| listed(sought, &pair, ask.dismissed_by));
        let is_after = |key: K| ask.after.is_none_or(|after| key > after);
        found.is_some_and(|(key, _)| is_after(key) && footing.reaches(key.into()))
    }
}

/// Whether an offer of a product may be in a list of what is sought.
fn is_wanted(sought: &Sought<'_, '_>, offer: TouchedOffer) -> bool {
    let likeness = sought.likeness_at_most(offer.name);
    let route = |set| route_of(sought.facts, set, &likeness);
    sought.facts.rare().product_ids.contains(&offer.product)
        || ProductSet::new(offer.product_set).is_none_or(|set| route(set).is_some())
}
