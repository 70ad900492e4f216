//! The life of a subscription (RFC 6665): begin, refresh, lose, begin again, end.
//!
//! The server is never relied on to say that it forgot us: own timers refresh and own timers count the subscription as over.
//! What goes wrong ends in one of three ways: again at once, again later, or never until a person did something.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Clock, Error, EventSink, Note, Random, Result, SourceState, Steady, Stop, Trouble};
use tokio::time::sleep;

use super::{line::SipDialer, settings::Transport, tracker::Tracker};
use crate::health::Health;

mod ask;
mod hear;
mod held;
mod notes;
mod pace;
mod verdict;

use held::Subscription;
use pace::Pace;
use verdict::Wait;

/// How often is looked whether the computer slept.
const TICK: Duration = Duration::from_secs(2);
/// A tick that comes so much too late: the computer slept, or this process stood still.
const SLEPT: Duration = Duration::from_secs(5);
/// By now the first NOTIFY must have come (RFC 6665 §4.1.2.4: 32 s; people look at the screen for less).
const FIRST_WORD: Duration = Duration::from_secs(10);
/// A subscription that held for so long counts as one that works: what comes next is a new trouble.
const HELD: Duration = Duration::from_secs(30);

/// Watches one address for as long as the source runs.
pub(crate) struct Watch {
    pub dialer: Box<dyn SipDialer>,
    pub tracker: Tracker,
    pub health: Health,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// How the server is called in messages.
    pub server: String,
    pub transport: Transport,
    pub large_over_tcp: bool,
    /// It worked before this run: as `Setup::kept`.
    pub kept: bool,
}

/// Why a subscription, or the try to begin one, is over.
enum Over {
    /// We were asked to stop.
    Stopped,
    Again {
        why: Option<Error>,
        wait: Wait,
    },
    Never(Error),
}

/// What one run remembers from one subscription to the next.
struct Run<'a> {
    watch: &'a mut Watch,
    sink: Box<dyn EventSink>,
    pace: Pace,
    transport: Transport,
    /// The server wants at least this many seconds.
    least: u32,
    /// A subscription was accepted in this run.
    worked: bool,
    notes: Vec<Note>,
}

impl Watch {
    /// # Errors
    /// What only a person can change; the state is then Stopped with the same words.
    pub(crate) async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let transport = self.transport;
        let notes = notes::of(transport, &self.server);
        let mut run = Run {
            pace: Pace::new(self.random.clone()),
            watch: self,
            sink,
            transport,
            least: 0,
            worked: false,
            notes,
        };
        let ended = run.until(&stop).await;
        if let Err(error) = &ended {
            run.watch.health.stopped(Trouble::from(error));
        } else {
            run.watch.health.set(SourceState::Off);
        }
        ended
    }
}

impl Run<'_> {
    async fn until(&mut self, stop: &Stop) -> Result<()> {
        loop {
            self.watch.health.set(SourceState::Connecting);
            let (why, wait) = match self.attempt(stop).await {
                Over::Stopped => return Ok(()),
                Over::Never(error) => return Err(error),
                Over::Again { why, wait } => (why, wait),
            };
            let pause = self.pace.next(wait);
            tracing::info!(
                kind = why.as_ref().map_or("none", |error| error.kind.code()),
                seconds = pause.as_secs(),
                "a SIP subscription is over and begins again"
            );
            if pause.is_zero() {
                continue;
            }
            // Ready it is no longer, even where there is no trouble to name.
            self.watch.health.set(match why {
                Some(error) => SourceState::Retrying {
                    trouble: Trouble::from(&error),
                    after: pause,
                },
                None => SourceState::Connecting,
            });
            tokio::select! {
                biased;
                () = stop.clone() => return Ok(()),
                () = rest(&*self.watch.clock, pause) => {}
            }
        }
    }

    /// From finding the server to losing it.
    async fn attempt(&mut self, stop: &Stop) -> Over {
        let targets = tokio::select! {
            biased;
            () = stop.clone() => return Over::Stopped,
            targets = self.watch.dialer.targets(self.transport) => targets,
        };
        let targets = match targets {
            Ok(targets) => targets,
            Err(error) => return self.over(error),
        };
        let mut failed = None;
        for target in targets {
            let begun = tokio::select! {
                biased;
                () = stop.clone() => return Over::Stopped,
                begun = self.begin(target) => begun,
            };
            match begun {
                Ok(subscription) => return self.stay(subscription, stop).await,
                // The next address may be of a server that is up.
                Err(Over::Again { why, wait }) => failed = Some(Over::Again { why, wait }),
                Err(over) => return over,
            }
        }
        failed.unwrap_or(Over::Again {
            why: None,
            wait: Wait::Back,
        })
    }

    /// For as long as the subscription holds.
    async fn stay(&mut self, mut subscription: Subscription, stop: &Stop) -> Over {
        loop {
            let before = self.watch.clock.now().steady;
            let nap = match subscription.ears.over {
                Some(_) => Duration::ZERO,
                None => subscription.ask_at().since(before).min(TICK),
            };
            let heard = tokio::select! {
                biased;
                () = stop.clone() => {
                    subscription.goodbye().await;
                    return Over::Stopped;
                }
                heard = subscription.incoming.recv() => Some(heard),
                () = sleep(nap) => None,
            };
            if let Some(heard) = heard {
                subscription.heard(self.watch.clock.now().steady, &self.pace);
                self.hear(heard, &mut subscription.ears);
                if let Some(seconds) = subscription.ears.expires.take() {
                    let now = self.watch.clock.now().steady;
                    // Only ever shorter: what the server promised in its answer may have been longer than it keeps.
                    if now.0 + Duration::from_secs(seconds.into()) < subscription.over_at.0 {
                        subscription.holds(now, seconds, &self.pace);
                    }
                }
            }
            for event in self.watch.tracker.tick(self.watch.clock.now()) {
                self.sink.event(event);
            }
            let now = self.watch.clock.now().steady;
            let slept = now.since(before) > nap + SLEPT || now >= subscription.over_at;
            let over = subscription.ears.over.take().or_else(|| {
                slept.then_some(Over::Again {
                    why: None,
                    wait: Wait::Now,
                })
            });
            let over = match over {
                None if now >= subscription.ask_at() => self.refresh(&mut subscription, stop).await,
                over => over,
            };
            if let Some(over) = over {
                match over {
                    Over::Stopped => subscription.goodbye().await,
                    // The server has forgotten it already.
                    _ if subscription.ears.terminated => {}
                    _ => subscription.leave(),
                }
                return over;
            }
            if now.since(subscription.since) >= HELD {
                self.pace.held();
            }
            let late = subscription.ears.last.is_none() && now.since(subscription.since) >= FIRST_WORD;
            if late && !subscription.ears.silent {
                subscription.ears.silent = true;
                self.ready(&subscription.ears);
            }
        }
    }
}

/// Until this much time passed, sleep of the computer included.
async fn rest(clock: &dyn Clock, pause: Duration) {
    let until = Steady(clock.now().steady.0 + pause);
    loop {
        let left = until.since(clock.now().steady);
        if left.is_zero() {
            return;
        }
        sleep(left.min(TICK)).await;
    }
}

#[cfg(test)]
mod tests;
