//! The published contract as a checker: a request is held against the very schemas that clients are
//! generated from, and every violation is told at once.

use std::collections::HashMap;
use std::sync::RwLock;

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{Draft, Validator};
use matching::violation::{Rule, Violation};
use serde_json::{Value, json};

/// The OpenAPI document and validators for its schemas, made when first needed.
pub struct Contract {
    document: Value,
    text: String,
    validators: RwLock<HashMap<String, std::sync::Arc<Validator>>>,
}

impl Contract {
    /// Prepares a document, and the checker of each body that it describes.
    ///
    /// # Errors
    /// A sentence, if it cannot be written, or a schema of it cannot be used.
    pub fn new(document: Value) -> Result<Self, String> {
        let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
        let contract = Self { document, text, validators: RwLock::default() };
        let schemas = contract.document["components"]["schemas"].as_object();
        for name in schemas.into_iter().flat_map(|schemas| schemas.keys()) {
            if name.ends_with("Body") && contract.validator(name, reference(name)).is_none() {
                return Err(format!("the schema {name} cannot be used"));
            }
        }
        Ok(contract)
    }

    /// The document.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// The document as it is served.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every violation of the component schema `name` by `value`.
    #[must_use]
    pub fn violations(&self, name: &str, value: &Value) -> Vec<Violation> {
        self.check(name, reference(name), value)
    }

    /// Every violation of the schema of a query parameter by `value`.
    #[must_use]
    pub fn parameter_violations(&self, key: &str, schema: &Value, value: &Value) -> Vec<Violation> {
        self.check(key, schema.clone(), value)
    }

    fn check(&self, key: &str, schema: Value, value: &Value) -> Vec<Violation> {
        let Some(validator) = self.validator(key, schema) else {
            return vec![Violation::new("", Rule::UnknownReference)];
        };
        let mut violations: Vec<Violation> =
            validator.iter_errors(value).flat_map(|error| violations_of(&error)).collect();
        violations.dedup();
        violations
    }

    fn validator(&self, key: &str, mut schema: Value) -> Option<std::sync::Arc<Validator>> {
        let known = self.validators.read().ok()?.get(key).cloned();
        if known.is_some() {
            return known;
        }
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .inspect_err(|error| tracing::error!(key, %error, "schema cannot be compiled"))
            .ok()?;
        let validator = std::sync::Arc::new(validator);
        self.validators.write().ok()?.insert(key.to_owned(), validator.clone());
        Some(validator)
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn violations_of(error: &ValidationError<'_>) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    let one = |rule| vec![Violation::new(at, rule)];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| Violation::new(child(at, name), Rule::UnknownField))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Violation::new(child(at, name), Rule::Required)]
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            nearest_branch(at, context)
        }
        kind => one(rule_of(kind)),
    }
}

/// Of the alternatives, the one that the value is nearest to: an optional object is either null or
/// the object, and only what is wrong with the object helps.
fn nearest_branch(at: &str, branches: &[Vec<ValidationError<'static>>]) -> Vec<Violation> {
    let right_type = |errors: &&Vec<ValidationError<'static>>| {
        !errors.iter().any(|error| {
            error.instance_path().as_str() == at
                && matches!(error.kind(), ValidationErrorKind::Type { .. })
        })
    };
    let branch = branches.iter().find(right_type).or(branches.last());
    branch.map(|errors| errors.iter().flat_map(violations_of).collect()).unwrap_or_default()
}

fn child(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn rule_of(kind: &ValidationErrorKind) -> Rule {
    use ValidationErrorKind as Kind;
    let length = |limit: &u64| i64::try_from(*limit).unwrap_or(i64::MAX);
    match kind {
        Kind::Type { kind } => Rule::WrongType { expected: type_name(kind) },
        Kind::Format { format } => Rule::WrongFormat { format: format.clone() },
        Kind::Pattern { pattern } => Rule::WrongFormat { format: pattern.clone() },
        Kind::Enum { options } => Rule::NotAllowed { allowed: list(options) },
        Kind::Constant { expected_value } => {
            Rule::NotAllowed { allowed: expected_value.to_string() }
        }
        Kind::Minimum { limit } => {
            Rule::OutOfRange { min: limit.as_i64().unwrap_or(i64::MIN), max: i64::MAX }
        }
        Kind::ExclusiveMinimum { limit } => {
            Rule::OutOfRange { min: limit.as_i64().unwrap_or(i64::MIN) + 1, max: i64::MAX }
        }
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => {
            Rule::OutOfRange { min: 0, max: limit.as_i64().unwrap_or(i64::MAX) }
        }
        Kind::MinItems { limit } | Kind::MinLength { limit } | Kind::MinProperties { limit } => {
            Rule::OutOfRange { min: length(limit), max: i64::MAX }
        }
        Kind::MaxItems { limit } | Kind::MaxLength { limit } | Kind::MaxProperties { limit } => {
            Rule::OutOfRange { min: 0, max: length(limit) }
        }
        Kind::UniqueItems => Rule::Duplicate,
        other => Rule::WrongFormat { format: other.keyword().to_owned() },
    }
}

fn type_name(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(single) => single.to_string(),
        TypeKind::Multiple(set) => {
            let words = set.iter().map(|single| single.to_string());
            words.filter(|word| word != "null").collect::<Vec<_>>().join(", ")
        }
    }
}

fn list(options: &Value) -> String {
    let words = options.as_array().into_iter().flatten();
    words
        .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join(", ")
}
