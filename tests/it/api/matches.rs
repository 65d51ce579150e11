//! Matches over HTTP on a small market made by hand: what is listed for whom, and why.

use serde_json::{Value, json};

use super::demands::{buyer, record, with};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    both_sides_see_one_score_whose_factors_sum_and_name_both_values,
    both_sides_of_every_value_are_told_in_the_language_of_the_answer,
    stars_that_lapse_the_day_before_delivery_exclude_with_the_reason,
    a_caller_sees_its_own_write_in_the_next_answer,
    a_weight_changes_rank_and_explanation,
    applying_a_remedy_lets_the_offer_in,
    a_pair_is_explained_to_its_two_sides_only,
    a_dismissal_hides_until_terms_change,
    a_dismissal_of_a_draft_outlives_its_opening,
    an_admin_of_no_party_dismisses_nothing,
    a_preview_answers_like_the_saved_demand,
    a_draft_is_told_what_it_would_find_and_miss,
    an_anonymous_buyer_is_not_named,
    an_offer_for_guests_is_listed_to_them_alone,
    quantities_compare_across_units,
    weekly_windows_are_covered_by_the_harvest,
    freight_ranks_a_far_cheap_offer_below,
    a_closed_demand_matches_nothing,
);

pub(super) fn seller(api: &TestApi) -> Actor {
    api.actor_at("HTX Cầu Kè", &["producer"], json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"}))
}

pub(super) fn product(api: &TestApi, owner: &Actor, fields: Value) -> String {
    let body = with(json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"}), fields);
    let made = api.post("/v1/products", &body).by(&owner.token).send().expect(201);
    made.text("/id").to_owned()
}

pub(super) fn offer_of(api: &TestApi, owner: &Actor, product: &str, fields: Value) -> String {
    let offer = json!({
        "product_id": product, "unit_price": 90_000, "status": "published",
        "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 1000}]
    });
    let made = api.post("/v1/offers", &with(offer, fields)).by(&owner.token).send().expect(201);
    made.text("/id").to_owned()
}

/// An offer of a new product.
pub(super) fn offer(api: &TestApi, owner: &Actor, fields: Value) -> String {
    offer_of(api, owner, &product(api, owner, json!({})), fields)
}

pub(super) fn wanted() -> Value {
    json!({
        "title": "Mật hoa dừa", "unit": "kg", "max_unit_price": 120_000,
        "deliveries": [{"from": "2027-01-10", "to": "2027-01-20", "quantity": 300}]
    })
}

pub(super) fn demand(api: &TestApi, owner: &Actor, fields: Value) -> String {
    record(api, owner, &with(wanted(), fields)).text("/id").to_owned()
}

pub(super) fn get(api: &TestApi, by: &Actor, path: &str) -> Answer {
    api.get(path).by(&by.token).header("accept-language", "en").send()
}

pub(super) fn matches(api: &TestApi, by: &Actor, demand: &str) -> Vec<Value> {
    items(&get(api, by, &format!("/v1/demands/{demand}/matches")).expect(200))
}

pub(super) fn excluded(api: &TestApi, by: &Actor, demand: &str) -> Vec<Value> {
    items(&get(api, by, &format!("/v1/demands/{demand}/excluded")).expect(200))
}

pub(super) fn items(answer: &Answer) -> Vec<Value> {
    answer.at("/items").as_array().cloned().expect("a list")
}

pub(super) fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["offer_id"].as_str()).collect()
}

pub(super) fn patch(api: &TestApi, by: &Actor, path: &str, fields: Value) {
    let change = api.patch(path, &fields).header("if-match", "*").by(&by.token);
    change.send().expect(200);
}

fn both_sides_see_one_score_whose_factors_sum_and_name_both_values(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({}));
    let bought = matches(api, &distributor, &demand);
    let sold = items(&get(api, &producer, &format!("/v1/offers/{offer}/matches")).expect(200));
    let pair = format!("/v1/demands/{demand}/matches/{offer}");
    let explained = get(api, &distributor, &pair).expect(200).body;
    assert_eq!((bought.len(), sold.len()), (1, 1));
    for member in ["score", "factors", "distance_km", "landed_unit_price", "coverage"] {
        assert_eq!(bought[0][member], sold[0][member], "{member}");
        assert_eq!(bought[0][member], explained[member], "{member}");
    }
    assert_eq!(bought[0]["party"]["id"], producer.party_id);
    assert_eq!(sold[0]["party"]["id"], distributor.party_id);
    let factors = bought[0]["factors"].as_array().expect("factors");
    let sum: u64 = factors.iter().filter_map(|factor| factor["contribution"].as_u64()).sum();
    assert_eq!(Some(sum), bought[0]["score"].as_u64());
    let values = |name: &str| {
        let factor = factors.iter().find(|factor| factor["factor"] == name).expect(name);
        (factor["offer_value"].clone(), factor["demand_value"].clone())
    };
    let landed = format!("{} VND/kg", bought[0]["landed_unit_price"]);
    assert_eq!(values("price"), (json!(landed), json!("120000 VND/kg")));
    assert_eq!(values("quantity"), (json!("1000 kg"), json!("300 kg")));
    assert_eq!(values("text"), (json!("Mật hoa dừa"), json!("Mật hoa dừa")));
}

