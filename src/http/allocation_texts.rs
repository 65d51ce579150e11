//! Why a share is that size, what would lessen a shortage, and why there is no answer, in
//! Vietnamese and English.

use matching::allocation::plan::Objective;
use matching::date::Period;
use matching::planning::Rule;
use matching::planning::snapshot::Change;

use super::phrases::{papers, percent, province};
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
            [text, in_all_text(percent(in_all_bp.into(), language), language)].join(" ")
        }
        _ => text,
    }
}

fn in_all_text(fill: String, language: Language) -> String {
    match language {
        Language::Vietnamese => {
            format!(
                "Tính cả các lần phân bổ trước, đơn vị này được phân {fill} % lượng có thể cung \
                 ứng."
            )
        }
        Language::English => {
            format!("With earlier allocations it is allocated {fill} % of what it offered.")
        }
    }
}

/// A sentence on a plan that was made of some of the eligible pairs.
#[must_use]
pub fn held_text((held, eligible): (u64, u64), rule: Rule, language: Language) -> String {
    match (language, rule) {
        (Language::Vietnamese, Rule::None) => format!(
            "Phương án dùng {held} trong {eligible} cặp phù hợp; mọi cặp còn lại đã được xét theo \
             mục tiêu."
        ),
        (Language::Vietnamese, _) => format!(
            "Quy tắc chia trên {held} trong {eligible} cặp phù hợp; mọi cặp còn lại đã được xét \
             theo mục tiêu, chưa theo quy tắc."
        ),
        (Language::English, Rule::None) => format!(
            "The plan is made of {held} of {eligible} eligible pairs; all others were weighed by \
             the objective."
        ),
        (Language::English, _) => format!(
            "The rule divides over {held} of {eligible} eligible pairs; all others were weighed by \
             the objective, not by the rule."
        ),
    }
}

