//! The records that the market should know, kept plainly, and the plain judgement of a pair of
//! them.

use std::collections::BTreeMap;

use matching::check::Check;
use matching::demand::{Demand, DemandStatus, SubstituteProduct};
use matching::evaluation::{Evaluation, evaluate};
use matching::facts::{DemandFacts, FreeCapacity, NeedFacts, OfferFacts};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::offer::{Offer, OfferStatus};
use matching::pair::{Likeness, Moment, Pair};
use matching::price::FreightRate;
use matching::text::relevance::{Name, Query, relevance};
use matching::text::synonyms::Synonyms;

use super::super::change::{MarketChange, PartyChange, ProductChange};
use super::generator::{Party, Product, World};

/// The records that the market should know.
#[derive(Default)]
pub(super) struct Plain {
    pub(super) parties: BTreeMap<PartyId, Party>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) owners: BTreeMap<ProductId, PartyId>,
    pub(super) offers: BTreeMap<OfferId, Offer>,
    pub(super) demands: BTreeMap<DemandId, Demand>,
}

fn place(offer: &Offer) -> matching::place::Place {
    offer.terms.place.clone()
}

pub(super) fn party_change(party: &Party, world: &World) -> MarketChange {
    MarketChange::Party(Box::new(PartyChange {
        id: party.id,
        name: format!("Hợp tác xã {}", party.id),
        place: matching::place::Place { province: party.province, ..place(&world.offers[0]) },
        place_names: String::new(),
        coordinates: party.roles_coordinator,
        papers: party.papers.clone(),
        fulfilments: party.fulfilments.clone(),
    }))
}

pub(super) fn product_change(product: &Product, owner: PartyId) -> MarketChange {
    MarketChange::Product(Box::new(ProductChange {
        id: product.id,
        party_id: owner,
        name: product.name.clone(),
        product_set: product.set,
        stars: product.stars.clone(),
        papers: product.papers.clone(),
        is_listed: true,
    }))
}

fn likeness_to(text: &str, name: &str) -> u16 {
    let synonyms = Synonyms::default();
    relevance(&Query::new(text, &synonyms), &Name::new(name, &synonyms))
}

impl Plain {
    pub(super) fn of(world: &World) -> (Self, Vec<MarketChange>) {
        let mut plain = Self::default();
        let mut changes = Vec::new();
        for party in &world.parties {
            plain.parties.insert(party.id, party.clone());
            changes.push(party_change(party, world));
        }
        for product in &world.products {
            let owner = world.parties[product.party].id;
            plain.owners.insert(product.id, owner);
            plain.products.insert(product.id, product.clone());
            changes.push(product_change(product, owner));
        }
        for offer in &world.offers {
            plain.offers.insert(offer.id, offer.clone());
            changes.push(MarketChange::Offer(Box::new(offer.clone())));
        }
        for demand in &world.demands {
            plain.demands.insert(demand.id, demand.clone());
            changes.push(MarketChange::Demand(Box::new(demand.clone())));
        }
        (plain, changes)
    }

    pub(super) fn evaluate(&self, world: &World, offer: &Offer, demand: &Demand) -> Evaluation {
        self.explain(world, offer, demand).0
    }

    pub(super) fn explain(
        &self,
        world: &World,
        offer: &Offer,
        demand: &Demand,
    ) -> (Evaluation, Vec<Check>) {
        let product = &self.products[&offer.terms.product_id];
        let party = |id: PartyId| self.parties[&id].facts();
        let substitutes = demand.terms.substitutes.iter().map(|each| match &each.product {
            SubstituteProduct::Text(text) => likeness_to(text, &product.name),
            SubstituteProduct::ProductSet(_) => 0,
        });
        let text = demand.terms.text.as_deref();
        let pair = Pair {
            offer: &OfferFacts::from(offer),
            capacity: &FreeCapacity::of(offer),
            product: &product.facts(),
            producer: &party(self.owners[&product.id]),
            demand: &DemandFacts::from(demand),
            needs: &NeedFacts::of(demand),
            buyer: &party(demand.terms.party_id),
            likeness: Likeness {
                text: text.map_or(0, |text| likeness_to(text, &product.name)),
                substitutes: substitutes.collect(),
            },
            freight: FreightRate::default(),
            moment: Moment::at(world.now),
        };
        let evaluation = evaluate(&pair);
        let checks = evaluation.judgement.checks(&pair).into();
        (evaluation, checks)
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = &Offer> {
        self.offers.values().filter(|offer| offer.status == OfferStatus::Published)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Demand> {
        self.demands.values().filter(|demand| demand.status == DemandStatus::Open)
    }
}
