//! Money: whole đồng, never a binary fraction. Must not know currencies other than VND.

use std::num::NonZeroU64;

/// The largest amount that a price may have, in đồng: a million times the dearest product of the
/// programme, and small enough that every product of a price and a quantity fits 128 bits.
pub const MAX_PRICE_VND: u64 = 1_000_000_000_000;

/// A price in whole đồng for one unit; kept as one more, so that an absent price takes no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(NonZeroU64);

impl Price {
    /// A price of `vnd` đồng; none above [`MAX_PRICE_VND`].
    #[must_use]
    pub const fn new(vnd: u64) -> Option<Self> {
        if vnd > MAX_PRICE_VND {
            return None;
        }
        match NonZeroU64::new(vnd + 1) {
            Some(kept) => Some(Self(kept)),
            None => None,
        }
    }

    /// The amount in đồng.
    #[must_use]
    pub const fn vnd(self) -> u64 {
        self.0.get() - 1
    }
}
