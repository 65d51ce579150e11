//! Query plans: every list query has a limit and finds its rows through an index.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use diesel::connection::{
    Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use matching::certificate::Subject;
use matching::demand::DemandState;
use matching::grant::GrantState;
use matching::offer::OfferState;
use matching::place::{ProvinceCode, ProvinceSet};
use matching::product::{ProductSet, ProductState};
use ocop_link::error::Error;
use ocop_link::store::audit_trail::EntryFilter;
use ocop_link::store::changes::Changed;
use ocop_link::store::demands::DemandFilter;
use ocop_link::store::grants::GrantFilter;
use ocop_link::store::keyset::{CreatedKey, Direction, PageRequest};
use ocop_link::store::offers::OfferFilter;
use ocop_link::store::parties::PartyFilter;
use ocop_link::store::products::ProductFilter;
use ocop_link::store::visibility::Viewer;
use ocop_link::store::{
    Database, ReadTx, allocation_snapshots, allocations, audit_trail, certificates, changes,
    demands, external_ids, grants, idempotency, login_failures, offers, parties, products,
    sessions,
};
use uuid::Uuid;

use super::market::{TODAY, noon, party_id, product_id};
use crate::support::databases::{Engine, TestDatabase, on_both, run};

on_both!(every_list_query_has_a_limit_and_an_index, the_whole_market_is_read_through_indexes);

thread_local! {
    static STATEMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes the statements of the thread that runs them.
struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds: ").next().unwrap_or_default().to_owned();
            STATEMENTS.with_borrow_mut(|statements| statements.push(sql));
        }
    }
}

