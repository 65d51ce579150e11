//! Offers over HTTP.

mod lifecycle;
mod lists;
mod sharing;
mod stated;

use matching::id::OfferId;
use matching::offer::Offer;
use ocop_link::error::Error;
use ocop_link::store::changes::{self, Changed, NewChange};
use ocop_link::store::offers;
use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi};

/// What is particular about a product of a test.
struct Goods<'a> {
    name: &'a str,
    set: u8,
    unit: &'a str,
    packagings: &'a [(&'a str, u64, &'a str)],
    is_archived: bool,
}

const COCONUT: Goods<'_> =
    Goods { name: "Dừa sáp Cầu Kè", set: 1, unit: "kg", packagings: &[], is_archived: false };

/// A product of `owner`.
fn product(api: &TestApi, owner: &Actor, goods: &Goods<'_>) -> String {
    let packaging = |(unit, quantity, contained): &(&str, u64, &str)| {
        let contains = json!({"quantity": quantity, "unit": contained});
        json!({"unit": unit, "contains": contains})
    };
    let packagings: Vec<Value> = goods.packagings.iter().map(packaging).collect();
    let body = json!({
        "name": goods.name, "product_set": goods.set, "unit": goods.unit, "packagings": packagings
    });
    let made = api.post("/v1/products", &body).by(&owner.token).send().expect(201);
    let id = made.text("/id").to_owned();
    if goods.is_archived {
        archive(api, &id);
    }
    id
}

/// A producer with a product.
fn producer(api: &TestApi, name: &str) -> (Actor, String) {
    let actor = api.actor(name, &["producer"]);
    let product = product(api, &actor, &COCONUT);
    (actor, product)
}

/// Two months of an offer in kilograms.
fn offer_of(product: &str) -> Value {
    json!({
        "product_id": product, "unit_price": 90_000, "min_order": 40, "increment": 10,
        "capacity": [
            {"from": "2027-01-01", "to": "2027-01-31", "quantity": 300},
            {"from": "2027-02-01", "to": "2027-02-28", "quantity": 200},
        ]
    })
}

/// The offer with one member replaced.
fn with(product: &str, member: &str, value: Value) -> Value {
    let mut body = offer_of(product);
    body[member] = value;
    body
}

fn create(api: &TestApi, by: &Actor, body: &Value) -> Answer {
    api.post("/v1/offers", body).by(&by.token).send()
}

/// A published offer; its path.
fn published(api: &TestApi, by: &Actor, product: &str) -> String {
    let made = create(api, by, &with(product, "status", json!("published"))).expect(201);
    made.header("location").to_owned()
}

fn get(api: &TestApi, by: &Actor, path: &str) -> Answer {
    api.get(path).by(&by.token).send()
}

fn act(api: &TestApi, by: &Actor, path: &str, verb: &str) -> Answer {
    api.act(&format!("{path}/{verb}")).by(&by.token).send()
}

/// A copy of a recorded offer whose first period has this held, committed and consumed; its path.
pub(super) fn with_taken(api: &TestApi, path: &str, taken: (u64, u64, u64)) -> String {
    let id: OfferId = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    let moment = api.data.app.clock().moment();
    let copied = api.data.app.database().write(move |tx| {
        moment.rewind();
        let found = offers::find(tx, id)?.ok_or(Error::NotFound)?;
        let mut offer = Offer { id: OfferId::new(moment.new_id()), ..found };
        (offer.capacity[0].held, offer.capacity[0].committed, offer.capacity[0].consumed) = taken;
        offers::insert(tx, &offer)?;
        for version in 1..=offer.version {
            let (resource, resource_id) = (Changed::Offer, offer.id.uuid());
            let (at, actor) = (moment.now(), offer.terms.party_id);
            changes::append(tx, NewChange { at, resource, resource_id, version, actor });
        }
        Ok(offer.id)
    });
    format!("/v1/offers/{}", copied.expect("a copy"))
}

/// Takes a product out of the catalogue.
fn archive(api: &TestApi, product: &str) {
    api.act(&format!("/v1/products/{product}/archive")).by(&api.admin()).send().expect(200);
}
