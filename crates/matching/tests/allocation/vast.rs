//! Offers that are far larger than what anybody wants are levelled like any other.

use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::plan::Objective;
use matching::allocation::run;
use proptest::prelude::*;

/// What two producers sell to one need of this many units, in shares of ten and more, and whether
/// that is proven.
fn sold((vast, small): (u64, u64), wanted: u64, rule: Rule<'_>) -> (Vec<u64>, bool) {
    let capacity = |(producer, quantity)| Capacity { quantity, offer: 0, producer };
    let market = Market::new(
        (0..).zip([vast, small]).map(capacity).collect(),
        vec![Need { max: wanted, min: 0, demand: 0 }],
        vec![OfferLimits { min_order: 10, increment: 1 }],
        vec![DemandLimits::default()],
    )
    .unwrap();
    let pairs = [0, 1].map(|capacity| Pair { capacity, need: 0, score: 500 });
    let pairs = Pairs::new(&market, pairs.to_vec()).unwrap();
    let answer = run(&market, &pairs, Objective::Coverage, rule, &|| false);
    let mut sold = vec![0; 2];
    answer.plan.shares().iter().for_each(|share| sold[share.capacity as usize] += share.quantity);
    (sold, answer.is_optimal)
}

#[test]
fn an_offer_of_a_million_millions_is_levelled_without_a_list_of_its_steps() {
    let sizes = (1_000_000_000_000, 50);
    assert_eq!(sold(sizes, 100, Rule::MaxMin), (vec![90, 10], true));
    assert_eq!(sold(sizes, 100, Rule::Equal), (vec![50, 50], true));
    assert_eq!(sold((3_000_000_000_000, sizes.0), 400, Rule::MaxMin), (vec![300, 100], true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn how_much_is_offered_beyond_what_is_wanted_changes_no_equal_shares(
        small in 0_u64..70,
        wanted in 0_u64..120,
    ) {
        let equal = |vast| sold((vast, small), wanted, Rule::Equal);
        prop_assert_eq!(equal(150), equal(1 << 40));
    }
}
