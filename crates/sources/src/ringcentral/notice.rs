//! What a notification tells about the extension's calls.
//!
//! "Extension Telephony Sessions Event" and "Telephony Session Notifications" in RingCentral's guides; `peerId`, `reason` and
//! `uiCallInfo` as in the definitions of its SDKs (ringcentral-extensible, `TelephonySessionsEventPartyInfo`):
//!
//! ```text
//! {"uuid":"…","event":"/restapi/v1.0/account/1/extension/2/telephony/sessions","timestamp":"…","subscriptionId":"…",
//!  "ownerId":"2","body":{"sequence":3,"sessionId":"…","telephonySessionId":"s-…","eventTime":"2020-06-23T01:05:44.013Z",
//!   "origin":{"type":"Call"},"parties":[{"accountId":"1","extensionId":"2","id":"p-…-2","direction":"Inbound",
//!    "to":{"phoneNumber":"+1…","name":"…","extensionId":"2"},"from":{"phoneNumber":"+1…","name":"…"},
//!    "status":{"code":"Gone","reason":"AttendedTransfer","peerId":{"telephonySessionId":"s-…"}},
//!    "queueCall":true,"uiCallInfo":{"primary":{"type":"QueueName","value":"…"}},"missedCall":false}]}}
//! ```
//!
//! "Detailed Extension Presence Event" and the answer of `GET …/presence?detailedTelephonyState=true` have the same list:
//!
//! ```text
//! {"extensionId":2,"telephonyStatus":"Ringing","sequence":9,"activeCalls":[{"direction":"Inbound","from":"+1…",
//!  "fromName":"…","to":"+1…","toName":"…","telephonyStatus":"Ringing","telephonySessionId":"s-…","partyId":"p-…-2",
//!  "queueCall":false,"startTime":"…"}]}
//! ```

use ringside_domain::{Direction, call::WireParty};
use serde_json::Value;

use crate::clean::kept;

const LONGEST_ID: usize = 200;
const LONGEST_NUMBER: usize = 200;
const LONGEST_NAME: usize = 120;
/// Of one message; a conference has ten.
const MOST_PARTIES: usize = 64;
const MOST_ACTIVE: usize = 32;
/// What an absent number means: the provider routes the call, so it would tell a number that it may tell.
const WITHHELD: &str = "anonymous";

#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub uuid: Option<String>,
    pub news: News,
}

#[derive(Clone, Debug, PartialEq)]
pub enum News {
    Session(Session),
    Presence(Presence),
    Other,
}

/// A telephony session as it is after an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: String,
    /// The order of events of one session. Messages may overtake each other.
    pub sequence: Option<u64>,
    /// Unix milliseconds, by RingCentral's clock.
    pub at: Option<i64>,
    /// `Call`, `RingOut`, `Conference`, `TestCall`, …
    pub origin: Option<String>,
    pub parties: Vec<Party>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    pub id: String,
    /// Whose it is. `None`: somebody outside.
    pub extension: Option<String>,
    pub direction: Option<Direction>,
    pub from: End,
    pub to: End,
    pub status: Status,
    pub reason: Option<String>,
    /// The session that goes on when this party is gone.
    pub peer: Option<String>,
    pub missed: bool,
    pub queue_call: bool,
    pub queue_name: Option<String>,
    pub caller_name: Option<String>,
}

/// One end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    pub number: Option<String>,
    pub name: Option<String>,
    pub extension: Option<String>,
}

impl End {
    #[must_use]
    pub fn party(&self) -> WireParty {
        WireParty {
            raw: self.number.clone().unwrap_or_else(|| WITHHELD.to_owned()),
            display: self.name.clone(),
        }
    }

