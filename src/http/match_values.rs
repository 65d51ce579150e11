//! The two values that each factor and each check compared, as short texts in the language of the
//! answer: `96000 VND/kg`, `4 sao`, `2027-01-01/2027-01-31`, `không giới hạn`.

use std::borrow::Cow;

use matching::certificate::{CertificateKinds, Stars};
use matching::check::{Check, Finding, Route};
use matching::demand::{DemandState, PriceBasis};
use matching::evaluation::Evaluation;
use matching::factor::Factor;
use matching::facts::DemandFacts;
use matching::offer::OfferState;
use matching::quantity::{Content, Dimension};
use matching::visibility::Visibility;

use super::phrases::{percent, province, said};
use super::problem_texts::Language;

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
    /// The language of the answer.
    pub language: Language,
}

/// What is said of a side that leaves a value open, in Vietnamese and English.
mod open {
    pub(super) const NO_LIMIT: [&str; 2] = ["không giới hạn", "no limit"];
    pub(super) const NOT_ASKED: [&str; 2] = ["không yêu cầu", "not asked for"];
    pub(super) const BY_AGREEMENT: [&str; 2] = ["theo thỏa thuận", "by agreement"];
    pub(super) const NOTHING: [&str; 2] = ["không có", "none"];
    pub(super) const NAMED: [&str; 2] = ["sản phẩm được chọn", "a chosen product"];
    pub(super) const SET: [&str; 2] = ["bộ sản phẩm được chọn", "a chosen product set"];
    pub(super) const OTHER_UNIT: [&str; 2] =
        ["đơn vị tính khác, không quy đổi được", "in another unit that does not convert"];
    pub(super) const NO_DELIVERIES: [&str; 2] = ["chưa có lịch sử giao hàng", "no deliveries yet"];
}

/// The value of a factor on one side.
#[must_use]
pub fn factor_value<'a>(sides: Sides<'a>, factor: Factor, side: Side) -> Cow<'a, str> {
    match side {
        Side::Offer => offer_value(sides, factor),
        Side::Demand => demand_value(sides, factor),
    }
}

fn offer_value<'a>(sides: Sides<'a>, factor: Factor) -> Cow<'a, str> {
    let Sides { product_name, demand, evaluation, language, .. } = sides;
    match factor {
        Factor::Text => product_name.into(),
        Factor::Price => evaluation.landed_unit_price_vnd.map_or_else(
            || said(no_price(evaluation.judgement.conversion.is_some()), language).into(),
            |vnd| counted(vnd, [" VND/", &demand.unit.code]),
        ),
        Factor::Quantity => counted(evaluation.available(), [" ", &demand.unit.code]),
        Factor::Distance => counted(evaluation.distance_km().into(), [" km", ""]),
        Factor::Quality => stars_text(evaluation.stars, language),
        Factor::Reliability => evaluation.reliability.map_or_else(
            || said(open::NO_DELIVERIES, language).into(),
            |share| (percent(share.into(), language) + " %").into(),
        ),
    }
}

fn demand_value<'a>(sides: Sides<'a>, factor: Factor) -> Cow<'a, str> {
    let Sides { demand, words, evaluation, language, .. } = sides;
    let open = |words| Cow::Borrowed(said(words, language));
    match factor {
        Factor::Text => words.map_or_else(|| open(chosen(demand)), Cow::Borrowed),
        Factor::Price => demand.max_unit_price.map_or_else(
            || open(open::NO_LIMIT),
            |price| counted(price.vnd(), [" VND/", &demand.unit.code]),
        ),
        Factor::Quantity => counted(evaluation.wanted(), [" ", &demand.unit.code]),
        Factor::Distance => demand
            .max_distance_km
            .map_or_else(|| open(open::NO_LIMIT), |limit| counted(limit.into(), [" km", ""])),
        Factor::Quality => least_stars(demand.min_stars, language),
        Factor::Reliability => open(open::NOT_ASKED),
    }
}

/// Why an offer has no price in the demand's unit.
const fn no_price(by_agreement: bool) -> [&'static str; 2] {
    if by_agreement { open::BY_AGREEMENT } else { open::OTHER_UNIT }
}

/// What a demand without words names.
fn chosen(demand: &DemandFacts) -> [&'static str; 2] {
    if demand.rare().product_ids.is_empty() { open::SET } else { open::NAMED }
}

