//! What is told of broken rules: the true limits, in the words of the thing that is limited, once
//! for each place, and in the same form for parameters as for bodies.

use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};
use crate::support::contract;

api_tests!(
    a_number_is_told_both_of_its_limits,
    texts_and_lists_are_counted_in_their_own_words,
    one_mistake_is_told_once,
    a_number_that_does_not_fit_is_told_as_any_other,
    a_missing_parameter_is_named,
    an_unknown_province_is_refused_by_every_list,
    rules_of_the_schema_and_of_the_domain_are_told_together,
    what_follows_from_a_refused_value_is_not_told,
    a_patch_is_told_everything_too,
    a_refused_body_leaves_nothing,
    null_of_what_may_be_absent_is_as_if_it_were_absent,
    an_unknown_name_is_answered_with_the_ones_like_it,
    of_very_many_broken_rules_the_first_are_told,
);

#[test]
fn every_number_of_a_query_has_limits_or_a_rule() {
    for (path, item) in contract::document()["paths"].as_object().expect("paths") {
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let schema = &parameter["schema"];
            let number = if schema["type"] == "array" { &schema["items"] } else { schema };
            let is_bounded = number["minimum"].is_i64() && number["maximum"].is_i64();
            let is_wide = number["format"] == "int64";
            let legal = number["type"] != "integer" || is_bounded || is_wide;
            assert!(legal, "{path} {}", parameter["name"]);
        }
    }
}

fn ask(api: &TestApi, path: &str, language: &str) -> Answer {
    api.get(path).by(&api.admin()).header("accept-language", language).send()
}

/// The entries of `errors` as place, code and sentence.
fn told(answer: &Answer) -> Vec<(String, String, String)> {
    let text = |error: &Value, member: &str| error[member].as_str().unwrap_or("").to_owned();
    let errors = answer.at("/errors").as_array().cloned().unwrap_or_default();
    let entry = |error: &Value| {
        let at = text(error, "pointer") + &text(error, "parameter");
        (at, text(error, "code"), text(error, "detail"))
    };
    errors.iter().map(entry).collect()
}

#[track_caller]
fn expect_told(answer: &Answer, at: &str, code: &str, sentence: &str) {
    assert_eq!(told(answer), [(at.into(), code.into(), sentence.into())], "{}", answer.body);
}

fn a_number_is_told_both_of_its_limits(api: &TestApi) {
    for limit in ["0", "101"] {
        let path = format!("/v1/offers?limit={limit}");
        let [vi, en] = ["vi", "en"].map(|language| ask(api, &path, language));
        expect_told(&vi, "limit", "out_of_range", "Phải từ 1 đến 100.");
        expect_told(&en, "limit", "out_of_range", "Must be from 1 to 100.");
    }
    let stars = ask(api, "/v1/products?min_stars=6", "en");
    expect_told(&stars, "min_stars", "out_of_range", "Must be from 3 to 5.");
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let wish = json!({"title": "Gạo", "unit": "kg", "quantity": 0, "by": "2027-01-15"});
    for quantity in [0, 1_000_000_000_001_u64] {
        let mut wish = wish.clone();
        wish["quantity"] = quantity.into();
        let refused = api.post("/v1/demands", &wish).by(&buyer.token).send();
        let limits = "Phải từ 1 đến 1000000000000.";
        expect_told(&refused, "/quantity", "out_of_range", limits);
    }
}

fn party() -> Value {
    json!({
        "name": "HTX", "legal_form": "cooperative", "roles": ["producer"],
        "place": {"province_code": "79"}
    })
}

fn register(api: &TestApi, member: &str, value: Value) -> Answer {
    let mut body = party();
    body[member] = value;
    api.post("/v1/parties", &body).by(&api.admin()).send()
}

