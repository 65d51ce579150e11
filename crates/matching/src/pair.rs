//! Judges an offer against a demand: the checks that hold for the pair as a whole, and those of
//! each capacity period with each delivery. Must not know scores or how answers are shown.

use crate::certificate::{CertificateKind, CertificateKinds, Stars, recognition_on};
use crate::check::{Remedy, Route, window_remedy};
use crate::date::{Date, Period, Timestamp};
use crate::demand::{DemandState, SubstituteProduct};
use crate::factor::BASIS_POINTS;
use crate::facts::{
    DemandFacts, FreeCapacity, NeedFacts, OfferFacts, Paper, PartyFacts, ProductFacts,
    is_set_substitute,
};
use crate::offer::OfferState;
use crate::price::{Conversion, FreightRate};
use crate::product::ProductSet;
use crate::text::relevance::ELIGIBLE;

/// A gap that no number measures.
pub const FULL_GAP: u16 = BASIS_POINTS as u16;
/// Days that count as a full gap.
const FULL_GAP_DAYS: u64 = 365;

/// How like the product's name is to the demand's texts, 0 to 10000.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Likeness {
    /// To the demand's text; 0 where it has none.
    pub text: u16,
    /// To each declared substitute, in the demand's order, 0 for one that names a set; may end
    /// early where none is named by text.
    pub substitutes: Vec<u16>,
}

/// Months that the reliability of a producer looks back.
pub const RELIABILITY_MONTHS: i32 = 12;

/// When a match is judged, with the days that follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: Timestamp,
    /// Its day.
    pub today: Date,
    /// The first day that counts for reliability.
    pub reliable_from: Date,
}

impl Moment {
    /// The moment of `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let today = now.date();
        Self { now, today, reliable_from: today.plus_months(-RELIABILITY_MONTHS).plus_days(1) }
    }
}

/// All that a match is judged by.
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// The offer.
    pub offer: &'a OfferFacts,
    /// What is free of it, by period, sorted.
    pub capacity: &'a [FreeCapacity],
    /// Its product.
    pub product: &'a ProductFacts,
    /// Its producer.
    pub producer: &'a PartyFacts,
    /// The demand.
    pub demand: &'a DemandFacts,
    /// Its deliveries: where, when and how much.
    pub needs: &'a [NeedFacts],
    /// Its buyer.
    pub buyer: &'a PartyFacts,
    /// How like the product's name is to the demand's texts.
    pub likeness: Likeness,
    /// What one kilometre costs.
    pub freight: FreightRate,
    /// When it is judged.
    pub moment: Moment,
}

