//! Places on the wire.

use matching::place::{Place, Point};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::actions::places::{PlaceInput, StatedPlace};

/// A place: today's codes, or codes of another day with `as_of`, or words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceBody {
    /// Code of the province, two digits. Give this or `text`, or both as they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "86", min_length = 2, max_length = 2)]
    pub province_code: Option<String>,
    /// Code of the commune, five digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "29308", max_length = 5)]
    pub commune_code: Option<String>,
    /// Street address below the commune.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub address: Option<String>,
    /// Latitude in degrees, WGS 84; the commune's or province's point if absent. Give both or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -90, maximum = 90, example = 9.87)]
    pub lat: Option<f64>,
    /// Longitude in degrees, WGS 84.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -180, maximum = 180, example = 106.05)]
    pub lon: Option<f64>,
    /// The place in words, old or new names, from small to large: `huyện Cầu Kè, tỉnh Trà Vinh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 300)]
    pub text: Option<String>,
    /// The day on which the codes had their meaning; today if absent. Codes changed on 1 July 2025.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub as_of: Option<String>,
}

/// A place of today, with the text as it was given.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlaceView {
    /// Code of today's province.
    #[schema(example = "86")]
    pub province_code: String,
    /// Code of today's commune, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commune_code: Option<String>,
    /// Street address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// The words or the old code that the place was given as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl From<&PlaceBody> for PlaceInput {
    fn from(body: &PlaceBody) -> Self {
        Self::Stated(StatedPlace {
            province_code: body.province_code.clone(),
            commune_code: body.commune_code.clone(),
            address: body.address.clone(),
            lat_e6: body.lat.map(micro_degrees),
            lon_e6: body.lon.map(micro_degrees),
            text: body.text.clone(),
            as_of: body.as_of.clone(),
        })
    }
}

/// The place of a changed record: the one that it has, perhaps with another address or point,
/// unless the change names another.
#[must_use]
pub fn changed_place(current: &Place, body: &PlaceBody) -> PlaceInput {
    let (address, lat, lon) = (body.address.clone(), body.lat, body.lon);
    let stays = PlaceBody { address, lat, lon, ..current.into() } == *body;
    let point = lat.zip(lon).filter(|_| stays);
    match point.and_then(|(lat, lon)| Point::new(micro_degrees(lat), micro_degrees(lon))) {
        Some(point) => {
            PlaceInput::Kept(Place { address: body.address.clone(), point, ..current.clone() })
        }
        None => PlaceInput::from(body),
    }
}

fn micro_degrees(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

impl From<&Place> for PlaceView {
    fn from(place: &Place) -> Self {
        Self {
            province_code: place.province.to_string(),
            commune_code: place.commune_code.clone(),
            address: place.address.clone(),
            lat: f64::from(place.point.lat_e6()) / 1e6,
            lon: f64::from(place.point.lon_e6()) / 1e6,
            text: place.given.clone(),
        }
    }
}

/// The body that would give `place` again, today.
impl From<&Place> for PlaceBody {
    fn from(place: &Place) -> Self {
        let PlaceView { province_code, commune_code, address, lat, lon, text } = place.into();
        Self {
            province_code: Some(province_code),
            commune_code,
            address,
            lat: Some(lat),
            lon: Some(lon),
            text,
            as_of: None,
        }
    }
}

/// A patch that names a place anew forgets how it was named before, and the point that followed
/// from that: words replace codes and codes replace words, without the caller having to send a null
/// for each.
pub fn forget_replaced(target: &mut Value, patch: &Value) {
    let named = |member: &str| patch["place"].get(member).is_some_and(|value| !value.is_null());
    let forgotten: &[&str] = if named("text") || named("province_code") {
        &["province_code", "commune_code", "lat", "lon", "text"]
    } else if named("commune_code") {
        &["lat", "lon", "text"]
    } else {
        &[]
    };
    if let Some(place) = target.get_mut("place").and_then(Value::as_object_mut) {
        place.retain(|member, _| !forgotten.contains(&member.as_str()));
    }
}
