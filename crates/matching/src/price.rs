//! Prices of a pair in the demand's unit: exact fractions, freight, landed and net price. Must not
//! know which checks or factors use them.

use std::cmp::Ordering;

use crate::factor::BASIS_POINTS;
use crate::money::Price;
use crate::quantity::{Dimension, UnitContent};

/// Freight where no other rate is set, in đồng for one tonne over one kilometre.
pub const DEFAULT_FREIGHT_VND_PER_TONNE_KM: u64 = 2500;
/// The highest freight rate, small enough that every product fits 128 bits.
pub const MAX_FREIGHT_VND_PER_TONNE_KM: u64 = 1_000_000;
/// What a piece without a stated weight counts as, in grams.
pub const ASSUMED_PIECE_G: u64 = 1000;

const GRAMS_PER_TONNE: u128 = 1_000_000;
const MILLIMETRES_PER_METRE: u64 = 1000;
const PERCENT: u128 = 100;

/// What one kilometre costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreightRate(u64);

impl Default for FreightRate {
    fn default() -> Self {
        Self(DEFAULT_FREIGHT_VND_PER_TONNE_KM)
    }
}

impl FreightRate {
    /// A rate in đồng for one tonne over one kilometre; none above
    /// [`MAX_FREIGHT_VND_PER_TONNE_KM`].
    #[must_use]
    pub const fn new(vnd_per_tonne_km: u64) -> Option<Self> {
        if vnd_per_tonne_km <= MAX_FREIGHT_VND_PER_TONNE_KM {
            Some(Self(vnd_per_tonne_km))
        } else {
            None
        }
    }

    /// The rate in đồng for one tonne over one kilometre.
    #[must_use]
    pub const fn vnd_per_tonne_km(self) -> u64 {
        self.0
    }
}

/// The weight of one unit for freight, in grams: as stated; 1 ml counts as 1 g; a piece, metre or
/// square metre without a stated weight as [`ASSUMED_PIECE_G`], so 1 mm as a thousandth of it; a
/// service weighs nothing.
#[must_use]
pub fn mass_g(content: &UnitContent) -> u64 {
    if let Some(grams) = content.in_dimension(Dimension::Mass) {
        return grams;
    }
    if let Some(millilitres) = content.in_dimension(Dimension::Volume) {
        return millilitres;
    }
    match content.primary().dimension {
        Dimension::Guests | Dimension::RoomNights => 0,
        Dimension::Length => content.primary().base_units * ASSUMED_PIECE_G / MILLIMETRES_PER_METRE,
        _ => content.primary().base_units.saturating_mul(ASSUMED_PIECE_G),
    }
}

/// How quantities of the offer's unit become quantities of the demand's unit: one offer unit has
/// `offer_base` base units, one demand unit has `demand_base`, and `ratio` basis points of the
/// offered product stand for one of the wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// Base units in one offer unit.
    pub offer_base: u64,
    /// Base units in one demand unit.
    pub demand_base: u64,
    /// Offered for one wanted, in basis points.
    pub ratio: u32,
}

impl Conversion {
    /// What one offer unit counts, in ten-thousandths of a base unit over `ratio`.
    const fn supply(&self) -> u128 {
        self.offer_base as u128 * BASIS_POINTS as u128
    }

    /// What one demand unit asks, in the same measure.
    const fn demand(&self) -> u128 {
        self.demand_base as u128 * self.ratio as u128
    }

    /// Base units of the wanted product that `units` offer units stand for, rounded down.
    #[must_use]
    pub fn wanted_base(&self, units: u64) -> u128 {
        u128::from(units) * self.supply() / u128::from(self.ratio)
    }

    /// Whole offer units within `wanted` demand units.
    #[must_use]
    pub fn offer_units_within(&self, wanted: u64) -> u64 {
        saturate(u128::from(wanted) * self.demand() / self.supply())
    }

    /// The fewest whole offer units that reach `wanted` demand units.
    #[must_use]
    pub fn offer_units_reaching(&self, wanted: u64) -> u64 {
        saturate((u128::from(wanted) * self.demand()).div_ceil(self.supply()))
    }

    /// The fewest whole demand units that reach `units` offer units.
    #[must_use]
    pub fn demand_units_reaching(&self, units: u64) -> u64 {
        saturate((u128::from(units) * self.supply()).div_ceil(self.demand()))
    }

    /// Whole demand units within `units` offer units.
    #[must_use]
    pub fn demand_units_within(&self, units: u64) -> u64 {
        saturate(u128::from(units) * self.supply() / self.demand())
    }
}