fn vietnamese_reason(reason: Reason<'_>) -> String {
    match reason {
        Reason::Capacity { quantity, unit, period } => format!(
            "{quantity} {unit} còn trống trong kỳ {} – {} đã được phân bổ hết.",
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
            format!("Lượng còn lại ít hơn một bước số lượng ({quantity} {unit}).")
        }
        Reason::MaxSuppliers { suppliers } => {
            format!("Nhu cầu chỉ nhận hàng của tối đa {suppliers} đơn vị cung ứng.")
        }
        Reason::Rule { rule, fill_bp, .. } => {
            let fill = percent(fill_bp.into(), Language::Vietnamese);
            match rule {
                Rule::MaxMin => format!(
                    "Chia đều nhất có thể: đơn vị này được phân {fill} % lượng có thể cung ứng; \
                     không đơn vị nào có thể nhận thêm mà không lấy bớt của đơn vị có tỷ lệ thấp \
                     hơn hoặc bằng."
                ),
                Rule::ProRata => format!(
                    "Chia theo tỷ lệ lượng mỗi đơn vị có thể cung ứng: đơn vị này được phân \
                     {fill} %."
                ),
                Rule::Equal => format!(
                    "Chia cho mỗi đơn vị một lượng như nhau, trong mức có thể: đơn vị này được \
                     phân {fill} % lượng có thể cung ứng."
                ),
                Rule::FirstCome => format!(
                    "Đơn vị đăng trước bán trước: đến lượt đơn vị này chỉ phân được {fill} % lượng \
                     có thể cung ứng."
                ),
                Rule::None => format!(
                    "Chia theo điểm ghép nối: đơn vị này được phân {fill} % lượng có thể cung ứng."
                ),
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
            let fill = percent(fill_bp.into(), Language::English);
            match rule {
                Rule::MaxMin => format!(
                    "As even as can be: this producer is allocated {fill} % of what it offers; \
                     none can get more without taking from one that is filled no higher."
                ),
                Rule::ProRata => format!(
                    "In proportion to what each offers: this producer is allocated {fill} %."
                ),
                Rule::Equal => format!(
                    "The same quantity for each as far as can be: this producer is allocated \
                     {fill} % of what it offers."
                ),
                Rule::FirstCome => format!(
                    "Who offered first sells first: when its turn came, this producer could sell \
                     {fill} % of what it offers."
                ),
                Rule::None => {
                    format!("By score: this producer is allocated {fill} % of what it offers.")
                }
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
    let Gained { change, short, unit, .. } = gained;
    match language {
        Language::Vietnamese => {
            let change = vietnamese_change(change, unit);
            format!("Thiếu {short} {unit}; nếu {change} thì {}.", vietnamese_gain(gained))
        }
        Language::English => {
            let change = english_change(change, unit);
            format!("Short {short} {unit}; {change} {}.", english_gain(gained))
        }
    }
}

fn vietnamese_gain(Gained { quantity, closes, unit, .. }: Gained<'_>) -> String {
    match (closes, quantity) {
        (true, _) => "đủ".into(),
        (false, 0) => format!("thêm được chưa đến 1 {unit}"),
        (false, _) => format!("thêm được {quantity} {unit}"),
    }
}

fn english_gain(Gained { quantity, closes, unit, .. }: Gained<'_>) -> String {
    match (closes, quantity) {
        (true, _) => "closes it".into(),
        (false, 0) => format!("adds less than 1 {unit}"),
        (false, _) => format!("adds {quantity} {unit}"),
    }
}

fn vietnamese_change(change: Change, unit: &str) -> String {
    let language = Language::Vietnamese;
    match change {
        Change::Ceiling { unit_price, raise_bp } => {
            let (price, raise) = (unit_price.vnd(), percent(raise_bp, language));
            format!("nâng giá trần lên {price} đồng/{unit} (cao hơn {raise} %)")
        }
        Change::MinStars(Some(stars)) => format!("hạ yêu cầu xuống {stars} sao"),
        Change::MinStars(None) => "bỏ yêu cầu về số sao".into(),
        Change::WindowFrom { delivery, day } => {
            format!("điểm giao {} nhận hàng từ ngày {day}", delivery + 1)
        }
        Change::WindowUntil { delivery, day } => {
            format!("điểm giao {} nhận hàng đến ngày {day}", delivery + 1)
        }
        Change::Distance(km) => format!("chấp nhận khoảng cách đến {km} km"),
        Change::Province(code) => format!("nhận thêm hàng từ {}", province(code, language)),
        Change::Without(kinds) => {
            format!("bỏ yêu cầu giấy {}", papers(kinds, ", ", language))
        }
        Change::NoMinShare => "bỏ mức phần nhỏ nhất của mỗi đơn vị".into(),
        Change::MaxSuppliers(Some(most)) => {
            format!("nhận hàng của tối đa {most} đơn vị cung ứng")
        }
        Change::MaxSuppliers(None) => "bỏ giới hạn số đơn vị cung ứng".into(),
        Change::NoLeast { delivery } => {
            format!("bỏ lượng tối thiểu của điểm giao {}", delivery + 1)
        }
    }
}

fn english_change(change: Change, unit: &str) -> String {
    let language = Language::English;
    match change {
        Change::Ceiling { unit_price, raise_bp } => {
            let (price, raise) = (unit_price.vnd(), percent(raise_bp, language));
            format!("a ceiling of {price} VND/{unit} ({raise} % higher)")
        }
        Change::MinStars(Some(stars)) => format!("only {stars} stars required"),
        Change::MinStars(None) => "no stars required".into(),
        Change::WindowFrom { delivery, day } => {
            format!("delivery {} from {day}", delivery + 1)
        }
        Change::WindowUntil { delivery, day } => {
            format!("delivery {} until {day}", delivery + 1)
        }
        Change::Distance(km) => format!("{km} km allowed"),
        Change::Province(code) => format!("goods from {} allowed", province(code, language)),
        Change::Without(kinds) => format!("not asking for {}", papers(kinds, ", ", language)),
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
        Rule::MaxMin => "Chia đều nhất theo tỷ lệ được phân (max_min)",
        Rule::ProRata => "Theo tỷ lệ lượng có thể cung ứng (pro_rata)",
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
            "Quá nhiều kỳ cung ứng hoặc điểm giao, hoặc tổng số lượng quá lớn, cho một lần phân \
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_below_one_unit_is_not_told_as_none() {
        let gained = Gained {
            change: Change::NoMinShare,
            quantity: 0,
            short: 3,
            closes: false,
            unit: "tấn",
        };
        let vietnamese = "Thiếu 3 tấn; nếu bỏ mức phần nhỏ nhất của mỗi đơn vị thì thêm được chưa \
                          đến 1 tấn.";
        assert_eq!(gain_text(gained, Language::Vietnamese), vietnamese);
        let english = "Short 3 tấn; no smallest share adds less than 1 tấn.";
        assert_eq!(gain_text(gained, Language::English), english);
    }
}
