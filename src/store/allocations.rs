//! Rows of allocations: what was asked, by whom, and what came of it. Must not know how one is
//! solved.

use diesel::prelude::*;
use matching::allocation::plan::{Objective, Worth};
use matching::date::Timestamp;
use matching::id::{AllocationId, DemandId, PartyId};
use matching::planning::{Progress, Rule, Wish};

use super::allocation_outcomes::{self, figures_of, figures_text, progress_of, progress_text};
use super::columns::{bigint, id_of, illegal, json, json_of, quantity_of, word, word_of};
use super::dialect::{load_kept, on_each};
use super::keyset::{Page, PageRequest, by_creation};
use super::schema::allocations;
use super::transaction::{ReadTx, WriteTx};
use crate::error::Error;

/// How long a run that is not heard of counts as alive, in microseconds.
pub const ALIVE_US: i64 = 15_000_000;

/// How far the clock of the instance that runs it may be ahead of the reader's, in microseconds.
pub const MAX_SKEW_US: i64 = 15_000_000;

/// What is asked of an allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Objective and rule.
    pub wish: Wish,
    /// The demands; none for all that its party may plan.
    pub demands: Option<Vec<DemandId>>,
    /// Only offers of these producers; empty for all.
    pub producers: Vec<PartyId>,
    /// Allocations whose sales the rule makes up for.
    pub earlier: Vec<AllocationId>,
    /// How long it may run, in milliseconds.
    pub time_limit_ms: u64,
    /// The allocation whose gap is planned, and who declined there.
    pub repairs: Option<(AllocationId, Vec<PartyId>)>,
}

/// Why an allocation has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// More sides, or more on a side, than one allocation may have.
    TooLarge,
    /// The time was over before anything was planned.
    TimeLimit,
    /// The service ended while it ran.
    Interrupted,
    /// A bug.
    Internal,
}

/// What is known of an answer without reading it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Number of the last change that the market knew.
    pub as_of: i64,
    /// SHA-256 of the snapshot.
    pub snapshot: String,
    /// Base units of all shares.
    pub quantity: u64,
    /// What the plan is worth by its objective, in base units.
    pub reached: Worth,
    /// What no plan can exceed, in base units.
    pub bound: Worth,
    /// Whether it is proven that no plan is better.
    pub is_optimal: bool,
    /// At which question of the solver the time was over; none if it was not.
    pub stopped_after: Option<u64>,
}

/// Where an allocation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// It is being solved.
    Running(Option<Progress>),
    /// It has an answer.
    Finished(Finished),
    /// It was taken back.
    Cancelled,
    /// It has no answer.
    Failed(Failure),
}

/// An allocation as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// Its id.
    pub id: AllocationId,
    /// Grows by one with every change of its state.
    pub version: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Whose it is.
    pub party_id: PartyId,
    /// Who asked for it.
    pub actor_id: PartyId,
    /// What is asked.
    pub request: Request,
    /// Until when it counts as alive, unless it is heard of.
    pub alive_until: Timestamp,
    /// Where it stands.
    pub state: State,
}

impl State {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running(_) => "running",
            Self::Finished(_) => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

impl Allocation {
    /// The allocation as it is at `now`: one that is not heard of any more was interrupted. One
    /// that was heard of in the future was so before the clock was set back.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        let is_open = matches!(self.state, State::Queued | State::Running(_));
        let is_alive = 0..=ALIVE_US + MAX_SKEW_US;
        if is_open && !is_alive.contains(&(self.alive_until.micros() - now.micros())) {
            self.state = State::Failed(Failure::Interrupted);
        }
        self
    }
}

const OBJECTIVES: [(Objective, &str); 2] =
    [(Objective::Coverage, "coverage"), (Objective::Value, "value")];

const RULES: [(Rule, &str); 5] = [
    (Rule::MaxMin, "max_min"),
    (Rule::ProRata, "pro_rata"),
    (Rule::Equal, "equal"),
    (Rule::FirstCome, "first_come"),
    (Rule::None, "none"),
];

const FAILURES: [(Failure, &str); 4] = [
    (Failure::TooLarge, "too_large"),
    (Failure::TimeLimit, "time_limit"),
    (Failure::Interrupted, "interrupted"),
    (Failure::Internal, "internal"),
];

