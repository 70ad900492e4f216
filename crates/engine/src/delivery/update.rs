//! Changing a log that is there. An update replaces the whole entry, so it may be sent again whatever became of it; what
//! must not happen is that an older one overtakes a newer one: one whose answer never came may still take effect for as
//! long as the CRM takes to settle, so the next one, or the same one with another content, is sent after that.

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
            return self.conclude_update(&log, outcome).await;
        }
        let updates = self.updates(&log).await?;
        if updates.iter().any(|other| self.is_superseded_by(other)) {
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
        let settles = self.delivery.settling(&self.capability);
        let wait = self
            .delivery
            .updates_settle_in(&self.write.connection, &log, &updates, settles);
        if !wait.is_zero() {
            let settled = self.delivery.now().plus(wait);
            return self
                .delivery
                .change(self.write.id, |write| write.next_try = Some(settled))
                .await;
        }
        let tracer = Tracer::new(self.write.call, self.delivery.now());
        let (connector, entry) = (Arc::clone(&self.connector), self.write.entry.clone());
        let cx = tracer.cx(&self.delivery.pace);
        let place = log.clone();
        let outcome = self
            .send(None, async move { connector.update_log(cx, place, entry).await })
            .await;
        tracer.save(&*self.delivery.journal).await;
        self.conclude_update(&log, outcome).await
    }

    async fn conclude_update(self, log: &LogRef, outcome: Outcome) -> Result<Write> {
        let unknown = match &outcome {
            Outcome::Answered(answer) => matches!(answer, Err(error) if error.may_have_happened),
            Outcome::Panicked => true,
            // Nothing else of this connection is sent while it is out; what comes of it is known later.
            Outcome::StillOut => false,
        };
        if unknown {
            self.delivery.is_unsettled(&self.write.connection, log);
        }
        let (state, next_try) = match outcome {
            Outcome::StillOut => return self.still_out().await,
            Outcome::Answered(Ok(receipt)) => (WriteState::Logged(receipt.log), None),
            Outcome::Answered(Err(error)) if error.may_have_happened => self.after_repeatable(&error),
            Outcome::Answered(Err(error)) => self.after(&error),
            Outcome::Panicked => self.after(&panicked("update_log", &self.name)),
        };
        self.end(state, next_try).await
    }

    /// All updates of the same log, this one too.
    async fn updates(&self, log: &LogRef) -> Result<Vec<Write>> {
        let mut writes = self.delivery.journal.writes_of(self.write.call).await?;
        writes.retain(|other| {
            other.connection == self.write.connection
                && matches!(&other.kind, WriteKind::Update(theirs) if theirs.id == log.id)
        });
        Ok(writes)
    }

    /// Whether this is a newer update that is owed or done.
    fn is_superseded_by(&self, other: &Write) -> bool {
        (other.created, other.id) > (self.write.created, self.write.id)
            && matches!(other.state, WriteState::Waiting(_) | WriteState::Logged(_))
    }
}
