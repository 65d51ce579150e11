//! Reads JSON strictly: a key stands once, depth and number of values are bounded, texts are in
//! Unicode NFC without NUL, and a number that is whole is an integer however it is written (`5.0`
//! is 5, as in JSON Schema). Must not know any schema.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The deepest nesting of a body.
pub const MAX_JSON_DEPTH: usize = 64;
/// The most values of a body, those in others counted too: several times what any operation takes,
/// and far fewer than a body has room for, which bounds the memory that it is read into.
pub const MAX_JSON_VALUES: usize = 20_000;

/// The largest whole number that a double holds exactly: 2^53.
const MAX_EXACT_DOUBLE: f64 = 9_007_199_254_740_992.0;

/// Why a text is no JSON that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJson {
    /// In English, with line and column.
    pub reason: String,
    /// The line where reading stopped, from 1.
    pub line: usize,
    /// The column there, in bytes.
    pub column: usize,
    /// What is not taken of what other readers may take.
    pub flaw: Option<Flaw>,
}

/// What JSON may have and this service does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// More than [`MAX_JSON_DEPTH`] levels.
    TooDeep,
    /// More than [`MAX_JSON_VALUES`] values.
    TooMany,
    /// A NUL character in a text or key.
    Nul,
    /// A key that stands twice in one object.
    Twice(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => write!(formatter, "deeper than {MAX_JSON_DEPTH} levels"),
            Self::TooMany => write!(formatter, "more than {MAX_JSON_VALUES} values"),
            Self::Nul => formatter.write_str("a text with a NUL character"),
            Self::Twice(key) => write!(formatter, "the key {key:?} stands twice"),
        }
    }
}

/// Reads a body.
///
/// # Errors
/// [`NotJson`].
pub fn read(bytes: &[u8]) -> Result<Value, NotJson> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let (flaw, values) = (Cell::new(None), Cell::new(0));
    let read = Strict { depth: 0, values: &values, flaw: &flaw }.deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|error| NotJson {
        reason: error.to_string(),
        line: error.line(),
        column: error.column(),
        flaw: flaw.take(),
    })
}

#[derive(Clone, Copy)]
struct Strict<'f> {
    depth: usize,
    values: &'f Cell<usize>,
    flaw: &'f Cell<Option<Flaw>>,
}

impl Strict<'_> {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_JSON_DEPTH {
            return Err(self.refuse(Flaw::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn count<E: de::Error>(self) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        let fits = self.values.get() <= MAX_JSON_VALUES;
        fits.then_some(()).ok_or_else(|| self.refuse(Flaw::TooMany))
    }

    fn refuse<E: de::Error>(self, flaw: Flaw) -> E {
        let error = E::custom(&flaw);
        self.flaw.set(Some(flaw));
        error
    }

    fn clean<E: de::Error>(self, text: &str) -> Result<String, E> {
        clean(text).ok_or_else(|| self.refuse(Flaw::Nul))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= MAX_EXACT_DOUBLE {
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.clean(text).map(Value::String)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self.below()?)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let key = self.clean(&key)?;
            let value = members.next_value_seed(self.below()?)?;
            if object.contains_key(&key) {
                return Err(self.refuse(Flaw::Twice(key)));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// The text in NFC; none if it has a NUL character, which PostgreSQL cannot keep.
pub fn clean(text: &str) -> Option<String> {
    if text.contains('\0') {
        return None;
    }
    Some(if is_nfc(text) { text.to_owned() } else { text.nfc().collect() })
}

/// Applies a merge patch (RFC 7396).
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else { return };
    for (key, value) in members {
        if value.is_null() {
            object.remove(&key);
        } else {
            merge_patch(object.entry(key).or_insert(Value::Null), value);
        }
    }
}

/// Whether a null stands anywhere in a patch but in a list.
pub fn removes(patch: &Value) -> bool {
    match patch {
        Value::Object(members) => members.values().any(removes),
        other => other.is_null(),
    }
}

/// The value with the first entries of its lists, of each at least one, until `left` are taken.
pub fn with_first_items(value: &Value, left: &mut usize) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            members.map(|(name, member)| (name.clone(), with_first_items(member, left))).collect()
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for item in items {
                if *left == 0 && !kept.is_empty() {
                    break;
                }
                *left = left.saturating_sub(1);
                kept.push(with_first_items(item, left));
            }
            Value::Array(kept)
        }
        other => other.clone(),
    }
}

/// Takes out every member that is null.
pub fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// What a patch names of `target`, with a null for what it removes.
pub fn merge_names(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(object), Value::Object(members)) => {
            for (key, value) in members {
                merge_names(object.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        assert_eq!(read(b"[5.0, 5e2, -3.0, 5.5]"), Ok(json!([5, 500, -3, 5.5])));
        assert!(read(b"1e400").is_err());
    }

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        for text in [r#"{"a":1,"a":2}"#, "{\"a\":\"x\\u0000y\"}", "{} {}", "NaN", "\u{feff}{}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read(b"\"\xff\"").is_err());
    }

    #[test]
    fn the_first_items_of_all_lists_are_kept_and_one_of_each() {
        let value = json!({"a": [1, [2, 3], 4], "b": [5, 6], "c": []});
        let first = |left: usize| with_first_items(&value, &mut { left });
        assert_eq!(first(3), json!({"a": [1, [2]], "b": [5], "c": []}));
        assert_eq!(first(100), value);
    }

    #[test]
    fn the_depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(MAX_JSON_DEPTH).as_bytes()).is_ok());
        assert!(read(nested(MAX_JSON_DEPTH + 1).as_bytes()).is_err());
        assert!(read(nested(100_000).as_bytes()).is_err());
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
        assert!(read(list(MAX_JSON_VALUES).as_bytes()).is_ok());
        let refused = read(list(MAX_JSON_VALUES + 1).as_bytes()).expect_err("one too many");
        assert_eq!(refused.flaw, Some(Flaw::TooMany));
        let objects = format!("[{}{{}}]", "{\"a\":{}},".repeat(MAX_JSON_VALUES / 2));
        assert_eq!(read(objects.as_bytes()).expect_err("nested").flaw, Some(Flaw::TooMany));
    }

    #[test]
    fn texts_are_kept_in_nfc() {
        assert_eq!(read("\"du\u{031b}\u{0300}a\"".as_bytes()), Ok(json!("d\u{1eeb}a")));
    }

    #[test]
    fn a_patch_follows_the_examples_of_rfc_7396() {
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge_patch(&mut target, patch);
            assert_eq!(target, expected);
        }
    }
}
