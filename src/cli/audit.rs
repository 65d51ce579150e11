//! `ocop-link audit`: checks every invariant in the database; exit code 1 if one is broken.

use super::{Failure, config, output};
use crate::actions::audit;
use crate::store::Database;

pub(super) fn run() -> Result<(), Failure> {
    let config = config()?;
    let database = Database::open(&config.database_url, 1).map_err(Failure::Other)?;
    let findings = database.read(audit::run).map_err(|e| Failure::Other(e.to_string()))?;
    for finding in &findings {
        output::say(&format!("{}: {}", finding.record, finding.what));
    }
    match findings.len() {
        0 => {
            output::say("audit: nothing found");
            Ok(())
        }
        count => Err(Failure::Other(format!("audit: {count} findings"))),
    }
}
