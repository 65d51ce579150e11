//! Every input of a demand that is refused, with the field that is told.

use serde_json::{Value, json};

use super::demands::{buyer, record, short, with};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    each_broken_rule_is_told_at_its_field,
    a_whole_number_may_be_written_with_a_point,
    all_broken_rules_are_told_at_once_and_nothing_is_recorded,
    only_what_was_sent_is_told,
    a_unit_converts_by_its_ratio_or_a_packaging,
    a_unit_stays_what_it_was_when_a_packaging_changes,
    the_ends_of_a_range_are_told_as_they_are,
    a_unit_converts_as_the_named_products_agree,
    unknown_fields_are_refused,
);

fn refuse(api: &TestApi, actor: &Actor, fields: &Value, (pointer, code): (&str, &str)) {
    let body = with(short(), fields.clone());
    let refused = api.post("/v1/demands", &body).by(&actor.token).send();
    refused.expect_problem(422, "invalid").expect_violation(pointer, code);
}

fn delivered(delivery: Value) -> Value {
    json!({"quantity": null, "by": null, "deliveries": [delivery]})
}

fn each_broken_rule_is_told_at_its_field(api: &TestApi) {
    let actor = buyer(api);
    let delivery = |fields: Value| {
        delivered(with(json!({"from": "2027-01-04", "to": "2027-01-05", "quantity": 9}), fields))
    };
    let listed = json!([{"from": "2027-01-04", "to": "2027-01-05", "quantity": 9}]);
    let twice = json!([listed[0], listed[0]]);
    let nobody = "00000000-0000-7000-8000-0000000000ff";
    let repeat = |fields: Value| {
        let weekly = json!({"every_weeks": 1, "until": "2027-03-01"});
        with(delivery(json!({})), json!({"recurrence": with(weekly, fields)}))
    };
    let cases = [
        (json!({"by": "2026-11-22"}), "/by", "reversed_period"),
        (json!({"by": "2026-02-30"}), "/by", "wrong_format"),
        (json!({"by": "1800-01-01"}), "/by", "wrong_format"),
        (json!({"by": null}), "/by", "required"),
        (json!({"quantity": null}), "/quantity", "required"),
        (json!({"quantity": null, "by": null}), "/deliveries", "required"),
        (json!({"quantity": 0}), "/quantity", "out_of_range"),
        (json!({"quantity": -5}), "/quantity", "out_of_range"),
        (json!({"quantity": 5.5}), "/quantity", "wrong_type"),
        (json!({"quantity": 1e30}), "/quantity", "out_of_range"),
        (json!({"deliveries": listed}), "/quantity", "contradicts"),
        (json!({"deliveries": listed, "quantity": null}), "/by", "contradicts"),
        (delivery(json!({"to": "2027-01-03"})), "/deliveries/0/to", "reversed_period"),
        (delivery(json!({"quantity": 0})), "/deliveries/0/quantity", "out_of_range"),
        (delivery(json!({"min_quantity": 10})), "/deliveries/0/min_quantity", "out_of_range"),
        (delivery(json!({"max_quantity": 8})), "/deliveries/0/max_quantity", "out_of_range"),
        (
            delivery(json!({"place": {"province_code": "84"}})),
            "/deliveries/0/place/province_code",
            "old_code_without_date",
        ),
        (
            delivery(json!({"place": {"province_code": "99"}})),
            "/deliveries/0/place/province_code",
            "unknown_province",
        ),
        (
            delivery(json!({"place": {"text": "huyện Không Có, Trà Vinh"}})),
            "/deliveries/0/place/text",
            "unknown_place",
        ),
        (repeat(json!({"until": "2027-01-03"})), "/recurrence/until", "reversed_period"),
        (repeat(json!({"until": "2099-01-01"})), "/recurrence/until", "out_of_range"),
        (repeat(json!({"skip": ["2027-01-12"]})), "/recurrence/skip/0", "unknown_reference"),
        (repeat(json!({"every_weeks": 0})), "/recurrence/every_weeks", "out_of_range"),
        (with(repeat(json!({})), json!({"deliveries": twice})), "/recurrence", "contradicts"),
        (json!({"unit": "cái gì"}), "/unit", "unknown_unit"),
        (json!({"unit": "chục"}), "/unit", "unit_not_convertible"),
        (
            json!({"packagings": [{"unit": "chai", "contains": {"quantity": 1, "unit": "hộp"}}]}),
            "/packagings/0/contains/unit",
            "unit_not_convertible",
        ),
        (json!({"product_sets": [27]}), "/product_sets/0", "unknown_product_set"),
        (json!({"product_sets": [4, 4]}), "/product_sets/1", "duplicate"),
        (json!({"product_ids": [nobody]}), "/product_ids/0", "unknown_reference"),
        (json!({"product_ids": ["x"]}), "/product_ids/0", "wrong_format"),
        (json!({"substitutes": [{"ratio": 1}]}), "/substitutes/0/text", "required"),
        (
            json!({"substitutes": [{"text": "a", "product_set": 4, "ratio": 1}]}),
            "/substitutes/0/product_set",
            "contradicts",
        ),
        (
            json!({"substitutes": [{"product_set": 99, "ratio": 1}]}),
            "/substitutes/0/product_set",
            "unknown_product_set",
        ),
        (
            json!({"substitutes": [{"text": "a", "ratio": 0.00015}]}),
            "/substitutes/0/ratio",
            "wrong_format",
        ),
        (
            json!({"substitutes": [{"text": "a", "ratio": 0}]}),
            "/substitutes/0/ratio",
            "out_of_range",
        ),
        (json!({"preferences": {"price": 9000}}), "/preferences", "weights_sum"),
        (json!({"preferences": {"price": 10001}}), "/preferences/price", "out_of_range"),
        (json!({"requirements": {"min_stars": 6}}), "/requirements/min_stars", "out_of_range"),
        (json!({"requirements": {"market": "XX"}}), "/requirements/market", "not_allowed"),
        (
            json!({"requirements": {"certificates": ["iso"]}}),
            "/requirements/certificates/0",
            "not_allowed",
        ),
        (
            json!({"requirements": {"province_codes": ["86", "84", "00"]}}),
            "/requirements/province_codes/1",
            "old_code_without_date",
        ),
        (json!({"max_suppliers": 0}), "/max_suppliers", "out_of_range"),
        (json!({"min_share": 0}), "/min_share", "out_of_range"),
        (json!({"max_unit_price": -1}), "/max_unit_price", "out_of_range"),
        (json!({"terms": {"discount_percent": 101}}), "/terms/discount_percent", "out_of_range"),
        (json!({"closes_at": "2026-11-23T03:00:00Z"}), "/closes_at", "past"),
        (json!({"closes_at": "tomorrow"}), "/closes_at", "wrong_format"),
        (json!({"invited_party_ids": [actor.party_id]}), "/invited_party_ids", "contradicts"),
        (
            json!({"visibility": "invited", "invited_party_ids": [nobody]}),
            "/invited_party_ids/0",
            "unknown_reference",
        ),
        (json!({"title": " "}), "/title", "out_of_range"),
        (json!({"title": null}), "/title", "required"),
    ];
    for (fields, pointer, code) in cases {
        refuse(api, &actor, &fields, (pointer, code));
    }
    let listed = api.get("/v1/demands").by(&actor.token).send().expect(200);
    assert_eq!(listed.at("/items"), &json!([]), "nothing was recorded");
}

