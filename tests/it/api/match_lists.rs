//! Lists of matches as lists: pages, tags, and whose they are.

use std::sync::Arc;
use std::thread;

use ocop_link::http::kept_lists::ListKey;
use ocop_link::http::problem_texts::Language;
use serde_json::json;

use super::demands::buyer;
use super::matches::{demand, get, items, offer, offer_of, patch, product, seller, wanted};
use crate::support::api::{TestApi, api_tests};

/// How often each list is asked for beside the changes, of the requests that a client has a minute.
const ASKED: usize = 150;
/// How many changes are made meanwhile.
const CHANGES: usize = 40;

api_tests!(
    a_list_is_not_sent_again_until_it_says_something_else,
    a_list_that_is_told_again_says_what_is_so_now,
    a_page_is_sent_again_when_another_follows_it,
    a_list_that_no_change_concerns_is_not_worked_out_again,
    an_offer_that_comes_behind_a_page_leaves_it_as_it_is,
    a_list_that_others_ask_for_while_offers_change_is_as_it_would_be_worked_out,
    a_list_ends_with_its_demand,
    a_list_is_told_in_the_language_of_each_who_asks,
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

fn a_page_is_sent_again_when_another_follows_it(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    offer_of(api, &producer, &product, json!({"unit_price": 80_000}));
    let demand = demand(api, &distributor, json!({}));
    let path = format!("/v1/demands/{demand}/matches?limit=1");
    let last = get(api, &distributor, &path).expect(200);
    assert!(last.at("/next_cursor").is_null());
    offer_of(api, &producer, &product, json!({"unit_price": 90_000}));
    let again = || {
        let request = api.get(&path).by(&distributor.token).header("accept-language", "en");
        request.header("if-none-match", last.header("etag")).send()
    };
    let followed = again().expect(200);
    assert_eq!(items(&followed), items(&last));
    assert!(followed.at("/next_cursor").is_string());
}

fn a_list_that_is_told_again_says_what_is_so_now(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    let offer = offer_of(api, &producer, &product, json!({}));
    let demand = demand(api, &distributor, json!({}));
    let asked = std::cell::Cell::new(20);
    let list = |list: &str| {
        let path = format!("/v1/demands/{demand}/{list}");
        let told = get(api, &distributor, &path).expect(200);
        asked.set(asked.get() + 1);
        let asked_anew = get(api, &distributor, &format!("{path}?limit={}", asked.get()));
        let asked_anew = asked_anew.expect(200);
        assert_eq!(told.body, asked_anew.body, "{list}");
        told.body
    };
    let both = || (list("matches"), list("excluded"));
    let first = both();
    api.actor("Siêu thị khác", &["distributor"]);
    let later = both();
    assert_eq!(first.0["items"], later.0["items"]);
    assert!(first.0["as_of"].as_i64() < later.0["as_of"].as_i64(), "it knows of the change");
    let (offer_path, demand_path) =
        (format!("/v1/offers/{offer}"), format!("/v1/demands/{demand}"));
    let changes = [
        (&producer, offer_path.clone(), json!({"unit_price": 95_000})),
        (&producer, offer_path.clone(), json!({"unit_price": 130_000})),
        (&distributor, demand_path, json!({"max_unit_price": 140_000})),
        (&producer, format!("/v1/products/{product}"), json!({"name": "Mật hoa dừa sáp"})),
        (&producer, format!("/v1/parties/{}", producer.party_id), json!({"name": "HTX Mật Dừa"})),
    ];
    let mut before = later;
    for (by, path, change) in changes {
        patch(api, by, &path, change);
        let after = both();
        assert_ne!(
            (&before.0["items"], &before.1["items"]),
            (&after.0["items"], &after.1["items"])
        );
        before = after;
    }
    let dismiss = format!("/v1/demands/{demand}/matches/{offer}/dismiss");
    api.post(&dismiss, &json!({})).by(&distributor.token).send().expect(204);
    assert_eq!(both().0["items"], json!([]));
    api.act(&format!("{offer_path}/pause")).if_match(3).by(&producer.token).send().expect(200);
    both();
}

fn a_list_that_no_change_concerns_is_not_worked_out_again(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let offer = offer(api, &producer, json!({}));
    let address = format!("/v1/demands/{}/matches", demand(api, &distributor, json!({})));
    let party = distributor.party_id.parse().expect("an id");
    let key = ListKey { party, address, language: Language::English };
    let kept = || {
        get(api, &distributor, &key.address).expect(200);
        api.data.kept_lists.find(&key).expect("kept")
    };
    let first = kept();
    demand(api, &distributor, json!({"text": "Gạo"}));
    let rice = product(api, &producer, json!({"name": "Gạo", "product_set": 1}));
    offer_of(api, &producer, &rice, json!({}));
    assert!(Arc::ptr_eq(&first, &kept()));
    patch(api, &producer, &format!("/v1/offers/{offer}"), json!({"unit_price": 95_000}));
    assert!(!Arc::ptr_eq(&first, &kept()));
}

fn an_offer_that_comes_behind_a_page_leaves_it_as_it_is(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    let offered = |price: u32| offer_of(api, &producer, &product, json!({"unit_price": price}));
    let best: Vec<String> = [80_000, 81_000, 82_000].map(offered).into();
    let demand = demand(api, &distributor, json!({}));
    let address = format!("/v1/demands/{demand}/matches?limit=2");
    let party = distributor.party_id.parse().expect("an id");
    let key = ListKey { party, address, language: Language::English };
    let kept = || {
        let page = get(api, &distributor, &key.address).expect(200);
        assert!(page.at("/next_cursor").is_string());
        (items(&page), api.data.kept_lists.find(&key).expect("kept"))
    };
    let change = |offer: &str, price: u32| {
        patch(api, &producer, &format!("/v1/offers/{offer}"), json!({"unit_price": price}));
    };
    let (first, told) = kept();
    let behind = offered(90_000);
    change(&behind, 91_000);
    assert!(Arc::ptr_eq(&told, &kept().1), "it comes behind the page");
    change(&behind, 79_000);
    let (items, _) = kept();
    assert_eq!([&items[0]["offer_id"], &items[1]["offer_id"]], [&behind, &best[0]]);
    change(&behind, 91_000);
    let (again, told) = kept();
    assert_eq!(again, first);
    change(&best[2], 83_000);
    assert!(!Arc::ptr_eq(&told, &kept().1), "the first behind the page is another");
}

fn a_list_that_others_ask_for_while_offers_change_is_as_it_would_be_worked_out(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let product = product(api, &producer, json!({}));
    let offered = |price: u32| offer_of(api, &producer, &product, json!({"unit_price": price}));
    let offers: Vec<String> = (80..92).map(|thousands| offered(1_000 * thousands)).collect();
    let demand = demand(api, &distributor, json!({"max_unit_price": 84_000}));
    let lists = ["matches", "excluded"];
    let lists = lists.map(|list| format!("/v1/demands/{demand}/{list}?limit=2"));
    thread::scope(|scope| {
        for path in &lists {
            scope.spawn(|| (0..ASKED).for_each(|_| drop(get(api, &distributor, path).expect(200))));
        }
        for (change, offer) in (1..=CHANGES).zip(offers.iter().cycle()) {
            let price = 78_000 + 1_000 * (change * 7 % 11);
            patch(api, &producer, &format!("/v1/offers/{offer}"), json!({"unit_price": price}));
            for path in &lists {
                let told = items(&get(api, &distributor, path).expect(200));
                let unasked = format!("{path}{}", "&".repeat(change));
                let anew = items(&get(api, &distributor, &unasked).expect(200));
                assert_eq!(told, anew, "{path} after {change} changes");
            }
        }
    });
}

fn a_list_ends_with_its_demand(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    offer(api, &producer, json!({}));
    let demand = demand(api, &distributor, json!({"closes_at": "2026-11-23T03:05:00Z"}));
    let count = || super::matches::matches(api, &distributor, &demand).len();
    assert_eq!((count(), count()), (1, 1));
    api.at("2026-11-23T03:04:59.999999Z");
    assert_eq!(count(), 1);
    api.at("2026-11-23T03:05:00Z");
    assert_eq!(count(), 0);
}

fn a_list_is_told_in_the_language_of_each_who_asks(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    offer(api, &producer, json!({}));
    let path = format!("/v1/demands/{}/matches", demand(api, &distributor, json!({})));
    let ask = |language: &str, token: &str| {
        let told = api.get(&path).by(token).header("accept-language", language).send();
        let told = told.expect(200);
        assert_eq!(told.header("content-language"), language);
        told.at("/items/0/factors").to_string()
    };
    let token = &distributor.token;
    let (vietnamese, english) = (ask("vi", token), ask("en", token));
    assert_ne!(vietnamese, english);
    assert_eq!((ask("vi", token), ask("en", &api.admin())), (vietnamese, english));
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
