//! Use cases of certificates. They are recorded once and never edited: a wrong one is superseded by
//! a corrected one, and the past stays readable. Written by the owner of the subject, the party
//! that registered it, and an admin.

use matching::certificate::{
    CertificateDraft, CertificateEnd, CertificateKind, CertificateState, CertificateTerms,
    StarPeriod, Subject, counting_period, state_on,
};
use matching::date::Date;
use matching::grant::Permission;
use matching::id::{CertificateId, PartyId};
use matching::violation::Rule;

use super::audit_trail::{self, Deed};
use super::gather::Gather;
use super::parties::writable;
use super::{authorise, grants};
use crate::app::Context;
use crate::caller::Resource;
use crate::error::{Conflict, Error};
use crate::reference::CertificateSubject;
use crate::store::certificates::{self, Certificate};
use crate::store::keyset::{Page, PageRequest};
use crate::store::parties::{self, Party};
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx, products};

/// What a caller states about a certificate.
#[derive(Debug, Clone)]
pub struct CertificateCommand {
    /// Its kind.
    pub kind: CertificateKind,
    /// Stars; for `ocop` only.
    pub stars: Option<u8>,
    /// Whether five stars are awaited.
    pub potential_five_star: bool,
    /// Number of the decision or certificate.
    pub number: String,
    /// Who issued it.
    pub authority: String,
    /// When it was issued.
    pub decision_date: Date,
    /// Its last day.
    pub expires_on: Option<Date>,
    /// A remark.
    pub note: Option<String>,
    /// The certificate that it corrects.
    pub supersedes: Option<CertificateId>,
}

/// A certificate as a caller sees it.
#[derive(Debug, Clone)]
pub struct CertificateView {
    /// The record.
    pub certificate: Certificate,
    /// What it is worth on the asked day.
    pub state: CertificateState,
    /// Whether the viewer may revoke or supersede it.
    pub may_change: bool,
}

/// Records a certificate of `subject`, in place of the one that it corrects.
///
/// # Errors
/// Broken rules; [`Error::NotFound`] or [`Error::Forbidden`]; a duplicate; a certificate to be
/// corrected that was ended already.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    subject: Subject,
    command: &CertificateCommand,
) -> Result<CertificateView, Error> {
    let owner = changeable(tx, context, subject)?;
    let (terms, superseded) = terms(tx, context, subject, command)?;
    let now = context.moment.now();
    let certificate = Certificate {
        id: CertificateId::new(context.moment.new_id()),
        version: 1,
        created_at: now,
        updated_at: now,
        terms,
        end: None,
    };
    if let Some(wrong) = &superseded {
        still_counts(wrong)?;
        certificates::step_aside(tx, wrong)?;
    }
    certificates::insert(tx, &certificate)?;
    let after = Record::Certificate(&certificate, owner);
    audit_trail::note(tx, context, Deed { action: "create", before: None, after });
    if let Some(wrong) = superseded {
        end(tx, context, (wrong, owner), CertificateEnd::Superseded(certificate.id))?;
    }
    Ok(seen(certificate, context.today(), true))
}

fn terms(
    tx: &mut ReadTx<'_>,
    context: &Context,
    subject: Subject,
    command: &CertificateCommand,
) -> Result<(CertificateTerms, Option<Certificate>), Error> {
    let mut gather = Gather::default();
    gather.rule("/kind", check_kind(context, subject, command.kind));
    let superseded = match command.supersedes {
        Some(id) => {
            let found = certificates::find(tx, id)?;
            let same = found
                .filter(|wrong| (wrong.terms.subject, wrong.terms.kind) == (subject, command.kind));
            gather.rule("/supersedes", same.ok_or(Rule::UnknownReference))
        }
        None => None,
    };
    let terms = gather.take("", CertificateTerms::new(draft(subject, command)));
    Ok((gather.finish(terms)?, superseded))
}

/// Whether a recorded certificate says what is stated again.
pub(super) fn says_the_same(
    recorded: &Certificate,
    subject: Subject,
    command: &CertificateCommand,
) -> bool {
    let terms = CertificateTerms::new(draft(subject, command));
    terms.is_ok_and(|terms| terms == recorded.terms)
}

fn draft(subject: Subject, command: &CertificateCommand) -> CertificateDraft {
    let command = command.clone();
    CertificateDraft {
        subject,
        kind: command.kind,
        stars: command.stars,
        potential_five_star: command.potential_five_star,
        number: command.number.trim().into(),
        authority: command.authority.trim().into(),
        decision_date: command.decision_date,
        expires_on: command.expires_on,
        note: command.note,
    }
}

/// An OCOP recognition belongs to a product; every other paper may be its maker's too.
fn check_kind(context: &Context, subject: Subject, kind: CertificateKind) -> Result<(), Rule> {
    let other = match subject {
        Subject::Product(_) => CertificateSubject::Party,
        Subject::Party(_) => CertificateSubject::Product,
    };
    let kinds = context.reference.certificate_kinds().iter();
    let legal: Vec<&str> =
        kinds.filter(|kind| kind.subject != other).map(|kind| kind.code.as_str()).collect();
    let is_legal = legal.contains(&kind.code());
    if is_legal { Ok(()) } else { Err(Rule::NotAllowed { allowed: legal.join(", ") }) }
}

