//! How domain values stand in columns: enums as text with a CHECK, lists as JSON text, dates as ISO
//! text, numbers as BIGINT. A column that does not hold a legal value is an internal error.

use std::fmt::Display;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use matching::date::{Date, Period};
use matching::id::PartyId;
use matching::money::Price;
use matching::place::{Place, Point, ProvinceCode, ProvinceSet};
use matching::product::{Packaging, ProductSet};
use matching::quantity::{Content, Dimension};
use matching::text::fold::{fold, is_signs};
use matching::visibility::{Audience, Visibility};
use serde_json::{from_str, to_string};
use uuid::Uuid;

use crate::caller::Scopes;
use crate::error::Error;

/// A LIKE pattern for what contains a text, in a folded column: such a column has letters, digits
/// and spaces only, as the folded text has, so that no character is a wildcard.
pub(super) fn containing(text: &str) -> String {
    if is_signs(text) { NOWHERE.into() } else { format!("%{}%", fold(text)) }
}

/// What no folded text is.
const NOWHERE: &str = "!";

/// A UUID in a text column, read without a text between.
#[derive(Debug, Clone, Copy, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(super) struct UuidColumn(pub(super) Uuid);

/// A date in a text column, read without a text between.
#[derive(Debug, Clone, Copy, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(super) struct DateColumn(pub(super) Date);

impl FromSql<Text, Sqlite> for UuidColumn {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::try_parse(value.read_text())?))
    }
}

impl FromSql<Text, Pg> for UuidColumn {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::try_parse_ascii(value.as_bytes())?))
    }
}

impl FromSql<Text, Sqlite> for DateColumn {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(date_of(value.read_text()).map_err(|error| error.to_string())?))
    }
}

impl FromSql<Text, Pg> for DateColumn {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let text = std::str::from_utf8(value.as_bytes())?;
        Ok(Self(date_of(text).map_err(|error| error.to_string())?))
    }
}

/// Makes a period.
pub(super) fn period(
    DateColumn(from): DateColumn,
    DateColumn(to): DateColumn,
) -> Result<Period, Error> {
    Period::new(from, to).ok_or_else(|| illegal("period", from))
}

/// An error for a column with an illegal value.
pub(super) fn illegal(what: &str, value: impl Display) -> Error {
    Error::Internal(format!("illegal {what} in the database: {value}"))
}

/// Reads an id.
pub(super) fn id_of<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| illegal("id", text))
}

/// Reads a UUID.
pub(super) fn uuid_of(text: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(text).map_err(|_| illegal("id", text))
}

/// Reads a date as it was written, also one after the years that a caller can name: a period that
/// is repeated may end there.
pub(super) fn date_of(text: &str) -> Result<Date, Error> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let parts = || Some((number(0, 4)?, number(5, 7)? as i8, number(8, 10)? as i8));
    let date = parts().and_then(|(year, month, day)| Date::from_ymd(year, month, day));
    date.ok_or_else(|| illegal("date", text))
}

/// Reads a period.
pub(super) fn period_of(from: &str, to: &str) -> Result<Period, Error> {
    Period::new(date_of(from)?, date_of(to)?).ok_or_else(|| illegal("period", from))
}

/// Reads a quantity.
pub(super) fn quantity_of(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| illegal("quantity", number))
}

/// Writes a quantity; domain quantities are far below the limit.
pub(super) fn bigint(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}

/// Writes a price.
pub(super) fn price(price: Option<Price>) -> Option<i64> {
    price.map(|price| bigint(price.vnd()))
}

/// Writes a small number; domain numbers of INTEGER columns are far below the limit.
pub(super) fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Reads a small number.
pub(super) fn small_of<T: TryFrom<i32>>(number: i32) -> Result<T, Error> {
    T::try_from(number).map_err(|_| illegal("number", number))
}

/// Reads a price.
pub(super) fn price_of(number: Option<i64>) -> Result<Option<Price>, Error> {
    let price = |number| quantity_of(number).map(Price::new);
    let price = number.map(price).transpose()?;
    price.map(|price| price.ok_or_else(|| illegal("price", "too large"))).transpose()
}

/// Writes a list as JSON text; tuples of numbers and texts always can be.
pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    to_string(value).unwrap_or_default()
}

/// Reads a list from JSON text.
pub(super) fn json_of<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    from_str(text).map_err(|error| illegal("list", error))
}

