//! The document as the routes have it, completed with what every operation has in common (security,
//! problems, headers, patch bodies), so that no handler repeats it. What is served is the committed
//! copy, which a test holds equal to this.

use actix_web::App;
use serde_json::{Map, Value, json};
use utoipa_actix_web::AppExt;

use super::operations::API;
use super::problem::{FieldError, PROBLEM_JSON, Problem, ProblemCode};
use super::routes::routes;

const MERGE_PATCH: &str = "application/merge-patch+json";
/// The methods of the API, as the document has them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The problems of single operations beyond those of their kind.
const OWN_STATUSES: [(&str, &str, &[u16]); 4] = [
    ("/v1/sessions", "post", &[401]),
    ("/v1/sessions/current", "get", &[404]),
    ("/v1/sessions/current", "delete", &[404]),
    ("/v1/sessions/current/password", "put", &[404]),
];

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    let app = App::new().into_utoipa_app().configure(|config| routes(config));
    let (_, document) = app.split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    refer_to_records(&mut document);
    rename_lists(&mut document);
    describe(&mut document);
    add_schema::<Problem>(&mut document, "Problem");
    add_schema::<FieldError>(&mut document, "FieldError");
    complete_operations(&mut document);
    let_bodies_be_absent(&mut document);
    lift_descriptions(&mut document);
    add_patch_schemas(&mut document);
    make_outputs_plain(&mut document);
    document
}

fn add_schema<T: utoipa::PartialSchema>(document: &mut Value, name: &str) {
    document["components"]["schemas"][name] = serde_json::to_value(T::schema()).unwrap_or_default();
}

/// A list refers to the schema of its records, so that a client has one type for a record wherever
/// it meets it.
fn refer_to_records(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in &names {
        let Some(record) = name.strip_prefix("List_").filter(|it| schemas.contains_key(*it)) else {
            continue;
        };
        let reference = json!({ "$ref": format!("#/components/schemas/{record}") });
        schemas[name]["properties"]["items"]["items"] = reference;
    }
}

/// `List_PartyRecord` is a name that no generator renders well.
fn rename_lists(document: &mut Value) {
    let text = document.to_string();
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("List_") {
        let name: String =
            rest[at + 5..].chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        renamed.push_str(&rest[..at]);
        renamed.push_str(name.strip_suffix("Record").unwrap_or(&name));
        renamed.push_str("List");
        rest = &rest[at + 5 + name.len()..];
    }
    renamed.push_str(rest);
    if let Ok(value) = serde_json::from_str(&renamed) {
        *document = value;
    }
}

fn describe(document: &mut Value) {
    document["info"] = json!({
        "title": "ocop-link",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Links OCOP producers with the distributors who need them",
        "description": "Money is whole đồng. A quantity is a whole number of its unit. Dates are \
            ISO 8601 and both ends of a period belong to it; times are RFC 3339 in UTC. Clients \
            must tolerate fields and words that they do not know in answers; unknown fields and \
            parameters in requests are refused. Errors are problem documents (RFC 9457) in \
            Vietnamese or English by Accept-Language.",
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
    });
    document["servers"] = json!([{ "url": "/", "description": "This server" }]);
    document["tags"] = json!([
        { "name": "parties", "description": "Producers, distributors, coordinators, authorities" },
        { "name": "products", "description": "What producers make, with their certificates" },
        { "name": "offers", "description": "What producers can supply" },
        { "name": "demands", "description": "What distributors want" },
        { "name": "allocations",
          "description": "Demands split over many producers, proven best, fair and explained" },
        { "name": "matches", "description": "Which offers may serve which demands, and why" },
        { "name": "reports", "description": "Figures over the records" },
        { "name": "grants", "description": "Who may act for whom, and what was done" },
        { "name": "reference", "description": "Product sets, units, places, kinds of certificate" },
        { "name": "identity", "description": "Tokens of programs, sessions of people" },
        { "name": "service", "description": "Health, keys and this contract" }
    ]);
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token (EdDSA, 15 minutes), checked by RFC8725" },
        "client": { "type": "http", "scheme": "basic",
            "description": "A client's id and secret, only to get an access token" }
    });
    document["security"] = json!([{ "bearer": [] }]);
}

/// Adds to each operation what follows from its kind.
fn complete_operations(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                complete(path, method, operation);
            }
        }
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
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        response["headers"] = headers(status, is_tagged || method == "patch" || is_put);
    }
    if method == "patch" {
        add_parameter(operation, if_match(true));
    }
    if is_put {
        add_parameter(operation, if_match(false));
        add_parameter(operation, if_none_match());
    }
    if method == "post" && !is_open {
        make_repeatable(operation);
    }
    if !is_open {
        add_parameter(operation, on_behalf_of());
    }
    for status in problem_statuses(path, method, (is_open, has_body)) {
        // What a handler states itself stands, such as the errors of OAuth.
        let response = &mut operation["responses"][status.to_string()];
        if response.is_null() {
            *response = problem_response(status);
        }
    }
    if !path.starts_with("/health/") {
        add_rate_limits(operation);
    }
}

/// A body of which nothing is needed may be absent.
fn let_bodies_be_absent(document: &mut Value) {
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

fn add_parameter(operation: &mut Value, parameter: Value) {
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.push(parameter);
    }
}

