//! Offers of one product set and unit in a tree: a node's row is at least as good as each below it,
//! and rows that rank alike stand together, so that a query opens few nodes. A change copies
//! the nodes on its way. Must not know what is asked of a row.

use std::sync::Arc;

use super::block::push;
use super::row::{AXES, OfferRow};
use super::table::Table;

/// The most rows of a leaf.
const LEAF_ROWS: usize = 16;
/// A node with more than this part of its rows in one half is built again, once so many rows came
/// since it was built that building it costs each of them little: some rows cannot be parted
/// evenly, and would be built again for nothing.
const MOST_IN_HALF: (u32, u32) = (3, 4);
/// The part of its rows that must have come since.
const NEWCOMERS: u32 = 4;

/// Trees by set, unit, and whether there is a price; a clone shares every node.
#[derive(Debug, Clone, Default)]
pub(super) struct Clusters(Table<Vec<Arc<Node>>>);

impl Clusters {
    /// The trees of a set.
    pub(super) fn of_set(&self, set: u8) -> &[Arc<Node>] {
        self.0.get(set.into()).map_or(&[], Vec::as_slice)
    }

    /// Adds the row of an offer that has none.
    pub(super) fn add(&mut self, set: u8, row: OfferRow) {
        let nodes = self.0.get_or_default(set.into());
        match nodes.iter_mut().find(|node| node.takes(&row)) {
            Some(node) => node.insert(row),
            None => nodes.push(Node::single(row)),
        }
    }

    /// Takes out the row of an offer, as it was added.
    pub(super) fn remove(&mut self, set: u8, row: &OfferRow) {
        let nodes = self.0.get_or_default(set.into());
        let Some(place) = nodes.iter().position(|node| node.takes(row)) else { return };
        match nodes[place].without(row) {
            Some(node) => nodes[place] = node,
            None => drop(nodes.swap_remove(place)),
        }
    }
}

/// Rows with one that is at least as good as each.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) best: OfferRow,
    pub(super) below: Below,
}

/// What stands below a node.
#[derive(Debug, Clone)]
pub(super) enum Below {
    /// Rows, at least one.
    Rows(Vec<OfferRow>),
    /// Two nodes.
    Halves(Halves),
}

/// Two nodes: in the first every row is below `split` on `axis`, in the other none.
#[derive(Debug, Clone)]
pub(super) struct Halves {
    axis: u8,
    split: f32,
    rows: [u32; 2],
    /// Rows when it was built.
    built_of: u32,
    nodes: [Arc<Node>; 2],
}

impl Halves {
    /// The two nodes.
    pub(super) fn nodes(&self) -> &[Arc<Node>; 2] {
        &self.nodes
    }

    fn half_of(&self, row: &OfferRow) -> usize {
        usize::from(row.axis(usize::from(self.axis)) >= self.split)
    }

    fn is_to_build(&self) -> bool {
        let ([low, high], (part, whole)) = (self.rows, MOST_IN_HALF);
        let is_lopsided = low.max(high) > (low + high) / whole * part;
        is_lopsided && low + high > self.built_of + self.built_of / NEWCOMERS + LEAF_ROWS as u32
    }
}

impl Node {
    /// Whether a row is of its kind.
    fn takes(&self, row: &OfferRow) -> bool {
        (self.best.unit(), self.best.is_priced()) == (row.unit(), row.is_priced())
    }

    /// The node of one row.
    fn single(row: OfferRow) -> Arc<Self> {
        Arc::new(Self { best: row, below: Below::Rows(vec![row]) })
    }

    /// Adds a row.
    fn insert(self: &mut Arc<Self>, row: OfferRow) {
        let node = Arc::make_mut(self);
        node.best.join(&row);
        let is_to_build = match &mut node.below {
            Below::Rows(rows) => {
                push(rows, row);
                rows.len() > LEAF_ROWS
            }
            Below::Halves(halves) => {
                let half = halves.half_of(&row);
                halves.rows[half] += 1;
                halves.nodes[half].insert(row);
                halves.is_to_build()
            }
        };
        if is_to_build {
            let mut rows = Vec::new();
            node.each_row(&mut |row| rows.push(*row));
            *self = Self::of(rows);
        }
    }

    /// The node without a row; none when it was the last.
    fn without(self: &Arc<Self>, row: &OfferRow) -> Option<Arc<Self>> {
        match &self.below {
            Below::Rows(rows) => {
                let others = rows.iter().filter(|other| other.offer != row.offer).copied();
                let others: Vec<OfferRow> = others.collect();
                (!others.is_empty()).then(|| Self::leaf(others))
            }
            Below::Halves(halves) => Some(halves.without(row)),
        }
    }

    /// Shows every row.
    pub(super) fn each_row(&self, show: &mut impl FnMut(&OfferRow)) {
        match &self.below {
            Below::Rows(rows) => rows.iter().for_each(show),
            Below::Halves(halves) => halves.nodes.iter().for_each(|node| node.each_row(show)),
        }
    }

    fn leaf(rows: Vec<OfferRow>) -> Arc<Self> {
        let best = OfferRow::joined(&rows);
        Arc::new(Self { best, below: Below::Rows(rows) })
    }

