//! Logging a call: sent once, looked for when its answer was lost, and looked at once more where others may log it too.

use std::sync::Arc;

use ringside_domain::{
    CallLogEntry, CallState, Error, Kind, LogRef, Result, Retry, Write, WriteState, connector::Progress,
    journal::StepState, log::LOG_STEP,
};
use tokio::time::timeout;

use super::{
    attempt::{Attempt, MOST_RESENT, Outcome, panicked},
    ends,
    steps::Steps,
    trace::Tracer,
};

impl Attempt {
    pub(super) async fn log(mut self, late: Option<(Outcome, Option<Arc<Steps>>)>) -> Result<Write> {
        if let WriteState::Logged(log) = self.write.state.clone() {
            return self.last_look(log).await;
        }
        if let Some((outcome, Some(steps))) = late {
            return self.conclude(&steps, outcome).await;
        }
        let steps = Steps::read(&self.delivery, self.write.id).await?;
        let stop = match steps.log() {
            Some(StepState::Sent) => self.find_lost(&steps).await?,
            Some(StepState::Answered(_)) => None,
            _ => {
                self.take_wish().await?;
                self.hold().await?
            }
        };
        if let Some(write) = stop {
            return Ok(write);
        }
        self.made = matches!(steps.log(), Some(StepState::Answered(_)));
        if !self.made {
            self.take_wish().await?;
            if let Some(write) = self.look_before(&steps).await? {
                return Ok(write);
            }
        }
        // Later steps are safe to send twice: that is what makes them steps.
        steps.reopen().await?;

        let tracer = Tracer::new(self.write.call, self.delivery.now());
        let (connector, entry, progress) = (
            self.connector.clone(),
            self.content().clone(),
            Arc::clone(&steps) as Arc<dyn Progress>,
        );
        let cx = tracer.cx(&self.delivery.pace);
        let request = async move { connector.log_call(cx, entry, progress).await };
        let outcome = self.send(tracer, Some(Arc::clone(&steps)), request).await;
        self.conclude(&steps, outcome).await
    }

    /// What the steps that are left are made of: a log that is half there goes on with what is wanted by now, unless that is
    /// about somebody else.
    fn content(&self) -> &CallLogEntry {
        let entry = &self.write.entry;
        let wanted = self.write.wanted.as_deref();
        wanted
            .filter(|wanted| self.made && wanted.contact == entry.contact)
            .unwrap_or(entry)
    }

    /// Where a log can't be changed, it is sent when the call is over, as that ended. `None`: send it.
    async fn hold(&mut self) -> Result<Option<Write>> {
        if self.capability.update_log || self.write.entry.end.is_some() {
            return Ok(None);
        }
        let Some(call) = self.delivery.journal.call(self.write.call).await? else {
            return Ok(None);
        };
        let CallState::Ended(reason) = call.state else {
            let state = WriteState::Waiting(Some(ends::when_it_is_over(&self.name)));
            let held = |write: &mut Write| (write.state, write.next_try) = (state, None);
            return self.delivery.change(self.write.id, held).await.map(Some);
        };
        let over = |write: &mut Write| (write.entry.duration, write.entry.end) = (call.talked, Some(reason));
        self.write = self.delivery.change(self.write.id, over).await?;
        Ok(None)
    }

    /// Whether another machine may log the same call, and this CRM can tell.
    fn shares(&self) -> bool {
        self.capability.find_log && self.write.entry.marker.is_shared()
    }

