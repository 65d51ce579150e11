//! Grants over HTTP, and what a caller does in another's name.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::demands::buyer;
use super::matches::{demand, items, offer_of, product, seller};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_union_publishes_offers_of_a_producer_until_that_is_taken_back,
    a_caller_does_what_both_its_token_and_the_grant_allow,
    a_grant_holds_on_its_days,
    without_a_grant_every_refusal_is_the_same,
    a_grant_is_known_to_its_two_sides,
    every_broken_rule_of_a_grant_is_told,
    either_side_ends_a_grant_once,
    a_union_acts_for_a_member_without_login_until_the_member_objects,
    what_is_granted_cannot_be_passed_on,
    an_admin_acts_for_anyone_without_its_own_powers,
    match_queries_are_asked_in_anothers_name,
    contacts_are_shown_to_grantees,
    an_authority_writes_for_nobody,
    lists_of_grants_are_filtered_and_paged,
    nothing_is_written_under_a_grant_after_its_end_was_answered,
);

fn union(api: &TestApi) -> Actor {
    api.actor("Liên hiệp HTX OCOP", &["coordinator"])
}

fn grant_of(grantee: &Actor, scopes: &[&str]) -> Value {
    json!({"grantee_id": grantee.party_id, "scopes": scopes, "from": "2026-11-23"})
}

fn give(api: &TestApi, grantor: &Actor, body: &Value) -> String {
    let made = api.post("/v1/grants", body).by(&grantor.token).send().expect(201);
    made.header("location").to_owned()
}

fn revoke(api: &TestApi, by: &Actor, grant: &str) -> Answer {
    api.act(&format!("{grant}/revoke")).by(&by.token).send()
}

fn offer_body(product: &str) -> Value {
    json!({
        "product_id": product, "status": "published",
        "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 1000}]
    })
}

fn offer_for(api: &TestApi, by: &Actor, principal: &Actor, product: &str) -> Answer {
    let request = api.post("/v1/offers", &offer_body(product)).by(&by.token);
    request.on_behalf_of(&principal.party_id).send()
}

fn get_for(api: &TestApi, by: &Actor, principal: &Actor, path: &str) -> Answer {
    api.get(path).by(&by.token).on_behalf_of(&principal.party_id).send()
}

fn a_union_publishes_offers_of_a_producer_until_that_is_taken_back(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let coconut = product(api, &producer, json!({}));
    offer_for(api, &union, &producer, &coconut).expect_problem(403, "not_delegated");
    let grant = give(api, &producer, &grant_of(&union, &["offers:read", "offers:write"]));
    let made = offer_for(api, &union, &producer, &coconut).expect(201);
    assert_eq!(made.text("/party_id"), producer.party_id, "it is the producer's");
    let path = made.header("location");
    assert_eq!(get_for(api, &union, &producer, path).expect(200).body, made.body);
    let pause = || {
        let request = api.act(&format!("{path}/pause")).by(&union.token);
        request.on_behalf_of(&producer.party_id).send()
    };
    pause().expect(200);
    let own = api.act(&format!("{path}/resume")).by(&union.token).send();
    own.expect_problem(404, "not_found");
    assert_eq!(revoke(api, &producer, &grant).expect(200).text("/state"), "revoked");
    pause().expect_problem(403, "not_delegated");
    get_for(api, &union, &producer, path).expect_problem(403, "not_delegated");
    get_for(api, &union, &producer, "/v1/offers").expect_problem(403, "not_delegated");
}

fn a_caller_does_what_both_its_token_and_the_grant_allow(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let coconut = product(api, &producer, json!({}));
    give(api, &producer, &grant_of(&union, &["offers:read"]));
    get_for(api, &union, &producer, "/v1/offers").expect(200);
    offer_for(api, &union, &producer, &coconut).expect_problem(403, "forbidden");
    get_for(api, &union, &producer, "/v1/demands").expect_problem(403, "forbidden");
    give(api, &producer, &grant_of(&union, &["offers:write"]));
    offer_for(api, &union, &producer, &coconut).expect(201);
    let reader = Actor { token: api.token(&union.party_id, "offers:read"), ..union };
    get_for(api, &reader, &producer, "/v1/offers").expect(200);
    offer_for(api, &reader, &producer, &coconut).expect_problem(403, "forbidden");
}