fn texts_and_lists_are_counted_in_their_own_words(api: &TestApi) {
    for name in [String::new(), "x".repeat(201)] {
        let refused = register(api, "name", name.into());
        expect_told(&refused, "/name", "out_of_range", "Phải có từ 1 đến 200 ký tự.");
    }
    let place = register(api, "place", json!({"province_code": "7"}));
    expect_told(&place, "/place/province_code", "out_of_range", "Phải có đúng 2 ký tự.");
    let buyer = api.actor("Siêu thị", &["distributor"]);
    let wish = json!({
        "title": "", "unit": "kg", "quantity": 5, "by": "2027-01-15",
        "product_sets": vec![1; 27]
    });
    let refused = api.post("/v1/demands", &wish).by(&buyer.token);
    let refused = refused.header("accept-language", "en").send();
    let sentences: Vec<String> = told(&refused).into_iter().map(|(.., it)| it).collect();
    assert!(sentences.contains(&"Must have at most 26 entries.".into()), "{sentences:?}");
    assert!(sentences.contains(&"Must have 1 to 200 characters.".into()), "{sentences:?}");
}

fn one_mistake_is_told_once(api: &TestApi) {
    let refused = register(api, "legal_form", Value::Null).expect_problem(422, "invalid");
    let places: Vec<String> = told(&refused).into_iter().map(|(at, ..)| at).collect();
    assert_eq!(places, ["/legal_form"]);
}

fn a_number_that_does_not_fit_is_told_as_any_other(api: &TestApi) {
    for (path, rule) in [
        ("/v1/offers?product_set=256", "unknown_product_set"),
        ("/v1/demands?product_set=256", "unknown_product_set"),
        ("/v1/products?product_set=99999999999", "unknown_product_set"),
        ("/v1/reports/registry?product_set=256", "unknown_product_set"),
        ("/v1/products?month=300", "out_of_range"),
        ("/v1/reports/registry?stars=256", "out_of_range"),
        ("/v1/units?limit=256", "out_of_range"),
    ] {
        let refused = ask(api, path, "vi").expect_problem(400, "invalid_parameter");
        let (_, parameter) = path.split_once('?').expect("a query");
        let (parameter, _) = parameter.split_once('=').expect("a value");
        refused.expect_violation(parameter, rule);
    }
}

fn a_missing_parameter_is_named(api: &TestApi) {
    let refused = api.get("/v1/places/resolve").send().expect_problem(400, "invalid_parameter");
    expect_told(&refused, "text", "required", "Thiếu trường bắt buộc.");
    assert!(!refused.text("/detail").contains("missing"), "{}", refused.body);
}

fn an_unknown_province_is_refused_by_every_list(api: &TestApi) {
    let lists = ["parties", "products", "offers", "demands", "communes", "products/facets"];
    for list in lists {
        for (code, rule) in [("99", "unknown_province"), ("84", "old_code_without_date")] {
            let path = format!("/v1/{list}?province_code={code}");
            let refused = ask(api, &path, "vi").expect_problem(400, "invalid_parameter");
            refused.expect_violation("province_code", rule);
        }
    }
    for code in ["8", "", "861"] {
        for list in lists {
            let refused = ask(api, &format!("/v1/{list}?province_code={code}"), "vi");
            let refused = refused.expect_problem(400, "invalid_parameter");
            assert_ne!(refused.text("/errors/0/code"), "unknown_commune", "{list} {code}");
        }
    }
}

fn places(answer: &Answer) -> Vec<String> {
    let mut places: Vec<String> = told(answer).into_iter().map(|(at, ..)| at).collect();
    places.sort();
    places
}

/// A producer with a product.
fn producer(api: &TestApi) -> (Actor, String) {
    let actor = api.actor("HTX", &["producer"]);
    let body = json!({"name": "Dừa sáp Cầu Kè", "product_set": 1, "unit": "kg"});
    let made = api.post("/v1/products", &body).by(&actor.token).send().expect(201);
    (actor, made.text("/id").to_owned())
}

fn offer(product: &str) -> Value {
    json!({
        "product_id": product, "unit": "kg", "unit_price": 90_000, "increment": 10,
        "capacity": [
            {"from": "2027-01-01", "to": "2027-01-31", "quantity": 500},
            {"from": "2027-02-01", "to": "2027-02-28", "quantity": 500}
        ]
    })
}

