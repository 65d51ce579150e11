//! The document as the routes have it, completed with what every operation has in common
//! (`openapi_operations.rs`) and with the forms that schemas have in patches and in answers
//! (`openapi_schemas.rs`), so that no handler repeats it. What is served is the committed copy,
//! which a test holds equal to this.

use actix_web::App;
use serde_json::{Value, json};
use utoipa_actix_web::AppExt;

use super::openapi_operations::{complete_operations, let_bodies_be_absent};
use super::openapi_schemas::{
    add_patch_schemas, allow_null_in_bodies, lift_descriptions, make_outputs_plain, open_outputs,
};
use super::problem::{FieldError, Problem};
use super::routes::routes;

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
    open_outputs(&mut document);
    allow_null_in_bodies(&mut document);
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
            "description": "An access token (EdDSA, 15 minutes), checked by RFC8725. It acts for \
                one party with scopes: `parties:read` and `parties:write`, and the same for \
                `products` (with certificates and reports), `offers` and `demands` (each with its \
                matches; a preview is a demand's) and `grants`; `audit-trail:read`, \
                `allocations:run`, `imports:run`, and `admin` for all. Without the scope an \
                operation is answered 403 `forbidden`." },
        "client": { "type": "http", "scheme": "basic",
            "description": "A client's id and secret, only to get an access token" }
    });
    document["security"] = json!([{ "bearer": [] }]);
}
