//! Filters and visibility: a list holds exactly the records that pass the same question asked of
//! the loaded values.

use std::collections::BTreeSet;

use matching::date::Timestamp;
use matching::demand::{Demand, DemandState};
use matching::offer::{Offer, OfferState};
use matching::place::{ProvinceCode, ProvinceSet};
use matching::product::{ProductSet, ProductState};
use matching::text::fold::fold;
use ocop_link::store::demands::DemandFilter;
use ocop_link::store::keyset::{Direction, PageRequest};
use ocop_link::store::offers::OfferFilter;
use ocop_link::store::products::{Product, ProductFilter};
use ocop_link::store::visibility::{
    Viewer, may_see_demand, may_see_offer, oversees_demand, oversees_offer,
};
use ocop_link::store::{Database, ReadTx, demands, offers, products};

use super::drafts::{demand, offer, product};
use super::market::{
    MARKET, TODAY, noon, open_market, party_id, plain_product, product_id, sample,
};
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    every_viewer_sees_exactly_the_offers_that_are_shown_to_it,
    every_viewer_sees_exactly_the_demands_that_are_shown_to_it,
    offers_are_filtered_by_their_state_on_the_day,
    demands_are_filtered_by_their_state_at_the_time,
    offers_are_filtered_by_what_they_say,
    demands_are_filtered_by_what_they_say,
    products_are_filtered_by_what_they_say,
);

const OFFERS: usize = 150;
const DEMANDS: usize = 150;

const ADMIN: Viewer = Viewer {
    party: party_id_of_nobody(),
    is_admin: true,
    is_coordinator: false,
    oversees: ProvinceSet::EMPTY,
};

const fn party_id_of_nobody() -> matching::id::PartyId {
    matching::id::PartyId::new(uuid::Uuid::from_u128(99))
}

const ALL: PageRequest = PageRequest { limit: 1000, after: None, direction: Direction::Ascending };

fn viewers() -> impl Iterator<Item = Viewer> {
    let parties = (0..MARKET).map(party_id).chain([party_id_of_nobody()]);
    let flags = [(false, false), (false, true), (true, false), (true, true)];
    let seats = [None, Some(86), Some(79)].map(|it| it.and_then(ProvinceCode::new));
    parties.flat_map(move |party| {
        flags.into_iter().flat_map(move |(is_admin, is_coordinator)| {
            seats.map(|seat| {
                let oversees = seat.into_iter().collect();
                Viewer { party, is_admin, is_coordinator, oversees }
            })
        })
    })
}

fn record_offers(database: &Database) -> Vec<Offer> {
    open_market(database);
    let recorded = sample(offer(), OFFERS);
    let written = recorded.clone();
    database
        .write(move |tx| written.iter().try_for_each(|offer| offers::insert(tx, offer)))
        .expect("written");
    recorded
}

fn record_demands(database: &Database) -> Vec<Demand> {
    open_market(database);
    let recorded = sample(demand(), DEMANDS);
    let written = recorded.clone();
    database
        .write(move |tx| written.iter().try_for_each(|demand| demands::insert(tx, demand)))
        .expect("written");
    recorded
}

/// Holds the list of `filter` for `viewer` against `passes`; tells how many pass.
fn check_offers(
    database: &Database,
    recorded: &[Offer],
    (filter, viewer): (&OfferFilter, &Viewer),
    passes: impl Fn(&Offer) -> bool,
) -> usize {
    let page = database.read(|tx| offers::list(tx, filter, viewer, ALL)).expect("readable");
    let listed: BTreeSet<_> = page.items.iter().map(|offer| offer.id).collect();
    let expected = recorded.iter().filter(|offer| passes(offer));
    assert_eq!(listed, expected.map(|offer| offer.id).collect(), "{filter:?} {viewer:?}");
    listed.len()
}

fn check_demands(
    database: &Database,
    recorded: &[Demand],
    (filter, viewer): (&DemandFilter, &Viewer),
    passes: impl Fn(&Demand) -> bool,
) -> usize {
    let page = database.read(|tx| demands::list(tx, filter, viewer, ALL)).expect("readable");
    let listed: BTreeSet<_> = page.items.iter().map(|demand| demand.id).collect();
    let expected = recorded.iter().filter(|demand| passes(demand));
    assert_eq!(listed, expected.map(|demand| demand.id).collect(), "{filter:?} {viewer:?}");
    listed.len()
}