fn rules_of_the_schema_and_of_the_domain_are_told_together(api: &TestApi) {
    let (actor, product) = producer(api);
    let mut body = offer(&product);
    body["unit"] = "chục".into();
    body["min_order"] = 0.into();
    body["capacity"][0]["quantity"] = (-5).into();
    body["capacity"][0]["to"] = "2026-01-01".into();
    body["delivers_to"] = json!(["98"]);
    let refused = api.post("/v1/offers", &body).by(&actor.token).send();
    refused
        .expect_problem(422, "invalid")
        .expect_violation("/unit", "unit_not_convertible")
        .expect_violation("/min_order", "out_of_range")
        .expect_violation("/capacity/0/quantity", "out_of_range")
        .expect_violation("/capacity/0/to", "reversed_period")
        .expect_violation("/delivers_to/0", "unknown_province");
    body["colour"] = "xanh".into();
    let refused = api.post("/v1/offers", &body).by(&actor.token).send();
    let refused = refused.expect_problem(400, "unknown_field");
    let expected = [
        "/capacity/0/quantity",
        "/capacity/0/to",
        "/colour",
        "/delivers_to/0",
        "/min_order",
        "/unit",
    ];
    assert_eq!(places(&refused), expected, "{}", refused.body);
    let wish = json!({
        "title": "", "unit": "thùng lớn", "quantity": 5, "by": "2027-01-15",
        "requirements": {"province_codes": ["99"]}
    });
    let refused = api.post("/v1/demands", &wish).by(&actor.token).send();
    refused
        .expect_violation("/title", "out_of_range")
        .expect_violation("/unit", "unknown_unit")
        .expect_violation("/requirements/province_codes/0", "unknown_province");
}

fn what_follows_from_a_refused_value_is_not_told(api: &TestApi) {
    let (actor, product) = producer(api);
    for (member, value) in [
        ("/increment", json!(0)),
        ("/unit_price", json!(-1)),
        ("/capacity", json!([])),
        ("/capacity/0/from", json!("hôm nay")),
        ("/capacity/0/to", json!(7)),
        ("/capacity/1", json!("tháng 2")),
        ("/product_id", json!("dừa")),
        ("/price_breaks/0/min_quantity", json!("nhiều")),
        ("/place", json!("Trà Vinh")),
        ("/note", json!("")),
    ] {
        let mut body = offer(&product);
        body["min_order"] = 45.into();
        body["increment"] = 15.into();
        body["price_breaks"] = json!([{"min_quantity": 60, "unit_price": 80_000}]);
        body["place"] = json!({"province_code": "86"});
        body["note"] = "Loại 1".into();
        *body.pointer_mut(member).expect("a member") = value;
        let refused = api.post("/v1/offers", &body).by(&actor.token).send();
        assert_eq!(places(&refused), [member], "{}", refused.body);
    }
    let wish = json!({"title": "Gạo", "unit": "kg", "deliveries": "hai"});
    let refused = api.post("/v1/demands", &wish).by(&actor.token).send();
    assert_eq!(places(&refused), ["/deliveries"], "{}", refused.body);
}

fn a_patch_is_told_everything_too(api: &TestApi) {
    let (actor, product) = producer(api);
    let made = api.post("/v1/offers", &offer(&product)).by(&actor.token).send().expect(201);
    let patch = json!({"unit": "chục", "unit_price": -1, "status": "paused", "colour": null});
    let path = made.header("location");
    let refused = api.patch(path, &patch).by(&actor.token).if_match(1).send();
    assert_eq!(
        places(&refused),
        ["/colour", "/status", "/unit", "/unit_price"],
        "{}",
        refused.body
    );
    let patch = json!({"unit": "chục", "unit_price": -1});
    let refused = api.patch(path, &patch).by(&actor.token).if_match(1).send();
    assert_eq!(places(&refused), ["/unit", "/unit_price"], "{}", refused.body);
}

