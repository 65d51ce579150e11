//! Why a share is that size, what would lessen a shortage, and why there is no answer, in
//! Vietnamese and English.

use matching::allocation::plan::Objective;
use matching::date::Period;
use matching::planning::Rule;
use matching::planning::snapshot::Change;

use super::match_values::kinds;
use super::problem_texts::Language;
use crate::store::allocations::Failure;

/// What is said of a share.
#[derive(Debug, Clone, Copy)]
pub enum Reason<'a> {
    /// All that is free in the period is taken.
    Capacity {
        /// Free in the period.
        quantity: u64,
        /// The offer's unit.
        unit: &'a str,
        /// The period.
        period: Period,
    },
    /// The delivery takes no more.
    Need {
        /// The most that it takes.
        quantity: u64,
        /// The demand's unit.
        unit: &'a str,
    },
    /// The smallest share that both sides allow.
    MinOrder {
        /// The share.
        quantity: u64,
        /// The offer's unit.
        unit: &'a str,
    },
    /// What is left over is less than the increment.
    Increment {
        /// The increment.
        quantity: u64,
        /// The offer's unit.
        unit: &'a str,
    },
    /// The demand has as many producers as it allows.
    MaxSuppliers {
        /// How many.
        suppliers: u32,
    },
    /// Divided by a rule.
    Rule {
        /// The rule.
        rule: Rule,
        /// Sold by the producer over offered within the run, in basis points.
        fill_bp: u16,
        /// The same with earlier allocations, where they count.
        in_all_bp: Option<u16>,
    },
}

/// A sentence on why a share is that size.
#[must_use]
pub fn reason_text(reason: Reason<'_>, language: Language) -> String {
    let text = match language {
        Language::Vietnamese => vietnamese_reason(reason),
        Language::English => english_reason(reason),
    };
    match reason {
        Reason::Rule { in_all_bp: Some(in_all_bp), .. } => {
            [text, in_all_text(percent(in_all_bp.into()), language)].join(" ")
        }
        _ => text,
    }
}

fn in_all_text(fill: String, language: Language) -> String {
    match language {
        Language::Vietnamese => {
            format!("Tính cả các đợt trước, đơn vị đã bán {fill} % lượng đưa ra.")
        }
        Language::English => {
            format!("With earlier allocations it has sold {fill} % of what it offered.")
        }
    }
}

/// A sentence on a plan that was made of some of the eligible pairs.
#[must_use]
pub fn held_text((held, eligible): (u64, u64), rule: Rule, language: Language) -> String {
    match (language, rule) {
        (Language::Vietnamese, Rule::None) => format!(
            "Phương án dùng {held} trong {eligible} cặp phù hợp; mọi cặp còn lại đã được so giá."
        ),
        (Language::Vietnamese, _) => format!(
            "Quy tắc chia trên {held} trong {eligible} cặp phù hợp; mọi cặp còn lại đã được so giá \
             theo mục tiêu, chưa theo quy tắc."
        ),
        (Language::English, Rule::None) => format!(
            "The plan is made of {held} of {eligible} eligible pairs; all others were priced."
        ),
        (Language::English, _) => format!(
            "The rule divides over {held} of {eligible} eligible pairs; all others were priced by \
             the objective, not by the rule."
        ),
    }
}

