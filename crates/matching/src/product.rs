//! Products: what a producer makes, in which packagings, and what one unit of it contains. Must not
//! know certificates or offers.

use crate::id::PartyId;
use crate::party::MAX_NAME_CHARS;
use crate::quantity::{Content, MAX_CONTENT, UnitContent};
use crate::violation::{Rule, Violation, Violations, child};

/// The most packagings of one product.
pub const MAX_PACKAGINGS: usize = 16;
/// The most image addresses of one product.
pub const MAX_IMAGES: usize = 16;
/// The longest product story, in characters.
pub const MAX_STORY_CHARS: u64 = 5000;
/// The longest address (URL), in characters.
pub const MAX_URL_CHARS: u64 = 2000;
/// The most free attributes of one product.
pub const MAX_ATTRIBUTES: usize = 32;
/// The longest attribute name or value, in characters.
pub const MAX_ATTRIBUTE_CHARS: u64 = 200;
/// The number of product sets (Quyết định 26/2026/QĐ-TTg, phụ lục I).
pub const PRODUCT_SETS: u8 = 26;

/// One of the 26 OCOP product sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductSet(u8);

impl ProductSet {
    /// The set with this number, 1 to 26.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= PRODUCT_SETS { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A GTIN of 8, 12, 13 or 14 digits with a right check digit, kept as 14 digits
/// (GS1 General Specifications, section 7.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gtin(String);

impl Gtin {
    /// Reads a GTIN.
    ///
    /// # Errors
    /// The broken rule: format or check digit.
    pub fn parse(text: &str) -> Result<Self, Rule> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !matches!(text.len(), 8 | 12 | 13 | 14) {
            return Err(Rule::WrongFormat { format: "GTIN".into() });
        }
        let padded = format!("{text:0>14}");
        let weighted = |(place, byte): (usize, u8)| {
            u32::from(byte - b'0') * if place.is_multiple_of(2) { 3 } else { 1 }
        };
        let sum: u32 = padded.bytes().enumerate().map(weighted).sum();
        if sum.is_multiple_of(10) { Ok(Self(padded)) } else { Err(Rule::WrongCheckDigit) }
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its address in canonical form, which resolvers lead to what the maker says of it
    /// (GS1 Digital Link: URI Syntax, canonical URIs).
    #[must_use]
    pub fn digital_link(&self) -> String {
        format!("https://id.gs1.org/01/{}", self.0)
    }
}

/// A unit that a product is sold in, with its exact content in another unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packaging {
    /// Code of the unit, such as `thùng`.
    pub unit: String,
    /// How many of `contained_unit` it contains.
    pub quantity: u64,
    /// Code of the unit that it contains, such as `chai` or `ml`.
    pub contained_unit: String,
}

/// Whether a product is still made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductState {
    /// It can be offered.
    Active,
    /// Its producer has taken it out of the catalogue.
    Archived,
}

/// What a producer states about a product, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDraft {
    /// The producer.
    pub party_id: PartyId,
    /// Name as recognised.
    pub name: String,
    /// Its OCOP set.
    pub product_set: ProductSet,
    /// Default selling unit.
    pub unit: String,
    /// Units that it is sold in.
    pub packagings: Vec<Packaging>,
    /// Free attributes (net content, alcohol, protein degree …), sorted by name.
    pub attributes: Vec<(String, String)>,
    /// Global trade item number.
    pub gtin: Option<Gtin>,
    /// Its story.
    pub story: Option<String>,
    /// Addresses of pictures.
    pub image_urls: Vec<String>,
    /// Address of its traceability page.
    pub trace_url: Option<String>,
}

/// What a producer states about a product, checked: its selling unit converts into base units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductTerms(ProductDraft);

