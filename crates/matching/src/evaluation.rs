//! The whole judgement of an offer for a demand: eligibility, score, quantities and prices, in the
//! short form that ranks and the long form that explains. Must not know other pairs.

use crate::certificate::{CertificateKinds, Stars};
use crate::check::{CHECKS, Check, CheckCode, Finding, Route};
use crate::coverage::{Coverage, free_in};
use crate::date::Date;
use crate::factor::BASIS_POINTS;
use crate::facts::{FreeCapacity, RELIABILITY_WITHOUT_HISTORY};
use crate::money::Price;
use crate::pair::{Encounter, FULL_GAP, Pair, Stop, is_allowed, is_served, smallest_share};
use crate::price::{Conversion, LandedPrice, UnitPrice};
use crate::score::{FactorShare, OPEN_VALUE, Values, distance_value, quality_value, score, shares};
use crate::text::relevance::{ELIGIBLE, FULL};

/// The text value of a demand that says nothing in words.
pub const NO_TEXT_VALUE: u16 = 5000;

/// The short form: whether and where a pair ranks, without explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Why the product is wanted, if it is.
    pub route: Option<Route>,
    /// How quantities convert, if they do.
    pub conversion: Option<Conversion>,
    /// The nearest pair of capacity period and delivery; one that passes, if any does.
    pub nearest: Option<Encounter>,
    /// Smallest distance to a delivery that a capacity period can serve; if none can, to the one of
    /// the nearest pair.
    pub distance_km: u32,
    /// What is available, delivery by delivery; if none can be served, as if what the nearest pair
    /// fails were passed.
    pub coverage: Vec<Coverage>,
    /// Free in the capacity periods that can serve some delivery, in the offer's unit; if none can,
    /// the same as if.
    pub available: u64,
    /// Still wanted of all deliveries, in the demand's unit.
    pub wanted: u64,
    /// The price of one offer unit at the quantity that would be ordered.
    pub price: Option<Price>,
    /// The same price for one demand unit, without freight.
    pub unit_price: Option<UnitPrice>,
    /// The same with freight.
    pub landed_price: Option<LandedPrice>,
    /// One value a factor.
    pub values: Values,
    /// The score.
    pub score: u16,
}

impl Judgement {
    /// Judges a pair.
    #[must_use]
    pub fn of(pair: &Pair<'_>) -> Self {
        let route = pair.route();
        let mut judgement = Self {
            route,
            conversion: pair.conversion(route),
            nearest: None,
            distance_km: 0,
            coverage: Vec::with_capacity(pair.needs.len()),
            available: 0,
            wanted: 0,
            price: None,
            unit_price: None,
            landed_price: None,
            values: [0; 6],
            score: 0,
        };
        judgement.meet(pair);
        judgement.price(pair);
        judgement.values = judgement.values(pair);
        judgement.score = score(pair.demand.weights(), &judgement.values);
        judgement
    }

    /// Judges every capacity period with every delivery.
    fn meet(&mut self, pair: &Pair<'_>) {
        let (mut serving, mut way_km) = (0_u128, None);
        for (index, need) in pair.needs.iter().enumerate() {
            let stop = Stop::new(pair, self.conversion.as_ref(), (index, need));
            let mut of_need = 0_u128;
            for (place, capacity) in pair.capacity.iter().enumerate() {
                let encounter = stop.judge(pair, (place, capacity));
                self.keep_nearest(encounter);
                of_need |= u128::from(encounter.gaps.pass()) << place;
            }
            if of_need > 0 {
                way_km = Some(way_km.map_or(stop.distance_km, |km: u32| km.min(stop.distance_km)));
            }
            let (available_base, wanted) = (self.base_in(pair, of_need), need.wanted());
            self.coverage.push(Coverage { available_base, serving: of_need, wanted });
            serving |= of_need;
            self.wanted += wanted;
        }
        self.available = free_in(pair.capacity, serving);
        match way_km {
            Some(way_km) => self.distance_km = way_km,
            None => self.suppose(pair),
        }
    }

