//! Who sees which demands, and how lists of them are asked for.

use serde_json::{Value, json};

use super::demands::{buyer, record, short, with};
use crate::support::api::{Actor, TestApi, api_tests};

api_tests!(
    each_level_of_visibility_admits_its_parties,
    drafts_and_cancelled_demands_are_their_owners_only,
    an_anonymous_buyer_is_not_told_by_any_answer,
    filters_narrow_a_list,
    wrong_filters_are_refused,
    a_search_for_signs_alone_finds_nothing,
    paging_is_stable_while_demands_come,
);

fn titles(api: &TestApi, token: &str, query: &str) -> Vec<String> {
    let page = api.get(&format!("/v1/demands{query}")).by(token).send().expect(200);
    let items = page.at("/items").as_array().cloned().unwrap_or_default();
    let mut titles: Vec<String> =
        items.iter().map(|item| item["title"].as_str().unwrap_or("").to_owned()).collect();
    titles.sort_unstable();
    titles
}

fn demand(api: &TestApi, actor: &Actor, title: &str, fields: Value) -> String {
    let body = with(with(short(), json!({"title": title})), fields);
    record(api, actor, &body).text("/id").to_owned()
}

fn each_level_of_visibility_admits_its_parties(api: &TestApi) {
    let owner = buyer(api);
    let invited = api.actor("mời", &["producer"]);
    let union = api.actor("liên hiệp", &["coordinator"]);
    let other = api.actor("khác", &["producer"]);
    demand(api, &owner, "all", json!({}));
    demand(api, &owner, "unions", json!({"visibility": "coordinators"}));
    let named = json!({"visibility": "invited", "invited_party_ids": [invited.party_id]});
    let hidden = demand(api, &owner, "named", named);
    let sees = |actor: &Actor| titles(api, &actor.token, "");
    assert_eq!(sees(&owner), ["all", "named", "unions"]);
    assert_eq!(sees(&invited), ["all", "named"]);
    assert_eq!(sees(&union), ["all", "unions"]);
    assert_eq!(sees(&other), ["all"]);
    assert_eq!(titles(api, &api.admin(), ""), ["all", "named", "unions"]);
    let path = format!("/v1/demands/{hidden}");
    let seen = api.get(&path).by(&invited.token).send().expect(200);
    assert_eq!(seen.at("/invited_party_ids"), &Value::Null, "the other guests are not told");
    api.get(&path).by(&other.token).send().expect_problem(404, "not_found");
}

fn a_search_for_signs_alone_finds_nothing(api: &TestApi) {
    let owner = buyer(api);
    demand(api, &owner, "Gạo", json!({}));
    for list in ["demands", "offers", "parties", "communes", "products"] {
        for signs in ["%25", "_", "-", "...", "%22", "%F0%9F%99%82"] {
            let path = format!("/v1/{list}?q={signs}");
            let page = api.get(&path).by(&owner.token).send().expect(200);
            assert_eq!(page.at("/items"), &json!([]), "{path}");
        }
    }
    assert_eq!(titles(api, &owner.token, "?q=%20"), ["Gạo"]);
    assert_eq!(titles(api, &owner.token, "?q=-%20g%E1%BA%A1o"), ["Gạo"]);
}

fn drafts_and_cancelled_demands_are_their_owners_only(api: &TestApi) {
    let (owner, other) = (buyer(api), api.actor("khác", &["producer"]));
    let draft = demand(api, &owner, "draft", json!({"status": "draft"}));
    let shown = demand(api, &owner, "shown", json!({}));
    let get = |id: &str| api.get(&format!("/v1/demands/{id}")).by(&other.token).send();
    let act = |id: &str, verb: &str| {
        api.act(&format!("/v1/demands/{id}/{verb}")).by(&owner.token).send().expect(200)
    };
    get(&draft).expect_problem(404, "not_found");
    act(&draft, "open");
    get(&draft).expect(200);
    act(&shown, "cancel");
    get(&shown).expect_problem(404, "not_found");
    assert_eq!(titles(api, &other.token, ""), ["draft"]);
}

