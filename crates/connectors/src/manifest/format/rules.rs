//! What errors mean, and how fast one may ask.

use schemars::JsonSchema;
use serde::Deserialize;

/// How this CRM says no.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// *Paths* of the CRM's own message; the first that is a text.
    #[serde(default)]
    pub message: Vec<String>,
    /// Headers with its own message, where the body says nothing: `X-Status-Reason`.
    #[serde(default)]
    pub message_headers: Vec<String>,
    /// Where it says which field it refuses.
    #[serde(default)]
    pub fields: Vec<FieldErrors>,
    /// Looked at in order; then what the status means by itself.
    #[serde(default)]
    pub rules: Vec<ErrorRule>,
    /// Headers with a time to wait, in seconds or as a date, besides `Retry-After`.
    #[serde(default)]
    pub retry_headers: Vec<String>,
    /// *Path* of seconds to wait.
    pub retry_path: Option<String>,
}

/// Messages of single fields: either a list of records, or an object of texts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldErrors {
    /// *Path* of the list or object.
    pub list: String,
    /// *Path* of the field's name in one record. Without it the list is an object: names and messages.
    pub field: Option<String>,
    /// *Path* of the words in one record.
    pub message: Option<String>,
    /// The CRM's field names and the dialog's: `{ Phone = "number", LAST_NAME = "name" }`.
    #[serde(default)]
    pub names: std::collections::BTreeMap<String, String>,
}

/// When all that is named is so, then.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRule {
    /// Any of these; none named: all that are no success.
    #[serde(default)]
    pub status: Vec<u16>,
    /// *Path* on the body that must be true (not null, false or empty).
    pub body: Option<String>,
    /// A header that must be there, and its value where one is given: `X-RateLimit-Remaining: 0`.
    pub header: Option<String>,
    /// What it means.
    #[serde(rename = "do")]
    pub then: Then,
    /// Seconds: of `retry`, where the answer says none; of `quota_exhausted`, at least so many.
    pub wait: Option<u64>,
    /// What the person should do, in a sentence.
    pub hint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// A new session, a refreshed token, then the person.
    SignIn,
    /// This account may not do it.
    Forbidden,
    /// There is no such record.
    NotFound,
    /// What was sent is wrong.
    Invalid,
    /// It was changed meanwhile, or is there already.
    Conflict,
    /// A duplicate of a record that is there: `create_contact.duplicate_id` says which.
    Duplicate,
    /// Too fast: after `wait` seconds, or what the answer says.
    Retry,
    /// Too much for today.
    QuotaExhausted,
    /// The CRM is down: asked again later.
    Unavailable,
}

/// How fast requests go out. Ringside waits its turn as long as the operation's deadline allows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Requests in a second; 0.5 is one in two.
    pub per_second: Option<f64>,
    /// Requests in a minute.
    pub per_minute: Option<f64>,
    /// Requests at the same time.
    pub concurrency: Option<usize>,
}
