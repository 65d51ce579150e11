//! Keeps the live market current from the change log: all at start, then what has changed since.
//! Every instance does so for itself, and so all agree. Must not know who changed what, or why.

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use matching::certificate::{CertificateKind, StarPeriod, Subject, counting_period};
use matching::demand::Demand;
use matching::facts::Paper;
use matching::id::{CertificateId, DemandId, OfferId, PartyId, ProductId};
use matching::party::Role;
use matching::place::Place;
use matching::product::ProductState;
use uuid::Uuid;

use super::Market;
use super::change::{Dismissal, MarketChange, PartyChange, ProductChange};
use crate::error::Error;
use crate::reference::Reference;
use crate::store::certificates::{self, Certificate};
use crate::store::changes::{self, Change, Changed};
use crate::store::parties::Party;
use crate::store::products::Product;
use crate::store::{Database, ReadTx, demands, dismissals, offers, parties, products};

/// Changes read from the log in one transaction.
const CHANGES_PER_READ: i64 = 2000;
/// Chunks of records that wait between the threads that read and the one that applies.
const WAITING_CHUNKS: usize = 1;

/// Feeds one market from one database.
pub struct Feed {
    market: Market,
    reference: &'static Reference,
    one_at_a_time: Mutex<()>,
}

impl Feed {
    /// Feeds `market`.
    #[must_use]
    pub fn new(market: Market, reference: &'static Reference) -> Self {
        Self { market, reference, one_at_a_time: Mutex::default() }
    }

    /// The market.
    #[must_use]
    pub const fn market(&self) -> &Market {
        &self.market
    }

    /// Reads the whole market, some hundreds of records at a time; two threads read, another
    /// applies. All three end with it: what a thread that lives on has freed last, the allocator
    /// keeps for that thread. What was committed since they began is in the log after the version
    /// that the market then has, and is read again by [`Self::catch_up`].
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn load(&self, database: &Database) -> Result<(), Error> {
        let as_of = database.read(changes::last)?;
        let [parties, products, others] = [(); 3].map(|()| sync_channel(WAITING_CHUNKS));
        thread::scope(|scope| {
            let (party_chunks, offers) = (Chunks(parties.0), Chunks(others.0.clone()));
            let (product_chunks, demands) = (Chunks(products.0), Chunks(others.0));
            let supply = scope.spawn(move || self.read_supply(database, party_chunks, &offers));
            let wants = scope.spawn(move || self.read_wants(database, product_chunks, &demands));
            let subjects = Waiting(parties.1).chain(Waiting(products.1));
            let filled = scope.spawn(move || {
                self.market.fill(subjects.flatten(), Waiting(others.1).flatten());
                Ok(())
            });
            ended(supply)?;
            ended(wants)?;
            ended(filled)?;
            self.market.apply(as_of, []);
            Ok(())
        })
    }

    /// Sends parties, then offers.
    fn read_supply(
        &self,
        database: &Database,
        parties: Chunks,
        offers: &Chunks,
    ) -> Result<(), Error> {
        database.read_apart(move |tx| {
            self.read_parties(tx, parties)?;
            offers::for_each_published_chunk(tx, &mut |chunk| {
                offers.send(chunk.into_iter().map(|offer| MarketChange::Offer(Box::new(offer))))
            })
        })
    }

    /// Sends parties and hangs up: the market waits for the last of them before it takes what
    /// refers to them.
    fn read_parties(&self, tx: &mut ReadTx<'_>, chunks: Chunks) -> Result<(), Error> {
        let mut last = None;
        loop {
            let chunk = parties::following(tx, last)?;
            let ends = chunk.first().zip(chunk.last());
            let Some(ends) = ends.map(|(first, last)| (first.id, last.id)) else { return Ok(()) };
            let subjects = (Subject::Party(ends.0), Subject::Party(ends.1));
            let papers = Papers::new(certificates::of_range(tx, subjects)?);
            chunks.send(chunk.iter().map(|party| self.party(party, &papers)))?;
            last = Some(ends.1);
        }
    }

