//! What a scan reads of an offer and of a demand, one or two cache lines each, and an upper bound
//! of their score from it. Must not know records or tables. Bounds may use floating point: they
//! only decide what is judged exactly, and err towards judging.

use matching::certificate::{CertificateKind, CertificateKinds, Stars};
use matching::date::{Date, Period};
use matching::demand::PriceBasis;
use matching::factor::{BASIS_POINTS, Factor};
use matching::facts::{DemandFacts, FreeCapacity, OfferFacts, PartyFacts, ProductFacts};
use matching::facts::{RELIABILITY_WITHOUT_HISTORY, is_set_substitute};
use matching::place::{EARTH_RADIUS_KM, Point, ProvinceCode, ProvinceSet};
use matching::price::{FreightRate, mass_g};
use matching::product::ProductSet;
use matching::quantity::{Content, Dimension};
use matching::score::{FAR_KM, OPEN_VALUE, quality_value};

use super::table::Slot;

/// Day 0 of the days that a row counts: 2020-01-01.
const FIRST_DAY: i32 = 18_262;
/// No province matters: every bit.
const EVERYWHERE: u64 = u64::MAX;
/// Kilometres that a rounded distance may be below the one computed here.
const SLACK_KM: f32 = 1.0;
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
/// The longest delivery window for which the peak of an offer bounds what is available.
const SHORT_DAYS: i32 = 31;
/// Parts in which a peak is counted.
const PEAK_PARTS: u8 = 31;
/// The stars that three bits stand for.
const STARS: [Option<Stars>; 5] =
    [None, Some(Stars::Three), Some(Stars::Four), Some(Stars::PotentialFive), Some(Stars::Five)];

/// An offer as a scan reads it: 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfferRow {
    pub(super) offer: Slot,
    pub(super) product: Slot,
    direction: [f32; 3],
    /// How far from there any of the rows is that it stands for.
    radius: f32,
    /// The lowest price of one unit, or [`OPEN`].
    price: f32,
    /// Base units in the primary and in the secondary dimension.
    content: [u32; 2],
    /// Weight for freight; 0 for pickup.
    mass_g: f32,
    /// Free in all periods.
    free: f32,
    min_order: f32,
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
    /// The most stars that count on any day, and at least the part of `free` that one window of
    /// [`SHORT_DAYS`] can meet, in [`PEAK_PARTS`].
    stars_and_peak: u8,
}

/// A demand as a scan reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemandRow {
    pub(super) demand: Slot,
    /// Whether it stands in several blocks.
    pub(super) is_multiple: bool,
    /// Middle of the deliveries, and how far the farthest is from it.
    middle: [f32; 3],
    radius: f32,
    /// The ceiling of one unit, or [`OPEN`].
    ceiling: f32,
    base_units: f32,
    /// Wanted in all, and the most that one delivery takes of any substitute, in its unit.
    wanted: f32,
    most: f32,
    /// The smallest ratio of a substitute or 1, as a fraction.
    ratio: f32,
    max_distance_km: f32,
    /// Provinces delivered to, folded into 32 bits, and those allowed, folded into 64.
    provinces: u32,
    allowed: u64,
    days: Days,
    papers: u16,
    weights: [u16; 6],
    deliveries: u8,
    /// Whether no window is longer than [`SHORT_DAYS`].
    is_short: bool,
    dimension: u8,
    min_stars: u8,
    is_delivered: bool,
}

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

fn chord(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (x * x + y * y + z * z).sqrt()
}

