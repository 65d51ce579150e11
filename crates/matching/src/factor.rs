//! The six factors of a score and their weights. Must not know how a factor's value is found.

use crate::violation::{Rule, Violation, Violations};

/// Values, weights and scores are basis points: 10000 is all.
pub const BASIS_POINTS: u64 = 10_000;

/// A factor of the score, in the order that breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factor {
    /// Relevance of the product's name to the demand's text.
    Text,
    /// Landed price against the ceiling.
    Price,
    /// Wanted quantity that is available in the delivery windows.
    Quantity,
    /// Distance between the offer and the nearest delivery.
    Distance,
    /// Recognised stars.
    Quality,
    /// Accepted against agreed quantity of the producer's last 12 months.
    Reliability,
}

impl Factor {
    /// Every factor in order.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Price, Self::Quantity, Self::Distance, Self::Quality, Self::Reliability];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::Distance => "distance",
            Self::Quality => "quality",
            Self::Reliability => "reliability",
        }
    }
}

/// One weight a factor, in basis points, that sum to 10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weights([u16; 6]);

impl Default for Weights {
    fn default() -> Self {
        Self([2500, 2500, 1500, 1500, 1000, 1000])
    }
}

impl Weights {
    /// Weights in the order of [`Factor::ALL`].
    ///
    /// # Errors
    /// [`Rule::WeightsSum`] unless they sum to 10000.
    pub fn new(weights: [u16; 6]) -> Result<Self, Vec<Violation>> {
        let sum = weights.iter().map(|weight| u64::from(*weight)).sum();
        let mut violations = Violations::default();
        violations.require(sum == BASIS_POINTS, "/preferences", Rule::WeightsSum { sum });
        violations.into_result(Self(weights))
    }

    /// The weight of `factor`.
    #[must_use]
    pub const fn of(self, factor: Factor) -> u16 {
        self.0[factor as usize]
    }
}
