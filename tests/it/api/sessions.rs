//! People who log in and out, and what happens to those who guess.

use std::thread;

use matching::id::UserId;
use ocop_link::actions::login_failures::{self, Attempt};
use ocop_link::actions::sessions;
use ocop_link::actions::users::{self, UserCommand, UserName};
use ocop_link::caller::Scopes;
use ocop_link::credentials::login::{Login, Phone};
use ocop_link::credentials::password::{Password, PasswordHash};
use ocop_link::credentials::secret::{Secret, SecretKind};
use ocop_link::error::Error;
use serde_json::{Value, json};

use crate::support::api::{Answer, TestApi, api_tests};
use crate::support::identity::{PASSWORD, claims};

api_tests!(
    a_person_logs_in_by_phone_number_or_by_address,
    a_wrong_password_and_an_unknown_person_get_the_same_answer,
    what_says_no_one_or_two_is_refused,
    a_guesser_is_stopped_and_the_owner_is_not_elsewhere,
    an_unknown_person_is_counted_like_a_known_one,
    guesses_at_the_same_time_count_together,
    failures_are_forgotten_with_time_and_with_success,
    who_logs_out_stays_out,
    a_program_has_no_session,
    a_new_password_ends_every_session,
    a_person_chooses_another_password_and_stays_logged_in,
    a_stolen_access_token_does_not_help_to_guess_the_password,
    a_user_who_is_shut_out_is_out_at_once,
    a_login_is_one_persons,
    a_flood_of_log_ins_leaves_the_others_served,
);

const PHONE: &str = "0294 385 0000";

/// A party with a user.
fn person(api: &TestApi) -> (String, UserId) {
    let party = api.actor("HTX", &["producer"]).party_id;
    let user = api.user(&party, PHONE, Some("lan@htx.example"));
    (party, user)
}

fn a_person_logs_in_by_phone_number_or_by_address(api: &TestApi) {
    let (party, user) = person(api);
    for login in [
        json!({"phone": "0294 385 0000"}),
        json!({"phone": "+84 294-385-0000"}),
        json!({"email": "LAN@htx.example"}),
    ] {
        let mut body = login;
        body["password"] = PASSWORD.into();
        let opened = api.post("/v1/sessions", &body).send().expect(201);
        assert_eq!(opened.header("location"), "/v1/sessions/current");
        assert_eq!(opened.header("cache-control"), "no-store");
        let token = opened.text("/access_token");
        assert_eq!(claims(token)["sub"], user.to_string());
        assert_eq!(claims(token)["party"], *party);
        let current = api.get("/v1/sessions/current").by(token).send().expect(200);
        assert_eq!(current.body, *opened.at("/session"));
        assert_eq!(current.text("/user/phone"), "+842943850000");
        assert_eq!(current.text("/expires_at"), "2026-12-23T03:00:00Z");
        api.get("/v1/offers?limit=1").by(token).send().expect(200);
    }
}

/// An answer without what tells requests apart.
fn told(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    body["request_id"] = Value::Null;
    (answer.status, body)
}

fn a_wrong_password_and_an_unknown_person_get_the_same_answer(api: &TestApi) {
    let (_, user) = person(api);
    let wrong = api.log_in(PHONE, "mật khẩu khác").expect_problem(401, "wrong_credentials");
    assert!(wrong.header("www-authenticate").starts_with("Bearer"));
    let unknown = api.log_in("0294 385 9999", PASSWORD);
    let endless = api.log_in(PHONE, &"đ".repeat(128));
    api.as_operator(move |tx, ctx| users::disable(tx, ctx, &UserName::Id(user))).expect("disabled");
    let disabled = api.log_in(PHONE, PASSWORD);
    for other in [unknown, endless, disabled] {
        assert_eq!(told(&other), told(&wrong));
    }
}

fn what_says_no_one_or_two_is_refused(api: &TestApi) {
    let refused = |body: Value, pointer: &str, code: &str| {
        let refused = api.post("/v1/sessions", &body).send().expect_problem(422, "invalid");
        refused.expect_violation(pointer, code);
    };
    refused(json!({"password": "x"}), "/phone", "required");
    let both = json!({"phone": PHONE, "email": "a@b.vn", "password": "x"});
    refused(both, "/email", "contradicts");
    refused(json!({"phone": "call me", "password": "x"}), "/phone", "wrong_format");
    refused(json!({"email": "a", "password": "x"}), "/email", "wrong_format");
    refused(json!({"phone": PHONE}), "/password", "required");
    refused(json!({"phone": PHONE, "password": "đ".repeat(129)}), "/password", "out_of_range");
    let unknown = json!({"phone": PHONE, "password": "x", "scope": "admin"});
    api.post("/v1/sessions", &unknown).send().expect_problem(400, "unknown_field");
}

fn attempt(address: &str) -> Attempt {
    let login = Login::Phone(Phone::parse(PHONE).expect("a phone number"));
    Attempt { login, address: address.into() }
}

