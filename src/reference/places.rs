//! Where a record lies: old and new codes and addresses become one place of today, with the
//! communes that it covers. Knows the administrative lists; how text is read stands in
//! `place_search`.

use super::communes::{Commune, CommuneCode, Communes};
use super::former_units::{FormerCommune, FormerDistrict, FormerUnits};
use super::place_index::PlaceIndex;
use super::place_search;
use super::point::Point;
use super::provinces::{Province, ProvinceCode, Provinces, REFORM_DAY};
use jiff::civil::Date;
use matching::place::Place;
use thiserror::Error;

/// How exactly a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceLevel {
    /// A province of today.
    Province,
    /// One of the 63 provinces of before 1 July 2025.
    FormerProvince,
    /// A district of before 1 July 2025.
    FormerDistrict,
    /// A commune of before 1 July 2025.
    FormerCommune,
    /// A commune of today.
    Commune,
}

/// A place in today's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPlace {
    /// Today's province.
    pub province_code: ProvinceCode,
    /// Today's commune, where the place is that exact.
    pub commune_code: Option<CommuneCode>,
    /// A point in the place.
    pub point: Point,
    /// The text or codes as they were given.
    pub as_given: String,
    /// Which kind of unit was matched.
    pub level: PlaceLevel,
    /// Today's communes on the land of an abolished unit, the main one first; of today's commune,
    /// itself; empty for a whole province of today.
    pub successor_communes: Vec<CommuneCode>,
}

impl ResolvedPlace {
    /// True if the other place lies in the area of this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let inside = |code| self.successor_communes.contains(code);
        self.province_code == other.province_code
            && (self.level == PlaceLevel::Province
                || !other.successor_communes.is_empty()
                    && other.successor_communes.iter().all(inside))
    }
}

/// Why a place could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// Nothing was given.
    #[error("the place is empty")]
    Empty,
    /// No unit of this name lies there.
    #[error("unknown place: {part}")]
    UnknownPart {
        /// The part of the text that is unknown.
        part: String,
    },
    /// Several units of this name lie there.
    #[error("ambiguous place: {part} ({})", candidates.join("; "))]
    AmbiguousPart {
        /// The part of the text that is ambiguous.
        part: String,
        /// What it may mean.
        candidates: Vec<String>,
    },
    /// No unit had this code on the day.
    #[error("unknown code: {code}")]
    UnknownCode {
        /// The code as given.
        code: String,
    },
    /// The code stands only in the list of before 1 July 2025 and no date was given.
    #[error("code {code} is of the list before 2025-07-01 and needs a date")]
    OldCodeWithoutDate {
        /// The code as given.
        code: String,
    },
    /// The commune lies in another province.
    #[error("commune {commune} is not in province {province}")]
    CommuneOutsideProvince {
        /// The commune's code as given.
        commune: String,
        /// The province's code as given.
        province: String,
    },
}

/// The administrative lists, old and new, with an index of their names.
#[derive(Debug)]
pub struct Places {
    pub(super) provinces: Provinces,
    pub(super) communes: Communes,
    pub(super) former: FormerUnits,
    pub(super) index: PlaceIndex,
}

impl Places {
    pub(super) fn load() -> Self {
        let provinces = Provinces::load();
        let communes = Communes::load();
        let former = FormerUnits::load();
        let index = PlaceIndex::build(&provinces, &communes, &former);
        Self { provinces, communes, former, index }
    }

    /// Provinces, old and new.
    #[must_use]
    pub fn provinces(&self) -> &Provinces {
        &self.provinces
    }

    /// Communes of today.
    #[must_use]
    pub fn communes(&self) -> &Communes {
        &self.communes
    }

    /// Districts and communes of before the reform.
    #[must_use]
    pub fn former(&self) -> &FormerUnits {
        &self.former
    }

