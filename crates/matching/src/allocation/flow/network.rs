//! Primal network simplex on a transportation graph: arcs, block pricing and the pivot loop.
//!
//! It maximises Σ weight × flow over arcs without upper bounds. It must not know scores,
//! objectives or plans.

use super::order::{Order, Part};
use super::price::Price;
use super::tree::Tree;

/// Pivots between two looks at the stop signal.
const PIVOTS_PER_QUESTION: u64 = 1024;

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No arc gains: the flow is optimal.
    Optimal,
    /// The stop signal came first; the flow is feasible.
    Stopped,
    /// A price left the range of the integer type; the flow is feasible.
    Overflow,
}

/// An arc from an offer (or the hub) to a need (or the hub), 12 bytes when prices have 32 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc<P> {
    pub(super) tail: u32,
    pub(super) head: u32,
    pub(super) weight: P,
}

/// A flow problem and its current basis.
#[derive(Debug, Clone)]
pub(super) struct Network<P> {
    pub(super) tree: Tree<P>,
    offers: u32,
    /// In the order kept beside them; those at the hub among them.
    arcs: Vec<Arc<P>>,
    order: Order,
    /// Pivots so far.
    pub(super) pivots: u64,
}

impl<P: Price> Network<P> {
    /// The start: nothing sold, no pair arcs.
    pub(super) fn new(supply: &[u64], wanted: &[u64]) -> Self {
        let tree = Tree::new(supply, wanted);
        let (offers, hub) = (supply.len() as u32, tree.hub());
        let unmet = (offers..hub).map(|head| Arc { tail: hub, head, weight: P::ZERO });
        let unsold = (0..offers).map(|tail| Arc { tail, head: hub, weight: P::ZERO });
        let arcs: Vec<_> = unmet.chain(unsold).collect();
        Self { tree, offers, arcs, order: Order::default(), pivots: 0 }
    }

    /// Adds arcs `(offer, need, weight)`; the basis stays feasible.
    pub(super) fn add(&mut self, arcs: impl Iterator<Item = (u32, u32, P)>) {
        let offers = self.offers;
        self.arcs.reserve(arcs.size_hint().1.unwrap_or(0));
        self.arcs.extend(arcs.map(|(tail, need, weight)| Arc {
            tail,
            head: offers + need,
            weight,
        }));
        self.order = Order::arrange(&mut self.arcs, offers, self.tree.hub());
    }

    /// Adds to the supply of an offer, or to what a need wants; the basis stays feasible.
    pub(super) fn raise(&mut self, node: u32, units: i64) {
        self.tree.raise(node, units);
        self.order.unsettle(node);
    }

    /// Takes a pair arc out of the plan and out of choice: what it carried goes unsold and unmet.
    pub(super) fn forbid(&mut self, offer: u32, need: u32) {
        let (tail, head) = (offer, self.offers + need);
        self.reweigh(offer, need, P::NEVER);
        let (lower, upper) = if self.tree.parent(tail) == head {
            (tail, head)
        } else if self.tree.parent(head) == tail {
            (head, tail)
        } else {
            return;
        };
        let units = self.tree.flow(lower) as i64;
        self.tree.cut(lower);
        if units > 0 {
            self.tree.raise(upper, units);
        }
    }

    /// Gives a pair arc that is not in the plan another weight.
    pub(super) fn reweigh(&mut self, offer: u32, need: u32, weight: P) {
        let (tail, head, hub) = (offer, self.offers + need, self.tree.hub());
        let wanted = self.order.key(&Arc { tail, head, weight }, hub);
        let found = self.arcs.binary_search_by_key(&wanted, |arc| self.order.key(arc, hub));
        if let Ok(at) = found {
            self.arcs[at].weight = weight;
            self.order.unsettle(head);
        }
    }

    /// Pivots part by part until no arc gains, the stop signal comes or a price overflows.
    pub(super) fn solve(&mut self, stop: &dyn Fn() -> bool) -> End {
        let mut question = self.pivots + PIVOTS_PER_QUESTION;
        for at in 0..self.order.parts.len() {
            let mut part = self.order.parts[at].clone();
            while !part.is_settled {
                let Some((tail, head, gain)) = self.entering(&mut part) else {
                    part.is_settled = true;
                    break;
                };
                self.tree.pivot(tail, head, gain);
                self.pivots += 1;
                if self.tree.overflowed {
                    return End::Overflow;
                }
                if self.pivots == question {
                    question += PIVOTS_PER_QUESTION;
                    if stop() {
                        return End::Stopped;
                    }
                }
            }
            self.order.parts[at] = part;
        }
        End::Optimal
    }

    /// The most gaining arc of the first block that has one, or `None` after a whole round.
    fn entering(&self, part: &mut Part) -> Option<(u32, u32, P)> {
        let mut left = part.arcs.len();
        while left > 0 {
            let size = part.block.min(left).min(part.arcs.end - part.cursor);
            let best = self.best_of(part.cursor, size);
            part.cursor += size;
            if part.cursor == part.arcs.end {
                part.cursor = part.arcs.start;
            }
            if best.is_some() {
                return best;
            }
            left -= size;
        }
        None
    }

    #[inline]
    fn best_of(&self, start: usize, size: usize) -> Option<(u32, u32, P)> {
        let (mut best, mut most) = (None, P::ZERO);
        for arc in &self.arcs[start..start + size] {
            let gain = arc.weight - self.tree.potential(arc.tail) + self.tree.potential(arc.head);
            if gain > most {
                (best, most) = (Some((arc.tail, arc.head)), gain);
            }
        }
        best.map(|(tail, head)| (tail, head, most))
    }

    /// The pair arcs, as `(offer, need, weight)`.
    pub(super) fn arcs(&self) -> impl Iterator<Item = (u32, u32, P)> {
        let (offers, hub) = (self.offers, self.tree.hub());
        let pairs = self.arcs.iter().filter(move |arc| arc.tail != hub && arc.head != hub);
        pairs.map(move |arc| (arc.tail, arc.head - offers, arc.weight))
    }

    /// Number of offers.
    pub(super) fn offers(&self) -> u32 {
        self.offers
    }

    /// The flow on pair arcs, as `(offer, need, base units)`.
    pub(super) fn flows(&self) -> impl Iterator<Item = (u32, u32, u64)> {
        let hub = self.tree.hub();
        (0..hub).filter(move |&node| self.tree.parent(node) != hub).map(|node| {
            let (parent, flow) = (self.tree.parent(node), self.tree.flow(node));
            let (offer, need) = if node < self.offers { (node, parent) } else { (parent, node) };
            (offer, need - self.offers, flow)
        })
    }
}
