//! Tokens that somebody made up: each must be refused as if there were none.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::api::{Answer, TestApi, api_tests};

api_tests!(
    the_same_token_unforged_is_taken,
    an_algorithm_is_not_the_callers_choice,
    a_key_is_not_the_callers_choice,
    a_signature_is_of_this_token_by_this_deployment,
    every_claim_is_needed_and_right,
    a_token_of_another_purpose_opens_nothing,
    what_is_no_token_is_none,
);

/// What an honest token is made of, and the key that signs it.
struct Mint {
    header: Value,
    claims: Value,
    key: Ed25519KeyPair,
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// A value with other members; null takes one away.
fn with(value: &Value, members: Value) -> Value {
    let mut changed = value.clone();
    let object = changed.as_object_mut().expect("an object");
    for (name, value) in members.as_object().cloned().unwrap_or_default() {
        match value {
            Value::Null => object.remove(&name),
            value => object.insert(name, value),
        };
    }
    changed
}

impl Mint {
    fn new(api: &TestApi) -> Self {
        let party = api.actor("HTX", &["producer"]);
        let parts: Vec<&str> = party.token.split('.').collect();
        let key = Ed25519KeyPair::from_pkcs8(&api.signing_key()).expect("a key");
        Self { header: decoded(parts[0]), claims: decoded(parts[1]), key }
    }

    /// A token with these parts that the deployment's own key signs.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(header, &claims.to_string())
    }

    fn signed_text(&self, header: &Value, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()).as_ref());
        format!("{message}.{signature}")
    }

    /// Our claims under a changed header, signed by our own key.
    fn headed(&self, members: Value) -> String {
        self.signed(&with(&self.header, members), &self.claims)
    }

    /// Changed claims under our header, signed by our own key.
    fn claiming(&self, members: Value) -> String {
        self.signed(&self.header, &with(&self.claims, members))
    }

    /// Our claims with an authentication code made with `secret`.
    fn authenticated(&self, name: &str, algorithm: hmac::Algorithm, secret: &[u8]) -> String {
        let header = with(&self.header, json!({"alg": name}));
        let message = format!("{}.{}", encoded(&header), encoded(&self.claims));
        let code = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(code.as_ref()))
    }

    /// Our claims signed by another key, which the header may point to.
    fn by_another(&self, members: impl Fn(&Ed25519KeyPair) -> Value) -> String {
        let key = Ed25519KeyPair::generate().expect("a key");
        let header = with(&self.header, members(&key));
        Self { header: header.clone(), claims: self.claims.clone(), key }
            .signed(&header, &self.claims)
    }

    fn public(&self) -> Vec<u8> {
        self.key.public_key().as_ref().to_vec()
    }
}

fn ask(api: &TestApi, token: &str) -> Answer {
    api.get("/v1/parties").by(token).send()
}