fn a_grant_holds_on_its_days(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let mut body = grant_of(&union, &["offers:read"]);
    body["from"] = "2026-11-24".into();
    body["to"] = "2026-11-24".into();
    let grant = give(api, &producer, &body);
    let state = || {
        let found = api.get(&grant).by(&producer.token).send().expect(200);
        (found.text("/state").to_owned(), found.header("etag").to_owned())
    };
    let ask = || get_for(api, &union, &producer, "/v1/offers");
    assert_eq!(state(), ("pending".into(), "\"1-pending\"".into()));
    ask().expect_problem(403, "not_delegated");
    // In Vietnam the next day has begun.
    api.at("2026-11-23T17:00:00Z");
    assert_eq!(state(), ("active".into(), "\"1-active\"".into()));
    ask().expect(200);
    api.at("2026-11-24T02:59:00Z");
    ask().expect(200);
    api.at("2026-11-24T17:00:00Z");
    let union = Actor { token: api.token(&union.party_id, "offers:read"), ..union };
    get_for(api, &union, &producer, "/v1/offers").expect_problem(403, "not_delegated");
}

fn without_a_grant_every_refusal_is_the_same(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let grant = give(api, &producer, &grant_of(&union, &["offers:read"]));
    revoke(api, &producer, &grant).expect(200);
    let stranger = api.actor("Khác", &["producer"]);
    let refusal = |principal: &str| {
        let request = api.get("/v1/offers").by(&union.token).header("x-request-id", "same");
        request.on_behalf_of(principal).send().expect_problem(403, "not_delegated").body
    };
    let unknown = refusal("0198c0de-0000-7000-8000-000000000001");
    for principal in [&producer.party_id, &stranger.party_id, "x", "", "*"] {
        assert_eq!(refusal(principal), unknown, "{principal}");
    }
    let twice = api.get("/v1/offers").by(&union.token).on_behalf_of(&union.party_id);
    twice.on_behalf_of(&producer.party_id).send().expect_problem(403, "not_delegated");
    let oneself = api.get("/v1/offers").by(&union.token).on_behalf_of(&union.party_id);
    oneself.send().expect(200);
    let nobody = api.get("/v1/offers").on_behalf_of(&producer.party_id).send();
    nobody.expect_problem(401, "unauthenticated");
    api.get("/v1/units").on_behalf_of("x").send().expect(200);
}

fn a_grant_is_known_to_its_two_sides(api: &TestApi) {
    let (producer, union, other) = (seller(api), union(api), buyer(api));
    let path = give(api, &producer, &grant_of(&union, &["offers:read"]));
    for side in [&producer, &union] {
        let found = api.get(&path).by(&side.token).send().expect(200);
        assert_eq!(found.at("/allowed_actions"), &json!(["revoke"]));
        assert_eq!(found.text("/grantor_id"), producer.party_id);
        assert_eq!(found.text("/grantee_id"), union.party_id);
        assert_eq!(found.at("/scopes"), &json!(["offers:read"]));
        let listed = api.get("/v1/grants").by(&side.token).send().expect(200);
        assert_eq!(items(&listed), [found.body]);
    }
    api.get(&path).by(&other.token).send().expect_problem(404, "not_found");
    revoke(api, &other, &path).expect_problem(404, "not_found");
    let listed = api.get("/v1/grants").by(&other.token).send().expect(200);
    assert_eq!(items(&listed), [] as [Value; 0]);
    api.get(&path).by(&api.admin()).send().expect(200);
    let scoped = |scope: &str| api.token(&producer.party_id, scope);
    api.get(&path).by(&scoped("offers:read")).send().expect_problem(403, "forbidden");
    let writes = api.post("/v1/grants", &grant_of(&union, &["offers:read"]));
    writes.by(&scoped("grants:read")).send().expect_problem(403, "forbidden");
}

