//! What is to be allocated: capacities, needs, eligible pairs and the limits of both sides.
//!
//! Everything is checked once, on construction; the solvers rely on it. It must not know how an
//! instance is solved.

use std::collections::BTreeMap;
use std::fmt;

/// The highest score of a pair, in basis points.
pub const SCORE_MAX: u16 = 10_000;

/// The most base units that one side of a market may hold, so that no sum overflows.
pub const QUANTITY_MAX: u64 = 1 << 53;

/// The most base units of one side of several markets side by side, so that no sum overflows.
pub const ALL_QUANTITY_MAX: u64 = 8 * QUANTITY_MAX;

/// The most capacities, and the most needs, of one market: what scores sum up to along a path
/// leaves room for the tiers above them in 64 bits.
pub const SIDE_MAX: usize = 1_000_000;

/// The most pairs of one market: edges of a flow over them, and their reverses, have 32-bit names.
pub const PAIRS_MAX: usize = 1 << 30;

/// What scores sum up to along a path at most, gained and lost in turn: it visits each node once.
pub(super) const PATH_SCORE_MAX: i64 = SIDE_MAX as i64 * SCORE_MAX as i64;

/// A free quantity of one offer in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Free quantity in base units.
    pub quantity: u64,
    /// Index of the offer that it belongs to.
    pub offer: u32,
    /// Index of the producer who makes the offer.
    pub producer: u32,
}

/// One delivery of a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The most that the delivery takes, in base units.
    pub max: u64,
    /// The delivery takes nothing, or at least this many base units.
    pub min: u64,
    /// Index of the demand that it belongs to.
    pub demand: u32,
}

/// What a producer offered and sold, in base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sales {
    /// Offered.
    pub offered: u64,
    /// Sold of it.
    pub sold: u64,
}

impl Sales {
    /// Both of two runs together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            offered: self.offered.saturating_add(other.offered),
            sold: self.sold.saturating_add(other.sold),
        }
    }

    /// Sold over offered, in basis points, rounded down; 0 of nothing.
    #[must_use]
    pub fn fill_bp(self) -> u16 {
        let share = u128::from(self.sold) * 10_000 / u128::from(self.offered.max(1));
        share.min(10_000) as u16
    }
}

/// What an offer accepts as one share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferLimits {
    /// Smallest share in base units; 0 for none.
    pub min_order: u64,
    /// A share is a multiple of this many base units; at least 1.
    pub increment: u64,
}

impl Default for OfferLimits {
    fn default() -> Self {
        Self { min_order: 0, increment: 1 }
    }
}

/// What a demand accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemandLimits {
    /// Smallest share in base units; 0 for none.
    pub min_share: u64,
    /// The most producers who may serve the demand; `None` for any number.
    pub max_suppliers: Option<u32>,
}

/// An eligible pair and how good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Index of the capacity.
    pub capacity: u32,
    /// Index of the need.
    pub need: u32,
    /// Score in basis points, at most [`SCORE_MAX`].
    pub score: u16,
}

/// Why an instance is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceError {
    /// More than [`SIDE_MAX`] capacities or needs, or than [`PAIRS_MAX`] pairs.
    TooLarge,
    /// One side holds more than [`QUANTITY_MAX`] base units.
    TooMuch,
    /// A capacity names an offer without limits, at this index.
    UnknownOffer(usize),
    /// A need names a demand without limits, at this index.
    UnknownDemand(usize),
    /// The need at this index has a minimum above its maximum.
    ReversedNeed(usize),
    /// The offer at this index has an increment of zero.
    ZeroIncrement(usize),
    /// The producer at this index sold more than it offered in earlier runs.
    OversoldProducer(usize),
    /// The pair at this index names a capacity or need that does not exist.
    UnknownPair(usize),
    /// The pair at this index has a score above [`SCORE_MAX`].
    ScoreOutOfRange(usize),
    /// A capacity and a need are paired twice.
    DuplicatePair {
        /// Index of the capacity.
        capacity: u32,
        /// Index of the need.
        need: u32,
    },
}

impl fmt::Display for InstanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "more than {SIDE_MAX} capacities or needs, or {PAIRS_MAX} pairs")
            }
            Self::TooMuch => write!(f, "more than {QUANTITY_MAX} base units on one side"),
            Self::UnknownOffer(at) => write!(f, "capacity {at} names an unknown offer"),
            Self::UnknownDemand(at) => write!(f, "need {at} names an unknown demand"),
            Self::ReversedNeed(at) => write!(f, "need {at} has a minimum above its maximum"),
            Self::ZeroIncrement(at) => write!(f, "offer {at} has an increment of zero"),
            Self::OversoldProducer(at) => write!(f, "producer {at} sold more than it offered"),
            Self::UnknownPair(at) => write!(f, "pair {at} names an unknown capacity or need"),
            Self::ScoreOutOfRange(at) => write!(f, "pair {at} has a score above {SCORE_MAX}"),
            Self::DuplicatePair { capacity, need } => {
                write!(f, "capacity {capacity} and need {need} are paired twice")
            }
        }
    }
}