fn a_whole_number_may_be_written_with_a_point(api: &TestApi) {
    let actor = buyer(api);
    let text =
        r#"{"title":"Mật","unit":"kg","quantity":5.0,"by":"2027-01-15","product_sets":[4.0]}"#;
    let request = api.request("POST", "/v1/demands").by(&actor.token);
    let made = request.header("content-type", "application/json").raw(text).send().expect(201);
    assert_eq!(made.number("/deliveries/0/quantity"), 5);
}

fn all_broken_rules_are_told_at_once_and_nothing_is_recorded(api: &TestApi) {
    let fields = json!({
        "by": "2026-11-01", "unit": "chục", "product_sets": [0], "preferences": {"price": 1},
        "closes_at": "2020-01-01T00:00:00Z", "requirements": {"market": "XX"}
    });
    let refused = api.post("/v1/demands", &with(short(), fields)).by(&buyer(api).token).send();
    let refused = refused.expect_problem(422, "invalid");
    let errors = refused.at("/errors").as_array().cloned().unwrap_or_default();
    let mut told: Vec<&str> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
    told.sort_unstable();
    let expected =
        ["/by", "/closes_at", "/preferences", "/product_sets/0", "/requirements/market", "/unit"];
    assert_eq!(told, expected);
}

fn only_what_was_sent_is_told(api: &TestApi) {
    let actor = buyer(api);
    let weekly = json!({"recurrence": {"every_weeks": 1, "until": "2027-02-01"}});
    let need = json!({"from": "2027-01-04", "to": "2027-01-10", "quantity": 5, "min_quantity": 6});
    let repeated = (with(delivered(need), weekly), "/deliveries/0/min_quantity");
    for (fields, place) in [repeated, (json!({"title": "   "}), "/title")] {
        let body = with(short(), fields);
        let refused = api.post("/v1/demands", &body).by(&actor.token).send();
        let refused = refused.expect_problem(422, "invalid");
        let errors = refused.at("/errors").as_array().cloned().unwrap_or_default();
        let told: Vec<&str> = errors.iter().filter_map(|it| it["pointer"].as_str()).collect();
        assert_eq!(told, [place], "{}", refused.body);
    }
}

