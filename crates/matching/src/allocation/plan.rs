//! What a solver answers: shares, what they are worth, and the prices that prove it.
//!
//! It must not know how a plan was found.

use super::instance::{Market, Pairs};
use std::iter::Sum;
use std::ops::{Add, Sub};

/// What a run is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The most quantity, and among those plans the most score × quantity.
    Coverage,
    /// The most score × quantity.
    Value,
}

impl Objective {
    /// What one base unit of a pair with this score is worth.
    #[must_use]
    pub fn worth(self, score: u16) -> Worth {
        let quantity = match self {
            Self::Coverage => 1,
            Self::Value => 0,
        };
        Worth { quantity, score: i128::from(score) }
    }

    /// What counts first: base units under coverage, score × base units under value.
    #[must_use]
    pub fn first_tier(self, worth: Worth) -> i128 {
        match self {
            Self::Coverage => worth.quantity,
            Self::Value => worth.score,
        }
    }
}

/// A worth in two tiers, compared first by quantity, then by score × quantity.
///
/// Under [`Objective::Value`] the first tier is always zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth {
    /// First tier: base units.
    pub quantity: i128,
    /// Second tier: basis points × base units.
    pub score: i128,
}

impl Worth {
    /// The worth of this many units.
    #[must_use]
    pub fn times(self, units: u64) -> Self {
        let units = i128::from(units);
        Self { quantity: self.quantity * units, score: self.score * units }
    }
}

impl Add for Worth {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { quantity: self.quantity + other.quantity, score: self.score + other.score }
    }
}

impl Sub for Worth {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { quantity: self.quantity - other.quantity, score: self.score - other.score }
    }
}

impl Sum for Worth {
    fn sum<I: Iterator<Item = Self>>(worths: I) -> Self {
        worths.fold(Self::default(), Self::add)
    }
}

/// What one capacity gives to one need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Index of the capacity.
    pub capacity: u32,
    /// Index of the need.
    pub need: u32,
    /// Base units, at least 1.
    pub quantity: u64,
}

/// Shares, ordered by need and then by capacity, at most one per pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    shares: Vec<Share>,
}

impl Plan {
    /// Orders the shares and leaves out the empty ones.
    #[must_use]
    pub fn new(mut shares: Vec<Share>) -> Self {
        shares.retain(|share| share.quantity > 0);
        shares.sort_unstable_by_key(|share| (share.need, share.capacity));
        Self { shares }
    }

    /// The shares, by need and then by capacity.
    #[must_use]
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// Base units of all shares together.
    #[must_use]
    pub fn quantity(&self) -> u64 {
        self.shares.iter().map(|share| share.quantity).sum()
    }

    /// What the plan is worth; shares of pairs that are not eligible count nothing.
    #[must_use]
    pub fn worth(&self, pairs: &Pairs, objective: Objective) -> Worth {
        let worth = |share: &Share| {
            let score = pairs.score(share.capacity, share.need)?;
            Some(objective.worth(score).times(share.quantity))
        };
        self.shares.iter().filter_map(worth).sum()
    }
}

/// The dual prices of a plan: what one more base unit of each capacity and of each need would be
/// worth. They certify an optimum, see [`super::check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// By capacity index.
    pub capacities: Vec<Worth>,
    /// By need index.
    pub needs: Vec<Worth>,
}

impl Prices {
    /// What no plan can exceed, if no eligible pair is worth more than its two prices.
    #[must_use]
    pub fn bound(&self, market: &Market) -> Worth {
        let supply = market.capacities().iter().map(|capacity| capacity.quantity);
        let wanted = market.needs().iter().map(|need| need.max);
        let all = self.capacities.iter().zip(supply).chain(self.needs.iter().zip(wanted));
        all.map(|(price, quantity)| price.times(quantity)).sum()
    }
}
