//! What is available for each delivery of a demand, and what can be sold of it. Must not know
//! checks, prices or scores.

use std::cmp::Reverse;

use crate::facts::FreeCapacity;
use crate::price::Conversion;

/// What is available for one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Free in the capacity periods that can serve it, in base units of the wanted product.
    pub available_base: u128,
    /// The capacity periods that can serve it: the lowest bit for the first.
    pub serving: u128,
    /// Still wanted, in the demand's unit.
    pub wanted: u64,
}

impl Coverage {
    /// The last period that can serve it, counted from one; 0 without any.
    const fn last(&self) -> u32 {
        u128::BITS - self.serving.leading_zeros()
    }
}

/// Free in these periods, the lowest bit for the first.
#[must_use]
pub fn free_in(capacity: &[FreeCapacity], periods: u128) -> u64 {
    let chosen = capacity.iter().enumerate().filter(|(place, _)| periods >> place & 1 == 1);
    chosen.map(|(_, period)| period.free()).sum()
}

/// How many increments of the offer can be sold to the deliveries together: each takes whole ones
/// of each period, and one alone at least the `smallest` share of each that it takes from. Those
/// whose last period comes first choose first, and each takes from the first of its periods that
/// has something left: the most that there is where each is served by periods in a row (Glover,
/// Maximum matching in a convex bipartite graph, 1967).
#[must_use]
pub fn sold(
    capacity: &[FreeCapacity],
    deliveries: &[Coverage],
    by: &Conversion,
    (increment, smallest): (u64, u64),
) -> u64 {
    let wanted = |delivery: &Coverage| by.offer_units_within(delivery.wanted) / increment;
    let free = capacity.iter().map(|period| period.free() / increment);
    if let [only] = deliveries {
        let serving = (0_u32..).zip(free).filter(|(place, _)| only.serving >> place & 1 == 1);
        let mut serving: Vec<u64> = serving.map(|(_, steps)| steps).collect();
        serving.sort_unstable_by_key(|steps| Reverse(*steps));
        let shares = wanted(only) / (smallest / increment).max(1);
        let shares = serving.into_iter().take(usize::try_from(shares).unwrap_or(usize::MAX));
        return shares.sum::<u64>().min(wanted(only));
    }
    let mut free: Vec<u64> = free.collect();
    let mut choosing: Vec<&Coverage> = deliveries.iter().collect();
    choosing.sort_by_key(|delivery| delivery.last());
    choosing.into_iter().map(|delivery| take(&mut free, delivery, wanted(delivery))).sum()
}

/// Takes what one delivery can be sold of what it wants out of what is free.
fn take(free: &mut [u64], delivery: &Coverage, wanted: u64) -> u64 {
    let mut left = wanted;
    let serving = free.iter_mut().enumerate();
    for (_, free) in serving.filter(|(place, _)| delivery.serving >> place & 1 == 1) {
        let taken = left.min(*free);
        (*free, left) = (*free - taken, left - taken);
    }
    wanted - left
}
