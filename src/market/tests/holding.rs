//! A list that is said to hold is the one that would be worked out now, after any changes and at
//! any later time.

use matching::date::Timestamp;
use matching::demand::{Demand, DemandDraft, DemandStatus, DemandTerms};
use matching::id::{DemandId, PartyId};
use matching::offer::Offer;
use proptest::prelude::*;

use super::super::View;
use super::super::change::{Dismissal, MarketChange};
use super::super::footing::Footing;
use super::super::matches::{Ask, Match};
use super::super::rank::{MissKey, Page, RankKey};
use super::super::touched::Mark;
use super::generator::{Random, World};
use super::plain::Plain;
use super::{disturb, market};

/// Items of a page: few, so that most lists have more.
const LIMIT: usize = 3;
const HOUR_US: i64 = 3_600_000_000;

/// One page of each list of a demand as it was told to its buyer, where the page began, and what it
/// rests on.
struct Told {
    demand: DemandId,
    buyer: PartyId,
    after: (Option<RankKey>, Option<MissKey>),
    said: [String; 2],
    next: (Option<RankKey>, Option<MissKey>),
    footings: Option<[Footing; 2]>,
    since: [(Mark, Timestamp); 2],
}

fn ask_after<K>((now, by): (Timestamp, PartyId), after: Option<K>) -> Ask<K> {
    Ask { now, limit: LIMIT, after, dismissed_by: Some(by) }
}

impl Told {
    /// Tells a page.
    fn of(
        view: &View,
        (demand, buyer): (DemandId, PartyId),
        now: Timestamp,
        after: (Option<RankKey>, Option<MissKey>),
    ) -> Self {
        let matches = view.matches_for_demand(demand, &ask_after((now, buyer), after.0));
        let misses = view.excluded_for_demand(demand, &ask_after((now, buyer), after.1));
        let footings = matches.as_ref().map(Footing::of).zip(misses.as_ref().map(Footing::of));
        let next =
            (matches.as_ref().and_then(|it| it.next), misses.as_ref().and_then(|it| it.next));
        let said = [matches.map(said).unwrap_or_default(), misses.map(said).unwrap_or_default()];
        let (footings, since) = (footings.map(Into::into), [(view.mark(), now); 2]);
        Self { demand, buyer, after, said, next, footings, since }
    }

    /// The first pages of a demand, and those that follow them.
    fn pages(view: &View, demand: &Demand, now: Timestamp) -> [Self; 2] {
        let subject = (demand.id, demand.terms.party_id);
        let first = Self::of(view, subject, now, (None, None));
        let second = Self::of(view, subject, now, first.next);
        [first, second]
    }

    /// Which of both hold in a later version.
    fn holds(&self, view: &View, now: Timestamp) -> [bool; 2] {
        let Some([matches, misses]) = &self.footings else { return [false; 2] };
        let ((after_match, after_miss), asked) = (self.after, (now, self.buyer));
        [
            view.still_holds(self.demand, (matches, self.since[0]), &ask_after(asked, after_match)),
            view.still_holds(self.demand, (misses, self.since[1]), &ask_after(asked, after_miss)),
        ]
    }

    /// Says of what holds that it does, as whoever keeps it would.
    fn renew(&mut self, view: &View, now: Timestamp) {
        let holds = self.holds(view, now);
        for (since, _) in self.since.iter_mut().zip(holds).filter(|(_, holds)| *holds) {
            *since = (view.mark(), now);
        }
    }
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
    fn compare(&mut self, told: &[Told], (after, now): (&View, Timestamp)) {
        for told in told {
            let anew = Told::of(after, (told.demand, told.buyer), now, told.after);
            let is_there = after.buyer_of(told.demand).is_some();
            for (list, holds) in told.holds(after, now).into_iter().enumerate() {
                let is_same = told.said[list] == anew.said[list];
                assert!(!holds || is_same, "a list that holds is not the same");
                self.held += usize::from(holds);
                self.missed += usize::from(!holds && is_same && is_there);
            }
        }
    }
}

