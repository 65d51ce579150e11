//! What an order of a pair would be: how much, at which price, and what the producer keeps. Must
//! not know checks or scores.

use crate::ceiling::landed;
use crate::coverage::sold;
use crate::evaluation::Judgement;
use crate::offer::price_at;
use crate::pair::{Pair, smallest_share};
use crate::price::{Deductions, UnitPrice};
use crate::quantity::MAX_QUANTITY;

impl Judgement {
    /// Prices the quantity that would be ordered.
    pub(crate) fn price(&mut self, pair: &Pair<'_>) {
        let Some(conversion) = self.conversion else {
            return;
        };
        let offer = pair.offer;
        self.price = price_at(offer.unit_price, offer.price_breaks(), self.ordered(pair));
        self.unit_price = self.price.map(|price| UnitPrice::new(price, &conversion));
        let way = self.distance_km;
        self.landed_price = self.price.map(|price| landed(pair, way, (price, &conversion)));
    }

    /// Offer units that would be ordered: what can be sold to the deliveries together, or could if
    /// what the nearest pair fails were passed, on the increment; at least the smallest share.
    fn ordered(&self, pair: &Pair<'_>) -> u64 {
        let Some(by) = self.conversion else { return 0 };
        let (increment, smallest) = (pair.offer.increment().max(1), smallest_share(pair, &by));
        let steps = sold(pair.capacity, &self.coverage, &by, (increment, smallest));
        (steps * increment).max(smallest.min(MAX_QUANTITY))
    }

    /// What the producer keeps of one demand unit, in whole đồng rounded down.
    #[must_use]
    pub fn net_unit_price_vnd(&self, pair: &Pair<'_>) -> Option<u64> {
        let (conversion, terms) = (self.conversion?, pair.demand.rare().terms);
        let ordered = conversion.wanted_base(self.ordered(pair));
        let net = self.unit_price?.net_vnd(&Deductions {
            discount_percent: terms.discount_percent,
            listing_fee_vnd: terms.listing_fee_vnd,
            demand_base: conversion.demand_base,
            matched_base: ordered,
        });
        Some(net)
    }
}
