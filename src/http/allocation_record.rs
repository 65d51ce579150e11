//! An allocation on the wire. What is asked stands in `allocation_body`, its answer in
//! `allocation_parts`.

use matching::allocation::plan::{Objective as Goal, Worth};
use matching::id::{AllocationId, DemandId, PartyId};
use matching::planning::{Progress, Wish};
use serde::Serialize;
use utoipa::ToSchema;

use super::allocation_body::{Objective, Rule};
use super::allocation_parts::Answer;
use super::allocation_texts::failure_text;
use super::problem_texts::Language;
use super::words::words;
use crate::actions::allocations::{Report, legal_actions};
use crate::store::allocations::{Allocation, Failure, Finished, Request, State};

/// The whole, in basis points.
const WHOLE_BP: i128 = 10_000;

words! {
    /// Why an allocation has no answer.
    AllocationFailureCode = Failure {
        /// More capacity periods or deliveries than one allocation may have, 1,000,000 of each; or
        /// more offered or wanted of what is measured alike than 9,007,199,254,740,992 base units.
        TooLarge,
        /// The time was over before anything was planned.
        TimeLimit,
        /// The service ended while it was planned.
        Interrupted,
        /// A fault of the service.
        Internal,
    }
}

/// What was asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationRequest {
    /// The demands; absent for all that you may plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub demand_ids: Option<Vec<String>>,
    /// Only offers of these producers; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub producer_ids: Option<Vec<String>>,
    /// What is to be most.
    pub objective: Objective,
    /// Which of the best plans is taken.
    pub rule: Rule,
    /// Earlier allocations that the rule makes up for; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub earlier_allocation_ids: Option<Vec<String>>,
    /// How long it may run.
    pub time_limit_ms: u64,
}

/// The allocation whose gap was planned again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Repaired {
    /// The allocation.
    #[schema(format = "uuid")]
    pub allocation_id: String,
    /// Producers that declined there, or in what it repairs in turn and have no share in it.
    #[schema(value_type = Vec<Uuid>)]
    pub declined: Vec<String>,
}

/// The worth of a plan, summed over all dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorthRecord {
    /// Base units: grams, millilitres, pieces.
    #[schema(example = 1_000_000)]
    pub quantity: u64,
    /// Base units, each weighted by the score of its pair over 10000; rounded down, a bound up.
    #[schema(example = 734_500)]
    pub score_quantity: u64,
}

impl WorthRecord {
    /// What is reached.
    #[must_use]
    pub fn reached(worth: Worth, quantity: u64) -> Self {
        Self { quantity, score_quantity: whole(worth.score.div_euclid(WHOLE_BP)) }
    }

    /// What cannot be exceeded. Under `value` the first tier is not bounded, but by the score.
    #[must_use]
    pub fn bound(worth: Worth, objective: Goal, quantity: u64) -> Self {
        let quantity = match objective {
            Goal::Coverage => whole(worth.quantity),
            Goal::Value => quantity,
        };
        Self { quantity, score_quantity: whole((worth.score + WHOLE_BP - 1).div_euclid(WHOLE_BP)) }
    }
}

fn whole(number: i128) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX)
}

/// Where a run stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationProgress {
    /// Demands whose eligible pairs are known; the others are being held against all offers.
    pub demands_judged: u32,
    /// Demands of the allocation.
    pub demands: u32,
    /// Parts of the market that have a plan, which may still be bettered; parts share no producer
    /// and no demand.
    pub parts_done: u32,
    /// Parts of the market; 0 while it is sought which eligible pairs the best plan needs.
    pub parts: u32,
    /// Times that a plan was priced against all eligible pairs, of a market with more than a run
    /// holds; else 0.
    pub rounds: u32,
    /// What is planned so far, as the objective counts it: under `coverage` base units, under
    /// `value` base units weighted by score over 10000, rounded down.
    pub reached: u64,
    /// What no plan can exceed, counted in the same way and rounded up: of the whole market while
    /// `parts` is 0, then of the planned parts.
    pub bound: u64,
    /// How far the plan may be from the best in what is to be most, in basis points of the bound.
    #[schema(maximum = 10000)]
    pub gap: u16,
}

