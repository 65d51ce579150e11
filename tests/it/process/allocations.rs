//! Allocations confirmed by the program without solving, from the database and from a file.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::durability::{admin, audit, party, token};
use super::{Server, get, output, post, sqlite, wait_for};

fn create(base: &str, path: &str, (token, body): (&str, &Value)) -> Value {
    let (status, made) = post(&format!("{base}{path}"), token, body).expect("an answer");
    assert_eq!(status, 201, "{made}");
    made
}

/// A finished allocation: its id, and who may read it.
fn allocation(url: &str, base: &str) -> (String, String) {
    let admin = admin(url);
    let id = |made: Value| made["id"].as_str().unwrap_or_default().to_owned();
    let seller = id(create(base, "/v1/parties", (&admin, &party("HTX", "producer"))));
    let buyer = id(create(base, "/v1/parties", (&admin, &party("Siêu thị", "distributor"))));
    let (seller, buyer) = (token(url, &seller, &[]), token(url, &buyer, &[]));
    let product = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
    let product = id(create(base, "/v1/products", (&seller, &product)));
    let offer = json!({
        "product_id": product, "status": "published", "min_order": 20,
        "capacity": [{"from": "2026-01-01", "to": "2099-12-31", "quantity": 80}]
    });
    create(base, "/v1/offers", (&seller, &offer));
    let demand = json!({"title": "Mật hoa dừa", "unit": "kg", "quantity": 60, "by": "2099-01-15"});
    create(base, "/v1/demands", (&buyer, &demand));
    let made = create(base, "/v1/allocations", (&buyer, &json!({})));
    assert_eq!(made["objective"]["quantity"], 60_000, "{made}");
    (id(made), buyer)
}

#[test]
fn a_stored_allocation_is_confirmed_and_a_changed_one_is_not() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = sqlite(folder.path());
    let server = Server::start(&url).wait_until_ready();
    let (id, token) = allocation(&url, &server.base_url);
    let verify = |what: &str| output(&url, &["verify-allocation", what]);
    let confirmed = verify(&id);
    let said = String::from_utf8_lossy(&confirmed.stdout).into_owned();
    assert!(confirmed.status.success(), "{said}");
    assert!(said.contains("proven: no plan is worth more than 60000 base units"), "{said}");
    let evidence = get(&format!("{}/v1/allocations/{id}/certificate", server.base_url), &token);
    let (status, evidence) = evidence.expect("an answer");
    assert_eq!(status, 200);
    let file = folder.path().join("allocation.json");
    let write = |evidence: &Value| std::fs::write(&file, evidence.to_string()).expect("a file");
    let path = file.display().to_string();
    write(&evidence);
    assert_eq!(verify(&path).stdout, confirmed.stdout);
    let text = |field: &str| evidence[field].as_str().unwrap_or_default().to_owned();
    let more = text("outcome").replacen("60000", "60001", 1);
    let richer = text("sides").replacen("80", "90", 1);
    for (field, changed) in [("outcome", more), ("sides", richer)] {
        let mut forged = evidence.clone();
        forged[field] = changed.into();
        assert_ne!(forged, evidence);
        write(&forged);
        assert_eq!(verify(&path).status.code(), Some(1), "a forged {field}");
    }
    let (sides, pairs) = (text("sides"), text("pairs").replacen("[0,", "[99999,", 1));
    let hash = digest(&SHA256, format!("{sides}\n{pairs}").as_bytes());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut stray = evidence.clone();
    (stray["pairs"], stray["snapshot"]) = (pairs.into(), hash.into());
    write(&stray);
    let refused = verify(&path);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("pair 0 names an unknown capacity or need"), "{said}");
}

/// Demands that are hard to plan.
const HARD_DEMANDS: usize = 4;
/// What each of four producers has for one of them, and in which steps.
const HARD_SUPPLY: [(u64, u64); 4] = [(5003, 6), (6001, 10), (7009, 15), (2011, 14)];

/// Demands that each take from two of four producers, whose steps do not agree: long to plan.
fn hard_market(url: &str, base: &str) -> String {
    let admin = admin(url);
    let id = |made: Value| made["id"].as_str().unwrap_or_default().to_owned();
    let member = |name: &str, role: &str| {
        let party = id(create(base, "/v1/parties", (&admin, &party(name, role))));
        token(url, &party, &[])
    };
    let sellers = ["A", "B", "C", "D"].map(|name| member(name, "producer"));
    let buyer = member("Siêu thị", "distributor");
    for _ in 0..HARD_DEMANDS {
        let offered = sellers.iter().zip(HARD_SUPPLY).map(|(seller, (quantity, increment))| {
            let product = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
            let product = id(create(base, "/v1/products", (seller, &product)));
            let offer = json!({
                "product_id": product, "status": "published", "increment": increment,
                "capacity": [{"from": "2026-01-01", "to": "2099-12-31", "quantity": quantity}]
            });
            create(base, "/v1/offers", (seller, &offer));
            product
        });
        let demand = json!({
            "title": "Mật hoa dừa", "unit": "kg", "quantity": 11_897, "by": "2099-01-15",
            "product_ids": offered.collect::<Vec<_>>(), "max_suppliers": 2
        });
        create(base, "/v1/demands", (&buyer, &demand));
    }
    buyer
}

#[test]
fn a_run_whose_server_was_killed_reads_as_interrupted_and_leaves_nothing_half() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let url = sqlite(folder.path());
    let mut server = Server::start(&url).wait_until_ready();
    let buyer = hard_market(&url, &server.base_url);
    let limits = json!({"limits": {"time_limit_ms": 600_000}});
    let begun = create(&server.base_url, "/v1/allocations", (&buyer, &limits));
    assert_eq!(begun["status"], "running", "{begun}");
    assert_eq!(server.end("KILL"), None);
    let server = Server::start(&url).wait_until_ready();
    let path = format!("{}/v1/allocations/{}", server.base_url, begun["id"].as_str().expect("id"));
    let read = || get(&path, &buyer).filter(|(status, _)| *status == 200).map(|(_, read)| read);
    let ended = wait_for("the end", || read().filter(|it| it["status"] != "running"));
    assert_eq!(
        (&ended["status"], &ended["failure"]["code"]),
        (&json!("failed"), &json!("interrupted"))
    );
    assert!(ended.get("shares").is_none() && ended.get("snapshot").is_none(), "{ended}");
    audit(&url);
    let again = create(&server.base_url, "/v1/allocations", (&buyer, &limits));
    assert_eq!(again["status"], "running", "its place is free");
}
