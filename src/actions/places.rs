//! Places as callers give them (codes of any time, or words) become places of today.

use matching::date::Date;
use matching::place::{Place, Point, ProvinceCode, ProvinceSet};
use matching::violation::{Rule, Violation};

use crate::reference::provinces::REFORM_DAY;
use crate::reference::{PlaceError, Reference, ResolvedPlace};

/// The longest address, in characters.
const MAX_ADDRESS_CHARS: usize = 300;

/// A place as a caller gives it.
#[derive(Debug, Clone)]
pub enum PlaceInput {
    /// Codes or words.
    Stated(StatedPlace),
    /// The place that the record has, with the text that it was once given as.
    Kept(Place),
}

/// A place in codes or words.
#[derive(Debug, Clone, Default)]
pub struct StatedPlace {
    /// Code of a province.
    pub province_code: Option<String>,
    /// Code of a commune.
    pub commune_code: Option<String>,
    /// Street address.
    pub address: Option<String>,
    /// Latitude in millionths of a degree.
    pub lat_e6: Option<i32>,
    /// Longitude in millionths of a degree.
    pub lon_e6: Option<i32>,
    /// The place in words, instead of codes.
    pub text: Option<String>,
    /// The day on which the codes had their meaning, `YYYY-MM-DD`; today if absent.
    pub as_of: Option<String>,
}

/// The place of today that `input` means.
///
/// # Errors
/// Every broken rule with its place.
pub fn resolve(reference: &Reference, input: &PlaceInput) -> Result<Place, Vec<Violation>> {
    match input {
        PlaceInput::Stated(stated) => resolve_stated(reference, stated),
        PlaceInput::Kept(place) => Ok(place.clone()),
    }
}

fn resolve_stated(reference: &Reference, input: &StatedPlace) -> Result<Place, Vec<Violation>> {
    let one = |at: &str, rule| vec![Violation::new(at, rule)];
    let resolved = resolve_area(reference, input)?;
    let own = Point::new(resolved.point.lat_e6, resolved.point.lon_e6);
    let given = match (input.lat_e6, input.lon_e6) {
        (Some(lat_e6), Some(lon_e6)) => {
            let rule = Rule::OutOfRange { min: -180, max: 180 };
            Some(Point::new(lat_e6, lon_e6).ok_or_else(|| one("/lat", rule))?)
        }
        (Some(_), None) => return Err(one("/lon", Rule::Required)),
        (None, Some(_)) => return Err(one("/lat", Rule::Required)),
        (None, None) => None,
    };
    let long = input.address.as_ref().is_some_and(|text| text.chars().count() > MAX_ADDRESS_CHARS);
    if long {
        return Err(one(
            "/address",
            Rule::LengthOutOfRange { min: 0, max: MAX_ADDRESS_CHARS as i64 },
        ));
    }
    let point = given.or(own).ok_or_else(|| one("", Rule::UnknownProvince))?;
    let is_old = input.text.is_some() || input.as_of.is_some();
    Ok(Place {
        province: resolved.province_code,
        commune_code: resolved.commune_code.map(|code| code.to_string()),
        address: input.address.clone(),
        given: is_old.then(|| input.text.clone().unwrap_or(resolved.as_given)),
        point,
    })
}

fn resolve_area(
    reference: &Reference,
    input: &StatedPlace,
) -> Result<ResolvedPlace, Vec<Violation>> {
    let one = |at: &str, rule| vec![Violation::new(at, rule)];
    match (&input.province_code, &input.text) {
        (None, None) => Err(one("/province_code", Rule::Required)),
        (Some(province), Some(text)) => resolve_both(reference, (province, text), input),
        (None, Some(_)) if input.commune_code.is_some() => {
            Err(one("/commune_code", Rule::Contradicts { other: "text" }))
        }
        (None, Some(text)) => {
            reference.resolve_text(text).map_err(|error| one("/text", rule_of(error)))
        }
        (Some(province), None) => resolve_codes(reference, province, input),
    }
}

