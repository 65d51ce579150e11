//! What a caller may do, beyond what its own records say.

use std::collections::BTreeSet;

use matching::party::Role;
use matching::place::ProvinceSet;

use crate::app::Context;
use crate::caller::{Resource, Scope};
use crate::error::Error;
use crate::store::visibility::Viewer;
use crate::store::{ReadTx, parties};

/// The caller may read records of this kind.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn read(context: &Context, resource: Resource) -> Result<(), Error> {
    require(context, Scope::Read(resource))
}

/// The caller may write records of this kind.
///
/// # Errors
/// [`Error::Forbidden`] without the scope, and for an authority, which only reads, whether it acts
/// or is acted for.
pub fn write(tx: &mut ReadTx<'_>, context: &Context, resource: Resource) -> Result<(), Error> {
    require(context, Scope::Write(resource))?;
    refuse_authority(tx, context)
}

/// No authority is involved, whether it acts or is acted for: it only reads.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn refuse_authority(tx: &mut ReadTx<'_>, context: &Context) -> Result<(), Error> {
    if context.caller.is_admin() {
        return Ok(());
    }
    let (actor, party) = (context.caller.actor(), context.caller.party());
    for involved in BTreeSet::from([actor, party]) {
        if parties::roles(tx, involved)?.contains(&Role::Authority) {
            return Err(Error::Forbidden);
        }
    }
    Ok(())
}

/// The caller may change what it states about itself, which an authority may too.
///
/// # Errors
/// [`Error::Forbidden`] without the scope.
pub fn write_oneself(context: &Context) -> Result<(), Error> {
    require(context, Scope::Write(Resource::Parties))
}

pub(super) fn require(context: &Context, scope: Scope) -> Result<(), Error> {
    if context.caller.holds(scope) { Ok(()) } else { Err(Error::Forbidden) }
}

/// Whether the caller's party has `role`; an admin has every role.
///
/// # Errors
/// Whatever the database says.
pub fn has_role(tx: &mut ReadTx<'_>, context: &Context, role: Role) -> Result<bool, Error> {
    if context.caller.is_admin() {
        return Ok(true);
    }
    let party = parties::find(tx, context.caller.party())?;
    Ok(party.is_some_and(|party| party.terms.roles.contains(&role)))
}

/// Who looks at offers and demands.
///
/// # Errors
/// Whatever the database says.
pub fn viewer(tx: &mut ReadTx<'_>, context: &Context) -> Result<Viewer, Error> {
    let caller = &context.caller;
    let (party, is_admin) = (caller.party(), caller.is_admin());
    let mut viewer =
        Viewer { party, is_admin, is_coordinator: is_admin, oversees: ProvinceSet::EMPTY };
    if !is_admin && let Some(party) = parties::find(tx, party)? {
        viewer.is_coordinator = party.terms.roles.contains(&Role::Coordinator);
        viewer.oversees = party.terms.authority_provinces.iter().copied().collect();
    }
    Ok(viewer)
}
