//! Times the exact flow, a decline and the rules on a seeded market, and checks each proof.
//!
//! `cargo run --release -p matching --example allocation_bench -- S|M|L|XL [value|coverage]
//! [--write FILE]`; XL takes the 20 best pairs of each need. With `--write`, the instance is
//! written for the peers' script.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/clock.rs"]
mod clock;
#[path = "../benches/allocation/instance.rs"]
mod instance;
#[path = "../benches/allocation/market.rs"]
mod market;

use clock::{peak_mb, processor_seconds};
use market::Seeded;
use matching::allocation::check::check_optimal;
use matching::allocation::fairness::Rule;
use matching::allocation::flow::Flow;
use matching::allocation::instance::Pairs;
use matching::allocation::plan::{Objective, Plan};
use matching::allocation::repair::{decline, repair};
use matching::allocation::run;
use std::error::Error;
use std::path::Path;

const SEED: u64 = 4;
/// Pairs of each need in the XL market.
const BEST: usize = 20;
/// Solves of which the fastest counts.
const SOLVES: usize = 3;
/// Producers whose decline is timed, one after the other, each from the first optimum.
const DECLINES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = arguments.first().map_or("L", String::as_str);
    let (seeded, pairs) = seeded(size)?;
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        let path = arguments.get(at + 1).ok_or("--write FILE")?;
        return Ok(instance::write(Path::new(path), &seeded.market, &pairs)?);
    }
    for (name, objective) in [("value", Objective::Value), ("coverage", Objective::Coverage)] {
        if arguments.get(1).is_none_or(|wanted| wanted == name) {
            time(size, (name, objective), &seeded, &pairs)?;
        }
    }
    Ok(())
}

fn seeded(size: &str) -> Result<(Seeded, Pairs), Box<dyn Error>> {
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
    size: &str,
    (name, objective): (&str, Objective),
    seeded: &Seeded,
    pairs: &Pairs,
) -> Result<(), Box<dyn Error>> {
    let (mut best, mut flow) = (f64::MAX, None);
    for _ in 0..SOLVES {
        drop(flow.take());
        let mut fresh = Flow::new(&seeded.market, objective);
        fresh.add(pairs.all());
        let start = processor_seconds();
        fresh.solve(&|| false);
        best = best.min(processor_seconds() - start);
        flow = Some(fresh);
    }
    let (peak, flow) = (peak_mb(), flow.ok_or("not solved")?);
    let (plan, prices) = (flow.plan(), flow.prices());
    check_optimal(&seeded.market, pairs, objective, &plan, &prices)?;
    println!(
        "size={size} objective={name} pairs={} seconds={best:.6} peak_mb={peak:.0} pivots={} \
         quantity={} value={}",
        pairs.all().len(),
        flow.pivots(),
        plan.quantity(),
        plan.worth(pairs, objective).score
    );
    if size == "L" {
        time_declines(name, &flow, seeded, (pairs, objective, &plan));
        time_rules((name, objective), seeded, pairs);
    }
    Ok(())
}

/// Producers of shares of every size decline, one at a time.
fn time_declines(
    name: &str,
    flow: &Flow,
    seeded: &Seeded,
    (pairs, objective, plan): (&Pairs, Objective, &Plan),
) {
    let mut shares = plan.shares().to_vec();
    shares.sort_by_key(|share| std::cmp::Reverse(share.quantity));
    let (mut warm, mut gap, mut replaced) = (0.0, 0.0, 0);
    for share in shares.iter().step_by(shares.len() / DECLINES).take(DECLINES) {
        let (mut flow, declined) = (flow.clone(), [share.capacity]);
        let start = processor_seconds();
        decline(&mut flow, &seeded.market, pairs, &declined, &|| false);
        warm += processor_seconds() - start;
        let start = processor_seconds();
        let repaired = repair(&seeded.market, pairs, objective, (plan, &declined), &|| false);
        gap += processor_seconds() - start;
        replaced += repaired.quantity() + share.quantity - plan.quantity();
    }
    let mean = |seconds: f64| seconds / DECLINES as f64;
    println!(
        "declines={DECLINES} objective={name} whole={:.6} gap={:.6} replaced={replaced}",
        mean(warm),
        mean(gap)
    );
}

fn time_rules((name, objective): (&str, Objective), seeded: &Seeded, pairs: &Pairs) {
    let times: Vec<i64> = (0..seeded.market.producer_count() as i64).collect();
    for (rule_name, rule) in [
        ("max_min", Rule::MaxMin),
        ("equal", Rule::Equal),
        ("pro_rata", Rule::ProRata),
        ("first_come", Rule::FirstCome(&times)),
    ] {
        let start = processor_seconds();
        let fair = run(&seeded.market, pairs, objective, rule, &|| false);
        println!(
            "rule={rule_name} objective={name} seconds={:.3} cost={} p10={} median={} \
             nothing_before={} nothing_after={}",
            processor_seconds() - start,
            fair.cost.score,
            fair.after.p10,
            fair.after.median,
            fair.before.selling_nothing,
            fair.after.selling_nothing
        );
    }
}
