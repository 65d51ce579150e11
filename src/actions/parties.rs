//! Use cases of parties. A party is written by itself, by the party that registered it as long as
//! a grant lets it, and by an admin; new ones are registered by coordinators and admins.

use std::collections::{BTreeMap, BTreeSet};

use matching::grant::Permission;
use matching::id::PartyId;
use matching::party::{Contact, LegalForm, PartyDraft, PartyTerms, Role};
use matching::place::{Place, Point, ProvinceCode};
use uuid::Uuid;

use super::audit_trail::{self, Deed};
use super::gather::Gather;
use super::places::{self, PlaceInput};
use super::precondition::Precondition;
use super::{authorise, grants};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::store::external_ids::{self, ExternalId, ExternalIds};
use crate::store::keyset::{Page, PageRequest};
use crate::store::parties::{self, Party, PartyFilter};
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx};

/// What a caller states about a party.
#[derive(Debug, Clone)]
pub struct PartyCommand {
    /// Registered name.
    pub name: String,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Roles.
    pub roles: Vec<Role>,
    /// Tax code.
    pub tax_code: Option<String>,
    /// Seat.
    pub place: PlaceInput,
    /// How to reach it.
    pub contact: Contact,
    /// Codes of the provinces that an authority may read.
    pub authority_provinces: Vec<String>,
    /// Ids in the caller's systems.
    pub external_ids: ExternalIds,
}

/// A party as a caller sees it.
#[derive(Debug, Clone)]
pub struct PartyView {
    /// The record.
    pub party: Party,
    /// The ids that the viewer's systems gave it.
    pub external_ids: ExternalIds,
    /// Whether the viewer may see how to reach it.
    pub shows_contact: bool,
    /// Whether the viewer may change it.
    pub may_change: bool,
}

/// Registers a party.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] unless the caller coordinates; a duplicate.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &PartyCommand,
) -> Result<PartyView, Error> {
    authorise::write(tx, context, Resource::Parties)?;
    if !authorise::has_role(tx, context, Role::Coordinator)? {
        return Err(Error::Forbidden);
    }
    let terms = terms(context, command)?;
    check_powers(context, None, &terms)?;
    insert(tx, context, terms, &command.external_ids)
}

fn insert(
    tx: &mut WriteTx<'_>,
    context: &Context,
    terms: PartyTerms,
    ids: &ExternalIds,
) -> Result<PartyView, Error> {
    let now = context.moment.now();
    let party = Party {
        id: PartyId::new(context.moment.new_id()),
        version: 1,
        created_at: now,
        updated_at: now,
        registered_by: context.caller.party(),
        terms,
    };
    parties::insert(tx, &party)?;
    external_ids::insert(tx, name_key(context, &party), ids)?;
    note(tx, context, ("create", None, &party));
    if !context.caller.is_admin() {
        grants::allow_registrar(tx, context, party.id)?;
    }
    view(tx, context, party)
}

/// One party.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: PartyId) -> Result<PartyView, Error> {
    authorise::read(context, Resource::Parties)?;
    let party = parties::find(tx, id)?.ok_or(Error::NotFound)?;
    view(tx, context, party)
}

/// A page of parties.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    filter: &PartyFilter,
    request: PageRequest,
) -> Result<Page<PartyView>, Error> {
    authorise::read(context, Resource::Parties)?;
    let Page { items, has_more } = parties::list(tx, filter, request)?;
    let mut names = names(tx, context, &items)?;
    let ids: Vec<PartyId> = items.iter().map(|party| party.id).collect();
    let mut allowed = grants::allowed_by(tx, context, &ids)?;
    let items = items.into_iter().map(|party| {
        let ids = names.remove(&party.id).unwrap_or_default();
        let allowed = allowed.remove(&party.id).unwrap_or_default();
        seen(context, party, (ids, &allowed))
    });
    Ok(Page { items: items.collect(), has_more })
}

/// Replaces what a party states, if its version meets the precondition.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::PreconditionFailed`].
pub fn replace(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, precondition): (PartyId, &Precondition),
    command: &PartyCommand,
) -> Result<PartyView, Error> {
    let current = changeable(tx, context, id)?;
    let terms = terms(context, command)?;
    check_powers(context, Some(&current.terms), &terms)?;
    precondition.check(Some(current.version))?;
    let before = names(tx, context, std::slice::from_ref(&current))?.remove(&id);
    let same_ids = before.unwrap_or_default() == command.external_ids;
    if terms == current.terms && same_ids {
        return view(tx, context, current);
    }
    let (version, updated_at) = (current.version + 1, context.moment.now());
    let party = Party { version, updated_at, terms, ..current };
    parties::update(tx, &party)?;
    external_ids::replace(tx, name_key(context, &party), &command.external_ids)?;
    note(tx, context, ("update", Some(&current), &party));
    view(tx, context, party)
}

