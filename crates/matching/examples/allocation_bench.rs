//! Times the exact flow on a seeded market.
//!
//! `cargo run --release -p matching --example allocation_bench -- S|M|L|XL [value|coverage]
//! [--write FILE]`; XL takes the 20 best pairs of each need. With `--write`, the instance is
//! written for the peers' script.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub)]

#[path = "../benches/allocation/clock.rs"]
mod clock;
#[path = "../benches/allocation/market.rs"]
mod market;

use clock::processor_seconds;

use market::Seeded;
use matching::allocation::check::check_optimal;
use matching::allocation::fairness::Rule;
use matching::allocation::flow::Flow;
use matching::allocation::instance::Pairs;
use matching::allocation::plan::{Objective, Plan};
use matching::allocation::repair::{decline, repair};
use matching::allocation::run;
use std::error::Error;
use std::io::Write;

const SEED: u64 = 4;
const BEST: usize = 20;
/// Declines and rules are timed on markets below this.
const DECLINE_PAIRS_MAX: usize = 1_900_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = arguments.first().map_or("L", String::as_str);
    let (seeded, pairs) = instance(size)?;
    println!("{size}: {} pairs", pairs.all().len());
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        return write(arguments.get(at + 1).ok_or("--write FILE")?, &seeded, &pairs);
    }
    for (name, objective) in [("value", Objective::Value), ("coverage", Objective::Coverage)] {
        if arguments.get(1).is_none_or(|wanted| wanted == name) {
            time(name, objective, &seeded, &pairs)?;
        }
    }
    Ok(())
}

fn instance(size: &str) -> Result<(Seeded, Pairs), Box<dyn Error>> {
    let side = match size {
        "S" => 100,
        "M" => 1_000,
        "L" => 10_000,
        "XL" => 100_000,
        _ => return Err("S, M, L or XL".into()),
    };
    let seeded = Seeded::new(side, false, SEED);
    let pairs = if size == "XL" { seeded.best_pairs(BEST) } else { seeded.pairs() };
    Ok((seeded, pairs))
}

fn time(
    name: &str,
    objective: Objective,
    seeded: &Seeded,
    pairs: &Pairs,
) -> Result<(), Box<dyn Error>> {
    let start = processor_seconds();
    let mut flow = Flow::new(&seeded.market, objective);
    flow.add(pairs.all());
    let built = processor_seconds() - start;
    let start = processor_seconds();
    flow.solve(&|| false);
    let solved = processor_seconds() - start;
    let start = processor_seconds();
    let (plan, prices) = (flow.plan(), flow.prices());
    check_optimal(&seeded.market, pairs, objective, &plan, &prices)?;
    let checked = processor_seconds() - start;
    let worth = plan.worth(pairs, objective);
    println!(
        "{name}: solve {solved:.6} s, build {built:.6} s, check {checked:.6} s, {} pivots, \
         quantity {}, value {}",
        flow.pivots(),
        plan.quantity(),
        worth.score
    );
    if pairs.all().len() < DECLINE_PAIRS_MAX {
        time_decline(&mut flow, seeded, pairs, &plan);
        time_fairness(objective, seeded, pairs);
    }
    Ok(())
}

/// The producer of the largest share declines.
fn time_decline(flow: &mut Flow, seeded: &Seeded, pairs: &Pairs, plan: &Plan) {
    let largest = plan.shares().iter().max_by_key(|share| share.quantity);
    let declined = largest.map_or(0, |share| share.capacity);
    let start = processor_seconds();
    decline(flow, &seeded.market, pairs, &[declined], &|| false);
    println!(
        "  one decline, whole market again from the basis: {:.6} s",
        processor_seconds() - start
    );
    let start = processor_seconds();
    let after = repair(&seeded.market, pairs, Objective::Value, (plan, &[declined]), &|| false);
    println!(
        "  one decline, gap only: {:.6} s, quantity {}",
        processor_seconds() - start,
        after.quantity()
    );
}

fn time_fairness(objective: Objective, seeded: &Seeded, pairs: &Pairs) {
    let times: Vec<i64> = (0..seeded.market.producer_count() as i64).collect();
    for (name, rule) in [
        ("max_min", Rule::MaxMin),
        ("equal", Rule::Equal),
        ("pro_rata", Rule::ProRata),
        ("first_come", Rule::FirstCome(&times)),
    ] {
        let start = processor_seconds();
        let fair = run(&seeded.market, pairs, objective, rule, &|| false);
        println!(
            "  {name}: {:.6} s, costs {} of score, {:?} before, {:?} after",
            processor_seconds() - start,
            fair.cost.score,
            fair.before,
            fair.after
        );
    }
}

/// Counts, then capacities, needs and pairs as numbers of four bytes, little endian.
fn write(path: &str, seeded: &Seeded, pairs: &Pairs) -> Result<(), Box<dyn Error>> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let (capacities, needs) = (seeded.market.capacities(), seeded.market.needs());
    let mut put = |number: u64| file.write_all(&(number as u32).to_le_bytes());
    for count in [capacities.len(), needs.len(), pairs.all().len()] {
        put(count as u64)?;
    }
    for quantity in capacities.iter().map(|c| c.quantity).chain(needs.iter().map(|n| n.max)) {
        put(quantity)?;
    }
    for pair in pairs.all() {
        put(pair.capacity.into())?;
        put(pair.need.into())?;
        put(pair.score.into())?;
    }
    Ok(())
}
