//! Use cases of demands. A demand is written by its buyer and by an admin; any party may want to
//! buy.

use matching::date::Timestamp;
use matching::demand::{
    Demand, DemandAction, DemandDraft, DemandState, DemandStatus, DemandTerms, Progress,
};
use matching::id::{DemandId, PartyId};
use matching::place::Place;
use matching::violation::Rule;
use uuid::Uuid;

use super::audit_trail::{self, Deed};
use super::authorise;
use super::demand_terms::{Count, DemandCommand, Kept, demand_terms};
use super::precondition::Precondition;
use crate::app::Context;
use crate::caller::Resource;
use crate::error::{Conflict, Error};
use crate::store::demands::{self, DemandFilter};
use crate::store::external_ids::{self, ExternalId, ExternalIds, Named};
use crate::store::keyset::{Page, PageRequest};
use crate::store::parties::{self, Party};
use crate::store::snapshot::Record;
use crate::store::visibility::{may_see_demand, oversees_demand};
use crate::store::{ReadTx, WriteTx};

/// A demand as a caller sees it.
#[derive(Debug, Clone)]
pub struct DemandView {
    /// The record.
    pub demand: Demand,
    /// Its state now.
    pub state: DemandState,
    /// The ids that the viewer's systems gave it.
    pub external_ids: ExternalIds,
    /// Where each delivery goes; no nearer than the commune if the buyer is not shown.
    pub places: Vec<Place>,
    /// Whether the viewer may know the buyer.
    pub shows_buyer: bool,
    /// Whether the viewer may see its ceiling.
    pub shows_prices: bool,
    /// Whether the viewer may change it.
    pub may_change: bool,
}

/// Records a demand.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] for another party's demand.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &DemandCommand,
) -> Result<DemandView, Error> {
    let new = [prepare(tx, context, command)?];
    record(tx, context, &new)?;
    let [NewDemand { demand, external_ids }] = new;
    Ok(seen(context, demand, external_ids))
}

/// A demand that can be recorded.
#[derive(Debug)]
pub struct NewDemand {
    demand: Demand,
    external_ids: ExternalIds,
}

impl NewDemand {
    /// The id that it will have.
    #[must_use]
    pub const fn id(&self) -> DemandId {
        self.demand.id
    }
}

/// The demand that [`create`] would record.
///
/// # Errors
/// Broken rules; [`Error::Forbidden`] for another party's demand.
pub fn prepare(
    tx: &mut ReadTx<'_>,
    context: &Context,
    command: &DemandCommand,
) -> Result<NewDemand, Error> {
    authorise::write(tx, context, Resource::Demands)?;
    let buyer = buyer(tx, context, command)?;
    let terms = demand_terms(tx, context, command, &buyer)?;
    let demand = new_demand(context, terms, command.is_draft);
    Ok(NewDemand { demand, external_ids: command.external_ids.clone() })
}

fn new_demand(context: &Context, terms: DemandTerms, is_draft: bool) -> Demand {
    let status = if is_draft { DemandStatus::Draft } else { DemandStatus::Open };
    let now = context.moment.now();
    Demand {
        id: DemandId::new(context.moment.new_id()),
        version: 1,
        terms_version: 1,
        created_at: now,
        updated_at: now,
        status,
        progress: vec![Progress::default(); terms.deliveries.len()],
        terms,
    }
}

/// Records demands that were prepared in the same transaction.
///
/// # Errors
/// A duplicate external id.
pub fn record(tx: &mut WriteTx<'_>, context: &Context, new: &[NewDemand]) -> Result<(), Error> {
    let all: Vec<&Demand> = new.iter().map(|it| &it.demand).collect();
    demands::insert_all(tx, &all)?;
    let names: Vec<_> = new.iter().map(|it| (name_key(&it.demand), &it.external_ids)).collect();
    external_ids::insert_all(tx, &names)?;
    all.into_iter().for_each(|demand| note(tx, context, ("create", None, demand)));
    Ok(())
}

/// The party that `command` is of: the caller, unless an admin names another.
///
/// # Errors
/// [`Error::Forbidden`]; [`Rule::UnknownReference`].
pub fn buyer(
    tx: &mut ReadTx<'_>,
    context: &Context,
    command: &DemandCommand,
) -> Result<Party, Error> {
    let unknown = || Error::invalid("/party_id", Rule::UnknownReference);
    let id: PartyId = match &command.party_id {
        Some(id) => id.parse().map_err(|_| unknown())?,
        None => context.caller.party(),
    };
    if !context.caller.owns(id) {
        return Err(Error::Forbidden);
    }
    parties::find(tx, id)?.ok_or_else(unknown)
}

