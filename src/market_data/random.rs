//! A small seeded generator, so that a market is the same on every machine and in every version.

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// A generator of its own for one record, so that records do not depend on each other's order.
    pub(super) fn of(seed: u64, stream: &str, index: usize) -> Self {
        let mut random = Self(seed);
        for byte in stream.bytes() {
            random.0 ^= u64::from(byte);
            random.0 = random.next();
        }
        random.0 = random.0.wrapping_add((index as u64).wrapping_mul(GOLDEN_GAMMA));
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, by multiplication (the bias is below 2⁻³² for small limits).
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number of `low..=high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True this often in a hundred.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of the items, all equally likely.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn follows_the_published_sequence() {
        let mut random = Random(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn stays_in_bounds_and_differs_by_stream() {
        let mut random = Random::of(7, "offer", 3);
        assert!((0..1_000).map(|_| random.between(5, 9)).all(|number| (5..=9).contains(&number)));
        assert_ne!(Random::of(7, "offer", 3).next(), Random::of(7, "demand", 3).next());
    }
}
