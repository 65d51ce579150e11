//! Clients and users for tests, made as the operator makes them, and the form of `/oauth/token`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use matching::id::{ClientId, UserId};
use ocop_link::actions::clients::{self, ClientCommand, SecretRotation};
use ocop_link::actions::users::{self, UserCommand};
use ocop_link::app::Context;
use ocop_link::caller::{Caller, Scope, Scopes};
use ocop_link::credentials::login::{Email, Phone};
use ocop_link::credentials::password::Password;
use ocop_link::credentials::secret::{Secret, SecretKind};
use ocop_link::error::Error;
use ocop_link::store::WriteTx;
use serde_json::{Value, json};

use super::api::{Answer, Request, TestApi};

/// The password of every user of a test.
pub(crate) const PASSWORD: &str = "mật khẩu đủ dài";
/// How long a secret is accepted, in days.
pub(crate) const SECRET_DAYS: u32 = 30;

/// A client as its author knows it.
#[derive(Debug, Clone)]
pub(crate) struct TestClient {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl TestClient {
    /// The value of `Authorization` by HTTP Basic.
    pub(crate) fn basic(&self) -> String {
        basic(&self.id, &self.secret)
    }
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The claims of a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

impl TestApi {
    /// Writes as the operator does.
    pub(crate) fn as_operator<T: Send + 'static>(
        &self,
        work: impl Fn(&mut WriteTx<'_>, &Context) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let party = "00000000-0000-7000-8000-00000000000a".parse().expect("an id");
        let context = self.data.app.context(Caller::new("test", party, vec![Scope::Admin]));
        self.data.app.database().write(move |tx| work(tx, &context))
    }

    /// A client of `party` that may ask for `scope`.
    pub(crate) fn client(&self, party: &str, scope: &str) -> TestClient {
        let command = ClientCommand {
            party: party.parse().expect("an id"),
            name: "ERP".into(),
            scopes: Scopes::parse(scope).expect("scopes"),
            secret_days: SECRET_DAYS,
        };
        let secret = Secret::generate(SecretKind::Client).expect("randomness");
        let kept = secret.hash();
        let made = self.as_operator(move |tx, ctx| clients::create(tx, ctx, &command, &kept));
        let id = made.expect("a client").client.id.to_string();
        TestClient { id, secret: secret.reveal().into() }
    }

    /// The same client with a new secret; the one before is accepted for `overlap_days`.
    pub(crate) fn rotate_secret(&self, client: &TestClient, overlap_days: u32) -> TestClient {
        let id: ClientId = client.id.parse().expect("an id");
        let rotation = SecretRotation { secret_days: SECRET_DAYS, overlap_days };
        let secret = Secret::generate(SecretKind::Client).expect("randomness");
        let kept = secret.hash();
        let rotated =
            self.as_operator(move |tx, ctx| clients::rotate(tx, ctx, (id, rotation), &kept));
        rotated.expect("rotated");
        TestClient { id: client.id.clone(), secret: secret.reveal().into() }
    }

    /// A user of `party` with [`PASSWORD`].
    pub(crate) fn user(&self, party: &str, phone: &str, email: Option<&str>) -> UserId {
        let command = UserCommand {
            party: party.parse().expect("an id"),
            name: "Nguyễn Thị Lan".into(),
            phone: Some(Phone::parse(phone).expect("a phone number")),
            email: email.map(|email| Email::parse(email).expect("an address")),
            scopes: Scopes::ordinary(),
        };
        let hash = Password::chosen(PASSWORD).expect("legal").hash().expect("a hash");
        let made = self.as_operator(move |tx, ctx| users::create(tx, ctx, &command, &hash));
        made.expect("a user").id
    }

    /// A request for a token with this form.
    pub(crate) fn token_request(&self, form: &[(&str, &str)]) -> Request<'_> {
        let pairs = form.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+")));
        let body = pairs.collect::<Vec<_>>().join("&");
        let request = self.request("POST", "/oauth/token");
        request.header("content-type", "application/x-www-form-urlencoded").raw(body)
    }

    /// The answer to a log-in by phone number.
    pub(crate) fn log_in(&self, phone: &str, password: &str) -> Answer {
        let body = json!({"phone": phone, "password": password});
        self.post("/v1/sessions", &body).send()
    }

    /// The answer to a refresh token.
    pub(crate) fn refresh(&self, token: &str) -> Answer {
        self.token_request(&[("grant_type", "refresh_token"), ("refresh_token", token)]).send()
    }
}

impl Answer {
    /// The answer, which must be an error of OAuth.
    #[track_caller]
    pub(crate) fn expect_oauth_error(self, status: u16, error: &str) -> Self {
        assert_eq!((self.status, self.text("/error")), (status, error), "{}", self.body);
        assert!(!self.text("/error_description").is_empty());
        assert_eq!(self.header("cache-control"), "no-store");
        self
    }
}
