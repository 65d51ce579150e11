//! One connection type for both databases, chosen by the scheme of the URL alone. Must not know
//! tables.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Once;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, ConnectionError, PgConnection, QueryResult, SqliteConnection};
use diesel::{QueryableByName, RunQueryDsl};

use super::dialect::{is_transient, with_advice};

/// How long SQLite waits for another process's lock, in milliseconds.
pub(super) const BUSY_TIMEOUT_MS: u32 = 5_000;
/// How long to wait before asking again for the write-ahead log, in milliseconds.
const WAL_RETRY_MS: u32 = 5;
/// Permissions of a new file, which has the secrets of the deployment: its owner reads and writes.
const OWNER_ONLY: u32 = 0o600;
/// How long one PostgreSQL statement may run, in milliseconds.
const STATEMENT_TIMEOUT_MS: u32 = 10_000;
/// How long one PostgreSQL statement may wait for a lock, in milliseconds.
const LOCK_TIMEOUT_MS: u32 = 5_000;
/// Statements are prepared once, and their plans stay: a plan that was made while a table was small
/// must not read it as a whole once it is large, and what one row costs is not worth a compiler.
const PLANS: &str = "SET enable_seqscan = off; SET jit = off";
/// What libpq does about a server that does not answer, where the URL does not say otherwise: 3 s
/// to connect; a host that is gone is noticed within 15 s, also by a connection that only waits.
const LIVENESS: &str = "connect_timeout=3&keepalives_idle=5&keepalives_interval=5\
                        &keepalives_count=2&tcp_user_timeout=15000";

/// What an operator does about a server whose errors are not in English.
const REMEDY: &str = "a superuser must run ALTER ROLE … SET lc_messages = 'C' for the role of this \
                      service: in another language some errors of the database, such as a \
                      deadlock or a full disk, are answered 500 instead of 503";

/// The language of a server's messages.
#[derive(QueryableByName)]
struct Language {
    #[diesel(sql_type = Text)]
    lc_messages: String,
}

/// A connection to either database; one set of queries serves both.
#[derive(diesel::MultiConnection)]
pub(super) enum AnyConnection {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

/// Which database a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DatabaseUrl {
    /// Path of the database file.
    Sqlite(String),
    /// Connection URL.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads a URL: `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Self::parse_path(path.strip_prefix("//").unwrap_or(path));
        }
        let address = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let Some(address) = address else {
            return Err("setting database_url must begin with sqlite: or postgres://".into());
        };
        if !is_encoded(address) {
            return Err("setting database_url: user name and password must be percent-encoded: \
                        no / ? # @ [ ] or space before the last @, and two hexadecimal digits \
                        after each %"
                .into());
        }
        let wants_tls = ["require", "verify-ca", "verify-full"]
            .iter()
            .any(|mode| url.contains(&format!("sslmode={mode}")));
        if wants_tls && !cfg!(feature = "pg-tls") {
            return Err("setting database_url asks for TLS, and this binary was built without it \
                        (feature pg-tls); it will not connect in plain text instead"
                .into());
        }
        Ok(Self::Postgres(url.to_owned()))
    }

    /// What SQLite would take for something else than the path of a file is refused.
    fn parse_path(path: &str) -> Result<Self, String> {
        if path.is_empty() || path.starts_with(":memory:") || path.starts_with("file:") {
            return Err("setting database_url must have the path of a file after sqlite:".into());
        }
        Ok(Self::Sqlite(path.to_owned()))
    }

    /// What an operator is told of a database that cannot be opened.
    pub(super) fn cannot_open(&self, reason: String) -> String {
        format!("cannot open {}: {}", self.place(), with_advice(reason))
    }

    /// What an operator is told: the file, or nothing of a URL, which may have a password.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("the database file {path}"),
            Self::Postgres(_) => "the database".into(),
        }
    }

    /// Opens a connection with this service's settings.
    pub(super) fn connect(&self) -> Result<AnyConnection, ConnectionError> {
        match self {
            Self::Sqlite(path) => connect_sqlite(path).map(AnyConnection::Sqlite),
            Self::Postgres(url) => connect_postgres(url).map(AnyConnection::Postgres),
        }
    }
}

/// Whether the parts of a URL can be told apart, so that no message of libpq takes a part of the
/// password for another part, and shows it.
fn is_encoded(address: &str) -> bool {
    let credentials = address.rfind('@').map_or("", |at| &address[..at]);
    let is_hexadecimal = |text: &str| {
        text.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    };
    !credentials.contains(['/', '?', '#', '@', '[', ']', ' '])
        && address.split('%').skip(1).all(is_hexadecimal)
}

/// WAL with `synchronous=FULL`: an answered write survives a power cut.
fn connect_sqlite(path: &str) -> Result<SqliteConnection, ConnectionError> {
    create_file(path);
    let mut connection = SqliteConnection::establish(path)?;
    let settings = format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
    );
    let set = connection.batch_execute(&settings).and_then(|()| enter_wal(&mut connection));
    set.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// SQLite leaves the permissions of a file that is there already, and gives them to its logs. What
/// cannot be made is told by SQLite.
fn create_file(path: &str) {
    let _ = File::options().write(true).create_new(true).mode(OWNER_ONLY).open(path);
}

/// Several processes may open a new file at once, and SQLite does not wait for its lock when it
/// changes the journal: it would answer "database is locked" to all but one.
fn enter_wal(connection: &mut SqliteConnection) -> QueryResult<()> {
    for _ in 0..BUSY_TIMEOUT_MS / WAL_RETRY_MS {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(error) if is_transient(&error) => {
                thread::sleep(Duration::from_millis(WAL_RETRY_MS.into()));
            }
            outcome => return outcome,
        }
    }
    connection.batch_execute("PRAGMA journal_mode = WAL")
}

