//! The live market against the plain ranking: every pair evaluated, filtered and sorted, after any
//! sequence of changes.

mod allocation;
#[path = "../../crates/matching/tests/generator/mod.rs"]
pub(super) mod generator;
mod holding;
mod plain;
mod search;

use std::cmp::Reverse;

use generator::{Party, Product, Random, World};
use matching::check::Check;
use matching::demand::Demand;
use matching::evaluation::Evaluation;
use matching::id::{DemandId, OfferId, PartyId};
use matching::offer::{Offer, OfferStatus};
use matching::price::UnitPrice;
use plain::{Plain, party_change, product_change};
use proptest::prelude::*;

use super::change::{Dismissal, MarketChange};
use super::footing::Footing;
use super::matches::{Ask, Match, Unlisted};
use super::rank::{MissKey, Page, RankKey};
use super::{Market, MarketSettings, View};

/// The plain order of matches: score down, by agreement last, price up, id up.
type PlainKey = (Reverse<u16>, bool, Option<UnitPrice>, u128);

fn key(evaluation: &Evaluation, id: u128) -> PlainKey {
    let price = evaluation.judgement.unit_price;
    (Reverse(evaluation.score), price.is_none(), price, id)
}

fn ask<K>(world: &World, limit: usize) -> Ask<K> {
    Ask { now: world.now, limit, after: None, dismissed_by: None }
}

/// Follows the pages of a list to its end.
fn all_pages<'v, K: Copy>(
    mut ask: Ask<K>,
    query: impl Fn(&Ask<K>) -> Option<Page<Match<'v>, K>>,
) -> Vec<Match<'v>> {
    let mut items = Vec::new();
    loop {
        let page = query(&ask).expect("in the market");
        assert!(page.items.len() <= ask.limit);
        items.extend(page.items);
        match page.next {
            Some(next) => ask.after = Some(next),
            None => return items,
        }
    }
}

fn check_demand(plain: &Plain, world: &World, view: &View, demand: &Demand) {
    let evaluated = plain.shown().map(|offer| (plain.explain(world, offer, demand), offer.id));
    let (eligible, failed): (Vec<_>, Vec<_>) = evaluated.partition(|((each, _), _)| each.eligible);
    let eligible = eligible.into_iter();
    let mut expected: Vec<_> =
        eligible.map(|((each, _), id)| (key(&each, id.as_u128()), each)).collect();
    expected.sort_by_key(|(key, _)| *key);
    let found = all_pages(ask::<RankKey>(world, 3), |ask| view.matches_for_demand(demand.id, ask));
    let ids: Vec<u128> = found.iter().map(|each| each.offer.facts.id.as_u128()).collect();
    assert_eq!(ids, expected.iter().map(|(key, _)| key.3).collect::<Vec<_>>());
    for (found, (_, evaluation)) in found.iter().zip(&expected) {
        assert_eq!(&found.evaluation, evaluation);
    }
    let preview = all_pages(ask::<RankKey>(world, 4), |ask| {
        view.matches_for_unlisted(&Unlisted::from(&demand.terms), ask)
    });
    if demand.progress.iter().all(|progress| progress.committed == 0) {
        let previewed: Vec<u128> =
            preview.iter().map(|each| each.offer.facts.id.as_u128()).collect();
        assert_eq!(previewed, ids);
    }
    check_excluded((world, view, demand), failed.into_iter());
}

fn check_excluded(
    (world, view, demand): (&World, &View, &Demand),
    failed: impl Iterator<Item = ((Evaluation, Vec<Check>), OfferId)>,
) {
    let near = failed.filter(|((_, checks), _)| checks[..3].iter().all(|check| check.passes()));
    let mut expected: Vec<_> = near
        .map(|((each, checks), id)| (miss(&checks), Reverse(each.score), id.as_u128(), checks))
        .collect();
    expected.sort_by_key(|(miss, score, id, _)| (*miss, *score, *id));
    let found = all_pages(ask::<MissKey>(world, 5), |ask| view.excluded_for_demand(demand.id, ask));
    let ids: Vec<u128> = found.iter().map(|each| each.offer.facts.id.as_u128()).collect();
    assert_eq!(ids, expected.iter().map(|(_, _, id, _)| *id).collect::<Vec<_>>());
    assert!(found.iter().zip(&expected).all(|(found, expected)| found.checks == expected.3));
}

