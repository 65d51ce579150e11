//! The secrets of one deployment: the key that signs access tokens and the key that authenticates
//! cursors. Made at the first start, kept in the database, shared by all instances. Must not know
//! the form of a token or a cursor.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::clock::Clock;
use crate::error::Error;
use crate::store::{Database, secrets};

const SIGNING_KEY: &str = "token_signing_key";
const CURSOR_KEY: &str = "cursor_key";

/// A key pair for Ed25519 signatures (RFC 8032).
#[derive(Clone)]
pub struct SigningKey {
    /// Names the key in a token's header and in the key set; a hash of the public key.
    pub id: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
}

/// The secrets of one deployment.
#[derive(Clone)]
pub struct Keys {
    /// Signs access tokens.
    pub signing: SigningKey,
    /// Authenticates cursors.
    pub cursor: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keys({})", self.signing.id)
    }
}

impl Keys {
    /// The secrets of the deployment that `database` belongs to; makes them if there are none.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn load(database: &Database, clock: &Clock) -> Result<Self, Error> {
        let pkcs8 = shared(database, clock, SIGNING_KEY, new_signing_key()?)?;
        let cursor = shared(database, clock, CURSOR_KEY, random_bytes()?)?;
        Ok(Self { signing: SigningKey::new(pkcs8)?, cursor })
    }
}

impl SigningKey {
    fn new(pkcs8: Vec<u8>) -> Result<Self, Error> {
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8)
            .map_err(|_| Error::Internal("the signing key in the database is damaged".into()))?;
        let public = pair.public_key().as_ref().to_vec();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &public);
        Ok(Self { id: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]), pkcs8, public })
    }
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

fn new_signing_key() -> Result<Vec<u8>, Error> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let key = key.map_err(|_| Error::Internal("no randomness for a key".into()))?;
    Ok(key.as_ref().to_vec())
}

fn random_bytes() -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::Internal("no randomness for a key".into()))?;
    Ok(bytes)
}
