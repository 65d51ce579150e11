//! Access tokens: JWTs of type `at+jwt` (RFC 9068), signed with EdDSA (RFC 8037). Minting,
//! checking, and the public key set. Must not know what a caller may do.

use std::sync::Arc;

use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm,
    OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use matching::date::Timestamp;
use matching::id::{PartyId, SessionId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::caller::{Caller, Scope};
use crate::identity::key_ring::{KeyRing, SigningKey};

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;
const TOKEN_TYPE: &str = "at+jwt";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    scope: String,
    party: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

/// What a new token says.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Who asked for it: the name of a script, app or person.
    pub subject: String,
    /// The party that it acts for.
    pub party: PartyId,
    /// Scopes with spaces between.
    pub scope: String,
    /// How long it is valid, in seconds.
    pub seconds: u32,
    /// The session that a person's app got it for.
    pub session: Option<SessionId>,
}

/// Mints and checks the tokens of one deployment.
pub struct Tokens {
    app: App,
    validation: Validation,
}

/// A caller, and until when its token is valid.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who calls.
    pub caller: Caller,
    /// The first second in which the token is not valid.
    pub expires: i64,
    /// The first second in which it is.
    pub not_before: i64,
    /// The key that signed it.
    pub key_id: String,
    /// The session that it was given for.
    pub session: Option<SessionId>,
}

impl Tokens {
    /// Tokens signed with the keys of `app` for its issuer and audience.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&app.config().issuer]);
        validation.set_audience(&[&app.config().audience]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are judged by this service's clock, without leeway.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { app: app.clone(), validation }
    }

    /// The keys as this instance knows them.
    #[must_use]
    pub fn keys(&self) -> Arc<KeyRing> {
        self.app.keys().ring()
    }

    /// A new token.
    ///
    /// # Errors
    /// A sentence, if the key cannot sign.
    pub fn mint(&self, grant: &Grant, now: Timestamp, id: Uuid) -> Result<String, String> {
        let (ring, config) = (self.keys(), self.app.config());
        let key = ring.signing(now).ok_or("no key signs now")?;
        let issued = now.unix_seconds();
        let claims = Claims {
            iss: config.issuer.clone(),
            aud: config.audience.clone(),
            sub: grant.subject.clone(),
            exp: issued + i64::from(grant.seconds),
            nbf: issued,
            iat: issued,
            jti: id.to_string(),
            scope: grant.scope.clone(),
            party: grant.party.to_string(),
            sid: grant.session.map(|session| session.to_string()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.into());
        header.kid = Some(key.id.clone());
        let encoding = EncodingKey::from_ed_der(&key.pkcs8);
        jsonwebtoken::encode(&header, &claims, &encoding).map_err(|error| error.to_string())
    }

    /// The caller of a token whose signature, type, key, issuer, audience and claims are right. Its
    /// times are the caller's to judge.
    #[must_use]
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<Verified> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = jsonwebtoken::decode_header(token).ok()?;
        let ours = header.typ.as_deref() == Some(TOKEN_TYPE)
            && header.alg == Algorithm::EdDSA
            && header.jku.is_none()
            && header.jwk.is_none()
            && !has_critical_extension(token);
        if !ours {
            return None;
        }
        let ring = self.keys();
        let key = ring.accepted(&header.kid?, now)?;
        let decoding = DecodingKey::from_ed_der(&key.public);
        let claims =
            jsonwebtoken::decode::<Claims>(token, &decoding, &self.validation).ok()?.claims;
        let scopes = claims.scope.split(' ').filter_map(Scope::parse).collect();
        let caller = Caller::new(&claims.sub, claims.party.parse().ok()?, scopes);
        let (expires, not_before) = (claims.exp, claims.nbf);
        let session = claims.sid.map(|sid| sid.parse()).transpose().ok()?;
        Some(Verified { caller, expires, not_before, key_id: key.id.clone(), session })
    }

    /// The public key set (RFC 7517): every key whose signatures are accepted at `now`.
    #[must_use]
    pub fn key_set(&self, now: Timestamp) -> JwkSet {
        JwkSet { keys: self.keys().all_accepted(now).map(public_key).collect() }
    }
}

fn public_key(key: &SigningKey) -> Jwk {
    let parameters = OctetKeyPairParameters {
        key_type: OctetKeyPairType::OctetKeyPair,
        curve: EllipticCurve::Ed25519,
        x: URL_SAFE_NO_PAD.encode(&key.public),
    };
    let common = CommonParameters {
        public_key_use: Some(PublicKeyUse::Signature),
        key_algorithm: Some(KeyAlgorithm::EdDSA),
        key_id: Some(key.id.clone()),
        ..CommonParameters::default()
    };
    Jwk { common, algorithm: AlgorithmParameters::OctetKeyPair(parameters) }
}

/// Whether the header has `crit` or `b64`, which no token of this service has (RFC 7515 section
/// 4.1.11: what is critical and not understood must be refused).
fn has_critical_extension(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or("");
    let json = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_slice(&json).unwrap_or_default();
    value.get("crit").is_some() || value.get("b64").is_some()
}
