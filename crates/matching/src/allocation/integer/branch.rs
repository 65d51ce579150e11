//! Branch and bound: proves the best plan of a small market within the limits.
//!
//! Each node narrows bounds of its parent, and is bounded by its best flow, settled warm. A share
//! is none or at least the smallest, on the increment below or above the flow's; a need is shut or
//! gets its minimum; a producer of a crowded demand stays in it or leaves it. A crowded demand gets
//! no more than its largest producers can give. It must not know how its first plan was found.

use super::model::{Model, Stake, Value};
use super::network::Network;
use crate::allocation::greatest_common_divisor;
use crate::allocation::instance::{Market, Pairs, SCORE_MAX};
use crate::allocation::plan::{Objective, Plan, Worth};
use std::cmp::Reverse;

/// Pairs of a market that is searched until it is proven, or the stop signal comes.
pub(in crate::allocation) const SMALL_PAIRS: usize = 100;

/// Pairs that all nodes of a larger market together may look at.
const WORK: usize = 4_000_000;

/// What a node's flow asks to decide; for each choice what it narrows, the likelier first.
type Choices = [Change; 2];

#[derive(Debug, Clone, Copy)]
enum Change {
    /// Bounds of an arc, and the demand that it belongs to.
    Bounds { arc: usize, bounds: (i64, i64), demand: u32 },
    /// A producer keeps its place in a demand.
    Stays(usize),
    /// A producer leaves a demand.
    Leaves(usize),
}

#[derive(Debug, Clone)]
struct Node {
    network: Network,
    /// By supplier: whether it keeps its place.
    stays: Vec<bool>,
    value: Value,
}

/// A search that can be gone on with.
#[derive(Debug)]
pub(in crate::allocation) struct Search<'a> {
    model: Model<'a>,
    open: Vec<Node>,
    /// What a plan has to exceed, by as many tiers as count.
    best: Value,
    tiers: usize,
    plan: Option<Plan>,
    /// Whether the first plan found is enough.
    is_any_enough: bool,
    /// Nodes that may still be visited.
    work: usize,
}

/// What plans are sought: worth more than `best` in as many tiers as count; any of them, or the
/// best.
#[derive(Debug, Clone, Copy)]
pub(in crate::allocation) struct Sought {
    pub(in crate::allocation) best: Value,
    pub(in crate::allocation) tiers: usize,
    pub(in crate::allocation) is_any_enough: bool,
}

/// Where a search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::allocation) enum State {
    /// There is no better plan.
    Ended,
    /// There may be.
    Open,
    /// There may be, and the search is given up.
    GivenUp,
}

/// Nodes that a market of so many pairs is worth.
const fn work(pairs: usize) -> usize {
    if pairs <= SMALL_PAIRS { usize::MAX } else { WORK / pairs }
}

/// Whether a market of so many pairs is searched at all.
pub(super) const fn is_searched(pairs: usize) -> bool {
    work(pairs) >= pairs
}

impl<'a> Search<'a> {
    pub(in crate::allocation) fn new(
        market: &'a Market,
        pairs: &Pairs,
        objective: Objective,
        stakes: Vec<Stake>,
        sought: Sought,
    ) -> Self {
        let Sought { best, tiers, is_any_enough } = sought;
        let model = Model::new(market, pairs, objective, stakes);
        let work = work(model.pairs.len());
        let mut search =
            Self { model, open: Vec::new(), best, tiers, plan: None, is_any_enough, work };
        search.begin();
        search
    }

    fn begin(&mut self) {
        let Some(network) = self.model.network() else { return };
        let stays = vec![false; self.model.suppliers.len()];
        let mut root = Node { network, stays, value: [0; 3] };
        let demands = 0..self.model.market.demand_count() as u32;
        if demands.into_iter().all(|demand| self.fit(&mut root, demand)) {
            self.push(root);
        }
    }