fn every_broken_rule_of_a_grant_is_told(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let send = |body: Value| api.post("/v1/grants", &body).by(&producer.token).send();
    let wrong = json!({"scopes": ["offers:burn", "admin", "grants:write"], "from": "x"});
    let refused = send(wrong).expect_problem(422, "invalid");
    let refused = refused.expect_violation("/grantee_id", "required");
    let refused = refused.expect_violation("/scopes/0", "not_allowed");
    let refused = refused.expect_violation("/scopes/1", "not_allowed");
    refused.expect_violation("/scopes/2", "not_allowed").expect_violation("/from", "wrong_format");
    let unknown = "0198c0de-0000-7000-8000-000000000001";
    let wrong = json!({"grantee_id": unknown, "scopes": ["offers:read", "offers:read"],
        "from": "2026-12-02", "to": "2026-12-01"});
    let refused = send(wrong).expect_problem(422, "invalid");
    let refused = refused.expect_violation("/grantee_id", "unknown_reference");
    let refused = refused.expect_violation("/scopes/1", "duplicate");
    refused.expect_violation("/to", "reversed_period");
    let refused = send(grant_of(&producer, &["offers:read"])).expect_problem(422, "invalid");
    refused.expect_violation("/grantee_id", "contradicts");
    let refused = send(grant_of(&union, &[])).expect_problem(422, "invalid");
    refused.expect_violation("/scopes", "out_of_range");
    let mut foreign = grant_of(&producer, &["offers:read"]);
    foreign["grantor_id"] = union.party_id.clone().into();
    send(foreign.clone()).expect_problem(403, "forbidden");
    let made = api.post("/v1/grants", &foreign).by(&api.admin()).send().expect(201);
    assert_eq!(made.text("/grantor_id"), union.party_id);
    let mut extra = grant_of(&union, &["offers:read"]);
    extra["state"] = "active".into();
    send(extra).expect_problem(400, "unknown_field").expect_violation("/state", "unknown_field");
}

fn either_side_ends_a_grant_once(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    for side in [&producer, &union] {
        let grant = give(api, &producer, &grant_of(&union, &["offers:read"]));
        let ended = revoke(api, side, &grant).expect(200);
        assert_eq!((ended.number("/version"), ended.text("/state")), (2, "revoked"));
        assert_eq!(ended.text("/revoked_at"), ended.text("/updated_at"));
        assert_eq!(ended.at("/allowed_actions"), &json!([]));
        let again = revoke(api, side, &grant).expect_problem(409, "illegal_action");
        assert_eq!(again.text("/state"), "revoked");
    }
}

fn a_union_acts_for_a_member_without_login_until_the_member_objects(api: &TestApi) {
    let union = union(api);
    let body = json!({"name": "Tổ hợp tác Hòa Tân", "legal_form": "cooperative_group",
        "roles": ["producer"], "place": {"province_code": "86"},
        "contact": {"phone": "0294 385 0000"}});
    let made = api.post("/v1/parties", &body).by(&union.token).send().expect(201);
    let (id, path) = (made.text("/id").to_owned(), made.header("location").to_owned());
    assert_eq!(made.text("/contact/phone"), "0294 385 0000");
    let member =
        Actor { token: api.token(&id, &ocop_link::caller::ordinary_scopes()), party_id: id };
    let goods = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg",
        "party_id": member.party_id});
    let coconut = api.post("/v1/products", &goods).by(&union.token).send().expect(201);
    offer_for(api, &union, &member, coconut.text("/id")).expect(201);
    let grants = api.get("/v1/grants").by(&member.token).send().expect(200);
    let grant = format!("/v1/grants/{}", items(&grants)[0]["id"].as_str().expect("an id"));
    revoke(api, &member, &grant).expect(200);
    offer_for(api, &union, &member, coconut.text("/id")).expect_problem(403, "not_delegated");
    let rename = api.patch(&path, &json!({"name": "X"})).if_match(1).by(&union.token).send();
    rename.expect_problem(403, "forbidden");
    let archive = format!("/v1/products/{}/archive", coconut.text("/id"));
    api.act(&archive).by(&union.token).send().expect_problem(403, "forbidden");
    let seen = api.get(&path).by(&union.token).send().expect(200);
    assert_eq!((seen.at("/contact"), seen.at("/allowed_actions")), (&Value::Null, &json!([])));
    let listed = api.get("/v1/parties").by(&union.token).send().expect(200);
    assert!(!listed.body.to_string().contains("0294"), "{}", listed.body);
}

