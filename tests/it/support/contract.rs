//! Holds an answer against the published document: its status, its headers, its body.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use ocop_link::http::openapi;
use serde_json::{Value, json};

use super::api::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);

/// The published document.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// What a reference stands for.
pub(crate) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.map_or(value, |pointer| document.pointer(pointer).expect("what is referred to"))
}

/// Checks one answer to a request; an address that the contract does not know leads nowhere, but
/// for the one that leads to the page about it.
pub(crate) fn check((method, path): (&str, &str), answer: &Answer) {
    let document = document();
    assert!(!answer.header("x-request-id").is_empty(), "no request id");
    let Some(operation) = operation(document, method, path) else {
        let is_right = matches!(answer.status, 404 | 405 | 414) || path == "/docs";
        assert!(is_right, "{method} {path}: {}", answer.status);
        return;
    };
    let response = resolved(document, &operation["responses"][answer.status.to_string()]);
    assert!(response.is_object(), "{method} {path}: undocumented status {}", answer.status);
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let present = answer.headers.contains_key(&name.to_lowercase());
        assert!(present || header["required"] != true, "{method} {path}: no header {name}");
    }
    for name in ["ETag", "Link", "Location", "Retry-After", "WWW-Authenticate"] {
        let is_told = response["headers"].get(name).is_some();
        let is_sent = answer.headers.contains_key(&name.to_lowercase());
        assert!(is_told || !is_sent, "{method} {path} {}: undocumented {name}", answer.status);
    }
    let Some(content) = response["content"].as_object() else { return };
    let given = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
    let media = content.get(&given);
    let media = media.unwrap_or_else(|| panic!("{method} {path}: answered as {given}"));
    if method != "HEAD" && given.ends_with("json") {
        check_body(document, &media["schema"], &answer.body, &format!("{method} {path}"));
    }
}

fn check_body(document: &Value, schema: &Value, body: &Value, what: &str) {
    static VALIDATORS: Mutex<Option<HashMap<String, Arc<Validator>>>> = Mutex::new(None);
    let validator = {
        let mut guard = VALIDATORS.lock().expect("no panic while compiling");
        let validators = guard.get_or_insert_default();
        let compiled = validators.entry(schema.to_string()).or_insert_with(|| {
            let mut whole = schema.clone();
            whole["components"] = document["components"].clone();
            let options = jsonschema::options().with_draft(Draft::Draft202012);
            Arc::new(options.should_validate_formats(true).build(&whole).expect("a schema"))
        });
        Arc::clone(compiled)
    };
    let errors: Vec<Value> = validator
        .iter_errors(body)
        .map(|error| json!([error.instance_path().as_str(), error.to_string()]))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?} in {body}");
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let path = path.split('?').next().unwrap_or_default();
    let method = if method == "HEAD" { "get".into() } else { method.to_lowercase() };
    let paths = document["paths"].as_object()?;
    if let Some(item) = paths.get(path) {
        return item.get(&method);
    }
    let mut fitting: Vec<_> = paths.iter().filter(|(template, _)| fits(template, path)).collect();
    // A literal path goes before a template that fits too.
    fitting.sort_by_key(|(template, _)| (template.matches('{').count(), template.ends_with('}')));
    fitting.iter().find_map(|(_, item)| item.get(&method))
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(part, text)| match part.split_once('}') {
            Some((_, suffix)) => text.ends_with(suffix),
            None => *part == text,
        })
}
