//! What an operation does not take is refused, whichever operation it is: parameters and bodies
//! that the contract does not give it.

use serde_json::{Value, json};

use super::{exchange, expect_problem, get};
use crate::support::api::{Request, TestApi, api_tests};
use crate::support::contract;

api_tests!(
    no_operation_takes_an_unknown_parameter,
    nothing_is_written_with_an_unknown_parameter,
    a_parameter_that_is_not_utf8_is_no_other_text,
    an_operation_without_a_body_takes_none,
    a_body_that_is_not_taken_is_bounded,
    who_has_no_token_is_told_that_first,
    an_address_that_is_encoded_otherwise_is_the_same,
);

const UNKNOWN: &str = "0198c0de-0000-7000-8000-0000000000ff";

/// Method and path of every operation of the API, and whether it has a body.
fn operations() -> Vec<(String, String, bool)> {
    let paths = contract::document()["paths"].as_object().expect("paths");
    let api = paths.iter().filter(|(path, _)| path.starts_with("/v1/"));
    let each = api.flat_map(|(path, item)| {
        let item = item.as_object().expect("an item");
        item.iter().map(move |(method, operation)| {
            (method.to_uppercase(), concrete(path), operation.get("requestBody").is_some())
        })
    });
    each.collect()
}

/// The path with an id that nothing has in each of its places.
fn concrete(template: &str) -> String {
    let parts = template.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
    parts.collect::<Vec<_>>().join(UNKNOWN)
}

fn ask<'a>(api: &'a TestApi, method: &str, path: &str) -> Request<'a> {
    let method = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().find(|it| *it == method);
    api.request(method.expect("a method"), path).by(&api.admin())
}

fn no_operation_takes_an_unknown_parameter(api: &TestApi) {
    for (method, path, has_body) in operations() {
        let request = ask(api, &method, &format!("{path}?nonsense=1&nonsense=2&other="));
        let kind = if method == "PATCH" { "merge-patch+json" } else { "json" };
        let request = match has_body {
            true => request.header("content-type", &format!("application/{kind}")).raw("{}"),
            false => request,
        };
        let refused = request.send();
        assert_eq!((refused.status, refused.text("/code")), (400, "unknown_parameter"), "{path}");
        refused.expect_violation("nonsense", "unknown_parameter");
    }
}

fn nothing_is_written_with_an_unknown_parameter(api: &TestApi) {
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let wish = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
    let refused = api.post("/v1/demands?dry_run=true", &wish).by(&buyer.token).send();
    let refused = refused.expect_problem(400, "unknown_parameter");
    refused.expect_violation("dry_run", "unknown_parameter");
    let list = api.get("/v1/demands").by(&buyer.token).send().expect(200);
    assert_eq!(list.at("/items"), &json!([]));
}

fn a_parameter_that_is_not_utf8_is_no_other_text(api: &TestApi) {
    let refused = api.get("/v1/products?limit=5&q=d%E1%BB").by(&api.admin()).send();
    let refused = refused.expect_problem(400, "invalid_parameter");
    refused.expect_violation("q", "wrong_format");
    api.get("/v1/products?limit=5&q=d%E1%BB%ABa+s%C3%A1p").by(&api.admin()).send().expect(200);
}

fn an_operation_without_a_body_takes_none(api: &TestApi) {
    for (method, path, _) in operations().into_iter().filter(|(_, _, has_body)| !has_body) {
        let send = |kind: &str, body: &str| {
            ask(api, &method, &path).header("content-type", kind).raw(body).send()
        };
        let what = format!("{method} {path}");
        let told = |body: &str| {
            let refused = send("application/json", body);
            let pointer = refused.text("/errors/0/pointer").to_owned();
            (refused.status, refused.text("/code").to_owned(), pointer)
        };
        let member = told("{\"until/when\": 1}");
        assert_eq!(member, (400, "unknown_field".into(), "/until~1when".into()), "{what}");
        assert_eq!(told("[]"), (422, "invalid".into(), String::new()), "{what}");
        assert_eq!(told("{\"a\":"), (400, "malformed_json".into(), String::new()), "{what}");
        assert_eq!(send("text/plain", "x").status, 415, "{what}");
        let (empty, nothing) = (send("application/json", "{}"), ask(api, &method, &path).send());
        assert_eq!(empty.status, nothing.status, "{what}");
    }
}

fn a_body_that_is_not_taken_is_bounded(api: &TestApi) {
    let path = format!("/v1/offers/{UNKNOWN}/pause");
    let large = Value::from("x".repeat(1024 * 1024));
    let refused = api.post(&path, &large).by(&api.admin()).send();
    refused.expect_problem(413, "payload_too_large");
}

fn who_has_no_token_is_told_that_first(api: &TestApi) {
    let path = format!("/v1/offers/{UNKNOWN}/pause?nonsense=1");
    api.post(&path, &json!({"until": 1})).send().expect_problem(401, "unauthenticated");
}

fn an_address_that_is_encoded_otherwise_is_the_same(api: &TestApi) {
    let token = format!("Authorization: Bearer {}\r\n", api.admin());
    for path in ["/v1/%6Fffers", "/%761/offers"] {
        let path = format!("{path}/{UNKNOWN}?nonsense=1");
        expect_problem(&exchange(api, get(&path, &token)), 400, "unknown_parameter");
    }
}
