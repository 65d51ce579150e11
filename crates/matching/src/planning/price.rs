//! What one unit more or less of a capacity would be worth. A price alone is one choice of many
//! where the plan is degenerate; both ends of the interval are what they are. It must not know how
//! a part is planned.

use crate::allocation::flow::{Flow, Outcome};
use crate::allocation::integer::possible;
use crate::allocation::margin::{Margin, Margins};
use crate::allocation::plan::{Objective, Prices, Worth};

use super::part::Part;

/// The most capacities of a part whose intervals are sought; of more, none is.
const MAX_INTERVALS: usize = 2_000;

/// The intervals of the capacities that have a price, by place in the snapshot; those after a stop
/// signal are left out. They are of the plan by score alone, limits between shares aside.
pub(super) fn intervals(
    part: &Part,
    prices: &Prices,
    objective: Objective,
    stop: &dyn Fn() -> bool,
) -> Vec<(u32, Margin)> {
    let priced = (0..).zip(&prices.capacities).filter(|(_, price)| **price > Worth::default());
    let priced: Vec<u32> = priced.map(|(at, _)| at).collect();
    if priced.is_empty() || priced.len() > MAX_INTERVALS {
        return Vec::new();
    }
    let market = &part.market;
    let limited = market.is_limited().then(|| possible(market, &part.pairs));
    let pairs = limited.as_ref().unwrap_or(&part.pairs);
    let mut flow = Flow::new(market, objective);
    flow.add(pairs.all());
    if flow.solve(stop) == Outcome::Stopped {
        return Vec::new();
    }
    let (plan, prices) = (flow.plan(), flow.prices());
    let mut margins = Margins::new(market, pairs, objective, &plan, &prices);
    let known = priced.into_iter().take_while(|_| !stop());
    known.map(|at| (part.capacities[at as usize], margins.of_capacity(at))).collect()
}
