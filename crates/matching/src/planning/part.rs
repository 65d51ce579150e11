//! A market falls apart into parts that share nothing: no pair, no producer, no demand. Each is
//! solved alone, in the coarsest measure that all its quantities are multiples of, so that whole
//! units of sale stay whole. It must not know how a part is solved.

use std::collections::BTreeMap;

use crate::allocation::greatest_common_divisor;
use crate::allocation::instance::{
    Capacity, DemandLimits, InstanceError, Market, Need, OfferLimits, Pair, Pairs, QUANTITY_MAX,
    Sales,
};

use super::balance::Seller;
use super::excess::{is_above, sums};
use super::snapshot::{Change, Relaxation, Snapshot};

/// The snapshot, with one of its demands changed or with none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) changed: Option<&'a Relaxation>,
}

impl<'a> Terms<'a> {
    pub(super) fn pairs(self) -> impl Iterator<Item = &'a Pair> {
        let demand = |pair: &Pair| self.snapshot.needs[pair.need as usize].demand;
        let stays = move |pair: &&Pair| self.changed.is_none_or(|it| it.demand != demand(pair));
        let kept = self.snapshot.pairs.iter().filter(stays);
        kept.chain(self.changed.into_iter().flat_map(|changed| &changed.pairs))
    }

    fn change(self, demand: u32) -> Option<Change> {
        self.changed.filter(|changed| changed.demand == demand).map(|changed| changed.change)
    }

    fn least(self, need: u32) -> u64 {
        let side = self.snapshot.needs[need as usize];
        match self.change(side.demand) {
            Some(Change::NoLeast { delivery }) if delivery == side.delivery => 0,
            _ => side.least,
        }
    }

    /// Base units of the smallest share of a pair; 0 for none.
    fn minimum(self, pair: &Pair) -> u64 {
        let demand = self.snapshot.needs[pair.need as usize].demand;
        let changed = self.changed.filter(|changed| changed.demand == demand);
        let minima = changed.map_or(&self.snapshot.minima, |changed| &changed.minima);
        self.snapshot.minimum_base(minima, pair.capacity, pair.need)
    }

    fn limits(self, demand: u32) -> (Option<u64>, Option<u32>) {
        let side = &self.snapshot.demands[demand as usize];
        match self.change(demand) {
            Some(Change::NoMinShare) => (None, side.max_suppliers),
            Some(Change::MaxSuppliers(most)) => (side.min_share, most),
            _ => (side.min_share, side.max_suppliers),
        }
    }
}

/// A market of its own. Capacities and needs are those of the snapshot at these places.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) market: Market,
    pub(super) pairs: Pairs,
    pub(super) capacities: Vec<u32>,
    pub(super) needs: Vec<u32>,
    /// By producer: when its first offer was recorded.
    pub(super) offered_at: Vec<i64>,
    /// Base units in one unit of the market.
    pub(super) grain: u64,
}

/// The parts, each with its capacities by offer and period, and its needs by demand and delivery.
///
/// # Errors
/// A quantity or a number of sides above the limits of an instance.
pub(super) fn parts(terms: Terms<'_>) -> Result<Vec<Part>, InstanceError> {
    let mut members = Groups::of(terms).members(terms);
    for pair in terms.pairs() {
        let part = members.part_of_need[pair.need as usize];
        members.parts[part as usize].pairs.push(*pair);
    }
    members.parts.into_iter().map(|member| member.part(terms)).collect()
}

/// Disjoint sets of capacities and needs (Tarjan 1975).
struct Groups {
    parents: Vec<u32>,
}

impl Groups {
    fn of(terms: Terms<'_>) -> Self {
        let snapshot = terms.snapshot;
        let capacities = snapshot.capacities.len() as u32;
        let nodes = capacities + snapshot.needs.len() as u32;
        let mut groups = Self { parents: (0..nodes).collect() };
        let (mut sellers, mut demands) = (BTreeMap::new(), BTreeMap::new());
        for pair in terms.pairs() {
            let (capacity, need) = (pair.capacity, capacities + pair.need);
            groups.unite(capacity, need);
            let first = *sellers.entry(snapshot.seller(pair.capacity)).or_insert(capacity);
            groups.unite(capacity, first);
            let demand = snapshot.needs[pair.need as usize].demand;
            let first = *demands.entry(demand).or_insert(need);
            groups.unite(need, first);
        }
        groups
    }

