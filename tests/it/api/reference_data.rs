//! Reference data over HTTP: public and kept by clients.

use crate::support::api::{TestApi, api_tests};

api_tests!(
    lists_are_public_cacheable_and_in_two_languages,
    an_old_code_and_old_words_lead_to_the_place_of_today,
);

fn lists_are_public_cacheable_and_in_two_languages(api: &TestApi) {
    for (path, at_least) in [
        ("/v1/product-sets", 26),
        ("/v1/units", 42),
        ("/v1/provinces", 34),
        ("/v1/communes?province_code=86", 100),
        ("/v1/certificate-kinds", 14),
        ("/v1/markets", 2),
    ] {
        let list = api.get(path).send().expect(200);
        let count = list.at("/items").as_array().map_or(0, Vec::len);
        assert!(count >= at_least, "{path}: {count}");
        assert!(list.header("cache-control").starts_with("public"), "{path}");
        let tag = list.header("etag");
        api.get(path).header("if-none-match", tag).send().expect(304);
    }
    let sets = api.get("/v1/product-sets?level=set").send().expect(200);
    assert_eq!(sets.at("/items").as_array().map(Vec::len), Some(26));
    assert_ne!(sets.text("/items/0/label_vi"), sets.text("/items/0/label_en"));
}

fn an_old_code_and_old_words_lead_to_the_place_of_today(api: &TestApi) {
    let words =
        "/v1/places/resolve?text=huy%E1%BB%87n%20C%E1%BA%A7u%20K%C3%A8%2C%20Tr%C3%A0%20Vinh";
    let place = api.get(words).send().expect(200);
    assert_eq!(place.text("/province_code"), "86");
    let former = api.get("/v1/provinces?as_of=2025-06-30").send().expect(200);
    assert_eq!(former.at("/items").as_array().map(Vec::len), Some(63));
    api.get("/v1/places/resolve?text=Atlantis").send().expect_problem(400, "invalid_parameter");
}
