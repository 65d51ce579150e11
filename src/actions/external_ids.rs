//! The name by which a partner's system puts a record: it is among the ids of the record, whatever
//! else is. Must not know which kind of record it is.

use matching::violation::{Rule, child};

use crate::error::Error;
use crate::store::external_ids::ExternalIds;

/// Adds the name that a record is put by to the ids that are stated of it.
///
/// # Errors
/// [`Rule::NotAllowed`] if they state another id of the same system.
pub(super) fn name(ids: &mut ExternalIds, (system, id): (&str, &str)) -> Result<(), Error> {
    let stated = ids.insert(system.into(), id.into());
    if stated.is_some_and(|stated| stated != id) {
        let at = child("/external_ids", system);
        return Err(Error::invalid(at, Rule::NotAllowed { allowed: id.into() }));
    }
    Ok(())
}
