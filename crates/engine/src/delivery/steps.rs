//! A write's steps in the journal: what connectors tell their progress to.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use ringside_domain::{
    Error, Journal, Kind, Result, WriteId,
    connector::Progress,
    journal::{StepRecord, StepState},
    log::{Captures, LOG_STEP},
};

use super::Delivery;

pub(super) struct Steps {
    delivery: Arc<Delivery>,
    write: WriteId,
    known: Mutex<BTreeMap<String, StepState>>,
    /// The journal failed under the connector's hands: an error that follows is not the CRM's.
    failed: AtomicBool,
    /// An answer came and could not be written down.
    unrecorded: AtomicBool,
}

impl Steps {
    pub(super) async fn read(delivery: &Arc<Delivery>, write: WriteId) -> Result<Arc<Self>> {
        let records = delivery.journal.steps(write).await?;
        let known = records.into_iter().map(|record| (record.step, record.state)).collect();
        Ok(Arc::new(Self {
            delivery: Arc::clone(delivery),
            write,
            known: Mutex::new(known),
            failed: AtomicBool::new(false),
            unrecorded: AtomicBool::new(false),
        }))
    }

    /// The same in records as the journal has them.
    pub(super) fn log_of(records: &[StepRecord]) -> Option<&StepState> {
        let log = records.iter().find(|record| record.step == LOG_STEP);
        log.map(|record| &record.state)
    }

    /// How far the step came that makes the log.
    pub(super) fn log(&self) -> Option<StepState> {
        self.state(LOG_STEP)
    }

    pub(super) fn journal_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(super) fn lost_an_answer(&self) -> bool {
        self.unrecorded.load(Ordering::Acquire)
    }

    pub(super) async fn set(&self, step: &str, state: StepState) -> Result<()> {
        save(&*self.delivery.journal, self.write, step, state.clone()).await?;
        self.known().insert(step.to_owned(), state);
        Ok(())
    }

    /// Lets every step without an answer be sent again.
    pub(super) async fn reopen(&self) -> Result<()> {
        let sent: Vec<String> = self
            .known()
            .iter()
            .filter(|(_, state)| **state == StepState::Sent)
            .map(|(step, _)| step.clone())
            .collect();
        for step in sent {
            self.set(&step, StepState::NotDone).await?;
        }
        Ok(())
    }

    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        result
    }

    fn state(&self, step: &str) -> Option<StepState> {
        self.known().get(step).cloned()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, StepState>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Progress for Steps {
    async fn answered(&self, step: &str) -> Option<Captures> {
        match self.state(step) {
            Some(StepState::Answered(captures)) => Some(captures),
            _ => None,
        }
    }

    async fn begin(&self, step: &str) -> Result<()> {
        let broken = |what: &'static str| Err(Error::new(Kind::Internal, "log_call", what));
        match (self.state(step), self.log()) {
            (Some(StepState::Answered(_)), _) => return broken("a connector wants to repeat a step that was answered"),
            // A record that delivery does not know of could never be found again.
            (_, log) if step != LOG_STEP && !matches!(log, Some(StepState::Answered(_))) => {
                return broken("a connector wants to send something before the step `log`");
            }
            _ => {}
        }
        self.noted(self.set(step, StepState::Sent).await)
    }

    async fn done(&self, step: &str, captures: Captures) -> Result<()> {
        let done = self.set(step, StepState::Answered(captures)).await;
        if done.is_err() {
            self.unrecorded.store(true, Ordering::Release);
        }
        self.noted(done)
    }

    async fn not_done(&self, step: &str) -> Result<()> {
        self.noted(self.set(step, StepState::NotDone).await)
    }
}

async fn save(journal: &dyn Journal, write: WriteId, step: &str, state: StepState) -> Result<()> {
    journal
        .save_step(
            write,
            StepRecord {
                step: step.to_owned(),
                state,
            },
        )
        .await
}
