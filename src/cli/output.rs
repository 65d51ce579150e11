//! What the command line prints: results on standard output, complaints on standard error.

use std::io::{Error, ErrorKind, Write};
use std::sync::OnceLock;

use super::Failure;

/// Why the first line that was lost could not be printed.
static LOST: OnceLock<Error> = OnceLock::new();

/// Prints a line of the result. A reader that has gone away is no reason to fail; of any other
/// loss [`loss`] tells at the end.
pub(super) fn say(line: &str) {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// A failure if the result was not printed as a whole.
pub(super) fn loss() -> Result<(), Failure> {
    let failure = |error| Failure::Other(format!("cannot write to standard output: {error}"));
    LOST.get().map_or(Ok(()), |error| Err(failure(error)))
}

/// Prints why a command failed.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "ocop-link: {sentence}");
}
