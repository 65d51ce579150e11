//! Who sees and writes an offer, and what partners call it.

use serde_json::{Value, json};

use super::{act, create, get, offer_of, producer, published, with};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    a_draft_and_a_paused_offer_are_the_owners_secret,
    each_level_of_visibility_shows_an_offer_to_its_audience,
    an_invitation_can_be_taken_back,
    what_may_be_seen_is_not_therefore_written,
    reading_and_writing_need_their_scopes,
    putting_the_same_twice_makes_one_offer,
    a_put_changes_terms_and_no_state,
    an_external_id_is_unique_for_its_owner,
);

fn a_draft_and_a_paused_offer_are_the_owners_secret(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let other = api.actor("Khác", &["distributor", "coordinator"]);
    let path = create(api, &actor, &offer_of(&product)).expect(201);
    let path = path.header("location");
    let hidden = || {
        get(api, &other, path).expect_problem(404, "not_found");
        let listed = get(api, &other, "/v1/offers").expect(200);
        assert_eq!(listed.at("/items"), &json!([]));
        let patch = api.patch(path, &json!({"pickup": true})).if_match(1).by(&other.token).send();
        patch.expect_problem(404, "not_found");
        get(api, &actor, path).expect(200);
        api.get(path).by(&api.admin()).send().expect(200);
    };
    hidden();
    act(api, &actor, path, "publish").expect(200);
    get(api, &other, path).expect(200);
    act(api, &actor, path, "pause").expect(200);
    hidden();
}

fn each_level_of_visibility_shows_an_offer_to_its_audience(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let (invited, other) = (api.actor("Mời", &["distributor"]), api.actor("X", &["distributor"]));
    let audience = |visibility: &str, guests: Value| {
        let mut body = with(&product, "visibility", json!(visibility));
        body["status"] = "published".into();
        body["invited_party_ids"] = guests;
        create(api, &actor, &body)
    };
    let guests = json!([invited.party_id]);
    let cases = [
        (audience("public", json!([])), [true, true, true]),
        (audience("coordinators", json!([])), [true, false, false]),
        (audience("invited", guests.clone()), [false, true, false]),
        (audience("invited", json!([])), [false, false, false]),
    ];
    for (made, seen) in cases {
        let made = made.expect(201);
        for (viewer, sees) in [&union, &invited, &other].into_iter().zip(seen) {
            let found = get(api, viewer, made.header("location"));
            let found = if sees { found.expect(200) } else { found.expect(404) };
            assert_eq!(found.at("/invited_party_ids"), &Value::Null, "the owner's secret");
            let listed = get(api, viewer, "/v1/offers").expect(200);
            let items = listed.at("/items").as_array().cloned().unwrap_or_default();
            assert_eq!(items.iter().any(|item| item["id"] == made.body["id"]), sees);
        }
        get(api, &actor, made.header("location")).expect(200);
    }
    let refused = audience("public", guests).expect_problem(422, "invalid");
    refused.expect_violation("/invited_party_ids", "contradicts");
    let unknown = json!([invited.party_id, "0198c0de-0000-7000-8000-000000000001"]);
    let refused = audience("invited", unknown).expect_problem(422, "invalid");
    refused.expect_violation("/invited_party_ids/1", "unknown_reference");
}

fn an_invitation_can_be_taken_back(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let (one, two) = (api.actor("1", &["distributor"]), api.actor("2", &["distributor"]));
    let path = published(api, &actor, &product);
    let invite = |guest: &Actor, version| {
        let patch = json!({"visibility": "invited", "invited_party_ids": [guest.party_id]});
        api.patch(&path, &patch).if_match(version).by(&actor.token).send().expect(200)
    };
    assert_eq!(invite(&one, 1).at("/invited_party_ids"), &json!([one.party_id]));
    get(api, &one, &path).expect(200);
    invite(&two, 2);
    get(api, &one, &path).expect_problem(404, "not_found");
    get(api, &two, &path).expect(200);
}

