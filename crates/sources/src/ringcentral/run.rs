//! Connecting, listening, and connecting again.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{FutureExt as _, future::BoxFuture};
use ringside_domain::{
    CallEvent, CallSource, Clock, Error, EventSink, Kind, Note, Random, Result, Retry, SourceId, SourceState, Steady,
    Stop, Trouble, Trust,
};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{
    account::Account,
    calls::Calls,
    link::Link,
    wire::{Content, PRESENCE, SESSIONS, Wsc},
};
use crate::{
    health::Health,
    kinds::{Parts, Setup, Tls},
    tcp::rest,
};

/// The pauses between tries that RingCentral asks for (developers.ringcentral.com/guide/basics/errors); the last one stays.
const PAUSES: [u64; 7] = [2, 3, 5, 8, 13, 21, 30];
/// A connection that stood for so long was a good one: the next try comes at once.
const GOOD: Duration = Duration::from_secs(5);
/// A server that is overrun and asks for no pause at all gets this one.
const SHORTEST_WISH: Duration = Duration::from_secs(1);
/// While the keyring is locked, nobody else is asked.
const LOCKED: Duration = Duration::from_secs(30);
/// After so much silence a heartbeat is sent, or earlier where the gateway closes idle connections early.
const SILENCE: Duration = Duration::from_secs(60);
/// For the answer to a heartbeat, at most.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often silence and sign-in are looked at.
const TICK: Duration = Duration::from_secs(5);
/// A tick that comes so late comes after sleep.
const SLEPT: Duration = Duration::from_secs(20);
/// Failing tries in which the calls of the moment could not be asked for, before they are given up.
const PATIENCE: usize = 3;

pub(super) struct RingCentral {
    source: SourceId,
    trust: Trust,
    account: Account,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    tls: Arc<dyn Tls>,
    health: Health,
    calls: Option<Calls>,
    notes: Vec<Note>,
    resume: Option<Resume>,
}

/// What a lost connection is recovered with.
struct Resume {
    wsc: Wsc,
    until: Steady,
    subscription: Option<String>,
}

enum End {
    Stopped,
    Lost(Error),
}

impl RingCentral {
    pub(super) fn new(setup: &Setup, account: Account, parts: &Parts, health: Health) -> Self {
        Self {
            source: setup.source.clone(),
            trust: setup.trust,
            account,
            clock: parts.clock.clone(),
            random: parts.random.clone(),
            tls: parts.tls.clone(),
            health,
            calls: None,
            notes: Vec::new(),
            resume: None,
        }
    }

    async fn connect(&mut self, sink: &dyn EventSink, failures: usize) -> Result<Link> {
        // Before the gateway's token, which is good for half a minute.
        if self.calls.is_none() {
            let owner = self.account.owner().await?;
            self.calls = Some(Calls::new(self.source.clone(), self.trust, &owner));
        }
        let mut address = self.account.gateway().await?;
        let resume = self
            .resume
            .as_ref()
            .filter(|resume| self.clock.now().steady < resume.until);
        if let Some(Ok(token)) = resume.map(|resume| std::str::from_utf8(resume.wsc.token.expose())) {
            address.query_pairs_mut().append_pair("wsc", token);
        }
        let mut link = Link::open(&address, self.tls.clone(), self.random.clone()).await?;
        if let Some(resume) = resume
            && link.details.recovered == Some(true)
        {
            link.subscription.clone_from(&resume.subscription);
            tracing::info!("the connection to RingCentral is recovered");
            return Ok(link);
        }
        self.resume = None;
        self.notes.clear();
        self.subscribe(&mut link).await?;
        self.reconcile(sink, failures).await?;
        Ok(link)
    }

    async fn subscribe(&mut self, link: &mut Link) -> Result<()> {
        let sessions = link.subscribe(SESSIONS).await?;
        let forbidden = sessions.status == 403 || sessions.disabled;
        let answer = if forbidden {
            link.subscribe(PRESENCE).await?
        } else {
            sessions.clone()
        };
        if (200..300).contains(&answer.status) && !answer.disabled {
            if forbidden {
                self.notes.push(Note {
                    code: "presence_only",
                    message: "RingCentral tells that calls ring, are answered and end, but not how they end".to_owned(),
                    hint: Some("Add the permission Call Control to your app, then sign in again".to_owned()),
                });
            }
            return Ok(());
        }
        let (answer, status) = match forbidden {
            true => (sessions, 403),
            false => (answer.clone(), answer.status),
        };
        let error = self.account.refusal(
            status,
            &answer.fault,
            answer.retry_after,
            "does not let the app hear of calls",
            "CallControl",
        );
        // The token is older than the connection; if it is really over, the next try says so.
        Err(match error.kind {
            Kind::SignInNeeded => Error::new(Kind::Unavailable, "ringcentral", error.message),
            _ => error,
        })
    }

    /// Asks for the calls of this moment: those that began or ended while nobody listened.
    async fn reconcile(&mut self, sink: &dyn EventSink, failures: usize) -> Result<()> {
        let presence = self.account.presence().await;
        let now = self.clock.now();
        let Some(calls) = &mut self.calls else { return Ok(()) };
        let events = match presence {
            Ok(presence) => calls.reconcile(&presence, now),
            Err(error) if error.kind == Kind::SignInNeeded => return Err(error),
            Err(error) if error.kind != Kind::Forbidden && calls.is_busy() && failures < PATIENCE => return Err(error),
            Err(error) => {
                if error.kind == Kind::Forbidden {
                    self.notes.push(Note {
                        code: "no_presence",
                        message:
                            "RingCentral does not tell which calls go on: after a longer break, their ends are unknown"
                                .to_owned(),
                        hint: Some("Add the permission Read Presence to your app, then sign in again".to_owned()),
                    });
                }
                calls.lose(now)
            }
        };
        tell(sink, events);
        Ok(())
    }

