//! Allocations over HTTP on small markets made by hand: who gets how much, why, and what is told.

mod answers;
mod columns;
mod earlier;
mod relaxations;
mod runs;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::demands::with;
use crate::support::api::{Actor, Answer, TestApi};

/// A producer seated in Trà Vinh.
fn seller(api: &TestApi, name: &str) -> Actor {
    api.actor_at(name, &["producer"], json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"}))
}

fn buyer(api: &TestApi) -> Actor {
    api.actor("Siêu thị", &["distributor"])
}

/// An offer of `quantity` kg of a new product, free all January.
fn offer(api: &TestApi, owner: &Actor, quantity: u64, fields: Value) -> String {
    let product = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
    let product = api.post("/v1/products", &product).by(&owner.token).send().expect(201);
    let offer = json!({
        "product_id": product.text("/id"), "unit_price": 90_000, "status": "published",
        "capacity": [{"from": "2027-01-01", "to": "2027-01-31", "quantity": quantity}]
    });
    let made = api.post("/v1/offers", &with(offer, fields)).by(&owner.token).send().expect(201);
    made.text("/id").to_owned()
}

/// A demand for `quantity` kg in January.
fn demand(api: &TestApi, owner: &Actor, quantity: u64, fields: Value) -> String {
    let demand = json!({
        "title": "Mật hoa dừa", "unit": "kg", "max_unit_price": 120_000,
        "deliveries": [{"from": "2027-01-10", "to": "2027-01-20", "quantity": quantity}]
    });
    let made = api.post("/v1/demands", &with(demand, fields)).by(&owner.token).send();
    made.expect(201).text("/id").to_owned()
}

/// The longest that a small run may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs an allocation to its end, in English.
fn run(api: &TestApi, by: &Actor, body: Value) -> Answer {
    let asked = api.post("/v1/allocations", &body).by(&by.token);
    let mut answer = asked.header("accept-language", "en").send().expect(201);
    let begun = Instant::now();
    while ["queued", "running"].contains(&answer.text("/status")) {
        assert!(begun.elapsed() < DEADLINE, "{}", answer.body);
        let headers = answer.headers;
        let path = format!("/v1/allocations/{}", id_of(&answer.body));
        answer = Answer { headers, ..get(api, by, &path).expect(200) };
    }
    assert_eq!(answer.text("/status"), "finished", "{}", answer.body);
    answer
}

fn id_of(body: &Value) -> &str {
    body["id"].as_str().unwrap_or_default()
}

fn path(answer: &Answer) -> String {
    format!("/v1/allocations/{}", answer.text("/id"))
}

fn get(api: &TestApi, by: &Actor, path: &str) -> Answer {
    api.get(path).by(&by.token).header("accept-language", "en").send()
}

fn list<'a>(answer: &'a Answer, pointer: &str) -> &'a [Value] {
    answer.at(pointer).as_array().map_or(&[], Vec::as_slice)
}

/// Kilograms of each share, by producer's name.
fn by_producer(answer: &Answer) -> Vec<(String, u64)> {
    let mut shares: Vec<(String, u64)> = list(answer, "/shares")
        .iter()
        .map(|share| {
            let name = share["producer"]["name"].as_str().unwrap_or_default().to_owned();
            (name, share["base_quantity"].as_u64().unwrap_or(0) / 1000)
        })
        .collect();
    shares.sort();
    shares
}

fn total(answer: &Answer) -> u64 {
    by_producer(answer).iter().map(|(_, quantity)| quantity).sum()
}
