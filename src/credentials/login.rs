//! The names that people log in with: a phone number or an e-mail address, each in one form, so
//! that `0294 385 0000` and `+84 294 385 0000` are one person.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use matching::violation::{Rule, Violation};
use unicode_normalization::UnicodeNormalization;

/// The country code of Vietnam (ITU-T E.164), which stands for a leading 0.
const VIETNAM: &str = "+84";
/// Digits of a phone number with its country code (ITU-T E.164 section 6.2.1).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// The longest e-mail address, in characters (RFC 5321 section 4.5.3.1.3).
const MAX_EMAIL_CHARS: usize = 254;

/// A phone number in the form of E.164: `+84` and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

/// An e-mail address in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// What somebody logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By phone number.
    Phone(Phone),
    /// By e-mail address.
    Email(Email),
}

impl Phone {
    /// Reads a phone number; one without country code is Vietnamese.
    ///
    /// # Errors
    /// The broken rule, at `/phone`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let plain: String = text.chars().filter(|c| !" .-()".contains(*c)).collect();
        let number = match plain.strip_prefix('0') {
            Some(rest) if !rest.starts_with('0') => format!("{VIETNAM}{rest}"),
            _ => plain,
        };
        let digits = number.strip_prefix('+').unwrap_or_default();
        let legal = PHONE_DIGITS.contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = || Violation::new("/phone", Rule::WrongFormat { format: "phone".into() });
        legal.then_some(Self(number)).ok_or_else(wrong)
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// Reads an e-mail address.
    ///
    /// # Errors
    /// The broken rule, at `/email`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let address: String = text.trim().nfc().collect::<String>().to_lowercase();
        let legal = address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !address.contains(|c: char| c.is_whitespace() || c.is_control())
        });
        let short = address.chars().count() <= MAX_EMAIL_CHARS;
        let wrong = || Violation::new("/email", Rule::WrongFormat { format: "email".into() });
        (legal && short).then_some(Self(address)).ok_or_else(wrong)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Login {
    /// The number or address; the two are never alike, for only one has an `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
        }
    }

    /// Names it, and where it is used from if that matters, without telling it: people type their
    /// password into the wrong field.
    #[must_use]
    pub fn fingerprint(&self, address: &str) -> String {
        let text = format!("{}\n{address}", self.as_str());
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for text in ["0294 385 0000", "+84 294 385 0000", "(0294) 385-0000", "+842943850000"] {
            assert_eq!(Phone::parse(text).expect(text).as_str(), "+842943850000");
        }
        assert_eq!(Phone::parse("+1 202 555 0143").expect("a number").as_str(), "+12025550143");
        for text in ["", "0", "+", "00842943850000", "294385", "+0294385000", "0294x85000", "+84+1"]
        {
            assert!(Phone::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_however_it_is_written() {
        let address = Email::parse(" Mua.Hang@SieuThi.example ").expect("an address");
        assert_eq!(address.as_str(), "mua.hang@sieuthi.example");
        for text in ["", "a", "a@", "@b.vn", "a@b", "a b@c.vn", "a@b@c.vn", "a@b.vn\0"] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }
}
