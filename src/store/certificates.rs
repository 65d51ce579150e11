//! Rows of certificates: the whole history of each product and party.

use diesel::prelude::*;
use matching::certificate::{
    CertificateDraft, CertificateEnd, CertificateKind, CertificateTerms, NO_EXPIRY, Subject,
};
use matching::date::Timestamp;
use matching::id::CertificateId;

use super::columns::{date_of, id_of, illegal, small_of};
use super::dialect::{VALUES_PER_STATEMENT, is_duplicate, on_each, stale};
use super::keyset::{Page, PageRequest, by_creation};
use super::schema::certificates;
use super::transaction::{ReadTx, WriteTx};
use crate::error::{Conflict, Error};

/// A certificate as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What it says.
    pub terms: CertificateTerms,
    /// What ended it before its last day.
    pub end: Option<CertificateEnd>,
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = certificates, treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: i64,
    updated_at: i64,
    product_id: Option<String>,
    party_id: Option<String>,
    kind: String,
    stars: Option<i32>,
    potential_five_star: bool,
    number: String,
    authority: String,
    decision_date: String,
    expires_on: String,
    note: Option<String>,
    revoked_on: Option<String>,
    superseded_by: Option<String>,
    subject_id: String,
}

impl From<&Certificate> for Row {
    fn from(certificate: &Certificate) -> Self {
        let Certificate { id, version, created_at, updated_at, terms, end } = certificate;
        let CertificateDraft {
            subject,
            kind,
            stars,
            potential_five_star,
            number,
            authority,
            decision_date,
            expires_on: _,
            note,
        } = &**terms;
        let (product_id, party_id) = match subject {
            Subject::Product(product) => (Some(product.to_string()), None),
            Subject::Party(party) => (None, Some(party.to_string())),
        };
        let (revoked_on, superseded_by) = match end {
            None => (None, None),
            Some(CertificateEnd::Revoked(day)) => (Some(day.to_string()), None),
            Some(CertificateEnd::Superseded(by)) => (None, Some(by.to_string())),
        };
        Self {
            id: id.to_string(),
            version: *version,
            created_at: created_at.micros(),
            updated_at: updated_at.micros(),
            product_id,
            party_id,
            kind: kind.code().into(),
            stars: stars.map(i32::from),
            potential_five_star: *potential_five_star,
            number: number.clone(),
            authority: authority.clone(),
            decision_date: decision_date.to_string(),
            expires_on: terms.validity().to().to_string(),
            note: note.clone(),
            revoked_on,
            superseded_by,
            subject_id: key(*subject),
        }
    }
}

fn key(subject: Subject) -> String {
    match subject {
        Subject::Product(product) => product.to_string(),
        Subject::Party(party) => party.to_string(),
    }
}

impl TryFrom<Row> for Certificate {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let subject = match (&row.product_id, &row.party_id) {
            (Some(product), None) => Subject::Product(id_of(product)?),
            (None, Some(party)) => Subject::Party(id_of(party)?),
            _ => return Err(illegal("subject", &row.id)),
        };
        let end = match (&row.revoked_on, &row.superseded_by) {
            (None, None) => None,
            (Some(day), None) => Some(CertificateEnd::Revoked(date_of(day)?)),
            (None, Some(by)) => Some(CertificateEnd::Superseded(id_of(by)?)),
            _ => return Err(illegal("certificate end", &row.id)),
        };
        let last_day = date_of(&row.expires_on)?;
        let kind = CertificateKind::parse(&row.kind);
        let draft = CertificateDraft {
            subject,
            kind: kind.ok_or_else(|| illegal("certificate kind", &row.kind))?,
            stars: row.stars.map(small_of).transpose()?,
            potential_five_star: row.potential_five_star,
            number: row.number,
            authority: row.authority,
            decision_date: date_of(&row.decision_date)?,
            expires_on: (last_day != NO_EXPIRY).then_some(last_day),
            note: row.note,
        };
        Ok(Self {
            version: row.version,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            terms: CertificateTerms::new(draft).map_err(|_| illegal("certificate", &row.id))?,
            end,
            id: id_of(&row.id)?,
        })
    }
}

/// Records a certificate.
///
/// # Errors
/// [`Conflict::DuplicateCertificate`].
pub fn insert(tx: &mut WriteTx<'_>, certificate: &Certificate) -> Result<(), Error> {
    let row = Row::from(certificate);
    let inserted = on_each!(tx.connection(), |c| {
        diesel::insert_into(certificates::table).values(row).execute(c)
    });
    meaning(inserted).map(drop)
}

