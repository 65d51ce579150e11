//! `If-Match` and `If-None-Match` of a write (RFC 9110 section 13.1), the same for each resource.

use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_put_replaces_only_the_version_that_it_names,
    a_put_creates_only_what_is_not_there,
    any_tag_of_a_list_may_match,
);

/// An actor, and a path with a body for each resource that is put by an external id.
pub(super) fn resources(api: &TestApi) -> (Actor, Vec<(String, Value)>) {
    let actor = api.actor("HTX", &["producer", "distributor", "coordinator"]);
    let goods = json!({"name": "Dừa sáp", "product_set": 1, "unit": "kg"});
    let product = api.post("/v1/products", &goods).by(&actor.token).send().expect(201);
    let place = json!({"province_code": "79"});
    let capacity = json!([{"from": "2027-01-01", "to": "2027-01-31", "quantity": 300}]);
    let bodies = [
        (
            "parties",
            json!({
                "name": "Hộ A", "legal_form": "household", "roles": ["producer"], "place": place
            }),
        ),
        ("products", goods),
        ("offers", json!({"product_id": product.at("/id"), "capacity": capacity})),
        ("demands", json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"})),
    ];
    let put = |(name, body): (&str, Value)| (format!("/v1/{name}/by-external-id/erp/1"), body);
    (actor, bodies.into_iter().map(put).collect())
}

fn a_put_replaces_only_the_version_that_it_names(api: &TestApi) {
    let (actor, resources) = resources(api);
    for (path, body) in resources {
        let put = |tag: &str| api.put(&path, &body).by(&actor.token).header("if-match", tag).send();
        let absent = put("*").expect_problem(412, "precondition_failed");
        assert_eq!(absent.header("etag"), "", "{path}");
        put("\"1\"").expect_problem(412, "precondition_failed");
        let made = api.put(&path, &body).by(&actor.token).send().expect(201);
        assert_eq!(made.number("/version"), 1, "{path}: nothing was created before");
        let stale = put("\"7\"").expect_problem(412, "precondition_failed");
        assert!(stale.header("etag").starts_with("\"1"), "{path}");
        put("nonsense").expect_problem(412, "precondition_failed");
        put(&format!("W/{}", made.header("etag"))).expect_problem(412, "precondition_failed");
        for tag in [made.header("etag"), "*", "\"9\", \"1\""] {
            assert_eq!(put(tag).expect(200).number("/version"), 1, "{path} {tag}");
        }
        let wrong = api.put(&path, &json!({})).by(&actor.token).if_match(7).send();
        wrong.expect_problem(422, "invalid");
    }
}

fn a_put_creates_only_what_is_not_there(api: &TestApi) {
    let (actor, resources) = resources(api);
    for (path, body) in resources {
        let put =
            |tag: &str| api.put(&path, &body).by(&actor.token).header("if-none-match", tag).send();
        put("*").expect(201);
        put("*").expect_problem(412, "precondition_failed");
        for tag in ["\"1\"", "W/\"1\"", "\"2\", \"1\""] {
            put(tag).expect_problem(412, "precondition_failed");
        }
        put("\"2\"").expect(200);
    }
}

fn any_tag_of_a_list_may_match(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let path = format!("/v1/parties/{}", actor.party_id);
    let change = |name: &str, tags: &str| -> Answer {
        let patch = api.patch(&path, &json!({"name": name})).by(&actor.token);
        patch.header("if-match", tags).send()
    };
    change("b", "\"3\", \"2\"").expect_problem(412, "precondition_failed");
    assert_eq!(change("b", "\"3\" ,\"1\"").expect(200).header("etag"), "\"2\"");
    change("c", "W/\"2\"").expect_problem(412, "precondition_failed");
}
