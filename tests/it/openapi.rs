//! The published contract: committed as served, complete, in two languages, and kept for those who
//! were generated from it.

mod breaking;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use matching::violation::Rule;
use ocop_link::http::problem::ProblemCode;
use ocop_link::http::problem_texts::{Language, every_rule, rule_code, rule_detail};
use ocop_link::http::schema::Contract;
use ocop_link::http::{openapi, openapi_legacy};
use serde_json::{Map, Value};

use crate::support::contract::resolved;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).expect("a document") + "\n"
}

/// The file must have this text; `UPDATE_OPENAPI=1` writes it.
fn hold(path: &str, text: &str) {
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(file(path), text).expect("a file");
    }
    let committed = fs::read_to_string(file(path)).unwrap_or_default();
    assert!(committed == text, "{path} is not what the code says; run with UPDATE_OPENAPI=1");
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push((format!("{} {path}", method.to_uppercase()), operation));
            }
        }
    }
    operations
}

#[test]
fn the_committed_documents_are_the_generated_ones() {
    let document = openapi::document();
    hold("openapi/openapi.json", &pretty(&document));
    hold("openapi/openapi-3.0.json", &pretty(&openapi_legacy::convert(document)));
}

#[test]
fn the_older_form_has_nothing_that_it_does_not_know() {
    let legacy = openapi_legacy::convert(openapi::document()).to_string();
    for word in ["\"null\"", "\"type\":null", "\"examples\":[", "\"const\"", "\"propertyNames\""] {
        assert!(!legacy.contains(word), "{word}");
    }
}

#[test]
fn every_operation_is_complete() {
    let document = openapi::document();
    assert!(!document.to_string().contains(":null"), "a member without a value");
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!id.is_empty() && ids.insert(id), "{name}: operationId");
        assert!(operation["summary"].as_str().is_some_and(|it| !it.is_empty()), "{name}: summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}: tag");
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}: no success");
        for (status, response) in responses {
            let response = resolved(&document, response);
            let problem = status.starts_with('4') || status.starts_with('5');
            let of_oauth = name == "POST /oauth/token" && matches!(status.as_str(), "400" | "401");
            let content = response["content"].get("application/problem+json");
            let has_problem = content.is_some();
            assert_eq!(problem && !of_oauth, has_problem, "{name} {status}: problem document");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{name} {status}: headers");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name}: parameter {}", parameter["name"]);
        }
        let is_open =
            operation["security"].as_array().is_some_and(|it| it[0] == Value::Object(Map::new()));
        assert!(is_open || responses.contains_key("401"), "{name}: 401");
    }
}

#[test]
fn every_field_of_every_schema_is_described() {
    let document = openapi::document();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let own = property["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(own || property.get("$ref").is_some(), "{name}.{field} is not described");
        }
    }
}

#[test]
fn every_body_can_be_checked() {
    let document = openapi::document();
    let contract = Contract::published().expect("a contract");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let bodies: Vec<&String> = schemas.keys().filter(|name| name.ends_with("Body")).collect();
    assert!(bodies.len() > 5, "{bodies:?}");
    for name in bodies {
        let found = contract.violations(name, &Value::Bool(true));
        assert!(matches!(found[0].rule, Rule::WrongType { .. }), "{name}: {found:?}");
    }
}

#[test]
fn no_change_breaks_released_clients() {
    let released = fs::read_to_string(file("openapi/released.json")).expect("released.json");
    let released: Value = serde_json::from_str(&released).expect("JSON");
    let broken = breaking::changes(&released, &openapi::document());
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_problem_is_listed_in_both_languages() {
    let mut page = String::from(
        "# Problems\n\nEvery error is a problem document (RFC 9457), but for 400 and 401 of \
         `/oauth/token`, which have the\nform of RFC 6749. `code` is stable and never \
         translated; `type` is\n`https://ocop-link.github.io/problems/<code>`. This page is \
         generated from the catalogue\n(`UPDATE_OPENAPI=1 cargo test --test it openapi`).\n\n\
         | status | code | Vietnamese | English |\n| --- | --- | --- | --- |\n",
    );
    for code in ProblemCode::ALL {
        let [vi, en] = [Language::Vietnamese, Language::English]
            .map(|language| (code.title(language), code.detail(language)));
        assert!(vi.0 != en.0 && vi.1 != en.1, "{}", code.code());
        let row = format!(
            "{} | `{}` | {}: {} | {}: {}",
            code.status(),
            code.code(),
            vi.0,
            vi.1,
            en.0,
            en.1
        );
        writeln!(page, "| {row} |").expect("a text");
    }
    page.push_str(
        "\n## Rules of fields\n\nThe `code` of each entry of `errors`.\n\n\
         | code | example (Vietnamese) | example (English) |\n| --- | --- | --- |\n",
    );
    for rule in every_rule() {
        let [vi, en] = [Language::Vietnamese, Language::English].map(|l| rule_detail(&rule, l));
        writeln!(page, "| `{}` | {vi} | {en} |", rule_code(&rule)).expect("a text");
    }
    hold("docs/PROBLEMS.md", &page);
}

/// What a document says anywhere below a value, references followed.
fn schemas_below<'a>(document: &'a Value, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    if let Some(reference) = value["$ref"].as_str() {
        if found.iter().any(|(name, _)| name == reference) {
            return;
        }
        let target = resolved(document, value);
        found.push((reference.to_owned(), target));
        return schemas_below(document, target, found);
    }
    match value {
        Value::Object(object) => {
            object.values().for_each(|member| schemas_below(document, member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| schemas_below(document, item, found)),
        _ => {}
    }
}

#[test]
fn answers_are_open_to_what_is_added_and_never_null() {
    let document = openapi::document();
    for (name, operation) in operations(&document) {
        let mut found = Vec::new();
        schemas_below(&document, &operation["responses"], &mut found);
        for (reference, schema) in found {
            assert_ne!(schema["additionalProperties"], false, "{name}: {reference}");
            for (field, member) in schema["properties"].as_object().into_iter().flatten() {
                let text = member["type"].to_string() + &member["oneOf"].to_string();
                assert!(!text.contains("\"null\""), "{name}: {reference} {field}");
            }
        }
    }
}

#[test]
fn a_patch_has_no_defaults_and_removes_only_what_may_be_absent() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let patches: Vec<_> = schemas.iter().filter(|(name, _)| name.ends_with("Patch")).collect();
    assert!(patches.len() > 6, "{patches:?}");
    for (name, patch) in patches {
        let stem = name.trim_end_matches("Patch");
        let whole = schemas.get(&format!("{stem}Body")).or_else(|| schemas.get(stem));
        let whole = whole.expect("what is patched");
        for (field, member) in patch["properties"].as_object().into_iter().flatten() {
            assert!(member.get("default").is_none(), "{name}.{field}");
            let required = whole["required"].as_array().into_iter().flatten();
            let is_required = required.into_iter().any(|it| it == field);
            let text = member["type"].to_string() + &member["oneOf"].to_string();
            assert_eq!(text.contains("\"null\""), !is_required, "{name}.{field}");
        }
    }
}
