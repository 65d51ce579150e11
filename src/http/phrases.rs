//! What several texts say alike, in Vietnamese and English: names of papers and provinces with
//! their codes, percentages, lists. Must not know the sentences that they stand in.

use matching::certificate::{CertificateKind, CertificateKinds};
use matching::place::ProvinceCode;

use super::problem_texts::Language;
use crate::reference::Reference;

/// The words of a language.
pub(super) const fn said(words: [&'static str; 2], language: Language) -> &'static str {
    match language {
        Language::Vietnamese => words[0],
        Language::English => words[1],
    }
}

/// Basis points as percent, with the decimal sign of the language.
pub(super) fn percent(basis_points: u64, language: Language) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}{}{rest:02}", said([",", "."], language)),
    }
}

/// The name of today's province with its code: `Thành phố Hà Nội (01)`.
pub(super) fn province(code: ProvinceCode, language: Language) -> String {
    let province = Reference::shared().provinces().get(code);
    let name = province.map(|province| match language {
        Language::Vietnamese => &province.full_name,
        Language::English => &province.name,
    });
    name.map_or_else(|| code.to_string(), |name| format!("{name} ({code})"))
}

/// The names of papers with their codes: `HACCP (haccp), VietGAP (vietgap)`.
pub(super) fn papers(kinds: CertificateKinds, between: &str, language: Language) -> String {
    kinds.iter().map(|kind| paper(kind, language)).collect::<Vec<_>>().join(between)
}

fn paper(kind: CertificateKind, language: Language) -> String {
    let (code, known) = (kind.code(), Reference::shared().certificate_kind(kind.code()));
    let label = known.map(|known| match language {
        Language::Vietnamese => &known.label_vi,
        Language::English => &known.label_en,
    });
    label.map_or_else(|| code.to_owned(), |label| format!("{label} ({code})"))
}

/// Some things in a row: `A`, `A và B`, `A, B và C`.
pub(super) fn listed(things: &[String], language: Language) -> String {
    let and = said([" và ", " and "], language);
    match things {
        [first @ .., last] if !first.is_empty() => [&first.join(", "), and, last].concat(),
        _ => things.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VI: Language = Language::Vietnamese;
    const EN: Language = Language::English;

    #[test]
    fn a_percentage_has_the_decimal_sign_of_its_language() {
        assert_eq!([VI, EN].map(|it| percent(1160, it)), ["11,60", "11.60"]);
        assert_eq!([VI, EN].map(|it| percent(1205, it)), ["12,05", "12.05"]);
        assert_eq!([VI, EN].map(|it| percent(400, it)), ["4", "4"]);
    }

    #[test]
    fn papers_and_provinces_have_names_beside_their_codes() {
        let kinds = [CertificateKind::Haccp, CertificateKind::FoodSafety].into_iter().collect();
        let vietnamese = "HACCP (haccp); Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm \
                          (food_safety)";
        assert_eq!(papers(kinds, "; ", VI), vietnamese);
        let english = "HACCP food safety plan (haccp), Food safety condition certificate \
                       (food_safety)";
        assert_eq!(papers(kinds, ", ", EN), english);
        let ha_noi = ProvinceCode::parse("01").unwrap();
        assert_eq!(
            [VI, EN].map(|it| province(ha_noi, it)),
            ["Thành phố Hà Nội (01)", "Hà Nội (01)"]
        );
    }

    #[test]
    fn every_kind_of_paper_has_a_label() {
        for kind in CertificateKind::ALL {
            assert_ne!(paper(*kind, VI), kind.code());
        }
    }

    #[test]
    fn the_last_of_a_list_is_joined_by_a_word() {
        let things = ["A", "B", "C"].map(str::to_owned);
        assert_eq!(listed(&things, VI), "A, B và C");
        assert_eq!(listed(&things[..2], EN), "A and B");
        assert_eq!(listed(&things[..1], EN), "A");
    }
}
