//! How often a client may ask, and that one client does not slow another.

use ocop_link::config::Config;
use serde_json::json;

use crate::support::api::{Answer, TestApi, api_tests};

api_tests!(few =>
    one_request_too_many_is_told_when_to_come_back,
    another_client_is_not_slowed,
    two_tokens_of_one_client_are_counted_together,
    an_answer_without_news_is_free,
    without_a_token_the_address_is_counted,
    an_address_that_has_asked_enough_does_not_stop_a_client,
    what_is_costly_is_counted_once_more,
    what_a_client_may_not_ask_is_not_counted_as_costly,
    a_token_opens_no_second_count_of_logins,
    each_answer_tells_what_is_left,
    health_is_not_counted,
    an_address_in_a_header_is_not_believed,
);

api_tests!(behind_a_proxy => a_trusted_proxy_is_believed);
api_tests!(as_published => six_hundred_requests_a_minute_and_no_more);

const CLIENT: u32 = 5;
const ADDRESS: u32 = 3;
const PREVIEW: u32 = 2;

fn few(config: &mut Config) {
    let limits = &mut config.traffic.rate_limits;
    (limits.client, limits.address, limits.preview) = (CLIENT, ADDRESS, PREVIEW);
}

fn behind_a_proxy(config: &mut Config) {
    few(config);
    config.traffic.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
}

fn as_published(config: &mut Config) {
    config.traffic.rate_limits = Config::load().expect("settings").traffic.rate_limits;
}

const ONE: &str = "00000000-0000-7000-8000-000000000001";
const OTHER: &str = "00000000-0000-7000-8000-000000000002";

fn list(api: &TestApi, token: &str) -> Answer {
    api.get("/v1/offers").by(token).send()
}

fn statuses(count: u32, ask: impl Fn() -> Answer) -> Vec<u16> {
    (0..count).map(|_| ask().status).collect()
}

fn what_a_client_may_not_ask_is_not_counted_as_costly(api: &TestApi) {
    let token = api.token(ONE, "offers:read demands:read");
    assert_eq!(statuses(CLIENT, || list(api, &token)), [200; CLIENT as usize]);
    let preview = || api.post("/v1/matches/preview", &json!({})).by(&token).send();
    for _ in 0..=PREVIEW {
        let refused = preview().expect_problem(429, "rate_limited");
        let left = format!("\"preview\";r={PREVIEW};");
        assert!(refused.header("ratelimit").starts_with(&left), "{}", refused.header("ratelimit"));
    }
}

fn a_token_opens_no_second_count_of_logins(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    let body = json!({"phone": "+84900000000", "password": "không phải mật khẩu"});
    let log_in = || api.post("/v1/sessions", &body).by(&token).send();
    assert_eq!(statuses(ADDRESS, log_in), [401; ADDRESS as usize]);
    assert_eq!(log_in().expect(429).header("ratelimit-policy").matches("address").count(), 1);
}

fn one_request_too_many_is_told_when_to_come_back(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    assert_eq!(statuses(CLIENT, || list(api, &token)), [200; CLIENT as usize]);
    api.at("2026-11-23T03:00:40.5Z");
    let refused = list(api, &token).expect_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(refused.header("ratelimit"), "\"client\";r=0;t=20");
    api.at("2026-11-23T03:01:00Z");
    assert_eq!(statuses(CLIENT, || list(api, &token)), [200; CLIENT as usize]);
    list(api, &token).expect_problem(429, "rate_limited");
}

fn another_client_is_not_slowed(api: &TestApi) {
    let [one, other] = [ONE, OTHER].map(|party| api.token(party, "offers:read"));
    statuses(CLIENT * 3, || list(api, &one));
    list(api, &one).expect_problem(429, "rate_limited");
    assert_eq!(statuses(CLIENT, || list(api, &other)), [200; CLIENT as usize]);
}

fn two_tokens_of_one_client_are_counted_together(api: &TestApi) {
    let narrow = api.token(ONE, "offers:read");
    let wide = api.token(ONE, "offers:read offers:write");
    statuses(CLIENT, || list(api, &narrow));
    list(api, &wide).expect_problem(429, "rate_limited");
}

fn an_answer_without_news_is_free(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    let tag = list(api, &token).expect(200).header("etag").to_owned();
    let again = || api.get("/v1/offers").by(&token).header("if-none-match", &tag).send();
    assert_eq!(statuses(CLIENT * 2, again), [304; CLIENT as usize * 2]);
    assert_eq!(list(api, &token).header("ratelimit"), "\"client\";r=3;t=60");
}

fn without_a_token_the_address_is_counted(api: &TestApi) {
    let [units, forged] =
        [api.get("/v1/units").send(), api.get("/v1/offers").by("eyJhbGciOiJub25lIn0.e30.").send()];
    assert_eq!((units.status, forged.status), (200, 401));
    assert_eq!(forged.header("ratelimit"), "\"address\";r=1;t=60");
    api.get("/v1/nowhere").send().expect(404);
    api.get("/v1/units").send().expect_problem(429, "rate_limited");
}

fn an_address_that_has_asked_enough_does_not_stop_a_client(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    statuses(ADDRESS * 2, || api.get("/v1/units").send());
    api.get("/v1/units").send().expect_problem(429, "rate_limited");
    list(api, &token).expect(200);
}

fn what_is_costly_is_counted_once_more(api: &TestApi) {
    let token = api.token(ONE, "matches:read demands:read offers:read");
    let wanted = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
    let preview = || api.post("/v1/matches/preview", &wanted).by(&token).send();
    statuses(PREVIEW, preview);
    let refused = preview().expect_problem(429, "rate_limited");
    assert_eq!(refused.header("ratelimit-policy"), "\"preview\";q=2;w=60");
    // What the stricter limit refuses is not counted by the general one.
    assert_eq!(list(api, &token).expect(200).header("ratelimit"), "\"client\";r=2;t=60");
}

fn each_answer_tells_what_is_left(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    let first = list(api, &token).expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"client\";q=5;w=60");
    assert_eq!(first.header("ratelimit"), "\"client\";r=4;t=60");
    let wanted = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15"});
    let both = api.post("/v1/matches/preview", &wanted).by(&token).send();
    assert_eq!(both.header("ratelimit"), "\"preview\";r=1;t=60, \"client\";r=3;t=60");
}

fn health_is_not_counted(api: &TestApi) {
    let ask = || api.get("/health/ready").send();
    assert_eq!(statuses(ADDRESS * 2, ask), [200; ADDRESS as usize * 2]);
}

fn units_for(api: &TestApi, forwarded: &str) -> u16 {
    api.get("/v1/units").header("x-forwarded-for", forwarded).send().status
}

fn an_address_in_a_header_is_not_believed(api: &TestApi) {
    let asked = [1, 2, 3, 4].map(|last| units_for(api, &format!("203.0.113.{last}")));
    assert_eq!(asked, [200, 200, 200, 429]);
}

fn a_trusted_proxy_is_believed(api: &TestApi) {
    assert_eq!([0; 4].map(|_| units_for(api, "203.0.113.1")), [200, 200, 200, 429]);
    assert_eq!(units_for(api, "203.0.113.2"), 200);
    assert_eq!(units_for(api, "203.0.113.2, 203.0.113.1"), 429);
}

fn six_hundred_requests_a_minute_and_no_more(api: &TestApi) {
    let token = api.token(ONE, "offers:read");
    assert_eq!(statuses(600, || list(api, &token)), vec![200; 600]);
    list(api, &token).expect_problem(429, "rate_limited");
}