/// Takes a certificate that is about to be superseded out of the way of the one that corrects it,
/// which may have the same number: until [`update`] names that one, it is superseded by itself.
///
/// # Errors
/// [`Error::Unavailable`] if its version is another by now, [`Error::NotFound`].
pub fn step_aside(tx: &mut WriteTx<'_>, certificate: &Certificate) -> Result<(), Error> {
    let id = certificate.id.to_string();
    let target =
        certificates::table.find(id.clone()).filter(certificates::version.eq(certificate.version));
    let aside = certificates::superseded_by.eq(&id);
    match diesel::update(target).set(aside).execute(tx.connection())? {
        1 => Ok(()),
        _ => stale!(tx, certificates, id),
    }
}

/// Replaces the certificate that has the version before `certificate.version`.
///
/// # Errors
/// [`Conflict::DuplicateCertificate`]; [`Error::Unavailable`] if the version is another by now,
/// [`Error::NotFound`].
pub fn update(tx: &mut WriteTx<'_>, certificate: &Certificate) -> Result<(), Error> {
    let row = Row::from(certificate);
    let target =
        certificates::table.find(row.id.clone()).filter(certificates::version.eq(row.version - 1));
    let updated = diesel::update(target).set(&row).execute(tx.connection());
    match meaning(updated)? {
        1 => Ok(()),
        _ => stale!(tx, certificates, row.id),
    }
}

fn meaning(outcome: QueryResult<usize>) -> Result<usize, Error> {
    match outcome {
        Err(error) if is_duplicate(&error) => Err(Error::Conflict(Conflict::DuplicateCertificate)),
        other => Ok(other?),
    }
}

/// The certificate with this id.
///
/// # Errors
/// Whatever the database says.
pub fn find(tx: &mut ReadTx<'_>, id: CertificateId) -> Result<Option<Certificate>, Error> {
    let row: Option<Row> =
        certificates::table.find(id.to_string()).get_result(tx.connection()).optional()?;
    row.map(Certificate::try_from).transpose()
}

/// A page of the certificates of one subject.
///
/// # Errors
/// Whatever the database says.
pub fn of_subject(
    tx: &mut ReadTx<'_>,
    subject: Subject,
    request: PageRequest,
) -> Result<Page<Certificate>, Error> {
    let query = certificates::table.filter(certificates::subject_id.eq(key(subject))).into_boxed();
    let rows: Vec<Row> = by_creation!(query, certificates, request).load(tx.connection())?;
    let items = rows.into_iter().map(Certificate::try_from).collect::<Result<_, _>>()?;
    Ok(request.page(items))
}

/// Every certificate of these subjects, those of one subject by date of decision.
///
/// # Errors
/// Whatever the database says.
pub fn of_subjects(tx: &mut ReadTx<'_>, subjects: &[Subject]) -> Result<Vec<Certificate>, Error> {
    let mut found: Vec<Row> = Vec::new();
    for part in subjects.chunks(VALUES_PER_STATEMENT) {
        let keys: Vec<String> = part.iter().copied().map(key).collect();
        let query = certificates::table.filter(certificates::subject_id.eq_any(keys)).order((
            certificates::subject_id,
            certificates::decision_date,
            certificates::id,
        ));
        found.extend(query.load::<Row>(tx.connection())?);
    }
    found.into_iter().map(Certificate::try_from).collect()
}

/// Every certificate of a subject with an id from that of `first` to that of `last`, those of one
/// subject by date of decision.
///
/// # Errors
/// Whatever the database says.
pub fn of_range(
    tx: &mut ReadTx<'_>,
    (first, last): (Subject, Subject),
) -> Result<Vec<Certificate>, Error> {
    let query = certificates::table
        .filter(certificates::subject_id.between(key(first), key(last)))
        .order((certificates::subject_id, certificates::decision_date, certificates::id));
    let rows: Vec<Row> = on_each!(tx.connection(), |c| query.load(c))?;
    rows.into_iter().map(Certificate::try_from).collect()
}

/// Every certificate, in order of id.
///
/// # Errors
/// Whatever the database says.
pub fn all(tx: &mut ReadTx<'_>) -> Result<Vec<Certificate>, Error> {
    let rows: Vec<Row> = certificates::table.order(certificates::id).load(tx.connection())?;
    rows.into_iter().map(Certificate::try_from).collect()
}
