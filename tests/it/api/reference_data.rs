//! Reference data over HTTP: public and kept by clients.

use crate::support::api::{TestApi, api_tests};

api_tests!(
    lists_are_public_cacheable_and_in_two_languages,
    reference_lists_come_whole_or_page_by_page,
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

fn reference_lists_come_whole_or_page_by_page(api: &TestApi) {
    for path in ["/v1/product-sets", "/v1/units", "/v1/provinces", "/v1/certificate-kinds"] {
        let whole = api.get(path).send().expect(200);
        let (mut paged, mut next) = (Vec::new(), Some(format!("{path}?limit=9")));
        while let Some(address) = next {
            let page = api.get(&address).send().expect(200);
            let items = page.at("/items").as_array().expect("items").clone();
            assert!(items.len() <= 9, "{path}");
            paged.extend(items);
            let cursor = page.at("/next_cursor").as_str().map(str::to_owned);
            next = cursor.map(|cursor| format!("{path}?limit=9&cursor={cursor}"));
            assert_eq!(page.header("link").contains("rel=\"next\""), next.is_some(), "{path}");
        }
        assert_eq!(whole.at("/items").as_array(), Some(&paged), "{path}");
        api.get(&format!("{path}?limit=0")).send().expect_problem(400, "invalid_parameter");
        api.get(&format!("{path}?cursor=abc")).send().expect_problem(400, "invalid_cursor");
    }
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
