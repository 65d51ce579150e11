//! The score of a pair: six values, their weights, and contributions that sum to it exactly. Must
//! not know where the values come from.

use crate::certificate::Stars;
use crate::factor::{BASIS_POINTS, Factor, Weights};

/// Kilometres from which distance is worth nothing.
pub const FAR_KM: u32 = 1500;
/// The value of a factor that one side leaves open.
pub const OPEN_VALUE: u16 = 5000;

/// One value a factor, in the order of [`Factor::ALL`], 0 to 10000.
pub type Values = [u16; 6];

/// A factor in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorShare {
    /// Which.
    pub factor: Factor,
    /// Its weight, in basis points.
    pub weight: u16,
    /// Its value, in basis points.
    pub value: u16,
    /// Its part of the score, in basis points.
    pub contribution: u16,
}

/// `⌊Σ weight × value / 10000⌋`.
#[must_use]
pub fn score(weights: Weights, values: &Values) -> u16 {
    let products = Factor::ALL.iter().zip(values);
    let sum: u64 = products.map(|(factor, value)| product(weights.of(*factor), *value)).sum();
    (sum / BASIS_POINTS) as u16
}

fn product(weight: u16, value: u16) -> u64 {
    u64::from(weight) * u64::from(value)
}

/// The factors with contributions that sum to the score: each rounded down, the rest given by
/// largest remainder, ties by the order of the factors.
#[must_use]
pub fn shares(weights: Weights, values: &Values) -> [FactorShare; 6] {
    let mut shares = Factor::ALL.map(|factor| {
        let (weight, value) = (weights.of(factor), values[factor as usize]);
        let contribution = (product(weight, value) / BASIS_POINTS) as u16;
        FactorShare { factor, weight, value, contribution }
    });
    let given: u16 = shares.iter().map(|share| share.contribution).sum();
    let mut order = Factor::ALL;
    order.sort_by_key(|factor| {
        let share = &shares[*factor as usize];
        std::cmp::Reverse(product(share.weight, share.value) % BASIS_POINTS)
    });
    for factor in &order[..usize::from(score(weights, values) - given)] {
        shares[*factor as usize].contribution += 1;
    }
    shares
}

/// The value of a distance: 0 km is full marks, [`FAR_KM`] and more nothing.
#[must_use]
pub const fn distance_value(distance_km: u32) -> u16 {
    let near_km = FAR_KM.saturating_sub(distance_km);
    (BASIS_POINTS as u32 * near_km / FAR_KM) as u16
}

/// The value of recognised stars.
#[must_use]
pub const fn quality_value(stars: Option<Stars>) -> u16 {
    match stars {
        None | Some(Stars::Three) => 0,
        Some(Stars::Four) => 5000,
        Some(Stars::PotentialFive) => 7500,
        Some(Stars::Five) => BASIS_POINTS as u16,
    }
}