    /// Applies what was committed since the market's version.
    ///
    /// # Errors
    /// Whatever the database says; the next call goes on from the same place.
    pub fn catch_up(&self, database: &Database) -> Result<(), Error> {
        let _turn = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let after = self.market.view().as_of();
            let (last, records) = database.read(|tx| {
                let log = changes::after(tx, after, CHANGES_PER_READ)?;
                let last = log.last().map(|change| change.seq);
                Ok((last, self.read_changed(tx, &log)?))
            })?;
            let Some(last) = last else { return Ok(()) };
            self.market.apply(last, records);
        }
    }

    fn read_changed(
        &self,
        tx: &mut ReadTx<'_>,
        log: &[Change],
    ) -> Result<Vec<MarketChange>, Error> {
        let ids = |resource| {
            let about = log.iter().filter(move |change| change.resource == resource);
            about.map(|change| change.resource_id).collect::<BTreeSet<Uuid>>()
        };
        let (mut party_ids, mut product_ids) = (ids(Changed::Party), ids(Changed::Product));
        for id in ids(Changed::Certificate) {
            let certificate = certificates::find(tx, CertificateId::new(id))?;
            match certificate.map(|certificate| certificate.terms.subject) {
                Some(Subject::Party(id)) => party_ids.insert(id.uuid()),
                Some(Subject::Product(id)) => product_ids.insert(id.uuid()),
                None => false,
            };
        }
        let mut records = self.subjects(tx, &party_ids, &product_ids)?;
        let offer_ids: Vec<OfferId> = ids(Changed::Offer).into_iter().map(OfferId::new).collect();
        let found = offers::find_many(tx, &offer_ids)?;
        records.extend(found.into_iter().map(|offer| MarketChange::Offer(Box::new(offer))));
        let demand_ids = ids(Changed::Demand);
        let changed: Vec<DemandId> = demand_ids.iter().copied().map(DemandId::new).collect();
        let found = demands::find_many(tx, &changed)?;
        records.extend(found.into_iter().map(|demand| self.demand(demand)));
        // A demand that was opened just now may have been a draft when an offer was dismissed.
        let about = &demand_ids | &ids(Changed::Dismissal);
        let about: Vec<DemandId> = about.into_iter().map(DemandId::new).collect();
        let found = dismissals::of_demands(tx, &about)?;
        records.extend(found.iter().map(dismissed));
        Ok(records)
    }

    fn subjects(
        &self,
        tx: &mut ReadTx<'_>,
        party_ids: &BTreeSet<Uuid>,
        product_ids: &BTreeSet<Uuid>,
    ) -> Result<Vec<MarketChange>, Error> {
        let party_ids: Vec<PartyId> = party_ids.iter().copied().map(PartyId::new).collect();
        let product_ids: Vec<ProductId> = product_ids.iter().copied().map(ProductId::new).collect();
        let subjects: Vec<Subject> = party_ids
            .iter()
            .map(|id| Subject::Party(*id))
            .chain(product_ids.iter().map(|id| Subject::Product(*id)))
            .collect();
        let papers = if subjects.is_empty() {
            Papers::default()
        } else {
            Papers::new(certificates::of_subjects(tx, &subjects)?)
        };
        let found = parties::find_many(tx, &party_ids)?;
        let mut records: Vec<MarketChange> =
            found.iter().map(|party| self.party(party, &papers)).collect();
        let found = products::find_many(tx, &product_ids)?;
        records.extend(found.iter().map(|product| listed(product, &papers)));
        Ok(records)
    }

    /// Sends products, then demands and dismissals.
    fn read_wants(
        &self,
        database: &Database,
        products: Chunks,
        chunks: &Chunks,
    ) -> Result<(), Error> {
        database.read_apart(move |tx| {
            read_products(tx, products)?;
            demands::for_each_open_chunk(tx, &mut |chunk| {
                chunks.send(chunk.into_iter().map(|demand| self.demand(demand)))
            })?;
            chunks.send(dismissals::all(tx)?.iter().map(dismissed))
        })
    }

    fn demand(&self, demand: Demand) -> MarketChange {
        let terms = self.reference.judged_terms(demand.terms);
        MarketChange::Demand(Box::new(Demand { terms, ..demand }))
    }

    fn party(&self, party: &Party, papers: &Papers) -> MarketChange {
        let (_, papers) = papers.of(Subject::Party(party.id));
        MarketChange::Party(Box::new(PartyChange {
            id: party.id,
            name: party.terms.name.clone(),
            place: party.terms.place.clone(),
            place_names: self.place_names(&party.terms.place),
            coordinates: party.terms.roles.contains(&Role::Coordinator),
            papers,
            fulfilments: Vec::new(),
        }))
    }

    /// The names under which people look for a place: as it was given, and as it is called today.
    fn place_names(&self, place: &Place) -> String {
        let province = self.reference.provinces().get(place.province);
        let commune = place.commune_code.as_deref().and_then(|code| {
            let code = crate::reference::CommuneCode::parse(code)?;
            self.reference.communes().get(code)
        });
        let names = [
            place.given.as_deref(),
            commune.map(|commune| commune.name.as_str()),
            province.map(|province| province.name.as_str()),
        ];
        names.into_iter().flatten().collect::<Vec<&str>>().join(", ")
    }
}