    /// The names of all of them, without their kinds; many have several.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let provinces = self.provinces.current().chain(self.provinces.former());
        let (districts, communes) = (self.former.districts.iter(), self.former.communes.iter());
        let below = districts.map(|it| &it.name).chain(communes.map(|it| &it.name));
        let today = self.communes.iter().map(|commune| &commune.name);
        provinces.map(|it| &it.name).chain(below).chain(today).map(String::as_str)
    }

    /// Resolves an address written from small to large, parts separated by commas, old names or
    /// new, with or without kind words and accents: `xã Hòa Ân, huyện Cầu Kè, Trà Vinh`.
    ///
    /// # Errors
    /// Names the part that is unknown or ambiguous.
    pub fn resolve_text(&self, text: &str) -> Result<ResolvedPlace, PlaceError> {
        place_search::resolve(self, text)
    }

    /// Resolves codes as they stood on `as_of`; without a date, today's.
    ///
    /// # Errors
    /// The code that is unknown, that needs a date, or that lies in another province.
    pub fn resolve_codes(
        &self,
        province: &str,
        commune: Option<&str>,
        as_of: Option<Date>,
    ) -> Result<ResolvedPlace, PlaceError> {
        let parent = self.provinces.by_code(province, as_of)?;
        let Some(commune) = commune else {
            return Ok(self.whole_province(parent, province));
        };
        let given = format!("{province}/{commune}");
        let outside = || PlaceError::CommuneOutsideProvince {
            commune: commune.to_owned(),
            province: province.to_owned(),
        };
        if as_of.is_some_and(|day| day < REFORM_DAY) {
            let former = self.former_by_code(commune)?;
            let inside = self.former.province_of(former) == parent.code;
            return inside
                .then(|| self.former_commune(former, &given))
                .flatten()
                .ok_or_else(outside);
        }
        let found = self.commune_by_code(commune, as_of)?;
        let inside = found.province_code == parent.code;
        inside.then(|| commune_of_today(found, &given)).ok_or_else(outside)
    }

    /// The area of a recorded place, as exact as it was given; `None` for a code of no list.
    #[must_use]
    pub fn area_of(&self, place: &Place) -> Option<ResolvedPlace> {
        let province = place.province.to_string();
        let whole = || self.resolve_codes(&province, None, None).ok();
        if let Some(commune) = &place.commune_code {
            return self.resolve_codes(&province, Some(commune), None).ok();
        }
        let Some(given) = &place.given else { return whole() };
        let is_of_today = self.provinces.by_code(given, None).is_ok();
        let former = self.provinces.former().find(|former| former.code.to_string() == *given);
        match former.filter(|_| !is_of_today) {
            Some(former) => Some(self.whole_province(former, given)),
            None => self.resolve_text(given).ok().or_else(whole),
        }
    }

    fn commune_by_code(&self, code: &str, as_of: Option<Date>) -> Result<&Commune, PlaceError> {
        let unknown = || PlaceError::UnknownCode { code: code.to_owned() };
        let parsed = CommuneCode::parse(code).ok_or_else(unknown)?;
        let undated = as_of.is_none() && self.former.commune(parsed).is_some();
        self.communes.get(parsed).ok_or_else(|| match undated {
            true => PlaceError::OldCodeWithoutDate { code: code.to_owned() },
            false => unknown(),
        })
    }

    fn former_by_code(&self, code: &str) -> Result<&FormerCommune, PlaceError> {
        let parsed = CommuneCode::parse(code);
        let found = parsed.and_then(|code| self.former.commune(code));
        found.ok_or_else(|| PlaceError::UnknownCode { code: code.to_owned() })
    }

    pub(super) fn whole_province(&self, province: &Province, given: &str) -> ResolvedPlace {
        let level = match province.valid_to.is_some_and(|last| last < REFORM_DAY) {
            true => PlaceLevel::FormerProvince,
            false => PlaceLevel::Province,
        };
        let successor_communes = match level {
            PlaceLevel::FormerProvince => self.communes_of_former_province(province.code),
            _ => Vec::new(),
        };
        ResolvedPlace {
            province_code: province.current_code(),
            commune_code: None,
            point: province.point,
            as_given: given.to_owned(),
            level,
            successor_communes,
        }
    }

    fn communes_of_former_province(&self, code: ProvinceCode) -> Vec<CommuneCode> {
        let districts = self.former.districts.iter().filter(|d| d.province_code == code);
        let mut communes: Vec<_> = districts.flat_map(|d| d.successors.iter().copied()).collect();
        communes.sort_unstable();
        communes.dedup();
        communes
    }

    pub(super) fn former_district(
        &self,
        district: &FormerDistrict,
        given: &str,
    ) -> Option<ResolvedPlace> {
        self.of_successors(&district.successors, PlaceLevel::FormerDistrict, given)
    }

    pub(super) fn former_commune(
        &self,
        commune: &FormerCommune,
        given: &str,
    ) -> Option<ResolvedPlace> {
        self.of_successors(&commune.successors, PlaceLevel::FormerCommune, given)
    }

    fn of_successors(
        &self,
        codes: &[CommuneCode],
        level: PlaceLevel,
        given: &str,
    ) -> Option<ResolvedPlace> {
        let main = self.communes.get(*codes.first()?)?;
        let exact = level == PlaceLevel::FormerCommune;
        let points = codes.iter().filter_map(|code| Some(self.communes.get(*code)?.point));
        let centroid = Point::centroid(points)?;
        Some(ResolvedPlace {
            province_code: main.province_code,
            commune_code: exact.then_some(main.code),
            point: if exact { main.point } else { centroid },
            as_given: given.to_owned(),
            level,
            successor_communes: codes.to_vec(),
        })
    }
}

