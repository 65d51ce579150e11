//! The spanning tree of a network simplex on a transportation graph with a hub as root.
//!
//! Nodes are the offers, then the needs, then the hub. Every tree arc hangs on its lower node and
//! is directed by the graph: out of an offer, into a need. It must not know arcs outside the tree.

use super::price::Price;

/// No node.
const NONE: u32 = u32::MAX;

/// One node and the tree arc to its parent, in 32 bytes when prices have 32 bits.
#[derive(Debug, Clone, Copy)]
struct Node<P> {
    /// Base units on the arc between this node and its parent.
    flow: i64,
    parent: u32,
    first_child: u32,
    next: u32,
    previous: u32,
    /// Nodes in the subtree below and with this node.
    size: u32,
    potential: P,
}

/// A cycle that a new arc closes, and the tree arc that it drives out.
#[derive(Debug, Clone, Copy)]
struct Cycle {
    join: u32,
    /// Lower node of the arc that leaves the tree.
    leaving: u32,
    /// Whether the leaving arc lies between the new arc's tail and the join.
    on_tail_side: bool,
    flow: i64,
}

/// The basis: tree, flow on its arcs, and one potential for each node.
///
/// The potential of an offer is its price; that of a need is the negated price; the hub has 0.
#[derive(Debug, Clone)]
pub(super) struct Tree<P> {
    nodes: Vec<Node<P>>,
    offers: u32,
    /// Whether some potential left the range in which sums cannot overflow.
    pub(super) overflowed: bool,
}

impl<P: Price> Tree<P> {
    /// The free start: everything unsold and unmet, on the arcs to and from the hub.
    pub(super) fn new(supply: &[u64], wanted: &[u64]) -> Self {
        let (offers, needs) = (supply.len() as u32, wanted.len() as u32);
        let hub = offers + needs;
        let leaf = |(node, &flow): (u32, &u64)| Node {
            flow: flow as i64,
            parent: hub,
            first_child: NONE,
            next: if node + 1 < hub { node + 1 } else { NONE },
            previous: if node > 0 { node - 1 } else { NONE },
            size: 1,
            potential: P::ZERO,
        };
        let mut nodes: Vec<_> = (0..).zip(supply.iter().chain(wanted)).map(leaf).collect();
        nodes.push(Node {
            flow: 0,
            parent: NONE,
            first_child: if hub > 0 { 0 } else { NONE },
            next: NONE,
            previous: NONE,
            size: hub + 1,
            potential: P::ZERO,
        });
        Self { nodes, offers, overflowed: false }
    }

    pub(super) fn hub(&self) -> u32 {
        self.nodes.len() as u32 - 1
    }

    #[inline]
    pub(super) fn potential(&self, node: u32) -> P {
        self.nodes[node as usize].potential
    }

    pub(super) fn parent(&self, node: u32) -> u32 {
        self.nodes[node as usize].parent
    }

    pub(super) fn flow(&self, node: u32) -> u64 {
        self.nodes[node as usize].flow as u64
    }

    /// Nodes from the top down, each after its parent, the hub left out.
    pub(super) fn descending(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut node = self.nodes[self.hub() as usize].first_child;
        while node != NONE {
            order.push(node);
            node = self.following(node, self.hub());
        }
        order
    }

    /// Brings the arc from `tail` to `head` into the tree; it would gain `gain` a unit.
    pub(super) fn pivot(&mut self, tail: u32, head: u32, gain: P) {
        let cycle = self.cycle(tail, head);
        if cycle.flow > 0 {
            self.push(tail, cycle.join, -cycle.flow);
            self.push(head, cycle.join, cycle.flow);
        }
        if cycle.on_tail_side {
            self.exchange((tail, head), cycle, gain);
        } else {
            self.exchange((head, tail), cycle, -gain);
        }
    }

    /// Cuts the leaving arc, hangs what was below it by `bottom` under `above`, and shifts its
    /// potentials.
    fn exchange(&mut self, (bottom, above): (u32, u32), cycle: Cycle, shift: P) {
        let moved = self.nodes[cycle.leaving as usize].size;
        self.resize(self.parent(cycle.leaving), cycle.join, moved.wrapping_neg());
        self.rehang(bottom, above, cycle);
        self.resize(above, cycle.join, moved);
        self.shift(bottom, shift);
    }

    /// Adds to the supply of an offer, or to what a need wants. The units go along the tree as far
    /// as it stays strongly feasible, the rest by the node's own arc at the hub.
    pub(super) fn raise(&mut self, node: u32, units: i64) {
        let is_offer = node < self.offers;
        let (leaving, room) = self.narrowest(node);
        let step = if is_offer { 1 } else { -1 };
        if units < room || (units == room && !is_offer) {
            return self.push(node, self.hub(), step * units);
        }
        self.push(node, self.hub(), step * room);
        let cycle = Cycle { join: self.hub(), leaving, on_tail_side: is_offer, flow: units - room };
        self.exchange((node, self.hub()), cycle, -self.potential(node));
    }

