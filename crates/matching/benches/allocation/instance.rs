//! The file format in which instances go to the peers: numbers of four bytes, little endian.
//!
//! Counts of capacities, needs and pairs; quantities of capacities, then of needs; capacity, need
//! and score of each pair; producer, minimum order and increment of each capacity; demand,
//! minimum, minimum share and most suppliers (all ones for any) of each need.

use matching::allocation::instance::{Market, Pairs};
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// Writes an instance.
pub fn write(path: &Path, market: &Market, pairs: &Pairs) -> Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for number in numbers(market, pairs) {
        file.write_all(&(number as u32).to_le_bytes())?;
    }
    file.flush()
}

fn numbers(market: &Market, pairs: &Pairs) -> impl Iterator<Item = u64> {
    let (capacities, needs) = (market.capacities(), market.needs());
    let counts = [capacities.len(), needs.len(), pairs.all().len()].map(|count| count as u64);
    let supply = capacities.iter().map(|capacity| capacity.quantity);
    let wanted = needs.iter().map(|need| need.max);
    let pairs = pairs.all().iter();
    let pairs = pairs.flat_map(|p| [p.capacity, p.need, p.score.into()].map(u64::from));
    let offers = (0..).zip(capacities).flat_map(|(at, capacity)| {
        let limits = market.offer_limits(at);
        [capacity.producer.into(), limits.min_order, limits.increment]
    });
    let demands = (0..).zip(needs).flat_map(|(at, need)| {
        let limits = market.demand_limits(at);
        let most = limits.max_suppliers.unwrap_or(u32::MAX);
        [need.demand.into(), need.min, limits.min_share, most.into()]
    });
    counts.into_iter().chain(supply).chain(wanted).chain(pairs).chain(offers).chain(demands)
}
