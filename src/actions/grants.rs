//! Use cases of grants: a party makes one for another, either side ends it, and a caller acts for
//! whoever allows it to. Grants are between their two parties; others do not know of them.

use std::collections::{BTreeMap, BTreeSet};

use matching::date::Date;
use matching::grant::{Grant, GrantDraft, GrantState, GrantTerms, Permission};
use matching::id::{GrantId, PartyId};
use matching::violation::Rule;

use super::audit_trail::{self, Deed};
use super::authorise;
use super::gather::Gather;
use crate::app::Context;
use crate::caller::{Caller, Resource};
use crate::error::{Conflict, Error};
use crate::store::grants::{self, GrantFilter};
use crate::store::keyset::{Page, PageRequest};
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx, parties};

/// What a caller states about a grant.
#[derive(Debug, Clone)]
pub struct GrantCommand {
    /// In whose name; the caller's party if absent.
    pub grantor_id: Option<PartyId>,
    /// Who may act.
    pub grantee_id: PartyId,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The first day; today if absent.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

/// A grant as a caller sees it.
#[derive(Debug, Clone)]
pub struct GrantView {
    /// The record.
    pub grant: Grant,
    /// What it is worth today.
    pub state: GrantState,
}

impl GrantView {
    /// What the viewer can do with it now; whoever sees a grant may end it.
    #[must_use]
    pub const fn allowed_actions(&self) -> &'static [&'static str] {
        match self.state {
            GrantState::Pending | GrantState::Active => &["revoke"],
            GrantState::Ended | GrantState::Revoked => &[],
        }
    }
}

/// Makes a grant.
///
/// # Errors
/// Broken rules, among them parties that are not there; [`Error::Forbidden`] in another's name.
pub fn create(
    tx: &mut WriteTx<'_>,
    context: &Context,
    command: &GrantCommand,
) -> Result<GrantView, Error> {
    authorise::write(tx, context, Resource::Grants)?;
    let grantor = command.grantor_id.unwrap_or(context.caller.party());
    if !context.caller.owns(grantor) {
        return Err(Error::Forbidden);
    }
    let terms = terms(tx, context, grantor, command)?;
    let grant = record(tx, context, terms)?;
    Ok(seen(context, grant))
}

fn terms(
    tx: &mut ReadTx<'_>,
    context: &Context,
    grantor_id: PartyId,
    command: &GrantCommand,
) -> Result<GrantTerms, Error> {
    let mut gather = Gather::default();
    for (at, party) in [("/grantor_id", grantor_id), ("/grantee_id", command.grantee_id)] {
        let known = parties::find(tx, party)?.ok_or(Rule::UnknownReference);
        gather.rule(at, known);
    }
    let terms = GrantTerms::new(GrantDraft {
        grantor_id,
        grantee_id: command.grantee_id,
        permissions: command.permissions.clone(),
        from: command.from.unwrap_or(context.today()),
        to: command.to,
    });
    let terms = gather.take("", terms);
    gather.finish(terms)
}

fn record(tx: &mut WriteTx<'_>, context: &Context, terms: GrantTerms) -> Result<Grant, Error> {
    let now = context.moment.now();
    let grant = Grant {
        id: GrantId::new(context.moment.new_id()),
        version: 1,
        created_at: now,
        updated_at: now,
        terms,
        revoked_at: None,
    };
    grants::insert(tx, &grant)?;
    let after = Record::Grant(&grant);
    audit_trail::note(tx, context, Deed { action: "create", before: None, after });
    Ok(grant)
}

/// Lets the coordinator that registers `member` act for it, until one of the two revokes that.
///
/// # Errors
/// Whatever the database says.
pub(super) fn allow_registrar(
    tx: &mut WriteTx<'_>,
    context: &Context,
    member: PartyId,
) -> Result<(), Error> {
    let terms = GrantTerms::new(GrantDraft {
        grantor_id: member,
        grantee_id: context.caller.party(),
        permissions: Permission::ALL.to_vec(),
        from: context.today(),
        to: None,
    });
    record(tx, context, terms?).map(drop)
}

/// One grant.
///
/// # Errors
/// [`Error::NotFound`], also if it is between others.
pub fn find(tx: &mut ReadTx<'_>, context: &Context, id: GrantId) -> Result<GrantView, Error> {
    authorise::read(context, Resource::Grants)?;
    Ok(seen(context, visible(tx, context, id)?))
}

