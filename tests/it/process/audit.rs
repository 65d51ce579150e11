//! The audit of a database that somebody has changed behind the service's back.

use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{output, sqlite};

/// What is done to the database, and what the audit says of it.
const DAMAGES: [(&str, &str); 12] = [
    ("UPDATE change_counter SET last_seq = last_seq - 1", "changes are counted"),
    (
        "UPDATE external_ids SET resource_id = '0198c0de-0000-7000-8000-000000000001'
      WHERE resource = 'offer'",
        "an external id names nothing",
    ),
    ("UPDATE offers SET party_id = (SELECT party_id FROM demands)", "its product is another's"),
    ("DELETE FROM parties WHERE id = (SELECT party_id FROM offers)", "its producer is not there"),
    ("DELETE FROM parties WHERE id = (SELECT party_id FROM demands)", "its buyer is not there"),
    ("UPDATE offers SET last_day = '2026-12-31'", "a column says another thing"),
    ("UPDATE demands SET last_day = '2026-12-31'", "a column says another thing"),
    ("UPDATE parties SET name_folded = 'x' WHERE name = 'seller'", "a column says another thing"),
    ("UPDATE products SET name_folded = 'x'", "a column says another thing"),
    ("UPDATE delivery_needs SET position = 1", "illegal position of a delivery"),
    ("DELETE FROM changes WHERE resource = 'offer' AND version = 1", "is missing"),
    ("DELETE FROM products", "what it certifies is not there"),
];

fn market() -> [Value; 5] {
    let named = |id: &str| json!({"system": "erp", "id": id});
    let party = |id: &str, role: &str| {
        json!({"type": "party", "name": id, "legal_form": "enterprise", "roles": [role],
            "place": {"province_code": "86"}, "external_ids": {"erp": id}})
    };
    [
        party("seller", "producer"),
        party("buyer", "distributor"),
        json!({"type": "product", "party": named("seller"), "name": "Gạo", "product_set": 4,
            "unit": "kg", "external_ids": {"erp": "rice"}}),
        json!({"type": "offer", "product": named("rice"), "unit_price": 9, "status": "published",
            "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 10}],
            "external_ids": {"erp": "offer"}}),
        json!({"type": "demand", "party": named("buyer"), "title": "Gạo", "unit": "kg",
            "quantity": 5, "by": "2099-01-15", "external_ids": {"erp": "demand"}}),
    ]
}

fn certificate() -> Value {
    json!({"type": "certificate", "product": {"system": "erp", "id": "rice"}, "kind": "ocop",
        "stars": 4, "number": "1/QĐ", "authority": "UBND tỉnh", "decision_date": "2025-06-01"})
}

/// A copy of the database that `damage` is done to; what the audit says of it.
fn audited(folder: &Path, (place, damage): (usize, &str)) -> (Option<i32>, String) {
    let copy = folder.join(format!("{place}.db"));
    let connect =
        |path: &Path| SqliteConnection::establish(&path.display().to_string()).expect("a database");
    let into = format!("VACUUM INTO '{}'", copy.display());
    connect(&folder.join("market.db")).batch_execute(&into).expect("a copy");
    let damage = format!("PRAGMA foreign_keys = OFF; {damage}");
    connect(&copy).batch_execute(&damage).expect("done");
    let audit = output(&format!("sqlite:{}", copy.display()), &["audit"]);
    let said = [audit.stdout, audit.stderr].concat();
    (audit.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_was_done_behind_the_back_of_the_service_is_found() {
    let folder = TempDir::new().expect("a folder");
    let (url, file) = (sqlite(folder.path()), folder.path().join("market.ndjson"));
    let lines = market().into_iter().chain([certificate()]).map(|line| line.to_string());
    fs::write(&file, lines.collect::<Vec<_>>().join("\n")).expect("a file");
    let imported = output(&url, &["import", &file.display().to_string()]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(audited(folder.path(), (0, "")), (Some(0), "audit: nothing found\n".into()));
    for (place, (damage, expected)) in (1..).zip(DAMAGES) {
        let (code, said) = audited(folder.path(), (place, damage));
        assert_eq!(code, Some(1), "{damage}: {said}");
        assert!(said.contains(expected), "{damage}: {said}");
    }
}
