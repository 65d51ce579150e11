//! Branch and bound: proves the best plan of a small market within the limits.
//!
//! Each node fixes some shares and bounds the rest by its exact flow. A share that is too small is
//! at least the smallest one or none; a producer of a crowded demand stays in it or leaves it. Only
//! a share off its increment, or of a need below its minimum, is tried by values: the bound is
//! concave in a share, so from the flow's outwards until it fails. It must not know how its first
//! plan was found.

use super::draft::smallest;
use super::possible;
use crate::allocation::flow::{Flow, Outcome};
use crate::allocation::instance::{Market, Pair, Pairs};
use crate::allocation::plan::{Objective, Plan, Share, Worth};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs that all flows together may look at.
const WORK: usize = 4_000_000;

/// What a relaxed plan breaks.
enum Verdict {
    /// Nothing.
    Keeps,
    /// A limit that the exact share of this pair decides.
    Open(Pair),
    /// This pair has less than its smallest share.
    Small(Pair),
    /// A demand has too many producers; this one is not bound to it yet.
    Crowded(Supplier),
    /// A limit that fixed shares break alone.
    Breaks,
}

/// A producer of a demand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Supplier {
    demand: u32,
    producer: u32,
}

impl Supplier {
    fn of(market: &Market, capacity: u32, need: u32) -> Self {
        let demand = market.needs()[need as usize].demand;
        Self { demand, producer: market.capacities()[capacity as usize].producer }
    }
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
    let root = Node {
        open,
        fixed: BTreeMap::new(),
        bound: BTreeSet::new(),
        capacities: market.capacities().iter().map(|capacity| capacity.quantity).collect(),
        needs: market.needs().iter().map(|need| need.max).collect(),
    };
    let is_whole = search.visit(&root);
    (search.best, is_whole)
}

#[derive(Clone)]
struct Node {
    open: Vec<Pair>,
    /// By need and capacity; a pair that is still open may get more.
    fixed: BTreeMap<(u32, u32), u64>,
    /// Producers that stay in a demand.
    bound: BTreeSet<Supplier>,
    /// What is not fixed.
    capacities: Vec<u64>,
    needs: Vec<u64>,
}

impl Node {
    /// The node with more fixed of a pair.
    fn with(&self, market: &Market, Share { capacity, need, quantity }: Share) -> Self {
        let mut node = self.clone();
        node.capacities[capacity as usize] -= quantity;
        node.needs[need as usize] -= quantity;
        *node.fixed.entry((need, capacity)).or_default() += quantity;
        if quantity > 0 {
            node.bound.insert(Supplier::of(market, capacity, need));
        }
        node
    }

    /// The node in which these pairs get no more than what is fixed.
    fn without(&self, is_out: impl Fn(&Pair) -> bool) -> Self {
        let mut node = self.clone();
        node.open.retain(|pair| !is_out(pair));
        node
    }

    fn held(&self, capacity: u32, need: u32) -> u64 {
        self.fixed.get(&(need, capacity)).copied().unwrap_or(0)
    }

    fn room(&self, capacity: u32, need: u32) -> u64 {
        self.capacities[capacity as usize].min(self.needs[need as usize])
    }

    fn bound_to(&self, demand: u32) -> usize {
        self.bound.iter().filter(|supplier| supplier.demand == demand).count()
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
        let mut all = node.fixed.clone();
        for share in flow.plan().shares() {
            *all.entry((share.need, share.capacity)).or_default() += share.quantity;
        }
        let share = |((need, capacity), quantity)| Share { capacity, need, quantity };
        is_solved.then(|| Plan::new(all.into_iter().map(share).collect()))
    }

    /// Explores a node and all below; false if work or time ran out.
    fn visit(&mut self, node: &Node) -> bool {
        let relaxed = self.relax(node);
        relaxed.is_some_and(|relaxed| self.explore(node, relaxed))
    }

