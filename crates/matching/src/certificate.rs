//! Certificates: OCOP stars and other papers with their dates, and what they say on a given day.
//! Must not know offers or demands.

use crate::date::{Date, Period};
use crate::id::{CertificateId, PartyId, ProductId};
use crate::violation::{Rule, Violation, Violations};

/// Months that an OCOP recognition lasts (Quyết định 148/QĐ-TTg 2023, điều 3).
pub const OCOP_VALID_MONTHS: i32 = 36;
/// Days before its end from which a certificate counts as expiring.
pub const EXPIRING_DAYS: i32 = 30;
/// The longest certificate number, authority or note, in characters.
pub const MAX_CERTIFICATE_TEXT_CHARS: u64 = 500;

macro_rules! certificate_kinds {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// A kind of certificate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CertificateKind {
            $($(#[$doc])* $variant,)*
        }

        impl CertificateKind {
            /// Every kind, in the order of the reference list.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The kind with this code.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.code() == code)
            }
        }
    };
}

certificate_kinds! {
    /// OCOP recognition with three to five stars.
    Ocop = "ocop",
    /// Hazard analysis and critical control points.
    Haccp = "haccp",
    /// ISO 22000 food safety management.
    Iso22000 = "iso22000",
    /// Good manufacturing practice.
    Gmp = "gmp",
    /// Vietnamese good agricultural practices.
    Vietgap = "vietgap",
    /// GLOBALG.A.P.
    Globalgap = "globalgap",
    /// Organic production.
    Organic = "organic",
    /// Halal.
    Halal = "halal",
    /// FSSC 22000.
    Fssc22000 = "fssc22000",
    /// BRCGS food safety.
    Brc = "brc",
    /// IFS food.
    Ifs = "ifs",
    /// Registration with the US Food and Drug Administration.
    Fda = "fda",
    /// Vietnamese food safety condition certificate.
    FoodSafety = "food_safety",
    /// Registered planting area code.
    PlantingAreaCode = "planting_area_code",
}

/// A set of certificate kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CertificateKinds(u32);

impl CertificateKinds {
    /// Whether no kind is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `kind` is in it.
    #[must_use]
    pub const fn contains(self, kind: CertificateKind) -> bool {
        self.0 >> kind as u32 & 1 == 1
    }

    /// The kinds of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kinds of this set that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The kinds in the order of the reference list.
    pub fn iter(self) -> impl Iterator<Item = CertificateKind> {
        CertificateKind::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<CertificateKind> for CertificateKinds {
    fn from_iter<I: IntoIterator<Item = CertificateKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |set, kind| set | 1 << kind as u32))
    }
}

/// OCOP stars: three to five; potential five-star is four with a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stars {
    /// Three stars (50–69 points).
    Three,
    /// Four stars (70–89 points).
    Four,
    /// Four stars with at least 90 points, awaiting the ministry; counts as four.
    PotentialFive,
    /// Five stars (90–100 points, national).
    Five,
}

impl Stars {
    /// `number` stars, `potential` only with four.
    #[must_use]
    pub const fn new(number: u8, potential: bool) -> Option<Self> {
        match (number, potential) {
            (3, false) => Some(Self::Three),
            (4, false) => Some(Self::Four),
            (4, true) => Some(Self::PotentialFive),
            (5, false) => Some(Self::Five),
            _ => None,
        }
    }

    /// The number of stars that a requirement counts.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Four | Self::PotentialFive => 4,
            Self::Five => 5,
        }
    }

    /// Whether the product awaits five stars.
    #[must_use]
    pub const fn is_potential_five(self) -> bool {
        matches!(self, Self::PotentialFive)
    }
}

/// What a certificate is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One product.
    Product(ProductId),
    /// A producer with all its products.
    Party(PartyId),
}

/// What a certificate says, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateDraft {
    /// What it is about.
    pub subject: Subject,
    /// Its kind.
    pub kind: CertificateKind,
    /// Stars; for `ocop` only.
    pub stars: Option<u8>,
    /// Whether five stars are awaited; with four stars only.
    pub potential_five_star: bool,
    /// Number of the decision or certificate.
    pub number: String,
    /// Who issued it.
    pub authority: String,
    /// When it was issued.
    pub decision_date: Date,
    /// Its last day; absent for `ocop` means decision date + 36 months.
    pub expires_on: Option<Date>,
    /// A remark, such as that a date is assumed.
    pub note: Option<String>,
}