/// `value`, or the largest `u64`.
#[must_use]
pub fn saturate(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A price of one demand unit as an exact fraction, so that two can be compared without rounding.
#[derive(Debug, Clone, Copy)]
pub struct UnitPrice {
    /// Đồng × [`BASIS_POINTS`] × `content`.
    scaled: u128,
    /// Base units in one offer unit; positive.
    content: u64,
}

impl UnitPrice {
    /// The price of one demand unit where one offer unit costs `price`.
    #[must_use]
    pub fn new(price: Price, conversion: &Conversion) -> Self {
        let scaled = u128::from(price.vnd()) * conversion.demand();
        Self { scaled, content: conversion.offer_base }
    }

    /// Rebuilds a price from [`Self::parts`]; none if a part is out of range.
    #[must_use]
    pub const fn from_parts(scaled: u128, content: u64) -> Option<Self> {
        let legal = scaled <= MAX_SCALED && content >= 1 && content <= crate::quantity::MAX_CONTENT;
        if legal { Some(Self { scaled, content }) } else { None }
    }

    /// The fraction: đồng × 10000 × the second part, and the second part.
    #[must_use]
    pub const fn parts(&self) -> (u128, u64) {
        (self.scaled, self.content)
    }

    /// Whole đồng, rounded up.
    #[must_use]
    pub fn vnd_rounded_up(&self) -> u64 {
        saturate(self.scaled.div_ceil(self.denominator()))
    }

    fn denominator(&self) -> u128 {
        u128::from(self.content) * u128::from(BASIS_POINTS)
    }

    /// What the producer keeps of one demand unit, in whole đồng rounded down: the price less the
    /// discount, less the listing fee spread over `matched_base` base units; at least 0.
    #[must_use]
    pub fn net_vnd(&self, deductions: &Deductions) -> u64 {
        let share = PERCENT - u128::from(deductions.discount_percent).min(PERCENT);
        let (kept, kept_of) = (self.scaled * share, self.denominator() * PERCENT);
        let fee = u128::from(deductions.listing_fee_vnd) * u128::from(deductions.demand_base);
        let fee_over = deductions.matched_base.max(1);
        let borrows = is_less((kept % kept_of, kept_of), (fee % fee_over, fee_over));
        let whole = (kept / kept_of).saturating_sub(fee / fee_over);
        saturate(whole.saturating_sub(u128::from(borrows)))
    }
}

/// Whether a fraction is less than another, whose products may be too large: of equal whole parts
/// the rests decide, upside down. Denominators are positive.
fn is_less((over, under): (u128, u128), (other_over, other_under): (u128, u128)) -> bool {
    let (whole, other_whole) = (over / under, other_over / other_under);
    let (rest, other_rest) = (over % under, other_over % other_under);
    if whole != other_whole || rest == 0 || other_rest == 0 {
        return (whole, rest.min(1)) < (other_whole, other_rest.min(1));
    }
    is_less((other_under, other_rest), (under, rest))
}

const MAX_SCALED: u128 = crate::money::MAX_PRICE_VND as u128
    * crate::quantity::MAX_CONTENT as u128
    * crate::demand::MAX_RATIO as u128;

impl Ord for UnitPrice {
    fn cmp(&self, other: &Self) -> Ordering {
        let (own, others) = (u128::from(self.content), u128::from(other.content));
        (self.scaled * others).cmp(&(other.scaled * own))
    }
}

impl PartialOrd for UnitPrice {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for UnitPrice {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for UnitPrice {}

/// What the buyer's commercial terms take from a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deductions {
    /// Discount on the price, in whole percent.
    pub discount_percent: u8,
    /// One fee for listing the product.
    pub listing_fee_vnd: u64,
    /// Base units in one demand unit.
    pub demand_base: u64,
    /// Base units over which the fee is spread; at least 1 is counted.
    pub matched_base: u128,
}

/// A price of one demand unit with freight, as an exact fraction of đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LandedPrice {
    numerator: u128,
    denominator: u128,
}

impl LandedPrice {
    /// The price of one demand unit where one offer unit costs `price` and `freight_micros`
    /// millionths of a đồng to move.
    #[must_use]
    pub fn new(price: Price, freight_micros: u128, conversion: &Conversion) -> Self {
        let micros = u128::from(price.vnd()) * GRAMS_PER_TONNE + freight_micros;
        Self {
            numerator: micros * conversion.demand(),
            denominator: GRAMS_PER_TONNE * conversion.supply(),
        }
    }

    /// Whole đồng, rounded up.
    #[must_use]
    pub fn vnd_rounded_up(&self) -> u64 {
        saturate(self.numerator.div_ceil(self.denominator))
    }

    /// Whether it is at most `ceiling`.
    #[must_use]
    pub fn is_within(&self, ceiling: Price) -> bool {
        self.numerator <= self.limit(ceiling)
    }

    /// How far it is above `ceiling`, as a share of itself in basis points, 1 to 10000; 0 within.
    #[must_use]
    pub fn excess_bp(&self, ceiling: Price) -> u16 {
        if self.is_within(ceiling) {
            return 0;
        }
        let basis = u128::from(BASIS_POINTS);
        let excess = self.numerator - self.limit(ceiling);
        (excess / (self.numerator / basis).max(1)).clamp(1, basis) as u16
    }

    /// The value of the price factor under `ceiling`: half of it or less is full marks.
    #[must_use]
    pub fn value_under(&self, ceiling: Price) -> u16 {
        let basis = u128::from(BASIS_POINTS);
        let (limit, numerator) = (self.limit(ceiling), self.numerator);
        if numerator > limit {
            return 0;
        }
        let value = (2 * basis * (limit - numerator)).checked_div(limit);
        value.unwrap_or(basis).min(basis) as u16
    }

    fn limit(&self, ceiling: Price) -> u128 {
        u128::from(ceiling.vnd()) * self.denominator
    }
}

/// What it costs to move one offer unit of `mass_g` over `distance_km`, in millionths of a đồng.
#[must_use]
pub fn freight_micros(rate: FreightRate, mass_g: u64, distance_km: u32) -> u128 {
    u128::from(rate.0) * u128::from(mass_g) * u128::from(distance_km)
}
