//! The closed catalogue of what can go wrong, in Vietnamese and English. Must not know when it
//! does.

use super::problem_texts::Language;

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
        "Nội dung có trường không có trong đặc tả API.",
        "The body has a field that the contract does not know."),
    /// A query parameter that the contract does not know.
    UnknownParameter = (400, "unknown_parameter", "Tham số không xác định", "Unknown parameter",
        "Địa chỉ có tham số không có trong đặc tả API.",
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
        "Idempotency-Key phải có từ 1 đến 255 ký tự ASCII hiển thị được; mỗi yêu cầu chỉ có một \
         tiêu đề Idempotency-Key.",
        "An Idempotency-Key has 1 to 255 visible ASCII characters, and a request has only one \
         such header."),
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
        "Không tìm thấy bản ghi hoặc địa chỉ này.", "There is no such record or address."),
    /// The method is not offered for this path.
    MethodNotAllowed = (405, "method_not_allowed", "Phương thức không được hỗ trợ",
        "Method not allowed",
        "Địa chỉ này không hỗ trợ phương thức đã dùng.", "This path does not offer the method."),
    /// The caller accepts none of the media types that are offered.
    NotAcceptable = (406, "not_acceptable", "Không có kiểu nội dung phù hợp", "Not acceptable",
        "Không trả lời được bằng kiểu nội dung nêu trong Accept; hãy dùng application/json.",
        "Nothing that Accept names can be sent; use application/json."),
    /// The party has as many allocations under way as it may have.
    TooManyAllocations = (429, "too_many_allocations", "Quá nhiều phân bổ đang chạy",
        "Too many allocations",
        "Đơn vị đã có đủ số lần phân bổ được phép cùng chờ hoặc chạy; hãy đợi một lần kết thúc.",
        "The party has as many allocations waiting or under way as it may have; await one."),
    /// The body did not arrive in time.
    RequestTimeout = (408, "request_timeout", "Quá thời gian chờ", "Request timeout",
        "Không nhận đủ nội dung yêu cầu trong thời gian cho phép.",
        "The body did not arrive in time."),
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
    DuplicateExternalId = (409, "duplicate_external_id", "Trùng mã của hệ thống ngoài",
        "Duplicate external id",
        "Mã này của hệ thống ngoài đã gắn với một bản ghi khác.",
        "Another record has this external id."),
    /// A packaging cannot change while offers are counted in its unit.
    PackagingInUse = (409, "packaging_in_use", "Quy cách đang được dùng", "Packaging is in use",
        "Một khả năng cung ứng chưa rút đang dùng quy cách này; hãy rút khả năng cung ứng đó hoặc \
         thêm quy cách mới.",
        "An offer that is not withdrawn uses this packaging; withdraw it, or add another \
         packaging."),
    /// A capacity cannot be cut below what is taken of it.
    CapacityTaken = (409, "capacity_taken", "Sản lượng đã có nơi nhận", "Capacity is taken",
        "Không thể giảm sản lượng xuống dưới phần đã giữ chỗ, đã cam kết hay đã giao.",
        "A capacity cannot be cut below what is held, committed or consumed."),
    /// The first request with this idempotency key has not ended.
    StillRunning = (409, "still_running", "Yêu cầu đầu tiên chưa xong", "Still running",
        "Yêu cầu đầu tiên với Idempotency-Key này chưa xong; hãy gửi lại sau ít giây.",
        "The first request with this Idempotency-Key has not ended; send it again in a moment."),
    /// The named version is not the current one.
    PreconditionFailed = (412, "precondition_failed", "Không đúng phiên bản",
        "Version does not match",
        "Bản ghi không ở phiên bản mà yêu cầu nêu: đã thay đổi, đã có sẵn hoặc chưa có; hãy đọc \
         lại rồi gửi theo phiên bản hiện tại.",
        "The record is not as the request names it: it has changed, is there already, or is \
         absent; read it again."),
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
        "The password was tried too often; try again after the time that Retry-After says."),
    /// A bug in this service.
    Internal = (500, "internal", "Lỗi hệ thống", "Internal error",
        "Đã xảy ra lỗi trong hệ thống; lỗi đã được ghi lại.",
        "An error occurred in the service and was logged."),
    /// Try again.
    Unavailable = (503, "unavailable", "Tạm thời không phục vụ được", "Temporarily unavailable",
        "Hãy thử lại sau ít giây.", "Try again in a few seconds."),
}
