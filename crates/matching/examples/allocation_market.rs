//! Plans the whole seeded market over all eligible pairs, with progress.
//!
//! `cargo run --release -p matching --example allocation_market -- SIDE [value|coverage]`; `idle`
//! is what a machine with nothing else to do needs: the processor time of the thread that solves,
//! and that of the workers shared out among them.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/clock.rs"]
mod clock;
#[path = "../benches/allocation/market.rs"]
mod market;

use clock::{peak_mb, process_seconds, processor_seconds};
use market::Seeded;
use matching::allocation::columns::{Control, Pricing, Progress, Search, solve};
use matching::allocation::flow::Outcome;
use matching::allocation::plan::Objective;
use std::error::Error;
use std::time::Instant;

const SEED: u64 = 4;
/// Threads that price pairs.
const WORKERS: usize = 2;

impl Pricing for Seeded {
    fn search(&self, need: u32, search: &mut Search<'_>) {
        self.of_need(need as usize, |capacity, score| search.see(capacity, score));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let side = arguments.first().map_or(Ok(100_000), |side| side.parse())?;
    let is_coverage = arguments.iter().any(|argument| argument == "coverage");
    let objective = if is_coverage { Objective::Coverage } else { Objective::Value };
    let seeded = Seeded::new(side, false, SEED);
    let (start, all, own) = (Instant::now(), process_seconds(), processor_seconds());
    let tell = |what: &str, Progress { round, pairs, reached, bound }: Progress| {
        let first = |worth| objective.first_tier(worth) as f64;
        let (all, own) = (process_seconds() - all, processor_seconds() - own);
        println!(
            "{what}={round} pairs={pairs} wall={:.2} processor={all:.2} idle={:.2} gap={:.6} \
             value={} peak_mb={:.0}",
            start.elapsed().as_secs_f64(),
            own + (all - own) / WORKERS as f64,
            1.0 - first(reached) / first(bound),
            reached.score,
            peak_mb()
        );
    };
    let mut progress = |progress| tell("round", progress);
    let mut control = Control { workers: WORKERS, stop: &|| false, progress: &mut progress };
    let solved = solve(&seeded.market, objective, &seeded, &mut control)?;
    if solved.outcome == Outcome::Optimal {
        tell("optimal_after", solved.progress);
    }
    Ok(())
}
