//! The eleven checks of a pair: what was compared, whether it passes, how far it is from passing
//! and what would let it in. Must not know how the values are found, nor words for them.

use crate::certificate::{CertificateKinds, Stars};
use crate::date::{Date, Period};
use crate::demand::{DemandState, PriceBasis};
use crate::factor::BASIS_POINTS;
use crate::offer::OfferState;
use crate::place::ProvinceCode;
use crate::product::ProductSet;
use crate::quantity::{Content, UnitContent};
use crate::visibility::Visibility;

/// The number of checks.
pub const CHECKS: usize = 11;

/// A check, in the order of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckCode {
    /// Both are open, of different parties.
    State,
    /// Each may see the other.
    Visible,
    /// The product is one that is wanted.
    Product,
    /// The units convert.
    Unit,
    /// The price is within the ceiling.
    Price,
    /// A capacity period overlaps a delivery window, the lead time kept.
    Period,
    /// Some quantity fits.
    Quantity,
    /// Stars on the delivery date.
    Stars,
    /// Papers on the delivery date.
    Certificates,
    /// Provinces and distance.
    Area,
    /// Papers of the destination market on the delivery date.
    Market,
}

impl CheckCode {
    /// Every check in order.
    pub const ALL: [Self; CHECKS] = [
        Self::State,
        Self::Visible,
        Self::Product,
        Self::Unit,
        Self::Price,
        Self::Period,
        Self::Quantity,
        Self::Stars,
        Self::Certificates,
        Self::Area,
        Self::Market,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Visible => "visible",
            Self::Product => "product",
            Self::Unit => "unit",
            Self::Price => "price",
            Self::Period => "period",
            Self::Quantity => "quantity",
            Self::Stars => "stars",
            Self::Certificates => "certificates",
            Self::Area => "area",
            Self::Market => "market",
        }
    }
}

/// Why a product is one that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The demand names the product.
    Named,
    /// The demand names its set.
    ProductSet,
    /// Its name answers the demand's text.
    Text,
    /// A declared substitute, by its place in the demand's list, with its ratio in basis points.
    Substitute {
        /// Place in the list.
        index: u8,
        /// Units of it for one unit wanted, in basis points.
        ratio: u32,
    },
}

impl Route {
    /// Offered units for one wanted unit, in basis points.
    #[must_use]
    pub const fn ratio(self) -> u32 {
        match self {
            Self::Substitute { ratio, .. } => ratio,
            Self::Named | Self::ProductSet | Self::Text => BASIS_POINTS as u32,
        }
    }
}

