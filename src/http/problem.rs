//! Problem documents (RFC 9457): the one place where an error becomes an answer. What can go wrong
//! stands in `problem_catalogue`, the texts of broken rules in `problem_texts`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use matching::violation::{Rule, Violation};

use super::json::NotJson;
pub use super::problem_catalogue::ProblemCode;
pub use super::problem_document::{FieldError, Problem};
use super::problem_texts::{Language, rule_code, rule_detail, unread_detail};
use crate::error::{Conflict, Error};

/// Base of the `type` of every problem; the code follows. Each stands in docs/PROBLEMS.md.
pub const PROBLEM_TYPE_BASE: &str = "https://ocop-link.github.io/problems/";
/// Media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// The most broken rules that one answer lists: a small body can break very many.
pub const MAX_VIOLATIONS: usize = 100;
/// When a caller should try again after a temporary failure, in seconds.
const RETRY_AFTER_SECONDS: u32 = 2;

/// An error on its way out. Boxed, because every handler's result has room for one.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Case>);

/// A code, and what belongs to this case of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub(super) code: ProblemCode,
    pub(super) violations: Vec<Violation>,
    conflict: Option<Conflict>,
    pub(super) headers: HeaderMap,
    cause: Option<String>,
    unread: Option<NotJson>,
}

impl std::ops::Deref for ApiError {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.0
    }
}

impl ApiError {
    /// An error with nothing but its code.
    pub fn new(code: ProblemCode) -> Self {
        Self::about(code, Vec::new(), None)
    }

    fn about(code: ProblemCode, all: Vec<Violation>, conflict: Option<Conflict>) -> Self {
        let violations = all.into_iter().take(MAX_VIOLATIONS).collect();
        let headers = HeaderMap::new();
        Self(Box::new(Case { code, violations, conflict, headers, cause: None, unread: None }))
    }

    /// An error that is over soon.
    fn later(code: ProblemCode) -> Self {
        Self::new(code).with_header(header::RETRY_AFTER, &RETRY_AFTER_SECONDS.to_string())
    }

    /// The current version is not one that the caller wants; none if there is no record.
    fn stale(current: Option<i64>) -> Self {
        let error = Self::new(ProblemCode::PreconditionFailed);
        match current {
            Some(version) => error.with_header(header::ETAG, &super::etag::of_version(version)),
            None => error,
        }
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// A body that is not the JSON that is taken.
    pub fn malformed(why: NotJson) -> Self {
        let mut error = Self::new(ProblemCode::MalformedJson);
        error.0.unread = Some(why);
        error
    }

    /// Adds what is logged, and never told.
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Broken rules of a body: 400 if a field is unknown, else 422.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let unknown = violations.iter().any(|it| matches!(it.rule, Rule::UnknownField { .. }));
        let code = if unknown { ProblemCode::UnknownField } else { ProblemCode::Invalid };
        Self::about(code, violations, None)
    }

    /// Broken rules of query parameters.
    pub fn invalid_parameters(violations: Vec<Violation>) -> Self {
        let unknown = violations.iter().any(|it| matches!(it.rule, Rule::UnknownParameter { .. }));
        let code =
            if unknown { ProblemCode::UnknownParameter } else { ProblemCode::InvalidParameter };
        Self::about(code, violations, None)
    }

    /// The same with the violations where `place` says that they were stated.
    pub fn placed(mut self, place: impl Fn(&str) -> Option<String>) -> Self {
        for violation in &mut self.0.violations {
            violation.at = place(&violation.at).unwrap_or_else(|| violation.at.clone());
        }
        self
    }

    /// No token, or one that is not accepted (RFC 6750 section 3).
    pub fn unauthenticated(reason: &str) -> Self {
        let challenge = if reason.is_empty() {
            "Bearer realm=\"ocop-link\"".to_owned()
        } else {
            format!(
                "Bearer realm=\"ocop-link\", error=\"invalid_token\", \
                 error_description=\"{reason}\""
            )
        };
        Self::new(ProblemCode::Unauthenticated).with_header(header::WWW_AUTHENTICATE, &challenge)
    }

