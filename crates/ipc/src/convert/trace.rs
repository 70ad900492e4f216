//! The trace of a lookup.

use ringside_domain::{Trace, TraceStep, trace::Answer};

use super::{Words, count, whole};
use crate::call::{AnswerDto, TraceDto, TraceStepDto};

impl Words<'_> {
    #[must_use]
    pub fn trace(&self, trace: &Trace) -> TraceDto {
        TraceDto {
            at: trace.at.0,
            live: trace.live,
            took_us: whole(trace.took.as_micros()),
            steps: trace.steps.iter().map(|step| self.step(step)).collect(),
        }
    }

    fn step(&self, step: &TraceStep) -> TraceStepDto {
        TraceStepDto {
            connection: step.connection.as_ref().map(ToString::to_string),
            name: step
                .connection
                .as_ref()
                .map_or_else(|| "Index".to_owned(), |id| self.connection_name(id)),
            request: step.request.clone(),
            forms: step.forms.clone(),
            started_after_us: whole(step.started_after.as_micros()),
            took_us: whole(step.took.as_micros()),
            answer: match &step.answer {
                Answer::Found { records, verified } => AnswerDto::Found {
                    records: count(*records),
                    verified: count(*verified),
                },
                Answer::Failed { kind, message } => AnswerDto::Failed {
                    code: kind.code().to_owned(),
                    message: message.clone(),
                },
                Answer::Skipped { reason } => AnswerDto::Skipped { reason: reason.clone() },
                Answer::Odd { reason } => AnswerDto::Odd { reason: reason.clone() },
            },
        }
    }
}
