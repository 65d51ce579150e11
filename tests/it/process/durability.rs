//! What survives a kill, and several processes on one database.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server, get, output, post, sqlite, wait_for};
use crate::support::databases::{EmptyDatabase, Engine, run};

const ROUNDS: usize = 3;
const WRITERS: usize = 8;
/// Answered writes before the kill.
const ENOUGH: usize = 40;
/// The longest that a write may be hidden from another instance.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn token(url: &str, party: &str, scope: &[&str]) -> String {
    let arguments = ["token", "--party", party, "--seconds", "3600"];
    let made = output(url, &[&arguments, scope].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8_lossy(&made.stdout).trim().to_owned()
}

pub(super) fn admin(url: &str) -> String {
    token(url, "00000000-0000-7000-8000-00000000000a", &["--scope", "admin"])
}

pub(super) fn party(name: &str, role: &str) -> Value {
    json!({"name": name, "legal_form": "enterprise", "roles": [role],
           "place": {"province_code": "79"}})
}

pub(super) fn create(base: &str, path: &str, (token, body): (&str, &Value)) -> String {
    let (status, made) = post(&format!("{base}{path}"), token, body).expect("an answer");
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().expect("an id").to_owned()
}

pub(super) fn audit(url: &str) {
    let audit = output(url, &["audit"]);
    let said = String::from_utf8_lossy(&audit.stdout);
    assert!(audit.status.success(), "{said}");
    assert!(said.contains("nothing found"), "{said}");
}

/// Writes until the server is gone; the ids of the parties that it answered for.
fn write_until_gone(base: &str, token: &str, answered: &AtomicUsize) -> Vec<String> {
    let mut ids = Vec::new();
    let url = format!("{base}/v1/parties");
    while let Some((201, made)) = post(&url, token, &party("HTX", "producer")) {
        ids.push(made["id"].as_str().expect("an id").to_owned());
        answered.fetch_add(1, Ordering::Relaxed);
    }
    ids
}

#[test]
fn an_answered_write_survives_a_kill() {
    let directory = TempDir::new().expect("a folder");
    let url = sqlite(directory.path());
    let mut server = Server::start(&url).wait_until_ready();
    let token = admin(&url);
    for round in 0..ROUNDS {
        let (answered, base) = (AtomicUsize::new(0), server.base_url.clone());
        let ids: Vec<String> = thread::scope(|scope| {
            let write = || write_until_gone(&base, &token, &answered);
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            let enough =
                || (answered.load(Ordering::Relaxed) >= ENOUGH * (round + 1)).then_some(());
            wait_for("enough writes", enough);
            assert_eq!(server.end("KILL"), None);
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect()
        });
        server = Server::start(&url).wait_until_ready();
        for id in &ids {
            let found = get(&format!("{}/v1/parties/{id}", server.base_url), &token);
            assert_eq!(found.map(|(status, _)| status), Some(200), "lost {id}");
        }
        audit(&url);
    }
}

fn two_processes_start_on_an_empty_database(home: &EmptyDatabase) {
    let servers = [Server::start(&home.url), Server::start(&home.url)];
    let servers = servers.map(Server::wait_until_ready);
    let token = admin(&home.url);
    let id = create(&servers[0].base_url, "/v1/parties", (&token, &party("HTX", "producer")));
    let found = get(&format!("{}/v1/parties/{id}", servers[1].base_url), &token);
    assert_eq!(found.expect("an answer").0, 200);
    audit(&home.url);
}

#[test]
fn two_processes_start_on_an_empty_sqlite_file() {
    run(EmptyDatabase::new(Engine::Sqlite), two_processes_start_on_an_empty_database);
}

#[test]
fn two_processes_start_on_an_empty_postgres() {
    run(EmptyDatabase::new(Engine::Postgres), two_processes_start_on_an_empty_database);
}

#[test]
fn a_write_reaches_the_matches_of_another_instance() {
    run(EmptyDatabase::new(Engine::Postgres), the_other_instance_lists_it);
}

#[expect(clippy::print_stderr, reason = "the measured time is part of the result")]
fn the_other_instance_lists_it(home: &EmptyDatabase) {
    let one = Server::start(&home.url).wait_until_ready();
    let other = Server::start(&home.url).wait_until_ready();
    let (base, admin) = (&*one.base_url, admin(&home.url));
    let seller = create(base, "/v1/parties", (&admin, &party("HTX", "producer")));
    let buyer = create(base, "/v1/parties", (&admin, &party("Siêu thị", "distributor")));
    let (selling, buying) = (token(&home.url, &seller, &[]), token(&home.url, &buyer, &[]));
    let wanted = json!({"title": "Mật hoa dừa", "unit": "kg", "quantity": 5, "by": "2040-01-15"});
    let demand = create(base, "/v1/demands", (&buying, &wanted));
    let product = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
    let product = create(base, "/v1/products", (&selling, &product));
    let capacity = json!([{"from": "2020-01-01", "to": "2039-12-31", "quantity": 10}]);
    let offer = json!({"product_id": product, "capacity": capacity, "status": "published"});
    let offer = create(base, "/v1/offers", (&selling, &offer));
    let (begun, url) = (Instant::now(), format!("{}/v1/demands/{demand}/matches", other.base_url));
    wait_for("the match", || {
        let (_, page) = get(&url, &buying)?;
        (page["items"][0]["offer_id"] == *offer).then_some(())
    });
    let elapsed = begun.elapsed();
    eprintln!("visible at the other instance after {} ms", elapsed.as_millis());
    assert!(elapsed < VISIBLE_WITHIN, "{elapsed:?}");
}
