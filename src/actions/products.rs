//! Use cases of products. A product is written by its producer, by the party that registered the
//! producer, and by an admin; everybody may read it. What it is recognised as is judged by its
//! certificates on a day, and never stored.

use std::collections::{BTreeMap, BTreeSet};

use matching::certificate::{StarPeriod, Subject, recognition_on};
use matching::date::Date;
use matching::grant::Permission;
use matching::id::{PartyId, ProductId};
use matching::party::Role;
use matching::product::{
    Gtin, Packaging, ProductDraft, ProductSet, ProductState, ProductTerms, unit_content,
};
use matching::violation::Rule;
use uuid::Uuid;

use super::audit_trail::{self, Deed};
use super::certificates::star_period;
use super::gather::Gather;
use super::precondition::Precondition;
use super::{authorise, grants, parties as owners};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::{Conflict, Error};
use crate::store::external_ids::{self, ExternalId, ExternalIds};
use crate::store::keyset::{Page, PageRequest};
use crate::store::parties::Party;
use crate::store::products::{self, Product, ProductFilter};
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx, certificates, parties};

/// What a caller states about a product.
#[derive(Debug, Clone)]
pub struct ProductCommand {
    /// The producer; the caller's party if absent.
    pub party_id: Option<PartyId>,
    /// Name as recognised.
    pub name: String,
    /// Number of its OCOP set.
    pub product_set: u8,
    /// Default selling unit.
    pub unit: String,
    /// Units that it is sold in.
    pub packagings: Vec<Packaging>,
    /// Free attributes.
    pub attributes: BTreeMap<String, String>,
    /// Global trade item number.
    pub gtin: Option<String>,
    /// Its story.
    pub story: Option<String>,
    /// Addresses of pictures.
    pub image_urls: Vec<String>,
    /// Address of its traceability page.
    pub trace_url: Option<String>,
    /// Ids in the producer's systems.
    pub external_ids: ExternalIds,
}

/// A product as a caller sees it.
#[derive(Debug, Clone)]
pub struct ProductView {
    /// The record.
    pub product: Product,
    /// The ids that its producer's systems gave it; shown to those who may change it.
    pub external_ids: ExternalIds,
    /// What it is recognised as on `judged_on`.
    pub recognition: Option<StarPeriod>,
    /// The day on which it is judged.
    pub judged_on: Date,
    /// Whether the viewer may change it.
    pub may_change: bool,
}

/// A change of a product's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductAction {
    /// Takes it out of the catalogue.
    Archive,
    /// Puts it back.
    Restore,
}

/// Records a product.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] unless the caller's party, for want of another, produces; a
/// duplicate.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &ProductCommand,
) -> Result<ProductView, Error> {
    authorise::write(tx, context, Resource::Products)?;
    let producer = producer(tx, context, command.party_id)?;
    let terms = terms(context, producer.ok_or(Rule::UnknownReference), command)?;
    let now = context.moment.now();
    let product = Product {
        id: ProductId::new(context.moment.new_id()),
        version: 1,
        created_at: now,
        updated_at: now,
        state: ProductState::Active,
        terms,
    };
    products::insert(tx, &product)?;
    external_ids::insert(tx, name_key(&product), &command.external_ids)?;
    note(tx, context, ("create", None, &product));
    view(tx, context, product)
}

/// One product, judged on `as_of` (today if absent).
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(
    tx: &mut ReadTx<'_>,
    context: &Context,
    id: ProductId,
    as_of: Option<Date>,
) -> Result<ProductView, Error> {
    authorise::read(context, Resource::Products)?;
    let product = products::find(tx, id)?.ok_or(Error::NotFound)?;
    let views = views(tx, context, vec![product], as_of.unwrap_or(context.today()))?;
    views.into_iter().next().ok_or(Error::NotFound)
}

/// A page of archived products that the caller may change: of its own party, or of those named.
///
/// # Errors
/// Whatever the database says.
pub fn list_archived(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (filter, on): (&ProductFilter, Date),
    request: PageRequest,
) -> Result<Page<ProductView>, Error> {
    authorise::read(context, Resource::Products)?;
    let mut filter = filter.clone();
    filter.states = vec![ProductState::Archived];
    if !filter.parties.is_empty() {
        filter.parties = writable(tx, context, &filter.parties)?.into_iter().collect();
    } else if !context.caller.is_admin() {
        filter.parties = vec![context.caller.party()];
    }
    if filter.parties.is_empty() && !context.caller.is_admin() {
        return Ok(Page { items: Vec::new(), has_more: false });
    }
    let Page { items, has_more } = products::list(tx, &filter, request)?;
    Ok(Page { items: views(tx, context, items, on)?, has_more })
}