    fn find(&mut self, mut node: u32) -> u32 {
        while self.parents[node as usize] != node {
            let parent = self.parents[node as usize];
            self.parents[node as usize] = self.parents[parent as usize];
            node = parent;
        }
        node
    }

    fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        self.parents[one.max(other) as usize] = one.min(other);
    }

    fn members(mut self, terms: Terms<'_>) -> Members {
        let snapshot = terms.snapshot;
        let capacities = snapshot.capacities.len();
        let (mut used_capacities, mut used_needs) =
            (vec![false; capacities], vec![false; snapshot.needs.len()]);
        for pair in terms.pairs() {
            used_capacities[pair.capacity as usize] = true;
            used_needs[pair.need as usize] = true;
        }
        let key = |need: &u32| (snapshot.demand_of(*need).id, snapshot.needs[*need as usize]);
        let mut needs: Vec<u32> =
            (0..snapshot.needs.len() as u32).filter(|&need| used_needs[need as usize]).collect();
        needs.sort_by_key(|need| (key(need).0, key(need).1.delivery));
        let mut own: Vec<u32> =
            (0..capacities as u32).filter(|&at| used_capacities[at as usize]).collect();
        own.sort_by_key(|&at| {
            (snapshot.offer_of(at).id, snapshot.capacities[at as usize].period.from())
        });
        let mut members =
            Members { parts: Vec::new(), part_of_need: vec![0; snapshot.needs.len()] };
        let mut part_of_root = BTreeMap::new();
        for need in needs {
            let root = self.find(capacities as u32 + need);
            let part = *part_of_root.entry(root).or_insert_with(|| members.add());
            members.parts[part as usize].needs.push(need);
            members.part_of_need[need as usize] = part;
        }
        for capacity in own {
            let part = part_of_root[&self.find(capacity)];
            members.parts[part as usize].capacities.push(capacity);
        }
        members
    }
}

struct Members {
    parts: Vec<Member>,
    part_of_need: Vec<u32>,
}

impl Members {
    fn add(&mut self) -> u32 {
        self.parts.push(Member::default());
        self.parts.len() as u32 - 1
    }
}

/// What belongs to a part.
#[derive(Default)]
struct Member {
    capacities: Vec<u32>,
    needs: Vec<u32>,
    pairs: Vec<Pair>,
}

impl Member {
    fn part(self, terms: Terms<'_>) -> Result<Part, InstanceError> {
        let Self { capacities, needs, pairs } = self;
        let grain = grain(terms.snapshot, &capacities);
        let Supply { limits: offers, mut own, producers, offered_at } =
            supply(terms.snapshot, &capacities, grain);
        let (demands, mut wanted) = demand(terms, &needs, grain);
        let earlier = producers.into_iter().map(|seller| {
            let sales = terms.snapshot.balances.get(seller);
            let (offered, sold) = (sales.offered / grain, sales.sold / grain);
            Sales { offered: offered.min(sold.max(QUANTITY_MAX)), sold }
        });
        let place = |all: &[u32]| -> BTreeMap<u32, u32> { all.iter().copied().zip(0..).collect() };
        let (capacity_at, need_at) = (place(&capacities), place(&needs));
        let local = |pair: Pair| Pair {
            capacity: capacity_at[&pair.capacity],
            need: need_at[&pair.need],
            score: pair.score,
        };
        let local_pairs: Vec<Pair> = pairs.iter().copied().map(local).collect();
        lower_needs(&mut wanted, &own, &local_pairs);
        lower_capacities(&mut own, &wanted, (&offers, &local_pairs));
        let market = Market::new(own, wanted, offers, demands)?.after(earlier.collect())?;
        let minimum = |pair: &Pair| {
            let (least, Pair { capacity, need, .. }) = (terms.minimum(pair), local(*pair));
            let offer = market.capacities()[capacity as usize].offer;
            let demand = market.needs()[need as usize].demand;
            (least > 0).then_some(((offer, demand), least.div_ceil(grain)))
        };
        let minima = pairs.iter().filter_map(minimum).collect();
        let market = market.with_minima(minima);
        let pairs = Pairs::new(&market, local_pairs)?;
        Ok(Part { market, pairs, capacities, needs, offered_at, grain })
    }
}

