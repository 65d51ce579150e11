//! Collects the violations of a command that is built from several checked parts, so that a caller
//! is told all of them at once.

use matching::violation::{Rule, Violation};

use crate::error::Error;

/// The violations found so far.
#[derive(Debug, Default)]
pub struct Gather(Vec<Violation>);

impl Gather {
    /// The part, if it is legal; its violations are noted below `at`.
    pub fn take<T>(&mut self, at: &str, part: Result<T, Vec<Violation>>) -> Option<T> {
        part.map_err(|violations| {
            self.0.extend(violations.into_iter().map(|violation| violation.below(at)));
        })
        .ok()
    }

    /// The part, if it is legal; its broken rule is noted at `at`.
    pub fn rule<T>(&mut self, at: &str, part: Result<T, Rule>) -> Option<T> {
        part.map_err(|rule| self.0.push(Violation::new(at, rule))).ok()
    }

    /// Notes a broken rule.
    pub fn push(&mut self, at: impl Into<String>, rule: Rule) {
        self.0.push(Violation::new(at, rule));
    }

    /// The whole, if every part was legal.
    ///
    /// # Errors
    /// All violations.
    pub fn finish<T>(self, whole: Option<T>) -> Result<T, Error> {
        match whole {
            Some(whole) if self.0.is_empty() => Ok(whole),
            _ => Err(Error::Invalid(self.0)),
        }
    }
}
