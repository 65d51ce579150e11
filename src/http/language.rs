//! The language that a request asks for, and what an answer says of its own. Must not know what is
//! said in it.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::problem_texts::Language;

/// The language that a request asks for.
pub(super) fn asked(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    Language::accepted(accepted.and_then(|value| value.to_str().ok()))
}

/// Says that an answer is in a language, and by which headers of the request it varies.
pub(super) fn say(language: Language, vary: &'static str, headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static(vary));
}
