//! Least-cost circulations on small networks whose arcs have bounds on both sides, settled warm
//! after a bound is narrowed.
//!
//! Shortest paths from what is too much to what is too little (Ahuja, Magnanti, Orlin, Network
//! Flows, 1993, chapter 9.7). It must not know what arcs stand for.

use std::collections::VecDeque;
use std::rc::Rc;

/// An arc with its bounds, what a unit along it costs, and what flows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) cost: i128,
    pub(super) flow: i64,
}

/// A circulation of least cost among those within the bounds.
#[derive(Debug, Clone)]
pub(super) struct Network {
    arcs: Vec<Arc>,
    /// By node: the arcs that leave it or enter it.
    ends: Rc<Vec<Vec<u32>>>,
}

/// How an arc is passed on a path: along it, or against what flows.
type Step = (u32, bool);

impl Network {
    /// A circulation, or `None` if there is none within the bounds.
    pub(super) fn new(nodes: u32, mut arcs: Vec<Arc>) -> Option<Self> {
        let mut ends = vec![Vec::new(); nodes as usize];
        for (at, arc) in (0..).zip(&mut arcs) {
            ends[arc.from as usize].push(at);
            ends[arc.to as usize].push(at);
            arc.flow = if arc.cost < 0 { arc.most } else { arc.least };
        }
        let mut network = Self { arcs, ends: Rc::new(ends) };
        let mut excess = vec![0; nodes as usize];
        for arc in &network.arcs {
            excess[arc.to as usize] += arc.flow;
            excess[arc.from as usize] -= arc.flow;
        }
        network.settle(&mut excess).then_some(network)
    }

    pub(super) fn arc(&self, at: usize) -> &Arc {
        &self.arcs[at]
    }

    /// Narrows the bounds of an arc; false if no circulation is left. They never widen.
    pub(super) fn narrow(&mut self, at: usize, (least, most): (i64, i64)) -> bool {
        let arc = &mut self.arcs[at];
        (arc.least, arc.most) = (arc.least.max(least), arc.most.min(most));
        if arc.least > arc.most {
            return false;
        }
        let more = arc.flow.clamp(arc.least, arc.most) - arc.flow;
        if more == 0 {
            return true;
        }
        arc.flow += more;
        let (from, to) = (arc.from as usize, arc.to as usize);
        let mut excess = vec![0; self.ends.len()];
        excess[to] += more;
        excess[from] -= more;
        self.settle(&mut excess)
    }

    /// Sends what is too much at some nodes to where it is lacking, at the least cost.
    fn settle(&mut self, excess: &mut [i64]) -> bool {
        for node in 0..excess.len() {
            while excess[node] > 0 {
                let Some((path, end)) = self.shortest(node as u32, excess) else { return false };
                let room = path.iter().map(|step| self.room(*step)).min().unwrap_or(0);
                let units = room.min(excess[node]).min(-excess[end as usize]);
                for (at, is_along) in path {
                    self.arcs[at as usize].flow += if is_along { units } else { -units };
                }
                excess[node] -= units;
                excess[end as usize] += units;
            }
        }
        true
    }

    fn room(&self, (at, is_along): Step) -> i64 {
        let arc = &self.arcs[at as usize];
        if is_along { arc.most - arc.flow } else { arc.flow - arc.least }
    }

    /// The cheapest path to a node that lacks something, with that node (Bellman–Ford by queue).
    fn shortest(&self, start: u32, excess: &[i64]) -> Option<(Vec<Step>, u32)> {
        let mut far = vec![i128::MAX; self.ends.len()];
        let mut by: Vec<Option<Step>> = vec![None; self.ends.len()];
        let mut is_queued = vec![false; self.ends.len()];
        let mut queue = VecDeque::from([start]);
        far[start as usize] = 0;
        while let Some(node) = queue.pop_front() {
            is_queued[node as usize] = false;
            for &at in &self.ends[node as usize] {
                let arc = &self.arcs[at as usize];
                let is_along = arc.from == node;
                let (to, cost) = if is_along { (arc.to, arc.cost) } else { (arc.from, -arc.cost) };
                let reached = far[node as usize] + cost;
                if self.room((at, is_along)) > 0 && reached < far[to as usize] {
                    (far[to as usize], by[to as usize]) = (reached, Some((at, is_along)));
                    if !std::mem::replace(&mut is_queued[to as usize], true) {
                        queue.push_back(to);
                    }
                }
            }
        }
        let lacking = (0..)
            .zip(excess)
            .filter(|(node, excess)| **excess < 0 && far[*node as usize] < i128::MAX);
        let (end, _) = lacking.min_by_key(|(node, _)| (far[*node as usize], *node))?;
        Some((self.path(&by, (start, end)), end))
    }

    fn path(&self, by: &[Option<Step>], (start, end): (u32, u32)) -> Vec<Step> {
        let (mut path, mut node) = (Vec::new(), end);
        while node != start {
            let Some((at, is_along)) = by[node as usize] else { break };
            path.push((at, is_along));
            let arc = &self.arcs[at as usize];
            node = if is_along { arc.from } else { arc.to };
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(from: u32, to: u32, most: i64, cost: i128) -> Arc {
        Arc { from, to, least: 0, most, cost, flow: 0 }
    }

    fn flows(network: &Network) -> Vec<i64> {
        (0..network.arcs.len()).map(|at| network.arc(at).flow).collect()
    }

    #[test]
    fn a_narrowed_arc_is_passed_by_and_a_forced_one_used() {
        let arcs = vec![arc(0, 1, 9, 0), arc(1, 2, 5, -4), arc(1, 2, 6, -3), arc(2, 0, 8, 0)];
        let mut network = Network::new(3, arcs).expect("a circulation");
        assert_eq!(flows(&network), [8, 5, 3, 8]);
        assert!(network.narrow(1, (0, 1)));
        assert_eq!(flows(&network), [7, 1, 6, 7]);
        assert!(network.narrow(3, (0, 2)) && network.narrow(2, (2, 6)));
        assert_eq!(flows(&network), [2, 0, 2, 2]);
        assert!(!network.narrow(1, (1, 1)));
    }
}
