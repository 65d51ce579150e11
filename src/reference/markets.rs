//! Destination markets and the papers they ask for. These are demo profiles, kept modest: the
//! rules of a real market depend on the product and must be checked with the buyer (see
//! `data/README.md`).

use super::table;
use serde::Deserialize;

/// A destination with its paper requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// `supermarket`, `EU`, or an ISO 3166-1 alpha-2 country code.
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// Every group must be met; any one certificate kind of a group meets it.
    pub requires: Vec<Vec<String>>,
}

/// All markets.
#[derive(Debug)]
pub struct Markets(Vec<Market>);

#[derive(Deserialize)]
struct Row {
    code: String,
    label_vi: String,
    label_en: String,
    requires: String,
}

impl Markets {
    pub(super) fn load() -> Self {
        let rows: Vec<Row> = table::rows(include_str!("../../data/markets.csv"));
        Self(rows.into_iter().map(Market::from).collect())
    }

    /// All markets in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Market> {
        self.0.iter()
    }

    /// The market of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Market> {
        self.0.iter().find(|market| market.code == code)
    }
}

impl From<Row> for Market {
    fn from(row: Row) -> Self {
        let groups = table::items(&row.requires, ';');
        Self {
            code: row.code,
            label_vi: row.label_vi,
            label_en: row.label_en,
            requires: groups.iter().map(|group| table::items(group, '|')).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Markets;

    #[test]
    fn the_united_states_ask_for_a_registration_and_a_food_safety_plan() {
        let markets = Markets::load();
        let groups = &markets.get("US").unwrap().requires;
        assert_eq!(groups[0], ["fda"]);
        assert!(groups[1].contains(&"haccp".to_owned()));
    }
}
