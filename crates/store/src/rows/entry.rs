//! What a log in a CRM says, and a reference to one.

use std::time::Duration;

use ringside_domain::{CallLogEntry, Direction, EndReason, LogRef, Marker, Outcome, Timestamp};
use serde::{Deserialize, Serialize};

use super::{contact::RefRow, known, millis};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct EntryRow {
    contact: RefRow,
    contact_name: String,
    direction: String,
    number: Option<String>,
    line: Option<String>,
    started: i64,
    zone: String,
    duration_ms: Option<u64>,
    end: Option<String>,
    outcome: Option<String>,
    note: String,
    fields: Vec<(String, String)>,
    marker: String,
    marker_is_shared: bool,
}

impl EntryRow {
    pub fn of(entry: &CallLogEntry) -> Self {
        Self {
            contact: RefRow::of(&entry.contact),
            contact_name: entry.contact_name.clone(),
            direction: entry.direction.code().to_owned(),
            number: entry.number.clone(),
            line: entry.line.clone(),
            started: entry.started.0,
            zone: entry.zone.clone(),
            duration_ms: entry.duration.map(millis),
            end: entry.end.map(|end| end.code().to_owned()),
            outcome: entry.outcome.map(|outcome| outcome.code().to_owned()),
            note: entry.note.clone(),
            fields: entry.fields.clone(),
            marker: entry.marker.as_str().to_owned(),
            marker_is_shared: entry.marker.is_shared(),
        }
    }

    pub fn entry(self) -> Option<CallLogEntry> {
        Some(CallLogEntry {
            contact: self.contact.contact_ref(),
            contact_name: self.contact_name,
            direction: known("direction", Direction::from_code(&self.direction))?,
            number: self.number,
            line: self.line,
            started: Timestamp(self.started),
            zone: self.zone,
            duration: self.duration_ms.map(Duration::from_millis),
            end: self.end.and_then(|code| known("end", EndReason::from_code(&code))),
            outcome: self
                .outcome
                .and_then(|code| known("outcome", Outcome::from_code(&code))),
            note: self.note,
            fields: self.fields,
            marker: Marker::new(self.marker, self.marker_is_shared),
        })
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct LogRow {
    id: String,
    url: Option<String>,
}

impl LogRow {
    pub fn of(log: &LogRef) -> Self {
        Self {
            id: log.id.clone(),
            url: log.url.clone(),
        }
    }

    pub fn log(self) -> LogRef {
        LogRef {
            id: self.id,
            url: self.url,
        }
    }
}
