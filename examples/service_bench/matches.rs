//! Match queries over HTTP against a constant answer of the same size on the same server. Must not
//! know how the market was loaded.

use std::time::Duration;

use crate::client::{Load, Plan, request};
use crate::market::match_requests;
use crate::program::{Server, role};
use crate::roles::CONSTANT_PATH;
use crate::{CONNECTIONS, Size, median, verdict};

/// The most memory for one offer or demand, in bytes.
const BAR_BYTES: f64 = 400.0;

/// What one kind of request reached in one round.
struct Round {
    load: Load,
    /// Processor time of the server for one request, in microseconds.
    processor_us: f64,
}

/// Measures; the requests for matches a second.
pub(crate) fn measure(database_url: &str, size: &Size) -> f64 {
    let matches = match_requests(database_url);
    let bytes = mean_bytes(&Server::start(role(database_url, &["serve", "1"])), &matches);
    let server = Server::start(role(database_url, &["serve", &bytes.to_string()]));
    let constant = vec![request("GET", CONSTANT_PATH, "", "")];
    let plan = |requests, duration| Plan {
        address: server.address,
        connections: CONNECTIONS,
        duration,
        requests,
        status: 200,
    };
    plan(&matches, size.round()).closed();
    let (mut ratios, mut rates, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.rounds {
        let fixed = round(&server, &plan(&constant, size.round()));
        let found = round(&server, &plan(&matches, size.round()));
        println!(
            "  constant {:6.0}/s {:5.1} µs   matches {:6.0}/s {:5.1} µs",
            fixed.load.per_second(),
            fixed.processor_us,
            found.load.per_second(),
            found.processor_us
        );
        ratios.push(found.load.per_second() / fixed.load.per_second());
        costs.push(fixed.processor_us / found.processor_us);
        rates.push(found.load.per_second());
    }
    let rate = median(&mut rates);
    let ratio = median(&mut ratios);
    println!("matches: {rate:.0} requests/s, answers of {bytes} bytes, {CONNECTIONS} connections");
    verdict("matches / constant, requests a second", ratio, 0.5);
    println!("  the same by processor time of the server: {:.2}", median(&mut costs));
    let half = plan(&matches, size.round() * 2).at_rate(rate / 2.0);
    println!(
        "at half of that load ({:.0}/s): median {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        half.per_second(),
        half.percentile_ms(50.0),
        half.percentile_ms(99.0),
        half.percentile_ms(100.0)
    );
    verdict("10 ms / p99", 10.0 / half.percentile_ms(99.0), 1.0);
    tell_memory(&server, size);
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
