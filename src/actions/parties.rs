//! Use cases of parties. A party is written by itself, by the party that registered it, and by an
//! admin; new ones are registered by coordinators and admins.

use matching::id::PartyId;
use matching::party::{Contact, LegalForm, PartyDraft, PartyTerms, Role};
use matching::place::ProvinceCode;
use uuid::Uuid;

use super::authorise;
use super::gather::Gather;
use super::places::{self, PlaceInput};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::Error;
use crate::store::changes::{self, Changed, NewChange};
use crate::store::external_ids::{self, ExternalId, ExternalIds};
use crate::store::keyset::{Page, PageRequest};
use crate::store::parties::{self, Party, PartyFilter};
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
    external_ids::insert(tx, name_key(&party), ids)?;
    note(tx, context, &party);
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
    let ids: Vec<Uuid> = items.iter().map(|party| party.id.uuid()).collect();
    let mut names = external_ids::of_many(tx, &ids, viewer(context))?;
    let items = items.into_iter().map(|party| {
        let ids = names.remove(&party.id.uuid()).unwrap_or_default();
        seen(context, party, ids)
    });
    Ok(Page { items: items.collect(), has_more })
}

/// Replaces what a party states, if its version is the one that the change is based on.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::PreconditionFailed`].
pub fn replace(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, based_on): (PartyId, Option<i64>),
    command: &PartyCommand,
) -> Result<PartyView, Error> {
    let current = changeable(tx, context, id)?;
    let terms = terms(context, command)?;
    check_powers(context, Some(&current.terms), &terms)?;
    if based_on.is_some_and(|version| version != current.version) {
        return Err(Error::PreconditionFailed { current: current.version });
    }
    let before = external_ids::of_many(tx, &[id.uuid()], Some(current.registered_by))?;
    let same_ids = before.get(&id.uuid()).unwrap_or(&ExternalIds::new()) == &command.external_ids;
    if terms == current.terms && same_ids {
        return view(tx, context, current);
    }
    let party =
        Party { version: current.version + 1, updated_at: context.moment.now(), terms, ..current };
    parties::update(tx, &party)?;
    external_ids::replace(tx, name_key(&party), &command.external_ids)?;
    note(tx, context, &party);
    view(tx, context, party)
}

/// Creates or replaces the party that the caller's system calls `id`; true if it was created.
///
/// # Errors
/// As [`create`] and [`replace`].
pub fn put_by_external_id(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (system, id): (&str, &str),
    command: &PartyCommand,
) -> Result<(PartyView, bool), Error> {
    authorise::write(tx, context, Resource::Parties)?;
    let mut command = command.clone();
    command.external_ids.insert(system.into(), id.into());
    let name = ExternalId {
        owner: context.caller.party(),
        resource: Resource::Parties,
        system: system.into(),
        id: id.into(),
    };
    match external_ids::find(tx, &name)? {
        Some(found) => {
            let view = replace(tx, context, (PartyId::new(found), None), &command)?;
            Ok((view, false))
        }
        None => Ok((create(tx, context, &command)?, true)),
    }
}

fn changeable(tx: &mut ReadTx<'_>, context: &Context, id: PartyId) -> Result<Party, Error> {
    authorise::write_oneself(context)?;
    let party = parties::find(tx, id)?.ok_or(Error::NotFound)?;
    if party.id != context.caller.party() {
        authorise::write(tx, context, Resource::Parties)?;
    }
    // Parties are public, so that this one exists is no secret.
    if may_change(context, &party) { Ok(party) } else { Err(Error::Forbidden) }
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

/// Whether the caller may write what belongs to `party`: as itself, as the one that registered it,
/// or as an admin.
pub(super) fn may_change(context: &Context, party: &Party) -> bool {
    context.caller.owns(party.id) || context.caller.owns(party.registered_by)
}

fn terms(context: &Context, command: &PartyCommand) -> Result<PartyTerms, Error> {
    let mut gather = Gather::default();
    let place = gather.take("/place", places::resolve(context.reference, &command.place));
    let provinces = places::provinces(context.reference, &command.authority_provinces);
    let provinces = gather.take("/authority_scope/province_codes", provinces).unwrap_or_default();
    let draft = place.map(|place| PartyDraft {
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

fn name_key(party: &Party) -> (PartyId, Resource, Uuid) {
    (party.registered_by, Resource::Parties, party.id.uuid())
}

fn note(tx: &mut WriteTx<'_>, context: &Context, party: &Party) {
    let change = NewChange {
        at: context.moment.now(),
        resource: Changed::Party,
        resource_id: party.id.uuid(),
        version: party.version,
        actor: context.caller.actor(),
    };
    changes::append(tx, change);
}

/// Whose external ids the caller sees: its own; an admin all.
fn viewer(context: &Context) -> Option<PartyId> {
    (!context.caller.is_admin()).then_some(context.caller.party())
}

fn view(tx: &mut ReadTx<'_>, context: &Context, party: Party) -> Result<PartyView, Error> {
    let id = party.id.uuid();
    let mut names = external_ids::of_many(tx, &[id], viewer(context))?;
    Ok(seen(context, party, names.remove(&id).unwrap_or_default()))
}

fn seen(context: &Context, party: Party, external_ids: ExternalIds) -> PartyView {
    let may_change = may_change(context, &party);
    PartyView { party, external_ids, shows_contact: may_change, may_change }
}
