//! One version of the live market, and how a change makes the next: records, their indexes and the
//! rows that are scanned. Must not know how matches are ranked.

use std::sync::Arc;

use matching::demand::{Demand, DemandStatus, MAX_DELIVERIES, SubstituteProduct};
use matching::facts::{DemandFacts, FreeCapacity, NeedFacts, OfferFacts, PartyFacts, ProductFacts};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::offer::{MAX_CAPACITY_PERIODS, Offer, OfferStatus};

use super::block::{Blocks, Key};
use super::change::{Dismissal, MarketChange, PartyChange, ProductChange};
use super::cluster::Clusters;
use super::lists::{Lists, MAX_ITEMS};
use super::named::OffersByName;
use super::offer_rows::OfferRows;
use super::record::{DemandRecord, OfferRecord, PartyRecord, ProductRecord};
use super::row::{DemandRow, OfferRow};
use super::table::{Index, Slot, Table, push};
use super::texts::{QueryText, TextNumber, Texts};
use super::touched::{Touch, Touched, TouchedOffer};

const _: () = assert!(MAX_CAPACITY_PERIODS <= MAX_ITEMS && MAX_DELIVERIES <= MAX_ITEMS);

/// One version of the market; a clone shares what does not change.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) as_of: i64,
    pub(super) parties: Table<PartyRecord>,
    pub(super) products: Table<ProductRecord>,
    pub(super) offers: Table<OfferRecord>,
    pub(super) demands: Table<DemandRecord>,
    /// What is free of offers.
    pub(super) capacities: Lists<FreeCapacity>,
    /// Deliveries of demands.
    pub(super) needs: Lists<NeedFacts>,
    pub(super) offer_rows: OfferRows,
    pub(super) offers_by_name: OffersByName,
    /// Offers by set and rank.
    pub(super) offer_clusters: Clusters,
    pub(super) demand_rows: Blocks,
    pub(super) touched: Touched,
    party_index: Index,
    product_index: Index,
    offer_index: Index,
    demand_index: Index,
}

impl State {
    /// The slot of a party.
    pub(super) fn party_slot(&self, id: PartyId) -> Option<Slot> {
        let is_it = |slot| self.parties.get(slot).is_some_and(|party| party.facts.id == id);
        self.party_index.find(id.as_u128(), is_it)
    }

    /// The slot of a product.
    pub(super) fn product_slot(&self, id: ProductId) -> Option<Slot> {
        let is_it = |slot| self.products.get(slot).is_some_and(|product| product.facts.id == id);
        self.product_index.find(id.as_u128(), is_it)
    }

    /// The slot of a published offer.
    pub(super) fn offer_slot(&self, id: OfferId) -> Option<Slot> {
        let is_it = |slot| self.offers.get(slot).is_some_and(|offer| offer.facts.id == id);
        self.offer_index.find(id.as_u128(), is_it)
    }

    /// The slot of an open demand.
    pub(super) fn demand_slot(&self, id: DemandId) -> Option<Slot> {
        let is_it = |slot| self.demands.get(slot).is_some_and(|demand| demand.facts.id == id);
        self.demand_index.find(id.as_u128(), is_it)
    }

    /// Applies one change; whether all that it refers to is known.
    pub(super) fn apply(&mut self, change: MarketChange, texts: &Texts) -> bool {
        match change {
            MarketChange::Party(party) => self.put_party(*party, texts).is_some(),
            MarketChange::Product(product) => self.put_product(*product, texts).is_some(),
            MarketChange::Offer(offer) if offer.status == OfferStatus::Published => {
                self.put_offer(&offer, texts).map(|slot| self.add_offer_row(slot)).is_some()
            }
            MarketChange::Offer(offer) => self.drop_offer(offer.id),
            MarketChange::OfferGone(id) => self.drop_offer(id),
            MarketChange::Demand(demand) if demand.status == DemandStatus::Open => {
                self.put_demand(&demand, texts).is_some()
            }
            MarketChange::Demand(demand) => self.drop_demand(demand.id),
            MarketChange::DemandGone(id) => self.drop_demand(id),
            MarketChange::Dismissed(dismissal) => self.dismiss(dismissal).is_some(),
        }
    }

    /// Applies one change of a whole market that is read; its offers are in no tree until
    /// [`Self::cluster`].
    pub(super) fn fill(&mut self, change: MarketChange, texts: &Texts) {
        match change {
            MarketChange::Offer(offer) if offer.status == OfferStatus::Published => {
                if let Some(slot) = self.put_offer(&offer, texts) {
                    self.put_offer_row(slot);
                }
            }
            other => drop(self.apply(other, texts)),
        }
    }

    /// Puts all offers into trees.
    pub(super) fn cluster(&mut self) {
        self.offer_clusters = Clusters::of(&self.offer_rows);
    }

