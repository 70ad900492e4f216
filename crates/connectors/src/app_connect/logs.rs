//! A call as the server wants to log it.
//!
//! The server remembers which of its logs belongs to which `sessionId` of RingCentral's; ours is the marker, so that every
//! machine of the user makes the same one. `POST /callLog` with a session that has a log is refused, and `GET
//! /callLog?sessionIds=` says which log it is. That memory is the server's own: a log that a connector wrote and the server
//! could not note down is not found.

use std::time::Duration;

use ringside_domain::{
    CallLogEntry, ContactRef, Direction, LogRef, Marker,
    call::{EndReason, Outcome},
};
use serde_json::{Map, Value, json};

use super::{
    contacts::wire_type,
    manifest::ServerManifest,
    pages::{Tokens, page},
    value::{decode, encode, list},
    vendor::found_as,
};

/// `POST /callLog`.
pub(super) fn create(entry: &CallLogEntry, fields: &Map<String, Value>, manifest: &ServerManifest) -> Value {
    let mut info = details(entry);
    let session = entry.marker.as_str();
    // The server's key of a log is made of `telephonySessionId`, or `id` without it, and `sessionId`.
    for name in ["id", "sessionId", "telephonySessionId"] {
        info.insert(name.to_owned(), json!(session));
    }
    info.insert("customSubject".to_owned(), json!(subject(entry)));
    json!({
        "logInfo": info,
        "contactId": decode(&entry.contact.id),
        "contactType": found_as(&manifest.platform, wire_type(&entry.contact.contact_type)),
        "contactName": entry.contact_name,
        "note": entry.note,
        "additionalSubmission": fields,
    })
}

/// `PATCH /callLog`: replaces note, subject, duration and result. The contact stays.
pub(super) fn update(entry: &CallLogEntry, fields: &Map<String, Value>) -> Value {
    let mut body = details(entry);
    body.insert("sessionId".to_owned(), json!(entry.marker.as_str()));
    body.insert("subject".to_owned(), json!(subject(entry)));
    body.insert("note".to_owned(), json!(entry.note));
    body.insert("additionalSubmission".to_owned(), json!(fields));
    Value::Object(body)
}

/// `PUT /callDisposition`: the fields once more, for connectors that take them only here. `None`: nothing was chosen.
pub(super) fn disposition(
    entry: &CallLogEntry,
    fields: &Map<String, Value>,
    manifest: &ServerManifest,
) -> Option<Value> {
    (!fields.is_empty() && manifest.takes_dispositions)
        .then(|| json!({ "sessionId": entry.marker.as_str(), "dispositions": fields }))
}

/// The log's id in the CRM, if the answer has one. Some pages of logs are those of their contact.
pub(super) fn log_ref(
    id: &Value,
    manifest: &ServerManifest,
    hostname: Option<&str>,
    contact: Option<&ContactRef>,
) -> Option<LogRef> {
    let id = encode(id)?;
    let tokens = Tokens {
        hostname,
        log_id: Some(&id),
        contact_id: contact.map(|contact| contact.id.as_str()),
        contact_type: contact.map(|contact| wire_type(&contact.contact_type)),
    };
    let url = manifest.log_page.as_deref().and_then(|template| page(template, tokens));
    Some(LogRef { id, url })
}

/// The logs of a session in the answer to `GET /callLog`.
pub(super) fn of_session(
    body: &Value,
    marker: &Marker,
    manifest: &ServerManifest,
    hostname: Option<&str>,
    contact: Option<&ContactRef>,
) -> Vec<LogRef> {
    list(body, "logs")
        .iter()
        .filter(|log| log["matched"] == true && log["sessionId"] == marker.as_str())
        .filter_map(|log| log_ref(&log["logId"], manifest, hostname, contact))
        .collect()
}

/// Milliseconds since 1970, seconds, and RingCentral's words. The composer writes the time in the user's zone by itself.
fn details(entry: &CallLogEntry) -> Map<String, Value> {
    let number = entry.number.as_deref();
    let extension = number.filter(|number| number.len() <= 6 && number.bytes().all(|digit| digit.is_ascii_digit()));
    let mut other = json!({ "phoneNumber": number, "name": entry.contact_name });
    if let Some(extension) = extension {
        other["extensionNumber"] = json!(extension);
    }
    let own = json!({ "phoneNumber": entry.line });
    let (direction, from, to) = match entry.direction {
        Direction::In => ("Inbound", other, own),
        Direction::Out => ("Outbound", own, other),
    };
    let mut details = Map::new();
    details.insert("direction".to_owned(), json!(direction));
    details.insert("from".to_owned(), from);
    details.insert("to".to_owned(), to);
    details.insert("startTime".to_owned(), json!(entry.started.0));
    if let Some(duration) = duration(entry) {
        details.insert("duration".to_owned(), json!(duration.as_secs()));
    }
    if let Some(result) = result(entry) {
        details.insert("result".to_owned(), json!(result));
    }
    details
}

/// Of a call that nobody talked in it is 0; where nobody knows, it is left out, and the composer writes no line.
fn duration(entry: &CallLogEntry) -> Option<Duration> {
    entry.duration.or(match entry.end? {
        EndReason::Missed
        | EndReason::Declined
        | EndReason::AnsweredElsewhere
        | EndReason::Forwarded
        | EndReason::Busy
        | EndReason::Failed => Some(Duration::ZERO),
        EndReason::Completed | EndReason::Transferred | EndReason::Unknown => None,
    })
}

/// The `result` of RingCentral's call log. What the person said goes before what the line said.
fn result(entry: &CallLogEntry) -> Option<&'static str> {
    let said = entry.outcome.map(|outcome| match outcome {
        Outcome::Connected | Outcome::CallBack => "Call connected",
        Outcome::LeftMessage => "Voicemail",
        Outcome::NoAnswer => "No Answer",
        Outcome::Busy => "Busy",
        Outcome::WrongNumber => "Wrong Number",
    });
    said.or(match (entry.end?, entry.direction) {
        (EndReason::Completed | EndReason::Transferred, _) => Some("Call connected"),
        (EndReason::Missed, Direction::In) => Some("Missed"),
        (EndReason::Missed, Direction::Out) => Some("No Answer"),
        (EndReason::Declined, _) => Some("Rejected"),
        (EndReason::AnsweredElsewhere, _) => Some("Answered Elsewhere"),
        (EndReason::Forwarded, _) => Some("Call Forwarded"),
        (EndReason::Busy, _) => Some("Busy"),
        (EndReason::Failed, _) => Some("Call Failed"),
        (EndReason::Unknown, _) => None,
    })
}

/// As the vendor's client writes it.
fn subject(entry: &CallLogEntry) -> String {
    match entry.direction {
        Direction::In => format!("Inbound Call from {}", entry.contact_name),
        Direction::Out => format!("Outbound Call to {}", entry.contact_name),
    }
}