fn what_is_granted_cannot_be_passed_on(api: &TestApi) {
    let (producer, union, other) = (seller(api), union(api), buyer(api));
    let all = [
        "parties:read",
        "parties:write",
        "products:read",
        "products:write",
        "offers:read",
        "offers:write",
        "demands:read",
        "demands:write",
        "allocations:run",
    ];
    let given = give(api, &producer, &grant_of(&union, &all));
    let pass_on = api.post("/v1/grants", &grant_of(&other, &["offers:read"])).by(&union.token);
    pass_on.on_behalf_of(&producer.party_id).send().expect_problem(403, "forbidden");
    for path in [given.as_str(), "/v1/grants", "/v1/audit-trail"] {
        get_for(api, &union, &producer, path).expect_problem(403, "forbidden");
    }
    // A grant to the union is none to those that the union lets act for itself.
    give(api, &union, &grant_of(&other, &["offers:read"]));
    get_for(api, &other, &producer, "/v1/offers").expect_problem(403, "not_delegated");
    let path = format!("/v1/parties/{}", producer.party_id);
    let roles = api.patch(&path, &json!({"roles": ["producer", "coordinator"]})).if_match(1);
    let roles = roles.by(&union.token).on_behalf_of(&producer.party_id).send();
    roles.expect_problem(403, "forbidden");
}

fn an_admin_acts_for_anyone_without_its_own_powers(api: &TestApi) {
    let (producer, other) = (seller(api), seller(api));
    let (own, foreign) = (product(api, &producer, json!({})), product(api, &other, json!({})));
    let admin = Actor { party_id: String::new(), token: api.admin() };
    let made = offer_for(api, &admin, &producer, &own).expect(201);
    assert_eq!(made.text("/party_id"), producer.party_id);
    let refused = offer_for(api, &admin, &producer, &foreign).expect_problem(422, "invalid");
    refused.expect_violation("/product_id", "unknown_reference");
    get_for(api, &admin, &producer, "/v1/grants").expect_problem(403, "forbidden");
    let nobody = Actor { party_id: "0198c0de-0000-7000-8000-000000000001".into(), ..other };
    get_for(api, &admin, &nobody, "/v1/offers").expect_problem(403, "not_delegated");
}

fn match_queries_are_asked_in_anothers_name(api: &TestApi) {
    let (producer, distributor, union) = (seller(api), buyer(api), union(api));
    let coconut = product(api, &producer, json!({}));
    let offer = offer_of(api, &producer, &coconut, json!({}));
    let wanted = demand(api, &distributor, json!({}));
    let path = format!("/v1/demands/{wanted}/matches");
    api.get(&path).by(&union.token).send().expect_problem(404, "not_found");
    let grant = give(api, &distributor, &grant_of(&union, &["demands:read", "demands:write"]));
    let found = get_for(api, &union, &distributor, &path).expect(200);
    assert_eq!(items(&found)[0]["offer_id"], offer);
    get_for(api, &union, &distributor, &format!("{path}/{offer}")).expect(200);
    let dismiss = api.post(&format!("{path}/{offer}/dismiss"), &json!({})).by(&union.token);
    dismiss.on_behalf_of(&distributor.party_id).send().expect(204);
    let own = api.get(&path).by(&distributor.token).send().expect(200);
    assert_eq!(items(&own), [] as [Value; 0], "dismissed in its name");
    let foreign = format!("/v1/offers/{offer}/matches");
    get_for(api, &union, &distributor, &foreign).expect_problem(403, "forbidden");
    revoke(api, &distributor, &grant).expect(200);
    for path in [path.as_str(), &format!("/v1/demands/{wanted}/excluded")] {
        get_for(api, &union, &distributor, path).expect_problem(403, "not_delegated");
    }
}

fn contacts_are_shown_to_grantees(api: &TestApi) {
    let (producer, union, other) = (seller(api), union(api), buyer(api));
    let path = format!("/v1/parties/{}", producer.party_id);
    let contact = json!({"contact": {"phone": "0294 385 0000", "email": "htx@example.vn"}});
    api.patch(&path, &contact).if_match(1).by(&producer.token).send().expect(200);
    let tag = |actor: &Actor| {
        let seen = api.get(&path).by(&actor.token).send().expect(200);
        seen.header("etag").to_owned()
    };
    let sees = |actor: &Actor| {
        let one = api.get(&path).by(&actor.token).send().expect(200);
        let list = api.get("/v1/parties").by(&actor.token).send().expect(200);
        let (one, list) = (one.body.to_string(), list.body.to_string());
        assert_eq!(one.contains("0294"), list.contains("0294"), "{list}");
        one.contains("0294")
    };
    assert!(!sees(&union));
    let before = tag(&union);
    let grant = give(api, &producer, &grant_of(&union, &["offers:read"]));
    assert!(sees(&union) && !sees(&other));
    assert_ne!(tag(&union), before, "another answer");
    revoke(api, &union, &grant).expect(200);
    assert!(!sees(&union));
}

