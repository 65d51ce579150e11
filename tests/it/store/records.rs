//! Records: what is written is read back, versions guard changes, and what is unique is unique.

use std::collections::BTreeSet;

use matching::certificate::{CertificateEnd, Subject};
use matching::date::Timestamp;
use matching::id::{CertificateId, DemandId, OfferId, PartyId};
use ocop_link::error::{Conflict, Error};
use ocop_link::store::certificates::Certificate;
use ocop_link::store::dismissals::Dismissal;
use ocop_link::store::{certificates, demands, dismissals, offers, parties, products};
use uuid::Uuid;

use super::drafts::{certificate, demand, offer, party, product};
use super::market::{
    TODAY, for_all, noon, open_market, party_id, plain_party, plain_product, product_id, sample,
};
use crate::support::databases::{TestDatabase, on_both};

/// Random records of each kind.
const CASES: u32 = 48;

on_both!(
    records_read_back_as_written,
    changed_records_read_back_as_changed,
    every_offer_and_demand_comes_in_a_chunk_in_order_of_id,
    many_records_are_found_by_their_ids,
    a_change_of_another_version_is_refused,
    a_tax_code_is_unique,
    a_certificate_is_unique,
    a_superseded_certificate_names_the_next,
    the_history_of_many_subjects_is_whole,
    a_second_dismissal_replaces_the_first,
);

/// Writes random records with `insert` and reads them with `find`.
macro_rules! round_trip {
    ($test:expr, $records:ident, $values:expr) => {
        for_all(CASES, $values, |record| {
            let written = record.clone();
            let inserted = $test.database.write(move |tx| $records::insert(tx, &written));
            if !matches!(inserted, Err(Error::Conflict(_))) {
                inserted.expect("written");
                let read = $test.database.read(|tx| $records::find(tx, record.id));
                assert_eq!(read.expect("readable"), Some(record));
            }
        });
    };
}

fn records_read_back_as_written(test: &TestDatabase) {
    open_market(&test.database);
    round_trip!(test, parties, party());
    round_trip!(test, products, product());
    round_trip!(test, certificates, certificate());
    round_trip!(test, offers, offer());
    round_trip!(test, demands, demand());
}

/// Writes one random record, changes it into another, and reads that.
macro_rules! change {
    ($test:expr, $records:ident, $values:expr, $align:expr) => {
        for_all(CASES, ($values, $values), |(before, mut after)| {
            (after.id, after.version) = (before.id, 2);
            $align(&before, &mut after);
            let (old, new) = (before, after.clone());
            let changed = $test.database.write(move |tx| {
                $records::insert(tx, &old)?;
                $records::update(tx, &new)
            });
            if !matches!(changed, Err(Error::Conflict(_))) {
                changed.expect("written");
                let read = $test.database.read(|tx| $records::find(tx, after.id));
                assert_eq!(read.expect("readable"), Some(after));
            }
        });
    };
}

fn changed_records_read_back_as_changed(test: &TestDatabase) {
    open_market(&test.database);
    change!(test, parties, party(), |_, _| {});
    change!(test, products, product(), |_, _| {});
    change!(test, certificates, certificate(), |_, _| {});
    // Capacities have tests of their own.
    change!(test, offers, offer(), |before: &matching::offer::Offer, after: &mut _| {
        keep_capacity(before, after);
    });
    change!(test, demands, demand(), |before: &matching::demand::Demand, after: &mut _| {
        keep_progress(before, after);
    });
}

fn keep_capacity(before: &matching::offer::Offer, after: &mut matching::offer::Offer) {
    let mut draft = (*after.terms).clone();
    draft.capacity.clone_from(&before.terms.capacity);
    after.terms = matching::offer::OfferTerms::new(draft).expect("legal");
    after.capacity.clone_from(&before.capacity);
}

fn keep_progress(before: &matching::demand::Demand, after: &mut matching::demand::Demand) {
    after.progress.clone_from(&before.progress);
    after.progress.resize(after.terms.deliveries.len(), Default::default());
}

