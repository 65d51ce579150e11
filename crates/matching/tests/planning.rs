//! Snapshots made by hand: what is planned of them is confirmed, and what is not so is refused.

use std::sync::Arc;

use matching::allocation::check::Fault;
use matching::allocation::columns::{Control, Pricing, Search};
use matching::allocation::instance::{InstanceError, Pair};
use matching::allocation::plan::{Objective, Worth};
use matching::date::{Date, Period};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::place::ProvinceCode;
use matching::planning::balance::{Balances, Sales};
use matching::planning::reduction::{Candidates, Found, reduce};
use matching::planning::snapshot::{
    CapacitySide, Change, DemandSide, Minima, NeedSide, OfferSide, Relaxation, Snapshot,
};
use matching::planning::verify::{Confirmed, Doubt, confirm};
use matching::planning::{Certificate, Outcome, Rule, Share, Wish, gains, plan};
use matching::quantity::{Content, Dimension};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

const KILOGRAM: Content = Content { dimension: Dimension::Mass, base_units: 1000 };

const RULES: [Rule; 5] = [Rule::None, Rule::MaxMin, Rule::ProRata, Rule::Equal, Rule::FirstCome];

fn january() -> Period {
    Period::new(Date::from_days(20_820), Date::from_days(20_850)).expect("a period")
}

fn offer(number: u128) -> OfferSide {
    OfferSide {
        id: OfferId::new(Uuid::from_u128(number)),
        product: (ProductId::new(Uuid::from_u128(number)), Arc::from("Mật hoa dừa")),
        producer: (PartyId::new(Uuid::from_u128(number)), Arc::from("HTX")),
        unit: Arc::from("kg"),
        content: KILOGRAM,
        min_order: 1,
        increment: 1,
        unit_price: None,
        price_breaks: Vec::new(),
    }
}

fn demand(number: u128, max_suppliers: Option<u32>) -> DemandSide {
    DemandSide {
        id: DemandId::new(Uuid::from_u128(number)),
        buyer: None,
        words: None,
        unit: Arc::from("kg"),
        content: KILOGRAM,
        min_share: None,
        max_suppliers,
    }
}

fn need(demand: u32, most: u64) -> NeedSide {
    let province = ProvinceCode::parse("79").expect("a province");
    NeedSide { demand, delivery: 0, window: january(), province, wanted: most, most, least: 0 }
}

/// Two offers of 300 kg for one need of 300 kg.
fn market(max_suppliers: Option<u32>, minima: Minima) -> Snapshot {
    let capacity = |offer| CapacitySide { offer, period: january(), free: 300 };
    Snapshot {
        offers: vec![offer(1), offer(2)],
        capacities: vec![capacity(0), capacity(1)],
        demands: vec![demand(1, max_suppliers)],
        needs: vec![need(0, 300)],
        pairs: [0, 1].map(|capacity| Pair { capacity, need: 0, score: 5_000 }).to_vec(),
        minima,
        ..Snapshot::default()
    }
}

fn planned(snapshot: &Snapshot, rule: Rule) -> Outcome {
    let wish = Wish { objective: Objective::Coverage, rule };
    plan(snapshot, wish, &|| false, &mut |_| {}).expect("a market")
}

fn doubt(snapshot: &Snapshot, outcome: &Outcome) -> Option<Doubt> {
    confirm(snapshot, Objective::Coverage, outcome).err()
}

