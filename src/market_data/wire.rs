//! Shapes of the NDJSON interchange that every line shares: references, places, periods.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

/// System under which demo rows carry their external ids.
pub(super) const DEMO_SYSTEM: &str = "demo";
/// System under which generated rows carry theirs.
pub(super) const GENERATED_SYSTEM: &str = "generated";

/// A reference in place of an id.
pub(super) fn reference(system: &str, id: &str) -> Value {
    json!({ "system": system, "id": id })
}

/// The external id of a line.
pub(super) fn external_ids(system: &str, id: &str) -> Value {
    json!({ system: id })
}

/// A place as its address in words.
pub(super) fn place(text: &str) -> Value {
    json!({ "text": text })
}

/// A day some time before or after another; the day itself at the ends of the calendar.
pub(super) fn shifted(day: Date, span: Span) -> Date {
    day.checked_add(span).unwrap_or(day)
}

/// First and last day of the month that lies `ahead` months after the day's.
pub(super) fn month(day: Date, ahead: usize) -> (Date, Date) {
    let ahead = i64::try_from(ahead).unwrap_or_default();
    let first = shifted(day.first_of_month(), ahead.months());
    (first, first.last_of_month())
}

/// Adds the fields that are not null.
pub(super) fn with(mut line: Value, fields: Value) -> Value {
    if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
        line.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_month_ahead_crosses_the_year() {
        let day = date(2026, 11, 23);
        assert_eq!(month(day, 2), (date(2027, 1, 1), date(2027, 1, 31)));
        assert_eq!(month(day, 3).1, date(2027, 2, 28));
    }

    #[test]
    fn null_fields_are_left_out() {
        let line = with(json!({"a": 1}), json!({"b": 2, "c": null}));
        assert_eq!(line, json!({"a": 1, "b": 2}));
    }
}
