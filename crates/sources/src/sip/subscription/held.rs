//! A subscription that the server accepted: until when it holds, and how it is ended.

use std::time::Duration;

use ringside_domain::{Error, Steady};
use tokio::{sync::mpsc, time::timeout};

use super::{Over, pace::Pace, verdict::Wait};
use crate::sip::line::{Ask, Incoming, NotifyState, SipLine, Subscribe};

/// Saying goodbye takes no longer.
const GOODBYE: Duration = Duration::from_secs(1);
/// After the server agreed to end, its last word is waited for, so that it does not repeat it to a closed door.
const LAST_WORD: Duration = Duration::from_millis(300);

/// One accepted subscription.
pub(super) struct Subscription {
    pub line: Box<dyn SipLine>,
    pub incoming: mpsc::Receiver<Incoming>,
    pub ears: Ears,
    pub since: Steady,
    pub refresh_at: Steady,
    pub over_at: Steady,
}

/// What was heard inside one subscription.
#[derive(Default)]
pub(super) struct Ears {
    pub last: Option<u32>,
    pub pending: bool,
    /// The first word is overdue.
    pub silent: bool,
    /// The server said so in a NOTIFY, in seconds.
    pub expires: Option<u32>,
    pub over: Option<Over>,
    pub terminated: bool,
}

impl Ears {
    pub(super) fn end(&mut self, why: Option<Error>, wait: Wait) {
        // The first reason is the true one; what follows is its consequence.
        self.over.get_or_insert(Over::Again { why, wait });
    }
}

impl Subscription {
    /// The server keeps it for this many seconds from now.
    pub(super) fn holds(&mut self, now: Steady, seconds: u32, pace: &Pace) {
        let granted = Duration::from_secs(seconds.into());
        self.over_at = Steady(now.0 + granted);
        self.refresh_at = Steady(now.0 + pace.refresh(granted));
    }

    pub(super) fn has_time(&self, now: Steady) -> bool {
        self.over_at.since(now) > Duration::from_secs(10)
    }

    /// Ends the subscription at the server, which would otherwise go on telling nobody until it expires.
    pub(super) async fn goodbye(mut self) {
        let ending = async {
            let end = Subscribe {
                ask: Ask::Refresh,
                expires: 0,
            };
            if self.line.request(end).await.is_err() {
                return;
            }
            let last = async {
                while let Some(Incoming::Notify(notify)) = self.incoming.recv().await {
                    if matches!(notify.state, NotifyState::Terminated { .. }) {
                        break;
                    }
                }
            };
            let _ = timeout(LAST_WORD, last).await;
        };
        let _ = timeout(GOODBYE, ending).await;
    }

    /// The same, while the next subscription begins already.
    pub(super) fn leave(self) {
        tokio::spawn(self.goodbye());
    }
}
