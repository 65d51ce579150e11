//! What would lessen a shortage, told and then done.

use serde_json::{Value, json};

use super::{buyer, by_producer, demand, get, list, offer, path, run, seller, total};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_higher_ceiling_gains_what_is_told,
    fewer_stars_gain_what_is_told,
    a_longer_window_gains_what_is_told,
    a_longer_way_gains_what_is_told,
    another_province_gains_what_is_told,
    fewer_papers_gain_what_is_told,
    more_suppliers_gain_what_is_told,
    no_smallest_share_gains_what_is_told,
    a_gain_at_the_cost_of_another_demand_is_not_told,
    a_shortage_is_told_in_both_languages,
);

fn relaxations(answer: &Answer) -> Vec<Value> {
    list(answer, "/shortages/0/relaxations").to_vec()
}

fn on_field<'a>(relaxations: &'a [Value], field: &str) -> &'a Value {
    let found = relaxations.iter().find(|it| it["field"] == field);
    found.unwrap_or_else(|| panic!("no {field} in {relaxations:?}"))
}

/// Changes the demand as told, runs again, and holds the gain against what was told.
#[track_caller]
fn hold(api: &TestApi, by: &Actor, (id, patch): (&str, Value), before: &Answer, told: &Value) {
    let change = api.patch(&format!("/v1/demands/{id}"), &patch).header("if-match", "*");
    change.by(&by.token).send().expect(200);
    let after = run(api, by, json!({}));
    let gained = total(&after) - total(before);
    assert_eq!(Some(gained * 1000), told["gains_in_all_base"].as_u64(), "{told}");
    let is_closed = list(&after, "/shortages").iter().all(|short| short["demand_id"] != id);
    assert_eq!(told["closes"], is_closed, "{told}");
}

fn a_higher_ceiling_gains_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    for (name, price, quantity) in [("A", 90_000, 100), ("B", 124_000, 70), ("C", 131_000, 400)] {
        offer(api, &seller(api, name), quantity, json!({"unit_price": price}));
    }
    let id = demand(api, &distributor, 300, json!({"price_basis": "at_origin"}));
    let before = run(api, &distributor, json!({}));
    assert_eq!(before.at("/shortages/0/short"), &json!(200));
    let told = relaxations(&before);
    let closing = told.iter().find(|it| it["closes"] == true).expect("one that closes");
    assert_eq!(
        (&closing["field"], &closing["value"]),
        (&json!("max_unit_price"), &json!("131000"))
    );
    let text = "Short 200 kg; a ceiling of 131000 VND/kg (9.17 % higher) closes it.";
    assert_eq!(closing["text"], text);
    let mild = told.iter().find(|it| it["value"] == "124000").expect("the mildest");
    assert_eq!(mild["gains"], 70);
    hold(api, &distributor, (&id, json!({"max_unit_price": 124_000})), &before, mild);
    hold(api, &distributor, (&id, json!({"max_unit_price": 131_000})), &before, closing);
}

fn fewer_stars_gain_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 80, json!({}));
    let id = demand(api, &distributor, 300, json!({"requirements": {"min_stars": 4}}));
    let before = run(api, &distributor, json!({}));
    assert_eq!(total(&before), 0);
    let told = relaxations(&before);
    let told = on_field(&told, "requirements.min_stars");
    assert_eq!((told.get("value"), &told["gains"]), (None, &json!(80)));
    hold(api, &distributor, (&id, json!({"requirements": null})), &before, told);
}

fn a_longer_window_gains_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    let free = |from: &str, to: &str, quantity: u64| {
        let period = json!({"from": from, "to": to, "quantity": quantity});
        json!({"capacity": [period]})
    };
    offer(api, &seller(api, "A"), 1, free("2027-01-25", "2027-02-25", 90));
    offer(api, &seller(api, "B"), 1, free("2026-12-01", "2027-01-05", 60));
    let id = demand(api, &distributor, 100, json!({}));
    let before = run(api, &distributor, json!({}));
    let told = relaxations(&before);
    let until = on_field(&told, "deliveries.to");
    assert_eq!((&until["value"], &until["delivery"]), (&json!("2027-01-25"), &json!(0)));
    let from = on_field(&told, "deliveries.from");
    assert_eq!((&from["value"], &from["gains"]), (&json!("2027-01-05"), &json!(60)));
    let window =
        |from: &str, to: &str| json!({"deliveries": [{"from": from, "to": to, "quantity": 100}]});
    hold(api, &distributor, (&id, window("2027-01-10", "2027-01-25")), &before, until);
    hold(api, &distributor, (&id, window("2027-01-05", "2027-01-20")), &before, from);
}

