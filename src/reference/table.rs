//! Reads the compiled-in CSV tables. Knows the shape of CSV and nothing of any table's meaning.

use serde::de::DeserializeOwned;

/// All rows of a compiled-in table.
pub(super) fn rows<T: DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .expect("a table compiled in from data/ is well-formed")
}

/// The non-empty items of a cell that holds a list.
pub(super) fn items(cell: &str, separator: char) -> Vec<String> {
    cell.split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
