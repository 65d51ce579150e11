//! The form that a token is asked for with, and how a client says who it is in it or beside it
//! (RFC 6749 sections 2.3.1 and 3.2). Must not know what a token is given for.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::secret::Secret;

const FORM: &str = "application/x-www-form-urlencoded";

/// Why a form cannot be read, in a sentence for the author of the client.
pub type Unreadable = &'static str;

/// The parameters of a form, each once. One without a value is one that was left out.
pub struct OAuthForm(BTreeMap<String, String>);

/// Who a client says it is, and its proof.
pub enum Presented {
    /// Nothing was said.
    Nobody,
    /// Id and secret.
    Client(String, Secret),
    /// Something that is no proof here.
    Unusable,
}

impl OAuthForm {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, Unreadable> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(FORM) {
            return Err("the body must be application/x-www-form-urlencoded");
        }
        let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8")?;
        let pairs = web::Query::<Vec<(String, String)>>::from_query(text);
        let pairs = pairs.map_err(|_| "the form cannot be read")?.into_inner();
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            if parameters.insert(name, value).is_some() {
                return Err("a parameter stands twice");
            }
        }
        Ok(Self(parameters))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Who the client says it is: by HTTP Basic or in the form.
    ///
    /// # Errors
    /// What is wrong, if it says so twice.
    pub fn client(&self, request: &HttpRequest) -> Result<Presented, Unreadable> {
        let (id, secret) = (self.get("client_id"), self.get("client_secret"));
        // An app that adds its access token to every request says nothing by it here.
        let authorization = request.headers().get(header::AUTHORIZATION);
        let Some(authorization) = authorization.filter(|header| !is_bearer(header)) else {
            return Ok(match (id, secret) {
                (Some(id), Some(secret)) => {
                    Presented::Client(id.to_owned(), Secret::presented(secret))
                }
                (None, None) => Presented::Nobody,
                _ => Presented::Unusable,
            });
        };
        if secret.is_some() {
            return Err("the client must use one way to authenticate");
        }
        let basic = authorization.to_str().ok().and_then(basic);
        Ok(match basic {
            Some((named, secret)) if id.is_none_or(|id| id == named) => {
                Presented::Client(named, secret)
            }
            _ => Presented::Unusable,
        })
    }
}

fn is_bearer(header: &HeaderValue) -> bool {
    let scheme = header.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"bearer")
}

/// Id and secret of `Basic …` (RFC 7617). The form encoding that RFC 6749 puts around both changes
/// nothing in them: they have only letters, digits, `-` and `_`.
fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let bytes =
        STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"));
    let text = String::from_utf8(bytes?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), Secret::presented(secret)))
}