/// Why an allocation has no answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationFailure {
    /// Stable code.
    pub code: AllocationFailureCode,
    /// The same in words, in the language of the answer.
    #[schema(example = "Dịch vụ đã dừng khi đang tính; hãy chạy lại.")]
    pub detail: &'static str,
}

/// States of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllocationStatus {
    /// It waits for its turn.
    Queued,
    /// It is being planned.
    Running,
    /// It has an answer.
    Finished,
    /// It was taken back.
    Cancelled,
    /// It has no answer.
    Failed,
}

/// An allocation. Its answer is there when it is finished; lists leave the parts of the answer out.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change of its status.
    pub version: i64,
    /// When it was asked for.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When its status last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// What you can do with it now.
    #[schema(example = json!(["replay", "repair"]))]
    pub allowed_actions: Vec<&'static str>,
    /// Whose it is.
    #[schema(format = "uuid")]
    pub party_id: String,
    /// Where it stands.
    pub status: AllocationStatus,
    /// What was asked.
    pub request: AllocationRequest,
    /// The allocation whose gap was planned again, for a repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repairs: Option<Repaired>,
    /// Where the run stands, while it is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<AllocationProgress>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<AllocationFailure>,
    /// Number of the last change that the answer knows of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<i64>,
    /// SHA-256 of all that it was solved from; the same market gives the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub snapshot: Option<String>,
    /// What the plan is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<WorthRecord>,
    /// What no plan can exceed. With `rule` other than `none` the score of the fair plan may stay
    /// below it, which is what fairness costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<WorthRecord>,
    /// How far the objective may be from the best, in basis points of the bound, rounded up; 0 when
    /// it is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 10000, example = 0)]
    pub gap: Option<u16>,
    /// Whether it is proven that no plan is better by objective and rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimal: Option<bool>,
    /// Whether the time limit ended the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<bool>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

impl AllocationRecord {
    /// An allocation without the parts of its answer.
    #[must_use]
    pub fn summary(allocation: &Allocation, language: Language) -> Self {
        let wish = allocation.request.wish;
        let finished = match &allocation.state {
            State::Finished(finished) => Some(finished),
            _ => None,
        };
        let worth = finished.map(|it| worths(it, wish.objective));
        Self {
            id: allocation.id.to_string(),
            version: allocation.version,
            created_at: allocation.created_at.to_string(),
            updated_at: allocation.updated_at.to_string(),
            allowed_actions: legal_actions(&allocation.state).to_vec(),
            party_id: allocation.party_id.to_string(),
            status: status(&allocation.state),
            request: asked(&allocation.request),
            repairs: allocation.request.repairs.as_ref().map(|(id, declined)| Repaired {
                allocation_id: id.to_string(),
                declined: declined.iter().map(PartyId::to_string).collect(),
            }),
            progress: match &allocation.state {
                State::Running(progress) => progress.map(|it| progress_record(it, wish.objective)),
                _ => None,
            },
            failure: match allocation.state {
                State::Failed(failure) => Some(AllocationFailure {
                    code: failure.into(),
                    detail: failure_text(failure, language),
                }),
                _ => None,
            },
            as_of: finished.map(|it| it.as_of),
            snapshot: finished.map(|it| it.snapshot.clone()),
            objective: worth.map(|(reached, _)| reached),
            bound: worth.map(|(_, bound)| bound),
            gap: finished.map(|it| gap(it, wish)),
            optimal: finished.map(|it| it.is_optimal),
            stopped: finished.map(|it| it.stopped_after.is_some()),
            answer: Answer::default(),
        }
    }

    /// An allocation with its answer, as far as there is one.
    #[must_use]
    pub fn new(report: &Report, language: Language) -> Self {
        let Report { allocation, answer } = report;
        let rule = allocation.request.wish.rule;
        let answer = answer.as_ref();
        let answer = answer.map(|(sides, outcome)| Answer::new((sides, outcome), rule, language));
        let answer = answer.unwrap_or_default();
        Self { answer, ..Self::summary(allocation, language) }
    }
}

