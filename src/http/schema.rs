//! The published contract as a checker: a request is held against the very schemas that clients are
//! generated from, and every violation is told at once.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{Draft, Validator};
use matching::violation::{Rule, Violation, child};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::json;
use super::operations::{self, Operations, Paths};
use super::problem::MAX_VIOLATIONS;
use super::spelling;
use super::stand_in::{self, End};

/// Where component schemas stand in the document.
const SCHEMAS: &str = "#/components/schemas/";

/// The document as it is served: the committed one, which is what the routes say. Made anew at each
/// start it took more memory than a small market (docs/adr/0023-serve-the-committed-contract.md).
pub const PUBLISHED: &str = include_str!("../../openapi/openapi.json");
/// The same as OpenAPI 3.0.
pub const PUBLISHED_LEGACY: &str = include_str!("../../openapi/openapi-3.0.json");

/// What the service itself needs of the OpenAPI document, and validators for its schemas, made when
/// first needed. The document as a tree takes six times the memory of its text, so each schema is
/// text until then.
pub struct Contract {
    schemas: HashMap<&'static str, &'static RawValue>,
    operations: Operations,
    validators: RwLock<HashMap<String, Arc<Validator>>>,
    query_parameters: RwLock<HashMap<TypeId, Arc<[QueryParameter]>>>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    components: Components<'a>,
    paths: Paths,
}

#[derive(Deserialize)]
struct Components<'a> {
    #[serde(borrow)]
    schemas: HashMap<&'a str, &'a RawValue>,
}

/// A query parameter with its published schema, ready to check values.
pub struct QueryParameter {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: Value,
    /// Whether a query must have it.
    pub is_required: bool,
    validator: Option<Arc<Validator>>,
}

impl QueryParameter {
    /// Every violation of the schema by `value`, at the parameter.
    #[must_use]
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        let find = |path: &str| self.schema.pointer(path).cloned();
        let found = violations(self.validator.as_deref(), &find, value).into_iter();
        found.map(|violation| Violation { at: self.name.clone(), ..violation }).collect()
    }
}

impl Contract {
    /// Prepares the published document; the checker of each body is made when it is first needed,
    /// because all of them together take more memory than a small market.
    ///
    /// # Errors
    /// A sentence, if it is no document.
    pub fn published() -> Result<Self, String> {
        let document: Document<'_> =
            serde_json::from_str(PUBLISHED).map_err(|error| error.to_string())?;
        Ok(Self {
            schemas: document.components.schemas,
            operations: operations::of(&document.paths),
            validators: RwLock::default(),
            query_parameters: RwLock::default(),
        })
    }

    /// The operations of each path, which may be a template.
    #[must_use]
    pub const fn operations(&self) -> &Operations {
        &self.operations
    }

    /// Every violation of the component schema `name` by `value`.
    #[must_use]
    pub fn violations(&self, name: &str, value: &Value) -> Vec<Violation> {
        let find = |path: &str| {
            let (name, rest) = split_pointer(path.strip_prefix("/components/schemas/")?);
            self.schema(name)?.pointer(rest).cloned()
        };
        violations(self.validator(name).as_deref(), &find, value)
    }

    /// Two bodies of the component schema `name` with legal values in the place of what was refused
    /// of `value`; none unless there are two, since one alone cannot tell what is due to itself,
    /// and none of a body that is wrong in as many places as are told of one.
    #[must_use]
    pub fn stand_ins(
        &self,
        name: &str,
        value: &Value,
        refused: &[Violation],
    ) -> Option<[Value; 2]> {
        if refused.len() >= MAX_VIOLATIONS {
            return None;
        }
        let find = |name: &str| self.schema(name);
        let mended = |end| stand_in::mended(&find, name, value, (refused, end));
        let both = [mended(End::Least)?, mended(End::Most)?];
        let is_legal = |value: &Value| self.violations(name, value).is_empty();
        both.iter().all(is_legal).then_some(both)
    }