    /// A login and a password that do not go together.
    pub fn wrong_credentials() -> Self {
        Self::new(ProblemCode::WrongCredentials)
            .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"ocop-link\"")
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Which problem it is.
    pub(super) fn code(&self) -> ProblemCode {
        self.code
    }

    /// What an operator should see, and no caller.
    pub(super) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The document in `language` for a request.
    pub(super) fn document(&self, language: Language, instance: &str, request_id: &str) -> Problem {
        let mut problem = Problem {
            kind: format!("{PROBLEM_TYPE_BASE}{}", self.code.code()),
            title: self.code.title(language).into(),
            status: self.code.status(),
            detail: self.sentence(language),
            instance: instance.into(),
            code: self.code.code().into(),
            request_id: request_id.into(),
            errors: self
                .violations
                .iter()
                .map(|violation| self.field(violation, language))
                .collect(),
            state: None,
            allowed_actions: None,
            taken: None,
        };
        match &self.conflict {
            Some(
                Conflict::IllegalAction { state, actions } | Conflict::Frozen { state, actions },
            ) => {
                problem.state = Some((*state).into());
                problem.allowed_actions = Some(actions.iter().map(|a| (*a).into()).collect());
            }
            Some(Conflict::CapacityTaken { taken }) => problem.taken = Some(*taken),
            _ => {}
        }
        problem
    }

    /// What somebody at a terminal is told of it: its code, a sentence, and the state that it is
    /// about, if any.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let line = format!("{}: {}", self.code.code(), self.sentence(language));
        match &self.conflict {
            Some(Conflict::IllegalAction { state, .. } | Conflict::Frozen { state, .. }) => {
                format!("{line} ({state})")
            }
            _ => line,
        }
    }

    fn sentence(&self, language: Language) -> String {
        let sentence = self.code.detail(language);
        self.unread.as_ref().map_or_else(
            || sentence.to_owned(),
            |why| {
                let said = sentence.trim_end_matches('.');
                format!("{said} ({}).", unread_detail(why, language))
            },
        )
    }

    fn field(&self, violation: &Violation, language: Language) -> FieldError {
        let of_query =
            matches!(self.code, ProblemCode::UnknownParameter | ProblemCode::InvalidParameter);
        let at = Some(violation.at.clone());
        FieldError {
            pointer: at.clone().filter(|_| !of_query),
            parameter: at.filter(|_| of_query),
            code: rule_code(&violation.rule).into(),
            detail: rule_detail(&violation.rule, language),
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(violations) => Self::invalid(violations),
            Error::NotFound => Self::new(ProblemCode::NotFound),
            Error::Forbidden => Self::new(ProblemCode::Forbidden),
            Error::NotDelegated => Self::new(ProblemCode::NotDelegated),
            Error::Conflict(conflict) => {
                let code = match &conflict {
                    Conflict::DuplicateTaxCode => ProblemCode::DuplicateTaxCode,
                    Conflict::DuplicateCertificate => ProblemCode::DuplicateCertificate,
                    Conflict::DuplicateExternalId => ProblemCode::DuplicateExternalId,
                    Conflict::IllegalAction { .. } => ProblemCode::IllegalAction,
                    Conflict::Frozen { .. } => ProblemCode::Frozen,
                    Conflict::PackagingInUse => ProblemCode::PackagingInUse,
                    Conflict::CapacityTaken { .. } => ProblemCode::CapacityTaken,
                    Conflict::KeyReused => ProblemCode::IdempotencyKeyReused,
                    Conflict::StillRunning => return Self::later(ProblemCode::StillRunning),
                };
                Self::about(code, Vec::new(), Some(conflict))
            }
            Error::PreconditionFailed { current } => Self::stale(current),
            Error::Unavailable(cause) => Self::later(ProblemCode::Unavailable).because(cause),
            Error::TooManyAttempts { retry_after_s } => Self::new(ProblemCode::TooManyAttempts)
                .with_header(header::RETRY_AFTER, &retry_after_s.to_string()),
            Error::Internal(cause) => Self::new(ProblemCode::Internal).because(cause),
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code.code())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// A bare answer; the edge middleware, which knows language and request id, writes the
    /// document.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}
