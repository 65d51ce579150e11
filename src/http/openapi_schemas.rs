//! The forms of a schema: in patches, where everything may be left out, and in answers, where more
//! may be added. Must not know any single resource.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const MERGE_PATCH: &str = "application/merge-patch+json";
const SCHEMAS: &str = "#/components/schemas/";

/// A patch body is its whole body with nothing required, and null for what need not be there.
pub(super) fn add_patch_schemas(document: &mut Value) {
    let mut targets = Vec::new();
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        let content = item.pointer_mut("/patch/requestBody/content");
        let Some(content) = content.and_then(Value::as_object_mut) else { continue };
        if let Some(schema) = content.get_mut(MERGE_PATCH).map(|media| &mut media["schema"]) {
            let target = referred(schema).unwrap_or_default().to_owned();
            *schema = refer(&patch_name(&target));
            targets.push(target);
        }
    }
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for target in targets {
        add_patch(schemas, &target);
        // How a record begins is stated once; later its actions change its state.
        if let Some(patch) = schemas.get_mut(&patch_name(&target)) {
            patch["properties"].as_object_mut().map(|members| members.remove("status"));
        }
    }
}

fn patch_name(target: &str) -> String {
    format!("{}Patch", target.strip_suffix("Body").unwrap_or(target))
}

/// Adds the patch of a body and, since an object inside a patch is patched too (RFC 7396), of those
/// in it.
fn add_patch(schemas: &mut Map<String, Value>, target: &str) {
    let name = patch_name(target);
    if schemas.contains_key(&name) {
        return;
    }
    let mut patch = schemas[target].clone();
    let required = patch.as_object_mut().and_then(|object| object.remove("required"));
    let is_required = |name: &String| {
        let names = required.as_ref().and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|each| each == name))
    };
    let mut nested = Vec::new();
    for (name, member) in patch["properties"].as_object_mut().into_iter().flatten() {
        // What is left out stays as it is, whatever it would be in a new record.
        member.as_object_mut().map(|member| member.remove("default"));
        nested.extend(patch_nested(schemas, member));
        if !is_required(name) {
            make_nullable(member);
        }
        if let Some(values) = member.get_mut("additionalProperties").filter(|it| it.is_object()) {
            make_nullable(values);
        }
    }
    schemas.insert(name, patch);
    nested.iter().for_each(|target| add_patch(schemas, target));
}

/// Lets a member that is an object be patched; the object that it was.
fn patch_nested(schemas: &Map<String, Value>, member: &mut Value) -> Option<String> {
    let is_object = |name: &str| schemas.get(name).is_some_and(|it| it["type"] == "object");
    let alternatives = member.get("oneOf").and_then(Value::as_array);
    let at = alternatives.and_then(|all| all.iter().position(|it| referred(it).is_some()));
    let schema = match at {
        Some(at) => &mut member["oneOf"][at],
        None => member,
    };
    let target = referred(schema).filter(|name| is_object(name))?.to_owned();
    schema["$ref"] = format!("{SCHEMAS}{}", patch_name(&target)).into();
    Some(target)
}

/// Lets null stand for a value, in the second place.
fn make_nullable(member: &mut Value) {
    if let Some(word) = member["type"].as_str().map(str::to_owned) {
        member["type"] = json!([word, "null"]);
    } else if let Some(reference) = member.get("$ref").cloned() {
        let description = member.get("description").cloned();
        *member = json!({ "oneOf": [{ "$ref": reference }, { "type": "null" }] });
        if let Some(description) = description {
            member["description"] = description;
        }
    } else if let Some(alternatives) = member.get_mut("oneOf").and_then(Value::as_array_mut) {
        alternatives.retain(|alternative| alternative["type"] != "null");
        alternatives.push(json!({ "type": "null" }));
    }
}

