//! Traces.

use std::time::Duration;

use ringside_domain::{CallId, ConnectionId, Kind, Timestamp, Trace, TraceStep, trace::Answer};
use serde::{Deserialize, Serialize};

use super::millis;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct TraceRow {
    live: bool,
    took_us: u64,
    steps: Vec<StepRow>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct StepRow {
    connection: Option<String>,
    request: String,
    forms: Vec<String>,
    started_after_us: u64,
    took_us: u64,
    answer: AnswerRow,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(tag = "is", rename_all = "snake_case")]
enum AnswerRow {
    Found {
        records: usize,
        verified: usize,
    },
    Failed {
        kind: String,
        message: String,
    },
    Skipped {
        reason: String,
    },
    Odd {
        reason: String,
    },
    #[default]
    #[serde(other)]
    Unknown,
}

impl TraceRow {
    pub fn of(trace: &Trace) -> Self {
        Self {
            live: trace.live,
            took_us: micros(trace.took),
            steps: trace.steps.iter().map(StepRow::of).collect(),
        }
    }

    pub fn trace(self, call: Option<CallId>, at: i64) -> Trace {
        Trace {
            call,
            at: Timestamp(at),
            live: self.live,
            took: Duration::from_micros(self.took_us),
            steps: self.steps.into_iter().map(StepRow::step).collect(),
        }
    }
}

impl StepRow {
    fn of(step: &TraceStep) -> Self {
        let answer = match &step.answer {
            Answer::Found { records, verified } => AnswerRow::Found {
                records: *records,
                verified: *verified,
            },
            Answer::Failed { kind, message } => AnswerRow::Failed {
                kind: kind.code().to_owned(),
                message: message.clone(),
            },
            Answer::Skipped { reason } => AnswerRow::Skipped { reason: reason.clone() },
            Answer::Odd { reason } => AnswerRow::Odd { reason: reason.clone() },
        };
        Self {
            connection: step.connection.as_ref().map(ToString::to_string),
            request: step.request.clone(),
            forms: step.forms.clone(),
            started_after_us: micros(step.started_after),
            took_us: micros(step.took),
            answer,
        }
    }

    fn step(self) -> TraceStep {
        let answer = match self.answer {
            AnswerRow::Found { records, verified } => Answer::Found { records, verified },
            AnswerRow::Failed { kind, message } => Answer::Failed {
                kind: Kind::from_code(&kind),
                message,
            },
            AnswerRow::Skipped { reason } => Answer::Skipped { reason },
            AnswerRow::Odd { reason } => Answer::Odd { reason },
            AnswerRow::Unknown => Answer::Skipped {
                reason: "answer of a newer version".to_owned(),
            },
        };
        TraceStep {
            connection: self.connection.map(ConnectionId::new),
            request: self.request,
            forms: self.forms,
            started_after: Duration::from_micros(self.started_after_us),
            took: Duration::from_micros(self.took_us),
            answer,
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or_else(|_| millis(duration).saturating_mul(1000))
}
