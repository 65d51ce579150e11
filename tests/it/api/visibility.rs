//! One visibility rule everywhere: what is not shown to a party is in no answer to it, not even as
//! a count; an authority sees its provinces, without the prices of what is not public.

use serde_json::{Value, json};

use super::demands::{buyer, record, short, with};
use super::matches::{demand, items, offer_of, product, seller};
use crate::support::api::{Actor, Answer, TestApi, api_tests};

api_tests!(
    a_canary_is_in_no_answer_to_another,
    an_offer_that_is_not_shown_is_in_no_count,
    counts_and_lists_change_with_the_audience,
    an_authority_sees_its_provinces_without_the_prices_of_others,
    an_authority_sees_neither_drafts_nor_other_provinces,
    a_role_that_is_taken_away_counts_for_nothing_in_the_next_request,
    an_anonymous_buyer_stays_unknown_to_an_authority,
    what_others_see_has_another_tag,
);

const CANARY: &str = "chim hoàng yến";

/// Everything that a party can ask for, with the ids of what it may not see.
fn questions(offer: &str, demand: &str, own: (&str, &str)) -> Vec<String> {
    let (own_offer, own_demand) = own;
    let lists = ["parties", "products", "offers", "demands", "grants", "audit-trail"];
    let mut paths: Vec<String> = lists.iter().map(|list| format!("/v1/{list}?limit=100")).collect();
    paths.extend([
        "/v1/products?q=chim%20hoang%20yen&limit=100".into(),
        "/v1/demands?q=chim%20hoang%20yen".into(),
        "/v1/offers?q=mat%20hoa&limit=100".into(),
        "/v1/products?month=3&limit=100".into(),
        "/v1/products/facets".into(),
        format!("/v1/offers/{offer}"),
        format!("/v1/offers/{offer}/matches"),
        format!("/v1/demands/{demand}"),
        format!("/v1/demands/{demand}/matches"),
        format!("/v1/demands/{demand}/excluded"),
        format!("/v1/demands/{demand}/matches/{offer}"),
        format!("/v1/demands/{own_demand}/matches"),
        format!("/v1/demands/{own_demand}/excluded"),
        format!("/v1/demands/{own_demand}/matches/{offer}"),
        format!("/v1/demands/{demand}/matches/{own_offer}"),
        format!("/v1/offers/{own_offer}/matches"),
        format!("/v1/audit-trail?id={offer}"),
        format!("/v1/audit-trail?id={demand}"),
    ]);
    paths
}

fn a_canary_is_in_no_answer_to_another(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let goods = product(api, &producer, json!({}));
    let hidden = json!({"visibility": "invited", "note": CANARY,
        "external_ids": {"erp": CANARY}, "place": {"province_code": "86", "address": CANARY}});
    let offer = offer_of(api, &producer, &goods, hidden);
    let hidden = json!({"visibility": "invited", "text": format!("Mật hoa dừa {CANARY}"),
        "title": CANARY, "anonymous": true});
    let demand = demand(api, &distributor, hidden);
    let phone = json!({"contact": {"phone": "0912 345 678", "email": "canary@htx.example"}});
    let path = format!("/v1/parties/{}", producer.party_id);
    api.patch(&path, &phone).if_match(1).by(&producer.token).send().expect(200);

    let other = api.actor("Khác", &["producer", "distributor"]);
    let union = api.actor("Liên hiệp", &["coordinator"]);
    let own_goods = product(api, &other, json!({}));
    let own_offer = offer_of(api, &other, &own_goods, json!({}));
    let own_demand = super::matches::demand(api, &other, json!({}));
    let preview = short();
    for stranger in [&other, &union] {
        let mut answers: Vec<Answer> = questions(&offer, &demand, (&own_offer, &own_demand))
            .iter()
            .map(|path| api.get(path).by(&stranger.token).send())
            .collect();
        answers.push(api.post("/v1/matches/preview", &preview).by(&stranger.token).send());
        let dismiss = format!("/v1/demands/{own_demand}/matches/{offer}/dismiss");
        answers.push(api.post(&dismiss, &json!({})).by(&stranger.token).send());
        for answer in answers {
            let text = format!("{} {:?}", answer.body, answer.headers);
            for secret in [CANARY, &offer, &demand, "0912 345 678", "canary@htx.example"] {
                assert!(!text.contains(secret) || asked_for(&answer, secret), "{text}");
            }
        }
    }
}