/// One certificate, as it stands on `as_of` (today if absent).
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(
    tx: &mut ReadTx<'_>,
    context: &Context,
    id: CertificateId,
    as_of: Option<Date>,
) -> Result<CertificateView, Error> {
    authorise::read(context, Resource::Products)?;
    let certificate = certificates::find(tx, id)?.ok_or(Error::NotFound)?;
    let owner = owner(tx, certificate.terms.subject)?;
    let may_change = may_change(tx, context, owner)?;
    Ok(seen(certificate, as_of.unwrap_or(context.today()), may_change))
}

/// A page of the certificates of `subject`, past ones too, as they stand on `as_of`.
///
/// # Errors
/// [`Error::NotFound`] if there is no such subject.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    (subject, as_of): (Subject, Option<Date>),
    request: PageRequest,
) -> Result<Page<CertificateView>, Error> {
    authorise::read(context, Resource::Products)?;
    let owner = owner(tx, subject)?;
    let may_change = may_change(tx, context, owner)?;
    let Page { items, has_more } = certificates::of_subject(tx, subject, request)?;
    let on = as_of.unwrap_or(context.today());
    let items = items.into_iter().map(|certificate| seen(certificate, on, may_change));
    Ok(Page { items: items.collect(), has_more })
}

/// Revokes a certificate from `on` (today if absent) on.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Forbidden`]; a day outside its validity; a certificate that was
/// ended already.
pub fn revoke(
    tx: &mut WriteTx<'_>,
    context: &Context,
    id: CertificateId,
    on: Option<Date>,
) -> Result<CertificateView, Error> {
    authorise::write(tx, context, Resource::Products)?;
    let certificate = certificates::find(tx, id)?.ok_or(Error::NotFound)?;
    let owner = changeable(tx, context, certificate.terms.subject)?;
    let on = on.unwrap_or(context.today());
    let validity = certificate.terms.validity();
    if on < validity.from() {
        return Err(Error::invalid("/on", Rule::Contradicts { other: "decision_date" }));
    }
    if on > validity.to() {
        return Err(Error::invalid("/on", Rule::Contradicts { other: "expires_on" }));
    }
    let revoked = end(tx, context, (certificate, owner), CertificateEnd::Revoked(on))?;
    Ok(seen(revoked, context.today(), true))
}

fn end(
    tx: &mut WriteTx<'_>,
    context: &Context,
    (certificate, owner): (Certificate, PartyId),
    end: CertificateEnd,
) -> Result<Certificate, Error> {
    still_counts(&certificate)?;
    let ended = Certificate {
        version: certificate.version + 1,
        updated_at: context.moment.now(),
        end: Some(end),
        ..certificate.clone()
    };
    certificates::update(tx, &ended)?;
    let action = match end {
        CertificateEnd::Revoked(_) => "revoke",
        CertificateEnd::Superseded(_) => "supersede",
    };
    let before = Some(Record::Certificate(&certificate, owner));
    let after = Record::Certificate(&ended, owner);
    audit_trail::note(tx, context, Deed { action, before, after });
    Ok(ended)
}

/// A certificate is ended once.
fn still_counts(certificate: &Certificate) -> Result<(), Error> {
    let state = match certificate.end {
        None => return Ok(()),
        Some(CertificateEnd::Revoked(_)) => "revoked",
        Some(CertificateEnd::Superseded(_)) => "superseded",
    };
    Err(Error::Conflict(Conflict::IllegalAction { state, actions: Vec::new() }))
}

/// The star of a certificate and the days on which it counts; none for other papers.
#[must_use]
pub fn star_period(certificate: &Certificate) -> Option<StarPeriod> {
    let stars = certificate.terms.stars()?;
    let counts = counting_period(certificate.terms.validity(), certificate.end)?;
    Some(StarPeriod { counts, stars })
}

/// The party whose certificate it is or will be, for which the caller may write.
fn changeable(tx: &mut WriteTx<'_>, context: &Context, subject: Subject) -> Result<PartyId, Error> {
    authorise::write(tx, context, Resource::Products)?;
    // Products and parties are public, so that this one exists is no secret.
    let owner = owner(tx, subject)?;
    let id = owner.id;
    grants::hold(tx, context, id)?;
    if may_change(tx, context, owner)? { Ok(id) } else { Err(Error::Forbidden) }
}

fn may_change(tx: &mut ReadTx<'_>, context: &Context, owner: Party) -> Result<bool, Error> {
    let writable = writable(tx, context, (&[owner], Permission::WriteProducts))?;
    Ok(!writable.is_empty())
}

fn owner(tx: &mut ReadTx<'_>, subject: Subject) -> Result<Party, Error> {
    let id = match subject {
        Subject::Party(party) => party,
        Subject::Product(id) => products::find(tx, id)?.ok_or(Error::NotFound)?.terms.party_id,
    };
    parties::find(tx, id)?.ok_or(Error::NotFound)
}

fn seen(certificate: Certificate, on: Date, may_change: bool) -> CertificateView {
    let state = state_on(on, certificate.terms.validity(), certificate.end);
    CertificateView { certificate, state, may_change }
}
