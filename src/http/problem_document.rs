//! The form of a problem document (RFC 9457), as clients read it.

use serde::Serialize;
use utoipa::ToSchema;

/// One broken rule.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) to the field of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/capacity/0/quantity")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "limit")]
    pub parameter: Option<String>,
    /// Stable code of the rule.
    #[schema(example = "out_of_range")]
    pub code: String,
    /// What is wrong, in the language of the answer.
    #[schema(example = "Phải từ 1 đến 1000000000000.")]
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; its last part is `code`.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://ocop-link.github.io/problems/invalid")]
    pub kind: String,
    /// The kind of problem in a few words, in the language of the answer.
    #[schema(example = "Dữ liệu không hợp lệ")]
    pub title: String,
    /// The status of the answer.
    #[schema(example = 422)]
    pub status: u16,
    /// What went wrong this time, in the language of the answer.
    #[schema(example = "Một hay nhiều trường không hợp lệ.")]
    pub detail: String,
    /// The path that was asked for.
    #[schema(example = "/v1/offers")]
    pub instance: String,
    /// Stable code, never translated.
    #[schema(example = "invalid")]
    pub code: String,
    /// Id of the request, also in `X-Request-Id`; name it when you ask for help.
    #[schema(example = "0198c0de-0000-7000-8000-000000000001")]
    pub request_id: String,
    /// Every broken rule, for invalid input; of more than 100, the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// The state now, for a wrong state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "withdrawn")]
    pub state: Option<String>,
    /// The actions that are legal now, for a wrong state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_actions: Option<Vec<String>>,
    /// What is taken of the capacity, for a capacity cut below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 80)]
    pub taken: Option<u64>,
}
