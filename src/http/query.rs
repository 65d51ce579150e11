//! Query parameters: strictly the published ones, each held against its schema, all violations told
//! at once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use matching::place::ProvinceSet;
use matching::product::ProductSet;
use matching::violation::{Rule, Violation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::IntoParams;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};

use super::json;
use super::path::percent_decode;
use super::problem::{ApiError, ProblemCode};
use super::schema::QueryParameter;
use super::spelling;
use super::state::AppData;
use crate::actions::places;
use crate::reference::Reference;

/// The most parameters of one query, repeated ones counted each time.
const MAX_PARAMETERS: usize = 200;

/// Query parameters of type `T`, legal by their published schemas.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams + 'static> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<T: DeserializeOwned + IntoParams + 'static>(request: &HttpRequest) -> Result<T, ApiError> {
    let app = request.app_data::<web::Data<AppData>>();
    let app = app.ok_or_else(|| ApiError::new(ProblemCode::Internal))?;
    let object = collect(&app.contract.query_parameters::<T>(), &pairs(request)?)?;
    serde_json::from_value(Value::Object(object))
        .map_err(|error| ApiError::new(ProblemCode::InvalidParameter).because(error.to_string()))
}

/// Refuses every parameter of `request`.
///
/// # Errors
/// All that there are.
pub(super) fn refuse_all(request: &HttpRequest) -> Result<(), ApiError> {
    collect(&[], &pairs(request)?).map(|_| ())
}

fn pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, ApiError> {
    let broken: Vec<Violation> = broken(request.query_string()).collect();
    if !broken.is_empty() {
        return Err(ApiError::invalid_parameters(broken));
    }
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map_err(|_| ApiError::new(ProblemCode::InvalidParameter))?;
    Ok(pairs.into_inner())
}

/// What is not UTF-8 once it is decoded: it would be read with one and the same character in place
/// of each wrong byte, as a text that nobody sent.
fn broken(query: &str) -> impl Iterator<Item = Violation> {
    let broken = query.split('&').filter(|pair| percent_decode(pair).is_none());
    broken.map(|pair| {
        let name = pair.split('=').next().and_then(percent_decode).unwrap_or_default();
        Violation::new(name, Rule::WrongFormat { format: "UTF-8".into() })
    })
}

fn collect(
    parameters: &[QueryParameter],
    pairs: &[(String, String)],
) -> Result<Map<String, Value>, ApiError> {
    let mut violations = Vec::new();
    if pairs.len() > MAX_PARAMETERS {
        let rule = Rule::CountOutOfRange { min: 0, max: MAX_PARAMETERS as i64 };
        return Err(ApiError::invalid_parameters(vec![Violation::new("", rule)]));
    }
    let mut object = Map::new();
    for (name, text) in pairs {
        let parameter = parameters.iter().find(|parameter| parameter.name == *name);
        let Some(parameter) = parameter else {
            let names = parameters.iter().map(|known| known.name.as_str());
            let near = spelling::near(name, names);
            violations.push(Violation::new(name, Rule::UnknownParameter { near }));
            continue;
        };
        add(&mut object, &mut violations, (name, text), &parameter.schema);
    }
    for parameter in parameters {
        match object.get(&parameter.name) {
            Some(value) => violations.extend(parameter.violations(value)),
            None if parameter.is_required => {
                violations.push(Violation::new(&parameter.name, Rule::Required));
            }
            None => {}
        }
    }
    if violations.is_empty() { Ok(object) } else { Err(ApiError::invalid_parameters(violations)) }
}

/// Adds one value: to a list if the schema is an array, else once.
fn add(
    object: &mut Map<String, Value>,
    violations: &mut Vec<Violation>,
    (name, text): (&str, &str),
    schema: &Value,
) {
    let Some(text) = json::clean(text) else {
        violations.push(Violation::new(name, Rule::WrongFormat { format: "text".into() }));
        return;
    };
    if has_type(schema, "array") {
        let item = typed(&text, &schema["items"]);
        let list = object.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = list {
            items.push(item);
        }
    } else if object.insert(name.to_owned(), typed(&text, schema)).is_some() {
        violations.push(Violation::new(name, Rule::Duplicate));
    }
}

/// The value of a text by the type that its schema says; a text that does not fit stays a text, and
/// the schema then refuses it.
fn typed(text: &str, schema: &Value) -> Value {
    let plain_integer = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if has_type(schema, "integer") && plain_integer {
        return text.parse::<i64>().map_or_else(|_| text.into(), Value::from);
    }
    match text {
        "true" if has_type(schema, "boolean") => true.into(),
        "false" if has_type(schema, "boolean") => false.into(),
        _ => text.into(),
    }
}

/// The product set with a number, however large the number is.
pub(super) fn product_set(number: i64) -> Option<ProductSet> {
    u8::try_from(number).ok().and_then(ProductSet::new)
}

/// Today's provinces that the parameter `province_code` names.
///
/// # Errors
/// Each code that is none.
pub(super) fn provinces(
    reference: &Reference,
    codes: &[String],
) -> Result<ProvinceSet, Vec<Violation>> {
    let at_parameter = |violation| Violation { at: "province_code".into(), ..violation };
    let refused = |all: Vec<Violation>| all.into_iter().map(at_parameter).collect();
    places::provinces(reference, codes).map_err(refused)
}

/// Numbers within these bounds.
pub(super) fn numbers((min, max): (u8, u8), description: &str) -> ArrayBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
    ArrayBuilder::new()
        .items(number.minimum(Some(min)).maximum(Some(max)))
        .description(Some(description))
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(word) => word == name,
        Value::Array(words) => words.iter().any(|word| word == name),
        _ => false,
    }
}
