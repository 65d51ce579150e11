//! Kinds of certificate: what a paper is called and whether a product or its maker holds it.

use super::table;
use serde::Deserialize;

/// Who or what a paper is issued to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateSubject {
    /// A product, as an OCOP recognition is.
    Product,
    /// The organisation that makes it.
    Party,
    /// Either, as a HACCP certificate may name a line of products or a whole works.
    Any,
}

/// A kind of paper with its stable code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CertificateKind {
    /// Stable code: `ocop`, `haccp`, `vietgap` …
    pub code: String,
    /// Vietnamese name.
    pub label_vi: String,
    /// English name.
    pub label_en: String,
    /// What it is issued to.
    pub subject: CertificateSubject,
}

pub(super) fn load() -> Vec<CertificateKind> {
    table::rows(include_str!("../../data/certificate_kinds.csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ocop_recognition_belongs_to_a_product() {
        let kinds = load();
        let ocop = kinds.iter().find(|kind| kind.code == "ocop").unwrap();
        assert_eq!(ocop.subject, CertificateSubject::Product);
    }
}
