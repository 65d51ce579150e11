//! The contract in OpenAPI 3.0.3, for generators that do not read 3.1 yet. Must not add anything
//! that the 3.1 document does not say.

use serde_json::{Map, Value, json};

/// Where the texts of the licences stand: 3.0 has no field for SPDX identifiers.
const LICENSES: &str = "https://spdx.org/licenses/";

/// Converts a 3.1 document.
#[must_use]
pub fn convert(mut document: Value) -> Value {
    document["openapi"] = "3.0.3".into();
    if let Some(info) = document["info"].as_object_mut() {
        info.remove("summary");
        if let Some(license) = info.get_mut("license").and_then(Value::as_object_mut) {
            license.remove("identifier");
            license.insert("url".into(), LICENSES.into());
        }
    }
    convert_schemas(&mut document);
    let schemas = document["components"]["schemas"].clone();
    type_nullable(&mut document, &schemas);
    document
}

/// 3.0.3 lets only a schema with a type be null, so one that refers to another says its type too.
fn type_nullable(value: &mut Value, schemas: &Value) {
    if value["nullable"] == true && value.get("type").is_none() {
        let kind = referred(&value["allOf"][0], schemas)["type"].clone();
        value["type"] = kind;
    }
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|member| type_nullable(member, schemas));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| type_nullable(item, schemas)),
        _ => {}
    }
}

/// The schema itself, or the one that it refers to.
fn referred<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        Some(name) => &schemas[name],
        None if schema["allOf"].is_array() => referred(&schema["allOf"][0], schemas),
        None => schema,
    }
}

/// Walks the whole document: what looks like a schema is one.
fn convert_schemas(value: &mut Value) {
    match value {
        Value::Object(object) => {
            convert_schema(object);
            object.values_mut().for_each(convert_schemas);
        }
        Value::Array(items) => items.iter_mut().for_each(convert_schemas),
        _ => {}
    }
}

fn convert_schema(object: &mut Map<String, Value>) {
    object.remove("propertyNames");
    if let Some(Value::Array(types)) = object.get("type").cloned() {
        let kept: Vec<&Value> = types.iter().filter(|word| *word != "null").collect();
        if kept.len() < types.len() {
            object.insert("nullable".into(), true.into());
        }
        match kept.as_slice() {
            [single] => object.insert("type".into(), (*single).clone()),
            _ => object.remove("type"),
        };
    }
    drop_null_branch(object);
    if let Some(Value::Array(examples)) = object.remove("examples").filter(Value::is_array) {
        object.extend(examples.into_iter().next().map(|first| ("example".to_owned(), first)));
    }
    if let Some(constant) = object.remove("const") {
        object.insert("enum".into(), json!([constant]));
    }
    if object.contains_key("$ref") && object.len() > 1 {
        let reference = object.remove("$ref").unwrap_or_default();
        object.insert("allOf".into(), json!([{ "$ref": reference }]));
    }
}

/// 3.0 has no null type: an alternative to null is a nullable schema.
fn drop_null_branch(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get("oneOf").cloned() else { return };
    let kept: Vec<Value> = branches.iter().filter(|b| b["type"] != "null").cloned().collect();
    if kept.len() < branches.len() {
        object.remove("oneOf");
        object.insert("allOf".into(), Value::Array(kept));
        object.insert("nullable".into(), true.into());
    }
}
