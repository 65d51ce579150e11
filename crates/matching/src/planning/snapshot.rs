//! All that a run is solved from: offers with their free capacity, demands with their needs, the
//! pairs that are eligible, and the relaxations that are tried. Quantities are in the units of
//! their owners, as people know them. It must not know how it is solved.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::allocation::instance::{InstanceError, Pair};
use crate::allocation::plan::Worth;
use crate::certificate::CertificateKinds;
use crate::date::{Date, Period};
use crate::id::{DemandId, OfferId, PartyId, ProductId};
use crate::money::Price;
use crate::offer::{PriceBreak, price_at};
use crate::place::ProvinceCode;
use crate::quantity::Content;

use super::balance::{Balances, Seller};

/// An offer of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferSide {
    /// Its id.
    pub id: OfferId,
    /// What is offered.
    pub product: (ProductId, Arc<str>),
    /// Who offers it.
    pub producer: (PartyId, Arc<str>),
    /// The unit of its quantities.
    pub unit: Arc<str>,
    /// What one unit contains, in the dimension of the demands that it meets here.
    pub content: Content,
    /// The smallest quantity that is sold.
    pub min_order: u64,
    /// Quantities are sold in multiples of this.
    pub increment: u64,
    /// Price of one unit; absent means by agreement.
    pub unit_price: Option<Price>,
    /// Lower prices from a quantity on.
    pub price_breaks: Vec<PriceBreak>,
}

impl OfferSide {
    /// The price of one unit in an order of `quantity` units.
    #[must_use]
    pub fn price_at(&self, quantity: u64) -> Option<Price> {
        price_at(self.unit_price, &self.price_breaks, quantity)
    }
}

/// What is free of an offer in one period, in the offer's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacitySide {
    /// Place of the offer in the snapshot.
    pub offer: u32,
    /// The days in which it can be delivered.
    pub period: Period,
    /// How much is free.
    pub free: u64,
}

/// A demand of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandSide {
    /// Its id.
    pub id: DemandId,
    /// Who wants it; absent where the one who runs may not know.
    pub buyer: Option<(PartyId, Arc<str>)>,
    /// What is wanted, in the buyer's words.
    pub words: Option<Arc<str>>,
    /// The unit of its quantities.
    pub unit: Arc<str>,
    /// What one unit contains.
    pub content: Content,
    /// The smallest share of one producer.
    pub min_share: Option<u64>,
    /// The most producers that share it.
    pub max_suppliers: Option<u32>,
}

/// One delivery of a demand, in the demand's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeedSide {
    /// Place of the demand in the snapshot.
    pub demand: u32,
    /// Place of the delivery in the demand.
    pub delivery: u32,
    /// When it may arrive.
    pub window: Period,
    /// Where it goes.
    pub province: ProvinceCode,
    /// How much is wanted.
    pub wanted: u64,
    /// The most that is taken.
    pub most: u64,
    /// Less than this is not worth a delivery.
    pub least: u64,
}

/// By place of an offer and of a demand: the smallest share, in the offer's unit, whose price is
/// within the demand's ceiling; only where not every share is. A share is an order of its own, and
/// its price is that of its quantity.
pub type Minima = BTreeMap<(u32, u32), u64>;

/// One change of a demand that lets more in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A higher ceiling.
    Ceiling {
        /// The price of one demand unit that is allowed.
        unit_price: Price,
        /// How much higher than now, in basis points, rounded up.
        raise_bp: u64,
    },
    /// Fewer stars; none at all.
    MinStars(Option<u8>),
    /// A delivery window that begins earlier.
    WindowFrom {
        /// Place of the delivery in the demand.
        delivery: u32,
        /// Its first day.
        day: Date,
    },
    /// A delivery window that ends later.
    WindowUntil {
        /// Place of the delivery in the demand.
        delivery: u32,
        /// Its last day.
        day: Date,
    },
    /// A longer way, in kilometres.
    Distance(u32),
    /// Producers of one more province.
    Province(ProvinceCode),
    /// Without these papers.
    Without(CertificateKinds),
    /// Without a smallest share.
    NoMinShare,
    /// More producers; any number.
    MaxSuppliers(Option<u32>),
    /// A delivery that is worth any quantity.
    NoLeast {
        /// Place of the delivery in the demand.
        delivery: u32,
    },
}

/// A demand as it would be after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaxation {
    /// Place of the demand in the snapshot.
    pub demand: u32,
    /// The change.
    pub change: Change,
    /// Every eligible pair of the changed demand, in place of those that it has.
    pub pairs: Vec<Pair>,
    /// The minima of the changed demand, in place of those that it has.
    pub minima: Minima,
}

/// What is known of a market with more eligible pairs than a snapshot holds, after all of them were
/// held against prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reduction {
    /// Eligible pairs in all.
    pub eligible: u64,
    /// Those that are held.
    pub held: u64,
    /// Times that a plan over the pairs held so far was priced against all of them.
    pub rounds: u32,
    /// What no plan over all eligible pairs can exceed by the objective of the run, in base units.
    pub bound: Worth,
    /// Whether no other pair can better the best plan over those that are held.
    pub is_complete: bool,
}

