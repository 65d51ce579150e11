//! The most level sales that some plan of most quantity has, exactly, in whole base units.
//!
//! What producers can sell together is a polymatroid, so decomposition finds the leximin point
//! (Groenevelt; Fujishige): fill all to one level; where that cannot be sold, a tight set of
//! producers and their needs parts from the rest, and both are solved alone. It must not know
//! scores.

use super::level::{Claim, divide};
use super::max_flow::MaxFlow;

/// The group of nodes whose sales are known.
const DONE: u32 = u32::MAX;

/// Who can sell what to whom.
pub(super) struct Sellers<'a> {
    /// By capacity: its producer and its base units.
    pub(super) capacities: &'a [(u32, u64)],
    /// By capacity: whether it is to be sold whole.
    pub(super) is_fixed: Vec<bool>,
    /// By need: base units wanted.
    pub(super) wanted: &'a [u64],
    /// Capacities and needs that fit.
    pub(super) pairs: &'a [(u32, u32)],
    /// By producer: base units at level one.
    pub(super) weights: &'a [u64],
    /// By producer: base units that it has sold already.
    pub(super) earlier: &'a [u64],
}

/// Base units sold by each producer, or `None` if the stop signal came first.
pub(super) fn leximin(sellers: Sellers<'_>, stop: &dyn Fn() -> bool) -> Option<Vec<u64>> {
    let mut division = Division::new(sellers);
    let everything = division.free();
    division.fill(&everything, stop).then_some(())?;
    let mut totals = vec![division.sold_free().iter().sum::<u64>()];
    let mut sales = vec![0; everything.len()];
    while totals.iter().any(|&total| total > 0) {
        let targets = division.targets(&totals);
        division.fill(&targets, stop).then_some(())?;
        totals = division.split(&targets, &totals, &mut sales);
    }
    division.add_fixed(&mut sales);
    Some(sales)
}

struct Division<'a> {
    sellers: Sellers<'a>,
    flow: MaxFlow,
}

impl<'a> Division<'a> {
    /// Nodes: producers, capacities, needs, source, sink. Edges: source to producers, source to
    /// capacities, producers to capacities, pairs, needs to sink.
    fn new(sellers: Sellers<'a>) -> Self {
        let producers = sellers.weights.len() as u32;
        let needs = producers + sellers.capacities.len() as u32;
        let source = needs + sellers.wanted.len() as u32;
        let own = sellers.capacities.iter().zip(producers..);
        let edges: Vec<_> = (0..needs)
            .map(|node| (source, node))
            .chain(own.map(|(&(producer, _), capacity)| (producer, capacity)))
            .chain(sellers.pairs.iter().map(|&(c, n)| (producers + c, needs + n)))
            .chain((needs..source).map(|need| (need, source + 1)))
            .collect();
        Self { flow: MaxFlow::new(source + 2, &edges), sellers }
    }

    fn producers(&self) -> usize {
        self.sellers.weights.len()
    }

    /// By producer: base units that are not fixed.
    fn free(&self) -> Vec<u64> {
        self.by_producer(|capacity| !self.sellers.is_fixed[capacity])
    }

    fn by_producer(&self, counts: impl Fn(usize) -> bool) -> Vec<u64> {
        let mut sums = vec![0; self.producers()];
        for (at, &(producer, units)) in self.sellers.capacities.iter().enumerate() {
            sums[producer as usize] += if counts(at) { units } else { 0 };
        }
        sums
    }

    /// Sells what is fixed first, and then as much as possible of each producer's target.
    fn fill(&mut self, targets: &[u64], stop: &dyn Fn() -> bool) -> bool {
        let (producers, capacities) = (self.producers(), self.sellers.capacities.len());
        let pairs = 2 * (producers + 2 * capacities);
        (0..producers).for_each(|producer| self.flow.reset(2 * producer, 0));
        for (at, &(_, units)) in self.sellers.capacities.iter().enumerate() {
            let fixed = if self.sellers.is_fixed[at] { units } else { 0 };
            let is_done = self.flow.groups[producers + at] == DONE;
            self.flow.reset(2 * (producers + at), if is_done { 0 } else { fixed });
            self.flow.reset(2 * (producers + capacities + at), units - fixed);
        }
        for at in 0..self.sellers.pairs.len() {
            self.flow.reset(pairs + 2 * at, u64::MAX);
        }
        let sinks = pairs + 2 * self.sellers.pairs.len();
        for (at, &units) in self.sellers.wanted.iter().enumerate() {
            self.flow.reset(sinks + 2 * at, units);
        }
        if !self.flow.augment(stop) {
            return false;
        }
        for (producer, &target) in targets.iter().enumerate() {
            self.flow.reset(2 * producer, target);
        }
        self.flow.augment(stop)
    }

