//! Offers created over HTTP on SQLite, against a bare loop that inserts the same rows. Must not
//! know the market of the other measurements.

use std::path::Path;
use std::time::{Duration, Instant};

use matching::id::{PartyId, ProductId};
use ocop_link::store::products;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, params_from_iter};
use serde_json::json;

use crate::client::{Plan, request};
use crate::market::Minter;
use crate::program::{Server, run, service};
use crate::{CONNECTIONS, Size, loading, market, median, verdict};

/// What the service sets on its connections.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                       PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
/// Offers and demands that are there before.
const MARKET_BEFORE: usize = 2_000;

/// Measures in rounds: the same number of offers over HTTP, then in the bare loop.
pub(crate) fn measure(folder: &Path, size: &Size) {
    let (served, bare) = (folder.join("writes.db"), folder.join("bare.db"));
    let url = format!("sqlite:{}", served.display());
    let before = Size { offers: MARKET_BEFORE, demands: MARKET_BEFORE, ..*size };
    loading::fill(&url, folder, &before);
    let requests = offers_to_create(&url);
    run(service(&url, &["audit"]));
    std::fs::copy(&served, &bare).expect("a copy");
    let server = Server::start(service(&url, &["serve"]));
    let mut ratios = Vec::new();
    for _ in 0..size.rounds {
        let used = server.processor_time();
        let after = last_offer(&served);
        let created = Plan {
            address: server.address,
            connections: CONNECTIONS,
            duration: size.round(),
            requests: &requests,
            status: 201,
        }
        .closed();
        let used = server.processor_time() - used;
        let rows = Rows::created_after(&served, &after);
        let elapsed = rows.insert(&bare);
        let bare_rate = rows.offers.len() as f64 / elapsed.as_secs_f64();
        println!(
            "  over HTTP {:5.0} offers/s ({:.0} µs of processor time each, p99 {:.1} ms)   bare \
             loop {bare_rate:6.0} offers/s",
            created.per_second(),
            used.as_secs_f64() * 1e6 / created.requests as f64,
            created.percentile_ms(99.0),
        );
        ratios.push(created.per_second() / bare_rate);
    }
    verdict("offers over HTTP / bare loop", median(&mut ratios), 1.0 / 3.0);
}

/// For each product, its producer's request to publish an offer of three months.
pub(crate) fn offers_to_create(database_url: &str) -> Vec<Vec<u8>> {
    let app = market::open(database_url);
    let mut minter = Minter::new(&app);
    let all = app.database().read(products::all).expect("the products");
    let month = |from: &str, to: &str| json!({"from": from, "to": to, "quantity": 600});
    let mut ask = |(product, producer, unit): (ProductId, PartyId, String)| {
        let body = json!({
            "product_id": product.to_string(),
            "status": "published",
            "unit": unit,
            "unit_price": 85_000,
            "min_order": 20,
            "increment": 10,
            "capacity": [
                month("2027-01-01", "2027-01-31"),
                month("2027-02-01", "2027-02-28"),
                month("2027-03-01", "2027-03-31"),
            ],
            "delivers_to": ["79", "86"],
            "lead_time_days": 3,
        });
        request("POST", "/v1/offers", minter.token(producer), &body.to_string())
    };
    let of =
        |it: ocop_link::store::products::Product| (it.id, it.terms.party_id, it.terms.unit.clone());
    all.into_iter().map(of).map(&mut ask).collect()
}

fn last_offer(path: &Path) -> String {
    let connection = Connection::open(path).expect("the database");
    let last = "SELECT coalesce(max(id), '') FROM offers";
    connection.query_row(last, [], |row| row.get(0)).expect("an id")
}

type Row = Vec<Value>;

/// The rows of one offer: its own, its capacities, its change, and what the audit trail tells.
struct OfferRows {
    offer: Row,
    capacities: Vec<Row>,
    change: Row,
    told: Row,
}

/// What was written for some offers.
struct Rows {
    offers: Vec<OfferRows>,
}

impl Rows {
    /// Everything that was written for the offers after `id`.
    fn created_after(path: &Path, id: &str) -> Self {
        let connection = Connection::open(path).expect("the database");
        let rows = |sql: &str, id: &str| -> Vec<Row> {
            let mut statement = connection.prepare_cached(sql).expect("a statement");
            let columns = statement.column_count();
            let read =
                statement.query_map([id], |row| (0..columns).map(|at| row.get(at)).collect());
            read.expect("rows").map(|row| row.expect("a row")).collect()
        };
        let offers = rows("SELECT * FROM offers WHERE id > ? ORDER BY id", id);
        let of = |offer: Row| {
            let Some(Value::Text(id)) = offer.first() else { panic!("an id") };
            let one = |sql: &str| rows(sql, id).pop().expect("a row");
            OfferRows {
                capacities: rows("SELECT * FROM capacities WHERE offer_id = ?", id),
                change: one("SELECT * FROM changes WHERE resource_id = ?"),
                told: one("SELECT * FROM audit_trail WHERE resource_id = ?"),
                offer,
            }
        };
        Self { offers: offers.into_iter().map(of).collect() }
    }

    /// Inserts them, as many in a transaction as there are writers over HTTP.
    fn insert(&self, path: &Path) -> Duration {
        let mut connection = Connection::open(path).expect("the database");
        connection.execute_batch(PRAGMAS).expect("settings");
        let begin = Instant::now();
        for group in self.offers.chunks(CONNECTIONS) {
            let immediate = TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(immediate).expect("a lock");
            group.iter().for_each(|rows| rows.insert(&transaction));
            transaction.commit().expect("a commit");
        }
        begin.elapsed()
    }
}

impl OfferRows {
    fn insert(&self, transaction: &Transaction<'_>) {
        insert(transaction, "offers", &self.offer);
        self.capacities.iter().for_each(|row| insert(transaction, "capacities", row));
        let count = "UPDATE change_counter SET last_seq = last_seq + 1";
        transaction.prepare_cached(count).and_then(|mut it| it.execute([])).expect("a number");
        insert(transaction, "changes", &self.change);
        insert(transaction, "audit_trail", &self.told);
    }
}

fn insert(transaction: &Transaction<'_>, table: &str, row: &Row) {
    let marks = vec!["?"; row.len()].join(",");
    let sql = format!("INSERT INTO {table} VALUES ({marks})");
    let mut statement: rusqlite::CachedStatement<'_> =
        transaction.prepare_cached(&sql).expect("a statement");
    let inserted = Statement::execute(&mut statement, params_from_iter(row));
    inserted.expect("a row");
}