/// How many checks fail, and their gaps together.
fn miss(checks: &[Check]) -> (usize, u32) {
    let failed = checks.iter().filter(|check| !check.passes());
    (failed.count(), checks.iter().map(|check| u32::from(check.gap)).sum())
}

fn check_offer(plain: &Plain, world: &World, view: &View, offer: &Offer) {
    let evaluated = plain.open().map(|demand| (plain.evaluate(world, offer, demand), demand));
    let eligible = evaluated.filter(|(each, _)| each.eligible);
    let mut expected: Vec<_> =
        eligible.map(|(each, demand)| (key(&each, demand.id.as_u128()), each)).collect();
    expected.sort_by_key(|(key, _)| *key);
    let found = all_pages(ask::<RankKey>(world, 3), |ask| view.matches_for_offer(offer.id, ask));
    assert_eq!(found.len(), expected.len());
    for (found, (key, evaluation)) in found.iter().zip(&expected) {
        assert_eq!(found.demand.expect("of the market").facts.id.as_u128(), key.3);
        assert_eq!(&found.evaluation, evaluation, "the same from either side");
    }
}

fn check(plain: &Plain, world: &World, market: &Market) {
    let view = market.view();
    assert_eq!(view.len(), (plain.shown().count(), plain.open().count()));
    for demand in plain.open() {
        check_demand(plain, world, &view, demand);
        let offer = plain.shown().next().expect("an offer");
        let found = view.judge(offer, demand, world.now).expect("both are there");
        let expected = plain.explain(world, offer, demand);
        assert_eq!((found.evaluation, found.checks.to_vec()), expected);
    }
    for offer in plain.shown() {
        check_offer(plain, world, &view, offer);
    }
}

/// Changes a part of the records at random: another version of each, or its end.
fn disturb(plain: &mut Plain, world: &World, seed: u64) -> Vec<MarketChange> {
    let other = World::new(seed, world.offers.len());
    let random = &mut Random(seed);
    let mut changes = Vec::new();
    for (party, fresh) in plain.parties.values_mut().zip(&other.parties) {
        if random.chance(30) {
            *party = Party { id: party.id, ..fresh.clone() };
            changes.push(party_change(party, world));
        }
    }
    for (product, fresh) in plain.products.values_mut().zip(&other.products) {
        if random.chance(30) {
            *product = Product { id: product.id, ..fresh.clone() };
            changes.push(product_change(product, plain.owners[&product.id]));
        }
    }
    changes.extend(disturb_offers(plain, &other, random));
    changes.extend(disturb_demands(plain, &other, random));
    changes
}

fn disturb_offers(plain: &mut Plain, other: &World, random: &mut Random) -> Vec<MarketChange> {
    let mut changes = Vec::new();
    let ids: Vec<OfferId> = plain.offers.keys().copied().collect();
    for (id, fresh) in ids.into_iter().zip(&other.offers) {
        match random.below(4) {
            0 => {
                plain.offers.remove(&id);
                changes.push(MarketChange::OfferGone(id));
            }
            1 => {
                let mut draft = (*fresh.terms).clone();
                let product = *random.pick(&plain.products.keys().copied().collect::<Vec<_>>());
                (draft.product_id, draft.party_id) = (product, plain.owners[&product]);
                let terms = matching::offer::OfferTerms::new(draft).expect("legal");
                let offer = Offer { id, terms, ..fresh.clone() };
                plain.offers.insert(id, offer.clone());
                changes.push(MarketChange::Offer(Box::new(offer)));
            }
            _ => {}
        }
    }
    changes
}