/// Statuses of an allocation that has not ended.
const OPEN: [&str; 2] = ["queued", "running"];

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = allocations, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
    party_id: String,
    actor_id: String,
    status: String,
    objective: String,
    rule: String,
    demand_ids: Option<String>,
    producer_ids: String,
    time_limit_ms: i64,
    repairs: Option<String>,
    declined_ids: String,
    alive_until: i64,
    progress: Option<String>,
    failure: Option<String>,
    as_of: Option<i64>,
    snapshot: Option<String>,
    figures: Option<String>,
    stopped_after: Option<i64>,
    earlier_ids: String,
}

impl From<&Allocation> for Row {
    fn from(allocation: &Allocation) -> Self {
        let Allocation {
            id,
            version,
            created_at,
            updated_at,
            party_id,
            actor_id,
            request,
            alive_until,
            state,
        } = allocation;
        let Request { wish, demands, producers, earlier, time_limit_ms, repairs } = request;
        let finished = match state {
            State::Finished(finished) => Some(finished),
            _ => None,
        };
        let progress = match state {
            State::Running(progress) => progress.as_ref(),
            _ => None,
        };
        let failure = match state {
            State::Failed(failure) => Some(word(&FAILURES, failure).into()),
            _ => None,
        };
        let declined = repairs.as_ref().map_or(&[][..], |(_, declined)| declined);
        Self {
            id: id.to_string(),
            version: *version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            party_id: party_id.to_string(),
            actor_id: actor_id.to_string(),
            status: state.code().into(),
            objective: word(&OBJECTIVES, &wish.objective).into(),
            rule: word(&RULES, &wish.rule).into(),
            demand_ids: demands.as_deref().map(ids),
            producer_ids: ids(producers),
            time_limit_ms: bigint(*time_limit_ms),
            repairs: repairs.as_ref().map(|(id, _)| id.to_string()),
            declined_ids: ids(declined),
            alive_until: alive_until.micros(),
            progress: progress.map(progress_text),
            failure,
            as_of: finished.map(|it| it.as_of),
            snapshot: finished.map(|it| it.snapshot.clone()),
            figures: finished.map(figures_text),
            stopped_after: finished.and_then(|it| it.stopped_after.map(bigint)),
            earlier_ids: ids(earlier),
        }
    }
}

fn ids<T: ToString>(ids: &[T]) -> String {
    json(&ids.iter().map(T::to_string).collect::<Vec<_>>())
}

fn ids_of<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, Error> {
    let ids: Vec<String> = json_of(text)?;
    ids.iter().map(|id| id_of(id)).collect()
}

impl TryFrom<Row> for Allocation {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let state = row.state()?;
        let repairs = row.repairs.as_deref().map(id_of).transpose()?;
        let declined = ids_of(&row.declined_ids)?;
        Ok(Self {
            id: id_of(&row.id)?,
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            party_id: id_of(&row.party_id)?,
            actor_id: id_of(&row.actor_id)?,
            request: Request {
                wish: Wish {
                    objective: word_of(&OBJECTIVES, &row.objective)?,
                    rule: word_of(&RULES, &row.rule)?,
                },
                demands: row.demand_ids.as_deref().map(ids_of).transpose()?,
                producers: ids_of(&row.producer_ids)?,
                earlier: ids_of(&row.earlier_ids)?,
                time_limit_ms: quantity_of(row.time_limit_ms)?,
                repairs: repairs.map(|id| (id, declined)),
            },
            alive_until: Timestamp::from_micros(row.alive_until),
            state,
        })
    }
}

impl Row {
    fn state(&self) -> Result<State, Error> {
        let absent = || illegal("allocation", &self.id);
        Ok(match self.status.as_str() {
            "queued" => State::Queued,
            "running" => State::Running(self.progress.as_deref().map(progress_of)),
            "finished" => {
                let figures = figures_of(self.figures.as_deref().ok_or_else(absent)?)?;
                let (quantity, reached, bound, is_optimal) = figures;
                State::Finished(Finished {
                    as_of: self.as_of.ok_or_else(absent)?,
                    snapshot: self.snapshot.clone().ok_or_else(absent)?,
                    quantity,
                    reached,
                    bound,
                    is_optimal,
                    stopped_after: self.stopped_after.map(quantity_of).transpose()?,
                })
            }
            "cancelled" => State::Cancelled,
            "failed" => {
                State::Failed(word_of(&FAILURES, self.failure.as_deref().ok_or_else(absent)?)?)
            }
            other => return Err(illegal("status", other)),
        })
    }
}

