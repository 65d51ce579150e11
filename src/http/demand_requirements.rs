//! What an offer must meet, on the wire.

use matching::demand::Requirements;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::certificate_record::CertificateKind;
use crate::actions::demand_terms::RequirementsCommand;

/// What an offer must meet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequirementsBody {
    /// The fewest stars on the delivery date; potential five-star counts as four.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5, example = 4)]
    pub min_stars: Option<u8>,
    /// Papers that must be valid on the delivery date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 14)]
    pub certificates: Vec<CertificateKind>,
    /// The provinces that producers may come from; absent means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 34, example = json!(["86"]))]
    pub province_codes: Vec<String>,
    /// The longest way from producer to delivery, in kilometres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 20_000, example = 300)]
    pub max_distance_km: Option<u32>,
    /// Destination market: `supermarket`, `EU`, or the code of a country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = "supermarket")]
    pub market: Option<String>,
}

impl From<RequirementsBody> for RequirementsCommand {
    fn from(body: RequirementsBody) -> Self {
        Self {
            min_stars: body.min_stars,
            certificates: body.certificates.into_iter().map(Into::into).collect(),
            province_codes: body.province_codes,
            max_distance_km: body.max_distance_km,
            market: body.market,
        }
    }
}

impl From<&Requirements> for RequirementsBody {
    fn from(requirements: &Requirements) -> Self {
        let provinces = requirements.provinces.iter().map(|province| province.to_string());
        Self {
            min_stars: requirements.min_stars,
            certificates: requirements.certificates.iter().map(Into::into).collect(),
            province_codes: provinces.collect(),
            max_distance_km: requirements.max_distance_km,
            market: requirements.market.clone(),
        }
    }
}