/// One demand.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: DemandId) -> Result<DemandView, Error> {
    authorise::read(context, Resource::Demands)?;
    let (demand, shows_prices) = visible(tx, context, id)?;
    Ok(DemandView { shows_prices, ..view(tx, context, demand)? })
}

/// A page of demands.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    filter: &DemandFilter,
    request: PageRequest,
) -> Result<Page<DemandView>, Error> {
    authorise::read(context, Resource::Demands)?;
    let viewer = authorise::viewer(tx, context)?;
    let filter = DemandFilter { now: context.moment.now(), ..filter.clone() };
    let Page { items, has_more } = demands::list(tx, &filter, &viewer, request)?;
    let ids: Vec<Uuid> = items.iter().map(|demand| demand.id.uuid()).collect();
    let mut names = external_ids::of_many(tx, &ids, name_viewer(context))?;
    let items = items.into_iter().map(|demand| {
        let ids = names.remove(&demand.id.uuid()).unwrap_or_default();
        // A demand of the list that is not shown to the viewer is overseen by it.
        let shows_prices = may_see_demand(&demand, &viewer);
        DemandView { shows_prices, ..seen(context, demand, ids) }
    });
    Ok(Page { items: items.collect(), has_more })
}

/// Replaces what a demand states, if its version meets the precondition.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; [`Error::PreconditionFailed`];
/// [`Conflict::Frozen`] in an end state.
pub fn replace(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, precondition): (DemandId, &Precondition),
    command: &DemandCommand,
) -> Result<DemandView, Error> {
    let current = changeable(tx, context, id)?;
    let terms = changed_terms(tx, context, &current, command)?;
    precondition.check(Some(current.version))?;
    let before = external_ids::of_many(tx, &[id.uuid()], Some(current.terms.party_id))?;
    let same_ids = before.get(&id.uuid()).unwrap_or(&ExternalIds::new()) == &command.external_ids;
    let same_terms = terms == current.terms;
    if same_terms && same_ids {
        return view(tx, context, current);
    }
    let state = current.state(context.moment.now());
    if !same_terms && state.is_end() {
        return Err(Error::Conflict(Conflict::Frozen {
            state: state.code(),
            actions: words(state),
        }));
    }
    let demand = changed(context, current.clone(), terms);
    demands::update(tx, &demand)?;
    external_ids::replace(tx, name_key(&demand), &command.external_ids)?;
    note(tx, context, ("update", Some(&current), &demand));
    view(tx, context, demand)
}

fn changed_terms(
    tx: &mut ReadTx<'_>,
    context: &Context,
    current: &Demand,
    command: &DemandCommand,
) -> Result<DemandTerms, Error> {
    let owner = current.terms.party_id;
    if command.party_id.as_ref().is_some_and(|id| id.parse() != Ok(owner)) {
        return Err(Error::invalid("/party_id", Rule::NotAllowed { allowed: owner.to_string() }));
    }
    let buyer = parties::find(tx, owner)?;
    let buyer = buyer.ok_or_else(|| Error::Internal(format!("no buyer of {}", current.id)))?;
    let first_day = current.terms.deliveries.iter().map(|need| need.window.from()).min();
    let (closes_at, count) = (current.terms.closes_at, Some(Count::from(&current.terms)));
    let kept = Kept { first_day, closes_at, count };
    demand_terms(tx, context, &DemandCommand { kept, ..command.clone() }, &buyer)
}

fn changed(context: &Context, current: Demand, terms: DemandTerms) -> Demand {
    let mut progress = current.progress.clone();
    progress.resize(terms.deliveries.len(), Progress::default());
    // A title is none of the terms that the other side agrees to.
    let title = terms.title.clone();
    let titled = DemandDraft { title, ..DemandDraft::clone(&current.terms) };
    Demand {
        version: current.version + 1,
        terms_version: current.terms_version + i64::from(titled != *terms),
        updated_at: context.moment.now(),
        terms,
        progress,
        ..current
    }
}

