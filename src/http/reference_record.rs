//! Reference data on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::words::words;
use crate::reference::{
    CertificateKind, Commune, Market, ProductSets, Province, Reference, ResolvedPlace, Taxon, Unit,
};

words! {
    /// Level of the OCOP taxonomy.
    TaxonLevel = crate::reference::TaxonLevel {
        /// One of the six industries.
        Industry,
        /// A subgroup of an industry.
        Subgroup,
        /// One of the 26 product sets.
        Set,
    }
}

words! {
    /// What a unit measures.
    Dimension = crate::reference::Dimension {
        /// Base unit `g`.
        Mass,
        /// Base unit `ml`.
        Volume,
        /// Base unit `piece`.
        Count,
        /// Base unit `mm`.
        Length,
        /// Base unit `m2`.
        Area,
        /// Base unit `guest`.
        Guests,
        /// Base unit `room_night`.
        RoomNights,
        /// A packaging: each product says what it contains.
        Pack,
    }
}

words! {
    /// Whose a certificate can be.
    CertificateSubject = crate::reference::CertificateSubject {
        /// A product's.
        Product,
        /// A party's.
        Party,
        /// Either's.
        Any,
    }
}

words! {
    /// How exactly a place is known.
    PlaceLevel = crate::reference::PlaceLevel {
        /// A province of today.
        Province,
        /// A province of before 1 July 2025.
        FormerProvince,
        /// A district of before 1 July 2025.
        FormerDistrict,
        /// A commune of before 1 July 2025.
        FormerCommune,
        /// A commune of today.
        Commune,
    }
}

/// An industry, subgroup or product set.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductSetRecord {
    /// Its code: `I`, `I.3`, or `1` to `26` for a set.
    #[schema(example = "5")]
    pub code: String,
    /// Its level.
    pub level: TaxonLevel,
    /// Code of the industry or subgroup that it belongs to; absent for an industry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Code of its industry.
    #[schema(example = "I")]
    pub industry: String,
    /// Official name.
    pub label_vi: String,
    /// English name, ours.
    pub label_en: String,
    /// Numbers of the sets in it; of a set, its own.
    pub product_sets: Vec<u8>,
    /// Ministries that manage the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managing_agency: Option<String>,
    /// Paper of the producer that the scoring of the set asks for from four stars on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub four_star_paper: Option<String>,
}

/// A unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitRecord {
    /// Its code.
    #[schema(example = "tạ")]
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// What it measures.
    pub dimension: Dimension,
    /// Code of the base unit; absent for packagings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "g")]
    pub base_unit: Option<String>,
    /// Base units in one of it; absent where no fixed ratio exists, so that a packaging of the
    /// product must define it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 100_000)]
    pub base_per_unit: Option<u64>,
    /// Other names that are understood.
    pub aliases: Vec<String>,
}

/// A province or centrally-run city, as it was in its time.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvinceRecord {
    /// Its code in the list of its time.
    #[schema(example = "86")]
    pub code: String,
    /// Name alone.
    #[schema(example = "Vĩnh Long")]
    pub name: String,
    /// Name with its kind.
    #[schema(example = "Tỉnh Vĩnh Long")]
    pub full_name: String,
    /// Latitude of a point in it, in degrees.
    pub lat: f64,
    /// Longitude of a point in it, in degrees.
    pub lon: f64,
    /// Its first day, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub valid_from: Option<String>,
    /// Its last day; absent for those of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub valid_to: Option<String>,
    /// Code of today's province that holds it; absent for those of today.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "86")]
    pub successor_code: Option<String>,
}

/// A commune, ward or special zone of today.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommuneRecord {
    /// Its code.
    #[schema(example = "29308")]
    pub code: String,
    /// Name alone.
    #[schema(example = "Cầu Kè")]
    pub name: String,
    /// Name with its kind.
    #[schema(example = "xã Cầu Kè")]
    pub full_name: String,
    /// Code of its province.
    #[schema(example = "86")]
    pub province_code: String,
    /// Latitude of a point in it, in degrees.
    pub lat: f64,
    /// Longitude of a point in it, in degrees.
    pub lon: f64,
}

/// A kind of certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateKindRecord {
    /// Its code.
    #[schema(example = "vietgap")]
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// Whose it can be.
    pub subject: CertificateSubject,
}

/// A destination market.
#[derive(Debug, Serialize, ToSchema)]
pub struct MarketRecord {
    /// Its code.
    #[schema(example = "JP")]
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// Papers that it asks for: one kind of every group.
    pub requires: Vec<Vec<String>>,
}

