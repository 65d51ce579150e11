//! The audit trail over HTTP: complete, true, and nobody else's.

use matching::id::ClientId;
use ocop_link::actions::users::{self, UserName};
use ocop_link::actions::{clients, signing_keys};
use ocop_link::caller::{Caller, Scope};
use ocop_link::credentials::password::Password;
use ocop_link::identity::key_ring::Rotation;
use ocop_link::store::signing_keys::{self as kept, KeptKey};
use ocop_link::store::{WriteTx, changes};
use serde_json::{Value, json};

use super::demands::{buyer, record, short};
use super::matches::{items, offer, product, seller};
use crate::support::api::{Actor, TestApi, api_tests};
use crate::support::identity::PASSWORD;

api_tests!(
    every_write_is_told_with_what_was_before_and_after,
    an_offer_made_for_a_member_tells_both_parties,
    a_party_reads_what_concerns_it_and_no_more,
    the_trail_is_filtered,
    the_trail_is_read_in_pages_newest_first,
    a_refused_or_empty_write_leaves_no_entry,
    what_a_product_says_is_told_as_it_was_said,
    clients_users_and_keys_are_told_without_their_secrets,
);

/// An attribute whose name means something to the library that reads JSON.
fn what_a_product_says_is_told_as_it_was_said(api: &TestApi) {
    let maker = seller(api);
    let attribute = ("$serde_json::private::RawValue", "[1, 2]");
    let body = json!({"name": "Y", "product_set": 5, "unit": "kg", "attributes": {"a": "b"}});
    let body = body.to_string();
    let body = body.replace("\"a\":\"b\"", &format!("{:?}:{:?}", attribute.0, attribute.1));
    let post = api.request("POST", "/v1/products").header("content-type", "application/json");
    let made = post.by(&maker.token).raw(body).send().expect(201);
    let told = &trail(api, &maker.token, "&resource=product")[0];
    assert_eq!(told["after"]["attributes"][attribute.0], attribute.1, "{told}");
    assert_eq!(&told["after"]["attributes"], made.at("/attributes"));
}

fn trail(api: &TestApi, token: &str, query: &str) -> Vec<Value> {
    let path = format!("/v1/audit-trail?limit=100{query}");
    items(&api.get(&path).by(token).send().expect(200))
}

fn deeds(entries: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries.iter().map(|it| (text(&it["resource"]), text(&it["action"]))).collect()
}

