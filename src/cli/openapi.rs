//! `ocop-link openapi`: prints the published contract.

use clap::Args;

use super::{Failure, output};
use crate::http;

/// Which form of the document.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print OpenAPI 3.0 for older generators instead of 3.1.
    #[arg(long)]
    legacy: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let document = http::openapi::document();
    let document =
        if arguments.legacy { http::openapi_legacy::convert(document) } else { document };
    let text = serde_json::to_string_pretty(&document);
    output::say(&text.map_err(|error| Failure::Other(error.to_string()))?);
    Ok(())
}
