//! Writes a thousand small seeded instances with every limit, and the answers, for the oracles of
//! the peers' script.
//!
//! `cargo run --release -p matching --example allocation_small -- FOLDER`; one line for each
//! instance: its file, the optimum under both objectives, and what each producer sells under
//! max–min without the limits, in thousandths of a unit.
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

#[path = "../benches/allocation/instance.rs"]
mod instance;
#[path = "../benches/allocation/market.rs"]
mod market;

use market::Random;
use matching::allocation::fairness::Rule;
use matching::allocation::instance::{
    Capacity, DemandLimits, Market, Need, OfferLimits, Pair, Pairs,
};
use matching::allocation::plan::Objective;
use matching::allocation::run;
use std::error::Error;
use std::path::Path;

const INSTANCES: u64 = 1_000;
/// The most capacities, and the most needs.
const SIDE: u64 = 5;
/// Max–min is planned in units this much finer, so that whole units come close to fractions.
const FINE: u64 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: allocation_small FOLDER")?;
    for seed in 0..INSTANCES {
        let (market, pairs) = small(&mut Random::new(seed), 1)?;
        let path = Path::new(&folder).join(format!("{seed}.bin"));
        instance::write(&path, &market, &pairs)?;
        let best = |objective| run(&market, &pairs, objective, Rule::None, &|| false);
        let (value, coverage) = (best(Objective::Value), best(Objective::Coverage));
        let (free, free_pairs) = small(&mut Random::new(seed), FINE)?;
        let fair = run(&free, &free_pairs, Objective::Coverage, Rule::MaxMin, &|| false);
        if !(value.is_optimal && coverage.is_optimal && fair.is_optimal) {
            return Err(format!("{seed} is not proven").into());
        }
        let mut sold = vec![0; free.producer_count()];
        for share in fair.plan.shares() {
            sold[free.capacities()[share.capacity as usize].producer as usize] += share.quantity;
        }
        println!(
            "{} {} {} {} {sold:?}",
            path.display(),
            value.reached.score,
            coverage.reached.quantity,
            coverage.reached.score
        );
    }
    Ok(())
}

/// Two capacities of each producer, two needs of each demand; two thirds of the pairs fit. Limits
/// are left out where units are finer.
fn small(random: &mut Random, fine: u64) -> Result<(Market, Pairs), Box<dyn Error>> {
    let (count, needs) = (1 + random.below(SIDE) as u32, 1 + random.below(SIDE) as u32);
    let mut limit = |most: u64| {
        let drawn = random.below(most);
        if fine == 1 { drawn } else { 0 }
    };
    let mut capacities = Vec::new();
    let mut offers = Vec::new();
    for offer in 0..count {
        let (min_order, increment) = (limit(5), 1 + limit(3));
        offers.push(OfferLimits { min_order, increment });
        capacities.push(Capacity { quantity: 0, offer, producer: offer / 2 });
    }
    let mut wanted = Vec::new();
    for at in 0..needs {
        wanted.push(Need { max: 0, min: limit(6), demand: at / 2 });
    }
    let mut demands = Vec::new();
    for _ in 0..needs.div_ceil(2) {
        let max_suppliers = Some(limit(3) as u32).filter(|&most| most > 0);
        demands.push(DemandLimits { min_share: limit(4), max_suppliers });
    }
    capacities.iter_mut().for_each(|capacity| capacity.quantity = fine * random.below(13));
    for need in &mut wanted {
        need.max = fine * random.below(13);
        need.min = need.min.min(need.max);
    }
    let market = Market::new(capacities, wanted, offers, demands)?;
    let mut pairs = Vec::new();
    for at in 0..count * needs {
        let score = random.below(10_001) as u16;
        if random.below(3) > 0 {
            pairs.push(Pair { capacity: at % count, need: at / count, score });
        }
    }
    let pairs = Pairs::new(&market, pairs)?;
    Ok((market, pairs))
}