fn an_authority_writes_for_nobody(api: &TestApi) {
    let (producer, office) = (seller(api), api.actor("Sở", &["authority"]));
    let coconut = product(api, &producer, json!({}));
    give(api, &producer, &grant_of(&office, &["offers:read", "offers:write"]));
    offer_for(api, &office, &producer, &coconut).expect_problem(403, "forbidden");
    get_for(api, &office, &producer, "/v1/offers").expect(200);
    let grant = api.post("/v1/grants", &grant_of(&producer, &["offers:read"])).by(&office.token);
    grant.send().expect_problem(403, "forbidden");
}

fn lists_of_grants_are_filtered_and_paged(api: &TestApi) {
    let (producer, union, other) = (seller(api), union(api), buyer(api));
    let first = give(api, &producer, &grant_of(&union, &["offers:read"]));
    give(api, &producer, &grant_of(&other, &["offers:read"]));
    give(api, &union, &grant_of(&producer, &["demands:read"]));
    revoke(api, &producer, &first).expect(200);
    let count = |query: &str| {
        let listed = api.get(&format!("/v1/grants?{query}")).by(&producer.token).send();
        items(&listed.expect(200)).len()
    };
    assert_eq!(count(""), 3);
    assert_eq!(count(&format!("grantor_id={}", producer.party_id)), 2);
    assert_eq!(count(&format!("grantee_id={}", union.party_id)), 1);
    assert_eq!(count("state=revoked"), 1);
    assert_eq!(count("state=active&state=pending"), 2);
    let page = api.get("/v1/grants?limit=2").by(&producer.token).send().expect(200);
    let next = format!("/v1/grants?limit=2&cursor={}", page.text("/next_cursor"));
    let rest = api.get(&next).by(&producer.token).send().expect(200);
    assert_eq!((items(&rest).len(), rest.at("/next_cursor")), (1, &Value::Null));
    api.get(&next).by(&union.token).send().expect_problem(400, "invalid_cursor");
    for (query, parameter) in [("grantor_id=x", "grantor_id"), ("state=old", "state")] {
        let wrong = api.get(&format!("/v1/grants?{query}")).by(&producer.token).send();
        let wrong = wrong.expect_problem(400, "invalid_parameter");
        assert_eq!(wrong.text("/errors/0/parameter"), parameter);
    }
}

/// Writers act for the producer while it takes the grant back: in the order of commits no write of
/// theirs follows the revocation.
fn nothing_is_written_under_a_grant_after_its_end_was_answered(api: &TestApi) {
    let (producer, union) = (seller(api), union(api));
    let coconut = product(api, &producer, json!({}));
    let grant = give(api, &producer, &grant_of(&union, &["offers:write"]));
    let (is_over, data) = (AtomicBool::new(false), &api.data);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut statuses = Vec::new();
                while !is_over.load(Ordering::SeqCst) {
                    statuses.push(offer_for(api, &union, &producer, &coconut).status);
                }
                assert_eq!(offer_for(api, &union, &producer, &coconut).status, 403);
                assert!(statuses.iter().all(|status| [201, 403].contains(status)), "{statuses:?}");
            });
        }
        while data.app.market().len().0 < 8 {
            thread::yield_now();
        }
        revoke(api, &producer, &grant).expect(200);
        is_over.store(true, Ordering::SeqCst);
    });
    let trail = api.get("/v1/audit-trail?limit=100").by(&producer.token).send().expect(200);
    let entries = items(&trail);
    assert_eq!(entries[0]["action"], "revoke", "nothing follows it");
    let written = entries.iter().filter(|entry| entry["actor_id"] == union.party_id);
    assert!(written.count() >= 8);
}
