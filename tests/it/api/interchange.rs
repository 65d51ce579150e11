//! The demo market through the bulk path, and the three stories on it.

use std::collections::BTreeSet;

use matching::id::PartyId;
use ocop_link::actions::interchange::{Import, Known, Outcome, Record};
use ocop_link::caller::{Caller, Resource, Scope, ordinary_scopes};
use ocop_link::error::Error;
use ocop_link::http::interchange::{Unreadable, read};
use ocop_link::market_data::DemoMarket;
use ocop_link::store::external_ids;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::api::{TestApi, api_tests};

api_tests!(
    the_demo_market_imports_once_and_tells_the_three_stories,
    names_stand_for_records_of_their_owners,
    a_party_is_named_by_the_importer_whoever_else_has_the_name,
    a_name_that_a_record_gave_up_is_free_for_the_next,
    a_certificate_that_says_something_else_is_refused,
    a_name_is_read_as_strictly_as_a_body,
);

const OPERATOR: PartyId = PartyId::new(Uuid::from_u128(1));
const SEED: u64 = 2026;

fn a_name_is_read_as_strictly_as_a_body(api: &TestApi) {
    let line = |name: Value, more: Value| {
        let mut line = json!({"type": "product", "party": name, "name": "Gạo", "product_set": 4,
            "unit": "kg"});
        line.as_object_mut().expect("it").extend(more.as_object().cloned().expect("members"));
        match read(&api.data.contract, line.to_string().as_bytes()) {
            Err(Unreadable::Invalid(violations)) => violations[0].at.clone(),
            other => panic!("{other:?}"),
        }
    };
    let name = json!({"system": "erp", "id": "p1", "oops": 1});
    assert_eq!(line(name, json!({})), "/party/oops");
    let (name, id) = (json!({"system": "erp", "id": "p1"}), Uuid::nil().to_string());
    assert_eq!(line(name, json!({"party_id": id})), "/party_id");
}

fn a_name_that_a_record_gave_up_is_free_for_the_next(api: &TestApi) {
    let party = |name: &str, ids: Value| {
        json!({"type": "party", "name": name, "legal_form": "cooperative", "roles": ["producer"],
            "place": {"province_code": "86"}, "external_ids": ids})
    };
    let both = party("HTX A", json!({"erp": "a", "register": "7"}));
    let made = import(api, &records(api, [both].into_iter()));
    assert_eq!(made, [Outcome::Created]);
    let one = || party("HTX A", json!({"erp": "a"}));
    let other = || party("HTX B", json!({"register": "7"}));
    let made = import(api, &records(api, [one(), other()].into_iter()));
    assert_eq!(made, [Outcome::Updated, Outcome::Created]);
    let again = import(api, &records(api, [one(), other()].into_iter()));
    assert_eq!(again, [Outcome::Unchanged; 2]);
}

fn demo_records(api: &TestApi) -> Vec<Record> {
    let market = DemoMarket::build(api.data.app.reference(), jiff::civil::date(2026, 11, 23), SEED);
    records(api, market.into_lines())
}

/// The records of these lines.
pub(super) fn records(api: &TestApi, lines: impl Iterator<Item = Value>) -> Vec<Record> {
    let record = |line: String| {
        read(&api.data.contract, line.as_bytes()).unwrap_or_else(|why| panic!("{why:?}: {line}"))
    };
    lines.map(|line| record(line.to_string())).collect()
}

/// Imports everything in one transaction.
pub(super) fn import(api: &TestApi, records: &[Record]) -> Vec<Outcome> {
    try_import(api, records).expect("a legal market")
}

fn try_import(api: &TestApi, records: &[Record]) -> Result<Vec<Outcome>, Error> {
    let context = api.data.app.context(Caller::new("import", OPERATOR, vec![Scope::Admin]));
    let records = records.to_vec();
    api.data.app.database().write(move |tx| {
        context.moment.rewind();
        let known = Known::default();
        let mut import = Import::new(OPERATOR, &known);
        import.look_up(tx, records.iter())?;
        let put = records.iter().map(|record| import.put(tx, &context, record));
        let outcomes = put.collect::<Result<_, _>>()?;
        import.finish(tx, &context)?;
        Ok(outcomes)
    })
}

