//! What each operation of the published document takes beside its path and its headers, so that the
//! rest can be refused in one place. Must not know any handler.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

use actix_web::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;

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

impl From<&Operation> for Intake {
    fn from(operation: &Operation) -> Self {
        Self {
            is_open: operation.security.first().is_some_and(BTreeMap::is_empty),
            takes_query: operation.parameters.iter().any(|parameter| parameter.place == "query"),
            takes_body: operation.body.is_some(),
        }
    }
}

/// The paths of a document, as far as they matter here.
#[derive(Debug, Deserialize)]
pub struct Paths(BTreeMap<String, BTreeMap<String, Operation>>);

#[derive(Debug, Deserialize)]
struct Operation {
    #[serde(default)]
    parameters: Vec<Parameter>,
    #[serde(default)]
    security: Vec<BTreeMap<String, IgnoredAny>>,
    #[serde(rename = "requestBody")]
    body: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    /// Absent of one that is stated elsewhere: headers are.
    #[serde(rename = "in", default)]
    place: String,
}

/// The operations of each path, which may be a template.
pub type Operations = BTreeMap<String, Vec<(Method, Intake)>>;

/// What a document says of its operations.
#[must_use]
pub fn of(paths: &Paths) -> Operations {
    paths.0.iter().map(|(path, item)| (path.clone(), of_path(item))).collect()
}

/// The operations of a path: of the one that is named word for word, else of the longest template
/// that it fits.
#[must_use]
pub fn at<'a>(operations: &'a Operations, path: &str) -> Option<&'a [(Method, Intake)]> {
    let resource = resource_of(path);
    let of_resource = operations.range::<str, _>((Included(resource), Unbounded));
    let templates = of_resource.take_while(|(template, _)| template.starts_with(resource));
    let fitting = templates.filter(|(template, _)| fits(template, path));
    let longest = || Some(fitting.max_by_key(|(template, _)| template.len())?.1);
    operations.get(path).or_else(longest).map(Vec::as_slice)
}

/// A path up to the name of its resource, which no template leaves open; nothing of one without
/// more behind it.
fn resource_of(path: &str) -> &str {
    let end = path.strip_prefix(API).and_then(|rest| Some(API.len() + rest.find('/')?));
    &path[..end.unwrap_or(0)]
}

/// Whether a path has the words of a template, and anything for its parameters but what follows
/// them.
pub(super) fn fits(template: &str, path: &str) -> bool {
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || is_any(part, text) => {}
            _ => return false,
        }
    }
}

/// Whether a part of a template is a parameter, and what follows it ends the text.
fn is_any(part: &str, text: &str) -> bool {
    let parameter = part.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    parameter.is_some_and(|(_, ending)| text.ends_with(ending))
}

fn of_path(item: &BTreeMap<String, Operation>) -> Vec<(Method, Intake)> {
    let read = |(word, operation): (&String, &Operation)| {
        let method = Method::from_bytes(word.to_uppercase().as_bytes()).ok()?;
        Some((method, Intake::from(operation)))
    };
    item.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema::Contract;
    use super::*;

    #[test]
    fn every_path_of_the_contract_is_found_by_an_address_that_fits_it() {
        let contract = Contract::published().expect("the contract");
        for (template, expected) in contract.operations() {
            let mut path = template.clone();
            while let Some((start, end)) = path.find('{').zip(path.find('}')) {
                path.replace_range(start..=end, "x1");
            }
            let found = at(contract.operations(), &path).expect("operations");
            assert!(std::ptr::eq(found, expected.as_slice()), "{path}");
        }
        assert_eq!(at(contract.operations(), "/v1/demands/x1/nothing"), None);
        assert_eq!(at(contract.operations(), "/v1/nothing"), None);
    }
}
