//! How many products are recognised on a day.

use serde_json::{Value, json};

use super::interchange::{import, records};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    the_list_of_tra_vinh_is_counted_as_it_was_published,
    a_star_counts_from_its_decision_to_its_end,
    one_product_counts_once_with_its_latest_star,
    producers_are_listed_page_by_page,
    wrong_filters_are_refused,
    the_caller_needs_the_scope,
);

const SYSTEM: &str = "ketnoiocop.vn";
const END_OF_2022: &str = "on=2022-11-30";

fn name(id: &str) -> Value {
    json!({"system": SYSTEM, "id": id})
}

fn party(id: &str, place: &Value) -> Value {
    json!({"type": "party", "external_ids": {SYSTEM: id}, "name": format!("Chủ thể {id}"),
           "legal_form": "household", "roles": ["producer"], "place": place})
}

fn product(id: &str, party: &str, set: usize) -> Value {
    json!({"type": "product", "external_ids": {SYSTEM: id}, "name": format!("Sản phẩm {id}"),
           "party": name(party), "product_set": set, "unit": "kg"})
}

fn star(product: &str, (stars, potential): (u8, bool), decided: &str) -> Value {
    json!({"type": "certificate", "product": name(product), "kind": "ocop", "stars": stars,
           "potential_five_star": potential, "number": format!("QĐ {product}"),
           "authority": "UBND tỉnh Trà Vinh", "decision_date": decided})
}

/// The list that Trà Vinh published in November 2022: 104 products of 67 producers, of which 6
/// potential five-star, 15 four-star and 83 three-star. The figures are the province's; names, sets
/// and days of decision are not public, so they are made up here. Two products of other provinces
/// stand beside them.
fn tra_vinh() -> Vec<Value> {
    let places = [
        json!({"province_code": "84", "as_of": "2022-11-30"}),
        json!({"text": "huyện Cầu Kè, tỉnh Trà Vinh"}),
        json!({"text": "xã Cầu Kè, tỉnh Vĩnh Long"}),
    ];
    let mut lines: Vec<Value> =
        (0..67).map(|number| party(&format!("TV-{number}"), &places[number % 3])).collect();
    for number in 0..104 {
        let id = format!("TV-{number}");
        let stars = match number {
            0..6 => (4, true),
            6..21 => (4, false),
            _ => (3, false),
        };
        lines.push(product(&id, &format!("TV-{}", number % 67), 1 + number % 5));
        lines.push(star(&id, stars, ["2020-12-31", "2021-12-20", "2022-11-30"][number % 3]));
    }
    for (id, place) in [("BT", "tỉnh Bến Tre"), ("HCM", "TP. Hồ Chí Minh")] {
        lines.push(party(id, &json!({"text": place})));
        lines.push(product(id, id, 1));
        lines.push(star(id, (5, false), "2022-06-01"));
    }
    lines
}

fn report(api: &TestApi, query: &str) -> Answer {
    api.get(&format!("/v1/reports/registry?{query}")).by(&api.admin()).send()
}

fn total(api: &TestApi, query: &str) -> Value {
    report(api, query).expect(200).at("/total").clone()
}

fn products(api: &TestApi, query: &str) -> i64 {
    report(api, query).expect(200).number("/total/products")
}

fn the_list_of_tra_vinh_is_counted_as_it_was_published(api: &TestApi) {
    import(api, &records(api, tra_vinh().into_iter()));
    let published = json!({"products": 104, "producers": 67, "three_star": 83, "four_star": 15,
        "potential_five_star": 6, "five_star": 0});
    for area in ["province_code=84", "place=t%E1%BB%89nh%20Tr%C3%A0%20Vinh"] {
        assert_eq!(total(api, &format!("{END_OF_2022}&{area}")), published, "{area}");
    }
    let whole = report(api, END_OF_2022).expect(200);
    assert_eq!((whole.text("/on"), whole.number("/total/products")), ("2022-11-30", 106));
    let provinces = whole.at("/by_province").as_array().cloned().unwrap_or_default();
    let provinces: Vec<_> =
        provinces.iter().map(|it| (&it["province_code"], &it["count"]["products"])).collect();
    assert_eq!(provinces, [(&json!("79"), &json!(1)), (&json!("86"), &json!(105))], "of today");
    for sum in ["/by_product_set", "/by_province"] {
        let groups = whole.at(sum).as_array().cloned().unwrap_or_default();
        let products = groups.iter().filter_map(|group| group["count"]["products"].as_i64());
        assert_eq!(products.sum::<i64>(), 106, "{sum}");
    }
    assert_eq!(products(api, "on=2025-12-30"), 0, "37 months later without a new certificate");
    assert_eq!(products(api, ""), 0, "today");
}

fn a_star_counts_from_its_decision_to_its_end(api: &TestApi) {
    import(api, &records(api, tra_vinh().into_iter()));
    let of = |query: &str| products(api, &format!("province_code=84&{query}"));
    assert_eq!([of("on=2020-12-30"), of("on=2020-12-31")], [0, 35]);
    assert_eq!([of("on=2023-12-31"), of("on=2024-01-01")], [104, 69]);
    let stars = |query: &str| of(&format!("{END_OF_2022}&{query}"));
    assert_eq!([stars("stars=3"), stars("stars=4"), stars("stars=5")], [83, 21, 0]);
    assert_eq!(stars("stars=3&stars=4"), 104);
    assert_eq!(stars("product_set=1&product_set=2") + stars("product_set=3"), 21 + 21 + 21);
}