/// A count with what is counted. Written without the formatter: a page of matches has two hundred.
fn counted(count: u64, [before, unit]: [&str; 2]) -> Cow<'static, str> {
    let mut digits = itoa::Buffer::new();
    [digits.format(count), before, unit].concat().into()
}

fn stars_text(stars: Option<Stars>, language: Language) -> Cow<'static, str> {
    let words = match stars {
        None => ["không có sao OCOP", "no stars"],
        Some(Stars::Three) => ["3 sao", "3 stars"],
        Some(Stars::Four) => ["4 sao", "4 stars"],
        Some(Stars::PotentialFive) => ["4 sao, tiềm năng 5 sao", "4 stars, potential five"],
        Some(Stars::Five) => ["5 sao", "5 stars"],
    };
    said(words, language).into()
}

fn least_stars(min_stars: Option<u8>, language: Language) -> Cow<'static, str> {
    match min_stars {
        None => said(open::NOT_ASKED, language).into(),
        Some(stars) => counted(stars.into(), [said([" sao", " stars"], language), ""]),
    }
}

/// The value of a check on one side.
#[must_use]
pub fn check_value(check: &Check, side: Side, (unit, language): (&str, Language)) -> String {
    match side {
        Side::Offer => offer_stated(check, (unit, language)),
        Side::Demand => demand_stated(check, (unit, language)),
    }
}

fn offer_stated(check: &Check, (unit, language): (&str, Language)) -> String {
    let said = |words| said(words, language);
    let on = said(["vào ngày", "on"]);
    match check.finding {
        Finding::State { offer, .. } => said(offer_state(offer)).into(),
        Finding::Visible { offer, .. } => said(visibility(offer)).into(),
        Finding::Product { product_set, .. } => {
            format!("{} {}", said(["bộ sản phẩm", "product set"]), product_set.number())
        }
        Finding::Unit { offer, .. } => content(offer.primary(), language),
        Finding::Price { offer_vnd, by_agreement, .. } => match offer_vnd {
            Some(vnd) => format!("{vnd} VND/{unit}"),
            None => said(no_price(by_agreement)).into(),
        },
        Finding::Period { capacity, earliest, .. } => {
            format!("{capacity}, {} {earliest}", said(["sớm nhất có hàng từ ngày", "not before"]))
        }
        Finding::Quantity { smallest: Some(smallest), free: Some(free), .. } => {
            quantities((smallest, free), unit, language)
        }
        Finding::Quantity { .. } => said(open::OTHER_UNIT).into(),
        Finding::Stars { offer, on: day, .. } => {
            format!("{} {on} {day}", stars_text(offer, language))
        }
        Finding::Papers { required, .. } if required.is_empty() => said(open::NOT_ASKED).into(),
        Finding::Papers { required, missing, on: day, .. } => {
            let held = required.without(missing);
            let held = if held.is_empty() { said(open::NOTHING).into() } else { kinds(held) };
            format!("{held} {on} {day}")
        }
        Finding::Area { producer_province, distance_km, .. } => {
            format!("{}, {distance_km} km", province(producer_province, language))
        }
    }
}

fn demand_stated(check: &Check, (unit, language): (&str, Language)) -> String {
    let said = |words| said(words, language);
    match check.finding {
        Finding::State { demand, .. } => said(demand_state(demand)).into(),
        Finding::Visible { demand, .. } => said(visibility(demand)).into(),
        Finding::Product { relevance, route, .. } => wanted(route, relevance, language),
        Finding::Unit { demand, .. } => content(demand, language),
        Finding::Price { ceiling_vnd: Some(vnd), basis, .. } => {
            format!("{vnd} VND/{unit} {}", said(basis_words(basis)))
        }
        Finding::Price { .. } => said(open::NO_LIMIT).into(),
        Finding::Period { window, .. } => window.to_string(),
        Finding::Quantity { wanted, .. } => format!("{wanted} {unit}"),
        Finding::Stars { min_stars, .. } => least_stars(min_stars, language).into_owned(),
        Finding::Papers { required, .. } if required.is_empty() => said(open::NOT_ASKED).into(),
        Finding::Papers { required, .. } => kinds(required),
        Finding::Area { delivery_province, max_distance_km, .. } => {
            let place = province(delivery_province, language);
            match max_distance_km {
                Some(limit) => format!("{place}, {limit} km"),
                None => place,
            }
        }
    }
}

