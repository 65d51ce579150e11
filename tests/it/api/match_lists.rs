//! Lists of matches as lists: pages, tags, and whose they are.

use serde_json::json;

use super::demands::buyer;
use super::matches::{demand, get, items, offer, offer_of, patch, product, seller, wanted};
use crate::support::api::{TestApi, api_tests};

api_tests!(
    a_list_is_not_sent_again_until_it_says_something_else,
    paging_finds_every_match_once,
    lists_of_another_party_are_not_found,
    a_cursor_of_a_preview_is_of_what_was_asked,
);

fn a_list_is_not_sent_again_until_it_says_something_else(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({}));
    let strict = json!({"requirements": {"min_stars": 5}});
    let missing = self::demand(api, &distributor, strict);
    let lists = [
        (&distributor, format!("/v1/demands/{demand}/matches")),
        (&distributor, format!("/v1/demands/{missing}/excluded")),
        (&producer, format!("/v1/offers/{offer}/matches")),
    ];
    let tags = lists.each_ref().map(|(by, path)| {
        let tag = get(api, by, path).expect(200).header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        tag
    });
    let again = |place: usize| {
        let (by, path) = &lists[place];
        let request = api.get(path).by(&by.token).header("accept-language", "en");
        request.header("if-none-match", &tags[place]).send()
    };
    api.actor("Siêu thị khác", &["distributor"]);
    (0..3).for_each(|place| assert_eq!(again(place).expect(304).header("etag"), tags[place]));
    patch(api, &producer, &format!("/v1/offers/{offer}"), json!({"unit_price": 95_000}));
    (0..3).for_each(|place| assert_ne!(again(place).expect(200).header("etag"), tags[place]));
    let preview = api.post("/v1/matches/preview", &wanted()).by(&distributor.token);
    let preview = preview.header("if-none-match", &tags[0]).send().expect(200);
    assert_eq!(preview.header("etag"), "");
}

fn paging_finds_every_match_once(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    for number in 0..17 {
        let price = 80_000 + 1_000 * (number % 5);
        offer_of(api, &producer, &product, json!({"unit_price": price}));
    }
    let demand = demand(api, &distributor, json!({}));
    let base = format!("/v1/demands/{demand}/matches?limit=");
    let whole = items(&get(api, &distributor, &format!("{base}100")).expect(200));
    assert_eq!(whole.len(), 17);
    let (mut paged, mut path) = (Vec::new(), format!("{base}4"));
    loop {
        let page = get(api, &distributor, &path).expect(200);
        paged.extend(items(&page));
        let Some(cursor) = page.at("/next_cursor").as_str() else { break };
        path = format!("{base}4&cursor={cursor}");
    }
    assert_eq!(paged, whole);
}

fn lists_of_another_party_are_not_found(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({}));
    let paths = [
        (&producer, format!("/v1/demands/{demand}/matches")),
        (&producer, format!("/v1/demands/{demand}/excluded")),
        (&distributor, format!("/v1/offers/{offer}/matches")),
    ];
    for (stranger, path) in paths {
        get(api, stranger, &path).expect_problem(404, "not_found");
        let nobody = path.replace(&demand, "x").replace(&offer, "x");
        get(api, stranger, &nobody).expect_problem(404, "not_found");
        api.get(&path).by(&api.admin()).send().expect(200);
    }
}

fn a_cursor_of_a_preview_is_of_what_was_asked(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    (0..3).for_each(|_| drop(offer_of(api, &producer, &product, json!({}))));
    let ask = |cursor: &str, body: &serde_json::Value| {
        let path = format!("/v1/matches/preview?limit=1{cursor}");
        api.post(&path, body).by(&distributor.token).send()
    };
    let first = ask("", &wanted()).expect(200);
    let cursor = format!("&cursor={}", first.text("/next_cursor"));
    let second = ask(&cursor, &wanted()).expect(200);
    assert_ne!(first.at("/items/0/offer_id"), second.at("/items/0/offer_id"));
    let mut other = wanted();
    other["title"] = json!("Gạo");
    ask(&cursor, &other).expect_problem(400, "invalid_cursor");
}
