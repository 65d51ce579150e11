//! The records of the live market. Must not know how they are found or ranked.

use std::sync::Arc;

use matching::facts::{DemandFacts, OfferFacts, PartyFacts, ProductFacts};
use matching::id::{OfferId, PartyId};
use matching::place::Place;

use super::change::Dismissal;
use super::lists::List;
use super::table::Slot;
use super::texts::{NameText, QueryText};

/// Digits of the code of a commune.
const COMMUNE_DIGITS: usize = 5;

/// A party of the market.
#[derive(Debug, Clone)]
pub struct PartyRecord {
    /// What it is judged by.
    pub facts: PartyFacts,
    /// Registered name.
    pub name: Arc<str>,
    commune: Option<[u8; COMMUNE_DIGITS]>,
    /// Names of its place for product search.
    pub(super) place_names: Arc<str>,
    pub(super) products: Vec<Slot>,
}

impl PartyRecord {
    /// A party without products, with its seat at `place`.
    pub(super) fn new(
        facts: PartyFacts,
        name: Arc<str>,
        place: &Place,
        place_names: Arc<str>,
    ) -> Self {
        let commune = place.commune_code.as_ref().and_then(|code| code.as_bytes().try_into().ok());
        Self { facts, name, commune, place_names, products: Vec::new() }
    }

    /// The code of the commune of its seat, five digits, if known.
    #[must_use]
    pub fn commune_code(&self) -> Option<&str> {
        str::from_utf8(self.commune.as_ref()?).ok()
    }
}

/// A product of the market.
#[derive(Debug, Clone)]
pub struct ProductRecord {
    /// What it is judged by.
    pub facts: ProductFacts,
    /// Whether product search shows it.
    pub is_listed: bool,
    pub(super) producer: Slot,
    pub(super) name_text: Arc<NameText>,
    pub(super) offers: Vec<Slot>,
    pub(super) wanted_by: Vec<Slot>,
}

impl ProductRecord {
    /// Name as recognised.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name_text.text
    }
}

/// A published offer of the market.
#[derive(Debug, Clone)]
pub struct OfferRecord {
    /// What it is judged by.
    pub facts: OfferFacts,
    pub(super) capacity: List,
    pub(super) product: Slot,
}

/// A pair that `by` does not want to see while both versions stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dismissed {
    pub(super) offer_id: OfferId,
    pub(super) by: PartyId,
    pub(super) offer_terms_version: i64,
    pub(super) demand_terms_version: i64,
}

impl Dismissed {
    /// Whether `by` dismissed the pair and neither side's terms have changed since.
    pub(super) fn hides(&self, (demand, offer): (&DemandFacts, &OfferFacts), by: PartyId) -> bool {
        self.offer_id == offer.id
            && self.by == by
            && self.offer_terms_version == i64::from(offer.terms_version)
            && self.demand_terms_version == i64::from(demand.terms_version)
    }
}

impl From<Dismissal> for Dismissed {
    fn from(dismissal: Dismissal) -> Self {
        let Dismissal { offer_id, by, offer_terms_version, demand_terms_version, .. } = dismissal;
        Self { offer_id, by, offer_terms_version, demand_terms_version }
    }
}

/// An open demand of the market.
#[derive(Debug, Clone)]
pub struct DemandRecord {
    /// What it is judged by.
    pub facts: DemandFacts,
    pub(super) needs: List,
    pub(super) buyer: Slot,
    pub(super) text: Option<Arc<QueryText>>,
    /// What few demands have.
    rare: Option<Box<RareRecord>>,
}

/// What few demands have.
#[derive(Debug, Clone, Default)]
struct RareRecord {
    substitutes: Vec<Option<Arc<QueryText>>>,
    dismissed: Vec<Dismissed>,
}

impl DemandRecord {
    pub(super) fn new(
        facts: DemandFacts,
        needs: List,
        buyer: Slot,
        text: Option<Arc<QueryText>>,
    ) -> Self {
        Self { facts, needs, buyer, text, rare: None }
    }

    /// Text of each substitute, absent where it names a set; empty without substitutes.
    pub(super) fn substitutes(&self) -> &[Option<Arc<QueryText>>] {
        self.rare.as_ref().map_or(&[], |rare| &rare.substitutes)
    }

    pub(super) fn with_substitutes(mut self, substitutes: Vec<Option<Arc<QueryText>>>) -> Self {
        if !substitutes.is_empty() {
            self.rare.get_or_insert_default().substitutes = substitutes;
        }
        self
    }

    /// The same demand with what was dismissed of its older version.
    pub(super) fn with_dismissed_of(mut self, old: &Self) -> Self {
        if let Some(old) = old.rare.as_ref().filter(|old| !old.dismissed.is_empty()) {
            self.rare.get_or_insert_default().dismissed = old.dismissed.clone();
        }
        self
    }

    pub(super) fn dismiss(&mut self, dismissed: Dismissed) {
        let list = &mut self.rare.get_or_insert_default().dismissed;
        list.retain(|it| it.offer_id != dismissed.offer_id || it.by != dismissed.by);
        list.push(dismissed);
    }

    pub(super) fn dismissed(&self) -> &[Dismissed] {
        self.rare.as_ref().map_or(&[], |rare| &rare.dismissed)
    }

    pub(super) fn has_dismissed(&self, offer: &OfferFacts, by: PartyId) -> bool {
        self.dismissed().iter().any(|each| each.hides((&self.facts, offer), by))
    }
}
