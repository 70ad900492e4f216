//! Writes owed to CRMs, and their steps.

use ringside_domain::{
    ConnectionId, Kind, Timestamp, Write, WriteState,
    journal::{Failure, StepRecord, StepState, WriteKind},
};
use serde::{Deserialize, Serialize};

use super::{
    decode, encode,
    entry::{EntryRow, LogRow},
    known, time,
};
use crate::error::Answer;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct WriteRow {
    entry: EntryRow,
    /// The log that an update changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    updates: Option<LogRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logged: Option<LogRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<EntryRow>,
    #[serde(skip_serializing_if = "is_zero")]
    resent: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct FailureRow {
    kind: String,
    message: String,
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// What the columns of `writes` hold.
pub(crate) struct WriteColumns {
    pub id: String,
    pub call: String,
    pub connection: String,
    pub kind: String,
    pub state: String,
    pub attempts: u32,
    pub created: i64,
    pub last_sent: Option<i64>,
    pub next_try: Option<i64>,
    pub body: String,
}

impl WriteColumns {
    pub fn of(write: &Write) -> Answer<Self> {
        let (state, logged, failure) = match &write.state {
            WriteState::Waiting(failure) => ("waiting", None, failure.as_ref()),
            WriteState::Logged(log) => ("logged", Some(log), None),
            WriteState::Refused(failure) => ("refused", None, Some(failure)),
            WriteState::Unsure(failure) => ("unsure", None, Some(failure)),
            WriteState::Dropped => ("dropped", None, None),
        };
        let (kind, updates) = match &write.kind {
            WriteKind::Log => ("log", None),
            WriteKind::Update(log) => ("update", Some(log)),
        };
        let row = WriteRow {
            entry: EntryRow::of(&write.entry),
            updates: updates.map(LogRow::of),
            logged: logged.map(LogRow::of),
            failure: failure.map(FailureRow::of),
            said: write.said.clone(),
            wanted: write.wanted.as_deref().map(EntryRow::of),
            resent: write.resent,
        };
        Ok(Self {
            id: write.id.to_string(),
            call: write.call.to_string(),
            connection: write.connection.to_string(),
            kind: kind.to_owned(),
            state: state.to_owned(),
            attempts: write.attempts,
            created: write.created.0,
            last_sent: write.last_sent.map(|at| at.0),
            next_try: write.next_try.map(|at| at.0),
            body: encode(&row)?,
        })
    }

    pub fn write(self) -> Option<Write> {
        let row: WriteRow = decode("write", &self.body)?;
        let failure = row.failure.map(FailureRow::failure);
        let state = match self.state.as_str() {
            "waiting" => Some(WriteState::Waiting(failure)),
            "logged" => row.logged.map(|log| WriteState::Logged(log.log())),
            "refused" => failure.map(WriteState::Refused),
            "unsure" => failure.map(WriteState::Unsure),
            "dropped" => Some(WriteState::Dropped),
            _ => None,
        };
        let kind = match self.kind.as_str() {
            "log" => Some(WriteKind::Log),
            "update" => row.updates.map(|log| WriteKind::Update(log.log())),
            _ => None,
        };
        Some(Write {
            id: known("write id", self.id.parse().ok())?,
            call: known("call id", self.call.parse().ok())?,
            connection: ConnectionId::new(self.connection),
            kind: known("write kind", kind)?,
            entry: row.entry.entry()?,
            state: known("write state", state)?,
            attempts: self.attempts,
            created: Timestamp(self.created),
            last_sent: time(self.last_sent),
            next_try: time(self.next_try),
            said: row.said,
            wanted: match row.wanted {
                Some(wanted) => Some(Box::new(wanted.entry()?)),
                None => None,
            },
            resent: row.resent,
        })
    }
}

impl FailureRow {
    fn of(failure: &Failure) -> Self {
        Self {
            kind: failure.kind.code().to_owned(),
            message: failure.message.clone(),
            hint: failure.hint.clone(),
            field: failure.field.clone(),
        }
    }

    fn failure(self) -> Failure {
        Failure {
            kind: Kind::from_code(&self.kind),
            message: self.message,
            hint: self.hint,
            field: self.field,
        }
    }
}

/// State and body of a step.
pub(crate) fn step_columns(step: &StepRecord) -> Answer<(&'static str, String)> {
    Ok(match &step.state {
        StepState::Sent => ("sent", encode(&())?),
        StepState::Answered(captures) => ("answered", encode(captures)?),
        StepState::NotDone => ("not_done", encode(&())?),
    })
}

/// A state that can't be read counts as sent: whether it happened is then looked up, not assumed.
pub(crate) fn step_record(step: String, state: &str, body: &str) -> StepRecord {
    let state = match state {
        "answered" => decode("step", body).map_or(StepState::Sent, StepState::Answered),
        "not_done" => StepState::NotDone,
        _ => StepState::Sent,
    };
    StepRecord { step, state }
}
