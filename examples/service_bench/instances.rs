//! How soon a change made at one instance shows in the match answers of another on the same
//! database. Must not know how instances learn of changes.

use std::time::Instant;

use matching::id::{DemandId, PartyId};
use ocop_link::store::{Database, offers};
use serde_json::{Value, json};

use crate::client::{Connection, request};
use crate::market::{self, Minter, SOME_DEMANDS, asked_demands};
use crate::program::{Server, service};
use crate::verdict;

/// Changes that are made.
const CHANGES: usize = 100;
/// The longest a change may take to show, in milliseconds.
const BAR_MS: f64 = 100.0;

/// Measures from before the change is asked for until the other instance answers with it.
pub(crate) fn measure(database_url: &str) {
    let app = market::open(database_url);
    let mut minter = Minter::new(&app);
    let demands = asked_demands(app.database(), SOME_DEMANDS);
    let (demand, buyer) = *demands.first().expect("a demand");
    let changes = changes(app.database(), &mut minter);
    let look = matches_of((demand, buyer), &mut minter);
    drop(app);
    let near = Server::start(service(database_url, &["serve"]));
    let far = Server::start(service(database_url, &["serve"]));
    let mut connections =
        [near.address, far.address].map(|address| Connection::open(address).expect("a connection"));
    let mut waits: Vec<f64> =
        changes.iter().map(|change| wait_ms(&mut connections, change, &look)).collect();
    waits.sort_unstable_by(f64::total_cmp);
    let worst = waits[waits.len() - 1];
    println!(
        "a change until it shows at another instance: median {:.0} ms, worst {worst:.0} ms",
        waits[waits.len() / 2]
    );
    verdict("100 ms / worst", BAR_MS / worst, 1.0);
}

fn wait_ms([near, far]: &mut [Connection; 2], change: &[u8], look: &[u8]) -> f64 {
    let begin = Instant::now();
    assert_eq!(near.ask(change).expect("an answer").status, 200);
    let made = as_of(near, look);
    while as_of(far, look) < made {}
    begin.elapsed().as_secs_f64() * 1e3
}

fn as_of(connection: &mut Connection, look: &[u8]) -> i64 {
    let answer = connection.ask(look).expect("an answer");
    let body: Value = serde_json::from_slice(answer.body).expect("JSON");
    body["as_of"].as_i64().expect("a number")
}

fn matches_of((demand, buyer): (DemandId, PartyId), minter: &mut Minter) -> Vec<u8> {
    request("GET", &format!("/v1/demands/{demand}/matches?limit=1"), minter.token(buyer), "")
}

/// New prices for some offers, by their producers.
fn changes(database: &Database, minter: &mut Minter) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let enough = |found: &Vec<Vec<u8>>| found.len() >= CHANGES;
    let read = database.read(|tx| {
        offers::for_each_published_chunk(tx, &mut |chunk| {
            for offer in chunk.iter().filter(|offer| offer.terms.unit_price.is_some()) {
                if enough(&found) {
                    break;
                }
                let body = json!({ "note": format!("lần {}", found.len()) }).to_string();
                let path = format!("/v1/offers/{}", offer.id);
                let token = minter.token(offer.terms.party_id);
                found.push(crate::client::patch(&path, token, &body, offer.version));
            }
            Ok(())
        })
    });
    read.expect("the offers");
    found
}
