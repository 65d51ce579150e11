//! What no plan over all eligible pairs can exceed, whatever the prices.
//!
//! Prices bound every plan once no pair is worth more than its two prices (weak duality). Where
//! pairs violate that, prices are raised; to raise them at the least cost is a transportation
//! problem of its own, over the violated pairs alone, and its prices are the raises. It must not
//! know how violated pairs are found.

use crate::allocation::flow::weighted_prices;
use crate::allocation::instance::{Market, PATH_SCORE_MAX, Pair};
use crate::allocation::plan::{Objective, Prices, Worth};

/// What the first tier of worth counts for in one number; the scores of two prices and a pair stay
/// below a half.
const TIER: i64 = 1 << 40;
const _: () = assert!(3 * PATH_SCORE_MAX < TIER / 2);

/// What pairs gain beyond their prices, in one number.
pub(super) struct Gains<'a> {
    market: &'a Market,
    prices: &'a Prices,
    /// What a base unit of each capacity costs.
    pub(super) capacities: Vec<i64>,
    /// By need: what a pair of score zero gains before its capacity is paid for.
    pub(super) bases: Vec<i64>,
}

impl<'a> Gains<'a> {
    pub(super) fn new(market: &'a Market, objective: Objective, prices: &'a Prices) -> Self {
        let unit = whole(&objective.worth(0));
        let capacities = prices.capacities.iter().map(whole).collect();
        let bases = prices.needs.iter().map(|price| unit - whole(price)).collect();
        Self { market, prices, capacities, bases }
    }

    /// What a pair gains.
    fn of(&self, pair: &Pair) -> i64 {
        let base = self.bases[pair.need as usize];
        base + i64::from(pair.score) - self.capacities[pair.capacity as usize]
    }

    /// What no plan can exceed. `violated` are pairs that gain, those of a need together and the
    /// most violated first; of a need with `most` of them there may be further ones, that gain no
    /// more than its last.
    pub(super) fn bound(&self, violated: &[Pair], most: usize, stop: &dyn Fn() -> bool) -> Worth {
        let raise = self.raise(violated, most, stop);
        self.prices.bound(self.market) + raise.unwrap_or_else(|| self.raise_of_needs(violated))
    }

    /// What it costs that each need pays for its most violated pair.
    fn raise_of_needs(&self, violated: &[Pair]) -> Worth {
        let of_needs = violated.chunk_by(|one, other| one.need == other.need);
        let raise = |pairs: &[Pair]| {
            let max = self.market.needs()[pairs[0].need as usize].max;
            split(self.of(&pairs[0])).times(max)
        };
        of_needs.map(raise).sum()
    }

    /// The least that it costs to raise the prices of both sides: each need pays for the pairs that
    /// are not among the violated, and what then is violated still is shared out at the least
    /// cost. None if the stop signal came first, or scores reach into the first tier.
    fn raise(&self, violated: &[Pair], most: usize, stop: &dyn Fn() -> bool) -> Option<Worth> {
        let rests = self.rests(violated, most);
        let gains = violated.iter().map(|pair| {
            let left = self.of(pair) - rests[pair.need as usize];
            (pair.capacity, pair.need, left)
        });
        let supply: Vec<_> = self.market.capacities().iter().map(|it| it.quantity).collect();
        let wanted: Vec<_> = self.market.needs().iter().map(|need| need.max).collect();
        let arcs = gains.filter(|&(.., gain)| gain > 0);
        let (capacities, needs) = weighted_prices(&supply, &wanted, arcs, stop)?;
        let needs = needs.iter().zip(&rests).map(|(raise, rest)| raise + rest);
        let raises = capacities.into_iter().zip(supply).chain(needs.zip(wanted));
        raises.map(|(raise, quantity)| Some(apart(raise)?.times(quantity))).sum()
    }

    /// By need, what a pair that is not among the violated gains at most.
    fn rests(&self, violated: &[Pair], most: usize) -> Vec<i64> {
        let mut rests = vec![0; self.bases.len()];
        for pairs in violated.chunk_by(|one, other| one.need == other.need) {
            if pairs.len() >= most {
                rests[pairs[0].need as usize] = self.of(&pairs[pairs.len() - 1]);
            }
        }
        rests
    }
}

/// Two tiers in one number.
fn whole(price: &Worth) -> i64 {
    price.quantity as i64 * TIER + price.score as i64
}

/// One number as two tiers.
fn split(gain: i64) -> Worth {
    let quantity = (gain + TIER / 2).div_euclid(TIER);
    Worth { quantity: quantity.into(), score: (gain - quantity * TIER).into() }
}

