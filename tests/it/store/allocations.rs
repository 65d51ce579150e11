//! Allocations as rows: whatever is written is read again, and one end stays.

use std::sync::Arc;

use matching::allocation::instance::Pair;
use matching::allocation::plan::{Objective, Worth};
use matching::certificate::{CertificateKind, CertificateKinds};
use matching::date::{Date, Period, Timestamp};
use matching::id::{AllocationId, DemandId, OfferId, PartyId};
use matching::money::Price;
use matching::offer::PriceBreak;
use matching::place::ProvinceCode;
use matching::planning::balance::{Balances, Sales};
use matching::planning::snapshot::{
    CapacitySide, Change, DemandSide, Minima, NeedSide, OfferSide, Reduction, Relaxation, Snapshot,
};
use matching::planning::{
    Binding, Certificate, Fairness, Fills, Gain, Margin, Outcome, Progress, Rule, Share, Wish,
};
use matching::quantity::{Content, Dimension};
use ocop_link::actions::audit;
use ocop_link::store::allocation_outcomes::{self, outcome_of, outcome_text};
use ocop_link::store::allocation_snapshots::{self, SnapshotText};
use ocop_link::store::allocations::{
    self, ALIVE_US, Allocation, Failure, Finished, MAX_SKEW_US, Request, State,
};
use uuid::Uuid;

use super::market::{noon, party_id, product_id};
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    every_state_is_read_as_it_was_written,
    one_end_stays,
    a_snapshot_is_kept_once,
    an_audit_finds_what_an_allocation_lacks,
);

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn january() -> Period {
    Period::new(day("2027-01-01"), day("2027-01-31")).expect("a period")
}

/// Every kind of change.
fn changes() -> [Change; 13] {
    let (price, province) = (Price::new(98_000), ProvinceCode::parse("86"));
    let papers: CertificateKinds =
        [CertificateKind::Haccp, CertificateKind::Halal].into_iter().collect();
    let day = day("2027-02-03");
    [
        Change::Ceiling { unit_price: price.expect("a price"), raise_bp: 412 },
        Change::MinStars(Some(3)),
        Change::MinStars(None),
        Change::WindowFrom { delivery: 2, day },
        Change::WindowUntil { delivery: 0, day },
        Change::Distance(120),
        Change::Province(province.expect("a province")),
        Change::Without(papers),
        Change::NoMinShare,
        Change::MaxSuppliers(Some(4)),
        Change::MaxSuppliers(None),
        Change::NoLeast { delivery: 7 },
        Change::Without(CertificateKinds::default()),
    ]
}

fn snapshot() -> Snapshot {
    let kilogram = Content { dimension: Dimension::Mass, base_units: 1000 };
    let price = Price::new(90_000);
    let offer = OfferSide {
        id: OfferId::new(Uuid::from_u128(1)),
        product: (product_id(1), Arc::from("Mật hoa \"dừa\"")),
        producer: (party_id(1), Arc::from("HTX\n1")),
        unit: Arc::from("kg"),
        content: kilogram,
        min_order: 20,
        increment: 5,
        unit_price: price,
        price_breaks: vec![PriceBreak { min_quantity: 50, unit_price: price.expect("a price") }],
    };
    let anonymous = DemandSide {
        id: DemandId::new(Uuid::from_u128(2)),
        buyer: None,
        words: Some(Arc::from("mật hoa dừa")),
        unit: Arc::from("kg"),
        content: kilogram,
        min_share: Some(10),
        max_suppliers: None,
    };
    let named = DemandSide {
        buyer: Some((party_id(2), Arc::from("Siêu thị"))),
        words: None,
        min_share: None,
        max_suppliers: Some(3),
        ..anonymous.clone()
    };
    let need = |demand| NeedSide {
        demand,
        delivery: 0,
        window: january(),
        province: ProvinceCode::parse("79").expect("a province"),
        wanted: 100,
        most: 120,
        least: 40,
    };
    let pairs = [0, 1].map(|need| Pair { capacity: 0, need, score: 7345 });
    let minima = || Minima::from([((1, 0), 50)]);
    let relaxed =
        |change| Relaxation { demand: 0, change, pairs: pairs.to_vec(), minima: minima() };
    Snapshot {
        offers: vec![
            OfferSide { unit_price: None, price_breaks: Vec::new(), ..offer.clone() },
            offer,
        ],
        capacities: vec![CapacitySide { offer: 1, period: january(), free: 80 }],
        demands: vec![anonymous, named],
        needs: vec![need(0), need(1)],
        pairs: pairs.to_vec(),
        minima: minima(),
        reduction: Some(reduction()),
        balances: balances(),
        left_out: 3,
        relaxations: changes().into_iter().map(relaxed).collect(),
    }
}

