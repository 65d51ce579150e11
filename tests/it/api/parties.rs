//! Parties over HTTP.

use serde_json::{Value, json};

use crate::support::api::{TestApi, api_tests};

api_tests!(
    a_registered_party_is_answered_with_its_address_and_version,
    old_names_and_todays_names_are_one_area,
    an_old_code_needs_its_date,
    one_party_has_several_roles_and_a_tax_code_stands_once,
    only_coordinators_and_admins_register_parties,
    only_an_admin_makes_coordinators_and_authorities,
    an_authority_changes_nothing_but_what_it_states_about_itself,
    contacts_are_shown_to_the_party_itself,
    a_change_needs_the_version_it_is_based_on,
    a_place_given_in_words_survives_other_changes,
    a_version_that_the_client_has_is_not_sent_again,
    a_page_that_the_client_has_is_not_sent_again,
    paging_is_stable_while_parties_come,
    a_cursor_belongs_to_its_list_and_caller,
    putting_the_same_twice_makes_one_party,
    everyone_who_writes_a_party_names_it_in_its_own_systems,
    every_violation_is_told_at_once_in_both_languages,
    a_wrong_place_hides_no_other_violation,
    unknown_fields_and_parameters_are_refused,
    what_is_unknown_cannot_be_removed,
    a_token_is_needed_and_must_not_have_expired,
);

fn cooperative(name: &str) -> Value {
    json!({
        "name": name, "legal_form": "cooperative", "roles": ["producer"],
        "place": {"text": "huyện Cầu Kè, tỉnh Trà Vinh"}
    })
}

fn a_registered_party_is_answered_with_its_address_and_version(api: &TestApi) {
    let made = api.post("/v1/parties", &cooperative("HTX dừa sáp Hòa Tân")).by(&api.admin()).send();
    let made = made.expect(201);
    assert_eq!(made.header("location"), format!("/v1/parties/{}", made.text("/id")));
    assert_eq!(made.header("etag"), "\"1\"");
    let found = api.get(made.header("location")).by(&api.admin()).send().expect(200);
    assert_eq!(found.body, made.body);
}

fn old_names_and_todays_names_are_one_area(api: &TestApi) {
    let old = api.actor_at("a", &["producer"], json!({"text": "huyện Cầu Kè, Trà Vinh"}));
    let new = api.actor_at("b", &["producer"], json!({"text": "xã Cầu Kè, tỉnh Vĩnh Long"}));
    let place = |actor: &crate::support::api::Actor| {
        let path = format!("/v1/parties/{}", actor.party_id);
        api.get(&path).by(&actor.token).send().expect(200).at("/place").clone()
    };
    assert_eq!(place(&old)["province_code"], place(&new)["province_code"]);
    assert_eq!(place(&old)["text"], "huyện Cầu Kè, Trà Vinh");
}

fn an_old_code_needs_its_date(api: &TestApi) {
    let with = |place: Value| {
        let mut body = cooperative("HTX");
        body["place"] = place;
        api.post("/v1/parties", &body).by(&api.admin()).send()
    };
    let refused = with(json!({"province_code": "84"})).expect_problem(422, "invalid");
    refused.expect_violation("/place/province_code", "old_code_without_date");
    let dated = with(json!({"province_code": "84", "as_of": "2025-01-01"})).expect(201);
    assert_eq!(dated.text("/place/province_code"), "86");
    let unknown = with(json!({"province_code": "99"})).expect_problem(422, "invalid");
    unknown.expect_violation("/place/province_code", "unknown_province");
    let nowhere = with(json!({"text": "huyện Không Có, Trà Vinh"})).expect_problem(422, "invalid");
    nowhere.expect_violation("/place/text", "unknown_place");
}

fn one_party_has_several_roles_and_a_tax_code_stands_once(api: &TestApi) {
    let mut body = cooperative("HTX");
    body["roles"] = json!(["producer", "distributor", "coordinator"]);
    body["tax_code"] = "2100123456".into();
    let made = api.post("/v1/parties", &body).by(&api.admin()).send().expect(201);
    assert_eq!(made.at("/roles"), &json!(["producer", "distributor", "coordinator"]));
    let twin = api.post("/v1/parties", &body).by(&api.admin()).send();
    twin.expect_problem(409, "duplicate_tax_code");
}

fn only_coordinators_and_admins_register_parties(api: &TestApi) {
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let producer = api.actor("HTX", &["producer"]);
    let member = cooperative("Thành viên");
    let refused = api.post("/v1/parties", &member).by(&producer.token).send();
    refused.expect_problem(403, "forbidden");
    let made = api.post("/v1/parties", &member).by(&union.token).send().expect(201);
    let path = format!("/v1/parties/{}", made.text("/id"));
    let changed = api.patch(&path, &json!({"name": "Tên mới"})).if_match(1).by(&union.token);
    assert_eq!(changed.send().expect(200).text("/name"), "Tên mới");
    let foreign = api.patch(&path, &json!({"name": "X"})).if_match(2).by(&producer.token);
    foreign.send().expect_problem(403, "forbidden");
}