/// Tries from `address` with a password that is right or wrong.
fn try_from(api: &TestApi, address: &str, proved: Option<PasswordHash>) -> Result<bool, Error> {
    let attempt = attempt(address);
    let token = Secret::generate(SecretKind::Refresh)?.hash();
    let opened = api
        .as_operator(move |tx, ctx| sessions::open(tx, ctx, (&attempt, proved.as_ref()), &token));
    opened.map(|opened| opened.is_some())
}

fn password_hash(api: &TestApi) -> PasswordHash {
    let now = api.data.app.clock().now();
    let read = api.data.app.database().read(|tx| sessions::challenge(tx, now, &attempt("x")));
    read.expect("a hash")
}

fn a_guesser_is_stopped_and_the_owner_is_not_elsewhere(api: &TestApi) {
    person(api);
    for _ in 0..10 {
        api.log_in(PHONE, "mật khẩu khác").expect_problem(401, "wrong_credentials");
    }
    api.at("2026-11-23T03:05:00Z");
    let stopped = api.log_in(PHONE, PASSWORD).expect_problem(429, "too_many_attempts");
    assert_eq!(stopped.header("retry-after"), "600");
    assert!(try_from(api, "203.0.113.7", Some(password_hash(api))).expect("elsewhere"));
}

fn an_unknown_person_is_counted_like_a_known_one(api: &TestApi) {
    for _ in 0..10 {
        api.log_in(PHONE, PASSWORD).expect_problem(401, "wrong_credentials");
    }
    api.log_in(PHONE, PASSWORD).expect_problem(429, "too_many_attempts");
    api.log_in("0294 385 9999", PASSWORD).expect_problem(401, "wrong_credentials");
}