/// Creates or replaces the demand that the buyer's system calls `id`; true if it was created.
///
/// # Errors
/// As [`create`] and [`replace`].
pub fn put_by_external_id(
    tx: &mut WriteTx<'_>,
    context: &Context,
    ((system, id), precondition): ((&str, &str), &Precondition),
    command: &DemandCommand,
) -> Result<(DemandView, bool), Error> {
    authorise::write(tx, context, Resource::Demands)?;
    let mut command = command.clone();
    super::external_ids::name(&mut command.external_ids, (system, id))?;
    let name = ExternalId {
        owner: buyer(tx, context, &command)?.id,
        resource: Resource::Demands,
        system: system.into(),
        id: id.into(),
    };
    match external_ids::claim(tx, &name)? {
        Some(found) => {
            Ok((replace(tx, context, (DemandId::new(found), precondition), &command)?, false))
        }
        None => {
            let view = create(tx, context, &command)?;
            // Broken rules are told first; the error takes back what was created.
            precondition.check(None)?;
            Ok((view, true))
        }
    }
}

/// Does `action` with a demand.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`]; [`Conflict::IllegalAction`].
pub fn act(
    tx: &mut WriteTx<'_>,
    context: &Context,
    id: DemandId,
    action: DemandAction,
) -> Result<DemandView, Error> {
    let current = changeable(tx, context, id)?;
    let now = context.moment.now();
    let state = current.state(now);
    if !state.actions().contains(&action) {
        let conflict = Conflict::IllegalAction { state: state.code(), actions: words(state) };
        return Err(Error::Conflict(conflict));
    }
    let version = current.version + 1;
    let demand = Demand { version, updated_at: now, status: action.after(), ..current.clone() };
    demands::update(tx, &demand)?;
    note(tx, context, (action.code(), Some(&current), &demand));
    view(tx, context, demand)
}

/// A demand that the caller may see, and whether with its ceiling.
fn visible(tx: &mut ReadTx<'_>, context: &Context, id: DemandId) -> Result<(Demand, bool), Error> {
    let demand = demands::find(tx, id)?.ok_or(Error::NotFound)?;
    let viewer = authorise::viewer(tx, context)?;
    if may_see_demand(&demand, &viewer) {
        Ok((demand, true))
    } else if oversees_demand(tx, &demand, &viewer)? {
        Ok((demand, false))
    } else {
        Err(Error::NotFound)
    }
}

fn changeable(tx: &mut ReadTx<'_>, context: &Context, id: DemandId) -> Result<Demand, Error> {
    authorise::write(tx, context, Resource::Demands)?;
    let (demand, _) = visible(tx, context, id)?;
    if context.caller.owns(demand.terms.party_id) { Ok(demand) } else { Err(Error::Forbidden) }
}

fn name_key(demand: &Demand) -> Named {
    (demand.terms.party_id, Resource::Demands, demand.id.uuid())
}

fn note(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (action, before, after): (&'static str, Option<&Demand>, &Demand),
) {
    let (before, after) = (before.map(Record::Demand), Record::Demand(after));
    audit_trail::note(tx, context, Deed { action, before, after });
}

/// Whose external ids the caller sees: its own; an admin all.
fn name_viewer(context: &Context) -> Option<PartyId> {
    (!context.caller.is_admin()).then_some(context.caller.party())
}

fn view(tx: &mut ReadTx<'_>, context: &Context, demand: Demand) -> Result<DemandView, Error> {
    let id = demand.id.uuid();
    let mut names = external_ids::of_many(tx, &[id], name_viewer(context))?;
    Ok(seen(context, demand, names.remove(&id).unwrap_or_default()))
}

fn seen(context: &Context, demand: Demand, external_ids: ExternalIds) -> DemandView {
    let now: Timestamp = context.moment.now();
    let may_change = context.caller.owns(demand.terms.party_id);
    let shows_buyer = may_change || !demand.terms.anonymous;
    let places = demand.terms.deliveries.iter().map(|need| &need.place);
    let area = |place: &Place| context.reference.area(place);
    let shown = |place: &Place| if shows_buyer { place.clone() } else { area(place) };
    let places = places.map(shown).collect();
    let state = demand.state(now);
    let shows_prices = true;
    DemandView { demand, state, external_ids, places, shows_buyer, shows_prices, may_change }
}

/// The words of what is legal in a state.
fn words(state: DemandState) -> Vec<&'static str> {
    state.actions().iter().map(|action| action.code()).collect()
}