/// Reads a code of an enum by its table of words.
pub(super) fn word_of<T: Copy>(table: &[(T, &'static str)], word: &str) -> Result<T, Error> {
    let row = table.iter().find(|(_, known)| *known == word);
    row.map(|(value, _)| *value).ok_or_else(|| illegal("word", word))
}

/// Writes an enum by its table of words.
pub(super) fn word<T: PartialEq>(table: &[(T, &'static str)], value: &T) -> &'static str {
    table.iter().find(|(known, _)| known == value).map_or("", |(_, word)| *word)
}

/// Reads scopes.
pub(super) fn scopes_of(text: &str) -> Result<Scopes, Error> {
    Scopes::parse(text).ok_or_else(|| illegal("scope", text))
}

/// Writes packagings as a list of unit, quantity and contained unit.
pub(super) fn packagings(packagings: &[Packaging]) -> String {
    let rows: Vec<(&str, u64, &str)> = packagings
        .iter()
        .map(|Packaging { unit, quantity, contained_unit }| {
            (unit.as_str(), *quantity, contained_unit.as_str())
        })
        .collect();
    json(&rows)
}

/// Reads packagings.
pub(super) fn packagings_of(text: &str) -> Result<Vec<Packaging>, Error> {
    let rows: Vec<(String, u64, String)> = json_of(text)?;
    let packaging = |(unit, quantity, contained_unit)| Packaging { unit, quantity, contained_unit };
    Ok(rows.into_iter().map(packaging).collect())
}

/// Reads a product set.
pub(super) fn product_set_of(number: i32) -> Result<ProductSet, Error> {
    ProductSet::new(small_of(number)?).ok_or_else(|| illegal("product set", number))
}

/// Writes who may see a thing; the parties named stand in a table of their own.
pub(super) fn visibility(audience: &Audience) -> &'static str {
    word(&VISIBILITIES, &audience.visibility())
}

/// Reads who may see a thing.
pub(super) fn audience_of(visibility: &str, invited: Vec<PartyId>) -> Result<Audience, Error> {
    let level = word_of(&VISIBILITIES, visibility)?;
    Audience::new(level, invited).map_err(|_| illegal("visibility", visibility))
}

/// The words of visibilities.
pub(super) const VISIBILITIES: [(Visibility, &str); 3] = [
    (Visibility::Public, "public"),
    (Visibility::Coordinators, "coordinators"),
    (Visibility::Invited, "invited"),
];

/// The words of dimensions.
pub(super) const DIMENSIONS: [(Dimension, &str); 7] = [
    (Dimension::Mass, "mass"),
    (Dimension::Volume, "volume"),
    (Dimension::Count, "count"),
    (Dimension::Length, "length"),
    (Dimension::Area, "area"),
    (Dimension::Guests, "guests"),
    (Dimension::RoomNights, "room_nights"),
];

/// Reads a content.
pub(super) fn content_of(dimension: &str, base_units: i64) -> Result<Content, Error> {
    let dimension = word_of(&DIMENSIONS, dimension)?;
    Ok(Content { dimension, base_units: quantity_of(base_units)? })
}

/// Writes provinces as their codes with commas.
pub(super) fn provinces(provinces: ProvinceSet) -> String {
    provinces.iter().map(|province| province.to_string()).collect::<Vec<_>>().join(",")
}

/// Reads provinces.
pub(super) fn provinces_of(text: &str) -> Result<ProvinceSet, Error> {
    text.split_terminator(',').map(province_of).collect()
}

/// Reads one province.
pub(super) fn province_of(code: &str) -> Result<ProvinceCode, Error> {
    ProvinceCode::parse(code).ok_or_else(|| illegal("province", code))
}

/// The six columns of a place.
pub(super) struct PlaceColumns {
    pub(super) province_code: String,
    pub(super) commune_code: Option<String>,
    pub(super) address: Option<String>,
    pub(super) place_given: Option<String>,
    pub(super) lat_e6: i32,
    pub(super) lon_e6: i32,
}

impl From<&Place> for PlaceColumns {
    fn from(place: &Place) -> Self {
        let Place { province, commune_code, address, given, point } = place.clone();
        Self {
            province_code: province.to_string(),
            commune_code,
            address,
            place_given: given,
            lat_e6: point.lat_e6(),
            lon_e6: point.lon_e6(),
        }
    }
}

impl TryFrom<PlaceColumns> for Place {
    type Error = Error;

    fn try_from(columns: PlaceColumns) -> Result<Self, Error> {
        let PlaceColumns { province_code, commune_code, address, place_given, lat_e6, lon_e6 } =
            columns;
        let point = Point::new(lat_e6, lon_e6).ok_or_else(|| illegal("latitude", lat_e6))?;
        let province = province_of(&province_code)?;
        Ok(Self { province, commune_code, address, given: place_given, point })
    }
}