/// A refusal names the path that was asked for, and no more.
fn asked_for(answer: &Answer, secret: &str) -> bool {
    let mut body = answer.body.clone();
    body["instance"] = Value::Null;
    answer.status >= 400 && !body.to_string().contains(secret)
}

fn facet_of_march(api: &TestApi, actor: &Actor) -> u64 {
    let facets = api.get("/v1/products/facets").by(&actor.token).send().expect(200);
    let months = facets.at("/month").as_array().cloned().unwrap_or_default();
    let march = months.iter().find(|month| month["value"] == 3);
    march.and_then(|month| month["count"].as_u64()).unwrap_or(0)
}

fn an_offer_that_is_not_shown_is_in_no_count(api: &TestApi) {
    let (producer, guest, other) = (seller(api), buyer(api), buyer(api));
    let goods = product(api, &producer, json!({}));
    let invited = json!({"visibility": "invited", "invited_party_ids": [guest.party_id]});
    let offer = offer_of(api, &producer, &goods, invited);
    for (actor, count) in [(&producer, 1), (&guest, 1), (&other, 0)] {
        assert_eq!(facet_of_march(api, actor), count);
        let found = api.get("/v1/products?month=3").by(&actor.token).send().expect(200);
        assert_eq!(items(&found).len() as u64, count);
    }
    let path = format!("/v1/offers/{offer}");
    let open = api.patch(&path, &json!({"visibility": "public", "invited_party_ids": []}));
    open.if_match(1).by(&producer.token).send().expect(200);
    assert_eq!(facet_of_march(api, &other), 1);
}

fn counts_and_lists_change_with_the_audience(api: &TestApi) {
    let (producer, distributor) = (seller(api), buyer(api));
    let goods = product(api, &producer, json!({}));
    let offer = offer_of(api, &producer, &goods, json!({"visibility": "coordinators"}));
    let demand = demand(api, &distributor, json!({"max_unit_price": 1}));
    let lists = |token: &str| {
        let count = |list: &str| {
            let path = format!("/v1/demands/{demand}/{list}");
            items(&api.get(&path).by(token).send().expect(200)).len()
        };
        (count("matches"), count("excluded"))
    };
    assert_eq!(lists(&distributor.token), (0, 0), "no near miss either");
    let pair = format!("/v1/demands/{demand}/matches/{offer}");
    api.get(&pair).by(&distributor.token).send().expect_problem(404, "not_found");
    let path = format!("/v1/parties/{}", distributor.party_id);
    let roles = |roles: Value, version| {
        let change = api.patch(&path, &json!({"roles": roles})).if_match(version);
        change.by(&api.admin()).send().expect(200)
    };
    roles(json!(["distributor", "coordinator"]), 1);
    assert_eq!(lists(&distributor.token), (0, 1), "its price is too high");
    api.get(&pair).by(&distributor.token).send().expect(200);
    roles(json!(["distributor"]), 2);
    assert_eq!(lists(&distributor.token), (0, 0));
}

/// An authority of these provinces.
fn office(api: &TestApi, provinces: &[&str]) -> Actor {
    let body = json!({"name": "Sở NN&MT", "legal_form": "agency", "roles": ["authority"],
        "place": {"province_code": "86"}, "authority_scope": {"province_codes": provinces}});
    let made = api.post("/v1/parties", &body).by(&api.admin()).send().expect(201);
    let party_id = made.text("/id").to_owned();
    let token = api.token(&party_id, &ocop_link::caller::ordinary_scopes());
    Actor { party_id, token }
}