/// A client of today must read what is added tomorrow, so what a request has word for word is open
/// in answers, under a name of its own.
pub(super) fn open_outputs(document: &mut Value) {
    let answered = reachable(document, &answer_schemas(document));
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let is_closed = |name: &&String| schemas.get(*name).is_some_and(is_closed);
    let closed: Vec<String> = answered.iter().filter(is_closed).cloned().collect();
    let open_name = |name: &str| match name.strip_suffix("Body") {
        Some(stem) if !schemas.contains_key(stem) => stem.to_owned(),
        Some(stem) => format!("{stem}Record"),
        None => format!("{name}Record"),
    };
    let renamed: Vec<(String, String)> =
        closed.iter().map(|name| (name.clone(), open_name(name))).collect();
    for (name, open) in &renamed {
        let mut schema = schemas[name].clone();
        schema.as_object_mut().map(|object| object.remove("additionalProperties"));
        schemas.insert(open.clone(), schema);
    }
    let opened = renamed.iter().map(|(_, open)| open);
    let outputs: Vec<&String> =
        answered.iter().filter(|name| !closed.contains(name)).chain(opened).collect();
    for name in outputs {
        if let Some(schema) = schemas.get_mut(name) {
            rename_references(schema, &renamed);
        }
    }
}

fn is_closed(schema: &Value) -> bool {
    schema["additionalProperties"] == false
}

fn rename_references(schema: &mut Value, renamed: &[(String, String)]) {
    let target = referred(schema);
    let found = target.and_then(|target| renamed.iter().find(|(name, _)| name == target));
    if let Some((_, open)) = found {
        schema["$ref"] = format!("{SCHEMAS}{open}").into();
    }
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(|member| rename_references(member, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| rename_references(it, renamed)),
        _ => {}
    }
}

/// The schemas that answers refer to themselves.
fn answer_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect_references(&document["components"]["responses"], &mut found);
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            collect_references(&operation["responses"], &mut found);
        }
    }
    found
}

/// These schemas and all that they refer to, directly or not.
fn reachable(document: &Value, from: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<String> = from.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        if found.insert(name.clone()) {
            let mut references = BTreeSet::new();
            collect_references(&document["components"]["schemas"][&name], &mut references);
            waiting.extend(references);
        }
    }
    found
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    found.extend(referred(value).map(str::to_owned));
    match value {
        Value::Object(object) => object.values().for_each(|it| collect_references(it, found)),
        Value::Array(items) => items.iter().for_each(|it| collect_references(it, found)),
        _ => {}
    }
}

/// The schema that this one refers to.
fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}

/// Many clients write null for what they leave out, so that a null of an optional member means the
/// same everywhere.
pub(super) fn allow_null_in_bodies(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let bodies = schemas.iter_mut().filter(|(name, it)| is_closed(it) && !name.ends_with("Patch"));
    for (_, schema) in bodies {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let members = schema["properties"].as_object_mut().into_iter().flatten();
        for (_, member) in members.filter(|(name, _)| !required.iter().any(|it| it == *name)) {
            make_nullable(member);
        }
    }
}

/// Answers leave absent members out and never say null, so that clients need not ask for both.
pub(super) fn make_outputs_plain(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for schema in schemas.values_mut().filter(|schema| !is_closed(schema)) {
        members(schema).for_each(remove_null);
    }
}

/// The members of an object, also of one that is made of several.
fn members(schema: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    if schema.get("allOf").is_some() {
        let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
        return Box::new(parts.into_iter().flatten().flat_map(members));
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    Box::new(properties.into_iter().flat_map(Map::values_mut))
}

pub(super) fn remove_null(member: &mut Value) {
    if let Some(types) = member["type"].as_array() {
        let kept: Vec<Value> = types.iter().filter(|word| *word != "null").cloned().collect();
        member["type"] = if kept.len() == 1 { kept[0].clone() } else { Value::Array(kept) };
    }
    let branches = member.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let kept: Vec<&Value> = branches.iter().filter(|branch| branch["type"] != "null").collect();
    if let ([only], true) = (kept.as_slice(), branches.len() == 2) {
        let description = member.get("description").cloned();
        *member = (*only).clone();
        if let Some(description) = description {
            member["description"] = description;
        }
    }
}

/// Of an optional object the text stands beside the alternatives, not inside one of them.
pub(super) fn lift_descriptions(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for member in schemas.values_mut().flat_map(members) {
        let branches = member.get_mut("oneOf").and_then(Value::as_array_mut);
        let referring = branches.into_iter().flatten().find(|branch| branch.get("$ref").is_some());
        let text = referring.and_then(Value::as_object_mut).and_then(|it| it.remove("description"));
        if let (Some(text), Some(object)) = (text, member.as_object_mut()) {
            object.entry("description").or_insert(text);
        }
    }
}
