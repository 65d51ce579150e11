//! The one error of the service, free of any transport: what went wrong and what a caller can do
//! about it. The HTTP layer maps it to a problem document, and logs it once.

use matching::violation::{Rule, Violation};

/// Why a use case did not happen. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The input breaks rules; all of them are listed.
    #[error("{} rules broken", .0.len())]
    Invalid(Vec<Violation>),
    /// There is no such thing, or it is not the caller's to know of.
    #[error("not found")]
    NotFound,
    /// The caller may not do this, and its existence is no secret.
    #[error("forbidden")]
    Forbidden,
    /// No grant lets the caller act for the party that it names, or there is no such party.
    #[error("not delegated")]
    NotDelegated,
    /// Right request, wrong state.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// The current version is not one that the caller wants.
    #[error("version {current:?} is current")]
    PreconditionFailed {
        /// The version now; none of a record that is not there.
        current: Option<i64>,
    },
    /// A password was tried too often.
    #[error("too many attempts; try again in {retry_after_s} s")]
    TooManyAttempts {
        /// When a try is listened to again, in seconds.
        retry_after_s: u32,
    },
    /// The database cannot answer now; a later try may succeed.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A bug.
    #[error("internal: {0}")]
    Internal(String),
}

/// What a right request collides with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Another party has this tax code.
    DuplicateTaxCode,
    /// The same certificate (authority, number, date, subject) is recorded.
    DuplicateCertificate,
    /// Another resource of this owner has this external id.
    DuplicateExternalId,
    /// The action is not legal in this state.
    IllegalAction {
        /// The state now.
        state: &'static str,
        /// The legal actions.
        actions: Vec<&'static str>,
    },
    /// The terms cannot be changed in this state.
    Frozen {
        /// The state now.
        state: &'static str,
        /// The legal actions.
        actions: Vec<&'static str>,
    },
    /// A packaging cannot change while offers are counted in its unit.
    PackagingInUse,
    /// A capacity cannot be cut below what is held, committed or consumed of it.
    CapacityTaken {
        /// What is taken, in the offer's unit.
        taken: u64,
    },
    /// The idempotency key was used for another request.
    KeyReused,
    /// The first request with this idempotency key has not ended.
    StillRunning,
}

impl Error {
    /// One broken rule at one place.
    pub fn invalid(at: impl Into<String>, rule: Rule) -> Self {
        Self::Invalid(vec![Violation::new(at, rule)])
    }
}

impl From<Vec<Violation>> for Error {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Invalid(violations)
    }
}