/// A place in today's units.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolvedPlaceRecord {
    /// The text as it was given.
    pub text: String,
    /// Which kind of unit was understood.
    pub level: PlaceLevel,
    /// Code of today's province.
    #[schema(example = "86")]
    pub province_code: String,
    /// Code of today's commune, where the place is that exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "29308")]
    pub commune_code: Option<String>,
    /// Latitude of a point in it, in degrees.
    pub lat: f64,
    /// Longitude of a point in it, in degrees.
    pub lon: f64,
    /// Codes of today's communes on its land, the main one first; empty for a province of today.
    pub successor_commune_codes: Vec<String>,
}

impl ProductSetRecord {
    /// The record of one node.
    #[must_use]
    pub fn new(sets: &ProductSets, taxon: &Taxon) -> Self {
        let stated = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let industry = sets.industry_of(&taxon.code);
        Self {
            code: taxon.code.clone(),
            level: taxon.level.into(),
            parent: stated(&taxon.parent),
            industry: industry.map(|industry| industry.code.clone()).unwrap_or_default(),
            label_vi: taxon.label_vi.clone(),
            label_en: taxon.label_en.clone(),
            product_sets: sets.sets_under(&taxon.code),
            managing_agency: stated(&taxon.managing_agency),
            four_star_paper: stated(&taxon.four_star_paper),
        }
    }
}

impl From<&Unit> for UnitRecord {
    fn from(unit: &Unit) -> Self {
        Self {
            code: unit.code.clone(),
            label_vi: unit.label_vi.clone(),
            label_en: unit.label_en.clone(),
            dimension: unit.dimension.into(),
            base_unit: unit.dimension.base_unit().map(str::to_owned),
            base_per_unit: unit.base_per_unit.map(std::num::NonZeroU64::get),
            aliases: unit.aliases.clone(),
        }
    }
}

impl From<&Province> for ProvinceRecord {
    fn from(province: &Province) -> Self {
        Self {
            code: province.code.to_string(),
            name: province.name.clone(),
            full_name: province.full_name.clone(),
            lat: province.point.lat(),
            lon: province.point.lon(),
            valid_from: province.valid_from.map(|day| day.to_string()),
            valid_to: province.valid_to.map(|day| day.to_string()),
            successor_code: province.successor.map(|code| code.to_string()),
        }
    }
}

impl From<&Commune> for CommuneRecord {
    fn from(commune: &Commune) -> Self {
        Self {
            code: commune.code.to_string(),
            name: commune.name.clone(),
            full_name: format!("{} {}", commune.kind.label_vi(), commune.name),
            province_code: commune.province_code.to_string(),
            lat: commune.point.lat(),
            lon: commune.point.lon(),
        }
    }
}

impl From<&CertificateKind> for CertificateKindRecord {
    fn from(kind: &CertificateKind) -> Self {
        Self {
            code: kind.code.clone(),
            label_vi: kind.label_vi.clone(),
            label_en: kind.label_en.clone(),
            subject: kind.subject.into(),
        }
    }
}

impl From<&Market> for MarketRecord {
    fn from(market: &Market) -> Self {
        Self {
            code: market.code.clone(),
            label_vi: market.label_vi.clone(),
            label_en: market.label_en.clone(),
            requires: market.requires.clone(),
        }
    }
}

impl From<ResolvedPlace> for ResolvedPlaceRecord {
    fn from(place: ResolvedPlace) -> Self {
        let successors = place.successor_communes.iter();
        Self {
            text: place.as_given,
            level: place.level.into(),
            province_code: place.province_code.to_string(),
            commune_code: place.commune_code.map(|code| code.to_string()),
            lat: place.point.lat(),
            lon: place.point.lon(),
            successor_commune_codes: successors.map(ToString::to_string).collect(),
        }
    }
}

/// The provinces of today, those of a day, or those of all times.
#[must_use]
pub fn provinces(
    reference: &Reference,
    as_of: Option<jiff::civil::Date>,
    with_former: bool,
) -> Vec<ProvinceRecord> {
    let provinces = reference.provinces();
    let all = provinces.current().chain(provinces.former());
    let shown = all.filter(|province| match as_of {
        Some(day) => province.is_valid_on(day),
        None => with_former || province.is_current(),
    });
    let mut records: Vec<ProvinceRecord> = shown.map(ProvinceRecord::from).collect();
    records.sort_by(|one, other| {
        let former = |record: &ProvinceRecord| record.successor_code.is_some();
        former(one).cmp(&former(other)).then_with(|| one.code.cmp(&other.code))
    });
    records
}
