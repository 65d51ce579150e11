//! What is asked of an allocation, on the wire. The record stands in `allocation_record`.

use matching::allocation::plan::Objective as Goal;
use matching::id::{DemandId, PartyId};
use matching::planning::Wish;
use matching::violation::{Rule as Broken, Violation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::ApiError;
use super::words::words;
use crate::actions::allocations::TIME_LIMIT_MS;
use crate::store::allocations::Request;

words! {
    /// What is to be most.
    #[derive(Default)]
    Objective = Goal {
        /// Quantity first, then fairness by the rule, then score.
        #[default]
        Coverage,
        /// Score × quantity first, then fairness by the rule.
        Value,
    }
}

words! {
    /// How producers are treated among each other. Fill is what a producer sells of what it offers
    /// within the run.
    #[derive(Default)]
    Rule = matching::planning::Rule {
        /// No producer's fill can grow without taking from one whose fill is no higher.
        #[default]
        MaxMin,
        /// In proportion to what each offers.
        ProRata,
        /// The same quantity for each, as far as possible.
        Equal,
        /// Who offered first sells first.
        FirstCome,
        /// Score alone decides.
        None,
    }
}

/// How far a run may go.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationLimitsBody {
    /// How long it may run; then it answers the best plan so far, with bound and gap. One minute
    /// if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600_000, example = 60000)]
    pub time_limit_ms: Option<u64>,
}

/// What is asked of an allocation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllocationBody {
    /// The open demands that are planned together. If absent, all of yours; for coordinators and
    /// admins, all that they may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 1000,
        example = json!(["0198c0de-0000-7000-8000-000000000001"]))]
    pub demand_ids: Option<Vec<String>>,
    /// Only offers of these producers, such as the members of a union; if absent, of all that you
    /// may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 1000,
        example = json!(["0198c0de-0000-7000-8000-000000000002"]))]
    pub producer_ids: Option<Vec<String>>,
    /// What is to be most; `coverage` if absent.
    #[serde(default)]
    #[schema(required = false)]
    pub objective: Objective,
    /// Which of the best plans is taken; `max_min` if absent.
    #[serde(default)]
    #[schema(required = false)]
    pub rule: Rule,
    /// Your finished allocations that count as well: who was left out there comes first here. The
    /// rule then goes by what producers sold of what they offered, or how much they sold, in all of
    /// them together; so it is `max_min`, `pro_rata` or `equal`. Where one was repaired, give the
    /// repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 53,
        example = json!(["0198c0de-0000-7000-8000-000000000003"]))]
    pub earlier_allocation_ids: Option<Vec<String>>,
    /// How far the run may go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<AllocationLimitsBody>,
}

impl AllocationBody {
    /// What is asked.
    ///
    /// # Errors
    /// Every id that is none, or stands twice; earlier allocations under a rule that does not look
    /// at sales.
    pub fn request(&self) -> Result<Request, ApiError> {
        let mut violations = Vec::new();
        let demands = self.demand_ids.as_deref();
        let demands: Option<Vec<DemandId>> =
            demands.map(|ids| ids_of("/demand_ids", ids, &mut violations));
        let producers = self.producer_ids.as_deref().unwrap_or_default();
        let producers: Vec<PartyId> = ids_of("/producer_ids", producers, &mut violations);
        let earlier = self.earlier_allocation_ids.as_deref().unwrap_or_default();
        let earlier = ids_of("/earlier_allocation_ids", earlier, &mut violations);
        if !earlier.is_empty() && matches!(self.rule, Rule::FirstCome | Rule::None) {
            let contradicts = Broken::Contradicts { other: "rule" };
            violations.push(Violation::new("/earlier_allocation_ids", contradicts));
        }
        if !violations.is_empty() {
            return Err(ApiError::invalid(violations));
        }
        let limit = self.limits.as_ref().and_then(|limits| limits.time_limit_ms);
        Ok(Request {
            wish: Wish { objective: self.objective.into(), rule: self.rule.into() },
            demands,
            producers,
            earlier,
            time_limit_ms: limit.unwrap_or(TIME_LIMIT_MS),
            repairs: None,
        })
    }
}

/// Who does not take part any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepairBody {
    /// Producers with a share in the allocation that decline it.
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 1000,
        example = json!(["0198c0de-0000-7000-8000-000000000002"]))]
    pub declined: Vec<String>,
}

impl RepairBody {
    /// The producers.
    ///
    /// # Errors
    /// Every id that is none, or stands twice.
    pub fn parties(&self) -> Result<Vec<PartyId>, ApiError> {
        let mut violations = Vec::new();
        let parties = ids_of("/declined", &self.declined, &mut violations);
        if violations.is_empty() { Ok(parties) } else { Err(ApiError::invalid(violations)) }
    }
}

fn ids_of<T: std::str::FromStr + PartialEq>(
    at: &str,
    texts: &[String],
    violations: &mut Vec<Violation>,
) -> Vec<T> {
    let mut ids = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        match text.parse() {
            Ok(id) if ids.contains(&id) => {
                violations.push(Violation::new(format!("{at}/{place}"), Broken::Duplicate));
            }
            Ok(id) => ids.push(id),
            Err(_) => {
                let uuid = Broken::WrongFormat { format: "uuid".into() };
                violations.push(Violation::new(format!("{at}/{place}"), uuid));
            }
        }
    }
    ids
}