impl OfferRow {
    /// The row of an offer of this product of this producer.
    pub(super) fn new(
        (slot, offer): (Slot, &OfferFacts),
        (product_slot, product): (Slot, &ProductFacts),
        producer: &PartyFacts,
    ) -> Self {
        let lowest = offer.price_breaks.last().map(|step| step.unit_price).or(offer.unit_price);
        let contents = [Some(offer.content.primary()), offer.content.secondary()];
        let of = |content: Option<Content>| content.map_or(0, |each| each.base_units as u32);
        let dimension = |content: Option<Content>| {
            content.map_or(NO_DIMENSION, |each| dimension_number(each.dimension))
        };
        Self {
            offer: slot,
            product: product_slot,
            direction: single(offer.point),
            radius: 0.0,
            price: lowest.map_or(OPEN, |price| price.vnd() as f32 / SLACK),
            content: contents.map(of),
            mass_g: if offer.pickup { 0.0 } else { mass_g(&offer.content) as f32 / SLACK },
            free: offer.capacity.iter().map(|each| each.free).sum::<u64>() as f32 * SLACK,
            min_order: offer.min_order as f32 / SLACK,
            serves: halved(folded(offer.delivers_to)),
            days: Days::over(offer.capacity.iter().map(|each| each.period)),
            papers: papers_ever(product, producer),
            stars_until: product.stars.iter().map(|star| day(star.counts.to())).max().unwrap_or(0),
            dimensions: dimension(contents[0]) | dimension(contents[1]) << 4,
            province: offer.province.number(),
            reliability: reliability_bound(producer).div_ceil(RELIABILITY_STEP) as u8,
            stars_and_peak: stars_number(product) | peak(&offer.capacity) << 3,
        }
    }

    /// A row that is at least as good for every demand as each of `rows`: as near as the nearest of
    /// them may be, the best of each column. None where units differ, which prices cannot be
    /// compared across.
    pub(super) fn best_of(rows: &[Self]) -> Option<Self> {
        let mut best = *rows.first()?;
        for row in rows {
            if (row.content, row.dimensions) != (best.content, best.dimensions) {
                return None;
            }
            best.join(row);
        }
        Some(best)
    }

    fn join(&mut self, row: &Self) {
        self.radius = self.radius.max(chord(self.direction, row.direction) + row.radius);
        if self.province != row.province {
            self.province = ANYWHERE;
        }
        if self.price < 0.0 || row.price < 0.0 {
            // What has no price has no landed price either, and no ceiling keeps it out.
            (self.price, self.mass_g) = (FREE, 0.0);
        }
        self.price = self.price.min(row.price.max(0.0));
        self.mass_g = self.mass_g.min(row.mass_g);
        self.free = self.free.max(row.free);
        self.min_order = self.min_order.min(row.min_order);
        self.serves |= row.serves;
        self.days.from = self.days.from.min(row.days.from);
        self.days.to = self.days.to.max(row.days.to);
        self.papers |= row.papers;
        self.reliability = self.reliability.max(row.reliability);
        self.stars_until = self.stars_until.max(row.stars_until);
        let stars = (self.stars_and_peak & 7).max(row.stars_and_peak & 7);
        self.stars_and_peak = stars | (self.stars_and_peak >> 3).max(row.stars_and_peak >> 3) << 3;
    }

    fn content_in(&self, dimension: u8) -> Option<f32> {
        let [primary, secondary] = self.content;
        if self.dimensions & 15 == dimension {
            return Some(primary as f32);
        }
        (self.dimensions >> 4 == dimension).then_some(secondary as f32)
    }

    /// The most stars that may count on or after `first`.
    fn stars_from(&self, first: u16) -> Option<Stars> {
        if self.stars_until < first { None } else { STARS[usize::from(self.stars_and_peak & 7)] }
    }

    /// At least what is free in the periods that one delivery of the demand meets.
    fn free_for(&self, demand: &DemandRow) -> f32 {
        let peak = f32::from(self.stars_and_peak >> 3) / f32::from(PEAK_PARTS);
        if demand.is_short { self.free * peak * SLACK } else { self.free }
    }
}

fn stars_number(product: &ProductFacts) -> u8 {
    let best = product.stars.iter().map(|star| star.stars).max();
    STARS.iter().position(|stars| *stars == best).unwrap_or(0) as u8
}

