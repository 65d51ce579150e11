//! The life of an offer: every state, every action, legal or not.

use serde_json::{Value, json};

use super::{act, create, get, offer_of, producer, published, with_taken};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    every_action_is_legal_in_its_states_only,
    publishing_resuming_and_confirming_state_that_it_is_true,
    what_is_taken_decides_between_published_and_exhausted,
    an_offer_expires_after_its_last_day,
    the_terms_of_an_ended_offer_are_frozen,
    actions_are_the_owners,
);

const VERBS: [&str; 5] = ["publish", "pause", "resume", "confirm", "withdraw"];

/// An offer in `state`; its path, and its owner with a token that is valid then.
fn in_state(api: &TestApi, state: &str) -> (Actor, String) {
    api.at("2026-11-23T03:00:00Z");
    let (mut actor, product) = producer(api, "HTX");
    let path = published(api, &actor, &product);
    let path = match state {
        "draft" => {
            let draft = create(api, &actor, &offer_of(&product)).expect(201);
            draft.header("location").to_owned()
        }
        "paused" | "withdrawn" => {
            let verb = if state == "paused" { "pause" } else { "withdraw" };
            act(api, &actor, &path, verb).expect(200);
            path
        }
        "exhausted" => {
            let one = json!({"from": "2027-01-01", "to": "2027-01-31", "quantity": 300});
            let patch = json!({"capacity": [one]});
            api.patch(&path, &patch).if_match(1).by(&actor.token).send().expect(200);
            with_taken(api, &path, (100, 100, 100))
        }
        "expired" => {
            api.at("2027-03-01T03:00:00Z");
            actor.token = api.token(&actor.party_id, "offers:read offers:write");
            path
        }
        _ => path,
    };
    assert_eq!(get(api, &actor, &path).expect(200).text("/state"), state);
    (actor, path)
}

fn every_action_is_legal_in_its_states_only(api: &TestApi) {
    let legal: [(&str, &[(&str, &str)]); 6] = [
        ("draft", &[("publish", "published"), ("withdraw", "withdrawn")]),
        ("published", &[("pause", "paused"), ("confirm", "published"), ("withdraw", "withdrawn")]),
        ("exhausted", &[("pause", "paused"), ("confirm", "exhausted"), ("withdraw", "withdrawn")]),
        ("paused", &[("resume", "published"), ("confirm", "paused"), ("withdraw", "withdrawn")]),
        ("expired", &[]),
        ("withdrawn", &[]),
    ];
    for (state, edges) in legal {
        let actions: Vec<&str> = edges.iter().map(|(verb, _)| *verb).collect();
        let (actor, path) = in_state(api, state);
        let before = get(api, &actor, &path).expect(200);
        let update = (!edges.is_empty()).then_some("update");
        let allowed: Vec<&str> = update.into_iter().chain(actions.iter().copied()).collect();
        assert_eq!(before.at("/allowed_actions"), &json!(allowed), "{state}");
        for verb in VERBS.into_iter().filter(|verb| !actions.contains(verb)) {
            let refused = act(api, &actor, &path, verb).expect_problem(409, "illegal_action");
            assert_eq!(refused.text("/state"), state, "{verb}");
            assert_eq!(refused.at("/allowed_actions"), &json!(actions), "{state} {verb}");
        }
        assert_eq!(get(api, &actor, &path).body, before.body, "a refusal changes nothing");
        for (verb, after) in edges {
            let (actor, path) = in_state(api, state);
            let version = get(api, &actor, &path).number("/version");
            let done = act(api, &actor, &path, verb).expect(200);
            assert_eq!(done.text("/state"), *after, "{state} {verb}");
            assert_eq!(done.header("etag"), format!("\"{}\"", version + 1));
            assert_eq!(get(api, &actor, &path).body, done.body);
        }
    }
}

