//! Matches on the wire. They borrow from the market and write their texts straight into the answer,
//! because these lists are what the service is asked for most.

use std::borrow::Cow;
use std::fmt::Display;

use matching::certificate::recognition_on;
use matching::check::Check;
use matching::date::Date;
use matching::evaluation::Evaluation;
use matching::facts::{DemandFacts, OfferFacts};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::match_texts::remedy_text;
use super::match_values::{Side, Sides, check_value, factor_value};
use super::problem_texts::Language;
use crate::market::record::{PartyRecord, ProductRecord};

/// A value that is written as its text, without an allocation.
#[derive(Debug, Clone, Copy)]
pub struct Text<T>(pub T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Stars that count on a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recognition)]
pub struct MatchRecognition {
    /// Three, four or five.
    #[schema(minimum = 3, maximum = 5)]
    stars: u8,
    /// Four stars with at least 90 points, awaiting the fifth.
    potential_five_star: bool,
    /// The last day.
    #[schema(value_type = String, format = "date")]
    valid_until: Text<Date>,
    /// The day that it is judged for.
    #[schema(value_type = String, format = "date")]
    as_of: Text<Date>,
}

/// The product of a match.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchProduct<'a> {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Name as recognised.
    #[schema(example = "Mật hoa dừa")]
    name: &'a str,
    /// Its OCOP set.
    product_set: u8,
    /// Its stars today; absent without.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MatchRecognition>)]
    recognition: Option<MatchRecognition>,
}

/// A place of a match.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchPlace<'a> {
    /// Code of today's province.
    #[schema(value_type = String, example = "86")]
    province_code: Text<matching::place::ProvinceCode>,
    /// Code of today's commune, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    commune_code: Option<&'a str>,
}

/// The other side of a match.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchParty<'a> {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Registered name.
    #[schema(example = "Công ty TNHH Trà Vinh Farm")]
    name: &'a str,
    /// Its seat.
    place: MatchPlace<'a>,
}

/// One factor of a score. Contributions sum to the score.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchFactor<'a> {
    /// Which.
    #[schema(value_type = FactorCode)]
    factor: &'static str,
    /// Its weight, in basis points.
    #[schema(maximum = 10000)]
    weight: u16,
    /// Its value, in basis points.
    #[schema(maximum = 10000)]
    value: u16,
    /// Its part of the score, in basis points.
    #[schema(maximum = 10000)]
    contribution: u16,
    /// What the offer states, in the language of the answer.
    #[schema(value_type = String, example = "96000 VND/kg")]
    offer_value: Cow<'a, str>,
    /// What the demand states, in the language of the answer.
    #[schema(value_type = String, example = "120000 VND/kg")]
    demand_value: Cow<'a, str>,
}

/// The factors of a score.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactorCode {
    /// Relevance of the product's name.
    Text,
    /// Landed price against the ceiling.
    Price,
    /// Wanted quantity that is available.
    Quantity,
    /// Distance to the nearest delivery.
    Distance,
    /// Recognised stars.
    Quality,
    /// Accepted against agreed quantity.
    Reliability,
}

/// Quantities of a match.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchQuantity<'a> {
    /// Free in the delivery windows, in `unit`, rounded down.
    available: u64,
    /// Wanted in all.
    wanted: u64,
    /// The demand's unit.
    #[schema(example = "kg")]
    unit: &'a str,
}

/// What a match covers of one delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchCoverage {
    /// Index of the delivery in the demand.
    delivery: u32,
    /// Free in its window, in the demand's unit; of a near miss, what would be free if it passed
    /// what it fails.
    available: u64,
    /// Wanted.
    wanted: u64,
}

