//! Offers of one product set and unit in a tree: a tree's row is at least as good as that of each
//! offer in it, and offers that rank alike stand together, so that a query opens few trees. A
//! change copies the nodes on its way. Must not know what is asked of a row.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::offer_rows::OfferRows;
use super::row::{AXES, OfferRow};
use super::table::{Slot, Table};

/// The most offers of a leaf.
const LEAF_OFFERS: usize = 16;
/// A tree with more than this part of its offers in one half is built again, once so many came
/// since it was built that building it costs each of them little: some offers cannot be parted
/// evenly, and would be built again for nothing.
const MOST_IN_HALF: (u32, u32) = (3, 4);
/// The part of its offers that must have come since.
const NEWCOMERS: u32 = 4;

/// Trees by set, unit, and whether there is a price; a clone shares every node.
#[derive(Debug, Clone, Default)]
pub(super) struct Clusters(Table<Vec<Tree>>);

impl Clusters {
    /// The trees of all offers, built at once: one after the other, each would be joined with every
    /// node on its way.
    pub(super) fn of(rows: &OfferRows) -> Self {
        let mut kinds: BTreeMap<_, Vec<Slot>> = BTreeMap::new();
        for (offer, row) in rows.all() {
            let kind = (row.product_set, row.unit(), row.is_priced());
            kinds.entry(kind).or_default().push(offer);
        }
        let mut clusters = Self::default();
        let placed = |offer: &Slot| Some(Placed::new(*offer, rows.get(*offer)?));
        for ((set, ..), offers) in kinds {
            let tree = Tree::of(offers.iter().filter_map(placed).collect());
            clusters.0.get_or_default(set.into()).extend(tree);
        }
        clusters
    }

    /// The trees of a set.
    pub(super) fn of_set(&self, set: u8) -> &[Tree] {
        self.0.get(set.into()).map_or(&[], Vec::as_slice)
    }

    /// Adds an offer that is in `rows` and in no tree.
    pub(super) fn add(&mut self, offer: Slot, rows: &OfferRows) {
        let Some(row) = rows.get(offer) else { return };
        let trees = self.0.get_or_default(row.product_set.into());
        match trees.iter_mut().find(|tree| tree.takes(row)) {
            Some(tree) => tree.insert((offer, row), rows),
            None => trees.push(Tree::single(offer, *row)),
        }
    }

    /// Takes out an offer, whose row is as it was when it was added.
    pub(super) fn remove(&mut self, offer: Slot, rows: &OfferRows) {
        let Some(row) = rows.get(offer) else { return };
        let trees = self.0.get_or_default(row.product_set.into());
        let Some(place) = trees.iter().position(|tree| tree.takes(row)) else { return };
        match trees[place].without((offer, row), rows) {
            Some(tree) => trees[place] = tree,
            None => drop(trees.swap_remove(place)),
        }
    }
}

/// Offers with a row that is at least as good as that of each.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) best: OfferRow,
    pub(super) below: Below,
}

/// What a tree holds.
#[derive(Debug, Clone)]
pub(super) enum Below {
    /// Offers, at least one.
    Leaf(Arc<[Slot]>),
    /// Two trees.
    Halves(Arc<Halves>),
}

/// Two trees: in the first every row is below `split` on `axis`, in the other none.
#[derive(Debug, Clone)]
pub(super) struct Halves {
    trees: [Tree; 2],
    axis: u8,
    split: f32,
    offers: [u32; 2],
    /// Offers when it was built.
    built_of: u32,
}

/// An offer with its row.
type Member<'a> = (Slot, &'a OfferRow);

/// An offer with where it stands on every axis.
struct Placed<'a> {
    member: Member<'a>,
    at: [f32; AXES + 1],
}

impl<'a> Placed<'a> {
    fn new(offer: Slot, row: &'a OfferRow) -> Self {
        let member = (offer, row);
        Self { member, at: std::array::from_fn(|axis| coordinate(member, axis)) }
    }
}

impl Halves {
    /// The two trees.
    pub(super) fn trees(&self) -> &[Tree; 2] {
        &self.trees
    }

    fn half_of(&self, member: Member<'_>) -> usize {
        usize::from(coordinate(member, usize::from(self.axis)) >= self.split)
    }

    fn insert(&mut self, member: Member<'_>, rows: &OfferRows) {
        let half = self.half_of(member);
        self.offers[half] += 1;
        self.trees[half].insert(member, rows);
    }

    fn is_to_build(&self) -> bool {
        let ([low, high], (part, whole)) = (self.offers, MOST_IN_HALF);
        let is_lopsided = low.max(high) > (low + high) / whole * part;
        is_lopsided && low + high > self.built_of + self.built_of / NEWCOMERS + LEAF_OFFERS as u32
    }

