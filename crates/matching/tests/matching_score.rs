//! Contributions and the exact prices, whatever the numbers.

use matching::demand::MAX_RATIO;
use matching::factor::Weights;
use matching::money::{MAX_PRICE_VND, Price};
use matching::price::{Conversion, Deductions, LandedPrice, UnitPrice, freight_micros};
use matching::price::{FreightRate, MAX_FREIGHT_VND_PER_TONNE_KM, mass_g};
use matching::quantity::{Content, Dimension, MAX_CONTENT, UnitContent};
use matching::score::{score, shares};
use proptest::prelude::*;

fn weights() -> impl Strategy<Value = Weights> {
    prop::collection::vec(0_u16..=10_000, 5).prop_map(|mut cuts| {
        cuts.extend([0, 10_000]);
        cuts.sort_unstable();
        let parts: Vec<u16> = cuts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Weights::new(parts.try_into().expect("six")).expect("they sum")
    })
}

fn conversion() -> impl Strategy<Value = Conversion> {
    (1..=MAX_CONTENT, 1..=MAX_CONTENT, 1..=MAX_RATIO as u32)
        .prop_map(|(offer_base, demand_base, ratio)| Conversion { offer_base, demand_base, ratio })
}

fn price() -> impl Strategy<Value = Price> {
    (0..=MAX_PRICE_VND).prop_map(|vnd| Price::new(vnd).expect("legal"))
}

proptest! {
    #[test]
    fn contributions_sum_to_the_score_and_stay_within_one_point(
        weights in weights(), values in prop::array::uniform6(0_u16..=10_000)
    ) {
        let shares = shares(weights, &values);
        let sum: u16 = shares.iter().map(|share| share.contribution).sum();
        prop_assert_eq!(sum, score(weights, &values));
        for share in shares {
            let exact = u32::from(share.weight) * u32::from(share.value);
            let given = u32::from(share.contribution) * 10_000;
            prop_assert!(given <= exact + 9_999 && exact <= given + 9_999);
            prop_assert!(share.contribution == 0 || exact > 0, "nothing is given to nothing");
        }
    }

    #[test]
    fn unit_prices_are_ordered_as_their_exact_values(
        a in price(), b in price(), by in conversion(), other in conversion()
    ) {
        let (first, second) = (UnitPrice::new(a, &by), UnitPrice::new(b, &other));
        let ((num, den), (num2, den2)) = (first.parts(), second.parts());
        let expected = (num * u128::from(den2)).cmp(&(num2 * u128::from(den)));
        prop_assert_eq!(first.cmp(&second), expected);
        if first.vnd_rounded_up() < second.vnd_rounded_up() {
            prop_assert!(first < second);
        }
        prop_assert_eq!(UnitPrice::from_parts(num, den), Some(first));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow(
        vnd in price(), by in conversion(), rate in 0..=MAX_FREIGHT_VND_PER_TONNE_KM,
        distance_km in 0_u32..=20_038, discount_percent in 0_u8..=100
    ) {
        let rate = FreightRate::new(rate).expect("legal");
        let freight = freight_micros(rate, MAX_CONTENT * 1000, distance_km);
        let landed = LandedPrice::new(vnd, freight, &by);
        let ceiling = Price::new(MAX_PRICE_VND).expect("legal");
        prop_assert!(landed.value_under(ceiling) <= 10_000);
        prop_assert_eq!(landed.excess_bp(ceiling) == 0, landed.is_within(ceiling));
        let unit_price = UnitPrice::new(vnd, &by);
        let net = unit_price.net_vnd(&Deductions {
            discount_percent,
            listing_fee_vnd: MAX_PRICE_VND,
            demand_base: by.demand_base,
            matched_base: 208 * by.wanted_base(1_000_000_000_000),
        });
        prop_assert!(net <= unit_price.vnd_rounded_up());
    }
}

#[test]
fn a_fee_over_the_greatest_quantity_of_the_largest_packages_does_not_overflow() {
    let by = Conversion { offer_base: MAX_CONTENT, demand_base: MAX_CONTENT, ratio: 1 };
    let net = |vnd, listing_fee_vnd, matched_base| {
        let price = UnitPrice::new(Price::new(vnd).expect("legal"), &by);
        let demand_base = by.demand_base;
        price.net_vnd(&Deductions {
            discount_percent: 0,
            listing_fee_vnd,
            demand_base,
            matched_base,
        })
    };
    let most = by.wanted_base(1_000_000_000_000);
    // A demand unit costs a ten-thousandth of the price.
    assert_eq!(net(29_999, MAX_PRICE_VND, most), 2);
    assert_eq!(net(20_000, MAX_PRICE_VND, most), 1);
    assert_eq!(net(20_000, 0, most), 2);
    assert_eq!(net(MAX_PRICE_VND, 1, most), 99_999_999);
    assert_eq!(net(30_005, 10_000, 10_000 * u128::from(MAX_CONTENT)), 2);
    assert_eq!(net(30_005, 5, 10_000 * u128::from(MAX_CONTENT)), 3);
}

#[test]
fn the_rest_goes_to_the_largest_remainder_and_ties_to_the_first_factor() {
    let weights = Weights::new([2500, 2500, 1500, 1500, 1000, 1000]).expect("they sum");
    let shares = shares(weights, &[1, 1, 0, 0, 5, 0]);
    // 2500 + 2500 + 5000 = one whole point; the quality factor has the largest remainder.
    assert_eq!(shares.map(|share| share.contribution), [0, 0, 0, 0, 1, 0]);
    let tied = matching::score::shares(weights, &[2, 2, 0, 0, 0, 0]);
    assert_eq!(tied.map(|share| share.contribution), [1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_metre_without_a_weight_counts_as_much_as_a_piece() {
    let unit = |dimension, base_units| UnitContent::new(Content { dimension, base_units });
    let grams = [
        mass_g(&unit(Dimension::Length, 1000)),
        mass_g(&unit(Dimension::Count, 1)),
        mass_g(&unit(Dimension::Area, 1)),
    ];
    assert_eq!(grams, [1000; 3]);
    assert_eq!(mass_g(&unit(Dimension::Length, 500)), 500);
    assert_eq!(mass_g(&unit(Dimension::Guests, 1)), 0);
}