fn balances() -> Balances {
    let sales = Sales { offered: u64::MAX, sold: 7 };
    [((party_id(1), Dimension::Mass), sales), ((party_id(1), Dimension::Count), sales)]
        .into_iter()
        .collect()
}

fn reduction() -> Reduction {
    let bound = Worth { quantity: i128::from(u64::MAX) * 3, score: -7 };
    Reduction { eligible: 129_000_000, held: 2, rounds: 9, bound, is_complete: true }
}

fn outcome() -> Outcome {
    let worth = Worth { quantity: i128::from(u64::MAX) * 3, score: -7 };
    let fills =
        Fills { producers: 9, selling_nothing: 2, least_bp: 0, p10_bp: 100, median_bp: 5000 };
    let share = |binding| Share { capacity: 0, need: 1, base: 40_000, score: 7345, binding };
    let bindings = [
        Binding::Capacity,
        Binding::Need,
        Binding::MinOrder,
        Binding::Increment,
        Binding::MaxSuppliers,
        Binding::Rule,
    ];
    let gain = |change| Gain { demand: 1, change, own: 5, all: 4, closes: true };
    Outcome {
        shares: bindings.map(share).to_vec(),
        offered: vec![0, 4],
        reached: worth,
        bound: worth,
        is_optimal: true,
        certificate: Some(Certificate { capacities: vec![(0, worth)], needs: vec![(1, worth)] }),
        intervals: vec![
            (0, Margin { more: worth, less: None }),
            (4, Margin { more: worth, less: Some(worth) }),
        ],
        fairness: Fairness { before: fills, after: Fills::default(), cost: worth },
        gains: changes().map(gain).to_vec(),
    }
}

fn allocation(number: u128, state: State) -> Allocation {
    Allocation {
        id: AllocationId::new(Uuid::from_u128(number)),
        version: 1,
        created_at: noon(),
        updated_at: noon(),
        party_id: party_id(1),
        actor_id: party_id(2),
        request: Request {
            wish: Wish { objective: Objective::Value, rule: Rule::FirstCome },
            demands: Some(vec![DemandId::new(Uuid::from_u128(2))]),
            producers: vec![party_id(1)],
            earlier: vec![AllocationId::new(Uuid::from_u128(70))],
            time_limit_ms: 60_000,
            repairs: None,
        },
        alive_until: noon(),
        state,
    }
}

fn write(test: &TestDatabase, allocation: &Allocation) {
    let row = allocation.clone();
    test.database.write(move |tx| allocations::insert(tx, &row)).expect("written");
}

fn read(test: &TestDatabase, id: AllocationId) -> Allocation {
    test.database.read(|tx| allocations::find(tx, id)).expect("legal rows").expect("a row")
}

fn kept_snapshot(test: &TestDatabase) -> SnapshotText {
    let text = SnapshotText::from(&snapshot());
    let kept = text.clone();
    test.database.write(move |tx| allocation_snapshots::keep(tx, &kept)).expect("kept");
    text
}

fn every_state_is_read_as_it_was_written(test: &TestDatabase) {
    assert_eq!(outcome_of(&outcome_text(&outcome())).expect("an outcome"), outcome());
    let finished = Finished {
        as_of: 12,
        snapshot: kept_snapshot(test).hash,
        quantity: 60_000,
        reached: outcome().reached,
        bound: outcome().bound,
        is_optimal: false,
        stopped_after: Some(77),
    };
    let progress = Progress {
        demands_judged: 4,
        demands: 7,
        parts_done: 1,
        parts: 3,
        rounds: 9,
        reached: Worth { quantity: 5, score: 6 },
        bound: outcome().bound,
    };
    let failures = [Failure::TooLarge, Failure::TimeLimit, Failure::Interrupted, Failure::Internal];
    let states = [State::Queued, State::Running(None), State::Running(Some(progress))];
    let states = states.into_iter().chain([State::Finished(finished), State::Cancelled]);
    let states = states.chain(failures.map(State::Failed));
    for (number, state) in (1..).zip(states) {
        let mut written = allocation(number, state);
        if number == 2 {
            let declined: Vec<PartyId> = vec![party_id(3), party_id(4)];
            written.request.repairs = Some((AllocationId::new(Uuid::from_u128(1)), declined));
            written.request.demands = None;
        }
        write(test, &written);
        assert_eq!(read(test, written.id), written);
    }
}

