//! The language of an answer, and the sentences for broken rules in Vietnamese and English.

use matching::violation::Rule;

use super::external_ids::NAME_PATTERN;
use super::json::{Flaw, MAX_JSON_DEPTH, MAX_JSON_VALUES, NotJson};

/// The most places of one name that are told.
const MAX_NAMES: usize = 5;

/// A language of titles and details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Tiếng Việt, the default.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    /// The language that an `Accept-Language` header (RFC 9110 section 12.5.4) prefers of the two.
    #[must_use]
    pub fn accepted(header: Option<&str>) -> Self {
        let quality = |language: &str| {
            let ranges = header.unwrap_or("").split(',').filter_map(|range| {
                let mut parts = range.split(';');
                let tag = parts.next()?.trim().to_ascii_lowercase();
                let quality =
                    parts.find_map(|part| part.trim().strip_prefix("q=").map(thousandths));
                let fits = tag == language || tag.starts_with(&format!("{language}-"));
                fits.then_some(quality.unwrap_or(1000))
            });
            ranges.max().unwrap_or(0)
        };
        if quality("en") > quality("vi") { Self::English } else { Self::Vietnamese }
    }

    /// Its tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Vietnamese => "vi",
            Self::English => "en",
        }
    }
}

fn thousandths(quality: &str) -> u32 {
    let digits: String =
        quality.chars().filter(char::is_ascii_digit).chain("000".chars()).take(4).collect();
    digits.parse().unwrap_or(0)
}

/// The stable code of a rule.
#[must_use]
pub const fn rule_code(rule: &Rule) -> &'static str {
    match rule {
        Rule::Required => "required",
        Rule::UnknownField { .. } => "unknown_field",
        Rule::UnknownParameter { .. } => "unknown_parameter",
        Rule::WrongType { .. } => "wrong_type",
        Rule::WrongFormat { .. } => "wrong_format",
        Rule::NotAllowed { .. } => "not_allowed",
        Rule::OutOfRange { .. }
        | Rule::OutOfDecimalRange { .. }
        | Rule::LengthOutOfRange { .. }
        | Rule::CountOutOfRange { .. } => "out_of_range",
        Rule::Duplicate => "duplicate",
        Rule::Contradicts { .. } => "contradicts",
        Rule::Past => "past",
        Rule::ReversedPeriod => "reversed_period",
        Rule::OverlappingPeriods { .. } => "overlapping_periods",
        Rule::UnknownUnit => "unknown_unit",
        Rule::UnitNotConvertible => "unit_not_convertible",
        Rule::NotOnIncrement { .. } => "not_on_increment",
        Rule::PriceBreaksNotSorted => "price_breaks_not_sorted",
        Rule::UnknownProvince => "unknown_province",
        Rule::UnknownCommune => "unknown_commune",
        Rule::OldCodeWithoutDate => "old_code_without_date",
        Rule::UnknownPlace { .. } => "unknown_place",
        Rule::WrongCheckDigit => "wrong_check_digit",
        Rule::WeightsSum { .. } => "weights_sum",
        Rule::UnknownProductSet => "unknown_product_set",
        Rule::UnknownReference => "unknown_reference",
    }
}

/// One of each rule, for the list of codes.
#[must_use]
pub fn every_rule() -> Vec<Rule> {
    vec![
        Rule::Required,
        Rule::UnknownField { near: Vec::new() },
        Rule::UnknownParameter { near: Vec::new() },
        Rule::WrongType { expected: "integer".into() },
        Rule::WrongFormat { format: "date".into() },
        Rule::NotAllowed { allowed: "a, b".into() },
        Rule::OutOfRange { min: 1, max: 10 },
        Rule::OutOfDecimalRange { min: "0.5".into(), max: "10".into() },
        Rule::LengthOutOfRange { min: 1, max: 200 },
        Rule::CountOutOfRange { min: 1, max: 10 },
        Rule::Duplicate,
        Rule::Contradicts { other: "kind" },
        Rule::Past,
        Rule::ReversedPeriod,
        Rule::OverlappingPeriods { other: 0 },
        Rule::UnknownUnit,
        Rule::UnitNotConvertible,
        Rule::NotOnIncrement { increment: 10 },
        Rule::PriceBreaksNotSorted,
        Rule::UnknownProvince,
        Rule::UnknownCommune,
        Rule::OldCodeWithoutDate,
        Rule::UnknownPlace { part: "X".into(), several: Vec::new() },
        Rule::WrongCheckDigit,
        Rule::WeightsSum { sum: 9000 },
        Rule::UnknownProductSet,
        Rule::UnknownReference,
    ]
}