fn only_an_admin_makes_coordinators_and_authorities(api: &TestApi) {
    let (producer, union) = (api.actor("HTX", &["producer"]), api.actor("LH", &["coordinator"]));
    let path = format!("/v1/parties/{}", producer.party_id);
    let scope = json!({"province_codes": ["86"]});
    for roles in [json!(["producer", "coordinator"]), json!(["authority"])] {
        let change = api.patch(&path, &json!({"roles": roles})).if_match(1).by(&producer.token);
        change.send().expect_problem(403, "forbidden");
        let mut member = cooperative("Thành viên");
        member["roles"] = roles.clone();
        let made = api.post("/v1/parties", &member).by(&union.token).send();
        made.expect_problem(403, "forbidden");
    }
    let both = json!({"roles": ["authority"], "authority_scope": scope});
    api.patch(&path, &both).if_match(1).by(&api.admin()).send().expect(200);
    let wider = json!({"authority_scope": {"province_codes": ["86", "79"]}});
    let change = api.patch(&path, &wider).if_match(2).by(&producer.token).send();
    change.expect_problem(403, "forbidden");
    let fewer = json!({"authority_scope": null, "roles": ["producer"]});
    api.patch(&path, &fewer).if_match(2).by(&producer.token).send().expect(200);
}

fn an_authority_changes_nothing_but_what_it_states_about_itself(api: &TestApi) {
    let office = api.actor("Sở Nông nghiệp", &["authority", "producer", "distributor"]);
    let path = format!("/v1/parties/{}", office.party_id);
    let rename = api.patch(&path, &json!({"name": "Sở NN&MT"})).if_match(1).by(&office.token);
    rename.send().expect(200);
    let product = json!({"name": "Dừa sáp", "product_set": 1, "unit": "trái"});
    let demand = json!({"title": "Dừa", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
    let put = "by-external-id/erp/1";
    for (path, body) in [("/v1/products", &product), ("/v1/demands", &demand)] {
        let refused = api.post(path, body).by(&office.token).send();
        refused.expect_problem(403, "forbidden");
        let refused = api.put(&format!("{path}/{put}"), body).by(&office.token).send();
        refused.expect_problem(403, "forbidden");
    }
    let member = api.post("/v1/parties", &cooperative("HTX")).by(&office.token).send();
    member.expect_problem(403, "forbidden");
}

fn contacts_are_shown_to_the_party_itself(api: &TestApi) {
    let (own, other) = (api.actor("a", &["producer"]), api.actor("b", &["distributor"]));
    let path = format!("/v1/parties/{}", own.party_id);
    let contact = json!({"contact": {"phone": "0294 385 0000"}});
    api.patch(&path, &contact).if_match(1).by(&own.token).send().expect(200);
    let seen = |token: &str| api.get(&path).by(token).send().expect(200).at("/contact").clone();
    assert_eq!(seen(&own.token), json!({"phone": "0294 385 0000"}));
    assert_eq!(seen(&other.token), Value::Null);
}

fn a_change_needs_the_version_it_is_based_on(api: &TestApi) {
    let actor = api.actor("a", &["producer"]);
    let path = format!("/v1/parties/{}", actor.party_id);
    let change = |name: &str| api.patch(&path, &json!({"name": name})).by(&actor.token);
    change("b").send().expect_problem(428, "precondition_required");
    assert_eq!(change("b").if_match(1).send().expect(200).header("etag"), "\"2\"");
    let stale = change("c").if_match(1).send().expect_problem(412, "precondition_failed");
    assert_eq!(stale.header("etag"), "\"2\"");
    assert_eq!(change("b").if_match(2).send().expect(200).header("etag"), "\"2\"", "no change");
    let missing = api.patch("/v1/parties/x", &json!({})).if_match(1).by(&actor.token).send();
    missing.expect_problem(404, "not_found");
}

fn a_place_given_in_words_survives_other_changes(api: &TestApi) {
    let place = json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"});
    let actor = api.actor_at("a", &["producer"], place);
    let path = format!("/v1/parties/{}", actor.party_id);
    let change = |body: &Value, version| {
        api.patch(&path, body).if_match(version).by(&actor.token).send().expect(200)
    };
    let renamed = change(&json!({"name": "b"}), 1);
    assert_eq!(renamed.text("/place/text"), "huyện Cầu Kè, tỉnh Trà Vinh");
    let addressed = change(&json!({"place": {"address": "ấp 2", "lat": 9.9}}), 2);
    assert_eq!(addressed.text("/place/text"), "huyện Cầu Kè, tỉnh Trà Vinh");
    assert_eq!(
        (addressed.text("/place/address"), addressed.at("/place/lat")),
        ("ấp 2", &json!(9.9))
    );
    let moved = change(&json!({"place": {"province_code": "79"}}), 3);
    assert_eq!((moved.text("/place/province_code"), moved.at("/place/text")), ("79", &Value::Null));
    assert_eq!(moved.text("/place/address"), "ấp 2", "what a patch does not name stays");
    assert_ne!(moved.at("/place/lat"), &json!(9.9), "the point was one of the old province");
}

fn a_version_that_the_client_has_is_not_sent_again(api: &TestApi) {
    let actor = api.actor("a", &["producer"]);
    let path = format!("/v1/parties/{}", actor.party_id);
    let get = |tag: &str| api.get(&path).by(&actor.token).header("if-none-match", tag).send();
    assert_eq!(get("\"1\"").expect(304).header("etag"), "\"1\"");
    get("\"0\", W/\"1\"").expect(304);
    get("\"2\"").expect(200);
}

fn a_page_that_the_client_has_is_not_sent_again(api: &TestApi) {
    let actor = api.actor("a", &["producer"]);
    api.actor("b", &["producer"]);
    let path = "/v1/parties?limit=1";
    let get = |tag: &str| api.get(path).by(&actor.token).header("if-none-match", tag).send();
    let first = get("\"0\"").expect(200);
    let known = get(first.header("etag")).expect(304);
    assert_eq!(
        (known.header("etag"), known.header("link")),
        (first.header("etag"), first.header("link"))
    );
    api.actor("c", &["producer"]);
    get(first.header("etag")).expect(200);
}

fn paging_is_stable_while_parties_come(api: &TestApi) {
    for number in 0..5 {
        api.actor(&format!("P{number}"), &["producer"]);
    }
    let mut names = Vec::new();
    let mut path = "/v1/parties?sort=created_at&limit=2".to_owned();
    loop {
        let page = api.get(&path).by(&api.admin()).send().expect(200);
        let items = page.at("/items").as_array().cloned().unwrap_or_default();
        names.extend(items.iter().map(|item| item["name"].as_str().unwrap_or("").to_owned()));
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
        path = format!("/v1/parties?sort=created_at&limit=2&cursor={cursor}");
        if names.len() == 2 {
            api.at("2026-11-23T03:00:01Z");
            api.actor("late", &["producer"]);
        }
    }
    assert_eq!(names, ["P0", "P1", "P2", "P3", "P4", "late"]);
}

fn a_cursor_belongs_to_its_list_and_caller(api: &TestApi) {
    let (one, two) = (api.actor("a", &["producer"]), api.actor("b", &["producer"]));
    let page = api.get("/v1/parties?limit=1").by(&one.token).send().expect(200);
    let next = |query: &str, token: &str| {
        let cursor = page.text("/next_cursor");
        api.get(&format!("/v1/parties?limit=1&cursor={cursor}{query}")).by(token).send()
    };
    next("", &one.token).expect(200);
    next("", &two.token).expect_problem(400, "invalid_cursor");
    next("&role=producer", &one.token).expect_problem(400, "invalid_cursor");
}

fn putting_the_same_twice_makes_one_party(api: &TestApi) {
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let put = |name: &str| {
        let path = "/v1/parties/by-external-id/erp/NCC%2F42";
        api.put(path, &cooperative(name)).by(&union.token).send()
    };
    let made = put("HTX").expect(201);
    assert_eq!(made.at("/external_ids"), &json!({"erp": "NCC/42"}));
    let same = put("HTX").expect(200);
    assert_eq!((same.text("/id"), same.number("/version")), (made.text("/id"), 1));
    assert_eq!(put("HTX Hòa Tân").expect(200).number("/version"), 2);
}

fn everyone_who_writes_a_party_names_it_in_its_own_systems(api: &TestApi) {
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let put = || {
        let path = "/v1/parties/by-external-id/erp/42";
        api.put(path, &cooperative("HTX")).by(&union.token).send()
    };
    let made = put().expect(201);
    let path = format!("/v1/parties/{}", made.text("/id"));
    let member = api.token(made.text("/id"), &ocop_link::caller::ordinary_scopes());
    let own = json!({"name": "HTX Hòa Tân", "external_ids": {"crm": "7"}});
    let changed = api.patch(&path, &own).if_match(1).by(&member).send().expect(200);
    assert_eq!(changed.at("/external_ids"), &json!({"crm": "7"}));
    let seen = api.get(&path).by(&union.token).send().expect(200);
    assert_eq!(seen.at("/external_ids"), &json!({"erp": "42"}), "as before");
    assert_eq!(put().expect(200).text("/id"), made.text("/id"));
    let seen = api.get(&path).by(&member).send().expect(200);
    assert_eq!(seen.at("/external_ids"), &json!({"crm": "7"}));
    let seen = api.get(&path).by(&api.admin()).send().expect(200);
    assert_eq!(seen.at("/external_ids"), &json!({"erp": "42"}), "an admin states the registrar's");
    let mended = json!({"contact": {"phone": "+84294385000"}});
    let mended = api.patch(&path, &mended).if_match(seen.number("/version")).by(&api.admin());
    assert_eq!(mended.send().expect(200).at("/external_ids"), &json!({"erp": "42"}));
    let names =
        |token: &str| api.get(&path).by(token).send().expect(200).at("/external_ids").clone();
    assert_eq!((names(&union.token), names(&member)), (json!({"erp": "42"}), json!({"crm": "7"})));
    assert_eq!(put().expect(200).text("/id"), made.text("/id"));
}

fn every_violation_is_told_at_once_in_both_languages(api: &TestApi) {
    let body = json!({"name": "", "legal_form": "coop", "roles": [], "place": {"lat": "a"}});
    let send = |language: &str| {
        let request = api.post("/v1/parties", &body).by(&api.admin());
        request.header("accept-language", language).send().expect_problem(422, "invalid")
    };
    let vietnamese = send("vi")
        .expect_violation("/name", "out_of_range")
        .expect_violation("/legal_form", "not_allowed")
        .expect_violation("/roles", "out_of_range")
        .expect_violation("/place/lat", "wrong_type");
    let english = send("en-US");
    assert_eq!(vietnamese.header("content-language"), "vi");
    assert_eq!(english.header("content-language"), "en");
    assert_ne!(vietnamese.text("/title"), english.text("/title"));
    let listed = api.get("/v1/parties").by(&api.admin()).send().expect(200);
    assert_eq!(listed.at("/items"), &json!([]), "nothing was recorded");
}

fn a_wrong_place_hides_no_other_violation(api: &TestApi) {
    let with = |place: Value| {
        let mut body = cooperative("HTX");
        body["place"] = place;
        body["tax_code"] = "123".into();
        api.post("/v1/parties", &body).by(&api.admin()).send().expect_problem(422, "invalid")
    };
    with(json!({"province_code": "99"}))
        .expect_violation("/place/province_code", "unknown_province")
        .expect_violation("/tax_code", "wrong_format");
    let half = with(json!({"province_code": "86", "lat": 9.9}));
    half.expect_violation("/place/lon", "required");
}

fn unknown_fields_and_parameters_are_refused(api: &TestApi) {
    let mut body = cooperative("HTX");
    body["owner"] = "me".into();
    let refused = api.post("/v1/parties", &body).by(&api.admin()).send();
    refused.expect_problem(400, "unknown_field").expect_violation("/owner", "unknown_field");
    let listed = api.get("/v1/parties?colour=red").by(&api.admin()).send();
    listed.expect_problem(400, "unknown_parameter").expect_violation("colour", "unknown_parameter");
    for limit in ["0", "101", "-1", "x", "1000000000"] {
        let listed = api.get(&format!("/v1/parties?limit={limit}")).by(&api.admin()).send();
        listed.expect_problem(400, "invalid_parameter");
    }
}

fn a_token_is_needed_and_must_not_have_expired(api: &TestApi) {
    let actor = api.actor("a", &["producer"]);
    let missing = api.get("/v1/parties").send().expect_problem(401, "unauthenticated");
    assert!(missing.header("www-authenticate").starts_with("Bearer"));
    api.get("/v1/parties").by("a.b.c").send().expect_problem(401, "unauthenticated");
    api.get("/v1/parties").by(&actor.token).send().expect(200);
    api.at("2026-11-24T03:00:00Z");
    api.get("/v1/parties").by(&actor.token).send().expect_problem(401, "unauthenticated");
    let reader = api.token(&actor.party_id, "offers:read");
    api.get("/v1/parties").by(&reader).send().expect_problem(403, "forbidden");
}

fn what_is_unknown_cannot_be_removed(api: &TestApi) {
    let made = api.post("/v1/parties", &cooperative("HTX")).by(&api.admin()).send().expect(201);
    let patch = |fields: Value| {
        let change = api.patch(made.header("location"), &fields).if_match(1);
        change.by(&api.admin()).send()
    };
    for (fields, at) in [
        (json!({"foo": null}), "/foo"),
        (json!({"id": null}), "/id"),
        (json!({"place": {"foo": null}}), "/place/foo"),
    ] {
        let refused = patch(fields).expect_problem(400, "unknown_field");
        refused.expect_violation(at, "unknown_field");
    }
    let same = patch(json!({"tax_code": null, "contact": null, "place": {"address": null}}));
    assert_eq!(same.expect(200).number("/version"), 1, "known fields that were not there");
}
