//! Programs of partners: how they get tokens (RFC 6749 section 4.4), and their secrets.

use matching::id::ClientId;
use ocop_link::actions::clients::{self, ClientCommand};
use ocop_link::caller::Scopes;
use ocop_link::credentials::secret::{Secret, SecretKind};
use ocop_link::error::Error;

use crate::support::api::{Answer, TestApi, api_tests};
use crate::support::identity::{SECRET_DAYS, TestClient, basic, claims};

api_tests!(
    a_client_gets_a_token_by_basic_or_in_the_form,
    a_token_is_for_what_was_asked_and_allowed,
    a_client_that_proves_nothing_is_refused,
    a_form_that_says_something_else_is_refused,
    what_is_not_known_in_a_form_is_ignored,
    two_secrets_are_accepted_while_one_takes_the_place_of_the_other,
    a_secret_can_be_ended_at_once,
    a_secret_expires,
    a_revoked_client_gets_no_token,
    a_client_belongs_to_a_party_that_is_there,
);

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn ask(api: &TestApi, client: &TestClient) -> Answer {
    api.token_request(&[GRANT]).header("authorization", &client.basic()).send()
}

fn a_client_gets_a_token_by_basic_or_in_the_form(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read parties:read");
    let form = [GRANT, ("client_id", &client.id), ("client_secret", &client.secret)];
    for answer in [ask(api, &client), api.token_request(&form).send()] {
        let answer = answer.expect(200);
        assert_eq!((answer.text("/token_type"), answer.number("/expires_in")), ("Bearer", 900));
        assert_eq!(answer.text("/scope"), "parties:read offers:read");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        assert!(answer.at("/refresh_token").is_null(), "RFC 6749 section 4.4.3");
        let token = answer.text("/access_token");
        assert_eq!(claims(token)["sub"], *client.id);
        assert_eq!(claims(token)["party"], *actor.party_id);
        api.get("/v1/parties?limit=1").by(token).send().expect(200);
        api.at("2026-11-23T03:15:00Z");
        api.get("/v1/parties?limit=1").by(token).send().expect(401);
        api.at("2026-11-23T03:00:00Z");
    }
}

fn a_token_is_for_what_was_asked_and_allowed(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read parties:read");
    let ask = |scope: &str| {
        let request = api.token_request(&[GRANT, ("scope", scope)]);
        request.header("authorization", &client.basic()).send()
    };
    let narrow = ask("offers:read").expect(200);
    assert_eq!(narrow.text("/scope"), "offers:read");
    api.get("/v1/offers?limit=1").by(narrow.text("/access_token")).send().expect(200);
    api.get("/v1/parties?limit=1").by(narrow.text("/access_token")).send().expect(403);
    let publish = api.act("/v1/offers/0198c0de-0000-7000-8000-000000000001/publish");
    publish.by(narrow.text("/access_token")).send().expect(403);
    assert_eq!(ask("").expect(200).text("/scope"), "parties:read offers:read");
    for scope in ["offers:write", "offers:read admin", "offers:everything", "x"] {
        ask(scope).expect_oauth_error(400, "invalid_scope");
    }
}

fn a_client_that_proves_nothing_is_refused(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read");
    let other = api.client(&actor.party_id, "offers:read");
    let headers = [
        basic(&client.id, &other.secret),
        basic(&client.id, ""),
        basic("0198c0de-0000-7000-8000-000000000001", &client.secret),
        basic("x", &client.secret),
        "Basic !".into(),
        "Basic".into(),
        format!("Bearer {}", api.admin()),
    ];
    for header in headers {
        let refused = api.token_request(&[GRANT]).header("authorization", &header).send();
        let refused = refused.expect_oauth_error(401, "invalid_client");
        assert!(refused.header("www-authenticate").starts_with("Basic realm="), "{header}");
    }
    let id = ("client_id", client.id.as_str());
    for form in [vec![GRANT], vec![GRANT, id], vec![GRANT, id, ("client_secret", "x")]] {
        api.token_request(&form).send().expect_oauth_error(401, "invalid_client");
    }
    let another = api.token_request(&[GRANT, ("client_id", &other.id)]);
    let another = another.header("authorization", &client.basic()).send();
    another.expect_oauth_error(401, "invalid_client");
}