    /// The best plan so far, if one was found.
    pub(in crate::allocation) const fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// What no plan exceeds after a search that has ended with a plan worth `reached`.
    pub(in crate::allocation) fn proven(
        &self,
        objective: Objective,
        reached: Worth,
        bound: Worth,
    ) -> Worth {
        let is_whole = self.tiers > 1 || objective == Objective::Value;
        let score = reached.quantity * i128::from(SCORE_MAX);
        match is_whole {
            true => reached,
            false if bound.quantity > reached.quantity => Worth { score, ..reached },
            false => bound,
        }
    }

    /// Visits up to `most` nodes.
    pub(in crate::allocation) fn go(&mut self, most: usize, stop: &dyn Fn() -> bool) -> State {
        for _ in 0..most {
            let Some(node) = self.open.pop() else { return State::Ended };
            if self.work == 0 || stop() {
                self.open.push(node);
                return State::GivenUp;
            }
            self.work -= 1;
            self.visit(&node);
        }
        State::Open
    }

    fn is_better(&self, value: &Value) -> bool {
        value[..self.tiers] > self.best[..self.tiers]
    }

    fn push(&mut self, mut node: Node) {
        node.value = self.model.value(&node.network);
        if self.is_better(&node.value) {
            self.open.push(node);
        }
    }

    fn visit(&mut self, node: &Node) {
        if !self.is_better(&node.value) {
            return;
        }
        if let Some(choices) = self.choices(node) {
            for change in choices.into_iter().rev() {
                self.narrowed(node, change).into_iter().for_each(|node| self.push(node));
            }
        } else {
            self.plan = Some(self.model.plan(&node.network));
            self.best = node.value;
            if self.is_any_enough {
                self.open.clear();
            }
        }
    }

    /// The node after a choice, or `None` if nothing is left of it.
    fn narrowed(&self, node: &Node, change: Change) -> Option<Node> {
        let mut node = node.clone();
        let demand = match change {
            Change::Bounds { arc, bounds, demand } => {
                node.network.narrow(arc, bounds).then_some(demand)?
            }
            Change::Stays(supplier) => {
                node.stays[supplier] = true;
                self.model.suppliers[supplier].demand
            }
            Change::Leaves(supplier) => {
                self.leave(&mut node, supplier).then_some(())?;
                self.model.suppliers[supplier].demand
            }
        };
        self.fit(&mut node, demand).then_some(node)
    }

    /// Holds a demand and its needs to what can be; false if nothing is left.
    fn fit(&self, node: &mut Node, demand: u32) -> bool {
        self.seat(node, demand) && self.round(node, demand)
    }

    /// Rounds what the needs of a demand get to what the increments of all their pairs divide.
    fn round(&self, node: &mut Node, demand: u32) -> bool {
        let model = &self.model;
        let own = (0..).zip(model.market.needs()).filter(|(_, need)| need.demand == demand);
        own.into_iter().all(|(at, _)| {
            let pairs = model.pairs.iter().enumerate().filter(|(_, pair)| pair.need == at);
            let open = pairs.filter(|(pair, _)| node.network.arc(*pair).most > 0);
            let step = open
                .fold(0, |step, (_, pair)| greatest_common_divisor(step, model.increment(pair)));
            let arc = model.need_arc(at);
            let most = node.network.arc(arc).most;
            node.network.narrow(arc, (0, most - most % (step.max(1) as i64)))
        })
    }

    fn leave(&self, node: &mut Node, supplier: usize) -> bool {
        let mut pairs = self.model.suppliers[supplier].pairs.iter();
        pairs.all(|&pair| node.network.narrow(pair, (0, 0)))
    }