/// What is wrong, in `language`.
#[must_use]
pub fn rule_detail(rule: &Rule, language: Language) -> String {
    match language {
        Language::Vietnamese => vietnamese(rule),
        Language::English => english(rule),
    }
}

/// That there is no such name, and which ones like it there are.
fn unknown(absent: &str, near: &[String], like: &str) -> String {
    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return format!("{absent}.");
    }
    format!("{absent}; {like}: {}.", names.join(", "))
}

fn vietnamese(rule: &Rule) -> String {
    match rule {
        Rule::Required => "Thiếu trường bắt buộc.".into(),
        Rule::UnknownField { near } => unknown("Không có trường này", near, "gần giống"),
        Rule::UnknownParameter { near } => unknown("Không có tham số này", near, "gần giống"),
        Rule::WrongType { expected } => {
            format!("Sai kiểu dữ liệu; cần {}.", vietnamese_types(expected))
        }
        Rule::WrongFormat { format } => {
            format!("Sai định dạng; cần {}.", format_words(format)[0])
        }
        Rule::NotAllowed { allowed } => format!("Giá trị phải là một trong: {allowed}."),
        Rule::OutOfRange { min, max: i64::MAX } => format!("Phải từ {min} trở lên."),
        Rule::OutOfRange { min: i64::MIN, max } => format!("Không được quá {max}."),
        Rule::OutOfRange { min, max } => format!("Phải từ {min} đến {max}."),
        Rule::OutOfDecimalRange { min, max } => format!("Phải từ {min} đến {max}."),
        Rule::LengthOutOfRange { min, max } => {
            format!("{} ký tự.", vietnamese_count(*min, *max))
        }
        Rule::CountOutOfRange { min, max } => {
            format!("{} phần tử.", vietnamese_count(*min, *max))
        }
        Rule::Duplicate => "Giá trị bị lặp lại.".into(),
        Rule::Contradicts { other } => format!("Mâu thuẫn với trường {other}."),
        Rule::Past => "Phải là một thời điểm trong tương lai.".into(),
        Rule::ReversedPeriod => {
            "Ngày kết thúc trước ngày bắt đầu (không nêu ngày bắt đầu thì tính \
                                 từ hôm nay)."
                .into()
        }
        Rule::OverlappingPeriods { other } => format!("Trùng ngày với kỳ thứ {}.", other + 1),
        Rule::UnknownUnit => "Đơn vị tính không có trong danh mục.".into(),
        Rule::UnitNotConvertible => {
            "Đơn vị tính này không có tỷ lệ quy đổi cố định; cần khai tỷ lệ trong quy cách của sản \
             phẩm hoặc của nhu cầu."
                .into()
        }
        Rule::NotOnIncrement { increment } => format!("Phải là bội số của {increment}."),
        Rule::PriceBreaksNotSorted => {
            "Các bậc giá phải theo số lượng tăng dần, giá mỗi bậc không cao hơn bậc trước (bậc \
             đầu: không cao hơn đơn giá gốc)."
                .into()
        }
        Rule::UnknownProvince => "Mã tỉnh không có trong danh mục.".into(),
        Rule::UnknownCommune => "Mã xã không có trong danh mục hoặc thuộc tỉnh khác.".into(),
        Rule::OldCodeWithoutDate => {
            "Mã này đã hết hiệu lực hoặc dùng cho nơi khác từ 2025-07-01; hãy dùng mã hiện hành, \
             hoặc gửi kèm as_of nếu ở đây có trường as_of."
                .into()
        }
        Rule::UnknownPlace { part, several } if several.is_empty() => {
            format!("Không nhận ra địa danh “{part}”.")
        }
        Rule::UnknownPlace { part, several } => {
            let several = some_of(several);
            format!("Nhiều nơi có tên “{part}”: {several} Hãy nêu thêm tỉnh, huyện hoặc xã.")
        }
        Rule::WrongCheckDigit => "Sai chữ số kiểm tra GTIN.".into(),
        Rule::WeightsSum { sum } => format!("Tổng trọng số là {sum}, phải bằng 10000."),
        Rule::UnknownProductSet => "Bộ sản phẩm phải từ 1 đến 26.".into(),
        Rule::UnknownReference => "Không có bản ghi này hoặc không dùng được ở đây.".into(),
    }
}

