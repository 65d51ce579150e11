//! Use cases of allocations: who may ask for which, read and take back its own. Solving stands in
//! `allocation_run`.

use std::collections::BTreeSet;

use matching::date::Timestamp;
use matching::id::{AllocationId, PartyId};
use matching::planning::Outcome;
use matching::planning::balance::Balances;
use matching::planning::snapshot::Snapshot;
use matching::violation::{Rule, Violations};

use super::authorise;
use crate::app::Context;
use crate::caller::Scope;
use crate::error::{Conflict, Error};
use crate::market::View;
use crate::market::allocation::DraftAsk;
use crate::store::allocation_outcomes::{self, outcome_of};
use crate::store::allocation_snapshots::{self, SnapshotText};
use crate::store::allocations::{self, ALIVE_US, Allocation, Finished, Request, State};
use crate::store::keyset::{Page, PageRequest};
use crate::store::{ReadTx, WriteTx, parties};

/// The most demands that one request names.
pub const MAX_DEMANDS: usize = 1000;
/// The most producers that one request names.
pub const MAX_PRODUCERS: usize = 1000;
/// The most earlier allocations that one request names: a year of weekly ones.
pub const MAX_EARLIER: usize = 53;
/// The longest time limit, in milliseconds.
pub const MAX_TIME_LIMIT_MS: u64 = 600_000;
/// The time limit where none is stated, in milliseconds.
pub const TIME_LIMIT_MS: u64 = 60_000;

/// How long an allocation is kept, in microseconds: 400 days, so that a whole year of trade can be
/// looked at again.
pub const RETENTION_US: i64 = 400 * 24 * 3600 * 1_000_000;
/// The most allocations that one sweep forgets; each may have a snapshot of many megabytes.
const SWEEP_LIMIT: i64 = 20;

/// An allocation with its answer, as far as there is one.
#[derive(Debug, Clone)]
pub struct Report {
    /// The record.
    pub allocation: Allocation,
    /// What was solved, without pairs, and the answer.
    pub answer: Option<(Snapshot, Outcome)>,
}

/// What a stored answer can be confirmed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The record.
    pub allocation: Allocation,
    /// The snapshot.
    pub snapshot: SnapshotText,
    /// The answer.
    pub outcome: String,
}

/// An answer in which producers declined.
#[derive(Debug, Clone)]
pub struct Gap {
    /// What it was solved from.
    pub snapshot: SnapshotText,
    /// Number of the last change that the market knew.
    pub as_of: i64,
    /// The answer.
    pub outcome: Outcome,
    /// Who declined, there or in what it repairs.
    pub declined: Vec<PartyId>,
}

/// Records what is asked, with what the market is to be asked for it.
///
/// # Errors
/// [`Error::Forbidden`] without the scope; demands that are not the caller's to plan, earlier
/// allocations that are not its own or have no answer.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (view, request): (&View, &Request),
) -> Result<(Allocation, DraftAsk), Error> {
    may_run(tx, context)?;
    let viewer = authorise::viewer(tx, context)?;
    let mut violations = Violations::default();
    let ids = request.demands.as_deref().unwrap_or_default();
    for at in view.unplannable((&viewer, context.moment.now()), ids) {
        violations.push(format!("/demand_ids/{at}"), Rule::UnknownReference);
    }
    let found = parties::find_many(tx, &request.producers)?;
    let found: BTreeSet<PartyId> = found.iter().map(|party| party.id).collect();
    for (at, id) in request.producers.iter().enumerate() {
        let at = format!("/producer_ids/{at}");
        violations.require(found.contains(id), &at, Rule::UnknownReference);
    }
    for (at, id) in request.earlier.iter().enumerate() {
        let is_answered = match find(tx, context, *id) {
            Ok(allocation) => matches!(allocation.state, State::Finished(_)),
            Err(Error::NotFound) => false,
            Err(error) => return Err(error),
        };
        let at = format!("/earlier_allocation_ids/{at}");
        violations.require(is_answered, &at, Rule::UnknownReference);
    }
    violations.into_result(())?;
    let ask = DraftAsk {
        now: context.moment.now(),
        viewer,
        demands: request.demands.clone(),
        producers: request.producers.iter().copied().collect::<BTreeSet<_>>(),
    };
    Ok((insert(tx, context, request.clone())?, ask))
}

/// The caller may begin and end runs.
fn may_run(tx: &mut ReadTx<'_>, context: &Context) -> Result<(), Error> {
    authorise::require(context, Scope::RunAllocations)?;
    authorise::refuse_authority(tx, context)
}

