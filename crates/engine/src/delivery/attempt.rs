//! One attempt at one write: where it begins, and how a request goes out that nobody may cut short.

use std::{future::Future, sync::Arc, time::Duration};

use ringside_domain::{
    Capability, Connector, Error, Kind, LogReceipt, Result, Timestamp, Write, WriteId, WriteState,
    journal::{StepState, WriteKind},
};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::{Instant, timeout},
};

use super::{
    Delivery, Sent, ends, is_open,
    steps::Steps,
    trace::{Tracer, Words},
};

/// So often a log is sent again whose answer was lost and which was not found: a search that never finds it may be at fault.
pub(super) const MOST_RESENT: u32 = 2;
/// How long an aborted request may take to be gone.
const ABORTING: Duration = Duration::from_secs(1);

/// An attempt at one write, and what it needs on the way.
pub(super) struct Attempt {
    pub(super) delivery: Arc<Delivery>,
    pub(super) write: Write,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) capability: Capability,
    /// The connection's name, for people.
    pub(super) name: String,
    /// The log is in the CRM, whatever became of the rest of it.
    pub(super) made: bool,
    /// The CRM said yes in words that can't be read: the same request would get the same answer, and make a second log.
    pub(super) unread: bool,
    /// A request went out that changes something.
    pub(super) was_sent: bool,
    /// What the CRM said beside its answer.
    pub(super) said: Option<String>,
}

/// What became of a request.
pub(super) enum Outcome {
    Answered(Result<LogReceipt>),
    Panicked,
    /// Past its deadline and still out; it is kept in the desk.
    StillOut,
}

pub(super) async fn go(delivery: &Arc<Delivery>, id: WriteId) -> Result<Write> {
    let write = delivery.load(id).await?;
    if !is_open(&write) {
        return Ok(write);
    }
    let (late, said) = match take_late(delivery, &write).await {
        Late::None => (None, None),
        Late::Over(outcome, steps, words) => (Some((outcome, steps)), words.words()),
        Late::StillOut => return Ok(write),
    };
    let Some(connector) = (delivery.connections)(&write.connection) else {
        return connection_gone(delivery, &write).await;
    };
    let (capability, name) = (connector.capability(), connector.info().name);
    let was_sent = late.is_some();
    let attempt = Attempt {
        delivery: Arc::clone(delivery),
        write,
        connector,
        capability,
        name,
        made: false,
        unread: false,
        was_sent,
        said,
    };
    match attempt.write.kind.clone() {
        WriteKind::Log => attempt.log(late).await,
        WriteKind::Update(log) => attempt.update(log, late.map(|(outcome, _)| outcome)).await,
    }
}

enum Late {
    None,
    Over(Outcome, Option<Arc<Steps>>, Words),
    StillOut,
}

/// What became of an attempt that overran its deadline; after as long again it is cut off.
async fn take_late(delivery: &Delivery, write: &Write) -> Late {
    let Some(mut sent) = delivery.desk().late.remove(&write.id) else {
        return Late::None;
    };
    match sent.answer.try_recv() {
        Ok(answer) => return Late::Over(Outcome::Answered(answer), sent.steps, sent.words),
        Err(TryRecvError::Closed) => return Late::Over(Outcome::Panicked, sent.steps, sent.words),
        Err(TryRecvError::Empty) => {}
    }
    if write.next_try.is_some_and(|at| delivery.now() < at) {
        delivery.desk().late.insert(write.id, sent);
        return Late::StillOut;
    }
    sent.task.abort();
    let _ = timeout(ABORTING, sent.answer).await;
    delivery.desk().sent.insert(write.id, Instant::now());
    if let WriteKind::Update(log) = &write.kind {
        delivery.is_unsettled(&write.connection, log, Instant::now());
    }
    Late::None
}

async fn connection_gone(delivery: &Arc<Delivery>, write: &Write) -> Result<Write> {
    let id = write.connection.as_str();
    let step = Steps::read(delivery, write.id).await?.log();
    let may_be_there = matches!(step, Some(StepState::Sent | StepState::Answered(_)));
    let state = match &write.state {
        WriteState::Logged(log) => WriteState::Logged(log.clone()),
        _ if may_be_there => WriteState::Unsure(ends::connection_gone_in_between(id)),
        _ => WriteState::Refused(ends::connection_gone(id)),
    };
    delivery
        .change(write.id, |write| (write.state, write.next_try) = (state, None))
        .await
}