    /// The log was sent and its answer never came. `None`: it is known now, go on.
    async fn find_lost(&mut self, steps: &Steps) -> Result<Option<Write>> {
        if !self.capability.find_log {
            let failure = ends::cannot_be_searched(&self.name);
            return self.end(WriteState::Unsure(failure), None).await.map(Some);
        }
        let wait = self.delivery.settles_in(self.write.id, &self.capability);
        if !wait.is_zero() {
            let settled = self.delivery.now().plus(wait);
            return self
                .delivery
                .change(self.write.id, |write| write.next_try = Some(settled))
                .await
                .map(Some);
        }
        match self.find_log(&self.write.entry).await {
            Ok(logs) => match logs.as_slice() {
                [] if self.write.resent >= MOST_RESENT => {
                    let failure = ends::not_found(&self.name);
                    self.end(WriteState::Unsure(failure), None).await.map(Some)
                }
                [] => {
                    // The count first: a crash in between must not forget it.
                    let again = |write: &mut Write| write.resent = write.resent.saturating_add(1);
                    self.delivery.change(self.write.id, again).await?;
                    steps.set(LOG_STEP, StepState::NotDone).await.map(|()| None)
                }
                [log] => steps
                    .set(LOG_STEP, StepState::Answered(log.captures()))
                    .await
                    .map(|()| None),
                [log, ..] => {
                    steps.set(LOG_STEP, StepState::Answered(log.captures())).await?;
                    self.twice(logs.len()).await.map(Some)
                }
            },
            Err(error) => {
                let (state, next_try) = self.after(&error);
                match state {
                    WriteState::Refused(_) => self
                        .end(WriteState::Unsure(ends::looking_failed(&self.name, &error)), None)
                        .await
                        .map(Some),
                    state => self.end(state, next_try).await.map(Some),
                }
            }
        }
    }

    /// Another machine may have logged this call already, or an earlier log of it, that was given up, may be there: looks
    /// before the first request. `None`: nobody has.
    async fn look_before(&mut self, steps: &Steps) -> Result<Option<Write>> {
        let given_up = match self.capability.find_log {
            true => self.delivery.was_given_up(&self.write).await?,
            false => None,
        };
        if given_up.is_none() && !self.shares() {
            return Ok(None);
        }
        // Where it was, not only where it is to be: many CRMs list the logs of one contact.
        let elsewhere = given_up.filter(|old| old.entry.contact != self.write.entry.contact);
        let mut found = self.find_log(&self.write.entry).await;
        let mut was = None;
        if let Some(old) = elsewhere
            && found.as_ref().is_ok_and(Vec::is_empty)
        {
            found = self.find_log(&old.entry).await;
            was = Some(old.entry);
        }
        match found {
            Ok(logs) => match logs.as_slice() {
                [] => Ok(None),
                [log] => self.adopt(log, was).await.map(Some),
                [log, ..] => {
                    steps.set(LOG_STEP, StepState::Answered(log.captures())).await?;
                    self.twice(logs.len()).await.map(Some)
                }
            },
            // Where it can't be searched, a second one is seen by a last look or not at all; a log that is never sent is lost.
            Err(error) if never_tells(&error) => Ok(None),
            Err(error) => {
                let (state, next_try) = self.after(&error);
                self.end(state, next_try).await.map(Some)
            }
        }
    }

    /// A log of this call is there that this write did not make. What stands in it is not known: our note goes there as an
    /// update, which takes the place of another machine's; without a note the other one's stays, and what else was chosen
    /// here is shown as not there yet.
    /// `was`: it was found at another contact than this write is about, and is to be moved.
    async fn adopt(&self, log: &LogRef, was: Option<CallLogEntry>) -> Result<Write> {
        let (log, updates) = (log.clone(), self.capability.update_log);
        let now = self.delivery.now();
        let adopt = |write: &mut Write| {
            let ours = write
                .wanted
                .take()
                .map_or_else(|| write.entry.clone(), |wanted| *wanted);
            write.entry = CallLogEntry {
                note: String::new(),
                outcome: None,
                fields: Vec::new(),
                ..ours.clone()
            };
            let moved = was.is_some();
            if let Some(was) = was {
                (write.entry.contact, write.entry.contact_name) = (was.contact, was.contact_name);
            }
            write.wanted = (updates && (moved || !ours.note.trim().is_empty())).then(|| Box::new(ours));
            write.attempts = write.attempts.saturating_add(1);
            (write.state, write.next_try, write.last_sent) = (WriteState::Logged(log), None, Some(now));
        };
        self.delivery.change(self.write.id, adopt).await
    }

