//! Ids that partners' systems give to records: the same limits in bodies as in paths.

use serde_json::{Map, Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    external_ids_in_bodies_are_bounded,
    a_record_has_fifty_external_ids_at_most,
    a_name_in_a_path_has_the_same_limits,
    a_record_is_not_put_by_one_name_with_another_in_its_body,
);

fn party(ids: &Value) -> Value {
    json!({
        "name": "Hộ A", "legal_form": "household", "roles": ["producer"],
        "place": {"province_code": "79"}, "external_ids": ids
    })
}

fn coordinator(api: &TestApi) -> Actor {
    api.actor("Liên hiệp", &["coordinator"])
}

/// One in each of so many systems.
fn ids(count: usize) -> Value {
    let each = (0..count).map(|number| (format!("system-{number}"), json!("1")));
    Value::Object(each.collect::<Map<_, _>>())
}

fn external_ids_in_bodies_are_bounded(api: &TestApi) {
    let actor = coordinator(api);
    let made = api.post("/v1/parties", &party(&json!({}))).by(&actor.token).send().expect(201);
    let send = |ids: &Value| -> [Answer; 3] {
        let (path, patch) = (made.header("location"), json!({"external_ids": ids}));
        [
            api.post("/v1/parties", &party(ids)),
            api.put("/v1/parties/by-external-id/erp/1", &party(ids)),
            api.patch(path, &patch).if_match(1),
        ]
        .map(|request| request.by(&actor.token).send())
    };
    let long = "x".repeat(129);
    for (system, id, rule) in [
        ("a/b", long.as_str(), "out_of_range"),
        (&long, "1", "out_of_range"),
        ("erp", "", "out_of_range"),
        ("", "1", "out_of_range"),
        ("erp", "  ", "wrong_format"),
        (" ", "1", "wrong_format"),
        ("erp", "a\u{1b}b", "wrong_format"),
        ("e\nrp", "1", "wrong_format"),
    ] {
        let pointer = format!("/external_ids/{}", system.replace('/', "~1"));
        for refused in send(&json!({system: id})) {
            refused.expect_problem(422, "invalid").expect_violation(&pointer, rule);
        }
    }
    let fitting = json!({"x".repeat(128): "Mã số 1".to_owned() + &"x".repeat(121)});
    api.post("/v1/parties", &party(&fitting)).by(&actor.token).send().expect(201);
}

fn a_record_has_fifty_external_ids_at_most(api: &TestApi) {
    let actor = coordinator(api);
    let put = |system: &str, count: usize| {
        let path = format!("/v1/parties/by-external-id/{system}/1");
        api.put(&path, &party(&ids(count))).by(&actor.token).send()
    };
    let post = api.post("/v1/parties", &party(&ids(51))).by(&actor.token).send();
    for refused in [post, put("system-0", 51), put("erp", 50)] {
        let refused = refused.expect_problem(422, "invalid");
        let refused = refused.expect_violation("/external_ids", "out_of_range");
        assert_eq!(refused.text("/errors/0/detail"), "Chỉ được có tối đa 50 phần tử.");
    }
    put("system-0", 50).expect(201);
}

fn a_name_in_a_path_has_the_same_limits(api: &TestApi) {
    let actor = coordinator(api);
    for name in ["%20", "a%1Bb", "%00", &"x".repeat(129), "a%FFb", "%C3%28", "%ED%A0%80"] {
        for path in [format!("erp/{name}"), format!("{name}/1")] {
            let path = format!("/v1/parties/by-external-id/{path}");
            let refused = api.put(&path, &party(&json!({}))).by(&actor.token).send();
            refused.expect_problem(404, "not_found");
        }
    }
    let list = api.get("/v1/parties").by(&actor.token).send().expect(200);
    assert_eq!(list.at("/items").as_array().map(Vec::len), Some(1), "the coordinator alone");
    let path = "/v1/parties/by-external-id/erp/m%C3%A3%2F1";
    api.put(path, &party(&json!({}))).by(&actor.token).send().expect(201);
}

fn a_record_is_not_put_by_one_name_with_another_in_its_body(api: &TestApi) {
    let actor = coordinator(api);
    let put = |ids: &Value| {
        let path = "/v1/parties/by-external-id/erp/AA1";
        api.put(path, &party(ids)).by(&actor.token).send()
    };
    for _ in ["created", "replaced"] {
        let refused = put(&json!({"erp": "ZZ9", "crm": "7"})).expect_problem(422, "invalid");
        refused.expect_violation("/external_ids/erp", "not_allowed");
        let taken = put(&json!({"erp": "AA1", "crm": "7"}));
        assert_eq!(taken.at("/external_ids"), &json!({"erp": "AA1", "crm": "7"}));
    }
}
