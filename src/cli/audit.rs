//! `ocop-link audit`: checks the file of the database and every invariant of what is in it; exit
//! code 1 if one is broken.

use super::{Failure, config, output};
use crate::actions::audit;
use crate::error::Error;
use crate::store::Database;

pub(super) fn run() -> Result<(), Failure> {
    let config = config()?;
    let database = Database::open_existing(&config.database_url, 1).map_err(Failure::Other)?;
    let failed = |error: Error| Failure::Other(error.to_string());
    let damages = database.damages().map_err(failed)?;
    for damage in &damages {
        output::say(&format!("the file: {damage}"));
    }
    if !damages.is_empty() {
        return Err(Failure::Other("audit: the file is damaged; restore a backup".into()));
    }
    let findings = database.read(audit::run).map_err(failed)?;
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
