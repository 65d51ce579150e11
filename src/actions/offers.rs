//! Use cases of offers. An offer belongs to the party of its product; that party and admins write
//! it, and others see it once it is published, by its visibility.

mod stated;

use matching::id::OfferId;
use matching::offer::{
    Capacity, Offer, OfferAction, OfferDraft, OfferState, OfferStatus, OfferTerms,
};

pub use self::stated::{OfferCommand, StatedBreak, StatedCapacity};
use super::audit_trail::{self, Deed};
use super::authorise;
use super::precondition::Precondition;
use crate::app::Context;
use crate::caller::Resource;
use crate::error::{Conflict, Error};
use crate::store::external_ids::{self, ExternalId, ExternalIds, Named};
use crate::store::keyset::{Page, PageRequest};
use crate::store::offers::{self, OfferFilter};
use crate::store::snapshot::Record;
use crate::store::visibility::{may_see_offer, oversees_offer};
use crate::store::{ReadTx, WriteTx, products};

/// An offer as a caller sees it.
#[derive(Debug, Clone)]
pub struct OfferView {
    /// The record.
    pub offer: Offer,
    /// Its state on the day of the request.
    pub state: OfferState,
    /// The ids that its owner's systems gave it; empty for others.
    pub external_ids: ExternalIds,
    /// Whether the viewer may see its prices.
    pub shows_prices: bool,
    /// Whether the viewer may change it.
    pub may_change: bool,
}

impl OfferView {
    /// What the viewer can do with it now.
    #[must_use]
    pub fn allowed_actions(&self) -> Vec<&'static str> {
        if !self.may_change {
            return Vec::new();
        }
        let update = (!is_end(self.state)).then_some("update");
        update.into_iter().chain(words(self.state.actions())).collect()
    }
}

/// Records an offer, as a draft unless the command says that it is published.
///
/// # Errors
/// Broken rules, among them a product that is not the caller's; a duplicate external id.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &OfferCommand,
) -> Result<OfferView, Error> {
    let new = [prepare(tx, context, command)?];
    record(tx, context, &new)?;
    let [NewOffer { offer, external_ids }] = new;
    Ok(seen(context, offer, external_ids))
}

/// An offer that can be recorded.
#[derive(Debug)]
pub struct NewOffer {
    offer: Offer,
    external_ids: ExternalIds,
}

impl NewOffer {
    /// The id that it will have.
    #[must_use]
    pub const fn id(&self) -> OfferId {
        self.offer.id
    }
}

/// The offer that [`create`] would record.
///
/// # Errors
/// Broken rules, among them a product that is not the caller's.
pub fn prepare(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &OfferCommand,
) -> Result<NewOffer, Error> {
    authorise::write(tx, context, Resource::Offers)?;
    let terms = stated::terms(tx, context, command, None)?;
    let offer = new_offer(context, terms, command.is_published);
    Ok(NewOffer { offer, external_ids: command.external_ids.clone() })
}

/// Records offers that were prepared in the same transaction.
///
/// # Errors
/// A duplicate external id.
pub fn record(tx: &mut WriteTx<'_>, context: &Context, new: &[NewOffer]) -> Result<(), Error> {
    let all: Vec<&Offer> = new.iter().map(|it| &it.offer).collect();
    offers::insert_all(tx, &all)?;
    let names: Vec<_> = new.iter().map(|it| (name_key(&it.offer), &it.external_ids)).collect();
    external_ids::insert_all(tx, &names)?;
    all.into_iter().for_each(|offer| note(tx, context, ("create", None, offer)));
    Ok(())
}

fn new_offer(context: &Context, terms: OfferTerms, is_published: bool) -> Offer {
    let now = context.moment.now();
    Offer {
        id: OfferId::new(context.moment.new_id()),
        version: 1,
        terms_version: 1,
        created_at: now,
        updated_at: now,
        confirmed_at: now,
        status: if is_published { OfferStatus::Published } else { OfferStatus::Draft },
        capacity: terms.capacity.iter().copied().map(Capacity::untouched).collect(),
        terms,
    }
}