    async fn listen(&mut self, link: &mut Link, sink: &dyn EventSink, stop: &Stop) -> End {
        let Some(calls) = &mut self.calls else {
            return End::Stopped;
        };
        let silence = link.details.idle.map_or(SILENCE, |idle| (idle / 3).min(SILENCE));
        let tick_every = (silence / 2).min(TICK).max(Duration::from_millis(100));
        let mut ticks = interval(tick_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewing: Option<BoxFuture<'_, Result<()>>> = None;
        let (mut heard, mut ticked) = (self.clock.now().steady, self.clock.now().steady);
        let mut asked: Option<Steady> = None;
        loop {
            let settle = calls.due().map(|due| due.since(self.clock.now().steady));
            tokio::select! {
                biased;
                () = stop.clone() => return End::Stopped,
                frame = link.next() => {
                    let frame = match frame {
                        Ok(frame) => frame,
                        Err(error) => return End::Lost(error),
                    };
                    let now = self.clock.now();
                    (heard, asked) = (now.steady, None);
                    match frame.content {
                        Content::Notice(notice) => tell(sink, calls.hear(&notice, now)),
                        Content::Fault(fault) => return End::Lost(link.ended(fault.code.as_deref())),
                        _ => {}
                    }
                }
                () = sleep(settle.unwrap_or_default()), if settle.is_some() => tell(sink, calls.settle(self.clock.now())),
                renewed = async { match renewing.as_mut() { Some(task) => task.await, None => Ok(()) } },
                    if renewing.is_some() =>
                {
                    renewing = None;
                    match renewed {
                        Err(error) if error.kind == Kind::SignInNeeded => return End::Lost(error),
                        // There is time: it is tried again long before the notifications stop.
                        Err(error) => tracing::warn!(kind = error.kind.code(), "the sign-in could not be renewed yet"),
                        Ok(()) => {}
                    }
                }
                _ = ticks.tick() => {
                    let now = self.clock.now().steady;
                    let slept = now.since(ticked) >= tick_every + SLEPT;
                    ticked = now;
                    if asked.is_some_and(|asked| now.since(asked) >= silence.min(ANSWER_WITHIN)) {
                        return End::Lost(link.silent());
                    }
                    if asked.is_none() && (slept || now.since(heard) >= silence) {
                        if let Err(error) = link.heartbeat().await {
                            return End::Lost(error);
                        }
                        asked = Some(now);
                    }
                    if renewing.is_none() {
                        renewing = Some(self.account.stay().boxed());
                    }
                }
            }
        }
    }

    /// How long to wait before the next try. `None`: a person has to do something first.
    fn pause(&self, error: &Error, failures: usize) -> Option<Duration> {
        match error.retry {
            Retry::After(wish) => Some(wish.max(SHORTEST_WISH)),
            Retry::Later if failures == 0 => Some(Duration::ZERO),
            Retry::Later => {
                let pause = PAUSES[failures.min(PAUSES.len()) - 1];
                let mut jitter = [0];
                self.random.fill(&mut jitter);
                // Up to a fifth longer: those who were cut off together don't come back together.
                Some(Duration::from_millis(pause * (1000 + u64::from(jitter[0]) * 200 / 255)))
            }
            Retry::AfterPerson | Retry::Never if error.kind == Kind::KeyringLocked => Some(LOCKED),
            Retry::AfterPerson | Retry::Never => None,
        }
    }
}

#[async_trait]
impl CallSource for RingCentral {
    fn id(&self) -> SourceId {
        self.source.clone()
    }

    /// # Errors
    /// [`Kind::SignInNeeded`], [`Kind::Forbidden`]: RingCentral wants the person, or their admin, to do something.
    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let mut failures = 0;
        loop {
            self.health.set(SourceState::Connecting);
            let connected = tokio::select! {
                biased;
                () = stop.clone() => break,
                connected = self.connect(sink.as_ref(), failures) => connected,
            };
            let error = match connected {
                Ok(mut link) => {
                    let since = self.clock.now().steady;
                    let notes = self.notes.clone();
                    self.health.set(SourceState::Ready { notes });
                    match self.listen(&mut link, sink.as_ref(), &stop).await {
                        End::Stopped => {
                            link.goodbye().await;
                            break;
                        }
                        End::Lost(error) => {
                            let now = self.clock.now().steady;
                            self.resume = link.wsc.take().map(|wsc| Resume {
                                wsc,
                                until: Steady(now.0 + link.details.recovery),
                                subscription: link.subscription.take(),
                            });
                            failures = if now.since(since) >= GOOD { 0 } else { failures + 1 };
                            error
                        }
                    }
                }
                Err(error) => {
                    failures += 1;
                    error
                }
            };
            tracing::info!(kind = error.kind.code(), "no connection to RingCentral");
            let Some(after) = self.pause(&error, failures) else {
                if let Some(calls) = &mut self.calls {
                    tell(sink.as_ref(), calls.lose(self.clock.now()));
                }
                self.health.stopped(Trouble::from(&error));
                return Err(error);
            };
            if after.is_zero() {
                continue;
            }
            let trouble = Trouble::from(&error);
            self.health.set(SourceState::Retrying { trouble, after });
            tokio::select! {
                biased;
                () = stop.clone() => break,
                () = rest(&*self.clock, after) => {}
            }
        }
        self.health.set(SourceState::Off);
        Ok(())
    }
}

fn tell(sink: &dyn EventSink, events: Vec<CallEvent>) {
    for event in events {
        sink.event(event);
    }
}
