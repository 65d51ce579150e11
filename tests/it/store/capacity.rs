//! Declared capacity and deliveries can change; what is taken or agreed of them is never lost.

use matching::demand::{DeliveryNeed, Demand, DemandTerms, Progress};
use matching::offer::{Capacity, DeclaredCapacity, Offer, OfferTerms};
use ocop_link::error::{Conflict, Error};
use ocop_link::store::{Database, demands, offers};

use super::drafts::{demand, offer};
use super::market::{for_all, open_market, sample};
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    declared_capacity_changes_and_what_is_taken_stays,
    deliveries_change_and_their_progress_stays,
    a_refused_change_leaves_the_offer_as_it_was,
);

fn declare(offer: &Offer, capacity: Vec<DeclaredCapacity>) -> Offer {
    let mut draft = (*offer.terms).clone();
    draft.capacity = capacity;
    let terms = OfferTerms::new(draft).expect("legal");
    Offer { version: offer.version + 1, terms, ..offer.clone() }
}

fn change_offer(database: &Database, before: &Offer, after: &Offer) -> Result<(), Error> {
    let (before, after) = (before.clone(), after.clone());
    database.write(move |tx| {
        if offers::find(tx, before.id)?.is_none() {
            offers::insert(tx, &before)?;
        }
        Ok(())
    })?;
    database.write(move |tx| offers::update(tx, &after))
}

fn read_offer(database: &Database, offer: &Offer) -> Offer {
    let read = database.read(|tx| offers::find(tx, offer.id));
    read.expect("readable").expect("recorded")
}

/// What the capacities are after a declaration, or how much is taken of one that became too small.
fn expected(before: &[Capacity], declared: &[DeclaredCapacity]) -> Result<Vec<Capacity>, u64> {
    let now = |row: &Capacity| declared.iter().find(|now| now.period == row.period);
    for row in before {
        let enough = now(row).map_or(0, |now| now.quantity);
        if row.taken() > enough {
            return Err(row.taken());
        }
    }
    let kept = |declared: &DeclaredCapacity| {
        let same = before.iter().find(|row| row.period == declared.period);
        let untouched = Capacity::untouched(*declared);
        same.map_or(untouched, |row| Capacity { declared: declared.quantity, ..*row })
    };
    Ok(declared.iter().map(kept).collect())
}

/// Of each offer's periods some vanish, some get the quantity of another offer's, and one is added.
fn declared_capacity_changes_and_what_is_taken_stays(test: &TestDatabase) {
    open_market(&test.database);
    for_all(
        150,
        (offer(), proptest::collection::vec((0..4, 1..260_u64), 5)),
        |(before, changes)| {
            let mut declared: Vec<DeclaredCapacity> = before.terms.capacity.clone();
            for (row, (kind, quantity)) in declared.iter_mut().zip(&changes) {
                if *kind == 0 {
                    row.quantity = *quantity;
                }
            }
            let mut vanishes = changes.iter().map(|(kind, _)| *kind == 1);
            declared.retain(|_| !vanishes.next().unwrap_or(false));
            let last = before.terms.last_day();
            let added = matching::date::Period::new(last.plus_days(1), last.plus_days(3));
            declared.push(DeclaredCapacity { period: added.expect("in order"), quantity: 9 });
            let after = declare(&before, declared);
            let changed = change_offer(&test.database, &before, &after);
            match expected(&before.capacity, &after.terms.capacity) {
                Ok(capacity) => {
                    changed.expect("written");
                    assert_eq!(read_offer(&test.database, &before), Offer { capacity, ..after });
                }
                Err(taken) => {
                    let Err(Error::Conflict(conflict)) = changed else {
                        panic!("{taken} are taken: {changed:?}");
                    };
                    assert_eq!(conflict, Conflict::CapacityTaken { taken });
                    assert_eq!(read_offer(&test.database, &before), before);
                }
            }
        },
    );
}

fn a_refused_change_leaves_the_offer_as_it_was(test: &TestDatabase) {
    open_market(&test.database);
    let mut before = sample(offer(), 1).remove(0);
    let first = DeclaredCapacity { quantity: 100, ..before.terms.capacity[0] };
    before = Offer { version: 1, ..declare(&before, vec![first]) };
    before.capacity = vec![Capacity { held: 40, committed: 20, ..Capacity::untouched(first) }];
    let after = declare(&before, vec![DeclaredCapacity { quantity: 59, ..first }]);
    let refused = change_offer(&test.database, &before, &after);
    assert!(matches!(refused, Err(Error::Conflict(Conflict::CapacityTaken { taken: 60 }))));
    assert_eq!(read_offer(&test.database, &before), before);
    let after = declare(&before, vec![DeclaredCapacity { quantity: 60, ..first }]);
    change_offer(&test.database, &before, &after).expect("written");
    assert_eq!(read_offer(&test.database, &before).capacity[0].free(), 0);
}

fn want(demand: &Demand, deliveries: Vec<DeliveryNeed>) -> Demand {
    let mut draft = (*demand.terms).clone();
    draft.deliveries = deliveries;
    let terms = DemandTerms::new(draft).expect("legal");
    Demand { version: demand.version + 1, terms, ..demand.clone() }
}

fn deliveries_change_and_their_progress_stays(test: &TestDatabase) {
    open_market(&test.database);
    for_all(60, (demand(), demand()), |(before, other)| {
        let after = want(&before, other.terms.deliveries.clone());
        let (old, new) = (before.clone(), after.clone());
        let changed = test.database.write(move |tx| {
            demands::insert(tx, &old)?;
            demands::update(tx, &new)
        });
        let kept = after.terms.deliveries.len().min(before.progress.len());
        let left_out = &before.progress[kept..];
        if left_out.iter().all(|progress| *progress == Progress::default()) {
            changed.expect("written");
            let mut progress = before.progress[..kept].to_vec();
            progress.resize(after.terms.deliveries.len(), Progress::default());
            let read = test.database.read(|tx| demands::find(tx, before.id));
            assert_eq!(read.expect("readable"), Some(Demand { progress, ..after }));
        } else {
            let refused = matches!(&changed, Err(Error::Conflict(Conflict::CapacityTaken { .. })));
            assert!(refused, "{changed:?}");
        }
    });
}
