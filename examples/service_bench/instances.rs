//! How soon a change made at one instance shows in the match answers of another on the same
//! database. Must not know how instances learn of changes.

use std::time::Instant;

use matching::id::{DemandId, PartyId};
use ocop_link::store::{Database, offers};
use serde_json::{Value, json};

use crate::client::{Connection, request};
use crate::market::{self, Minter, SOME_DEMANDS, asked_demands};
use crate::program::{Server, service};
use crate::{median, verdict};

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
    let waits: Vec<Wait> =
        changes.iter().map(|change| Wait::of(&mut connections, change, &look)).collect();
    let longest = waits.iter().max_by(|one, other| one.shown_ms.total_cmp(&other.shown_ms));
    let Wait { answered_ms, shown_ms } = longest.expect("a change");
    let mut shown: Vec<f64> = waits.iter().map(|wait| wait.shown_ms).collect();
    println!(
        "a change until it shows at another instance: median {:.0} ms, worst {shown_ms:.0} ms, \
         of which {answered_ms:.0} ms until it was answered",
        median(&mut shown)
    );
    verdict("100 ms / worst", BAR_MS / shown_ms, 1.0);
}

/// How long one change took, in milliseconds from before it was asked for.
struct Wait {
    /// Until it was answered.
    answered_ms: f64,
    /// Until the other instance answers with it.
    shown_ms: f64,
}

impl Wait {
    fn of([near, far]: &mut [Connection; 2], change: &[u8], look: &[u8]) -> Self {
        let begin = Instant::now();
        let passed_ms = || begin.elapsed().as_secs_f64() * 1e3;
        assert_eq!(near.ask(change).expect("an answer").status, 200);
        let answered_ms = passed_ms();
        let made = as_of(near, look);
        while as_of(far, look) < made {}
        Self { answered_ms, shown_ms: passed_ms() }
    }
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