fn vietnamese_reason(reason: Reason<'_>) -> String {
    match reason {
        Reason::Capacity { quantity, unit, period } => format!(
            "Lấy hết {quantity} {unit} còn trống trong kỳ {} – {}.",
            period.from(),
            period.to()
        ),
        Reason::Need { quantity, unit } => {
            format!("Điểm giao chỉ nhận tối đa {quantity} {unit} và đã đủ.")
        }
        Reason::MinOrder { quantity, unit } => {
            format!("{quantity} {unit} là phần nhỏ nhất mà hai bên chấp nhận.")
        }
        Reason::Increment { quantity, unit } => {
            format!("Phần còn lại không đủ một bước bán {quantity} {unit}.")
        }
        Reason::MaxSuppliers { suppliers } => {
            format!("Nhu cầu chỉ nhận từ tối đa {suppliers} đơn vị cung ứng.")
        }
        Reason::Rule { rule, fill_bp, .. } => {
            let fill = percent(fill_bp.into());
            match rule {
                Rule::MaxMin => format!(
                    "Chia đều nhất có thể: đơn vị bán được {fill} % lượng đưa ra; không đơn vị nào \
                     có thể bán thêm mà không lấy của đơn vị có tỷ lệ thấp hơn hoặc bằng."
                ),
                Rule::ProRata => format!(
                    "Chia theo tỷ lệ lượng mỗi đơn vị đưa ra: đơn vị này bán được {fill} %."
                ),
                Rule::Equal => format!(
                    "Mỗi đơn vị cùng một lượng, trong mức có thể: đơn vị này bán được {fill} % \
                     lượng đưa ra."
                ),
                Rule::FirstCome => format!(
                    "Đơn vị đăng trước bán trước: đến lượt đơn vị này còn {fill} % lượng đưa ra."
                ),
                Rule::None => format!("Chia theo điểm ghép nối: bán được {fill} % lượng đưa ra."),
            }
        }
    }
}

fn english_reason(reason: Reason<'_>) -> String {
    match reason {
        Reason::Capacity { quantity, unit, period } => format!(
            "All {quantity} {unit} that are free from {} to {} are taken.",
            period.from(),
            period.to()
        ),
        Reason::Need { quantity, unit } => {
            format!("The delivery takes {quantity} {unit} at the most, and has them.")
        }
        Reason::MinOrder { quantity, unit } => {
            format!("{quantity} {unit} are the smallest share that both sides allow.")
        }
        Reason::Increment { quantity, unit } => {
            format!("What is left over is less than one step of {quantity} {unit}.")
        }
        Reason::MaxSuppliers { suppliers } => {
            format!("The demand takes from {suppliers} producers at the most.")
        }
        Reason::Rule { rule, fill_bp, .. } => {
            let fill = percent(fill_bp.into());
            match rule {
                Rule::MaxMin => format!(
                    "As even as can be: the producer sells {fill} % of what it offers; none can \
                     sell more without taking from one that is filled no higher."
                ),
                Rule::ProRata => {
                    format!("In proportion to what each offers: this producer sells {fill} %.")
                }
                Rule::Equal => format!(
                    "The same quantity for each as far as can be: this producer sells {fill} % of \
                     what it offers."
                ),
                Rule::FirstCome => format!(
                    "Who offered first sells first: {fill} % of this producer's offer was left \
                     to sell."
                ),
                Rule::None => format!("By score: this producer sells {fill} % of its offer."),
            }
        }
    }
}

/// What a relaxation gains, in words.
#[derive(Debug, Clone, Copy)]
pub struct Gained<'a> {
    /// What is changed.
    pub change: Change,
    /// What it gains, in `unit`, rounded down.
    pub quantity: u64,
    /// What is short, in `unit`, rounded up.
    pub short: u64,
    /// Whether nothing is short any more.
    pub closes: bool,
    /// The demand's unit.
    pub unit: &'a str,
}

/// A sentence on what a relaxation gains.
#[must_use]
pub fn gain_text(gained: Gained<'_>, language: Language) -> String {
    let Gained { change, quantity, short, closes, unit } = gained;
    match (language, closes) {
        (Language::Vietnamese, true) => {
            format!("Thiếu {short} {unit}; {} thì đủ.", vietnamese_change(change, unit))
        }
        (Language::Vietnamese, false) => format!(
            "Thiếu {short} {unit}; {} thì thêm {quantity} {unit}.",
            vietnamese_change(change, unit)
        ),
        (Language::English, true) => {
            format!("Short {short} {unit}; {} closes it.", english_change(change, unit))
        }
        (Language::English, false) => {
            format!(
                "Short {short} {unit}; {} adds {quantity} {unit}.",
                english_change(change, unit)
            )
        }
    }
}