/// Sends products and hangs up, for the same reason as parties.
fn read_products(tx: &mut ReadTx<'_>, chunks: Chunks) -> Result<(), Error> {
    let mut last = None;
    loop {
        let chunk = products::following(tx, last)?;
        let ends = chunk.first().zip(chunk.last());
        let Some(ends) = ends.map(|(first, last)| (first.id, last.id)) else { return Ok(()) };
        let subjects = (Subject::Product(ends.0), Subject::Product(ends.1));
        let papers = Papers::new(certificates::of_range(tx, subjects)?);
        chunks.send(chunk.iter().map(|product| listed(product, &papers)))?;
        last = Some(ends.1);
    }
}

fn ended<T>(reader: ScopedJoinHandle<'_, Result<T, Error>>) -> Result<T, Error> {
    reader.join().map_err(|_| Error::Internal("a panic while loading".into()))?
}

/// Where the readers put what they have read.
struct Chunks(SyncSender<Vec<MarketChange>>);

impl Chunks {
    fn send(&self, chunk: impl Iterator<Item = MarketChange>) -> Result<(), Error> {
        let sent = self.0.send(chunk.collect());
        sent.map_err(|_| Error::Internal("the market stopped loading".into()))
    }
}

/// The chunks that arrive until the readers have ended.
struct Waiting(Receiver<Vec<MarketChange>>);

impl Iterator for Waiting {
    type Item = Vec<MarketChange>;

    fn next(&mut self) -> Option<Vec<MarketChange>> {
        self.0.recv().ok()
    }
}

/// Certificates by subject, as far as they count.
#[derive(Default)]
struct Papers(HashMap<Subject, (Vec<StarPeriod>, Vec<Paper>)>);

impl Papers {
    fn new(certificates: Vec<Certificate>) -> Self {
        let mut papers = Self::default();
        for Certificate { terms, end, .. } in certificates {
            let Some(counts) = counting_period(terms.validity(), end) else { continue };
            let (stars, others) = papers.0.entry(terms.subject).or_default();
            match (terms.kind, terms.stars()) {
                (CertificateKind::Ocop, Some(star)) => {
                    stars.push(StarPeriod { counts, stars: star });
                }
                (kind, _) => others.push(Paper { kind, counts }),
            }
        }
        papers
    }

    fn of(&self, subject: Subject) -> (Vec<StarPeriod>, Vec<Paper>) {
        self.0.get(&subject).cloned().unwrap_or_default()
    }
}

fn listed(product: &Product, papers: &Papers) -> MarketChange {
    let (stars, papers) = papers.of(Subject::Product(product.id));
    MarketChange::Product(Box::new(ProductChange {
        id: product.id,
        party_id: product.terms.party_id,
        name: product.terms.name.clone(),
        product_set: product.terms.product_set,
        stars,
        papers,
        is_listed: product.state == ProductState::Active,
    }))
}

impl From<&dismissals::Dismissal> for Dismissal {
    fn from(dismissal: &dismissals::Dismissal) -> Self {
        Self {
            demand_id: dismissal.demand,
            offer_id: dismissal.offer,
            by: dismissal.party,
            offer_terms_version: dismissal.offer_terms_version,
            demand_terms_version: dismissal.demand_terms_version,
        }
    }
}

fn dismissed(dismissal: &dismissals::Dismissal) -> MarketChange {
    MarketChange::Dismissed(Dismissal::from(dismissal))
}
