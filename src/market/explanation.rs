//! One pair, judged from its records rather than from the market's copy, so that drafts and paused
//! offers can be explained too. Must not know who asks.

use matching::check::{CHECKS, Check};
use matching::date::Timestamp;
use matching::demand::{Demand, SubstituteProduct};
use matching::evaluation::{Evaluation, evaluate};
use matching::facts::{DemandFacts, FreeCapacity, NeedFacts, OfferFacts};
use matching::id::{DemandId, OfferId, PartyId};
use matching::offer::Offer;
use matching::pair::{Likeness, Moment, Pair};

use super::View;
use super::record::{PartyRecord, ProductRecord};

/// A judged pair with all that it was judged by.
#[derive(Debug)]
pub struct Explanation<'v> {
    /// The offer.
    pub offer: OfferFacts,
    /// Its product.
    pub product: &'v ProductRecord,
    /// Its producer.
    pub producer: &'v PartyRecord,
    /// The demand.
    pub demand: DemandFacts,
    /// The buyer.
    pub buyer: &'v PartyRecord,
    /// The judgement.
    pub evaluation: Evaluation,
    /// Every check.
    pub checks: [Check; CHECKS],
}

impl View {
    /// The owner of an offer of the market.
    #[must_use]
    pub fn producer_of(&self, id: OfferId) -> Option<PartyId> {
        let offer = self.state.offers.get(self.state.offer_slot(id)?)?;
        let product = self.state.products.get(offer.product)?;
        Some(self.state.parties.get(product.producer)?.facts.id)
    }

    /// The owner of a demand of the market.
    #[must_use]
    pub fn buyer_of(&self, id: DemandId) -> Option<PartyId> {
        let demand = self.state.demands.get(self.state.demand_slot(id)?)?;
        Some(self.state.parties.get(demand.buyer)?.facts.id)
    }

    /// Judges an offer and a demand in whatever state they are; none if the product or a party of
    /// theirs is not in the market yet.
    #[must_use]
    pub fn judge(&self, offer: &Offer, demand: &Demand, now: Timestamp) -> Option<Explanation<'_>> {
        let party = |id| self.state.parties.get(self.state.party_slot(id)?);
        let slot = self.state.product_slot(offer.terms.product_id)?;
        let product = self.state.products.get(slot)?;
        let (producer, buyer) = (party(offer.terms.party_id)?, party(demand.terms.party_id)?);
        let likeness = |text: &str| self.shared.texts.likeness(text, &product.name_text);
        let substitutes =
            demand.terms.substitutes.iter().map(|substitute| match &substitute.product {
                SubstituteProduct::Text(text) => likeness(text),
                SubstituteProduct::ProductSet(_) => 0,
            });
        let (capacity, needs) = (FreeCapacity::of(offer), NeedFacts::of(demand));
        let (offer, facts) = (OfferFacts::from(offer), DemandFacts::from(demand));
        let pair = Pair {
            offer: &offer,
            capacity: &capacity,
            product: &product.facts,
            producer: &producer.facts,
            demand: &facts,
            needs: &needs,
            buyer: &buyer.facts,
            likeness: Likeness {
                text: demand.terms.text.as_deref().map_or(0, likeness),
                substitutes: substitutes.collect(),
            },
            freight: self.shared.freight,
            moment: Moment::at(now),
        };
        let evaluation = evaluate(&pair);
        let checks = evaluation.judgement.checks(&pair);
        Some(Explanation { offer, product, producer, demand: facts, buyer, evaluation, checks })
    }
}
