//! Opaque secrets that this service makes: of clients, and refresh tokens. They have 256 random
//! bits, so a plain hash is enough to keep them safely: nobody can try them all (OWASP Password
//! Storage Cheat Sheet is about what people choose).

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// What a secret is for; its first letters say so, and scanners for leaked secrets find it by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Proves who a client is.
    Client,
    /// Gets a person's app its next access token.
    Refresh,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Client => "ocs_",
            Self::Refresh => "ocr_",
        }
    }
}

/// A secret, as whoever holds it presents it. It is shown once and never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The hash of a secret, which is kept.
#[derive(Clone)]
pub struct SecretHash(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretHash(…)")
    }
}

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn generate(kind: SecretKind) -> Result<Self, Error> {
        let mut bytes = [0; SECRET_BYTES];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| Error::Internal("no randomness for a secret".into()))?;
        Ok(Self::of(kind, &bytes))
    }

    /// What somebody presents as a secret.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The one secret that follows this one, for whoever has `key`: to ask again for the successor
    /// of a lost answer gives the same one.
    #[must_use]
    pub fn successor(&self, kind: SecretKind, key: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        Self::of(kind, hmac::sign(&key, self.0.as_bytes()).as_ref())
    }

    fn of(kind: SecretKind, bytes: &[u8]) -> Self {
        Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text to give to whom it is for, and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        let hash = digest::digest(&digest::SHA256, self.0.as_bytes());
        SecretHash(URL_SAFE_NO_PAD.encode(hash))
    }
}

impl SecretHash {
    /// A hash that was kept as text.
    #[must_use]
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text to keep.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the hash of `secret`, in a time that does not tell how near it is.
    #[must_use]
    pub fn is_of(&self, secret: &Secret) -> bool {
        let other = secret.hash();
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_hash_and_never_printed() {
        let secret = Secret::generate(SecretKind::Client).expect("randomness");
        let other = Secret::generate(SecretKind::Client).expect("randomness");
        assert!(secret.hash().is_of(&Secret::presented(secret.reveal())));
        assert!(!secret.hash().is_of(&other));
        assert!(secret.reveal().starts_with("ocs_") && secret.reveal().len() == 47);
        let printed = format!("{secret:?} {:?}", secret.hash());
        assert!(!printed.contains(&secret.reveal()[4..]), "{printed}");
        assert!(!printed.contains(secret.hash().as_str()), "{printed}");
    }

    #[test]
    fn a_secret_has_one_successor_under_each_key() {
        let secret = Secret::generate(SecretKind::Refresh).expect("randomness");
        let next = |key: &[u8]| secret.successor(SecretKind::Refresh, key);
        assert_eq!(next(b"one"), next(b"one"));
        assert_ne!(next(b"one"), next(b"two"));
        assert_ne!(next(b"one"), secret);
    }
}