/// What a certificate says, checked; its draft names the last day, unless it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateTerms {
    draft: CertificateDraft,
    stars: Option<Stars>,
    validity: Period,
}

/// The end of a certificate without one: the last day that dates of this service can name.
pub const NO_EXPIRY: Date = Date::from_days(84_005);

impl CertificateTerms {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every broken rule with its place.
    pub fn new(mut draft: CertificateDraft) -> Result<Self, Vec<Violation>> {
        let mut violations = Violations::default();
        let limits = (1, MAX_CERTIFICATE_TEXT_CHARS);
        violations.length(draft.number.trim(), limits, "/number");
        violations.length(draft.authority.trim(), limits, "/authority");
        if let Some(note) = &draft.note {
            violations.length(note, limits, "/note");
        }
        let stars = check_stars(&draft, &mut violations);
        let is_ocop = draft.kind == CertificateKind::Ocop;
        let default =
            if is_ocop { draft.decision_date.plus_months(OCOP_VALID_MONTHS) } else { NO_EXPIRY };
        let expires_on = draft.expires_on.unwrap_or(default);
        draft.expires_on = (expires_on != NO_EXPIRY).then_some(expires_on);
        match Period::new(draft.decision_date, expires_on) {
            Some(validity) => violations.into_result(Self { draft, stars, validity }),
            None => {
                violations.push("/expires_on", Rule::ReversedPeriod);
                violations.into_result(()).and(Err(Vec::new()))
            }
        }
    }

    /// The stars of an OCOP certificate.
    #[must_use]
    pub const fn stars(&self) -> Option<Stars> {
        self.stars
    }

    /// The days on which it is valid, unless revoked or superseded.
    #[must_use]
    pub const fn validity(&self) -> Period {
        self.validity
    }

    /// Its last day, if it has one.
    #[must_use]
    pub fn expires_on(&self) -> Option<Date> {
        (self.validity.to() != NO_EXPIRY).then_some(self.validity.to())
    }
}

impl std::ops::Deref for CertificateTerms {
    type Target = CertificateDraft;

    fn deref(&self) -> &CertificateDraft {
        &self.draft
    }
}

fn check_stars(draft: &CertificateDraft, violations: &mut Violations) -> Option<Stars> {
    if draft.kind != CertificateKind::Ocop {
        let rule = Rule::Contradicts { other: "kind" };
        violations.require(draft.stars.is_none(), "/stars", rule.clone());
        violations.require(!draft.potential_five_star, "/potential_five_star", rule);
        return None;
    }
    let Some(number) = draft.stars else {
        violations.push("/stars", Rule::Required);
        return None;
    };
    violations.range(u64::from(number), (3, 5), "/stars");
    let potential_fits = !draft.potential_five_star || number == 4;
    let rule = Rule::Contradicts { other: "stars" };
    violations.require(potential_fits, "/potential_five_star", rule);
    Stars::new(number, draft.potential_five_star)
}

/// What ended a certificate before its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateEnd {
    /// The authority revoked it on this day; it does not count from that day on.
    Revoked(Date),
    /// A corrected certificate stands in its place; it never counts.
    Superseded(CertificateId),
}

/// The state of a certificate on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateState {
    /// Before its first day.
    Pending,
    /// In force.
    Valid,
    /// In force, and its last day is at most [`EXPIRING_DAYS`] days away.
    Expiring,
    /// Past its last day.
    Expired,
    /// Revoked by its authority.
    Revoked,
    /// Replaced by a corrected one.
    Superseded,
}

/// The state on `date` of a certificate with this validity and end.
#[must_use]
pub fn state_on(date: Date, validity: Period, end: Option<CertificateEnd>) -> CertificateState {
    match end {
        Some(CertificateEnd::Superseded(_)) => CertificateState::Superseded,
        Some(CertificateEnd::Revoked(day)) if date >= day => CertificateState::Revoked,
        _ if date < validity.from() => CertificateState::Pending,
        _ if date > validity.to() => CertificateState::Expired,
        _ if validity.to().days() - date.days() <= EXPIRING_DAYS => CertificateState::Expiring,
        _ => CertificateState::Valid,
    }
}

