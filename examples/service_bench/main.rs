//! Measures the running service against the bars that it must reach, as ratios in one run:
//! `cargo run --release --example service_bench`. What is measured, how, and what it was:
//! `docs/BENCHMARKS.md`.
#![allow(clippy::print_stdout)]

mod client;
#[path = "../../tests/it/support/cluster.rs"]
mod cluster;
mod instances;
mod loading;
mod market;
mod matches;
mod memory;
mod program;
mod ranking;
mod roles;
mod whole_market;
mod writes;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections of a load.
const CONNECTIONS: usize = 16;

/// The loaded market on SQLite.
const MARKET_FILE: &str = "market.db";

/// What to measure.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    size: Size,
    /// Folder that keeps the loaded market between runs; a new one if absent.
    #[arg(long)]
    data: Option<PathBuf>,
    /// What to measure; all if absent.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    #[command(subcommand)]
    role: Option<Role>,
}

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Match queries against a constant answer.
    Matches,
    /// Match queries while the whole market is planned; after `matches`.
    Allocation,
    /// The same market on PostgreSQL: loading, two instances, the ranking in SQL.
    Postgres,
    /// Offers created over HTTP.
    Writes,
    /// The demo's start and memory.
    Memory,
}

/// How large a market, and how long a measurement.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Size {
    /// Published offers.
    #[arg(long, default_value_t = 100_000)]
    offers: usize,
    /// Open demands.
    #[arg(long, default_value_t = 100_000)]
    demands: usize,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds of one round.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

impl Size {
    const fn round(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What this binary does as a child of itself.
#[derive(Debug, Subcommand)]
enum Role {
    /// Serve, with a constant answer of so many bytes.
    Serve { constant_bytes: usize },
    /// Rebuild the market.
    Rebuild,
}

fn main() -> ExitCode {
    if program::is_program() {
        return ocop_link::cli::run();
    }
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Serve { constant_bytes }) => roles::serve(constant_bytes),
        Some(Role::Rebuild) => roles::rebuild(),
        None => measure(&arguments),
    }
    ExitCode::SUCCESS
}

fn measure(arguments: &Arguments) {
    let size = &arguments.size;
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = arguments.data.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).expect("a folder");
    println!("{} offers × {} demands, seed {}", size.offers, size.demands, size.seed);
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let rate = is_wanted(Part::Matches).then(|| measure_sqlite(folder, size));
    if let (Some(rate), true) = (rate, is_wanted(Part::Allocation)) {
        whole_market::measure(&sqlite_url(folder), size, rate);
    }
    if is_wanted(Part::Postgres) {
        measure_postgres(temporary.path(), size, rate);
    }
    if is_wanted(Part::Writes) {
        writes::measure(temporary.path(), size);
    }
    if is_wanted(Part::Memory) {
        memory::measure(temporary.path());
    }
}

/// The match queries a second that it reaches.
fn measure_sqlite(folder: &Path, size: &Size) -> f64 {
    let url = sqlite_url(folder);
    if !folder.join(MARKET_FILE).exists() {
        loading::measure(&url, folder, size);
    }
    loading::rebuild(&url);
    matches::measure(&url, size)
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join(MARKET_FILE).display())
}

fn measure_postgres(folder: &Path, size: &Size, match_rate: Option<f64>) {
    let Some(cluster) = cluster::Cluster::start("1GB") else {
        println!("PostgreSQL is not installed: not measured");
        return;
    };
    let url = cluster.url("postgres");
    loading::measure(&url, folder, size);
    loading::rebuild(&url);
    instances::measure(&url);
    let ranked = ranking::measure(&cluster, "postgres", folder, size);
    println!("ranking in SQL: {ranked:.0} a second, {CONNECTIONS} connections");
    if let Some(rate) = match_rate {
        verdict("matches / ranking in SQL", rate / ranked, 20.0);
    }
}

/// Says whether a ratio reaches its bar.
fn verdict(what: &str, ratio: f64, bar: f64) {
    let reached = if ratio >= bar { "reached" } else { "NOT reached" };
    println!("{what}: {ratio:.2} (bar {bar}) {reached}");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