fn every_offer_and_demand_comes_in_a_chunk_in_order_of_id(test: &TestDatabase) {
    open_market(&test.database);
    let (mut offers_written, mut demands_written) = (sample(offer(), 40), sample(demand(), 40));
    let (some_offers, some_demands) = (offers_written.clone(), demands_written.clone());
    let written = test.database.write(move |tx| {
        some_offers.iter().try_for_each(|offer| offers::insert(tx, offer))?;
        some_demands.iter().try_for_each(|demand| demands::insert(tx, demand))
    });
    written.expect("written");
    offers_written.sort_by_key(|offer| offer.id);
    demands_written.sort_by_key(|demand| demand.id);
    let read = test.database.read(|tx| {
        let (mut offers_read, mut demands_read) = (Vec::new(), Vec::new());
        offers::for_each_chunk(tx, &mut |chunk| {
            offers_read.extend(chunk);
            Ok(())
        })?;
        demands::for_each_chunk(tx, &mut |chunk| {
            demands_read.extend(chunk);
            Ok(())
        })?;
        Ok((offers_read, demands_read))
    });
    assert_eq!(read.expect("readable"), (offers_written, demands_written));
}

fn many_records_are_found_by_their_ids(test: &TestDatabase) {
    const MANY: u128 = 2_500;
    let written = test.database.write(|tx| {
        (0..4).try_for_each(|number| parties::insert(tx, &plain_party(number)))?;
        (0..MANY).try_for_each(|number| products::insert(tx, &plain_product(number)))
    });
    written.expect("written");
    let ids: Vec<_> = (0..2 * MANY).map(product_id).collect();
    let found = test.database.read(|tx| products::find_many(tx, &ids)).expect("readable");
    let found: BTreeSet<u128> = found.iter().map(|product| product.id.as_u128()).collect();
    assert_eq!(found, (0..MANY).collect());
}

fn a_change_of_another_version_is_refused(test: &TestDatabase) {
    let mut product = plain_product(0);
    let (first, second) = (plain_party(0), product.clone());
    let written = test.database.write(move |tx| {
        parties::insert(tx, &first)?;
        products::insert(tx, &second)
    });
    written.expect("written");
    for version in [1, 3, 4] {
        product.version = version;
        let change = product.clone();
        let refused = test.database.write(move |tx| products::update(tx, &change));
        let now = "products at version 1";
        assert!(
            matches!(&refused, Err(Error::Unavailable(reason)) if reason.ends_with(now)),
            "{version}: {refused:?}"
        );
    }
    let mut unknown = plain_product(1);
    unknown.version = 2;
    let refused = test.database.write(move |tx| products::update(tx, &unknown));
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
}

fn a_tax_code_is_unique(test: &TestDatabase) {
    let with_tax_code = |number| {
        let mut party = plain_party(number);
        let mut draft = (*party.terms).clone();
        draft.tax_code = Some("2100123456".into());
        party.terms = matching::party::PartyTerms::new(draft).expect("legal");
        party
    };
    let (first, second) = (with_tax_code(1), with_tax_code(2));
    test.database.write(move |tx| parties::insert(tx, &first)).expect("written");
    let refused = test.database.write(move |tx| parties::insert(tx, &second));
    assert!(matches!(refused, Err(Error::Conflict(Conflict::DuplicateTaxCode))));
}

/// One random certificate, always the same.
fn some_certificate(number: u128) -> Certificate {
    let id = CertificateId::new(Uuid::from_u128(number));
    Certificate { id, ..sample(certificate(), 1).remove(0) }
}

fn a_certificate_is_unique(test: &TestDatabase) {
    open_market(&test.database);
    test.database.write(|tx| certificates::insert(tx, &some_certificate(1))).expect("written");
    let refused = test.database.write(|tx| certificates::insert(tx, &some_certificate(2)));
    assert!(matches!(refused, Err(Error::Conflict(Conflict::DuplicateCertificate))));
    let mut other = some_certificate(2);
    let mut draft = (*other.terms).clone();
    draft.number.push('b');
    other.terms = matching::certificate::CertificateTerms::new(draft).expect("legal");
    test.database.write(move |tx| certificates::insert(tx, &other)).expect("written");
}

