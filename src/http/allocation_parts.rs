//! The parts of an allocation's answer on the wire. How they are filled in stands in
//! `allocation_answer`.

use matching::date::{Date, Period as Days};
use matching::planning::Binding as Bound;
use matching::quantity::Dimension;
use serde::Serialize;
use utoipa::ToSchema;

use super::match_record::Text;
use super::words::words;

words! {
    /// What keeps a share from being larger.
    Binding = Bound {
        /// All that is free in the period is taken.
        Capacity,
        /// The delivery takes no more.
        Need,
        /// It is the smallest share that both sides allow.
        MinOrder,
        /// What is left over is less than the increment.
        Increment,
        /// The demand has as many producers as it allows.
        MaxSuppliers,
        /// The rule divided the delivery among producers who could give more.
        Rule,
    }
}

words! {
    /// The unit of base quantities.
    BaseUnit = Dimension {
        /// Grams.
        Mass,
        /// Millilitres.
        Volume,
        /// Pieces.
        Count,
        /// Millimetres.
        Length,
        /// Square metres.
        Area,
        /// Guests.
        Guests,
        /// Room-nights.
        RoomNights,
    }
}

/// A name with its id.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Named {
    /// The id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The name.
    #[schema(example = "HTX dừa sáp Hòa Tân")]
    pub name: String,
}

/// Days, both ends included.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Period {
    /// First day.
    #[schema(value_type = String, format = "date")]
    pub from: Text<Date>,
    /// Last day.
    #[schema(value_type = String, format = "date")]
    pub to: Text<Date>,
}

impl From<Days> for Period {
    fn from(days: Days) -> Self {
        Self { from: Text(days.from()), to: Text(days.to()) }
    }
}

/// What one capacity period gives to one delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct Share {
    /// The offer.
    #[schema(format = "uuid")]
    pub offer_id: String,
    /// What is offered.
    pub product: Named,
    /// Who gives it.
    pub producer: Named,
    /// The capacity period.
    pub capacity: Period,
    /// The demand.
    #[schema(format = "uuid")]
    pub demand_id: String,
    /// Place of the delivery in the demand, from 0.
    pub delivery: u32,
    /// Who gets it; absent for an anonymous buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Named>,
    /// The delivery window.
    pub window: Period,
    /// How much, in the offer's unit.
    #[schema(minimum = 1, example = 120)]
    pub quantity: u64,
    /// The offer's unit.
    #[schema(example = "kg")]
    pub unit: String,
    /// The same in base units.
    #[schema(minimum = 1, example = 120_000)]
    pub base_quantity: u64,
    /// What base units measure.
    pub dimension: BaseUnit,
    /// Price of one of the offer's unit at this quantity, in đồng; absent by agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 90_000)]
    pub unit_price: Option<u64>,
    /// Score of the pair, in basis points.
    #[schema(maximum = 10000, example = 7345)]
    pub score: u16,
    /// What keeps it from being larger.
    pub binding: Binding,
    /// Why it is that size, in the language of the answer.
    #[schema(example = "120 kg còn trống trong kỳ 2027-01-01 – 2027-01-31 đã được phân bổ hết.")]
    pub reason: String,
}

/// What a delivery lacks, in the demand's unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryShortage {
    /// Place of the delivery in the demand, from 0.
    pub delivery: u32,
    /// Wanted.
    pub wanted: u64,
    /// Planned, rounded down.
    pub allocated: u64,
    /// Lacking, rounded up.
    #[schema(minimum = 1)]
    pub short: u64,
}

/// A change of a demand that was really tried, and what it gains.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelaxationRecord {
    /// The field of the demand to change.
    pub field: RelaxedField,
    /// Place of the delivery to change, from 0; absent where the field is not of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<u32>,
    /// The new value as text: a number, a day, the code of a province to add, or the codes of
    /// papers to take out. Absent: take the field out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "98000")]
    pub value: Option<String>,
    /// More for this demand, in its unit, rounded down.
    #[schema(example = 180)]
    pub gains: u64,
    /// The same in base units.
    pub gains_base: u64,
    /// More for all demands of the allocation together, in base units.
    pub gains_in_all_base: u64,
    /// Whether nothing of the demand is short any more.
    pub closes: bool,
    /// The same in words, in the language of the answer.
    #[schema(example = "Thiếu 180 kg; nếu nâng giá trần lên 98000 đồng/kg (cao hơn 4 %) thì đủ.")]
    pub text: String,
}

/// Fields of a demand whose change is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub enum RelaxedField {
    /// `max_unit_price`.
    #[serde(rename = "max_unit_price")]
    MaxUnitPrice,
    /// `requirements.min_stars`.
    #[serde(rename = "requirements.min_stars")]
    MinStars,
    /// `from` of a delivery.
    #[serde(rename = "deliveries.from")]
    From,
    /// `to` of a delivery.
    #[serde(rename = "deliveries.to")]
    To,
    /// `requirements.max_distance_km`.
    #[serde(rename = "requirements.max_distance_km")]
    MaxDistanceKm,
    /// `requirements.province_codes`: one more.
    #[serde(rename = "requirements.province_codes")]
    ProvinceCodes,
    /// `requirements.certificates`: fewer.
    #[serde(rename = "requirements.certificates")]
    Certificates,
    /// `min_share`.
    #[serde(rename = "min_share")]
    MinShare,
    /// `max_suppliers`.
    #[serde(rename = "max_suppliers")]
    MaxSuppliers,
    /// `min_quantity` of a delivery.
    #[serde(rename = "deliveries.min_quantity")]
    MinQuantity,
}