fn a_unit_converts_by_its_ratio_or_a_packaging(api: &TestApi) {
    let actor = buyer(api);
    let bottles = json!({
        "unit": "chai", "quantity": 20000,
        "packagings": [{"unit": "chai", "contains": {"quantity": 250, "unit": "ml"}}]
    });
    let made = record(api, &actor, &with(short(), bottles));
    assert_eq!(made.text("/packagings/0/contains/unit"), "ml");
    let named = record(api, &actor, &with(short(), json!({"unit": "KG"})));
    assert_eq!(named.text("/unit"), "kg", "a unit is kept by its code");
}

/// A product that comes in bottles of `content_ml`.
fn bottled(api: &TestApi, content_ml: u64) -> String {
    bottled_by(api, &api.actor("Cơ sở", &["producer"]), content_ml)
}

fn bottled_by(api: &TestApi, maker: &Actor, content_ml: u64) -> String {
    let bottle = json!({"unit": "chai", "contains": {"quantity": content_ml, "unit": "ml"}});
    let body = json!({
        "name": "Nước mắm", "product_set": 4, "unit": "chai", "packagings": [bottle]
    });
    let made = api.post("/v1/products", &body).by(&maker.token).send().expect(201);
    made.text("/id").to_owned()
}

fn the_ends_of_a_range_are_told_as_they_are(api: &TestApi) {
    let none = json!({"substitutes": [{"text": "a", "ratio": 0}]});
    let post = api.post("/v1/demands", &with(short(), none)).by(&buyer(api).token);
    let refused = post.header("accept-language", "en").send().expect_problem(422, "invalid");
    let detail = refused.text("/errors/0/detail");
    assert!(detail.starts_with("Must be from 0.0001 to 100"), "{detail}");
}

fn a_unit_stays_what_it_was_when_a_packaging_changes(api: &TestApi) {
    let (actor, maker) = (buyer(api), api.actor("Cơ sở", &["producer"]));
    let product = bottled_by(api, &maker, 250);
    let named = json!({"unit": "chai", "product_ids": [product]});
    let made = record(api, &actor, &with(short(), named));
    let repack = |version: i64, fields: Value| {
        let path = format!("/v1/products/{product}");
        let change = api.patch(&path, &fields).if_match(version);
        change.by(&maker.token).send().expect(200);
    };
    let change = |version: i64, fields: Value| {
        let patch = api.patch(made.header("location"), &fields).if_match(version);
        patch.by(&actor.token).send()
    };
    let bottle = |content_ml: u64| {
        let contains = json!({"quantity": content_ml, "unit": "ml"});
        json!({"unit": "chai", "contains": contains})
    };
    repack(1, json!({"packagings": [bottle(500)]}));
    let titled = change(1, json!({"title": "Nước mắm Tết"})).expect(200);
    assert_eq!(titled.number("/terms_version"), 1, "what is wanted is the same");
    let restated = change(2, json!({"packagings": [bottle(500)]})).expect(200);
    assert_eq!(restated.number("/terms_version"), 2, "the buyer says so");
    change(3, json!({"packagings": []})).expect(200);
    repack(2, json!({"unit": "ml", "packagings": []}));
    change(4, json!({"title": "Nước mắm"})).expect(200);
}

fn a_unit_converts_as_the_named_products_agree(api: &TestApi) {
    let actor = buyer(api);
    let bottles = [250, 250, 500].map(|content_ml| bottled(api, content_ml));
    let named = |ids: &[String]| json!({"unit": "chai", "product_ids": ids});
    let made = record(api, &actor, &with(short(), named(&bottles[..2])));
    assert_eq!(made.at("/product_ids"), &json!(bottles[..2]));
    assert_eq!(made.at("/text"), &Value::Null, "the products say what is wanted");
    refuse(api, &actor, &named(&bottles), ("/unit", "unit_not_convertible"));
    let twice = [bottles[0].clone(), bottles[0].clone()];
    refuse(api, &actor, &named(&twice), ("/product_ids/1", "duplicate"));
}

fn unknown_fields_are_refused(api: &TestApi) {
    let actor = buyer(api);
    for (fields, pointer) in [
        (json!({"owner": "me"}), "/owner"),
        (json!({"requirements": {"stars": 4}}), "/requirements/stars"),
        (json!({"preferences": {"luck": 10000}}), "/preferences/luck"),
    ] {
        let refused = api.post("/v1/demands", &with(short(), fields)).by(&actor.token).send();
        refused.expect_problem(400, "unknown_field").expect_violation(pointer, "unknown_field");
    }
}
