//! Reads an address from its largest part to its smallest, narrowing at each step. Works on names
//! and validity only; what is returned is built by `places`.

use super::communes::CommuneCode;
use super::place_index::UnitAt;
use super::place_name::{self, PlaceKind, PlaceName};
use super::places::{PlaceError, Places, ResolvedPlace, commune_of_today};
use super::provinces::{LAST_FORMER_DAY, Province, ProvinceCode, Provinces};

const COUNTRY_KEYS: [&str; 2] = ["vietnam", "vn"];
/// First words of a street or hamlet, which says nothing about administrative units.
const ADDRESS_WORDS: [&str; 20] = [
    "ap", "ban", "buon", "cho", "cum", "duong", "hem", "khom", "khu", "kcn", "kho", "lang", "lo",
    "ngo", "ngach", "quoc", "so", "thon", "to", "xom",
];

/// What is known so far, from the large end.
#[derive(Debug, Default)]
struct Scope {
    /// Provinces of this name, old and new; empty when none was named.
    named: Vec<Province>,
    district: Option<usize>,
}

impl Scope {
    fn current(&self) -> Option<ProvinceCode> {
        self.named.first().map(Province::current_code)
    }

    fn names_todays_province(&self) -> bool {
        self.named.iter().any(Province::is_current)
    }

    /// How well a former province fits: named itself, merged into the named one, or not at all.
    fn fit_of_former(&self, code: ProvinceCode, provinces: &Provinces) -> Option<Fit> {
        if self.named.is_empty() || self.named.iter().any(|p| !p.is_current() && p.code == code) {
            return Some(Fit::Own);
        }
        let current = provinces.former().find(|p| p.code == code)?.current_code();
        (self.current() == Some(current)).then_some(Fit::Merged)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Own,
    Merged,
}

/// A unit that a part may mean; the lower the rank, the likelier.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    unit: UnitAt,
    rank: u8,
    kind_matches: bool,
    accents_match: bool,
}

pub(super) fn resolve(places: &Places, text: &str) -> Result<ResolvedPlace, PlaceError> {
    let parts = split(text);
    if parts.is_empty() {
        return Err(PlaceError::Empty);
    }
    let search = Search { places, text };
    search.run(&parts).or_else(|error| match split_off_province(places, &parts) {
        Some(parts) => search.run(&parts),
        None => Err(error),
    })
}

/// The parts from small to large, without the country.
fn split(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let mut parts: Vec<_> = parts.map(str::to_owned).collect();
    parts.retain(|part| !COUNTRY_KEYS.contains(&place_name::key(part).as_str()));
    parts
}

/// `Cầu Kè Trà Vinh`: one part whose last words are a province.
fn split_off_province(places: &Places, parts: &[String]) -> Option<Vec<String>> {
    let [only] = parts else { return None };
    let words: Vec<_> = only.split_whitespace().collect();
    (1..words.len()).find_map(|at| {
        let province = words[at..].join(" ");
        let known = !provinces_named(places, &province).is_empty();
        known.then(|| vec![words[..at].join(" "), province])
    })
}

