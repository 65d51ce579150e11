//! Acting once for a request that may be sent again: the first answer is kept in the transaction of
//! the effect, and a repeated request gets it back. Must not know how a key is sent.

use matching::date::Timestamp;

use crate::app::Context;
use crate::error::Error;
use crate::store::idempotency::{self, Answer, Claim, KeyedRequest};
use crate::store::{ReadTx, WriteTx};

/// How long an answer is kept, in hours (docs/API.md, "Retry").
pub const KEPT_HOURS: i64 = 72;
/// The most expired answers that one sweep forgets.
const SWEEP_LIMIT: i64 = 1_000;

const HOUR_US: i64 = 3_600_000_000;

/// An answer, and whether it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub answer: Answer,
    /// Whether this is a repetition: nothing was done now.
    pub is_replay: bool,
}

/// Does `work`, or gives the answer that `request` got before. A failure is not kept: it changed
/// nothing, so the same request may succeed later.
///
/// # Errors
/// What `work` says, or that the key was used for something else, or is in use right now.
pub fn once(
    tx: &mut WriteTx<'_>,
    context: &Context,
    request: Option<&KeyedRequest>,
    work: impl FnOnce(&mut WriteTx<'_>) -> Result<Answer, Error>,
) -> Result<Outcome, Error> {
    let Some(request) = request else {
        return Ok(Outcome { answer: work(tx)?, is_replay: false });
    };
    let now = context.moment.now();
    match idempotency::claim(tx, request, (now, expired(now)))? {
        Claim::Answered(answer) => Ok(Outcome { answer, is_replay: true }),
        Claim::New => {
            let answer = work(tx)?;
            idempotency::keep(tx, request, &answer)?;
            Ok(Outcome { answer, is_replay: false })
        }
    }
}

/// The answer that `request` got before; none if it got none.
///
/// # Errors
/// That the key was used for something else.
pub fn answered(
    tx: &mut ReadTx<'_>,
    context: &Context,
    request: &KeyedRequest,
) -> Result<Option<Answer>, Error> {
    idempotency::find(tx, request, expired(context.moment.now()))
}

/// Forgets answers that are no longer kept, a bounded number at a time; how many it forgot.
///
/// # Errors
/// Whatever the database says.
pub fn sweep(tx: &mut WriteTx<'_>, now: Timestamp) -> Result<usize, Error> {
    let expired = expired(now);
    let old = idempotency::answered_before(tx, expired, SWEEP_LIMIT)?;
    idempotency::forget(tx, &old, expired)
}

fn expired(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_sub(KEPT_HOURS * HOUR_US))
}