fn both_sides_of_every_value_are_told_in_the_language_of_the_answer(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({"unit_price": null, "price_breaks": null}));
    let demand = demand(api, &distributor, json!({"max_unit_price": null}));
    let open = [
        (
            "vi",
            ["theo thỏa thuận", "không giới hạn", "không có sao OCOP", "không yêu cầu"],
            ("chưa có lịch sử giao hàng", ["đang mở", "công khai"]),
        ),
        (
            "en",
            ["by agreement", "no limit", "no stars", "not asked for"],
            ("no deliveries yet", ["published", "public"]),
        ),
    ];
    for (language, [price, limit, stars, asked], (history, stated)) in open {
        let path = format!("/v1/demands/{demand}/matches/{offer}");
        let explained = api.get(&path).by(&distributor.token).header("accept-language", language);
        let explained = explained.send().expect(200);
        let listed = api.get(&format!("/v1/demands/{demand}/matches")).by(&distributor.token);
        let listed = listed.header("accept-language", language).send().expect(200);
        assert_eq!(listed.header("content-language"), language);
        assert_eq!(listed.at("/items/0/factors"), explained.at("/factors"));
        for list in ["/factors", "/checks"] {
            for told in explained.at(list).as_array().expect(list) {
                for side in ["offer_value", "demand_value"] {
                    let value = told[side].as_str().unwrap_or_default();
                    assert!(!value.is_empty(), "{language} {side} of {told}");
                }
            }
        }
        let factor = |name: &str| {
            let all = explained.at("/factors").as_array().expect("factors");
            let told = all.iter().find(|factor| factor["factor"] == name).expect(name);
            (told["offer_value"].clone(), told["demand_value"].clone())
        };
        assert_eq!(factor("price"), (json!(price), json!(limit)));
        assert_eq!(factor("quality"), (json!(stars), json!(asked)));
        assert_eq!(factor("reliability"), (json!(history), json!(asked)));
        for (check, value) in stated.iter().enumerate() {
            assert_eq!(explained.at(&format!("/checks/{check}/offer_value")), *value);
        }
    }
}

fn stars_that_lapse_the_day_before_delivery_exclude_with_the_reason(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    let star = json!({
        "kind": "ocop", "stars": 4, "number": "1/QĐ-UBND", "authority": "UBND tỉnh Trà Vinh",
        "decision_date": "2024-03-01", "expires_on": "2027-03-01"
    });
    let path = format!("/v1/products/{product}/certificates");
    api.post(&path, &star).by(&producer.token).send().expect(201);
    let offer = offer_of(api, &producer, &product, json!({}));
    let on = |day: &str| {
        json!({"requirements": {"min_stars": 4},
               "deliveries": [{"from": day, "to": day, "quantity": 300}]})
    };
    let by = |day: &str| {
        json!({"requirements": {"min_stars": 4}, "deliveries": null,
        "quantity": 300, "by": day})
    };
    for in_time in [on("2027-03-01"), by("2027-03-01")] {
        let demand = demand(api, &distributor, in_time);
        assert_eq!(ids(&matches(api, &distributor, &demand)), [&*offer]);
        assert_eq!(excluded(api, &distributor, &demand), [json!(null); 0]);
    }
    for late in [on("2027-03-02"), by("2027-03-02")] {
        let demand = demand(api, &distributor, late);
        assert_eq!(matches(api, &distributor, &demand), [json!(null); 0]);
        let missed = excluded(api, &distributor, &demand);
        assert_eq!(ids(&missed), [&*offer]);
        let checks = &missed[0]["failed_checks"];
        assert_eq!(checks.as_array().map(Vec::len), Some(1), "{checks}");
        assert_eq!(checks[0]["code"], "stars");
        let remedy = "Valid until 2027-03-01; would match if renewed until 2027-03-02.";
        assert_eq!(checks[0]["remedy"], remedy);
    }
}