impl Attempt {
    /// Sends a request in a task of its own, so that it can record its answer even after the deadline.
    pub(super) async fn send(
        &mut self,
        tracer: Tracer,
        steps: Option<Arc<Steps>>,
        request: impl Future<Output = Result<LogReceipt>> + Send + 'static,
    ) -> Outcome {
        self.was_sent = true;
        let outcome = self.sent(tracer.words(), steps, request).await;
        self.said = tracer.said();
        tracer.save(&*self.delivery.journal).await;
        outcome
    }

    async fn sent(
        &self,
        words: Words,
        steps: Option<Arc<Steps>>,
        request: impl Future<Output = Result<LogReceipt>> + Send + 'static,
    ) -> Outcome {
        let (tell, mut answer) = oneshot::channel();
        let bell = Bell(Arc::clone(&self.delivery));
        let task = tokio::spawn(async move {
            let _bell = bell;
            // Dropped before the bell rings, also when the request panics.
            let tell = tell;
            let _ = tell.send(request.await);
        });
        let answered = timeout(self.delivery.pace.write_deadline, &mut answer).await;
        self.delivery.desk().sent.insert(self.write.id, Instant::now());
        match answered {
            Ok(Ok(answer)) => Outcome::Answered(answer),
            Ok(Err(_)) => Outcome::Panicked,
            Err(_) => {
                let connection = self.write.connection.clone();
                let sent = Sent {
                    connection,
                    answer,
                    task: task.abort_handle(),
                    steps,
                    words,
                };
                self.delivery.desk().late.insert(self.write.id, sent);
                Outcome::StillOut
            }
        }
    }

    /// Sends what is wanted by now, where nothing of the first content is there or under way.
    pub(super) async fn take_wish(&mut self) -> Result<()> {
        self.write = self.delivery.load(self.write.id).await?;
        if self.write.wanted.is_some() {
            let wish = |write: &mut Write| {
                if let Some(wanted) = write.wanted.take() {
                    write.entry = *wanted;
                }
            };
            self.write = self.delivery.change(self.write.id, wish).await?;
        }
        Ok(())
    }

    pub(super) async fn still_out(&self) -> Result<Write> {
        let again = self.delivery.now().plus(self.delivery.pace.write_deadline);
        let state = WriteState::Waiting(Some(ends::unanswered(&self.name)));
        self.delivery
            .change(self.write.id, |write| {
                (write.state, write.next_try) = (state, Some(again))
            })
            .await
    }

    /// Saves how the attempt ended. What was refused and is wanted otherwise by now is sent like that at once.
    pub(super) async fn end(&self, state: WriteState, next_try: Option<Timestamp>) -> Result<Write> {
        let now = self.delivery.now();
        let end = |write: &mut Write| {
            write.attempts = write.attempts.saturating_add(1);
            (write.state, write.next_try) = (state, next_try);
            if self.was_sent {
                write.last_sent = Some(now);
            }
            // Nothing was sent for want of a choice that a person has made by now, perhaps.
            let lacked = matches!(&write.state, WriteState::Waiting(Some(why)) if why.kind == Kind::Invalid)
                && write.next_try.is_none();
            let refused = lacked || matches!(write.state, WriteState::Refused(_));
            if refused && write.wanted.is_some() && !self.made {
                write.state = WriteState::Waiting(None);
            }
            if self.unread {
                write.resent = MOST_RESENT;
            }
            if self.said.is_some() {
                write.said.clone_from(&self.said);
            }
        };
        let write = self.delivery.change(self.write.id, end).await?;
        if !matches!(write.state, WriteState::Waiting(_)) {
            self.delivery.desk().sent.remove(&write.id);
        }
        Ok(write)
    }

    /// The state after a failure of which it is certain that nothing happened.
    pub(super) fn after(&self, error: &Error) -> (WriteState, Option<Timestamp>) {
        ends::after_failure(&self.write, error, self.delivery.now(), &self.delivery.pace)
    }

    /// The state after a failure of something that may be sent again whatever became of it.
    pub(super) fn after_repeatable(&self, error: &Error) -> (WriteState, Option<Timestamp>) {
        ends::after_lost_repeatable(&self.write, error, self.delivery.now(), &self.delivery.pace)
    }

    /// A pause after which time may have healed it.
    pub(super) fn later(&self) -> Timestamp {
        self.delivery.now().plus(ends::pause(&self.write, &self.delivery.pace))
    }
}

/// Wakes the round when a request is over.
struct Bell(Arc<Delivery>);

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.bell.notify_one();
    }
}

pub(super) fn panicked(operation: &'static str, name: &str) -> Error {
    let message = format!("the connector of {name} broke down");
    Error::new(Kind::Internal, operation, message).hint("Please report this; the call itself is safe")
}
