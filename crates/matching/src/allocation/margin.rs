//! Shadow prices as intervals: what one unit more and one unit less of a capacity or of a need
//! would be worth.
//!
//! The prices of an optimum are one choice among many where it is degenerate. The two one-sided
//! derivatives are not: they are the cheapest ways in the residual graph from the unit to the hub
//! that takes what is left, and back (Ahuja, Magnanti, Orlin, "Network Flows", 1993, §9.11). It
//! must not know how the optimum was found; any plan with its prices will do.

use super::instance::{Market, Pair, Pairs};
use super::plan::{Objective, Plan, Prices, Worth};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What one base unit more or less would change; `less` is never below `more`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// What one unit more would gain.
    pub more: Worth,
    /// What one unit less would lose; `None` where there is no unit to take.
    pub less: Option<Worth>,
}

/// The margins of an optimal plan over its market.
#[derive(Debug)]
pub struct Margins<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    prices: &'a Prices,
    /// By capacity, then by need: what is left, and whom it serves or who serves it.
    nodes: Vec<Node>,
    /// Indices of pairs, by capacity.
    by_capacity: Vec<u32>,
    starts: Vec<u32>,
    /// By node: the loss of the best path of this search; empty between searches.
    known: Vec<Option<Worth>>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    left: u64,
    partners: Vec<u32>,
}

/// Which way units move along a path that is searched from its end away from the hub.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToHub,
    FromHub,
}

impl<'a> Margins<'a> {
    /// Of an optimal plan and the prices that prove it; over others the answers mean nothing.
    #[must_use]
    pub fn new(
        market: &'a Market,
        pairs: &'a Pairs,
        objective: Objective,
        plan: &Plan,
        prices: &'a Prices,
    ) -> Self {
        let (starts, by_capacity) = by_capacity(market, pairs);
        let nodes = nodes(market, plan);
        let known = vec![None; nodes.len()];
        Self { market, pairs, objective, prices, nodes, by_capacity, starts, known }
    }

    /// The margin of a capacity, by index.
    #[must_use]
    pub fn of_capacity(&mut self, capacity: u32) -> Margin {
        let price = self.prices.capacities[capacity as usize];
        self.margin(price, capacity, (Way::ToHub, Way::FromHub))
    }

    /// The margin of a need, by index.
    #[must_use]
    pub fn of_need(&mut self, need: u32) -> Margin {
        let price = self.prices.needs[need as usize];
        let node = self.market.capacities().len() as u32 + need;
        self.margin(price, node, (Way::FromHub, Way::ToHub))
    }

    fn margin(&mut self, price: Worth, node: u32, (more, less): (Way, Way)) -> Margin {
        Margin {
            more: self.distance(node, more).map_or_else(Worth::default, |lost| price - lost),
            less: self.distance(node, less).map(|lost| price + lost),
        }
    }

    /// The least that is lost on a path between a node and the hub (Dijkstra: by the proof no
    /// step loses less than nothing), or `None` if there is no path.
    fn distance(&mut self, start: u32, way: Way) -> Option<Worth> {
        let mut known = std::mem::take(&mut self.known);
        let mut reached = Vec::new();
        let mut queue = BinaryHeap::from([Reverse((Worth::default(), start))]);
        let mut best = self.hub_step(start, way);
        let is_better = |lost: Worth, than: Option<Worth>| than.is_none_or(|than| lost < than);
        while let Some(Reverse((lost, node))) = queue.pop() {
            if !is_better(lost, best) {
                break;
            }
            self.each_step(node, way, |next, step| {
                let lost = lost + step;
                let known = &mut known[next as usize];
                if is_better(lost, best) && is_better(lost, *known) {
                    *known = Some(lost);
                    reached.push(next);
                    queue.push(Reverse((lost, next)));
                    let whole = self.hub_step(next, way).map(|step| lost + step);
                    best = whole.filter(|&whole| is_better(whole, best)).or(best);
                }
            });
        }
        reached.into_iter().for_each(|node| known[node as usize] = None);
        self.known = known;
        best
    }

    /// The loss of the step between a node and the hub, or `None` if there is no such step.
    fn hub_step(&self, node: u32, way: Way) -> Option<Worth> {
        let (at, capacities) = (node as usize, self.prices.capacities.len());
        let is_need = at >= capacities;
        if is_need == (way == Way::ToHub) {
            (self.nodes[at].left > 0).then(Worth::default)
        } else if is_need {
            Some(self.prices.needs[at - capacities])
        } else {
            Some(self.prices.capacities[at])
        }
    }

    /// Every step from a node that is not to the hub, with its loss.
    fn each_step(&self, node: u32, way: Way, mut each: impl FnMut(u32, Worth)) {
        let capacities = self.market.capacities().len() as u32;
        let is_need = node >= capacities;
        if is_need == (way == Way::ToHub) {
            self.nodes[node as usize]
                .partners
                .iter()
                .for_each(|&next| each(next, Worth::default()));
        } else if is_need {
            let of_need = self.pairs.of_need((node - capacities) as usize);
            of_need.iter().for_each(|pair| each(pair.capacity, self.loss(pair)));
        } else {
            let (start, end) = (self.starts[node as usize], self.starts[node as usize + 1]);
            for &at in &self.by_capacity[start as usize..end as usize] {
                let pair = &self.pairs.all()[at as usize];
                each(capacities + pair.need, self.loss(pair));
            }
        }
    }

    /// How much less a pair is worth than its two prices.
    fn loss(&self, pair: &Pair) -> Worth {
        let Pair { capacity, need, score } = *pair;
        let price = self.prices.capacities[capacity as usize] + self.prices.needs[need as usize];
        price - self.objective.worth(score)
    }
}

/// Indices of the pairs by capacity, and where those of each capacity start.
fn by_capacity(market: &Market, pairs: &Pairs) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; market.capacities().len() + 1];
    for pair in pairs.all() {
        starts[pair.capacity as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let (mut next, mut order) = (starts.clone(), vec![0; pairs.all().len()]);
    for (at, pair) in (0..).zip(pairs.all()) {
        let next = &mut next[pair.capacity as usize];
        order[*next as usize] = at;
        *next += 1;
    }
    (starts, order)
}

fn nodes(market: &Market, plan: &Plan) -> Vec<Node> {
    let supply = market.capacities().iter().map(|capacity| capacity.quantity);
    let wanted = market.needs().iter().map(|need| need.max);
    let node = |left| Node { left, partners: Vec::new() };
    let mut nodes: Vec<_> = supply.chain(wanted).map(node).collect();
    for share in plan.shares() {
        let need = market.capacities().len() as u32 + share.need;
        for (at, partner) in [(share.capacity, need), (need, share.capacity)] {
            let node = &mut nodes[at as usize];
            node.left = node.left.saturating_sub(share.quantity);
            node.partners.push(partner);
        }
    }
    nodes
}