    /// Counts what would be served, and how far, if what the nearest pair fails were passed.
    fn suppose(&mut self, pair: &Pair<'_>) {
        let Some(near) = self.nearest else { return };
        let (mut serving, mut way_km) = (0_u128, u32::MAX);
        for (index, need) in pair.needs.iter().enumerate() {
            let stop = Stop::new(pair, self.conversion.as_ref(), (index, need));
            let let_in =
                |it: &(usize, &FreeCapacity)| stop.judge(pair, *it).gaps.no_worse_than(&near.gaps);
            let capacity = pair.capacity.iter().enumerate().filter(let_in);
            let of_need = capacity.fold(0_u128, |bits, (place, _)| bits | 1 << place);
            if of_need > 0 {
                way_km = way_km.min(stop.distance_km);
            }
            let available_base = self.base_in(pair, of_need);
            let wanted = self.coverage[index].wanted;
            self.coverage[index] = Coverage { available_base, serving: of_need, wanted };
            serving |= of_need;
        }
        self.available = free_in(pair.capacity, serving);
        self.distance_km = way_km;
    }

    /// Base units of the wanted product that are free in these periods.
    fn base_in(&self, pair: &Pair<'_>, periods: u128) -> u128 {
        self.conversion.map_or(0, |by| by.wanted_base(free_in(pair.capacity, periods)))
    }

    fn keep_nearest(&mut self, encounter: Encounter) {
        let nearer = self.nearest.is_none_or(|kept| encounter.nearness() < kept.nearness());
        if nearer {
            self.nearest = Some(encounter);
        }
    }

    fn values(&self, pair: &Pair<'_>) -> Values {
        let demand = pair.demand;
        let text = match self.route {
            Some(Route::Named) => FULL,
            _ if !demand.has_text => NO_TEXT_VALUE,
            _ => pair.likeness.text,
        };
        let price = match (pair.offer.unit_price, demand.max_unit_price) {
            (Some(_), Some(ceiling)) => {
                self.landed_price.map_or(0, |landed| landed.value_under(ceiling))
            }
            _ => OPEN_VALUE,
        };
        let stars = self.nearest.and_then(|near| pair.stars_on(near.date));
        let reliability = pair.producer.reliability(pair.moment.reliable_from);
        [
            text,
            price,
            self.quantity_value(),
            distance_value(self.distance_km),
            quality_value(stars),
            reliability.unwrap_or(RELIABILITY_WITHOUT_HISTORY),
        ]
    }

    fn quantity_value(&self) -> u16 {
        let Some(conversion) = self.conversion else {
            return 0;
        };
        let (mut covered, mut wanted) = (0, 0);
        for delivery in &self.coverage {
            let base = u128::from(delivery.wanted) * u128::from(conversion.demand_base);
            covered += base.min(delivery.available_base);
            wanted += base;
        }
        let value = (u128::from(BASIS_POINTS) * covered).checked_div(wanted);
        value.unwrap_or(0) as u16
    }

    /// How far the price is above the ceiling; 0 within.
    fn price_gap(&self, pair: &Pair<'_>) -> u16 {
        let (Some(_), Some(ceiling)) = (pair.offer.unit_price, pair.demand.max_unit_price) else {
            return 0;
        };
        self.compared_price(pair).map_or(FULL_GAP, |price| price.excess_bp(ceiling))
    }

    /// The price that is compared with the ceiling: with freight where it is delivered.
    fn compared_price(&self, pair: &Pair<'_>) -> Option<LandedPrice> {
        self.compared(pair, self.price?)
    }

    fn product_gap(&self, pair: &Pair<'_>) -> u16 {
        let short = u32::from(ELIGIBLE.saturating_sub(pair.likeness.text));
        match self.route {
            Some(_) => 0,
            None if pair.demand.names_something() => FULL_GAP,
            None => (short * u32::from(FULL_GAP) / u32::from(ELIGIBLE)) as u16,
        }
    }

    /// How far each check is from passing, in the order of [`CheckCode::ALL`].
    fn gaps(&self, pair: &Pair<'_>) -> [u16; CHECKS] {
        let full = |passes: bool| if passes { 0 } else { FULL_GAP };
        let near = self.nearest.map(|near| near.gaps);
        let of = |gap: fn(&crate::pair::PairGaps) -> u16| near.as_ref().map_or(FULL_GAP, gap);
        [
            full(pair.is_open()),
            full(pair.offer_admits() && pair.demand_admits()),
            self.product_gap(pair),
            full(self.conversion.is_some()),
            self.price_gap(pair),
            of(|gaps| gaps.period),
            of(|gaps| gaps.quantity),
            of(|gaps| gaps.stars),
            of(|gaps| gaps.certificates),
            of(|gaps| gaps.area),
            of(|gaps| gaps.market),
        ]
    }