impl Pair<'_> {
    /// Whether both are open, of different parties.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.offer_state() == OfferState::Published
            && matches!(self.demand_state(), DemandState::Open | DemandState::PartiallyCovered)
            && !self.is_same_party()
    }

    /// The state of the offer.
    #[must_use]
    pub fn offer_state(&self) -> OfferState {
        self.offer.state(self.capacity, self.moment.today)
    }

    /// The state of the demand.
    #[must_use]
    pub fn demand_state(&self) -> DemandState {
        self.demand.state(self.needs, self.moment.now)
    }

    /// Whether one party owns both.
    #[must_use]
    pub fn is_same_party(&self) -> bool {
        self.producer.id == self.buyer.id
    }

    /// Whether the buyer may see the offer.
    #[must_use]
    pub fn offer_admits(&self) -> bool {
        let audience = self.offer.audience();
        audience.is_none_or(|audience| audience.admits(self.buyer.id, self.buyer.coordinates))
    }

    /// Whether the producer may see the demand.
    #[must_use]
    pub fn demand_admits(&self) -> bool {
        let (audience, producer) = (self.demand.rare().audience.as_ref(), self.producer);
        audience.is_none_or(|audience| audience.admits(producer.id, producer.coordinates))
    }

    /// Whether the demand names the product.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.demand.rare().product_ids.binary_search(&self.product.id).is_ok()
    }

    /// Why the product is wanted: named, else as [`route_of`] says.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        if self.is_named() {
            return Some(Route::Named);
        }
        route_of(self.demand, self.product.product_set, &self.likeness)
    }

    /// How quantities convert, if the units do.
    #[must_use]
    pub fn conversion(&self, route: Option<Route>) -> Option<Conversion> {
        let wanted = self.demand.content();
        Some(Conversion {
            offer_base: self.offer.content().in_dimension(wanted.dimension)?,
            demand_base: wanted.base_units,
            ratio: route.map_or(BASIS_POINTS as u32, Route::ratio),
        })
    }

    /// The first day that keeps the lead time.
    #[must_use]
    pub fn earliest(&self) -> Date {
        self.moment.today.plus_days(i32::from(self.offer.lead_time_days))
    }

    /// The star that counts on `date`.
    #[must_use]
    pub fn stars_on(&self, date: Date) -> Option<Stars> {
        recognition_on(date, &self.product.stars).map(|star| star.stars)
    }

    /// Papers of `required` that do not count on `date`.
    #[must_use]
    pub fn missing_on(&self, required: CertificateKinds, date: Date) -> CertificateKinds {
        let missing = |kind: &CertificateKind| !self.has_paper(*kind, date);
        required.iter().filter(missing).collect()
    }

    /// Whether a paper of any kind of `group` counts on `date`.
    #[must_use]
    pub fn has_any(&self, group: CertificateKinds, date: Date) -> bool {
        group.iter().any(|kind| self.has_paper(kind, date))
    }

    /// The last day before `date` on which a paper of any kind of `group` counted.
    #[must_use]
    pub fn any_lapsed_on(&self, group: CertificateKinds, date: Date) -> Option<Date> {
        group.iter().filter_map(|kind| self.paper_lapsed_on(kind, date)).max()
    }

    fn has_paper(&self, kind: CertificateKind, date: Date) -> bool {
        let counts = |paper: &Paper| paper.kind == kind && paper.counts.contains(date);
        kind == CertificateKind::Ocop && self.stars_on(date).is_some() || self.papers().any(counts)
    }

    fn papers(&self) -> impl Iterator<Item = &Paper> {
        self.product.papers.iter().chain(&self.producer.papers)
    }

    /// The last day before `date` on which enough stars counted.
    #[must_use]
    pub fn stars_lapsed_on(&self, date: Date) -> Option<Date> {
        let min_stars = self.demand.min_stars?;
        let enough = self.product.stars.iter().filter(|star| star.stars.number() >= min_stars);
        enough.map(|star| star.counts.to()).filter(|last| *last < date).max()
    }

    /// The last day before `date` on which a paper of this kind counted.
    #[must_use]
    pub fn paper_lapsed_on(&self, kind: CertificateKind, date: Date) -> Option<Date> {
        let papers = self.papers().filter(|paper| paper.kind == kind);
        let lapsed = papers.map(|paper| paper.counts.to()).filter(|last| *last < date).max();
        let star = self.product.stars.iter().map(|star| star.counts.to());
        let star = star.filter(|last| *last < date).max();
        if kind == CertificateKind::Ocop { lapsed.max(star) } else { lapsed }
    }
}

/// Why a product that the demand does not name is wanted: its set, else the text where nothing is
/// named, else the first declared substitute that fits.
#[must_use]
pub fn route_of(demand: &DemandFacts, set: ProductSet, likeness: &Likeness) -> Option<Route> {
    if demand.wants_set(set) {
        return Some(Route::ProductSet);
    }
    if !demand.names_something() && likeness.text >= ELIGIBLE {
        return Some(Route::Text);
    }
    let like = |index: usize| likeness.substitutes.get(index).copied().unwrap_or(0);
    let mut substitutes = demand.rare().substitutes.iter().enumerate();
    let fitting = substitutes.find(|(index, substitute)| {
        is_set_substitute(substitute, set)
            || matches!(substitute.product, SubstituteProduct::Text(_)) && like(*index) >= ELIGIBLE
    });
    fitting.map(|(index, substitute)| Route::Substitute {
        index: u8::try_from(index).unwrap_or(u8::MAX),
        ratio: substitute.ratio,
    })
}