fn an_authority_sees_its_provinces_without_the_prices_of_others(api: &TestApi) {
    let producer = seller(api);
    let distributor = api.actor_at("Chợ", &["distributor"], json!({"province_code": "86"}));
    let office = office(api, &["86"]);
    let goods = product(api, &producer, json!({}));
    let breaks = json!([{"min_quantity": 100, "unit_price": 80_000}]);
    let hidden = json!({"visibility": "invited", "price_breaks": breaks});
    let hidden = offer_of(api, &producer, &goods, hidden);
    let public = offer_of(api, &producer, &goods, json!({"price_breaks": breaks}));
    let wanted = demand(api, &distributor, json!({"visibility": "coordinators"}));
    let get = |path: &str| api.get(path).by(&office.token).send().expect(200);
    let seen = get(&format!("/v1/offers/{hidden}"));
    assert_eq!((seen.at("/unit_price"), seen.at("/price_breaks")), (&Value::Null, &json!([])));
    assert_eq!(seen.at("/withheld"), &json!(["unit_price", "price_breaks"]));
    assert_eq!(seen.at("/allowed_actions"), &json!([]));
    let shown = get(&format!("/v1/offers/{public}"));
    assert_eq!((shown.number("/unit_price"), shown.at("/withheld")), (90_000, &Value::Null));
    let seen = get(&format!("/v1/demands/{wanted}"));
    assert_eq!(seen.at("/max_unit_price"), &Value::Null);
    assert_eq!(seen.at("/withheld"), &json!(["max_unit_price"]));
    let listed = get("/v1/offers");
    let withheld = items(&listed).iter().filter(|item| item["withheld"].is_array()).count();
    assert_eq!((items(&listed).len(), withheld), (2, 1));
    assert!(!get("/v1/demands").body.to_string().contains("120000"));
    assert_eq!(facet_of_march(api, &office), 1);
    let own = api.get(&format!("/v1/offers/{hidden}")).by(&producer.token).send().expect(200);
    assert_eq!((own.number("/unit_price"), own.at("/withheld")), (90_000, &Value::Null));
    let matches = format!("/v1/offers/{hidden}/matches");
    api.get(&matches).by(&office.token).send().expect_problem(404, "not_found");
    let pause = api.act(&format!("/v1/offers/{hidden}/pause")).by(&office.token).send();
    pause.expect_problem(403, "forbidden");
}

fn an_authority_sees_neither_drafts_nor_other_provinces(api: &TestApi) {
    let (producer, office) = (seller(api), office(api, &["01", "79"]));
    let local = api.actor("HTX Củ Chi", &["producer"]);
    let invited = json!({"visibility": "invited"});
    let goods = product(api, &producer, json!({}));
    let foreign = offer_of(api, &producer, &goods, invited.clone());
    let goods = product(api, &local, json!({}));
    let draft = offer_of(api, &local, &goods, with(invited.clone(), json!({"status": "draft"})));
    let near = offer_of(api, &local, &goods, invited);
    let get = |id: &str| api.get(&format!("/v1/offers/{id}")).by(&office.token).send();
    get(&near).expect(200);
    for id in [&foreign, &draft] {
        get(id).expect_problem(404, "not_found");
    }
    let listed = api.get("/v1/offers").by(&office.token).send().expect(200);
    assert_eq!(items(&listed).len(), 1);
    let contact = json!({"contact": {"phone": "0294 385 0000"}});
    let path = format!("/v1/parties/{}", local.party_id);
    api.patch(&path, &contact).if_match(1).by(&local.token).send().expect(200);
    let seen = api.get(&path).by(&office.token).send().expect(200);
    assert_eq!(seen.at("/contact"), &Value::Null);
    let grants = api.get("/v1/grants").by(&office.token).send().expect(200);
    assert_eq!(items(&grants), [] as [Value; 0]);
}

