//! Match queries while a plan of the whole market is made at the same server. Must not know how it
//! is made.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Load, Plan, request};
use crate::market::{Minter, SOME_DEMANDS, asked_demands, match_requests, open};
use crate::program::{Server, role};
use crate::{CONNECTIONS, Size};

/// The longest that a run may take.
const TIME_LIMIT: Duration = Duration::from_secs(600);
/// Between two looks at a run.
const POLL: Duration = Duration::from_secs(5);
/// The part of the most match queries a second that is asked for: the run takes a processor.
const LOAD: f64 = 0.25;

/// Measures at a part of `rate` match queries a second, without a run and during one.
pub(crate) fn measure(database_url: &str, size: &Size, rate: f64) {
    let matches = match_requests(database_url, SOME_DEMANDS);
    let token = admin_token(database_url);
    let server = Server::start(role(database_url, &["serve", "1"]));
    let plan = Plan {
        address: server.address,
        connections: CONNECTIONS,
        duration: size.round() * 2,
        requests: &matches,
        status: 200,
    };
    plan.closed();
    tell("without a run", &plan.at_rate(rate * LOAD));
    let begin = Instant::now();
    begin_run(&server, &token);
    tell("while the whole market is planned", &plan.at_rate(rate * LOAD));
    // A list leaves the shares out, of which a whole market has many megabytes.
    let look = request("GET", "/v1/allocations?limit=1", &token, "");
    loop {
        let page: Value = serde_json::from_slice(&server.ask(&look).1).expect("JSON");
        let run = &page["items"][0];
        let status = run["status"].as_str().expect("a status").to_owned();
        if !["queued", "running"].contains(&status.as_str()) {
            let seconds = begin.elapsed().as_secs();
            println!(
                "whole market: {status} after {seconds} s, optimal {}, gap {}",
                run["optimal"], run["gap"]
            );
            break;
        }
        println!("  {} s: {}", begin.elapsed().as_secs(), run["progress"]);
        sleep(POLL);
    }
}

fn admin_token(database_url: &str) -> String {
    let app = open(database_url);
    let (_, party) = *asked_demands(app.database(), SOME_DEMANDS).first().expect("a demand");
    Minter::new(&app).mint(party, "admin".into())
}

/// Asks for a plan.
fn begin_run(server: &Server, token: &str) {
    let time_limit_ms = TIME_LIMIT.as_millis() as u64;
    let wish = json!({
        "objective": "value",
        "limits": { "time_limit_ms": time_limit_ms },
    });
    let (status, body) = server.ask(&request("POST", "/v1/allocations", token, &wish.to_string()));
    let run: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((status, &run["status"]), (201, &json!("running")), "{run}");
}

fn tell(when: &str, load: &Load) {
    println!(
        "{:.0} match queries a second {when}: median {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        load.per_second(),
        load.percentile_ms(50.0),
        load.percentile_ms(99.0),
        load.percentile_ms(100.0)
    );
}