/// Records that the gap of an allocation is to be planned, which `declined` leave. Whoever declined
/// in what it repairs in turn does not fill it.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::IllegalAction`] unless it is finished; parties that have no
/// share in it.
pub fn repair(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (id, declined): (AllocationId, &[PartyId]),
) -> Result<(Allocation, Gap), Error> {
    may_run(tx, context)?;
    let evidence = evidence(tx, context, id)?;
    let as_of = match &evidence.allocation.state {
        State::Finished(finished) => finished.as_of,
        state => return Err(illegal(state)),
    };
    let snapshot = evidence.snapshot.snapshot()?;
    let outcome = outcome_of(&evidence.outcome)?;
    let sellers: BTreeSet<PartyId> =
        outcome.shares.iter().map(|share| snapshot.offer_of(share.capacity).producer.0).collect();
    let mut violations = Violations::default();
    for (at, party) in declined.iter().enumerate() {
        let at = format!("/declined/{at}");
        violations.require(sellers.contains(party), &at, Rule::UnknownReference);
    }
    violations.into_result(())?;
    let mut declined = declined.to_vec();
    let earlier = declined_before(tx, &evidence.allocation)?;
    declined.extend(earlier.difference(&sellers));
    let request =
        Request { repairs: Some((id, declined.clone())), ..evidence.allocation.request.clone() };
    let gap = Gap { snapshot: evidence.snapshot, as_of, outcome, declined };
    Ok((insert(tx, context, request)?, gap))
}

/// Who declined in the allocations that this one repairs, one after the other.
fn declined_before(
    tx: &mut ReadTx<'_>,
    allocation: &Allocation,
) -> Result<BTreeSet<PartyId>, Error> {
    let mut all = BTreeSet::new();
    let mut repairs = allocation.request.repairs.clone();
    while let Some((id, declined)) = repairs {
        all.extend(declined);
        repairs = allocations::find(tx, id)?.and_then(|repaired| repaired.request.repairs);
    }
    Ok(all)
}

fn insert(tx: &mut WriteTx<'_>, context: &Context, request: Request) -> Result<Allocation, Error> {
    let now = context.moment.now();
    let allocation = Allocation {
        id: AllocationId::new(context.moment.new_id()),
        version: 1,
        created_at: now,
        updated_at: now,
        party_id: context.caller.party(),
        actor_id: context.caller.actor(),
        request,
        alive_until: alive_until(now),
        state: State::Queued,
    };
    allocations::insert(tx, &allocation)?;
    Ok(allocation)
}

/// Until when a run counts as alive that was heard of now.
#[must_use]
pub const fn alive_until(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() + ALIVE_US)
}

/// One allocation of the caller, without its answer.
///
/// # Errors
/// [`Error::Forbidden`] without the scope; [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: AllocationId) -> Result<Allocation, Error> {
    Ok(recorded(tx, context, id)?.at(context.moment.now()))
}

/// One allocation of the caller, whether it is heard of or not.
fn recorded(tx: &mut ReadTx<'_>, context: &Context, id: AllocationId) -> Result<Allocation, Error> {
    authorise::require(context, Scope::RunAllocations)?;
    let found = allocations::find(tx, id)?;
    let own = found.filter(|allocation| context.caller.owns(allocation.party_id));
    own.ok_or(Error::NotFound)
}

/// One allocation of the caller, with its answer.
///
/// # Errors
/// As [`find`].
pub fn report(tx: &mut ReadTx<'_>, context: &Context, id: AllocationId) -> Result<Report, Error> {
    let allocation = find(tx, context, id)?;
    let answer = answer(tx, &allocation)?;
    Ok(Report { allocation, answer })
}

/// What a finished allocation of the caller can be solved again from, and confirmed.
///
/// # Errors
/// As [`find`]; [`Conflict::IllegalAction`] unless it is finished.
pub fn evidence(
    tx: &mut ReadTx<'_>,
    context: &Context,
    id: AllocationId,
) -> Result<Evidence, Error> {
    let allocation = find(tx, context, id)?;
    let State::Finished(Finished { snapshot, .. }) = &allocation.state else {
        return Err(illegal(&allocation.state));
    };
    let snapshot = allocation_snapshots::find(tx, snapshot)?;
    let outcome = allocation_outcomes::find(tx, id)?;
    let (snapshot, outcome) = snapshot.zip(outcome).ok_or_else(|| lost(id))?;
    Ok(Evidence { allocation, snapshot, outcome })
}