fn publishing_resuming_and_confirming_state_that_it_is_true(api: &TestApi) {
    let (actor, path) = in_state(api, "draft");
    let steps = [
        ("publish", "04", "04"),
        ("pause", "05", "04"),
        ("resume", "06", "06"),
        ("confirm", "07", "07"),
        ("withdraw", "08", "07"),
    ];
    for (verb, hour, confirmed) in steps {
        api.at(&format!("2026-11-23T{hour}:00:00Z"));
        let done = act(api, &actor, &path, verb).expect(200);
        assert_eq!(done.text("/confirmed_at"), format!("2026-11-23T{confirmed}:00:00Z"), "{verb}");
        assert_eq!(done.text("/updated_at"), format!("2026-11-23T{hour}:00:00Z"), "{verb}");
        assert_eq!(done.number("/terms_version"), 1);
    }
}

fn what_is_taken_decides_between_published_and_exhausted(api: &TestApi) {
    let (actor, path) = in_state(api, "exhausted");
    let more = json!({"from": "2027-02-01", "to": "2027-02-28", "quantity": 10});
    let taken = json!({"from": "2027-01-01", "to": "2027-01-31", "quantity": 300});
    let change = |capacity: Value, version| {
        let patch = json!({"capacity": capacity});
        api.patch(&path, &patch).if_match(version).by(&actor.token).send().expect(200)
    };
    let version = get(api, &actor, &path).number("/version");
    assert_eq!(change(json!([taken, more]), version).text("/state"), "published");
    assert_eq!(change(json!([taken]), version + 1).text("/state"), "exhausted");
}

fn an_offer_expires_after_its_last_day(api: &TestApi) {
    let (mut actor, path) = in_state(api, "published");
    let mut state_at = |instant: &str| {
        api.at(instant);
        actor.token = api.token(&actor.party_id, "offers:read");
        get(api, &actor, &path).expect(200).text("/state").to_owned()
    };
    assert_eq!(state_at("2027-02-28T16:59:59Z"), "published", "the last day in Vietnam");
    assert_eq!(state_at("2027-02-28T17:00:00Z"), "expired");
}

fn the_terms_of_an_ended_offer_are_frozen(api: &TestApi) {
    for state in ["withdrawn", "expired"] {
        let (actor, path) = in_state(api, state);
        let before = get(api, &actor, &path).expect(200);
        let version = before.number("/version");
        let change = |patch: Value, version| {
            api.patch(&path, &patch).if_match(version).by(&actor.token).send()
        };
        let frozen = change(json!({"unit_price": 1}), version).expect_problem(409, "frozen");
        assert_eq!(frozen.at("/allowed_actions"), &json!([]));
        assert_eq!(frozen.text("/state"), state);
        assert_eq!(get(api, &actor, &path).body, before.body);
        change(json!({"unit_price": 1}), version + 1).expect_problem(412, "precondition_failed");
        let named = change(json!({"external_ids": {"erp": "1"}}), version).expect(200);
        assert_eq!(named.at("/external_ids"), &json!({"erp": "1"}), "no term");
    }
}

fn actions_are_the_owners(api: &TestApi) {
    let (actor, path) = in_state(api, "published");
    let other = api.actor("Khác", &["producer", "coordinator"]);
    for verb in VERBS {
        act(api, &other, &path, verb).expect_problem(403, "forbidden");
    }
    let reader = Actor { token: api.token(&actor.party_id, "offers:read"), ..actor.clone() };
    act(api, &reader, &path, "pause").expect_problem(403, "forbidden");
    api.act(&format!("{path}/pause")).send().expect_problem(401, "unauthenticated");
    for verb in VERBS {
        act(api, &other, &path, verb).expect_problem(403, "forbidden");
        act(api, &actor, "/v1/offers/x", verb).expect_problem(404, "not_found");
        let unknown = "/v1/offers/0198c0de-0000-7000-8000-000000000001";
        act(api, &actor, unknown, verb).expect_problem(404, "not_found");
    }
    let done = api.act(&format!("{path}/pause")).by(&api.admin()).send();
    assert_eq!(done.expect(200).text("/state"), "paused");
    act(api, &other, &path, "resume").expect_problem(404, "not_found");
}
