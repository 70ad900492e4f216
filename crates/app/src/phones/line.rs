//! One source that runs, and how it is doing.

use std::{
    future::pending,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt as _, future::select};
use ringside_domain::{Clock, EventSink, Kind, SourceState, Stop, source::Trouble};
use ringside_sources::kinds::Built;
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};

use super::pin::Keeper;
use crate::app::lock;

/// For saying goodbye. A source that takes longer is cut off.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct Line {
    state: watch::Receiver<State>,
    running: Mutex<Option<Running>>,
}

/// How a source is doing, and when it said so.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub source: SourceState,
    /// Unix milliseconds.
    pub since: i64,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Line {
    /// A phone whose source could not even be made.
    pub fn stopped(trouble: Trouble) -> Self {
        let source = SourceState::Stopped { trouble };
        Self {
            state: watch::channel(State { source, since: 0 }).1,
            running: Mutex::default(),
        }
    }

    /// Runs the source until it is stopped, or everything is. `changed` is called after each change of its state.
    pub fn start(
        built: Built,
        mut keeper: Option<Keeper>,
        sink: Box<dyn EventSink>,
        house: Stop,
        clock: &Arc<dyn Clock>,
        changed: impl Fn() + Send + 'static,
    ) -> Arc<Self> {
        let (said, state) = watch::channel(State::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let until: Stop = select(stopped, house).map(|_| ()).boxed().shared();
        let clock = Arc::clone(clock);
        let say = move |source: SourceState| {
            let since = clock.now().wall.0;
            let news = said.send_if_modified(|now| {
                let differs = now.source != source;
                if differs {
                    *now = State { source, since };
                }
                differs
            });
            if news {
                changed();
            }
        };
        let task = tokio::spawn(async move {
            let Built {
                mut source,
                state: mut health,
                ..
            } = built;
            say(SourceState::Connecting);
            // Caught, so that a source that breaks takes no other phone along, and says so.
            let mut running = AssertUnwindSafe(source.run(sink, until.clone())).catch_unwind().boxed();
            let mut keeping = match &mut keeper {
                Some(keeper) => keeper.run().boxed(),
                None => pending().boxed(),
            };
            let ended = loop {
                tokio::select! {
                    biased;
                    ended = &mut running => break ended,
                    Ok(()) = health.changed() => {
                        let now = health.borrow_and_update().clone();
                        say(now);
                    }
                    () = &mut keeping => {}
                }
            };
            drop((running, keeping));
            let last = health.borrow().clone();
            say(match (ended, last) {
                (Ok(_), _) if until.peek().is_some() => SourceState::Off,
                (Ok(Err(_)), SourceState::Stopped { trouble }) => SourceState::Stopped { trouble },
                (Ok(Err(error)), _) => SourceState::Stopped {
                    trouble: Trouble::from(&error),
                },
                (Ok(Ok(())), _) => broke_off("the connection to this phone ended by itself"),
                (Err(_), _) => broke_off("the connection to this phone broke off through a fault of ours"),
            });
            if let Some(keeper) = keeper {
                keeper.finish().await;
            }
        });
        Arc::new(Self {
            state,
            running: Mutex::new(Some(Running { stop, task })),
        })
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Asks the source to end, and cuts it off if it does not within its time.
    pub async fn stop(&self) {
        let running = lock(&self.running).take();
        if let Some(Running { stop, mut task }) = running {
            let _ = stop.send(());
            if tokio::time::timeout(GOODBYE, &mut task).await.is_err() {
                tracing::warn!("a phone's connection did not end in time and was cut off");
                task.abort();
            }
        }
    }

    /// Waits until it hears of calls. A source that broke gets a moment for its next try; one that needs a person gets none.
    pub async fn settled(&self, patience: Duration, next_try: Duration) -> Result<(), Unsettled> {
        let mut state = self.state.clone();
        let mut give_up = tokio::time::Instant::now() + patience;
        let mut broke = None;
        loop {
            match state.borrow_and_update().source.clone() {
                SourceState::Ready { .. } => return Ok(()),
                SourceState::Stopped { trouble } => return Err(Unsettled::Stopped(trouble)),
                SourceState::Retrying { trouble, .. } => {
                    if broke.replace(trouble).is_none() {
                        give_up = give_up.min(tokio::time::Instant::now() + next_try);
                    }
                }
                SourceState::Off | SourceState::Connecting => {}
            }
            match tokio::time::timeout_at(give_up, state.changed()).await {
                Ok(Ok(())) => {}
                // The time is over, or it was stopped meanwhile.
                _ => return Err(broke.map_or(Unsettled::Silent, Unsettled::Broken)),
            }
        }
    }

    pub fn is_troubled(&self) -> bool {
        matches!(
            self.state.borrow().source,
            SourceState::Stopped { .. } | SourceState::Retrying { .. }
        )
    }

    /// Whether only the secret store is in its way.
    pub fn is_locked_out(&self) -> bool {
        matches!(&self.state.borrow().source, SourceState::Stopped { trouble } if trouble.kind == Kind::KeyringLocked)
    }
}

/// Why a phone that was tried does not hear of calls.
#[derive(Debug, PartialEq)]
pub(super) enum Unsettled {
    /// A person has to do something first.
    Stopped(Trouble),
    /// Its server is down, or not where it was said to be.
    Broken(Trouble),
    /// No word from it at all.
    Silent,
}

fn broke_off(words: &str) -> SourceState {
    SourceState::Stopped {
        trouble: Trouble {
            kind: Kind::Internal,
            message: words.to_owned(),
            hint: Some("Try again; if it comes back, please report it with the log file".to_owned()),
            field: None,
        },
    }
}

#[cfg(test)]
mod tests;
