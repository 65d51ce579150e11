//! Times the exact flow, a decline and the rules on a seeded market, and checks each proof.
//!
//! `cargo run --release -p matching --example allocation_bench -- S|M|L|XL|B [value|coverage]
//! [--write FILE]`; XL takes the 20 best pairs of each need, B is balanced and no market at all.
//! With `--write`, the instance is written for the peers' script.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/clock.rs"]
mod clock;
#[path = "../benches/allocation/instance.rs"]
mod instance;
#[path = "../benches/allocation/market.rs"]
mod market;

use clock::{peak_mb, processor_seconds};
use market::{Random, Seeded};
use matching::allocation::check::check_optimal;
use matching::allocation::fairness::Rule;
use matching::allocation::flow::Flow;
use matching::allocation::instance::{Market, Pair, Pairs};
use matching::allocation::plan::{Objective, Plan};
use matching::allocation::repair::{decline, repair};
use matching::allocation::run;
use std::error::Error;
use std::path::Path;

const SEED: u64 = 4;
/// Pairs of each need in the XL market.
const BEST: usize = 20;
/// Capacities, and needs, of the balanced instance.
const BALANCED_SIDE: u32 = 2_000;
/// Pairs of each of its needs, on average.
const BALANCED_PAIRS: u64 = 100;
/// Measurements of which the fastest counts.
const ROUNDS: usize = 3;
/// Small instances are solved until they have looked at this many pairs, because the processor's
/// time is known to a few milliseconds only.
const SOLVED_PAIRS: usize = 1_000_000;
/// Producers whose decline is timed, one after the other, each from the first optimum.
const DECLINES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = arguments.first().map_or("L", String::as_str);
    let (market, pairs) = instance_of(size)?;
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        let path = arguments.get(at + 1).ok_or("--write FILE")?;
        return Ok(instance::write(Path::new(path), &market, &pairs)?);
    }
    for (name, objective) in [("value", Objective::Value), ("coverage", Objective::Coverage)] {
        if arguments.get(1).is_none_or(|wanted| wanted == name) {
            time(size, (name, objective), &market, &pairs)?;
        }
    }
    Ok(())
}

fn instance_of(size: &str) -> Result<(Market, Pairs), Box<dyn Error>> {
    let side = match size {
        "S" => 100,
        "M" => 1_000,
        "L" => 10_000,
        "XL" => 100_000,
        "B" => return balanced(),
        _ => return Err("S, M, L, XL or B".into()),
    };
    let seeded = Seeded::new(side, false, SEED);
    let pairs = if size == "XL" { seeded.best_pairs(BEST) } else { seeded.pairs() };
    Ok((seeded.market, pairs))
}

/// As much offered as wanted, pairs and scores by chance, and one pair each so that all is sold.
fn balanced() -> Result<(Market, Pairs), Box<dyn Error>> {
    let random = &mut Random::new(SEED);
    let quantities: Vec<u64> = (0..BALANCED_SIDE).map(|_| 1 + random.below(100)).collect();
    let market = Market::unlimited(&quantities, &quantities)?;
    let mut pairs = Vec::new();
    for need in 0..BALANCED_SIDE {
        for capacity in 0..BALANCED_SIDE {
            if capacity == need || random.below(BALANCED_SIDE.into()) < BALANCED_PAIRS {
                pairs.push(Pair { capacity, need, score: random.below(10_001) as u16 });
            }
        }
    }
    let pairs = Pairs::new(&market, pairs)?;
    Ok((market, pairs))
}

fn time(
    size: &str,
    (name, objective): (&str, Objective),
    market: &Market,
    pairs: &Pairs,
) -> Result<(), Box<dyn Error>> {
    let mut flow = Flow::new(market, objective);
    flow.add(pairs.all());
    flow.solve(&|| false);
    let (mut seconds, peak) = (f64::MAX, peak_mb());
    let mut fresh = Flow::new(market, objective);
    fresh.add(pairs.all());
    for _ in 0..ROUNDS {
        seconds = seconds.min(seconds_of(&fresh, (SOLVED_PAIRS / pairs.all().len()).max(1)));
    }
    let (plan, prices) = (flow.plan(), flow.prices());
    check_optimal(market, pairs, objective, &plan, &prices)?;
    println!(
        "size={size} objective={name} pairs={} seconds={seconds:.6} peak_mb={peak:.0} pivots={} \
         quantity={} value={}",
        pairs.all().len(),
        flow.pivots(),
        plan.quantity(),
        plan.worth(pairs, objective).score
    );
    if size == "L" {
        time_declines(name, &flow, market, (pairs, objective, &plan));
        time_rules((name, objective), market, pairs);
    }
    Ok(())
}

/// Seconds of one solve from nothing, as the mean of several.
fn seconds_of(fresh: &Flow, solves: usize) -> f64 {
    let mut flows = vec![fresh.clone(); solves];
    let start = processor_seconds();
    flows.iter_mut().for_each(|flow| {
        flow.solve(&|| false);
    });
    (processor_seconds() - start) / solves as f64
}

/// Producers of shares of every size decline, one at a time.
fn time_declines(
    name: &str,
    flow: &Flow,
    market: &Market,
    (pairs, objective, plan): (&Pairs, Objective, &Plan),
) {
    let mut shares = plan.shares().to_vec();
    shares.sort_by_key(|share| std::cmp::Reverse(share.quantity));
    let (mut warm, mut gap, mut replaced) = (0.0, 0.0, 0.0);
    for share in shares.iter().step_by(shares.len() / DECLINES).take(DECLINES) {
        let (mut flow, declined) = (flow.clone(), [share.capacity]);
        let start = processor_seconds();
        decline(&mut flow, market, pairs, &declined, &|| false);
        warm += processor_seconds() - start;
        let start = processor_seconds();
        let repaired = repair(market, pairs, objective, (plan, &declined), &|| false);
        gap += processor_seconds() - start;
        let of_declined = shares.iter().filter(|other| other.capacity == share.capacity);
        let lost: u64 = of_declined.map(|share| share.quantity).sum();
        replaced += (repaired.quantity() + lost - plan.quantity()) as f64 / lost as f64;
    }
    let mean = |sum: f64| sum / DECLINES as f64;
    println!(
        "declines={DECLINES} objective={name} whole={:.6} gap={:.6} replaced={:.3}",
        mean(warm),
        mean(gap),
        mean(replaced)
    );
}

fn time_rules((name, objective): (&str, Objective), market: &Market, pairs: &Pairs) {
    let times: Vec<i64> = (0..market.producer_count() as i64).collect();
    for (rule_name, rule) in [
        ("max_min", Rule::MaxMin),
        ("equal", Rule::Equal),
        ("pro_rata", Rule::ProRata),
        ("first_come", Rule::FirstCome(&times)),
    ] {
        let start = processor_seconds();
        let fair = run(market, pairs, objective, rule, &|| false);
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