    fn put_party(&mut self, change: PartyChange, texts: &Texts) -> Option<()> {
        let known = self.party_slot(change.id);
        let old = known.and_then(|slot| self.parties.get(slot));
        let facts = PartyFacts {
            id: change.id,
            province: change.place.province,
            coordinates: change.coordinates,
            papers: change.papers.as_slice().into(),
            fulfilments: change.fulfilments.as_slice().into(),
        };
        let place_names = texts.place_names(&change.place_names);
        let mut record = PartyRecord::new(facts, change.name.into(), &change.place, place_names);
        record.products = old.map(|old| old.products.clone()).unwrap_or_default();
        let Some(slot) = known else {
            let slot = self.parties.insert(record);
            self.party_index.insert(change.id.as_u128(), slot);
            return Some(());
        };
        let products = record.products.iter();
        let products = products.filter_map(|product| self.products.get(*product));
        let offers: Vec<Slot> = products.flat_map(|product| product.offers.clone()).collect();
        offers.iter().for_each(|offer| self.drop_offer_row(*offer));
        self.parties.put(slot, record);
        self.touched.add(Touch::Party(slot));
        offers.iter().for_each(|offer| self.add_offer_row(*offer));
        Some(())
    }

    fn put_product(&mut self, change: ProductChange, texts: &Texts) -> Option<()> {
        let producer = self.party_slot(change.party_id)?;
        let known = self.product_slot(change.id);
        let old = known.and_then(|slot| self.products.get(slot)).cloned();
        let record = ProductRecord {
            facts: ProductFacts {
                id: change.id,
                product_set: change.product_set,
                stars: change.stars.as_slice().into(),
                papers: change.papers.as_slice().into(),
            },
            name_text: texts.name(&change.name),
            is_listed: change.is_listed,
            producer,
            offers: old.as_ref().map(|old| old.offers.clone()).unwrap_or_default(),
            wanted_by: old.as_ref().map(|old| old.wanted_by.clone()).unwrap_or_default(),
        };
        let (Some(slot), Some(old)) = (known, old) else {
            let slot = self.products.insert(record);
            self.product_index.insert(change.id.as_u128(), slot);
            push(&mut self.parties.get_mut(producer)?.products, slot);
            return Some(());
        };
        if old.producer != producer {
            self.parties.get_mut(old.producer)?.products.retain(|other| *other != slot);
            push(&mut self.parties.get_mut(producer)?.products, slot);
        }
        old.offers.iter().for_each(|offer| self.drop_offer_row(*offer));
        self.products.put(slot, record);
        old.offers.iter().for_each(|offer| self.add_offer_row(*offer));
        Some(())
    }

    /// The row of an offer, made anew.
    fn offer_row(&self, slot: Slot) -> Option<OfferRow> {
        let offer = self.offers.get(slot)?;
        let product = self.products.get(offer.product)?;
        let producer = self.parties.get(product.producer)?;
        let of_product = (product.name_text.number, &product.facts);
        let capacity = self.capacities.get(offer.capacity);
        Some(OfferRow::new((&offer.facts, capacity), of_product, &producer.facts))
    }

    fn add_offer_row(&mut self, slot: Slot) {
        self.put_offer_row(slot);
        self.offer_clusters.add(slot, &self.offer_rows);
    }

    /// Puts the row of an offer where offers are found by name.
    fn put_offer_row(&mut self, slot: Slot) {
        if let Some(row) = self.offer_row(slot) {
            self.offer_rows.put(slot, row);
            self.offers_by_name.add(slot, &row);
            self.touch_offer(slot);
        }
    }

    /// Says that an offer is not what it was, or is about to be another.
    fn touch_offer(&mut self, slot: Slot) {
        let touched = || {
            let (offer, row) = (self.offers.get(slot)?, self.offer_rows.get(slot)?);
            let product = self.products.get(offer.product)?.facts.id;
            let (id, name, product_set) = (offer.facts.id, row.name, row.product_set);
            Some(TouchedOffer { id, product, name, product_set })
        };
        if let Some(touched) = touched() {
            self.touched.add(Touch::Offer(touched));
        }
    }

    fn drop_offer_row(&mut self, slot: Slot) {
        self.touch_offer(slot);
        self.offers_by_name.remove(slot, &self.offer_rows);
        self.offer_clusters.remove(slot, &self.offer_rows);
        self.offer_rows.remove(slot);
    }

    /// The slot of an offer that was put among those of its product; it has no row yet.
    fn put_offer(&mut self, offer: &Offer, texts: &Texts) -> Option<Slot> {
        let product = self.product_slot(offer.terms.product_id)?;
        let mut facts = OfferFacts::from(offer);
        facts.unit = texts.unit(&facts.unit);
        let old = self.offer_slot(offer.id);
        let old = old.and_then(|slot| Some((slot, self.offers.get(slot)?.clone())));
        let capacity = self.capacities.insert(&FreeCapacity::of(offer));
        let record = OfferRecord { facts, capacity, product };
        let slot = match old {
            Some((slot, old)) => {
                self.unlist_offer(slot, &old);
                self.offers.put(slot, record);
                slot
            }
            None => {
                let slot = self.offers.insert(record);
                self.offer_index.insert(offer.id.as_u128(), slot);
                slot
            }
        };
        push(&mut self.products.get_mut(product)?.offers, slot);
        Some(slot)
    }

