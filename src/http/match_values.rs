//! The two values that each factor and each check compared, as short texts that no language needs:
//! `96000 VND/kg`, `620 kg`, `2027-01-01/2027-01-31`.

use std::borrow::Cow;
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
pub fn factor_value<'a>(sides: Sides<'a>, factor: Factor, side: Side) -> Option<Cow<'a, str>> {
    match side {
        Side::Offer => offer_value(sides, factor),
        Side::Demand => demand_value(sides, factor),
    }
}

fn offer_value<'a>(sides: Sides<'a>, factor: Factor) -> Option<Cow<'a, str>> {
    let Sides { product_name, demand, evaluation, .. } = sides;
    Some(match factor {
        Factor::Text => product_name.into(),
        Factor::Price => counted(evaluation.landed_unit_price_vnd?, [" VND/", &demand.unit.code]),
        Factor::Quantity => counted(evaluation.available(), [" ", &demand.unit.code]),
        Factor::Distance => counted(evaluation.distance_km().into(), [" km", ""]),
        Factor::Quality => StarsText(Some(evaluation.stars?)).to_string().into(),
        Factor::Reliability => {
            let value = evaluation.judgement.values[Factor::Reliability as usize];
            format!("{}.{:02} %", value / 100, value % 100).into()
        }
    })
}

fn demand_value<'a>(sides: Sides<'a>, factor: Factor) -> Option<Cow<'a, str>> {
    let Sides { demand, words, evaluation, .. } = sides;
    Some(match factor {
        Factor::Text => words?.into(),
        Factor::Price => counted(demand.max_unit_price?.vnd(), [" VND/", &demand.unit.code]),
        Factor::Quantity => counted(evaluation.wanted(), [" ", &demand.unit.code]),
        Factor::Distance => counted(demand.max_distance_km?.into(), [" km", ""]),
        Factor::Quality => counted(demand.min_stars?.into(), [" stars", ""]),
        Factor::Reliability => return None,
    })
}

/// A count with what is counted. Written without the formatter: a page of matches has two hundred.
fn counted(count: u64, [before, unit]: [&str; 2]) -> Cow<'static, str> {
    let mut digits = itoa::Buffer::new();
    [digits.format(count), before, unit].concat().into()
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
        (Finding::Area { producer_province, distance_km, .. }, Side::Offer) => {
            Some(format!("province {producer_province}, {distance_km} km"))
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
