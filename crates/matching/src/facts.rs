//! What a match needs to know of an offer, a product, a party and a demand, in compact form, so
//! that a whole market fits in memory. Must not know how a pair is judged, nor names and texts
//! (their likeness is given to a pair as a number).

use std::sync::Arc;

use crate::certificate::{CertificateKind, CertificateKinds, StarPeriod};
use crate::date::{Date, Period, Timestamp};
use crate::demand::{CommercialTerms, SubstituteProduct};
use crate::demand::{Demand, DemandState, DemandStatus, DemandTerms, PriceBasis, Substitute};
use crate::factor::{BASIS_POINTS, Weights};
use crate::id::{DemandId, OfferId, PartyId, ProductId};
use crate::money::Price;
use crate::offer::{Offer, OfferState, OfferStatus, PriceBreak};
use crate::place::{Point, ProvinceCode, ProvinceSet};
use crate::product::ProductSet;
use crate::quantity::{Content, UnitContent};
use crate::visibility::{Audience, Visibility};

/// The reliability, in basis points, of a producer without history.
pub const RELIABILITY_WITHOUT_HISTORY: u16 = 5000;

/// What is free in one capacity period, in the offer's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeCapacity {
    /// The days in which it can be delivered.
    pub period: Period,
    /// How much can still be taken.
    pub free: u64,
}

/// An offer as far as a match needs it. Quantities are whole numbers of its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferFacts {
    /// Its id.
    pub id: OfferId,
    /// Grows by one with every change of the terms.
    pub terms_version: i64,
    /// What the owner last did with it.
    pub status: OfferStatus,
    /// Code of the selling unit.
    pub unit: Arc<str>,
    /// What one unit contains.
    pub content: UnitContent,
    /// Price of one unit; absent means by agreement.
    pub unit_price: Option<Price>,
    /// Lower prices from a quantity on.
    pub price_breaks: Box<[PriceBreak]>,
    /// The smallest quantity that is sold.
    pub min_order: u64,
    /// Quantities are sold in multiples of this.
    pub increment: u64,
    /// What is free, by period, sorted.
    pub capacity: Box<[FreeCapacity]>,
    /// The province where the goods are.
    pub province: ProvinceCode,
    /// Where the goods are.
    pub point: Point,
    /// Days between an order and its goods.
    pub lead_time_days: u16,
    /// The provinces that are served; empty means all.
    pub delivers_to: ProvinceSet,
    /// Whether the buyer collects the goods at his own expense.
    pub pickup: bool,
    /// Who may see it; absent means everybody.
    pub audience: Option<Box<Audience>>,
}

impl From<&Offer> for OfferFacts {
    fn from(offer: &Offer) -> Self {
        let terms = &offer.terms;
        let free = offer
            .capacity
            .iter()
            .map(|capacity| FreeCapacity { period: capacity.period, free: capacity.free() });
        Self {
            id: offer.id,
            terms_version: offer.terms_version,
            status: offer.status,
            unit: terms.unit.as_str().into(),
            content: terms.content,
            unit_price: terms.unit_price,
            price_breaks: terms.price_breaks.as_slice().into(),
            min_order: terms.min_order,
            increment: terms.increment,
            capacity: free.collect(),
            province: terms.place.province,
            point: terms.place.point,
            lead_time_days: u16::try_from(terms.lead_time_days).unwrap_or(u16::MAX),
            delivers_to: terms.delivers_to,
            pickup: terms.pickup,
            audience: restricted(&terms.audience),
        }
    }
}

impl OfferFacts {
    /// The state on `today`; the same as [`Offer::state`].
    #[must_use]
    pub fn state(&self, today: Date) -> OfferState {
        let over = self.capacity.iter().all(|capacity| capacity.period.to() < today);
        let open = |capacity: &FreeCapacity| capacity.period.to() >= today && capacity.free > 0;
        match self.status {
            OfferStatus::Withdrawn => OfferState::Withdrawn,
            OfferStatus::Draft => OfferState::Draft,
            _ if over => OfferState::Expired,
            OfferStatus::Paused => OfferState::Paused,
            OfferStatus::Published if self.capacity.iter().any(open) => OfferState::Published,
            OfferStatus::Published => OfferState::Exhausted,
        }
    }

    /// Who may see it.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        visibility(self.audience.as_deref())
    }
}

/// A paper other than a star, and the days on which it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paper {
    /// Its kind.
    pub kind: CertificateKind,
    /// The days.
    pub counts: Period,
}

/// A product as far as a match needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFacts {
    /// Its id.
    pub id: ProductId,
    /// Its OCOP set.
    pub product_set: ProductSet,
    /// Its stars, past and present.
    pub stars: Box<[StarPeriod]>,
    /// Its other papers, past and present.
    pub papers: Box<[Paper]>,
}

/// What was agreed and accepted of one delivery that came due, in base units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fulfilment {
    /// The day on which it came due.
    pub due_on: Date,
    /// Agreed.
    pub agreed: u64,
    /// Accepted at receipt.
    pub accepted: u64,
}

