//! The objects that operations are tried on, and the requests that try them.

use matching::allocation::plan::Objective;
use matching::id::AllocationId;
use matching::planning::{Rule, Wish};
use ocop_link::actions::allocations::alive_until;
use ocop_link::store::allocations::{self, Allocation, Request as Asked, State};
use serde_json::{Value, json};

use super::table::{Object, Row};
use crate::support::api::{Actor, Request, TestApi};
use crate::support::contract;

/// An id that nothing has.
pub(super) const UNKNOWN: &str = "0198c0de-0000-7000-8000-0000000000ff";

/// What a system of the caller calls a record that is not there yet.
const EXTERNAL: &str = "PO-1";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// An operation of the document.
pub(super) struct Operation {
    pub(super) id: String,
    method: &'static str,
    path: String,
    has_body: bool,
}

/// Every operation of the document.
pub(super) fn operations(document: &Value) -> impl Iterator<Item = Operation> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("an item");
        item.iter().map(|(method, operation)| Operation {
            id: operation["operationId"].as_str().expect("an id").to_owned(),
            method: METHODS.iter().find(|it| it.eq_ignore_ascii_case(method)).expect("a method"),
            path: path.clone(),
            has_body: operation.get("requestBody").is_some(),
        })
    })
}

/// One owner with all that it can have, and those who try to get at it.
pub(super) struct World<'a> {
    api: &'a TestApi,
    pub(super) owner: Actor,
    pub(super) stranger: Actor,
    pub(super) grantee: Actor,
    pub(super) authority: Actor,
    product: String,
}

impl<'a> World<'a> {
    pub(super) fn new(api: &'a TestApi) -> Self {
        let owner = api.actor("Chủ", &["producer", "distributor", "coordinator"]);
        let stranger = api.actor("Lạ", &["producer", "distributor"]);
        let grantee = api.actor("Liên hiệp", &["coordinator"]);
        let authority = api.actor("Sở", &["authority"]);
        let product = json!({"name": "Dừa sáp", "product_set": 1, "unit": "kg"});
        let product = made(api, &owner, "/v1/products", &product);
        let world = Self { api, owner, stranger, grantee, authority, product };
        world.make("/v1/grants", &world.grant());
        world
    }

    fn make(&self, path: &str, body: &Value) -> String {
        made(self.api, &self.owner, path, body)
    }

    fn grant(&self) -> Value {
        json!({"grantee_id": self.grantee.party_id, "scopes": [
            "parties:read", "parties:write", "products:read", "products:write",
            "offers:read", "offers:write", "demands:read", "demands:write"
        ]})
    }

    fn offer(&self, status: &str) -> Value {
        json!({"product_id": self.product, "status": status, "unit_price": 90_000, "capacity": [
            {"from": "2027-01-01", "to": "2027-03-31", "quantity": 1000}
        ]})
    }

    fn offer_in(&self, state: &str) -> String {
        let offer = self.make("/v1/offers", &self.offer("published"));
        if state == "paused" {
            let path = format!("/v1/offers/{offer}/pause");
            self.api.act(&path).by(&self.owner.token).send().expect(200);
        }
        offer
    }

    /// An allocation that nobody runs.
    fn queued_allocation(&self) -> String {
        let app = &self.api.data.app;
        let moment = app.clock().moment();
        let owner = self.owner.party_id.parse().expect("an id");
        let queued = Allocation {
            id: AllocationId::new(moment.new_id()),
            version: 1,
            created_at: moment.now(),
            updated_at: moment.now(),
            party_id: owner,
            actor_id: owner,
            request: Asked {
                wish: Wish { objective: Objective::Coverage, rule: Rule::MaxMin },
                demands: None,
                producers: Vec::new(),
                earlier: Vec::new(),
                time_limit_ms: 1000,
                repairs: None,
            },
            alive_until: alive_until(moment.now()),
            state: State::Queued,
        };
        let id = queued.id;
        let insert = app.database().write(move |tx| allocations::insert(tx, &queued));
        insert.expect("written");
        id.to_string()
    }

