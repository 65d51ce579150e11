//! How often a client may ask: requests are counted by client, by address before login, and once
//! more for what is costly (docs/API.md, "Rate limits"). Each instance counts for itself.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use matching::date::Timestamp;

use super::client_address;
use super::problem::{ApiError, ProblemCode};
use crate::caller::Caller;
use crate::config::RateLimits;

/// What a client may do (draft-ietf-httpapi-ratelimit-headers-10 section 3).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it (section 4).
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// How long a window is, in seconds.
const WINDOW_S: u32 = 60;
const WINDOW_US: i64 = WINDOW_S as i64 * 1_000_000;
/// The most clients or addresses that one policy counts apart, 24 bytes each; whoever comes when
/// there are as many is counted together with the others who do.
const MAX_COUNTED: usize = 100_000;
/// The key of those who are counted together.
const OTHERS: u64 = 0;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// A client with a valid token.
    Known(Caller),
    /// An address without one.
    Address(IpAddr),
    /// A connection that is gone already.
    Nobody,
}

/// Whether an operation is asked for to become known: whoever tries is counted by address, whatever
/// token it holds already.
#[must_use]
pub fn is_login(operation: (&str, &str)) -> bool {
    matches!(operation, ("POST", "/v1/sessions" | "/oauth/token"))
}

/// Counts requests.
pub struct RateLimiter {
    hasher: RandomState,
    client: Policy,
    address: Policy,
    token: Policy,
    sessions: Policy,
    search: Policy,
    preview: Policy,
    allocation: Policy,
    import: Policy,
}

/// A bound on what one client or address does.
struct Policy {
    name: &'static str,
    quota: u32,
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    windows: HashMap<u64, Window>,
    cleared_at_us: i64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began_us: i64,
    used: u32,
}

/// What was counted for one request.
pub struct Charge<'a> {
    key: u64,
    counted: Vec<(&'a Policy, Window)>,
    refused_by: Option<&'static str>,
    now: Timestamp,
}

impl RateLimiter {
    /// Counts up to `limits`.
    #[must_use]
    pub fn new(limits: &RateLimits) -> Self {
        let RateLimits { client, address, token, sessions, search, preview, allocation, import } =
            *limits;
        Self {
            hasher: RandomState::new(),
            client: Policy::new("client", client),
            address: Policy::new("address", address),
            token: Policy::new("token", token),
            sessions: Policy::new("sessions", sessions),
            search: Policy::new("search", search),
            preview: Policy::new("preview", preview),
            allocation: Policy::new("allocation", allocation),
            import: Policy::new("import", import),
        }
    }

    /// Counts a request by `client` at `now`, unless it is one too many.
    pub fn charge(&self, client: &Client, operation: (&str, &str), now: Timestamp) -> Charge<'_> {
        let key = self.key(client);
        let mut charge = Charge { key, counted: Vec::new(), refused_by: None, now };
        if *client == Client::Nobody || operation.1.starts_with("/health/") {
            return charge;
        }
        // The stricter first, so that what it refuses is told of it.
        for policy in self.stricter(operation).into_iter().chain([self.general(client)]) {
            let (window, is_within) = policy.take(key, now);
            charge.counted.push((policy, window));
            if !is_within {
                charge.refuse(policy.name);
                break;
            }
        }
        charge
    }

    fn general(&self, client: &Client) -> &Policy {
        if matches!(client, Client::Known(_)) { &self.client } else { &self.address }
    }

    fn stricter(&self, operation: (&str, &str)) -> Option<&Policy> {
        match operation {
            ("POST", "/oauth/token") => Some(&self.token),
            ("POST", "/v1/sessions") => Some(&self.sessions),
            ("POST", "/v1/matches/preview") => Some(&self.preview),
            ("POST", "/v1/allocations") => Some(&self.allocation),
            ("POST", "/v1/imports") => Some(&self.import),
            ("GET", "/v1/products" | "/v1/products/facets") => Some(&self.search),
            _ => None,
        }
    }

    fn key(&self, client: &Client) -> u64 {
        match client {
            Client::Known(caller) => self.hasher.hash_one((caller.actor(), caller.subject())),
            Client::Address(address) => self.hasher.hash_one(client_address::network(*address)),
            Client::Nobody => OTHERS,
        }
    }
}

impl Policy {
    fn new(name: &'static str, quota: u32) -> Self {
        Self { name, quota, counted: Mutex::default() }
    }

    /// Counts one more, if it is within the quota.
    fn take(&self, key: u64, now: Timestamp) -> (Window, bool) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let window = counted.window(key, now.micros());
        let is_within = window.used < self.quota;
        window.used += u32::from(is_within);
        (*window, is_within)
    }

    /// Takes back what was counted in `window`.
    fn give_back(&self, key: u64, window: &mut Window) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let current = counted.windows.get_mut(&key);
        if let Some(current) = current.filter(|current| current.began_us == window.began_us) {
            current.used = current.used.saturating_sub(1);
            *window = *current;
        }
    }
}