/// The checks of one capacity period with one delivery: how far each is from passing, 0 passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairGaps {
    /// Overlap and lead time.
    pub period: u16,
    /// A quantity that fits.
    pub quantity: u16,
    /// Stars on the delivery date.
    pub stars: u16,
    /// Papers on the delivery date.
    pub certificates: u16,
    /// Provinces and distance.
    pub area: u16,
    /// Papers of the market on the delivery date.
    pub market: u16,
}

impl PairGaps {
    const fn all(&self) -> [u16; 6] {
        [self.period, self.quantity, self.stars, self.certificates, self.area, self.market]
    }

    /// Whether every check passes.
    #[must_use]
    pub fn pass(&self) -> bool {
        self.all() == [0; 6]
    }

    /// Whether no check is further from passing than in `others`: what lets those in lets this in.
    #[must_use]
    pub fn no_worse_than(&self, others: &Self) -> bool {
        self.all().into_iter().zip(others.all()).all(|(own, other)| own <= other)
    }

    /// How many fail, and their gaps together.
    #[must_use]
    pub fn miss(&self) -> (u8, u32) {
        let all = self.all();
        let failed = all.iter().filter(|gap| **gap > 0).count();
        (failed as u8, all.iter().map(|gap| u32::from(*gap)).sum())
    }
}

/// One capacity period judged with one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encounter {
    /// Place of the capacity period in the offer.
    pub capacity: usize,
    /// Place of the delivery in the demand.
    pub need: usize,
    /// The judged delivery date: the last common day; without one that keeps the lead time, the day
    /// that would let the period pass, so that a lapsed paper is told with it; else the window's
    /// last.
    pub date: Date,
    /// The verdict.
    pub gaps: PairGaps,
}

impl Encounter {
    /// The nearest pair is one that meets in time if any does, with the fewest failures, the
    /// smallest gap, the earliest date.
    #[must_use]
    pub fn nearness(&self) -> (bool, u8, u32, Date, usize, usize) {
        let (failed, gap) = self.gaps.miss();
        (self.gaps.period > 0, failed, gap, self.date, self.need, self.capacity)
    }
}

/// A delivery of the demand with what holds for it whatever the capacity period.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    /// Place in the demand.
    pub index: usize,
    /// The delivery.
    pub need: &'a NeedFacts,
    /// From the goods to it.
    pub distance_km: u32,
    /// How far its area is from passing.
    pub area_gap: u16,
    /// If units convert, the smallest share, in offer units, and how far what is taken is below it.
    share: Option<(u64, u16)>,
}

