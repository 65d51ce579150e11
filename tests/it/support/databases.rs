//! Databases for tests: SQLite in a temporary folder always; PostgreSQL from `TEST_POSTGRES_URL`,
//! else a throw-away server, else reported as skipped (an error where `CI` is set). Each test has a
//! database of its own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use ocop_link::store::Database;
use tempfile::TempDir;

use super::cluster::Cluster;

/// Connections of a test database.
const CONNECTIONS: usize = 4;

/// Which database a test case runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database of one test without a table; it goes when this goes.
pub(crate) struct EmptyDatabase {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    directory: Option<TempDir>,
    name: Option<String>,
}

/// A database of one test with the current schema.
pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    pub(crate) home: EmptyDatabase,
}

impl EmptyDatabase {
    /// A new one; none where there is no server.
    pub(crate) fn new(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::sqlite()),
            Engine::Postgres => server().map(|server| Self::postgres(server, "template0")),
        }
    }

    fn sqlite() -> Self {
        let directory = TempDir::new().expect("a folder");
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        Self { engine: Engine::Sqlite, url, directory: Some(directory), name: None }
    }

    fn postgres(server: &Server, template: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("ocop_link_test_{}_{number}", std::process::id());
        server.run(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let url = server.url(&name);
        Self { engine: Engine::Postgres, url, directory: None, name: Some(name) }
    }

    /// The path of the file, on SQLite.
    pub(crate) fn path(&self) -> &str {
        self.url.strip_prefix("sqlite:").expect("SQLite")
    }
}

impl Drop for EmptyDatabase {
    fn drop(&mut self) {
        if let (Some(name), Some(server)) = (&self.name, server()) {
            server.run(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
        drop(self.directory.take());
    }
}

impl TestDatabase {
    /// A new one; none where there is no server.
    pub(crate) fn new(engine: Engine) -> Option<Self> {
        let home = match engine {
            Engine::Sqlite => EmptyDatabase::sqlite(),
            Engine::Postgres => EmptyDatabase::postgres(server()?, "template1"),
        };
        let database = Database::open(&home.url, CONNECTIONS).expect("a database");
        Some(Self { database, home })
    }
}

enum Server {
    Given(String),
    Own(Cluster),
}

impl Server {
    fn url(&self, name: &str) -> String {
        match self {
            Self::Own(cluster) => cluster.url(name),
            Self::Given(url) => {
                let (address, options) = url.split_once('?').unwrap_or((url, ""));
                let scheme_end = address.find("://").expect("a URL") + 3;
                let host_end =
                    address[scheme_end..].find('/').map_or(address.len(), |at| scheme_end + at);
                format!("{}/{name}?{options}", &address[..host_end])
            }
        }
    }

    fn run(&self, statement: &str) {
        let url = match self {
            Self::Given(url) => url.clone(),
            Self::Own(_) => self.url("postgres"),
        };
        let mut connection = PgConnection::establish(&url).expect("a connection");
        connection.batch_execute(statement).expect(statement);
    }
}

/// The server of this process. A server of our own has the schema in `template1`, so that each new
/// database is born with it.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => Some(Server::Given(url)),
        Err(_) => {
            let cluster = Cluster::start("64MB")?;
            drop(Database::open(&cluster.url("template1"), 1).expect("the schema"));
            Some(Server::Own(cluster))
        }
    };
    SERVER.get_or_init(start).as_ref()
}

/// Runs `test` on a database of its own, or tells that there is none to run it on.
pub(crate) fn run<T>(database: Option<T>, test: impl FnOnce(&T)) {
    match database {
        Some(database) => test(&database),
        None => report_skipped(),
    }
}

/// Says that a test does not run because there is no PostgreSQL, which in CI is a failure.
#[expect(clippy::print_stderr, reason = "the test harness has no word for skipped")]
pub(crate) fn report_skipped() {
    assert!(std::env::var_os("CI").is_none(), "CI needs PostgreSQL");
    eprintln!("skipped: neither TEST_POSTGRES_URL nor PostgreSQL binaries");
}

/// Makes two test cases, `sqlite` and `postgres`, of each function over a `&TestDatabase` (or over
/// an `&EmptyDatabase` after `empty:`).
macro_rules! on_both {
    (empty: $($test:ident),+ $(,)?) => {
        $crate::support::databases::on_both!(@ EmptyDatabase $($test)+);
    };
    (@ $kind:ident $($test:ident)+) => { $(
        mod $test {
            use $crate::support::databases::{Engine, $kind, run};

            #[test]
            fn sqlite() {
                run($kind::new(Engine::Sqlite), super::$test);
            }

            #[test]
            fn postgres() {
                run($kind::new(Engine::Postgres), super::$test);
            }
        }
    )+ };
    ($($test:ident),+ $(,)?) => {
        $crate::support::databases::on_both!(@ TestDatabase $($test)+);
    };
}

pub(crate) use on_both;
