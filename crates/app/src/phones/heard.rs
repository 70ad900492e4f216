//! What was heard of each phone: when last, and what of the trial call of somebody who checks it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ringside_domain::{CallEvent, Change, Clock, Direction, EventSink};
use ringside_ipc::phone::PhoneCheckDto;
use tokio::sync::Notify;

use super::key;
use crate::app::lock;

/// A trial call is waited for this long, its end included.
const TRIAL: Duration = Duration::from_secs(180);

/// Shared with every source's sink.
pub(crate) struct Heard {
    /// A phone was heard of, or is doing better or worse.
    pub changed: Notify,
    clock: Arc<dyn Clock>,
    phones: Mutex<BTreeMap<String, Of>>,
}

/// What was heard of one phone.
#[derive(Default)]
struct Of {
    last_seen: Option<i64>,
    check: Option<Check>,
}

struct Check {
    marks: PhoneCheckDto,
    /// The trial call, once it began.
    call: Option<Trial>,
}

struct Trial {
    key: String,
    incoming: bool,
}

impl Heard {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            changed: Notify::new(),
            clock,
            phones: Mutex::default(),
        }
    }

    /// The way of a source's events to `next`. `phone` is whose they are; the intake's say it themselves.
    pub fn sink(self: &Arc<Self>, phone: Option<String>, next: Option<Box<dyn EventSink>>) -> Box<dyn EventSink> {
        Box::new(Sink {
            heard: Arc::clone(self),
            phone,
            next,
        })
    }

    pub fn last_seen(&self, phone: &str) -> Option<i64> {
        lock(&self.phones).get(&key(phone))?.last_seen
    }

    pub fn check(&self, phone: &str) -> Option<PhoneCheckDto> {
        let phones = lock(&self.phones);
        Some(phones.get(&key(phone))?.check.as_ref()?.marks.clone())
    }

    /// Waits for a trial call from now on; a check that was under way begins anew.
    pub fn begin_check(self: &Arc<Self>, phone: &str) {
        let since = self.clock.now().wall.0;
        let marks = PhoneCheckDto {
            since,
            ..PhoneCheckDto::default()
        };
        let check = Check { marks, call: None };
        lock(&self.phones).entry(key(phone)).or_default().check = Some(check);
        self.changed.notify_one();
        let (heard, phone) = (Arc::clone(self), key(phone));
        tokio::spawn(async move {
            tokio::time::sleep(TRIAL).await;
            let over = lock(&heard.phones)
                .get_mut(&phone)
                .and_then(|of| of.check.as_mut())
                .filter(|check| check.marks.since == since && !check.marks.done)
                .map(|check| check.marks.done = true);
            if over.is_some() {
                heard.changed.notify_one();
            }
        });
    }

    pub fn forget(&self, phone: &str) {
        lock(&self.phones).remove(&key(phone));
    }

    fn take(&self, phone: &str, event: &CallEvent) {
        let mut phones = lock(&self.phones);
        let of = phones.entry(key(phone)).or_default();
        // What is told again after connecting was heard before.
        if !event.replay {
            of.last_seen = Some(event.at.wall.0);
        }
        if let Some(check) = of.check.as_mut().filter(|check| !check.marks.done) {
            check.take(event);
        }
        drop(phones);
        self.changed.notify_one();
    }
}

impl Check {
    fn take(&mut self, event: &CallEvent) {
        let incoming = event.direction != Some(Direction::Out);
        let is_it = self.call.as_ref().is_some_and(|call| call.key == event.key);
        // Whoever calls themselves from this very phone makes two calls: the one that comes in is the trial.
        let better = |call: &Trial| incoming && !call.incoming && event.change == Change::Ringing;
        // Who rings right after connecting rings now; what else is told then began before the trial.
        let is_now = !event.replay || event.change == Change::Ringing;
        let begins = is_now && !matches!(event.change, Change::Ended(_)) && self.call.as_ref().is_none_or(better);
        if !is_it && !begins {
            return;
        }
        if !is_it {
            self.marks = PhoneCheckDto {
                since: self.marks.since,
                ..PhoneCheckDto::default()
            };
            self.call = Some(Trial {
                key: event.key.clone(),
                incoming,
            });
        }
        let marks = &mut self.marks;
        if let Some(remote) = &event.remote {
            marks.number |= !remote.raw.trim().is_empty();
            marks.name |= remote.display.as_ref().is_some_and(|name| !name.trim().is_empty());
        }
        match event.change {
            Change::Ringing => marks.rang = true,
            Change::Answered | Change::Held => marks.answered = true,
            Change::Ended(_) => (marks.ended, marks.done) = (true, true),
        }
    }
}

#[derive(Clone)]
struct Sink {
    heard: Arc<Heard>,
    phone: Option<String>,
    next: Option<Box<dyn EventSink>>,
}

impl EventSink for Sink {
    fn event(&self, event: CallEvent) {
        match (&self.phone, event.source.as_str().strip_prefix("intake/")) {
            (Some(phone), _) => self.heard.take(phone, &event),
            (None, Some(phone)) => self.heard.take(phone, &event),
            (None, None) => {}
        }
        if let Some(next) = &self.next {
            next.event(event);
        }
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