    /// By producer: what it sells above the fixed part.
    fn sold_free(&self) -> Vec<u64> {
        (0..self.producers()).map(|producer| self.flow.flow(2 * producer)).collect()
    }

    /// Fills each group to one level; `totals` is what the producers of a group sell together.
    fn targets(&self, totals: &[u64]) -> Vec<u64> {
        let (free, fixed) = (self.free(), self.by_producer(|at| self.sellers.is_fixed[at]));
        let mut members = vec![Vec::new(); totals.len()];
        for producer in 0..self.producers() {
            if self.flow.groups[producer] != DONE {
                members[self.flow.groups[producer] as usize].push(producer);
            }
        }
        let mut targets = vec![0; self.producers()];
        for (members, &total) in members.iter().zip(totals) {
            let claim = |&at: &usize| Claim {
                weight: self.sellers.weights[at],
                fixed: fixed[at] + self.sellers.earlier[at],
                free: free[at],
            };
            let claims: Vec<_> = members.iter().map(claim).collect();
            for (&producer, target) in members.iter().zip(divide(&claims, total)) {
                targets[producer] = target;
            }
        }
        targets
    }

    /// Ends the groups that reached their level, splits the others in what can no longer grow and
    /// the rest, and tells what the new groups sell.
    fn split(&mut self, targets: &[u64], totals: &[u64], sales: &mut [u64]) -> Vec<u64> {
        let sold = self.sold_free();
        let short: Vec<u32> = (0..self.producers() as u32)
            .filter(|&producer| sold[producer as usize] < targets[producer as usize])
            .collect();
        let tight = self.flow.reachable(&short);
        let mut parts = vec![None; totals.len()];
        for &producer in &short {
            parts[self.flow.groups[producer as usize] as usize] = Some(0);
        }
        for (producer, &sold) in sold.iter().enumerate() {
            let group = self.flow.groups[producer];
            if group == DONE {
                continue;
            }
            match &mut parts[group as usize] {
                None => sales[producer] = sold,
                Some(part) => *part += if tight[producer] { sold } else { 0 },
            }
        }
        self.regroup(&tight, &parts);
        let mut new = Vec::new();
        for (part, total) in parts.iter().zip(totals).filter_map(|(part, t)| Some(((*part)?, t))) {
            new.extend([part, total - part]);
        }
        self.without_fixed(new, &tight)
    }

    /// Gives the tight part of every split group an even name and its rest the next.
    fn regroup(&mut self, tight: &[bool], parts: &[Option<u64>]) {
        let mut names = vec![DONE; parts.len()];
        let split = (0..parts.len()).filter(|&group| parts[group].is_some());
        (0..).zip(split).for_each(|(name, group)| names[group] = 2 * name);
        for (node, is_tight) in tight[..tight.len() - 2].iter().enumerate() {
            let group = &mut self.flow.groups[node];
            if *group != DONE && names[*group as usize] != DONE {
                *group = names[*group as usize] + u32::from(!is_tight);
            } else {
                *group = DONE;
            }
        }
    }

    /// Fixes capacities that have parted from their producer, and takes their sales off the
    /// producer's group.
    fn without_fixed(&mut self, mut totals: Vec<u64>, tight: &[bool]) -> Vec<u64> {
        let producers = self.producers();
        for (at, &(producer, units)) in self.sellers.capacities.iter().enumerate() {
            let own = self.flow.groups[producer as usize];
            let is_parted = own != DONE && tight[producer as usize] && !tight[producers + at];
            if is_parted && !self.sellers.is_fixed[at] {
                self.sellers.is_fixed[at] = true;
                totals[own as usize] -= units;
            }
        }
        totals
    }

    fn add_fixed(&self, sales: &mut [u64]) {
        let fixed = self.by_producer(|at| self.sellers.is_fixed[at]);
        sales.iter_mut().zip(fixed).for_each(|(sales, fixed)| *sales += fixed);
    }
}
