//! What would let a failed check pass, in Vietnamese and English.

use matching::check::{Check, CheckCode, Finding, Remedy};

use super::match_values::kinds;
use super::problem_texts::Language;

/// A sentence on a failed check: what would let it pass.
#[must_use]
pub fn remedy_text(check: &Check, unit: &str, language: Language) -> String {
    match language {
        Language::Vietnamese => vietnamese(check, unit),
        Language::English => english(check, unit),
    }
}

fn vietnamese(check: &Check, unit: &str) -> String {
    let Some(remedy) = check.remedy() else { return without_remedy_vietnamese(check) };
    match remedy {
        Remedy::Ceiling { unit_price_vnd, raise_bp } => format!(
            "Đạt nếu giá trần từ {unit_price_vnd} đồng/{unit} (cao hơn {} %).",
            percent(raise_bp)
        ),
        Remedy::WantedQuantity { at_least } => {
            format!("Đạt nếu mỗi lần giao nhận từ {at_least} {unit}.")
        }
        Remedy::FreeQuantity { at_least } => {
            format!("Đạt nếu sản lượng còn trống từ {at_least} {unit}.")
        }
        Remedy::BothQuantities { at_least } => {
            format!("Đạt nếu mỗi lần giao nhận từ {at_least} {unit} và còn trống bấy nhiêu.")
        }
        Remedy::CapacityUntil { day } => {
            format!("Đạt nếu kỳ cung ứng kéo dài đến {day}, khi hàng kịp chuẩn bị.")
        }
        Remedy::WindowUntil { day } => format!("Đạt nếu thời gian nhận kéo dài đến {day}."),
        Remedy::WindowFrom { day } => format!("Đạt nếu thời gian nhận bắt đầu từ {day}."),
        Remedy::Renewal { day, lapsed_on } => {
            format!("Giấy chứng nhận hết hạn ngày {lapsed_on}; đạt nếu được gia hạn đến {day}.")
        }
        Remedy::MinStars { stars: Some(stars) } => format!("Đạt nếu yêu cầu {stars} sao."),
        Remedy::MinStars { stars: None } => "Đạt nếu không yêu cầu số sao.".into(),
        Remedy::Papers { missing } => format!("Đạt nếu có: {}.", kinds(missing)),
        Remedy::AnyPaper { missing, groups: 1 } => {
            format!("Đạt nếu có một trong: {}.", kinds(missing))
        }
        Remedy::AnyPaper { missing, .. } => {
            format!("Đạt nếu mỗi nhóm giấy của thị trường có một trong: {}.", kinds(missing))
        }
        Remedy::Area { served, allowed, max_distance_km } => {
            let parts = [
                served.map(|province| format!("bên bán giao đến tỉnh {province}")),
                allowed.map(|province| format!("chấp nhận hàng từ tỉnh {province}")),
                max_distance_km.map(|way| format!("chấp nhận khoảng cách {way} km")),
            ];
            format!("Đạt nếu {}.", joined(parts, " và "))
        }
    }
}

fn english(check: &Check, unit: &str) -> String {
    let Some(remedy) = check.remedy() else { return without_remedy_english(check) };
    match remedy {
        Remedy::Ceiling { unit_price_vnd, raise_bp } => format!(
            "Would match with a ceiling of {unit_price_vnd} VND/{unit} ({} % higher).",
            percent(raise_bp)
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
            format!("Would match with capacity until {day}, when the lead time is kept.")
        }
        Remedy::WindowUntil { day } => format!("Would match with a window until {day}."),
        Remedy::WindowFrom { day } => format!("Would match with a window from {day}."),
        Remedy::Renewal { day, lapsed_on } => {
            format!("Lapses on {lapsed_on}; would match if renewed until {day}.")
        }
        Remedy::MinStars { stars: Some(stars) } => {
            format!("Would match with {stars} stars required.")
        }
        Remedy::MinStars { stars: None } => "Would match without required stars.".into(),
        Remedy::Papers { missing } => format!("Would match with: {}.", kinds(missing)),
        Remedy::AnyPaper { missing, groups: 1 } => {
            format!("Would match with one of: {}.", kinds(missing))
        }
        Remedy::AnyPaper { missing, .. } => {
            format!("Would match with one of each group of the market: {}.", kinds(missing))
        }
        Remedy::Area { served, allowed, max_distance_km } => {
            let parts = [
                served.map(|province| format!("the offer delivered to province {province}")),
                allowed.map(|province| format!("province {province} were allowed")),
                max_distance_km.map(|way| format!("{way} km were allowed")),
            ];
            format!("Would match if {}.", joined(parts, " and "))
        }
    }
}

fn without_remedy_vietnamese(check: &Check) -> String {
    match (check.code, check.finding) {
        (_, Finding::State { same_party: true, .. }) => "Bên bán và bên mua là một đơn vị.".into(),
        (CheckCode::State, _) => "Khả năng cung ứng hoặc nhu cầu hiện không mở.".into(),
        (CheckCode::Visible, _) => "Một bên không được xem bên kia.".into(),
        (CheckCode::Product, _) => "Không phải sản phẩm cần mua.".into(),
        (CheckCode::Unit, _)
        | (_, Finding::Price { offer_vnd: None, .. })
        | (_, Finding::Quantity { smallest: None, .. }) => "Đơn vị tính không quy đổi được.".into(),
        (_, Finding::Period { earliest, .. }) => {
            format!("Hàng chuẩn bị xong sớm nhất ngày {earliest}, sau kỳ cung ứng và kỳ nhận.")
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

fn joined(parts: [Option<String>; 3], between: &str) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(between)
}

fn percent(basis_points: u64) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") }
}