/// Replaces what is stated about a product, if its version meets the precondition.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::PreconditionFailed`];
/// [`Conflict::PackagingInUse`].
pub fn replace(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, precondition): (ProductId, &Precondition),
    command: &ProductCommand,
) -> Result<ProductView, Error> {
    let current = changeable(tx, context, id)?;
    let owner = current.terms.party_id;
    let stays = command.party_id.unwrap_or(owner) == owner;
    let producer = if stays { Ok(owner) } else { Err(only(owner)) };
    let terms = terms(context, producer, command)?;
    precondition.check(Some(current.version))?;
    let before = external_ids::of_many(tx, &[id.uuid()], Some(owner))?;
    let same_ids = before.get(&id.uuid()).unwrap_or(&ExternalIds::new()) == &command.external_ids;
    if terms == current.terms && same_ids {
        return view(tx, context, current);
    }
    check_offers(tx, context, (&current, &terms))?;
    let product = Product { terms, ..changed(context, current.clone()) };
    products::update(tx, &product)?;
    external_ids::replace(tx, name_key(&product), &command.external_ids)?;
    note(tx, context, ("update", Some(&current), &product));
    view(tx, context, product)
}

fn only(owner: PartyId) -> Rule {
    Rule::NotAllowed { allowed: owner.to_string() }
}

/// What an offer is counted in must keep its content: quantities, prices and what is reserved of it
/// were stated in that unit.
fn check_offers(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (current, terms): (&Product, &ProductTerms),
) -> Result<(), Error> {
    let (before, after) = (&current.terms.packagings, &terms.packagings);
    if before == after {
        return Ok(());
    }
    let content =
        |unit: &str, packed: &[Packaging]| unit_content(unit, packed, context.reference.units());
    let units = products::offered_units(tx, current.id)?;
    if units.iter().all(|unit| content(unit, before) == content(unit, after)) {
        Ok(())
    } else {
        Err(Error::Conflict(Conflict::PackagingInUse))
    }
}

/// Creates or replaces the product that the producer's system calls `id`; true if it was created.
///
/// # Errors
/// As [`create`] and [`replace`].
pub fn put_by_external_id(
    tx: &mut WriteTx<'_>,
    context: &Context,
    ((system, id), precondition): ((&str, &str), &Precondition),
    command: &ProductCommand,
) -> Result<(ProductView, bool), Error> {
    authorise::write(tx, context, Resource::Products)?;
    let mut command = command.clone();
    super::external_ids::name(&mut command.external_ids, (system, id))?;
    let found = match producer(tx, context, command.party_id)? {
        Some(owner) => {
            let (system, id) = (system.into(), id.into());
            let resource = Resource::Products;
            external_ids::claim(tx, &ExternalId { owner, resource, system, id })?
        }
        None => None,
    };
    match found {
        Some(found) => {
            let view = replace(tx, context, (ProductId::new(found), precondition), &command)?;
            Ok((view, false))
        }
        None => {
            let view = create(tx, context, &command)?;
            // Broken rules are told first; the error takes back what was created.
            precondition.check(None)?;
            Ok((view, true))
        }
    }
}

/// Changes the state of a product. Offers of an archived product stand: what is promised stays
/// promised.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`]; [`Conflict::IllegalAction`].
pub fn act(
    tx: &mut WriteTx<'_>,
    context: &Context,
    id: ProductId,
    action: ProductAction,
) -> Result<ProductView, Error> {
    let current = changeable(tx, context, id)?;
    let (state, word) = match (current.state, action) {
        (ProductState::Active, ProductAction::Archive) => (ProductState::Archived, "archive"),
        (ProductState::Archived, ProductAction::Restore) => (ProductState::Active, "restore"),
        (state, _) => return Err(illegal(state)),
    };
    let product = Product { state, ..changed(context, current.clone()) };
    products::update(tx, &product)?;
    note(tx, context, (word, Some(&current), &product));
    view(tx, context, product)
}

fn illegal(state: ProductState) -> Error {
    let (state, action) = match state {
        ProductState::Active => ("active", "archive"),
        ProductState::Archived => ("archived", "restore"),
    };
    Error::Conflict(Conflict::IllegalAction { state, actions: vec![action] })
}

/// The producer that the caller may state a product of; none if it may not of the one that it
/// names.
fn producer(
    tx: &mut WriteTx<'_>,
    context: &Context,
    named: Option<PartyId>,
) -> Result<Option<PartyId>, Error> {
    let named_or_own = named.unwrap_or(context.caller.party());
    grants::hold(tx, context, named_or_own)?;
    let party = parties::find(tx, named_or_own)?;
    let party = party.filter(|party| party.terms.roles.contains(&Role::Producer));
    let party = of_writable(tx, context, party.as_slice())?.pop_first();
    if named.is_none() && party.is_none() { Err(Error::Forbidden) } else { Ok(party) }
}

/// A product that the caller may change, kept as it is until the transaction ends, like what its
/// producer allows.
fn changeable(tx: &mut WriteTx<'_>, context: &Context, id: ProductId) -> Result<Product, Error> {
    authorise::write(tx, context, Resource::Products)?;
    let product = products::find_to_change(tx, id)?.ok_or(Error::NotFound)?;
    grants::hold(tx, context, product.terms.party_id)?;
    // Products are public, so that this one exists is no secret.
    let writable = writable(tx, context, &[product.terms.party_id])?;
    if writable.is_empty() { Err(Error::Forbidden) } else { Ok(product) }
}

