//! What would break a client that was generated from an older document: something it calls or reads
//! is gone, or something that it sends is no longer taken.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::contract::resolved;

/// Every breaking change from `old` to `new`.
pub(crate) fn changes(old: &Value, new: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, item) in old["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let at = format!("{method} {path}");
            let now = &new["paths"][path][method];
            if now.is_null() {
                broken.push(format!("{at} is gone"));
            } else {
                compare_operations(&at, ((old, operation), (new, now)), &mut broken);
            }
        }
    }
    for (name, schema) in old["components"]["schemas"].as_object().into_iter().flatten() {
        let now = &new["components"]["schemas"][name];
        let is_input = name.ends_with("Body") || name.ends_with("Patch");
        if now.is_null() {
            broken.push(format!("schema {name} is gone"));
        } else {
            compare_schemas((name, is_input), (old, new), (schema, now), &mut broken);
        }
    }
    broken
}

/// An operation with the document that it is of.
type Stated<'a> = (&'a Value, &'a Value);

fn parameters<'a>((document, operation): Stated<'a>) -> Vec<&'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.map(|parameter| resolved(document, parameter)).collect()
}

fn compare_operations(at: &str, (before, now): (Stated, Stated), broken: &mut Vec<String>) {
    let (old, new) = (before.1, now.1);
    let statuses = old["responses"].as_object().into_iter().flatten();
    for (status, _) in statuses.filter(|(status, _)| status.starts_with('2')) {
        if new["responses"][status].is_null() {
            broken.push(format!("{at} no longer answers {status}"));
        }
    }
    let (before, now) = (parameters(before), parameters(now));
    for parameter in &before {
        if !now.iter().any(|now| now["name"] == parameter["name"]) {
            broken.push(format!("{at} no longer takes {}", parameter["name"]));
        }
    }
    for parameter in now.iter().filter(|parameter| parameter["required"] == true) {
        let was = before.iter().find(|old| old["name"] == parameter["name"]);
        if was.is_none_or(|old| old["required"] != true) {
            broken.push(format!("{at} now requires {}", parameter["name"]));
        }
    }
}

fn words<'a>(schema: &'a Value, member: &str) -> BTreeSet<&'a str> {
    schema[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The JSON types that a member may have, and the schema that it refers to.
fn kind<'a>(document: &'a Value, member: &'a Value) -> (BTreeSet<&'a str>, Option<&'a Value>) {
    let target = member.get("$ref").map(|_| resolved(document, member));
    let (mut types, mut found) = (words(target.unwrap_or(member), "type"), target);
    types.extend(target.unwrap_or(member)["type"].as_str());
    for alternative in member["oneOf"].as_array().into_iter().flatten() {
        let (more, other) = kind(document, alternative);
        types.extend(more);
        found = found.or(other);
    }
    (types, found)
}

/// Whether a client may go on sending, or reading, what it knows: requests may take more and
/// answers may say less. A null that a patch had for a member that must stay was always refused.
fn fits(name: &str, is_input: bool, (old, new): (&BTreeSet<&str>, &BTreeSet<&str>)) -> bool {
    if !is_input {
        return new.is_subset(old) && new.is_empty() == old.is_empty();
    }
    old.iter().all(|word| new.contains(word) || *word == "null" && name.ends_with("Patch"))
}

/// The documents that two schemas are of.
type Documents<'a> = (&'a Value, &'a Value);

fn compare_schemas(
    (name, is_input): (&str, bool),
    documents: Documents,
    (old, new): (&Value, &Value),
    broken: &mut Vec<String>,
) {
    for (field, property) in old["properties"].as_object().into_iter().flatten() {
        let now = &new["properties"][field];
        let at = format!("{name}.{field}");
        let ((types, target), (types_now, target_now)) =
            (kind(documents.0, property), kind(documents.1, now));
        if now.is_null() {
            broken.push(format!("{at} is gone"));
        } else if !fits(name, is_input, (&types, &types_now)) {
            broken.push(format!("{at} has another type"));
        } else if let (Some(from), Some(to), true) =
            (target, target_now, property["$ref"] != now["$ref"])
        {
            // The same under another name.
            compare_schemas((&at, is_input), documents, (from, to), broken);
        }
    }
    let (required, still) = (words(old, "required"), words(new, "required"));
    if is_input {
        let added = still.difference(&required);
        broken.extend(added.map(|field| format!("{name}.{field} is now required")));
    } else {
        let lost = required.difference(&still);
        broken.extend(lost.map(|field| format!("{name}.{field} may now be absent")));
    }
    let lost = words(old, "enum").difference(&words(new, "enum")).copied().collect::<Vec<_>>();
    broken.extend(lost.iter().map(|word| format!("{name} no longer knows {word}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Value {
        json!({
            "paths": {"/v1/x": {"get": {
                "parameters": [{"name": "q"}],
                "responses": {"200": {}, "404": {}}
            }}},
            "components": {"schemas": {
                "XBody": {"required": ["a"], "properties": {
                    "a": {"type": "string"}, "b": {"type": "string"}
                }},
                "XRecord": {"required": ["a"], "properties": {"a": {"type": "string"}}},
                "Word": {"enum": ["one", "two"]}
            }}
        })
    }

    #[test]
    fn the_same_document_and_additions_break_nothing() {
        let mut new = document();
        new["paths"]["/v1/y"] = json!({"get": {"responses": {"200": {}}}});
        new["components"]["schemas"]["XBody"]["properties"]["c"] = json!({"type": "integer"});
        new["components"]["schemas"]["Word"]["enum"] = json!(["one", "two", "three"]);
        assert_eq!(changes(&document(), &new), Vec::<String>::new());
    }

    #[test]
    fn each_kind_of_breaking_change_is_found() {
        let edits: [(&str, Value); 8] = [
            ("/paths/~1v1~1x", json!({})),
            ("/paths/~1v1~1x/get/responses", json!({"404": {}})),
            ("/paths/~1v1~1x/get/parameters", json!([])),
            ("/paths/~1v1~1x/get/parameters/0", json!({"name": "q", "required": true})),
            ("/components/schemas/XBody/required", json!(["a", "b"])),
            ("/components/schemas/XBody/properties/a/type", json!("integer")),
            ("/components/schemas/XRecord", json!({"required": [], "properties": {}})),
            ("/components/schemas/Word/enum", json!(["one"])),
        ];
        for (pointer, value) in edits {
            let mut new = document();
            *new.pointer_mut(pointer).expect("a member") = value;
            assert!(!changes(&document(), &new).is_empty(), "{pointer}");
        }
    }
}
