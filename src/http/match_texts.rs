//! What would let a failed check pass, in Vietnamese and English.

use matching::certificate::CertificateKinds;
use matching::check::{Check, CheckCode, Finding, Remedy};
use matching::facts::DemandFacts;

use super::phrases::{listed, papers, percent, province, said};
use super::problem_texts::Language;

/// A sentence on a failed check of a demand: what would let it pass.
#[must_use]
pub fn remedy_text(check: &Check, demand: &DemandFacts, language: Language) -> String {
    match (check.remedy(), language) {
        (Some(remedy), Language::Vietnamese) => vietnamese(remedy, demand),
        (Some(remedy), Language::English) => english(remedy, demand),
        (None, Language::Vietnamese) => without_remedy_vietnamese(check),
        (None, Language::English) => without_remedy_english(check),
    }
}

fn vietnamese(remedy: Remedy, demand: &DemandFacts) -> String {
    let (unit, language) = (&*demand.unit.code, Language::Vietnamese);
    match remedy {
        Remedy::Ceiling { unit_price_vnd, raise_bp } => format!(
            "Đạt nếu giá trần từ {unit_price_vnd} đồng/{unit} trở lên (cao hơn {} %).",
            percent(raise_bp, language)
        ),
        Remedy::WantedQuantity { at_least } => {
            format!("Đạt nếu lượng nhận mỗi lần giao từ {at_least} {unit} trở lên.")
        }
        Remedy::FreeQuantity { at_least } => {
            format!("Đạt nếu sản lượng còn trống từ {at_least} {unit} trở lên.")
        }
        Remedy::BothQuantities { at_least } => format!(
            "Đạt nếu lượng nhận mỗi lần giao và sản lượng còn trống đều từ {at_least} {unit} trở \
             lên."
        ),
        Remedy::CapacityUntil { day } => format!(
            "Đạt nếu kỳ cung ứng kéo dài ít nhất đến ngày {day} (đã tính thời gian chuẩn bị hàng)."
        ),
        Remedy::WindowUntil { day } => {
            format!("Đạt nếu thời gian nhận kéo dài ít nhất đến ngày {day}.")
        }
        Remedy::WindowFrom { day } => {
            format!("Đạt nếu thời gian nhận bắt đầu chậm nhất ngày {day}.")
        }
        Remedy::Renewal { day, lapsed_on } => format!(
            "Giấy chứng nhận có hiệu lực đến hết ngày {lapsed_on}; đạt nếu được công nhận lại hoặc \
             cấp lại, còn hiệu lực đến ngày {day}."
        ),
        Remedy::MinStars { stars: Some(stars) } => format!("Đạt nếu chỉ yêu cầu {stars} sao."),
        Remedy::MinStars { stars: None } => "Đạt nếu bỏ yêu cầu về số sao.".into(),
        Remedy::Papers { missing } => format!("Đạt nếu có: {}.", papers(missing, "; ", language)),
        Remedy::AnyPaper { missing, .. } => {
            format!("Đạt nếu {}.", unmet_groups(demand, missing, language))
        }
        Remedy::Area { served, allowed, max_distance_km } => {
            let place = |code| province(code, language);
            let parts = [
                served.map(|code| format!("bên bán giao đến {}", place(code))),
                allowed.map(|code| format!("bên mua chấp nhận hàng từ {}", place(code))),
                max_distance_km.map(|way| format!("bên mua chấp nhận khoảng cách đến {way} km")),
            ];
            format!("Đạt nếu {}.", all_of(parts, language))
        }
    }
}