#[track_caller]
fn refuse(api: &TestApi, forged: &[(&str, String)]) {
    for (what, token) in forged {
        let answer = ask(api, token);
        assert_eq!((answer.status, answer.text("/code")), (401, "unauthenticated"), "{what}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
    }
}

fn the_same_token_unforged_is_taken(api: &TestApi) {
    let mint = Mint::new(api);
    ask(api, &mint.signed(&mint.header, &mint.claims)).expect(200);
    ask(api, &mint.claiming(json!({"jti": "another"}))).expect(200);
}

fn an_algorithm_is_not_the_callers_choice(api: &TestApi) {
    let mint = Mint::new(api);
    let unsigned = |name: &str| {
        let header = with(&mint.header, json!({"alg": name}));
        format!("{}.{}.", encoded(&header), encoded(&mint.claims))
    };
    for name in ["none", "None", "NONE", "nOnE", "", "EdDSA"] {
        refuse(api, &[(name, unsigned(name)), (name, mint.headed(json!({"alg": name})) + "A")]);
    }
    for name in ["none", "HS256", "RS256", "ES256", "PS512", "Ed448", "eddsa"] {
        refuse(api, &[(name, mint.headed(json!({"alg": name})))]);
    }
    let der = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &mint.public()];
    let der = der.concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let set = api.get("/.well-known/jwks.json").send().expect(200).body.to_string();
    let kid = mint.header["kid"].as_str().unwrap_or_default().as_bytes().to_vec();
    for secret in [mint.public(), der, pem.into_bytes(), set.into_bytes(), kid, vec![0]] {
        refuse(
            api,
            &[
                ("HS256", mint.authenticated("HS256", hmac::HMAC_SHA256, &secret)),
                ("HS384", mint.authenticated("HS384", hmac::HMAC_SHA384, &secret)),
                ("HS512", mint.authenticated("HS512", hmac::HMAC_SHA512, &secret)),
                ("EdDSA", mint.authenticated("EdDSA", hmac::HMAC_SHA256, &secret)),
            ],
        );
    }
    refuse(api, &[("no algorithm", mint.headed(json!({"alg": null})))]);
}

fn a_key_is_not_the_callers_choice(api: &TestApi) {
    let mint = Mint::new(api);
    let jwk = |key: &Ed25519KeyPair| {
        let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "mine"})
    };
    let elsewhere = "http://127.0.0.1:9/jwks.json";
    let forged = [
        ("another key", mint.by_another(|_| json!({}))),
        ("its jwk", mint.by_another(|key| json!({"jwk": jwk(key)}))),
        ("its jwk and kid", mint.by_another(|key| json!({"jwk": jwk(key), "kid": "mine"}))),
        ("jku", mint.by_another(|_| json!({"jku": elsewhere, "kid": "mine"}))),
        ("x5u", mint.by_another(|_| json!({"x5u": elsewhere}))),
        ("x5c", mint.by_another(|_| json!({"x5c": ["MIIB"]}))),
        ("our key, with a jku", mint.headed(json!({"jku": elsewhere}))),
        ("our key, with a jwk", mint.headed(json!({"jwk": jwk(&mint.key)}))),
        ("crit", mint.headed(json!({"crit": ["exp"]}))),
        ("an empty crit", mint.headed(json!({"crit": []}))),
        ("b64", mint.headed(json!({"b64": false, "crit": ["b64"]}))),
        ("b64 without crit", mint.headed(json!({"b64": false}))),
    ];
    refuse(api, &forged);
    for kid in ["../../../dev/null", "/proc/self/environ", "' OR '1'='1", "x' UNION SELECT 'a", ""]
    {
        refuse(api, &[(kid, mint.headed(json!({"kid": kid})))]);
        refuse(api, &[(kid, mint.by_another(|_| json!({"kid": kid})))]);
    }
    refuse(api, &[("no kid", mint.headed(json!({"kid": null})))]);
    refuse(api, &[("a number as kid", mint.headed(json!({"kid": 1})))]);
}

fn a_signature_is_of_this_token_by_this_deployment(api: &TestApi) {
    let mint = Mint::new(api);
    let honest = mint.signed(&mint.header, &mint.claims);
    // It is remembered from here on, which must not help its neighbours.
    ask(api, &honest).expect(200);
    let (message, signature) = honest.rsplit_once('.').expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let altered = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
    };
    let admin = encoded(&with(&mint.claims, json!({"scope": "admin"})));
    let header = encoded(&mint.header);
    refuse(
        api,
        &[
            ("no signature", format!("{message}.")),
            ("a flipped bit", altered(&|bytes| bytes[0] ^= 1)),
            ("a flipped last bit", altered(&|bytes| bytes[63] ^= 1)),
            ("a short one", altered(&|bytes| bytes.truncate(63))),
            ("a long one", altered(&|bytes| bytes.push(0))),
            ("zeroes", altered(&|bytes| bytes.fill(0))),
            ("of other claims", format!("{header}.{admin}.{signature}")),
        ],
    );
}

