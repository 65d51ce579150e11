//! Names of administrative units as people write them: the kind word in front, and a folded key
//! that ignores case, accents, spaces and i/y. Knows the words, not the units.

use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Kind of an administrative unit, old or new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum PlaceKind {
    /// Tỉnh.
    #[serde(rename = "Tỉnh")]
    Province,
    /// Thành phố, centrally run or of a province.
    #[serde(rename = "Thành phố")]
    City,
    /// Huyện (until 30 June 2025).
    #[serde(rename = "Huyện")]
    RuralDistrict,
    /// Quận (until 30 June 2025).
    #[serde(rename = "Quận")]
    UrbanDistrict,
    /// Thị xã (until 30 June 2025).
    #[serde(rename = "Thị xã")]
    Town,
    /// Thị trấn (until 30 June 2025).
    #[serde(rename = "Thị trấn")]
    Township,
    /// Xã.
    #[serde(rename = "Xã")]
    Commune,
    /// Phường.
    #[serde(rename = "Phường")]
    Ward,
    /// Đặc khu.
    #[serde(rename = "Đặc khu")]
    SpecialZone,
}

impl PlaceKind {
    /// The Vietnamese word: `huyện`, `thị xã`, `phường` …
    #[must_use]
    pub fn label_vi(self) -> &'static str {
        match self {
            Self::Province => "tỉnh",
            Self::City => "thành phố",
            Self::RuralDistrict => "huyện",
            Self::UrbanDistrict => "quận",
            Self::Town => "thị xã",
            Self::Township => "thị trấn",
            Self::Commune => "xã",
            Self::Ward => "phường",
            Self::SpecialZone => "đặc khu",
        }
    }

    /// True if a province or centrally-run city may be called so.
    #[must_use]
    pub fn may_be_province(self) -> bool {
        matches!(self, Self::Province | Self::City)
    }

    /// True if a unit of the abolished middle level may be called so.
    #[must_use]
    pub fn may_be_district(self) -> bool {
        matches!(self, Self::City | Self::RuralDistrict | Self::UrbanDistrict | Self::Town)
    }

    /// True if a unit of the lowest level may be called so.
    #[must_use]
    pub fn may_be_commune(self) -> bool {
        matches!(self, Self::Township | Self::Commune | Self::Ward | Self::SpecialZone)
    }
}

/// Kind words, longest first, with whether accents may be left out beside accented words.
const KIND_WORDS: [(&str, PlaceKind); 18] = [
    ("thành phố", PlaceKind::City),
    ("thị xã", PlaceKind::Town),
    ("thị trấn", PlaceKind::Township),
    ("đặc khu", PlaceKind::SpecialZone),
    ("tỉnh", PlaceKind::Province),
    ("huyện", PlaceKind::RuralDistrict),
    ("quận", PlaceKind::UrbanDistrict),
    ("phường", PlaceKind::Ward),
    ("xã", PlaceKind::Commune),
    ("tp", PlaceKind::City),
    ("tx", PlaceKind::Town),
    ("tt", PlaceKind::Township),
    ("t", PlaceKind::Province),
    ("h", PlaceKind::RuralDistrict),
    ("q", PlaceKind::UrbanDistrict),
    ("p", PlaceKind::Ward),
    ("x", PlaceKind::Commune),
    ("đk", PlaceKind::SpecialZone),
];

/// A part of an address: the kind, if it was written, and the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceName {
    /// Kind word that stood before the name.
    pub kind: Option<PlaceKind>,
    /// The name without it, NFC, lower case, single spaces.
    pub name: String,
}

impl PlaceName {
    /// How a part can be read: with its kind word taken off, and whole where accents are missing,
    /// so that `quan son` may be `quận Sơn` or `Quan Sơn`.
    #[must_use]
    pub fn readings(part: &str) -> Vec<Self> {
        let words = normal(&part.replace('.', " "));
        let whole = Self { kind: None, name: words.clone() };
        match split_kind(&words) {
            Some((kind, name)) if words.is_ascii() => vec![kinded(kind, name), whole],
            Some((kind, name)) => vec![kinded(kind, name)],
            None => vec![whole],
        }
    }
}

fn kinded(kind: PlaceKind, name: &str) -> PlaceName {
    PlaceName { kind: Some(kind), name: name.to_owned() }
}

fn split_kind(words: &str) -> Option<(PlaceKind, &str)> {
    let accented = !words.is_ascii();
    KIND_WORDS.iter().find_map(|(word, kind)| {
        let rest = strip_word(words, word)
            .or_else(|| if accented { None } else { strip_word(words, &fold(word)) })?;
        Some((*kind, rest))
    })
}

/// What follows a kind word: after a space, or at once where a number follows (`q1`, `p7`).
fn strip_word<'a>(words: &'a str, kind: &str) -> Option<&'a str> {
    let rest = words.strip_prefix(kind)?;
    let name = rest.trim_start();
    let apart = name.len() < rest.len() || name.starts_with(|c: char| c.is_ascii_digit());
    (apart && !name.is_empty()).then_some(name)
}

/// NFC, lower case, single spaces.
#[must_use]
pub fn normal(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").nfc().flat_map(char::to_lowercase).collect()
}

/// Lower case without accents, đ as d.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, 'đ' | 'ð') { 'd' } else { c })
        .collect()
}

/// Key under which a name is indexed: folded letters and digits only, y as i, no leading zeros.
#[must_use]
pub fn key(name: &str) -> String {
    let folded = fold(name);
    let letters = folded.chars().filter(|c| c.is_alphanumeric());
    let key: String = letters.map(|c| if c == 'y' { 'i' } else { c }).collect();
    match key.parse::<u32>() {
        Ok(number) => number.to_string(),
        Err(_) => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(part: &str) -> (Option<PlaceKind>, String) {
        let first = PlaceName::readings(part).remove(0);
        (first.kind, first.name)
    }

    #[test]
    fn kind_words_and_their_short_forms_come_off() {
        let city = Some(PlaceKind::City);
        assert_eq!(reading("TP. HCM"), (city, "hcm".into()));
        assert_eq!(reading("Thành  phố Hồ Chí Minh"), (city, "hồ chí minh".into()));
        assert_eq!(reading("Q.1"), (Some(PlaceKind::UrbanDistrict), "1".into()));
        assert_eq!(reading("P7"), (Some(PlaceKind::Ward), "7".into()));
        assert_eq!(reading("xã Xà Phiên"), (Some(PlaceKind::Commune), "xà phiên".into()));
        assert_eq!(reading("thi tran Cau Ke"), (Some(PlaceKind::Township), "cau ke".into()));
    }

    #[test]
    fn accents_tell_a_kind_from_a_name() {
        assert_eq!(reading("Quan Sơn"), (None, "quan sơn".into()));
        assert_eq!(reading("Phương Liên"), (None, "phương liên".into()));
        assert_eq!(PlaceName::readings("quan son").len(), 2);
    }

    #[test]
    fn keys_forgive_accents_spaces_zeros_and_y() {
        assert_eq!(key("Bà Rịa - Vũng Tàu"), "bariavungtau");
        assert_eq!(key("Đắk Lắk"), key("DAK LAK"));
        assert_eq!(key("Quỳ Châu"), key("qui chau"));
        assert_eq!(key("04"), "4");
    }
}
