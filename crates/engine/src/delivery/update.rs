//! Changing a log that is there. An update replaces the whole entry, so it may be sent again whatever became of it; what
//! must not happen is that an older one overtakes a newer one: one whose answer never came may still take effect for as
//! long as the CRM takes to settle, so the next one, or the same one with another content, is sent after that.
//!
//! A log that was deleted in its CRM, or had to be because it could not be moved, is made anew: only after a search for its
//! marker that finds nothing.

use std::sync::Arc;

use ringside_domain::{
    Kind, LogRef, Result, Timestamp, Write, WriteState,
    journal::{Failure, WriteKind},
};
use tokio::time::Instant;

use super::{
    attempt::{Attempt, Outcome, panicked},
    ends,
    trace::Tracer,
};

impl Attempt {
    pub(super) async fn update(mut self, log: LogRef, late: Option<Outcome>) -> Result<Write> {
        if let Some(outcome) = late {
            return self.conclude_update(&log, outcome).await;
        }
        let settles = self.delivery.settling(&self.capability);
        // A crash may have come before its end was written down.
        if self.delivery.may_be_out(&self.write, settles) {
            let began = self.delivery.began;
            self.delivery.is_unsettled(&self.write.connection, &log, began);
        }
        let others = self.delivery.journal.writes_of(self.write.call).await?;
        if others.iter().any(|other| self.is_superseded_by(other, &log)) {
            return self.end(WriteState::Dropped, None).await;
        }
        self.take_wish().await?;
        if log.id.is_empty() {
            return self.end(WriteState::Refused(ends::unknown_log(&self.name)), None).await;
        }
        if !self.capability.update_log {
            return self
                .end(WriteState::Refused(ends::cannot_update(&self.name)), None)
                .await;
        }
        let updates: Vec<Write> = others
            .iter()
            .filter(|other| self.updates(other, &log))
            .cloned()
            .collect();
        let wait = self
            .delivery
            .updates_settle_in(&self.write.connection, &log, &updates, settles);
        if !wait.is_zero() {
            return self.put_off(self.delivery.now().plus(wait)).await;
        }
        let known = self.known(&others, &log);
        let moves = known
            .as_ref()
            .is_some_and(|known| known.entry.contact != self.write.entry.contact);
        if moves && !self.capability.moves_logs {
            return self.anew_or(&log, known, ends::cannot_move(&self.name)).await;
        }
        let tracer = Tracer::new(self.write.call, self.delivery.now());
        let (connector, entry) = (Arc::clone(&self.connector), self.write.entry.clone());
        let cx = tracer.cx(&self.delivery.pace);
        let place = log.clone();
        let request = async move { connector.update_log(cx, place, entry).await };
        let outcome = self.send(tracer, None, request).await;
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
            self.delivery.is_unsettled(&self.write.connection, log, Instant::now());
        }
        let (state, next_try) = match outcome {
            Outcome::StillOut => return self.still_out().await,
            Outcome::Answered(Ok(receipt)) => (WriteState::Logged(receipt.log), None),
            Outcome::Answered(Err(error)) if error.may_have_happened => self.after_repeatable(&error),
            Outcome::Answered(Err(error)) if error.kind == Kind::NotFound => {
                let others = self.delivery.journal.writes_of(self.write.call).await?;
                let known = self.known(&others, log);
                if self.capability.find_log {
                    return self.anew_or(log, known, ends::failure(&error)).await;
                }
                (WriteState::Refused(ends::log_gone(&self.name, &error)), None)
            }
            Outcome::Answered(Err(error)) => self.after(&error),
            Outcome::Panicked => self.after(&panicked("update_log", &self.name)),
        };
        self.end(state, next_try).await
    }

    /// Logs the call anew if its log is not in the CRM any more. While it is there, or nobody can tell, it is refused so.
    async fn anew_or(&self, log: &LogRef, known: Option<Write>, refused: Failure) -> Result<Write> {
        if !self.capability.find_log {
            return self.end(WriteState::Refused(refused), None).await;
        }
        // A search may not show it yet.
        let made = known.as_ref().and_then(|known| known.last_sent);
        let shown = made.map(|made| made.plus(self.capability.settles_within));
        if let Some(shown) = shown.filter(|shown| *shown > self.delivery.now()) {
            return self.put_off(shown).await;
        }
        // Where it was, not where it is to be.
        let entry = known.map_or_else(|| self.write.entry.clone(), |known| known.entry);
        match self.find_log(&entry).await {
            Ok(logs) if logs.is_empty() => self.delivery.log_anew(&self.write, log).await,
            Ok(_) => self.end(WriteState::Refused(refused), None).await,
            Err(error) => match self.after(&error) {
                (WriteState::Waiting(why), at) => self.end(WriteState::Waiting(why), at).await,
                _ => self.end(WriteState::Refused(refused), None).await,
            },
        }
    }

    async fn put_off(&self, until: Timestamp) -> Result<Write> {
        self.delivery
            .change(self.write.id, |write| write.next_try = Some(until))
            .await
    }

    /// Whether it is an update of the same log, this one too.
    fn updates(&self, other: &Write, log: &LogRef) -> bool {
        other.connection == self.write.connection
            && matches!(&other.kind, WriteKind::Update(theirs) if theirs.id == log.id)
    }

    /// The log as it is in the CRM: what was logged last.
    fn known(&self, others: &[Write], log: &LogRef) -> Option<Write> {
        let here = others.iter().filter(|other| other.connection == self.write.connection);
        let of_it = here.filter(|other| matches!(&other.state, WriteState::Logged(theirs) if theirs.id == log.id));
        of_it.max_by_key(|other| (other.created, other.id)).cloned()
    }

    /// Whether this is a newer update that is owed or done, or a newer log in place of the one that it would change.
    fn is_superseded_by(&self, other: &Write, log: &LogRef) -> bool {
        let anew = other.kind == WriteKind::Log && other.connection == self.write.connection;
        (anew || self.updates(other, log))
            && (other.created, other.id) > (self.write.created, self.write.id)
            && matches!(other.state, WriteState::Waiting(_) | WriteState::Logged(_))
    }
}