    fn without(&self, member: Member<'_>, rows: &OfferRows) -> Option<Tree> {
        let half = self.half_of(member);
        let Some(tree) = self.trees[half].without(member, rows) else {
            return Some(self.trees[1 - half].clone());
        };
        let mut halves = self.clone();
        halves.offers[half] -= 1;
        halves.trees[half] = tree;
        halves.into_tree()
    }

    fn into_tree(self) -> Option<Tree> {
        let best = OfferRow::joined(&self.trees.each_ref().map(|tree| &tree.best))?;
        Some(Tree { best, below: Below::Halves(Arc::new(self)) })
    }
}

impl Tree {
    /// Whether a row is of its kind.
    fn takes(&self, row: &OfferRow) -> bool {
        (self.best.unit(), self.best.is_priced()) == (row.unit(), row.is_priced())
    }

    /// The tree of one offer.
    fn single(offer: Slot, best: OfferRow) -> Self {
        Self { best, below: Below::Leaf([offer].into()) }
    }

    /// Adds an offer.
    fn insert(&mut self, member: Member<'_>, rows: &OfferRows) {
        let (offer, row) = member;
        self.best.join(row);
        let is_to_build = match &mut self.below {
            Below::Leaf(offers) => {
                *offers = offers.iter().copied().chain([offer]).collect();
                offers.len() > LEAF_OFFERS
            }
            Below::Halves(halves) => {
                let halves = Arc::make_mut(halves);
                halves.insert(member, rows);
                halves.is_to_build()
            }
        };
        if is_to_build {
            let mut members = Vec::new();
            self.each_offer(&mut |offer| {
                members.extend(rows.get(offer).map(|row| Placed::new(offer, row)));
            });
            *self = Self::of(members).unwrap_or_else(|| Self::single(offer, *row));
        }
    }

    /// The tree without an offer; none when it was the last.
    fn without(&self, member: Member<'_>, rows: &OfferRows) -> Option<Self> {
        match &self.below {
            Below::Leaf(offers) => {
                let others = offers.iter().copied().filter(|other| *other != member.0);
                Self::leaf(others.filter_map(|offer| Some((offer, rows.get(offer)?))).collect())
            }
            Below::Halves(halves) => halves.without(member, rows),
        }
    }

    /// Shows every offer.
    pub(super) fn each_offer(&self, show: &mut impl FnMut(Slot)) {
        match &self.below {
            Below::Leaf(offers) => offers.iter().copied().for_each(show),
            Below::Halves(halves) => halves.trees.iter().for_each(|tree| tree.each_offer(show)),
        }
    }

    fn leaf(members: Vec<Member<'_>>) -> Option<Self> {
        let (offers, rows): (Vec<Slot>, Vec<&OfferRow>) = members.into_iter().unzip();
        Some(Self { best: OfferRow::joined(&rows)?, below: Below::Leaf(offers.into()) })
    }

    /// A tree of offers, as even as it can be; none of none.
    fn of(mut members: Vec<Placed<'_>>) -> Option<Self> {
        if members.len() <= LEAF_OFFERS {
            return Self::leaf(members.iter().map(|placed| placed.member).collect());
        }
        let axis = widest_axis(&members);
        let split = split_of(&mut members, axis);
        let (low, high): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|placed| placed.at[axis] < split);
        let offers = [low.len() as u32, high.len() as u32];
        let (axis, built_of) = (axis as u8, offers[0] + offers[1]);
        let trees = [Self::of(low)?, Self::of(high)?];
        Halves { trees, axis, split, offers, built_of }.into_tree()
    }
}

/// Where an offer stands on an axis. The last axis only tells apart those with equal rows.
fn coordinate((offer, row): Member<'_>, axis: usize) -> f32 {
    if axis == AXES { offer as f32 * 1e-9 } else { row.axis(axis) }
}

