//! The names that partners' systems give to records, as they stand in paths and bodies: one rule
//! for both. Must not know which record is named.

use std::collections::BTreeMap;

use matching::violation::{Rule, Violation};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::problem::ApiError;

/// The most external ids of a record.
const MAX_EXTERNAL_IDS: usize = 50;
/// The longest external system or id, in characters.
const MAX_NAME_CHARS: usize = 128;
/// No control characters, and not only spaces.
pub(super) const NAME_PATTERN: &str =
    r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$";

/// Whether a text can be a system, or an id in one; as [`NAME_PATTERN`] says it to clients.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= MAX_NAME_CHARS
        && !text.chars().any(char::is_control)
}

/// The schema of external ids in a body.
pub(super) fn schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .property_names(Some(name()))
        .additional_properties(Some(name()))
        .max_properties(Some(MAX_EXTERNAL_IDS))
        .description(Some("Ids in the systems of the record's owner, by system."))
        .examples([serde_json::json!({"erp": "A-0042"})])
}

fn name() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_NAME_CHARS))
        .pattern(Some(NAME_PATTERN))
}

/// Refuses more ids than a record may have, with the one of `system` among them.
///
/// # Errors
/// That there are too many.
pub(super) fn refuse_excess(
    system: &str,
    stated: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let count = stated.len() + usize::from(!stated.contains_key(system));
    if count <= MAX_EXTERNAL_IDS {
        return Ok(());
    }
    let rule = Rule::CountOutOfRange { min: 0, max: MAX_EXTERNAL_IDS as i64 };
    Err(ApiError::invalid(vec![Violation::new("/external_ids", rule)]))
}
