//! Random small markets.

use matching::allocation::instance::{Market, Pair, Pairs};
use proptest::collection::vec;
use proptest::prelude::*;

/// Quantities of both sides, and the score of each possible pair or none.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) supply: Vec<u64>,
    pub(crate) wanted: Vec<u64>,
    pub(crate) scores: Vec<Option<u16>>,
}

impl Sketch {
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let width = self.supply.len() as u32;
        let pair = |(at, score): (u32, &Option<u16>)| {
            score.map(|score| Pair { capacity: at % width, need: at / width, score })
        };
        (0..).zip(&self.scores).filter_map(pair).collect()
    }

    pub(crate) fn build(&self) -> (Market, Pairs) {
        let market = Market::unlimited(&self.supply, &self.wanted).unwrap();
        let pairs = Pairs::new(&market, self.pairs()).unwrap();
        (market, pairs)
    }
}

/// Markets of up to `side` capacities and needs with quantities up to `most`.
pub(crate) fn sketches(side: usize, most: u64) -> impl Strategy<Value = Sketch> {
    (1..=side, 1..=side, prop_oneof![Just(5_u16), Just(10_000)]).prop_flat_map(
        move |(capacities, needs, highest)| {
            let score = proptest::option::weighted(0.6, 0..=highest);
            (vec(0..=most, capacities), vec(0..=most, needs), vec(score, capacities * needs))
                .prop_map(|(supply, wanted, scores)| Sketch { supply, wanted, scores })
        },
    )
}
