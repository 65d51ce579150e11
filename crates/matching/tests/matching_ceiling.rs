//! From which quantity on an order keeps the ceiling, against offers that have one price alone.

mod generator;

use generator::World;
use matching::check::CheckCode;
use matching::demand::Demand;
use matching::evaluation::Judgement;
use matching::offer::{Offer, OfferDraft, OfferTerms};
use matching::pair::{Likeness, Pair};
use proptest::prelude::*;

/// What is told of an offer and a demand that are as like as can be.
fn judged<T>(
    world: &World,
    pair: (&Offer, &Demand),
    told: impl Fn(&Judgement, &Pair<'_>) -> T,
) -> T {
    let substitutes = vec![10_000; pair.1.terms.substitutes.len()];
    let likeness = Likeness { text: 10_000, substitutes };
    world.with_pair(pair, likeness, |pair| told(&Judgement::of(pair), pair))
}

/// Whether the ceiling is kept if every order costs what one of `units` does.
fn keeps_ceiling(world: &World, offer: &Offer, demand: &Demand, units: u64) -> bool {
    let mut draft = OfferDraft::clone(&offer.terms);
    draft.unit_price = offer.terms.price_at(units);
    draft.price_breaks.clear();
    let terms = OfferTerms::new(draft).expect("a legal offer");
    let plain = Offer { terms, ..offer.clone() };
    judged(world, (&plain, demand), |judgement, pair| {
        let checks = judgement.checks(pair);
        checks.iter().find(|check| check.code == CheckCode::Price).is_some_and(|it| it.passes())
    })
}

/// Checks every offer with every demand; tells how many keep a ceiling by a break alone.
fn check(world: &World) -> usize {
    let mut by_break = 0;
    for (offer, demand) in
        world.offers.iter().flat_map(|offer| world.demands.iter().map(move |it| (offer, it)))
    {
        if judged(world, (offer, demand), |judgement, _| judgement.conversion.is_none()) {
            continue;
        }
        let least = judged(world, (offer, demand), Judgement::least_within_ceiling);
        let breaks = offer.terms.price_breaks.iter().map(|it| it.min_quantity);
        for units in breaks.flat_map(|units| [units - 1, units, units + 1]).chain([0, 1]) {
            let kept = keeps_ceiling(world, offer, demand, units);
            assert_eq!(least.is_some_and(|least| units >= least), kept, "{units} of {least:?}");
        }
        by_break += usize::from(least.is_some_and(|least| least > 0));
    }
    by_break
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn an_order_keeps_the_ceiling_from_the_least_quantity_on(seed: u64) {
        check(&World::new(seed, 30));
    }
}

#[test]
fn some_random_pairs_keep_the_ceiling_by_a_break_alone() {
    assert!((0..9).map(|seed| check(&World::new(seed, 30))).sum::<usize>() > 20);
}
