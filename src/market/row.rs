//! What a scan reads of an offer and of a demand, one or two cache lines each, and an upper bound
//! of their score from it. Must not know records or tables. Bounds may use floating point: they
//! only decide what is judged exactly, and err towards judging.

use matching::certificate::{CertificateKind, CertificateKinds, Stars};
use matching::date::{Date, Period};
use matching::place::{Point, ProvinceCode, ProvinceSet};
use matching::quantity::Dimension;

mod bound;
mod demand;
mod offer;

pub(super) use self::bound::bound;

use super::table::Slot;
use super::texts::TextNumber;

/// Day 0 of the days that a row counts: 2020-01-01.
const FIRST_DAY: i32 = 18_262;
/// No province matters: every bit.
const EVERYWHERE: u64 = u64::MAX;
/// Kilometres that a rounded distance may be below the one computed here, of rounded directions.
const SLACK_KM: f32 = 1.5;
/// More than the error of a chain of single-precision operations.
const SLACK: f32 = 1.000_01;
/// By agreement, or without ceiling.
const OPEN: f32 = -1.0;
/// A price that no ceiling keeps out.
const FREE: f32 = 0.0;
/// A province that every demand allows.
const ANYWHERE: u8 = u8::MAX;
/// No such content.
const NO_DIMENSION: u8 = 15;
/// Basis points of one step of a row's reliability.
const RELIABILITY_STEP: u16 = 40;
/// Months of a year: what is free in a month counts for that month of any year.
const MONTHS: usize = 12;
/// Parts in which what is free in a month is counted, of what is free in all.
const PARTS: u8 = u8::MAX;
/// Steps of one on an axis of a direction.
const DIRECTION_STEPS: f32 = 32_767.0;
/// Needs of a demand that are bounded one by one.
const NEEDS: usize = 3;
/// What [`OfferRow::axis`] tells.
pub(super) const AXES: usize = 9;

/// An offer as a scan reads it: 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfferRow {
    /// Number of the product's name.
    pub(super) name: TextNumber,
    /// Number of the product's set.
    pub(super) product_set: u8,
    /// The most stars that count on any day.
    stars: Option<Stars>,
    direction: [i16; 3],
    /// How far from there, in km, any of the rows is that it stands for.
    radius_km: u16,
    /// The lowest price of one unit, or [`OPEN`].
    price: f32,
    /// Base units in the primary and in the secondary dimension.
    content: [u32; 2],
    /// Free in all periods.
    free: f32,
    /// At least what is free in the periods that meet a month, January first, in [`PARTS`] of
    /// `free`.
    months: [u8; MONTHS],
    /// Weight for freight; 0 for pickup.
    mass_g: Half,
    min_order: Half,
    /// Provinces served, folded into 32 bits.
    serves: u32,
    days: Days,
    /// Papers that count on any day.
    papers: u16,
    /// Last day on which any star counts.
    stars_until: u16,
    /// Primary and secondary dimension, four bits each.
    dimensions: u8,
    province: u8,
    /// At least the reliability, in units of [`RELIABILITY_STEP`].
    reliability: u8,
}

/// A number that is not negative, in eight binary digits.
#[derive(Debug, Clone, Copy, Default)]
struct Half(u16);

impl Half {
    /// Rounded down.
    fn below(value: f32) -> Self {
        Self((value.to_bits() >> 16) as u16)
    }

    /// Rounded up.
    fn above(value: f32) -> Self {
        Self((value.to_bits().saturating_add(0xFFFF) >> 16) as u16)
    }

    fn value(self) -> f32 {
        f32::from_bits(u32::from(self.0) << 16)
    }

    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
}

/// Deliveries of a demand as a scan reads them: one, or the last several together.
#[derive(Debug, Clone, Copy, Default)]
struct NeedRow {
    /// The months that a window meets, January first; none without a delivery.
    months: u16,
    /// At least what is wanted.
    wanted: Half,
}