impl std::error::Error for InstanceError {}

/// Both sides of a market with their limits; which of them fit is told by [`Pairs`] or
/// [`Pricing`](super::columns::Pricing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    capacities: Vec<Capacity>,
    needs: Vec<Need>,
    offers: Vec<OfferLimits>,
    demands: Vec<DemandLimits>,
    earlier: Vec<Sales>,
    /// By offer and demand: the smallest share between them.
    minima: BTreeMap<(u32, u32), u64>,
}

impl Market {
    /// Checks both sides and their limits.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(
        capacities: Vec<Capacity>,
        needs: Vec<Need>,
        offers: Vec<OfferLimits>,
        demands: Vec<DemandLimits>,
    ) -> Result<Self, InstanceError> {
        check_size(capacities.iter().map(|capacity| capacity.quantity), QUANTITY_MAX)?;
        check_size(needs.iter().map(|need| need.max), QUANTITY_MAX)?;
        if let Some(at) = offers.iter().position(|offer| offer.increment == 0) {
            return Err(InstanceError::ZeroIncrement(at));
        }
        if let Some(at) = capacities.iter().position(|c| c.offer as usize >= offers.len()) {
            return Err(InstanceError::UnknownOffer(at));
        }
        if let Some(at) = needs.iter().position(|n| n.demand as usize >= demands.len()) {
            return Err(InstanceError::UnknownDemand(at));
        }
        if let Some(at) = needs.iter().position(|need| need.min > need.max) {
            return Err(InstanceError::ReversedNeed(at));
        }
        let (earlier, minima) = (Vec::new(), BTreeMap::new());
        Ok(Self { capacities, needs, offers, demands, earlier, minima })
    }

    /// The same market with a smallest share between an offer and a demand, by their indices, in
    /// base units, beside what either asks of all.
    #[must_use]
    pub fn with_minima(self, minima: BTreeMap<(u32, u32), u64>) -> Self {
        Self { minima, ..self }
    }

    /// The same market after earlier runs, which a rule makes up for, by producer index; producers
    /// beyond the last have none.
    ///
    /// # Errors
    /// [`InstanceError::TooMuch`] and [`InstanceError::OversoldProducer`].
    pub fn after(self, earlier: Vec<Sales>) -> Result<Self, InstanceError> {
        if earlier.iter().any(|run| run.offered > QUANTITY_MAX) {
            return Err(InstanceError::TooMuch);
        }
        match earlier.iter().position(|run| run.sold > run.offered) {
            Some(at) => Err(InstanceError::OversoldProducer(at)),
            None => Ok(Self { earlier, ..self }),
        }
    }

    /// What a producer offered and sold in earlier runs.
    #[must_use]
    pub fn earlier(&self, producer: usize) -> Sales {
        self.earlier.get(producer).copied().unwrap_or_default()
    }

    /// A market without limits: every capacity is an offer of a producer of its own, every need
    /// a demand of its own. It may be several markets side by side, such as one for each dimension
    /// that quantities are measured in, with eight times the most base units of one.
    ///
    /// # Errors
    /// [`InstanceError::TooLarge`] and [`InstanceError::TooMuch`].
    pub fn unlimited(supply: &[u64], wanted: &[u64]) -> Result<Self, InstanceError> {
        check_size(supply.iter().copied(), ALL_QUANTITY_MAX)?;
        check_size(wanted.iter().copied(), ALL_QUANTITY_MAX)?;
        let capacity = |(i, &quantity)| Capacity { quantity, offer: i, producer: i };
        let need = |(i, &max)| Need { max, min: 0, demand: i };
        Ok(Self {
            capacities: (0..).zip(supply).map(capacity).collect(),
            needs: (0..).zip(wanted).map(need).collect(),
            offers: vec![OfferLimits::default(); supply.len()],
            demands: vec![DemandLimits::default(); wanted.len()],
            earlier: Vec::new(),
            minima: BTreeMap::new(),
        })
    }

    /// The capacities, by index.
    #[must_use]
    pub fn capacities(&self) -> &[Capacity] {
        &self.capacities
    }

    /// The needs, by index.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }

    /// The limits of the offer that the capacity belongs to.
    #[must_use]
    pub fn offer_limits(&self, capacity: u32) -> OfferLimits {
        self.offers[self.capacities[capacity as usize].offer as usize]
    }

    /// The limits of the demand that the need belongs to.
    #[must_use]
    pub fn demand_limits(&self, need: u32) -> DemandLimits {
        self.demands[self.needs[need as usize].demand as usize]
    }

    /// The smallest share between the offer of a capacity and the demand of a need; 0 for none.
    #[must_use]
    pub fn minimum(&self, capacity: u32, need: u32) -> u64 {
        let (capacity, need) = (self.capacities[capacity as usize], self.needs[need as usize]);
        self.minima.get(&(capacity.offer, need.demand)).copied().unwrap_or(0)
    }

    /// What a share of a pair is at least: by its offer, by its demand, and between them.
    #[must_use]
    pub fn least_share(&self, capacity: u32, need: u32) -> u64 {
        let min_order = self.offer_limits(capacity).min_order;
        let own = min_order.max(self.demand_limits(need).min_share);
        own.max(self.minimum(capacity, need))
    }

    /// Whether any limit between shares can bind: a minimum order, an increment, a minimum share
    /// or fill, or a number of suppliers.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.offers.iter().any(|offer| *offer != OfferLimits::default())
            || self.demands.iter().any(|demand| *demand != DemandLimits::default())
            || self.needs.iter().any(|need| need.min > 0)
            || !self.minima.is_empty()
    }

    /// Number of demands.
    #[must_use]
    pub fn demand_count(&self) -> usize {
        self.demands.len()
    }

    /// One more than the highest producer index.
    #[must_use]
    pub fn producer_count(&self) -> usize {
        self.capacities.iter().map(|capacity| capacity.producer as usize + 1).max().unwrap_or(0)
    }
}

