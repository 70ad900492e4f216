//! The trace of an attempt: what the connector asked, kept with the call's other traces.

use std::sync::{Arc, Mutex, PoisonError};

use ringside_domain::{
    CallId, Journal, Timestamp, Trace, TraceStep,
    connector::{Cx, Freshness, TraceSink},
};
use tokio::time::Instant;

use super::Pace;

/// What a CRM says beside its answer, also when that comes late.
pub(super) type Words = Arc<Sink>;

pub(crate) struct Tracer {
    call: Option<CallId>,
    at: Timestamp,
    began: Instant,
    sink: Arc<Sink>,
}

#[derive(Default)]
pub(super) struct Sink {
    steps: Mutex<Vec<TraceStep>>,
    said: Mutex<Option<String>>,
}

impl TraceSink for Sink {
    fn step(&self, step: TraceStep) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }

    fn said(&self, words: &str) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(words.to_owned());
    }
}

impl Sink {
    pub(super) fn words(&self) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tracer {
    pub(super) fn new(call: CallId, at: Timestamp) -> Self {
        Self::of(Some(call), at)
    }

    /// Without a call nothing is kept.
    pub(crate) fn of(call: Option<CallId>, at: Timestamp) -> Self {
        Self {
            call,
            at,
            began: Instant::now(),
            sink: Arc::default(),
        }
    }

    pub(super) fn cx(&self, pace: &Pace) -> Cx {
        Cx {
            deadline: pace.write_deadline,
            freshness: Freshness::Live,
            trace: self.sink(),
        }
    }

    pub(crate) fn sink(&self) -> Arc<dyn TraceSink> {
        Arc::clone(&self.sink) as Arc<dyn TraceSink>
    }

    /// What the CRM said beside its answer.
    pub(crate) fn said(&self) -> Option<String> {
        self.sink.words()
    }

    pub(super) fn words(&self) -> Words {
        Arc::clone(&self.sink)
    }

    /// Keeps what was traced so far. A trace that can't be kept is no reason to fail.
    pub(crate) async fn save(self, journal: &dyn Journal) {
        let steps = std::mem::take(&mut *self.sink.steps.lock().unwrap_or_else(PoisonError::into_inner));
        if steps.is_empty() || self.call.is_none() {
            return;
        }
        let trace = Trace {
            call: self.call,
            at: self.at,
            live: true,
            took: self.began.elapsed(),
            steps,
        };
        if let Err(error) = journal.save_trace(trace).await {
            tracing::warn!(kind = error.kind.code(), "the trace of a delivery was not kept");
        }
    }
}
