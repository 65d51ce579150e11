//! Plans within minimum orders, increments, minimum shares and fills, and supplier limits.
//!
//! The flow without these limits bounds what any plan can reach; a dive from it finds a plan, and
//! the gap between the two is told. It must not know fairness.

mod dive;
mod draft;

use super::check;
use super::instance::{Market, Pair, Pairs};
use super::plan::{Objective, Plan, Worth};
use dive::{Dive, filled, rounded};
use draft::{Draft, is_possible};

/// A plan within all limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The plan; never worse than filling pairs by score, one after the other.
    pub plan: Plan,
    /// What it is worth.
    pub reached: Worth,
    /// What no plan within the limits can exceed; `None` if the stop signal came before it.
    pub bound: Option<Worth>,
}

impl Limited {
    /// Whether the plan is proven to be best.
    #[must_use]
    pub fn is_optimal(&self) -> bool {
        self.bound == Some(self.reached)
    }
}

/// Plans within all limits; it ends soon after the stop signal with the best plan so far.
#[must_use]
pub fn plan(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    stop: &dyn Fn() -> bool,
) -> Limited {
    let possible = pairs.all().iter().filter(|pair| is_possible(market, pair));
    let mut by_score: Vec<Pair> = possible.copied().collect();
    by_score.sort_unstable_by_key(|pair| (u16::MAX - pair.score, pair.need, pair.capacity));
    let mut best = filled(Draft::new(market), &by_score);
    let mut dive = Dive::new(market, pairs, objective, stop);
    let Some((relaxed, prices)) = dive.relaxed() else {
        return Limited {
            reached: best.worth(pairs, objective),
            plan: best,
            bound: None,
        };
    };
    let bound = Some(check::bound(market, &prices));
    for flow in [relaxed, dive.run()] {
        let plan = rounded(market, pairs, &by_score, &flow);
        if plan.worth(pairs, objective) > best.worth(pairs, objective) {
            best = plan;
        }
    }
    Limited {
        reached: best.worth(pairs, objective),
        plan: best,
        bound,
    }
}
