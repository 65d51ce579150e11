//! The keys that sign access tokens, and their rotation: a new key is published before it signs, an
//! old one is accepted until the last token that it signed has expired. Must not know the form of a
//! token.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use matching::date::Timestamp;

use crate::config::MAX_TOKEN_SECONDS;
use crate::error::Error;
use crate::store::WriteTx;
use crate::store::signing_keys::{self, KeptKey};

/// How long clients may keep the published key set, in seconds.
pub const KEY_SET_SECONDS: u32 = 300;
/// How long a new key is published before it signs, in seconds: whoever keeps the key set knows it
/// by then, and every instance does.
const PUBLISHED_BEFORE_USE_SECONDS: i64 = 2 * KEY_SET_SECONDS as i64;
/// How long an old key is accepted after it has signed its last token, in seconds; the clocks of
/// two instances may differ a little.
const ACCEPTED_AFTER_USE_SECONDS: i64 = MAX_TOKEN_SECONDS as i64 + 300;
/// Bytes of the hash that names a key.
const KEY_ID_BYTES: usize = 12;

/// Why keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// In good time: no token is refused.
    Planned,
    /// The old key is in other hands: all that it signed is refused at once.
    Compromised,
}

/// A key pair for Ed25519 signatures (RFC 8032).
#[derive(Clone)]
pub struct SigningKey {
    /// Names the key in a token's header and in the key set: a hash of the public key.
    pub id: String,
    /// The private key in PKCS #8.
    pub pkcs8: Vec<u8>,
    /// The public key, 32 bytes.
    pub public: Vec<u8>,
    /// Tokens are signed with it from then on, until a later key signs.
    pub signs_from: Timestamp,
    /// Its signatures are accepted before that instant; for ever if absent.
    pub accepted_until: Option<Timestamp>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    fn is_accepted(&self, now: Timestamp) -> bool {
        self.accepted_until.is_none_or(|until| now < until)
    }
}

impl TryFrom<KeptKey> for SigningKey {
    type Error = Error;

    fn try_from(kept: KeptKey) -> Result<Self, Error> {
        let damaged = || Error::Internal(format!("the signing key {} is damaged", kept.number));
        let pkcs8 = STANDARD.decode(&kept.private_key).map_err(|_| damaged())?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| damaged())?;
        let public = pair.public_key().as_ref().to_vec();
        let hash = digest::digest(&digest::SHA256, &public);
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..KEY_ID_BYTES]),
            pkcs8,
            public,
            signs_from: kept.signs_from,
            accepted_until: kept.accepted_until,
        })
    }
}

/// The keys of one deployment at one time, oldest first.
#[derive(Debug, Clone)]
pub struct KeyRing(Vec<SigningKey>);

impl KeyRing {
    /// The keys that are kept.
    ///
    /// # Errors
    /// [`Error::Internal`] if one of them is damaged.
    pub fn new(kept: Vec<KeptKey>) -> Result<Self, Error> {
        kept.into_iter().map(SigningKey::try_from).collect::<Result<_, _>>().map(Self)
    }

    /// The key that signs at `now`: the latest that has begun to.
    #[must_use]
    pub fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        let begun = |key: &&SigningKey| key.signs_from <= now && key.is_accepted(now);
        self.0.iter().rev().find(begun)
    }

    /// The key called `id`, if its signatures are accepted at `now`.
    #[must_use]
    pub fn accepted(&self, id: &str, now: Timestamp) -> Option<&SigningKey> {
        self.all_accepted(now).find(|key| key.id == id)
    }

    /// The keys whose signatures are accepted at `now`, oldest first.
    pub fn all_accepted(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.0.iter().filter(move |key| key.is_accepted(now))
    }
}

/// A key that begins then signs whatever the clock says.
const AT_ONCE: Timestamp = Timestamp::from_micros(0);

/// The first key of a deployment.
///
/// # Errors
/// [`Error::Internal`] without randomness.
pub(super) fn first_key(now: Timestamp) -> Result<KeptKey, Error> {
    Ok(KeptKey {
        number: 1,
        private_key: new_private_key()?,
        created_at: now,
        signs_from: AT_ONCE,
        accepted_until: None,
    })
}

/// Adds `private_key` to the kept keys, says until when the others are accepted, and answers with
/// the new key.
///
/// # Errors
/// [`Error::Unavailable`] if another process rotates at the same time.
pub(super) fn rotate(
    tx: &mut WriteTx<'_>,
    (now, rotation): (Timestamp, Rotation),
    private_key: &str,
) -> Result<KeptKey, Error> {
    let last = signing_keys::all(tx)?.last().map_or(0, |key| key.number);
    let (signs_from, accepted_until) = match rotation {
        Rotation::Compromised => (AT_ONCE, now),
        Rotation::Planned => {
            let signs_from = now.plus_seconds(PUBLISHED_BEFORE_USE_SECONDS);
            (signs_from, signs_from.plus_seconds(ACCEPTED_AFTER_USE_SECONDS))
        }
    };
    signing_keys::limit_all(tx, accepted_until)?;
    signing_keys::forget_ended(tx, now)?;
    let key = KeptKey {
        number: last + 1,
        private_key: private_key.to_owned(),
        created_at: now,
        signs_from,
        accepted_until: None,
    };
    let is_first = signing_keys::insert(tx, &key)?;
    is_first
        .then_some(key)
        .ok_or_else(|| Error::Unavailable("another rotation is under way".into()))
}

/// The private key of a new pair, as it is kept.
///
/// # Errors
/// [`Error::Internal`] without randomness.
pub(super) fn new_private_key() -> Result<String, Error> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let key = key.map_err(|_| Error::Internal("no randomness for a key".into()))?;
    Ok(STANDARD.encode(key.as_ref()))
}