/// The same of a price: none if its score is so large that two prices which together are at least
/// a gain in one number might not be so in tiers.
fn apart(price: i64) -> Option<Worth> {
    let worth = split(price);
    (worth.score.abs() < i128::from(TIER / 4)).then_some(worth)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::allocation::flow::Flow;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const OBJECTIVES: [Objective; 2] = [Objective::Value, Objective::Coverage];

    fn prices(capacities: &[Worth], needs: &[Worth]) -> Prices {
        Prices { capacities: capacities.to_vec(), needs: needs.to_vec() }
    }

    fn all_pairs(market: &Market, scores: &[u16]) -> Vec<Pair> {
        let capacities = market.capacities().len() as u32;
        let pair = |(at, &score)| Pair { capacity: at % capacities, need: at / capacities, score };
        (0..).zip(scores).map(pair).collect()
    }

    /// The `most` most violated pairs of each need.
    fn violated(gains: &Gains<'_>, pairs: &[Pair], most: usize) -> Vec<Pair> {
        let of_need = |pairs: &[Pair]| {
            let mut gaining: Vec<_> = pairs.iter().filter(|it| gains.of(it) > 0).copied().collect();
            gaining.sort_by_key(|pair| -gains.of(pair));
            gaining.truncate(most);
            gaining
        };
        pairs.chunk_by(|one, other| one.need == other.need).flat_map(of_need).collect()
    }

    fn best(market: &Market, pairs: &[Pair], objective: Objective) -> Worth {
        let mut flow = Flow::new(market, objective);
        flow.add(pairs);
        flow.solve(&|| false);
        flow.prices().bound(market)
    }

    fn any_price() -> impl Strategy<Value = Worth> {
        let tiers = (0_i128..2, -3_000_i128..10_000);
        tiers.prop_map(|(quantity, score)| Worth { quantity, score: score.max(-quantity * 3_000) })
    }

    proptest! {
        #[test]
        fn no_plan_exceeds_it_whatever_the_prices(
            (supply, wanted) in (vec(1_u64..50, 8), vec(1_u64..50, 6)),
            scores in vec(0_u16..=10_000, 48),
            (offered, asked) in (vec(any_price(), 8), vec(any_price(), 6)),
            most in 1_usize..10,
        ) {
            let market = Market::unlimited(&supply, &wanted).unwrap();
            let (pairs, prices) = (all_pairs(&market, &scores), prices(&offered, &asked));
            for objective in OBJECTIVES {
                let gains = Gains::new(&market, objective, &prices);
                let violated = violated(&gains, &pairs, most);
                let bound = gains.bound(&violated, most, &|| false);
                prop_assert!(bound >= best(&market, &pairs, objective));
                let by_needs = prices.bound(&market) + gains.raise_of_needs(&violated);
                prop_assert!(bound <= by_needs);
            }
        }
    }

    #[test]
    fn without_prices_it_is_the_optimum_over_the_pairs_shown() {
        let market = Market::unlimited(&[7, 5, 9], &[4, 8, 6]).unwrap();
        let pairs = all_pairs(&market, &[9_000, 100, 50, 8_000, 7_000, 30, 6_500, 10, 20]);
        let free = prices(&[Worth::default(); 3], &[Worth::default(); 3]);
        for objective in OBJECTIVES {
            let gains = Gains::new(&market, objective, &free);
            let shown = violated(&gains, &pairs, 4);
            assert_eq!(gains.bound(&shown, 4, &|| false), best(&market, &pairs, objective));
        }
    }

    #[test]
    fn one_scarce_capacity_costs_less_than_all_who_want_it() {
        let market = Market::unlimited(&[1], &[100; 5]).unwrap();
        let pairs = all_pairs(&market, &[900, 800, 700, 600, 500]);
        let free = prices(&[Worth::default()], &[Worth::default(); 5]);
        let gains = Gains::new(&market, Objective::Value, &free);
        assert_eq!(gains.bound(&pairs, 2, &|| false), Worth { quantity: 0, score: 900 });
        assert_eq!(gains.raise_of_needs(&pairs), Worth { quantity: 0, score: 350_000 });
    }

    #[test]
    fn the_needs_pay_where_the_least_raise_is_not_known() {
        let market = Market::unlimited(&[1; 2], &[100; 2]).unwrap();
        let pairs = all_pairs(&market, &[900, 800, 700, 600]);
        let far = Worth { quantity: 0, score: -i128::from(TIER / 2 - 1_000) };
        for price in [Worth::default(), far] {
            let prices = prices(&[Worth::default(); 2], &[price; 2]);
            let gains = Gains::new(&market, Objective::Value, &prices);
            let is_known = gains.raise(&pairs, 3, &|| false).is_some();
            assert_eq!(is_known, price == Worth::default());
            let by_needs = prices.bound(&market) + gains.raise_of_needs(&pairs);
            assert_eq!(gains.bound(&pairs, 3, &|| false) == by_needs, !is_known);
        }
    }
}