fn a_superseded_certificate_names_the_next(test: &TestDatabase) {
    open_market(&test.database);
    let first = some_certificate(1);
    let mut second = some_certificate(2);
    let mut draft = (*second.terms).clone();
    draft.number.push('b');
    second.terms = matching::certificate::CertificateTerms::new(draft).expect("legal");
    let ends = [CertificateEnd::Superseded(second.id), CertificateEnd::Revoked(TODAY)];
    let inserted = (first.clone(), second);
    let written = test.database.write(move |tx| {
        certificates::insert(tx, &inserted.0)?;
        certificates::insert(tx, &inserted.1)
    });
    written.expect("written");
    for (version, end) in (2..).zip(ends) {
        let ended = Certificate { version, end: Some(end), ..first.clone() };
        let change = ended.clone();
        test.database.write(move |tx| certificates::update(tx, &change)).expect("written");
        let read = test.database.read(|tx| certificates::find(tx, ended.id));
        assert_eq!(read.expect("readable"), Some(ended));
    }
}

fn the_history_of_many_subjects_is_whole(test: &TestDatabase) {
    open_market(&test.database);
    let kept = std::cell::RefCell::new(Vec::new());
    for_all(60, certificate(), |certificate| {
        let written = certificate.clone();
        let inserted = test.database.write(move |tx| certificates::insert(tx, &written));
        if inserted.is_ok() {
            kept.borrow_mut().push(certificate);
        }
    });
    let subjects = [Subject::Product(product_id(1)), Subject::Party(party_id(3))];
    let mut expected = kept.into_inner();
    // Ids of the market's products and parties coincide, and so do their keys.
    let key = |subject| match subject {
        Subject::Product(product) => product.uuid(),
        Subject::Party(party) => party.uuid(),
    };
    let keys = subjects.map(key);
    expected.retain(|certificate| keys.contains(&key(certificate.terms.subject)));
    let order = |certificate: &Certificate| {
        (key(certificate.terms.subject), certificate.terms.decision_date, certificate.id)
    };
    expected.sort_by_key(order);
    let found = test.database.read(|tx| certificates::of_subjects(tx, &subjects));
    assert_eq!(found.expect("readable"), expected);
}

fn a_second_dismissal_replaces_the_first(test: &TestDatabase) {
    open_market(&test.database);
    let (offer, demand) = (sample(offer(), 1).remove(0), sample(demand(), 1).remove(0));
    let first = dismissal(demand.id, offer.id, party_id(1));
    let other = dismissal(demand.id, offer.id, party_id(2));
    let again = Dismissal { reason: None, demand_terms_version: 7, ..first.clone() };
    let expected = vec![again.clone(), other.clone()];
    let written = test.database.write(move |tx| {
        offers::insert(tx, &offer)?;
        demands::insert(tx, &demand)?;
        [&first, &other, &again].into_iter().try_for_each(|row| dismissals::put(tx, row))
    });
    written.expect("written");
    let id = expected[0].demand;
    let read =
        test.database.read(|tx| Ok((dismissals::of_demands(tx, &[id])?, dismissals::all(tx)?)));
    assert_eq!(read.expect("readable"), (expected.clone(), expected));
    let unknown = DemandId::new(Uuid::from_u128(9));
    assert_eq!(
        test.database.read(|tx| dismissals::of_demands(tx, &[unknown])).expect("readable"),
        []
    );
}

fn dismissal(demand: DemandId, offer: OfferId, party: PartyId) -> Dismissal {
    Dismissal {
        demand,
        offer,
        party,
        reason: Some("quá xa".into()),
        demand_terms_version: 1,
        offer_terms_version: 2,
        created_at: Timestamp::from_micros(noon().micros()),
    }
}