fn provinces_named(places: &Places, part: &str) -> Vec<Province> {
    let readings = PlaceName::readings(part).into_iter();
    let allowed = readings.filter(|name| name.kind.is_none_or(PlaceKind::may_be_province));
    let found = allowed.filter_map(|name| {
        let provinces = places.index.provinces.get(&place_name::key(&name.name))?;
        let city = name.kind == Some(PlaceKind::City);
        let fits = |province: &&Province| !city || province.is_city();
        Some(provinces.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    found.into_iter().find(|provinces| !provinces.is_empty()).unwrap_or_default()
}

struct Search<'a> {
    places: &'a Places,
    text: &'a str,
}

impl Search<'_> {
    fn run(&self, parts: &[String]) -> Result<ResolvedPlace, PlaceError> {
        let (largest, rest) = parts.split_last().ok_or(PlaceError::Empty)?;
        let mut scope = Scope { named: provinces_named(self.places, largest), ..Scope::default() };
        let below = if scope.named.is_empty() { parts } else { rest };
        let mut place = scope.named.first().map(|p| self.places.whole_province(p, self.text));
        for part in below.iter().rev() {
            let Some(unit) = self.find(part, &scope)? else {
                continue;
            };
            place = self.place_of(unit);
            match unit {
                UnitAt::District(at) => scope.district = Some(at),
                UnitAt::Former(_) | UnitAt::Commune(_) => break,
            }
        }
        place.ok_or_else(|| PlaceError::UnknownPart { part: largest.clone() })
    }

    fn place_of(&self, unit: UnitAt) -> Option<ResolvedPlace> {
        let former = &self.places.former;
        match unit {
            UnitAt::District(at) => self.places.former_district(&former.districts[at], self.text),
            UnitAt::Former(at) => self.places.former_commune(&former.communes[at], self.text),
            UnitAt::Commune(code) => {
                Some(commune_of_today(self.places.communes.get(code)?, self.text))
            }
        }
    }

    /// The unit that a part means; `None` for a street or hamlet.
    fn find(&self, part: &str, scope: &Scope) -> Result<Option<UnitAt>, PlaceError> {
        for name in PlaceName::readings(part) {
            let found = self.best(self.candidates(&name, scope));
            match found.as_slice() {
                [] => {}
                [one] => return Ok(Some(*one)),
                several => return Err(self.ambiguous(part, several)),
            }
        }
        match is_address(part) {
            true => Ok(None),
            false => Err(PlaceError::UnknownPart { part: part.to_owned() }),
        }
    }

    fn candidates(&self, name: &PlaceName, scope: &Scope) -> Vec<Candidate> {
        let units = self.places.index.units.get(&place_name::key(&name.name));
        let units = units.into_iter().flatten();
        units.filter_map(|unit| self.candidate(*unit, name, scope)).collect()
    }

    fn candidate(&self, unit: UnitAt, name: &PlaceName, scope: &Scope) -> Option<Candidate> {
        let (own_name, kind, rank) = match unit {
            UnitAt::District(at) => {
                let district = &self.places.former.districts[at];
                name.kind.is_none_or(PlaceKind::may_be_district).then_some(())?;
                (district.name.as_str(), district.kind, self.rank_of_district(at, scope)?)
            }
            UnitAt::Former(at) => {
                let commune = &self.places.former.communes[at];
                name.kind.is_none_or(PlaceKind::may_be_commune).then_some(())?;
                (commune.name.as_str(), commune.kind, self.rank_of_former(at, scope)?)
            }
            UnitAt::Commune(code) => {
                let commune = self.places.communes.get(code)?;
                name.kind.is_none_or(PlaceKind::may_be_commune).then_some(())?;
                let kind = commune.kind.place_kind();
                (commune.name.as_str(), kind, self.rank_of_commune(code, scope)?)
            }
        };
        Some(Candidate {
            unit,
            rank,
            kind_matches: name.kind == Some(kind),
            accents_match: place_name::normal(own_name) == name.name,
        })
    }

    fn rank_of_district(&self, at: usize, scope: &Scope) -> Option<u8> {
        if scope.district.is_some() {
            return None;
        }
        let province = self.places.former.districts[at].province_code;
        match scope.fit_of_former(province, &self.places.provinces)? {
            Fit::Own => Some(0),
            Fit::Merged => Some(2),
        }
    }

    fn rank_of_commune(&self, code: CommuneCode, scope: &Scope) -> Option<u8> {
        let commune = self.places.communes.get(code)?;
        let inside = scope.current().is_none_or(|province| province == commune.province_code);
        if let Some(district) = scope.district {
            let successors = &self.places.former.districts[district].successors;
            return successors.contains(&code).then_some(1);
        }
        let rank = if scope.named.is_empty() || scope.names_todays_province() { 1 } else { 4 };
        inside.then_some(rank)
    }

    fn rank_of_former(&self, at: usize, scope: &Scope) -> Option<u8> {
        let former = &self.places.former;
        let commune = &former.communes[at];
        if let Some(district) = scope.district {
            return (commune.district == district).then_some(0);
        }
        match scope.fit_of_former(former.province_of(commune), &self.places.provinces)? {
            Fit::Own if !scope.names_todays_province() && !scope.named.is_empty() => Some(1),
            Fit::Own => Some(3),
            Fit::Merged => Some(5),
        }
    }

    /// The likeliest candidates; several that lead to the same place count as one.
    fn best(&self, mut candidates: Vec<Candidate>) -> Vec<UnitAt> {
        keep_if_any(&mut candidates, |candidate| candidate.kind_matches);
        keep_if_any(&mut candidates, |candidate| candidate.accents_match);
        let rank = candidates.iter().map(|candidate| candidate.rank).min();
        candidates.retain(|candidate| Some(candidate.rank) == rank);
        let mut units: Vec<_> = candidates.into_iter().map(|candidate| candidate.unit).collect();
        units.dedup();
        let target = |unit: &UnitAt| self.place_of(*unit).map(|p| (p.commune_code, p.point));
        let first = units.first().and_then(target);
        if units.iter().all(|unit| target(unit) == first) {
            units.truncate(1);
        }
        units
    }

    fn ambiguous(&self, part: &str, units: &[UnitAt]) -> PlaceError {
        let mut candidates: Vec<_> = units.iter().filter_map(|unit| self.describe(*unit)).collect();
        candidates.sort();
        candidates.dedup();
        PlaceError::AmbiguousPart { part: part.to_owned(), candidates }
    }

    fn describe(&self, unit: UnitAt) -> Option<String> {
        match unit {
            UnitAt::District(at) => self.describe_district(at),
            UnitAt::Former(at) => {
                let commune = &self.places.former.communes[at];
                let district = self.describe_district(commune.district)?;
                Some(format!("{} {}, {district}", commune.kind.label_vi(), commune.name))
            }
            UnitAt::Commune(code) => {
                let commune = self.places.communes.get(code)?;
                let province = self.places.provinces.get(commune.province_code)?;
                let kind = commune.kind.place_kind().label_vi();
                Some(format!("{kind} {}, {}", commune.name, province.name))
            }
        }
    }

    /// With the province that it was in: today's may have several of its name.
    fn describe_district(&self, at: usize) -> Option<String> {
        let district = &self.places.former.districts[at];
        let code = district.province_code.to_string();
        let province = self.places.provinces.by_code(&code, Some(LAST_FORMER_DAY)).ok()?;
        Some(format!("{} {}, {}", district.kind.label_vi(), district.name, province.name))
    }
}

fn keep_if_any(candidates: &mut Vec<Candidate>, wanted: impl Fn(&Candidate) -> bool) {
    if candidates.iter().any(&wanted) {
        candidates.retain(wanted);
    }
}

fn is_address(part: &str) -> bool {
    let folded = place_name::fold(part);
    let first = folded.split_whitespace().next().unwrap_or_default();
    let kinded = PlaceName::readings(part).first().is_some_and(|name| name.kind.is_some());
    let numbered = folded.contains(|c: char| c.is_ascii_digit()) && !kinded;
    numbered || ADDRESS_WORDS.contains(&first.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::PlaceLevel;

    fn codes(place: &ResolvedPlace) -> (String, Option<String>) {
        let commune = place.commune_code.map(|code| code.to_string());
        (place.province_code.to_string(), commune)
    }

    fn province(places: &Places, text: &str) -> String {
        match places.resolve_text(text) {
            Ok(place) => place.province_code.to_string(),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    fn commune(places: &Places, text: &str) -> String {
        let place = places.resolve_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let code = place.commune_code.unwrap_or_else(|| panic!("{text}: no commune"));
        places.communes().get(code).unwrap().name.clone()
    }

    #[test]
    fn an_old_district_and_its_successor_give_the_same_area() {
        let places = Places::load();
        let district = places.resolve_text("huyện Cầu Kè, tỉnh Trà Vinh").unwrap();
        let commune = places.resolve_text("xã Cầu Kè, tỉnh Vĩnh Long").unwrap();
        assert_eq!(district.province_code.to_string(), "86");
        assert_eq!(district.level, PlaceLevel::FormerDistrict);
        assert_eq!(commune.level, PlaceLevel::Commune);
        assert!(district.covers(&commune));
        let off = (district.point.lat() - commune.point.lat()).abs()
            + (district.point.lon() - commune.point.lon()).abs();
        assert!(off < 0.2, "{off}");
    }

    #[test]
    fn an_old_commune_becomes_its_successor() {
        let places = Places::load();
        for text in ["xã Hòa Ân, huyện Cầu Kè, Trà Vinh", "xa hoa an, cau ke, tra vinh"] {
            assert_eq!(commune(&places, text), "Cầu Kè", "{text}");
        }
        assert_eq!(commune(&places, "xã Hòa Ân, Trà Vinh"), "Cầu Kè");
        assert_eq!(commune(&places, "Ấp Cây Hẹ, xã Phú Cần, huyện Tiểu Cần, Trà Vinh"), "Tiểu Cần");
    }

    #[test]
    fn cities_have_many_names() {
        let places = Places::load();
        let names = ["TP. HCM", "TP.HCM", "TPHCM", "Sài Gòn", "sai gon", "Thành phố Hồ Chí Minh"];
        for text in names.into_iter().chain(["TP Hồ Chí Minh", "hồ chí minh, Việt Nam"]) {
            assert_eq!(province(&places, text), "79", "{text}");
        }
        for text in ["Hà Nội", "TP Hà Nội", "ha noi", "HN"] {
            assert_eq!(province(&places, text), "01", "{text}");
        }
        assert_eq!(province(&places, "Thừa Thiên Huế"), "46");
        assert_eq!(province(&places, "TP Đồng Nai"), "75");
    }

    #[test]
    fn a_provincial_city_is_not_its_province() {
        let places = Places::load();
        let city = places.resolve_text("TP Trà Vinh").unwrap();
        assert_eq!(city.level, PlaceLevel::FormerDistrict);
        let province = places.resolve_text("Trà Vinh").unwrap();
        assert_eq!(province.level, PlaceLevel::FormerProvince);
        assert!(province.covers(&city) && !city.covers(&province));
        assert_eq!(commune(&places, "Phường 4, TP Trà Vinh, Trà Vinh"), "Long Đức");
    }

    #[test]
    fn a_name_of_both_lists_means_today() {
        let places = Places::load();
        let vinh_long = places.resolve_text("Vĩnh Long").unwrap();
        assert_eq!(vinh_long.level, PlaceLevel::Province);
        assert!(vinh_long.successor_communes.is_empty());
        assert_eq!(province(&places, "huyện Cầu Kè, tỉnh Vĩnh Long"), "86");
    }

    #[test]
    fn words_without_commas_or_province_still_resolve() {
        let places = Places::load();
        assert_eq!(province(&places, "Cầu Kè Trà Vinh"), "86");
        assert_eq!(province(&places, "huyện Cầu Kè"), "86");
        assert_eq!(province(&places, "TP Đà Lạt"), "68");
        assert_eq!(commune(&places, "12 Nguyễn Huệ, Phường Bến Nghé, Quận 1, TP.HCM"), "Sài Gòn");
    }

    #[test]
    fn accents_tell_two_communes_apart() {
        let places = Places::load();
        assert_eq!(commune(&places, "xã Cẩm Giang, Hải Phòng"), "Cẩm Giang");
        assert_eq!(commune(&places, "xã Cẩm Giàng, Hải Phòng"), "Cẩm Giàng");
    }

    #[test]
    fn the_unknown_part_is_named() {
        let places = Places::load();
        let unknown = |part: &str| Err(PlaceError::UnknownPart { part: part.into() });
        assert_eq!(places.resolve_text("huyện Không Có, Trà Vinh"), unknown("huyện Không Có"));
        assert_eq!(places.resolve_text("xã Lạ, huyện Cầu Kè, Trà Vinh"), unknown("xã Lạ"));
        assert_eq!(places.resolve_text("Atlantis"), unknown("Atlantis"));
        assert_eq!(places.resolve_text(" , "), Err(PlaceError::Empty));
    }

    #[test]
    fn an_ambiguous_district_lists_its_provinces() {
        let places = Places::load();
        let error = places.resolve_text("huyện Châu Thành").unwrap_err();
        let PlaceError::AmbiguousPart { candidates, .. } = error else { panic!("{error}") };
        assert!(candidates.contains(&"huyện Châu Thành, Bến Tre".to_owned()), "{candidates:?}");
        for candidate in candidates {
            places.resolve_text(&candidate).unwrap_or_else(|error| panic!("{candidate}: {error}"));
        }
        assert_eq!(province(&places, "huyện Châu Thành, Bến Tre"), "86");
    }

    #[test]
    fn every_unit_of_today_resolves_to_itself() {
        let places = Places::load();
        for unit in places.communes().iter() {
            let parent = places.provinces().get(unit.province_code).unwrap();
            let text = format!("{} {}, {}", unit.kind.label_vi(), unit.name, parent.full_name);
            let found =
                places.resolve_text(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let expected = (unit.province_code.to_string(), Some(unit.code.to_string()));
            assert_eq!(codes(&found), expected, "{text}");
        }
    }

    #[test]
    fn every_former_commune_resolves_to_its_main_heir() {
        let places = Places::load();
        let before = |code| {
            let mut former = places.provinces().former();
            former.find(|province| province.code == code && province.valid_from.is_none()).unwrap()
        };
        for unit in &places.former().communes {
            let district = &places.former().districts[unit.district];
            let text = format!(
                "{} {}, {} {}, {}",
                unit.kind.label_vi(),
                unit.name,
                district.kind.label_vi(),
                district.name,
                before(district.province_code).name
            );
            let found =
                places.resolve_text(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found.commune_code, unit.successors.first().copied(), "{text}");
        }
    }
}