fn every_viewer_sees_exactly_the_offers_that_are_shown_to_it(test: &TestDatabase) {
    let recorded = record_offers(&test.database);
    let filter = OfferFilter::all(TODAY);
    let seen: BTreeSet<usize> = viewers()
        .map(|viewer| {
            let may_see = |offer: &Offer| {
                let oversees = |tx: &mut ReadTx<'_>| oversees_offer(tx, offer, &viewer);
                may_see_offer(offer, &viewer) || test.database.read(oversees).expect("readable")
            };
            check_offers(&test.database, &recorded, (&filter, &viewer), may_see)
        })
        .collect();
    assert!(seen.len() > 4 && seen.contains(&OFFERS), "{seen:?}");
}

fn every_viewer_sees_exactly_the_demands_that_are_shown_to_it(test: &TestDatabase) {
    let recorded = record_demands(&test.database);
    let filter = DemandFilter::all(noon());
    let seen: BTreeSet<usize> = viewers()
        .map(|viewer| {
            let may_see = |demand: &Demand| {
                let oversees = |tx: &mut ReadTx<'_>| oversees_demand(tx, demand, &viewer);
                may_see_demand(demand, &viewer) || test.database.read(oversees).expect("readable")
            };
            check_demands(&test.database, &recorded, (&filter, &viewer), may_see)
        })
        .collect();
    assert!(seen.len() > 4 && seen.contains(&DEMANDS), "{seen:?}");
}

fn offers_are_filtered_by_their_state_on_the_day(test: &TestDatabase) {
    use OfferState::{Draft, Exhausted, Expired, Paused, Published, Withdrawn};
    let recorded = record_offers(&test.database);
    let states = [Draft, Published, Paused, Exhausted, Expired, Withdrawn];
    let mut listed = [0; 6];
    for days in -30..30 {
        let today = TODAY.plus_days(days);
        for (state, count) in states.into_iter().zip(&mut listed) {
            let filter = OfferFilter { states: vec![state], ..OfferFilter::all(today) };
            *count += check_offers(&test.database, &recorded, (&filter, &ADMIN), |offer| {
                offer.state(today) == state
            });
        }
    }
    assert!(listed.iter().all(|count| *count > 0), "{listed:?}");
    let filter = OfferFilter { states: vec![Draft, Expired], ..OfferFilter::all(TODAY) };
    check_offers(&test.database, &recorded, (&filter, &ADMIN), |offer| {
        [Draft, Expired].contains(&offer.state(TODAY))
    });
}

fn demands_are_filtered_by_their_state_at_the_time(test: &TestDatabase) {
    use DemandState::{Cancelled, Closed, Covered, Draft, Expired, Open, PartiallyCovered};
    const DAY_US: i64 = 86_400_000_000;
    let recorded = record_demands(&test.database);
    let states = [Draft, Open, PartiallyCovered, Covered, Closed, Cancelled, Expired];
    let mut listed = [0; 7];
    let near = (-6..6).map(|micros| noon().micros() + micros);
    let far = (-40..60).step_by(5).map(|days| noon().micros() + days * DAY_US);
    for now in near.chain(far).map(Timestamp::from_micros) {
        for (state, count) in states.into_iter().zip(&mut listed) {
            let filter = DemandFilter { states: vec![state], ..DemandFilter::all(now) };
            *count += check_demands(&test.database, &recorded, (&filter, &ADMIN), |demand| {
                demand.state(now) == state
            });
        }
    }
    assert!(listed.iter().all(|count| *count > 0), "{listed:?}");
}

/// The first three provinces that `provinces` gives.
fn some_provinces(provinces: impl Iterator<Item = ProvinceCode>) -> Vec<ProvinceCode> {
    provinces.take(3).collect()
}

