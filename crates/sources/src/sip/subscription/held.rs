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

/// So long may a server be silent that answers no keep-alives, as some do: a connection whose other end vanished, behind a
/// firewall that forgot it or with a PBX that lost its power, looks just like one on which nobody calls. Then only a refresh
/// tells. More often would be a burden on a server with a thousand watchers; more seldom, and a morning's calls are lost.
const UNPROVED: Duration = Duration::from_secs(90);

/// One accepted subscription.
pub(super) struct Subscription {
    pub line: Box<dyn SipLine>,
    pub incoming: mpsc::Receiver<Incoming>,
    pub ears: Ears,
    pub since: Steady,
    /// As the server's time demands.
    pub refresh_at: Steady,
    /// As we want to know whether anybody is there.
    pub check_at: Steady,
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
        self.heard(now, pace);
    }

    /// The server is there.
    pub(super) fn heard(&mut self, now: Steady, pace: &Pace) {
        self.check_at = Steady(now.0 + pace.about(UNPROVED));
    }

    /// The server is busy: it is asked once more before the subscription ends, and not before it wants to be.
    pub(super) fn put_off(&mut self, now: Steady, wait: Wait, pace: &Pace) {
        self.refresh_at = Steady(now.0 + self.over_at.since(now) / 2);
        self.heard(now, pace);
        if let Wait::After(asked) = wait {
            self.check_at = self.check_at.max(Steady(now.0 + asked));
        }
    }

    /// When the next refresh is due.
    pub(super) fn ask_at(&self) -> Steady {
        if self.line.answers_keep_alives() {
            self.refresh_at
        } else {
            self.refresh_at.min(self.check_at)
        }
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
