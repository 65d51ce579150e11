//! Markets as NDJSON interchange lines: the demo market of real products, and a generated one of
//! any size for benchmarks. Same seed and day, same bytes. Knows the wire names of the interchange
//! and the reference data, and nothing of HTTP or the database.

mod certificates;
pub mod demo;
mod demo_demands;
mod demo_offers;
mod demo_products;
pub mod generated;
mod generated_demands;
mod generated_supply;
mod goods;
mod random;
mod real_lines;
mod wire;

pub use demo::{DemoMarket, DemoSummary, demo_market};
pub use generated::generated_market;
