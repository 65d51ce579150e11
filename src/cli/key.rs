//! `ocop-link key`: the keys that sign access tokens. Prints their names and times, never a key.

use clap::{Args, Subcommand};
use matching::date::Timestamp;

use super::{Failure, open_existing, operator, output};
use crate::actions::signing_keys;
use crate::app::App;
use crate::identity::key_ring::{Rotation, SigningKey};
use crate::store::WriteTx;
use crate::store::signing_keys::KeptKey;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a new key. It is published at once and signs in ten minutes; the others are accepted
    /// until the tokens that they signed have expired.
    Rotate(RotateArguments),
    /// List the keys that are accepted.
    List,
}

/// How to rotate.
#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    /// The key is in other hands: sign with a new one now and refuse every token there is. All
    /// clients and users need a new token.
    #[arg(long)]
    compromised: bool,
}

pub(super) fn run(verb: &Verb) -> Result<(), Failure> {
    let app = open_existing()?;
    if let Verb::Rotate(RotateArguments { compromised }) = verb {
        let rotation = if *compromised { Rotation::Compromised } else { Rotation::Planned };
        let (context, is_at_once) = (operator(&app), *compromised);
        let note = move |tx: &mut WriteTx<'_>, key: &KeptKey| {
            signing_keys::note_rotation(tx, &context, key, is_at_once);
        };
        let rotated = app.keys().rotate(app.database(), app.clock(), rotation, note);
        rotated.map_err(|error| Failure::Other(error.to_string()))?;
    }
    list(&app);
    Ok(())
}

fn list(app: &App) {
    let (ring, now) = (app.keys().ring(), app.clock().now());
    let signing = ring.signing(now).map(|key| key.id.as_str());
    for key in ring.all_accepted(now) {
        output::say(&line(key, signing == Some(key.id.as_str()), now));
    }
}

fn line(key: &SigningKey, signs: bool, now: Timestamp) -> String {
    let use_now = match signs {
        true => "signs".to_owned(),
        false if key.signs_from > now => format!("signs from {}", key.signs_from),
        false => "no longer signs".to_owned(),
    };
    match key.accepted_until {
        Some(until) => format!("{}  {use_now}, accepted until {until}", key.id),
        None => format!("{}  {use_now}", key.id),
    }
}
