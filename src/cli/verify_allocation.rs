//! `ocop-link verify-allocation ID|FILE`: confirms a stored allocation without solving anything:
//! that its snapshot is the one that it names, that every share keeps every limit, and what the
//! prices prove. The file is what `GET /v1/allocations/{id}/certificate` answers.

use clap::Args;
use matching::allocation::plan::Objective;
use matching::id::AllocationId;
use matching::planning::snapshot::Reduction;
use matching::planning::verify::{Confirmed, confirm};

use super::{Failure, config, output};
use crate::http::allocations::Certificate;
use crate::store::allocation_outcomes::{self, outcome_of};
use crate::store::allocation_snapshots::{self, SnapshotText};
use crate::store::allocations::{self, State};
use crate::store::{Database, ReadTx};

/// What to confirm.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Id of an allocation in the database, or a file with its certificate.
    allocation: String,
}

/// A stored answer with what it was solved from.
struct Stored {
    objective: Objective,
    snapshot: SnapshotText,
    outcome: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let stored = match arguments.allocation.parse::<AllocationId>() {
        Ok(id) => from_database(id)?,
        Err(_) => from_file(&arguments.allocation)?,
    };
    let confirmed = verify(&stored).map_err(Failure::Other)?;
    let Confirmed { shares, reached, proven, is_only_told, told } = confirmed;
    output::say(&format!("snapshot {}: genuine", stored.snapshot.hash));
    output::say(&format!("{shares} shares keep every limit"));
    output::say(&format!("worth {} base units, {} score", reached.quantity, reached.score));
    match proven {
        Some(bound) => output::say(&format!(
            "proven: no plan is worth more than {} base units, {} score",
            bound.quantity, bound.score
        )),
        None => output::say("no bound is proven: the run was stopped, or is a repair"),
    }
    if is_only_told {
        output::say(
            "told to be the best by objective, rule and limits: the prices alone do not prove it",
        );
    }
    if let Some(Reduction { eligible, held, bound, .. }) = told {
        output::say(&format!(
            "this holds for {held} of {eligible} eligible pairs; that no plan over all of them is \
             worth more than {} base units, {} score, was found in the market and is not confirmed \
             here",
            bound.quantity, bound.score
        ));
    }
    Ok(())
}

fn verify(stored: &Stored) -> Result<Confirmed, String> {
    if !stored.snapshot.is_genuine() {
        return Err("the snapshot is not the one that the allocation names".into());
    }
    let unreadable = |error: crate::error::Error| error.to_string();
    let snapshot = stored.snapshot.snapshot().map_err(unreadable)?;
    let outcome = outcome_of(&stored.outcome).map_err(unreadable)?;
    confirm(&snapshot, stored.objective, &outcome).map_err(|doubt| doubt.to_string())
}

fn from_file(path: &str) -> Result<Stored, Failure> {
    let unreadable = |error: String| Failure::Other(format!("{path}: {error}"));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let certificate: Certificate =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let Certificate { objective, snapshot, sides, pairs, outcome, .. } = certificate;
    let objective = match objective.as_str() {
        "coverage" => Objective::Coverage,
        "value" => Objective::Value,
        other => return Err(unreadable(format!("unknown objective {other}"))),
    };
    Ok(Stored { objective, snapshot: SnapshotText { hash: snapshot, sides, pairs }, outcome })
}

fn from_database(id: AllocationId) -> Result<Stored, Failure> {
    let config = config()?;
    let database = Database::open_existing(&config.database_url, 1).map_err(Failure::Other)?;
    let found = database.read(|tx| stored(tx, id));
    let found = found.map_err(|error| Failure::Other(error.to_string()))?;
    found.ok_or_else(|| Failure::Other(format!("no finished allocation {id}")))
}

fn stored(tx: &mut ReadTx<'_>, id: AllocationId) -> Result<Option<Stored>, crate::error::Error> {
    let Some(allocation) = allocations::find(tx, id)? else { return Ok(None) };
    let State::Finished(finished) = &allocation.state else { return Ok(None) };
    let snapshot = allocation_snapshots::find(tx, &finished.snapshot)?;
    let outcome = allocation_outcomes::find(tx, id)?;
    let objective = allocation.request.wish.objective;
    Ok(snapshot.zip(outcome).map(|(snapshot, outcome)| Stored { objective, snapshot, outcome }))
}