    /// Holds a demand to what its producers can give: those that stay, and the largest others in
    /// the places that are left; without places the others leave. False if nothing is left.
    fn seat(&self, node: &mut Node, demand: u32) -> bool {
        let model = &self.model;
        let Some(places) = model.places(demand) else { return true };
        let (mut given, mut seated, mut others) = (0, 0, Vec::new());
        let own = model.suppliers.iter().enumerate().filter(|(_, of)| of.demand == demand);
        for (at, supplier) in own {
            let potential = model.potential(&node.network, at);
            if potential == 0 {
                continue;
            }
            let is_in = |&pair: &usize| node.network.arc(pair).least > 0;
            if node.stays[at] || supplier.pairs.iter().any(is_in) {
                (given, seated) = (given + potential, seated + 1);
            } else {
                others.push((Reverse(potential), at));
            }
        }
        others.sort_unstable();
        let free = places.saturating_sub(seated);
        let largest: i64 = others.iter().take(free).map(|(potential, _)| potential.0).sum();
        let leaving = if free == 0 { others.as_slice() } else { &[] };
        seated <= places
            && leaving.iter().all(|(_, at)| self.leave(node, *at))
            && node.network.narrow(model.demand_arc(demand), (0, given + largest))
    }

    /// What the flow of a node breaks, and how that can be decided; `None` if it keeps all limits.
    fn choices(&self, node: &Node) -> Option<Choices> {
        let crowded = self.crowded(node).map(|at| [Change::Stays(at), Change::Leaves(at)]);
        crowded.or_else(|| self.short(node)).or_else(|| self.small(node)).or_else(|| self.off(node))
    }

    /// The producer of a crowded demand that gives most and has not kept its place.
    fn crowded(&self, node: &Node) -> Option<usize> {
        let mut used = vec![Vec::new(); self.model.market.demand_count()];
        for (at, supplier) in self.model.suppliers.iter().enumerate() {
            let units: i64 = supplier.pairs.iter().map(|&pair| node.network.arc(pair).flow).sum();
            if units > 0 {
                used[supplier.demand as usize].push((Reverse(units), at));
            }
        }
        let is_crowded = |(demand, used): &(u32, &Vec<_>)| {
            self.model.places(*demand).is_some_and(|places| used.len() > places)
        };
        let crowded = (0..).zip(&used).filter(is_crowded);
        let free = crowded.flat_map(|(_, used)| used).filter(|(_, at)| !node.stays[*at]);
        free.min().map(|(_, at)| *at)
    }

    /// A need that gets less than its minimum.
    fn short(&self, node: &Node) -> Option<Choices> {
        let needs = (0..).zip(self.model.market.needs());
        let mut short = needs.filter(|(at, need)| {
            let given = node.network.arc(self.model.need_arc(*at)).flow;
            given > 0 && given < need.min as i64
        });
        let (at, need) = short.next()?;
        let (arc, demand) = (self.model.need_arc(at), need.demand);
        let bounds = |bounds| Change::Bounds { arc, bounds, demand };
        Some([bounds((need.min as i64, i64::MAX)), bounds((0, 0))])
    }

    /// The share that falls shortest of its smallest size.
    fn small(&self, node: &Node) -> Option<Choices> {
        let pairs = self.model.pairs.iter().enumerate();
        let short = pairs.map(|(at, pair)| {
            let (flow, least) = (node.network.arc(at).flow, self.model.smallest(pair));
            (if flow > 0 { least - flow } else { 0 }, at)
        });
        let (_, at) = short.filter(|(short, _)| *short > 0).max()?;
        Some(self.bounds(at, (self.model.smallest(&self.model.pairs[at]), 0)))
    }

    /// The share off the largest increment.
    fn off(&self, node: &Node) -> Option<Choices> {
        let pairs = self.model.pairs.iter().enumerate();
        let steps = pairs.map(|(at, pair)| (self.model.increment(pair) as i64, at));
        let (step, at) = steps.filter(|(step, at)| node.network.arc(*at).flow % step != 0).max()?;
        let below = node.network.arc(at).flow / step * step;
        let least = self.model.smallest(&self.model.pairs[at]);
        Some(self.bounds(at, (below + step, if below < least { 0 } else { below })))
    }

    /// Whether a share is at least the one, or at most the other.
    fn bounds(&self, at: usize, (above, below): (i64, i64)) -> Choices {
        let demand = self.model.suppliers[self.model.supplier_of[at]].demand;
        let bounds = |bounds| Change::Bounds { arc: at, bounds, demand };
        [bounds((above, i64::MAX)), bounds((0, below))]
    }
}
