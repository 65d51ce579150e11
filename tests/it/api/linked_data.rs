//! A product as linked data.

use serde_json::{Value, json};

use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_product_is_told_in_the_words_of_schema_org,
    a_product_without_gtin_is_named_by_its_id,
    certificates_are_those_of_the_day,
    gtins_of_each_length_lead_to_one_link,
    an_answer_that_the_client_has_is_not_sent_again,
    what_is_not_there_is_not_found,
    a_text_cannot_end_the_element_that_it_stands_in,
);

fn maker(api: &TestApi) -> Actor {
    api.actor_at("HTX Cầu Kè", &["producer"], json!({"text": "huyện Cầu Kè, Trà Vinh"}))
}

fn product(api: &TestApi, by: &Actor, changes: Value) -> Answer {
    let mut body = json!({"name": "Mật hoa dừa", "product_set": 4, "unit": "kg"});
    for (key, value) in changes.as_object().cloned().unwrap_or_default() {
        body[key] = value;
    }
    api.post("/v1/products", &body).by(&by.token).send().expect(201)
}

fn path(product: &Answer) -> String {
    format!("/v1/products/{}/linked-data", product.text("/id"))
}

fn certify(api: &TestApi, by: &Actor, subject: &str, body: &Value) {
    api.post(&format!("{subject}/certificates"), body).by(&by.token).send().expect(201);
}

fn star(stars: u8, decided: &str) -> Value {
    json!({"kind": "ocop", "stars": stars, "number": "2411/QĐ-UBND",
           "authority": "UBND tỉnh Trà Vinh", "decision_date": decided})
}

fn a_product_is_told_in_the_words_of_schema_org(api: &TestApi) {
    let maker = maker(api);
    let made = product(
        api,
        &maker,
        json!({
            "gtin": "8934563138165", "story": "Mật của hoa dừa Trà Vinh.",
            "image_urls": ["https://anh.example/1.jpg"], "attributes": {"net_content": "500 ml"},
            "trace_url": "https://truyxuat.example/mat-hoa-dua"
        }),
    );
    let haccp = json!({"kind": "haccp", "number": "H-1", "authority": "Quacert",
                       "decision_date": "2025-01-02"});
    certify(api, &maker, &format!("/v1/parties/{}", maker.party_id), &haccp);
    certify(api, &maker, made.header("location"), &star(4, "2024-11-15"));
    let told = api.get(&path(&made)).header("accept", "application/ld+json").by(&maker.token);
    let told = told.send().expect(200);
    assert_eq!(told.header("content-type"), "application/ld+json");
    let authority = |name: &str| json!({"@type": "Organization", "name": name});
    let expected = json!({
        "@context": {"@vocab": "https://schema.org/", "gs1": "https://ref.gs1.org/voc/"},
        "@type": "Product",
        "@id": "https://id.gs1.org/01/08934563138165",
        "name": "Mật hoa dừa", "gtin": "08934563138165",
        "description": "Mật của hoa dừa Trà Vinh.",
        "image": ["https://anh.example/1.jpg"],
        "category": "Mật ong, mật khác và nông sản thực phẩm khác",
        "manufacturer": {"@type": "Organization", "name": "HTX Cầu Kè",
            "address": {"@type": "PostalAddress", "addressCountry": "VN", "addressRegion": "86"}},
        "hasCertification": [
            {"@type": "Certification", "name": "ocop",
             "certificationIdentification": "2411/QĐ-UBND",
             "issuedBy": authority("UBND tỉnh Trà Vinh"),
             "validFrom": "2024-11-15", "expires": "2027-11-15",
             "certificationRating": {"@type": "Rating", "ratingValue": 4, "bestRating": 5}},
            {"@type": "Certification", "name": "haccp", "certificationIdentification": "H-1",
             "issuedBy": authority("Quacert"), "validFrom": "2025-01-02"}
        ],
        "additionalProperty": [
            {"@type": "PropertyValue", "name": "net_content", "value": "500 ml"}
        ],
        "gs1:traceability": {"@id": "https://truyxuat.example/mat-hoa-dua"}
    });
    assert_eq!(told.body, expected);
}

fn a_text_cannot_end_the_element_that_it_stands_in(api: &TestApi) {
    let maker = maker(api);
    let name = "</script><script>alert(1)</script> & <!--";
    let told = api.get(&path(&product(api, &maker, json!({"name": name})))).by(&maker.token);
    let told = told.send().expect(200);
    assert_eq!(told.text("/name"), name);
    let text = String::from_utf8_lossy(&told.bytes).into_owned();
    assert!(!text.contains(['<', '>', '&']), "{text}");
}

fn a_product_without_gtin_is_named_by_its_id(api: &TestApi) {
    let maker = maker(api);
    let made = product(api, &maker, json!({}));
    let told = api.get(&path(&made)).by(&maker.token).send().expect(200);
    assert_eq!(told.text("/@id"), format!("urn:uuid:{}", made.text("/id")));
    for member in ["gtin", "description", "gs1:traceability"] {
        assert!(told.body.get(member).is_none(), "{member}");
    }
}

fn certificates_are_those_of_the_day(api: &TestApi) {
    let maker = maker(api);
    let made = product(api, &maker, json!({}));
    certify(api, &maker, made.header("location"), &star(3, "2020-12-31"));
    let stars = |query: &str| {
        let path = format!("{}{query}", path(&made));
        let told = api.get(&path).by(&maker.token).send().expect(200);
        told.at("/hasCertification/0/certificationRating/ratingValue").clone()
    };
    assert_eq!(stars("?as_of=2023-12-31"), 3);
    assert_eq!(stars("?as_of=2024-01-01"), Value::Null);
    assert_eq!(stars(""), Value::Null);
}

fn gtins_of_each_length_lead_to_one_link(api: &TestApi) {
    let maker = maker(api);
    for (given, kept) in [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("18934563138162", "18934563138162"),
    ] {
        let made = product(api, &maker, json!({"gtin": given}));
        assert_eq!(made.text("/gtin"), kept);
        let told = api.get(&path(&made)).by(&maker.token).send().expect(200);
        assert_eq!(told.text("/@id"), format!("https://id.gs1.org/01/{kept}"));
    }
}

fn an_answer_that_the_client_has_is_not_sent_again(api: &TestApi) {
    let maker = maker(api);
    let made = product(api, &maker, json!({}));
    let first = api.get(&path(&made)).by(&maker.token).send().expect(200);
    let again = || {
        api.get(&path(&made)).header("if-none-match", first.header("etag")).by(&maker.token).send()
    };
    again().expect(304);
    certify(api, &maker, made.header("location"), &star(4, "2026-11-01"));
    again().expect(200);
}

fn what_is_not_there_is_not_found(api: &TestApi) {
    let maker = maker(api);
    for id in ["x", "0198c0de-0000-7000-8000-000000000001"] {
        let path = format!("/v1/products/{id}/linked-data");
        api.get(&path).by(&maker.token).send().expect_problem(404, "not_found");
    }
    let made = product(api, &maker, json!({}));
    let other = api.token(&maker.party_id, "offers:read");
    api.get(&path(&made)).by(&other).send().expect_problem(403, "forbidden");
}