/// Why and where a text is not the JSON that is taken.
#[must_use]
pub fn unread_detail(why: &NotJson, language: Language) -> String {
    let NotJson { reason, line, column, flaw } = why;
    let flaw = flaw.as_ref().map(vietnamese_flaw).unwrap_or_default();
    match language {
        Language::English => reason.clone(),
        Language::Vietnamese => format!("{flaw}dòng {line}, cột {column}"),
    }
}

fn vietnamese_flaw(flaw: &Flaw) -> String {
    match flaw {
        Flaw::TooDeep => format!("lồng sâu quá {MAX_JSON_DEPTH} cấp, "),
        Flaw::TooMany => format!("hơn {MAX_JSON_VALUES} giá trị, "),
        Flaw::Nul => "chuỗi có ký tự NUL, ".into(),
        Flaw::Twice(key) => format!("khóa {key:?} xuất hiện hai lần, "),
    }
}

/// The first few of many names, with the stop or ellipsis that ends them.
fn some_of(names: &[String]) -> String {
    let told = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join("; ");
    told + if names.len() > MAX_NAMES { "; …" } else { "." }
}

/// What a format of the contract is, in Vietnamese and English; an expression as it stands.
fn format_words(format: &str) -> [&str; 2] {
    match format {
        "date" => [
            "một ngày từ năm 1900 đến năm 2200, dạng năm-tháng-ngày (YYYY-MM-DD)",
            "a day of the years 1900 to 2200 as YYYY-MM-DD",
        ],
        "date-time" => [
            "một thời điểm dạng 2027-01-10T10:00:00Z (RFC 3339)",
            "a time as 2027-01-10T10:00:00Z (RFC 3339)",
        ],
        "uuid" => ["một mã UUID", "a UUID"],
        "uri" | "http(s) URL" => ["một địa chỉ http hay https", "an http or https URL"],
        "email" => ["một địa chỉ thư điện tử", "an e-mail address"],
        "phone" => ["một số điện thoại như +84901234567", "a phone number as +84901234567"],
        "tax code" => ["mã số thuế 10, 12 hoặc 13 chữ số", "a tax code of 10, 12 or 13 digits"],
        "GTIN" => ["mã GTIN 8, 12, 13 hoặc 14 chữ số", "a GTIN of 8, 12, 13 or 14 digits"],
        "0.0001" => ["tối đa bốn chữ số thập phân", "at most four decimals"],
        NAME_PATTERN | "text" => [
            "văn bản không rỗng, không có ký tự điều khiển",
            "text that is not blank, without control characters",
        ],
        "UTF-8" => ["văn bản mã hóa UTF-8", "text in UTF-8"],
        other => [other, other],
    }
}

/// The types of JSON, which the contract has in English.
fn vietnamese_types(types: &str) -> String {
    fn word(name: &str) -> &str {
        match name {
            "string" => "chuỗi",
            "integer" => "số nguyên",
            "number" => "số",
            "boolean" => "true hoặc false",
            "array" => "danh sách",
            "object" => "đối tượng",
            other => other,
        }
    }
    types.split(", ").map(word).collect::<Vec<_>>().join(" hoặc ")
}

fn vietnamese_count(min: i64, max: i64) -> String {
    match (min, max) {
        (min, i64::MAX) => format!("Phải có ít nhất {min}"),
        (0, max) => format!("Chỉ được có tối đa {max}"),
        (min, max) if min == max => format!("Phải có đúng {min}"),
        (min, max) => format!("Phải có từ {min} đến {max}"),
    }
}