fn a_caller_sees_its_own_write_in_the_next_answer(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({"status": null}));
    let demand = demand(api, &distributor, json!({}));
    let path = format!("/v1/offers/{offer}");
    let act = |verb: &str| {
        api.act(&format!("{path}/{verb}")).by(&producer.token).send().expect(200);
    };
    assert_eq!(matches(api, &distributor, &demand).len(), 0);
    act("publish");
    let first = matches(api, &distributor, &demand);
    assert_eq!(first[0]["unit_price"], 90_000);
    patch(api, &producer, &path, json!({"unit_price": 70_000}));
    let cheaper = matches(api, &distributor, &demand);
    assert_eq!(cheaper[0]["unit_price"], 70_000);
    assert!(cheaper[0]["score"].as_u64() > first[0]["score"].as_u64());
    act("pause");
    assert_eq!(matches(api, &distributor, &demand).len(), 0);
}

fn a_weight_changes_rank_and_explanation(api: &TestApi) {
    let distributor = buyer(api);
    let hanoi = api.actor_at("Xa", &["producer"], json!({"province_code": "01"}));
    let near = offer(api, &seller(api), json!({"unit_price": 100_000}));
    let far = offer(api, &hanoi, json!({"unit_price": 60_000}));
    let demand = demand(api, &distributor, json!({"preferences": {"distance": 10_000}}));
    assert_eq!(ids(&matches(api, &distributor, &demand)), [&*near, &*far]);
    let path = format!("/v1/demands/{demand}");
    let preferences = json!({"preferences": {"distance": null, "price": 10_000}});
    patch(api, &distributor, &path, preferences);
    let found = matches(api, &distributor, &demand);
    assert_eq!(ids(&found), [&*far, &*near]);
    let weights = found[0]["factors"].as_array().expect("factors").iter();
    let weights: Vec<u64> = weights.filter_map(|factor| factor["weight"].as_u64()).collect();
    assert_eq!(weights, [0, 10_000, 0, 0, 0, 0]);
    assert_eq!(found[0]["factors"][1]["contribution"], found[0]["score"]);
}

fn applying_a_remedy_lets_the_offer_in(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({"min_order": 500, "increment": 50}));
    let demand = demand(api, &distributor, json!({}));
    assert_eq!(matches(api, &distributor, &demand).len(), 0);
    let missed = excluded(api, &distributor, &demand);
    assert_eq!(ids(&missed), [&*offer]);
    let check = &missed[0]["failed_checks"][0];
    assert_eq!((&check["code"], &check["demand_value"]), (&json!("quantity"), &json!("300 kg")));
    assert_eq!(check["offer_value"], "from 500 kg; 1000 kg free");
    assert_eq!(check["remedy"], "Would match with a delivery of at least 500 kg.");
    let delivery = json!({"from": "2027-01-10", "to": "2027-01-20", "quantity": 500});
    patch(api, &distributor, &format!("/v1/demands/{demand}"), json!({"deliveries": [delivery]}));
    assert_eq!(ids(&matches(api, &distributor, &demand)), [&*offer]);
    assert_eq!(excluded(api, &distributor, &demand).len(), 0);
}