/// At least the part of what is free that the periods of one window of [`SHORT_DAYS`] have: such a
/// window begins, at the latest, on the last day of the first period that it meets.
fn peak(capacity: &[FreeCapacity]) -> u8 {
    let total: u64 = capacity.iter().map(|each| each.free).sum();
    let from = |first: &FreeCapacity| -> u64 {
        let end = first.period.to().plus_days(SHORT_DAYS);
        let met = capacity
            .iter()
            .filter(|each| each.period.to() >= first.period.to() && each.period.from() < end);
        met.map(|each| each.free).sum()
    };
    let most = u128::from(capacity.iter().map(from).max().unwrap_or(0));
    let parts = (most * u128::from(PEAK_PARTS)).div_ceil(u128::from(total.max(1)));
    parts.min(u128::from(PEAK_PARTS)) as u8
}

fn papers_ever(product: &ProductFacts, producer: &PartyFacts) -> u16 {
    let papers = product.papers.iter().chain(&producer.papers);
    let bits = papers.fold(0, |bits, paper| bits | paper_bit(paper.kind));
    let ocop = if product.stars.is_empty() { 0 } else { paper_bit(CertificateKind::Ocop) };
    bits | ocop
}

/// The highest reliability that the producer has today or will have as its past moves out of sight.
fn reliability_bound(producer: &PartyFacts) -> u16 {
    if producer.fulfilments.is_empty() {
        return RELIABILITY_WITHOUT_HISTORY;
    }
    let mut past = producer.fulfilments.to_vec();
    past.sort_by_key(|fulfilment| std::cmp::Reverse(fulfilment.due_on));
    let (mut agreed, mut accepted, mut best) = (0_u128, 0_u128, RELIABILITY_WITHOUT_HISTORY);
    for fulfilment in past {
        agreed += u128::from(fulfilment.agreed);
        accepted += u128::from(fulfilment.accepted);
        let share = (u128::from(BASIS_POINTS) * accepted).checked_div(agreed).unwrap_or(0);
        best = best.max(share.min(u128::from(BASIS_POINTS)) as u16);
    }
    best
}

impl DemandRow {
    /// The row of a demand.
    pub(super) fn new(slot: Slot, demand: &DemandFacts) -> Self {
        let needs = demand.needs.iter();
        let (middle, radius) = middle(demand);
        let rare = demand.rare();
        let ratios = rare.substitutes.iter().map(|each| each.ratio as f32 / BASIS_POINTS as f32);
        let largest = ratios.clone().fold(1.0, f32::max);
        let most = needs.clone().map(|need| need.most).max().unwrap_or(0) as f32;
        // Of a group with several kinds, none is needed for certain.
        let single = rare.market_papers.iter().filter(|group| group.iter().count() == 1);
        let papers = single.fold(demand.certificates, |papers, group| papers.union(*group));
        Self {
            demand: slot,
            is_multiple: false,
            middle,
            radius,
            ceiling: demand.max_unit_price.map_or(OPEN, |price| price.vnd() as f32 * SLACK),
            base_units: demand.content.base_units as f32,
            wanted: needs.clone().map(|need| need.wanted).sum::<u64>() as f32 / SLACK,
            most: most * largest * SLACK,
            ratio: ratios.fold(1.0, f32::min),
            max_distance_km: demand.max_distance_km.map_or(f32::MAX, |max| max as f32),
            provinces: needs.clone().fold(0, |bits, need| bits | halved(folded_bit(need.province))),
            allowed: folded(rare.provinces),
            days: Days::over(needs.clone().map(|need| need.window)),
            papers: paper_bits(papers),
            weights: Factor::ALL.map(|factor| demand.weights().of(factor)),
            is_short: demand.needs.iter().all(|need| length_days(need.window) <= SHORT_DAYS),
            deliveries: u8::try_from(demand.needs.len()).unwrap_or(u8::MAX),
            dimension: dimension_number(demand.content.dimension),
            min_stars: demand.min_stars.unwrap_or(0),
            is_delivered: demand.price_basis == PriceBasis::Delivered,
        }
    }
}

