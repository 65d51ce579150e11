//! Requests that are sent again with their `Idempotency-Key`: they act once.

use std::thread;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, Request, TestApi, api_tests};
use crate::support::databases::{Engine, run};

api_tests!(
    a_repeated_request_gets_the_first_answer,
    the_order_of_members_and_quotes_around_the_key_do_not_matter,
    another_body_with_the_same_key_is_refused,
    twins_at_the_same_time_make_one_record,
    a_key_belongs_to_its_client_and_its_operation,
    a_failure_is_not_kept,
    an_answer_is_kept_for_three_days,
    a_key_has_a_form,
    a_repeated_action_is_answered_as_the_first,
    a_request_without_a_key_acts_each_time,
);

const KEY: &str = "order-2026-11-0042";
const TWINS: usize = 24;

fn party(name: &str) -> Value {
    json!({"name": name, "legal_form": "cooperative", "roles": ["producer"],
           "place": {"province_code": "79"}})
}

impl Request<'_> {
    fn keyed(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }
}

fn register(api: &TestApi, key: &str, body: &Value) -> Answer {
    api.post("/v1/parties", body).by(&api.admin()).keyed(key).send()
}

fn names(api: &TestApi) -> Vec<String> {
    let list = api.get("/v1/parties?limit=100").by(&api.admin()).send().expect(200);
    let items = list.at("/items").as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[track_caller]
fn expect_replay(first: &Answer, again: &Answer) {
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    for name in ["location", "etag", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
}

fn a_repeated_request_gets_the_first_answer(api: &TestApi) {
    let first = register(api, KEY, &party("HTX")).expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let change = api.patch(first.header("location"), &json!({"name": "HTX mới"}));
    change.by(&api.admin()).if_match(1).send().expect(200);
    let again = register(api, KEY, &party("HTX"));
    expect_replay(&first, &again);
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(names(api), ["HTX mới"]);
}

fn the_order_of_members_and_quotes_around_the_key_do_not_matter(api: &TestApi) {
    let first = register(api, KEY, &party("HTX")).expect(201);
    let text = r#"{ "roles": ["producer"], "place": {"province_code": "79"},
                    "name": "HTX", "legal_form": "cooperative" }"#;
    let again = api.request("POST", "/v1/parties").header("content-type", "application/json");
    let again = again.raw(text).by(&api.admin()).keyed(&format!("\"{KEY}\"")).send();
    expect_replay(&first, &again);
}

fn another_body_with_the_same_key_is_refused(api: &TestApi) {
    register(api, KEY, &party("HTX")).expect(201);
    register(api, KEY, &party("HTX khác")).expect_problem(422, "idempotency_key_reused");
    assert_eq!(names(api), ["HTX"]);
}

fn twins_at_the_same_time_make_one_record(api: &TestApi) {
    let answers: Vec<Answer> = thread::scope(|scope| {
        let twin = || register(api, KEY, &party("HTX"));
        let twins: Vec<_> = (0..TWINS).map(|_| scope.spawn(twin)).collect();
        twins.into_iter().map(|twin| twin.join().expect("an answer")).collect()
    });
    assert_eq!(names(api), ["HTX"]);
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(made.iter().all(|answer| answer.body == made[0].body));
    let acted = made.iter().filter(|answer| answer.header("idempotent-replayed").is_empty());
    assert_eq!(acted.count(), 1);
    for late in answers.iter().filter(|answer| answer.status != 201) {
        late.clone().expect_problem(409, "still_running");
    }
}

fn a_key_belongs_to_its_client_and_its_operation(api: &TestApi) {
    let [one, other] = ["a", "b"].map(|name| api.actor(name, &["producer"]));
    let product = |by: &Actor| {
        let body = json!({"name": "Gạo ST25", "product_set": 2, "unit": "kg"});
        api.post("/v1/products", &body).by(&by.token).keyed(KEY).send().expect(201)
    };
    let (mine, theirs) = (product(&one), product(&other));
    assert_ne!(mine.at("/id"), theirs.at("/id"));
    let archive = |made: &Answer, verb: &str| {
        let path = format!("/v1/products/{}/{verb}", made.text("/id"));
        let done = api.act(&path).by(&one.token).keyed(KEY).send().expect(200);
        done.header("idempotent-replayed").to_owned()
    };
    assert_eq!((archive(&mine, "archive").as_str(), archive(&mine, "restore").as_str()), ("", ""));
    assert_eq!(archive(&mine, "archive"), "true");
}

fn a_failure_is_not_kept(api: &TestApi) {
    let with = |name: &str, tax_code: &str| {
        let mut body = party(name);
        body["tax_code"] = tax_code.into();
        register(api, KEY, &body)
    };
    register(api, "another", &{
        let mut first = party("HTX");
        first["tax_code"] = "0100109106".into();
        first
    });
    with("Mới", "0100109106").expect_problem(409, "duplicate_tax_code");
    let stranger = api.token("00000000-0000-7000-8000-00000000000b", "parties:read");
    let refused = api.post("/v1/parties", &party("Mới")).by(&stranger).keyed(KEY).send();
    refused.expect_problem(403, "forbidden");
    register(api, KEY, &json!({"name": "Mới"})).expect_problem(422, "invalid");
    let made = register(api, KEY, &party("Mới")).expect(201);
    assert_eq!(made.header("idempotent-replayed"), "");
}

fn an_answer_is_kept_for_three_days(api: &TestApi) {
    let first = register(api, KEY, &party("HTX")).expect(201);
    api.at("2026-11-26T03:00:00Z");
    expect_replay(&first, &register(api, KEY, &party("HTX")));
    api.at("2026-11-26T03:00:01Z");
    let anew = register(api, KEY, &party("HTX")).expect(201);
    assert_ne!(anew.at("/id"), first.at("/id"));
    expect_replay(&anew, &register(api, KEY, &party("HTX")));
}

fn a_key_has_a_form(api: &TestApi) {
    register(api, &"k".repeat(255), &party("HTX")).expect(201);
    for illegal in ["", "\"\"", "two words", "kh\u{f3}a", &"k".repeat(256)] {
        let refused = register(api, illegal, &party("HTX"));
        refused.expect_problem(400, "invalid_idempotency_key");
    }
    let twice = api.post("/v1/parties", &party("HTX")).by(&api.admin()).keyed("a").keyed("b");
    twice.send().expect_problem(400, "invalid_idempotency_key");
    assert_eq!(names(api).len(), 1);
}

fn a_repeated_action_is_answered_as_the_first(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let wanted = json!({"title": "Gạo", "unit": "kg", "quantity": 500, "by": "2027-01-15"});
    let demand = api.post("/v1/demands", &wanted).by(&buyer.token).send().expect(201);
    let close = |key: &str| {
        let path = format!("/v1/demands/{}/close", demand.text("/id"));
        api.act(&path).by(&buyer.token).keyed(key).send()
    };
    let first = close(KEY).expect(200);
    expect_replay(&first, &close(KEY));
    close("another").expect_problem(409, "illegal_action");
}

fn a_request_without_a_key_acts_each_time(api: &TestApi) {
    for _ in 0..2 {
        let made = api.post("/v1/parties", &party("HTX")).by(&api.admin()).send().expect(201);
        assert_eq!(made.header("idempotent-replayed"), "");
    }
    assert_eq!(names(api), ["HTX", "HTX"]);
}

/// On SQLite there is one writer, and a twin waits for its turn.
#[test]
fn a_twin_of_a_request_that_does_not_end_is_told_to_come_back() {
    run(TestApi::new(Engine::Postgres), |api: &TestApi| {
        let url = &api.data.app.config().database_url;
        let mut running = PgConnection::establish(url).expect("a connection");
        running.batch_execute("BEGIN; LOCK TABLE idempotency_keys").expect("a lock");
        let twin = register(api, KEY, &party("HTX")).expect_problem(409, "still_running");
        assert_eq!(twin.header("retry-after"), "2");
        running.batch_execute("COMMIT").expect("an end");
        register(api, KEY, &party("HTX")).expect(201);
    });
}
