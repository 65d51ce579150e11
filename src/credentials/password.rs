//! Passwords: what people choose, kept as argon2id hashes (RFC 9106). Hashing takes milliseconds of
//! a core and megabytes on purpose; who calls it must bound how many run at once.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matching::violation::{Rule, Violation};
use unicode_normalization::UnicodeNormalization;

use crate::error::Error;

/// The shortest password, in characters (NIST SP 800-63B section 5.1.1.2 asks for at least 8).
pub const MIN_PASSWORD_CHARS: usize = 10;
/// The longest password, in characters; it bounds what a stranger can have hashed.
pub const MAX_PASSWORD_CHARS: usize = 128;
/// Random bytes of a password that is made for somebody: 16 characters.
const GENERATED_BYTES: usize = 12;
/// Random bytes of a salt (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;

/// Memory in KiB, passes and lanes of a hash: of the settings that the OWASP Password Storage Cheat
/// Sheet holds equal the one with the least memory, which many log-ins at once take many times.
const COST: (u32, u32, u32) = (7 * 1024, 5, 1);

/// A hash of this cost that no known password has.
const OF_NOBODY: &str = "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA\
    $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password, as somebody types it; in Unicode NFC, because keyboards compose Vietnamese letters
/// in different ways (RFC 8265 section 4.2).
#[derive(Clone)]
pub struct Password(String);

/// What is kept of a password: algorithm, cost, salt and hash in the PHC string format.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

impl Password {
    /// A password that somebody presents; too long a one is cut to what can be none.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.nfc().take(MAX_PASSWORD_CHARS + 1).collect())
    }

    /// A password that somebody chooses.
    ///
    /// # Errors
    /// The broken rule, at `/password`.
    pub fn chosen(text: &str) -> Result<Self, Violation> {
        let password = Self::presented(text);
        let legal = MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS;
        let (min, max) = (MIN_PASSWORD_CHARS as i64, MAX_PASSWORD_CHARS as i64);
        let wrong = || Violation::new("/password", Rule::LengthOutOfRange { min, max });
        legal.contains(&password.0.chars().count()).then_some(password).ok_or_else(wrong)
    }

    /// A password for somebody who will choose their own.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn generate() -> Result<Self, Error> {
        random::<GENERATED_BYTES>().map(|bytes| Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text to give to whom it is for, and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. Takes its time.
    ///
    /// # Errors
    /// [`Error::Internal`] without randomness.
    pub fn hash(&self) -> Result<PasswordHash, Error> {
        let internal = |error: argon2::password_hash::Error| Error::Internal(error.to_string());
        let salt = SaltString::encode_b64(&random::<SALT_BYTES>()?).map_err(internal)?;
        let hash = argon2()?.hash_password(self.0.as_bytes(), &salt).map_err(internal)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

impl PasswordHash {
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

    /// The hash of a password that nobody has: to check against it takes as long as against one
    /// that somebody has, so that the time does not tell who is known here.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self(OF_NOBODY.into())
    }

    /// Whether it is the hash of `password`. Takes its time, whatever the result is.
    #[must_use]
    pub fn is_of(&self, password: &Password) -> bool {
        let (Ok(hash), Ok(argon2)) = (argon2::PasswordHash::new(&self.0), argon2()) else {
            return false;
        };
        argon2.verify_password(password.0.as_bytes(), &hash).is_ok()
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None);
    let params = params.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], Error> {
    let mut bytes = [0; BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| Error::Internal("no randomness for a password".into()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_however_it_was_composed() {
        let hash = Password::chosen("mật khẩu của tôi").expect("long enough").hash();
        let hash = hash.expect("a hash");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=7168,t=5,p=1$"));
        let decomposed: String = "mật khẩu của tôi".nfd().collect();
        assert!(hash.is_of(&Password::presented(&decomposed)));
        assert!(!hash.is_of(&Password::presented("mat khau cua toi")));
        assert!(!PasswordHash::kept("damaged".into()).is_of(&Password::presented("x")));
    }

    #[test]
    fn to_check_against_nobody_costs_the_same() {
        let cost = |hash: &PasswordHash| {
            let hash = argon2::PasswordHash::new(hash.as_str()).expect("a PHC string");
            let length = hash.hash.expect("a hash").len();
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), length)
        };
        let password = Password::generate().expect("randomness");
        let nobody = PasswordHash::of_nobody();
        assert_eq!(cost(&password.hash().expect("a hash")), cost(&nobody));
        assert!(!nobody.is_of(&password));
    }

    #[test]
    fn a_password_is_neither_short_nor_endless_and_never_printed() {
        for length in [MIN_PASSWORD_CHARS - 1, MAX_PASSWORD_CHARS + 1, 100_000] {
            assert!(Password::chosen(&"đ".repeat(length)).is_err(), "{length}");
        }
        for length in [MIN_PASSWORD_CHARS, MAX_PASSWORD_CHARS] {
            let password = Password::chosen(&"đ".repeat(length)).expect("legal");
            assert!(!format!("{password:?}").contains('đ'));
        }
        assert!(Password::generate().expect("randomness").reveal().len() >= MIN_PASSWORD_CHARS);
    }
}
