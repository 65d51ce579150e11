//! A clock that jumps, as it does when a machine is set right.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::api::{START, TestApi, api_tests};

api_tests!(ids_and_cursors_stay_unique, tokens_are_judged_by_the_clock_as_it_is);

const TWO_HOURS_AHEAD: &str = "2026-11-23T05:00:00Z";
const TWO_HOURS_BACK: &str = "2026-11-23T01:00:00Z";

fn ids_and_cursors_stay_unique(api: &TestApi) {
    let mut made = BTreeSet::new();
    for instant in [START, TWO_HOURS_AHEAD, TWO_HOURS_BACK, START] {
        api.at(instant);
        made.extend((0..3).map(|_| api.actor("HTX", &["producer"]).party_id));
    }
    assert_eq!(made.len(), 12);
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    for turn in 0.. {
        api.at([START, TWO_HOURS_AHEAD, TWO_HOURS_BACK][turn % 3]);
        let page = api.get(&format!("/v1/parties?limit=2{cursor}")).by(&api.admin()).send();
        let page = page.expect(200);
        let items = page.at("/items").as_array().cloned().unwrap_or_default();
        listed.extend(items.iter().filter_map(|item| item["id"].as_str().map(str::to_owned)));
        let Some(next) = page.at("/next_cursor").as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(listed.len(), made.len(), "each once");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), made);
}

fn tokens_are_judged_by_the_clock_as_it_is(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let path = format!("/v1/parties/{}", actor.party_id);
    let get = |token: &str| api.get(&path).by(token).send();
    api.at(TWO_HOURS_AHEAD);
    get(&actor.token).expect(200);
    api.at("2026-11-24T03:00:00Z");
    get(&actor.token).expect_problem(401, "unauthenticated");
    api.at(TWO_HOURS_BACK);
    let early = get(&actor.token).expect_problem(401, "unauthenticated");
    assert!(early.header("www-authenticate").contains("not valid yet"), "{:?}", early.headers);
    let fresh = api.token(&actor.party_id, "parties:read parties:write");
    let found = get(&fresh).expect(200);
    let change = json!({"name": "HTX dừa sáp"});
    let changed = api.patch(&path, &change).by(&fresh).if_match(found.number("/version")).send();
    assert_eq!(changed.expect(200).number("/version"), found.number("/version") + 1);
    api.at(START);
    get(&actor.token).expect(200);
}
