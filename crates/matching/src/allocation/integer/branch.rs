//! Branch and bound: proves the best plan of a small market within the limits.
//!
//! Each node fixes the shares of some pairs and bounds the rest by its exact flow. The bound is
//! concave in a share, so values are tried from the flow's outwards until it fails. It must not
//! know how its first plan was found.

use super::draft::smallest;
use super::possible;
use crate::allocation::flow::{Flow, Outcome};
use crate::allocation::instance::{Market, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Share, Worth};
use std::collections::BTreeMap;

/// Pairs that all flows together may look at.
const WORK: usize = 4_000_000;

/// What a relaxed plan breaks.
enum Verdict {
    /// Nothing.
    Keeps,
    /// A limit that this pair, not fixed yet, takes part in.
    Open(Pair),
    /// A limit that fixed shares break alone.
    Breaks,
}

/// Searches for plans worth more than `best`; tells whether the answer is proven to be best.
pub(super) fn branch(
    market: &Market,
    pairs: &Pairs,
    objective: Objective,
    best: Plan,
    stop: &dyn Fn() -> bool,
) -> (Plan, bool) {
    let open = possible(market, pairs).all().to_vec();
    let work = WORK / open.len().max(1);
    let worth = best.worth(pairs, objective);
    let mut search = Search { market, pairs, objective, best, worth, work, stop };
    if work < open.len() {
        return (search.best, false);
    }
    let mut node = Node {
        open,
        fixed: Vec::new(),
        capacities: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
        needs: market.needs().iter().map(|need| need.max).collect(),
    };
    let root = search.relax(&node);
    let is_whole = root.is_some_and(|root| search.explore(&mut node, root));
    (search.best, is_whole)
}

struct Node {
    open: Vec<Pair>,
    fixed: Vec<Share>,
    capacities: Vec<u64>,
    needs: Vec<u64>,
}

impl Node {
    fn fix(&mut self, share: Share) {
        self.capacities[share.capacity as usize] -= share.quantity;
        self.needs[share.need as usize] -= share.quantity;
        self.fixed.push(share);
    }

    fn release(&mut self) {
        if let Some(share) = self.fixed.pop() {
            self.capacities[share.capacity as usize] += share.quantity;
            self.needs[share.need as usize] += share.quantity;
        }
    }
}

struct Search<'a> {
    market: &'a Market,
    pairs: &'a Pairs,
    objective: Objective,
    best: Plan,
    worth: Worth,
    /// Flows that may still be solved.
    work: usize,
    stop: &'a dyn Fn() -> bool,
}

impl Search<'_> {
    /// The best plan with these shares fixed and no limit on the others, or `None` if work or
    /// time is out.
    fn relax(&mut self, node: &Node) -> Option<Plan> {
        self.work = self.work.checked_sub(1)?;
        if (self.stop)() {
            return None;
        }
        let mut flow = Flow::between(node.capacities.clone(), node.needs.clone(), self.objective);
        flow.add(&node.open);
        let is_solved = flow.solve(self.stop) == Outcome::Optimal;
        let shares = flow.plan().shares().iter().chain(&node.fixed).copied().collect();
        is_solved.then(|| Plan::new(shares))
    }

    /// Explores below a node whose relaxed plan is given; false if work or time ran out.
    fn explore(&mut self, node: &mut Node, relaxed: Plan) -> bool {
        let worth = relaxed.worth(self.pairs, self.objective);
        if worth <= self.worth {
            return true;
        }
        match self.verdict(node, &relaxed) {
            Verdict::Breaks => true,
            Verdict::Keeps => {
                (self.best, self.worth) = (relaxed, worth);
                true
            }
            Verdict::Open(pair) => {
                let at = node.open.iter().position(|open| *open == pair).unwrap_or(0);
                node.open.swap_remove(at);
                let is_whole = self.values(node, &pair, &relaxed);
                node.open.push(pair);
                is_whole
            }
        }
    }

    /// Tries the values of a pair from the relaxed one outwards, and zero.
    fn values(&mut self, node: &mut Node, pair: &Pair, relaxed: &Plan) -> bool {
        let Pair { capacity, need, .. } = *pair;
        let is_own = |share: &&Share| (share.capacity, share.need) == (capacity, need);
        let flow = relaxed.shares().iter().find(is_own).map_or(0, |share| share.quantity);
        let increment = self.market.offer_limits(capacity).increment;
        let least = smallest(self.market, capacity, need);
        let most = node.capacities[capacity as usize].min(node.needs[need as usize]);
        let below = flow / increment * increment;
        let mut down = below;
        while down >= least {
            match self.value(node, Share { capacity, need, quantity: down }) {
                Some(true) => down -= increment,
                Some(false) => break,
                None => return false,
            }
        }
        let mut up = (below + increment).max(least);
        while up <= most {
            match self.value(node, Share { capacity, need, quantity: up }) {
                Some(true) => up += increment,
                Some(false) => break,
                None => return false,
            }
        }
        self.value(node, Share { capacity, need, quantity: 0 }).is_some()
    }

    /// Explores one value; tells whether its bound exceeds the best plan, or `None` if work or
    /// time ran out.
    fn value(&mut self, node: &mut Node, share: Share) -> Option<bool> {
        node.fix(share);
        let relaxed = self.relax(node);
        let answer = relaxed.and_then(|relaxed| {
            let is_open = relaxed.worth(self.pairs, self.objective) > self.worth;
            self.explore(node, relaxed).then_some(is_open)
        });
        node.release();
        answer
    }

    fn verdict(&self, node: &Node, plan: &Plan) -> Verdict {
        for share in plan.shares() {
            let increment = self.market.offer_limits(share.capacity).increment;
            let least = smallest(self.market, share.capacity, share.need);
            if share.quantity < least || !share.quantity.is_multiple_of(increment) {
                return open(node, |pair| {
                    (pair.capacity, pair.need) == (share.capacity, share.need)
                });
            }
        }
        for used in by_demand(self.market, plan).values() {
            let most = self.market.demand_limits(used[0].need).max_suppliers;
            if most.is_some_and(|most| suppliers(self.market, used) > most as usize) {
                let is_used = |pair: &Pair| {
                    used.iter().any(|s| (s.capacity, s.need) == (pair.capacity, pair.need))
                };
                return open(node, is_used);
            }
        }
        for (at, need) in (0..).zip(self.market.needs()) {
            let own = plan.shares().iter().filter(|share| share.need == at);
            let given: u64 = own.map(|share| share.quantity).sum();
            if given > 0 && given < need.min {
                return open(node, |pair| pair.need == at);
            }
        }
        Verdict::Keeps
    }
}

fn open(node: &Node, is_meant: impl Fn(&Pair) -> bool) -> Verdict {
    node.open
        .iter()
        .find(|pair| is_meant(pair))
        .map_or(Verdict::Breaks, |pair| Verdict::Open(*pair))
}

fn by_demand(market: &Market, plan: &Plan) -> BTreeMap<u32, Vec<Share>> {
    let mut demands = BTreeMap::<u32, Vec<Share>>::new();
    for share in plan.shares() {
        demands.entry(market.needs()[share.need as usize].demand).or_default().push(*share);
    }
    demands
}

fn suppliers(market: &Market, shares: &[Share]) -> usize {
    let producer = |share: &Share| market.capacities()[share.capacity as usize].producer;
    let mut producers: Vec<_> = shares.iter().map(producer).collect();
    producers.sort_unstable();
    producers.dedup();
    producers.len()
}
