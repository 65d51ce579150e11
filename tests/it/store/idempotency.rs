//! Answers that are kept for requests that come again.

use matching::date::Timestamp;
use ocop_link::error::{Conflict, Error};
use ocop_link::store::idempotency::{self, Answer, Claim, KeyedRequest};

use super::market::noon;
use crate::support::databases::{TestDatabase, on_both};

on_both!(
    an_answer_is_kept_as_it_was_given,
    a_claim_without_an_end_leaves_nothing,
    only_old_answers_are_forgotten_and_no_more_than_asked,
    one_that_was_claimed_anew_is_not_forgotten,
);

const NEVER: Timestamp = Timestamp::from_micros(0);

fn request(id: &str) -> KeyedRequest {
    KeyedRequest { id: id.into(), fingerprint: "body".into() }
}

fn answer() -> Answer {
    Answer {
        status: 201,
        location: Some("/v1/parties/1".into()),
        etag: Some("\"1\"".into()),
        body: Some("{\"name\":\"HTX dừa sáp\"}".into()),
    }
}

fn after_noon(minutes: i64) -> Timestamp {
    Timestamp::from_micros(noon().micros() + minutes * 60_000_000)
}

/// What a request at `now` finds, where answers from before `expired` count as absent.
fn claim(
    test: &TestDatabase,
    request: KeyedRequest,
    times: (Timestamp, Timestamp),
) -> Result<Claim, Error> {
    test.database.write(move |tx| {
        let claim = idempotency::claim(tx, &request, times)?;
        if claim == Claim::New {
            idempotency::keep(tx, &request, &answer())?;
        }
        Ok(claim)
    })
}

fn an_answer_is_kept_as_it_was_given(test: &TestDatabase) {
    let ask = |request: KeyedRequest| claim(test, request, (noon(), NEVER));
    assert_eq!(ask(request("a")).expect("a claim"), Claim::New);
    assert_eq!(ask(request("a")).expect("a claim"), Claim::Answered(answer()));
    let other = ask(KeyedRequest { fingerprint: "other".into(), ..request("a") });
    assert!(matches!(other, Err(Error::Conflict(Conflict::KeyReused))));
}

fn a_claim_without_an_end_leaves_nothing(test: &TestDatabase) {
    let failed = test.database.write(|tx| {
        idempotency::claim(tx, &request("a"), (noon(), NEVER))?;
        Err::<(), _>(Error::Forbidden)
    });
    assert!(matches!(failed, Err(Error::Forbidden)));
    assert_eq!(claim(test, request("a"), (noon(), NEVER)).expect("a claim"), Claim::New);
}

fn forget(test: &TestDatabase, expired: Timestamp, limit: i64) -> usize {
    let forgotten = test.database.write(move |tx| {
        let old = idempotency::answered_before(tx, expired, limit)?;
        idempotency::forget(tx, &old, expired)
    });
    forgotten.expect("forgotten")
}

fn only_old_answers_are_forgotten_and_no_more_than_asked(test: &TestDatabase) {
    for (minute, id) in (0..).zip(["a", "b", "c", "d"]) {
        claim(test, request(id), (after_noon(minute), NEVER)).expect("a claim");
    }
    let expired = after_noon(3);
    assert_eq!([2, 2, 2].map(|limit| forget(test, expired, limit)), [2, 1, 0]);
    let kept = claim(test, request("d"), (after_noon(4), NEVER)).expect("a claim");
    assert_eq!(kept, Claim::Answered(answer()));
}

fn one_that_was_claimed_anew_is_not_forgotten(test: &TestDatabase) {
    claim(test, request("a"), (noon(), NEVER)).expect("a claim");
    let expired = after_noon(1);
    let anew = claim(test, request("a"), (after_noon(2), expired)).expect("a claim");
    assert_eq!(anew, Claim::New);
    let forgotten = test.database.write(move |tx| idempotency::forget(tx, &["a".into()], expired));
    assert_eq!(forgotten.expect("nothing"), 0);
}