impl Counted {
    /// The window of `key` at `now`.
    fn window(&mut self, key: u64, now_us: i64) -> &mut Window {
        if self.windows.len() >= MAX_COUNTED {
            self.clear(now_us);
        }
        let is_full = self.windows.len() >= MAX_COUNTED && !self.windows.contains_key(&key);
        let key = if is_full { OTHERS } else { key };
        let fresh = Window { began_us: now_us, used: 0 };
        let window = self.windows.entry(key).or_insert(fresh);
        if !window.holds(now_us) {
            *window = fresh;
        }
        window
    }

    /// Forgets the windows that have ended, once a second at most.
    fn clear(&mut self, now_us: i64) {
        if (self.cleared_at_us..self.cleared_at_us + 1_000_000).contains(&now_us) {
            return;
        }
        self.cleared_at_us = now_us;
        self.windows.retain(|_, window| window.holds(now_us));
    }
}

impl Window {
    /// Not over, and not of a clock that was set back since.
    fn holds(&self, now_us: i64) -> bool {
        (self.began_us..self.began_us + WINDOW_US).contains(&now_us)
    }

    /// Seconds until it is over.
    fn reset_s(&self, now: Timestamp) -> i64 {
        let left_us = self.began_us + WINDOW_US - now.micros();
        left_us.div_euclid(1_000_000) + i64::from(left_us.rem_euclid(1_000_000) > 0)
    }
}

impl Charge<'_> {
    /// The problem, if the request is one too many.
    #[must_use]
    pub fn refusal(&self) -> Option<ApiError> {
        self.refused_by?;
        let (_, window) = self.counted.last()?;
        let wait = window.reset_s(self.now).to_string();
        Some(ApiError::new(ProblemCode::RateLimited).with_header(header::RETRY_AFTER, &wait))
    }

    /// The policy that refuses the request.
    #[must_use]
    pub const fn refused_by(&self) -> Option<&'static str> {
        self.refused_by
    }

    /// The policy counted last refuses the request, which no other counts then.
    fn refuse(&mut self, policy: &'static str) {
        self.refused_by = Some(policy);
        let within = self.counted.len() - 1;
        for (policy, window) in &mut self.counted[..within] {
            policy.give_back(self.key, window);
        }
    }

    /// An answer without news is free.
    pub fn give_back(&mut self) {
        for (policy, window) in &mut self.counted {
            policy.give_back(self.key, window);
        }
    }

    /// Tells what the client may do, and what is left of it.
    pub fn tell(&self, headers: &mut HeaderMap) {
        if self.counted.is_empty() {
            return;
        }
        let each = |item: &dyn Fn(&Policy, &Window) -> String| {
            let items: Vec<String> = self.counted.iter().map(|(p, w)| item(p, w)).collect();
            HeaderValue::from_str(&items.join(", "))
        };
        let policies =
            each(&|policy, _| format!("\"{}\";q={};w={WINDOW_S}", policy.name, policy.quota));
        let left = each(&|policy, window| {
            let remaining = policy.quota.saturating_sub(window.used);
            format!("\"{}\";r={remaining};t={}", policy.name, window.reset_s(self.now))
        });
        if let (Ok(policies), Ok(left)) = (policies, left) {
            headers.insert(POLICY, policies);
            headers.insert(LIMIT, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn more_clients_than_are_told_apart_are_counted_together() {
        let policy = Policy::new("client", 2);
        let all = 1..=MAX_COUNTED as u64;
        assert!(all.clone().all(|key| policy.take(key, at(0)).1));
        let late = [MAX_COUNTED as u64 + 1, MAX_COUNTED as u64 + 2, MAX_COUNTED as u64 + 3];
        assert_eq!(late.map(|key| policy.take(key, at(1)).1), [true, true, false]);
        assert!(policy.take(1, at(1)).1, "one that was known before");
        let counted = policy.counted.lock().expect("no panic").windows.len();
        assert_eq!(counted, MAX_COUNTED + 1);
        assert_eq!(late.map(|key| policy.take(key, at(60)).1), [true; 3]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_shut_anyone_out() {
        let policy = Policy::new("client", 1);
        assert!(policy.take(1, at(7200)).1);
        assert!(!policy.take(1, at(7201)).1);
        assert!(policy.take(1, at(0)).1);
    }

    #[test]
    fn only_the_request_of_this_window_is_given_back() {
        let policy = Policy::new("client", 1);
        let (mut old, _) = policy.take(1, at(0));
        policy.take(1, at(60));
        policy.give_back(1, &mut old);
        assert!(!policy.take(1, at(61)).1);
    }
}
