//! The price that a demand's ceiling is held against, and the quantity from which on it is kept.
//! Must not know the other checks, nor how a quantity is planned.

use crate::demand::PriceBasis;
use crate::evaluation::Judgement;
use crate::money::Price;
use crate::pair::Pair;
use crate::price::{Conversion, LandedPrice, freight_micros, mass_g};

/// The price of one demand unit with freight, where one offer unit costs `price`.
pub(crate) fn landed(
    pair: &Pair<'_>,
    distance_km: u32,
    (price, conversion): (Price, &Conversion),
) -> LandedPrice {
    let mass_g = if pair.offer.pickup { 0 } else { mass_g(pair.offer.content()) };
    let freight = freight_micros(pair.freight, mass_g, distance_km);
    LandedPrice::new(price, freight, conversion)
}

impl Judgement {
    /// What is compared with the ceiling if one offer unit costs `price`: with freight where it is
    /// delivered.
    pub(crate) fn compared(&self, pair: &Pair<'_>, price: Price) -> Option<LandedPrice> {
        let conversion = self.conversion.as_ref()?;
        Some(match pair.demand.price_basis {
            PriceBasis::Delivered => landed(pair, self.distance_km, (price, conversion)),
            PriceBasis::AtOrigin => LandedPrice::new(price, 0, conversion),
        })
    }

    /// Offer units from which on an order's price is within the ceiling: that of the first break
    /// that is low enough; 0 where any order is, absent where none is.
    #[must_use]
    pub fn least_within_ceiling(&self, pair: &Pair<'_>) -> Option<u64> {
        let (Some(base), Some(ceiling)) = (pair.offer.unit_price, pair.demand.max_unit_price)
        else {
            return Some(0);
        };
        let breaks = pair.offer.price_breaks().iter();
        let breaks = breaks.map(|step| (step.min_quantity, step.unit_price));
        let mut prices = std::iter::once((0, base)).chain(breaks);
        let is_low =
            |price: Price| self.compared(pair, price).is_some_and(|it| it.is_within(ceiling));
        prices.find(|(_, price)| is_low(*price)).map(|(least, _)| least)
    }
}
