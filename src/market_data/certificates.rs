//! Certificate lines: what a public list says, what it leaves open, and what the demo adds.

use super::random::Random;
use super::wire::{self, DEMO_SYSTEM, reference, shifted};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

/// Months that an OCOP recognition is valid (148/QĐ-TTg 2023).
pub(super) const OCOP_MONTHS: i64 = 36;
const PAPER_MONTHS: i64 = 36;
const UNNAMED_AUTHORITY: &str = "Không nêu trong nguồn (giá trị demo)";

/// Stars given to a product on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recognition {
    pub(super) stars: u8,
    pub(super) potential_five_star: bool,
    pub(super) decision_date: Date,
    pub(super) number: String,
    pub(super) authority: String,
    pub(super) note: String,
}

impl Recognition {
    /// Last day of validity.
    pub(super) fn expires_on(&self) -> Date {
        shifted(self.decision_date, OCOP_MONTHS.months())
    }

    /// The certificate line of a product.
    pub(super) fn line(&self, product: &str) -> Value {
        json!({
            "type": "certificate",
            "product": reference(DEMO_SYSTEM, product),
            "kind": "ocop",
            "stars": self.stars,
            "potential_five_star": self.potential_five_star,
            "number": self.number,
            "authority": self.authority,
            "decision_date": self.decision_date.to_string(),
            "expires_on": self.expires_on().to_string(),
            "note": self.note,
        })
    }
}

/// What a list says about one recognition.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    pub(super) row: usize,
    pub(super) stars: u8,
    pub(super) potential_five_star: bool,
    pub(super) year: Option<i16>,
    pub(super) note: &'a str,
}

/// The recognition of a list row; `None` when neither a day nor a year is known.
pub(super) fn listed(row: &Listed<'_>, today: Date) -> Option<Recognition> {
    let stated = Stated::read(row.note);
    let (decision_date, basis) = match (stated.issued, row.year) {
        (Some(day), _) => (day, "Ngày quyết định theo nguồn công khai."),
        (None, Some(year)) => (
            date(year, 12, 31).min(today),
            "Nguồn chỉ nêu năm: ngày quyết định giả định là ngày cuối năm.",
        ),
        (None, None) => return None,
    };
    let demo_number = stated.number.is_none();
    let marked = if demo_number { " Số quyết định là giá trị demo." } else { "" };
    Some(Recognition {
        stars: row.stars,
        potential_five_star: row.potential_five_star,
        decision_date,
        number: stated.number.unwrap_or_else(|| format!("DEMO-{:04}", row.row)),
        authority: stated.authority.unwrap_or_else(|| UNNAMED_AUTHORITY.to_owned()),
        note: format!("{basis}{marked}"),
    })
}

/// Decision, authority and day as the note of a row states them:
/// `decision 858/QĐ-UBND (UBND tỉnh Đắk Nông); issued 2025-06-19; expires 2028-06-19`.
#[derive(Debug, Default)]
struct Stated {
    number: Option<String>,
    authority: Option<String>,
    issued: Option<Date>,
}

impl Stated {
    fn read(note: &str) -> Self {
        let mut stated = Self::default();
        for clause in note.split(';').map(str::trim) {
            if let Some(issued) = clause.strip_prefix("issued ") {
                stated.issued = issued.parse().ok();
            } else if let Some(decision) = clause.strip_prefix("decision ") {
                stated.read_decision(decision);
            }
        }
        stated
    }

    fn read_decision(&mut self, decision: &str) {
        let (before, inside) = decision.split_once(" (").unwrap_or((decision, ""));
        if before.contains("/QĐ") {
            self.number = Some(before.to_owned());
            self.authority = Some(inside.trim_end_matches(')').to_owned());
        } else {
            let numberless = |word: &&str| !word.contains(|c: char| c.is_ascii_digit());
            let name = before.split(',').next().unwrap_or(before);
            let words: Vec<_> = name.split_whitespace().take_while(numberless).collect();
            self.authority = Some(words.join(" "));
        }
    }
}