fn a_pair_is_explained_to_its_two_sides_only(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let other = api.actor("Khác", &["distributor", "producer"]);
    let offer = offer(api, &producer, json!({"unit_price": 150_000}));
    let (open, draft) = (
        demand(api, &distributor, json!({})),
        demand(api, &distributor, json!({"status": "draft"})),
    );
    let explain = |by: &Actor, demand: &str, offer: &str| {
        get(api, by, &format!("/v1/demands/{demand}/matches/{offer}"))
    };
    let failed = |answer: &Answer| -> Vec<String> {
        let checks = answer.at("/checks").as_array().cloned().expect("checks");
        let failed = checks.iter().filter(|check| check["passed"] == false);
        failed.map(|check| check["code"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for side in [&producer, &distributor] {
        let explained = explain(side, &open, &offer).expect(200);
        assert_eq!(explained.at("/eligible"), false);
        assert_eq!(failed(&explained), ["price"]);
    }
    let of_draft = explain(&distributor, &draft, &offer).expect(200);
    assert_eq!(failed(&of_draft), ["state", "price"]);
    let told = |answer: Answer| {
        let answer = answer.expect_problem(404, "not_found");
        (answer.at("/title").clone(), answer.at("/detail").clone(), answer.at("/type").clone())
    };
    let nobody = "00000000-0000-7000-8000-0000000000ff";
    let unknown = told(explain(&other, nobody, &offer));
    assert_eq!(told(explain(&other, &open, &offer)), unknown);
    assert_eq!(told(explain(&producer, &draft, &offer)), unknown);
    assert_eq!(told(explain(&distributor, &open, nobody)), unknown);
}

fn a_dismissal_hides_until_terms_change(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({}));
    let path = format!("/v1/demands/{demand}/matches/{offer}/dismiss");
    let dismiss = |by: &Actor| api.post(&path, &json!({"reason": "x"})).by(&by.token).send();
    dismiss(&api.actor("Khác", &["distributor"])).expect_problem(404, "not_found");
    assert_eq!(matches(api, &distributor, &demand).len(), 1);
    dismiss(&distributor).expect(204);
    assert_eq!(matches(api, &distributor, &demand).len(), 0);
    let sold = get(api, &producer, &format!("/v1/offers/{offer}/matches")).expect(200);
    assert_eq!(items(&sold).len(), 1, "only for who dismissed it");
    let offer_path = format!("/v1/offers/{offer}");
    patch(api, &producer, &offer_path, json!({"note": "Hàng mới"}));
    assert_eq!(matches(api, &distributor, &demand).len(), 0, "a remark is none of the terms");
    patch(api, &producer, &offer_path, json!({"external_ids": {"erp": "1"}}));
    assert_eq!(matches(api, &distributor, &demand).len(), 0, "no term has changed");
    patch(api, &producer, &offer_path, json!({"unit_price": 80_000}));
    assert_eq!(ids(&matches(api, &distributor, &demand)), [&*offer]);
}

fn a_dismissal_of_a_draft_outlives_its_opening(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let (offer, other) = (offer(api, &producer, json!({})), offer(api, &producer, json!({})));
    let demand = demand(api, &distributor, json!({"status": "draft"}));
    assert_eq!(matches(api, &distributor, &demand).len(), 2);
    let path = format!("/v1/demands/{demand}/matches/{offer}/dismiss");
    api.post(&path, &json!({})).by(&distributor.token).send().expect(204);
    assert_eq!(ids(&matches(api, &distributor, &demand)), [&*other]);
    api.act(&format!("/v1/demands/{demand}/open")).by(&distributor.token).send().expect(200);
    assert_eq!(ids(&matches(api, &distributor, &demand)), [&*other]);
    patch(api, &distributor, &format!("/v1/demands/{demand}"), json!({"max_unit_price": 130_000}));
    assert_eq!(matches(api, &distributor, &demand).len(), 2, "other terms");
}

fn an_admin_of_no_party_dismisses_nothing(api: &TestApi) {
    let (offer, demand) =
        (offer(api, &seller(api), json!({})), demand(api, &buyer(api), json!({})));
    let path = format!("/v1/demands/{demand}/matches/{offer}/dismiss");
    let dismissed = api.post(&path, &json!({})).by(&api.admin()).send();
    dismissed.expect_problem(403, "forbidden");
}

fn a_preview_answers_like_the_saved_demand(api: &TestApi) {
    let distributor = buyer(api);
    for price in [80_000, 90_000, 150_000] {
        offer(api, &seller(api), json!({"unit_price": price}));
    }
    let preview = api.post("/v1/matches/preview", &wanted()).by(&distributor.token);
    let previewed = items(&preview.header("accept-language", "en").send().expect(200));
    let saved = matches(api, &distributor, &demand(api, &distributor, json!({})));
    let unsaved = saved.into_iter().map(|item| with(item, json!({"demand_id": null})));
    assert_eq!(previewed.len(), 2);
    assert_eq!(previewed, unsaved.collect::<Vec<_>>());
}

fn a_draft_is_told_what_it_would_find_and_miss(api: &TestApi) {
    let distributor = buyer(api);
    for price in [80_000, 150_000] {
        offer(api, &seller(api), json!({"unit_price": price}));
    }
    let draft = demand(api, &distributor, json!({"status": "draft"}));
    let open = demand(api, &distributor, json!({}));
    let without_id = |items: Vec<Value>| -> Vec<Value> {
        items.into_iter().map(|item| with(item, json!({"demand_id": null}))).collect()
    };
    for list in [matches, excluded] {
        let of_open = list(api, &distributor, &open);
        assert_eq!(of_open.len(), 1);
        assert_eq!(list(api, &distributor, &draft), without_id(of_open));
    }
}

fn an_anonymous_buyer_is_not_named(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({"anonymous": true}));
    let list = get(api, &producer, &format!("/v1/offers/{offer}/matches")).expect(200);
    let pair = format!("/v1/demands/{demand}/matches/{offer}");
    let explained = get(api, &producer, &pair).expect(200);
    assert_eq!(list.text("/items/0/demand_id"), demand);
    for answer in [list, explained] {
        assert!(!answer.body.to_string().contains(&distributor.party_id), "{}", answer.body);
    }
    assert_eq!(get(api, &distributor, &pair).text("/party/id"), producer.party_id);
}

fn an_offer_for_guests_is_listed_to_them_alone(api: &TestApi) {
    let (guest, other) = (buyer(api), api.actor("Khác", &["distributor"]));
    let audience = json!({"visibility": "invited", "invited_party_ids": [guest.party_id]});
    let offer = offer(api, &seller(api), audience);
    let (of_guest, of_other) = (demand(api, &guest, json!({})), demand(api, &other, json!({})));
    assert_eq!(ids(&matches(api, &guest, &of_guest)), [&*offer]);
    assert_eq!(matches(api, &other, &of_other).len(), 0);
    assert_eq!(excluded(api, &other, &of_other).len(), 0);
    let pair = format!("/v1/demands/{of_other}/matches/{offer}");
    get(api, &other, &pair).expect_problem(404, "not_found");
}

fn quantities_compare_across_units(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let boxed = json!({"unit": "thùng", "packagings": [
        {"unit": "chai", "contains": {"quantity": 500, "unit": "ml"}},
        {"unit": "thùng", "contains": {"quantity": 12, "unit": "chai"}}
    ]});
    let product = product(api, &producer, boxed);
    let capacity = json!([{"from": "2027-01-01", "to": "2027-01-31", "quantity": 10}]);
    let terms = json!({"unit_price": 600_000, "capacity": capacity});
    offer_of(api, &producer, &product, terms);
    let demand = demand(api, &distributor, json!({"unit": "lít"}));
    let found = matches(api, &distributor, &demand);
    assert_eq!(found[0]["unit_price"], 100_000, "six litres a box");
    assert_eq!(found[0]["quantity"]["available"], 60);
    assert_eq!(found[0]["quantity"]["wanted"], 300);
}

fn weekly_windows_are_covered_by_the_harvest(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let harvest = json!([{"from": "2027-01-01", "to": "2027-03-02", "quantity": 5000}]);
    offer(api, &producer, json!({"capacity": harvest}));
    let weekly = json!({
        "deliveries": [{"from": "2027-01-04", "to": "2027-01-04", "quantity": 100}],
        "recurrence": {"every_weeks": 1, "until": "2027-03-22"}
    });
    let demand = demand(api, &distributor, weekly);
    let found = matches(api, &distributor, &demand);
    let coverage = found[0]["coverage"].as_array().expect("a coverage");
    let covered: Vec<bool> =
        coverage.iter().map(|one| one["available"].as_u64() >= one["wanted"].as_u64()).collect();
    assert_eq!(covered, [[true; 9].as_slice(), &[false; 3]].concat());
    assert!(coverage[9..].iter().all(|one| one["available"] == 0));
}

fn freight_ranks_a_far_cheap_offer_below(api: &TestApi) {
    let distributor = buyer(api);
    let hanoi = api.actor_at("Xa", &["producer"], json!({"province_code": "01"}));
    let near = offer(api, &seller(api), json!({"unit_price": 90_000}));
    let far = offer(api, &hanoi, json!({"unit_price": 89_000}));
    let by_price = json!({"preferences": {"price": 10_000}});
    let demand = demand(api, &distributor, by_price);
    let found = matches(api, &distributor, &demand);
    assert_eq!(ids(&found), [&*near, &*far]);
    let landed = |at: usize| found[at]["landed_unit_price"].as_u64().expect("a price");
    assert!(landed(0) < landed(1) && landed(0) > 90_000);
}

fn a_closed_demand_matches_nothing(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({}));
    assert_eq!(matches(api, &distributor, &demand).len(), 1);
    api.act(&format!("/v1/demands/{demand}/close")).by(&distributor.token).send().expect(200);
    assert_eq!(matches(api, &distributor, &demand).len(), 0);
    assert_eq!(excluded(api, &distributor, &demand).len(), 0);
    let sold = get(api, &producer, &format!("/v1/offers/{offer}/matches")).expect(200);
    assert_eq!(items(&sold).len(), 0);
}
