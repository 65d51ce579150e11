//! The API as a client meets it: a server on a free port, one a test, on a database of its own,
//! with a clock that stands still. Every answer is held against the published contract.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use matching::date::Timestamp;
use matching::id::PartyId;
use ocop_link::actions::audit;
use ocop_link::app::App;
use ocop_link::caller::ordinary_scopes;
use ocop_link::clock::{Clock, FixedClock};
use ocop_link::config::{Config, RateLimits};
use ocop_link::http::state::AppData;
use ocop_link::http::token::Grant;
use ocop_link::http::{json as strict, server};
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract;
use super::databases::{EmptyDatabase, Engine, TestDatabase};

/// The time at which every test begins.
pub(crate) const START: &str = "2026-11-23T03:00:00Z";

/// Tests ask more often than clients may.
const UNBOUNDED: RateLimits = RateLimits {
    client: u32::MAX,
    address: u32::MAX,
    token: u32::MAX,
    sessions: u32::MAX,
    search: u32::MAX,
    preview: u32::MAX,
    allocation: u32::MAX,
    import: u32::MAX,
};

/// A running server.
pub(crate) struct TestApi {
    pub(crate) data: Data<AppData>,
    pub(crate) clock: Arc<FixedClock>,
    base_url: String,
    agent: ureq::Agent,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    // Dropped last: the server must be gone before its database.
    _home: EmptyDatabase,
}

/// A party with a token.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) party_id: String,
    pub(crate) token: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// The body as it came, for one that is no JSON.
    pub(crate) bytes: Vec<u8>,
}

/// A request that is being put together.
pub(crate) struct Request<'a> {
    api: &'a TestApi,
    method: &'a str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl TestApi {
    /// A server on a new database; none where there is no database server.
    pub(crate) fn new(engine: Engine) -> Option<Self> {
        Self::configured(engine, |_| {})
    }

    /// A server with other settings than those of most tests.
    pub(crate) fn configured(engine: Engine, change: impl FnOnce(&mut Config)) -> Option<Self> {
        let TestDatabase { database, home } = TestDatabase::new(engine)?;
        drop(database);
        let mut config = Config {
            database_url: home.url.clone(),
            database_connections: 4,
            workers: 1,
            ..Config::load().expect("settings")
        };
        config.traffic.rate_limits = UNBOUNDED;
        change(&mut config);
        Some(Self::on(home, config))
    }

    fn on(home: EmptyDatabase, config: Config) -> Self {
        let start: Timestamp = START.parse().expect("an instant");
        let clock = FixedClock::new(start);
        let app = App::open(config, Clock::Fixed(Arc::clone(&clock))).expect("an app");
        let data = Data::new(AppData::new(app).expect("a contract"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let (send_handle, handles) = channel();
        let served = data.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server::serve(served, listener).expect("a server");
                send_handle.send(server.handle()).expect("a test that waits");
                server.await.expect("a clean stop");
            });
        });
        let handle = handles.recv().expect("a handle");
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Self { data, clock, base_url, agent, handle, thread: Some(thread), _home: home }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    /// Moves the clock.
    pub(crate) fn at(&self, instant: &str) {
        self.clock.set(instant.parse().expect("an instant"));
    }

    /// A token for `party` with `scope`, valid for a day.
    pub(crate) fn token(&self, party: &str, scope: &str) -> String {
        let party: PartyId = party.parse().expect("an id");
        let (subject, scope) = ("test".into(), scope.into());
        let grant = Grant { subject, party, scope, seconds: 86_400, session: None };
        let tokens = self.data.authenticator.tokens();
        tokens.mint(&grant, self.data.app.clock().now(), Uuid::from_u128(7)).expect("a token")
    }

    /// The key that signs tokens now, in PKCS #8.
    pub(crate) fn signing_key(&self) -> Vec<u8> {
        let app = &self.data.app;
        app.keys().ring().signing(app.clock().now()).expect("a key").pkcs8.clone()
    }

    /// A token that may do anything.
    pub(crate) fn admin(&self) -> String {
        self.token("00000000-0000-7000-8000-00000000000a", "admin")
    }

    /// A new party with these roles, seated in TP. Hồ Chí Minh.
    pub(crate) fn actor(&self, name: &str, roles: &[&str]) -> Actor {
        self.actor_at(name, roles, json!({"province_code": "79"}))
    }

    /// A new party with these roles and this seat.
    pub(crate) fn actor_at(&self, name: &str, roles: &[&str], place: Value) -> Actor {
        let form = if roles.contains(&"authority") { "agency" } else { "enterprise" };
        let body = json!({"name": name, "legal_form": form, "roles": roles, "place": place});
        let made = self.post("/v1/parties", &body).by(&self.admin()).send();
        assert_eq!(made.status, 201, "{}", made.body);
        let party_id = made.text("/id").to_owned();
        let token = self.token(&party_id, &ordinary_scopes());
        Actor { party_id, token }
    }

    pub(crate) fn request<'a>(&'a self, method: &'a str, path: &str) -> Request<'a> {
        Request { api: self, method, path: path.into(), headers: Vec::new(), body: None }
    }

    pub(crate) fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Request<'_> {
        self.request("POST", path).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Request<'_> {
        self.request("PUT", path).json(body)
    }

    /// A patch without `If-Match`.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Request<'_> {
        let request = self.request("PATCH", path);
        request.header("content-type", "application/merge-patch+json").raw(body.to_string())
    }

    /// A state action: `POST` without a body.
    pub(crate) fn act(&self, path: &str) -> Request<'_> {
        self.request("POST", path)
    }
}