fn changed(context: &Context, product: Product) -> Product {
    Product { version: product.version + 1, updated_at: context.moment.now(), ..product }
}

fn terms(
    context: &Context,
    producer: Result<PartyId, Rule>,
    command: &ProductCommand,
) -> Result<ProductTerms, Error> {
    let mut gather = Gather::default();
    // A refused producer keeps no other violation from being told.
    let party = gather.rule("/party_id", producer).unwrap_or(context.caller.party());
    let set = ProductSet::new(command.product_set).ok_or(Rule::UnknownProductSet);
    let set = gather.rule("/product_set", set);
    let gtin = command.gtin.as_deref().map(Gtin::parse).transpose();
    let gtin = gather.rule("/gtin", gtin).flatten();
    let draft = set.map(|product_set| draft(context, command, (party, product_set, gtin)));
    let units = context.reference.units();
    let terms = draft.and_then(|draft| gather.take("", ProductTerms::new(draft, units)));
    gather.finish(terms)
}

fn draft(
    context: &Context,
    command: &ProductCommand,
    (party_id, product_set, gtin): (PartyId, ProductSet, Option<Gtin>),
) -> ProductDraft {
    let code = |name: &str| match context.reference.unit(name) {
        Some(unit) => unit.code.clone(),
        None => name.to_owned(),
    };
    let packaging = |packaging: &Packaging| Packaging {
        unit: code(&packaging.unit),
        quantity: packaging.quantity,
        contained_unit: code(&packaging.contained_unit),
    };
    let command = command.clone();
    ProductDraft {
        party_id,
        name: command.name.trim().into(),
        product_set,
        unit: code(&command.unit),
        packagings: command.packagings.iter().map(packaging).collect(),
        attributes: command.attributes.into_iter().collect(),
        gtin,
        story: command.story,
        image_urls: command.image_urls,
        trace_url: command.trace_url,
    }
}

fn name_key(product: &Product) -> (PartyId, Resource, Uuid) {
    (product.terms.party_id, Resource::Products, product.id.uuid())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (action, before, after): (&'static str, Option<&Product>, &Product),
) {
    let (before, after) = (before.map(Record::Product), Record::Product(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

fn view(tx: &mut ReadTx<'_>, context: &Context, product: Product) -> Result<ProductView, Error> {
    let views = views(tx, context, vec![product], context.today())?;
    views.into_iter().next().ok_or(Error::NotFound)
}

/// The products as the caller sees them, in the same order, judged on a day.
pub(super) fn views(
    tx: &mut ReadTx<'_>,
    context: &Context,
    products: Vec<Product>,
    judged_on: Date,
) -> Result<Vec<ProductView>, Error> {
    let ids: Vec<Uuid> = products.iter().map(|product| product.id.uuid()).collect();
    let mut names = external_ids::of_many(tx, &ids, None)?;
    let mut stars = stars(tx, &products)?;
    let owners: Vec<PartyId> = products.iter().map(|product| product.terms.party_id).collect();
    let writable = writable(tx, context, &owners)?;
    let seen = products.into_iter().map(|product| {
        let may_change = writable.contains(&product.terms.party_id);
        let ids = names.remove(&product.id.uuid()).filter(|_| may_change);
        let history = stars.remove(&product.id).unwrap_or_default();
        ProductView {
            recognition: recognition_on(judged_on, &history),
            external_ids: ids.unwrap_or_default(),
            product,
            judged_on,
            may_change,
        }
    });
    Ok(seen.collect())
}

fn stars(
    tx: &mut ReadTx<'_>,
    products: &[Product],
) -> Result<BTreeMap<ProductId, Vec<StarPeriod>>, Error> {
    let subjects: Vec<Subject> =
        products.iter().map(|product| Subject::Product(product.id)).collect();
    let mut stars: BTreeMap<ProductId, Vec<StarPeriod>> = BTreeMap::new();
    for certificate in certificates::of_subjects(tx, &subjects)? {
        if let (Subject::Product(id), Some(star)) =
            (certificate.terms.subject, star_period(&certificate))
        {
            stars.entry(id).or_default().push(star);
        }
    }
    Ok(stars)
}

/// Those of `parties` that the caller may write for.
fn writable(
    tx: &mut ReadTx<'_>,
    context: &Context,
    parties: &[PartyId],
) -> Result<BTreeSet<PartyId>, Error> {
    let found = parties::find_many(tx, parties)?;
    of_writable(tx, context, &found)
}

fn of_writable(
    tx: &mut ReadTx<'_>,
    context: &Context,
    parties: &[Party],
) -> Result<BTreeSet<PartyId>, Error> {
    owners::writable(tx, context, (parties, Permission::WriteProducts))
}
