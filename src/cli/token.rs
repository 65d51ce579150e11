//! `ocop-link token`: mints an access token for a script, on the machine that has the database.

use clap::Args;
use matching::id::PartyId;

use super::{Failure, open, output, scopes};
use crate::actions::clients::MAX_NAME_CHARS;
use crate::config::MAX_TOKEN_SECONDS;
use crate::http::token::{Grant, Tokens};

/// Whom the token is for.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The party that the script acts for.
    #[arg(long)]
    party: String,
    /// Scopes with spaces between; all but `imports:run` and `admin` if absent.
    #[arg(long)]
    scope: Option<String>,
    /// Name of the script, for the log.
    #[arg(long, default_value = "script")]
    subject: String,
    /// How long it is valid, in seconds; a day at the most.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_TOKEN_SECONDS)))]
    seconds: Option<u32>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let party: PartyId =
        arguments.party.parse().map_err(|_| Failure::Usage("--party is not an id".into()))?;
    let scope = scopes(arguments.scope.as_deref())?.to_string();
    if arguments.subject.chars().count() as u64 > MAX_NAME_CHARS {
        return Err(Failure::Usage(format!("--subject has more than {MAX_NAME_CHARS} characters")));
    }
    let app = open()?;
    let seconds = arguments.seconds.unwrap_or(app.config().token_seconds);
    let tokens = Tokens::new(&app);
    let subject = arguments.subject.clone();
    let grant = Grant { subject, party, scope, seconds, session: None };
    let moment = app.clock().moment();
    let token = tokens.mint(&grant, moment.now(), moment.new_id()).map_err(Failure::Other)?;
    output::say(&token);
    Ok(())
}