impl TestApi {
    /// What no test may leave behind.
    fn audit(&self) {
        let findings = self.data.app.database().read(audit::run).expect("legal rows");
        assert!(findings.is_empty(), "{findings:?}");
    }
}

impl Drop for TestApi {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.audit();
        }
        let stop = self.handle.stop(false);
        if let Some(thread) = self.thread.take() {
            actix_web::rt::System::new().block_on(stop);
            let _ = thread.join();
        }
    }
}

impl Request<'_> {
    pub(crate) fn by(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Acts for another party under a grant.
    pub(crate) fn on_behalf_of(self, party: &str) -> Self {
        self.header("on-behalf-of", party)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn if_match(self, version: i64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").raw(body.to_string())
    }

    pub(crate) fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it, and holds the answer against the contract.
    pub(crate) fn send(self) -> Answer {
        let url = format!("{}{}", self.api.base_url, self.path);
        let mut builder = ureq::http::Request::builder().method(self.method).uri(url);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let request = builder.body(self.body.unwrap_or_default()).expect("a request");
        let mut response = self.api.agent.run(request).expect("an answer");
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
        });
        let headers = headers.collect();
        let bytes = response.body_mut().read_to_vec().expect("a body");
        let body = strict::read(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: response.status().as_u16(), headers, body, bytes };
        contract::check((self.method, &self.path), &answer);
        answer
    }
}

impl Answer {
    /// The member at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    pub(crate) fn number(&self, pointer: &str) -> i64 {
        self.at(pointer).as_i64().unwrap_or(i64::MIN)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The answer, which must be a problem with this code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.text("/code")), (status, code), "{}", self.body);
        self
    }

    /// The answer, which must say of the field at `pointer` that it breaks the rule `code`.
    #[track_caller]
    pub(crate) fn expect_violation(self, pointer: &str, code: &str) -> Self {
        let errors = self.at("/errors").as_array().cloned().unwrap_or_default();
        let found = errors.iter().any(|error| {
            let at = error["pointer"].as_str().or(error["parameter"].as_str());
            at == Some(pointer) && error["code"] == code
        });
        assert!(found, "no {code} at {pointer}: {}", self.body);
        self
    }
}

/// Makes two test cases, `sqlite` and `postgres`, of each function over a `&TestApi`; with
/// `settings =>` before them, on servers with the settings that this function changes.
macro_rules! api_tests {
    (@ $test:ident, $open:expr) => {
        mod $test {
            use $crate::support::api::TestApi;
            use $crate::support::databases::{Engine, run};

            #[test]
            fn sqlite() {
                run($open(Engine::Sqlite), super::$test);
            }

            #[test]
            fn postgres() {
                run($open(Engine::Postgres), super::$test);
            }
        }
    };
    ($settings:ident => $($test:ident),+ $(,)?) => { $(
        $crate::support::api::api_tests!(
            @ $test, (|engine| TestApi::configured(engine, super::$settings))
        );
    )+ };
    ($($test:ident),+ $(,)?) => { $(
        $crate::support::api::api_tests!(@ $test, TestApi::new);
    )+ };
}

pub(crate) use api_tests;
