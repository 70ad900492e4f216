//! The trace of one lookup while it is made.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ringside_domain::{ConnectionId, Contact, Error, Kind, TraceStep, connector::TraceSink, trace::Answer};
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

/// One connection's whole search by number, as the trace calls it.
pub(crate) const BY_NUMBER: &str = "find_contact";

/// A connector that reports more steps than this is cut short; one that pages through everything would fill the store.
const MAX_REPORTED: usize = 100;
/// So often a connector may say who it has found so far.
const MAX_TOLD: usize = 20;

/// Every step, from whatever task it comes.
#[derive(Clone)]
pub(crate) struct Steps {
    begun: Instant,
    steps: Arc<Mutex<Vec<TraceStep>>>,
}

/// One question on its way: when it was asked, and how.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub connection: Option<ConnectionId>,
    pub request: &'static str,
    pub forms: Vec<String>,
    pub since: Instant,
}

impl Asking {
    pub fn of_index(request: &'static str) -> Self {
        Self {
            connection: None,
            request,
            forms: Vec::new(),
            since: Instant::now(),
        }
    }

    pub fn of(connection: &ConnectionId, request: &'static str) -> Self {
        Self {
            connection: Some(connection.clone()),
            ..Self::of_index(request)
        }
    }
}

impl Steps {
    pub fn new(begun: Instant) -> Self {
        Self {
            begun,
            steps: Arc::default(),
        }
    }

    pub fn answered(&self, asking: &Asking, answer: Answer) {
        self.push(TraceStep {
            connection: asking.connection.clone(),
            request: asking.request.to_owned(),
            forms: asking.forms.clone(),
            started_after: asking.since.duration_since(self.begun),
            took: asking.since.elapsed(),
            answer,
        });
    }

    pub fn failed(&self, asking: &Asking, kind: Kind, message: impl Into<String>) {
        self.answered(
            asking,
            Answer::Failed {
                kind,
                message: message.into(),
            },
        );
    }

    pub fn error(&self, asking: &Asking, error: &Error) {
        self.failed(asking, error.kind, error.message.clone());
    }

    pub fn skipped(&self, asking: &Asking, reason: impl Into<String>) {
        self.answered(asking, Answer::Skipped { reason: reason.into() });
    }

    /// The sink of one connection: its steps count their time from now, and are its own whatever they say. Whom it finds
    /// before its answer is whole is told with its place.
    pub fn sink(&self, connection: &ConnectionId, place: usize, early: &UnboundedSender<Early>) -> Arc<dyn TraceSink> {
        let offset = self.begun.elapsed();
        Arc::new(Sink {
            steps: self.clone(),
            connection: connection.clone(),
            offset,
            reported: Mutex::default(),
            place,
            early: early.clone(),
            told: AtomicUsize::default(),
        })
    }

    /// In the order in which the questions were asked.
    pub fn sorted(&self) -> Vec<TraceStep> {
        let mut steps = self.lock().clone();
        steps.sort_by_key(|step| step.started_after);
        steps
    }

    /// How many forms of the number went out so far. What a connector reports is what it sent; of one that reports nothing,
    /// and answered, it is all that it was given.
    pub fn forms_sent(&self) -> usize {
        let steps = self.lock();
        let went = |step: &&TraceStep| step.connection.is_some() && !step.forms.is_empty();
        let reported: Vec<&TraceStep> = steps
            .iter()
            .filter(went)
            .filter(|step| step.request != BY_NUMBER && !matches!(step.answer, Answer::Skipped { .. }))
            .collect();
        let whole = steps.iter().filter(went).filter(|step| {
            step.request == BY_NUMBER
                && matches!(step.answer, Answer::Found { .. })
                && !reported.iter().any(|own| own.connection == step.connection)
        });
        let sent: HashSet<&String> = reported
            .iter()
            .copied()
            .chain(whole)
            .flat_map(|step| &step.forms)
            .collect();
        sent.len()
    }

    fn push(&self, step: TraceStep) {
        self.lock().push(step);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<TraceStep>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom the connection at a place has found so far.
pub(crate) type Early = (usize, Vec<Contact>);

struct Sink {
    steps: Steps,
    connection: ConnectionId,
    offset: Duration,
    reported: Mutex<usize>,
    place: usize,
    early: UnboundedSender<Early>,
    told: AtomicUsize,
}

impl TraceSink for Sink {
    fn step(&self, mut step: TraceStep) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        *reported += 1;
        if *reported > MAX_REPORTED {
            return;
        }
        step.connection = Some(self.connection.clone());
        step.started_after = step.started_after.saturating_add(self.offset);
        self.steps.push(step);
    }

    fn found(&self, so_far: Vec<Contact>) {
        if self.told.fetch_add(1, Ordering::Relaxed) < MAX_TOLD {
            // Nobody listens any more once the lookup is over.
            let _ = self.early.send((self.place, so_far));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_counts_once_it_went_out_whoever_was_asked_for_it() {
        let steps = Steps::new(Instant::now());
        let found = Answer::Found {
            records: 0,
            verified: 0,
        };
        let step = |place: &str, request: &'static str, forms: &[&str], answer: Answer| {
            let asking = Asking {
                forms: forms.iter().map(|&form| form.to_owned()).collect(),
                ..Asking::of(&ConnectionId::new(place), request)
            };
            steps.answered(&asking, answer);
        };
        assert_eq!(steps.forms_sent(), 0);
        // It was given three, and sent one; another one was needless.
        step("acme", "GET /people", &["+442079460018"], found.clone());
        let needless = Answer::Skipped {
            reason: "hit before".into(),
        };
        step("acme", "GET /people", &["020 7946 0018"], needless);
        step(
            "acme",
            BY_NUMBER,
            &["+442079460018", "020 7946 0018", "442079460018"],
            found.clone(),
        );
        assert_eq!(steps.forms_sent(), 1);
        // One that failed before it sent anything, and one that reports nothing.
        let shut = Answer::Failed {
            kind: Kind::Unavailable,
            message: "waits for a sign-in".into(),
        };
        step("shut", BY_NUMBER, &["442079460018"], shut);
        step("book", BY_NUMBER, &["+442079460018", "2079460018"], found);
        assert_eq!(steps.forms_sent(), 2);
    }
}
