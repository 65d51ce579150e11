//! One run: a market planned under an objective, a rule and all limits, with what is proven.
//!
//! It joins the parts and holds no method of its own. It must not know where a market comes from
//! or what is done with the answer.

use super::check::check_limits;
use super::fairness::{self, Figures, Rule, exchange, within};
use super::flow::{Flow, Outcome};
use super::instance::{Market, Pairs};
use super::integer::{self, Limited, Search};
use super::plan::{Objective, Plan, Prices, Worth};

/// The most pairs of a market with limits between shares for which the rule without them is tried:
/// in a large market some share breaks a limit, and finding the plan takes longer than all else.
const RULED_PAIRS_MAX: usize = 200_000;

/// Nodes of a search between two looks at other markets.
const NODES_AT_ONCE: usize = 1_000;

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

/// Plans a market to the end.
///
/// Without limits the plan is exact, under a rule too. With limits a small market is searched until
/// the plan is proven, or the stop signal comes: by score, or in the first tier and then by the
/// rule. The plan of the rule without limits is taken if it keeps them, which is tried in all but
/// large markets. Otherwise the best plan found is levelled by exchanges between producers that
/// lose nothing in the first tier, and is not called optimal.
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
    let mut planning = Planning::begin(market, pairs, objective, rule, stop);
    while planning.improve(stop) {}
    planning.finish(stop)
}

/// A market that has a plan from the start, and may get a better one: of several markets that
/// share one time limit, each gets a first plan before any gets a better one.
#[derive(Debug)]
pub struct Planning<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    rule: Rule<'a>,
    stage: Stage<'a>,
}

#[derive(Debug)]
enum Stage<'a> {
    /// There are no limits between shares.
    Free(Free),
    /// The best plan within limits, and the one of the rule without them, if it keeps them.
    Limited(Limited, Option<Free>),
    /// The best plan within limits, while it is searched for better ones.
    Searched(Limited, Search<'a>),
}

impl<'a> Planning<'a> {
    /// The first plan, as in [`run`].
    #[must_use]
    pub fn begin(
        market: &'a Market,
        pairs: &'a Pairs,
        objective: Objective,
        rule: Rule<'a>,
        stop: &dyn Fn() -> bool,
    ) -> Self {
        let free = |pairs: &Pairs| Free::solve(market, pairs, objective, rule, stop);
        let stage = if market.is_limited() {
            let best = integer::construct(market, pairs, objective, stop);
            let is_tried = rule != Rule::None && pairs.all().len() <= RULED_PAIRS_MAX;
            let free = is_tried.then(|| free(&integer::possible(market, pairs)));
            let keeps = |free: &Free| check_limits(market, pairs, &free.plan).is_ok();
            Stage::Limited(best, free.filter(|free| free.is_ruled && keeps(free)))
        } else {
            Stage::Free(free(pairs))
        };
        Self { market, pairs, objective, rule, stage }
    }

    /// Goes once over all demands or, where that brings nothing, on with a search for the best
    /// plan; false once that brings nothing either.
    pub fn improve(&mut self, stop: &dyn Fn() -> bool) -> bool {
        let (market, pairs, objective) = (self.market, self.pairs, self.objective);
        let best = match &mut self.stage {
            Stage::Limited(best, None) => best,
            Stage::Searched(best, search) => {
                return best.advance((search, NODES_AT_ONCE), pairs, objective, stop);
            }
            Stage::Free(_) | Stage::Limited(..) => return false,
        };
        if best.improve(market, pairs, objective, stop) {
            return true;
        }
        let Some(search) = best.search(market, pairs, objective, self.rule != Rule::None) else {
            return false;
        };
        self.stage = Stage::Searched(best.clone(), search);
        true
    }

    /// What the plan so far is worth by score, and what no plan can exceed, as far as it is known.
    #[must_use]
    pub fn progress(&self) -> (Worth, Option<Worth>) {
        match &self.stage {
            Stage::Free(free) => {
                (free.plan.worth(self.pairs, self.objective), free.bound(self.market))
            }
            Stage::Limited(best, _) | Stage::Searched(best, _) => (best.reached, best.bound),
        }
    }

    /// The answer: the rule chooses among the best plans, or levels the best that was found.
    #[must_use]
    pub fn finish(self, stop: &dyn Fn() -> bool) -> Run {
        let Self { market, pairs, objective, rule, stage } = self;
        match stage {
            Stage::Free(free) => {
                let (bound, is_optimal) = (free.bound(market), free.is_ruled);
                let proof = Proof { bound, prices: free.prices, is_optimal };
                answer(market, pairs, objective, (free.plan, free.best), proof)
            }
            Stage::Searched(best, _) | Stage::Limited(best, None) => {
                let levelled = level(market, pairs, objective, (rule, &best), stop);
                limited(market, pairs, objective, best, levelled)
            }
            Stage::Limited(best, Some(free)) => {
                limited(market, pairs, objective, best, (free.plan, true))
            }
        }
    }
}

/// The plan of a rule within limits, and whether it is proven to be that.
fn level(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    (rule, best): (Rule<'_>, &Limited),
    stop: &dyn Fn() -> bool,
) -> (Plan, bool) {
    let is_best = match rule {
        Rule::None => best.is_optimal(),
        _ => best.is_first_optimal(objective),
    };
    let exact = is_best.then(|| within(market, pairs, objective, (rule, &best.plan), stop));
    let is_exact = exact.as_ref().is_some_and(Option::is_some);
    let levelled = || exchange(market, pairs, objective, (rule, best.plan.clone()), stop);
    (exact.flatten().unwrap_or_else(levelled), is_exact)
}

fn limited(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    mut best: Limited,
    (plan, is_optimal): (Plan, bool),
) -> Run {
    best.take(plan.clone(), pairs, objective);
    let proof = Proof { bound: best.bound, prices: best.prices, is_optimal };
    answer(market, pairs, objective, (plan, best.plan), proof)
}

/// A market planned without the limits between shares.
#[derive(Debug)]
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

    fn bound(&self, market: &Market) -> Option<Worth> {
        self.prices.as_ref().map(|prices| prices.bound(market))
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
