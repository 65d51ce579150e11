//! The row of an offer, and one that stands for several. Must not know demands.

use matching::certificate::CertificateKind;
use matching::factor::BASIS_POINTS;
use matching::facts::{
    FreeCapacity, OfferFacts, PartyFacts, ProductFacts, RELIABILITY_WITHOUT_HISTORY,
};
use matching::place::EARTH_RADIUS_KM;
use matching::price::mass_g;
use matching::quantity::Content;
use matching::score::FAR_KM;

use super::{
    ANYWHERE, Days, FREE, Half, MONTHS, NO_DIMENSION, OPEN, OfferRow, PARTS, RELIABILITY_STEP,
    SLACK, chord, day, dimension_number, folded, halved, months, paper_bit, single, steps, vector,
};
use crate::market::texts::TextNumber;

impl OfferRow {
    /// The row of an offer with what is free of it, of this product, with the number of its name,
    /// of this producer.
    pub(in crate::market) fn new(
        (offer, capacity): (&OfferFacts, &[FreeCapacity]),
        (name, product): (TextNumber, &ProductFacts),
        producer: &PartyFacts,
    ) -> Self {
        let lowest = offer.price_breaks().last().map(|step| step.unit_price).or(offer.unit_price);
        let contents = [Some(offer.content().primary()), offer.content().secondary()];
        let of = |content: Option<Content>| content.map_or(0, |each| each.base_units as u32);
        let dimension = |content: Option<Content>| {
            content.map_or(NO_DIMENSION, |each| dimension_number(each.dimension))
        };
        Self {
            name,
            product_set: product.product_set.number(),
            stars: product.stars.iter().map(|star| star.stars).max(),
            direction: steps(single(offer.point)),
            radius_km: 0,
            price: lowest.map_or(OPEN, |price| price.vnd() as f32 / SLACK),
            content: contents.map(of),
            free: capacity.iter().map(|each| each.free()).sum::<u64>() as f32 * SLACK,
            months: free_by_month(capacity),
            mass_g: Half::below(if offer.pickup { 0.0 } else { mass_g(offer.content()) as f32 }),
            min_order: Half::below(offer.min_order() as f32 / SLACK),
            serves: halved(folded(offer.delivers_to())),
            days: Days::over(capacity.iter().map(|each| each.period)),
            papers: papers_ever(product, producer),
            stars_until: product.stars.iter().map(|star| day(star.counts.to())).max().unwrap_or(0),
            dimensions: dimension(contents[0]) | dimension(contents[1]) << 4,
            province: producer.province.number(),
            reliability: reliability_bound(producer).div_ceil(RELIABILITY_STEP) as u8,
        }
    }

    /// A row that is at least as good for every demand as each of `rows`, of one unit: as near as
    /// the nearest of them may be, the best of each column; none of none.
    pub(in crate::market) fn joined(rows: &[&Self]) -> Option<Self> {
        let mut best = **rows.first()?;
        let sum = |axis: usize| rows.iter().map(|row| i64::from(row.direction[axis])).sum::<i64>();
        best.direction = [0, 1, 2].map(|axis| (sum(axis) / rows.len() as i64) as i16);
        best.radius_km = 0;
        rows.iter().for_each(|row| best.join(row));
        Some(best)
    }

    /// The unit vector to where it is, about.
    pub(super) fn unit_vector(&self) -> [f32; 3] {
        vector(self.direction)
    }

    /// What its prices and quantities count: rows that differ cannot be compared.
    pub(in crate::market) const fn unit(&self) -> ([u32; 2], u8) {
        (self.content, self.dimensions)
    }

    /// Whether it has a price.
    pub(in crate::market) fn is_priced(&self) -> bool {
        self.price >= 0.0
    }

    /// Where it stands on an axis, in parts of a score with the usual weights: rows that are near
    /// on each rank alike. What a demand may insist on, such as stars or a season, counts more than
    /// its factor.
    pub(in crate::market) fn axis(&self, axis: usize) -> f32 {
        match axis {
            0..=2 => self.unit_vector()[axis] * EARTH_RADIUS_KM as f32 / FAR_KM as f32 * 0.2,
            3 => self.price.max(1.0).ln() * 0.5,
            4 => self.stars.map_or(0.0, |stars| f32::from(stars as u8) + 1.0) * 0.1,
            5 => f32::from(self.stars_until) / 365.0 * 0.1,
            6 => (self.free * f32::from(self.peak())).max(1.0).ln() * 0.15,
            7 => f32::from(self.days.from) / 365.0 * 0.3,
            _ => f32::from(self.days.to) / 365.0 * 0.3,
        }
    }

    /// Makes it at least as good as `row`, which has the same unit.
    pub(in crate::market) fn join(&mut self, row: &Self) {
        let apart_km = chord(self.unit_vector(), row.unit_vector()) * EARTH_RADIUS_KM as f32;
        self.radius_km = self.radius_km.max(row.radius_km.saturating_add(apart_km as u16 + 1));
        if self.province != row.province {
            self.province = ANYWHERE;
        }
        if self.is_priced() != row.is_priced() {
            // What has no price has no landed price either, and no ceiling keeps it out.
            (self.price, self.mass_g) = (FREE, Half(0));
        } else {
            self.price = self.price.min(row.price);
        }
        self.mass_g = self.mass_g.min(row.mass_g);
        self.join_free(row);
        self.min_order = self.min_order.min(row.min_order);
        self.serves |= row.serves;
        self.days.from = self.days.from.min(row.days.from);
        self.days.to = self.days.to.max(row.days.to);
        self.papers |= row.papers;
        self.reliability = self.reliability.max(row.reliability);
        self.stars_until = self.stars_until.max(row.stars_until);
        self.stars = self.stars.max(row.stars);
    }

    fn join_free(&mut self, row: &Self) {
        let free = self.free.max(row.free);
        let parts = |row: &Self, month: usize| -> u8 {
            let part = f32::from(row.months[month]);
            if row.free < free { (part * row.free / free).ceil() as u8 } else { row.months[month] }
        };
        self.months = std::array::from_fn(|month| parts(self, month).max(parts(row, month)));
        self.free = free;
    }

    /// The most that is free in a month, in [`PARTS`].
    fn peak(&self) -> u8 {
        self.months.iter().copied().max().unwrap_or(0)
    }
}

/// At least what is free in the periods that meet each month.
fn free_by_month(capacity: &[FreeCapacity]) -> [u8; MONTHS] {
    let total = capacity.iter().map(|each| u128::from(each.free())).sum::<u128>().max(1);
    let mut free = [0_u128; MONTHS];
    for (each, month) in capacity.iter().flat_map(|it| months(it.period).map(move |at| (it, at))) {
        free[month] += u128::from(each.free());
    }
    free.map(|free| (free * u128::from(PARTS)).div_ceil(total) as u8)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_cache_line() {
        assert_eq!(size_of::<OfferRow>(), 64);
        assert_eq!(size_of::<crate::market::row::DemandRow>(), 64);
    }

    #[test]
    fn a_rounded_number_is_near_and_on_its_side() {
        for value in [0.0, 1.0, 3.0, 257.0, 999.0, 1e6, 123_456_789.0] {
            let rounded = Half::below(value).value();
            assert!(rounded <= value && value - rounded <= value / 128.0, "{value} {rounded}");
            let rounded = Half::above(value).value();
            assert!(rounded >= value && rounded - value <= value / 128.0, "{value} {rounded}");
        }
    }
}
