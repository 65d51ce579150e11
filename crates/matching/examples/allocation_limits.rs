//! Plans a seeded market with every integer limit and tells the gap to the flow bound.
//!
//! `cargo run --release -p matching --example allocation_limits -- SIDE [value|coverage]`
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/market.rs"]
mod market;

use market::Seeded;
use matching::allocation::check::check_limits;
use matching::allocation::integer::plan;
use matching::allocation::plan::Objective;
use std::error::Error;
use std::time::{Duration, Instant};

const SEED: u64 = 4;
const LIMIT: Duration = Duration::from_secs(15);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let side = arguments.first().map_or(Ok(1_000), |side| side.parse())?;
    let objective = match arguments.get(1).map(String::as_str) {
        Some("coverage") => Objective::Coverage,
        _ => Objective::Value,
    };
    let seeded = Seeded::new(side, true, SEED);
    let pairs = seeded.pairs();
    let start = Instant::now();
    let limited = plan(&seeded.market, &pairs, objective, &|| start.elapsed() > LIMIT);
    let taken = start.elapsed();
    check_limits(&seeded.market, &pairs, &limited.plan)?;
    let bound = limited.bound.unwrap_or_default();
    println!(
        "{taken:.2?}: value {} of {} ({:.3} %), quantity {} of {} ({:.3} %)",
        limited.reached.score,
        bound.score,
        limited.reached.score as f64 * 100.0 / bound.score as f64,
        limited.reached.quantity,
        bound.quantity,
        limited.reached.quantity as f64 * 100.0 / bound.quantity as f64,
    );
    Ok(())
}
