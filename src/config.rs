//! Every setting, its default and its meaning in one place. A setting comes from the environment
//! (`OCOP_LINK_<KEY>`), else from the TOML file that `OCOP_LINK_CONFIG` names, else its default.

mod machine;
mod traffic;

use std::env::VarError;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use matching::price::{FreightRate, MAX_FREIGHT_VND_PER_TONNE_KM};
use tracing::level_filters::LevelFilter;

pub use traffic::{Origin, RateLimits, Timeouts, Traffic};

/// Prefix of environment variables.
const PREFIX: &str = "OCOP_LINK_";

/// The longest life of an access token, in seconds: a day.
pub const MAX_TOKEN_SECONDS: u32 = 24 * 3600;

/// The most HTTP worker threads that the framework starts.
const MAX_WORKERS: usize = 512;

/// The most memory for lists of matches, in MB: 64 GB.
const MAX_KEPT_LISTS_MB: usize = 64 << 10;
/// The least memory for them by default, in MB.
const USUAL_KEPT_LISTS_MB: usize = 32;
/// Which part of the machine's memory they may take by default, where that is more.
const KEPT_LISTS_PART: usize = 32;

/// The keys that a file may hold.
const KEYS: [&str; 29] = [
    "database_url",
    "database_connections",
    "host",
    "port",
    "workers",
    "issuer",
    "audience",
    "token_seconds",
    "freight_vnd_per_tonne_km",
    "kept_lists_mb",
    "allocation_pairs",
    "allocation_threads",
    "log",
    "log_format",
    "metrics_address",
    "trusted_proxies",
    "cors_origins",
    "rate_limit_client",
    "rate_limit_address",
    "rate_limit_token",
    "rate_limit_sessions",
    "rate_limit_search",
    "rate_limit_preview",
    "rate_limit_allocation",
    "rate_limit_import",
    "header_timeout_ms",
    "body_timeout_ms",
    "write_timeout_ms",
    "drain_ms",
];

/// The settings of one process.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`; default `sqlite:ocop-link.db` in the working directory.
    pub database_url: String,
    /// Connections of the pool (SQLite: readers beside the one writer); default 8.
    pub database_connections: usize,
    /// Address to listen on; default 127.0.0.1.
    pub host: String,
    /// Port to listen on, 0 for any free one; default 8080.
    pub port: u16,
    /// HTTP worker threads, 512 at the most; default the number of cores.
    pub workers: usize,
    /// `iss` of access tokens, the same on every instance; default `https://ocop-link.local`.
    pub issuer: String,
    /// `aud` of access tokens; default `ocop-link`.
    pub audience: String,
    /// Life of an access token in seconds, a day at the most; default 900.
    pub token_seconds: u32,
    /// Freight rate (`freight_vnd_per_tonne_km`); default 2500 đồng for a tonne over a kilometre.
    pub freight_rate: FreightRate,
    /// Memory for lists of matches that may be told again, in MB, 0 for none; default a 32nd of the
    /// machine's or the container's, 32 at the least.
    pub kept_lists_mb: usize,
    /// Eligible pairs that one run of the allocation holds; of more, those that a plan may use are
    /// held and all are priced; default 2,000,000.
    pub allocation_pairs: usize,
    /// Threads that judge the pairs of one run of the allocation; the answer does not depend on
    /// them. Default one less than the number of cores, so that one is left to requests.
    pub allocation_threads: usize,
    /// Log filter, such as `info` or `ocop_link=debug`; default `info`.
    pub log: String,
    /// How a line of the log is written; default text.
    pub log_format: LogFormat,
    /// Where `/metrics` is served, such as `127.0.0.1:9090`; default nowhere.
    pub metrics_address: Option<SocketAddr>,
    /// What clients may do, and how long it may take.
    pub traffic: Traffic,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json"),
        }
    }
}

