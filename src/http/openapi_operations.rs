//! What operations have in common: security, preconditions, repetition, headers and problems, each
//! stated once and referred to. Must not know any single resource.

use serde_json::{Map, Value, json};

use super::allocation_sheet::XLSX;
use super::openapi_schemas::remove_null;
use super::operations::API;
use super::problem::{PROBLEM_JSON, ProblemCode};

/// The methods of the API, as the document has them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// An idempotency key: visible ASCII without quotes within, bare or in quotes.
const KEY_PATTERN: &str = r#"^("[!#-~]{1,255}"|[!#-~]{1,255})$"#;

/// The problems of single operations beyond those of their kind.
const OWN_STATUSES: [(&str, &str, &[u16]); 4] = [
    ("/v1/sessions", "post", &[401]),
    ("/v1/sessions/current", "get", &[404]),
    ("/v1/sessions/current", "delete", &[404]),
    ("/v1/sessions/current/password", "put", &[404]),
];

/// Adds to each operation what follows from its kind.
pub(super) fn complete_operations(document: &mut Value) {
    document["components"]["responses"] = shared_problems();
    document["components"]["parameters"] = shared_parameters();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                complete(path, method, operation);
            }
        }
    }
    drop_spare_problems(document);
}

/// Leaves out problems that no operation refers to.
fn drop_spare_problems(document: &mut Value) {
    let paths = document["paths"].to_string();
    if let Some(problems) = document["components"]["responses"].as_object_mut() {
        problems.retain(|name, _| paths.contains(&format!("/{name}\"")));
    }
}

fn complete(path: &str, method: &str, operation: &mut Value) {
    let is_open = operation["security"].as_array().is_some_and(|all| all[0] == json!({}));
    let has_body = operation.get("requestBody").is_some();
    let is_put = puts_record(path, method);
    if has_body {
        operation["requestBody"]["required"] = true.into();
    }
    if operation.get("parameters").is_none() {
        operation["parameters"] = json!([]);
    }
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        let Some(schema) = parameter.get_mut("schema") else { continue };
        remove_null(schema);
        let text = schema.get("description").cloned();
        if let (Some(text), true) = (text, parameter.get("description").is_none()) {
            parameter["description"] = text;
        }
    }
    if method == "get" && has_tag(path, operation) {
        operation["responses"]["304"] = json!({ "description": "You have this already" });
    }
    let is_tagged = operation["responses"].get("304").is_some();
    let kind = Answer::of(operation, method == "patch" || is_put);
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        type_file(response);
        response["headers"] = headers(status, kind);
        if method == "post" && !is_open {
            response["headers"]["Idempotent-Replayed"] = replayed();
        }
        if !is_health(path) {
            add_rate_limits(&mut response["headers"]);
        }
    }
    add_parameters(operation, (method, is_open), (is_tagged, is_put));
    for status in problem_statuses(path, method, (is_open, has_body)) {
        // What a handler states itself stands, such as the errors of OAuth.
        let response = &mut operation["responses"][status.to_string()];
        if response.is_null() && is_health(path) {
            *response = problem_response(status);
        } else if response.is_null() {
            *response = json!({ "$ref": format!("#/components/responses/Problem{status}") });
        }
    }
}

/// The headers that an operation of its kind takes.
fn add_parameters(
    operation: &mut Value,
    (method, is_open): (&str, bool),
    (is_tagged, is_put): (bool, bool),
) {
    let kinds = [
        (is_tagged, "IfNoneMatch"),
        (method == "patch", "IfMatch"),
        (is_put, "IfMatchOptional"),
        (is_put, "IfNoneMatchOfPut"),
        (method == "post" && !is_open, "IdempotencyKey"),
        (!is_open, "OnBehalfOf"),
        (true, "AcceptLanguage"),
    ];
    let names = kinds.into_iter().filter(|(is_taken, _)| *is_taken).map(|(_, name)| name);
    let all = names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }));
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.extend(all);
    }
}