/// An invented renewal, decided between the end of the last one (or two years ago) and today.
pub(super) fn renewal(
    last: &Recognition,
    row: usize,
    today: Date,
    random: &mut Random,
) -> Recognition {
    let earliest = shifted(last.expires_on(), (-60).days()).max(shifted(today, (-720).days()));
    let days = earliest.until(today).map_or(0, |span| span.get_days()).max(0);
    let after = random.between(0, u64::from(days.unsigned_abs()));
    let decided = shifted(earliest.min(today), i64::try_from(after).unwrap_or(0).days());
    demo_recognition(last, row, decided)
}

/// The same stars on another day, marked as a demo value throughout.
pub(super) fn demo_recognition(last: &Recognition, row: usize, decided: Date) -> Recognition {
    Recognition {
        decision_date: decided,
        number: format!("DEMO-GH-{row:04}"),
        authority: "Cơ quan công nhận lại (giá trị demo)".to_owned(),
        note: "Giá trị demo: lần công nhận lại này do máy giả lập, không phải quyết định thật."
            .to_owned(),
        ..last.clone()
    }
}

/// An invented paper of a producer or a product.
pub(super) fn paper(subject: (&str, &str), kind: &str, today: Date, random: &mut Random) -> Value {
    let (subject, id) = subject;
    let age = i64::try_from(random.between(20, 1_000)).unwrap_or(0);
    let issued = shifted(today, (-age).days());
    let line = json!({
        "type": "certificate",
        "kind": kind,
        "number": format!("DEMO-{}-{id}", kind.to_uppercase()),
        "authority": "Tổ chức chứng nhận (giá trị demo)",
        "decision_date": issued.to_string(),
        "expires_on": shifted(issued, PAPER_MONTHS.months()).to_string(),
        "note": "Giá trị demo: giấy tờ do máy giả lập, không phải giấy thật.",
    });
    wire::with(line, json!({ subject: reference(DEMO_SYSTEM, id) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn row(year: Option<i16>, note: &str) -> Listed<'_> {
        Listed { row: 7, stars: 4, potential_five_star: false, year, note }
    }

    #[test]
    fn a_stated_decision_is_kept() {
        let note =
            "decision 858/QĐ-UBND (UBND tỉnh Đắk Nông); issued 2025-06-19; expires 2028-06-19";
        let found = listed(&row(Some(2025), note), TODAY).unwrap();
        assert_eq!(found.number, "858/QĐ-UBND");
        assert_eq!(found.authority, "UBND tỉnh Đắk Nông");
        assert_eq!(found.decision_date, date(2025, 6, 19));
        assert_eq!(found.expires_on(), date(2028, 6, 19));
        assert!(!found.note.contains("demo"));
    }

    #[test]
    fn an_authority_without_a_number_is_kept_and_the_number_is_marked() {
        let found = listed(&row(Some(2025), "decision UBND tỉnh Bình Thuận 6/2025 (press)"), TODAY);
        let found = found.unwrap();
        assert_eq!(found.authority, "UBND tỉnh Bình Thuận");
        assert!(found.number.starts_with("DEMO"));
    }

    #[test]
    fn a_year_alone_is_its_last_day_and_says_so() {
        let found = listed(&row(Some(2023), ""), TODAY).unwrap();
        assert_eq!(found.decision_date, date(2023, 12, 31));
        assert_eq!(found.expires_on(), date(2026, 12, 31));
        assert!(found.note.contains("giả định") && found.number.starts_with("DEMO"));
        assert_eq!(listed(&row(Some(2026), ""), TODAY).unwrap().decision_date, TODAY);
        assert_eq!(listed(&row(None, ""), TODAY), None);
    }

    #[test]
    fn a_renewal_is_valid_today_and_marked() {
        for year in 2019..=2023 {
            let last = listed(&row(Some(year), ""), TODAY).unwrap();
            let new = renewal(&last, 7, TODAY, &mut Random::of(1, "renewal", 7));
            assert!(new.decision_date <= TODAY && new.expires_on() > TODAY, "{year}");
            assert!(new.number.contains("DEMO") && new.note.contains("demo"));
        }
    }
}