/// Creates or replaces the party that the caller's system calls `id`; true if it was created.
///
/// # Errors
/// As [`create`] and [`replace`].
pub fn put_by_external_id(
    tx: &mut WriteTx<'_>,
    context: &Context,
    ((system, id), precondition): ((&str, &str), &Precondition),
    command: &PartyCommand,
) -> Result<(PartyView, bool), Error> {
    authorise::write(tx, context, Resource::Parties)?;
    let mut command = command.clone();
    super::external_ids::name(&mut command.external_ids, (system, id))?;
    let name = ExternalId {
        owner: context.caller.party(),
        resource: Resource::Parties,
        system: system.into(),
        id: id.into(),
    };
    match external_ids::claim(tx, &name)? {
        Some(found) => {
            let view = replace(tx, context, (PartyId::new(found), precondition), &command)?;
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

fn changeable(tx: &mut WriteTx<'_>, context: &Context, id: PartyId) -> Result<Party, Error> {
    authorise::write_oneself(context)?;
    let party = parties::find(tx, id)?.ok_or(Error::NotFound)?;
    if party.id != context.caller.party() {
        authorise::write(tx, context, Resource::Parties)?;
    }
    grants::hold(tx, context, id)?;
    // Parties are public, so that this one exists is no secret.
    let writable = writable(tx, context, (std::slice::from_ref(&party), Permission::WriteParties))?;
    if writable.contains(&party.id) { Ok(party) } else { Err(Error::Forbidden) }
}

/// Whoever coordinates or oversees sees more than others: only an admin says who does.
fn check_powers(
    context: &Context,
    before: Option<&PartyTerms>,
    after: &PartyTerms,
) -> Result<(), Error> {
    let had = |role| before.is_some_and(|before| before.roles.contains(&role));
    let gains = |role| after.roles.contains(&role) && !had(role);
    let provinces = before.map_or(&[][..], |before| &before.authority_provinces);
    let wider = after.authority_provinces.iter().any(|province| !provinces.contains(province));
    let grows = gains(Role::Coordinator) || gains(Role::Authority) || wider;
    if grows && !context.caller.is_admin() { Err(Error::Forbidden) } else { Ok(()) }
}

/// Those of `parties` for which the caller may write what needs `permission`: as itself, as an
/// admin, or as the one that registered it, while a grant allows that.
pub(super) fn writable(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (parties, permission): (&[Party], Permission),
) -> Result<BTreeSet<PartyId>, Error> {
    let caller = &context.caller;
    let (own, others): (Vec<&Party>, Vec<&Party>) =
        parties.iter().partition(|party| caller.owns(party.id));
    let members = others.iter().filter(|party| caller.owns(party.registered_by));
    let members: Vec<PartyId> = members.map(|party| party.id).collect();
    let mut allowed = grants::allowed_by(tx, context, &members)?;
    allowed.retain(|_, permissions| permissions.contains(&permission));
    Ok(own.into_iter().map(|party| party.id).chain(allowed.into_keys()).collect())
}

fn terms(context: &Context, command: &PartyCommand) -> Result<PartyTerms, Error> {
    let mut gather = Gather::default();
    let place = gather.take("/place", places::resolve(context.reference, &command.place));
    let provinces = places::provinces(context.reference, &command.authority_provinces);
    let provinces = gather.take("/authority_scope/province_codes", provinces).unwrap_or_default();
    let draft = place.or_else(no_place).map(|place| PartyDraft {
        name: command.name.trim().into(),
        legal_form: command.legal_form,
        roles: command.roles.clone(),
        tax_code: command.tax_code.clone(),
        place,
        contact: command.contact.clone(),
        authority_provinces: provinces.iter().collect::<Vec<ProvinceCode>>(),
    });
    let terms = draft.and_then(|draft| gather.take("", PartyTerms::new(draft)));
    gather.finish(terms)
}

/// Stands for a place that breaks a rule, while the rest is checked.
fn no_place() -> Option<Place> {
    let (province, point) = (ProvinceCode::new(1)?, Point::new(0, 0)?);
    Some(Place { province, commune_code: None, address: None, given: None, point })
}

/// Whoever writes a party states the ids in its own systems, and leaves those of others; an admin
/// states those of the registrar.
fn name_key(context: &Context, party: &Party) -> (PartyId, Resource, Uuid) {
    let caller = &context.caller;
    let owner = if caller.is_admin() { party.registered_by } else { caller.party() };
    (owner, Resource::Parties, party.id.uuid())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (action, before, after): (&'static str, Option<&Party>, &Party),
) {
    let (before, after) = (before.map(Record::Party), Record::Party(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

/// The ids of parties that the caller would state: in its own systems, or in a registrar's.
fn names(
    tx: &mut ReadTx<'_>,
    context: &Context,
    parties: &[Party],
) -> Result<BTreeMap<PartyId, ExternalIds>, Error> {
    let mut by_owner: BTreeMap<PartyId, Vec<Uuid>> = BTreeMap::new();
    for (owner, _, party) in parties.iter().map(|party| name_key(context, party)) {
        by_owner.entry(owner).or_default().push(party);
    }
    let mut names = BTreeMap::new();
    for (owner, parties) in by_owner {
        let given = external_ids::of_many(tx, &parties, Some(owner))?;
        names.extend(given.into_iter().map(|(party, ids)| (PartyId::new(party), ids)));
    }
    Ok(names)
}

fn view(tx: &mut ReadTx<'_>, context: &Context, party: Party) -> Result<PartyView, Error> {
    let ids = names(tx, context, std::slice::from_ref(&party))?.remove(&party.id);
    let allowed = grants::allowed_by(tx, context, &[party.id])?.remove(&party.id);
    Ok(seen(context, party, (ids.unwrap_or_default(), &allowed.unwrap_or_default())))
}

/// The party as the caller sees it, whom it allows that much.
fn seen(
    context: &Context,
    party: Party,
    (external_ids, allowed): (ExternalIds, &BTreeSet<Permission>),
) -> PartyView {
    let caller = &context.caller;
    let is_own = caller.owns(party.id);
    let registered = caller.owns(party.registered_by);
    let may_change = is_own || (registered && allowed.contains(&Permission::WriteParties));
    let shows_contact = is_own || !allowed.is_empty();
    PartyView { party, external_ids, shows_contact, may_change }
}
