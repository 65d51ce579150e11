//! Measures the live market alone: a seeded market of 100,000 offers and 100,000 demands over the
//! real product names, then memory, rebuild, updates and queries.
//!
//! `cargo run --release --example market_bench [offers] [seed] [search]`; `search` lists the products
//! in product search when memory is measured.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod generator;

use std::time::{Duration, Instant};

use generator::{Generator, TODAY};
use matching::date::Timestamp;
use matching::demand::Demand;
use matching::offer::Offer;
use ocop_link::market::change::MarketChange;
use ocop_link::market::matches::Ask;
use ocop_link::market::rank::{MissKey, RankKey};
use ocop_link::market::{Market, MarketSettings, View};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUERIES: usize = 5000;

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

/// Processor time of this thread, which other processes do not lengthen.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

struct Timing {
    each: Vec<Duration>,
    processor: Duration,
}

fn report(what: &str, timing: Timing) {
    let Timing { each: mut times, processor } = timing;
    let mean = processor.as_secs_f64() * 1e6 / times.len().max(1) as f64;
    times.sort_unstable();
    let micros = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e6;
    println!(
        "{what:<34} median {:8.1} µs  p99 {:8.1} µs  processor {mean:8.1} µs",
        micros(50),
        micros(99)
    );
}

fn timed<T>(subjects: &[T], mut query: impl FnMut(&T)) -> Timing {
    let begin = processor_time();
    let time = |subject| {
        let start = Instant::now();
        query(subject);
        start.elapsed()
    };
    let each = subjects.iter().map(time).collect();
    Timing { each, processor: processor_time().saturating_sub(begin) }
}

fn memory(seed: u64, offers: usize, is_searchable: bool) {
    let mut generator = Generator::new(seed, offers);
    generator.is_searchable = is_searchable;
    let total = generator.parties.len() + generator.products.len() + 2 * offers;
    let market = Market::new(MarketSettings::default());
    let before = resident_bytes();
    market.apply(1, (0..total).map(|n| generator.changes(n, offers)));
    let bytes = resident_bytes() - before;
    let each = bytes / (2 * offers as u64);
    let what = if is_searchable { "with product search" } else { "matching alone" };
    println!("memory, {what}: {} MB resident, {each} bytes an offer or demand", bytes >> 20);
}

struct Subjects {
    demands: Vec<Demand>,
    offers: Vec<Offer>,
}

fn queries(view: &View, subjects: &Subjects) {
    let now = Timestamp::from_micros(i64::from(TODAY) * 86_400_000_000 + 3_600_000_000);
    let ask = Ask::<RankKey> { now, limit: 20, after: None, dismissed_by: None };
    let misses = Ask::<MissKey> { now, limit: 20, after: None, dismissed_by: None };
    let is = |text: bool, set: bool| {
        move |demand: &&Demand| {
            demand.terms.text.is_some() == text && demand.terms.product_sets.is_empty() != set
        }
    };
    let all = &subjects.demands;
    for (what, of) in [
        ("demand → offers, all", all.iter().collect::<Vec<_>>()),
        ("demand → offers, by text", all.iter().filter(is(true, false)).collect()),
        ("demand → offers, by set", all.iter().filter(is(false, true)).collect()),
        ("demand → offers, by set and text", all.iter().filter(is(true, true)).collect()),
    ] {
        let mut found = 0;
        let times = timed(&of, |demand| {
            found += view.matches_for_demand(demand.id, &ask).map_or(0, |page| page.items.len());
        });
        report(what, times);
        println!("    {:.1} items a page", found as f64 / of.len() as f64);
    }
    report(
        "offer → demands",
        timed(&subjects.offers, |offer| {
            std::hint::black_box(view.matches_for_offer(offer.id, &ask));
        }),
    );
    report(
        "preview",
        timed(&all[..1000.min(all.len())], |demand| {
            std::hint::black_box(view.matches_for_terms(&demand.terms, &ask));
        }),
    );
    report(
        "near misses",
        timed(&all[..1000.min(all.len())], |demand| {
            std::hint::black_box(view.excluded_for_demand(demand.id, &misses));
        }),
    );
}

fn updates(market: &Market, subjects: &Subjects) {
    report(
        "update of one offer",
        timed(&subjects.offers, |offer| {
            market.apply(2, vec![MarketChange::Offer(Box::new(offer.clone()))]);
        }),
    );
    report(
        "update of one demand",
        timed(&subjects.demands, |demand| {
            market.apply(2, vec![MarketChange::Demand(Box::new(demand.clone()))]);
        }),
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let offers = arguments.next().unwrap_or(100_000) as usize;
    let seed = arguments.next().unwrap_or(1);
    println!("{offers} offers × {offers} demands, seed {seed}");
    memory(seed, offers, std::env::args().any(|argument| argument == "search"));
    let mut generator = Generator::new(seed, offers);
    let total = generator.parties.len() + generator.products.len() + 2 * offers;
    let changes: Vec<_> = (0..total).map(|n| generator.changes(n, offers)).collect();
    let step = (offers / QUERIES).max(1);
    let demands = changes.iter().filter_map(|change| match change {
        MarketChange::Demand(demand) => Some((**demand).clone()),
        _ => None,
    });
    let listed = changes.iter().filter_map(|change| match change {
        MarketChange::Offer(offer) => Some((**offer).clone()),
        _ => None,
    });
    let subjects = Subjects {
        demands: demands.step_by(step).collect(),
        offers: listed.step_by(step).collect(),
    };
    let market = Market::new(MarketSettings::default());
    let start = processor_time();
    market.apply(1, changes);
    let processor = processor_time().saturating_sub(start);
    println!("rebuild {:.0} ms of processor time", processor.as_secs_f64() * 1e3);
    let view = market.view();
    let start = Instant::now();
    queries(&view, &subjects);
    println!("first round, with likenesses to work out, {:.1} s", start.elapsed().as_secs_f64());
    queries(&view, &subjects);
    drop(view);
    updates(&market, &subjects);
}