/// What a check compared, offer side and demand side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// [`CheckCode::State`].
    State {
        /// State of the offer today.
        offer: OfferState,
        /// State of the demand now.
        demand: DemandState,
        /// Whether one party owns both.
        same_party: bool,
    },
    /// [`CheckCode::Visible`].
    Visible {
        /// Level of the offer.
        offer: Visibility,
        /// Level of the demand.
        demand: Visibility,
        /// Whether the buyer may see the offer.
        offer_admits: bool,
        /// Whether the producer may see the demand.
        demand_admits: bool,
    },
    /// [`CheckCode::Product`].
    Product {
        /// Set of the offered product.
        product_set: ProductSet,
        /// Relevance of its name to the demand's text.
        relevance: u16,
        /// Why it is wanted, if it is.
        route: Option<Route>,
    },
    /// [`CheckCode::Unit`].
    Unit {
        /// What one offer unit contains.
        offer: UnitContent,
        /// What one demand unit contains.
        demand: Content,
    },
    /// [`CheckCode::Price`].
    Price {
        /// The compared price of one demand unit, in đồng rounded up; absent by agreement or where
        /// the units do not convert.
        offer_vnd: Option<u64>,
        /// Whether the offer has no price.
        by_agreement: bool,
        /// The ceiling of one demand unit, in đồng.
        ceiling_vnd: Option<u64>,
        /// Where they are compared.
        basis: PriceBasis,
    },
    /// [`CheckCode::Period`].
    Period {
        /// The capacity period.
        capacity: Period,
        /// The delivery window.
        window: Period,
        /// The first day that keeps the lead time.
        earliest: Date,
    },
    /// [`CheckCode::Quantity`], all in the demand's unit; absent where the units do not convert.
    Quantity {
        /// The smallest quantity that min_order, increment and min_share allow, rounded up.
        smallest: Option<u64>,
        /// What is free in the capacity period, rounded down.
        free: Option<u64>,
        /// Whether the smallest quantity is free, without rounding.
        is_free: bool,
        /// The most that the delivery takes.
        wanted: u64,
    },
    /// [`CheckCode::Stars`].
    Stars {
        /// The judged delivery date.
        on: Date,
        /// Stars that count on that day.
        offer: Option<Stars>,
        /// The fewest stars that are enough.
        min_stars: Option<u8>,
        /// Last day of enough stars, where they lapse before the delivery date.
        lapsed_on: Option<Date>,
    },
    /// [`CheckCode::Certificates`] and [`CheckCode::Market`].
    Papers {
        /// The judged delivery date.
        on: Date,
        /// Papers that must count on that day; of the market, those of all its groups.
        required: CertificateKinds,
        /// Those that do not; of the market, those of the groups of which none counts (one of each
        /// such group is enough).
        missing: CertificateKinds,
        /// The earliest last day of a missing paper (of the market, of the last one of a group)
        /// that lapses before the delivery date.
        lapsed_on: Option<Date>,
        /// Of the market, in how many groups none counts; absent for certificates.
        unmet_groups: Option<u8>,
    },
    /// [`CheckCode::Area`].
    Area {
        /// Province of the goods.
        producer_province: ProvinceCode,
        /// Province of the delivery.
        delivery_province: ProvinceCode,
        /// Whether the offer serves the delivery's province.
        is_served: bool,
        /// Whether the demand allows the offer's province.
        is_allowed: bool,
        /// From the goods to the delivery.
        distance_km: u32,
        /// The longest way.
        max_distance_km: Option<u32>,
    },
}

/// One check of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub code: CheckCode,
    /// What was compared.
    pub finding: Finding,
    /// How far it is from passing, 1 to 10000 basis points; 0 passes.
    pub gap: u16,
}

/// What would let a failed check pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A ceiling of this price of one demand unit, in đồng, `raise_bp` basis points higher.
    Ceiling {
        /// The ceiling that is enough.
        unit_price_vnd: u64,
        /// How much higher, in basis points of the present one, rounded up.
        raise_bp: u64,
    },
    /// A delivery that takes at least this, in the demand's unit.
    WantedQuantity {
        /// The quantity that is enough.
        at_least: u64,
    },
    /// Free capacity of at least this, in the demand's unit.
    FreeQuantity {
        /// The quantity that is enough.
        at_least: u64,
    },
    /// A delivery that takes at least this, and as much free, in the demand's unit.
    BothQuantities {
        /// The quantity that is enough.
        at_least: u64,
    },
    /// A capacity period that reaches this day.
    CapacityUntil {
        /// The first day that is enough.
        day: Date,
    },
    /// A delivery window that reaches this day.
    WindowUntil {
        /// The first day that is enough.
        day: Date,
    },
    /// A delivery window that begins on this day or before.
    WindowFrom {
        /// The last day that is enough.
        day: Date,
    },
    /// Stars and papers that count on this day; a lapsed one counted until `lapsed_on`.
    Renewal {
        /// The delivery date.
        day: Date,
        /// Last day of what lapses first.
        lapsed_on: Date,
    },
    /// Only this many stars required (absent: none).
    MinStars {
        /// The number that passes.
        stars: Option<u8>,
    },
    /// All of these papers.
    Papers {
        /// What is missing.
        missing: CertificateKinds,
    },
    /// For the market, one of these papers, or one of each group of them.
    AnyPaper {
        /// Whatever would count.
        missing: CertificateKinds,
        /// How many groups need one.
        groups: u8,
    },
    /// All of these, as far as they are there.
    Area {
        /// The offer delivers to this province.
        served: Option<ProvinceCode>,
        /// The demand allows this province.
        allowed: Option<ProvinceCode>,
        /// A way of this length allowed.
        max_distance_km: Option<u32>,
    },
}