    /// Whether every check passes.
    #[must_use]
    pub fn is_eligible(&self, pair: &Pair<'_>) -> bool {
        self.route.is_some()
            && self.nearest.is_some_and(|near| near.gaps.pass())
            && self.price_gap(pair) == 0
            && pair.is_open()
            && pair.offer_admits()
            && pair.demand_admits()
    }

    /// How many checks fail, and their gaps together.
    #[must_use]
    pub fn miss(&self, pair: &Pair<'_>) -> (u8, u32) {
        let gaps = self.gaps(pair);
        let failed = gaps.iter().filter(|gap| **gap > 0).count();
        (failed as u8, gaps.iter().map(|gap| u32::from(*gap)).sum())
    }

    /// The checks with what they compared.
    #[must_use]
    pub fn checks(&self, pair: &Pair<'_>) -> [Check; CHECKS] {
        let gaps = self.gaps(pair);
        CheckCode::ALL.map(|code| {
            let finding = self.finding(pair, code);
            Check { code, finding, gap: gaps[code as usize] }
        })
    }

    fn finding(&self, pair: &Pair<'_>, code: CheckCode) -> Finding {
        match code {
            CheckCode::State => Finding::State {
                offer: pair.offer_state(),
                demand: pair.demand_state(),
                same_party: pair.is_same_party(),
            },
            CheckCode::Visible => Finding::Visible {
                offer: pair.offer.visibility(),
                demand: pair.demand.visibility(),
                offer_admits: pair.offer_admits(),
                demand_admits: pair.demand_admits(),
            },
            CheckCode::Product => Finding::Product {
                product_set: pair.product.product_set,
                relevance: pair.likeness.text,
                route: self.route,
            },
            CheckCode::Unit => {
                Finding::Unit { offer: *pair.offer.content(), demand: pair.demand.content() }
            }
            CheckCode::Price => Finding::Price {
                offer_vnd: self.compared_price(pair).map(|price| price.vnd_rounded_up()),
                by_agreement: pair.offer.unit_price.is_none(),
                ceiling_vnd: pair.demand.max_unit_price.map(Price::vnd),
                basis: pair.demand.price_basis,
            },
            CheckCode::Period => self.period_finding(pair),
            CheckCode::Quantity => self.quantity_finding(pair),
            CheckCode::Stars => self.stars_finding(pair),
            CheckCode::Certificates => self.papers_finding(pair, pair.demand.certificates),
            CheckCode::Market => self.market_finding(pair),
            CheckCode::Area => self.area_finding(pair),
        }
    }

    /// Places of the nearest capacity period and delivery.
    fn nearest_places(&self) -> (usize, usize) {
        self.nearest.map_or((0, 0), |near| (near.capacity, near.need))
    }

    fn date(&self) -> Date {
        self.nearest.map_or(Date::from_days(0), |near| near.date)
    }

    fn period_finding(&self, pair: &Pair<'_>) -> Finding {
        let (capacity, need) = self.nearest_places();
        Finding::Period {
            capacity: pair.capacity[capacity].period,
            window: pair.needs[need].window,
            earliest: pair.earliest(),
        }
    }

    fn quantity_finding(&self, pair: &Pair<'_>) -> Finding {
        let (capacity, need) = self.nearest_places();
        let free = pair.capacity[capacity].free();
        let smallest = self.conversion.map(|by| (smallest_share(pair, &by), by));
        Finding::Quantity {
            smallest: smallest.map(|(units, by)| by.demand_units_reaching(units)),
            is_free: smallest.is_some_and(|(units, _)| units <= free),
            free: self.conversion.map(|by| by.demand_units_within(free)),
            wanted: pair.needs[need].most(),
        }
    }

    fn stars_finding(&self, pair: &Pair<'_>) -> Finding {
        let (on, min_stars) = (self.date(), pair.demand.min_stars);
        let offer = pair.stars_on(on);
        let enough = offer.map_or(0, Stars::number) >= min_stars.unwrap_or(0);
        let lapsed_on = if enough { None } else { pair.stars_lapsed_on(on) };
        Finding::Stars { on, offer, min_stars, lapsed_on }
    }

    fn papers_finding(&self, pair: &Pair<'_>, required: CertificateKinds) -> Finding {
        let on = self.date();
        let missing = pair.missing_on(required, on);
        let mut lapses = missing.iter().map(|kind| pair.paper_lapsed_on(kind, on));
        let lapsed_on = only_lapse(&mut lapses);
        Finding::Papers { on, required, missing, lapsed_on, unmet_groups: None }
    }

