//! What every HTTP worker shares.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::App;
use crate::jobs::allocations::Runner;

use super::auth::Authenticator;
use super::failure_log::FailureLog;
use super::kept_lists::KeptLists;
use super::metrics::Metrics;
use super::page::Cursors;
use super::rate_limit::RateLimiter;
use super::schema::Contract;
use super::token::Tokens;

/// The service with what only HTTP needs.
pub struct AppData {
    /// The service.
    pub app: App,
    /// Runs allocations.
    pub allocations: Runner,
    /// Checks tokens.
    pub authenticator: Authenticator,
    /// Makes and reads cursors.
    pub cursors: Cursors,
    /// Lists of matches that were told before.
    pub kept_lists: KeptLists,
    /// Counts requests.
    pub limiter: RateLimiter,
    /// Counts what happens.
    pub metrics: Metrics,
    /// Tells the operator why requests fail.
    pub failures: FailureLog,
    /// Whether the service is about to stop.
    is_draining: AtomicBool,
    /// The published contract, ready to check requests against.
    pub contract: Contract,
}

impl AppData {
    /// Prepares the contract and the keys.
    ///
    /// # Errors
    /// A sentence, if the published document is not one, or no thread can be started.
    pub fn new(app: App) -> Result<Self, String> {
        let tokens = Tokens::new(&app);
        let cursors = Cursors::new(&app.keys().cursor);
        let contract = Contract::published()?;
        let limiter = RateLimiter::new(&app.config().traffic.rate_limits);
        let kept_lists = KeptLists::new(app.config().kept_lists_mb << 20);
        let authenticator = Authenticator::new(tokens);
        let is_draining = AtomicBool::new(false);
        let metrics = Metrics::new();
        let allocations = Runner::start(app.clone())?;
        Ok(Self {
            app,
            allocations,
            authenticator,
            cursors,
            kept_lists,
            limiter,
            metrics,
            failures: FailureLog::default(),
            is_draining,
            contract,
        })
    }

    /// Says from now on that the service is not ready, and ends each connection after its answer.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether the service is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }
}