/// One offer.
///
/// # Errors
/// [`Error::NotFound`], also if it is not the caller's to see.
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: OfferId) -> Result<OfferView, Error> {
    authorise::read(context, Resource::Offers)?;
    let (offer, shows_prices) = visible(tx, context, id)?;
    Ok(OfferView { shows_prices, ..view(tx, context, offer)? })
}

/// A page of the offers that the caller may see.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    filter: &OfferFilter,
    request: PageRequest,
) -> Result<Page<OfferView>, Error> {
    authorise::read(context, Resource::Offers)?;
    let viewer = authorise::viewer(tx, context)?;
    let Page { items, has_more } = offers::list(tx, filter, &viewer, request)?;
    let ids: Vec<_> = items.iter().map(|offer| offer.id.uuid()).collect();
    let owner = (!viewer.is_admin).then_some(viewer.party);
    let mut names = external_ids::of_many(tx, &ids, owner)?;
    let items = items.into_iter().map(|offer| {
        let ids = names.remove(&offer.id.uuid()).unwrap_or_default();
        // An offer of the list that is not shown to the viewer is overseen by it.
        let shows_prices = may_see_offer(&offer, &viewer);
        OfferView { shows_prices, ..seen(context, offer, ids) }
    });
    Ok(Page { items: items.collect(), has_more })
}

/// Replaces what an offer states, if its version meets the precondition.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::PreconditionFailed`];
/// [`Conflict::Frozen`] in an end state, [`Conflict::CapacityTaken`].
pub fn replace(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, precondition): (OfferId, &Precondition),
    command: &OfferCommand,
) -> Result<OfferView, Error> {
    let current = changeable(tx, context, id)?;
    let terms = stated::terms(tx, context, command, Some(&current))?;
    precondition.check(Some(current.version))?;
    let new_terms = terms != current.terms;
    if !new_terms && names(tx, &current)? == command.external_ids {
        return view(tx, context, current);
    }
    let state = current.state(context.today());
    if new_terms && is_end(state) {
        let actions = words(state.actions()).collect();
        return Err(Error::Conflict(Conflict::Frozen { state: state_word(state), actions }));
    }
    let offer = changed(context, current.clone(), new_terms.then_some(terms));
    offers::update(tx, &offer)?;
    external_ids::replace(tx, name_key(&offer), &command.external_ids)?;
    note(tx, context, ("update", Some(&current), &offer));
    let offer = offers::find(tx, id)?.ok_or(Error::NotFound)?;
    Ok(seen(context, offer, command.external_ids.clone()))
}

/// The next version; whoever states new terms states that they are true.
fn changed(context: &Context, current: Offer, terms: Option<OfferTerms>) -> Offer {
    let now = context.moment.now();
    let next = Offer { version: current.version + 1, updated_at: now, ..current };
    match terms {
        Some(terms) => {
            // A remark is none of the terms that the other side agrees to.
            let note = terms.note.clone();
            let remarked = OfferDraft { note, ..OfferDraft::clone(&next.terms) };
            let terms_version = next.terms_version + i64::from(remarked != *terms);
            Offer { terms_version, confirmed_at: now, terms, ..next }
        }
        None => next,
    }
}

