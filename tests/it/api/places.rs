//! A place as a client reads it and sends it back: nothing is refused, and nothing is lost.

use serde_json::{Value, json};

use super::demands::{buyer, record, short};
use super::matches::{offer, seller};
use crate::support::api::{Answer, TestApi, api_tests};

api_tests!(
    a_day_without_a_map_is_refused,
    a_place_is_taken_as_it_was_read,
    a_place_of_former_codes_is_taken_as_it_was_read,
    a_delivery_is_changed_with_the_place_that_was_read,
    words_that_are_removed_leave_the_codes,
    words_and_codes_that_differ_contradict,
);

fn read(api: &TestApi, token: &str, path: &str) -> Answer {
    api.get(path).by(token).send().expect(200)
}

fn patch(api: &TestApi, token: &str, path: &str, fields: &Value) -> Answer {
    api.patch(path, fields).header("if-match", "*").by(token).send()
}

/// Sends the place of a record back by PATCH; it stays as it is, and so does the record.
fn sends_back(api: &TestApi, token: &str, path: &str) {
    let before = read(api, token, path);
    let same = patch(api, token, path, &json!({"place": before.at("/place")})).expect(200);
    assert_eq!(
        (same.at("/place"), same.at("/version")),
        (before.at("/place"), before.at("/version"))
    );
}

fn a_place_is_taken_as_it_was_read(api: &TestApi) {
    let producer = seller(api);
    let party = format!("/v1/parties/{}", producer.party_id);
    assert_eq!(
        read(api, &producer.token, &party).text("/place/text"),
        "huyện Cầu Kè, tỉnh Trà Vinh"
    );
    sends_back(api, &producer.token, &party);
    let kept = read(api, &producer.token, &party).at("/place").clone();
    let offer = offer(api, &producer, json!({"place": kept}));
    let path = format!("/v1/offers/{offer}");
    assert_eq!(read(api, &producer.token, &path).at("/place"), &kept, "taken by a new record too");
    sends_back(api, &producer.token, &path);
}

fn a_day_without_a_map_is_refused(api: &TestApi) {
    for day in ["1850-01-01", "2999-01-01"] {
        let body = json!({"name": "HTX", "legal_form": "cooperative", "roles": ["producer"],
            "place": {"province_code": "86", "as_of": day}});
        let refused = api.post("/v1/parties", &body).by(&api.admin()).send();
        let refused = refused.expect_problem(422, "invalid");
        refused.expect_violation("/place/as_of", "wrong_format");
    }
}

fn a_place_of_former_codes_is_taken_as_it_was_read(api: &TestApi) {
    for place in [
        json!({"province_code": "84", "as_of": "2024-05-01"}),
        json!({"province_code": "84", "commune_code": "29308", "as_of": "2024-05-01"}),
    ] {
        let party = api.actor_at("HTX", &["producer"], place);
        let path = format!("/v1/parties/{}", party.party_id);
        let read = read(api, &party.token, &path).at("/place").clone();
        assert!(read["text"].is_string(), "{read}");
        sends_back(api, &party.token, &path);
        let copy = api.actor_at("HTX 2", &["producer"], read.clone());
        let path = format!("/v1/parties/{}", copy.party_id);
        assert_eq!(self::read(api, &copy.token, &path).at("/place"), &read);
    }
}

fn a_delivery_is_changed_with_the_place_that_was_read(api: &TestApi) {
    let distributor = buyer(api);
    let mut body = short();
    let lists = ["quantity", "by"].map(|member| body.as_object_mut().expect("it").remove(member));
    let [quantity, by] = lists.map(|value| value.expect("a member"));
    let delivery = json!({"place": {"text": "Hà Nội"}, "from": "2027-01-01", "to": by,
        "quantity": quantity});
    body["deliveries"] = json!([delivery]);
    let made = record(api, &distributor, &body);
    let path = format!("/v1/demands/{}", made.text("/id"));
    let read = made.at("/deliveries/0");
    let more = json!({"place": read["place"], "from": read["from"], "to": read["to"],
        "quantity": 600});
    let changed = patch(api, &distributor.token, &path, &json!({"deliveries": [more]})).expect(200);
    assert_eq!(changed.number("/deliveries/0/quantity"), 600);
    assert_eq!(changed.at("/deliveries/0/place"), &read["place"]);
}

fn words_that_are_removed_leave_the_codes(api: &TestApi) {
    let producer = seller(api);
    let path = format!("/v1/parties/{}", producer.party_id);
    let before = read(api, &producer.token, &path).at("/place").clone();
    let without = json!({"place": {"text": null}});
    let after = patch(api, &producer.token, &path, &without).expect(200).at("/place").clone();
    assert_eq!(after["text"], Value::Null);
    assert_eq!(after["province_code"], before["province_code"]);
    assert_eq!((&after["lat"], &after["lon"]), (&before["lat"], &before["lon"]));
}

fn words_and_codes_that_differ_contradict(api: &TestApi) {
    let place = json!({"province_code": "01", "text": "huyện Cầu Kè, tỉnh Trà Vinh"});
    let body = json!({"name": "HTX", "legal_form": "cooperative", "roles": ["producer"],
        "place": place});
    let refused = api.post("/v1/parties", &body).by(&api.admin()).send();
    let refused = refused.expect_problem(422, "invalid");
    refused.expect_violation("/place/text", "contradicts");
}