/// All but health is counted, and says so (draft-ietf-httpapi-ratelimit-headers-10).
fn add_rate_limits(operation: &mut Value) {
    operation["responses"]["429"] = problem_response(429);
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        response["headers"]["RateLimit-Policy"] = json!({
            "description": "How many requests (`q`) may be made within `w` seconds, by policy.",
            "required": true, "schema": { "type": "string" },
            "example": "\"client\";q=600;w=60" });
        response["headers"]["RateLimit"] = json!({
            "description": "How many are left (`r`) for the next `t` seconds, by policy.",
            "required": true, "schema": { "type": "string" },
            "example": "\"client\";r=599;t=60" });
    }
}

/// Records and lists have a tag.
fn has_tag(path: &str, operation: &Value) -> bool {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    path.ends_with("/{id}") || schema.as_str().is_some_and(|name| name.ends_with("List"))
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
fn make_repeatable(operation: &mut Value) {
    let parameter = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "Names this request, so that it can be sent again without acting twice: \
            visible ASCII, bare or in quotes. The answer is kept for 72 hours.",
        "schema": { "type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 257 },
        "example": "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""
    });
    add_parameter(operation, parameter);
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        response["headers"]["Idempotent-Replayed"] = json!({
            "description": "`true` on an answer that was given before to the same request.",
            "required": false, "schema": { "type": "string" } });
    }
}

/// The headers of an answer that is no problem; `is_tagged` where it has a version or a digest.
fn headers(status: &str, is_tagged: bool) -> Value {
    let text = |description: &str| {
        json!({
        "description": description, "required": true, "schema": { "type": "string" } })
    };
    let mut headers = Map::new();
    headers.insert("X-Request-Id".into(), text("Id of the request, for support."));
    if status == "201" {
        headers.insert("Location".into(), text("Address of the new record."));
    }
    if status == "201" || is_tagged {
        headers.insert("ETag".into(), text("The version, for If-Match and If-None-Match."));
    }
    if status == "401" {
        headers.insert("WWW-Authenticate".into(), text("How to authenticate (RFC 9110)."));
    }
    Value::Object(headers)
}

fn problem_statuses(path: &str, method: &str, (is_open, has_body): (bool, bool)) -> Vec<u16> {
    let mut statuses = vec![400, 414, 431, 500, 503];
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

fn problem_response(status: u16) -> Value {
    let codes = ProblemCode::ALL.iter().filter(|code| code.status() == status);
    let codes: Vec<&str> = codes.map(|code| code.code()).collect();
    let mut headers = headers(&status.to_string(), false);
    if matches!(status, 409 | 429 | 503) {
        headers["Retry-After"] = json!({ "description": "Seconds to wait.",
            "required": status != 409, "schema": { "type": "string" } });
    }
    json!({
        "description": format!("Problem: {}", codes.join(", ")),
        "headers": headers,
        "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

/// A patch body is its whole body with nothing required and every member removable by null.
fn add_patch_schemas(document: &mut Value) {
    let mut targets = Vec::new();
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        let content = item.pointer_mut("/patch/requestBody/content");
        let Some(content) = content.and_then(Value::as_object_mut) else { continue };
        if let Some(schema) = content.get_mut(MERGE_PATCH).map(|media| &mut media["schema"]) {
            let target = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            let target = target.unwrap_or_default().to_owned();
            let name = target.replace("Body", "Patch");
            *schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            targets.push((target, name));
        }
    }
    for (target, name) in targets {
        let mut schema = patch_schema(&document["components"]["schemas"], &target);
        // How a record begins is stated once; later its actions change its state.
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.remove("status");
        }
        document["components"]["schemas"][name] = schema;
    }
}

fn patch_schema(schemas: &Value, target: &str) -> Value {
    let mut schema = schemas[target].clone();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    for member in members(&mut schema) {
        make_nullable(schemas, member);
    }
    schema
}

fn make_nullable(schemas: &Value, member: &mut Value) {
    if let Some(word) = member["type"].as_str().map(str::to_owned) {
        member["type"] = json!([word, "null"]);
    } else if let Some(Value::Array(branches)) = member.get_mut("oneOf") {
        branches.iter_mut().for_each(|branch| *branch = nested_patch(schemas, branch));
    } else if member.get("$ref").is_some() {
        let description = member.get("description").cloned();
        let nested = nested_patch(schemas, member);
        *member = json!({ "oneOf": [{ "type": "null" }, nested] });
        if let Some(description) = description {
            member["description"] = description;
        }
    }
}

/// An object inside a patch is patched too (RFC 7396); anything else is replaced.
fn nested_patch(schemas: &Value, schema: &Value) -> Value {
    let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    match name.filter(|name| schemas[*name]["type"] == "object") {
        Some(name) => patch_schema(schemas, name),
        None => schema.clone(),
    }
}

/// Answers leave absent members out and never say null, so that clients need not ask for both.
fn make_outputs_plain(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        let is_input = name.ends_with("Body") || name.ends_with("Patch");
        if !is_input {
            for member in members(schema) {
                remove_null(member);
            }
        }
    }
}

fn members(schema: &mut Value) -> impl Iterator<Item = &mut Value> {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(Map::values_mut)
}

fn remove_null(member: &mut Value) {
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
fn lift_descriptions(document: &mut Value) {
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
