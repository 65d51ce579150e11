//! The secrets of one deployment: the keys that sign access tokens, and those that authenticate
//! cursors and derive refresh tokens. Made at the first start, kept in the database, shared by all
//! instances. Must not know the form of a token or a cursor.

pub mod key_ring;

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Clock;
use crate::error::Error;
use crate::store::signing_keys::{self, KeptKey};
use crate::store::{Database, WriteTx, secrets};

use key_ring::{KeyRing, Rotation};

const CURSOR_KEY: &str = "cursor_key";
const REFRESH_KEY: &str = "refresh_key";

/// The secrets of one deployment.
pub struct Keys {
    ring: ArcSwap<KeyRing>,
    /// Authenticates cursors.
    pub cursor: Vec<u8>,
    /// Makes the successor of a refresh token.
    pub refresh: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keys({:?})", self.ring.load())
    }
}

impl Keys {
    /// The secrets of the deployment that `database` belongs to; makes them if there are none.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn load(database: &Database, clock: &Clock) -> Result<Self, Error> {
        let cursor = shared(database, clock, CURSOR_KEY, random_bytes()?)?;
        let refresh = shared(database, clock, REFRESH_KEY, random_bytes()?)?;
        let mut ring = kept_keys(database)?;
        if ring.signing(clock.now()).is_none() {
            let first = key_ring::first_key(clock.now())?;
            database.write(move |tx| signing_keys::insert(tx, &first))?;
            ring = kept_keys(database)?;
        }
        Ok(Self { ring: ArcSwap::from_pointee(ring), cursor, refresh })
    }

    /// The keys that sign access tokens, as far as this instance knows them.
    #[must_use]
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// Learns what other instances have rotated.
    ///
    /// # Errors
    /// Whatever the database says; the keys known before stay.
    pub fn refresh(&self, database: &Database) -> Result<(), Error> {
        self.ring.store(Arc::new(kept_keys(database)?));
        Ok(())
    }

    /// Makes a new signing key; the others are accepted as long as `rotation` says. In the same
    /// transaction `note` tells of it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn rotate(
        &self,
        database: &Database,
        clock: &Clock,
        rotation: Rotation,
        note: impl Fn(&mut WriteTx<'_>, &KeptKey) + Send + 'static,
    ) -> Result<(), Error> {
        let (now, fresh) = (clock.now(), key_ring::new_private_key()?);
        database.write(move |tx| {
            let key = key_ring::rotate(tx, (now, rotation), &fresh)?;
            note(tx, &key);
            Ok(())
        })?;
        self.refresh(database)
    }
}

fn kept_keys(database: &Database) -> Result<KeyRing, Error> {
    database.read(signing_keys::all).and_then(KeyRing::new)
}

/// The secret called `name`: the one in the database, which is `fresh` if there was none before.
fn shared(
    database: &Database,
    clock: &Clock,
    name: &'static str,
    fresh: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let found = database.read(|tx| secrets::find(tx, name))?;
    let text = match found {
        Some(text) => text,
        None => {
            let (fresh, now) = (STANDARD.encode(fresh), clock.now());
            database.write(move |tx| {
                secrets::keep(tx, name, &fresh, now)?;
                secrets::find(tx, name)?.ok_or(Error::NotFound)
            })?
        }
    };
    STANDARD.decode(text).map_err(|_| Error::Internal(format!("the secret {name} is damaged")))
}

fn random_bytes() -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::Internal("no randomness for a key".into()))?;
    Ok(bytes)
}