fn an_anonymous_buyer_is_not_told_by_any_answer(api: &TestApi) {
    let seat = json!({"province_code": "79", "address": "12 Lê Lợi", "lat": 10.7741, "lon": 106.7});
    let owner = api.actor_at("Siêu thị", &["distributor"], seat);
    let other = api.actor("khác", &["producer"]);
    let hidden = demand(api, &owner, "hidden", json!({"anonymous": true}));
    demand(api, &owner, "known", json!({}));
    let path = format!("/v1/demands/{hidden}");
    let own = api.get(&path).by(&owner.token).send().expect(200);
    assert_eq!(own.text("/party_id"), owner.party_id);
    assert_eq!(own.text("/deliveries/0/place/address"), "12 Lê Lợi");
    let seen = api.get(&path).by(&other.token).send().expect(200);
    assert_eq!(seen.at("/party_id"), &Value::Null);
    assert_eq!(seen.at("/deliveries/0/place/address"), &Value::Null);
    assert_eq!(seen.text("/deliveries/0/place/province_code"), "79");
    assert_ne!(seen.at("/deliveries/0/place/lat"), own.at("/deliveries/0/place/lat"));
    assert!(!seen.body.to_string().contains(&owner.party_id));
    let of_owner = format!("?party_id={}", owner.party_id);
    assert_eq!(titles(api, &other.token, ""), ["hidden", "known"]);
    assert_eq!(titles(api, &other.token, &of_owner), ["known"]);
    assert_eq!(titles(api, &owner.token, &of_owner), ["hidden", "known"]);
    assert_eq!(titles(api, &api.admin(), &of_owner), ["hidden", "known"]);
}

fn filters_narrow_a_list(api: &TestApi) {
    let (one, two) = (buyer(api), api.actor("hai", &["distributor"]));
    demand(api, &one, "Mật hoa dừa", json!({"product_sets": [4]}));
    let to_hanoi = json!({
        "quantity": null, "by": null,
        "deliveries": [{"place": {"province_code": "01"}, "from": "2027-01-04",
            "to": "2027-01-05", "quantity": 9}]
    });
    demand(api, &one, "Kẹo dừa", to_hanoi);
    let closed = demand(api, &two, "Dứa", json!({"product_sets": [2, 4]}));
    api.act(&format!("/v1/demands/{closed}/close")).by(&two.token).send().expect(200);
    let token = &one.token;
    let of = |actor: &Actor| format!("?party_id={}", actor.party_id);
    assert_eq!(titles(api, token, &of(&one)), ["Kẹo dừa", "Mật hoa dừa"]);
    let both = format!("{}&party_id={}", of(&one), two.party_id);
    assert_eq!(titles(api, token, &both), ["Dứa", "Kẹo dừa", "Mật hoa dừa"]);
    assert_eq!(titles(api, token, "?product_set=4"), ["Dứa", "Mật hoa dừa"]);
    assert_eq!(titles(api, token, "?product_set=2&state=open"), Vec::<String>::new());
    assert_eq!(titles(api, token, "?state=closed"), ["Dứa"]);
    assert_eq!(
        titles(api, token, "?state=closed&state=open&q=dua"),
        ["Dứa", "Kẹo dừa", "Mật hoa dừa"]
    );
    assert_eq!(titles(api, token, "?province_code=01"), ["Kẹo dừa"]);
    assert_eq!(titles(api, token, "?q=mat%20hoa"), ["Mật hoa dừa"]);
}

fn wrong_filters_are_refused(api: &TestApi) {
    let actor = buyer(api);
    for (query, parameter, code) in [
        ("product_set=27", "product_set", "unknown_product_set"),
        ("product_set=4000", "product_set", "unknown_product_set"),
        ("province_code=99", "province_code", "unknown_province"),
        ("province_code=84", "province_code", "old_code_without_date"),
        ("party_id=x", "party_id", "wrong_format"),
        ("state=burnt", "state", "not_allowed"),
        ("sort=title", "sort", "not_allowed"),
        ("limit=0", "limit", "out_of_range"),
    ] {
        let refused = api.get(&format!("/v1/demands?{query}")).by(&actor.token).send();
        refused.expect_problem(400, "invalid_parameter").expect_violation(parameter, code);
    }
    let unknown = api.get("/v1/demands?colour=red").by(&actor.token).send();
    unknown
        .expect_problem(400, "unknown_parameter")
        .expect_violation("colour", "unknown_parameter");
}

fn paging_is_stable_while_demands_come(api: &TestApi) {
    let owner = buyer(api);
    for number in 0..5 {
        demand(api, &owner, &format!("D{number}"), json!({}));
    }
    let mut seen: Vec<String> = Vec::new();
    let mut path = "/v1/demands?limit=2".to_owned();
    loop {
        let page = api.get(&path).by(&owner.token).send().expect(200);
        let items = page.at("/items").as_array().cloned().unwrap_or_default();
        seen.extend(items.iter().map(|item| item["title"].as_str().unwrap_or("").to_owned()));
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
        let stolen = format!("/v1/demands?limit=2&state=open&cursor={cursor}");
        let stolen = api.get(&stolen).by(&owner.token).send();
        stolen.expect_problem(400, "invalid_cursor");
        path = format!("/v1/demands?limit=2&cursor={cursor}");
        if seen.len() == 2 {
            api.at("2026-11-23T03:00:01Z");
            demand(api, &owner, "late", json!({}));
        }
    }
    assert_eq!(seen, ["D4", "D3", "D2", "D1", "D0"], "newest first");
}
