//! Provinces and centrally-run cities with the time that each version was valid: the 34 of 1 July
//! 2025 and the 63 before. Seven codes changed their meaning on that day, so a code needs a date
//! to be read.

use super::places::PlaceError;
use super::point::Point;
use super::table;
use jiff::civil::{Date, date};
pub use matching::place::ProvinceCode;
use serde::Deserialize;

/// First day of the two-level administration (202/2025/QH15).
pub const REFORM_DAY: Date = date(2025, 7, 1);
/// The last day of the provinces and districts before it.
pub(super) const LAST_FORMER_DAY: Date = date(2025, 6, 30);

/// One version of a province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Province {
    /// Code in the list that was valid then.
    pub code: ProvinceCode,
    /// Name alone: `Vĩnh Long`.
    pub name: String,
    /// With its kind: `Tỉnh Vĩnh Long`.
    pub full_name: String,
    /// Centroid of the area (today's provinces) or a point in it (former ones).
    pub point: Point,
    /// First day, if known.
    pub valid_from: Option<Date>,
    /// Last day; `None` for today's.
    pub valid_to: Option<Date>,
    /// Today's province that holds it; `None` when it is today's itself.
    pub successor: Option<ProvinceCode>,
    /// Other names, folded.
    pub aliases: Vec<String>,
}

impl Province {
    /// True for one of the 34 of today.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.successor.is_none()
    }

    /// Code of today's province: its own, or its successor's.
    #[must_use]
    pub fn current_code(&self) -> ProvinceCode {
        self.successor.unwrap_or(self.code)
    }

    /// True of a centrally-run city.
    #[must_use]
    pub fn is_city(&self) -> bool {
        self.full_name.starts_with("Thành phố")
    }

    /// Whether this version was valid on `day`.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name: String,
    full_name: String,
    lat: f64,
    lon: f64,
    valid_from: String,
    valid_to: String,
    successor_code: String,
    aliases: String,
}

/// All versions of all provinces.
#[derive(Debug)]
pub struct Provinces(Vec<Province>);

impl Provinces {
    pub(super) fn load() -> Self {
        let rows: Vec<Row> = table::rows(include_str!("../../data/provinces.csv"));
        Self(rows.into_iter().map(Province::from).collect())
    }

    /// Today's 34 provinces by code.
    pub fn current(&self) -> impl Iterator<Item = &Province> {
        self.0.iter().filter(|province| province.is_current())
    }

    /// The versions that are no longer valid.
    pub fn former(&self) -> impl Iterator<Item = &Province> {
        self.0.iter().filter(|province| !province.is_current())
    }

    /// Today's province of a code.
    #[must_use]
    pub fn get(&self, code: ProvinceCode) -> Option<&Province> {
        self.current().find(|province| province.code == code)
    }

    /// The province that a code meant on `as_of`; without a date, what it means today.
    ///
    /// # Errors
    /// `OldCodeWithoutDate` for a code of the old list only, when no date is given;
    /// `UnknownCode` for one that did not exist then.
    pub fn by_code(&self, code: &str, as_of: Option<Date>) -> Result<&Province, PlaceError> {
        let unknown = || PlaceError::UnknownCode { code: code.to_owned() };
        let parsed = ProvinceCode::parse(code).ok_or_else(unknown)?;
        let mut versions = self.0.iter().filter(|province| province.code == parsed).peekable();
        if versions.peek().is_none() {
            return Err(unknown());
        }
        match as_of {
            Some(day) => versions.find(|version| version.is_valid_on(day)).ok_or_else(unknown),
            None => versions
                .find(|version| version.is_current())
                .ok_or_else(|| PlaceError::OldCodeWithoutDate { code: code.to_owned() }),
        }
    }
}

fn day(cell: &str) -> Option<Date> {
    let parse = |cell: &str| cell.parse().expect("a date of the table is ISO 8601");
    (!cell.is_empty()).then(|| parse(cell))
}

impl From<Row> for Province {
    fn from(row: Row) -> Self {
        Self {
            code: ProvinceCode::parse(&row.code).expect("a province code has two digits"),
            name: row.name,
            full_name: row.full_name,
            point: Point::from_degrees(row.lat, row.lon),
            valid_from: day(&row.valid_from),
            valid_to: day(&row.valid_to),
            successor: ProvinceCode::parse(&row.successor_code),
            aliases: table::items(&row.aliases, '|'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Option<Date> = Some(date(2025, 6, 30));

    #[test]
    fn seven_codes_changed_their_meaning() {
        let provinces = Provinces::load();
        for code in ["15", "24", "44", "52", "80", "82", "91"] {
            let then = provinces.by_code(code, BEFORE).unwrap();
            let now = provinces.by_code(code, Some(REFORM_DAY)).unwrap();
            assert_ne!(then.name, now.name, "{code}");
            assert_eq!(now, provinces.by_code(code, None).unwrap());
        }
    }

    #[test]
    fn an_old_code_needs_a_date() {
        let provinces = Provinces::load();
        let missing = PlaceError::OldCodeWithoutDate { code: "84".into() };
        assert_eq!(provinces.by_code("84", None), Err(missing));
        assert_eq!(provinces.by_code("84", BEFORE).unwrap().current_code().to_string(), "86");
        let late = PlaceError::UnknownCode { code: "84".into() };
        assert_eq!(provinces.by_code("84", Some(REFORM_DAY)), Err(late));
    }

    #[test]
    fn every_former_province_has_a_successor_of_today() {
        let provinces = Provinces::load();
        assert_eq!(provinces.former().filter(|p| p.valid_to == BEFORE).count(), 63);
        assert!(provinces.former().all(|p| provinces.get(p.current_code()).is_some()));
    }

    #[test]
    fn dong_nai_became_a_city_on_30_april_2026() {
        let provinces = Provinces::load();
        let on = |day| &provinces.by_code("75", Some(day)).unwrap().full_name;
        assert_eq!(on(date(2026, 4, 29)), "Tỉnh Đồng Nai");
        assert_eq!(on(date(2026, 4, 30)), "Thành phố Đồng Nai");
    }

    #[test]
    fn codes_are_two_digits() {
        for bad in ["", "1", "001", "8a", "+8", "99"] {
            assert!(Provinces::load().by_code(bad, None).is_err(), "{bad}");
        }
        assert_eq!(ProvinceCode::parse("04").unwrap().to_string(), "04");
    }
}