fn every_claim_is_needed_and_right(api: &TestApi) {
    let mint = Mint::new(api);
    let exp = mint.claims["exp"].as_i64().expect("seconds");
    for name in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "scope", "party"] {
        let mut members = json!({});
        members[name] = Value::Null;
        refuse(api, &[(name, mint.claiming(members))]);
    }
    let wrong = [
        json!({"exp": exp - 86_400}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": exp.to_string()}),
        json!({"exp": 1e308}),
        json!({"exp": [exp]}),
        json!({"nbf": exp - 1}),
        json!({"nbf": "now"}),
        json!({"iss": "https://elsewhere.example"}),
        json!({"iss": ""}),
        json!({"iss": ["https://ocop-link.local"]}),
        json!({"aud": "another"}),
        json!({"aud": ["another", "third"]}),
        json!({"aud": ""}),
        json!({"sub": 7}),
        json!({"scope": ["admin"]}),
        json!({"party": "admin"}),
        json!({"party": "' OR 1=1"}),
        json!({"party": 1}),
    ];
    for members in wrong {
        refuse(api, &[(&members.to_string(), mint.claiming(members.clone()))]);
    }
    let claims = mint.claims.to_string();
    let twice = claims.replacen('{', "{\"party\":\"00000000-0000-7000-8000-00000000000a\",", 1);
    refuse(api, &[("a claim twice", mint.signed_text(&mint.header, &twice))]);
    let huge = claims.replace(&exp.to_string(), "1e400");
    refuse(api, &[("a number that is none", mint.signed_text(&mint.header, &huge))]);
    refuse(api, &[("claims that are a list", mint.signed_text(&mint.header, "[]"))]);
    refuse(api, &[("claims that are no JSON", mint.signed_text(&mint.header, "exp"))]);
}

fn a_token_of_another_purpose_opens_nothing(api: &TestApi) {
    let mint = Mint::new(api);
    for kind in ["JWT", "rt+jwt", "dpop+jwt", "logout+jwt", "at+jwt ", ""] {
        refuse(api, &[(kind, mint.headed(json!({"typ": kind})))]);
    }
    refuse(api, &[("no type", mint.headed(json!({"typ": null})))]);
    let page = api.actor("Một", &["producer"]);
    api.actor("Hai", &["producer"]);
    let page = api.get("/v1/parties?limit=1").by(&page.token).send().expect(200);
    refuse(api, &[("a cursor", page.text("/next_cursor").to_owned())]);
}

fn what_is_no_token_is_none(api: &TestApi) {
    let mint = Mint::new(api);
    let honest = mint.signed(&mint.header, &mint.claims);
    let forged = [
        ("nothing", String::new()),
        ("dots", "..".into()),
        ("two parts", honest.rsplit_once('.').expect("parts").0.to_owned()),
        ("four parts", format!("{honest}.")),
        ("five parts", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c".into()),
        ("padding", format!("{honest}==")),
        ("a long one", "a".repeat(5000)),
        ("twice", format!("{honest} {honest}")),
        ("a comma", format!("{honest}, Bearer {honest}")),
    ];
    refuse(api, &forged);
    let sent = |name: &str, value: &str| api.get("/v1/parties").header(name, value).send();
    sent("authorization", &format!("bearer {honest}")).expect(200);
    sent("authorization", &honest).expect_problem(401, "unauthenticated");
    sent("authorization", &format!("Basic {honest}")).expect_problem(401, "unauthenticated");
    sent("cookie", &format!("token={honest}")).expect_problem(401, "unauthenticated");
    let two = api.get("/v1/parties").by(&honest).by(&honest).send();
    two.expect_problem(401, "unauthenticated");
    let in_address = api.get(&format!("/v1/parties?access_token={honest}")).send();
    in_address.expect(401);
}
