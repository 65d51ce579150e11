//! Writes seeded instances in which all limits meet, and the answers under coverage, for an oracle.
//!
//! `cargo run --release -p matching --example allocation_mixed -- FOLDER COUNT [RULE]`; one line
//! for each instance: its file, base units and score of the plan, whether it is proven, and the
//! questions and milliseconds that it took.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/instance.rs"]
mod instance;
#[path = "../benches/allocation/mixed.rs"]
mod mixed;

use matching::allocation::fairness::Rule;
use matching::allocation::plan::Objective;
use matching::allocation::run;
use std::cell::Cell;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest that one instance may take.
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: allocation_mixed FOLDER COUNT";
    let (folder, count) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let rule = match arguments.next().as_deref() {
        Some("max_min") => Rule::MaxMin,
        Some("equal") => Rule::Equal,
        Some("pro_rata") => Rule::ProRata,
        Some("first_come") => Rule::FirstCome(&[]),
        _ => Rule::None,
    };
    for seed in 0..count.parse()? {
        let (market, pairs) = mixed::mixed(seed)?;
        let path = Path::new(&folder).join(format!("{seed}.bin"));
        instance::write(&path, &market, &pairs)?;
        let (begun, asked) = (Instant::now(), Cell::new(0));
        let stop = || {
            asked.set(asked.get() + 1);
            begun.elapsed() > LIMIT
        };
        let best = run(&market, &pairs, Objective::Coverage, rule, &stop);
        println!(
            "{} {} {} {} {} {}",
            path.display(),
            best.reached.quantity,
            best.reached.score,
            best.is_optimal,
            asked.get(),
            begun.elapsed().as_millis()
        );
    }
    Ok(())
}
