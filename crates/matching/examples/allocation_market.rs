//! Plans the whole seeded market over all eligible pairs, with progress.
//!
//! `cargo run --release -p matching --example allocation_market -- SIDE [value|coverage]`
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/market.rs"]
mod market;

use market::Seeded;
use matching::allocation::columns::{Control, Pricing, Progress, Search, solve};
use matching::allocation::plan::Objective;
use std::error::Error;
use std::time::Instant;

const SEED: u64 = 4;

impl Pricing for Seeded {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        self.of_need(need as usize, |capacity, score| search.see(capacity, score));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let side = arguments.first().map_or(Ok(100_000), |side| side.parse())?;
    let objective = match arguments.get(1).map(String::as_str) {
        Some("coverage") => Objective::Coverage,
        _ => Objective::Value,
    };
    let seeded = Seeded::new(side, false, SEED);
    let start = Instant::now();
    let mut progress = |at: Progress| {
        let gap = (at.bound.score - at.reached.score) as f64 / at.bound.score as f64;
        let (Progress { round, pairs, reached, bound }, taken) = (at, start.elapsed());
        println!(
            "{taken:8.2?} round {round}: {pairs} pairs, quantity {} of {}, value {}, gap {:.4} %",
            reached.quantity,
            bound.quantity,
            reached.score,
            gap * 100.0
        );
    };
    let stop = || false;
    let mut control = Control { workers: 2, stop: &stop, progress: &mut progress };
    let solved = solve(&seeded.market, objective, &seeded, &mut control)?;
    println!("{:?} after {:.2?}", solved.outcome, start.elapsed());
    Ok(())
}