fn a_refused_body_leaves_nothing(api: &TestApi) {
    let (actor, product) = producer(api);
    let mut body = offer(&product);
    body["min_order"] = (-1).into();
    let key = ("idempotency-key", "offer-1");
    let refused = api.post("/v1/offers", &body).by(&actor.token).header(key.0, key.1).send();
    assert_eq!(places(&refused), ["/min_order"], "{}", refused.body);
    let listed = api.get("/v1/offers").by(&actor.token).send().expect(200);
    assert_eq!(listed.at("/items"), &json!([]), "nothing was recorded");
    body["min_order"] = 20.into();
    api.post("/v1/offers", &body).by(&actor.token).header(key.0, key.1).send().expect(201);
}

fn null_of_what_may_be_absent_is_as_if_it_were_absent(api: &TestApi) {
    let (actor, product) = producer(api);
    let wish = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
    let bodies = [("offers", offer(&product), "OfferBody"), ("demands", wish, "DemandBody")];
    for (resource, mut body, schema) in bodies {
        let schema = &contract::document()["components"]["schemas"][schema];
        for (name, _) in schema["properties"].as_object().expect("members") {
            if body.get(name).is_none() {
                body[name] = Value::Null;
            }
        }
        let made = api.post(&format!("/v1/{resource}"), &body).by(&actor.token).send();
        made.expect(201);
        body["colour"] = Value::Null;
        let refused = api.post(&format!("/v1/{resource}"), &body).by(&actor.token).send();
        assert_eq!(places(&refused), ["/colour"], "{}", refused.body);
    }
}

fn an_unknown_name_is_answered_with_the_ones_like_it(api: &TestApi) {
    let body = json!({"title": "x", "unit": "kg", "quantity": 1, "by": "2027-01-31",
        "maxUnitPrice": 9, "colour": 1, "requirements": {"stars": 4}});
    let send = |language: &str| {
        let post = api.post("/v1/demands", &body).by(&api.admin());
        post.header("accept-language", language).send().expect_problem(400, "unknown_field")
    };
    let told_of = |answer: &Answer, at: &str| {
        let entry = told(answer).into_iter().find(|(place, ..)| place == at);
        entry.unwrap_or_else(|| panic!("{at}: {}", answer.body)).2
    };
    let english = send("en");
    let sentence = "There is no such field; like it: `max_unit_price`.";
    assert_eq!(told_of(&english, "/maxUnitPrice"), sentence);
    let sentence = "There is no such field; like it: `min_stars`.";
    assert_eq!(told_of(&english, "/requirements/stars"), sentence);
    assert_eq!(told_of(&english, "/colour"), "There is no such field.");
    let sentence = "Không có trường này; gần giống: `max_unit_price`.";
    assert_eq!(told_of(&send("vi"), "/maxUnitPrice"), sentence);
    let sentence = "There is no such parameter; like it: `province_code`.";
    expect_told(
        &ask(api, "/v1/products?province=86", "en"),
        "province",
        "unknown_parameter",
        sentence,
    );
}

fn of_very_many_broken_rules_the_first_are_told(api: &TestApi) {
    let many: Vec<Value> = (0..5_000).map(|_| json!({"a": 1})).collect();
    let mut body = json!({"title": "x", "unit": "kg", "deliveries": many});
    for number in 0..5_000 {
        body[format!("f{number}")] = 1.into();
    }
    let refused = api.post("/v1/demands", &body).by(&api.admin()).send();
    assert_eq!(told(&refused.expect_problem(400, "unknown_field")).len(), 100);
    let members: Value = (0..5_000).map(|number| (format!("f{number}"), json!(1))).collect();
    let path = "/v1/demands/01a22705-5855-7776-8cab-e97c00000000/close";
    let refused = api.post(path, &members).by(&api.admin()).send();
    assert_eq!(told(&refused.expect_problem(400, "unknown_field")).len(), 100);
}