    fn market_finding(&self, pair: &Pair<'_>) -> Finding {
        let (on, groups) = (self.date(), &pair.demand.rare().market_papers);
        let unmet = || groups.iter().filter(|group| !pair.has_any(**group, on)).copied();
        let kinds = |all, group| CertificateKinds::union(all, group);
        let none = CertificateKinds::default();
        Finding::Papers {
            on,
            required: groups.iter().copied().fold(none, kinds),
            missing: unmet().fold(none, kinds),
            lapsed_on: only_lapse(&mut unmet().map(|group| pair.any_lapsed_on(group, on))),
            unmet_groups: Some(unmet().count() as u8),
        }
    }

    fn area_finding(&self, pair: &Pair<'_>) -> Finding {
        let need = &pair.needs[self.nearest_places().1];
        Finding::Area {
            producer_province: pair.producer.province,
            delivery_province: need.province,
            is_served: is_served(pair.offer, need),
            is_allowed: is_allowed(pair),
            distance_km: pair.offer.point.distance_km(need.point),
            max_distance_km: pair.demand.max_distance_km.map(u32::from),
        }
    }
}

/// The last day of the one paper that is missing, if it is one that lapsed.
fn only_lapse(missing: &mut impl Iterator<Item = Option<Date>>) -> Option<Date> {
    let first = missing.next()?;
    if missing.next().is_some() { None } else { first }
}

/// The long form: every factor, quantities and prices in the demand's unit. The checks are told by
/// [`Judgement::checks`]: a list of matches, each of which passes all, has no use for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Whether every check passes.
    pub eligible: bool,
    /// The score, 0 to 10000.
    pub score: u16,
    /// The factors; their contributions sum to the score.
    pub factors: [FactorShare; 6],
    /// The short form that this explains.
    pub judgement: Judgement,
    /// Price of one demand unit, without freight, in đồng rounded up.
    pub unit_price_vnd: Option<u64>,
    /// The same with freight.
    pub landed_unit_price_vnd: Option<u64>,
    /// What the producer keeps of one demand unit, in đồng rounded down.
    pub net_unit_price_vnd: Option<u64>,
    /// Stars on the judged delivery date.
    pub stars: Option<Stars>,
    /// The producer's reliability, in basis points; absent without history.
    pub reliability: Option<u16>,
}

impl Evaluation {
    /// Available in all, in the demand's unit, rounded down.
    #[must_use]
    pub fn available(&self) -> u64 {
        let judgement = &self.judgement;
        judgement.conversion.map_or(0, |by| by.demand_units_within(judgement.available))
    }

    /// Wanted in all, in the demand's unit.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.judgement.wanted
    }

    /// Smallest distance to a delivery that a capacity period can serve; if none can, to the one of
    /// the nearest pair.
    #[must_use]
    pub fn distance_km(&self) -> u32 {
        self.judgement.distance_km
    }

    /// Available (rounded down) and wanted of each delivery, in the demand's unit.
    pub fn coverage(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let demand_base = self.judgement.conversion.map_or(1, |by| by.demand_base.max(1));
        self.judgement.coverage.iter().map(move |delivery| {
            let available = delivery.available_base / u128::from(demand_base);
            (crate::price::saturate(available), delivery.wanted)
        })
    }
}

/// Judges a pair and explains the judgement.
#[must_use]
pub fn evaluate(pair: &Pair<'_>) -> Evaluation {
    explain(pair, Judgement::of(pair))
}

/// Explains the judgement of `pair`.
#[must_use]
pub fn explain(pair: &Pair<'_>, judgement: Judgement) -> Evaluation {
    Evaluation {
        eligible: judgement.is_eligible(pair),
        score: judgement.score,
        factors: shares(pair.demand.weights(), &judgement.values),
        unit_price_vnd: judgement.unit_price.map(|price| price.vnd_rounded_up()),
        landed_unit_price_vnd: judgement.landed_price.map(|price| price.vnd_rounded_up()),
        net_unit_price_vnd: judgement.net_unit_price_vnd(pair),
        stars: judgement.nearest.and_then(|near| pair.stars_on(near.date)),
        reliability: pair.producer.reliability(pair.moment.reliable_from),
        judgement,
    }
}