fn every_write_is_told_with_what_was_before_and_after(api: &TestApi) {
    let producer = seller(api);
    let path = format!("/v1/parties/{}", producer.party_id);
    let change = api.patch(&path, &json!({"name": "HTX Hòa Tân", "tax_code": "2100123456"}));
    let change = change.if_match(1).header("x-request-id", "request-7").by(&producer.token);
    change.send().expect(200);
    let offered = offer(api, &producer, json!({"unit_price": 90_000}));
    api.act(&format!("/v1/offers/{offered}/pause")).by(&producer.token).send().expect(200);
    let entries = trail(api, &producer.token, "");
    let expected = [
        ("offer", "pause"),
        ("offer", "create"),
        ("product", "create"),
        ("party", "update"),
        ("party", "create"),
    ];
    assert_eq!(deeds(&entries), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let renamed = &entries[3];
    assert_eq!(renamed["before"]["name"], "HTX Cầu Kè");
    assert_eq!(renamed["after"]["name"], "HTX Hòa Tân");
    assert_eq!(renamed["after"]["tax_code"], "2100123456");
    assert_eq!(renamed["before"]["tax_code"], Value::Null);
    assert_eq!(renamed["request_id"], "request-7");
    assert_eq!((&renamed["version"], &renamed["subject"]), (&json!(2), &json!("test")));
    assert_eq!(entries[0]["before"]["status"], "published");
    assert_eq!(entries[0]["after"]["status"], "paused");
    assert_eq!(entries[1]["before"], Value::Null);
    assert_eq!(entries[1]["after"]["unit_price"], 90_000);
    let told = trail(api, &api.admin(), "").len() as i64;
    assert_eq!(api.data.app.database().read(changes::last).expect("readable"), told, "each change");
}

fn an_offer_made_for_a_member_tells_both_parties(api: &TestApi) {
    let (producer, union) = (seller(api), api.actor("Liên hiệp", &["coordinator"]));
    let coconut = product(api, &producer, json!({}));
    let grant = json!({"grantee_id": union.party_id, "scopes": ["offers:write"]});
    api.post("/v1/grants", &grant).by(&producer.token).send().expect(201);
    let body = json!({"product_id": coconut,
        "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 1000}]});
    let made = api.post("/v1/offers", &body).by(&union.token).on_behalf_of(&producer.party_id);
    let made = made.send().expect(201);
    let id = made.text("/id");
    let seen = |token: &str| trail(api, token, &format!("&id={id}"));
    let by_owner = seen(&producer.token);
    assert_eq!(by_owner.len(), 1);
    assert_eq!(by_owner[0]["actor_id"], union.party_id);
    assert_eq!(by_owner[0]["on_behalf_of"], producer.party_id);
    assert_eq!(by_owner[0]["owner_id"], producer.party_id);
    assert_eq!(by_owner[0]["subject"], Value::Null, "the union's own matter");
    assert_eq!(seen(&api.admin())[0]["subject"], "test");
    assert_eq!(seen(&union.token), [] as [Value; 0], "it is the producer's record");
}

fn a_party_reads_what_concerns_it_and_no_more(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    offer(api, &producer, json!({"note": "canary", "visibility": "invited"}));
    record(api, &distributor, &short());
    let own = trail(api, &distributor.token, "");
    assert_eq!(deeds(&own)[0], ("demand".to_owned(), "create".to_owned()));
    assert!(own.iter().all(|entry| entry["owner_id"] == distributor.party_id));
    for query in ["", &format!("&actor={}", producer.party_id), "&resource=offer"] {
        let seen = trail(api, &distributor.token, query);
        assert!(!json!(seen).to_string().contains("canary"), "{seen:?}");
    }
    let blind = api.token(&distributor.party_id, "demands:read demands:write");
    let refused = api.get("/v1/audit-trail").by(&blind).send();
    refused.expect_problem(403, "forbidden");
}

fn the_trail_is_filtered(api: &TestApi) {
    let producer = seller(api);
    let offered = offer(api, &producer, json!({}));
    api.at("2026-11-23T04:00:00Z");
    let act = |verb: &str| {
        let by = if verb == "pause" { api.admin() } else { producer.token.clone() };
        api.act(&format!("/v1/offers/{offered}/{verb}")).by(&by).send().expect(200)
    };
    act("pause");
    act("resume");
    let count = |query: &str| trail(api, &producer.token, query).len();
    assert_eq!(count(&format!("&id={offered}")), 3);
    assert_eq!(count("&resource=party"), 1);
    assert_eq!(count("&resource=offer&actor=00000000-0000-7000-8000-00000000000a"), 1);
    assert_eq!(count("&since=2026-11-23T04:00:00Z"), 2);
    assert_eq!(count("&since=2026-11-23T04:00:00.000001Z"), 0);
    for (query, parameter) in
        [("id=x", "id"), ("since=today", "since"), ("resource=money", "resource")]
    {
        let wrong = api.get(&format!("/v1/audit-trail?{query}")).by(&producer.token).send();
        let wrong = wrong.expect_problem(400, "invalid_parameter");
        assert_eq!(wrong.text("/errors/0/parameter"), parameter);
    }
}

fn the_trail_is_read_in_pages_newest_first(api: &TestApi) {
    let (producer, other) = (seller(api), buyer(api));
    for _ in 0..3 {
        product(api, &producer, json!({}));
    }
    let mut numbers: Vec<i64> = Vec::new();
    let mut path = "/v1/audit-trail?limit=2".to_owned();
    loop {
        let page = api.get(&path).by(&producer.token).send().expect(200);
        numbers.extend(items(&page).iter().filter_map(|entry| entry["seq"].as_i64()));
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        path = format!("/v1/audit-trail?limit=2&cursor={cursor}");
        api.get(&path).by(&other.token).send().expect_problem(400, "invalid_cursor");
        product(api, &producer, json!({}));
    }
    assert_eq!(numbers.len(), 4, "what came later is not among them");
    assert!(numbers.is_sorted_by(|newer, older| newer > older), "{numbers:?}");
}

fn a_refused_or_empty_write_leaves_no_entry(api: &TestApi) {
    let producer: Actor = seller(api);
    let path = format!("/v1/parties/{}", producer.party_id);
    let change =
        |body: Value, version| api.patch(&path, &body).if_match(version).by(&producer.token).send();
    change(json!({"name": "HTX Cầu Kè"}), 1).expect(200);
    change(json!({"name": "Mới"}), 7).expect_problem(412, "precondition_failed");
    change(json!({"name": ""}), 1).expect_problem(422, "invalid");
    assert_eq!(trail(api, &producer.token, "").len(), 1, "its registration");
}

/// Registers a client and a user, does to them all that can be done, and rotates the keys; the
/// secrets that were made.
fn registered(api: &TestApi, party: &str) -> Vec<String> {
    const PHONE: &str = "0294 385 0000";
    let client = api.client(party, "offers:read");
    let rotated = api.rotate_secret(&client, 7);
    let id: ClientId = client.id.parse().expect("an id");
    let user = api.user(party, PHONE, None);
    let reset =
        Password::chosen("mật khẩu do quản trị đặt").expect("legal").hash().expect("a hash");
    let kept_hash = reset.as_str().to_owned();
    let name = UserName::Id(user);
    api.as_operator(move |tx, ctx| users::reset(tx, ctx, &name, &reset)).expect("reset");
    let session = api.log_in(PHONE, "mật khẩu do quản trị đặt").expect(201);
    let change = json!({"current_password": "mật khẩu do quản trị đặt", "new_password": PASSWORD});
    let change =
        api.put("/v1/sessions/current/password", &change).by(session.text("/access_token"));
    change.send().expect(204);
    for _ in 0..2 {
        api.as_operator(move |tx, ctx| clients::revoke(tx, ctx, id)).expect("revoked");
        let name = UserName::Id(user);
        api.as_operator(move |tx, ctx| users::disable(tx, ctx, &name)).expect("disabled");
    }
    vec![client.secret, rotated.secret, kept_hash, PASSWORD.into(), PHONE.replace(' ', "")]
}

fn rotate_keys(api: &TestApi) -> Vec<String> {
    let app = &api.data.app;
    let operator = "00000000-0000-7000-8000-00000000000a".parse().expect("an id");
    let context = app.context(Caller::new("test", operator, vec![Scope::Admin]));
    let note = move |tx: &mut WriteTx<'_>, key: &KeptKey| {
        signing_keys::note_rotation(tx, &context, key, true);
    };
    let rotated = app.keys().rotate(app.database(), app.clock(), Rotation::Compromised, note);
    rotated.expect("rotated");
    let keys = app.database().read(kept::all).expect("readable");
    keys.into_iter().map(|key| key.private_key).collect()
}

fn clients_users_and_keys_are_told_without_their_secrets(api: &TestApi) {
    let producer = seller(api);
    let mut secrets = registered(api, &producer.party_id);
    let own = trail(api, &producer.token, "");
    let expected = [
        ("user", "disable"),
        ("client", "revoke"),
        ("user", "change_password"),
        ("user", "reset_password"),
        ("user", "create"),
        ("client", "rotate_secret"),
        ("client", "create"),
        ("party", "create"),
    ];
    assert_eq!(deeds(&own), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let versions = own.iter().map(|entry| entry["version"].as_i64().expect("a version"));
    assert_eq!(versions.collect::<Vec<_>>(), [4, 3, 3, 2, 1, 2, 1, 1]);
    assert_eq!(own[0]["before"]["disabled_at"], Value::Null);
    assert_eq!(own[0]["after"]["disabled_at"], "2026-11-23T03:00:00Z");
    assert_eq!(own[1]["after"]["scope"], "offers:read");
    secrets.extend(rotate_keys(api));
    let fresh = api.token(&producer.party_id, "audit-trail:read");
    assert_eq!(trail(api, &fresh, "").len(), own.len(), "the key is the operator's");
    let all = trail(api, &api.admin(), "");
    assert_eq!(deeds(&all)[0], ("signing_key".to_owned(), "replace_compromised".to_owned()));
    assert_eq!((&all[0]["after"]["number"], all.len()), (&json!(2), own.len() + 1));
    let text = json!(all).to_string();
    assert_eq!(secrets.iter().find(|secret| text.contains(*secret)), None);
}
