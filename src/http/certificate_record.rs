//! Certificates on the wire.

use matching::certificate::{CertificateEnd, Subject};
use matching::date::Date;
use matching::violation::{Rule, Violation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::etag::Tag;
use super::problem::ApiError;
use super::words::words;
use crate::actions::certificates::{CertificateCommand, CertificateView};

words! {
    /// Kind of a certificate; `/v1/certificate-kinds` says whose it can be.
    CertificateKind = matching::certificate::CertificateKind {
        /// OCOP recognition with three to five stars.
        Ocop,
        /// Hazard analysis and critical control points.
        Haccp,
        /// ISO 22000 food safety management.
        Iso22000,
        /// Good manufacturing practice.
        Gmp,
        /// Vietnamese good agricultural practices.
        Vietgap,
        /// GLOBALG.A.P.
        Globalgap,
        /// Organic production.
        Organic,
        /// Halal.
        Halal,
        /// FSSC 22000.
        Fssc22000,
        /// BRCGS food safety.
        Brc,
        /// IFS food.
        Ifs,
        /// Registration with the US Food and Drug Administration.
        Fda,
        /// Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm.
        FoodSafety,
        /// Mã số vùng trồng.
        PlantingAreaCode,
    }
}

words! {
    /// What a certificate is worth on a day.
    CertificateState = matching::certificate::CertificateState {
        /// Not yet in force: before its decision date.
        Pending,
        /// In force.
        Valid,
        /// In force for at most 30 more days.
        Expiring,
        /// Past its last day.
        Expired,
        /// Revoked by its authority.
        Revoked,
        /// Replaced by a corrected one.
        Superseded,
    }
}

impl CertificateState {
    /// The word of the state.
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
        }
    }
}

/// What is stated about a certificate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateBody {
    /// Its kind.
    pub kind: CertificateKind,
    /// Stars; needed for `ocop`, and only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5, example = 4)]
    pub stars: Option<u8>,
    /// Whether four stars (at least 90 points) await the ministry's decision on five.
    #[serde(default)]
    #[schema(required = false)]
    pub potential_five_star: bool,
    /// Number of the decision or certificate.
    #[schema(min_length = 1, max_length = 500, example = "2411/QĐ-UBND")]
    pub number: String,
    /// Who issued it.
    #[schema(min_length = 1, max_length = 500, example = "UBND tỉnh Vĩnh Long")]
    pub authority: String,
    /// When it was issued.
    #[schema(format = "date", example = "2025-12-20")]
    pub decision_date: String,
    /// Its last day; 36 months after the decision for `ocop`, none for others, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub expires_on: Option<String>,
    /// A remark, such as that a date is assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
    /// Id of the certificate, of the same subject and kind, that this one corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub supersedes: Option<String>,
}

/// How a certificate is revoked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationBody {
    /// The first day on which it does not count; today if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub on: Option<String>,
}

/// A certificate.
#[derive(Debug, Serialize, ToSchema)]
pub struct CertificateRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Grows by one with every change; the first part of the `ETag`.
    pub version: i64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last changed.
    #[schema(format = "date-time")]
    pub updated_at: String,
    /// What you can do with it now.
    #[schema(example = json!(["revoke"]))]
    pub allowed_actions: Vec<String>,
    /// The product that it is about; absent if it is about a party.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub product_id: Option<String>,
    /// The party that it is about; absent if it is about a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub party_id: Option<String>,
    /// What it is worth on the asked day.
    pub state: CertificateState,
    /// Its kind.
    pub kind: CertificateKind,
    /// Stars, of `ocop`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<u8>,
    /// Whether four stars await the ministry's decision on five.
    pub potential_five_star: bool,
    /// Number of the decision or certificate.
    pub number: String,
    /// Who issued it.
    pub authority: String,
    /// When it was issued.
    #[schema(format = "date")]
    pub decision_date: String,
    /// Its last day, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub expires_on: Option<String>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The first day on which it does not count, if it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub revoked_on: Option<String>,
    /// The certificate that corrects it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub superseded_by: Option<String>,
}

fn date(text: &str) -> Result<Date, Rule> {
    text.parse().map_err(|_| Rule::WrongFormat { format: "date".into() })
}

/// The command that a body states.
///
/// # Errors
/// 422 for days outside the years that this service counts, and for an id that is none.
pub fn command(body: CertificateBody) -> Result<CertificateCommand, ApiError> {
    let mut violations = Vec::new();
    let mut note = |at: &str, rule| violations.push(Violation::new(at, rule));
    let decided = date(&body.decision_date).map_err(|rule| note("/decision_date", rule)).ok();
    let expires_on = body.expires_on.as_deref().map(date).transpose();
    let expires_on = expires_on.map_err(|rule| note("/expires_on", rule)).ok().flatten();
    let supersedes = body.supersedes.map(|id| id.parse().map_err(|_| Rule::UnknownReference));
    let supersedes = supersedes.transpose().map_err(|rule| note("/supersedes", rule));
    let supersedes = supersedes.ok().flatten();
    let Some(decision_date) = decided.filter(|_| violations.is_empty()) else {
        return Err(ApiError::invalid(violations));
    };
    Ok(CertificateCommand {
        kind: body.kind.into(),
        stars: body.stars,
        potential_five_star: body.potential_five_star,
        number: body.number,
        authority: body.authority,
        decision_date,
        expires_on,
        note: body.note,
        supersedes,
    })
}

/// The first day on which a certificate does not count, if the body names it.
///
/// # Errors
/// 422 for a day outside the years that this service counts.
pub fn revoked_on(body: &RevocationBody) -> Result<Option<Date>, ApiError> {
    let on = body.on.as_deref().map(date).transpose();
    on.map_err(|rule| ApiError::invalid(vec![Violation::new("/on", rule)]))
}

impl CertificateRecord {
    /// The tag of this answer: the version, and the state on the asked day; whoever may not end it
    /// sees other actions.
    #[must_use]
    pub fn tag(&self) -> Tag {
        if self.allowed_actions.is_empty() {
            return Tag::seen(self.version, self);
        }
        Tag::judged(self.version, self.state.word())
    }
}

impl From<&CertificateView> for CertificateRecord {
    fn from(view: &CertificateView) -> Self {
        let CertificateView { certificate, state, may_change } = view;
        let terms = &certificate.terms;
        let (product_id, party_id) = match terms.subject {
            Subject::Product(product) => (Some(product.to_string()), None),
            Subject::Party(party) => (None, Some(party.to_string())),
        };
        let (revoked_on, superseded_by) = match certificate.end {
            None => (None, None),
            Some(CertificateEnd::Revoked(day)) => (Some(day.to_string()), None),
            Some(CertificateEnd::Superseded(by)) => (None, Some(by.to_string())),
        };
        let stands = *may_change && certificate.end.is_none();
        Self {
            id: certificate.id.to_string(),
            version: certificate.version,
            created_at: certificate.created_at.to_string(),
            updated_at: certificate.updated_at.to_string(),
            allowed_actions: if stands { vec!["revoke".into()] } else { Vec::new() },
            product_id,
            party_id,
            state: (*state).into(),
            kind: terms.kind.into(),
            stars: terms.stars,
            potential_five_star: terms.potential_five_star,
            number: terms.number.clone(),
            authority: terms.authority.clone(),
            decision_date: terms.decision_date.to_string(),
            expires_on: terms.expires_on().map(|day| day.to_string()),
            note: terms.note.clone(),
            revoked_on,
            superseded_by,
        }
    }
}