impl Remedy {
    /// The day that lets a period pass.
    pub(crate) const fn day(self) -> Option<Date> {
        match self {
            Self::CapacityUntil { day } | Self::WindowUntil { day } | Self::WindowFrom { day } => {
                Some(day)
            }
            _ => None,
        }
    }
}

impl Check {
    /// Whether it passes.
    #[must_use]
    pub const fn passes(&self) -> bool {
        self.gap == 0
    }

    /// What would let it pass, where one number, day or paper would.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        if self.passes() {
            return None;
        }
        match self.finding {
            Finding::Price { offer_vnd, ceiling_vnd, .. } => {
                ceiling_remedy(offer_vnd?, ceiling_vnd?)
            }
            Finding::Period { capacity, window, earliest } => {
                window_remedy(capacity, window, earliest)
            }
            Finding::Quantity { smallest, wanted, is_free, .. } => {
                let at_least = smallest?;
                Some(match (at_least > wanted, is_free) {
                    (true, true) => Remedy::WantedQuantity { at_least },
                    (true, false) => Remedy::BothQuantities { at_least },
                    (false, _) => Remedy::FreeQuantity { at_least },
                })
            }
            Finding::Stars { on, lapsed_on: Some(lapsed_on), .. }
            | Finding::Papers { on, lapsed_on: Some(lapsed_on), .. } => {
                Some(Remedy::Renewal { day: on, lapsed_on })
            }
            Finding::Stars { offer, .. } => {
                Some(Remedy::MinStars { stars: offer.map(Stars::number) })
            }
            Finding::Papers { missing, unmet_groups: Some(groups), .. } => {
                Some(Remedy::AnyPaper { missing, groups })
            }
            Finding::Papers { missing, .. } => Some(Remedy::Papers { missing }),
            Finding::Area {
                producer_province,
                delivery_province,
                is_served,
                is_allowed,
                distance_km,
                max_distance_km,
            } => Some(Remedy::Area {
                served: (!is_served).then_some(delivery_province),
                allowed: (!is_allowed).then_some(producer_province),
                max_distance_km: max_distance_km
                    .filter(|most| distance_km > *most)
                    .map(|_| distance_km),
            }),
            Finding::State { .. }
            | Finding::Visible { .. }
            | Finding::Product { .. }
            | Finding::Unit { .. } => None,
        }
    }
}

fn ceiling_remedy(unit_price_vnd: u64, ceiling_vnd: u64) -> Option<Remedy> {
    let raise = u128::from(unit_price_vnd.saturating_sub(ceiling_vnd)) * u128::from(BASIS_POINTS);
    let raise_bp = crate::price::saturate(raise.div_ceil(u128::from(ceiling_vnd.max(1))));
    Some(Remedy::Ceiling { unit_price_vnd, raise_bp })
}

/// The window must reach the first deliverable day of the capacity, or begin by its last day; where
/// no day of the capacity keeps the lead time, the capacity must reach one of the window that does.
pub(crate) fn window_remedy(capacity: Period, window: Period, earliest: Date) -> Option<Remedy> {
    let first = capacity.from().max(earliest);
    if first > capacity.to() {
        let day = earliest.max(window.from());
        return (day <= window.to()).then_some(Remedy::CapacityUntil { day });
    }
    let is_late = window.from() > capacity.to();
    let (from, until) =
        (Remedy::WindowFrom { day: capacity.to() }, Remedy::WindowUntil { day: first });
    Some(if is_late { from } else { until })
}