fn connect_postgres(url: &str) -> Result<PgConnection, ConnectionError> {
    let mut connection = PgConnection::establish(&with_liveness(url))?;
    let settings = format!(
        "SET statement_timeout = {STATEMENT_TIMEOUT_MS}; SET lock_timeout = {LOCK_TIMEOUT_MS}; \
         SET client_min_messages = warning; SET timezone = 'UTC'; {PLANS}"
    );
    connection.batch_execute(&settings).map_err(ConnectionError::CouldntSetupConfiguration)?;
    speak_english(&mut connection).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Errors without a kind of their own are known by their English text (`dialect`). Not every role
/// may choose the language; it then keeps that of the server.
fn speak_english(connection: &mut PgConnection) -> QueryResult<()> {
    static WARNED: Once = Once::new();
    let Language { lc_messages } = diesel::sql_query("SHOW lc_messages").get_result(connection)?;
    if !is_english(&lc_messages) && connection.batch_execute("SET lc_messages = 'C'").is_err() {
        WARNED.call_once(|| tracing::warn!(lc_messages, "{REMEDY}"));
    }
    Ok(())
}

fn is_english(locale: &str) -> bool {
    ["C", "POSIX"].contains(&locale) || locale.starts_with("C.") || locale.starts_with("en")
}

/// The URL with [`LIVENESS`] before its own parameters: of two with one name the later counts.
fn with_liveness(url: &str) -> String {
    // A password may have a question mark.
    let host = url.rfind('@').unwrap_or(0);
    let parameters = url[host..].find('?').map_or(url.len(), |at| host + at);
    let (address, own) = url.split_at(parameters);
    let own = own.trim_start_matches('?');
    format!("{address}?{LIVENESS}&{own}").trim_end_matches('&').to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_who_open_a_new_file_at_once_are_let_in() {
        const OPENERS: usize = 8;
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("new.db").display().to_string();
            let together = Barrier::new(OPENERS);
            let open = || {
                together.wait();
                connect_sqlite(&path).map(drop)
            };
            let opened: Vec<_> = thread::scope(|scope| {
                let openers: Vec<_> = (0..OPENERS).map(|_| scope.spawn(open)).collect();
                openers.into_iter().map(|opener| opener.join().expect("no panic")).collect()
            });
            assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        }
    }

    #[test]
    fn the_scheme_alone_chooses_the_database() {
        let sqlite = DatabaseUrl::parse("sqlite:data/ocop-link.db");
        assert_eq!(sqlite, Ok(DatabaseUrl::Sqlite("data/ocop-link.db".into())));
        let dsn = "postgres://ocop@localhost/ocop";
        assert_eq!(DatabaseUrl::parse(dsn), Ok(DatabaseUrl::Postgres(dsn.into())));
        for url in ["data/ocop-link.db", "mysql://localhost", "host=localhost", ""] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_path_stays_what_it_is() {
        for (url, path) in [
            ("sqlite:a.db", "a.db"),
            ("sqlite://a.db", "a.db"),
            ("sqlite:/b/a.db", "/b/a.db"),
            ("sqlite:///b/a.db", "/b/a.db"),
            ("sqlite:////b/a.db", "//b/a.db"),
        ] {
            assert_eq!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Sqlite(path.into())), "{url}");
        }
        for url in ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite:file:a.db?mode=ro"] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_url_whose_parts_could_be_mistaken_is_refused_and_not_shown() {
        for password in ["Secret/b+c=", "Secret@b", "Secret?b", "Secret#b", "Secret%4", "Secret%zz"]
        {
            let url = format!("postgres://ocop:{password}@host/db");
            let reason = DatabaseUrl::parse(&url).expect_err(password);
            assert!(reason.contains("database_url") && !reason.contains("Secret"), "{reason}");
        }
        for url in ["postgres://ocop:b%2F+c=@host/db", "postgres:///db?host=/run&user=ocop"] {
            assert!(DatabaseUrl::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn english_is_told_from_other_languages() {
        for (locale, english) in
            [("C", true), ("POSIX", true), ("C.UTF-8", true), ("en_US.UTF-8", true)]
                .into_iter()
                .chain([("", false), ("vi_VN.UTF-8", false), ("de_DE@euro", false)])
        {
            assert_eq!(is_english(locale), english, "{locale}");
        }
    }

    #[test]
    fn the_parameters_of_the_operator_count() {
        let url = "postgres://localhost/ocop?connect_timeout=9";
        let plain = url.split_once('?').map(|(address, _)| with_liveness(address));
        assert_eq!(plain, Some(format!("postgres://localhost/ocop?{LIVENESS}")));
        let own = with_liveness(url);
        assert!(own.find("connect_timeout=3") < own.find("connect_timeout=9"), "{own}");
        let password = with_liveness("postgres://ocop:a?b@localhost/ocop");
        assert_eq!(password, format!("postgres://ocop:a?b@localhost/ocop?{LIVENESS}"));
    }

    #[cfg(not(feature = "pg-tls"))]
    #[test]
    fn tls_is_never_replaced_by_plain_text() {
        let refused = DatabaseUrl::parse("postgres://localhost/ocop?sslmode=require");
        assert!(refused.is_err_and(|reason| reason.contains("pg-tls")));
    }
}
