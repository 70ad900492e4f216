//! A call. Its start, state and note lie in columns.

use std::time::Duration;

use ringside_domain::{
    Call, CallState, Direction, Outcome, Party, SourceId, Timestamp, Trust,
    call::{Choice, ChosenBy, Route},
};
use serde::{Deserialize, Serialize};

use super::{
    contact::{ContactRow, RefRow},
    decode, known, millis,
    reading::ReadingRow,
    time,
};

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct CallRow {
    direction: String,
    remote: ReadingRow,
    display: Option<String>,
    line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diverted_by: Vec<PartyRow>,
    provider_call_id: Option<String>,
    trust: String,
    rehearsal: bool,
    source: String,
    zone: String,
    answered: Option<i64>,
    ended: Option<i64>,
    talked_ms: Option<u64>,
    choice: Option<ChoiceRow>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct PartyRow {
    remote: ReadingRow,
    display: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct ChoiceRow {
    contact: RefRow,
    data: ContactRow,
    by: String,
}

/// What the columns of `calls` and `notes` hold.
pub(crate) struct CallColumns {
    pub id: String,
    pub started: i64,
    pub state: String,
    pub no_log: bool,
    pub body: String,
    pub note: Option<String>,
    pub outcome: Option<String>,
    /// JSON: what was chosen for the log on the chosen contact.
    pub fields: Option<String>,
}

impl CallRow {
    pub fn of(call: &Call) -> Self {
        Self {
            direction: call.direction.code().to_owned(),
            remote: ReadingRow::of(&call.remote.reading),
            display: call.remote.display.clone(),
            line: call.line.clone(),
            queue: call.route.queue.clone(),
            diverted_by: call.route.diverted_by.iter().map(PartyRow::of).collect(),
            provider_call_id: call.provider_call_id.clone(),
            trust: call.trust.code().to_owned(),
            rehearsal: call.rehearsal,
            source: call.source.to_string(),
            zone: call.zone.clone(),
            answered: call.answered.map(|at| at.0),
            ended: call.ended.map(|at| at.0),
            talked_ms: call.talked.map(millis),
            choice: call.choice.as_ref().map(|choice| ChoiceRow {
                contact: RefRow::of(&choice.contact.id),
                data: ContactRow::of(&choice.contact),
                by: choice.by.code().to_owned(),
            }),
        }
    }
}

impl PartyRow {
    fn of(party: &Party) -> Self {
        Self {
            remote: ReadingRow::of(&party.reading),
            display: party.display.clone(),
        }
    }

    fn party(self) -> Party {
        Party {
            reading: self.remote.reading(),
            display: self.display,
        }
    }
}

impl CallColumns {
    pub fn call(self) -> Option<Call> {
        let row: CallRow = decode("call", &self.body)?;
        Some(Call {
            id: known("call id", self.id.parse().ok())?,
            direction: known("direction", Direction::from_code(&row.direction))?,
            state: known("call state", CallState::from_code(&self.state))?,
            remote: Party {
                reading: row.remote.reading(),
                display: row.display,
            },
            line: row.line,
            route: Route {
                queue: row.queue,
                diverted_by: row.diverted_by.into_iter().map(PartyRow::party).collect(),
            },
            provider_call_id: row.provider_call_id,
            // Of a trust that this version does not know, nothing may follow.
            trust: Trust::from_code(&row.trust).unwrap_or(Trust::Unverified),
            rehearsal: row.rehearsal,
            source: SourceId::new(row.source),
            started: Timestamp(self.started),
            zone: row.zone,
            answered: time(row.answered),
            ended: time(row.ended),
            talked: row.talked_ms.map(Duration::from_millis),
            choice: row.choice.map(|choice| Choice {
                contact: choice.data.contact(choice.contact.contact_ref()),
                by: ChosenBy::from_code(&choice.by).unwrap_or(ChosenBy::Remembered),
            }),
            note: self.note.unwrap_or_default(),
            outcome: self
                .outcome
                .and_then(|code| known("outcome", Outcome::from_code(&code))),
            fields: self
                .fields
                .and_then(|body| decode("log fields", &body))
                .unwrap_or_default(),
            no_log: self.no_log,
        })
    }
}
