//! `ocop-link client`: programs of partners. A secret is printed once, when it is made.

use clap::{Args, Subcommand};
use matching::id::ClientId;
use serde_json::json;

use super::{Failure, id, open, output, scopes, write};
use crate::actions::clients::{self, ClientCommand, ClientView, SecretRotation};
use crate::credentials::secret::{Secret, SecretHash, SecretKind};

/// How long a secret is accepted unless the operator says otherwise, in days.
const SECRET_DAYS: u32 = 365;
/// How long the secret before is accepted beside a new one unless the operator says otherwise, in
/// days.
const OVERLAP_DAYS: u32 = 7;

/// What to do with clients.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Register a client and print its id and secret.
    Create(CreateArguments),
    /// Print a new secret; the one before is accepted a while longer, older ones no more.
    Rotate(RotateArguments),
    /// Give a client no more tokens, for good.
    Revoke {
        /// Id of the client.
        client: String,
    },
}

/// Which client.
#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// The party that it acts for.
    #[arg(long)]
    party: String,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// The most that it may ask for, with spaces between; all but `imports:run` and `admin` if
    /// absent.
    #[arg(long)]
    scope: Option<String>,
    /// How long its secret is accepted, in days.
    #[arg(long, default_value_t = SECRET_DAYS)]
    secret_days: u32,
}

/// Which secret takes the place of which.
#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// Id of the client.
    client: String,
    /// How long the new secret is accepted, in days.
    #[arg(long, default_value_t = SECRET_DAYS)]
    secret_days: u32,
    /// How long the secret before is still accepted, in days; 0 ends it now.
    #[arg(long, default_value_t = OVERLAP_DAYS)]
    overlap_days: u32,
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    match verb {
        Verb::Create(arguments) => create(arguments),
        Verb::Rotate(arguments) => rotate(arguments),
        Verb::Revoke { client } => {
            let client: ClientId = id("client", client)?;
            write(&open()?, move |tx, context| clients::revoke(tx, context, client))
        }
    }
}

fn create(arguments: &CreateArguments) -> Result<(), Failure> {
    let command = ClientCommand {
        party: id("--party", &arguments.party)?,
        name: arguments.name.clone(),
        scopes: scopes(arguments.scope.as_deref())?,
        secret_days: arguments.secret_days,
    };
    let (secret, kept) = new_secret()?;
    let view = write(&open()?, move |tx, context| clients::create(tx, context, &command, &kept))?;
    introduce(&view, &secret);
    Ok(())
}

fn rotate(arguments: &RotateArguments) -> Result<(), Failure> {
    let client: ClientId = id("client", &arguments.client)?;
    let RotateArguments { secret_days, overlap_days, .. } = *arguments;
    let rotation = SecretRotation { secret_days, overlap_days };
    let (secret, kept) = new_secret()?;
    let view = write(&open()?, move |tx, context| {
        clients::rotate(tx, context, (client, rotation), &kept)
    })?;
    introduce(&view, &secret);
    Ok(())
}

fn new_secret() -> Result<(Secret, SecretHash), Failure> {
    let secret = Secret::generate(SecretKind::Client);
    let secret = secret.map_err(|error| Failure::Other(error.to_string()))?;
    let kept = secret.hash();
    Ok((secret, kept))
}

fn introduce(view: &ClientView, secret: &Secret) {
    let client = json!({
        "client_id": view.client.id.to_string(),
        "client_secret": secret.reveal(),
        "expires_at": view.expires_at.to_string(),
        "party_id": view.client.party.to_string(),
        "scope": view.client.scopes.to_string(),
    });
    output::say(&client.to_string());
}
