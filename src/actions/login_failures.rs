//! How often a password may be tried: a few times from one address, more often from all together,
//! so that a stranger who guesses neither gets far nor locks the owner out of elsewhere
//! (NIST SP 800-63B section 5.2.2: at most 100 failed attempts on one account).

use matching::date::Timestamp;

use crate::credentials::login::Login;
use crate::error::Error;
use crate::store::login_failures::{self, Failures};
use crate::store::{ReadTx, WriteTx};

/// How long tries are counted together, in seconds.
const WINDOW_SECONDS: i64 = 15 * 60;
/// The most failures of one login from one address in that time.
const MAX_FROM_ONE_ADDRESS: u32 = 10;
/// The most failures of one login from all addresses in that time.
const MAX_FROM_ALL: u32 = 100;
/// The most rows that one sweep forgets.
const SWEEP_LIMIT: i64 = 500;

/// Somebody who tries to log in.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// With which name.
    pub login: Login,
    /// From which network address.
    pub address: String,
}

impl Attempt {
    /// What is counted of it, each with its limit.
    fn subjects(&self) -> [(String, u32); 2] {
        let from_here = self.login.fingerprint(&self.address);
        let from_all = self.login.fingerprint("");
        [(from_here, MAX_FROM_ONE_ADDRESS), (from_all, MAX_FROM_ALL)]
    }
}

/// The attempt may go on.
///
/// # Errors
/// [`Error::TooManyAttempts`].
pub(super) fn check(tx: &mut ReadTx<'_>, now: Timestamp, attempt: &Attempt) -> Result<(), Error> {
    for (subject, limit) in attempt.subjects() {
        let failures = login_failures::find(tx, &subject)?;
        let failures = failures.filter(|failures| failures.since >= window(now));
        if let Some(failures) = failures.filter(|failures| failures.count >= limit) {
            return Err(too_many(failures, now));
        }
    }
    Ok(())
}

/// Counts an attempt before its result counts, so that those at the same time count too.
///
/// # Errors
/// [`Error::TooManyAttempts`], and nothing is counted.
pub(super) fn count(tx: &mut WriteTx<'_>, now: Timestamp, attempt: &Attempt) -> Result<(), Error> {
    for (subject, limit) in attempt.subjects() {
        let failures = login_failures::count(tx, &subject, (window(now), now))?;
        if failures.count > limit {
            return Err(too_many(failures, now));
        }
    }
    Ok(())
}

/// Forgets what was counted for whoever has now proved who they are.
///
/// # Errors
/// Whatever the database says.
pub(super) fn forget(tx: &mut WriteTx<'_>, attempt: &Attempt) -> Result<(), Error> {
    for (subject, _) in attempt.subjects() {
        login_failures::forget(tx, &subject)?;
    }
    Ok(())
}

/// Forgets what no longer counts, a bounded number at a time; how much it forgot.
///
/// # Errors
/// Whatever the database says.
pub fn sweep(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let old = login_failures::counted_before(tx, window(now), SWEEP_LIMIT)?;
    login_failures::forget_all(tx, &old, window(now))?;
    Ok(old.len())
}

fn window(now: Timestamp) -> Timestamp {
    now.plus_seconds(-WINDOW_SECONDS)
}

fn too_many(failures: Failures, now: Timestamp) -> Error {
    let end = failures.since.plus_seconds(WINDOW_SECONDS);
    let left = end.unix_seconds() - now.unix_seconds();
    Error::TooManyAttempts { retry_after_s: u32::try_from(left).unwrap_or(0).max(1) }
}