/// The days on which a certificate counts, after what ended it; none if it never counts.
#[must_use]
pub fn counting_period(validity: Period, end: Option<CertificateEnd>) -> Option<Period> {
    match end {
        None => Some(validity),
        Some(CertificateEnd::Superseded(_)) => None,
        Some(CertificateEnd::Revoked(day)) => {
            Period::new(validity.from(), validity.to().min(day.plus_days(-1)))
        }
    }
}

/// A star and the days on which it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StarPeriod {
    /// The days.
    pub counts: Period,
    /// The star.
    pub stars: Stars,
}

/// The recognition on `date`: of the certificates that count that day, the one decided last (the
/// higher star where two were decided on one day).
#[must_use]
pub fn recognition_on(date: Date, history: &[StarPeriod]) -> Option<StarPeriod> {
    let counting = history.iter().filter(|star| star.counts.contains(date));
    counting.copied().max_by_key(|star| (star.counts.from(), star.stars, star.counts.to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn ocop(stars: u8, potential_five_star: bool) -> CertificateDraft {
        CertificateDraft {
            subject: Subject::Product("00000000-0000-7000-8000-000000000001".parse().expect("id")),
            kind: CertificateKind::Ocop,
            stars: Some(stars),
            potential_five_star,
            number: "2411/QĐ-UBND".into(),
            authority: "UBND tỉnh Trà Vinh".into(),
            decision_date: date("2022-11-15"),
            expires_on: None,
            note: None,
        }
    }

    #[test]
    fn an_ocop_star_lasts_thirty_six_months() {
        let terms = CertificateTerms::new(ocop(4, true)).expect("legal");
        assert_eq!(terms.expires_on(), Some(date("2025-11-15")));
        assert_eq!(terms.stars(), Some(Stars::PotentialFive));
    }

    #[test]
    fn potential_five_star_goes_with_four_stars_only() {
        assert!(CertificateTerms::new(ocop(3, true)).is_err());
        assert!(CertificateTerms::new(ocop(5, true)).is_err());
        assert!(CertificateTerms::new(ocop(2, false)).is_err());
    }

    #[test]
    fn a_certificate_without_end_never_expires() {
        let draft =
            CertificateDraft { kind: CertificateKind::Haccp, stars: None, ..ocop(4, false) };
        let terms = CertificateTerms::new(draft).expect("legal");
        assert_eq!(terms.expires_on(), None);
        assert_eq!(NO_EXPIRY, date("2199-12-31"));
    }

    #[test]
    fn it_warns_for_its_last_thirty_days() {
        let validity = Period::new(date("2022-11-15"), date("2025-11-15")).expect("in order");
        let state = |day: &str| state_on(date(day), validity, None);
        assert_eq!(state("2025-10-15"), CertificateState::Valid);
        assert_eq!(state("2025-10-16"), CertificateState::Expiring);
        assert_eq!(state("2025-11-15"), CertificateState::Expiring);
        assert_eq!(state("2025-11-16"), CertificateState::Expired);
    }

    #[test]
    fn the_latest_decision_counts_and_a_revoked_one_does_not() {
        let period = |from: &str, to: &str| Period::new(date(from), date(to)).expect("in order");
        let old = period("2020-01-01", "2023-01-01");
        let new = period("2022-06-01", "2025-06-01");
        let history = [
            StarPeriod { counts: old, stars: Stars::Five },
            StarPeriod { counts: new, stars: Stars::Four },
        ];
        let on = |day: &str| recognition_on(date(day), &history).map(|star| star.stars);
        assert_eq!(on("2022-05-31"), Some(Stars::Five));
        assert_eq!(on("2022-06-01"), Some(Stars::Four));
        assert_eq!(on("2025-06-02"), None);
        let revoked = counting_period(new, Some(CertificateEnd::Revoked(date("2023-01-02"))));
        assert_eq!(revoked, Some(period("2022-06-01", "2023-01-01")));
    }
}
