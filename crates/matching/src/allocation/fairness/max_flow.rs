//! Maximum flow by blocking flows (Dinic), on a graph whose nodes may be split into groups.
//!
//! It must not know markets or rules.

use std::collections::VecDeque;

const UNSEEN: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Edge {
    to: u32,
    room: u64,
}

/// A flow network; edge `e` and its reverse `e ^ 1` share what flows.
#[derive(Debug)]
pub(super) struct MaxFlow {
    edges: Vec<Edge>,
    starts: Vec<u32>,
    leaving: Vec<u32>,
    /// Flow passes only between nodes of the same group; source and sink belong to all.
    pub(super) groups: Vec<u32>,
    source: u32,
    sink: u32,
}

impl MaxFlow {
    /// A network without flow from edges `(from, to)`, numbered in this order times two. The last
    /// two nodes are source and sink.
    pub(super) fn new(nodes: u32, edges: &[(u32, u32)]) -> Self {
        let ends = edges.iter().flat_map(|&(from, to)| [(from, to), (to, from)]);
        let mut starts = vec![0; nodes as usize + 1];
        for (from, _) in ends.clone() {
            starts[from as usize + 1] += 1;
        }
        for node in 0..nodes as usize {
            starts[node + 1] += starts[node];
        }
        let (mut next, mut leaving) = (starts.clone(), vec![0; 2 * edges.len()]);
        for (edge, (from, _)) in (0..).zip(ends.clone()) {
            leaving[next[from as usize] as usize] = edge;
            next[from as usize] += 1;
        }
        Self {
            edges: ends.map(|(_, to)| Edge { to, room: 0 }).collect(),
            starts,
            leaving,
            groups: vec![0; nodes as usize],
            source: nodes - 2,
            sink: nodes - 1,
        }
    }

    /// Empties an edge and lets it carry this much.
    pub(super) fn reset(&mut self, edge: usize, capacity: u64) {
        self.edges[edge].room = capacity;
        self.edges[edge ^ 1].room = 0;
    }

    /// What flows along an edge.
    pub(super) fn flow(&self, edge: usize) -> u64 {
        self.edges[edge ^ 1].room
    }

    /// Raises the flow to the maximum; flow out of the source never falls on any edge. False if
    /// the stop signal came first.
    pub(super) fn augment(&mut self, stop: &dyn Fn() -> bool) -> bool {
        loop {
            let levels = self.levels(&[self.source]);
            if levels[self.sink as usize] == UNSEEN {
                return true;
            }
            if stop() {
                return false;
            }
            self.block(&levels);
        }
    }

    /// Which nodes can still be reached from any of these.
    pub(super) fn reachable(&self, from: &[u32]) -> Vec<bool> {
        self.levels(from).iter().map(|&level| level != UNSEEN).collect()
    }

    fn leaving(&self, node: u32) -> std::ops::Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    fn is_open(&self, from: u32, edge: usize) -> bool {
        let Edge { to, room } = self.edges[edge];
        let is_end = |node: u32| node == self.source || node == self.sink;
        let together = self.groups[from as usize] == self.groups[to as usize];
        room > 0 && (together || is_end(from) || is_end(to))
    }

    /// Edges from the start to each node; the source is entered by no path.
    fn levels(&self, from: &[u32]) -> Vec<u32> {
        let mut levels = vec![UNSEEN; self.groups.len()];
        let mut queue: VecDeque<u32> = from.iter().copied().collect();
        from.iter().for_each(|&node| levels[node as usize] = 0);
        while let Some(node) = queue.pop_front() {
            for at in self.leaving(node) {
                let edge = self.leaving[at as usize] as usize;
                let to = self.edges[edge].to;
                if levels[to as usize] == UNSEEN && to != self.source && self.is_open(node, edge) {
                    levels[to as usize] = levels[node as usize] + 1;
                    queue.push_back(to);
                }
            }
        }
        levels
    }

    /// Sends a blocking flow along edges that go one level on.
    fn block(&mut self, levels: &[u32]) {
        let mut next: Vec<u32> = self.starts.clone();
        let mut path: Vec<usize> = Vec::new();
        let mut node = self.source;
        loop {
            if node == self.sink {
                self.send(&mut path);
            } else if let Some(edge) = self.onward(node, levels, &mut next) {
                path.push(edge);
            } else if let Some(edge) = path.pop() {
                next[self.edges[edge ^ 1].to as usize] += 1;
            } else {
                return;
            }
            node = path.last().map_or(self.source, |&edge| self.edges[edge].to);
        }
    }

    fn onward(&self, node: u32, levels: &[u32], next: &mut [u32]) -> Option<usize> {
        let end = self.starts[node as usize + 1];
        let at = &mut next[node as usize];
        while *at < end {
            let edge = self.leaving[*at as usize] as usize;
            let to = self.edges[edge].to as usize;
            if levels[to] == levels[node as usize] + 1 && self.is_open(node, edge) {
                return Some(edge);
            }
            *at += 1;
        }
        None
    }

    /// Sends what the path holds and cuts it back to its first full edge.
    fn send(&mut self, path: &mut Vec<usize>) {
        let units = path.iter().map(|&edge| self.edges[edge].room).min().unwrap_or(0);
        for &edge in path.iter() {
            self.edges[edge].room -= units;
            self.edges[edge ^ 1].room += units;
        }
        let full = path.iter().position(|&edge| self.edges[edge].room == 0);
        path.truncate(full.unwrap_or(0));
    }
}