/// What can be ordered: from the smallest order on, and not more than what is free.
fn quantities((smallest, free): (u64, u64), unit: &str, language: Language) -> String {
    match language {
        Language::Vietnamese => format!("từ {smallest} {unit}; còn trống {free} {unit}"),
        Language::English => format!("from {smallest} {unit}; {free} {unit} free"),
    }
}

const fn offer_state(state: OfferState) -> [&'static str; 2] {
    match state {
        OfferState::Draft => ["bản nháp", "draft"],
        OfferState::Published => ["đang mở", "published"],
        OfferState::Paused => ["tạm ngừng", "paused"],
        OfferState::Exhausted => ["hết hàng trong các kỳ còn lại", "exhausted"],
        OfferState::Expired => ["hết hạn", "expired"],
        OfferState::Withdrawn => ["đã rút", "withdrawn"],
    }
}

const fn demand_state(state: DemandState) -> [&'static str; 2] {
    match state {
        DemandState::Draft => ["bản nháp", "draft"],
        DemandState::Open => ["đang mở", "open"],
        DemandState::PartiallyCovered => ["đã thỏa thuận một phần", "partially covered"],
        DemandState::Covered => ["đã thỏa thuận đủ", "covered"],
        DemandState::Closed => ["đã đóng", "closed"],
        DemandState::Cancelled => ["đã hủy", "cancelled"],
        DemandState::Expired => ["hết hạn", "expired"],
    }
}

const fn visibility(visibility: Visibility) -> [&'static str; 2] {
    match visibility {
        Visibility::Public => ["công khai", "public"],
        Visibility::Coordinators => ["chỉ đơn vị điều phối", "coordinators"],
        Visibility::Invited => ["chỉ đơn vị được mời", "invited"],
    }
}

const fn basis_words(basis: PriceBasis) -> [&'static str; 2] {
    match basis {
        PriceBasis::AtOrigin => ["tại nơi sản xuất", "at origin"],
        PriceBasis::Delivered => ["giao tận nơi", "delivered"],
    }
}

fn wanted(route: Option<Route>, relevance: u16, language: Language) -> String {
    match route {
        Some(Route::Named) => said(open::NAMED, language).into(),
        Some(Route::ProductSet) => said(open::SET, language).into(),
        Some(Route::Substitute { index, .. }) => {
            format!("{} {}", said(["hàng thay thế", "substitute"], language), index + 1)
        }
        Some(Route::Text) | None => {
            let relevance = percent(relevance.into(), language);
            format!("{} {relevance} %", said(["độ phù hợp", "relevance"], language))
        }
    }
}

fn content(content: Content, language: Language) -> String {
    let base = match content.dimension {
        Dimension::Mass => ["g", "g"],
        Dimension::Volume => ["ml", "ml"],
        Dimension::Count => ["cái", "piece"],
        Dimension::Length => ["mm", "mm"],
        Dimension::Area => ["m²", "m²"],
        Dimension::Guests => ["khách", "guest"],
        Dimension::RoomNights => ["phòng/đêm", "room-night"],
    };
    format!("{} {}", content.base_units, said(base, language))
}

/// The codes of some papers.
fn kinds(kinds: CertificateKinds) -> String {
    kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_in_words() {
        let states = [
            demand_state(DemandState::PartiallyCovered),
            offer_state(OfferState::Paused),
            visibility(Visibility::Invited),
        ];
        let vietnamese = ["đã thỏa thuận một phần", "tạm ngừng", "chỉ đơn vị được mời"];
        assert_eq!(states.map(|it| said(it, Language::Vietnamese)), vietnamese);
        let english = ["partially covered", "paused", "invited"];
        assert_eq!(states.map(|it| said(it, Language::English)), english);
    }

    #[test]
    fn a_smallest_order_above_what_is_free_is_no_range() {
        let told = |language| quantities((5_000, 655), "kg", language);
        assert_eq!(told(Language::Vietnamese), "từ 5000 kg; còn trống 655 kg");
        assert_eq!(told(Language::English), "from 5000 kg; 655 kg free");
    }
}