/// The answer whose gap a repair was planned in; none for another allocation.
///
/// # Errors
/// Whatever the database says.
pub fn repaired(
    tx: &mut ReadTx<'_>,
    allocation: &Allocation,
) -> Result<Option<(Outcome, Vec<PartyId>)>, Error> {
    let Some((id, declined)) = &allocation.request.repairs else { return Ok(None) };
    let outcome = allocation_outcomes::find(tx, *id)?.ok_or_else(|| lost(*id))?;
    Ok(Some((outcome_of(&outcome)?, declined.clone())))
}

fn lost(id: AllocationId) -> Error {
    Error::Internal(format!("allocation {id} has lost its answer"))
}

/// A page of the caller's allocations; of all for an admin.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    request: PageRequest,
) -> Result<Page<Allocation>, Error> {
    authorise::require(context, Scope::RunAllocations)?;
    let party = (!context.caller.is_admin()).then_some(context.caller.party());
    let Page { items, has_more } = allocations::list(tx, party, request)?;
    let now = context.moment.now();
    Ok(Page { items: items.into_iter().map(|it| it.at(now)).collect(), has_more })
}

/// What was offered and sold in a finished allocation.
///
/// # Errors
/// [`Error::Internal`] if it has lost its answer.
pub fn balances(tx: &mut ReadTx<'_>, id: AllocationId) -> Result<Balances, Error> {
    let allocation = allocations::find(tx, id)?.ok_or_else(|| lost(id))?;
    let (sides, outcome) = answer(tx, &allocation)?.ok_or_else(|| lost(id))?;
    Ok(Balances::of(&sides, &outcome))
}

/// What was solved, without pairs, and the answer; none of an allocation that is not finished.
fn answer(
    tx: &mut ReadTx<'_>,
    allocation: &Allocation,
) -> Result<Option<(Snapshot, Outcome)>, Error> {
    let State::Finished(Finished { snapshot, .. }) = &allocation.state else { return Ok(None) };
    let sides = allocation_snapshots::find_sides(tx, snapshot)?;
    let outcome = allocation_outcomes::find(tx, allocation.id)?;
    let (sides, outcome) = sides.zip(outcome).ok_or_else(|| lost(allocation.id))?;
    Ok(Some((sides, outcome_of(&outcome)?)))
}

/// Takes an allocation back that has not ended.
///
/// # Errors
/// As [`find`]; [`Conflict::IllegalAction`] if it has ended.
pub fn cancel(
    tx: &mut WriteTx<'_>,
    context: &Context,
    id: AllocationId,
) -> Result<Allocation, Error> {
    may_run(tx, context)?;
    let current = recorded(tx, context, id)?;
    if !matches!(current.state, State::Queued | State::Running(_)) {
        return Err(illegal(&current.state));
    }
    let updated_at = context.moment.now();
    let cancelled = Allocation { updated_at, state: State::Cancelled, ..current };
    match allocations::update_open(tx, &cancelled)? {
        Some(version) => Ok(Allocation { version, ..cancelled }),
        None => Err(illegal(&find(tx, context, id)?.state)),
    }
}

/// Forgets allocations that are older than [`RETENTION_US`], with their answers, and snapshots that
/// none is left for; tells how many.
///
/// # Errors
/// Whatever the database says.
pub fn sweep(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let before = Timestamp::from_micros(now.micros() - RETENTION_US);
    let ended = allocations::ended_before(tx, before, SWEEP_LIMIT)?;
    let (ids, snapshots): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
    allocations::remove(tx, &ids)?;
    allocation_snapshots::remove_unused(tx, &snapshots.into_iter().flatten().collect::<Vec<_>>())?;
    Ok(ids.len())
}

fn illegal(state: &State) -> Error {
    let actions = legal_actions(state).to_vec();
    Error::Conflict(Conflict::IllegalAction { state: state.code(), actions })
}

/// The refusal of what only a finished allocation has.
#[must_use]
pub fn unfinished(allocation: &Allocation) -> Error {
    illegal(&allocation.state)
}

/// What can be done with an allocation in this state.
#[must_use]
pub const fn legal_actions(state: &State) -> &'static [&'static str] {
    match state {
        State::Queued | State::Running(_) => &["cancel"],
        State::Finished(_) => &["replay", "repair"],
        State::Cancelled | State::Failed(_) => &[],
    }
}
