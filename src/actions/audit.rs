//! The audit: what must hold of the records whatever happened, looked for in the database itself.
//! Finds nothing, ever; what it finds is a bug or a damaged file.

use std::collections::BTreeMap;

use matching::certificate::Subject;
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use uuid::Uuid;

use super::audit_allocations;
use crate::error::Error;
use crate::store::changes::{self, Changed};
use crate::store::{
    ReadTx, certificates, clients, demands, external_ids, grants, offers, parties, products, users,
};

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The record.
    pub record: Uuid,
    /// What is wrong with it.
    pub what: String,
}

/// Changes read in one step.
const CHANGES_PER_STEP: i64 = 10_000;

/// Looks at every record: that its row is a legal value, that what is taken of a capacity adds up,
/// that what it refers to is there and of the same party, that the change log ends at its version
/// and its counter at the log's end, and that answers of allocations are within their snapshots.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub fn run(tx: &mut ReadTx<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let mut versions = BTreeMap::new();
    let producers = audit_subjects(tx, &mut versions, &mut findings)?;
    audit_offers(tx, (&producers, &mut versions), &mut findings)?;
    audit_demands(tx, &mut versions, &mut findings)?;
    audit_columns(tx, &mut findings)?;
    audit_names(tx, &versions, &mut findings)?;
    let callers = callers(tx)?;
    audit_log(tx, (&versions, &callers), &mut findings)?;
    audit_allocations::run(tx, &mut findings)?;
    Ok(findings)
}

/// Versions of the records, by id.
type Versions = BTreeMap<Uuid, i64>;

/// Producers by product.
type Producers = BTreeMap<ProductId, PartyId>;

/// Reading a row checks it: an illegal value is an error.
fn audit_subjects(
    tx: &mut ReadTx<'_>,
    versions: &mut Versions,
    findings: &mut Vec<Finding>,
) -> Result<Producers, Error> {
    versions.extend(parties::all(tx)?.iter().map(|party| (party.id.uuid(), party.version)));
    let mut producers = Producers::new();
    for product in products::all(tx)? {
        let (record, producer) = (product.id.uuid(), product.terms.party_id);
        if !versions.contains_key(&producer.uuid()) {
            findings.push(Finding { record, what: "its producer is not there".into() });
        }
        producers.insert(product.id, producer);
        versions.insert(record, product.version);
    }
    for certificate in certificates::all(tx)? {
        let record = certificate.id.uuid();
        let subject = match certificate.terms.subject {
            Subject::Party(id) => id.uuid(),
            Subject::Product(id) => id.uuid(),
        };
        if !versions.contains_key(&subject) {
            findings.push(Finding { record, what: "what it certifies is not there".into() });
        }
        versions.insert(record, certificate.version);
    }
    versions.extend(grants::all(tx)?.iter().map(|grant| (grant.id.uuid(), grant.version)));
    Ok(producers)
}

/// Columns that are worked out from the terms, such as last days, say what they do.
fn audit_columns(tx: &mut ReadTx<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let mut altered: Vec<Uuid> = parties::altered(tx)?.into_iter().map(PartyId::uuid).collect();
    altered.extend(products::altered(tx)?.into_iter().map(ProductId::uuid));
    altered.extend(offers::altered(tx)?.into_iter().map(OfferId::uuid));
    altered.extend(demands::altered(tx)?.into_iter().map(DemandId::uuid));
    let what = "a column says another thing than its terms";
    findings.extend(altered.into_iter().map(|record| Finding { record, what: what.into() }));
    Ok(())
}

/// No external id names a record that is not there.
fn audit_names(
    tx: &mut ReadTx<'_>,
    versions: &Versions,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let named = external_ids::named(tx)?.into_iter();
    let lost = named.filter(|record| !versions.contains_key(record));
    findings
        .extend(lost.map(|record| Finding { record, what: "an external id names nothing".into() }));
    Ok(())
}

/// Clients and users.
fn callers(tx: &mut ReadTx<'_>) -> Result<Versions, Error> {
    let clients = clients::versions(tx)?.into_iter().map(|(id, version)| (id.uuid(), version));
    let users = users::versions(tx)?.into_iter().map(|(id, version)| (id.uuid(), version));
    Ok(clients.chain(users).collect())
}

fn audit_offers(
    tx: &mut ReadTx<'_>,
    (producers, versions): (&Producers, &mut Versions),
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    offers::for_each_chunk(tx, &mut |chunk| {
        for offer in chunk {
            let record = offer.id.uuid();
            for capacity in offer.capacity.iter().filter(|it| it.taken() > it.declared) {
                let what = format!("{} of {} is taken", capacity.taken(), capacity.declared);
                findings.push(Finding { record, what });
            }
            match producers.get(&offer.terms.product_id) {
                None => findings.push(Finding { record, what: "its product is not there".into() }),
                Some(producer) if *producer != offer.terms.party_id => {
                    findings.push(Finding { record, what: "its product is another's".into() });
                }
                Some(_) => {}
            }
            versions.insert(record, offer.version);
        }
        Ok(())
    })
}

fn audit_demands(
    tx: &mut ReadTx<'_>,
    versions: &mut Versions,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    demands::for_each_chunk(tx, &mut |chunk| {
        for demand in chunk {
            let record = demand.id.uuid();
            if !versions.contains_key(&demand.terms.party_id.uuid()) {
                findings.push(Finding { record, what: "its buyer is not there".into() });
            }
            versions.insert(record, demand.version);
        }
        Ok(())
    })
}

/// The log gives exactly the records that are there, each at its version, without a gap; save
/// clients and users that are as they were before such changes were logged.
fn audit_log(
    tx: &mut ReadTx<'_>,
    (versions, callers): (&Versions, &Versions),
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let mut logged = Versions::new();
    let mut seen = 0;
    loop {
        let step = changes::after(tx, seen, CHANGES_PER_STEP)?;
        let Some(last) = step.last().map(|change| change.seq) else { break };
        for change in step {
            let record = change.resource_id;
            seen += 1;
            if change.seq != seen {
                findings.push(Finding { record, what: format!("change {seen} is missing") });
                seen = change.seq;
            }
            if matches!(change.resource, Changed::Dismissal | Changed::SigningKey) {
                continue;
            }
            let before = logged.insert(record, change.version);
            let is_first = before.is_none() && callers.contains_key(&record);
            let before = before.unwrap_or(0);
            if change.version != before + 1 && !is_first {
                let what = format!("version {} follows {before} in the log", change.version);
                findings.push(Finding { record, what });
            }
        }
        seen = last;
    }
    let counted = changes::last(tx)?;
    if counted != seen {
        let what = format!("{counted} changes are counted, and the last is {seen}");
        findings.push(Finding { record: Uuid::nil(), what });
    }
    for (record, version) in versions.iter().chain(callers) {
        let last = logged.remove(record);
        let is_older = last.is_none() && *version == 1 && callers.contains_key(record);
        if !is_older && last != Some(*version) {
            let what = "the change log does not end at its version".into();
            findings.push(Finding { record: *record, what });
        }
    }
    let strangers = logged.into_keys();
    findings
        .extend(strangers.map(|record| Finding { record, what: "it is only in the log".into() }));
    Ok(())
}
