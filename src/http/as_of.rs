//! The day that an answer is judged on.

use matching::date::Date;
use matching::violation::{Rule, Violation};
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::ApiError;

/// On which day stars, states and codes are judged.
#[derive(Debug, Deserialize, IntoParams)]
pub struct AsOf {
    /// The day; today in Vietnam if absent.
    #[param(format = "date")]
    as_of: Option<String>,
}

impl AsOf {
    /// The day that is named.
    ///
    /// # Errors
    /// 400 for a day outside the years that this service counts.
    pub fn day(&self) -> Result<Option<Date>, ApiError> {
        day(self.as_of.as_deref())
    }
}

/// The day that the parameter `as_of` names.
///
/// # Errors
/// 400 for a day outside the years that this service counts.
pub fn day(text: Option<&str>) -> Result<Option<Date>, ApiError> {
    named_day("as_of", text)
}

/// The day that the parameter `name` names.
///
/// # Errors
/// 400 for a day outside the years that this service counts.
pub fn named_day(name: &str, text: Option<&str>) -> Result<Option<Date>, ApiError> {
    let wrong = |_| {
        let rule = Rule::WrongFormat { format: "date".into() };
        ApiError::invalid_parameters(vec![Violation::new(name, rule)])
    };
    text.map(str::parse).transpose().map_err(wrong)
}
