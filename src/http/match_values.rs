//! The two values that each factor and each check compared, as short texts that no language needs:
//! `96000 VND/kg`, `620 kg`, `2027-01-01/2027-01-31`. Written straight into the answer.

use std::fmt::{self, Display, Formatter};

use matching::certificate::{CertificateKinds, Stars};
use matching::check::{Check, Finding, Route};
use matching::demand::PriceBasis;
use matching::evaluation::Evaluation;
use matching::factor::Factor;
use matching::facts::DemandFacts;
use matching::quantity::{Content, Dimension};
use matching::visibility::Visibility;

/// Which side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The offer's.
    Offer,
    /// The demand's.
    Demand,
}

/// A pair as its values are written.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// Name of the product.
    pub product_name: &'a str,
    /// The demand.
    pub demand: &'a DemandFacts,
    /// The demand's text, if it has one.
    pub words: Option<&'a str>,
    /// The judgement.
    pub evaluation: &'a Evaluation,
}

/// The value of a factor on one side; none where that side leaves it open.
#[must_use]
pub fn factor_value<'a>(sides: Sides<'a>, factor: Factor, side: Side) -> Option<FactorValue<'a>> {
    let value = FactorValue { sides, factor, side };
    value.is_stated().then_some(value)
}

/// A stated value of a factor.
#[derive(Debug, Clone, Copy)]
pub struct FactorValue<'a> {
    sides: Sides<'a>,
    factor: Factor,
    side: Side,
}

impl FactorValue<'_> {
    fn is_stated(&self) -> bool {
        let Sides { demand, words, evaluation, .. } = self.sides;
        match (self.factor, self.side) {
            (Factor::Text, Side::Demand) => words.is_some(),
            (Factor::Price, Side::Offer) => evaluation.landed_unit_price_vnd.is_some(),
            (Factor::Price, Side::Demand) => demand.max_unit_price.is_some(),
            (Factor::Quality, Side::Offer) => evaluation.stars.is_some(),
            (Factor::Quality, Side::Demand) => demand.min_stars.is_some(),
            (Factor::Distance, Side::Demand) => demand.max_distance_km.is_some(),
            (Factor::Reliability, Side::Demand) => false,
            _ => true,
        }
    }
}

impl Display for FactorValue<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Sides { product_name, demand, words, evaluation } = self.sides;
        let unit = &*demand.unit;
        match (self.factor, self.side) {
            (Factor::Text, Side::Offer) => out.write_str(product_name),
            (Factor::Text, Side::Demand) => out.write_str(words.unwrap_or_default()),
            (Factor::Price, Side::Offer) => {
                let price = evaluation.landed_unit_price_vnd.unwrap_or_default();
                write!(out, "{price} VND/{unit}")
            }
            (Factor::Price, Side::Demand) => {
                let price = demand.max_unit_price.map_or(0, |price| price.vnd());
                write!(out, "{price} VND/{unit}")
            }
            (Factor::Quantity, Side::Offer) => write!(out, "{} {unit}", evaluation.available()),
            (Factor::Quantity, Side::Demand) => write!(out, "{} {unit}", evaluation.wanted()),
            (Factor::Distance, Side::Offer) => write!(out, "{} km", evaluation.distance_km()),
            (Factor::Distance, Side::Demand) => {
                write!(out, "{} km", demand.max_distance_km.unwrap_or_default())
            }
            (Factor::Quality, Side::Offer) => StarsText(evaluation.stars).fmt(out),
            (Factor::Quality, Side::Demand) => {
                write!(out, "{} stars", demand.min_stars.unwrap_or_default())
            }
            (Factor::Reliability, _) => {
                let value = evaluation.judgement.values[Factor::Reliability as usize];
                write!(out, "{}.{:02} %", value / 100, value % 100)
            }
        }
    }
}

struct StarsText(Option<Stars>);

impl Display for StarsText {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => out.write_str("0 stars"),
            Some(Stars::PotentialFive) => out.write_str("4 stars, potential five"),
            Some(stars) => write!(out, "{} stars", stars.number()),
        }
    }
}