fn named(api: &TestApi, resource: Resource, name: &str) -> String {
    let found = api
        .data
        .app
        .database()
        .read(|tx| external_ids::find_unambiguous(tx, resource, ("demo", name)));
    found.expect("names").expect("a record").to_string()
}

fn list(api: &TestApi, party: &str, path: &str) -> Vec<Value> {
    let token = api.token(&named(api, Resource::Parties, party), &ordinary_scopes());
    let answer = api.get(path).by(&token).send().expect(200);
    answer.at("/items").as_array().cloned().expect("a list")
}

fn folded(name: &Value) -> String {
    matching::text::fold::fold(name.as_str().unwrap_or_default())
}

fn the_demo_market_imports_once_and_tells_the_three_stories(api: &TestApi) {
    let records = demo_records(api);
    let first = import(api, &records);
    assert!(first.iter().all(|outcome| *outcome == Outcome::Created));
    let second = import(api, &records);
    assert_eq!(second.len(), first.len());
    assert!(second.iter().all(|outcome| *outcome == Outcome::Unchanged));
    a_distributor_finds_coconut_nectar(api);
    a_producer_finds_demands_for_candy(api);
    a_phone_finds_products_without_accents(api);
}

fn a_distributor_finds_coconut_nectar(api: &TestApi) {
    let demand = named(api, Resource::Demands, "demand-mat-hoa-dua");
    let path = |list: &str| format!("/v1/demands/{demand}/{list}?limit=5");
    let found = list(api, "distributor-hcm", &path("matches"));
    assert!(folded(&found[0]["product"]["name"]).contains("mat hoa dua"), "{}", found[0]);
    assert!(found.iter().all(|item| item["distance_km"].is_u64()));
    let missed = list(api, "distributor-hcm", &path("excluded"));
    assert!(!missed.is_empty());
    let remedies = missed.iter().flat_map(|item| item["failed_checks"].as_array()).flatten();
    assert!(remedies.into_iter().all(|check| check["remedy"].is_string()));
}

fn a_producer_finds_demands_for_candy(api: &TestApi) {
    let offer = named(api, Resource::Offers, "offer-003");
    let sold = list(api, "producer-002", &format!("/v1/offers/{offer}/matches"));
    let demands: BTreeSet<_> = sold.iter().filter_map(|item| item["demand_id"].as_str()).collect();
    let demand = named(api, Resource::Demands, "demand-keo-dua-sap");
    assert!(demands.contains(&*demand), "{sold:?}");
    let path = format!("/v1/demands/{demand}/matches?limit=100");
    let bought = list(api, "distributor-hcm", &path);
    let score = |items: &[Value], member: &str, id: &str| {
        let item = items.iter().find(|item| item[member] == id).expect("the pair");
        item["score"].clone()
    };
    assert_eq!(score(&sold, "demand_id", &demand), score(&bought, "offer_id", &offer));
}

fn a_phone_finds_products_without_accents(api: &TestApi) {
    let names = |query: &str| -> Vec<String> {
        let found = list(api, "distributor-hcm", &format!("/v1/products?q={query}&limit=10"));
        found.iter().map(|item| item["name"].as_str().unwrap_or_default().to_lowercase()).collect()
    };
    let found = names("dua%20sap%20cau%20ke");
    assert!(found[0].contains("dừa sáp"), "{found:?}");
    let coconut = names("d%E1%BB%ABa");
    assert!(coconut.iter().all(|name| name.contains("dừa")), "{coconut:?}");
    let pineapple = names("d%E1%BB%A9a");
    assert!(pineapple[0].contains("dứa"), "{pineapple:?}");
}

