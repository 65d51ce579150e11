//! What a caller states in a body. If the published schema refuses it, two stand-ins are held
//! against the rules of the domain, so that everything is told in one answer
//! (docs/adr/0024-tell-every-violation-at-once.md). Must not know any resource.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use matching::violation::Violation;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{self, Extracting};
use super::problem::ApiError;
use super::schema::Contract;
use crate::error::Error;

/// A body or what follows from it, legal by the published schema or refused.
pub struct Stated<T>(Standing<T>);

enum Standing<T> {
    Legal(T),
    Refused(Refused<T>),
}

/// What the schema refuses, and two legal values of the same form to go on with, if there are two.
struct Refused<T> {
    violations: Vec<Violation>,
    stand_ins: Option<[T; 2]>,
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Stated<T> {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let value = body::json_of(&request, payload).await?;
            Self::decoded(&body::state(&request)?.contract, value, Vec::new())
        })
    }
}

impl<T: DeserializeOwned + ToSchema> Stated<T> {
    /// `value` as the contract has it, refused also for what is in `violations`.
    ///
    /// # Errors
    /// A legal value that cannot be decoded.
    pub(super) fn decoded(
        contract: &Contract,
        value: Value,
        mut violations: Vec<Violation>,
    ) -> Result<Self, ApiError> {
        violations.extend(contract.violations(&T::name(), &value));
        if violations.is_empty() {
            return body::decoded(value).map(|value| Self(Standing::Legal(value)));
        }
        let stand_ins = contract.stand_ins(&T::name(), &value, &violations);
        let stand_ins = stand_ins.map(|[least, most]| -> Result<_, ApiError> {
            Ok([body::decoded(least)?, body::decoded(most)?])
        });
        Ok(Self(Standing::Refused(Refused { stand_ins: stand_ins.transpose()?, violations })))
    }
}

impl<T> Stated<T> {
    /// What follows from it.
    ///
    /// # Errors
    /// What is wrong with it by `follow`, and by the schema.
    pub fn try_map<U>(
        self,
        follow: impl Fn(T) -> Result<U, ApiError>,
    ) -> Result<Stated<U>, ApiError> {
        let refused = match self.0 {
            Standing::Legal(value) => return follow(value).map(|it| Stated(Standing::Legal(it))),
            Standing::Refused(refused) => refused,
        };
        let Refused { violations, stand_ins } = refused;
        let stand_ins = match stand_ins.map(|both| both.map(follow)) {
            None => None,
            Some([Ok(least), Ok(most)]) => Some([least, most]),
            Some(followed) => {
                let found = followed
                    .map(|it| it.err().map_or_else(Vec::new, |error| error.violations.clone()));
                return Err(told_with(violations, found).into());
            }
        };
        Ok(Stated(Standing::Refused(Refused { violations, stand_ins })))
    }

    /// What follows from it.
    #[must_use]
    pub fn map<U>(self, follow: impl Fn(T) -> U) -> Stated<U> {
        Stated(match self.0 {
            Standing::Legal(value) => Standing::Legal(follow(value)),
            Standing::Refused(Refused { violations, stand_ins }) => Standing::Refused(Refused {
                violations,
                stand_ins: stand_ins.map(|both| both.map(follow)),
            }),
        })
    }

    /// The value, if the schema does not refuse it.
    #[must_use]
    pub const fn legal(&self) -> Option<&T> {
        match &self.0 {
            Standing::Legal(value) => Some(value),
            Standing::Refused(_) => None,
        }
    }

    /// Does `work` with the value. With a refused one it only looks what else is wrong, so whoever
    /// calls this in a transaction must undo it when it fails.
    ///
    /// # Errors
    /// What `work` says; of a refused value, everything that is wrong.
    pub fn hold<R>(&self, mut work: impl FnMut(&T) -> Result<R, Error>) -> Result<R, Error> {
        match &self.0 {
            Standing::Legal(value) => work(value),
            Standing::Refused(Refused { violations, stand_ins }) => {
                let found = stand_ins.as_ref().map(|both| {
                    both.each_ref().map(|value| match work(value) {
                        Err(Error::Invalid(found)) => found,
                        _ => Vec::new(),
                    })
                });
                Err(told_with(violations.clone(), found.unwrap_or_default()))
            }
        }
    }
}

/// What the schema refuses, and of what the domain refuses each stand-in for that in which both
/// agree: the rest may be due to what stands in.
fn told_with(mut refused: Vec<Violation>, [mut common, other]: [Vec<Violation>; 2]) -> Error {
    common.retain(|violation| other.contains(violation));
    common.retain(|violation| !refused.iter().any(|at| is_within(&violation.at, &at.at)));
    refused.extend(common);
    Error::Invalid(refused)
}

fn is_within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::violation::Rule;

    fn at(place: &str) -> Violation {
        Violation::new(place, Rule::UnknownUnit)
    }

    fn refused(stand_ins: Option<[u8; 2]>) -> Stated<u8> {
        Stated(Standing::Refused(Refused { violations: vec![at("/a")], stand_ins }))
    }

    fn places(error: Error) -> Vec<String> {
        match error {
            Error::Invalid(violations) => violations.into_iter().map(|it| it.at).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_every_stand_in_is_refused_for_is_told_of_the_rest() {
        let work = |value: &u8| {
            let own = at(&format!("/{value}"));
            Err::<(), _>(Error::Invalid(vec![at("/a/0"), at("/ab"), own]))
        };
        let error = refused(Some([1, 2])).hold(work).expect_err("refused");
        assert_eq!(places(error), ["/a", "/ab"]);
    }

    #[test]
    fn a_refused_value_fails_even_if_its_stand_ins_do_not() {
        let error = refused(Some([1, 2])).hold(|_| Ok(())).expect_err("refused");
        assert_eq!(places(error), ["/a"]);
        let error = refused(None).hold(|_| Ok(())).expect_err("refused");
        assert_eq!(places(error), ["/a"]);
        let half = |value: &u8| {
            if *value == 1 { Ok(()) } else { Err(Error::Invalid(vec![at("/b")])) }
        };
        assert_eq!(places(refused(Some([1, 2])).hold(half).expect_err("refused")), ["/a"]);
    }
}