/// The value of a check on one side; none where that side leaves it open.
#[must_use]
pub fn check_value(check: &Check, side: Side, unit: &str) -> Option<String> {
    let quantity = |quantity: u64| format!("{quantity} {unit}");
    let price = |vnd: u64| format!("{vnd} VND/{unit}");
    match (check.finding, side) {
        (Finding::State { offer, .. }, Side::Offer) => Some(format!("{offer:?}").to_lowercase()),
        (Finding::State { demand, .. }, Side::Demand) => Some(format!("{demand:?}").to_lowercase()),
        (Finding::Visible { offer, .. }, Side::Offer) => Some(visibility(offer).into()),
        (Finding::Visible { demand, .. }, Side::Demand) => Some(visibility(demand).into()),
        (Finding::Product { product_set, .. }, Side::Offer) => {
            Some(format!("set {}", product_set.number()))
        }
        (Finding::Product { relevance, route, .. }, Side::Demand) => Some(wanted(route, relevance)),
        (Finding::Unit { offer, .. }, Side::Offer) => Some(content(offer.primary())),
        (Finding::Unit { demand, .. }, Side::Demand) => Some(content(demand)),
        (Finding::Price { offer_vnd, .. }, Side::Offer) => offer_vnd.map(price),
        (Finding::Price { ceiling_vnd, basis, .. }, Side::Demand) => {
            ceiling_vnd.map(|vnd| format!("{} {}", price(vnd), basis_word(basis)))
        }
        (Finding::Period { capacity, earliest, .. }, Side::Offer) => {
            Some(format!("{capacity}, from {earliest} on"))
        }
        (Finding::Period { window, .. }, Side::Demand) => Some(window.to_string()),
        (Finding::Quantity { smallest, free, .. }, Side::Offer) => {
            let (smallest, free) = (smallest?, free?);
            Some(format!("{} to {}", quantity(smallest), quantity(free)))
        }
        (Finding::Quantity { wanted, .. }, Side::Demand) => Some(quantity(wanted)),
        (Finding::Stars { offer, on, .. }, Side::Offer) => {
            Some(format!("{} on {on}", StarsText(offer)))
        }
        (Finding::Stars { min_stars, .. }, Side::Demand) => {
            min_stars.map(|stars| format!("{stars} stars"))
        }
        (Finding::Papers { required, missing, on, .. }, Side::Offer) => {
            (!required.is_empty()).then(|| format!("{} on {on}", kinds(required.without(missing))))
        }
        (Finding::Papers { required, .. }, Side::Demand) => {
            (!required.is_empty()).then(|| kinds(required))
        }
        (Finding::Area { offer_province, distance_km, .. }, Side::Offer) => {
            Some(format!("province {offer_province}, {distance_km} km"))
        }
        (Finding::Area { delivery_province, max_distance_km, .. }, Side::Demand) => {
            Some(match max_distance_km {
                Some(limit) => format!("province {delivery_province}, {limit} km"),
                None => format!("province {delivery_province}"),
            })
        }
    }
}

fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Coordinators => "coordinators",
        Visibility::Invited => "invited",
    }
}

const fn basis_word(basis: PriceBasis) -> &'static str {
    match basis {
        PriceBasis::AtOrigin => "at_origin",
        PriceBasis::Delivered => "delivered",
    }
}

fn wanted(route: Option<Route>, relevance: u16) -> String {
    match route {
        Some(Route::Named) => "named".into(),
        Some(Route::ProductSet) => "product set".into(),
        Some(Route::Substitute { index, .. }) => format!("substitute {}", index + 1),
        Some(Route::Text) | None => format!("relevance {relevance}"),
    }
}

fn content(content: Content) -> String {
    let base = match content.dimension {
        Dimension::Mass => "g",
        Dimension::Volume => "ml",
        Dimension::Count => "piece",
        Dimension::Length => "mm",
        Dimension::Area => "m2",
        Dimension::Guests => "guest",
        Dimension::RoomNights => "room_night",
    };
    format!("{} {base}", content.base_units)
}

/// The codes of some papers.
pub(super) fn kinds(kinds: CertificateKinds) -> String {
    let codes: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    if codes.is_empty() { "none".into() } else { codes.join(", ") }
}
