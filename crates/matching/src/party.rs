//! Parties: organisations that sell, buy, coordinate or oversee. Must not know who may see what of
//! a party.

use crate::place::{Place, ProvinceCode};
use crate::violation::{Rule, Violation, Violations};

/// The longest name of a party, product or demand, in characters.
pub const MAX_NAME_CHARS: u64 = 200;
/// The longest phone number or e-mail address, in characters.
pub const MAX_CONTACT_CHARS: u64 = 254;

/// The legal form of an organisation in Vietnamese law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegalForm {
    /// Công ty (Luật Doanh nghiệp 2020).
    Enterprise,
    /// Doanh nghiệp tư nhân.
    PrivateEnterprise,
    /// Hợp tác xã (Luật Hợp tác xã 2023).
    Cooperative,
    /// Tổ hợp tác.
    CooperativeGroup,
    /// Hộ kinh doanh, hộ sản xuất.
    Household,
    /// Liên hiệp hợp tác xã.
    Union,
    /// Liên minh, hiệp hội.
    Alliance,
    /// Cơ quan nhà nước.
    Agency,
}

/// What a party does here; one party may have several roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Makes products and offers them.
    Producer,
    /// Buys: records demands.
    Distributor,
    /// Acts for members: a union or cooperative.
    Coordinator,
    /// Oversees its provinces, read-only.
    Authority,
}

/// How to reach a party.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// Telephone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// What a party states about itself, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyDraft {
    /// Registered name.
    pub name: String,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Roles, each once.
    pub roles: Vec<Role>,
    /// Tax code: 10 digits, or 10 and 3 after a hyphen, or the 12 digits of a personal number
    /// (Thông tư 86/2024/TT-BTC article 5 and 7).
    pub tax_code: Option<String>,
    /// Seat.
    pub place: Place,
    /// How to reach it.
    pub contact: Contact,
    /// The provinces that an authority may read.
    pub authority_provinces: Vec<ProvinceCode>,
}

/// What a party states about itself, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyTerms(PartyDraft);

impl PartyTerms {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(mut draft: PartyDraft) -> Result<Self, Vec<Violation>> {
        draft.tax_code = draft.tax_code.map(in_one_form);
        let mut violations = Violations::default();
        violations.length(draft.name.trim(), (1, MAX_NAME_CHARS), "/name");
        violations.range(draft.roles.len() as u64, (1, 4), "/roles");
        for (index, role) in draft.roles.iter().enumerate() {
            let first = !draft.roles[..index].contains(role);
            violations.require(first, &format!("/roles/{index}"), Rule::Duplicate);
        }
        if let Some(code) = &draft.tax_code {
            let rule = Rule::WrongFormat { format: "tax code".into() };
            violations.require(is_tax_code(code), "/tax_code", rule);
        }
        check_contact(&draft.contact, &mut violations);
        let overseer = draft.roles.contains(&Role::Authority);
        let rule = Rule::Contradicts { other: "roles" };
        violations.require(
            overseer || draft.authority_provinces.is_empty(),
            "/authority_scope",
            rule,
        );
        violations.into_result(Self(draft))
    }
}

impl std::ops::Deref for PartyTerms {
    type Target = PartyDraft;

    fn deref(&self) -> &PartyDraft {
        &self.0
    }
}

fn check_contact(contact: &Contact, violations: &mut Violations) {
    if let Some(phone) = &contact.phone {
        let legal = phone.chars().all(|c| c.is_ascii_digit() || "+ .-()".contains(c))
            && (6..=20).contains(&phone.chars().filter(char::is_ascii_digit).count());
        let rule = Rule::WrongFormat { format: "phone".into() };
        violations.require(legal, "/contact/phone", rule);
    }
    if let Some(email) = &contact.email {
        let legal = email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !email.contains(char::is_whitespace)
        });
        let rule = Rule::WrongFormat { format: "email".into() };
        violations.require(legal, "/contact/email", rule);
        violations.length(email, (3, MAX_CONTACT_CHARS), "/contact/email");
    }
}

/// A branch's tax code with its hyphen, however it is written: spreadsheets leave it out.
fn in_one_form(code: String) -> String {
    match code.len() {
        13 if code.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}-{}", &code[..10], &code[10..])
        }
        _ => code,
    }
}

fn is_tax_code(code: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match code.split_once('-') {
        Some((head, branch)) => {
            head.len() == 10 && branch.len() == 3 && digits(head) && digits(branch)
        }
        None => matches!(code.len(), 10 | 12) && digits(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_codes_are_ten_ten_and_three_or_twelve_digits() {
        for code in ["2100123456", "2100123456-001", "2100123456001", "084123456789"] {
            assert!(is_tax_code(&in_one_form(code.into())), "{code}");
        }
        assert_eq!(in_one_form("2100123456001".into()), "2100123456-001");
        for code in ["", "210012345", "2100123456-01", "21001234x6", "210012345600x"] {
            assert!(!is_tax_code(code), "{code}");
        }
    }
}
