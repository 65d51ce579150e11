//! The row of a demand. Must not know offers.

use matching::demand::PriceBasis;
use matching::factor::{BASIS_POINTS, Factor};
use matching::facts::{DemandFacts, NeedFacts};

use super::{
    Days, DemandRow, NEEDS, NeedRow, OPEN, SLACK, chord, dimension_number, folded, folded_bit,
    halved, months, paper_bits, single,
};
use crate::market::table::Slot;

impl NeedRow {
    fn add(&mut self, need: &NeedFacts) {
        self.months |= months(need.window).fold(0, |bits, month| bits | 1 << month);
        self.deliveries = self.deliveries.saturating_add(1);
        self.wanted += need.wanted as f32;
    }
}

impl DemandRow {
    /// The row of a demand.
    pub(in crate::market) fn new(slot: Slot, demand: &DemandFacts) -> Self {
        let needs = demand.needs.iter();
        let (middle, radius) = middle(demand);
        let rare = demand.rare();
        let ratios = rare.substitutes.iter().map(|each| each.ratio as f32 / BASIS_POINTS as f32);
        let largest = ratios.clone().fold(1.0, f32::max);
        let content = demand.content.base_units as f32;
        let base_units = content * ratios.fold(1.0, f32::min);
        let wanted = needs.clone().map(|need| need.wanted).sum::<u64>() as f32;
        let ceiling = demand.max_unit_price.map_or(OPEN, |price| price.vnd() as f32 * SLACK);
        let most = needs.clone().map(|need| need.most).max().unwrap_or(0) as f32;
        // Of a group with several kinds, none is needed for certain.
        let single = rare.market_papers.iter().filter(|group| group.iter().count() == 1);
        let papers = single.fold(demand.certificates, |papers, group| papers.union(*group));
        Self {
            demand: slot,
            is_multiple: false,
            middle,
            radius,
            ceiling,
            per_ceiling: 1.0 / ceiling.max(1.0),
            base_units,
            per_base_unit: 1.0 / base_units,
            needs: need_rows(demand),
            per_wanted: 1.0 / wanted.max(1.0),
            most_base: most * largest * content * SLACK,
            max_distance_km: demand.max_distance_km.map_or(f32::MAX, |max| max as f32),
            provinces: needs.clone().fold(0, |bits, need| bits | halved(folded_bit(need.province))),
            allowed: folded(rare.provinces),
            days: Days::over(needs.clone().map(|need| need.window)),
            papers: paper_bits(papers),
            weights: Factor::ALL.map(|factor| demand.weights().of(factor)),
            dimension: dimension_number(demand.content.dimension),
            min_stars: demand.min_stars.unwrap_or(0),
            is_delivered: demand.price_basis == PriceBasis::Delivered,
        }
    }
}

/// The first deliveries one by one, the others together.
fn need_rows(demand: &DemandFacts) -> [NeedRow; NEEDS] {
    let mut rows = [NeedRow::default(); NEEDS];
    for (place, need) in demand.needs.iter().enumerate() {
        rows[place.min(NEEDS - 1)].add(need);
    }
    rows
}

/// The middle of the deliveries and the longest chord from it to one of them.
fn middle(demand: &DemandFacts) -> ([f32; 3], f32) {
    let points: Vec<[f32; 3]> = demand.needs.iter().map(|need| single(need.point)).collect();
    let count = points.len().max(1) as f32;
    let mean = [0, 1, 2].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / count);
    let farthest = points.iter().map(|point| chord(mean, *point)).fold(0.0, f32::max);
    (mean, farthest)
}
