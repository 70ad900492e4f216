//! Offline cases: what goes in, which requests come out, what their answers mean.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::request::{Tree, Verb};

/// One case of `ringside connector check`. Secrets are the text `secret-NAME` in it, the OAuth token is `token`, a refreshed one
/// `token-2`. Nobody's clock runs in it: it is 2026-01-15, 12:00 UTC, and waiting takes no time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What the case shows; every example has another name.
    pub name: String,
    /// `find_contact`, `find_contact_with_name`, `get_contact`, `create_contact`, `add_number`, `log_call`, `update_log`, `find_log`,
    /// `log_fields`, or `check`: who am I, whose account is the one of `contacts`.
    pub operation: String,
    /// The first of the choices unless said otherwise.
    pub environment: Option<String>,
    /// What the person typed as their server's address; the placeholder unless said otherwise.
    pub server: Option<String>,
    /// What the person filled in, besides secrets, by the parameters' names.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What `whoami` would have captured, so that the case does not begin with it.
    #[serde(default)]
    pub account: BTreeMap<String, String>,
    /// What signing in would have captured, by the names of `session.*`, `granted.*` and `discovered.*`. With none of the session's
    /// own among them the case begins with the session's steps.
    pub session: Option<BTreeMap<String, String>>,
    /// For `find_contact`, `add_number`: from the ranges reserved for fiction (`+1 202 555 01xx`).
    pub number: Option<String>,
    /// For `find_contact_with_name`.
    pub query: Option<String>,
    /// Only this type.
    #[serde(rename = "type")]
    pub contact_type: Option<String>,
    /// The contact that it is about.
    pub contact: Option<ContactInput>,
    /// For `create_contact`.
    pub draft: Option<DraftInput>,
    /// For `log_call`, `update_log` and `find_log`.
    pub call: Option<CallInput>,
    /// For `update_log`.
    pub log_id: Option<String>,
    /// What must go out, in this order for writes, in any order for lookups; and what is answered.
    #[serde(default)]
    pub requests: Vec<Exchange>,
    /// What the answers must mean, in this order. Of a lookup, those whose stored number is the asked one.
    #[serde(default)]
    pub contacts: Vec<ExpectedContact>,
    /// Ids of logs.
    #[serde(default)]
    pub logs: Vec<String>,
    /// The page of the first of them; without it pages are not compared.
    pub log_url: Option<String>,
    /// For `log_fields`: the values that each field offers.
    #[serde(default)]
    pub offered: BTreeMap<String, Vec<String>>,
    /// It must fail so.
    pub error: Option<ExpectedError>,
}

/// A request as it must go out, and its answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// How it goes out.
    #[serde(default)]
    pub method: Verb,
    /// The whole address with its parameters, as sent.
    pub url: String,
    /// These headers must be there; others may.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The whole body.
    pub json: Option<Tree>,
    /// The whole body, as text: for forms.
    pub text: Option<String>,
    /// The answer.
    #[serde(default = "ok")]
    pub status: u16,
    /// What is answered, as JSON.
    pub answer: Option<Tree>,
    /// What is answered, where it is no JSON.
    pub answer_text: Option<String>,
    /// Headers of the answer.
    #[serde(default)]
    pub answer_headers: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    /// The record's id.
    pub id: String,
    /// The id of its type.
    #[serde(rename = "type")]
    pub contact_type: String,
    /// Its name, for logs.
    #[serde(default)]
    pub name: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftInput {
    /// The whole name.
    pub name: String,
    /// The given name, where the person typed it by itself.
    pub given: Option<String>,
    /// The family name, where the person typed it by itself.
    pub family: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// E.164.
    pub number: Option<String>,
    /// The fields of one's own, by their names.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// The person wants it although there are records like it.
    #[serde(default)]
    pub force: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallInput {
    /// `in` or `out`.
    pub direction: String,
    /// The other end's, E.164; without it the number was withheld.
    pub number: Option<String>,
    /// The person's own number.
    pub line: Option<String>,
    /// RFC 3339: `2026-03-29T00:59:30Z`.
    pub start: String,
    /// IANA name of the zone in which the call began.
    #[serde(default = "utc")]
    pub zone: String,
    /// How long it was talked; without it unknown.
    pub seconds: Option<u64>,
    /// How it ended: `completed`, `missed`, `declined`, …
    pub end: Option<String>,
    /// What the person chose: `connected`, `left_message`, `no_answer`, `busy`, `wrong_number`, `call_back`.
    pub outcome: Option<String>,
    /// What the person wrote.
    #[serde(default)]
    pub note: String,
    /// `ringside-example` unless said otherwise.
    pub marker: Option<String>,
    /// What was chosen in the dialog, by the names of `log_fields`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// What must be known of a contact; what is not named is not compared.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedContact {
    /// The id.
    pub id: String,
    /// The id of its type.
    #[serde(rename = "type")]
    pub contact_type: Option<String>,
    /// The whole name.
    pub name: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The job title.
    pub title: Option<String>,
    /// All numbers as the CRM wrote them, in order.
    pub numbers: Option<Vec<String>>,
    /// All e-mail addresses, in order.
    pub emails: Option<Vec<String>>,
    /// The page's address.
    pub url: Option<String>,
    /// When it was made: RFC 3339, in UTC.
    pub created: Option<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// `sign_in_needed`, `forbidden`, `not_found`, `invalid`, `conflict`, `rate_limited`, `unavailable`, …
    pub kind: String,
    /// The field it names, by the dialog's name.
    pub field: Option<String>,
    /// Part of the message.
    pub message: Option<String>,
}

const fn ok() -> u16 {
    200
}

fn utc() -> String {
    "UTC".to_owned()
}
