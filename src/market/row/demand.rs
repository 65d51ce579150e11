//! The row of a demand. Must not know offers.

use matching::demand::PriceBasis;
use matching::factor::{BASIS_POINTS, Factor};
use matching::facts::{DemandFacts, NeedFacts};
use matching::place::EARTH_RADIUS_KM;

use super::{
    DELIVERED, Days, DemandRow, Half, MULTIPLE, NEEDS, NO_STARS, NeedRow, OPEN, SLACK, STARS_SHIFT,
    chord, dimension_number, folded, folded_bit, halved, months, paper_bits, single, steps,
};
use crate::market::table::Slot;

impl NeedRow {
    fn of(needs: &[NeedFacts]) -> Self {
        let months = needs.iter().flat_map(|need| months(need.window));
        let wanted = needs.iter().map(|need| need.wanted() as f32).sum::<f32>() * SLACK;
        Self {
            months: months.fold(0, |bits, month| bits | 1 << month),
            wanted: Half::above(wanted),
        }
    }
}

impl DemandRow {
    /// The row of a demand with these deliveries.
    pub(in crate::market) fn new(slot: Slot, demand: &DemandFacts, all: &[NeedFacts]) -> Self {
        let needs = all.iter();
        let (direction, radius_km) = middle(all);
        let rare = demand.rare();
        let ratios = rare.substitutes.iter().map(|each| each.ratio as f32 / BASIS_POINTS as f32);
        let largest = ratios.clone().fold(1.0, f32::max);
        let content = demand.content().base_units as f32;
        let wanted = needs.clone().map(NeedFacts::wanted).sum::<u64>() as f32;
        let most = needs.clone().map(NeedFacts::most).max().unwrap_or(0) as f32;
        // Of a group with several kinds, none is needed for certain.
        let single = rare.market_papers.iter().filter(|group| group.iter().count() == 1);
        let papers = single.fold(demand.certificates, |papers, group| papers.union(*group));
        let [text, price, quantity, distance, quality, _] =
            Factor::ALL.map(|factor| demand.weights().of(factor));
        let is_delivered = demand.price_basis == PriceBasis::Delivered;
        Self {
            demand: slot,
            direction,
            radius_km,
            ceiling: demand.max_unit_price.map_or(OPEN, |price| price.vnd() as f32 * SLACK),
            base_units: content * ratios.fold(1.0, f32::min),
            provinces: needs.clone().fold(0, |bits, need| bits | halved(folded_bit(need.province))),
            allowed: halved(folded(rare.provinces)),
            days: Days::over(needs.clone().map(|need| need.window)),
            needs: need_rows(all),
            wanted: Half::below(wanted / SLACK),
            most_base: Half::above(most * largest * content * SLACK),
            max_distance_km: demand.max_distance_km.unwrap_or(u16::MAX),
            papers: paper_bits(papers),
            weights: [text, price, quantity, distance, quality],
            last_deliveries: needs.len().saturating_sub(NEEDS - 1).try_into().unwrap_or(u8::MAX),
            traits: dimension_number(demand.content().dimension)
                | demand.min_stars.unwrap_or(0).saturating_sub(NO_STARS) << STARS_SHIFT
                | if is_delivered { DELIVERED } else { 0 },
        }
    }

    /// The same row of a demand that stands in several blocks, if `is_multiple`.
    pub(in crate::market) fn in_several(self, is_multiple: bool) -> Self {
        Self { traits: self.traits | if is_multiple { MULTIPLE } else { 0 }, ..self }
    }

    /// Whether it stands in several blocks.
    pub(in crate::market) const fn is_multiple(&self) -> bool {
        self.traits & MULTIPLE != 0
    }

    pub(super) const fn is_delivered(&self) -> bool {
        self.traits & DELIVERED != 0
    }

    pub(super) const fn dimension(&self) -> u8 {
        self.traits & 15
    }

    /// The fewest stars, or [`NO_STARS`].
    pub(super) const fn min_stars(&self) -> u8 {
        (self.traits >> STARS_SHIFT & 3) + NO_STARS
    }

    /// Each of its needs, with how many deliveries it stands for.
    pub(super) fn needs(&self) -> impl Iterator<Item = (&NeedRow, u8)> {
        let deliveries = [1, 1, self.last_deliveries];
        self.needs.iter().zip(deliveries).filter(|(need, _)| need.months != 0)
    }

    /// One weight a factor.
    pub(super) fn weights(&self) -> [f32; 6] {
        let [text, price, quantity, distance, quality] = self.weights.map(f32::from);
        let rest = BASIS_POINTS as f32 - (text + price + quantity + distance + quality);
        [text, price, quantity, distance, quality, rest]
    }
}

/// The first deliveries one by one, the others together.
fn need_rows(needs: &[NeedFacts]) -> [NeedRow; NEEDS] {
    std::array::from_fn(|place| {
        let end = if place + 1 < NEEDS { place + 1 } else { needs.len() };
        NeedRow::of(needs.get(place..end).unwrap_or(&[]))
    })
}

/// The middle of the deliveries and at least how far, in km, any of them is from it.
fn middle(needs: &[NeedFacts]) -> ([i16; 3], u16) {
    let points: Vec<[f32; 3]> = needs.iter().map(|need| single(need.point)).collect();
    let count = points.len().max(1) as f32;
    let mean = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count);
    let farthest = points.iter().map(|point| chord(mean, *point)).fold(0.0, f32::max);
    (steps(mean), (farthest * EARTH_RADIUS_KM as f32).ceil() as u16)
}