fn a_party_is_named_by_the_importer_whoever_else_has_the_name(api: &TestApi) {
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let named = |name: &str| {
        json!({"name": name, "legal_form": "cooperative", "roles": ["producer"],
            "place": {"province_code": "86"}, "external_ids": {"erp": "1"}})
    };
    let register =
        |name: &str| api.post("/v1/parties", &named(name)).by(&union.token).send().expect(201);
    let theirs = register("HTX của liên hiệp");
    let line = super::demands::with(named("HTX của tỉnh"), json!({"type": "party"}));
    let party = json!({"system": "erp", "id": "1"});
    let product = json!({"type": "product", "party": party, "name": "Gạo", "product_set": 4,
        "unit": "kg", "external_ids": {"erp": "1"}});
    let records = records(api, [line, product].into_iter());
    assert_eq!(import(api, &records), [Outcome::Created; 2]);
    assert_eq!(import(api, &records), [Outcome::Unchanged; 2]);
    assert_eq!(import(api, &records[1..]), [Outcome::Unchanged], "without the party's line");
    let path = format!("/v1/parties/{}", theirs.text("/id"));
    let theirs = api.get(&path).by(&union.token).send().expect(200);
    assert_eq!(theirs.text("/name"), "HTX của liên hiệp");
}

fn a_certificate_that_says_something_else_is_refused(api: &TestApi) {
    let party = json!({"type": "party", "name": "HTX", "legal_form": "cooperative",
        "roles": ["producer"], "place": {"province_code": "86"}, "external_ids": {"erp": "1"}});
    let product = json!({"type": "product", "party": {"system": "erp", "id": "1"}, "name": "Gạo",
        "product_set": 4, "unit": "kg", "external_ids": {"erp": "1"}});
    let star = |stars: u8| {
        json!({"type": "certificate", "product": {"system": "erp", "id": "1"}, "kind": "ocop",
            "stars": stars, "number": "1/QĐ", "authority": "UBND tỉnh",
            "decision_date": "2025-06-01"})
    };
    let lines = records(api, [party, product, star(4)].into_iter());
    assert_eq!(import(api, &lines), [Outcome::Created; 3]);
    assert_eq!(import(api, &lines), [Outcome::Unchanged; 3]);
    let other = records(api, [star(5)].into_iter());
    let refused = try_import(api, &other).expect_err("another certificate of that number");
    assert_eq!(refused.to_string(), "conflict: DuplicateCertificate");
}

fn names_stand_for_records_of_their_owners(api: &TestApi) {
    let party = |id: &str| {
        json!({"type": "party", "name": format!("HTX {id}"), "legal_form": "cooperative",
            "roles": ["producer"], "place": {"province_code": "86"},
            "external_ids": {"erp": id}})
    };
    let product = |party: &str, name: &str| {
        json!({"type": "product", "party": {"system": "erp", "id": party}, "name": name,
            "product_set": 4, "unit": "kg", "external_ids": {"erp": "1"}})
    };
    let demand = |party: &str, title: &str| {
        json!({"type": "demand", "party": {"system": "erp", "id": party}, "title": title,
            "unit": "kg", "quantity": 5, "by": "2027-01-15", "external_ids": {"erp": "1"}})
    };
    let lines = [
        party("a"),
        party("b"),
        product("a", "Gạo"),
        product("b", "Mật"),
        demand("a", "Gạo"),
        demand("b", "Mật"),
    ];
    let records = records(api, lines.into_iter());
    for expected in [Outcome::Created, Outcome::Unchanged] {
        assert!(import(api, &records).iter().all(|outcome| *outcome == expected), "{expected:?}");
    }
    let guest = json!({"visibility": "invited",
        "invited_parties": [{"system": "erp", "id": "a"}], "external_ids": {"erp": "2"}});
    let shown = super::demands::with(demand("b", "Mật"), guest);
    let shown = self::records(api, [shown].into_iter());
    assert_eq!(import(api, &shown), [Outcome::Created]);
    assert_eq!(import(api, &shown), [Outcome::Unchanged]);
    let twice = [product("a", "Gạo"), product("b", "Mật"), product("a", "Gạo")];
    let outcomes = import(api, &self::records(api, twice.into_iter()));
    assert_eq!(outcomes, [Outcome::Unchanged; 3]);
}
