//! Memory does not grow with the number of requests.

use std::fs;
use std::thread;

use tempfile::TempDir;

use super::durability::{admin, create, party};
use super::{Server, agent, sqlite};

/// Clients at once, each on one connection.
const CLIENTS: usize = 2;
/// Requests of a client until caches, pools and threads have what they need.
const WARM_UP: usize = 2_000;
/// Requests of a client after that.
const REQUESTS: usize = 8_000;
/// The growth that is no leak, in kB: half a kilobyte for each of those requests.
const MAX_GROWTH_KB: usize = 8_000;

/// Memory of the process that is in use, in kB (proc(5)).
fn resident_kb(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A record, a page, what is not there, and a refusal without a token, over and over.
fn ask(base: &str, token: &str, id: &str, requests: usize) {
    let agent = agent();
    let authorization = format!("Bearer {token}");
    for turn in 0..requests {
        let (path, expected) = match turn % 4 {
            0 => (format!("/v1/parties/{id}"), 200),
            1 => ("/v1/parties?limit=1".to_owned(), 200),
            2 => (format!("/v1/nowhere/{turn}"), 404),
            _ => ("/v1/offers".to_owned(), 401),
        };
        let mut request = agent.get(format!("{base}{path}"));
        if expected != 401 {
            request = request.header("authorization", &authorization);
        }
        let mut answer = request.call().expect("an answer");
        answer.body_mut().read_to_vec().expect("a body");
        assert_eq!(answer.status(), expected, "{path}");
    }
}

#[test]
fn memory_is_flat_over_many_requests() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let mut command = super::command(&url, &["serve"]);
    command.env("OCOP_LINK_RATE_LIMIT_ADDRESS", "1000000");
    let server = Server::spawn(command).wait_until_ready();
    let token = admin(&url);
    let id = create(&server.base_url, "/v1/parties", (&token, &party("HTX", "producer")));
    let ask_all = |requests| {
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| ask(&server.base_url, &token, &id, requests));
            }
        });
        resident_kb(&server)
    };
    let (before, after) = (ask_all(WARM_UP), ask_all(REQUESTS));
    assert!(after <= before + MAX_GROWTH_KB, "from {before} kB to {after} kB");
}