fn a_longer_way_gains_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 80, json!({}));
    let near = json!({"requirements": {"max_distance_km": 5}});
    let id = demand(api, &distributor, 60, near);
    let before = run(api, &distributor, json!({}));
    let told = relaxations(&before);
    let told = on_field(&told, "requirements.max_distance_km");
    let km: u64 = told["value"].as_str().and_then(|km| km.parse().ok()).expect("a number");
    let wider = json!({"requirements": {"max_distance_km": km}});
    hold(api, &distributor, (&id, wider), &before, told);
}

fn another_province_gains_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 80, json!({}));
    let only = json!({"requirements": {"province_codes": ["79"]}});
    let id = demand(api, &distributor, 100, only);
    let before = run(api, &distributor, json!({}));
    let told = relaxations(&before);
    let told = on_field(&told, "requirements.province_codes");
    let wider = json!({"requirements": {"province_codes": ["79", told["value"]]}});
    hold(api, &distributor, (&id, wider), &before, told);
}

fn fewer_papers_gain_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 80, json!({}));
    let strict = json!({"requirements": {"certificates": ["haccp"]}});
    let id = demand(api, &distributor, 60, strict);
    let before = run(api, &distributor, json!({}));
    let told = relaxations(&before);
    let told = on_field(&told, "requirements.certificates");
    assert_eq!((&told["value"], &told["closes"]), (&json!("haccp"), &json!(true)));
    hold(api, &distributor, (&id, json!({"requirements": null})), &before, told);
}

fn more_suppliers_gain_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    for (name, quantity) in [("A", 50), ("B", 60), ("C", 70), ("D", 20)] {
        offer(api, &seller(api, name), quantity, json!({}));
    }
    let id = demand(api, &distributor, 190, json!({"max_suppliers": 2, "min_share": 30}));
    let before = run(api, &distributor, json!({}));
    let told = relaxations(&before);
    let three = told.iter().find(|it| it["value"] == "3").expect("three suppliers");
    assert_eq!(three["gains"], 50);
    hold(api, &distributor, (&id, json!({"max_suppliers": 3})), &before, three);
}

fn no_smallest_share_gains_what_is_told(api: &TestApi) {
    let distributor = buyer(api);
    for (name, quantity) in [("A", 50), ("B", 20), ("C", 15)] {
        offer(api, &seller(api, name), quantity, json!({}));
    }
    let id = demand(api, &distributor, 100, json!({"min_share": 30}));
    let before = run(api, &distributor, json!({}));
    assert_eq!(by_producer(&before), [("A".to_owned(), 50)]);
    let told = relaxations(&before);
    let told = on_field(&told, "min_share");
    assert_eq!((&told["gains"], &told["closes"]), (&json!(35), &json!(false)));
    hold(api, &distributor, (&id, json!({"min_share": null})), &before, told);
}

fn a_gain_at_the_cost_of_another_demand_is_not_told(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 100, json!({}));
    demand(api, &distributor, 100, json!({"price_basis": "at_origin"}));
    let low = json!({"max_unit_price": 80_000, "price_basis": "at_origin"});
    demand(api, &distributor, 100, low);
    let answer = run(api, &distributor, json!({}));
    assert_eq!(total(&answer), 100);
    assert_eq!(relaxations(&answer), [json!(null); 0]);
}

fn a_shortage_is_told_in_both_languages(api: &TestApi) {
    let distributor = buyer(api);
    offer(api, &seller(api, "A"), 80, json!({"unit_price": 132_000}));
    demand(api, &distributor, 60, json!({"price_basis": "at_origin"}));
    let answer = run(api, &distributor, json!({}));
    let at = "/shortages/0/relaxations/0/text";
    let english = "Short 60 kg; a ceiling of 132000 VND/kg (10 % higher) closes it.";
    assert_eq!(answer.text(at), english);
    let plain = api.get(&path(&answer)).by(&distributor.token).send().expect(200);
    let vietnamese = "Thiếu 60 kg; nếu nâng giá trần lên 132000 đồng/kg (cao hơn 10 %) thì đủ.";
    assert_eq!(plain.text(at), vietnamese);
    assert_eq!(get(api, &distributor, &path(&answer)).text(at), english);
}
