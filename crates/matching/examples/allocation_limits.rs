//! Plans a seeded market with every integer limit and tells the gap to the flow bound.
//!
//! `cargo run --release -p matching --example allocation_limits -- SIDE SECONDS
//! [value|coverage] [--write FILE]`; the seconds are processor time.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/clock.rs"]
mod clock;
#[path = "../benches/allocation/instance.rs"]
mod instance;
#[path = "../benches/allocation/market.rs"]
mod market;

use clock::processor_seconds;
use market::Seeded;
use matching::allocation::check::{check_bound, check_limits};
use matching::allocation::integer::plan;
use matching::allocation::plan::Objective;
use std::error::Error;
use std::path::Path;

const SEED: u64 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let side = arguments.first().map_or(Ok(1_000), |side| side.parse())?;
    let limit: f64 = arguments.get(1).map_or(Ok(15.0), |seconds| seconds.parse())?;
    let is_coverage = arguments.iter().any(|argument| argument == "coverage");
    let objective = if is_coverage { Objective::Coverage } else { Objective::Value };
    let seeded = Seeded::new(side, true, SEED);
    let pairs = seeded.pairs();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        let path = arguments.get(at + 1).ok_or("--write FILE")?;
        return Ok(instance::write(Path::new(path), &seeded.market, &pairs)?);
    }
    let start = processor_seconds();
    let limited = plan(&seeded.market, &pairs, objective, &|| processor_seconds() - start > limit);
    let taken = processor_seconds() - start;
    check_limits(&seeded.market, &pairs, &limited.plan)?;
    let prices = limited.prices.as_ref().ok_or("stopped before the flow was solved")?;
    let bound = check_bound(&seeded.market, &pairs, objective, prices)?;
    let (reached, bound) = (objective.first_tier(limited.reached), objective.first_tier(bound));
    println!(
        "side={side} seconds={taken:.3} reached={reached} bound={bound} part={:.5} value={}",
        reached as f64 / bound as f64,
        limited.reached.score
    );
    Ok(())
}