fn visible(tx: &mut ReadTx<'_>, context: &Context, id: GrantId) -> Result<Grant, Error> {
    let is_between = |grant: &Grant| {
        [grant.terms.grantor_id, grant.terms.grantee_id].iter().any(|it| context.caller.owns(*it))
    };
    grants::find(tx, id)?.filter(is_between).ok_or(Error::NotFound)
}

/// A page of the grants that the caller's party gave or was given; an admin sees all.
///
/// # Errors
/// Whatever the database says.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    filter: &GrantFilter,
    request: PageRequest,
) -> Result<Page<GrantView>, Error> {
    authorise::read(context, Resource::Grants)?;
    let party = (!context.caller.is_admin()).then_some(context.caller.party());
    let filter = GrantFilter { today: context.today(), ..filter.clone() };
    let Page { items, has_more } = grants::list(tx, (&filter, party), request)?;
    Ok(Page { items: items.into_iter().map(|grant| seen(context, grant)).collect(), has_more })
}

/// Ends a grant at once.
///
/// # Errors
/// [`Error::NotFound`]; [`Conflict::IllegalAction`] if it has ended.
pub fn revoke(tx: &mut WriteTx<'_>, context: &Context, id: GrantId) -> Result<GrantView, Error> {
    authorise::write(tx, context, Resource::Grants)?;
    let current = visible(tx, context, id)?;
    let state = match current.state(context.today()) {
        GrantState::Ended => Some("ended"),
        GrantState::Revoked => Some("revoked"),
        GrantState::Pending | GrantState::Active => None,
    };
    if let Some(state) = state {
        return Err(Error::Conflict(Conflict::IllegalAction { state, actions: Vec::new() }));
    }
    let now = context.moment.now();
    let grant = Grant {
        version: current.version + 1,
        updated_at: now,
        revoked_at: Some(now),
        ..current.clone()
    };
    grants::update(tx, &grant)?;
    let (before, after) = (Some(Record::Grant(&current)), Record::Grant(&grant));
    audit_trail::note(tx, context, Deed { action: "revoke", before, after });
    Ok(seen(context, grant))
}

/// The caller as it acts for `principal`: itself; whoever grants it something today, with what both
/// its token and the grants allow; anybody, for an admin, who then has no more power than that
/// party.
///
/// # Errors
/// [`Error::NotDelegated`], whether there is such a party or not.
pub fn act_for(
    tx: &mut ReadTx<'_>,
    context: &Context,
    principal: Option<PartyId>,
) -> Result<Caller, Error> {
    let (caller, principal) = (&context.caller, principal.ok_or(Error::NotDelegated)?);
    if principal == caller.actor() {
        return Ok(caller.clone());
    }
    if caller.is_admin() {
        parties::find(tx, principal)?.ok_or(Error::NotDelegated)?;
        return Ok(caller.in_place_of(principal));
    }
    let pair = (&[principal][..], caller.actor());
    let allowed = grants::permissions(tx, pair, context.today())?.remove(&principal);
    allowed.map(|allowed| caller.acting_for(principal, &allowed)).ok_or(Error::NotDelegated)
}

/// What each of `parties` allows the caller's party today, the caller itself not counted.
///
/// # Errors
/// Whatever the database says.
pub(super) fn allowed_by(
    tx: &mut ReadTx<'_>,
    context: &Context,
    parties: &[PartyId],
) -> Result<BTreeMap<PartyId, BTreeSet<Permission>>, Error> {
    if context.caller.is_admin() {
        return Ok(BTreeMap::new());
    }
    grants::permissions(tx, (parties, context.caller.party()), context.today())
}

/// Keeps what `party` allows the caller from being taken back until the transaction ends, so that
/// nothing follows a revocation that was answered ([`allowed_by`] tells what it is).
///
/// # Errors
/// Whatever the database says.
pub(super) fn hold(tx: &mut WriteTx<'_>, context: &Context, party: PartyId) -> Result<(), Error> {
    let caller = &context.caller;
    if caller.owns(party) {
        return Ok(());
    }
    grants::lock_permissions(tx, (party, caller.party()), context.today()).map(drop)
}

fn seen(context: &Context, grant: Grant) -> GrantView {
    GrantView { state: grant.state(context.today()), grant }
}
