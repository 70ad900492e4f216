//! What RingCentral's WebSocket gateway says, read.
//!
//! Every message is a JSON array: its head, and for most types a body. Head and body as documented in
//! "Subscribing to events via WebSockets", "Recovering a WebSocket session" and "Keeping WebSocket connections alive"
//! (developers.ringcentral.com/guide/notifications/websockets):
//!
//! ```text
//! [{"type":"ConnectionDetails","messageId":"…","status":200,"wsc":{"token":"…","sequence":1},"headers":{…}},
//!  {"creationTime":"…","recoveryBufferSize":100,"recoveryTimeout":180,"idleTimeout":1800,"absoluteTimeout":86400,
//!   "recoveryState":"Successful"}]                       recoveryState only after an attempt to recover
//! [{"type":"ClientRequest","messageId":"…","status":200,"headers":{…}},{"id":"…","eventFilters":["…"],…}]
//! [{"type":"ServerNotification","messageId":"…","status":200,"headers":{…}},{"uuid":"…","event":"…","body":{…}}]
//! [{"type":"Error","messageId":"…","status":…,"headers":{…}},{"errorCode":"WSG-902","message":"Idle timeout expired"}]
//! [{"type":"Heartbeat","messageId":"…"}]
//! ```
//!
//! A member of another type than documented counts as absent: one odd field does not cost a call.

use std::time::Duration;

use ringside_domain::credentials::Secret;
use serde_json::{Map, Value, json};

use super::notice::{self, Notice};
use crate::clean::kept;

/// Bytes of one message. A notification has about one kilobyte for each party.
pub const LONGEST_MESSAGE: usize = 256 * 1024;
/// The event filters, as they are subscribed to.
pub const SESSIONS: &str = "/restapi/v1.0/account/~/extension/~/telephony/sessions";
pub const PRESENCE: &str = "/restapi/v1.0/account/~/extension/~/presence?detailedTelephonyState=true";
/// With its slash, as the guide writes it.
const SUBSCRIPTION: &str = "/restapi/v1.0/subscription/";

const LONGEST_TOKEN: usize = 8 * 1024;
const LONGEST_WORD: usize = 100;
/// No recovery is hoped for after a longer break.
const LONGEST_BREAK: Duration = Duration::from_secs(3600);

/// One message of the gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub message_id: Option<String>,
    /// What the connection is recovered with; the newest one holds.
    pub wsc: Option<Wsc>,
    pub content: Content,
}

/// The WebSocket connection token and its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wsc {
    pub token: Secret,
    pub sequence: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Details(Details),
    /// To a request of ours.
    Answer(Answer),
    Notice(Box<Notice>),
    Heartbeat,
    /// The gateway ends the connection, or could not make out what it was sent.
    Fault(Fault),
    /// A type that is not documented.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// `None`: no recovery was asked for.
    pub recovered: Option<bool>,
    /// For how long after a break the connection can be recovered.
    pub recovery: Duration,
    /// The gateway closes a connection on which nothing was said for so long. `None`: it does not say.
    pub idle: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The id of the subscription, if it was answered.
    pub subscription: Option<String>,
    /// Filters that are not served, although the subscription was made.
    pub disabled: bool,
    pub fault: Fault,
    pub retry_after: Option<Duration>,
}

/// RingCentral's own words for an error: its code, and the permission that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    pub code: Option<String>,
    pub permission: Option<String>,
}

/// Why a message could not be read. It quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    TooLong,
    NoJson,
    NoHead,
}