/// Records an allocation.
///
/// # Errors
/// Whatever the database says.
pub fn insert(tx: &mut WriteTx<'_>, allocation: &Allocation) -> Result<(), Error> {
    let row = Row::from(allocation);
    on_each!(tx.connection(), |c| {
        diesel::insert_into(allocations::table).values(row).execute(c)
    })?;
    Ok(())
}

/// Replaces an allocation that has not ended, as the version after that which is recorded, and
/// tells that version; none if it has ended, so that one end stays.
///
/// # Errors
/// Whatever the database says.
pub fn update_open(tx: &mut WriteTx<'_>, allocation: &Allocation) -> Result<Option<i64>, Error> {
    let target = allocations::table.find(allocation.id.to_string());
    let open = target.clone().filter(allocations::status.eq_any(OPEN));
    let version = open.select(allocations::version);
    let recorded: Vec<i64> = load_kept!(tx.connection(), version, for_no_key_update)?;
    let Some(version) = recorded.first().map(|recorded| recorded + 1) else { return Ok(None) };
    let row = Row { version, ..Row::from(allocation) };
    diesel::update(target).set(&row).execute(tx.connection())?;
    Ok(Some(version))
}

/// Notes that an allocation is alive, and where it stands; false if it has ended.
///
/// # Errors
/// Whatever the database says.
pub fn note_alive(
    tx: &mut WriteTx<'_>,
    id: AllocationId,
    until: Timestamp,
    progress: Option<&Progress>,
) -> Result<bool, Error> {
    let target = allocations::table.find(id.to_string()).filter(allocations::status.eq_any(OPEN));
    let noted = (
        allocations::alive_until.eq(until.micros()),
        allocations::progress.eq(progress.map(progress_text)),
    );
    Ok(diesel::update(target).set(noted).execute(tx.connection())? == 1)
}

/// The allocation with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: AllocationId) -> Result<Option<Allocation>, Error> {
    let row: Option<Row> =
        allocations::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(Allocation::try_from).transpose()
}

/// A page of the allocations of `party`; of all parties without one.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    party: Option<PartyId>,
    request: PageRequest,
) -> Result<Page<Allocation>, Error> {
    let mut query = allocations::table.into_boxed();
    if let Some(party) = party {
        query = query.filter(allocations::party_id.eq(party.to_string()));
    }
    let query = by_creation!(query, allocations, request);
    let rows: Vec<Row> = query.load(tx.connection())?;
    let items = rows.into_iter().map(Allocation::try_from).collect::<Result<_, _>>()?;
    Ok(request.page(items))
}

/// Allocations by id, after one.
///
/// # Errors
/// Whatever the database says.
pub fn after(
    tx: &mut ReadTx<'_>,
    last: Option<AllocationId>,
    limit: i64,
) -> Result<Vec<Allocation>, Error> {
    let last = last.map_or_else(String::new, |id| id.to_string());
    let rows = allocations::table.filter(allocations::id.gt(last)).order(allocations::id);
    let rows: Vec<Row> = rows.limit(limit).load(tx.connection())?;
    rows.into_iter().map(Allocation::try_from).collect()
}

/// Allocations that were asked for before an instant and go on no more, save those that a kept one
/// repairs; with their snapshots.
///
/// # Errors
/// Whatever the database says.
pub fn ended_before(
    tx: &mut ReadTx<'_>,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(AllocationId, Option<String>)>, Error> {
    let later = diesel::alias!(allocations as later);
    let of_this = later.field(allocations::repairs).eq(allocations::id.nullable());
    let rows: Vec<(String, Option<String>)> = allocations::table
        .filter(allocations::created_at.lt(before.micros()))
        .filter(allocations::alive_until.lt(before.micros()))
        .filter(diesel::dsl::not(diesel::dsl::exists(later.filter(of_this))))
        .order((allocations::created_at, allocations::id))
        .limit(limit)
        .select((allocations::id, allocations::snapshot))
        .load(tx.connection())?;
    rows.into_iter().map(|(id, snapshot)| Ok((id_of(&id)?, snapshot))).collect()
}

/// Removes allocations with their answers.
///
/// # Errors
/// Whatever the database says.
pub fn remove(tx: &mut WriteTx<'_>, ids: &[AllocationId]) -> Result<(), Error> {
    allocation_outcomes::remove(tx, ids)?;
    let ids: Vec<String> = ids.iter().map(AllocationId::to_string).collect();
    diesel::delete(allocations::table.filter(allocations::id.eq_any(&ids)))
        .execute(tx.connection())?;
    Ok(())
}