    /// Hangs a node with all below it on the hub, by an arc that carries what its old one did.
    pub(super) fn cut(&mut self, node: u32) {
        let flow = self.nodes[node as usize].flow;
        let cycle = Cycle { join: self.hub(), leaving: node, on_tail_side: true, flow };
        self.exchange((node, self.hub()), cycle, -self.potential(node));
    }

    /// The arc above a node that first runs empty as the node sends more, or gets more, by the
    /// tree; of equal ones for an offer the highest, for a need the lowest.
    fn narrowest(&self, start: u32) -> (u32, i64) {
        let (mut node, mut least) = (start, (NONE, i64::MAX));
        while node != self.hub() {
            let at = &self.nodes[node as usize];
            let falls = (node < self.offers) != (start < self.offers);
            if falls && (at.flow < least.1 || (at.flow == least.1 && start < self.offers)) {
                least = (node, at.flow);
            }
            node = at.parent;
        }
        least
    }

    /// Finds the join by climbing from the smaller subtree, and the arc that first runs empty.
    ///
    /// Ties go to the last such arc in the direction of the flow, seen from the join: the tree
    /// stays strongly feasible and the simplex cannot cycle.
    fn cycle(&mut self, tail: u32, head: u32) -> Cycle {
        let (mut low, mut high) = (tail, head);
        let (mut tail_end, mut tail_flow) = (NONE, i64::MAX);
        let (mut head_end, mut head_flow) = (NONE, i64::MAX);
        while low != high {
            let (lower, upper) = (&self.nodes[low as usize], &self.nodes[high as usize]);
            if lower.size < upper.size {
                if low < self.offers && lower.flow < tail_flow {
                    (tail_end, tail_flow) = (low, lower.flow);
                }
                low = lower.parent;
            } else {
                if high >= self.offers && upper.flow <= head_flow {
                    (head_end, head_flow) = (high, upper.flow);
                }
                high = upper.parent;
            }
        }
        if tail_flow < head_flow {
            Cycle { join: low, leaving: tail_end, on_tail_side: true, flow: tail_flow }
        } else {
            Cycle { join: low, leaving: head_end, on_tail_side: false, flow: head_flow }
        }
    }

    /// Sends `units` from `node` up to `join`.
    fn push(&mut self, mut node: u32, join: u32, units: i64) {
        while node != join {
            let offers = self.offers;
            let at = &mut self.nodes[node as usize];
            at.flow += if node < offers { units } else { -units };
            node = at.parent;
        }
    }

    /// Adds to the size of every node from `node` up to below `join`.
    fn resize(&mut self, mut node: u32, join: u32, nodes: u32) {
        while node != join {
            let at = &mut self.nodes[node as usize];
            at.size = at.size.wrapping_add(nodes);
            node = at.parent;
        }
    }

    /// Hangs the subtree of the leaving arc under `above`, turned round so that `bottom` is its
    /// top.
    fn rehang(&mut self, bottom: u32, above: u32, cycle: Cycle) {
        let whole = self.nodes[cycle.leaving as usize].size;
        let (mut node, mut parent, mut flow, mut below) = (bottom, above, cycle.flow, 0);
        loop {
            let old = self.nodes[node as usize];
            self.unlink(node, old);
            self.link(node, parent);
            let at = &mut self.nodes[node as usize];
            at.flow = flow;
            at.size = whole - below;
            if node == cycle.leaving {
                return;
            }
            (below, flow, parent, node) = (old.size, old.flow, node, old.parent);
        }
    }

    fn unlink(&mut self, node: u32, Node { parent, next, previous, .. }: Node<P>) {
        debug_assert_ne!(node, NONE);
        if previous == NONE {
            self.nodes[parent as usize].first_child = next;
        } else {
            self.nodes[previous as usize].next = next;
        }
        if next != NONE {
            self.nodes[next as usize].previous = previous;
        }
    }

    fn link(&mut self, node: u32, parent: u32) {
        let next = self.nodes[parent as usize].first_child;
        self.nodes[parent as usize].first_child = node;
        if next != NONE {
            self.nodes[next as usize].previous = node;
        }
        let at = &mut self.nodes[node as usize];
        (at.parent, at.previous, at.next) = (parent, NONE, next);
    }

    /// Adds to the potential of every node in the subtree of `top`.
    fn shift(&mut self, top: u32, amount: P) {
        let mut node = top;
        let mut outside = false;
        while node != NONE {
            let at = &mut self.nodes[node as usize];
            at.potential = at.potential + amount;
            outside |= at.potential.is_outside();
            let child = at.first_child;
            node = if child == NONE { self.after(node, top) } else { child };
        }
        self.overflowed |= outside;
    }

    /// The next node of the subtree of `top` in depth-first order.
    fn following(&self, node: u32, top: u32) -> u32 {
        let child = self.nodes[node as usize].first_child;
        if child == NONE { self.after(node, top) } else { child }
    }

    /// The next node of the subtree of `top` that is not below `node`.
    #[inline]
    fn after(&self, mut node: u32, top: u32) -> u32 {
        while node != top {
            let at = &self.nodes[node as usize];
            if at.next != NONE {
                return at.next;
            }
            node = at.parent;
        }
        NONE
    }
}