/// An offer and a demand that it may serve. Prices are in đồng for one of the demand's unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchItem<'a> {
    /// The offer.
    #[schema(value_type = String, format = "uuid")]
    offer_id: Uuid,
    /// The demand; absent for one that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    demand_id: Option<Uuid>,
    /// The product that is offered.
    #[schema(value_type = MatchProduct)]
    product: MatchProduct<'a>,
    /// The other side: the producer, or the buyer where you offer; absent for an anonymous buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MatchParty>)]
    party: Option<MatchParty<'a>>,
    /// The score, in basis points; the same from either side.
    #[schema(maximum = 10000, example = 7345)]
    score: u16,
    /// What the score is made of.
    #[schema(value_type = Vec<MatchFactor>, min_items = 6, max_items = 6)]
    factors: [MatchFactor<'a>; 6],
    /// Quantities, in the demand's unit.
    #[schema(value_type = MatchQuantity)]
    quantity: MatchQuantity<'a>,
    /// The offer's price, the break that applies, rounded up; absent by agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<u64>,
    /// The same with freight.
    #[serde(skip_serializing_if = "Option::is_none")]
    landed_unit_price: Option<u64>,
    /// What the producer keeps after discount and listing fee, rounded down.
    #[serde(skip_serializing_if = "Option::is_none")]
    net_unit_price: Option<u64>,
    /// Great-circle distance to the nearest delivery that is served; of a near miss, to the one
    /// that is told.
    distance_km: u32,
    /// Delivery by delivery.
    #[schema(value_type = Vec<MatchCoverage>)]
    coverage: Vec<MatchCoverage>,
}

/// One check of a pair.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchCheck {
    /// Which.
    #[schema(value_type = CheckName)]
    code: &'static str,
    /// Whether it passes.
    passed: bool,
    /// What the offer states, in the language of the answer.
    offer_value: String,
    /// What the demand states, in the language of the answer.
    demand_value: String,
    /// How far it is from passing, 1 to 10000 basis points; 0 where it passes.
    #[schema(maximum = 10000)]
    gap: u16,
    /// What would let it pass, in the language of the answer; absent where it passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Đạt nếu giá trần từ 98000 đồng/kg trở lên (cao hơn 4 %).")]
    remedy: Option<String>,
}

/// The checks of a pair.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// Both are open, of different parties.
    State,
    /// Each may see the other.
    Visible,
    /// The product is wanted.
    Product,
    /// The units convert.
    Unit,
    /// The price is within the ceiling.
    Price,
    /// A capacity period meets a delivery window, the lead time kept.
    Period,
    /// Some quantity fits.
    Quantity,
    /// Enough stars on the delivery date.
    Stars,
    /// The papers on the delivery date.
    Certificates,
    /// Provinces and distance.
    Area,
    /// The papers of the destination market.
    Market,
}

/// A pair that fails, with what it fails.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearMiss<'a> {
    /// The pair; what is available counts as if it passed what it fails, stars and price as they
    /// are.
    #[serde(flatten)]
    #[schema(value_type = MatchItem)]
    item: MatchItem<'a>,
    /// The checks that fail, and what would let each pass.
    failed_checks: Vec<MatchCheck>,
}

/// The full explanation of a pair, whether it passes or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchExplanation<'a> {
    /// The pair; what is available counts as if it passed what it fails, stars and price as they
    /// are.
    #[serde(flatten)]
    #[schema(value_type = MatchItem)]
    item: MatchItem<'a>,
    /// Whether every check passes.
    eligible: bool,
    /// Every check.
    checks: Vec<MatchCheck>,
}

/// A page of matches, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchList<'a> {
    /// The matches.
    #[schema(value_type = Vec<MatchItem>)]
    pub items: &'a RawValue,
    /// Give this as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<&'a str>,
    /// Number of the last change that the answer knows of.
    pub as_of: i64,
}

/// A page of near misses, nearest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearMissList<'a> {
    /// The near misses.
    #[schema(value_type = Vec<NearMiss>)]
    pub items: &'a RawValue,
    /// Give this as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<&'a str>,
    /// Number of the last change that the answer knows of.
    pub as_of: i64,
}

/// A judged pair, as it is shown to one side.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The offer.
    pub offer: &'a OfferFacts,
    /// Its product.
    pub product: &'a ProductRecord,
    /// The demand.
    pub demand: &'a DemandFacts,
    /// The demand's text, if it has one.
    pub words: Option<&'a str>,
    /// Whether the demand is recorded.
    pub is_recorded: bool,
    /// The other side; none if it is hidden.
    pub party: Option<&'a PartyRecord>,
    /// The judgement.
    pub evaluation: &'a Evaluation,
    /// The checks that are told.
    pub checks: &'a [Check],
    /// The language of the answer.
    pub language: Language,
}

