//! One run: a market planned under an objective, a rule and all limits, with what is proven.
//!
//! It joins the parts and holds no method of its own. It must not know where a market comes from
//! or what is done with the answer.

use super::check::check_limits;
use super::fairness::{self, Figures, Rule, exchange};
use super::flow::{Flow, Outcome};
use super::instance::{Market, Pairs};
use super::integer;
use super::plan::{Objective, Plan, Prices, Worth};

/// What a run answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The plan, within all limits in any case.
    pub plan: Plan,
    /// What it is worth.
    pub reached: Worth,
    /// What no plan can exceed; `None` if the stop signal came before it was known. Its first
    /// tier holds under any rule, its second for plans by score alone.
    pub bound: Option<Worth>,
    /// Prices that prove a bound, see [`super::check::check_bound`]; of a plan without limits and
    /// rule they prove the optimum.
    pub prices: Option<Prices>,
    /// Whether it is proven that no plan is better by objective and rule.
    pub is_optimal: bool,
    /// Fills of the producers if score alone decided.
    pub before: Figures,
    /// Fills of the producers in the plan.
    pub after: Figures,
    /// What the rule cost; its first tier is zero.
    pub cost: Worth,
}

/// Plans a market.
///
/// Without limits the plan is exact, under a rule too. With limits it is exact if the plan of the
/// rule without them keeps them anyway; otherwise the best plan found within them is levelled by
/// exchanges between producers that lose nothing in the first tier, and is not called optimal.
///
/// `stop` is asked by the calling thread alone, and equally often for the same work: a run that
/// was stopped at a given question is repeated by stopping at the same question.
#[must_use]
pub fn run(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    rule: Rule<'_>,
    stop: &dyn Fn() -> bool,
) -> Run {
    if !market.is_limited() {
        let free = Free::solve(market, pairs, objective, rule, stop);
        let is_optimal = free.is_ruled;
        let Free { plan, best, prices, .. } = free;
        let bound = prices.as_ref().map(|prices| prices.bound(market));
        let proof = Proof { bound, prices, is_optimal };
        return answer(market, pairs, objective, (plan, best), proof);
    }
    let free = (rule != Rule::None)
        .then(|| Free::solve(market, &integer::possible(market, pairs), objective, rule, stop))
        .filter(|free| free.is_ruled && check_limits(market, pairs, &free.plan).is_ok());
    let mut best = integer::plan(market, pairs, objective, stop);
    let is_exact = free.is_some() || (rule == Rule::None && best.is_optimal());
    let plan = match free {
        Some(free) => free.plan,
        None => exchange(market, pairs, objective, (rule, best.plan.clone()), stop),
    };
    best.take(plan.clone(), pairs, objective);
    let proof = Proof { bound: best.bound, prices: best.prices, is_optimal: is_exact };
    answer(market, pairs, objective, (plan, best.plan), proof)
}

/// A market planned without the limits between shares.
struct Free {
    /// The plan of the rule, or the best so far.
    plan: Plan,
    /// The plan by score alone.
    best: Plan,
    /// Prices of `best`, if it is optimal.
    prices: Option<Prices>,
    /// Whether `plan` is the one of the rule.
    is_ruled: bool,
}

impl Free {
    fn solve(
        market: &Market,
        pairs: &Pairs,
        objective: Objective,
        rule: Rule<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Self {
        let mut flow = Flow::new(market, objective);
        flow.add(pairs.all());
        let is_solved = flow.solve(stop) == Outcome::Optimal;
        let (best, prices) = (flow.plan(), is_solved.then(|| flow.prices()));
        drop(flow);
        let ruled = prices.as_ref().and_then(|prices| {
            fairness::plan(market, pairs, objective, (rule, &best, prices), stop)
        });
        let is_ruled = ruled.is_some();
        Self { plan: ruled.unwrap_or_else(|| best.clone()), best, prices, is_ruled }
    }
}

/// What is known beside a plan.
struct Proof {
    bound: Option<Worth>,
    prices: Option<Prices>,
    is_optimal: bool,
}

fn answer(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (plan, by_score): (Plan, Plan),
    Proof { bound, prices, is_optimal }: Proof,
) -> Run {
    let reached = plan.worth(pairs, objective);
    let cost = by_score.worth(pairs, objective) - reached;
    let (before, after) = (Figures::of(market, &by_score), Figures::of(market, &plan));
    Run { plan, reached, bound, prices, is_optimal, before, after, cost }
}