fn what_may_be_seen_is_not_therefore_written(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let other = api.actor("Khác", &["producer"]);
    let body = with(&product, "external_ids", json!({"erp": "1"}));
    let made = create(api, &actor, &body).expect(201);
    let path = made.header("location");
    act(api, &actor, path, "publish").expect(200);
    let seen = get(api, &other, path).expect(200);
    assert_eq!(seen.at("/allowed_actions"), &json!([]));
    assert_eq!(seen.at("/external_ids"), &json!({}));
    let change = |by: &str| api.patch(path, &json!({"pickup": true})).by(by);
    change(&other.token).if_match(1).send().expect_problem(403, "forbidden");
    change(&other.token).send().expect_problem(403, "forbidden");
    let by_admin = change(&api.admin()).if_match(2).send().expect(200);
    assert_eq!(by_admin.text("/party_id"), actor.party_id);
    assert_eq!(by_admin.at("/external_ids"), &json!({"erp": "1"}));
}

fn reading_and_writing_need_their_scopes(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let path = published(api, &actor, &product);
    let scoped = |scope: &str| Actor { token: api.token(&actor.party_id, scope), ..actor.clone() };
    let (reader, writer) = (scoped("offers:read"), scoped("offers:write"));
    get(api, &reader, &path).expect(200);
    get(api, &writer, &path).expect_problem(403, "forbidden");
    get(api, &writer, "/v1/offers").expect_problem(403, "forbidden");
    create(api, &reader, &offer_of(&product)).expect_problem(403, "forbidden");
    create(api, &writer, &offer_of(&product)).expect(201);
    let put = |by: &Actor| {
        api.put("/v1/offers/by-external-id/erp/1", &offer_of(&product)).by(&by.token).send()
    };
    put(&reader).expect_problem(403, "forbidden");
    let patch = api.patch(&path, &json!({"pickup": true})).if_match(1).by(&reader.token).send();
    patch.expect_problem(403, "forbidden");
    create(api, &scoped("demands:write"), &offer_of(&product)).expect_problem(403, "forbidden");
}

fn putting_the_same_twice_makes_one_offer(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let put = |body: &Value| {
        api.put("/v1/offers/by-external-id/erp/CH%2F42", body).by(&actor.token).send()
    };
    let body = offer_of(&product);
    let made = put(&body).expect(201);
    assert_eq!(made.at("/external_ids"), &json!({"erp": "CH/42"}));
    assert_eq!(made.header("location"), format!("/v1/offers/{}", made.text("/id")));
    let same = put(&body).expect(200);
    assert_eq!(same.body, made.body);
    let mut dearer = body;
    dearer["unit_price"] = json!(95_000);
    let replaced = put(&dearer).expect(200);
    assert_eq!((replaced.text("/id"), replaced.number("/version")), (made.text("/id"), 2));
    let listed = get(api, &actor, "/v1/offers").expect(200);
    assert_eq!(listed.at("/items").as_array().map(Vec::len), Some(1));
}

fn a_put_changes_terms_and_no_state(api: &TestApi) {
    let (actor, product) = producer(api, "HTX");
    let put =
        |body: &Value| api.put("/v1/offers/by-external-id/erp/1", body).by(&actor.token).send();
    let body = with(&product, "status", json!("published"));
    let made = put(&body).expect(201);
    assert_eq!(made.text("/state"), "published");
    let path = format!("/v1/offers/{}", made.text("/id"));
    act(api, &actor, &path, "pause").expect(200);
    let same = put(&body).expect(200);
    assert_eq!((same.text("/state"), same.number("/version")), ("paused", 2));
    act(api, &actor, &path, "withdraw").expect(200);
    put(&body).expect(200);
    put(&with(&product, "unit_price", json!(1))).expect_problem(409, "frozen");
    let refused = put(&with(&product, "min_order", json!(45))).expect_problem(422, "invalid");
    refused.expect_violation("/min_order", "not_on_increment");
}

fn an_external_id_is_unique_for_its_owner(api: &TestApi) {
    let (one, first) = producer(api, "1");
    let (two, second) = producer(api, "2");
    let named = |product: &str| with(product, "external_ids", json!({"erp": "1"}));
    let made = create(api, &one, &named(&first)).expect(201);
    create(api, &one, &named(&first)).expect_problem(409, "duplicate_external_id");
    let foreign = create(api, &two, &named(&second)).expect(201);
    assert_ne!(foreign.text("/id"), made.text("/id"));
    let put = api.put("/v1/offers/by-external-id/erp/1", &offer_of(&second)).by(&api.admin());
    assert_eq!(put.send().expect(200).text("/id"), foreign.text("/id"), "the owner's name");
    let body = offer_of(&first);
    let stolen = api.put("/v1/offers/by-external-id/erp/1", &body).by(&two.token).send();
    stolen.expect_problem(422, "invalid").expect_violation("/product_id", "unknown_reference");
}