fn english(remedy: Remedy, demand: &DemandFacts) -> String {
    let (unit, language) = (&*demand.unit.code, Language::English);
    match remedy {
        Remedy::Ceiling { unit_price_vnd, raise_bp } => format!(
            "Would match with a ceiling of {unit_price_vnd} VND/{unit} ({} % higher).",
            percent(raise_bp, language)
        ),
        Remedy::WantedQuantity { at_least } => {
            format!("Would match with a delivery of at least {at_least} {unit}.")
        }
        Remedy::FreeQuantity { at_least } => {
            format!("Would match with at least {at_least} {unit} free.")
        }
        Remedy::BothQuantities { at_least } => {
            format!("Would match with a delivery of at least {at_least} {unit}, and as much free.")
        }
        Remedy::CapacityUntil { day } => {
            format!("Would match with capacity until {day}, the lead time counted.")
        }
        Remedy::WindowUntil { day } => format!("Would match with a window until {day}."),
        Remedy::WindowFrom { day } => {
            format!("Would match with a window that begins by {day}.")
        }
        Remedy::Renewal { day, lapsed_on } => {
            format!("Valid until {lapsed_on}; would match if renewed until {day}.")
        }
        Remedy::MinStars { stars: Some(stars) } => {
            format!("Would match with only {stars} stars required.")
        }
        Remedy::MinStars { stars: None } => "Would match without required stars.".into(),
        Remedy::Papers { missing } => {
            format!("Would match with: {}.", papers(missing, "; ", language))
        }
        Remedy::AnyPaper { missing, .. } => {
            format!("Would match {}.", unmet_groups(demand, missing, language))
        }
        Remedy::Area { served, allowed, max_distance_km } => {
            let place = |code| province(code, language);
            let parts = [
                served.map(|code| format!("the seller delivered to {}", place(code))),
                allowed.map(|code| format!("the buyer accepted goods from {}", place(code))),
                max_distance_km.map(|way| format!("the buyer accepted {way} km")),
            ];
            format!("Would match if {}.", all_of(parts, language))
        }
    }
}

/// What is missing of each group of papers of the demand's market of which none counts.
fn unmet_groups(demand: &DemandFacts, missing: CertificateKinds, language: Language) -> String {
    let groups = demand.rare().market_papers.iter().copied();
    let unmet = groups.filter(|group| group.without(missing).is_empty());
    let needs = unmet.map(|group| match group.iter().count() {
        1 => format!("{} {}", said(["có:", "with:"], language), papers(group, ", ", language)),
        _ => {
            let one_of = said(["có một trong:", "with one of:"], language);
            format!("{one_of} {}", papers(group, ", ", language))
        }
    });
    needs.collect::<Vec<_>>().join(said(["; và ", "; and "], language))
}

fn without_remedy_vietnamese(check: &Check) -> String {
    match (check.code, check.finding) {
        (_, Finding::State { same_party: true, .. }) => {
            "Bên bán và bên mua là cùng một đơn vị.".into()
        }
        (CheckCode::State, _) => "Khả năng cung ứng hoặc nhu cầu hiện không mở.".into(),
        (CheckCode::Visible, _) => "Một bên không được xem thông tin của bên kia.".into(),
        (CheckCode::Product, _) => "Không phải sản phẩm cần mua.".into(),
        (CheckCode::Unit, _)
        | (_, Finding::Price { offer_vnd: None, .. })
        | (_, Finding::Quantity { smallest: None, .. }) => "Đơn vị tính không quy đổi được.".into(),
        (_, Finding::Period { earliest, .. }) => {
            format!(
                "Hàng chuẩn bị xong sớm nhất ngày {earliest}, khi kỳ cung ứng và thời gian nhận \
                 đều đã hết."
            )
        }
        _ => "Không đạt.".into(),
    }
}

fn without_remedy_english(check: &Check) -> String {
    match (check.code, check.finding) {
        (_, Finding::State { same_party: true, .. }) => "One party owns both sides.".into(),
        (CheckCode::State, _) => "The offer or the demand is not open.".into(),
        (CheckCode::Visible, _) => "One side may not see the other.".into(),
        (CheckCode::Product, _) => "It is not a product that is wanted.".into(),
        (CheckCode::Unit, _)
        | (_, Finding::Price { offer_vnd: None, .. })
        | (_, Finding::Quantity { smallest: None, .. }) => "The units do not convert.".into(),
        (_, Finding::Period { earliest, .. }) => {
            format!("Ready on {earliest} at the earliest, after the capacity and the window.")
        }
        _ => "It does not pass.".into(),
    }
}

fn all_of(parts: [Option<String>; 3], language: Language) -> String {
    listed(&parts.into_iter().flatten().collect::<Vec<_>>(), language)
}
