//! Legal values in the place of those that the published schema refuses, so that the rest of a body
//! can still be held against the rules of the domain. Must not know any resource.

use matching::violation::{Rule, Violation};
use serde_json::{Map, Value, json};

/// Finds a component schema by its name.
pub(super) type Find<'a> = dyn Fn(&str) -> Option<Value> + 'a;

/// How deep a schema is followed.
const MAX_SCHEMA_DEPTH: usize = 16;

/// Which of two legal values stands in; they differ as far as the schema lets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing if the schema lets the member be absent, else the least.
    Least,
    /// The most.
    Most,
}

/// `value`, of the component schema `name`, with stand-ins at every place that was refused.
#[must_use]
pub(super) fn mended(
    find: &Find<'_>,
    name: &str,
    value: &Value,
    (refused, end): (&[Violation], End),
) -> Option<Value> {
    let schema = find(name)?;
    let mut mended = value.clone();
    refused.iter().try_for_each(|violation| mend(find, &schema, &mut mended, (violation, end)))?;
    Some(mended)
}

fn mend(
    find: &Find<'_>,
    root: &Value,
    value: &mut Value,
    (violation, end): (&Violation, End),
) -> Option<()> {
    let (parent, member) = violation.at.rsplit_once('/')?;
    let schema = schema_at(find, root, parent)?;
    let member = unescaped(member);
    let known = member_schema(find, &schema, &member);
    match value.pointer_mut(parent)? {
        Value::Object(members) => {
            let stays = end == End::Most || is_required(&schema, &member);
            let is_unknown = matches!(violation.rule, Rule::UnknownField { .. });
            let stand_in = known.filter(|_| stays && !is_unknown);
            match stand_in {
                Some(schema) => members.insert(member, legal(find, &schema, end, 0)?),
                None => members.remove(&member),
            };
        }
        Value::Array(items) => {
            *items.get_mut(member.parse::<usize>().ok()?)? = legal(find, &known?, end, 0)?;
        }
        _ => return None,
    }
    Some(())
}

fn is_required(schema: &Value, member: &str) -> bool {
    schema["required"].as_array().is_some_and(|all| all.iter().any(|name| name == member))
}

fn schema_at(find: &Find<'_>, root: &Value, pointer: &str) -> Option<Value> {
    let mut schema = resolved(find, root, 0)?;
    for member in pointer.split('/').skip(1) {
        schema = member_schema(find, &schema, &unescaped(member))?;
    }
    Some(schema)
}

/// A member as a pointer names it (RFC 6901 section 4).
fn unescaped(member: &str) -> String {
    member.replace("~1", "/").replace("~0", "~")
}

fn member_schema(find: &Find<'_>, schema: &Value, member: &str) -> Option<Value> {
    let own = schema["properties"].get(member).or_else(|| schema.get("items"));
    let any = || schema.get("additionalProperties").filter(|any| any.is_object());
    resolved(find, own.or_else(any)?, 0)
}

/// The schema itself: what it refers to, and of alternatives the one that is something.
fn resolved(find: &Find<'_>, schema: &Value, depth: usize) -> Option<Value> {
    if depth == MAX_SCHEMA_DEPTH {
        return None;
    }
    if let Some(target) = schema["$ref"].as_str() {
        return resolved(find, &find(target.rsplit('/').next()?)?, depth + 1);
    }
    let alternatives = ["oneOf", "anyOf"].iter().find_map(|keyword| schema[keyword].as_array());
    match alternatives {
        Some(all) => {
            let something = all.iter().find(|alternative| alternative["type"] != "null")?;
            resolved(find, something, depth + 1)
        }
        None => Some(schema.clone()),
    }
}

/// A legal value of a schema.
fn legal(find: &Find<'_>, schema: &Value, end: End, depth: usize) -> Option<Value> {
    if depth == MAX_SCHEMA_DEPTH {
        return None;
    }
    let schema = resolved(find, schema, depth)?;
    if let Some(options) = schema["enum"].as_array() {
        return if end == End::Least { options.first() } else { options.last() }.cloned();
    }
    match type_of(&schema)? {
        "integer" | "number" => Some(number(&schema, end)),
        "boolean" => Some((end == End::Most).into()),
        "string" => Some(text(&schema, end).into()),
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(0);
            let count = if end == End::Most { count.max(1) } else { count };
            let items = (0..count).map(|_| legal(find, schema.get("items")?, end, depth + 1));
            items.collect::<Option<Vec<Value>>>().map(Value::from)
        }
        "object" => {
            let needed = schema["required"].as_array().into_iter().flatten();
            let member = |name: &Value| {
                let name = name.as_str()?;
                let member = legal(find, schema["properties"].get(name)?, end, depth + 1)?;
                Some((name.to_owned(), member))
            };
            needed.map(member).collect::<Option<Map<String, Value>>>().map(Value::from)
        }
        _ => None,
    }
}

