//! The bulk path: records of the interchange format, whose references are names in a system instead
//! of ids. A record that is named like one that exists replaces it, so that an import can be
//! repeated.

use matching::certificate::Subject;
use matching::id::{DemandId, OfferId, PartyId, ProductId};
use matching::violation::Rule;
use uuid::Uuid;

mod names;

use names::{Bearer, Stored};
pub use names::{Known, Name};

use super::certificates::{self, CertificateCommand};
use super::demand_terms::DemandCommand;
use super::demands::NewDemand;
use super::offers::{NewOffer, OfferCommand};
use super::parties::PartyCommand;
use super::precondition::Precondition;
use super::products::ProductCommand;
use super::{demands, offers, parties, products};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::store::external_ids::{self, ExternalIds};
use crate::store::{WriteTx, certificates as stored, products as stored_products};

/// What a certificate is about, by name.
#[derive(Debug, Clone)]
pub enum NamedSubject {
    /// A product.
    Product(Name),
    /// A party.
    Party(Name),
}

/// What a demand names beside its party.
#[derive(Debug, Clone, Default)]
pub struct DemandNames {
    /// The products that are wanted.
    pub products: Vec<Name>,
    /// The guests that may see it, beside those of the command.
    pub invited: Vec<Name>,
}

/// One record of the interchange format.
#[derive(Debug, Clone)]
pub enum Record {
    /// A party.
    Party(Box<PartyCommand>),
    /// A product of the named party.
    Product(Name, Box<ProductCommand>),
    /// A certificate of the named product or party.
    Certificate(NamedSubject, Box<CertificateCommand>),
    /// An offer of the named product, for the named guests beside those of the command.
    Offer(Name, Vec<Name>, Box<OfferCommand>),
    /// A demand of the named party for the named products.
    Demand(Name, DemandNames, Box<DemandCommand>),
}

impl Record {
    /// Its kind and its names; none of a certificate, which has no names.
    fn names(&self) -> Option<(Resource, &ExternalIds)> {
        match self {
            Self::Party(command) => Some((Resource::Parties, &command.external_ids)),
            Self::Product(_, command) => Some((Resource::Products, &command.external_ids)),
            Self::Offer(_, _, command) => Some((Resource::Offers, &command.external_ids)),
            Self::Demand(_, _, command) => Some((Resource::Demands, &command.external_ids)),
            Self::Certificate(..) => None,
        }
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was changed.
    Updated,
    /// It was the same already.
    Unchanged,
}

/// One import: names that earlier batches made known, and those of the open transaction. New offers
/// and demands, which nothing in a file refers to, wait until many can be recorded at once, at the
/// latest when it is finished; without that they are lost.
pub struct Import<'a> {
    importer: PartyId,
    known: &'a Known,
    fresh: Known,
    stored: Stored,
    offers: Vec<NewOffer>,
    demands: Vec<NewDemand>,
}

impl<'a> Import<'a> {
    /// An import of `importer` that goes on from `known`.
    #[must_use]
    pub fn new(importer: PartyId, known: &'a Known) -> Self {
        let (fresh, stored) = (Known::default(), Stored::default());
        Self { importer, known, fresh, stored, offers: Vec::new(), demands: Vec::new() }
    }