fn guesses_at_the_same_time_count_together(api: &TestApi) {
    person(api);
    let guess_all = |addresses: &[&str], tries: usize| -> usize {
        thread::scope(|scope| {
            let guess = |number: usize| try_from(api, addresses[number % addresses.len()], None);
            let guesses: Vec<_> =
                (0..tries).map(|number| scope.spawn(move || guess(number))).collect();
            let results = guesses.into_iter().map(|guess| guess.join().expect("a guess"));
            results.filter(|result| matches!(result, Ok(false))).count()
        })
    };
    assert_eq!(guess_all(&["203.0.113.1"], 30), 10);
    let addresses: Vec<String> = (2..22).map(|number| format!("203.0.113.{number}")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    assert_eq!(guess_all(&addresses, 120), 90, "100 from all addresses together");
    let owner = try_from(api, "198.51.100.1", Some(PasswordHash::of_nobody()));
    assert!(matches!(owner, Err(Error::TooManyAttempts { .. })), "{owner:?}");
}

fn failures_are_forgotten_with_time_and_with_success(api: &TestApi) {
    person(api);
    let fail = |times: usize| {
        for _ in 0..times {
            assert!(!try_from(api, "203.0.113.1", None).expect("counted"));
        }
    };
    let hash = password_hash(api);
    fail(9);
    assert!(try_from(api, "203.0.113.1", Some(hash.clone())).expect("the last try"));
    fail(10);
    assert!(try_from(api, "203.0.113.1", Some(hash.clone())).is_err());
    api.at("2026-11-23T03:15:00Z");
    assert!(try_from(api, "203.0.113.1", Some(hash.clone())).is_err());
    api.at("2026-11-23T03:15:00.000001Z");
    let swept = api.as_operator(|tx, ctx| login_failures::sweep(tx, ctx.moment.now()));
    assert_eq!(swept.expect("swept"), 2);
    assert!(try_from(api, "203.0.113.1", Some(hash)).expect("a new window"));
}

fn who_logs_out_stays_out(api: &TestApi) {
    person(api);
    let (here, there) = (api.log_in(PHONE, PASSWORD), api.log_in(PHONE, PASSWORD));
    let token = here.text("/access_token");
    let out = api.request("DELETE", "/v1/sessions/current").by(token).send().expect(204);
    assert_eq!(out.body, Value::Null);
    api.refresh(here.text("/refresh_token")).expect_oauth_error(400, "invalid_grant");
    api.get("/v1/sessions/current").by(token).send().expect_problem(404, "not_found");
    api.get("/v1/offers?limit=1").by(token).send().expect(200);
    api.request("DELETE", "/v1/sessions/current").by(token).send().expect(204);
    api.refresh(there.text("/refresh_token")).expect(200);
    api.at("2026-11-23T03:15:00Z");
    api.get("/v1/offers?limit=1").by(token).send().expect(401);
}

fn a_program_has_no_session(api: &TestApi) {
    let program = api.actor("HTX", &["producer"]).token;
    api.get("/v1/sessions/current").by(&program).send().expect_problem(404, "not_found");
    let out = api.request("DELETE", "/v1/sessions/current").by(&program).send();
    out.expect_problem(404, "not_found");
    api.get("/v1/sessions/current").send().expect_problem(401, "unauthenticated");
}

fn a_new_password_ends_every_session(api: &TestApi) {
    person(api);
    let sessions = [api.log_in(PHONE, PASSWORD), api.log_in(PHONE, PASSWORD)];
    let hash = Password::chosen("mật khẩu mới tinh").expect("legal").hash().expect("a hash");
    let name = UserName::Login(attempt("").login);
    api.as_operator(move |tx, ctx| users::reset(tx, ctx, &name, &hash)).expect("reset");
    for session in sessions {
        api.refresh(session.text("/refresh_token")).expect_oauth_error(400, "invalid_grant");
    }
    api.log_in(PHONE, PASSWORD).expect_problem(401, "wrong_credentials");
    api.log_in(PHONE, "mật khẩu mới tinh").expect(201);
}

/// The answer to a change of the password from `current` to a new one.
fn change(api: &TestApi, token: &str, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    api.put("/v1/sessions/current/password", &body).by(token).send()
}

fn a_person_chooses_another_password_and_stays_logged_in(api: &TestApi) {
    person(api);
    let (here, there) = (api.log_in(PHONE, PASSWORD), api.log_in(PHONE, PASSWORD));
    let token = here.text("/access_token");
    let short = change(api, token, PASSWORD, "quá ngắn").expect_problem(422, "invalid");
    short.expect_violation("/new_password", "out_of_range");
    change(api, token, PASSWORD, "mật khẩu mới tinh").expect(204);
    api.refresh(here.text("/refresh_token")).expect(200);
    api.refresh(there.text("/refresh_token")).expect_oauth_error(400, "invalid_grant");
    api.log_in(PHONE, PASSWORD).expect_problem(401, "wrong_credentials");
    api.log_in(PHONE, "mật khẩu mới tinh").expect(201);
    let ended = change(api, there.text("/access_token"), "mật khẩu mới tinh", PASSWORD);
    ended.expect_problem(404, "not_found");
    let program = api.actor("ERP", &["producer"]).token;
    change(api, &program, PASSWORD, "mật khẩu mới tinh").expect_problem(404, "not_found");
}

fn a_stolen_access_token_does_not_help_to_guess_the_password(api: &TestApi) {
    person(api);
    let stolen = api.log_in(PHONE, PASSWORD).text("/access_token").to_owned();
    for _ in 0..10 {
        let wrong = change(api, &stolen, "mật khẩu khác", "mật khẩu của kẻ trộm");
        wrong.expect_problem(401, "wrong_credentials");
    }
    let stopped = change(api, &stolen, PASSWORD, "mật khẩu của kẻ trộm");
    stopped.expect_problem(429, "too_many_attempts");
}

fn a_user_who_is_shut_out_is_out_at_once(api: &TestApi) {
    let (_, user) = person(api);
    let session = api.log_in(PHONE, PASSWORD).expect(201);
    // The password was checked before the user was shut out.
    let proved = password_hash(api);
    api.as_operator(move |tx, ctx| users::disable(tx, ctx, &UserName::Id(user))).expect("disabled");
    api.refresh(session.text("/refresh_token")).expect_oauth_error(400, "invalid_grant");
    let token = session.text("/access_token");
    api.get("/v1/sessions/current").by(token).send().expect_problem(404, "not_found");
    assert!(!try_from(api, "203.0.113.1", Some(proved)).expect("counted"));
}

fn a_login_is_one_persons(api: &TestApi) {
    let (party, _) = person(api);
    let create = |phone: Option<&str>, party: &str| {
        let command = UserCommand {
            party: party.parse().expect("an id"),
            name: "Trần Văn Hai".into(),
            phone: phone.map(|phone| Phone::parse(phone).expect("a phone number")),
            email: None,
            scopes: Scopes::ordinary(),
        };
        let hash = PasswordHash::of_nobody();
        let made = api.as_operator(move |tx, ctx| users::create(tx, ctx, &command, &hash));
        made.map_err(|error| match error {
            Error::Invalid(violations) => violations[0].at.clone(),
            other => other.to_string(),
        })
    };
    assert_eq!(create(Some("+842943850000"), &party).expect_err("another's"), "/phone");
    assert_eq!(create(None, &party).expect_err("no login"), "/phone");
    let nowhere = "0198c0de-0000-7000-8000-000000000001";
    assert_eq!(create(Some("0294 385 1111"), nowhere).expect_err("no party"), "/party_id");
    create(Some("0294 385 1111"), &party).expect("a user");
}

fn a_flood_of_log_ins_leaves_the_others_served(api: &TestApi) {
    let reader = api.actor("HTX", &["producer"]).token;
    thread::scope(|scope| {
        let log_in = |number: usize| api.log_in(&format!("0294 385 {number:04}"), PASSWORD);
        let flood: Vec<_> = (0..24).map(|number| scope.spawn(move || log_in(number))).collect();
        while flood.iter().any(|log_in| !log_in.is_finished()) {
            api.get("/v1/offers?limit=1").by(&reader).send().expect(200);
        }
        for answer in flood.into_iter().map(|log_in| log_in.join().expect("an answer")) {
            let code = (answer.status, answer.text("/code"));
            let has_its_turn = code == (401, "wrong_credentials");
            let is_told_when = code == (503, "unavailable") && answer.header("retry-after") == "2";
            assert!(has_its_turn || is_told_when, "{}", answer.body);
        }
    });
}