impl ProductTerms {
    /// Checks a draft. `fixed` gives the content of a unit that has a fixed ratio.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(draft: ProductDraft, fixed: &dyn FixedUnits) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        violations.length(draft.name.trim(), (1, MAX_NAME_CHARS), "/name");
        check_texts(&draft, &mut violations);
        violations.extend("", check_packagings(&draft.packagings, fixed));
        let unit = unit_content(&draft.unit, &draft.packagings, fixed);
        if let Err(rule) = unit {
            violations.push("/unit", rule);
        }
        violations.into_result(Self(draft))
    }

    /// Terms that were checked when they were recorded: a later table of units does not make a
    /// recorded product illegal. For the store only.
    #[must_use]
    pub const fn recorded(draft: ProductDraft) -> Self {
        Self(draft)
    }
}

impl std::ops::Deref for ProductTerms {
    type Target = ProductDraft;

    fn deref(&self) -> &ProductDraft {
        &self.0
    }
}

fn check_texts(draft: &ProductDraft, violations: &mut Violations) {
    if let Some(story) = &draft.story {
        violations.length(story, (1, MAX_STORY_CHARS), "/story");
    }
    violations.range(draft.image_urls.len() as u64, (0, MAX_IMAGES as u64), "/image_urls");
    for (index, url) in draft.image_urls.iter().enumerate() {
        check_url(url, &format!("/image_urls/{index}"), violations);
    }
    if let Some(url) = &draft.trace_url {
        check_url(url, "/trace_url", violations);
    }
    violations.range(draft.attributes.len() as u64, (0, MAX_ATTRIBUTES as u64), "/attributes");
    for (name, value) in &draft.attributes {
        let at = child("/attributes", name);
        violations.length(name, (1, MAX_ATTRIBUTE_CHARS), &at);
        violations.length(value, (1, MAX_ATTRIBUTE_CHARS), &at);
    }
}

fn check_url(url: &str, at: &str, violations: &mut Violations) {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let legal =
        rest.is_some_and(|rest| !rest.is_empty()) && !url.contains(|c: char| c.is_whitespace());
    violations.require(legal, at, Rule::WrongFormat { format: "http(s) URL".into() });
    violations.length(url, (1, MAX_URL_CHARS), at);
}

/// Checks a list of packagings: known units, each once, each convertible into base units, and none
/// that contains another quantity of its own dimension than everywhere (a kg of 900 g).
#[must_use]
pub fn check_packagings(packagings: &[Packaging], fixed: &dyn FixedUnits) -> Vec<Violation> {
    let mut violations = Violations::default();
    violations.range(packagings.len() as u64, (0, MAX_PACKAGINGS as u64), "/packagings");
    for (index, packaging) in packagings.iter().enumerate() {
        let at = format!("/packagings/{index}");
        violations.require(
            fixed.is_unit(&packaging.unit),
            &format!("{at}/unit"),
            Rule::UnknownUnit,
        );
        let first = packagings[..index].iter().all(|other| other.unit != packaging.unit);
        violations.require(first, &format!("{at}/unit"), Rule::Duplicate);
        violations.range(packaging.quantity, (1, MAX_CONTENT), &format!("{at}/contains/quantity"));
        match content_of(packaging, packagings, fixed) {
            Ok(content) => {
                let own = fixed.fixed_content(&packaging.unit);
                let is_other =
                    own.is_some_and(|own| own.dimension == content.dimension && own != content);
                let contradicts = Rule::Contradicts { other: "unit" };
                violations.require(!is_other, &format!("{at}/contains"), contradicts);
            }
            Err(rule) => violations.push(format!("{at}/contains/unit"), rule),
        }
    }
    violations.into_result(()).err().unwrap_or_default()
}

/// The table of units, as far as the domain needs it.
pub trait FixedUnits {
    /// Whether `code` is a unit of the table.
    fn is_unit(&self, code: &str) -> bool;

    /// The content of one `code`, if its ratio is fixed everywhere.
    fn fixed_content(&self, code: &str) -> Option<Content>;
}

