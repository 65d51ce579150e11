//! Snapshots made by hand: what is planned of them is confirmed, and what is not so is refused.

use std::sync::Arc;

use matching::allocation::check::Fault;
use matching::allocation::instance::Pair;
use matching::allocation::plan::{Objective, Worth};
use matching::date::{Date, Period};
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::place::ProvinceCode;
use matching::planning::snapshot::{
    CapacitySide, DemandSide, Minima, NeedSide, OfferSide, Snapshot,
};
use matching::planning::verify::{Doubt, confirm};
use matching::planning::{Outcome, Rule, Wish, plan};
use matching::quantity::{Content, Dimension};
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