fn check_size(
    quantities: impl ExactSizeIterator<Item = u64>,
    most: u64,
) -> Result<(), InstanceError> {
    if quantities.len() > SIDE_MAX {
        return Err(InstanceError::TooLarge);
    }
    let mut total = 0_u64;
    for quantity in quantities {
        total = total.saturating_add(quantity);
    }
    if total > most { Err(InstanceError::TooMuch) } else { Ok(()) }
}

/// Eligible pairs of one market, ordered by need and then by capacity, each pair once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    pairs: Vec<Pair>,
    starts: Vec<u32>,
}

impl Pairs {
    /// Checks and orders the pairs of a market; the order given does not matter.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn new(market: &Market, mut pairs: Vec<Pair>) -> Result<Self, InstanceError> {
        let (capacities, needs) = (market.capacities().len(), market.needs().len());
        if pairs.len() > PAIRS_MAX {
            return Err(InstanceError::TooLarge);
        }
        for (at, pair) in pairs.iter().enumerate() {
            if pair.capacity as usize >= capacities || pair.need as usize >= needs {
                return Err(InstanceError::UnknownPair(at));
            }
            if pair.score > SCORE_MAX {
                return Err(InstanceError::ScoreOutOfRange(at));
            }
        }
        if !pairs.is_sorted_by_key(key) {
            pairs.sort_unstable_by_key(key);
        }
        match pairs.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            Some(&[Pair { capacity, need, .. }, ..]) => {
                Err(InstanceError::DuplicatePair { capacity, need })
            }
            _ => Ok(Self { starts: starts(&pairs, needs), pairs }),
        }
    }

    /// Those of the pairs that are kept.
    pub(super) fn only(&self, market: &Market, is_kept: impl Fn(&Pair) -> bool) -> Self {
        let pairs: Vec<_> = self.pairs.iter().filter(|pair| is_kept(pair)).copied().collect();
        Self { starts: starts(&pairs, market.needs().len()), pairs }
    }

    /// All pairs, by need and then by capacity.
    #[must_use]
    pub fn all(&self) -> &[Pair] {
        &self.pairs
    }

    /// The pairs of one need, by capacity.
    #[must_use]
    pub fn of_need(&self, need: usize) -> &[Pair] {
        &self.pairs[self.starts[need] as usize..self.starts[need + 1] as usize]
    }

    /// The score of a pair, or `None` if it is not eligible.
    #[must_use]
    pub fn score(&self, capacity: u32, need: u32) -> Option<u16> {
        let pairs = self.of_need(need as usize);
        let at = pairs.binary_search_by_key(&capacity, |pair| pair.capacity).ok()?;
        Some(pairs[at].score)
    }
}

fn key(pair: &Pair) -> (u32, u32) {
    (pair.need, pair.capacity)
}

fn starts(pairs: &[Pair], needs: usize) -> Vec<u32> {
    let mut starts = vec![0; needs + 1];
    for pair in pairs {
        starts[pair.need as usize + 1] += 1;
    }
    for need in 0..needs {
        starts[need + 1] += starts[need];
    }
    starts
}