/// Offers by smallest order, increment and what is free; demands by smallest share, producers and
/// what is wanted; which of them fit.
fn snapshots() -> impl Strategy<Value = Snapshot> {
    let offers = vec((0_u64..4, 1_u64..4, 0_u64..12), 1..4);
    let demand_sides = (proptest::option::of(1_u64..4), proptest::option::of(1_u32..3), 0_u64..12);
    (offers, vec(demand_sides, 1..4), vec(proptest::option::of(0_u16..9), 9)).prop_map(
        |(offers, demands, fits)| {
            let mut snapshot = Snapshot::default();
            for (at, (min_order, increment, free)) in (0_u32..).zip(offers) {
                let min_order = min_order.next_multiple_of(increment);
                snapshot.offers.push(OfferSide { min_order, increment, ..offer(u128::from(at)) });
                snapshot.capacities.push(CapacitySide { offer: at, period: january(), free });
            }
            for (at, (min_share, max_suppliers, most)) in (0_u32..).zip(demands) {
                let side = demand(u128::from(at), max_suppliers);
                snapshot.demands.push(DemandSide { min_share, ..side });
                snapshot.needs.push(need(at, most));
            }
            let needs = snapshot.needs.len() as u32;
            let every = (0..snapshot.capacities.len() as u32)
                .flat_map(|capacity| (0..needs).map(move |need| (capacity, need)));
            let pair = |((capacity, need), score): (_, Option<u16>)| {
                score.map(|score| Pair { capacity, need, score })
            };
            snapshot.pairs = every.zip(fits).filter_map(pair).collect();
            snapshot
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_answer_is_confirmed(snapshot in snapshots()) {
        for objective in [Objective::Coverage, Objective::Value] {
            for rule in RULES {
                let wish = Wish { objective, rule };
                let outcome = plan(&snapshot, wish, &|| false, &mut |_| {}).expect("a market");
                let confirmed = confirm(&snapshot, objective, &outcome);
                prop_assert!(confirmed.is_ok(), "{rule:?}: {confirmed:?}");
            }
        }
    }
}

#[test]
fn no_share_is_smaller_than_its_price_asks_by_any_rule() {
    let (free, priced) =
        (market(None, Minima::new()), market(None, Minima::from([((0, 0), 200), ((1, 0), 200)])));
    for rule in RULES {
        let outcome = planned(&priced, rule);
        assert_eq!(outcome.shares.iter().map(|share| share.base).collect::<Vec<_>>(), [300_000]);
        assert_eq!((outcome.is_optimal, doubt(&priced, &outcome)), (true, None), "{rule:?}");
    }
    let halves = planned(&free, Rule::Equal);
    assert_eq!(halves.shares.len(), 2);
    assert!(matches!(doubt(&priced, &halves), Some(Doubt::Fault(Fault::Size(_)))));
}

#[test]
fn a_bound_that_a_search_has_lowered_is_no_reason_for_doubt() {
    let mut snapshot = market(Some(1), Minima::new());
    snapshot.needs[0] = need(0, 500);
    let best = planned(&snapshot, Rule::None);
    assert_eq!((best.reached.quantity, best.bound), (300_000, best.reached));
    let unsure = Outcome { is_optimal: false, ..best.clone() };
    assert_eq!((doubt(&snapshot, &best), doubt(&snapshot, &unsure)), (None, None));
    let quantity = |quantity| Worth { quantity, ..best.bound };
    let below = Outcome { bound: quantity(299_000), ..unsure };
    let above = Outcome { bound: quantity(301_000), ..best.clone() };
    for wrong in [below, above] {
        assert!(matches!(doubt(&snapshot, &wrong), Some(Doubt::Bound { .. })));
    }
}

/// An answer with other shares, whose figures are made to agree.
fn with_shares(outcome: &Outcome, change: impl Fn(&Share) -> Share) -> Outcome {
    let shares: Vec<Share> = outcome.shares.iter().map(change).collect();
    let worth = |share: &Share| Objective::Coverage.worth(share.score).times(share.base);
    let reached: Worth = shares.iter().map(worth).sum();
    Outcome { shares, reached, bound: reached, ..outcome.clone() }
}

#[test]
fn a_share_is_of_whole_steps_and_has_the_score_of_its_pair() {
    let snapshot = market(None, Minima::new());
    let best = planned(&snapshot, Rule::Equal);
    let larger = with_shares(&best, |share| Share { base: share.base + 999, ..*share });
    let better = with_shares(&best, |share| Share { score: 9_000, ..*share });
    for wrong in [larger, better] {
        assert_eq!(doubt(&snapshot, &wrong), Some(Doubt::Share { capacity: 0, need: 0 }));
    }
}

#[test]
fn an_optimum_that_prices_contradict_is_refused() {
    let snapshot = market(None, Minima::new());
    let best = planned(&snapshot, Rule::Equal);
    let half = with_shares(&best, |share| Share { base: share.base / 2, ..*share });
    assert!(matches!(doubt(&snapshot, &half), Some(Doubt::Bound { .. })));
    let modest = Outcome { is_optimal: false, ..half };
    assert_eq!(doubt(&snapshot, &modest), None);
    let bare = |outcome: &Outcome| Outcome { certificate: None, ..outcome.clone() };
    assert_eq!(doubt(&snapshot, &bare(&best)), Some(Doubt::NoProof));
    assert_eq!(doubt(&snapshot, &bare(&modest)), None);
    let free = Outcome { certificate: Some(Certificate::default()), ..best };
    assert_eq!(doubt(&snapshot, &free), Some(Doubt::NoPrice));
}

#[test]
fn an_optimum_that_only_a_search_has_proven_is_said_to_be_told() {
    let is_only_told = |snapshot: &Snapshot, rule| {
        let confirmed = confirm(snapshot, Objective::Coverage, &planned(snapshot, rule));
        confirmed.map(|Confirmed { is_only_told, .. }| is_only_told)
    };
    let mut snapshot = market(None, Minima::new());
    assert_eq!(is_only_told(&snapshot, Rule::None), Ok(false));
    snapshot.demands[0] = demand(1, Some(1));
    snapshot.needs[0] = need(0, 500);
    assert_eq!(is_only_told(&snapshot, Rule::None), Ok(true));
}

#[test]
fn prices_beyond_all_scores_prove_nothing() {
    let snapshot = market(None, Minima::new());
    let best = planned(&snapshot, Rule::Equal);
    let half = with_shares(&best, |share| Share { base: share.base / 2, ..*share });
    let priced = |outcome: &Outcome, quantity| {
        let price = |at: u32| (at, Worth { quantity, score: 10_000 });
        let (capacities, needs) = (vec![price(0), price(1)], vec![price(0)]);
        Outcome { certificate: Some(Certificate { capacities, needs }), ..outcome.clone() }
    };
    assert!(matches!(doubt(&snapshot, &priced(&half, 1)), Some(Doubt::Bound { .. })));
    // 900 units of such a price wrap around to next to nothing.
    assert_eq!(doubt(&snapshot, &priced(&half, i128::MAX / 450)), Some(Doubt::NoPrice));
    let lowest = Worth { quantity: i128::MIN, score: 0 };
    let low = Outcome { bound: lowest, is_optimal: false, ..best };
    assert!(matches!(doubt(&snapshot, &low), Some(Doubt::Bound { .. })));
}

/// A change that may name a pair.
type Damage = fn(&mut Snapshot, Pair);

#[test]
fn sides_that_are_not_there_are_no_market() {
    let whole = market(None, Minima::new());
    let best = planned(&whole, Rule::None);
    let pair = |capacity, need| Pair { capacity, need, score: 1 };
    let changes: [(Damage, InstanceError); 4] = [
        (|snapshot, pair| snapshot.pairs[1] = pair, InstanceError::UnknownPair(1)),
        (|snapshot, _| snapshot.capacities[1].offer = 2, InstanceError::UnknownOffer(1)),
        (|snapshot, _| snapshot.needs[0].demand = 1, InstanceError::UnknownDemand(0)),
        (
            |snapshot, pair| {
                let (change, minima) = (Change::NoMinShare, Minima::new());
                let pairs = vec![pair];
                snapshot.relaxations.push(Relaxation { demand: 0, change, pairs, minima });
            },
            InstanceError::UnknownPair(0),
        ),
    ];
    for (change, error) in changes {
        for stray in [pair(99_999, 0), pair(0, 99_999)] {
            let mut snapshot = whole.clone();
            change(&mut snapshot, stray);
            assert_eq!(doubt(&snapshot, &best), Some(Doubt::Market(error)));
        }
    }
}

const WISH: Wish = Wish { objective: Objective::Coverage, rule: Rule::None };

/// The most that an offer or a demand states, in tonnes.
const VAST: u64 = 1_000_000_000_000;

const TONNE: Content = Content { base_units: 1_000_000, ..KILOGRAM };

/// The market of 300 kg, with a stranger's offer of [`VAST`] in each of twelve periods, which fits
/// where it is let in.
fn beside_an_offer_of_a_stranger(is_let_in: bool) -> Snapshot {
    let mut snapshot = market(None, Minima::new());
    snapshot.needs[0] = need(0, 3_000);
    snapshot.offers.push(OfferSide { content: TONNE, ..offer(3) });
    let side = CapacitySide { offer: 2, period: january(), free: VAST };
    snapshot.capacities.extend([side; 12]);
    let pair = |capacity| Pair { capacity, need: 0, score: 4_000 };
    let pairs: Vec<Pair> = (2..14).map(pair).collect();
    if is_let_in {
        snapshot.pairs.extend(pairs);
    } else {
        let pairs = [&snapshot.pairs[..], &pairs].concat();
        let (change, minima) = (Change::MinStars(None), Minima::new());
        snapshot.relaxations.push(Relaxation { demand: 0, change, pairs, minima });
    }
    snapshot
}

/// The market of 300 kg, and demands of strangers that take [`VAST`] of each offer twelve times.
fn beside_demands_of_strangers() -> Snapshot {
    let mut snapshot = market(None, Minima::new());
    for at in 1..13 {
        snapshot.demands.push(DemandSide { content: TONNE, ..demand(1 + u128::from(at), None) });
        snapshot.needs.push(need(at, VAST));
        let pair = |capacity| Pair { capacity, need: at, score: 9_000 };
        snapshot.pairs.extend([0, 1].map(pair));
    }
    snapshot
}

#[test]
fn what_strangers_offer_or_want_beyond_all_reason_fails_no_run() {
    let offered = beside_an_offer_of_a_stranger(true);
    let wanted = beside_demands_of_strangers();
    for rule in RULES {
        for (snapshot, base) in [(&offered, 3_000_000), (&wanted, 600_000)] {
            let outcome = planned(snapshot, rule);
            assert_eq!(outcome.reached.quantity, base, "{rule:?}");
            assert_eq!((outcome.is_optimal, doubt(snapshot, &outcome)), (true, None), "{rule:?}");
        }
    }
}

#[test]
fn what_was_offered_beyond_all_reason_in_earlier_runs_fails_no_run() {
    let mut snapshot = market(None, Minima::new());
    let vast = Sales { offered: u64::MAX, sold: 300_000 };
    snapshot.balances = Balances::from_iter([(snapshot.seller(0), vast)]);
    for rule in [Rule::MaxMin, Rule::ProRata, Rule::Equal] {
        assert_eq!(planned(&snapshot, rule).reached.quantity, 300_000, "{rule:?}");
    }
}

#[test]
fn a_change_that_lets_a_vast_offer_in_gains_what_it_can() {
    let snapshot = beside_an_offer_of_a_stranger(false);
    let outcome = planned(&snapshot, Rule::None);
    assert_eq!(outcome.reached.quantity, 600_000);
    let gains = gains(&snapshot, WISH, &outcome, &|| false);
    assert_eq!(gains.iter().map(|gain| gain.own).collect::<Vec<_>>(), [2_400_000]);
}

#[test]
fn a_change_that_lets_in_more_than_a_market_holds_is_left_out() {
    let mut snapshot = beside_an_offer_of_a_stranger(false);
    snapshot.needs[0] = need(0, u64::MAX);
    let outcome = planned(&snapshot, Rule::None);
    assert_eq!(outcome.reached.quantity, 600_000);
    assert_eq!(gains(&snapshot, WISH, &outcome, &|| false), []);
}

/// The pairs of a snapshot, as they are found in a market.
struct Known<'a>(&'a Snapshot);

impl Pricing for Known<'_> {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        let own = self.0.pairs.iter().filter(|pair| pair.need == need);
        own.for_each(|pair| search.see(pair.capacity, pair.score));
    }
}

#[test]
fn what_is_beyond_all_reason_fails_no_run_that_holds_some_pairs_only() {
    for snapshot in [beside_an_offer_of_a_stranger(true), beside_demands_of_strangers()] {
        let mut candidates = Candidates::new(1);
        let found = |pair: &Pair| Found { pair: *pair, is_exact: true };
        candidates.add(&snapshot, &snapshot.pairs.iter().map(found).collect::<Vec<_>>());
        let mut control = Control { workers: 1, stop: &|| false, progress: &mut |_| {} };
        let (sides, pricing) = ((&snapshot, &candidates), Known(&snapshot));
        let reduced = reduce(sides, Objective::Coverage, &pricing, &mut control);
        let (_, reduction) = reduced.expect("a market");
        let whole = planned(&snapshot, Rule::None);
        let bound = reduction.bound.quantity;
        assert_eq!((bound, reduction.is_complete), (whole.reached.quantity, true));
    }
}