fn offers_are_filtered_by_what_they_say(test: &TestDatabase) {
    let recorded = record_offers(&test.database);
    let all = || OfferFilter::all(TODAY);
    let check = |filter: OfferFilter, passes: &dyn Fn(&Offer) -> bool| {
        let listed = check_offers(&test.database, &recorded, (&filter, &ADMIN), passes);
        assert!(listed > 0 && listed < OFFERS, "{filter:?}: {listed}");
    };
    let parties = vec![party_id(1), party_id(2)];
    check(OfferFilter { parties: parties.clone(), ..all() }, &|offer| {
        parties.contains(&offer.terms.party_id)
    });
    check(OfferFilter { products: vec![product_id(3)], ..all() }, &|offer| {
        offer.terms.product_id == product_id(3)
    });
    let sets = [2, 3, 20].map(|number| ProductSet::new(number).expect("a set"));
    check(OfferFilter { product_sets: sets.to_vec(), ..all() }, &|offer| {
        let number = offer.terms.product_id.as_u128();
        sets.contains(&plain_product(number).terms.product_set)
    });
    let provinces = some_provinces(recorded.iter().map(|offer| offer.terms.place.province));
    check(OfferFilter { provinces: provinces.clone(), ..all() }, &|offer| {
        provinces.contains(&offer.terms.place.province)
    });
    check(OfferFilter { text: Some("MẬT hoa Dừa 1".into()), ..all() }, &|offer| {
        offer.terms.product_id == product_id(1)
    });
}

fn demands_are_filtered_by_what_they_say(test: &TestDatabase) {
    let recorded = record_demands(&test.database);
    let all = || DemandFilter::all(noon());
    let check = |filter: DemandFilter, passes: &dyn Fn(&Demand) -> bool| {
        let listed = check_demands(&test.database, &recorded, (&filter, &ADMIN), passes);
        assert!(listed > 0 && listed < DEMANDS, "{filter:?}: {listed}");
    };
    check(DemandFilter { parties: vec![party_id(0)], ..all() }, &|demand| {
        demand.terms.party_id == party_id(0)
    });
    let sets = [1, 12].map(|number| ProductSet::new(number).expect("a set"));
    check(DemandFilter { product_sets: sets.to_vec(), ..all() }, &|demand| {
        sets.iter().any(|set| demand.terms.product_sets.contains(set))
    });
    let needs = recorded.iter().flat_map(|demand| &demand.terms.deliveries);
    let provinces = some_provinces(needs.map(|need| need.place.province));
    check(DemandFilter { provinces: provinces.clone(), ..all() }, &|demand| {
        demand.terms.deliveries.iter().any(|need| provinces.contains(&need.place.province))
    });
    let text = "Đ";
    check(DemandFilter { text: Some(text.into()), ..all() }, &|demand| {
        fold(&demand.terms.title).contains(&fold(text))
    });
}

fn products_are_filtered_by_what_they_say(test: &TestDatabase) {
    open_market(&test.database);
    let mut recorded = sample(product(), 100);
    let written = recorded.clone();
    let inserted = test
        .database
        .write(move |tx| written.iter().try_for_each(|product| products::insert(tx, product)));
    inserted.expect("written");
    recorded.extend((0..MARKET).map(plain_product));
    let check = |filter: ProductFilter, passes: &dyn Fn(&Product) -> bool| {
        let page = test.database.read(|tx| products::list(tx, &filter, ALL)).expect("readable");
        let listed: BTreeSet<_> = page.items.iter().map(|product| product.id).collect();
        let expected = recorded.iter().filter(|product| passes(product));
        assert_eq!(listed, expected.map(|product| product.id).collect(), "{filter:?}");
        assert!(!listed.is_empty() && listed.len() < recorded.len(), "{filter:?}");
    };
    let all = ProductFilter::default;
    check(ProductFilter { parties: vec![party_id(2)], ..all() }, &|product| {
        product.terms.party_id == party_id(2)
    });
    let sets = [4, 5, 6].map(|number| ProductSet::new(number).expect("a set"));
    check(ProductFilter { product_sets: sets.to_vec(), ..all() }, &|product| {
        sets.contains(&product.terms.product_set)
    });
    check(ProductFilter { states: vec![ProductState::Archived], ..all() }, &|product| {
        product.state == ProductState::Archived
    });
}