    /// A tree of rows, at least one, as even as it can be.
    fn of(mut rows: Vec<OfferRow>) -> Arc<Self> {
        if rows.len() <= LEAF_ROWS {
            rows.shrink_to_fit();
            return Self::leaf(rows);
        }
        let axis = widest_axis(&rows);
        let split = split_of(&mut rows, axis);
        let (low, high): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.axis(axis) < split);
        let rows = [low.len() as u32, high.len() as u32];
        let (axis, built_of) = (axis as u8, rows[0] + rows[1]);
        Halves { axis, split, rows, built_of, nodes: [Self::of(low), Self::of(high)] }.into_node()
    }
}

impl Halves {
    fn into_node(self) -> Arc<Node> {
        let best = OfferRow::joined(&self.nodes.each_ref().map(|node| node.best));
        Arc::new(Node { best, below: Below::Halves(self) })
    }

    fn without(&self, row: &OfferRow) -> Arc<Node> {
        let half = self.half_of(row);
        let Some(node) = self.nodes[half].without(row) else {
            return Arc::clone(&self.nodes[1 - half]);
        };
        let mut halves = self.clone();
        halves.rows[half] -= 1;
        halves.nodes[half] = node;
        halves.into_node()
    }
}

/// The axis on which the rows differ most.
fn widest_axis(rows: &[OfferRow]) -> usize {
    let (mut least, mut most) = ([f32::MAX; AXES], [f32::MIN; AXES]);
    for (row, axis) in rows.iter().flat_map(|row| (0..AXES).map(move |axis| (row, axis))) {
        let value = row.axis(axis);
        least[axis] = least[axis].min(value);
        most[axis] = most[axis].max(value);
    }
    let spread = |axis: &usize| most[*axis] - least[*axis];
    (0..AXES).max_by(|one, other| spread(one).total_cmp(&spread(other))).unwrap_or(0)
}

/// The value that parts the rows on an axis, as evenly as values allow: some are below it, and some
/// are not.
fn split_of(rows: &mut [OfferRow], axis: usize) -> f32 {
    let value = |row: &OfferRow| row.axis(axis);
    rows.sort_unstable_by(|one, other| value(one).total_cmp(&value(other)));
    let (least, median) = (value(&rows[0]), value(&rows[rows.len() / 2]));
    if least < median {
        return median;
    }
    rows.iter().map(value).find(|value| *value > least).unwrap_or(median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::date::{Date, Period};
    use matching::facts::{DemandFacts, OfferFacts};
    use matching::price::FreightRate;
    use matching::text::relevance::FULL;

    use crate::market::row::{DemandRow, bound};
    use crate::market::tests::generator::{Random, World};

    /// Rows of one unit; most end on one far day, and so cannot be parted evenly by it.
    fn rows(world: &World) -> Vec<OfferRow> {
        let row = |(slot, offer): (u32, &matching::offer::Offer)| {
            let product = world.products.iter().find(|it| it.id == offer.terms.product_id);
            let product = product.expect("a product");
            let producer = &world.parties[product.party];
            let mut facts = OfferFacts {
                content: world.offers[0].terms.content,
                unit_price: world.offers[0].terms.unit_price,
                ..OfferFacts::from(offer)
            };
            if slot % 10 > 0 {
                let last = Period::new(offer.capacity[0].period.from(), Date::from_days(47_000));
                facts.capacity[0].period = last.expect("in order");
            }
            OfferRow::new((slot, &facts), (slot, &product.facts()), &producer.facts())
        };
        (0..).zip(&world.offers).map(row).collect()
    }

    fn check(node: &Node, demands: &[DemandRow]) {
        let mut below = Vec::new();
        node.each_row(&mut |row| below.push(*row));
        for demand in demands {
            let of = |row: &OfferRow| bound(row, demand, FULL, FreightRate::default());
            let best = below.iter().filter_map(of).max();
            assert!(of(&node.best) >= best, "{:?} {best:?}", of(&node.best));
        }
        if let Below::Halves(halves) = &node.below {
            halves.nodes.iter().for_each(|node| check(node, demands));
        }
    }

    #[test]
    fn rows_are_found_again_and_none_is_better_than_the_nodes_above_it() {
        for seed in 0..4 {
            let world = World::new(seed, 400);
            let demands = world.demands.iter().take(40);
            let demands: Vec<DemandRow> =
                demands.map(|demand| DemandRow::new(0, &DemandFacts::from(demand))).collect();
            let (rows, mut random) = (rows(&world), Random(seed));
            let (mut clusters, mut there) = (Clusters::default(), Vec::new());
            for row in rows {
                clusters.add(1, row);
                there.push(row);
                if random.chance(40) {
                    let gone = there.swap_remove(random.below(there.len() as u64) as usize);
                    clusters.remove(1, &gone);
                }
            }
            let mut found = 0;
            for node in clusters.of_set(1) {
                check(node, &demands);
                node.each_row(&mut |_| found += 1);
            }
            assert_eq!(found, there.len());
            there.iter().for_each(|row| clusters.remove(1, row));
            assert!(clusters.of_set(1).is_empty(), "every row was found");
        }
    }

    #[test]
    fn rows_that_cannot_be_parted_evenly_are_not_built_again_each_time() {
        let world = World::new(7, 400);
        let mut node = Node::single(rows(&world)[0]);
        for row in rows(&world).into_iter().skip(1) {
            node.insert(row);
        }
        let Below::Halves(halves) = &node.below else { panic!("too few rows") };
        assert!(!halves.is_to_build());
    }
}