    fn unlist_offer(&mut self, slot: Slot, record: &OfferRecord) {
        self.drop_offer_row(slot);
        self.capacities.remove(record.capacity);
        if let Some(product) = self.products.get_mut(record.product) {
            product.offers.retain(|other| *other != slot);
        }
    }

    fn drop_offer(&mut self, id: OfferId) -> bool {
        let slot = self.offer_slot(id);
        let old = slot.and_then(|slot| Some((slot, self.offers.get(slot)?.clone())));
        if let Some((slot, record)) = old {
            self.unlist_offer(slot, &record);
            self.offer_index.remove(id.as_u128(), slot);
            self.offers.remove(slot);
        }
        true
    }

    fn put_demand(&mut self, demand: &Demand, texts: &Texts) -> Option<()> {
        let buyer = self.party_slot(demand.terms.party_id)?;
        let old = self.demand_slot(demand.id);
        let old = old.and_then(|slot| Some((slot, self.demands.get(slot)?.clone())));
        let (mut facts, text) = (DemandFacts::from(demand), demand.terms.text.as_deref());
        facts.unit = texts.unit(&facts.unit);
        let needs = self.needs.insert(&NeedFacts::of(demand));
        let mut record = DemandRecord::new(facts, needs, buyer, text.map(|text| texts.query(text)))
            .with_substitutes(substitute_texts(demand, texts));
        if let Some((_, old)) = &old {
            record = record.with_dismissed_of(old);
        }
        let slot = match old {
            Some((slot, old)) => {
                self.unlist_demand(slot, &old);
                self.demands.put(slot, record);
                slot
            }
            None => {
                let slot = self.demands.insert(record);
                self.demand_index.insert(demand.id.as_u128(), slot);
                slot
            }
        };
        self.touched.add(Touch::Demand(slot));
        self.list_demand(slot)
    }

    fn list_demand(&mut self, slot: Slot) -> Option<()> {
        let record = self.demands.get(slot)?;
        let (keys, products) = (demand_keys(record), self.wanted_products(record));
        let is_multiple = keys.len() + products.len() > 1;
        let needs = self.needs.get(record.needs);
        let row = DemandRow::new(slot, &record.facts, needs).in_several(is_multiple);
        for key in keys {
            self.demand_rows.add(key, row);
        }
        for product in products {
            if let Some(product) = self.products.get_mut(product) {
                push(&mut product.wanted_by, slot);
            }
        }
        Some(())
    }

    fn unlist_demand(&mut self, slot: Slot, record: &DemandRecord) {
        self.needs.remove(record.needs);
        for key in demand_keys(record) {
            self.demand_rows.remove(key, slot);
        }
        for product in self.wanted_products(record) {
            if let Some(product) = self.products.get_mut(product) {
                product.wanted_by.retain(|other| *other != slot);
            }
        }
    }

    fn wanted_products(&self, record: &DemandRecord) -> Vec<Slot> {
        let named = record.facts.rare().product_ids.iter();
        named.filter_map(|id| self.product_slot(*id)).collect()
    }

    fn drop_demand(&mut self, id: DemandId) -> bool {
        let slot = self.demand_slot(id);
        let found = slot.and_then(|slot| Some((slot, self.demands.get(slot)?.clone())));
        if let Some((slot, record)) = found {
            self.unlist_demand(slot, &record);
            self.demand_index.remove(id.as_u128(), slot);
            self.demands.remove(slot);
        }
        true
    }

    fn dismiss(&mut self, dismissal: Dismissal) -> Option<()> {
        let slot = self.demand_slot(dismissal.demand_id)?;
        self.demands.get_mut(slot)?.dismiss(dismissal.into());
        self.touched.add(Touch::Demand(slot));
        Some(())
    }
}

fn substitute_texts(demand: &Demand, texts: &Texts) -> Vec<Option<Arc<QueryText>>> {
    let substitutes = demand.terms.substitutes.iter();
    let texts = substitutes.map(|substitute| match &substitute.product {
        SubstituteProduct::Text(text) => Some(texts.query(text)),
        SubstituteProduct::ProductSet(_) => None,
    });
    texts.collect()
}

/// The blocks in which a demand stands, each once.
fn demand_keys(record: &DemandRecord) -> Vec<Key> {
    let facts = &record.facts;
    let mut sets = facts.product_sets;
    for substitute in &facts.rare().substitutes {
        if let SubstituteProduct::ProductSet(set) = substitute.product {
            sets |= 1 << set.number();
        }
    }
    let sets = (0..u32::BITS as u8).filter(|set| sets >> set & 1 == 1);
    let text = record.text.as_ref().map(|text| text.number);
    let mut keys: Vec<Key> = sets.map(|set| Key::Set(set, text)).collect();
    if let (Some(text), false) = (text, facts.names_something()) {
        keys.push(Key::Text(text));
    }
    let substitutes = record.substitutes().iter().flatten();
    let mut substitutes: Vec<TextNumber> = substitutes.map(|text| text.number).collect();
    substitutes.sort_unstable();
    substitutes.dedup();
    keys.extend(substitutes.into_iter().map(Key::Substitute));
    keys
}
