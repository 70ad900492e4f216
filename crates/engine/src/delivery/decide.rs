//! What a person, or a connection that is back, changes about writes that wait for them.

use std::sync::Arc;

use ringside_domain::{
    CallLogEntry, Error, Kind, LogRef, Result, Retry, Write, WriteId, WriteState,
    id::ConnectionId,
    journal::{StepState, WriteKind},
};

use super::{Delivery, Turn, ends, steps::Steps};
use crate::view::Decision;

impl Delivery {
    /// A person's decision about a write that is not settled. Settled ones are returned as they are, so that a second
    /// click does nothing.
    ///
    /// - `ItIsThere`: it counts as logged. Where its id never became known, [`LogRef::id`] is empty, and later changes of
    ///   it are refused with words.
    /// - `SendAgain`: what was refused or unsure is sent once more; what waits is tried now.
    /// - `Drop`: it is not sent, or nothing more of it: a log that is there counts as logged. Dropping the change of a log that
    ///   its CRM does not have any more gives up that log, too.
    ///
    /// # Errors
    /// [`Kind::Conflict`] while it is being sent, and the journal's.
    pub async fn decide(self: &Arc<Self>, id: WriteId, decision: Decision) -> Result<Write> {
        let turn = Turn::take(self, id);
        let write = self.load(id).await?;
        let settled = matches!(write.state, WriteState::Logged(_) | WriteState::Dropped);
        let waits = matches!(write.state, WriteState::Waiting(_));
        let busy = turn.is_none() || self.is_late(id);
        if settled || (busy && decision == Decision::SendAgain) {
            return Ok(write);
        }
        if busy {
            return Err(Error::new(Kind::Conflict, "decide", "the log is being sent right now")
                .retry(Retry::Later)
                .hint("Wait for its answer, then decide"));
        }
        match decision {
            Decision::Drop => self.drop_it(&write).await,
            Decision::ItIsThere => {
                let log = self.known_log(&write).await?;
                self.change(id, |write| {
                    (write.state, write.next_try) = (WriteState::Logged(log), None)
                })
                .await
            }
            Decision::SendAgain if waits => {
                let now = self.now();
                self.change(id, |write| write.next_try = Some(now)).await
            }
            Decision::SendAgain => {
                Steps::read(self, id).await?.reopen().await?;
                let fresh = |write: &mut Write| {
                    (write.state, write.next_try, write.attempts) = (WriteState::Waiting(None), None, 0);
                    write.resent = 0;
                };
                self.change(id, fresh).await
            }
        }
    }

    /// Gives a write another entry, if nothing of it was sent yet (or all of it was certainly refused). `None`: it is
    /// too late for that; owe an update once it is logged.
    ///
    /// # Errors
    /// The journal's.
    pub async fn amend(self: &Arc<Self>, id: WriteId, entry: CallLogEntry) -> Result<Option<Write>> {
        let Some(_turn) = Turn::take(self, id) else {
            return Ok(None);
        };
        let untouched = {
            let write = self.load(id).await?;
            let steps = self.journal.steps(id).await?;
            matches!(write.state, WriteState::Waiting(_) | WriteState::Refused(_))
                && !self.is_late(id)
                && steps.iter().all(|step| step.state == StepState::NotDone)
        };
        if !untouched {
            return Ok(None);
        }
        let amend = |write: &mut Write| (write.entry, write.wanted) = (entry, None);
        self.change(id, amend).await.map(Some)
    }

    /// Makes the writes due that wait for a person, or for something that may be put right by now: of one connection
    /// after its sign-in, or of all when the network is back. A limit that the CRM set still holds. Returns how many;
    /// wake the round afterwards.
    ///
    /// # Errors
    /// The journal's.
    pub async fn resume(&self, connection: Option<&ConnectionId>) -> Result<usize> {
        let now = self.now();
        let mut resumed = 0;
        for write in self.journal.open_writes().await? {
            let here = connection.is_none_or(|connection| *connection == write.connection);
            let waits = matches!(&write.state, WriteState::Waiting(Some(failure)) if failure.kind != Kind::RateLimited);
            if here && waits && write.next_try.is_none_or(|at| now < at) && !self.is_late(write.id) {
                self.change(write.id, |write| write.next_try = Some(now)).await?;
                resumed += 1;
            }
        }
        Ok(resumed)
    }

    async fn drop_it(self: &Arc<Self>, write: &Write) -> Result<Write> {
        let there = match &write.kind {
            WriteKind::Log => self.made_log(write).await?,
            WriteKind::Update(log) => {
                // Not the connection that was away: the log is where it was.
                let away = ends::connection_gone(write.connection.as_str());
                let gone = matches!(&write.state, WriteState::Refused(failure) if failure.kind == Kind::NotFound && *failure != away);
                if gone && !log.id.is_empty() && (self.connections)(&write.connection).is_some() {
                    self.give_up(write, log).await?;
                }
                None
            }
        };
        let state = there.map_or(WriteState::Dropped, WriteState::Logged);
        self.change(write.id, |write| (write.state, write.next_try) = (state, None))
            .await
    }

    /// The log a person says is there, as far as it is known.
    async fn known_log(self: &Arc<Self>, write: &Write) -> Result<LogRef> {
        let known = match &write.kind {
            WriteKind::Update(log) => Some(log.clone()),
            WriteKind::Log => self.made_log(write).await?,
        };
        Ok(known.unwrap_or_else(|| LogRef {
            id: String::new(),
            url: None,
        }))
    }

    /// The log that the CRM is known to have made of this write.
    async fn made_log(self: &Arc<Self>, write: &Write) -> Result<Option<LogRef>> {
        Ok(match Steps::read(self, write.id).await?.log() {
            Some(StepState::Answered(captures)) => LogRef::from_captures(&captures),
            _ => None,
        })
    }
}
