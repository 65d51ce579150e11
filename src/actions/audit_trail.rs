//! Use cases of the audit trail: every write is noted in it, in the same transaction; a party reads
//! what concerns its records or was done in its name, and an admin all.

use std::sync::Arc;

use super::authorise;
use crate::app::{Context, TrailDetail};
use crate::caller::Scope;
use crate::error::Error;
use crate::store::audit_trail::{self, Entry, EntryFilter, NewEntry};
use crate::store::changes::NewChange;
use crate::store::keyset::Page;
use crate::store::snapshot::Record;
use crate::store::{ReadTx, WriteTx};

/// One thing that was done to one record.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// What was done: `create`, `update`, or the action.
    pub action: &'static str,
    /// The record before; none for a new one.
    pub before: Option<Record<'a>>,
    /// The record after.
    pub after: Record<'a>,
}

/// An entry as a caller sees it.
#[derive(Debug, Clone)]
pub struct EntryView {
    /// The entry.
    pub entry: Entry,
    /// Whether the viewer may know which script, app or person of the actor it was.
    pub shows_subject: bool,
}

/// Notes a write in the change log and in the audit trail; both are written with the commit.
pub fn note(tx: &mut WriteTx<'_>, context: &Context, deed: Deed<'_>) {
    let (caller, after) = (&context.caller, deed.after);
    let change = NewChange {
        at: context.moment.now(),
        resource: after.resource(),
        resource_id: after.id(),
        version: after.version(),
        actor: caller.actor(),
    };
    let is_full = context.trail == TrailDetail::Full;
    let entry = NewEntry {
        subject: caller.subject().into(),
        principal: caller.party(),
        owner: after.owner(),
        action: deed.action,
        before: deed.before.filter(|_| is_full).map(|record| record.text()),
        after: is_full.then(|| after.text()),
        request_id: caller.request_id().map(Arc::from),
    };
    audit_trail::append(tx, change, entry);
}

/// The entries that the caller may read, newest first.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn list(
    tx: &mut ReadTx<'_>,
    context: &Context,
    filter: &EntryFilter,
    page: (usize, Option<i64>),
) -> Result<Page<EntryView>, Error> {
    authorise::require(context, Scope::ReadAuditTrail)?;
    let caller = &context.caller;
    let concerning = (!caller.is_admin()).then_some(caller.party());
    let filter = EntryFilter { concerning, ..filter.clone() };
    let Page { items, has_more } = audit_trail::list(tx, &filter, page)?;
    let items = items.into_iter().map(|entry| {
        let shows_subject = caller.owns(entry.actor);
        EntryView { entry, shows_subject }
    });
    Ok(Page { items: items.collect(), has_more })
}