impl<'a> Stop<'a> {
    /// Measures the way to a delivery.
    #[must_use]
    pub fn new(
        pair: &Pair<'a>,
        conversion: Option<&Conversion>,
        (index, need): (usize, &'a NeedFacts),
    ) -> Self {
        let distance_km = pair.offer.point.distance_km(need.point);
        let area_gap = if is_served(pair.offer, need) && is_allowed(pair) {
            pair.demand.max_distance_km.map_or(0, |max| gap(distance_km.into(), max.into()))
        } else {
            FULL_GAP
        };
        let share = conversion.map(|by| {
            let smallest = smallest_share(pair, by);
            (smallest, gap(by.demand_units_reaching(smallest), need.most()))
        });
        Self { index, need, distance_km, area_gap, share }
    }

    /// Judges a capacity period with this delivery.
    #[must_use]
    pub fn judge(&self, pair: &Pair<'_>, (index, capacity): (usize, &FreeCapacity)) -> Encounter {
        let (period, date) = self.meeting(pair, capacity.period);
        let gaps = PairGaps {
            period,
            quantity: self.share.map_or(FULL_GAP, |(smallest, untaken)| {
                gap(smallest, capacity.free()).max(untaken)
            }),
            stars: stars_gap(pair, date),
            certificates: papers_gap(pair, pair.demand.certificates, date),
            area: self.area_gap,
            market: market_gap(pair, date),
        };
        Encounter { capacity: index, need: self.index, date, gaps }
    }

    /// Days from the first of capacity and window to end, to the last of capacity, window and lead
    /// time to begin; and the judged delivery date.
    fn meeting(&self, pair: &Pair<'_>, capacity: Period) -> (u16, Date) {
        let (window, earliest) = (self.need.window, pair.earliest());
        let begins = capacity.from().max(window.from()).max(earliest);
        let ends = capacity.to().min(window.to());
        if begins <= ends {
            return (0, ends);
        }
        let remedy = window_remedy(capacity, window, earliest).and_then(Remedy::day);
        (days_gap(begins.days() - ends.days()), remedy.unwrap_or(window.to()))
    }
}

/// The smallest quantity that the offer's and the demand's minimum allow, in offer units on the
/// increment.
#[must_use]
pub fn smallest_share(pair: &Pair<'_>, conversion: &Conversion) -> u64 {
    let offer = pair.offer;
    match pair.demand.rare().min_share {
        None => offer.min_order(),
        Some(share) => {
            let least = offer.min_order().max(conversion.offer_units_reaching(share));
            least.checked_next_multiple_of(offer.increment()).unwrap_or(u64::MAX)
        }
    }
}

/// Whether the offer serves the delivery's province.
#[must_use]
pub fn is_served(offer: &OfferFacts, need: &NeedFacts) -> bool {
    let provinces = offer.delivers_to();
    provinces.is_empty() || provinces.contains(need.province)
}

/// Whether the demand allows the producer's province.
#[must_use]
pub fn is_allowed(pair: &Pair<'_>) -> bool {
    let provinces = pair.demand.rare().provinces;
    provinces.is_empty() || provinces.contains(pair.producer.province)
}

fn stars_gap(pair: &Pair<'_>, date: Date) -> u16 {
    let Some(min_stars) = pair.demand.min_stars else {
        return 0;
    };
    let stars = pair.stars_on(date).map_or(0, Stars::number);
    if stars >= min_stars {
        return 0;
    }
    match pair.stars_lapsed_on(date) {
        Some(last) => days_gap(date.days() - last.days()),
        None => gap(min_stars.into(), stars.into()),
    }
}

fn papers_gap(pair: &Pair<'_>, required: CertificateKinds, date: Date) -> u16 {
    if required.is_empty() {
        return 0;
    }
    let missing = pair.missing_on(required, date);
    let gaps = missing.iter().map(|kind| lapse_gap(pair.paper_lapsed_on(kind, date), date));
    gaps.sum::<u32>().div_ceil(required.iter().count() as u32) as u16
}

fn market_gap(pair: &Pair<'_>, date: Date) -> u16 {
    let groups = &pair.demand.rare().market_papers;
    if groups.is_empty() {
        return 0;
    }
    let unmet = groups.iter().filter(|group| !pair.has_any(**group, date));
    let gaps = unmet.map(|group| lapse_gap(pair.any_lapsed_on(*group, date), date));
    gaps.sum::<u32>().div_ceil(groups.len() as u32) as u16
}

fn lapse_gap(lapsed_on: Option<Date>, date: Date) -> u32 {
    lapsed_on.map_or(FULL_GAP, |last| days_gap(date.days() - last.days())).into()
}

/// How far `have` is below `need`, as a share of `need`, 1 to 10000 basis points; 0 if it is not.
fn gap(need: u64, have: u64) -> u16 {
    let short = u128::from(need.saturating_sub(have));
    if short == 0 {
        return 0;
    }
    let basis = u128::from(BASIS_POINTS);
    (basis * short / u128::from(need)).clamp(1, basis) as u16
}

/// A gap of days, of which a year is a full one; none or fewer are no gap.
fn days_gap(days: i32) -> u16 {
    let days = u64::try_from(days).unwrap_or(0);
    (BASIS_POINTS * days).div_ceil(FULL_GAP_DAYS).min(BASIS_POINTS) as u16
}