/// What a run is solved from. Sides may stand in any order: the answer does not depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The offers.
    pub offers: Vec<OfferSide>,
    /// Their capacities.
    pub capacities: Vec<CapacitySide>,
    /// The demands.
    pub demands: Vec<DemandSide>,
    /// Their needs.
    pub needs: Vec<NeedSide>,
    /// Every eligible pair of capacity and need; with a reduction, those that are held.
    pub pairs: Vec<Pair>,
    /// Where a share of a pair is to be large enough for the price.
    pub minima: Minima,
    /// What is known of the others, where not all eligible pairs are held.
    pub reduction: Option<Reduction>,
    /// What the sellers offered and sold in earlier runs, which the rule makes up for.
    pub balances: Balances,
    /// Eligible pairs that are matched but not planned: substitutes at another ratio than one to
    /// one, and a second dimension of an offer whose first one is wanted too.
    pub left_out: u64,
    /// What is tried to lessen shortages.
    pub relaxations: Vec<Relaxation>,
}

impl Snapshot {
    /// Checks that what is named by its place is there.
    ///
    /// # Errors
    /// The first that is not; a pair of a relaxation by its place there.
    pub fn check(&self) -> Result<(), InstanceError> {
        let is_offer = |offer: u32| (offer as usize) < self.offers.len();
        let is_demand = |demand: u32| (demand as usize) < self.demands.len();
        if let Some(at) = self.capacities.iter().position(|side| !is_offer(side.offer)) {
            return Err(InstanceError::UnknownOffer(at));
        }
        if let Some(at) = self.needs.iter().position(|side| !is_demand(side.demand)) {
            return Err(InstanceError::UnknownDemand(at));
        }
        self.check_pairs(&self.pairs)?;
        self.relaxations.iter().try_for_each(|changed| self.check_pairs(&changed.pairs))
    }

    fn check_pairs(&self, pairs: &[Pair]) -> Result<(), InstanceError> {
        let is_there = |pair: &Pair| {
            (pair.capacity as usize) < self.capacities.len()
                && (pair.need as usize) < self.needs.len()
        };
        let stray = pairs.iter().position(|pair| !is_there(pair));
        stray.map_or(Ok(()), |at| Err(InstanceError::UnknownPair(at)))
    }

    /// The offer of a capacity.
    #[must_use]
    pub fn offer_of(&self, capacity: u32) -> &OfferSide {
        &self.offers[self.capacities[capacity as usize].offer as usize]
    }

    /// The demand of a need.
    #[must_use]
    pub fn demand_of(&self, need: u32) -> &DemandSide {
        &self.demands[self.needs[need as usize].demand as usize]
    }

    /// Free base units of a capacity, as far as the increment allows.
    #[must_use]
    pub fn free_base(&self, capacity: u32) -> u64 {
        let offer = self.offer_of(capacity);
        let free = self.capacities[capacity as usize].free;
        (free - free % offer.increment.max(1)).saturating_mul(offer.content.base_units)
    }

    /// Base units of a quantity of the need's demand.
    #[must_use]
    pub fn need_base(&self, need: u32, quantity: u64) -> u64 {
        quantity.saturating_mul(self.demand_of(need).content.base_units)
    }

    /// Base units that a share of an offer's capacity is a multiple of.
    #[must_use]
    pub fn step_base(&self, capacity: u32) -> u64 {
        let offer = self.offer_of(capacity);
        offer.increment.saturating_mul(offer.content.base_units).max(1)
    }

    /// Base units of the smallest share of a pair by these minima; 0 for none.
    #[must_use]
    pub fn minimum_base(&self, minima: &Minima, capacity: u32, need: u32) -> u64 {
        let offer = self.capacities[capacity as usize].offer;
        let units = minima.get(&(offer, self.needs[need as usize].demand)).copied().unwrap_or(0);
        units.saturating_mul(self.offers[offer as usize].content.base_units)
    }

    /// Whether the smallest share that both sides allow fits into the capacity and the need.
    #[must_use]
    pub fn admits(&self, capacity: u32, need: u32) -> bool {
        let (offer, step) = (self.offer_of(capacity), self.step_base(capacity));
        let min_share = self.demand_of(need).min_share.unwrap_or(0);
        let min_order = offer.min_order.saturating_mul(offer.content.base_units);
        let own = min_order.max(self.need_base(need, min_share));
        let least = own.max(self.minimum_base(&self.minima, capacity, need));
        let smallest = least.div_ceil(step).max(1).saturating_mul(step);
        let most = self.need_base(need, self.needs[need as usize].most);
        smallest <= self.free_base(capacity).min(most)
    }

    /// Who sells a capacity.
    #[must_use]
    pub fn seller(&self, capacity: u32) -> Seller {
        let offer = self.offer_of(capacity);
        (offer.producer.0, offer.content.dimension)
    }
}