/// One message of the gateway.
///
/// # Errors
/// What is wrong with it; never its content.
pub fn read(text: &[u8]) -> Result<Frame, Unreadable> {
    if text.len() > LONGEST_MESSAGE {
        return Err(Unreadable::TooLong);
    }
    let parts: Vec<Value> = serde_json::from_slice(text).map_err(|_| Unreadable::NoJson)?;
    let mut parts = parts.into_iter();
    let Some(Value::Object(head)) = parts.next() else {
        return Err(Unreadable::NoHead);
    };
    let kind = head.get("type").and_then(Value::as_str).ok_or(Unreadable::NoHead)?;
    let body = parts.next().unwrap_or(Value::Null);
    let status = head.get("status").and_then(Value::as_u64);
    let content = match kind {
        "ConnectionDetails" => Content::Details(details(&body)),
        "ClientRequest" => Content::Answer(answer(&head, status, &body)),
        "ServerNotification" => Content::Notice(Box::new(notice::read(&body))),
        "Heartbeat" => Content::Heartbeat,
        // The answer to a request can be an error, too: its id says so.
        "Error" => Content::Fault(fault(&body)),
        _ => Content::Other,
    };
    Ok(Frame {
        message_id: kept(head.get("messageId").and_then(Value::as_str), LONGEST_WORD),
        wsc: head.get("wsc").and_then(wsc),
        content,
    })
}

/// The request for a subscription, as the guide has it.
#[must_use]
pub fn subscribe(message_id: &str, filter: &str) -> String {
    json!([
        {"type": "ClientRequest", "messageId": message_id, "method": "POST", "path": SUBSCRIPTION},
        {"eventFilters": [filter], "deliveryMode": {"transportType": "WebSocket"}}
    ])
    .to_string()
}

/// Ends a subscription (`DELETE /restapi/v1.0/subscription/{subscriptionId}`).
#[must_use]
pub fn unsubscribe(message_id: &str, subscription: &str) -> String {
    let path = format!("{SUBSCRIPTION}{subscription}");
    json!([{"type": "ClientRequest", "messageId": message_id, "method": "DELETE", "path": path}]).to_string()
}

/// A heartbeat. A ping of the WebSocket is no traffic to the gateway: without this it closes an idle connection.
#[must_use]
pub fn heartbeat(message_id: &str) -> String {
    json!([{"type": "Heartbeat", "messageId": message_id}]).to_string()
}

/// The error in a body, over the WebSocket or over HTTP: `{"errorCode":"…","message":"…","errors":[{…}],
/// "permissionName":"…"}`, each of them possibly absent (developers.ringcentral.com/guide/basics/errors).
#[must_use]
pub fn fault(body: &Value) -> Fault {
    let first = body.get("errors").and_then(|errors| errors.get(0));
    let word = |name: &str| {
        let text = body.get(name).or_else(|| first?.get(name)).and_then(Value::as_str);
        // A code and the name of a permission are single words; anything else might quote a request.
        kept(text, LONGEST_WORD).filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
    };
    Fault {
        code: word("errorCode"),
        permission: word("permissionName"),
    }
}

fn details(body: &Value) -> Details {
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64).map(Duration::from_secs);
    Details {
        recovered: body
            .get("recoveryState")
            .and_then(Value::as_str)
            .map(|state| state == "Successful"),
        recovery: seconds("recoveryTimeout").unwrap_or_default().min(LONGEST_BREAK),
        idle: seconds("idleTimeout").filter(|idle| !idle.is_zero()),
    }
}

fn answer(head: &Map<String, Value>, status: Option<u64>, body: &Value) -> Answer {
    let retry_after = head
        .get("headers")
        .and_then(Value::as_object)
        .and_then(|headers| {
            headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
        })
        .and_then(|(_, value)| {
            value
                .as_str()
                .and_then(|text| text.parse().ok())
                .or_else(|| value.as_u64())
        });
    let id = body.get("id").and_then(Value::as_str);
    // It becomes part of a path.
    let is_id = |id: &&str| id.len() <= LONGEST_WORD && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Answer {
        status: status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        subscription: id.filter(is_id).map(str::to_owned),
        disabled: body
            .get("disabledFilters")
            .and_then(Value::as_array)
            .is_some_and(|filters| !filters.is_empty()),
        fault: fault(body),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

fn wsc(value: &Value) -> Option<Wsc> {
    let token = value.get("token")?.as_str()?;
    let fits = !token.is_empty() && token.len() <= LONGEST_TOKEN;
    fits.then(|| Wsc {
        token: Secret::new(token),
        sequence: value.get("sequence").and_then(Value::as_u64).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests;