    /// A new object of the owner; its id.
    fn object(&self, object: Object) -> String {
        let certificates = format!("/v1/products/{}/certificates", self.product);
        match object {
            Object::None => EXTERNAL.to_owned(),
            Object::Party => self.owner.party_id.clone(),
            Object::Product => self.product.clone(),
            Object::ArchivedProduct => {
                let path = format!("/v1/products/{}/archive", self.product);
                self.api.act(&path).by(&self.owner.token).send().expect(200);
                self.product.clone()
            }
            Object::Certificate => self.make(&certificates, &certificate()),
            Object::DraftOffer => self.make("/v1/offers", &self.offer("draft")),
            Object::PublishedOffer => self.offer_in("published"),
            Object::PausedOffer => self.offer_in("paused"),
            Object::DraftDemand => self.make("/v1/demands", &demand("draft")),
            Object::OpenDemand | Object::Pair => self.make("/v1/demands", &demand("open")),
            Object::Grant => self.make("/v1/grants", &self.grant()),
            Object::FinishedAllocation => self.make("/v1/allocations", &json!({})),
            Object::QueuedAllocation => self.queued_allocation(),
        }
    }

    /// A request of the operation, on an object of the owner.
    pub(super) fn request(&self, row: &Row) -> Request<'a> {
        let offer = (row.object == Object::Pair).then(|| self.object(Object::PublishedOffer));
        self.addressed(row, &self.object(row.object), &offer.unwrap_or_default())
    }

    /// A request of the operation, on the object with this id.
    pub(super) fn request_for(&self, row: &Row, id: &str) -> Request<'a> {
        self.addressed(row, id, UNKNOWN)
    }

    fn addressed(&self, row: &Row, id: &str, offer: &str) -> Request<'a> {
        let found =
            operations(contract::document()).find(|operation| operation.id == row.operation);
        let Operation { method, path, has_body, .. } = found.expect("a published operation");
        let path = path.replace("{id}", id).replace("{offer_id}", offer);
        let path = path.replace("{system}", "erp").replace("{code}", "4").replace("{tail}", "");
        let request = self.api.request(method, &format!("{path}{}", row.query));
        match (method, has_body) {
            _ if row.operation == "getToken" => request
                .header("content-type", "application/x-www-form-urlencoded")
                .raw("grant_type=client_credentials&client_id=x&client_secret=y"),
            ("PATCH", _) => request
                .header("content-type", "application/merge-patch+json")
                .header("if-match", "*")
                .raw(self.body(row).to_string()),
            (_, true) => request.json(&self.body(row)),
            (_, false) => request,
        }
    }

    /// A body that the operation accepts.
    fn body(&self, row: &Row) -> Value {
        match row.operation {
            "createParty" | "putPartyByExternalId" => json!({
                "name": "Thành viên", "legal_form": "household", "roles": ["producer"],
                "place": {"province_code": "79"}
            }),
            "createProduct" | "putProductByExternalId" => {
                json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"})
            }
            "createProductCertificate" => certificate(),
            "createPartyCertificate" => json!({
                "kind": "haccp", "number": "H-1", "authority": "Quacert",
                "decision_date": "2026-01-01"
            }),
            "createOffer" | "putOfferByExternalId" => self.offer("draft"),
            "createDemand" | "putDemandByExternalId" | "previewMatches" => demand("open"),
            "createGrant" => self.grant(),
            "repairAllocation" => json!({"declined": [self.owner.party_id]}),
            "createSession" => json!({"email": "ai@do.example", "password": "không phải của tôi"}),
            "updateOffer" => json!({"pickup": true}),
            "updateDemand" => json!({"title": "Dừa"}),
            "updateParty" | "updateProduct" => json!({"name": "Tên mới"}),
            _ => json!({}),
        }
    }
}

fn made(api: &TestApi, owner: &Actor, path: &str, body: &Value) -> String {
    api.post(path, body).by(&owner.token).send().expect(201).text("/id").to_owned()
}

fn certificate() -> Value {
    json!({"kind": "ocop", "stars": 4, "number": "1", "authority": "UBND",
           "decision_date": "2026-01-01"})
}

fn demand(status: &str) -> Value {
    json!({"title": "Dừa sáp", "unit": "kg", "quantity": 500, "by": "2027-01-15",
           "status": status})
}