fn length_days(period: Period) -> i32 {
    period.to().days() - period.from().days() + 1
}

/// The middle of the deliveries and the longest chord from it to one of them.
fn middle(demand: &DemandFacts) -> ([f32; 3], f32) {
    let points: Vec<[f32; 3]> = demand.needs.iter().map(|need| single(need.point)).collect();
    let count = points.len().max(1) as f32;
    let mean = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count);
    let farthest = points.iter().map(|point| chord(mean, *point)).fold(0.0, f32::max);
    (mean, farthest)
}

/// At least the score of the pair, or none if it cannot be eligible. `text` is at least the value
/// of the text factor, and `rate` what freight costs.
#[inline]
pub(super) fn bound(
    offer: &OfferRow,
    demand: &DemandRow,
    text: u16,
    rate: FreightRate,
) -> Option<u16> {
    let content = offer.content_in(demand.dimension)?;
    if !may_meet(offer, demand) {
        return None;
    }
    let apart = chord(offer.direction, demand.middle);
    let chord = (apart - offer.radius - demand.radius).max(0.0);
    let distance_km = (chord * EARTH_RADIUS_KM as f32 / SLACK - SLACK_KM).max(0.0);
    let supply = content / (demand.base_units * demand.ratio);
    if distance_km > demand.max_distance_km
        || offer.min_order * content > demand.most * demand.base_units
    {
        return None;
    }
    let freight = rate.vnd_per_tonne_km() as f32 * offer.mass_g * distance_km / 1e6;
    let price = price_bound(demand, offer.price / supply, freight / supply)?;
    let available = offer.free_for(demand) * supply * f32::from(demand.deliveries);
    let values = [
        f32::from(text),
        price,
        (10_000.0 * SLACK * available / demand.wanted.max(1.0)).min(10_000.0),
        (1.0 - distance_km / FAR_KM as f32).max(0.0) * 10_000.0,
        f32::from(quality_value(offer.stars_from(demand.days.from))),
        f32::from(offer.reliability) * f32::from(RELIABILITY_STEP),
    ];
    let weighted = values.iter().zip(demand.weights);
    let sum: f32 = weighted.map(|(value, weight)| value * f32::from(weight)).sum();
    Some((sum * SLACK / 10_000.0 + 1.0) as u16)
}

#[inline]
fn may_meet(offer: &OfferRow, demand: &DemandRow) -> bool {
    let province = 1_u64 << (offer.province % 64);
    offer.days.meet(demand.days)
        && offer.serves & demand.provinces != 0
        && (demand.allowed & province != 0 || offer.province == ANYWHERE)
        && offer.papers & demand.papers == demand.papers
        && offer.stars_from(demand.days.from).map_or(0, Stars::number) >= demand.min_stars
        && offer.free >= offer.min_order
}

/// At least the value of the price factor, or none above the ceiling.
#[inline]
fn price_bound(demand: &DemandRow, price: f32, freight: f32) -> Option<f32> {
    let ceiling = demand.ceiling;
    if price < 0.0 || ceiling < 0.0 {
        return Some(f32::from(OPEN_VALUE));
    }
    let landed = (price + freight) / SLACK;
    let compared = if demand.is_delivered { landed } else { price / SLACK };
    if compared > ceiling {
        return None;
    }
    Some((20_000.0 * (ceiling - landed) / ceiling.max(1.0) * SLACK + 1.0).clamp(0.0, 10_000.0))
}

/// Whether one of the demand's substitutes names `set`.
pub(super) fn has_set_substitute(demand: &DemandFacts, set: ProductSet) -> bool {
    demand.rare().substitutes.iter().any(|substitute| is_set_substitute(substitute, set))
}
