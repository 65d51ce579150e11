//! What must hold of allocations whatever happened: a finished one has its snapshot, unchanged, and
//! an answer within it; no other has an answer; no snapshot is kept for nothing.

use matching::planning::verify::fits;
use uuid::Uuid;

use super::audit::Finding;
use crate::error::Error;
use crate::store::allocation_outcomes::{self, outcome_of};
use crate::store::allocations::{self, Allocation, Finished, State};
use crate::store::{ReadTx, allocation_snapshots};

/// Allocations read in one step.
const ALLOCATIONS_PER_STEP: i64 = 100;
/// The most unused snapshots that are told.
const MAX_UNUSED: i64 = 100;

/// Looks at every allocation and every snapshot.
///
/// # Errors
/// Whatever the database says; a row that is no legal value.
pub(super) fn run(tx: &mut ReadTx<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let mut last = None;
    loop {
        let step = allocations::after(tx, last, ALLOCATIONS_PER_STEP)?;
        let Some(end) = step.last() else { break };
        last = Some(end.id);
        for allocation in &step {
            let record = allocation.id.uuid();
            findings
                .extend(look(tx, allocation)?.map(|what| Finding { record, what: what.into() }));
        }
    }
    let unused = allocation_snapshots::unused(tx, MAX_UNUSED)?;
    findings.extend(unused.into_iter().map(|hash| Finding {
        record: Uuid::nil(),
        what: format!("snapshot {hash} belongs to no allocation"),
    }));
    Ok(())
}

/// What is wrong with an allocation.
fn look(tx: &mut ReadTx<'_>, allocation: &Allocation) -> Result<Option<&'static str>, Error> {
    let outcome = allocation_outcomes::find(tx, allocation.id)?;
    match (&allocation.state, outcome) {
        (State::Finished(finished), Some(outcome)) => look_inside(tx, finished, &outcome),
        (State::Finished(_), None) => Ok(Some("it is finished and has no answer")),
        (_, Some(_)) => Ok(Some("it has an answer and is not finished")),
        (_, None) => Ok(None),
    }
}

fn look_inside(
    tx: &mut ReadTx<'_>,
    finished: &Finished,
    outcome: &str,
) -> Result<Option<&'static str>, Error> {
    let Some(text) = allocation_snapshots::find(tx, &finished.snapshot)? else {
        return Ok(Some("its snapshot is not there"));
    };
    if !text.is_genuine() {
        return Ok(Some("its snapshot is not the one that its hash names"));
    }
    let (snapshot, outcome) = (text.snapshot()?, outcome_of(outcome)?);
    Ok(if !fits(&snapshot, &outcome) {
        Some("its shares are more than is free or wanted")
    } else if outcome.quantity() != finished.quantity || outcome.reached != finished.reached {
        Some("its figures are not those of its answer")
    } else {
        None
    })
}
