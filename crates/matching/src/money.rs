//! Money: whole đồng, never a binary fraction. Must not know currencies other than VND.

use std::num::NonZeroU8;

/// The largest amount that a price may have, in đồng: a million times the dearest product of the
/// programme, and small enough that every product of a price and a quantity fits 128 bits.
pub const MAX_PRICE_VND: u64 = 1_000_000_000_000;

/// Bits of the lower part of a price.
const LOW_BITS: u32 = u32::BITS;

/// A price in whole đồng for one unit, in five bytes, the highest first. The highest is kept as one
/// more, so that an absent price takes no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    high: NonZeroU8,
    low: [u8; 4],
}

impl Price {
    /// A price of `vnd` đồng; none above [`MAX_PRICE_VND`].
    #[must_use]
    pub const fn new(vnd: u64) -> Option<Self> {
        if vnd > MAX_PRICE_VND {
            return None;
        }
        match NonZeroU8::new((vnd >> LOW_BITS) as u8 + 1) {
            Some(high) => Some(Self { high, low: (vnd as u32).to_be_bytes() }),
            None => None,
        }
    }

    /// The amount in đồng.
    #[must_use]
    pub const fn vnd(self) -> u64 {
        ((self.high.get() as u64 - 1) << LOW_BITS) | u32::from_be_bytes(self.low) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_what_it_was_made_of_and_in_order() {
        let amounts = [0, 1, 255, 96_000, (1 << LOW_BITS) - 1, 1 << LOW_BITS, MAX_PRICE_VND];
        let prices = amounts.map(|vnd| Price::new(vnd).expect("in range"));
        assert_eq!(prices.map(Price::vnd), amounts);
        assert!(prices.is_sorted());
        assert_eq!(Price::new(MAX_PRICE_VND + 1), None);
        assert_eq!(size_of::<Option<Price>>(), 5);
    }
}