fn vietnamese_change(change: Change, unit: &str) -> String {
    match change {
        Change::Ceiling { unit_price, raise_bp } => {
            format!("giá trần {} đồng/{unit} (cao hơn {} %)", unit_price.vnd(), percent(raise_bp))
        }
        Change::MinStars(Some(stars)) => format!("yêu cầu {stars} sao"),
        Change::MinStars(None) => "không yêu cầu số sao".into(),
        Change::WindowFrom { delivery, day } => {
            format!("điểm giao {} nhận từ ngày {day}", delivery + 1)
        }
        Change::WindowUntil { delivery, day } => {
            format!("điểm giao {} nhận đến ngày {day}", delivery + 1)
        }
        Change::Distance(km) => format!("chấp nhận khoảng cách {km} km"),
        Change::Province(province) => format!("chấp nhận hàng từ tỉnh {province}"),
        Change::Without(papers) => format!("không yêu cầu {}", kinds(papers)),
        Change::NoMinShare => "không đặt phần nhỏ nhất cho mỗi đơn vị".into(),
        Change::MaxSuppliers(Some(most)) => format!("nhận từ {most} đơn vị"),
        Change::MaxSuppliers(None) => "không giới hạn số đơn vị".into(),
        Change::NoLeast { delivery } => {
            format!("điểm giao {} không đặt lượng tối thiểu", delivery + 1)
        }
    }
}

fn english_change(change: Change, unit: &str) -> String {
    match change {
        Change::Ceiling { unit_price, raise_bp } => {
            format!("a ceiling of {} VND/{unit} ({} % higher)", unit_price.vnd(), percent(raise_bp))
        }
        Change::MinStars(Some(stars)) => format!("{stars} stars required"),
        Change::MinStars(None) => "no stars required".into(),
        Change::WindowFrom { delivery, day } => {
            format!("delivery {} from {day}", delivery + 1)
        }
        Change::WindowUntil { delivery, day } => {
            format!("delivery {} until {day}", delivery + 1)
        }
        Change::Distance(km) => format!("{km} km allowed"),
        Change::Province(province) => format!("province {province} allowed"),
        Change::Without(papers) => format!("not asking for {}", kinds(papers)),
        Change::NoMinShare => "no smallest share".into(),
        Change::MaxSuppliers(Some(most)) => format!("{most} producers allowed"),
        Change::MaxSuppliers(None) => "any number of producers".into(),
        Change::NoLeast { delivery } => format!("no minimum for delivery {}", delivery + 1),
    }
}

/// A rule's name, in Vietnamese.
#[must_use]
pub const fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::MaxMin => "Chia đều nhất theo tỷ lệ bán được (max_min)",
        Rule::ProRata => "Theo tỷ lệ lượng đưa ra (pro_rata)",
        Rule::Equal => "Mỗi đơn vị cùng một lượng (equal)",
        Rule::FirstCome => "Đăng trước bán trước (first_come)",
        Rule::None => "Chỉ theo điểm ghép nối (none)",
    }
}

/// An objective's name, in Vietnamese.
#[must_use]
pub const fn objective_name(objective: Objective) -> &'static str {
    match objective {
        Objective::Coverage => "Nhiều sản lượng nhất (coverage)",
        Objective::Value => "Điểm ghép nối cao nhất (value)",
    }
}

/// A sentence on why there is no answer.
#[must_use]
pub const fn failure_text(failure: Failure, language: Language) -> &'static str {
    match (failure, language) {
        (Failure::TooLarge, Language::Vietnamese) => {
            "Quá nhiều kỳ sản lượng hoặc điểm giao, hoặc tổng khối lượng quá lớn, cho một lần phân \
             bổ; hãy chọn ít nhu cầu hơn."
        }
        (Failure::TooLarge, Language::English) => {
            "Too many capacity periods or deliveries, or too much in all, for one allocation; name \
             fewer demands."
        }
        (Failure::TimeLimit, Language::Vietnamese) => {
            "Hết thời gian trước khi lập được phương án nào."
        }
        (Failure::TimeLimit, Language::English) => "The time was over before anything was planned.",
        (Failure::Interrupted, Language::Vietnamese) => {
            "Dịch vụ đã dừng khi đang tính; hãy chạy lại."
        }
        (Failure::Interrupted, Language::English) => {
            "The service ended while it was planned; ask again."
        }
        (Failure::Internal, Language::Vietnamese) => "Lỗi của dịch vụ.",
        (Failure::Internal, Language::English) => "A fault of the service.",
    }
}

/// Basis points as percent.
#[must_use]
pub fn percent(basis_points: u64) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") }
}
