//! What the command line prints: results on standard output, complaints on standard error.

use std::io::Write;

/// Prints a line of the result. A reader that has gone away is no reason to fail.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints why a command failed.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "ocop-link: {sentence}");
}
