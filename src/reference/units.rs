//! Units of the trade and their exact content in whole base units. A unit whose content depends on
//! the product, the place or an agreement has none, and is refused until a packaging defines it.

use super::{place_name, table};
use matching::product::FixedUnits;
use matching::quantity::{Content, Dimension as Measured};
use serde::Deserialize;
use std::num::NonZeroU64;

/// What a unit measures. Units convert only within one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Base unit: gram.
    Mass,
    /// Base unit: millilitre.
    Volume,
    /// Base unit: piece.
    Count,
    /// Base unit: millimetre.
    Length,
    /// Base unit: square metre.
    Area,
    /// Base unit: guest, of a tourism service.
    Guests,
    /// Base unit: room-night, of a tourism service.
    RoomNights,
    /// A packaging: its content is stated by each product.
    Pack,
}

impl Dimension {
    /// What a quantity in such a unit measures; `None` for a packaging.
    #[must_use]
    pub const fn measured(self) -> Option<Measured> {
        match self {
            Self::Mass => Some(Measured::Mass),
            Self::Volume => Some(Measured::Volume),
            Self::Count => Some(Measured::Count),
            Self::Length => Some(Measured::Length),
            Self::Area => Some(Measured::Area),
            Self::Guests => Some(Measured::Guests),
            Self::RoomNights => Some(Measured::RoomNights),
            Self::Pack => None,
        }
    }

    /// Code of the base unit; `None` for a packaging.
    #[must_use]
    pub fn base_unit(self) -> Option<&'static str> {
        match self {
            Self::Mass => Some("g"),
            Self::Volume => Some("ml"),
            Self::Count => Some("piece"),
            Self::Length => Some("mm"),
            Self::Area => Some("m2"),
            Self::Guests => Some("guest"),
            Self::RoomNights => Some("room_night"),
            Self::Pack => None,
        }
    }
}

/// A unit with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Stable code: `kg`, `tạ`, `chai` …
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// What it measures.
    pub dimension: Dimension,
    /// Base units in one of it; `None` where no fixed ratio exists (`chục` is 10 or 12).
    pub base_per_unit: Option<NonZeroU64>,
    /// Other words for it.
    pub aliases: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    label_vi: String,
    label_en: String,
    dimension: Dimension,
    base_per_unit: Option<NonZeroU64>,
    aliases: String,
}

/// All units.
#[derive(Debug)]
pub struct Units(Vec<Unit>);

impl Units {
    pub(super) fn load() -> Self {
        let rows: Vec<Row> = table::rows(include_str!("../../data/units.csv"));
        Self(rows.into_iter().map(Unit::from).collect())
    }

    /// All units in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.0.iter()
    }

    /// The unit of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Unit> {
        self.0.iter().find(|unit| unit.code == code)
    }

    /// The unit of a code, a label or an alias, in any case; without accents where that is unique.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Unit> {
        let name = place_name::normal(name);
        self.get(&name).or_else(|| self.named(&name)).or_else(|| self.folded(&name))
    }

    fn named(&self, name: &str) -> Option<&Unit> {
        self.0.iter().find(|unit| unit.names().any(|own| own.to_lowercase() == name))
    }

    fn folded(&self, name: &str) -> Option<&Unit> {
        if !name.is_ascii() {
            return None;
        }
        let key = place_name::key(name);
        let mut found =
            self.0.iter().filter(|unit| unit.names().any(|own| place_name::key(own) == key));
        found.next().filter(|_| found.next().is_none())
    }
}

impl Unit {
    fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        [&self.code, &self.label_vi, &self.label_en].map(String::as_str).into_iter().chain(aliases)
    }
}

impl From<Row> for Unit {
    fn from(row: Row) -> Self {
        Self {
            aliases: table::items(&row.aliases, '|'),
            code: row.code,
            label_vi: row.label_vi,
            label_en: row.label_en,
            dimension: row.dimension,
            base_per_unit: row.base_per_unit,
        }
    }
}

impl FixedUnits for Units {
    fn is_unit(&self, code: &str) -> bool {
        self.get(code).is_some()
    }

    fn fixed_content(&self, code: &str) -> Option<Content> {
        let unit = self.get(code)?;
        let dimension = unit.dimension.measured()?;
        Some(Content { dimension, base_units: unit.base_per_unit?.get() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(code: &str) -> Option<u64> {
        Units::load().find(code).unwrap().base_per_unit.map(NonZeroU64::get)
    }

    #[test]
    fn fixed_units_are_whole_base_units() {
        let fixed = [("kg", 1_000), ("lạng", 100), ("yến", 10_000), ("tạ", 100_000)];
        let more = [("tấn", 1_000_000), ("lít", 1_000), ("đôi", 2), ("tá", 12), ("ha", 10_000)];
        for (code, base) in fixed.into_iter().chain(more) {
            assert_eq!(content(code), Some(base), "{code}");
        }
    }

    #[test]
    fn units_by_agreement_place_or_product_have_no_ratio() {
        for code in ["chục", "trăm", "thiên", "giạ", "công", "sào", "hộp", "chai", "thùng", "bó"]
        {
            assert_eq!(content(code), None, "{code}");
        }
    }

    #[test]
    fn regional_words_and_plain_typing_find_the_unit() {
        let units = Units::load();
        let pairs = [("ký", "kg"), ("KG", "kg"), ("quả", "trái"), ("tạ", "tạ"), ("lit", "lít")];
        for (name, code) in pairs.into_iter().chain([(" tan ", "tấn"), ("thung", "thùng")]) {
            assert_eq!(units.find(name).unwrap().code, code, "{name}");
        }
        for unit in units.iter() {
            assert_eq!(units.find(&unit.label_en).unwrap().code, unit.code, "{}", unit.label_en);
        }
    }

    #[test]
    fn a_word_that_could_be_two_units_is_refused() {
        let units = Units::load();
        assert!(units.find("bo").is_none(), "bộ or bó");
        assert!(units.find("ta").is_none(), "tạ or tá");
        assert!(units.find("bịch").is_none(), "gói or túi");
        assert!(units.find("").is_none());
    }

    #[test]
    fn codes_and_aliases_do_not_collide() {
        let units = Units::load();
        let mut names: Vec<_> = units.iter().flat_map(|unit| unit.aliases.clone()).collect();
        names.extend(units.iter().map(|unit| unit.code.clone()));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
