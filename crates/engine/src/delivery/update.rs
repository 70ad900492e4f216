//! Changing a log that is there. An update replaces the whole entry, so it may be sent again whatever became of it; what
//! must not happen is that an older one overtakes a newer one.

use std::sync::Arc;

use ringside_domain::{LogRef, Result, Write, WriteState, journal::WriteKind};

use super::{
    attempt::{Attempt, Outcome, panicked},
    ends,
    trace::Tracer,
};

impl Attempt {
    pub(super) async fn update(self, log: LogRef, late: Option<Outcome>) -> Result<Write> {
        if let Some(outcome) = late {
            return self.conclude_update(outcome).await;
        }
        if self.is_superseded(&log).await? {
            return self.end(WriteState::Dropped, None).await;
        }
        if log.id.is_empty() {
            return self.end(WriteState::Refused(ends::unknown_log(&self.name)), None).await;
        }
        if !self.capability.update_log {
            return self
                .end(WriteState::Refused(ends::cannot_update(&self.name)), None)
                .await;
        }
        let tracer = Tracer::new(self.write.call, self.delivery.now());
        let (connector, entry) = (Arc::clone(&self.connector), self.write.entry.clone());
        let cx = tracer.cx(&self.delivery.pace);
        let outcome = self
            .send(None, async move { connector.update_log(cx, log, entry).await })
            .await;
        tracer.save(&*self.delivery.journal).await;
        self.conclude_update(outcome).await
    }

    async fn conclude_update(self, outcome: Outcome) -> Result<Write> {
        let (state, next_try) = match outcome {
            Outcome::StillOut => return self.still_out().await,
            Outcome::Answered(Ok(receipt)) => (WriteState::Logged(receipt.log), None),
            Outcome::Answered(Err(error)) if error.may_have_happened => self.after_repeatable(&error),
            Outcome::Answered(Err(error)) => self.after(&error),
            Outcome::Panicked => self.after(&panicked("update_log", &self.name)),
        };
        self.end(state, next_try).await
    }

    /// Whether a newer update of the same log is owed or done.
    async fn is_superseded(&self, log: &LogRef) -> Result<bool> {
        let newer = |other: &Write| {
            other.connection == self.write.connection
                && matches!(&other.kind, WriteKind::Update(theirs) if theirs.id == log.id)
                && (other.created, other.id) > (self.write.created, self.write.id)
                && matches!(other.state, WriteState::Waiting(_) | WriteState::Logged(_))
        };
        Ok(self
            .delivery
            .journal
            .writes_of(self.write.call)
            .await?
            .iter()
            .any(newer))
    }
}