fn resolve_codes(
    reference: &Reference,
    province: &str,
    input: &StatedPlace,
) -> Result<ResolvedPlace, Vec<Violation>> {
    let commune = input.commune_code.as_deref();
    let wrong = |_| Violation::new("/as_of", Rule::WrongFormat { format: "date".into() });
    let as_of = input.as_of.as_deref().map(str::parse::<Date>).transpose();
    let as_of = as_of.map_err(|error| vec![wrong(error)])?;
    reference.resolve_codes(province, commune, as_of.map(civil)).map_err(|error| {
        let concerns_commune = error.concerns_commune(commune);
        let at = if concerns_commune { "/commune_code" } else { "/province_code" };
        vec![Violation::new(at, rule_of(error))]
    })
}

/// The place as it is read from a record, with the words or former codes that it was given as: both
/// must mean the same, and the codes of today, which are the nearer, count.
fn resolve_both(
    reference: &Reference,
    (province, text): (&str, &str),
    input: &StatedPlace,
) -> Result<ResolvedPlace, Vec<Violation>> {
    let place = resolve_codes(reference, province, input)?;
    let is_same = |meant: &ResolvedPlace| {
        meant.province_code == place.province_code
            && (place.commune_code.is_none() || meant.commune_code == place.commune_code)
    };
    let words = reference.resolve_text(text);
    if words.iter().chain(&as_codes(reference, text)).any(is_same) {
        return Ok(place);
    }
    let rule = words.map_or_else(rule_of, |_| Rule::Contradicts { other: "province_code" });
    Err(vec![Violation::new("/text", rule)])
}

/// What a text means as codes, of today and from before the reform.
fn as_codes(reference: &Reference, text: &str) -> Vec<ResolvedPlace> {
    let (province, commune) =
        text.split_once('/').map_or((text, None), |(province, commune)| (province, Some(commune)));
    let days = [None, REFORM_DAY.yesterday().ok()].into_iter();
    days.filter_map(|day| reference.resolve_codes(province, commune, day).ok()).collect()
}

impl PlaceError {
    fn concerns_commune(&self, commune: Option<&str>) -> bool {
        match self {
            Self::CommuneOutsideProvince { .. } => true,
            Self::UnknownCode { code } | Self::OldCodeWithoutDate { code } => {
                commune == Some(code.as_str())
            }
            _ => false,
        }
    }
}

/// The rule that a place breaks.
#[must_use]
pub fn rule_of(error: PlaceError) -> Rule {
    match error {
        PlaceError::Empty => Rule::Required,
        PlaceError::UnknownPart { part } => Rule::UnknownPlace { part, several: Vec::new() },
        PlaceError::AmbiguousPart { part, candidates } => {
            Rule::UnknownPlace { part, several: candidates }
        }
        PlaceError::UnknownCode { code } if code.len() == 2 => Rule::UnknownProvince,
        PlaceError::UnknownCode { .. } | PlaceError::CommuneOutsideProvince { .. } => {
            Rule::UnknownCommune
        }
        PlaceError::OldCodeWithoutDate { .. } => Rule::OldCodeWithoutDate,
    }
}

/// The rule that the code of a province breaks, however short or long it is.
#[must_use]
pub fn rule_of_province(error: PlaceError) -> Rule {
    match rule_of(error) {
        Rule::UnknownCommune => Rule::UnknownProvince,
        other => other,
    }
}

/// The same day as the reference tables count it.
#[must_use]
pub fn civil(date: Date) -> jiff::civil::Date {
    let (year, month, day) = date.ymd();
    jiff::civil::date(year, month, day)
}

/// Today's provinces with these codes.
///
/// # Errors
/// [`Rule::UnknownProvince`] or [`Rule::OldCodeWithoutDate`] for each that is none.
pub fn provinces(reference: &Reference, codes: &[String]) -> Result<ProvinceSet, Vec<Violation>> {
    let mut violations = Vec::new();
    let mut set: Vec<ProvinceCode> = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        match reference.provinces().by_code(code, None) {
            Ok(province) => set.push(province.code),
            Err(error) => {
                violations.push(Violation::new(format!("/{index}"), rule_of_province(error)));
            }
        }
    }
    if violations.is_empty() { Ok(set.into_iter().collect()) } else { Err(violations) }
}
