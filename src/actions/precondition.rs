//! What a caller wants to hold of a record before it is written (RFC 9110 section 13.1). Must not
//! know headers.

use crate::error::Error;

/// Versions of a record that a caller names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// Whichever there is.
    Any,
    /// These.
    Only(Vec<i64>),
}

impl Versions {
    /// Whether the current version is one of them; a record that is not there has none.
    #[must_use]
    pub fn include(&self, current: Option<i64>) -> bool {
        match (self, current) {
            (Self::Any, Some(_)) => true,
            (Self::Only(named), Some(current)) => named.contains(&current),
            (_, None) => false,
        }
    }
}

/// What must hold of the version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Precondition {
    /// It is one of these.
    pub is_among: Option<Versions>,
    /// It is none of these.
    pub is_not_among: Option<Versions>,
}

impl Precondition {
    /// Holds of every record.
    pub const NONE: Self = Self { is_among: None, is_not_among: None };

    /// Checks the version that a record has in this transaction; none if it is not there.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`].
    pub fn check(&self, current: Option<i64>) -> Result<(), Error> {
        let is_wanted = self.is_among.as_ref().is_none_or(|named| named.include(current));
        let is_unwanted = self.is_not_among.as_ref().is_some_and(|named| named.include(current));
        if is_wanted && !is_unwanted { Ok(()) } else { Err(Error::PreconditionFailed { current }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(is_among: Option<Versions>, is_not_among: Option<Versions>) -> [bool; 3] {
        let precondition = Precondition { is_among, is_not_among };
        [None, Some(1), Some(2)].map(|current| precondition.check(current).is_ok())
    }

    #[test]
    fn a_precondition_judges_the_version_that_there_is() {
        let one = || Some(Versions::Only(vec![1, 7]));
        assert_eq!(holds(None, None), [true, true, true]);
        assert_eq!(holds(one(), None), [false, true, false]);
        assert_eq!(holds(Some(Versions::Any), None), [false, true, true]);
        assert_eq!(holds(None, one()), [true, false, true]);
        assert_eq!(holds(None, Some(Versions::Any)), [true, false, false]);
        assert_eq!(holds(Some(Versions::Any), one()), [false, false, true]);
    }
}