/// A demand that is not served in full. Quantities are in its unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shortage {
    /// The demand.
    #[schema(format = "uuid")]
    pub demand_id: String,
    /// Whose it is; absent for an anonymous buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Named>,
    /// What is wanted, in the buyer's words; absent for a demand without text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mật hoa dừa")]
    pub text: Option<String>,
    /// Its unit.
    #[schema(example = "kg")]
    pub unit: String,
    /// Wanted in all.
    pub wanted: u64,
    /// Lacking in all, rounded up.
    #[schema(minimum = 1, example = 180)]
    pub short: u64,
    /// The same in base units.
    pub short_base: u64,
    /// What base units measure.
    pub dimension: BaseUnit,
    /// The deliveries that lack something.
    pub deliveries: Vec<DeliveryShortage>,
    /// Changes that lessen it, the most helpful first; the larger shortages of an allocation are
    /// looked into, and every change that is named was planned with.
    pub relaxations: Vec<RelaxationRecord>,
}

/// What is left of a capacity that fits some delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unsold {
    /// The offer.
    #[schema(format = "uuid")]
    pub offer_id: String,
    /// What is offered.
    pub product: Named,
    /// Who offers it.
    pub producer: Named,
    /// The capacity period.
    pub capacity: Period,
    /// How much, in the offer's unit.
    #[schema(minimum = 1)]
    pub quantity: u64,
    /// The offer's unit.
    #[schema(example = "kg")]
    pub unit: String,
}

/// What one more base unit of a capacity would have been worth to the plan by score alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapacityPrice {
    /// The offer.
    #[schema(format = "uuid")]
    pub offer_id: String,
    /// The capacity period.
    pub capacity: Period,
    /// Base units more in all: 1 where supply is what lacks.
    pub quantity: i64,
    /// Score points more in all; below zero where the unit takes the place of better ones.
    pub score: i64,
    /// What one base unit more would gain, as small a change as can be sold: the low end. Prices of
    /// an optimum are one choice of many; both ends are certain. Absent where too many capacities
    /// have a price, or the time was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_more: Option<UnitWorth>,
    /// What one base unit less would lose: the high end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_less: Option<UnitWorth>,
}

/// What one base unit is worth to the plan by score alone, limits between shares aside.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct UnitWorth {
    /// Base units in all.
    #[schema(example = 0)]
    pub quantity: i64,
    /// Score points in all.
    #[schema(example = 283)]
    pub score: i64,
}

/// How evenly producers are treated, in basis points of what each offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct FillRecord {
    /// Producers that offer anything that fits.
    pub producers: u32,
    /// Producers that sell nothing.
    pub selling_nothing: u32,
    /// The lowest fill.
    #[schema(maximum = 10000)]
    pub min_bp: u16,
    /// A tenth of the producers are filled to this or less.
    #[schema(maximum = 10000)]
    pub p10_bp: u16,
    /// Half of the producers are filled to this or less.
    #[schema(maximum = 10000)]
    pub median_bp: u16,
}

/// What the rule did.
#[derive(Debug, Serialize, ToSchema)]
pub struct FairnessRecord {
    /// If score alone decided, minimum orders and other limits aside.
    pub before: FillRecord,
    /// In the plan.
    pub after: FillRecord,
    /// What the rule cost, in base units weighted by score over 10000, rounded up; limits that the
    /// plan by score alone need not keep are in it.
    pub cost_score_quantity: u64,
    /// How evenly this allocation and the earlier ones that it makes up for treat the producers;
    /// absent where it makes up for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_time: Option<OverTime>,
}

/// Fills of the producers of an allocation over several allocations.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverTime {
    /// In the earlier allocations.
    pub earlier: FillRecord,
    /// In the earlier allocations and this one together.
    pub in_all: FillRecord,
}

/// Which eligible pairs a plan was made of, of a market with more than a run holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldPairs {
    /// Eligible pairs in all. Every one of them was held against prices.
    #[schema(example = 129_000_000)]
    pub eligible: u64,
    /// Those that the plan could use.
    #[schema(example = 2_000_000)]
    pub held: u64,
    /// Times that a plan was priced against all of them.
    #[schema(example = 9)]
    pub rounds: u32,
    /// Whether it is proven that no other pair betters the best plan by score alone, limits between
    /// shares aside; else the time was over, and `bound` says by how much it might.
    pub complete: bool,
    /// What this means for the answer, in its language.
    #[schema(
        example = "Phương án dùng 2000000 trong 129000000 cặp phù hợp; mọi cặp còn lại đã được xét \
                   theo mục tiêu."
    )]
    pub text: String,
}

/// Sums of one dimension, in base units.
#[derive(Debug, Serialize, ToSchema)]
pub struct Total {
    /// What base units measure.
    pub dimension: BaseUnit,
    /// Wanted.
    pub wanted: u64,
    /// Planned.
    pub allocated: u64,
    /// Wanted and not planned, delivery by delivery.
    pub short: u64,
    /// Free of what fits some delivery.
    pub offered: u64,
}

/// The parts of an answer, absent where there is none.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Answer {
    /// Sums by dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Vec<Total>>,
    /// The shares, by demand and delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<Share>>,
    /// Demands that are not served in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shortages: Option<Vec<Shortage>>,
    /// What is left of capacities that fit some delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsold: Option<Vec<Unsold>>,
    /// Prices of capacities that are above zero; empty where the run was stopped before they were
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<CapacityPrice>>,
    /// How evenly producers are treated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fairness: Option<FairnessRecord>,
    /// Which eligible pairs the plan was made of; absent where it was made of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_pairs: Option<HeldPairs>,
    /// Eligible pairs that are matched but not planned: declared substitutes at another ratio than
    /// one to one, and a second dimension of an offer whose first is wanted too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out_pairs: Option<u64>,
}
