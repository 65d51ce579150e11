//! Match queries over HTTP against a constant answer of the same size on the same server. Must not
//! know how the market was loaded.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::client::{Load, Plan, request, with_gzip};
use crate::market::{SOME_DEMANDS, match_requests};
use crate::program::{Server, role};
use crate::roles::CONSTANT_PATH;
use crate::writes::offers_to_create;
use crate::{CONNECTIONS, Size, median, verdict};

/// The most memory for one offer or demand, in bytes.
const BAR_BYTES: f64 = 400.0;
/// Between two offers that are published meanwhile.
const BETWEEN_WRITES: Duration = Duration::from_millis(50);

/// What one kind of request reached in one round.
struct Round {
    load: Load,
    /// Processor time of the server for one request, in microseconds.
    processor_us: f64,
}

/// Which lists a server keeps to tell them again.
enum Kept {
    Nothing,
    /// As many as it has room for by default.
    Usual,
}

/// Measures: with every list worked out, and with lists that are told again. The requests for
/// matches a second of the former.
pub(crate) fn measure(database_url: &str, size: &Size) -> f64 {
    let matches = match_requests(database_url, SOME_DEMANDS);
    let bytes = mean_bytes(&serve(database_url, 1, Kept::Nothing), &matches);
    println!("answers of {bytes} bytes, {CONNECTIONS} connections");
    let server = serve(database_url, bytes, Kept::Nothing);
    let rate = compare(&server, &matches, ("worked out", size));
    tell_memory(&server, size);
    drop(server);
    let server = serve(database_url, bytes, Kept::Usual);
    let matches = match_requests(database_url, usize::MAX);
    ask_each(&server, &matches);
    compare(&server, &matches, ("told again", size));
    tell_compressed(&server, &matches, size);
    let offers = offers_to_create(database_url);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| write_at_times(&server, &offers, &done));
        compare(&server, &matches, ("told again while offers are published", size));
        done.store(true, Ordering::Relaxed);
    });
    rate
}

/// Asks for the list of each demand of the market for the first time.
fn ask_each(server: &Server, matches: &[Vec<u8>]) {
    let before = server.private_bytes();
    let plan = Plan {
        address: server.address,
        connections: CONNECTIONS,
        duration: Duration::MAX,
        requests: matches,
        status: 200,
    };
    let load = plan.each_once();
    println!(
        "the list of each of {} demands asked for once: {:.0}/s; {} MB more are kept",
        matches.len(),
        load.per_second(),
        server.private_bytes().saturating_sub(before) >> 20
    );
}

/// What clients get that take a compressed answer, as most apps do.
fn tell_compressed(server: &Server, matches: &[Vec<u8>], size: &Size) {
    let compressed: Vec<_> = matches.iter().map(|request| with_gzip(request)).collect();
    let plan = Plan {
        address: server.address,
        connections: CONNECTIONS,
        duration: size.round(),
        requests: &compressed,
        status: 200,
    };
    let Round { load, processor_us } = round(server, &plan);
    println!(
        "matches told again with gzip: {:.0}/s, {processor_us:.0} µs, median {:.2} ms, \
         p99 {:.2} ms",
        load.per_second(),
        load.percentile_ms(50.0),
        load.percentile_ms(99.0)
    );
}

fn serve(database_url: &str, constant_bytes: usize, kept: Kept) -> Server {
    let mut command = role(database_url, &["serve", &constant_bytes.to_string()]);
    if matches!(kept, Kept::Nothing) {
        command.env("OCOP_LINK_KEPT_LISTS_MB", "0");
    }
    Server::start(command)
}

/// Publishes an offer now and then, of any set.
fn write_at_times(server: &Server, offers: &[Vec<u8>], done: &AtomicBool) {
    let step = offers.len() / 100;
    for offer in offers.iter().step_by(step.max(1)).cycle() {
        if done.load(Ordering::Relaxed) {
            return;
        }
        assert_eq!(server.ask(offer).0, 201);
        std::thread::sleep(BETWEEN_WRITES);
    }
}

/// Compares requests for matches with a constant answer, first at the most and then at half of it;
/// the requests a second.
fn compare(server: &Server, matches: &[Vec<u8>], (what, size): (&str, &Size)) -> f64 {
    let constant = vec![request("GET", CONSTANT_PATH, "", "")];
    let plan = |requests, duration| Plan {
        address: server.address,
        connections: CONNECTIONS,
        duration,
        requests,
        status: 200,
    };
    plan(&matches[..SOME_DEMANDS.min(matches.len())], size.round()).closed();
    let (mut ratios, mut rates, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    println!("matches {what}:");
    for _ in 0..size.rounds {
        let fixed = round(server, &plan(&constant, size.round()));
        let before = server.told_again();
        let found = round(server, &plan(matches, size.round()));
        println!(
            "  constant {:6.0}/s {:5.1} µs   matches {:6.0}/s {:5.1} µs, told again {:.1} %",
            fixed.load.per_second(),
            fixed.processor_us,
            found.load.per_second(),
            found.processor_us,
            100.0 * (server.told_again() - before) as f64 / found.load.requests as f64
        );
        ratios.push(found.load.per_second() / fixed.load.per_second());
        costs.push(fixed.processor_us / found.processor_us);
        rates.push(found.load.per_second());
    }
    let (rate, ratio) = (median(&mut rates), median(&mut ratios));
    verdict(&format!("matches {what} / constant, requests a second"), ratio, 0.5);
    println!("  the same by processor time of the server: {:.2}", median(&mut costs));
    let half = plan(matches, size.round() * 2).at_rate(rate / 2.0);
    println!(
        "  at half of that load ({:.0}/s): median {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        half.per_second(),
        half.percentile_ms(50.0),
        half.percentile_ms(99.0),
        half.percentile_ms(100.0)
    );
    verdict("10 ms / p99", 10.0 / half.percentile_ms(99.0), 1.0);
    rate
}

/// What the market of a server that has answered match queries takes, above the same service with
/// an empty one.
fn tell_memory(server: &Server, size: &Size) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("empty.db").display());
    let empty = Server::start(role(&url, &["serve", "1"]));
    let constant = vec![request("GET", CONSTANT_PATH, "", "")];
    let plan = Plan {
        address: empty.address,
        connections: CONNECTIONS,
        duration: size.round(),
        requests: &constant,
        status: 200,
    };
    plan.closed();
    let (kept, base) = (server.private_bytes(), empty.private_bytes());
    let each = (kept - base) as f64 / (size.offers + size.demands) as f64;
    println!(
        "memory after these queries: {} MB, with an empty market {} MB, {each:.0} bytes an offer \
         or demand",
        kept >> 20,
        base >> 20
    );
    verdict("400 bytes / an offer or demand", BAR_BYTES / each, 1.0);
}

fn round(server: &Server, plan: &Plan<'_>) -> Round {
    let before = server.processor_time();
    let load = plan.closed();
    let used: Duration = server.processor_time() - before;
    let processor_us = used.as_secs_f64() * 1e6 / load.requests as f64;
    Round { load, processor_us }
}

fn mean_bytes(server: &Server, requests: &[Vec<u8>]) -> usize {
    let sample = requests.iter().step_by((requests.len() / 500).max(1));
    let sizes: Vec<usize> = sample.map(|request| server.ask(request).1.len()).collect();
    sizes.iter().sum::<usize>() / sizes.len()
}
