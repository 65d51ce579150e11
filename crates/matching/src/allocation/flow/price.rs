//! The integers that prices are computed in: 32 bits where they suffice, 64 where they do not.
//!
//! It must not know what a price is for.

use crate::allocation::instance::{PATH_SCORE_MAX, SCORE_MAX};
use std::fmt::Debug;
use std::ops::{Add, Neg, Sub};

/// The first tier in 64 bits: scores along no path of any market reach into it.
const WIDE_TIER: i64 = 1 << 58;
const _: () = assert!(PATH_SCORE_MAX + (SCORE_MAX as i64) < WIDE_TIER / 4);

/// An integer price with room for sums of three.
pub(super) trait Price:
    Copy + Ord + Debug + Add<Output = Self> + Sub<Output = Self> + Neg<Output = Self>
{
    /// Nothing.
    const ZERO: Self;
    /// What the first tier counts for in one number; the second stays below a quarter of it.
    const TIER: i64;
    /// The weight of an arc that no potentials within the range let in.
    const NEVER: Self;

    /// From a number that fits.
    fn new(price: i64) -> Self;

    /// As a wide number.
    fn wide(self) -> i64;

    /// Whether a sum with this price might overflow.
    fn is_outside(self) -> bool;
}

impl Price for i32 {
    const ZERO: Self = 0;
    const TIER: i64 = 1 << 28;
    const NEVER: Self = -(1 << 30);

    fn new(price: i64) -> Self {
        price as i32
    }

    fn wide(self) -> i64 {
        i64::from(self)
    }

    #[inline]
    fn is_outside(self) -> bool {
        self.unsigned_abs() > 1 << 29
    }
}

impl Price for i64 {
    const ZERO: Self = 0;
    const TIER: i64 = WIDE_TIER;
    const NEVER: Self = -(1 << 61);

    fn new(price: i64) -> Self {
        price
    }

    fn wide(self) -> i64 {
        self
    }

    #[inline]
    fn is_outside(self) -> bool {
        self.unsigned_abs() > 1 << 60
    }
}