pub(super) fn commune_of_today(commune: &Commune, given: &str) -> ResolvedPlace {
    ResolvedPlace {
        province_code: commune.province_code,
        commune_code: Some(commune.code),
        point: commune.point,
        as_given: given.to_owned(),
        level: PlaceLevel::Commune,
        successor_communes: vec![commune.code],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const BEFORE: Option<Date> = Some(date(2024, 5, 1));

    #[test]
    fn old_codes_with_a_date_become_places_of_today() {
        let places = Places::load();
        let tra_vinh = places.resolve_codes("84", None, BEFORE).unwrap();
        assert_eq!(tra_vinh.province_code.to_string(), "86");
        assert_eq!(tra_vinh.level, PlaceLevel::FormerProvince);
        let bac_giang = places.resolve_codes("24", None, BEFORE).unwrap();
        let bac_ninh = places.resolve_codes("24", None, None).unwrap();
        assert_eq!(bac_giang.province_code, bac_ninh.province_code);
        assert_ne!(bac_giang.level, bac_ninh.level);
        assert!(bac_ninh.covers(&bac_giang) && !bac_giang.covers(&bac_ninh));
    }

    #[test]
    fn a_recorded_place_lies_in_the_former_province_that_it_was_given_in() {
        let places = Places::load();
        let tra_vinh = places.resolve_codes("84", None, BEFORE).unwrap();
        let lies_there = |commune_code: Option<&str>, given: Option<&str>| {
            let place = Place {
                province: ProvinceCode::parse("86").unwrap(),
                commune_code: commune_code.map(str::to_owned),
                address: None,
                given: given.map(str::to_owned),
                point: matching::place::Point::new(0, 0).unwrap(),
            };
            tra_vinh.covers(&places.area_of(&place).unwrap())
        };
        assert!(lies_there(Some("29308"), None));
        assert!(lies_there(None, Some("84")));
        assert!(lies_there(None, Some("huyện Cầu Kè, tỉnh Trà Vinh")));
        assert!(!lies_there(None, Some("tỉnh Bến Tre")));
        assert!(!lies_there(None, None), "somewhere in Vĩnh Long");
    }

    #[test]
    fn a_commune_code_is_read_on_its_date() {
        let places = Places::load();
        let now = places.resolve_codes("01", Some("00004"), None).unwrap();
        assert_eq!(now.level, PlaceLevel::Commune);
        let phuc_xa = places.resolve_codes("01", Some("00001"), BEFORE).unwrap();
        assert_eq!(phuc_xa.commune_code.unwrap().to_string(), "00097");
        let undated = places.resolve_codes("01", Some("00001"), None);
        assert_eq!(undated, Err(PlaceError::OldCodeWithoutDate { code: "00001".into() }));
    }

    #[test]
    fn a_commune_of_another_province_is_refused() {
        let places = Places::load();
        for as_of in [None, BEFORE] {
            let refused = places.resolve_codes("79", Some("00004"), as_of);
            assert!(matches!(refused, Err(PlaceError::CommuneOutsideProvince { .. })));
        }
        let unknown = places.resolve_codes("01", Some("99999"), None);
        assert_eq!(unknown, Err(PlaceError::UnknownCode { code: "99999".into() }));
    }
}
