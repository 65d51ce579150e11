//! Allocation: one market of capacities and needs, planned exactly, with proof.
//!
//! Knows integers only: quantities in base units, scores in basis points, indices. It must not
//! know products, places, dates, words or where an instance comes from.

pub mod check;
pub mod columns;
pub mod fairness;
pub mod flow;
pub mod instance;
pub mod integer;
pub mod margin;
mod parts;
pub mod plan;
pub mod repair;
mod run;
pub mod workers;

pub use run::{Planning, Run, run};

/// Euclid's algorithm.
pub(crate) const fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}