    /// The query parameters of `T`, prepared when they are first needed.
    #[must_use]
    pub fn query_parameters<T: IntoParams + 'static>(&self) -> Arc<[QueryParameter]> {
        let known = self.query_parameters.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&TypeId::of::<T>()) {
            return Arc::clone(known);
        }
        drop(known);
        let prepare = |parameter: Parameter| {
            let schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
            let validator = self.compiled(&parameter.name, schema.clone());
            let is_required = matches!(parameter.required, Required::True);
            QueryParameter { name: parameter.name, schema, is_required, validator }
        };
        let published = T::into_params(|| Some(ParameterIn::Query)).into_iter();
        let prepared: Arc<[QueryParameter]> = published.map(prepare).collect();
        let mut all = self.query_parameters.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(TypeId::of::<T>(), Arc::clone(&prepared));
        prepared
    }

    /// A component schema.
    fn schema(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.schemas.get(name)?.get()).ok()
    }

    /// The checker of a component schema.
    fn validator(&self, name: &str) -> Option<Arc<Validator>> {
        let known = self.validators.read().ok()?.get(name).cloned();
        if known.is_some() {
            return known;
        }
        let validator = self.compiled(name, reference(name))?;
        self.validators.write().ok()?.insert(name.to_owned(), Arc::clone(&validator));
        Some(validator)
    }

    /// The components that a schema refers to, directly or not: there are hundreds, and each
    /// checker keeps its own.
    fn components_of(&self, schema: &Value) -> Value {
        let mut found = Map::new();
        let mut waiting = references(schema);
        while let Some(name) = waiting.pop() {
            if found.contains_key(&name) {
                continue;
            }
            if let Some(component) = self.schema(&name) {
                waiting.extend(references(&component));
                found.insert(name, component);
            }
        }
        json!({ "schemas": found })
    }

    fn compiled(&self, name: &str, mut schema: Value) -> Option<Arc<Validator>> {
        schema["components"] = self.components_of(&schema);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .inspect_err(|error| tracing::error!(name, %error, "schema cannot be compiled"))
            .ok()?;
        Some(Arc::new(validator))
    }
}

/// The most entries of lists that are judged first: all that is wrong with them is made before any
/// of it is told.
const MAX_JUDGED_ITEMS: usize = 2000;

/// Finds the schema at a path of the document.
type Find<'a> = dyn Fn(&str) -> Option<Value> + 'a;

/// What is wrong with `value` by a schema, the first at each place, as much as is told; a schema
/// that cannot be compiled lets nothing in.
fn violations(validator: Option<&Validator>, find: &Find<'_>, value: &Value) -> Vec<Violation> {
    let Some(validator) = validator else {
        return vec![Violation::new("", Rule::UnknownReference)];
    };
    if validator.is_valid(value) {
        return Vec::new();
    }
    let first = json::with_first_items(value, &mut { MAX_JUDGED_ITEMS });
    let told = first_violations(validator, find, &first);
    // What comes first may be right, and the rest is not.
    if told.is_empty() { first_violations(validator, find, value) } else { told }
}

fn first_violations(validator: &Validator, find: &Find<'_>, value: &Value) -> Vec<Violation> {
    let errors = validator.iter_errors(value);
    let violations = errors.flat_map(|error| violations_of(&error, find));
    let mut places = HashSet::new();
    let violations = violations.filter(|violation| places.insert(violation.at.clone()));
    violations.take(MAX_VIOLATIONS).collect()
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}

/// The names of the component schemas that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(|target| target.as_str()?.strip_prefix(SCHEMAS));
            own.map(str::to_owned)
                .into_iter()
                .chain(members.values().flat_map(references))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn violations_of(error: &ValidationError<'_>, find: &Find<'_>) -> Vec<Violation> {
    let at = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_members(error, find);
            let names = || known.iter().map(String::as_str);
            let rule = |name| Rule::UnknownField { near: spelling::near(name, names()) };
            let unknown = unexpected.iter().take(MAX_VIOLATIONS);
            unknown.map(|name| Violation::new(child(at, name), rule(name))).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Violation::new(child(at, name), Rule::Required)]
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            nearest_branch(at, context, find)
        }
        ValidationErrorKind::PropertyNames { error } => {
            let name = error.instance().as_str().unwrap_or_default();
            vec![Violation::new(child(at, name), rule_of(error, find))]
        }
        _ => vec![Violation::new(at, rule_of(error, find))],
    }
}