/// A party as far as a match needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyFacts {
    /// Its id.
    pub id: PartyId,
    /// Whether it has the role of coordinator.
    pub coordinates: bool,
    /// Papers of the producer, which count for all its products.
    pub papers: Box<[Paper]>,
    /// What became of its deliveries.
    pub fulfilments: Box<[Fulfilment]>,
}

impl PartyFacts {
    /// Accepted against agreed quantity of what came due from `first` on, in basis points; absent
    /// without history.
    #[must_use]
    pub fn reliability(&self, first: Date) -> Option<u16> {
        let recent = self.fulfilments.iter().filter(|fulfilment| fulfilment.due_on >= first);
        let (accepted, agreed) = recent.fold((0, 0), |(accepted, agreed), fulfilment| {
            (accepted + u128::from(fulfilment.accepted), agreed + u128::from(fulfilment.agreed))
        });
        let share = (u128::from(BASIS_POINTS) * accepted).checked_div(agreed)?;
        Some(share.min(u128::from(BASIS_POINTS)) as u16)
    }
}

/// What is still wanted of one delivery, in the demand's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeedFacts {
    /// The province where the goods go.
    pub province: ProvinceCode,
    /// Where the goods go.
    pub point: Point,
    /// When they may arrive.
    pub window: Period,
    /// How much is wanted and not yet agreed.
    pub wanted: u64,
    /// How much more is taken at the most.
    pub most: u64,
}

/// What few demands state; kept apart so that the others stay small.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RareTerms {
    /// Products that are wanted, sorted, each once.
    pub product_ids: Box<[ProductId]>,
    /// What may stand for what is wanted.
    pub substitutes: Box<[Substitute]>,
    /// The provinces that producers may come from; empty means all.
    pub provinces: ProvinceSet,
    /// Code of the destination market.
    pub market: Option<Box<str>>,
    /// Groups of papers that the destination market's profile requires; any one kind of a group
    /// meets it.
    pub market_papers: Box<[CertificateKinds]>,
    /// The smallest share of one producer, in the demand's unit.
    pub min_share: Option<u64>,
    /// The most producers that share it; absent means any number.
    pub max_suppliers: Option<u32>,
    /// Less than this is not worth a delivery, by delivery, in the demand's unit; empty where no
    /// delivery states one.
    pub least: Box<[u64]>,
    /// Weights in place of the default ones.
    pub preferences: Option<Weights>,
    /// Commercial terms.
    pub terms: CommercialTerms,
    /// Who may see it; absent means everybody.
    pub audience: Option<Box<Audience>>,
    /// When it closes by itself.
    pub closes_at: Option<Timestamp>,
}

/// A demand as far as a match needs it. Quantities are whole numbers of its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandFacts {
    /// Its id.
    pub id: DemandId,
    /// Grows by one with every change of the terms.
    pub terms_version: i64,
    /// What the owner last did with it.
    pub status: DemandStatus,
    /// Whether nothing, a part or all of what is wanted is agreed.
    pub agreed: Agreed,
    /// Whether the buyer's name is hidden.
    pub anonymous: bool,
    /// Whether it says in words what is wanted.
    pub has_text: bool,
    /// Sets that are wanted, bit `n` for set `n`.
    pub product_sets: u32,
    /// Code of the unit of the quantities.
    pub unit: Arc<str>,
    /// What one unit contains.
    pub content: Content,
    /// The highest price of one unit.
    pub max_unit_price: Option<Price>,
    /// Where that price is compared.
    pub price_basis: PriceBasis,
    /// The fewest stars on the delivery date, 3 to 5.
    pub min_stars: Option<u8>,
    /// The longest way from producer to delivery.
    pub max_distance_km: Option<u32>,
    /// Papers that must be valid on the delivery date.
    pub certificates: CertificateKinds,
    /// Where, when and how much.
    pub needs: Box<[NeedFacts]>,
    /// What few demands state.
    rare: Option<Box<RareTerms>>,
}

/// How much of what is wanted is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreed {
    /// Nothing.
    Nothing,
    /// A part.
    Part,
    /// All.
    All,
}

/// The rare terms of a demand that states none of them.
static NO_RARE_TERMS: std::sync::LazyLock<RareTerms> = std::sync::LazyLock::new(RareTerms::default);

impl From<&Demand> for DemandFacts {
    fn from(demand: &Demand) -> Self {
        let committed = demand.progress.iter().map(|progress| progress.committed);
        let facts = Self::of_terms(demand.id, &demand.terms, committed);
        Self { terms_version: demand.terms_version, status: demand.status, ..facts }
    }
}