fn worths(finished: &Finished, objective: Goal) -> (WorthRecord, WorthRecord) {
    let quantity = finished.quantity;
    (
        WorthRecord::reached(finished.reached, quantity),
        WorthRecord::bound(finished.bound, objective, quantity),
    )
}

fn status(state: &State) -> AllocationStatus {
    match state {
        State::Queued => AllocationStatus::Queued,
        State::Running(_) => AllocationStatus::Running,
        State::Finished(_) => AllocationStatus::Finished,
        State::Cancelled => AllocationStatus::Cancelled,
        State::Failed(_) => AllocationStatus::Failed,
    }
}

fn asked(request: &Request) -> AllocationRequest {
    let Request { wish, demands, producers, earlier, time_limit_ms, .. } = request;
    let earlier: Vec<String> = earlier.iter().map(AllocationId::to_string).collect();
    let texts = |ids: &[DemandId]| ids.iter().map(DemandId::to_string).collect();
    let producer_ids: Vec<String> = producers.iter().map(PartyId::to_string).collect();
    AllocationRequest {
        demand_ids: demands.as_deref().map(texts),
        producer_ids: (!producer_ids.is_empty()).then_some(producer_ids),
        objective: wish.objective.into(),
        rule: wish.rule.into(),
        earlier_allocation_ids: (!earlier.is_empty()).then_some(earlier),
        time_limit_ms: *time_limit_ms,
    }
}

fn progress_record(progress: Progress, objective: Goal) -> AllocationProgress {
    let Progress { demands_judged, demands, parts_done, parts, rounds, reached, bound } = progress;
    let gap = short_bp(objective.first_tier(reached), objective.first_tier(bound));
    let counted = |worth: WorthRecord| match objective {
        Goal::Coverage => worth.quantity,
        Goal::Value => worth.score_quantity,
    };
    let reached = counted(WorthRecord::reached(reached, whole(reached.quantity)));
    let bound = counted(WorthRecord::bound(bound, objective, 0));
    AllocationProgress { demands_judged, demands, parts_done, parts, rounds, reached, bound, gap }
}

/// How far the objective may be from the best in its first tier; in its second, where score alone
/// decides and the first is reached.
fn gap(finished: &Finished, wish: Wish) -> u16 {
    let (reached, bound) = (finished.reached, finished.bound);
    let quantity = short_bp(reached.quantity, bound.quantity);
    let score = short_bp(reached.score, bound.score);
    match (wish.objective, wish.rule) {
        _ if finished.is_optimal => 0,
        (Goal::Value, _) => score,
        (Goal::Coverage, matching::planning::Rule::None) if quantity == 0 => score,
        (Goal::Coverage, _) => quantity,
    }
}

fn short_bp(reached: i128, bound: i128) -> u16 {
    let short = (bound - reached).max(0);
    let basis_points = (short * WHOLE_BP + bound.max(1) - 1) / bound.max(1);
    u16::try_from(basis_points.min(WHOLE_BP)).unwrap_or(u16::MAX)
}

/// The word of an objective.
#[must_use]
pub const fn objective_name(objective: Goal) -> &'static str {
    match objective {
        Goal::Coverage => "coverage",
        Goal::Value => "value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_counted_as_the_objective_counts() {
        let at = |reached, bound| Progress { reached, bound, ..Progress::default() };
        let worth = |quantity, score| Worth { quantity, score };
        let shown = progress_record(at(worth(0, 19_999), worth(0, 20_001)), Goal::Value);
        assert_eq!((shown.reached, shown.bound, shown.gap), (1, 3, 1));
        let shown = progress_record(at(worth(5, 19_999), worth(10, 0)), Goal::Coverage);
        assert_eq!((shown.reached, shown.bound, shown.gap), (5, 10, 5_000));
    }
}