    /// The log is there, and by now every other machine's would be visible too.
    async fn last_look(self, log: LogRef) -> Result<Write> {
        let logged = WriteState::Logged(log);
        match self.find_log(&self.write.entry).await {
            Ok(logs) if logs.len() > 1 => self.twice(logs.len()).await,
            Ok(_) => self.delivery.change(self.write.id, |write| write.next_try = None).await,
            // It stays logged whatever happens.
            Err(error) if never_tells(&error) => self.end(logged, None).await,
            Err(error) => {
                let (_, at) = self.after(&error);
                self.end(logged, Some(at.unwrap_or_else(|| self.later()))).await
            }
        }
    }

    async fn conclude(mut self, steps: &Arc<Steps>, outcome: Outcome) -> Result<Write> {
        let answered = matches!(outcome, Outcome::Answered(_));
        let error = match outcome {
            Outcome::StillOut => return self.still_out().await,
            Outcome::Answered(Ok(receipt)) => return self.logged(receipt.log).await,
            Outcome::Answered(Err(error)) => error,
            Outcome::Panicked => {
                let error = panicked("log_call", &self.name);
                if steps.log() == Some(StepState::Sent) {
                    error.maybe_happened()
                } else {
                    error
                }
            }
        };
        self.write = self.delivery.load(self.write.id).await?;
        let unknown = error.may_have_happened || steps.lost_an_answer();
        self.made = matches!(steps.log(), Some(StepState::Answered(_))) && !steps.lost_an_answer();
        if unknown && !self.made {
            self.unread = steps.lost_an_answer() || (answered && error.retry == Retry::Never);
            // Whatever the connector told before: without an answer it counts as sent.
            steps.set(LOG_STEP, StepState::Sent).await?;
            return self.lost(&error).await;
        }
        steps.reopen().await?;
        let (state, next_try) = if unknown || steps.journal_failed() {
            self.after_repeatable(&error)
        } else {
            self.after(&error)
        };
        let state = match state {
            WriteState::Refused(failure) if self.made => WriteState::Refused(ends::half_logged(&self.name, failure)),
            state => state,
        };
        self.end(state, next_try).await
    }

    async fn logged(self, log: LogRef) -> Result<Write> {
        let again = self
            .shares()
            .then(|| self.delivery.now().plus(self.capability.settles_within));
        let write = self.end(WriteState::Logged(log.clone()), again).await?;
        match again {
            Some(_) if self.capability.settles_within.is_zero() => Self { write, ..self }.last_look(log).await,
            _ => Ok(write),
        }
    }

    /// The answer that says whether it is logged did not come.
    async fn lost(self, error: &Error) -> Result<Write> {
        if !self.capability.find_log {
            return self
                .end(WriteState::Unsure(ends::cannot_be_searched(&self.name)), None)
                .await;
        }
        let wait = self.delivery.settles_in(self.write.id, &self.capability);
        let settled = self.delivery.now().plus(wait);
        // The first look comes as soon as it can tell; a CRM that loses every answer is not pestered.
        let at = if self.write.attempts == 0 {
            settled
        } else {
            settled.max(self.later())
        };
        self.end(WriteState::Waiting(Some(ends::failure(error))), Some(at))
            .await
    }

    async fn twice(&self, logs: usize) -> Result<Write> {
        self.end(WriteState::Unsure(ends::logged_twice(&self.name, logs)), None)
            .await
    }

    /// Every log with our marker, within the deadline. A search may be cut off: it changes nothing.
    pub(super) async fn find_log(&self, entry: &CallLogEntry) -> Result<Vec<LogRef>> {
        let tracer = Tracer::new(self.write.call, self.delivery.now());
        let cx = tracer.cx(&self.delivery.pace);
        let (connector, entry) = (Arc::clone(&self.connector), entry.clone());
        let mut task = tokio::spawn(async move { connector.find_log(cx, entry).await });
        let answer = match timeout(self.delivery.pace.write_deadline, &mut task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(panicked("find_log", &self.name)),
            Err(_) => {
                task.abort();
                let message = format!("{} did not say in time whether the call is logged", self.name);
                Err(Error::new(Kind::Timeout, "find_log", message))
            }
        };
        tracer.save(&*self.delivery.journal).await;
        answer
    }
}

/// Whether asking again would never tell: the search is refused for good, or this account may not search.
fn never_tells(error: &Error) -> bool {
    error.retry == Retry::Never || error.kind == Kind::Forbidden
}