fn shared_parameters() -> Value {
    json!({
        "OnBehalfOf": on_behalf_of(),
        "IfMatch": if_match(true),
        "IfMatchOptional": if_match(false),
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` of the answer that you have: 304 if it is still the same.",
            "schema": { "type": "string" }, "example": "\"3\""
        },
        "IfNoneMatchOfPut": if_none_match(),
        "IdempotencyKey": idempotency_key(),
        "AcceptLanguage": {
            "name": "Accept-Language", "in": "header", "required": false,
            "description": "`vi` or `en`: the language of what is said to people; `vi` if absent.",
            "schema": { "type": "string" }, "example": "en"
        },
    })
}

fn is_health(path: &str) -> bool {
    path.starts_with("/health/")
}

/// What an operation answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// A list, in pages.
    List,
    /// A page of a list that is asked for by POST, without a tag.
    Page,
    /// Something that always has a tag.
    Tagged,
    /// A record as an action leaves it, or as a file.
    Record,
    /// Anything else.
    Other,
}

impl Answer {
    fn of(operation: &Value, is_changed: bool) -> Self {
        let is_tagged = operation["responses"].get("304").is_some();
        match answers(operation) {
            name if name.ends_with("List") => {
                if is_tagged {
                    Self::List
                } else {
                    Self::Page
                }
            }
            _ if is_tagged || is_changed => Self::Tagged,
            name if name.ends_with("Record") || is_file(operation) => Self::Record,
            _ => Self::Other,
        }
    }
}

/// The name of the schema that an operation answers with.
fn answers(operation: &Value) -> &str {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    schema.as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

fn is_file(operation: &Value) -> bool {
    operation["responses"]["200"]["content"].get(XLSX).is_some()
}

/// A spreadsheet is a file, not the numbers of its bytes.
fn type_file(response: &mut Value) {
    let content = response.get_mut("content").and_then(Value::as_object_mut);
    if let Some(media) = content.and_then(|content| content.get_mut(XLSX)) {
        media["schema"] = json!({ "type": "string", "format": "binary" });
    }
}

/// A body of which nothing is needed may be absent.
pub(super) fn let_bodies_be_absent(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(body) = item.pointer_mut("/post/requestBody") else { continue };
        let target = body.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
        let name = target.and_then(|target| target.rsplit('/').next());
        if name.is_some_and(|name| schemas[name].get("required").is_none()) {
            body["required"] = false.into();
        }
    }
}

fn on_behalf_of() -> Value {
    json!({
        "name": "On-Behalf-Of", "in": "header", "required": false,
        "description": "The party that you act for under a grant; absent for your own.",
        "schema": { "type": "string", "format": "uuid" },
        "example": "0198c0de-0000-7000-8000-000000000001"
    })
}

/// All but health is counted, and says so (draft-ietf-httpapi-ratelimit-headers-10).
fn add_rate_limits(headers: &mut Value) {
    headers["RateLimit-Policy"] = json!({
        "description": "How many requests (`q`) may be made within `w` seconds, by policy.",
        "required": true, "schema": { "type": "string" },
        "example": "\"client\";q=600;w=60" });
    headers["RateLimit"] = json!({
        "description": "How many are left (`r`) for the next `t` seconds, by policy.",
        "required": true, "schema": { "type": "string" },
        "example": "\"client\";r=599;t=60" });
}

/// Records and lists have a tag, and the contract itself.
fn has_tag(path: &str, operation: &Value) -> bool {
    path.ends_with("/{id}") || path.starts_with("/openapi") || answers(operation).ends_with("List")
}

/// Whether a record is created or replaced.
fn puts_record(path: &str, method: &str) -> bool {
    method == "put" && path.contains("/by-external-id/")
}

fn if_match(is_required: bool) -> Value {
    json!({
        "name": "If-Match", "in": "header", "required": is_required,
        "description": "The `ETag` of the version that the change is based on; several with commas \
            between, or `*` for any.",
        "schema": { "type": "string" }, "example": "\"3\""
    })
}

fn if_none_match() -> Value {
    json!({
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "`*` to create the record only if there is none; or the `ETag` of a version \
            that is not to be replaced.",
        "schema": { "type": "string" }, "example": "*"
    })
}

/// A POST takes a key, and says when its answer was given before.
fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Names this request, so that it can be sent again without acting twice: \
            visible ASCII, bare or in quotes. The answer is kept for 72 hours.",
        "schema": { "type": "string", "pattern": KEY_PATTERN, "minLength": 1, "maxLength": 257 },
        "example": "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""
    })
}

fn replayed() -> Value {
    json!({
        "description": "`true` on an answer that was given before to the same request.",
        "required": false, "schema": { "type": "string" }
    })
}

/// The headers of an answer of an operation.
fn headers(status: &str, kind: Answer) -> Value {
    let text = |description: &str| {
        json!({
        "description": description, "required": true, "schema": { "type": "string" } })
    };
    let optional = |description: &str| {
        json!({
        "description": description, "required": false, "schema": { "type": "string" } })
    };
    let mut headers = Map::new();
    headers.insert("X-Request-Id".into(), text("Id of the request, for support."));
    if status == "201" {
        headers.insert("Location".into(), text("Address of the new record."));
    }
    let version = "The version, for If-Match and If-None-Match.";
    let tag = match (status, kind) {
        ("201", _) | ("200" | "304", Answer::Tagged | Answer::List) => Some(text(version)),
        ("200", Answer::Record) => Some(optional(version)),
        ("412", _) => Some(optional("The version now, if there is a record.")),
        _ => None,
    };
    headers.extend(tag.map(|tag| ("ETag".to_owned(), tag)));
    if matches!(status, "200" | "304") && matches!(kind, Answer::List | Answer::Page) {
        headers.insert("Link".into(), optional("The next page (`rel=next`, RFC 8288), if any."));
    }
    if status == "401" {
        headers.insert("WWW-Authenticate".into(), text("How to authenticate (RFC 9110)."));
    }
    Value::Object(headers)
}

fn problem_statuses(path: &str, method: &str, (is_open, has_body): (bool, bool)) -> Vec<u16> {
    let mut statuses = vec![400, 414, 431, 500, 503];
    if !is_health(path) {
        statuses.push(429);
    }
    if path.starts_with(API) {
        statuses.push(406);
    }
    if !is_open {
        statuses.extend([401, 403]);
    }
    if path.contains('{') {
        statuses.push(404);
    }
    // A body is looked at even where none is taken (`http/intake.rs`).
    if has_body || path.starts_with(API) {
        statuses.extend([408, 413, 415, 422]);
    }
    if method != "get" {
        statuses.push(409);
    }
    if method == "patch" {
        statuses.extend([412, 428]);
    }
    if puts_record(path, method) {
        statuses.push(412);
    }
    let own = OWN_STATUSES.iter().filter(|(at, by, _)| (*at, *by) == (path, method));
    statuses.extend(own.flat_map(|(_, _, statuses)| *statuses));
    if path.starts_with("/v1/allocations") {
        // Some of it only a finished allocation has.
        statuses.push(409);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The problems that operations refer to, by their statuses.
fn shared_problems() -> Value {
    let statuses = ProblemCode::ALL.iter().map(|code| code.status());
    let shared = statuses.map(|status| {
        let mut response = problem_response(status);
        response["headers"]["Idempotent-Replayed"] = replayed();
        add_rate_limits(&mut response["headers"]);
        (format!("Problem{status}"), response)
    });
    Value::Object(shared.collect())
}

fn problem_response(status: u16) -> Value {
    let codes = ProblemCode::ALL.iter().filter(|code| code.status() == status);
    let codes: Vec<&str> = codes.map(|code| code.code()).collect();
    let mut headers = headers(&status.to_string(), Answer::Other);
    headers["Content-Language"] = json!({ "description": "`vi` or `en`.",
        "required": true, "schema": { "type": "string" } });
    if matches!(status, 409 | 429 | 503) {
        headers["Retry-After"] = json!({ "description": "Seconds to wait.",
            "required": status != 409, "schema": { "type": "string" } });
    }
    json!({
        "description": format!("A problem with one of the codes {}", codes.join(", ")),
        "headers": headers,
        "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}