/// A log filter whose words without `=` are levels: another would be taken for the name of a part
/// of the program, and silence all others.
struct LogFilter(String);

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bare = text.split(',').map(str::trim).filter(|part| !part.contains(['=', '[']));
        match bare.find(|word| !word.is_empty() && word.parse::<LevelFilter>().is_err()) {
            Some(word) => Err(format!("{word} is no level")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl Config {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn load() -> Result<Self, String> {
        let file = match variable(&format!("{PREFIX}CONFIG"))? {
            Some(path) => read_file(&path)?,
            None => toml::Table::new(),
        };
        Self::from_sources(&file, &variable)
    }

    fn from_sources(file: &toml::Table, environment: &Environment) -> Result<Self, String> {
        if let Some(unknown) = file.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(format!("unknown setting {unknown}"));
        }
        let sources = Sources { file, environment };
        let cores = machine::cores();
        let kept_lists_mb = usual_kept_lists_mb(machine::memory_mb());
        Ok(Self {
            database_url: sources.get("database_url", "sqlite:ocop-link.db".to_owned())?,
            database_connections: sources.at_least_one("database_connections", 8)?,
            host: sources.get("host", "127.0.0.1".to_owned())?,
            port: sources.get("port", 8080)?,
            workers: sources.within("workers", cores.min(MAX_WORKERS), 1..=MAX_WORKERS)?,
            issuer: sources.get("issuer", "https://ocop-link.local".to_owned())?,
            audience: sources.get("audience", "ocop-link".to_owned())?,
            token_seconds: sources.within("token_seconds", 900, 1..=MAX_TOKEN_SECONDS)?,
            freight_rate: freight_rate(sources.get("freight_vnd_per_tonne_km", 2500)?)?,
            kept_lists_mb: sources.within("kept_lists_mb", kept_lists_mb, 0..=MAX_KEPT_LISTS_MB)?,
            allocation_pairs: sources.at_least_one("allocation_pairs", 2_000_000)?,
            allocation_threads: sources
                .at_least_one("allocation_threads", cores.saturating_sub(1).max(1))?,
            log: sources.get("log", LogFilter("info".to_owned()))?.0,
            log_format: sources.get("log_format", LogFormat::Text)?,
            metrics_address: sources.list("metrics_address")?.pop(),
            traffic: Traffic::read(&sources)?,
        })
    }
}

fn freight_rate(vnd_per_tonne_km: u64) -> Result<FreightRate, String> {
    let most = MAX_FREIGHT_VND_PER_TONNE_KM;
    let complaint = || format!("setting freight_vnd_per_tonne_km must be from 0 to {most}");
    FreightRate::new(vnd_per_tonne_km).ok_or_else(complaint)
}

fn usual_kept_lists_mb(memory_mb: usize) -> usize {
    (memory_mb / KEPT_LISTS_PART).clamp(USUAL_KEPT_LISTS_MB, MAX_KEPT_LISTS_MB)
}

/// What the environment says of a variable; an error if it is no text.
type Environment<'a> = dyn Fn(&str) -> Result<Option<String>, String> + 'a;

fn variable(name: &str) -> Result<Option<String>, String> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("setting {name} is not UTF-8")),
    }
}

fn read_file(path: &str) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    text.parse().map_err(|error| format!("{path}: {}", unquoted(&text, &error)))
}

/// Where and why a file cannot be read, without the line itself, which may have a password.
fn unquoted(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}: {}", error.message())
}

struct Sources<'a> {
    file: &'a toml::Table,
    environment: &'a Environment<'a>,
}

impl Sources<'_> {
    fn get<T: FromStr<Err: Display>>(&self, key: &str, default: T) -> Result<T, String> {
        let variable = format!("{PREFIX}{}", key.to_uppercase());
        let text = (self.environment)(&variable)?.or_else(|| self.file.get(key).map(plain));
        let Some(text) = text else {
            return Ok(default);
        };
        text.parse().map_err(|error| format!("setting {key} = {text:?}: {error}"))
    }

    /// The parts of a text between commas; none if the setting is absent or empty.
    fn list<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Vec<T>, String> {
        let text: String = self.get(key, String::new())?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parse =
            |part: &str| part.parse().map_err(|error| format!("setting {key} = {part:?}: {error}"));
        parts.map(parse).collect()
    }

    fn within<T: FromStr<Err: Display> + Display + PartialOrd>(
        &self,
        key: &str,
        default: T,
        legal: RangeInclusive<T>,
    ) -> Result<T, String> {
        let number = self.get(key, default)?;
        let (min, max) = (legal.start(), legal.end());
        let complaint = || format!("setting {key} must be from {min} to {max}");
        legal.contains(&number).then_some(number).ok_or_else(complaint)
    }

    fn at_least_one(&self, key: &str, default: usize) -> Result<usize, String> {
        match self.get(key, default)? {
            0 => Err(format!("setting {key} must be at least 1")),
            number => Ok(number),
        }
    }
}

fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let file = file.parse().expect("TOML");
        Config::from_sources(&file, &|name| {
            let found = environment.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
        let config = with("port = 9000\nhost = '0.0.0.0'", &[("OCOP_LINK_PORT", "9001")]);
        let config = config.expect("legal settings");
        assert_eq!((config.port, config.host.as_str()), (9001, "0.0.0.0"));
        assert_eq!(config.audience, "ocop-link");
    }

    #[test]
    fn a_list_has_commas_between_its_parts() {
        let file = "trusted_proxies = '10.0.0.1, fd00::/8'\ncors_origins = 'https://a.example'";
        let traffic = with(file, &[]).expect("legal settings").traffic;
        assert_eq!(traffic.trusted_proxies.len(), 2);
        assert_eq!(traffic.cors_origins.len(), 1);
        assert!(with("", &[]).expect("defaults").traffic.cors_origins.is_empty());
    }

    #[test]
    fn an_error_names_its_key() {
        let cases = [
            ("prot = 9000", ("", ""), "prot"),
            ("", ("OCOP_LINK_PORT", "eighty"), "port"),
            ("workers = 0", ("", ""), "workers"),
            ("log_format = 'xml'", ("", ""), "log_format"),
            ("metrics_address = 'here'", ("", ""), "metrics_address"),
            ("rate_limit_client = 0", ("", ""), "rate_limit_client"),
            ("body_timeout_ms = 0", ("", ""), "body_timeout_ms"),
            ("trusted_proxies = '10.0.0.0/33'", ("", ""), "trusted_proxies"),
            ("trusted_proxies = '0.0.0.0/0'", ("", ""), "trusted_proxies"),
            ("trusted_proxies = '::/0'", ("", ""), "trusted_proxies"),
            ("cors_origins = '*'", ("", ""), "cors_origins"),
            ("cors_origins = 'https://a.example/path'", ("", ""), "cors_origins"),
            ("freight_vnd_per_tonne_km = 1000001", ("", ""), "freight_vnd_per_tonne_km"),
            ("token_seconds = 0", ("", ""), "token_seconds"),
            ("token_seconds = 86401", ("", ""), "token_seconds"),
            ("workers = 513", ("", ""), "workers"),
            ("write_timeout_ms = 2147483648", ("", ""), "write_timeout_ms"),
            ("log = 'inof'", ("", ""), "log"),
            ("log = 'ocop_link=debug,inof'", ("", ""), "log"),
        ];
        for (file, variable, key) in cases {
            let error = with(file, &[variable]).expect_err("illegal");
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_repeated() {
        let text = "port = 1\ndatabase_url = 'postgres://ocop:secret@db/ocop";
        let error = text.parse::<toml::Table>().expect_err("no quote");
        let told = unquoted(text, &error);
        assert!(told.starts_with("line 2: ") && !told.contains("secret"), "{told}");
    }

    #[test]
    fn kept_lists_may_take_a_part_of_the_memory() {
        let memories = [0, 512, 8 << 10, 24 << 10, 1 << 40];
        let parts = memories.map(usual_kept_lists_mb);
        assert_eq!(parts, [32, 32, 256, 768, MAX_KEPT_LISTS_MB]);
    }

    #[test]
    fn a_log_filter_has_levels_and_targets() {
        for filter in ["info", "WARN,ocop_link=debug", "off", "ocop_link[request]=trace,error"] {
            let config = with("", &[("OCOP_LINK_LOG", filter)]);
            assert_eq!(config.expect(filter).log, filter);
        }
    }
}
