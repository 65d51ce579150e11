//! Solves the instances of a folder and compares with their known optima.
//!
//! `cargo run --release -p matching --example allocation_instances -- FOLDER`; the folder's
//! README.md names the files and optima in a table. A general network becomes a transportation
//! problem: every capacitated arc is an offer that serves its tail free or its head at its cost.
#![allow(clippy::print_stdout, missing_docs)]

use matching::allocation::check::check_optimal;
use matching::allocation::flow::Flow;
use matching::allocation::instance::{Market, Pair, Pairs, SCORE_MAX};
use matching::allocation::plan::Objective;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// A minimising transportation problem whose supply is all to be sent.
#[derive(Default)]
struct Problem {
    supply: Vec<u64>,
    wanted: Vec<i64>,
    costs: Vec<(usize, usize, u64)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: allocation_instances FOLDER")?;
    let folder = Path::new(&folder);
    let mut differing = 0;
    for (file, optimum) in optima(&std::fs::read_to_string(folder.join("README.md"))?) {
        let text = std::fs::read_to_string(folder.join(&file))?;
        let problem = if file.ends_with(".min") { network(&text) } else { assignment(&text) };
        let problem = problem.ok_or_else(|| format!("{file}: not in the expected format"))?;
        let start = Instant::now();
        let cost = solve(&problem)?;
        let verdict = if cost == optimum { "equal" } else { "DIFFERENT" };
        println!("{file}: {cost}, known {optimum}: {verdict}, {:.3?}", start.elapsed());
        differing += usize::from(cost != optimum);
    }
    if differing > 0 { Err(format!("{differing} differ").into()) } else { Ok(()) }
}

/// Rows `| files | optima | …`, several of both separated by commas.
fn optima(readme: &str) -> Vec<(String, i128)> {
    let mut found = Vec::new();
    for row in readme.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let values = cells[2].split(['(', ';']).next().unwrap_or("").split(',');
        let values = values.filter_map(|value| value.trim().parse().ok());
        found.extend(cells[1].split(',').map(|file| file.trim().to_owned()).zip(values));
    }
    found
}

fn assignment(text: &str) -> Option<Problem> {
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>());
    let size = usize::try_from(numbers.next()?.ok()?).ok()?;
    let mut problem = Problem { supply: vec![1; size], wanted: vec![1; size], costs: Vec::new() };
    for at in 0..size * size {
        problem.costs.push((at / size, at % size, numbers.next()?.ok()?));
    }
    Some(problem)
}

/// DIMACS: `p min NODES ARCS`, `n ID SUPPLY`, `a FROM TO LOW CAPACITY COST`.
fn network(text: &str) -> Option<Problem> {
    let mut problem = Problem::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let kind = words.next();
        let numbers: Vec<i64> = words.filter_map(|word| word.parse().ok()).collect();
        match (kind, numbers.as_slice()) {
            (Some("p"), [nodes, _]) => problem.wanted = vec![0; usize::try_from(*nodes).ok()?],
            (Some("n"), [id, supply]) => problem.wanted[usize::try_from(id - 1).ok()?] -= supply,
            (Some("a"), &[from, to, 0, capacity, cost]) => {
                let (from, to) = (usize::try_from(from - 1).ok()?, usize::try_from(to - 1).ok()?);
                let arc = problem.supply.len();
                problem.supply.push(u64::try_from(capacity).ok()?);
                problem.wanted[from] += capacity;
                problem.costs.push((arc, from, 0));
                problem.costs.push((arc, to, u64::try_from(cost).ok()?));
            }
            (Some("a"), _) => return None,
            _ => {}
        }
    }
    Some(problem)
}

fn solve(problem: &Problem) -> Result<i128, Box<dyn Error>> {
    let wanted: Result<Vec<u64>, _> = problem.wanted.iter().map(|&w| u64::try_from(w)).collect();
    let market = Market::unlimited(&problem.supply, &wanted?)?;
    let pair = |&(capacity, need, cost): &(usize, usize, u64)| {
        let score = u64::from(SCORE_MAX).checked_sub(cost).ok_or("a cost above the scale")?;
        Ok(Pair { capacity: capacity as u32, need: need as u32, score: score as u16 })
    };
    let pairs: Result<Vec<_>, &str> = problem.costs.iter().map(pair).collect();
    let pairs = Pairs::new(&market, pairs?)?;
    let mut flow = Flow::new(&market, Objective::Coverage);
    flow.add(pairs.all());
    flow.solve(&|| false);
    let plan = flow.plan();
    check_optimal(&market, &pairs, Objective::Coverage, &plan, &flow.prices())?;
    let worth = plan.worth(&pairs, Objective::Coverage);
    Ok(i128::from(SCORE_MAX) * worth.quantity - worth.score)
}
