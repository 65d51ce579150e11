//! Settings of what clients may do: how often, how slowly, from where.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::Sources;

/// The longest timeout in milliseconds: the kernel takes no longer one.
const MAX_TIMEOUT_MS: u64 = i32::MAX as u64;

/// What clients may do, and how long it may take.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks; default none.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may call the API from a browser; default none.
    pub cors_origins: Vec<Origin>,
    /// How often.
    pub rate_limits: RateLimits,
    /// How slowly.
    pub timeouts: Timeouts,
}

/// The most requests within a minute, each counted by one instance.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Of one client, all its requests together; default 600.
    pub client: u32,
    /// From one address without a valid token; default 1200.
    pub address: u32,
    /// For a token, from one address; default 60.
    pub token: u32,
    /// To log in, from one address; default 10.
    pub sessions: u32,
    /// Of one client, product searches; default 300.
    pub search: u32,
    /// Of one client, previews of matches; default 120.
    pub preview: u32,
    /// Of one client, runs of the allocation; default 30.
    pub allocation: u32,
    /// Of one client, imports; default 30.
    pub import: u32,
}

/// How long a client may take, and how long a stop is announced.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// To send the headers of a request; default 5 s.
    pub header: Duration,
    /// To send its body; default 15 s.
    pub body: Duration,
    /// To take the next bytes of an answer; default 30 s.
    pub write: Duration,
    /// From SIGTERM, when readiness ends, until no connection is accepted any more; default 2 s.
    pub drain: Duration,
}

impl RateLimits {
    /// These limits with `factor` times the room.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self {
            client: self.client.saturating_mul(factor),
            address: self.address.saturating_mul(factor),
            token: self.token.saturating_mul(factor),
            sessions: self.sessions.saturating_mul(factor),
            search: self.search.saturating_mul(factor),
            preview: self.preview.saturating_mul(factor),
            allocation: self.allocation.saturating_mul(factor),
            import: self.import.saturating_mul(factor),
        }
    }
}

impl Traffic {
    pub(super) fn read(sources: &Sources<'_>) -> Result<Self, String> {
        let proxies: Vec<Network> = sources.list("trusted_proxies")?;
        let milliseconds = |key, default| {
            sources.within(key, default, 1..=MAX_TIMEOUT_MS).map(Duration::from_millis)
        };
        let per_minute = |key, default| {
            let number = sources.at_least_one(key, default)?;
            u32::try_from(number).map_err(|_| format!("setting {key} is too large"))
        };
        Ok(Self {
            trusted_proxies: proxies.into_iter().map(|Network(network)| network).collect(),
            cors_origins: sources.list("cors_origins")?,
            rate_limits: RateLimits {
                client: per_minute("rate_limit_client", 600)?,
                address: per_minute("rate_limit_address", 1200)?,
                token: per_minute("rate_limit_token", 60)?,
                sessions: per_minute("rate_limit_sessions", 10)?,
                search: per_minute("rate_limit_search", 300)?,
                preview: per_minute("rate_limit_preview", 120)?,
                allocation: per_minute("rate_limit_allocation", 30)?,
                import: per_minute("rate_limit_import", 30)?,
            },
            timeouts: Timeouts {
                header: milliseconds("header_timeout_ms", 5_000)?,
                body: milliseconds("body_timeout_ms", 15_000)?,
                write: milliseconds("write_timeout_ms", 30_000)?,
                drain: milliseconds("drain_ms", 2_000)?,
            },
        })
    }
}

/// A network of proxies. Not the whole of all addresses: then anyone could claim any address.
struct Network(IpNet);

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let network = text.parse().ok().or_else(address).ok_or("is no address or network")?;
        if network.prefix_len() == 0 {
            return Err("trusts every address");
        }
        Ok(Self(network))
    }
}

/// An origin (RFC 6454): scheme, host and port of a page, as a browser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = host.ok_or("is not http://HOST or https://HOST")?;
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err("has more or less than scheme, host and port");
        }
        Ok(Self(text.to_owned()))
    }
}
