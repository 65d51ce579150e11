//! Refresh tokens: each is used once, a lost answer is given again, and a stolen one ends the
//! session (RFC 6749 section 6, RFC 9700 section 4.14.2).

use std::thread;

use ocop_link::actions::sessions;
use serde_json::Value;

use crate::support::api::{TestApi, api_tests};
use crate::support::identity::{PASSWORD, claims};

api_tests!(
    an_access_token_beside_it_says_nothing,
    each_token_is_used_once_and_has_a_successor,
    a_token_can_be_asked_for_fewer_scopes,
    a_lost_answer_is_given_again,
    a_token_that_is_used_again_too_late_ends_the_session,
    a_token_whose_successor_is_used_ends_the_session,
    an_old_token_ends_the_session,
    who_has_stolen_a_token_is_found_out,
    requests_at_the_same_time_get_the_same_successor,
    what_is_no_token_changes_nothing,
    a_session_lasts_as_long_as_it_is_used,
);

const PHONE: &str = "0294 385 0000";

/// The refresh token of somebody who has just logged in.
fn logged_in(api: &TestApi) -> String {
    let party = api.actor("HTX", &["producer"]).party_id;
    api.user(&party, PHONE, None);
    log_in(api)
}

fn log_in(api: &TestApi) -> String {
    api.log_in(PHONE, PASSWORD).expect(201).text("/refresh_token").to_owned()
}

/// The successor of a token that must have one.
#[track_caller]
fn successor(api: &TestApi, token: &str) -> String {
    let refreshed = api.refresh(token).expect(200);
    api.get("/v1/offers?limit=1").by(refreshed.text("/access_token")).send().expect(200);
    refreshed.text("/refresh_token").to_owned()
}

#[track_caller]
fn refused(api: &TestApi, token: &str) {
    api.refresh(token).expect_oauth_error(400, "invalid_grant");
}

fn each_token_is_used_once_and_has_a_successor(api: &TestApi) {
    let first = logged_in(api);
    let mut seen = vec![first];
    for _ in 0..5 {
        let next = successor(api, &seen[seen.len() - 1]);
        assert!(next.starts_with("ocr_") && !seen.contains(&next));
        seen.push(next);
    }
    let refreshed = api.refresh(&seen[5]).expect(200);
    assert_eq!(refreshed.header("cache-control"), "no-store");
    let current = api.get("/v1/sessions/current").by(refreshed.text("/access_token")).send();
    assert_eq!(claims(refreshed.text("/access_token"))["sid"], *current.text("/id"));
}

fn an_access_token_beside_it_says_nothing(api: &TestApi) {
    let token = logged_in(api);
    let grant = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
    let stale = api.token("00000000-0000-7000-8000-000000000001", "offers:read");
    api.token_request(&grant).by(&stale).send().expect(200);
}

fn a_token_can_be_asked_for_fewer_scopes(api: &TestApi) {
    let token = logged_in(api);
    let ask = |token: &str, scope: &str| {
        let grant = ("grant_type", "refresh_token");
        api.token_request(&[grant, ("refresh_token", token), ("scope", scope)]).send()
    };
    ask(&token, "offers:read admin").expect_oauth_error(400, "invalid_scope");
    let narrow = ask(&token, "offers:read").expect(200);
    assert_eq!(narrow.text("/scope"), "offers:read");
    let whole = api.refresh(narrow.text("/refresh_token")).expect(200);
    assert!(whole.text("/scope").contains("offers:write"), "only the access token was narrow");
}

fn a_lost_answer_is_given_again(api: &TestApi) {
    let first = logged_in(api);
    let second = successor(api, &first);
    api.at("2026-11-23T03:00:30Z");
    assert_eq!(successor(api, &first), second);
    let third = successor(api, &second);
    assert_ne!(third, second);
    assert_eq!(successor(api, &second), third);
}

fn a_token_that_is_used_again_too_late_ends_the_session(api: &TestApi) {
    let first = logged_in(api);
    let second = successor(api, &first);
    api.at("2026-11-23T03:00:30.000001Z");
    refused(api, &first);
    refused(api, &second);
}

fn a_token_whose_successor_is_used_ends_the_session(api: &TestApi) {
    let first = logged_in(api);
    let second = successor(api, &first);
    let third = successor(api, &second);
    refused(api, &first);
    refused(api, &second);
    refused(api, &third);
}

fn an_old_token_ends_the_session(api: &TestApi) {
    let first = logged_in(api);
    let mut newest = first.clone();
    for minute in 1..5 {
        api.at(&format!("2026-11-23T03:0{minute}:00Z"));
        newest = successor(api, &newest);
    }
    refused(api, &first);
    refused(api, &newest);
    successor(api, &log_in(api));
}

fn who_has_stolen_a_token_is_found_out(api: &TestApi) {
    let stolen = logged_in(api);
    let thiefs = successor(api, &stolen);
    api.at("2026-11-23T03:10:00Z");
    refused(api, &stolen);
    refused(api, &thiefs);
}

fn requests_at_the_same_time_get_the_same_successor(api: &TestApi) {
    let token = logged_in(api);
    let answers: Vec<String> = thread::scope(|scope| {
        let refresh = || api.refresh(&token).expect(200).text("/refresh_token").to_owned();
        let requests: Vec<_> = (0..8).map(|_| scope.spawn(refresh)).collect();
        requests.into_iter().map(|request| request.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{}", answers.len());
    successor(api, &answers[0]);
}

fn what_is_no_token_changes_nothing(api: &TestApi) {
    let token = logged_in(api);
    let access = api.refresh(&token).expect(200);
    for wrong in ["x", "ocr_", &token[..40], access.text("/access_token"), "ocs_AAAA"] {
        refused(api, wrong);
    }
    let next = access.text("/refresh_token");
    api.get("/v1/offers?limit=1").by(next).send().expect_problem(401, "unauthenticated");
    successor(api, next);
}

fn a_session_lasts_as_long_as_it_is_used(api: &TestApi) {
    let first = logged_in(api);
    let unused = log_in(api);
    api.at("2026-12-22T03:00:00Z");
    let second = successor(api, &first);
    api.at("2026-12-23T03:00:00Z");
    refused(api, &unused);
    let sweep = || api.as_operator(|tx, ctx| sessions::sweep(tx, ctx.moment.now()));
    assert_eq!(sweep().expect("swept"), 0);
    api.at("2026-12-23T03:00:01Z");
    assert_eq!(sweep().expect("swept"), 1);
    refused(api, &unused);
    let third = successor(api, &second);
    api.at("2027-01-22T03:00:01Z");
    let refused = api.refresh(&third).expect_oauth_error(400, "invalid_grant");
    assert_eq!(refused.at("/access_token"), &Value::Null);
}