    /// Looks up which of these records are there, in few questions instead of one for each.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn look_up<'r>(
        &mut self,
        tx: &mut WriteTx<'_>,
        records: impl Iterator<Item = &'r Record>,
    ) -> Result<(), Error> {
        self.stored = Stored::of(tx, records.filter_map(Record::names))?;
        Ok(())
    }

    /// Records what waits. Returns the names that this transaction made known; they hold once it is
    /// committed.
    ///
    /// # Errors
    /// A duplicate external id.
    pub fn finish(mut self, tx: &mut WriteTx<'_>, context: &Context) -> Result<Known, Error> {
        self.record_waiting(tx, context)?;
        Ok(self.fresh)
    }

    fn record_waiting(&mut self, tx: &mut WriteTx<'_>, context: &Context) -> Result<(), Error> {
        offers::record(tx, context, &std::mem::take(&mut self.offers))?;
        demands::record(tx, context, &std::mem::take(&mut self.demands))
    }

    /// Writes one record.
    ///
    /// # Errors
    /// Broken rules, with the place in the record; a reference that names nothing.
    pub fn put(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        record: &Record,
    ) -> Result<Outcome, Error> {
        if !matches!(record, Record::Offer(..) | Record::Demand(..)) {
            self.record_waiting(tx, context)?;
        }
        let outcome = match record {
            Record::Party(command) => self.put_party(tx, context, command),
            Record::Product(party, command) => self.put_product(tx, context, (party, command)),
            Record::Certificate(subject, command) => {
                self.put_certificate(tx, context, (subject, command))
            }
            Record::Offer(product, invited, command) => {
                self.put_offer(tx, context, (product, invited, command))
            }
            Record::Demand(party, names, command) => {
                self.put_demand(tx, context, (party, names, command))
            }
        }?;
        if outcome == Outcome::Updated {
            // It may have given up a name.
            self.stored = Stored::default();
        }
        Ok(outcome)
    }

    fn put_party(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        command: &PartyCommand,
    ) -> Result<Outcome, Error> {
        let existing =
            self.existing(tx, context, (Resource::Parties, None), &command.external_ids)?;
        let (id, outcome) = match existing {
            Some(id) => {
                let before = parties::find(tx, context, PartyId::new(id))?.party.version;
                let view = parties::replace(
                    tx,
                    context,
                    (PartyId::new(id), &Precondition::NONE),
                    command,
                )?;
                (id, replaced(before, view.party.version))
            }
            None => {
                let view = parties::create(tx, context, command)?;
                (view.party.id.uuid(), Outcome::Created)
            }
        };
        self.learn((Resource::Parties, PartyId::new(id)), &command.external_ids, id);
        Ok(outcome)
    }

    fn put_product(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        (party, command): (&Name, &ProductCommand),
    ) -> Result<Outcome, Error> {
        let owner = PartyId::new(self.reference(tx, Resource::Parties, (party, "/party"))?);
        let command = ProductCommand { party_id: Some(owner), ..command.clone() };
        let key = (Resource::Products, Some(owner));
        let existing = self.existing(tx, context, key, &command.external_ids)?;
        let (id, outcome) = match existing {
            Some(id) => {
                let key = ProductId::new(id);
                let before = products::find(tx, context, key, None)?.product.version;
                let view = products::replace(tx, context, (key, &Precondition::NONE), &command)?;
                (id, replaced(before, view.product.version))
            }
            None => {
                let view = products::create(tx, context, &command)?;
                (view.product.id.uuid(), Outcome::Created)
            }
        };
        self.learn((Resource::Products, owner), &command.external_ids, id);
        Ok(outcome)
    }

    fn put_certificate(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        (subject, command): (&NamedSubject, &CertificateCommand),
    ) -> Result<Outcome, Error> {
        let subject = match subject {
            NamedSubject::Product(name) => {
                let id = self.reference(tx, Resource::Products, (name, "/product"))?;
                Subject::Product(ProductId::new(id))
            }
            NamedSubject::Party(name) => {
                let id = self.reference(tx, Resource::Parties, (name, "/party"))?;
                Subject::Party(PartyId::new(id))
            }
        };
        let recorded = stored::of_subjects(tx, &[subject])?;
        if recorded.iter().any(|it| certificates::says_the_same(it, subject, command)) {
            return Ok(Outcome::Unchanged);
        }
        certificates::create(tx, context, subject, command)?;
        Ok(Outcome::Created)
    }

    fn put_offer(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        (product, invited, command): (&Name, &[Name], &OfferCommand),
    ) -> Result<Outcome, Error> {
        let (owner, product) = self.product(tx, product)?;
        let mut command = OfferCommand { product_id: product, ..command.clone() };
        let guests = self.references(tx, Resource::Parties, (invited, "/invited_parties"))?;
        command.invited.extend(guests.into_iter().map(PartyId::new));
        let key = (Resource::Offers, Some(owner));
        let existing = self.existing(tx, context, key, &command.external_ids)?;
        let (id, outcome) = match existing {
            Some(id) => {
                self.record_waiting(tx, context)?;
                let key = OfferId::new(id);
                let before = offers::find(tx, context, key)?.offer.version;
                let view = offers::replace(tx, context, (key, &Precondition::NONE), &command)?;
                (id, replaced(before, view.offer.version))
            }
            None => {
                let new = offers::prepare(tx, context, &command)?;
                let id = new.id().uuid();
                self.offers.push(new);
                (id, Outcome::Created)
            }
        };
        self.learn((Resource::Offers, owner), &command.external_ids, id);
        Ok(outcome)
    }

    fn put_demand(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        (party, names, command): (&Name, &DemandNames, &DemandCommand),
    ) -> Result<Outcome, Error> {
        let party = self.reference(tx, Resource::Parties, (party, "/party"))?;
        let products = self.references(tx, Resource::Products, (&names.products, "/products"))?;
        let guests = (&*names.invited, "/invited_parties");
        let guests = self.references(tx, Resource::Parties, guests)?;
        let (party_id, owner) = (Some(party.to_string()), PartyId::new(party));
        let product_ids = products.iter().map(Uuid::to_string).collect();
        let mut command = DemandCommand { party_id, product_ids, ..command.clone() };
        command.invited_party_ids.extend(guests.iter().map(Uuid::to_string));
        let key = (Resource::Demands, Some(owner));
        let existing = self.existing(tx, context, key, &command.external_ids)?;
        let (id, outcome) = match existing {
            Some(id) => {
                self.record_waiting(tx, context)?;
                let key = DemandId::new(id);
                let before = demands::find(tx, context, key)?.demand.version;
                let view = demands::replace(tx, context, (key, &Precondition::NONE), &command)?;
                (id, replaced(before, view.demand.version))
            }
            None => {
                let new = demands::prepare(tx, context, &command)?;
                let id = new.id().uuid();
                self.demands.push(new);
                (id, Outcome::Created)
            }
        };
        self.learn((Resource::Demands, owner), &command.external_ids, id);
        Ok(outcome)
    }

    fn reference(
        &self,
        tx: &mut WriteTx<'_>,
        resource: Resource,
        (name, at): (&Name, &str),
    ) -> Result<Uuid, Error> {
        let found = self.find(tx, resource, name)?;
        found.ok_or_else(|| Error::invalid(at, Rule::UnknownReference))
    }

    fn references(
        &self,
        tx: &mut WriteTx<'_>,
        resource: Resource,
        (names, at): (&[Name], &str),
    ) -> Result<Vec<Uuid>, Error> {
        let named = names.iter().enumerate();
        named
            .map(|(index, name)| self.reference(tx, resource, (name, &format!("{at}/{index}"))))
            .collect()
    }

    /// The product that a name stands for, with its owner.
    fn product(&self, tx: &mut WriteTx<'_>, name: &Name) -> Result<(PartyId, ProductId), Error> {
        if let Some(Bearer::One(owner, id)) = self.known(Resource::Products, name) {
            return Ok((owner, ProductId::new(id)));
        }
        let id = ProductId::new(self.reference(tx, Resource::Products, (name, "/product"))?);
        let product = stored_products::find(tx, id)?.ok_or(Error::NotFound)?;
        Ok((product.terms.party_id, id))
    }

    /// The record of an owner (for parties, of the importer, who gives the name) that one of these
    /// names stands for already.
    fn existing(
        &mut self,
        tx: &mut WriteTx<'_>,
        context: &Context,
        (resource, owner): (Resource, Option<PartyId>),
        ids: &ExternalIds,
    ) -> Result<Option<Uuid>, Error> {
        for (system, id) in ids {
            let name = Name { system: system.clone(), id: id.clone() };
            let found = match (self.known(resource, &name), owner) {
                (Some(Bearer::One(known, id)), Some(owner)) if known == owner => Some(id),
                (Some(_), Some(owner)) => {
                    // Another owner's record has the name too, and its own may wait.
                    self.record_waiting(tx, context)?;
                    external_ids::find(tx, &name.of(owner, resource))?
                }
                (None, Some(owner)) => self.stored.find(tx, name.of(owner, resource))?,
                (Some(Bearer::One(_, id)), None) => Some(id),
                (_, None) => self.stored.find(tx, name.of(self.importer, resource))?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What this import knows of a name.
    fn known(&self, resource: Resource, name: &Name) -> Option<Bearer> {
        let key = (resource, name.clone());
        match (self.fresh.bearer(&key), self.known.bearer(&key)) {
            (Some(fresh), Some(known)) if fresh != known => Some(Bearer::Several),
            (fresh, known) => fresh.or(known),
        }
    }

    /// The record that a name stands for: a party is first looked for among those that the importer
    /// has named so.
    fn find(
        &self,
        tx: &mut WriteTx<'_>,
        resource: Resource,
        name: &Name,
    ) -> Result<Option<Uuid>, Error> {
        match self.known(resource, name) {
            Some(Bearer::One(_, id)) => return Ok(Some(id)),
            Some(Bearer::Several) => return Ok(None),
            None if resource == Resource::Parties => {
                if let Some(own) = external_ids::find(tx, &name.of(self.importer, resource))? {
                    return Ok(Some(own));
                }
            }
            None => {}
        }
        external_ids::find_unambiguous(tx, resource, (&name.system, &name.id))
    }

    fn learn(&mut self, (resource, owner): (Resource, PartyId), ids: &ExternalIds, record: Uuid) {
        for (system, id) in ids {
            let name = Name { system: system.clone(), id: id.clone() };
            self.fresh.learn((resource, name), Bearer::One(owner, record));
        }
    }
}

fn replaced(before: i64, after: i64) -> Outcome {
    if after > before { Outcome::Updated } else { Outcome::Unchanged }
}
