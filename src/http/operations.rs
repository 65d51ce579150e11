//! What each operation of the published document takes beside its path and its headers, so that the
//! rest can be refused in one place. Must not know any handler.

use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::openapi::METHODS;

/// Where the API begins. Health, keys and pages take whatever comes with a request, and the token
/// endpoint ignores what it does not know (RFC 6749 section 3.2).
pub const API: &str = "/v1/";

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// Whether it needs no token.
    pub is_open: bool,
    /// Whether it has query parameters.
    pub takes_query: bool,
    /// Whether it has a body.
    pub takes_body: bool,
}

impl Intake {
    fn of(operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        Self {
            is_open: operation["security"][0] == json!({}),
            takes_query: parameters.into_iter().any(|parameter| parameter["in"] == "query"),
            takes_body: operation.get("requestBody").is_some(),
        }
    }
}

/// The operations of each path, which may be a template.
pub type Operations = BTreeMap<String, Vec<(Method, Intake)>>;

/// The operations of a document.
#[must_use]
pub fn of(document: &Value) -> Operations {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.map(|(path, item)| (path.clone(), of_path(item))).collect()
}

/// The operations of a path: of the one that is named word for word, else of the template that it
/// fits.
#[must_use]
pub fn at<'a>(operations: &'a Operations, path: &str) -> Option<&'a [(Method, Intake)]> {
    let fitting = || operations.iter().find(|(template, _)| fits(template, path));
    let found = operations.get(path).or_else(|| fitting().map(|(_, found)| found));
    found.map(Vec::as_slice)
}

/// Whether a path has the words of a template, and anything for its parameters.
pub(super) fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || part.starts_with('{') => {}
            _ => return false,
        }
    }
}

fn of_path(item: &Value) -> Vec<(Method, Intake)> {
    let members = item.as_object().into_iter().flat_map(Map::iter);
    let operations = members.filter(|(word, _)| METHODS.contains(&word.as_str()));
    let read = |(word, operation): (&String, &Value)| {
        let method = Method::from_bytes(word.to_uppercase().as_bytes()).ok()?;
        Some((method, Intake::of(operation)))
    };
    operations.filter_map(read).collect()
}