/// The months that a period meets, 0 for January, each once.
fn months(period: Period) -> impl Iterator<Item = usize> {
    let ((year, month, _), (last_year, last_month, _)) = (period.from().ymd(), period.to().ymd());
    let ahead = i32::from(last_year - year) * 12 + i32::from(last_month) - i32::from(month);
    (0..=ahead.min(MONTHS as i32 - 1))
        .map(move |step| (i32::from(month) - 1 + step) as usize % MONTHS)
}

/// A demand as a scan reads it: 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemandRow {
    pub(super) demand: Slot,
    /// Middle of the deliveries, and at least how far the farthest is from it.
    direction: [i16; 3],
    radius_km: u16,
    /// The ceiling of one unit, or [`OPEN`].
    ceiling: f32,
    /// The fewest base units that stand for one unit, by the smallest ratio of a substitute.
    base_units: f32,
    /// Provinces delivered to and those allowed, folded into 32 bits.
    provinces: u32,
    allowed: u32,
    days: Days,
    needs: [NeedRow; NEEDS],
    /// At most what is wanted in all.
    wanted: Half,
    /// The most base units that one delivery takes of any substitute.
    most_base: Half,
    /// [`u16::MAX`] without a limit.
    max_distance_km: u16,
    papers: u16,
    /// Of all factors but the last, which has the rest.
    weights: [u16; 5],
    /// How many deliveries the last of `needs` stands for.
    last_deliveries: u8,
    /// Dimension in four bits, the fewest stars less [`NO_STARS`] in two, [`MULTIPLE`] and
    /// [`DELIVERED`].
    traits: u8,
}

/// Fewer stars than there are.
const NO_STARS: u8 = 2;
/// Where the fewest stars stand in the traits of a demand.
const STARS_SHIFT: u32 = 4;
/// The demand stands in several blocks.
const MULTIPLE: u8 = 1 << 6;
/// Its ceiling is compared with the delivered price.
const DELIVERED: u8 = 1 << 7;

/// Days from one to another, counted from [`FIRST_DAY`].
#[derive(Debug, Clone, Copy)]
struct Days {
    from: u16,
    to: u16,
}

fn day(date: Date) -> u16 {
    (date.days() - FIRST_DAY).clamp(0, u16::MAX.into()) as u16
}

impl Days {
    fn over(periods: impl Iterator<Item = Period> + Clone) -> Self {
        let from = periods.clone().map(|period| day(period.from())).min();
        let to = periods.map(|period| day(period.to())).max();
        Self { from: from.unwrap_or(0), to: to.unwrap_or(u16::MAX) }
    }

    const fn meet(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

const fn dimension_number(dimension: Dimension) -> u8 {
    dimension as u8
}

fn folded(provinces: ProvinceSet) -> u64 {
    if provinces.is_empty() {
        return EVERYWHERE;
    }
    provinces.iter().fold(0, |bits, province| bits | folded_bit(province))
}

fn folded_bit(province: ProvinceCode) -> u64 {
    1 << (province.number() % 64)
}

const fn halved(bits: u64) -> u32 {
    bits as u32 | (bits >> 32) as u32
}

fn paper_bits(kinds: CertificateKinds) -> u16 {
    kinds.iter().fold(0, |bits, kind| bits | paper_bit(kind))
}

const fn paper_bit(kind: CertificateKind) -> u16 {
    1 << kind as u16
}

fn single(point: Point) -> [f32; 3] {
    point.unit_vector().coordinates().map(|coordinate| coordinate as f32)
}

/// A vector in steps of [`DIRECTION_STEPS`] to one.
fn steps(vector: [f32; 3]) -> [i16; 3] {
    vector.map(|part| (part * DIRECTION_STEPS).round() as i16)
}

/// The vector of so many steps, about.
fn vector(steps: [i16; 3]) -> [f32; 3] {
    steps.map(|part| f32::from(part) * (1.0 / DIRECTION_STEPS))
}

fn chord(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (x * x + y * y + z * z).sqrt()
}