/// What one `unit` of a product with these packagings contains: by its fixed ratio, else by its own
/// packaging; and in a second dimension where a packaging says exactly what that is (a coconut is
/// 1,100 g, so a dozen is 13,200 g).
///
/// # Errors
/// [`Rule::UnknownUnit`] or [`Rule::UnitNotConvertible`].
pub fn unit_content(
    unit: &str,
    packagings: &[Packaging],
    fixed: &dyn FixedUnits,
) -> Result<UnitContent, Rule> {
    if !fixed.is_unit(unit) {
        return Err(Rule::UnknownUnit);
    }
    let packed = packagings.iter().find(|packaging| packaging.unit == unit);
    let packed = packed.map(|packaging| content_of(packaging, packagings, fixed)).transpose()?;
    let own = fixed.fixed_content(unit);
    let primary = own.or(packed).ok_or(Rule::UnitNotConvertible)?;
    let second = own.and(packed).or_else(|| in_second_dimension(primary, packagings, fixed));
    let content = UnitContent::new(primary);
    Ok(second.map_or(content, |second| content.with_secondary(second)))
}

/// The same content in a dimension that a packaging of a unit with a fixed ratio leads to, if that
/// is a whole number of base units.
fn in_second_dimension(
    content: Content,
    packagings: &[Packaging],
    fixed: &dyn FixedUnits,
) -> Option<Content> {
    packagings.iter().find_map(|packaging| {
        let own = fixed.fixed_content(&packaging.unit)?;
        let packed = content_of(packaging, packagings, fixed).ok()?;
        exchanged(content, own, packed).or_else(|| exchanged(content, packed, own))
    })
}

/// What a content is where so much of one dimension is so much of another.
fn exchanged(content: Content, from: Content, to: Content) -> Option<Content> {
    let is_apart = content.dimension == from.dimension && from.dimension != to.dimension;
    let product = is_apart.then(|| content.base_units.checked_mul(to.base_units))??;
    let base_units = (product % from.base_units == 0).then_some(product / from.base_units)?;
    let is_bounded = (1..=MAX_CONTENT).contains(&base_units);
    is_bounded.then_some(Content { dimension: to.dimension, base_units })
}

