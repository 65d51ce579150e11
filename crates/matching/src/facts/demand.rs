//! What a match needs to know of a demand. Must not know offers.

use std::sync::{Arc, LazyLock};

use super::{restricted, small_version, visibility};
use crate::certificate::CertificateKinds;
use crate::date::{Period, Timestamp};
use crate::demand::{CommercialTerms, SubstituteProduct};
use crate::demand::{Demand, DemandState, DemandStatus, DemandTerms, PriceBasis, Substitute};
use crate::factor::Weights;
use crate::id::{DemandId, ProductId};
use crate::money::Price;
use crate::place::{Point, ProvinceCode, ProvinceSet};
use crate::product::ProductSet;
use crate::quantity::{Compact, Content, SellingUnit, UnitContent};
use crate::visibility::{Audience, Visibility};

/// What is still wanted of one delivery, in the demand's unit. Packed: a market has hundreds of
/// thousands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(Rust, packed)]
pub struct NeedFacts {
    /// The province where the goods go.
    pub province: ProvinceCode,
    /// Where the goods go.
    pub point: Point,
    /// When they may arrive.
    pub window: Period,
    wanted: Compact,
    most: Compact,
}

impl NeedFacts {
    /// What is still wanted of each delivery.
    #[must_use]
    pub fn of(demand: &Demand) -> Vec<Self> {
        Self::of_terms(&demand.terms, committed(demand))
    }

    /// The same of terms of which `committed` is agreed, delivery by delivery (nothing where it
    /// ends).
    #[must_use]
    pub fn of_terms(terms: &DemandTerms, committed: impl IntoIterator<Item = u64>) -> Vec<Self> {
        let committed = committed.into_iter().chain(std::iter::repeat(0));
        let needs = terms.deliveries.iter().zip(committed);
        let needs = needs.map(|(need, taken)| Self {
            province: need.place.province,
            point: need.place.point,
            window: need.window,
            wanted: Compact::new(need.quantity.saturating_sub(taken)),
            most: Compact::new(need.most().saturating_sub(taken)),
        });
        needs.collect()
    }

    /// How much is wanted and not yet agreed.
    #[must_use]
    pub const fn wanted(&self) -> u64 {
        self.wanted.get()
    }

    /// How much more is taken at the most.
    #[must_use]
    pub const fn most(&self) -> u64 {
        self.most.get()
    }
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

/// A demand as far as a match needs it, but for its deliveries. Quantities are whole numbers of its
/// unit.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandFacts {
    /// Its id.
    pub id: DemandId,
    /// Grows by one with every change of the terms.
    pub terms_version: u32,
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
    /// The unit of the quantities.
    pub unit: Arc<SellingUnit>,
    /// The highest price of one unit.
    pub max_unit_price: Option<Price>,
    /// Where that price is compared.
    pub price_basis: PriceBasis,
    /// The fewest stars on the delivery date, 3 to 5.
    pub min_stars: Option<u8>,
    /// The longest way from producer to delivery.
    pub max_distance_km: Option<u16>,
    /// Papers that must be valid on the delivery date.
    pub certificates: CertificateKinds,
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
static NO_RARE_TERMS: LazyLock<RareTerms> = LazyLock::new(RareTerms::default);

impl From<&Demand> for DemandFacts {
    fn from(demand: &Demand) -> Self {
        let facts = Self::of_terms(demand.id, &demand.terms, committed(demand));
        let terms_version = small_version(demand.terms_version);
        Self { terms_version, status: demand.status, ..facts }
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
        let committed = committed.into_iter().chain(std::iter::repeat(0));
        let (mut wanted, mut agreed) = (0_u64, 0_u64);
        let mut least = Vec::new();
        for (need, taken) in terms.deliveries.iter().zip(committed) {
            (wanted, agreed) = (wanted + need.quantity, agreed + taken);
            least.push(need.min_quantity.unwrap_or(0).saturating_sub(taken));
        }
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
            unit: Arc::new(SellingUnit {
                code: terms.unit.as_str().into(),
                content: UnitContent::new(terms.content),
            }),
            max_unit_price: terms.max_unit_price,
            price_basis: terms.price_basis,
            min_stars: terms.requirements.min_stars,
            max_distance_km: terms.requirements.max_distance_km.map(small_distance_km),
            certificates: terms.requirements.certificates,
            rare: rare_terms(terms, least),
        }
    }

    /// What one unit contains.
    #[must_use]
    pub fn content(&self) -> Content {
        self.unit.content.primary()
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

    /// The state at `now` with these deliveries; the same as [`Demand::state`].
    #[must_use]
    pub fn state(&self, needs: &[NeedFacts], now: Timestamp) -> DemandState {
        let closed = self.rare().closes_at.is_some_and(|closes_at| closes_at <= now);
        let over = needs.iter().all(|need| need.window.to() < now.date());
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

fn committed(demand: &Demand) -> impl Iterator<Item = u64> {
    demand.progress.iter().map(|progress| progress.committed)
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

/// No two points are farther apart than [`MAX_DISTANCE_KM`](crate::demand::MAX_DISTANCE_KM).
fn small_distance_km(distance_km: u32) -> u16 {
    distance_km.try_into().unwrap_or(u16::MAX)
}

/// Whether `substitute` names the set of a product.
#[must_use]
pub fn is_set_substitute(substitute: &Substitute, set: ProductSet) -> bool {
    matches!(substitute.product, SubstituteProduct::ProductSet(named) if named == set)
}