    /// Explores below a node whose relaxed plan is given; false if work or time ran out.
    fn explore(&mut self, node: &Node, relaxed: Plan) -> bool {
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
            Verdict::Open(pair) => self.values(&node.without(|it| *it == pair), &pair, &relaxed),
            Verdict::Small(pair) => {
                let Pair { capacity, need, .. } = pair;
                let quantity = smallest(self.market, capacity, need);
                let fits = quantity <= node.room(capacity, need);
                let least = Share { capacity, need, quantity };
                (!fits || self.visit(&node.with(self.market, least)))
                    && self.visit(&node.without(|it| *it == pair))
            }
            Verdict::Crowded(supplier) => {
                self.bind(node, supplier, relaxed)
                    && self.visit(&node.without(|it| self.supplier(it) == supplier))
            }
        }
    }

    fn supplier(&self, pair: &Pair) -> Supplier {
        Supplier::of(self.market, pair.capacity, pair.need)
    }

    /// Explores with one more producer bound to its demand; the last one shuts the others out.
    fn bind(&mut self, node: &Node, supplier: Supplier, relaxed: Plan) -> bool {
        let mut node = node.clone();
        let most = self.most(supplier.demand);
        node.bound.insert(supplier);
        match node.bound_to(supplier.demand).cmp(&most) {
            Ordering::Less => self.explore(&node, relaxed),
            Ordering::Equal => {
                let is_bound = |pair: &Pair| node.bound.contains(&self.supplier(pair));
                let is_own = |pair: &Pair| self.supplier(pair).demand == supplier.demand;
                self.visit(&node.without(|pair| is_own(pair) && !is_bound(pair)))
            }
            Ordering::Greater => true,
        }
    }

    fn most(&self, demand: u32) -> usize {
        let own = self.market.needs().iter().position(|need| need.demand == demand);
        let limits = own.map(|need| self.market.demand_limits(need as u32));
        limits.and_then(|it| it.max_suppliers).map_or(usize::MAX, |most| most as usize)
    }

    /// Tries the values of a pair from the relaxed one outwards, and zero unless some is fixed.
    fn values(&mut self, node: &Node, pair: &Pair, relaxed: &Plan) -> bool {
        let Pair { capacity, need, .. } = *pair;
        let is_own = |share: &&Share| (share.capacity, share.need) == (capacity, need);
        let flow = relaxed.shares().iter().find(is_own).map_or(0, |share| share.quantity);
        let increment = self.market.offer_limits(capacity).increment;
        let held = node.held(capacity, need);
        let least = smallest(self.market, capacity, need);
        let most = node.room(capacity, need) + held;
        let share = |whole: u64| Share { capacity, need, quantity: whole - held };
        let below = flow / increment * increment;
        let mut down = below;
        while down >= least {
            match self.value(node, share(down)) {
                Some(true) => down -= increment,
                Some(false) => break,
                None => return false,
            }
        }
        let mut up = (below + increment).max(least);
        while up <= most {
            match self.value(node, share(up)) {
                Some(true) => up += increment,
                Some(false) => break,
                None => return false,
            }
        }
        held > 0 || self.visit(node)
    }

    /// Explores one value; tells whether its bound exceeds the best plan, or `None` if work or
    /// time ran out.
    fn value(&mut self, node: &Node, share: Share) -> Option<bool> {
        let node = node.with(self.market, share);
        let relaxed = self.relax(&node)?;
        let is_open = relaxed.worth(self.pairs, self.objective) > self.worth;
        self.explore(&node, relaxed).then_some(is_open)
    }

    fn verdict(&self, node: &Node, plan: &Plan) -> Verdict {
        for share in plan.shares() {
            let increment = self.market.offer_limits(share.capacity).increment;
            let is_own = |pair: &Pair| (pair.capacity, pair.need) == (share.capacity, share.need);
            if share.quantity < smallest(self.market, share.capacity, share.need) {
                return open(node, is_own, Verdict::Small);
            }
            if !share.quantity.is_multiple_of(increment) {
                return open(node, is_own, Verdict::Open);
            }
        }
        for (demand, used) in by_demand(self.market, plan) {
            if used.len() > self.most(demand) {
                return self.crowded(node, demand, &used);
            }
        }
        for (at, need) in (0..).zip(self.market.needs()) {
            let own = plan.shares().iter().filter(|share| share.need == at);
            let given: u64 = own.map(|share| share.quantity).sum();
            if given > 0 && given < need.min {
                return open(node, |pair| pair.need == at, Verdict::Open);
            }
        }
        Verdict::Keeps
    }

    /// The producer of a crowded demand that gives most and is not bound to it.
    fn crowded(&self, node: &Node, demand: u32, used: &BTreeMap<u32, u64>) -> Verdict {
        let supplier = |producer: u32| Supplier { demand, producer };
        let free = used.iter().filter(|(producer, _)| !node.bound.contains(&supplier(**producer)));
        let largest = free.max_by_key(|(producer, units)| (**units, u32::MAX - **producer));
        largest.map_or(Verdict::Breaks, |(producer, _)| Verdict::Crowded(supplier(*producer)))
    }
}

fn open(
    node: &Node,
    is_meant: impl Fn(&Pair) -> bool,
    verdict: impl Fn(Pair) -> Verdict,
) -> Verdict {
    node.open.iter().find(|pair| is_meant(pair)).map_or(Verdict::Breaks, |pair| verdict(*pair))
}

/// By demand: its producers, with what they give.
fn by_demand(market: &Market, plan: &Plan) -> BTreeMap<u32, BTreeMap<u32, u64>> {
    let mut demands = BTreeMap::<u32, BTreeMap<u32, u64>>::new();
    for share in plan.shares() {
        let Supplier { demand, producer } = Supplier::of(market, share.capacity, share.need);
        *demands.entry(demand).or_default().entry(producer).or_default() += share.quantity;
    }
    demands
}
