//! Problem documents (RFC 9457): the closed catalogue of what can go wrong, and the one place where
//! an error becomes an answer. The texts of broken rules stand in `problem_texts`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use matching::violation::{Rule, Violation};

use super::json::NotJson;
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

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = (
        $status:literal, $code:literal, $title_vi:literal, $title_en:literal,
        $detail_vi:literal, $detail_en:literal
    ),)*) => {
        /// What can go wrong, as a client sees it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $($(#[$doc])* $variant,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The title in `language`.
            #[must_use]
            pub const fn title(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::Vietnamese) => $title_vi,
                      (Self::$variant, Language::English) => $title_en,)*
                }
            }

            /// The sentence in `language`.
            #[must_use]
            pub const fn detail(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$variant, Language::Vietnamese) => $detail_vi,
                      (Self::$variant, Language::English) => $detail_en,)*
                }
            }
        }
    };
}

problems! {
    /// The body is not JSON, or not in the strict form that is read.
    MalformedJson = (400, "malformed_json", "JSON không hợp lệ", "Malformed JSON",
        "Không đọc được nội dung JSON.", "The body cannot be read as JSON."),
    /// A field that the contract does not know.
    UnknownField = (400, "unknown_field", "Trường không xác định", "Unknown field",
        "Nội dung có trường mà giao diện không biết.",
        "The body has a field that the contract does not know."),
    /// A query parameter that the contract does not know.
    UnknownParameter = (400, "unknown_parameter", "Tham số không xác định", "Unknown parameter",
        "Địa chỉ có tham số mà giao diện không biết.",
        "The query has a parameter that the contract does not know."),
    /// A query parameter with an illegal value.
    InvalidParameter = (400, "invalid_parameter", "Tham số không hợp lệ", "Invalid parameter",
        "Giá trị của một hay nhiều tham số không hợp lệ.",
        "One or more query parameters have an illegal value."),
    /// A cursor that this service did not give for this list.
    InvalidCursor = (400, "invalid_cursor", "Con trỏ không hợp lệ", "Invalid cursor",
        "Con trỏ này không thuộc danh sách, bộ lọc hay người gọi này.",
        "The cursor does not belong to this list, filter and caller."),
    /// An idempotency key that cannot be one.
    InvalidIdempotencyKey = (400, "invalid_idempotency_key", "Idempotency-Key không hợp lệ",
        "Invalid Idempotency-Key",
        "Idempotency-Key phải có từ 1 đến 255 ký tự ASCII nhìn thấy được, gửi một lần.",
        "An Idempotency-Key has 1 to 255 visible ASCII characters, and is sent once."),
    /// No token, or one that is not accepted.
    Unauthenticated = (401, "unauthenticated", "Chưa xác thực", "Not authenticated",
        "Cần mã truy cập hợp lệ và còn hạn.",
        "A valid access token that has not expired is needed."),
    /// A login and a password that do not go together, or a user who is shut out.
    WrongCredentials = (401, "wrong_credentials", "Sai thông tin đăng nhập", "Wrong credentials",
        "Số điện thoại, thư điện tử hoặc mật khẩu không đúng.",
        "The phone number, e-mail address or password is wrong."),
    /// The token lacks a scope, or the party a role.
    Forbidden = (403, "forbidden", "Không được phép", "Forbidden",
        "Mã truy cập hoặc vai trò của đơn vị không cho phép thao tác này.",
        "The token or the party's roles do not allow this."),
    /// The caller may not act for the party that it names.
    NotDelegated = (403, "not_delegated", "Không được ủy quyền", "Not delegated",
        "Không có ủy quyền còn hiệu lực để làm thay đơn vị nêu trong On-Behalf-Of.",
        "No grant in force lets you act for the party in On-Behalf-Of."),
    /// Absent, or not the caller's to know of.
    NotFound = (404, "not_found", "Không tìm thấy", "Not found",
        "Không có tài nguyên này.", "There is no such resource."),
    /// The method is not offered for this path.
    MethodNotAllowed = (405, "method_not_allowed", "Phương thức không được hỗ trợ",
        "Method not allowed",
        "Địa chỉ này không hỗ trợ phương thức đã dùng.", "This path does not offer the method."),
    /// The caller accepts none of the media types that are offered.
    NotAcceptable = (406, "not_acceptable", "Không có kiểu nội dung phù hợp", "Not acceptable",
        "Chỉ có thể trả lời bằng JSON.", "Only JSON can be answered."),
    /// The party has as many allocations under way as it may have.
    TooManyAllocations = (429, "too_many_allocations", "Quá nhiều phân bổ đang chạy",
        "Too many allocations",
        "Đơn vị đã có số phân bổ tối đa đang chờ hoặc đang chạy; hãy đợi một phân bổ kết thúc.",
        "The party has as many allocations waiting or under way as it may have; await one."),
    /// The body did not arrive in time.
    RequestTimeout = (408, "request_timeout", "Quá thời gian chờ", "Request timeout",
        "Nội dung yêu cầu không đến kịp.", "The body did not arrive in time."),
    /// The action is not legal in this state.
    IllegalAction = (409, "illegal_action", "Thao tác không hợp lệ ở trạng thái này",
        "Action not legal in this state",
        "Trạng thái hiện tại không cho phép thao tác này.",
        "The current state does not allow this action."),
    /// The terms cannot be changed in this state.
    Frozen = (409, "frozen", "Không thể sửa ở trạng thái này", "Not changeable in this state",
        "Trạng thái hiện tại không cho phép sửa.", "The current state does not allow a change."),
    /// Another party has this tax code.
    DuplicateTaxCode = (409, "duplicate_tax_code", "Trùng mã số thuế", "Duplicate tax code",
        "Mã số thuế này đã thuộc về một đơn vị khác.", "Another party has this tax code."),
    /// The same certificate is recorded.
    DuplicateCertificate = (409, "duplicate_certificate", "Trùng giấy chứng nhận",
        "Duplicate certificate",
        "Giấy chứng nhận này (cơ quan, số, ngày, đối tượng) đã được ghi nhận.",
        "This certificate (authority, number, date, subject) is recorded already."),
    /// Another record of this owner has this external id.
    DuplicateExternalId = (409, "duplicate_external_id", "Trùng mã ngoài", "Duplicate external id",
        "Mã ngoài này đã thuộc về một bản ghi khác.", "Another record has this external id."),
    /// A packaging cannot change while offers are counted in its unit.
    PackagingInUse = (409, "packaging_in_use", "Quy cách đang được chào bán", "Packaging is in use",
        "Một chào hàng chưa rút đang dùng quy cách này; hãy rút nó hoặc thêm quy cách mới.",
        "An offer in force uses this packaging; withdraw it, or add another packaging."),
    /// A capacity cannot be cut below what is taken of it.
    CapacityTaken = (409, "capacity_taken", "Sản lượng đã được giữ", "Capacity is taken",
        "Không thể giảm sản lượng xuống dưới phần đã giữ, đã cam kết hay đã giao.",
        "A capacity cannot be cut below what is held, committed or consumed."),
    /// The first request with this idempotency key has not ended.
    StillRunning = (409, "still_running", "Yêu cầu đầu tiên chưa xong", "Still running",
        "Yêu cầu đầu tiên với Idempotency-Key này chưa xong; hãy gửi lại sau ít giây.",
        "The first request with this Idempotency-Key has not ended; send it again in a moment."),
    /// The named version is not the current one.
    PreconditionFailed = (412, "precondition_failed", "Phiên bản đã cũ", "Stale version",
        "Bản ghi đã thay đổi; hãy đọc lại rồi sửa trên phiên bản hiện tại.",
        "The record has changed; read it again and change the current version."),
    /// The body is larger than the limit.
    PayloadTooLarge = (413, "payload_too_large", "Nội dung quá lớn", "Payload too large",
        "Nội dung vượt quá giới hạn cho phép.", "The body is larger than the limit."),
    /// The address is longer than the limit.
    UriTooLong = (414, "uri_too_long", "Địa chỉ quá dài", "URI too long",
        "Địa chỉ vượt quá giới hạn cho phép.", "The address is longer than the limit."),
    /// The body has a media type that is not read here.
    UnsupportedMediaType = (415, "unsupported_media_type", "Kiểu nội dung không được hỗ trợ",
        "Unsupported media type",
        "Kiểu nội dung của yêu cầu không được hỗ trợ ở đây.",
        "The media type of the body is not read here."),
    /// Readable, and breaks a rule.
    Invalid = (422, "invalid", "Dữ liệu không hợp lệ", "Invalid data",
        "Một hay nhiều trường không hợp lệ.", "One or more fields break a rule."),
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = (422, "idempotency_key_reused", "Idempotency-Key đã được dùng",
        "Idempotency-Key reused",
        "Idempotency-Key này đã được dùng cho một yêu cầu có nội dung khác.",
        "This Idempotency-Key was used for a request that said something else."),
    /// A change needs the version that it is based on.
    PreconditionRequired = (428, "precondition_required", "Thiếu If-Match", "If-Match is needed",
        "Thao tác sửa cần tiêu đề If-Match với ETag đã đọc.",
        "A change needs the If-Match header with the ETag that was read."),
    /// More requests than this client may make within a minute.
    RateLimited = (429, "rate_limited", "Quá nhiều yêu cầu", "Too many requests",
        "Đã vượt số yêu cầu cho phép trong một phút; hãy chờ theo Retry-After.",
        "More requests than are allowed within a minute; wait as Retry-After says."),
    /// The headers are larger than the limit.
    HeadersTooLarge = (431, "headers_too_large", "Tiêu đề quá lớn", "Headers too large",
        "Các tiêu đề của yêu cầu vượt quá giới hạn cho phép.",
        "The headers of the request are larger than the limit."),
    /// A password was tried too often.
    TooManyAttempts = (429, "too_many_attempts", "Thử quá nhiều lần", "Too many attempts",
        "Đã nhập sai quá nhiều lần; hãy thử lại sau thời gian ghi ở Retry-After.",
        "It was tried too often; try again after the time that Retry-After says."),
    /// A bug in this service.
    Internal = (500, "internal", "Lỗi hệ thống", "Internal error",
        "Đã xảy ra lỗi trong hệ thống; lỗi đã được ghi lại.",
        "An error occurred in the service and was logged."),
    /// Try again.
    Unavailable = (503, "unavailable", "Tạm thời không phục vụ được", "Temporarily unavailable",
        "Hãy thử lại sau ít giây.", "Try again in a few seconds."),
}

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
            |why| format!("{sentence} ({})", unread_detail(why, language)),
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