    #[must_use]
    pub fn is_known(&self) -> bool {
        self.number.is_some() || self.name.is_some()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `Setup`, `Proceeding`.
    Ringing,
    Answered,
    /// `Hold`, and `Parked`.
    Held,
    /// `VoiceMailScreening`: it goes to voicemail, while the person listens and may still take it.
    Screening,
    /// `VoiceMail`, `FaxReceive`.
    Machine,
    Disconnected,
    Gone,
    Other,
}

/// The calls of an extension at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Presence {
    pub sequence: Option<u64>,
    pub calls: Vec<ActiveCall>,
    /// RingCentral lists the latest seven: of more, the others are not told.
    pub complete: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ActiveCall {
    pub session: String,
    pub party: String,
    pub direction: Option<Direction>,
    pub from: End,
    pub to: End,
    pub status: Activity,
    pub queue_call: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Ringing,
    Connected,
    /// `OnHold`, `ParkedCall`.
    Held,
    /// `NoCall`: it is over.
    Over,
}

/// The body of a `ServerNotification`.
#[must_use]
pub fn read(value: &Value) -> Notice {
    let event = value.get("event").and_then(Value::as_str).unwrap_or_default();
    let body = value.get("body").unwrap_or(&Value::Null);
    let news = if event.contains("/telephony/sessions") {
        session(body).map_or(News::Other, News::Session)
    } else if event.contains("/presence") {
        presence(body).map_or(News::Other, News::Presence)
    } else {
        News::Other
    };
    Notice {
        uuid: id(value, "uuid"),
        news,
    }
}

/// A presence, from a notification or from the REST API. `None`: it says nothing about calls.
#[must_use]
pub fn presence(value: &Value) -> Option<Presence> {
    const LISTED: usize = 7;
    let none = value.get("telephonyStatus").and_then(Value::as_str) == Some("NoCall");
    let listed = match value.get("activeCalls").and_then(Value::as_array) {
        Some(listed) => listed.as_slice(),
        None if none => &[],
        None => return None,
    };
    Some(Presence {
        sequence: value.get("sequence").and_then(Value::as_u64),
        calls: listed.iter().take(MOST_ACTIVE).filter_map(active_call).collect(),
        complete: listed.len() < LISTED,
    })
}

fn session(body: &Value) -> Option<Session> {
    let parties = body.get("parties").and_then(Value::as_array);
    Some(Session {
        id: id(body, "telephonySessionId")?,
        sequence: body.get("sequence").and_then(Value::as_u64),
        at: body.get("eventTime").and_then(Value::as_str).and_then(millis),
        origin: body.get("origin").and_then(|origin| id(origin, "type")),
        parties: parties
            .into_iter()
            .flatten()
            .take(MOST_PARTIES)
            .filter_map(party)
            .collect(),
    })
}

fn party(value: &Value) -> Option<Party> {
    let status = value.get("status").unwrap_or(&Value::Null);
    let shown = |kind: &str| {
        let info = value.get("uiCallInfo")?;
        let record = ["primary", "additional"]
            .into_iter()
            .filter_map(|place| info.get(place))
            .find(|record| record.get("type").and_then(Value::as_str) == Some(kind))?;
        kept(record.get("value").and_then(Value::as_str), LONGEST_NAME)
    };
    let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    Some(Party {
        id: id(value, "id")?,
        extension: id(value, "extensionId"),
        direction: direction(value),
        from: end(value.get("from")),
        to: end(value.get("to")),
        status: match status.get("code").and_then(Value::as_str).unwrap_or_default() {
            "Setup" | "Proceeding" => Status::Ringing,
            "Answered" => Status::Answered,
            "Hold" | "Parked" => Status::Held,
            "VoiceMailScreening" => Status::Screening,
            "VoiceMail" | "FaxReceive" => Status::Machine,
            "Disconnected" => Status::Disconnected,
            "Gone" => Status::Gone,
            _ => Status::Other,
        },
        reason: id(status, "reason"),
        peer: status.get("peerId").and_then(|peer| id(peer, "telephonySessionId")),
        missed: flag("missedCall"),
        queue_call: flag("queueCall"),
        queue_name: shown("QueueName"),
        caller_name: shown("CallerIdName"),
    })
}

fn active_call(value: &Value) -> Option<ActiveCall> {
    let session = id(value, "telephonySessionId").or_else(|| id(value, "sessionId"))?;
    let end = |number: &str, name: &str| End {
        number: kept(value.get(number).and_then(Value::as_str), LONGEST_NUMBER),
        name: kept(value.get(name).and_then(Value::as_str), LONGEST_NAME),
        extension: None,
    };
    Some(ActiveCall {
        party: id(value, "partyId").unwrap_or_else(|| session.clone()),
        session,
        direction: direction(value),
        from: end("from", "fromName"),
        to: end("to", "toName"),
        status: match value.get("telephonyStatus").and_then(Value::as_str)? {
            "Ringing" => Activity::Ringing,
            "CallConnected" => Activity::Connected,
            "OnHold" | "ParkedCall" => Activity::Held,
            "NoCall" => Activity::Over,
            _ => return None,
        },
        queue_call: value.get("queueCall").and_then(Value::as_bool).unwrap_or(false),
    })
}

fn end(value: Option<&Value>) -> End {
    let Some(value) = value else { return End::default() };
    let text = |name: &str, longest| kept(value.get(name).and_then(Value::as_str), longest);
    End {
        number: text("phoneNumber", LONGEST_NUMBER).or_else(|| text("extensionNumber", LONGEST_NUMBER)),
        name: text("name", LONGEST_NAME),
        extension: id(value, "extensionId"),
    }
}

fn direction(value: &Value) -> Option<Direction> {
    match value.get("direction").and_then(Value::as_str)? {
        "Inbound" => Some(Direction::In),
        "Outbound" => Some(Direction::Out),
        _ => None,
    }
}

/// Ids are texts in some messages and numbers in others.
pub(super) fn id(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => kept(Some(text), LONGEST_ID),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

fn millis(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}
