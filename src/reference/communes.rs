//! The 3,321 communes, wards and special zones of 1 July 2025.

use super::place_name::PlaceKind;
use super::point::Point;
use super::provinces::ProvinceCode;
use super::table;
use serde::Deserialize;
use std::fmt;

const CODE_DIGITS: usize = 5;

/// Five-digit code of a commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommuneCode(u32);

impl CommuneCode {
    /// Reads exactly five digits; whether such a commune exists is not judged.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Self)
    }

    /// The code as a number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CommuneCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0CODE_DIGITS$}", self.0)
    }
}

/// Kind of a unit of today's lower level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum CommuneKind {
    /// Phường.
    #[serde(rename = "Phường")]
    Ward,
    /// Xã.
    #[serde(rename = "Xã")]
    Commune,
    /// Đặc khu: an island.
    #[serde(rename = "Đặc khu")]
    SpecialZone,
}

impl CommuneKind {
    /// The Vietnamese word: `xã`, `phường`, `đặc khu`.
    #[must_use]
    pub fn label_vi(self) -> &'static str {
        self.place_kind().label_vi()
    }

    pub(super) fn place_kind(self) -> PlaceKind {
        match self {
            Self::Ward => PlaceKind::Ward,
            Self::Commune => PlaceKind::Commune,
            Self::SpecialZone => PlaceKind::SpecialZone,
        }
    }
}

/// A commune of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// Its code in today's list.
    pub code: CommuneCode,
    /// Name alone: `Cầu Kè`.
    pub name: String,
    /// Xã, phường or đặc khu.
    pub kind: CommuneKind,
    /// The province it lies in.
    pub province_code: ProvinceCode,
    /// A point in it.
    pub point: Point,
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    kind: CommuneKind,
    province_code: String,
    lat: f64,
    lon: f64,
}

/// Today's communes, in the order of their codes.
#[derive(Debug)]
pub struct Communes(Vec<Commune>);

impl Communes {
    pub(super) fn load() -> Self {
        let rows: Vec<Row> = table::rows(include_str!("../../data/communes.csv"));
        let mut communes: Vec<_> = rows.into_iter().map(Commune::from).collect();
        communes.sort_unstable_by_key(|commune| commune.code);
        Self(communes)
    }

    /// All communes by code.
    pub fn iter(&self) -> impl Iterator<Item = &Commune> {
        self.0.iter()
    }

    /// The communes of a province by code.
    pub fn in_province(&self, province: ProvinceCode) -> impl Iterator<Item = &Commune> {
        self.iter().filter(move |commune| commune.province_code == province)
    }

    /// The commune of a code.
    #[must_use]
    pub fn get(&self, code: CommuneCode) -> Option<&Commune> {
        let index = self.0.binary_search_by_key(&code, |commune| commune.code).ok()?;
        self.0.get(index)
    }
}

impl From<Row> for Commune {
    fn from(row: Row) -> Self {
        Self {
            code: CommuneCode::parse(&row.code).expect("a commune code has five digits"),
            name: row.name,
            kind: row.kind,
            province_code: ProvinceCode::parse(&row.province_code)
                .expect("a province code has two digits"),
            point: Point::from_degrees(row.lat, row.lon),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Provinces;

    #[test]
    fn codes_are_unique_and_every_commune_has_a_province() {
        let (communes, provinces) = (Communes::load(), Provinces::load());
        assert!(communes.0.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(communes.iter().all(|commune| provinces.get(commune.province_code).is_some()));
    }

    #[test]
    fn vinh_long_has_124_communes() {
        let vinh_long = ProvinceCode::parse("86").unwrap();
        let communes = Communes::load();
        assert_eq!(communes.in_province(vinh_long).count(), 124);
        let cau_ke = communes.in_province(vinh_long).find(|c| c.name == "Cầu Kè").unwrap();
        assert_eq!(cau_ke.kind, CommuneKind::Commune);
        assert_eq!(communes.get(cau_ke.code), Some(cau_ke));
    }

    #[test]
    fn codes_keep_their_leading_zeros() {
        assert_eq!(CommuneCode::parse("00004").unwrap().to_string(), "00004");
        assert!(CommuneCode::parse("4").is_none());
    }
}