/// The axis on which the offers differ most.
fn widest_axis(members: &[Placed<'_>]) -> usize {
    let (mut least, mut most) = ([f32::MAX; AXES + 1], [f32::MIN; AXES + 1]);
    for placed in members {
        for axis in 0..=AXES {
            least[axis] = least[axis].min(placed.at[axis]);
            most[axis] = most[axis].max(placed.at[axis]);
        }
    }
    let spread = |axis: &usize| most[*axis] - least[*axis];
    (0..=AXES).max_by(|one, other| spread(one).total_cmp(&spread(other))).unwrap_or(0)
}

/// The value that parts the offers on an axis, as evenly as values allow: some are below it, and
/// some are not.
fn split_of(members: &mut [Placed<'_>], axis: usize) -> f32 {
    let value = |placed: &Placed<'_>| placed.at[axis];
    let half = members.len() / 2;
    let by_value = |one: &Placed<'_>, other: &Placed<'_>| value(one).total_cmp(&value(other));
    let (low, median, high) = members.select_nth_unstable_by(half, by_value);
    let median = value(median);
    if low.iter().any(|placed| value(placed) < median) {
        return median;
    }
    high.iter().map(value).filter(|value| *value > median).min_by(f32::total_cmp).unwrap_or(median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::date::{Date, Period};
    use matching::facts::{DemandFacts, FreeCapacity, NeedFacts, OfferFacts};
    use matching::price::FreightRate;
    use matching::product::ProductSet;
    use matching::text::relevance::FULL;

    use crate::market::row::{DemandRow, bound};
    use crate::market::tests::generator::{Random, World};

    /// Rows of one set and unit; most end on one far day, and so cannot be parted evenly by it.
    fn rows(world: &World) -> OfferRows {
        let mut rows = OfferRows::default();
        for (slot, offer) in (0..).zip(&world.offers) {
            let product = world.products.iter().find(|it| it.id == offer.terms.product_id);
            let product = product.expect("a product");
            let producer = &world.parties[product.party];
            let mut facts = OfferFacts::from(offer);
            facts.unit = OfferFacts::from(&world.offers[0]).unit;
            facts.unit_price = world.offers[0].terms.unit_price;
            let mut capacity = FreeCapacity::of(offer);
            if slot % 10 > 0 {
                let last = Period::new(offer.capacity[0].period.from(), Date::from_days(47_000));
                capacity[0].period = last.expect("in order");
            }
            let mut product = product.facts();
            product.product_set = ProductSet::new(1).expect("a set");
            let offer = (&facts, &*capacity);
            rows.put(slot, OfferRow::new(offer, (slot, &product), &producer.facts()));
        }
        rows
    }

    fn check(tree: &Tree, rows: &OfferRows, demands: &[DemandRow]) {
        let mut below = Vec::new();
        tree.each_offer(&mut |offer| below.extend(rows.get(offer)));
        for demand in demands {
            let of = |row: &OfferRow| bound(row, demand, FULL, FreightRate::default());
            let best = below.iter().copied().filter_map(of).max();
            assert!(of(&tree.best) >= best, "{:?} {best:?}", of(&tree.best));
        }
        if let Below::Halves(halves) = &tree.below {
            halves.trees.iter().for_each(|tree| check(tree, rows, demands));
        }
    }

    #[test]
    fn offers_are_found_again_and_none_is_better_than_the_trees_it_is_in() {
        for seed in 0..4 {
            let world = World::new(seed, 400);
            let demands = world.demands.iter().take(40);
            let row =
                |demand| DemandRow::new(0, &DemandFacts::from(demand), &NeedFacts::of(demand));
            let demands: Vec<DemandRow> = demands.map(row).collect();
            let (rows, mut random) = (rows(&world), Random(seed));
            let (mut clusters, mut there) = (Clusters::default(), Vec::new());
            for offer in 0..world.offers.len() as Slot {
                clusters.add(offer, &rows);
                there.push(offer);
                if random.chance(40) {
                    let gone = there.swap_remove(random.below(there.len() as u64) as usize);
                    clusters.remove(gone, &rows);
                }
            }
            let mut found = Vec::new();
            for tree in clusters.of_set(1) {
                check(tree, &rows, &demands);
                tree.each_offer(&mut |offer| found.push(offer));
            }
            found.sort_unstable();
            there.sort_unstable();
            assert_eq!(found, there);
            let mut alive = rows.clone();
            (0..world.offers.len() as Slot)
                .filter(|offer| there.binary_search(offer).is_err())
                .for_each(|offer| alive.remove(offer));
            clusters = Clusters::of(&alive);
            let mut built = Vec::new();
            for tree in clusters.of_set(1) {
                check(tree, &alive, &demands);
                tree.each_offer(&mut |offer| built.push(offer));
            }
            built.sort_unstable();
            assert_eq!(built, there, "built at once");
            there.iter().for_each(|offer| clusters.remove(*offer, &rows));
            assert!(clusters.of_set(1).is_empty(), "every offer was found");
        }
    }

    #[test]
    fn offers_that_cannot_be_parted_evenly_are_not_built_again_each_time() {
        let world = World::new(7, 400);
        let rows = rows(&world);
        let row = |offer| rows.get(offer).expect("a row");
        let mut tree = Tree::single(0, *row(0));
        for offer in 1..world.offers.len() as Slot {
            tree.insert((offer, row(offer)), &rows);
        }
        let Below::Halves(halves) = &tree.below else { panic!("too few offers") };
        assert!(!halves.is_to_build());
    }
}