/// Where more is wanted than a market may hold: no need is larger than all that can be given to it.
fn lower_needs(wanted: &mut [Need], own: &[Capacity], pairs: &[Pair]) {
    if !is_above(QUANTITY_MAX, wanted.iter().map(|need| need.max)) {
        return;
    }
    let given = pairs.iter().map(|pair| (pair.need, own[pair.capacity as usize].quantity));
    let given = sums(wanted.len(), given);
    for (need, given) in wanted.iter_mut().zip(given) {
        let max = if given < need.min { 0 } else { given.min(need.max) };
        (need.max, need.min) = (max, need.min.min(max));
    }
}

/// Where more is offered than a market may hold: no capacity has more than an increment beyond all
/// that can be taken of it; that is then what it offers.
fn lower_capacities(
    own: &mut [Capacity],
    wanted: &[Need],
    (offers, pairs): (&[OfferLimits], &[Pair]),
) {
    if !is_above(QUANTITY_MAX, own.iter().map(|capacity| capacity.quantity)) {
        return;
    }
    let taken = pairs.iter().map(|pair| (pair.capacity, wanted[pair.need as usize].max));
    let taken = sums(own.len(), taken);
    for (capacity, taken) in own.iter_mut().zip(taken) {
        let increment = offers[capacity.offer as usize].increment;
        let beyond = taken.saturating_add(increment);
        capacity.quantity = capacity.quantity.min(beyond - beyond % increment);
    }
}

/// The largest number of base units that every increment is a multiple of.
fn grain(snapshot: &Snapshot, capacities: &[u32]) -> u64 {
    let steps = capacities.iter().map(|&at| snapshot.step_base(at));
    steps.fold(0, greatest_common_divisor).max(1)
}

/// The offers of a part.
#[derive(Default)]
struct Supply {
    /// By offer.
    limits: Vec<OfferLimits>,
    own: Vec<Capacity>,
    /// By producer.
    producers: Vec<Seller>,
    /// By producer: when its first offer was recorded.
    offered_at: Vec<i64>,
}

fn supply(snapshot: &Snapshot, capacities: &[u32], grain: u64) -> Supply {
    let (mut offers, mut producers) = (BTreeMap::new(), BTreeMap::new());
    let mut supply = Supply::default();
    for &at in capacities {
        let side = snapshot.offer_of(at);
        let base = |units: u64| units.saturating_mul(side.content.base_units);
        let offer = *offers.entry(side.id).or_insert_with(|| {
            let increment = base(side.increment) / grain;
            let min_order = base(side.min_order).div_ceil(grain);
            supply.limits.push(OfferLimits { min_order, increment: increment.max(1) });
            supply.limits.len() as u32 - 1
        });
        let seller = snapshot.seller(at);
        let producer = *producers.entry(seller).or_insert_with(|| {
            supply.producers.push(seller);
            supply.offered_at.push(recorded_at(side.id.as_u128()));
            supply.producers.len() as u32 - 1
        });
        let quantity = snapshot.free_base(at) / grain;
        supply.own.push(Capacity { quantity, offer, producer });
    }
    supply
}

/// Milliseconds of a UUID of version 7 (RFC 9562 section 5.7).
const fn recorded_at(id: u128) -> i64 {
    (id >> 80) as i64
}

/// Limits by demand, and needs.
fn demand(terms: Terms<'_>, needs: &[u32], grain: u64) -> (Vec<DemandLimits>, Vec<Need>) {
    let snapshot = terms.snapshot;
    let (mut demands, mut limits, mut wanted) = (BTreeMap::new(), Vec::new(), Vec::new());
    for &at in needs {
        let side = snapshot.needs[at as usize];
        let demand = *demands.entry(side.demand).or_insert_with(|| {
            let (min_share, max_suppliers) = terms.limits(side.demand);
            let min_share = min_share.map_or(0, |share| snapshot.need_base(at, share));
            limits.push(DemandLimits { min_share: min_share.div_ceil(grain), max_suppliers });
            limits.len() as u32 - 1
        });
        let max = snapshot.need_base(at, side.most) / grain;
        let min = snapshot.need_base(at, terms.least(at)).div_ceil(grain);
        let max = if min > max { 0 } else { max };
        wanted.push(Need { max, min: min.min(max), demand });
    }
    (limits, wanted)
}