impl DemandFacts {
    /// The facts of an open demand with these terms, of which `committed` is agreed, delivery by
    /// delivery (nothing where it ends).
    #[must_use]
    pub fn of_terms(
        id: DemandId,
        terms: &DemandTerms,
        committed: impl IntoIterator<Item = u64>,
    ) -> Self {
        let mut left = committed.into_iter();
        let (mut wanted, mut agreed) = (0_u64, 0_u64);
        let mut least = Vec::new();
        let needs = terms.deliveries.iter().map(|need| {
            let taken = left.next().unwrap_or(0);
            (wanted, agreed) = (wanted + need.quantity, agreed + taken);
            least.push(need.min_quantity.unwrap_or(0).saturating_sub(taken));
            NeedFacts {
                province: need.place.province,
                point: need.place.point,
                window: need.window,
                wanted: need.quantity.saturating_sub(taken),
                most: need.most().saturating_sub(taken),
            }
        });
        let needs = needs.collect();
        if terms.deliveries.iter().all(|need| need.min_quantity.is_none()) {
            least.clear();
        }
        let sets = terms.product_sets.iter();
        Self {
            id,
            terms_version: 1,
            status: DemandStatus::Open,
            agreed: match agreed {
                0 => Agreed::Nothing,
                part if part < wanted => Agreed::Part,
                _ => Agreed::All,
            },
            anonymous: terms.anonymous,
            has_text: terms.text.is_some(),
            product_sets: sets.fold(0, |bits, set| bits | 1 << set.number()),
            unit: terms.unit.as_str().into(),
            content: terms.content,
            max_unit_price: terms.max_unit_price,
            price_basis: terms.price_basis,
            min_stars: terms.requirements.min_stars,
            max_distance_km: terms.requirements.max_distance_km,
            certificates: terms.requirements.certificates,
            needs,
            rare: rare_terms(terms, least),
        }
    }

    /// What few demands state.
    #[must_use]
    pub fn rare(&self) -> &RareTerms {
        self.rare.as_deref().unwrap_or(&NO_RARE_TERMS)
    }

    /// What few demands state, to be changed.
    pub fn rare_mut(&mut self) -> &mut RareTerms {
        self.rare.get_or_insert_default()
    }

    /// Less than this is not worth the delivery at this place, in the demand's unit.
    #[must_use]
    pub fn least(&self, delivery: usize) -> u64 {
        self.rare().least.get(delivery).copied().unwrap_or(0)
    }

    /// The weights of its score.
    #[must_use]
    pub fn weights(&self) -> Weights {
        self.rare().preferences.unwrap_or_default()
    }

    /// Whether products of `set` are wanted.
    #[must_use]
    pub const fn wants_set(&self, set: ProductSet) -> bool {
        self.product_sets >> set.number() & 1 == 1
    }

    /// Whether sets or products are named, so that the text alone lets nothing in.
    #[must_use]
    pub fn names_something(&self) -> bool {
        self.product_sets != 0 || !self.rare().product_ids.is_empty()
    }

    /// Who may see it.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        visibility(self.rare().audience.as_deref())
    }

    /// The state at `now`; the same as [`Demand::state`].
    #[must_use]
    pub fn state(&self, now: Timestamp) -> DemandState {
        let closed = self.rare().closes_at.is_some_and(|closes_at| closes_at <= now);
        let over = self.needs.iter().all(|need| need.window.to() < now.date());
        match self.status {
            DemandStatus::Draft => DemandState::Draft,
            DemandStatus::Closed => DemandState::Closed,
            DemandStatus::Cancelled => DemandState::Cancelled,
            DemandStatus::Open if closed || over => DemandState::Expired,
            DemandStatus::Open => match self.agreed {
                Agreed::Nothing => DemandState::Open,
                Agreed::Part => DemandState::PartiallyCovered,
                Agreed::All => DemandState::Covered,
            },
        }
    }
}

fn rare_terms(terms: &DemandTerms, least: Vec<u64>) -> Option<Box<RareTerms>> {
    let mut product_ids = terms.product_ids.clone();
    product_ids.sort_unstable();
    product_ids.dedup();
    let rare = RareTerms {
        product_ids: product_ids.into(),
        substitutes: terms.substitutes.as_slice().into(),
        provinces: terms.requirements.provinces,
        market: terms.requirements.market.as_deref().map(Into::into),
        market_papers: terms.requirements.market_papers.as_slice().into(),
        min_share: terms.min_share,
        max_suppliers: terms.max_suppliers,
        least: least.into(),
        preferences: terms.preferences,
        terms: terms.terms,
        audience: restricted(&terms.audience),
        closes_at: terms.closes_at,
    };
    (rare != RareTerms::default()).then(|| Box::new(rare))
}

fn restricted(audience: &Audience) -> Option<Box<Audience>> {
    (audience.visibility() != Visibility::Public).then(|| Box::new(audience.clone()))
}

fn visibility(audience: Option<&Audience>) -> Visibility {
    audience.map_or(Visibility::Public, Audience::visibility)
}

/// Whether `substitute` names the set of a product.
#[must_use]
pub fn is_set_substitute(substitute: &Substitute, set: ProductSet) -> bool {
    matches!(substitute.product, SubstituteProduct::ProductSet(named) if named == set)
}
