//! The trace of an attempt: what the connector asked, kept with the call's other traces.

use std::sync::{Arc, Mutex, PoisonError};

use ringside_domain::{
    CallId, Journal, Timestamp, Trace, TraceStep,
    connector::{Cx, Freshness, TraceSink},
};
use tokio::time::Instant;

use super::Pace;

pub(super) struct Tracer {
    call: CallId,
    at: Timestamp,
    began: Instant,
    sink: Arc<Sink>,
}

#[derive(Default)]
struct Sink(Mutex<Vec<TraceStep>>);

impl TraceSink for Sink {
    fn step(&self, step: TraceStep) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }
}

impl Tracer {
    pub(super) fn new(call: CallId, at: Timestamp) -> Self {
        Self {
            call,
            at,
            began: Instant::now(),
            sink: Arc::default(),
        }
    }

    pub(super) fn cx(&self, pace: &Pace) -> Cx {
        let trace = Arc::clone(&self.sink) as Arc<dyn TraceSink>;
        Cx {
            deadline: pace.write_deadline,
            freshness: Freshness::Live,
            trace,
        }
    }

    /// Keeps what was traced so far. A trace that can't be kept is no reason to fail.
    pub(super) async fn save(self, journal: &dyn Journal) {
        let steps = std::mem::take(&mut *self.sink.0.lock().unwrap_or_else(PoisonError::into_inner));
        if steps.is_empty() {
            return;
        }
        let trace = Trace {
            call: Some(self.call),
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
