//! What a match needs to know of an offer. Must not know demands.

use std::sync::Arc;

use super::{restricted, small_version, visibility};
use crate::date::{Date, Period};
use crate::id::OfferId;
use crate::money::Price;
use crate::offer::{Offer, OfferState, OfferStatus, OfferTerms, PriceBreak};
use crate::place::{Point, ProvinceSet};
use crate::quantity::{Compact, SellingUnit, UnitContent};
use crate::visibility::{Audience, Visibility};

/// What is free in one capacity period, in the offer's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeCapacity {
    /// The days in which it can be delivered.
    pub period: Period,
    free: Compact,
}

impl FreeCapacity {
    /// `free` in a period, at most [`MAX_QUANTITY`](crate::quantity::MAX_QUANTITY).
    #[must_use]
    pub const fn new(period: Period, free: u64) -> Self {
        Self { period, free: Compact::new(free) }
    }

    /// What is free of an offer, by period, sorted.
    #[must_use]
    pub fn of(offer: &Offer) -> Vec<Self> {
        let capacity = offer.capacity.iter();
        capacity.map(|capacity| Self::new(capacity.period, capacity.free())).collect()
    }

    /// How much can still be taken.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.free.get()
    }
}

/// An offer as far as a match needs it, but for what is free. Quantities are whole numbers of its
/// unit.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferFacts {
    /// Its id.
    pub id: OfferId,
    /// Grows by one with every change of the terms.
    pub terms_version: u32,
    /// What the owner last did with it.
    pub status: OfferStatus,
    /// The selling unit.
    pub unit: Arc<SellingUnit>,
    /// Price of one unit; absent means by agreement.
    pub unit_price: Option<Price>,
    min_order: Compact,
    increment: Compact,
    /// Where the goods are.
    pub point: Point,
    /// Days between an order and its goods.
    pub lead_time_days: u16,
    /// Whether the buyer collects the goods at his own expense.
    pub pickup: bool,
    /// What few offers state.
    rare: Option<Box<RareOfferTerms>>,
}

/// What few offers state; kept apart so that the others stay small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct RareOfferTerms {
    price_breaks: Box<[PriceBreak]>,
    delivers_to: ProvinceSet,
    audience: Option<Box<Audience>>,
}

impl From<&Offer> for OfferFacts {
    fn from(offer: &Offer) -> Self {
        let terms = &offer.terms;
        Self {
            id: offer.id,
            terms_version: small_version(offer.terms_version),
            status: offer.status,
            unit: Arc::new(SellingUnit {
                code: terms.unit.as_str().into(),
                content: terms.content,
            }),
            unit_price: terms.unit_price,
            min_order: Compact::new(terms.min_order),
            increment: Compact::new(terms.increment),
            point: terms.place.point,
            lead_time_days: u16::try_from(terms.lead_time_days).unwrap_or(u16::MAX),
            pickup: terms.pickup,
            rare: rare_offer_terms(terms),
        }
    }
}

impl OfferFacts {
    /// What one unit contains.
    #[must_use]
    pub fn content(&self) -> &UnitContent {
        &self.unit.content
    }

    /// The smallest quantity that is sold.
    #[must_use]
    pub const fn min_order(&self) -> u64 {
        self.min_order.get()
    }

    /// Quantities are sold in multiples of this.
    #[must_use]
    pub const fn increment(&self) -> u64 {
        self.increment.get()
    }

    /// Lower prices from a quantity on.
    #[must_use]
    pub fn price_breaks(&self) -> &[PriceBreak] {
        self.rare.as_ref().map_or(&[], |rare| &rare.price_breaks)
    }

    /// The provinces that are served; empty means all.
    #[must_use]
    pub fn delivers_to(&self) -> ProvinceSet {
        self.rare.as_ref().map_or(ProvinceSet::EMPTY, |rare| rare.delivers_to)
    }

    /// Who may see it; absent means everybody.
    #[must_use]
    pub fn audience(&self) -> Option<&Audience> {
        self.rare.as_ref()?.audience.as_deref()
    }

    /// The state on `today` with what is free in its periods; the same as [`Offer::state`].
    #[must_use]
    pub fn state(&self, capacity: &[FreeCapacity], today: Date) -> OfferState {
        let over = capacity.iter().all(|capacity| capacity.period.to() < today);
        let open = |capacity: &FreeCapacity| capacity.period.to() >= today && capacity.free() > 0;
        match self.status {
            OfferStatus::Withdrawn => OfferState::Withdrawn,
            OfferStatus::Draft => OfferState::Draft,
            _ if over => OfferState::Expired,
            OfferStatus::Paused => OfferState::Paused,
            OfferStatus::Published if capacity.iter().any(open) => OfferState::Published,
            OfferStatus::Published => OfferState::Exhausted,
        }
    }

    /// Who may see it.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        visibility(self.audience())
    }
}

fn rare_offer_terms(terms: &OfferTerms) -> Option<Box<RareOfferTerms>> {
    let rare = RareOfferTerms {
        price_breaks: terms.price_breaks.as_slice().into(),
        delivers_to: terms.delivers_to,
        audience: restricted(&terms.audience),
    };
    (rare != RareOfferTerms::default()).then(|| Box::new(rare))
}
