//! A list that is said to hold is the one that would be worked out now, after any changes and at
//! any later time.

use matching::date::Timestamp;
use matching::demand::{DemandDraft, DemandStatus, DemandTerms};
use matching::id::DemandId;
use proptest::prelude::*;

use super::super::View;
use super::super::change::MarketChange;
use super::super::matches::{Ask, Match};
use super::super::rank::{MissKey, Page, RankKey};
use super::generator::{Random, World};
use super::plain::Plain;
use super::{ask, disturb, market};

const HOUR_US: i64 = 3_600_000_000;

/// All that both lists of a demand say.
fn lists(view: &View, demand: DemandId, world: &World, now: Timestamp) -> String {
    let matches = Ask { now, dismissed_by: None, ..ask::<RankKey>(world, 5) };
    let misses = Ask { now, dismissed_by: None, ..ask::<MissKey>(world, 5) };
    let matches = view.matches_for_demand(demand, &matches);
    let misses = view.excluded_for_demand(demand, &misses);
    format!("{:?} {:?}", matches.map(said), misses.map(said))
}

/// What a page says, without where the records stand.
fn said<K: std::fmt::Debug>(page: Page<Match<'_>, K>) -> String {
    let items = page.items.iter().map(|found| {
        let (offer, product) = (&found.offer.facts, &found.product.facts);
        let (producer, buyer) = (&found.producer, &found.buyer);
        let parties = [(&producer.facts, &producer.name), (&buyer.facts, &buyer.name)];
        let demand = found.demand.map(|demand| &demand.facts);
        let judged = (&found.evaluation, &found.checks);
        format!("{offer:?} {product:?} {} {parties:?} {demand:?} {judged:?}", found.product.name())
    });
    format!("{:?} {:?}", items.collect::<Vec<_>>(), page.next)
}

/// How many lists were found to hold, and how many of those that are the same were not.
#[derive(Debug, Default)]
struct Found {
    held: usize,
    missed: usize,
}

impl Found {
    fn compare(&mut self, world: &World, (before, after): (&View, &View), later: Timestamp) {
        for demand in &world.demands {
            let list = |view, now| lists(view, demand.id, world, now);
            let same = list(before, world.now) == list(after, later);
            if after.still_holds(demand.id, (before.mark(), world.now), later) {
                assert!(same, "a list that holds is not the same");
                self.held += 1;
            } else {
                let is_there = after.buyer_of(demand.id).is_some();
                self.missed += usize::from(same && is_there);
            }
        }
    }
}

/// Compares the lists after each of the changes with those before it, and with those at first.
fn follow(seed: u64) -> Found {
    let world = World::new(seed, 24);
    let (mut plain, changes) = Plain::of(&world);
    let (market, random) = (market(), &mut Random(seed));
    market.apply(1, changes);
    let (first, mut found) = (market.view(), Found::default());
    for (number, change) in (2..).zip(disturb(&mut plain, &world, seed ^ 2)) {
        let before = market.view();
        market.apply(number, [change]);
        let hours = random.below(72) as i64;
        let later = Timestamp::from_micros(world.now.micros() + hours * HOUR_US);
        let after = market.view();
        found.compare(&world, (&before, &after), world.now);
        Found::default().compare(&world, (&before, &after), later);
        Found::default().compare(&world, (&first, &after), world.now);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_list_that_holds_is_the_same(seed: u64) {
        follow(seed);
    }
}

#[test]
fn most_lists_that_are_the_same_are_found_to_hold() {
    let found = (0..8).map(follow).fold(Found::default(), |sum, one| Found {
        held: sum.held + one.held,
        missed: sum.missed + one.missed,
    });
    assert!(found.held > 3 * found.missed, "{found:?}");
}

#[test]
fn nothing_is_said_of_a_version_that_is_forgotten_or_yet_to_come() {
    let world = World::new(1, 24);
    let (market, (_, changes)) = (market(), Plain::of(&world));
    let empty = market.view();
    market.apply(1, changes.clone());
    let (first, demand) = (market.view(), world.demands[0].id);
    let holds =
        |view: &View, since: &View| view.still_holds(demand, (since.mark(), world.now), world.now);
    assert!(holds(&first, &first));
    assert!(!holds(&empty, &first), "yet to come");
    let others = world.demands[1..].iter().cycle().take(300);
    let others = others.map(|other| MarketChange::Demand(Box::new(other.clone())));
    market.apply(2, others);
    assert!(!holds(&market.view(), &first), "forgotten");
}

#[test]
fn no_list_of_a_demand_holds_beyond_its_close() {
    let mut world = World::new(1, 24);
    let after = |seconds: i64| Timestamp::from_micros(world.now.micros() + seconds * 1_000_000);
    let (closes_at, before, then) = (after(60), after(59), after(60));
    let demand = world.demands.iter_mut().find(|it| it.status == DemandStatus::Open);
    let demand = demand.expect("an open demand");
    let draft = DemandDraft { closes_at: Some(closes_at), ..(*demand.terms).clone() };
    demand.terms = DemandTerms::new(draft).expect("legal");
    let (id, market) = (demand.id, market());
    market.apply(1, Plain::of(&world).1);
    let view = market.view();
    assert_eq!(world.now.date(), then.date());
    assert!(view.still_holds(id, (view.mark(), world.now), before));
    assert!(!view.still_holds(id, (view.mark(), world.now), then));
}
