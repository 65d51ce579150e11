//! Regional and spelling variants of product words. Whether and how they widen a search is decided
//! where text is matched; this is only the table.

use super::table;
use serde::{Deserialize, Deserializer};

/// How a variant relates to its canonical word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SynonymRelation {
    /// Both name the same thing.
    Equal,
    /// One is a kind of the other.
    Narrower,
    /// Near each other, but not the same thing.
    Related,
    /// Another spelling of the same word.
    Spelling,
    /// A short form.
    Abbreviation,
    /// Another name of the same place or brand.
    Alias,
    /// Another word for a unit.
    Unit,
}

impl SynonymRelation {
    /// The word in the table.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Related => "related",
            Self::Spelling => "spelling",
            Self::Abbreviation => "abbreviation",
            Self::Alias => "alias",
            Self::Unit => "unit",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Synonym {
    /// The word that the table prefers.
    pub canonical: String,
    /// Another word for it.
    pub variant: String,
    /// How the two relate.
    pub relation: SynonymRelation,
    /// Region or language where the variant is used, if known.
    pub region: String,
    /// Field of goods: fruit, meat …
    pub domain: String,
    /// True when the variant has another meaning elsewhere and must not be merged blindly.
    #[serde(deserialize_with = "flag")]
    pub ambiguous: bool,
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    u8::deserialize(deserializer).map(|digit| digit != 0)
}

pub(super) fn load() -> Vec<Synonym> {
    table::rows(include_str!("../../data/synonyms.csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pineapple_words_are_flagged_and_pork_words_are_not() {
        let synonyms = load();
        let of = |variant: &str| synonyms.iter().find(|s| s.variant == variant).unwrap();
        assert!(of("dứa").ambiguous);
        assert!(!of("lợn").ambiguous);
        assert_eq!(of("lợn").relation, SynonymRelation::Equal);
    }
}
