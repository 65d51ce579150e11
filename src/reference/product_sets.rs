//! The OCOP taxonomy of decision 148/QĐ-TTg (2023), kept by 26/2026/QĐ-TTg: industries, subgroups
//! and 26 product sets. A code that a reform supersedes keeps resolving through the alias table.

use super::table;
use serde::Deserialize;

/// Level of a node in the taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxonLevel {
    /// One of the six industries, I–VI.
    Industry,
    /// A subgroup of an industry, `I.3`.
    Subgroup,
    /// One of the 26 product sets, `1`–`26`.
    Set,
}

/// A node of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Taxon {
    /// Stable code: `I`, `I.3`, `7`.
    pub code: String,
    /// Which level the node is of.
    pub level: TaxonLevel,
    /// Code of the node above; empty for an industry.
    pub parent: String,
    /// Official Vietnamese name.
    pub label_vi: String,
    /// English name (our translation).
    pub label_en: String,
    /// Ministries that manage the set (26/2026/QĐ-TTg).
    pub managing_agency: String,
    /// Paper of the maker that the four-star scoring of the set asks for; empty when none.
    pub four_star_paper: String,
}

#[derive(Debug, Deserialize)]
struct Alias {
    old_code: String,
    code: String,
}

/// The taxonomy with its superseded codes.
#[derive(Debug)]
pub struct ProductSets {
    taxa: Vec<Taxon>,
    aliases: Vec<Alias>,
}

impl ProductSets {
    pub(super) fn load() -> Self {
        Self::parse(
            include_str!("../../data/product_sets.csv"),
            include_str!("../../data/product_set_aliases.csv"),
        )
    }

    fn parse(taxa: &str, aliases: &str) -> Self {
        Self { taxa: table::rows(taxa), aliases: table::rows(aliases) }
    }

    /// All nodes, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = &Taxon> {
        self.taxa.iter()
    }

    /// All nodes of one level.
    pub fn at_level(&self, level: TaxonLevel) -> impl Iterator<Item = &Taxon> {
        self.taxa.iter().filter(move |taxon| taxon.level == level)
    }

    /// The node of a code, current or superseded.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Taxon> {
        let current = |code: &str| self.taxa.iter().find(|taxon| taxon.code == code);
        let alias = || self.aliases.iter().find(|alias| alias.old_code == code);
        current(code).or_else(|| current(&alias()?.code))
    }

    /// The product set of a number, 1–26.
    #[must_use]
    pub fn set(&self, number: u8) -> Option<&Taxon> {
        self.get(&number.to_string()).filter(|taxon| taxon.level == TaxonLevel::Set)
    }

    /// The industry above a node, or the node itself.
    #[must_use]
    pub fn industry_of(&self, code: &str) -> Option<&Taxon> {
        let mut taxon = self.get(code)?;
        while taxon.level != TaxonLevel::Industry {
            taxon = self.get(&taxon.parent)?;
        }
        Some(taxon)
    }

    /// Numbers of the sets under a node: one for a set, several for a subgroup or industry.
    #[must_use]
    pub fn sets_under(&self, code: &str) -> Vec<u8> {
        let Some(node) = self.get(code) else {
            return Vec::new();
        };
        self.at_level(TaxonLevel::Set)
            .filter(|set| self.is_under(set, &node.code))
            .filter_map(|set| set.code.parse().ok())
            .collect()
    }

    fn is_under(&self, taxon: &Taxon, code: &str) -> bool {
        taxon.code == code
            || self.get(&taxon.parent).is_some_and(|above| self.is_under(above, code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "code,level,parent,label_vi,label_en,managing_agency,sample_required,four_star_paper\n";

    #[test]
    fn a_set_has_both_labels_and_an_industry() {
        let sets = ProductSets::load();
        let honey = sets.set(4).unwrap();
        assert_eq!(honey.label_vi, "Mật ong, mật khác và nông sản thực phẩm khác");
        assert_eq!(honey.label_en, "Honey, other nectars and other farm foods");
        assert_eq!(sets.industry_of("4").unwrap().code, "I");
        assert!(sets.set(0).is_none() && sets.set(27).is_none());
    }

    #[test]
    fn tea_and_coffee_are_food() {
        let sets = ProductSets::load();
        for set in ["11", "12", "13"] {
            assert_eq!(sets.industry_of(set).unwrap().code, "I");
        }
    }

    #[test]
    fn every_node_but_an_industry_has_a_parent_and_every_alias_a_target() {
        let sets = ProductSets::load();
        assert!(sets.iter().all(|taxon| sets.industry_of(&taxon.code).is_some()));
        assert!(sets.aliases.iter().all(|alias| sets.get(&alias.old_code).is_some()));
    }

    #[test]
    fn a_node_knows_the_sets_under_it() {
        let sets = ProductSets::load();
        assert_eq!(sets.sets_under("II"), [14, 15, 16, 17]);
        assert_eq!(sets.sets_under("I.5"), [11, 12]);
        assert_eq!(sets.sets_under("7"), [7]);
        assert!(sets.sets_under("VII").is_empty());
    }

    #[test]
    fn a_moved_leaf_is_found_under_its_old_code() {
        let taxa = format!(
            "{HEAD}I,industry,,Thực phẩm,Food,,,\nII,industry,,Đồ uống,Beverages,,,\n\
             II.3,subgroup,II,Chè,Tea,,,\n27,set,II.3,Chè,Tea,,1,\n"
        );
        let aliases = "old_code,code,superseded_on,note\n11,27,2027-01-01,moved\nI.5.1,27,,\n";
        let sets = ProductSets::parse(&taxa, aliases);
        assert_eq!(sets.get("11").unwrap().code, "27");
        assert_eq!(sets.get("I.5.1").unwrap().code, "27");
        assert_eq!(sets.industry_of("11").unwrap().code, "II");
    }
}