fn a_form_that_says_something_else_is_refused(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read");
    let ask = |form: &[(&str, &str)]| {
        api.token_request(form).header("authorization", &client.basic()).send()
    };
    ask(&[]).expect_oauth_error(400, "invalid_request");
    ask(&[("grant_type", "")]).expect_oauth_error(400, "invalid_request");
    ask(&[GRANT, GRANT]).expect_oauth_error(400, "invalid_request");
    ask(&[GRANT, ("scope", "offers:read"), ("scope", "")]).expect(200);
    let twice = [GRANT, ("client_id", &client.id), ("client_secret", &client.secret)];
    ask(&twice).expect_oauth_error(400, "invalid_request");
    for grant_type in ["password", "authorization_code", "Client_Credentials"] {
        let refused = ask(&[("grant_type", grant_type)]);
        refused.expect_oauth_error(400, "unsupported_grant_type");
    }
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "ocr_x")];
    ask(&refresh).expect_oauth_error(400, "unauthorized_client");
    api.token_request(&refresh[..1]).send().expect_oauth_error(400, "invalid_request");
    let json = api.post("/oauth/token", &serde_json::json!({"grant_type": GRANT.1}));
    json.header("authorization", &client.basic()).send().expect_oauth_error(400, "invalid_request");
    let bytes = api.token_request(&[]).raw(b"grant_type=\xff".to_vec());
    bytes.send().expect_oauth_error(400, "invalid_request");
}

fn what_is_not_known_in_a_form_is_ignored(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read");
    let form = [GRANT, ("audience", "x"), ("resource", "y")];
    api.token_request(&form).header("authorization", &client.basic()).send().expect(200);
}

fn two_secrets_are_accepted_while_one_takes_the_place_of_the_other(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let first = api.client(&actor.party_id, "offers:read");
    api.at("2026-11-23T04:00:00Z");
    let second = api.rotate_secret(&first, 7);
    let statuses = |clients: &[&TestClient]| -> Vec<u16> {
        clients.iter().map(|client| ask(api, client).status).collect()
    };
    assert_eq!(statuses(&[&first, &second]), [200, 200]);
    api.at("2026-11-23T05:00:00Z");
    let third = api.rotate_secret(&first, 7);
    assert_eq!(statuses(&[&first, &second, &third]), [401, 200, 200]);
    api.at("2026-11-30T04:59:59Z");
    assert_eq!(statuses(&[&second, &third]), [200, 200]);
    api.at("2026-11-30T05:00:00Z");
    assert_eq!(statuses(&[&second, &third]), [401, 200]);
}

fn a_secret_can_be_ended_at_once(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read");
    let rotated = api.rotate_secret(&client, 0);
    ask(api, &client).expect_oauth_error(401, "invalid_client");
    ask(api, &rotated).expect(200);
}

fn a_secret_expires(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "offers:read");
    assert_eq!(SECRET_DAYS, 30);
    api.at("2026-12-23T02:59:59Z");
    ask(api, &client).expect(200);
    api.at("2026-12-23T03:00:00Z");
    ask(api, &client).expect_oauth_error(401, "invalid_client");
    ask(api, &api.rotate_secret(&client, 7)).expect(200);
    ask(api, &client).expect_oauth_error(401, "invalid_client");
}

fn a_revoked_client_gets_no_token(api: &TestApi) {
    let actor = api.actor("HTX", &["producer"]);
    let client = api.client(&actor.party_id, "parties:read");
    let token = ask(api, &client).expect(200).text("/access_token").to_owned();
    let id: ClientId = client.id.parse().expect("an id");
    api.as_operator(move |tx, ctx| clients::revoke(tx, ctx, id)).expect("revoked");
    ask(api, &client).expect_oauth_error(401, "invalid_client");
    api.get("/v1/parties?limit=1").by(&token).send().expect(200);
    api.at("2026-11-23T03:15:00Z");
    api.get("/v1/parties?limit=1").by(&token).send().expect(401);
}

fn a_client_belongs_to_a_party_that_is_there(api: &TestApi) {
    let secret = Secret::generate(SecretKind::Client).expect("randomness").hash();
    let create = |scope: &str, name: &str| {
        let command = ClientCommand {
            party: "0198c0de-0000-7000-8000-000000000001".parse().expect("an id"),
            name: name.into(),
            scopes: Scopes::parse(scope).expect("scopes"),
            secret_days: SECRET_DAYS,
        };
        let kept = secret.clone();
        let made = api.as_operator(move |tx, ctx| clients::create(tx, ctx, &command, &kept));
        made.map_err(|error| match error {
            Error::Invalid(violations) => violations[0].at.clone(),
            other => other.to_string(),
        })
    };
    assert_eq!(create("offers:read", "ERP").expect_err("no such party"), "/party_id");
    assert_eq!(create("admin", " ").expect_err("no name"), "/name");
    create("admin", "Operator").expect("the operator is no party");
}
