//! An upper bound of the score of an offer for a demand, from their rows alone. Must not know
//! records.

use matching::certificate::Stars;
use matching::place::EARTH_RADIUS_KM;
use matching::price::FreightRate;
use matching::score::{FAR_KM, OPEN_VALUE, quality_value};

use super::{
    ANYWHERE, DemandRow, NO_STARS, OfferRow, PARTS, RELIABILITY_STEP, SLACK, SLACK_KM, chord,
    vector,
};

/// Less than one by [`SLACK`].
const UNDER: f32 = 0.999_98;

impl OfferRow {
    fn content_in(&self, dimension: u8) -> Option<f32> {
        let [primary, secondary] = self.content;
        if self.dimensions & 15 == dimension {
            return Some(primary as f32);
        }
        (self.dimensions >> 4 == dimension).then_some(secondary as f32)
    }

    /// The most stars that may count on or after `first`.
    fn stars_from(&self, first: u16) -> Option<Stars> {
        if self.stars_until < first { None } else { self.stars }
    }

    /// At least what is free in the periods that meet some months.
    fn free_in(&self, months: u16) -> f32 {
        let (mut parts, mut left) = (0, months);
        while left != 0 {
            parts += u16::from(self.months[left.trailing_zeros() as usize]);
            left &= left - 1;
        }
        self.free * f32::from(parts.min(PARTS.into())) * (SLACK / PARTS as f32)
    }

    /// At least what it covers of the demand, `supply` demand units in one of its own; none if no
    /// delivery gets the minimum order.
    fn covered(&self, demand: &DemandRow, supply: f32) -> Option<f32> {
        let (mut covered, mut is_enough) = (0.0, false);
        for (need, deliveries) in demand.needs() {
            let free = self.free_in(need.months);
            is_enough |= free > 0.0 && free >= self.min_order.value();
            covered += need.wanted.value().min(free * supply * f32::from(deliveries));
        }
        is_enough.then_some(covered)
    }
}

/// At least the score of the pair, or none if it cannot be eligible. `text` is at least the value
/// of the text factor, and `rate` what freight costs.
#[inline]
pub(in crate::market) fn bound(
    offer: &OfferRow,
    demand: &DemandRow,
    text: u16,
    rate: FreightRate,
) -> Option<u16> {
    let content = offer.content_in(demand.dimension())?;
    if !may_meet(offer, demand) {
        return None;
    }
    let apart_km = chord(offer.unit_vector(), vector(demand.direction)) * EARTH_RADIUS_KM as f32;
    let radius_km = f32::from(offer.radius_km) + f32::from(demand.radius_km);
    let distance_km = (apart_km * UNDER - radius_km - SLACK_KM).max(0.0);
    let is_far = distance_km > f32::from(demand.max_distance_km);
    if is_far || offer.min_order.value() * content > demand.most_base.value() {
        return None;
    }
    let (supply, unit) = (content / demand.base_units, demand.base_units / content);
    let freight = rate.vnd_per_tonne_km() as f32 * offer.mass_g.value() * distance_km * 1e-6;
    let price = price_bound(demand, offer.price * unit, freight * unit)?;
    let covered = offer.covered(demand, supply)?;
    let values = [
        f32::from(text),
        price,
        (10_000.0 * SLACK * covered / demand.wanted.value().max(1.0)).min(10_000.0),
        (1.0 - distance_km * (UNDER / FAR_KM as f32)).max(0.0) * 10_000.0,
        f32::from(quality_value(offer.stars_from(demand.days.from))),
        f32::from(offer.reliability) * f32::from(RELIABILITY_STEP),
    ];
    let weighted = values.iter().zip(demand.weights());
    let sum: f32 = weighted.map(|(value, weight)| value * weight).sum();
    Some((sum * (SLACK / 10_000.0) + 1.0) as u16)
}

#[inline]
fn may_meet(offer: &OfferRow, demand: &DemandRow) -> bool {
    let province = 1_u32 << (offer.province % 32);
    offer.days.meet(demand.days)
        && offer.serves & demand.provinces != 0
        && (demand.allowed & province != 0 || offer.province == ANYWHERE)
        && offer.papers & demand.papers == demand.papers
        && offer.stars_from(demand.days.from).map_or(NO_STARS, Stars::number) >= demand.min_stars()
}

/// At least the value of the price factor, or none above the ceiling.
#[inline]
fn price_bound(demand: &DemandRow, price: f32, freight: f32) -> Option<f32> {
    let ceiling = demand.ceiling;
    if ceiling == 0.0 {
        // What is free is full marks.
        return (price <= 0.0).then_some(10_000.0);
    }
    if price < 0.0 || ceiling < 0.0 {
        return Some(f32::from(OPEN_VALUE));
    }
    let landed = (price + freight) * UNDER;
    let compared = if demand.is_delivered() { landed } else { price * UNDER };
    if compared > ceiling {
        return None;
    }
    let below = (ceiling - landed) / ceiling.max(1.0);
    Some((20_000.0 * SLACK * below + 1.0).clamp(0.0, 10_000.0))
}