fn disturb_demands(plain: &mut Plain, other: &World, random: &mut Random) -> Vec<MarketChange> {
    let mut changes = Vec::new();
    let ids: Vec<DemandId> = plain.demands.keys().copied().collect();
    for (id, fresh) in ids.into_iter().zip(&other.demands) {
        match random.below(4) {
            0 => {
                plain.demands.remove(&id);
                changes.push(MarketChange::DemandGone(id));
            }
            1 => {
                let mut draft = (*fresh.terms).clone();
                draft.party_id = plain.demands[&id].terms.party_id;
                draft.product_ids =
                    plain.products.keys().copied().take(random.below(3) as usize).collect();
                draft.text.get_or_insert_with(|| "dừa sáp".into());
                let terms = matching::demand::DemandTerms::new(draft).expect("legal");
                let demand = Demand { id, terms, ..fresh.clone() };
                plain.demands.insert(id, demand.clone());
                changes.push(MarketChange::Demand(Box::new(demand)));
            }
            _ => {}
        }
    }
    changes
}

fn market() -> Market {
    Market::new(MarketSettings::default())
}

/// A world whose offers are of one set and mostly of one unit, so that their tree has many nodes;
/// a part of them ends on one day or has no price, as in a real market.
fn one_unit(seed: u64) -> World {
    let mut world = World::new(seed, 150);
    world.demands.truncate(8);
    let (set, content) = (world.products[0].set, world.offers[0].terms.content);
    world.products.iter_mut().for_each(|product| product.set = set);
    for (place, offer) in world.offers.iter_mut().enumerate() {
        let mut draft = (*offer.terms).clone();
        draft.content = if place % 10 == 0 { draft.content } else { content };
        offer.terms = matching::offer::OfferTerms::new(draft).expect("legal");
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn a_tree_of_many_nodes_answers_as_the_plain_ranking_after_any_changes(seed: u64) {
        let world = one_unit(seed);
        let (mut plain, changes) = Plain::of(&world);
        let market = market();
        prop_assert_eq!(market.apply(1, changes), 0);
        check(&plain, &world, &market);
        for round in 2..5 {
            let changes = disturb(&mut plain, &world, seed ^ round);
            prop_assert_eq!(market.apply(round as i64, changes), 0);
            check(&plain, &world, &market);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_query_equals_the_plain_ranking_after_any_changes(seed: u64) {
        let world = World::new(seed, 24);
        let (mut plain, changes) = Plain::of(&world);
        let market = market();
        prop_assert_eq!(market.apply(1, changes), 0);
        market.warm();
        check(&plain, &world, &market);
        let before = market.view();
        for round in 2..4 {
            let changes = disturb(&mut plain, &world, seed ^ round);
            prop_assert_eq!(market.apply(round as i64, changes), 0);
            check(&plain, &world, &market);
        }
        prop_assert_eq!((before.as_of(), market.view().as_of()), (1, 3));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(seed: u64) {
        let world = World::new(seed, 24);
        let (plain, changes) = Plain::of(&world);
        let mut random = Random(seed);
        let placed = changes.iter().cloned().map(|change| (random.next(), change));
        let mut shuffled: Vec<_> = placed.collect();
        let stage = |change: &MarketChange| match change {
            MarketChange::Party(_) => 0,
            MarketChange::Product(_) => 1,
            _ => 2,
        };
        shuffled.sort_by_key(|(place, change)| (stage(change), *place));
        let (first, second) = (market(), market());
        first.apply(1, changes);
        second.apply(1, shuffled.into_iter().map(|(_, change)| change));
        let (first, second) = (first.view(), second.view());
        for demand in plain.open() {
            let ids = |view: &View| -> Vec<OfferId> {
                let page = view.matches_for_demand(demand.id, &ask(&world, 100)).expect("there");
                page.items.iter().map(|each| each.offer.facts.id).collect()
            };
            prop_assert_eq!(ids(&first), ids(&second));
        }
    }
}

#[test]
fn a_dismissed_pair_comes_back_when_terms_change() {
    let found = (0..).map(|seed| World::new(seed, 24)).find_map(|world| {
        let market = market();
        market.apply(1, Plain::of(&world).1);
        let view = market.view();
        let pair = world.demands.iter().find_map(|demand| {
            let page = view.matches_for_demand(demand.id, &ask(&world, 1))?;
            Some((demand.clone(), page.items.first()?.offer.facts.clone()))
        });
        pair.map(|(demand, offer)| (world, market, demand, offer))
    });
    let (world, market, demand, offer) = found.expect("some world has a match");
    let by = demand.terms.party_id;
    let sees = |by: Option<PartyId>| {
        let ask = Ask { dismissed_by: by, ..ask(&world, 100) };
        let view = market.view();
        let page = view.matches_for_demand(demand.id, &ask).expect("there");
        let from_offer = view.matches_for_offer(offer.id, &ask).expect("there");
        let seen = page.items.iter().any(|each| each.offer.facts.id == offer.id);
        let demands = from_offer.items.iter().filter_map(|each| each.demand);
        let seen_from_offer = demands.map(|each| each.facts.id).any(|id| id == demand.id);
        assert_eq!(seen, seen_from_offer, "the same from either side");
        seen
    };
    let dismissal = Dismissal {
        demand_id: demand.id,
        offer_id: offer.id,
        by,
        offer_terms_version: offer.terms_version.into(),
        demand_terms_version: demand.terms_version,
    };
    assert!(sees(Some(by)));
    let ask = Ask { dismissed_by: Some(by), ..ask(&world, 5) };
    let before = market.view();
    let page = before.matches_for_demand(demand.id, &ask).expect("in the market");
    let footing = (&Footing::of(&page), (before.mark(), world.now));
    assert_eq!(market.apply(2, vec![MarketChange::Dismissed(dismissal)]), 0);
    assert!(!sees(Some(by)), "dismissed");
    assert!(!market.view().still_holds(demand.id, footing, &ask), "it is another list");
    assert!(sees(None), "others still see it");
    let changed = Demand { terms_version: demand.terms_version + 1, ..demand.clone() };
    market.apply(3, vec![MarketChange::Demand(Box::new(changed))]);
    assert!(sees(Some(by)), "its terms have changed");
}

#[test]
fn what_comes_again_takes_no_more_room_and_what_goes_leaves_none() {
    let world = World::new(3, 60);
    let (market, (_, changes)) = (market(), Plain::of(&world));
    let room = || {
        let state = market.view().state;
        [state.capacities.room(), state.needs.room()]
    };
    market.apply(1, changes.clone());
    market.apply(2, changes.clone());
    let once = room();
    for round in 3..8 {
        assert_eq!(market.apply(round, changes.clone()), 0);
    }
    assert_eq!(room(), once);
    let offers = world.offers.iter().map(|offer| MarketChange::OfferGone(offer.id));
    let demands = world.demands.iter().map(|demand| MarketChange::DemandGone(demand.id));
    market.apply(9, offers.chain(demands));
    assert!(room().iter().all(|(room, free)| room == free && *room > 0), "{:?}", room());
}

#[test]
fn what_refers_to_nothing_is_left_out_and_counted() {
    let world = World::new(1, 24);
    let market = market();
    let offers = world.offers.iter().filter(|offer| offer.status == OfferStatus::Published);
    let changes: Vec<_> =
        offers.map(|offer| MarketChange::Offer(Box::new(offer.clone()))).collect();
    let count = changes.len();
    assert_eq!(market.apply(1, changes), count);
    assert!(market.view().is_empty());
}
