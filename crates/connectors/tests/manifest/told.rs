//! What a connector tells beside its answers: each request, and who is found so far.

use std::sync::Mutex;

use ringside_domain::{Contact, TraceStep, connector::TraceSink, trace::Answer};
use tokio::time::Instant;

pub struct Steps(pub Mutex<Vec<TraceStep>>, Instant, Mutex<Vec<(u64, String)>>);

impl Default for Steps {
    fn default() -> Self {
        Self(Mutex::default(), Instant::now(), Mutex::default())
    }
}

impl Steps {
    /// What was not asked: part or request, forms, and why.
    pub fn skipped(&self) -> Vec<(String, Vec<String>, String)> {
        let steps = self.0.lock().unwrap();
        let skipped = steps.iter().filter_map(|step| match &step.answer {
            Answer::Skipped { reason } => Some((step.request.clone(), step.forms.clone(), reason.clone())),
            _ => None,
        });
        skipped.collect()
    }

    /// Who was told before the answer: after how many milliseconds, and which record.
    pub fn found(&self) -> Vec<(u64, String)> {
        self.2.lock().unwrap().clone()
    }
}

impl TraceSink for Steps {
    fn step(&self, step: TraceStep) {
        self.0.lock().unwrap().push(step);
    }

    fn found(&self, so_far: Vec<Contact>) {
        let after = u64::try_from(self.1.elapsed().as_millis()).unwrap();
        let told = so_far.into_iter().map(|contact| (after, contact.id.id));
        self.2.lock().unwrap().extend(told);
    }
}
