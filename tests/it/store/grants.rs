//! Grants in the store: what a grantee may do on a day, and what a list holds, are exactly what the
//! loaded grants say.

use std::collections::{BTreeMap, BTreeSet};

use matching::date::Timestamp;
use matching::grant::{Grant, GrantDraft, GrantState, GrantTerms, Permission};
use matching::id::{GrantId, PartyId};
use ocop_link::store::grants::{self, GrantFilter};
use ocop_link::store::keyset::{Direction, PageRequest};
use ocop_link::store::{Database, parties};
use proptest::prelude::*;
use uuid::Uuid;

use super::market::{TODAY, noon, party_id, plain_party, sample};
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    a_grant_is_read_back_as_it_was_written,
    a_grantee_may_do_what_the_grants_of_the_day_allow,
    a_list_holds_the_grants_of_its_parties_and_states,
);

const PARTIES: u128 = 4;
const GRANTS: usize = 60;

/// Any grant between two of a few parties, around today.
fn grant() -> impl Strategy<Value = Grant> {
    let parties = (0..PARTIES, 1..PARTIES);
    let permissions = proptest::sample::subsequence(Permission::ALL.to_vec(), 1..=9);
    let days = (-3..3_i32, proptest::option::of(0..4_i32));
    let revoked = proptest::option::weighted(0.2, Just(noon()));
    (parties, permissions, days, revoked, any::<u128>()).prop_map(
        |((grantor, step), permissions, (from, length), revoked_at, id)| {
            let from = TODAY.plus_days(from);
            let terms = GrantTerms::new(GrantDraft {
                grantor_id: party_id(grantor),
                grantee_id: party_id((grantor + step) % PARTIES),
                permissions,
                from,
                to: length.map(|days| from.plus_days(days)),
            });
            Grant {
                id: GrantId::new(Uuid::from_u128(id)),
                version: 1,
                created_at: noon(),
                updated_at: noon(),
                terms: terms.expect("legal"),
                revoked_at,
            }
        },
    )
}

fn record(database: &Database) -> Vec<Grant> {
    let recorded = sample(grant(), GRANTS);
    let written = recorded.clone();
    database
        .write(move |tx| {
            for number in 0..PARTIES {
                parties::insert(tx, &plain_party(number))?;
            }
            written.iter().try_for_each(|grant| grants::insert(tx, grant))
        })
        .expect("written");
    recorded
}

fn a_grant_is_read_back_as_it_was_written(test: &TestDatabase) {
    let recorded = record(&test.database);
    for grant in recorded {
        let found = test.database.read(|tx| grants::find(tx, grant.id)).expect("readable");
        assert_eq!(found.as_ref(), Some(&grant));
        let revoked_at = Some(Timestamp::from_micros(7));
        let next = Grant { version: 2, revoked_at, ..grant };
        let written = next.clone();
        test.database.write(move |tx| grants::update(tx, &written)).expect("written");
        let found = test.database.read(|tx| grants::find(tx, next.id)).expect("readable");
        assert_eq!(found, Some(next));
    }
}

fn a_grantee_may_do_what_the_grants_of_the_day_allow(test: &TestDatabase) {
    let recorded = record(&test.database);
    let all: Vec<PartyId> = (0..PARTIES).map(party_id).collect();
    let mut granted = 0;
    for day in (-4..8).map(|days| TODAY.plus_days(days)) {
        for grantee in all.iter().copied() {
            let mut expected: BTreeMap<PartyId, BTreeSet<Permission>> = BTreeMap::new();
            let given = recorded.iter().filter(|grant| grant.terms.grantee_id == grantee);
            for grant in given.filter(|grant| grant.state(day) == GrantState::Active) {
                let found = expected.entry(grant.terms.grantor_id).or_default();
                found.extend(&grant.terms.permissions);
            }
            granted += expected.len();
            for grantor in all.iter().copied() {
                let locked = test
                    .database
                    .write(move |tx| grants::lock_permissions(tx, (grantor, grantee), day));
                let one = expected.get(&grantor).cloned().unwrap_or_default();
                assert_eq!(locked.expect("readable"), one, "{grantor} {grantee} {day}");
            }
            let found = test.database.read(|tx| grants::permissions(tx, (&all, grantee), day));
            assert_eq!(found.expect("readable"), expected, "{grantee} {day}");
        }
    }
    assert!(granted > 20, "{granted}");
}

fn a_list_holds_the_grants_of_its_parties_and_states(test: &TestDatabase) {
    use GrantState::{Active, Ended, Pending, Revoked};
    let recorded = record(&test.database);
    let page = PageRequest { limit: 1000, after: None, direction: Direction::Ascending };
    let (one, two) = (vec![party_id(1)], vec![party_id(2)]);
    for states in [vec![], vec![Pending], vec![Active], vec![Ended], vec![Revoked, Active]] {
        for (grantors, grantees) in [(vec![], vec![]), (one.clone(), vec![]), (vec![], two.clone())]
        {
            for party in [None, Some(party_id(0)), Some(party_id(9))] {
                let filter = GrantFilter {
                    grantors: grantors.clone(),
                    grantees: grantees.clone(),
                    states: states.clone(),
                    today: TODAY,
                };
                let passes = |grant: &&Grant| {
                    let (from, to) = (grant.terms.grantor_id, grant.terms.grantee_id);
                    party.is_none_or(|party| party == from || party == to)
                        && (grantors.is_empty() || grantors.contains(&from))
                        && (grantees.is_empty() || grantees.contains(&to))
                        && (states.is_empty() || states.contains(&grant.state(TODAY)))
                };
                let expected: BTreeSet<GrantId> =
                    recorded.iter().filter(passes).map(|grant| grant.id).collect();
                let listed = test.database.read(|tx| grants::list(tx, (&filter, party), page));
                let listed = listed.expect("readable").items;
                assert_eq!(listed.iter().map(|grant| grant.id).collect::<BTreeSet<_>>(), expected);
            }
        }
    }
}
