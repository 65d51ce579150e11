//! Places: province, commune, point, and the distance between two points. Must not know the lists
//! of places (reference data resolves texts and codes).

use std::fmt;

/// Mean radius of the Earth in kilometres (IUGG).
pub const EARTH_RADIUS_KM: f64 = 6371.0088;

/// A current province code: `01` to `96`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProvinceCode(u8);

impl ProvinceCode {
    /// The province with code `number`; none above 99.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < 100 { Some(Self(number)) } else { None }
    }

    /// Reads a code of two digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok().and_then(Self::new) } else { None }
    }

    /// The code as a number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for ProvinceCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}", self.0)
    }
}

/// A set of provinces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ProvinceSet([u64; 2]);

impl ProvinceSet {
    /// No province.
    pub const EMPTY: Self = Self([0; 2]);

    /// Whether no province is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0[0] == 0 && self.0[1] == 0
    }

    /// Whether `province` is in it.
    #[must_use]
    pub const fn contains(self, province: ProvinceCode) -> bool {
        self.0[province.0 as usize / 64] >> (province.0 % 64) & 1 == 1
    }

    /// The provinces in order of code.
    pub fn iter(self) -> impl Iterator<Item = ProvinceCode> {
        (0..100).map(ProvinceCode).filter(move |province| self.contains(*province))
    }
}

impl FromIterator<ProvinceCode> for ProvinceSet {
    fn from_iter<I: IntoIterator<Item = ProvinceCode>>(provinces: I) -> Self {
        let mut set = Self::default();
        for province in provinces {
            set.0[usize::from(province.0 / 64)] |= 1 << (province.0 % 64);
        }
        set
    }
}

/// A point on the Earth in millionths of a degree (about 11 cm), WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    lat_e6: i32,
    lon_e6: i32,
}

impl Point {
    /// The point at `lat_e6`, `lon_e6` millionths of a degree; none outside ±90° and ±180°.
    #[must_use]
    pub const fn new(lat_e6: i32, lon_e6: i32) -> Option<Self> {
        let legal = lat_e6.unsigned_abs() <= 90_000_000 && lon_e6.unsigned_abs() <= 180_000_000;
        if legal { Some(Self { lat_e6, lon_e6 }) } else { None }
    }

    /// Latitude in millionths of a degree.
    #[must_use]
    pub const fn lat_e6(self) -> i32 {
        self.lat_e6
    }

    /// Longitude in millionths of a degree.
    #[must_use]
    pub const fn lon_e6(self) -> i32 {
        self.lon_e6
    }

    /// The point as a unit vector from the centre of the Earth.
    #[must_use]
    pub fn unit_vector(self) -> UnitVector {
        let (lat, lon) = (radians(self.lat_e6), radians(self.lon_e6));
        UnitVector([lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()])
    }

    /// Great-circle distance, rounded once to whole kilometres.
    #[must_use]
    pub fn distance_km(self, other: Self) -> u32 {
        self.unit_vector().distance_km(other.unit_vector())
    }
}

fn radians(degrees_e6: i32) -> f64 {
    (f64::from(degrees_e6) / 1e6).to_radians()
}

/// A point as a unit vector, so that a distance costs one square root and one arc sine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitVector([f64; 3]);

impl UnitVector {
    /// Its coordinates, for bounds that need not be exact.
    #[must_use]
    pub const fn coordinates(self) -> [f64; 3] {
        self.0
    }

    /// Great-circle distance by the chord, `2 R asin(|a − b| / 2)`, which is exact for near points
    /// too; rounded once to whole kilometres.
    #[must_use]
    pub fn distance_km(self, other: Self) -> u32 {
        let square: f64 = self.0.iter().zip(other.0).map(|(a, b)| (a - b) * (a - b)).sum();
        (2.0 * EARTH_RADIUS_KM * (square.sqrt() / 2.0).min(1.0).asin()).round() as u32
    }
}

/// A place as the record keeps it: resolved, with the text as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Current province.
    pub province: ProvinceCode,
    /// Current commune code, five digits, if known.
    pub commune_code: Option<String>,
    /// Street address below the commune.
    pub address: Option<String>,
    /// The text or the old code that the caller gave, if the place was resolved from one.
    pub given: Option<String>,
    /// A point: as given, or of the commune, or of the province.
    pub point: Point,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lat_e6: i32, lon_e6: i32) -> Point {
        Point::new(lat_e6, lon_e6).expect("on the Earth")
    }

    #[test]
    fn hanoi_to_ho_chi_minh_city_is_about_1140_km() {
        let distance = point(21_027_764, 105_834_160).distance_km(point(10_776_900, 106_700_900));
        assert!((1136..=1146).contains(&distance), "{distance}");
    }

    #[test]
    fn distance_is_symmetric_and_zero_to_itself() {
        let (a, b) = (point(9_870_000, 106_050_000), point(10_240_000, 106_370_000));
        assert_eq!(a.distance_km(b), b.distance_km(a));
        assert_eq!(a.distance_km(a), 0);
    }

    #[test]
    fn province_codes_are_two_digits() {
        assert_eq!(ProvinceCode::parse("01").map(ProvinceCode::number), Some(1));
        for text in ["1", "001", "+1", "ab", ""] {
            assert_eq!(ProvinceCode::parse(text), None, "{text}");
        }
    }
}