/// The SELECT statements of `read`, as the store sends them.
fn statements(
    test: &TestDatabase,
    read: impl FnOnce(&mut ReadTx<'_>) -> Result<(), Error>,
) -> Vec<String> {
    set_default_instrumentation(|| Some(Box::new(Recorder))).expect("a recorder");
    // A database opened after the recorder was set; the statements run on this thread.
    let database = Database::open(&test.home.url, 1).expect("a database");
    STATEMENTS.take();
    database.read(read).expect("readable");
    let mut noted = STATEMENTS.take();
    noted.retain(|statement| statement.starts_with("SELECT"));
    assert!(!noted.is_empty());
    noted
}

#[derive(QueryableByName)]
struct SqlitePlanRow {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresPlanRow {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    detail: String,
}

/// The plan of a statement with unknown values.
fn plan(test: &TestDatabase, statement: &str) -> Vec<String> {
    match test.home.engine {
        Engine::Sqlite => {
            let mut connection =
                SqliteConnection::establish(test.home.path()).expect("a connection");
            let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows: Vec<SqlitePlanRow> = explain.load(&mut connection).expect(statement);
            rows.into_iter().map(|row| row.detail).collect()
        }
        Engine::Postgres => postgres_plan(&test.home.url, statement),
    }
}

/// Tables are small here, and PostgreSQL reads a small table as a whole unless it is told not to,
/// as the service tells it; where it has no index it still does.
fn postgres_plan(url: &str, statement: &str) -> Vec<String> {
    let mut connection = PgConnection::establish(url).expect("a connection");
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    connection.batch_execute(settings).expect("settings");
    connection.batch_execute(&format!("PREPARE list AS {statement}")).expect(statement);
    let count = (1..).take_while(|number| statement.contains(&format!("${number}"))).count();
    let nulls =
        if count == 0 { String::new() } else { format!("({})", ["NULL"].repeat(count).join(", ")) };
    let explain = diesel::sql_query(format!("EXPLAIN EXECUTE list{nulls}"));
    let rows: Vec<PostgresPlanRow> = explain.load(&mut connection).expect(statement);
    rows.into_iter().map(|row| row.detail).collect()
}

fn assert_indexed(test: &TestDatabase, statement: &str) {
    let plan = plan(test, statement);
    let whole_table = |step: &&String| {
        step.contains("Seq Scan") || (step.starts_with("SCAN") && !step.contains(" INDEX "))
    };
    assert_eq!(plan.iter().find(whole_table), None, "{statement}\n{plan:#?}");
    let indexed = plan.iter().any(|step| step.to_uppercase().contains("INDEX"));
    assert!(indexed, "{statement}\n{plan:#?}");
}

/// First and later pages in both directions.
fn requests() -> impl Iterator<Item = PageRequest> {
    let key = CreatedKey { created_at: noon(), id: Uuid::from_u128(1) };
    [None, Some(key)].into_iter().flat_map(|after| {
        [Direction::Ascending, Direction::Descending].map(|direction| PageRequest {
            limit: 50,
            after,
            direction,
        })
    })
}

fn sets() -> Vec<ProductSet> {
    vec![ProductSet::new(1).expect("a set"), ProductSet::new(2).expect("a set")]
}

fn provinces() -> Vec<ProvinceCode> {
    vec![ProvinceCode::new(1).expect("a province"), ProvinceCode::new(2).expect("a province")]
}

fn offer_filters() -> Vec<OfferFilter> {
    use OfferState::{Draft, Exhausted, Expired, Paused, Published, Withdrawn};
    let all = || OfferFilter::all(TODAY);
    let states = vec![Draft, Published, Paused, Exhausted, Expired, Withdrawn];
    vec![
        all(),
        OfferFilter { parties: vec![party_id(1)], ..all() },
        OfferFilter { products: vec![product_id(1)], ..all() },
        OfferFilter { product_sets: sets(), ..all() },
        OfferFilter { provinces: provinces(), ..all() },
        OfferFilter { states, ..all() },
        OfferFilter { text: Some("dừa".into()), ..all() },
    ]
}

fn demand_filters() -> Vec<DemandFilter> {
    use DemandState::{Cancelled, Closed, Covered, Draft, Expired, Open, PartiallyCovered};
    let all = || DemandFilter::all(noon());
    let states = vec![Draft, Open, PartiallyCovered, Covered, Closed, Cancelled, Expired];
    vec![
        all(),
        DemandFilter { parties: vec![party_id(1)], ..all() },
        DemandFilter { product_sets: sets(), ..all() },
        DemandFilter { provinces: provinces(), ..all() },
        DemandFilter { states, ..all() },
        DemandFilter { text: Some("dừa".into()), ..all() },
    ]
}

fn product_filters() -> Vec<ProductFilter> {
    let all = ProductFilter::default;
    vec![
        all(),
        ProductFilter { parties: vec![party_id(1)], ..all() },
        ProductFilter { product_sets: sets(), ..all() },
        ProductFilter { states: vec![ProductState::Active], ..all() },
    ]
}

fn party_filters() -> Vec<PartyFilter> {
    let roles = vec![matching::party::Role::Producer, matching::party::Role::Distributor];
    vec![
        PartyFilter::default(),
        PartyFilter { roles, ..PartyFilter::default() },
        PartyFilter { provinces: provinces(), ..PartyFilter::default() },
        PartyFilter { text: Some("dừa".into()), ..PartyFilter::default() },
    ]
}

fn grant_filters() -> Vec<GrantFilter> {
    use GrantState::{Active, Ended, Pending, Revoked};
    let (grantors, grantees, states) = (Vec::new(), Vec::new(), Vec::new());
    let all = GrantFilter { grantors, grantees, states, today: TODAY };
    vec![
        all.clone(),
        GrantFilter { grantors: vec![party_id(1)], ..all.clone() },
        GrantFilter { grantees: vec![party_id(2)], ..all.clone() },
        GrantFilter { states: vec![Pending, Active, Ended, Revoked], ..all },
    ]
}

fn entry_filters() -> Vec<EntryFilter> {
    let all = EntryFilter::default;
    vec![
        all(),
        EntryFilter { concerning: Some(party_id(1)), ..all() },
        EntryFilter { resource: Some(Changed::Offer), ..all() },
        EntryFilter { resource_id: Some(Uuid::from_u128(1)), ..all() },
        EntryFilter { actor: Some(party_id(1)), since: Some(noon()), ..all() },
    ]
}

fn every_list_query_has_a_limit_and_an_index(test: &TestDatabase) {
    let oversees = ProvinceSet::EMPTY;
    let viewer = Viewer { party: party_id(1), is_admin: false, is_coordinator: true, oversees };
    let admin = Viewer { is_admin: true, ..viewer };
    let office = Viewer { oversees: provinces().into_iter().collect(), ..viewer };
    let lists = statements(test, |tx| {
        for request in requests() {
            for viewer in [viewer, admin, office] {
                for filter in offer_filters() {
                    offers::list(tx, &filter, &viewer, request)?;
                }
                for filter in demand_filters() {
                    demands::list(tx, &filter, &viewer, request)?;
                }
            }
            for filter in product_filters() {
                products::list(tx, &filter, request)?;
            }
            for filter in party_filters() {
                parties::list(tx, &filter, request)?;
            }
            certificates::of_subject(tx, Subject::Product(product_id(1)), request)?;
            for party in [Some(party_id(1)), None] {
                allocations::list(tx, party, request)?;
            }
            for filter in grant_filters() {
                grants::list(tx, (&filter, Some(party_id(1))), request)?;
                grants::list(tx, (&filter, None), request)?;
            }
        }
        for filter in entry_filters() {
            audit_trail::list(tx, &filter, (50, None))?;
            audit_trail::list(tx, &filter, (50, Some(7)))?;
        }
        idempotency::answered_before(tx, noon(), 100)?;
        sessions::expired(tx, noon(), 100)?;
        login_failures::counted_before(tx, noon(), 100)?;
        allocations::after(tx, None, 100)?;
        allocations::ended_before(tx, noon(), 100)?;
        allocation_snapshots::unused(tx, 100)?;
        changes::after(tx, 1, 100).map(drop)
    });
    let mut lists: Vec<String> = lists;
    lists.sort();
    lists.dedup();
    assert!(lists.len() > 60, "{}", lists.len());
    for statement in &lists {
        assert!(statement.contains("LIMIT"), "{statement}");
        assert_indexed(test, statement);
    }
}

fn the_whole_market_is_read_through_indexes(test: &TestDatabase) {
    let reads = statements(test, |tx| {
        offers::for_each_chunk(tx, &mut |_| Ok(()))?;
        demands::for_each_chunk(tx, &mut |_| Ok(()))
    });
    for statement in &reads {
        assert!(statement.contains("LIMIT"), "{statement}");
        assert_indexed(test, statement);
    }
}

/// After a few runs PostgreSQL makes a plan of a statement for all values, and weighs it against
/// those for one value with what it cost then. While a table fills up and is not analysed, such as
/// in a new market that is imported, a plan from when it was small wins: to read it as a whole.
#[test]
fn a_table_that_fills_up_is_still_read_through_its_index() {
    run(TestDatabase::new(Engine::Postgres), |test| {
        let mut operator = PgConnection::establish(&test.home.url).expect("a connection");
        let record = Uuid::from_u128(1);
        let read = || test.database.read(|tx| external_ids::of_many(tx, &[record], None));
        for rows in [300, 5_000] {
            operator.batch_execute(&external_id_rows(rows)).expect("room");
            for _ in 0..RUNS {
                read().expect("readable");
            }
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut counted = scans(&mut operator);
        while counted.whole + counted.indexed < 2 * RUNS {
            assert!(Instant::now() < deadline, "the server does not count: {counted:?}");
            read().expect("readable");
            counted = scans(&mut operator);
        }
        assert_eq!(counted.whole, 0, "{counted:?}");
    });
}

/// Runs of a statement after which there is a plan of it for all values.
const RUNS: i64 = 20;

fn external_id_rows(count: u32) -> String {
    format!(
        "INSERT INTO external_ids SELECT gen_random_uuid(), 'offer', 'system', n, \
         gen_random_uuid() FROM generate_series(1, {count}) n"
    )
}

/// How often a table was read, as a whole and through its indexes.
#[derive(Debug, QueryableByName)]
struct Scans {
    #[diesel(sql_type = BigInt)]
    whole: i64,
    #[diesel(sql_type = BigInt)]
    indexed: i64,
}

/// The server counts a second late.
fn scans(connection: &mut PgConnection) -> Scans {
    let query = "SELECT seq_scan AS whole, idx_scan AS indexed FROM pg_stat_user_tables \
                 WHERE relname = 'external_ids'";
    diesel::sql_query(query).get_result(connection).expect("a table")
}