impl<'a> Shown<'a> {
    /// The pair on the wire, today.
    #[must_use]
    pub fn item(self, today: Date) -> MatchItem<'a> {
        let Self { offer, product, demand, party, evaluation, .. } = self;
        MatchItem {
            offer_id: offer.id.uuid(),
            demand_id: self.is_recorded.then_some(demand.id.uuid()),
            product: product_of(product, today),
            party: party.map(party_of),
            score: evaluation.score,
            factors: self.factors(),
            quantity: MatchQuantity {
                available: as_integer(evaluation.available()),
                wanted: evaluation.wanted(),
                unit: &demand.unit.code,
            },
            unit_price: evaluation.unit_price_vnd,
            landed_unit_price: evaluation.landed_unit_price_vnd,
            net_unit_price: evaluation.net_unit_price_vnd,
            distance_km: evaluation.distance_km(),
            coverage: coverage(evaluation),
        }
    }

    fn factors(self) -> [MatchFactor<'a>; 6] {
        let Self { product, demand, words, evaluation, language, .. } = self;
        let sides = Sides { product_name: product.name(), demand, words, evaluation, language };
        evaluation.factors.map(|share| MatchFactor {
            factor: share.factor.code(),
            weight: share.weight,
            value: share.value,
            contribution: share.contribution,
            offer_value: factor_value(sides, share.factor, Side::Offer),
            demand_value: factor_value(sides, share.factor, Side::Demand),
        })
    }

    /// The pair with the checks that it fails.
    #[must_use]
    pub fn near_miss(self, today: Date) -> NearMiss<'a> {
        let failed = self.checks.iter().filter(|check| !check.passes());
        let failed_checks = failed.map(|check| self.told(check)).collect();
        NearMiss { item: self.item(today), failed_checks }
    }

    /// The pair with every check.
    #[must_use]
    pub fn explanation(self, today: Date) -> MatchExplanation<'a> {
        let checks = self.checks.iter().map(|check| self.told(check)).collect();
        MatchExplanation { item: self.item(today), eligible: self.evaluation.eligible, checks }
    }

    fn told(&self, check: &Check) -> MatchCheck {
        let (unit, language) = (&*self.demand.unit.code, self.language);
        let value = |side| check_value(check, side, (unit, language));
        MatchCheck {
            code: check.code.code(),
            passed: check.passes(),
            offer_value: value(Side::Offer),
            demand_value: value(Side::Demand),
            gap: check.gap,
            remedy: (!check.passes()).then(|| remedy_text(check, self.demand, language)),
        }
    }
}

fn product_of(product: &ProductRecord, today: Date) -> MatchProduct<'_> {
    let recognition = recognition_on(today, &product.facts.stars);
    MatchProduct {
        id: product.facts.id.uuid(),
        name: product.name(),
        product_set: product.facts.product_set.number(),
        recognition: recognition.map(|star| MatchRecognition {
            stars: star.stars.number(),
            potential_five_star: star.stars.is_potential_five(),
            valid_until: Text(star.counts.to()),
            as_of: Text(today),
        }),
    }
}

fn party_of(party: &PartyRecord) -> MatchParty<'_> {
    MatchParty {
        id: party.facts.id.uuid(),
        name: &party.name,
        place: MatchPlace {
            province_code: Text(party.facts.province),
            commune_code: party.commune_code(),
        },
    }
}

fn coverage(evaluation: &Evaluation) -> Vec<MatchCoverage> {
    let deliveries = (0..).zip(evaluation.coverage());
    let covered = |(delivery, (available, wanted))| MatchCoverage {
        delivery,
        available: as_integer(available),
        wanted,
    };
    deliveries.map(covered).collect()
}

/// At most what clients read as a whole number: much of a large unit is more of a small one.
fn as_integer(count: u64) -> u64 {
    count.min(i64::MAX.unsigned_abs())
}