fn one_end_stays(test: &TestDatabase) {
    let queued = allocation(1, State::Queued);
    write(test, &queued);
    let end = |state| Allocation { state, ..queued.clone() };
    let update = |end: Allocation| {
        test.database.write(move |tx| allocations::update_open(tx, &end)).expect("written")
    };
    let note = |micros| {
        let until = Timestamp::from_micros(noon().micros() + micros);
        let id = queued.id;
        test.database.write(move |tx| allocations::note_alive(tx, id, until, None)).expect("noted")
    };
    assert!(note(ALIVE_US));
    let (silent, heard) = (ALIVE_US + 1, ALIVE_US);
    let at = |micros| read(test, queued.id).at(Timestamp::from_micros(noon().micros() + micros));
    assert_eq!(at(heard).state, State::Queued);
    assert_eq!(at(silent).state, State::Failed(Failure::Interrupted));
    assert_eq!(at(-MAX_SKEW_US).state, State::Queued);
    let is_set_back = -MAX_SKEW_US - 1;
    assert_eq!(at(is_set_back).state, State::Failed(Failure::Interrupted));
    assert_eq!(update(end(State::Running(None))), Some(2));
    assert_eq!(update(end(State::Cancelled)), Some(3), "whatever version was known");
    assert_eq!(update(end(State::Failed(Failure::Internal))), None);
    assert!(!note(ALIVE_US));
    assert_eq!(at(silent).state, State::Cancelled);
}

fn a_snapshot_is_kept_once(test: &TestDatabase) {
    let text = kept_snapshot(test);
    assert_eq!(kept_snapshot(test), text);
    let find = |hash: &str| test.database.read(|tx| allocation_snapshots::find(tx, hash));
    let found = find(&text.hash).expect("legal rows").expect("a row");
    assert!(found.is_genuine());
    assert_eq!(found.snapshot().expect("a snapshot"), snapshot());
    let sides = test.database.read(|tx| allocation_snapshots::find_sides(tx, &text.hash));
    let sides = sides.expect("legal rows").expect("a row");
    let (pairs, relaxations, minima) = (Vec::new(), Vec::new(), Minima::new());
    assert_eq!(Snapshot { pairs, relaxations, minima, ..snapshot() }, sides);
    let mut plain = snapshot();
    plain.minima.clear();
    assert_eq!(SnapshotText::from(&plain).snapshot().expect("a snapshot"), plain);
    plain.relaxations.iter_mut().for_each(|it| it.minima.clear());
    assert_eq!(SnapshotText::from(&plain).snapshot().expect("a snapshot"), plain);
    for (reduction, balances) in
        [(None, Balances::default()), (None, balances()), (Some(reduction()), Balances::default())]
    {
        let other = Snapshot { reduction, balances, ..snapshot() };
        assert_eq!(SnapshotText::from(&other).snapshot().expect("a snapshot"), other);
    }
    let forged = SnapshotText { sides: text.sides.replace("80", "90"), ..text };
    assert!(!forged.is_genuine());
}

/// What the audit says of a database with one finished allocation.
fn audited(test: &TestDatabase) -> Vec<String> {
    let findings = test.database.read(audit::run).expect("legal rows");
    findings.into_iter().map(|finding| finding.what).collect()
}

fn an_audit_finds_what_an_allocation_lacks(test: &TestDatabase) {
    let (text, told) = (kept_snapshot(test), outcome());
    let unused = format!("snapshot {} belongs to no allocation", text.hash);
    assert_eq!(audited(test), [unused]);
    let finished = |hash: &str, quantity| Finished {
        as_of: 12,
        snapshot: hash.into(),
        quantity,
        reached: told.reached,
        bound: told.bound,
        is_optimal: false,
        stopped_after: None,
    };
    let share = |base| Share { capacity: 0, need: 1, base, score: 1, binding: Binding::Need };
    let answer = |number, base| {
        let told = Outcome { shares: vec![share(base)], ..told.clone() };
        let id = AllocationId::new(Uuid::from_u128(number));
        test.database
            .write(move |tx| allocation_outcomes::insert(tx, id, &outcome_text(&told)))
            .expect("written");
    };
    write(test, &allocation(1, State::Finished(finished(&text.hash, 80_000))));
    assert_eq!(audited(test), ["it is finished and has no answer"]);
    answer(1, 80_000);
    assert_eq!(audited(test), [""; 0], "all that is free");
    write(test, &allocation(2, State::Finished(finished(&text.hash, 80_001))));
    answer(2, 80_001);
    write(test, &allocation(3, State::Finished(finished(&text.hash, 1))));
    answer(3, 2);
    write(test, &allocation(4, State::Queued));
    answer(4, 1);
    let forged = SnapshotText { hash: "0".repeat(64), ..text };
    let (hash, kept) = (forged.hash.clone(), forged);
    test.database.write(move |tx| allocation_snapshots::keep(tx, &kept)).expect("kept");
    write(test, &allocation(5, State::Finished(finished(&hash, 1))));
    answer(5, 1);
    let found = [
        "its shares are more than is free or wanted",
        "its figures are not those of its answer",
        "it has an answer and is not finished",
        "its snapshot is not the one that its hash names",
    ];
    assert_eq!(audited(test), found);
}