/// The members that the schema of an object knows that has others.
fn known_members(error: &ValidationError<'_>, find: &Find<'_>) -> Vec<String> {
    let path = error.schema_path().as_str();
    let schema = path.rsplit_once('/').and_then(|(object, _)| find(object)).unwrap_or_default();
    let members = schema["properties"].as_object().into_iter().flat_map(Map::keys);
    members.cloned().collect()
}

/// Of the alternatives, the one that the value is nearest to: an optional object is either null or
/// the object, and only what is wrong with the object helps.
fn nearest_branch(
    at: &str,
    branches: &[Vec<ValidationError<'static>>],
    find: &Find<'_>,
) -> Vec<Violation> {
    let right_type = |errors: &&Vec<ValidationError<'static>>| {
        !errors.iter().any(|error| {
            error.instance_path().as_str() == at
                && matches!(error.kind(), ValidationErrorKind::Type { .. })
        })
    };
    let branch = branches.iter().find(right_type).or(branches.last());
    let errors = branch.into_iter().flatten();
    errors.flat_map(|error| violations_of(error, find)).collect()
}

/// The first word of a pointer, and the pointer from there.
fn split_pointer(path: &str) -> (&str, &str) {
    path.split_at(path.find('/').unwrap_or(path.len()))
}

fn rule_of(error: &ValidationError<'_>, find: &Find<'_>) -> Rule {
    use ValidationErrorKind as Kind;
    let range = || range_of(error, find);
    match error.kind() {
        Kind::Type { kind } => Rule::WrongType { expected: type_name(kind) },
        Kind::Format { format } => Rule::WrongFormat { format: format.clone() },
        Kind::Pattern { pattern } => Rule::WrongFormat { format: pattern.clone() },
        Kind::Enum { options } => Rule::NotAllowed { allowed: list(options) },
        Kind::Constant { expected_value } => {
            Rule::NotAllowed { allowed: expected_value.to_string() }
        }
        Kind::UniqueItems => Rule::Duplicate,
        other => {
            range().unwrap_or_else(|| Rule::WrongFormat { format: other.keyword().to_owned() })
        }
    }
}

/// The range that a value is outside of, with both of its ends, whichever was passed.
fn range_of(error: &ValidationError<'_>, find: &Find<'_>) -> Option<Rule> {
    let keyword = error.kind().keyword();
    let path = error.schema_path().as_str();
    let schema = find(path.strip_suffix(keyword)?.strip_suffix('/')?)?;
    let end = |name: &str| schema[name].as_i64().or_else(|| Some(schema[name].as_f64()? as i64));
    let count = |least: &str, most: &str| (end(least).unwrap_or(0), end(most).unwrap_or(i64::MAX));
    let ends = [&schema["minimum"], &schema["maximum"]];
    let is_decimal = ends.iter().all(|end| end.is_number()) && !ends.iter().all(|end| end.is_i64());
    match keyword {
        "minimum" | "maximum" if is_decimal => {
            let [min, max] = ends.map(ToString::to_string);
            Some(Rule::OutOfDecimalRange { min, max })
        }
        "minimum" | "maximum" => {
            let min = end("minimum").unwrap_or(i64::MIN);
            Some(Rule::OutOfRange { min, max: end("maximum").unwrap_or(i64::MAX) })
        }
        "minLength" | "maxLength" => {
            let (min, max) = count("minLength", "maxLength");
            Some(Rule::LengthOutOfRange { min, max })
        }
        "minItems" | "maxItems" => {
            let (min, max) = count("minItems", "maxItems");
            Some(Rule::CountOutOfRange { min, max })
        }
        "minProperties" | "maxProperties" => {
            let (min, max) = count("minProperties", "maxProperties");
            Some(Rule::CountOutOfRange { min, max })
        }
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_behind_very_much_that_is_right_is_found() {
        let schema = json!({ "type": "array", "items": { "type": "integer" } });
        let validator = jsonschema::options().build(&schema).expect("a schema");
        let wrong_at = |place: usize| {
            let mut items = vec![json!(1); 2 * MAX_JUDGED_ITEMS];
            items[place] = "one".into();
            let find = |_: &str| None;
            let found = violations(Some(&validator), &find, &items.into());
            found.into_iter().map(|violation| violation.at).collect::<Vec<_>>()
        };
        for place in [0, MAX_JUDGED_ITEMS + 1] {
            assert_eq!(wrong_at(place), [format!("/{place}")]);
        }
    }
}