fn english_count(min: i64, max: i64) -> String {
    match (min, max) {
        (min, i64::MAX) => format!("at least {min}"),
        (0, max) => format!("at most {max}"),
        (min, max) if min == max => format!("exactly {min}"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn english(rule: &Rule) -> String {
    match rule {
        Rule::Required => "A required field is absent.".into(),
        Rule::UnknownField { near } => unknown("There is no such field", near, "like it"),
        Rule::UnknownParameter { near } => unknown("There is no such parameter", near, "like it"),
        Rule::WrongType { expected } => format!("Wrong type; {expected} is needed."),
        Rule::WrongFormat { format } => {
            format!("Wrong format; {} is needed.", format_words(format)[1])
        }
        Rule::NotAllowed { allowed } => format!("Must be one of: {allowed}."),
        Rule::OutOfRange { min, max: i64::MAX } => format!("Must be at least {min}."),
        Rule::OutOfRange { min: i64::MIN, max } => format!("Must be at most {max}."),
        Rule::OutOfRange { min, max } => format!("Must be from {min} to {max}."),
        Rule::OutOfDecimalRange { min, max } => format!("Must be from {min} to {max}."),
        Rule::LengthOutOfRange { min, max } => {
            format!("Must have {} characters.", english_count(*min, *max))
        }
        Rule::CountOutOfRange { min, max } => {
            format!("Must have {} entries.", english_count(*min, *max))
        }
        Rule::Duplicate => "The value stands twice.".into(),
        Rule::Contradicts { other } => format!("Contradicts the field {other}."),
        Rule::Past => "Must be a time that is still to come.".into(),
        Rule::ReversedPeriod => {
            "The end is before the beginning (today, where none is given).".into()
        }
        Rule::OverlappingPeriods { other } => format!("Shares days with period {}.", other + 1),
        Rule::UnknownUnit => "The unit is not in the list of units.".into(),
        Rule::UnitNotConvertible => {
            "The unit has no fixed ratio; a packaging of the product or the demand must define it."
                .into()
        }
        Rule::NotOnIncrement { increment } => format!("Must be a multiple of {increment}."),
        Rule::PriceBreaksNotSorted => {
            "Price breaks must rise in quantity, and no price may be above the one before (of the \
             first: the unit price)."
                .into()
        }
        Rule::UnknownProvince => "The province code is not in the list.".into(),
        Rule::UnknownCommune => {
            "The commune code is not in the list, or belongs to another province.".into()
        }
        Rule::OldCodeWithoutDate => {
            "The code ended or changed its meaning on 2025-07-01; today's code is needed, or \
             as_of where there is one."
                .into()
        }
        Rule::UnknownPlace { part, several } if several.is_empty() => {
            format!("The place “{part}” is not known.")
        }
        Rule::UnknownPlace { part, several } => {
            let several = some_of(several);
            format!(
                "Several places have the name “{part}”: {several} Add its district or province."
            )
        }
        Rule::WrongCheckDigit => "The GTIN's check digit is wrong.".into(),
        Rule::WeightsSum { sum } => format!("The weights sum to {sum}; they must sum to 10000."),
        Rule::UnknownProductSet => "The product set must be from 1 to 26.".into(),
        Rule::UnknownReference => "There is no such record, or it cannot be used here.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_quality_wins_and_vietnamese_is_the_default() {
        for (header, language) in [
            (None, Language::Vietnamese),
            (Some("fr"), Language::Vietnamese),
            (Some("en"), Language::English),
            (Some("en-GB,vi;q=0.5"), Language::English),
            (Some("vi-VN,en;q=0.9"), Language::Vietnamese),
            (Some("en;q=0.25, vi;q=0.3"), Language::Vietnamese),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
    }

    #[test]
    fn every_rule_has_a_code_and_two_texts() {
        let rules = every_rule();
        let mut codes: Vec<&str> = rules.iter().map(rule_code).collect();
        for rule in &rules {
            let texts = [Language::Vietnamese, Language::English].map(|l| rule_detail(rule, l));
            assert_ne!(texts[0], texts[1]);
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), rules.len() - 3, "four kinds of range have one code");
    }

    #[test]
    fn the_first_of_many_places_are_told_and_what_to_add() {
        let told = |count: usize| {
            let several = (1..=count).map(|number| format!("nơi {number}")).collect();
            let rule = Rule::UnknownPlace { part: "X".into(), several };
            rule_detail(&rule, Language::Vietnamese)
        };
        let few = "Nhiều nơi có tên “X”: nơi 1; nơi 2. Hãy nêu thêm tỉnh, huyện hoặc xã.";
        assert_eq!(told(2), few);
        assert!(told(6).ends_with("nơi 5; … Hãy nêu thêm tỉnh, huyện hoặc xã."), "{}", told(6));
    }

    #[test]
    fn a_text_of_the_contract_is_asked_for_in_words() {
        let rule = Rule::WrongFormat { format: NAME_PATTERN.into() };
        let told = [Language::Vietnamese, Language::English].map(|it| rule_detail(&rule, it));
        let vietnamese = "Sai định dạng; cần văn bản không rỗng, không có ký tự điều khiển.";
        let english = "Wrong format; text that is not blank, without control characters is needed.";
        assert_eq!(told, [vietnamese, english]);
    }
}