fn type_of(schema: &Value) -> Option<&str> {
    let all = schema["type"].as_array();
    let first = all.and_then(|all| all.iter().find(|each| *each != "null"));
    first.unwrap_or(&schema["type"]).as_str()
}

fn number(schema: &Value, end: End) -> Value {
    let (keyword, open) = match end {
        End::Least => ("minimum", 0),
        End::Most => ("maximum", 1),
    };
    schema.get(keyword).cloned().unwrap_or_else(|| json!(open))
}

fn text(schema: &Value, end: End) -> String {
    let is_least = end == End::Least;
    let of = |least: &str, most: &str| if is_least { least.into() } else { most.into() };
    match schema["format"].as_str() {
        Some("date") => of("1900-01-01", "2200-12-31"),
        Some("date-time") => of("1900-01-01T00:00:00Z", "2200-12-31T00:00:00Z"),
        Some("uuid") => {
            of("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
        }
        _ => {
            let length = schema["minLength"].as_u64().unwrap_or(1).max(1) as usize;
            of("a", "z").repeat(length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Option<Value> {
        let schemas = json!({
            "Order": {
                "type": "object",
                "required": ["lines"],
                "properties": {
                    "lines": { "type": "array", "minItems": 1,
                        "items": { "$ref": "#/components/schemas/Line" } },
                    "place": { "oneOf":
                        [{ "type": "null" }, { "$ref": "#/components/schemas/Line" }] },
                    "names": { "type": "object", "additionalProperties": { "type": "string" } },
                }
            },
            "Line": {
                "type": "object",
                "required": ["day", "quantity"],
                "properties": {
                    "day": { "type": "string", "format": "date" },
                    "quantity": { "type": "integer", "minimum": 1, "maximum": 9 },
                    "note": { "type": ["string", "null"], "minLength": 2 },
                }
            },
        });
        schemas.get(name).cloned()
    }

    fn both(value: &Value, places: &[(&str, Rule)]) -> [Option<Value>; 2] {
        let refused: Vec<_> =
            places.iter().map(|(at, rule)| Violation::new(*at, rule.clone())).collect();
        [End::Least, End::Most].map(|end| mended(&find, "Order", value, (&refused, end)))
    }

    #[test]
    fn what_is_needed_is_stood_in_for_and_what_is_not_may_be_absent() {
        let order = json!({ "lines": [{ "day": "2026-01-01", "quantity": -1, "note": 7 }] });
        let wrong = Rule::Required;
        let places = [("/lines/0/quantity", wrong.clone()), ("/lines/0/note", wrong)];
        let [least, most] = both(&order, &places);
        assert_eq!(least, Some(json!({ "lines": [{ "day": "2026-01-01", "quantity": 1 }] })));
        let line = json!({ "day": "2026-01-01", "quantity": 9, "note": "zz" });
        assert_eq!(most, Some(json!({ "lines": [line] })));
    }

    #[test]
    fn an_unknown_member_is_taken_out() {
        let order = json!({ "lines": [], "what": 1, "names": { "a": 1 } });
        let places =
            [("/what", Rule::UnknownField { near: Vec::new() }), ("/names/a", Rule::Required)];
        let [least, most] = both(&order, &places);
        assert_eq!(least, Some(json!({ "lines": [], "names": {} })));
        assert_eq!(most, Some(json!({ "lines": [], "names": { "a": "z" } })));
    }

    #[test]
    fn a_list_and_an_alternative_are_made_whole() {
        let places = [("/lines", Rule::Required), ("/place", Rule::Required)];
        let [least, most] = both(&json!({ "place": "x" }), &places);
        assert_eq!(least, Some(json!({ "lines": [{ "day": "1900-01-01", "quantity": 1 }] })));
        let line = json!({ "day": "2200-12-31", "quantity": 9 });
        assert_eq!(most, Some(json!({ "lines": [line], "place": line })));
    }

    #[test]
    fn nothing_stands_in_for_a_body_that_is_no_object() {
        assert_eq!(both(&json!(7), &[("", Rule::Required)]), [None, None]);
        assert_eq!(both(&json!({}), &[("/a/b", Rule::Required)]), [None, None]);
    }
}
