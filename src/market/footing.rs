//! What a page of offers for a demand rests on, so that one which was told before can be found to
//! say the same still. Must not know how a list is searched for, nor where pages are kept.

use matching::date::Timestamp;
use matching::id::{DemandId, OfferId};
use matching::pair::{Moment, route_of};
use matching::product::ProductSet;
use uuid::Uuid;

use super::matches::{Ask, Match, PairKey, Reader, Sought, is_dismissed, may_be_shown};
use super::rank::{AnyKey, Page};
use super::record::ProductRecord;
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

    fn reaches<K: PairKey>(&self, key: K) -> bool {
        self.beyond.is_none_or(|beyond| key.into() <= beyond)
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
        let mut touches = self.state.touched.since(mark)?.peekable();
        if touches.peek().is_none() {
            return Some(true);
        }
        let sought = self.sought(record)?;
        Some(touches.all(|touch| match touch {
            Touch::Party(party) => party != record.buyer,
            Touch::Demand(demand) => demand != slot,
            Touch::Offer(offer) => {
                !footing.offers.contains(&offer.id)
                    && (!self.is_wanted(&sought, offer)
                        || !self.comes_in(&sought, offer, footing, ask))
            }
        }))
    }

    /// Whether an offer of a product may be in a list of what is sought.
    fn is_wanted(self, sought: &Sought<'_, '_>, offer: TouchedOffer) -> bool {
        let named = &sought.facts.rare().product_ids;
        let is_named = |product: &ProductRecord| named.contains(&product.facts.id);
        let likeness = sought.likeness_at_most(offer.name);
        let route = |set| route_of(sought.facts, set, &likeness);
        self.state.products.get(offer.product).is_none_or(is_named)
            || ProductSet::new(offer.product_set).is_none_or(|set| route(set).is_some())
    }

    /// Whether an offer, as it is now, has its place on the page or comes first behind it.
    fn comes_in<K: PairKey>(
        self,
        sought: &Sought<'_, '_>,
        offer: TouchedOffer,
        footing: &Footing,
        ask: &Ask<K>,
    ) -> bool {
        let place = self.place(sought, offer.id, ask);
        place.is_some_and(|key| ask.after.is_none_or(|after| key > after) && footing.reaches(key))
    }

    /// The place of an offer in a list, if it is in it.
    fn place<K: PairKey>(self, sought: &Sought<'_, '_>, id: OfferId, ask: &Ask<K>) -> Option<K> {
        let pair = self.pair(sought, self.state.offer_slot(id)?, Moment::at(ask.now))?;
        let record = sought.record?;
        let is_shown = may_be_shown(&pair) && !is_dismissed(record, &pair, ask.dismissed_by);
        let (key, _) = is_shown.then(|| K::judge(&pair, id.as_u128()))??;
        Some(key)
    }
}
