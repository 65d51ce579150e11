//! The causes of failures, for the operator. A bug is worth a line each time; while the database is
//! away every request fails for the same reason, which is told once a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::problem::{ApiError, ProblemCode};

/// The least time between two lines that say that the service is not available.
const INTERVAL: Duration = Duration::from_secs(1);

/// Writes causes to the log.
#[derive(Debug, Default)]
pub struct FailureLog {
    unavailable: Mutex<Muted>,
}

/// When the last line was written, and what was not told since.
#[derive(Debug, Default)]
struct Muted {
    last_line: Option<Instant>,
    untold: u64,
}

impl FailureLog {
    /// Tells the cause of `error`, if it has one that no caller is told.
    pub fn note(&self, error: &ApiError, request_id: &str) {
        let (Some(cause), code) = (error.cause(), error.code()) else { return };
        match code {
            ProblemCode::Internal => {
                tracing::error!(request_id, code = code.code(), cause, "request failed");
            }
            ProblemCode::Unavailable => {
                let mut muted = self.unavailable.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(untold) = muted.turn(Instant::now()) else { return };
                drop(muted);
                tracing::warn!(request_id, code = code.code(), cause, untold, "request refused");
            }
            _ => tracing::debug!(request_id, code = code.code(), cause, "request refused"),
        }
    }
}

impl Muted {
    /// How many were not told since the last line, if it is time for another.
    fn turn(&mut self, now: Instant) -> Option<u64> {
        if self.last_line.is_some_and(|last| now.duration_since(last) < INTERVAL) {
            self.untold += 1;
            return None;
        }
        self.last_line = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_in_a_second_one_is_told_and_the_others_are_counted() {
        let (mut muted, begin) = (Muted::default(), Instant::now());
        let at = |millis| begin + Duration::from_millis(millis);
        assert_eq!(muted.turn(at(0)), Some(0));
        assert_eq!([1, 500, 999].map(|millis| muted.turn(at(millis))), [None; 3]);
        assert_eq!(muted.turn(at(1000)), Some(3));
        assert_eq!(muted.turn(at(1001)), None);
        assert_eq!(muted.turn(at(5000)), Some(1));
    }
}
