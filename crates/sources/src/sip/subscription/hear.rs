//! What the server tells, and what the person gets to know of it.

use ringside_domain::{Note, SourceState};

use super::{
    Over, Run,
    held::Ears,
    notes,
    verdict::{self, Verdict, Wait},
};
use crate::sip::{
    line::{Incoming, Notify, NotifyState},
    settings::Transport,
};

impl Run<'_> {
    pub(super) fn hear(&mut self, heard: Option<Incoming>, ears: &mut Ears) {
        let notify = match heard {
            Some(Incoming::Notify(notify)) => notify,
            Some(Incoming::Closed(error)) => return ears.end(Some(error), Wait::Now),
            None => return ears.end(None, Wait::Now),
        };
        // Over UDP an old one may come late; it would turn calls back.
        if ears.last.is_some_and(|last| notify.cseq <= last) {
            return;
        }
        let first = ears.last.is_none();
        ears.last = Some(notify.cseq);
        ears.silent = false;
        match &notify.state {
            NotifyState::Terminated { reason, retry_after } => {
                let over = match verdict::terminated(reason, *retry_after, &self.watch.server) {
                    Verdict::Never(error) => Over::Never(error),
                    Verdict::Again { why, wait } => Over::Again { why: Some(why), wait },
                    Verdict::Accepted | Verdict::Longer(_) => return,
                };
                ears.over = Some(over);
                ears.terminated = true;
                return;
            }
            NotifyState::Active { expires } | NotifyState::Pending { expires } => {
                let pending = matches!(notify.state, NotifyState::Pending { .. });
                ears.expires = *expires;
                if first || pending != ears.pending {
                    ears.pending = pending;
                    self.ready(ears);
                }
            }
        }
        if notify.cut {
            return self.cut(ears);
        }
        self.tell(&notify, ears);
    }

    fn tell(&mut self, notify: &Notify, ears: &mut Ears) {
        if !notify.body.is_empty() && notify.content_type != "application/dialog-info+xml" {
            self.note(notes::unreadable(&self.watch.server), ears);
            return;
        }
        let before = self.watch.tracker.notes().len();
        match self.watch.tracker.notify(&notify.body, self.watch.clock.now()) {
            Ok(told) => {
                for event in told.events {
                    self.sink.event(event);
                }
                if told.gap {
                    ears.end(None, Wait::Now);
                } else if self.watch.tracker.notes().len() != before {
                    self.ready(ears);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the body of a NOTIFY can't be read");
                self.note(notes::unreadable(&self.watch.server), ears);
            }
        }
    }

    /// What is missing from a datagram is asked for again: in a new subscription, whose first body lists everything.
    fn cut(&mut self, ears: &mut Ears) {
        if self.watch.large_over_tcp && self.transport == Transport::Udp {
            self.transport = Transport::Tcp;
            self.note(notes::over_tcp(&self.watch.server), ears);
        } else {
            self.note(notes::cut(&self.watch.server), ears);
        }
        ears.end(None, Wait::Now);
    }

    fn note(&mut self, note: Note, ears: &Ears) {
        if !self.notes.iter().any(|known| known.code == note.code) {
            self.notes.push(note);
            self.ready(ears);
        }
    }

    pub(super) fn ready(&self, ears: &Ears) {
        if !self.worked {
            return;
        }
        let mut notes: Vec<Note> = self.notes.clone();
        if ears.pending {
            notes.push(notes::pending(&self.watch.server));
        }
        if ears.silent {
            notes.push(notes::silent(&self.watch.server));
        }
        notes.extend(self.watch.tracker.notes());
        self.watch.health.set(SourceState::Ready { notes });
    }
}