/// Follows a chain of packagings down to a unit with a fixed ratio.
fn content_of(
    packaging: &Packaging,
    packagings: &[Packaging],
    fixed: &dyn FixedUnits,
) -> Result<Content, Rule> {
    let (mut quantity, mut unit) = (packaging.quantity, packaging.contained_unit.as_str());
    for _ in 0..=packagings.len() {
        if !fixed.is_unit(unit) {
            return Err(Rule::UnknownUnit);
        }
        if let Some(content) = fixed.fixed_content(unit) {
            let base_units = quantity.checked_mul(content.base_units);
            let bounded = base_units.filter(|units| (1..=MAX_CONTENT).contains(units));
            let rule = Rule::OutOfRange { min: 1, max: MAX_CONTENT as i64 };
            return bounded
                .map(|base_units| Content { dimension: content.dimension, base_units })
                .ok_or(rule);
        }
        let next = packagings.iter().find(|other| other.unit == unit);
        let next = next.ok_or(Rule::UnitNotConvertible)?;
        quantity = quantity.checked_mul(next.quantity).ok_or(Rule::UnitNotConvertible)?;
        unit = &next.contained_unit;
    }
    Err(Rule::UnitNotConvertible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Dimension;

    struct Table;

    impl FixedUnits for Table {
        fn is_unit(&self, code: &str) -> bool {
            self.fixed_content(code).is_some() || ["thùng", "chai", "chục"].contains(&code)
        }

        fn fixed_content(&self, code: &str) -> Option<Content> {
            let (dimension, base_units) = match code {
                "kg" => (Dimension::Mass, 1000),
                "g" => (Dimension::Mass, 1),
                "ml" => (Dimension::Volume, 1),
                "trái" => (Dimension::Count, 1),
                _ => return None,
            };
            Some(Content { dimension, base_units })
        }
    }

    fn packaging(unit: &str, quantity: u64, contained_unit: &str) -> Packaging {
        Packaging { unit: unit.into(), quantity, contained_unit: contained_unit.into() }
    }

    #[test]
    fn a_unit_contains_what_it_contains_everywhere() {
        let wrong = check_packagings(&[packaging("kg", 900, "g")], &Table);
        let contradicts = Rule::Contradicts { other: "unit" };
        assert_eq!(wrong, [Violation::new("/packagings/0/contains", contradicts)]);
        assert_eq!(check_packagings(&[packaging("kg", 1000, "g")], &Table), []);
    }

    #[test]
    fn a_case_of_bottles_is_exactly_its_millilitres() {
        let packagings = [packaging("thùng", 12, "chai"), packaging("chai", 500, "ml")];
        let content = unit_content("thùng", &packagings, &Table).expect("convertible");
        assert_eq!(content.in_dimension(Dimension::Volume), Some(6000));
        assert_eq!(content.in_dimension(Dimension::Mass), None);
    }

    #[test]
    fn a_million_cases_are_exactly_six_million_litres() {
        let packagings = [packaging("thùng", 12, "chai"), packaging("chai", 500, "ml")];
        let each = || unit_content("thùng", &packagings, &Table).expect("convertible");
        let sum: u64 = (0..1_000_000).filter_map(|_| each().in_dimension(Dimension::Volume)).sum();
        assert_eq!(sum, 6_000_000_000);
    }

    #[test]
    fn a_piece_with_a_weight_has_both_contents() {
        let packagings = [packaging("trái", 1100, "g")];
        let content = unit_content("trái", &packagings, &Table).expect("convertible");
        assert_eq!(content.in_dimension(Dimension::Count), Some(1));
        assert_eq!(content.in_dimension(Dimension::Mass), Some(1100));
    }

    #[test]
    fn what_is_packed_of_pieces_with_a_weight_has_a_weight() {
        let packagings = [packaging("trái", 300, "g"), packaging("thùng", 10, "trái")];
        let grams = |unit: &str, packagings: &[Packaging]| {
            let content = unit_content(unit, packagings, &Table).expect("convertible");
            content.in_dimension(Dimension::Mass)
        };
        assert_eq!(grams("thùng", &packagings), Some(3000));
        assert_eq!(grams("thùng", &packagings[1..]), None, "nobody says what a piece weighs");
        let pieces = |unit: &str, packagings: &[Packaging]| {
            let content = unit_content(unit, packagings, &Table).expect("convertible");
            content.in_dimension(Dimension::Count)
        };
        assert_eq!(pieces("kg", &packagings), None, "a kilogram is no whole number of pieces");
        assert_eq!(pieces("kg", &[packaging("trái", 250, "g")]), Some(4));
    }

    #[test]
    fn a_chuc_means_nothing_without_a_packaging() {
        assert_eq!(unit_content("chục", &[], &Table), Err(Rule::UnitNotConvertible));
        let dozen = [packaging("chục", 12, "trái")];
        let content = unit_content("chục", &dozen, &Table).expect("convertible");
        assert_eq!(content.in_dimension(Dimension::Count), Some(12));
    }

    #[test]
    fn packagings_that_contain_each_other_are_refused() {
        let ring = [packaging("thùng", 2, "chai"), packaging("chai", 2, "thùng")];
        let rules: Vec<Rule> =
            check_packagings(&ring, &Table).into_iter().map(|violation| violation.rule).collect();
        assert_eq!(rules, [Rule::UnitNotConvertible, Rule::UnitNotConvertible]);
    }

    #[test]
    fn gtins_of_each_length_are_kept_as_fourteen_digits() {
        for (text, kept) in [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("8934563138165", "08934563138165"),
            ("18934563138162", "18934563138162"),
        ] {
            assert_eq!(Gtin::parse(text).map(|gtin| gtin.0), Ok(kept.to_owned()), "{text}");
        }
        assert_eq!(Gtin::parse("8934563138164"), Err(Rule::WrongCheckDigit));
        assert!(matches!(Gtin::parse("893456313816"), Err(Rule::WrongCheckDigit)));
        assert!(matches!(Gtin::parse("89345631381"), Err(Rule::WrongFormat { .. })));
    }
}