/// A product with an offer of the catalogue; its path.
fn recorded(api: &TestApi, maker: &Actor) -> String {
    let body = json!({"name": "Dừa sáp", "product_set": 1, "unit": "kg"});
    let made = api.post("/v1/products", &body).by(&maker.token).send().expect(201);
    made.header("location").to_owned()
}

fn certify(api: &TestApi, maker: &Actor, product: &str, changes: Value) -> Answer {
    let mut body = json!({"kind": "ocop", "authority": "UBND", "stars": 3});
    for (key, value) in changes.as_object().cloned().unwrap_or_default() {
        body[key] = value;
    }
    api.post(&format!("{product}/certificates"), &body).by(&maker.token).send().expect(201)
}

fn one_product_counts_once_with_its_latest_star(api: &TestApi) {
    let maker = api.actor("HTX", &["producer"]);
    let product = recorded(api, &maker);
    certify(api, &maker, &product, json!({"number": "1", "decision_date": "2020-06-01"}));
    let higher = json!({"number": "2", "decision_date": "2022-06-01", "stars": 5});
    let higher = certify(api, &maker, &product, higher);
    let count = |query: &str| {
        let total = total(api, query);
        [&total["products"], &total["three_star"], &total["five_star"]].map(|n| n.as_i64())
    };
    assert_eq!(count("on=2022-05-31"), [Some(1), Some(1), Some(0)]);
    assert_eq!(count("on=2022-06-01"), [Some(1), Some(0), Some(1)]);
    let revoke = format!("/v1/certificates/{}/revoke", higher.text("/id"));
    api.post(&revoke, &json!({"on": "2023-01-01"})).by(&maker.token).send().expect(200);
    assert_eq!(count("on=2022-12-31"), [Some(1), Some(0), Some(1)]);
    assert_eq!(count("on=2023-01-01"), [Some(1), Some(1), Some(0)], "the older one counts again");
    api.act(&format!("{product}/archive")).by(&maker.token).send().expect(200);
    assert_eq!(count("on=2022-12-31"), [Some(1), Some(0), Some(1)], "the past stays");
    let right = json!({"number": "3", "decision_date": "2020-06-01", "stars": 4,
        "supersedes": api.get(&format!("{product}/certificates?sort=created_at&limit=1"))
            .by(&maker.token).send().text("/items/0/id")});
    certify(api, &maker, &product, right);
    assert_eq!(total(api, "on=2020-06-01")["four_star"], 1, "the corrected one counts");
    assert_eq!(total(api, "on=2020-06-01")["products"], 1);
}

fn producers_are_listed_page_by_page(api: &TestApi) {
    import(api, &records(api, tra_vinh().into_iter()));
    let base = format!("/v1/reports/registry/producers?{END_OF_2022}&province_code=84&limit=30");
    let (mut seen, mut path) = (Vec::new(), base.clone());
    loop {
        let page = api.get(&path).by(&api.admin()).send().expect(200);
        seen.extend(page.at("/items").as_array().cloned().unwrap_or_default());
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        path = format!("{base}&cursor={cursor}");
    }
    let products: i64 = seen.iter().filter_map(|item| item["count"]["products"].as_i64()).sum();
    assert_eq!((seen.len(), products), (67, 104));
    let mut ids: Vec<&str> = seen.iter().filter_map(|item| item["party_id"].as_str()).collect();
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 67);
    let one = format!("/v1/reports/registry/producers?{END_OF_2022}&party_id={}", ids[0]);
    let one = api.get(&one).by(&api.admin()).send().expect(200);
    assert_eq!(one.at("/items/0"), &seen[0]);
    let forged = format!("{base}&cursor=AAAA");
    api.get(&forged).by(&api.admin()).send().expect_problem(400, "invalid_cursor");
}

fn wrong_filters_are_refused(api: &TestApi) {
    for (query, parameter, code) in [
        ("on=2022-11-31", "on", "wrong_format"),
        ("province_code=84", "province_code", "old_code_without_date"),
        ("on=2022-11-30&province_code=99", "province_code", "unknown_province"),
        ("place=Atlantis", "place", "unknown_place"),
        ("product_set=27", "product_set", "unknown_product_set"),
        ("stars=6", "stars", "out_of_range"),
        ("party_id=x", "party_id", "wrong_format"),
    ] {
        for path in ["registry", "registry/producers"] {
            let refused = api.get(&format!("/v1/reports/{path}?{query}")).by(&api.admin()).send();
            refused.expect_problem(400, "invalid_parameter").expect_violation(parameter, code);
        }
    }
    report(api, "colour=red").expect_problem(400, "unknown_parameter");
}

fn the_caller_needs_the_scope(api: &TestApi) {
    let maker = api.actor("HTX", &["producer"]);
    for path in ["/v1/reports/registry", "/v1/reports/registry/producers"] {
        let by = |scope: &str| api.get(path).by(&api.token(&maker.party_id, scope)).send();
        by("products:read").expect(200);
        by("offers:read").expect_problem(403, "forbidden");
        api.get(path).send().expect_problem(401, "unauthenticated");
    }
}