/// All pages that are told of a world.
fn told(world: &World, view: &View) -> Vec<Told> {
    let demands = world.demands.iter();
    demands.flat_map(|demand| Told::pages(view, demand, world.now)).collect()
}

/// Changes of some records at a time; at any time buyers dismiss what is best for them, and some of
/// it comes back with other terms.
fn batches(world: &World, view: &View, plain: &mut Plain, seed: u64) -> Vec<Vec<MarketChange>> {
    let random = &mut Random(seed);
    let changes = disturb(plain, world, seed ^ 2);
    let mut batches: Vec<Vec<MarketChange>> =
        changes.chunks(1 + random.below(3) as usize).map(Into::into).collect();
    for demand in &world.demands {
        let ask = ask_after::<RankKey>((world.now, demand.terms.party_id), None);
        let page = view.matches_for_demand(demand.id, &ask);
        let best = page.as_ref().and_then(|page| page.items.first());
        let Some(best) = best.filter(|_| random.chance(50)) else { continue };
        let offer = world.offers.iter().find(|offer| offer.id == best.offer.facts.id);
        let offer = offer.expect("an offer of the world");
        let at = random.below(batches.len() as u64) as usize;
        batches.insert(at, vec![dismissal(demand, offer)]);
        let changed = Offer { terms_version: offer.terms_version + 1, ..offer.clone() };
        let later = at + 1 + random.below((batches.len() - at) as u64) as usize;
        batches.insert(later, vec![MarketChange::Offer(Box::new(changed))]);
    }
    batches
}

fn dismissal(demand: &Demand, offer: &Offer) -> MarketChange {
    MarketChange::Dismissed(Dismissal {
        demand_id: demand.id,
        offer_id: offer.id,
        by: demand.terms.party_id,
        offer_terms_version: offer.terms_version,
        demand_terms_version: demand.terms_version,
    })
}

/// Compares the pages after each of the changes with those before it, and with those at first that
/// were found to hold now and then.
fn follow(seed: u64) -> Found {
    let world = World::new(seed, 24);
    let (mut plain, changes) = Plain::of(&world);
    let (market, random) = (market(), &mut Random(seed));
    market.apply(1, changes);
    let (mut kept, mut found) = (told(&world, &market.view()), Found::default());
    for (number, batch) in (2..).zip(batches(&world, &market.view(), &mut plain, seed)) {
        let before = told(&world, &market.view());
        market.apply(number, batch);
        let hours = random.below(72) as i64;
        let later = Timestamp::from_micros(world.now.micros() + hours * HOUR_US);
        let after = market.view();
        found.compare(&before, (&after, world.now));
        for told in [&before, &kept] {
            Found::default().compare(told, (&after, world.now));
            Found::default().compare(told, (&after, later));
        }
        if random.chance(30) {
            kept.iter_mut().for_each(|told| told.renew(&after, world.now));
        }
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
    assert!(found.held > 15 * found.missed, "{found:?}");
}

#[test]
fn nothing_is_said_of_a_version_that_is_forgotten_or_yet_to_come() {
    let world = World::new(1, 24);
    let (market, (_, changes)) = (market(), Plain::of(&world));
    let empty = market.view();
    market.apply(1, changes.clone());
    let first = market.view();
    let [told, _] = Told::pages(&first, &world.demands[0], world.now);
    assert_eq!(told.holds(&first, world.now), [true; 2]);
    assert_eq!(told.holds(&empty, world.now), [false; 2], "yet to come");
    let others = world.demands[1..].iter().cycle().take(300);
    let others = others.map(|other| MarketChange::Demand(Box::new(other.clone())));
    market.apply(2, others);
    assert_eq!(told.holds(&market.view(), world.now), [false; 2], "forgotten");
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
    let (demand, market) = (demand.clone(), market());
    market.apply(1, Plain::of(&world).1);
    let view = market.view();
    assert_eq!(world.now.date(), then.date());
    let [told, _] = Told::pages(&view, &demand, world.now);
    assert_eq!(told.holds(&view, before), [true; 2]);
    assert_eq!(told.holds(&view, then), [false; 2]);
}