fn a_role_that_is_taken_away_counts_for_nothing_in_the_next_request(api: &TestApi) {
    let (producer, office) = (seller(api), office(api, &["86"]));
    let union = api.actor("Liên hiệp", &["coordinator", "distributor"]);
    let goods = product(api, &producer, json!({}));
    let hidden = offer_of(api, &producer, &goods, json!({"visibility": "invited"}));
    let shared = offer_of(api, &producer, &goods, json!({"visibility": "coordinators"}));
    let get = |by: &Actor, id: &str| api.get(&format!("/v1/offers/{id}")).by(&by.token).send();
    let member = json!({"name": "Thành viên", "legal_form": "household", "roles": ["producer"],
        "place": {"province_code": "86"}});
    let register = || api.post("/v1/parties", &member).by(&union.token).send();
    get(&office, &hidden).expect(200);
    get(&union, &shared).expect(200);
    register().expect(201);
    let take = |party: &Actor, roles: Value| {
        let path = format!("/v1/parties/{}", party.party_id);
        let change = json!({"roles": roles, "authority_scope": null});
        api.patch(&path, &change).if_match(1).by(&api.admin()).send().expect(200)
    };
    take(&office, json!(["distributor"]));
    take(&union, json!(["distributor"]));
    get(&office, &hidden).expect_problem(404, "not_found");
    get(&union, &shared).expect_problem(404, "not_found");
    register().expect_problem(403, "forbidden");
}

fn what_others_see_has_another_tag(api: &TestApi) {
    let owner = api.actor("HTX", &["producer", "distributor"]);
    let other = api.actor("Khác", &["distributor"]);
    let product = json!({"name": "Gạo", "product_set": 4, "unit": "kg",
        "external_ids": {"erp": "1"}});
    let product = api.post("/v1/products", &product).by(&owner.token).send().expect(201);
    let offer = json!({"product_id": product.text("/id"), "unit_price": 9, "status": "published",
        "capacity": [{"from": "2027-01-01", "to": "2027-03-31", "quantity": 10}]});
    let offer = api.post("/v1/offers", &offer).by(&owner.token).send().expect(201);
    let demand = json!({"title": "Gạo", "unit": "kg", "quantity": 5, "by": "2027-01-15",
        "anonymous": true});
    let demand = api.post("/v1/demands", &demand).by(&owner.token).send().expect(201);
    let party = format!("/v1/parties/{}", owner.party_id);
    let paths = [&product, &offer, &demand].map(|made| made.header("location").to_owned());
    for path in paths.iter().chain([&party]) {
        let own = api.get(path).by(&owner.token).send().expect(200);
        assert_eq!(own.header("etag"), "\"1\"", "{path}");
        let ask = api.get(path).by(&other.token).header("if-none-match", own.header("etag"));
        let seen = ask.send().expect(200);
        assert_ne!(seen.body, own.body, "{path}");
        let again = api.get(path).by(&other.token).header("if-none-match", seen.header("etag"));
        again.send().expect(304);
        let foreign = api.get(path).by(&owner.token).header("if-none-match", seen.header("etag"));
        foreign.send().expect(200);
    }
}

fn an_anonymous_buyer_stays_unknown_to_an_authority(api: &TestApi) {
    let seat = json!({"province_code": "86", "address": CANARY});
    let distributor = api.actor_at("Chợ", &["distributor"], seat);
    let office = office(api, &["86"]);
    let hidden = json!({"anonymous": true, "visibility": "invited"});
    let demand = record(api, &distributor, &with(short(), hidden));
    let path = format!("/v1/demands/{}", demand.text("/id"));
    let seen = api.get(&path).by(&office.token).send().expect(200);
    assert_eq!(seen.at("/party_id"), &Value::Null);
    assert!(!seen.body.to_string().contains(CANARY));
    let of_buyer = format!("/v1/demands?party_id={}", distributor.party_id);
    let listed = api.get(&of_buyer).by(&office.token).send().expect(200);
    assert_eq!(items(&listed), [] as [Value; 0]);
}