/// Creates or replaces the offer that its owner's system calls `id`; true if it was created.
///
/// # Errors
/// As [`create`] and [`replace`].
pub fn put_by_external_id(
    tx: &mut WriteTx<'_>,
    context: &Context,
    ((system, id), precondition): ((&str, &str), &Precondition),
    command: &OfferCommand,
) -> Result<(OfferView, bool), Error> {
    authorise::write(tx, context, Resource::Offers)?;
    let mut command = command.clone();
    super::external_ids::name(&mut command.external_ids, (system, id))?;
    let product = products::find(tx, command.product_id)?;
    let product = product.filter(|product| context.caller.owns(product.terms.party_id));
    let name = ExternalId {
        owner: product.map_or(context.caller.party(), |product| product.terms.party_id),
        resource: Resource::Offers,
        system: system.into(),
        id: id.into(),
    };
    match external_ids::claim(tx, &name)? {
        Some(found) => {
            let view = replace(tx, context, (OfferId::new(found), precondition), &command)?;
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

/// Does `action` with an offer.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`]; [`Conflict::IllegalAction`].
pub fn act(
    tx: &mut WriteTx<'_>,
    context: &Context,
    id: OfferId,
    action: OfferAction,
) -> Result<OfferView, Error> {
    let current = changeable(tx, context, id)?;
    let state = current.state(context.today());
    if !state.actions().contains(&action) {
        let actions = words(state.actions()).collect();
        return Err(Error::Conflict(Conflict::IllegalAction { state: state_word(state), actions }));
    }
    let now = context.moment.now();
    let confirms =
        matches!(action, OfferAction::Publish | OfferAction::Resume | OfferAction::Confirm);
    let offer = Offer {
        version: current.version + 1,
        updated_at: now,
        confirmed_at: if confirms { now } else { current.confirmed_at },
        status: action.after(current.status),
        ..current.clone()
    };
    offers::update(tx, &offer)?;
    note(tx, context, (word(action), Some(&current), &offer));
    view(tx, context, offer)
}

fn changeable(tx: &mut ReadTx<'_>, context: &Context, id: OfferId) -> Result<Offer, Error> {
    authorise::write(tx, context, Resource::Offers)?;
    let (offer, _) = visible(tx, context, id)?;
    if context.caller.owns(offer.terms.party_id) { Ok(offer) } else { Err(Error::Forbidden) }
}

/// An offer that the caller may see, and whether with its prices.
fn visible(tx: &mut ReadTx<'_>, context: &Context, id: OfferId) -> Result<(Offer, bool), Error> {
    let offer = offers::find(tx, id)?.ok_or(Error::NotFound)?;
    let viewer = authorise::viewer(tx, context)?;
    if may_see_offer(&offer, &viewer) {
        Ok((offer, true))
    } else if oversees_offer(tx, &offer, &viewer)? {
        Ok((offer, false))
    } else {
        Err(Error::NotFound)
    }
}

fn name_key(offer: &Offer) -> Named {
    (offer.terms.party_id, Resource::Offers, offer.id.uuid())
}

/// The ids that the owner's systems gave an offer.
fn names(tx: &mut ReadTx<'_>, offer: &Offer) -> Result<ExternalIds, Error> {
    let (owner, _, id) = name_key(offer);
    Ok(external_ids::of_many(tx, &[id], Some(owner))?.remove(&id).unwrap_or_default())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (action, before, after): (&'static str, Option<&Offer>, &Offer),
) {
    let (before, after) = (before.map(Record::Offer), Record::Offer(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

fn view(tx: &mut ReadTx<'_>, context: &Context, offer: Offer) -> Result<OfferView, Error> {
    let owns = context.caller.owns(offer.terms.party_id);
    let ids = if owns { names(tx, &offer)? } else { ExternalIds::new() };
    Ok(seen(context, offer, ids))
}

fn seen(context: &Context, offer: Offer, external_ids: ExternalIds) -> OfferView {
    let may_change = context.caller.owns(offer.terms.party_id);
    let state = offer.state(context.today());
    OfferView { state, offer, external_ids, shows_prices: true, may_change }
}

/// Whether nothing leads out of a state.
const fn is_end(state: OfferState) -> bool {
    state.actions().is_empty()
}

/// The state's word in a conflict.
const fn state_word(state: OfferState) -> &'static str {
    match state {
        OfferState::Draft => "draft",
        OfferState::Published => "published",
        OfferState::Paused => "paused",
        OfferState::Exhausted => "exhausted",
        OfferState::Expired => "expired",
        OfferState::Withdrawn => "withdrawn",
    }
}

fn words(actions: &[OfferAction]) -> impl Iterator<Item = &'static str> {
    actions.iter().copied().map(word)
}

const fn word(action: OfferAction) -> &'static str {
    match action {
        OfferAction::Publish => "publish",
        OfferAction::Pause => "pause",
        OfferAction::Resume => "resume",
        OfferAction::Confirm => "confirm",
        OfferAction::Withdraw => "withdraw",
    }
}
