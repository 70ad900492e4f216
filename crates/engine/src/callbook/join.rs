//! Which call an event is about: by the provider's id, by the source's own key, as the one that it replaces, or by number
//! and time.
//!
//! Two ids are two calls only to the source that told both. A server between two lines gives each leg an id of its own, and
//! an exchange's ids are not those of SIP: what two sources call differently may well be one call.

use std::{collections::HashMap, time::Duration};

use ringside_domain::{Authority, CallEvent, CallId, Change, EndReason, SourceId, Steady, phone::Reading};

use super::{
    CallBook,
    entry::{Entry, Report},
    learn::{Parties, is_identity, same_line},
};

/// What calls go by, so that they are found without looking at each.
#[derive(Debug, Default)]
pub(super) struct Ids {
    keys: HashMap<SourceId, HashMap<String, CallId>>,
    provider_ids: HashMap<String, CallId>,
}

impl Ids {
    pub fn by_key(&self, source: &SourceId, key: &str) -> Option<CallId> {
        self.keys.get(source)?.get(key).copied()
    }

    /// A source's key means one call at a time.
    pub fn note(&mut self, event: &CallEvent, entry: &Entry) {
        if entry.report(&event.source, &event.key).is_some() {
            let of_source = self.keys.entry(event.source.clone()).or_default();
            of_source.insert(event.key.clone(), entry.call.id);
        }
        if event.provider_call_id.is_some() {
            self.note_call(entry);
        }
    }

    pub fn note_call(&mut self, entry: &Entry) {
        for id in &entry.provider_ids {
            self.provider_ids.entry(id.clone()).or_insert(entry.call.id);
        }
    }

    pub fn forget(&mut self, entry: &Entry) {
        let id = entry.call.id;
        for report in &entry.reports {
            let Some(of_source) = self.keys.get_mut(&report.source) else {
                continue;
            };
            if of_source.get(&report.key) == Some(&id) {
                of_source.remove(&report.key);
            }
            if of_source.is_empty() {
                self.keys.remove(&report.source);
            }
        }
        for provider_id in &entry.provider_ids {
            if self.provider_ids.get(provider_id) == Some(&id) {
                self.provider_ids.remove(provider_id);
            }
        }
    }
}

impl CallBook {
    pub(super) fn same_call(&self, event: &CallEvent, parties: &Parties) -> Whose {
        let known = self
            .by_own_words(event)
            .or_else(|| self.by_provider_id(event.provider_call_id.as_ref()));
        if let Some(id) = known {
            let is_another = self.entries.get(&id).is_some_and(|entry| self.is_another(event, entry));
            return Whose {
                call: if is_another { self.by_key(event) } else { known },
                not: is_another.then_some(id),
            };
        }
        let replaced = || {
            let replaced = self.by_provider_id(event.replaces.as_ref())?;
            let goes_on = self.entries.get(&replaced)?;
            (!goes_on.call.state.is_over()).then_some(replaced)
        };
        Whose {
            call: self
                .by_key(event)
                .or_else(replaced)
                .or_else(|| self.by_time(event, parties)),
            not: None,
        }
    }

    /// Of two calls that went by this id, it is this one's from now on. What others told of it under the other call, because
    /// they seemed to tell of the same party at the same time, goes with it.
    pub(super) fn part(&mut self, provider_id: &str, from: CallId, to: CallId, source: &SourceId) {
        self.ids.provider_ids.insert(provider_id.to_owned(), to);
        let of_id = |report: &Report| report.provider_id.as_deref() == Some(provider_id);
        let Some(other) = self.entries.get_mut(&from) else {
            return;
        };
        if other
            .reports
            .iter()
            .any(|report| of_id(report) && report.source == *source)
        {
            // It was that call, and rings anew.
            return;
        }
        let lent: Vec<Report> = other.reports.extract_if(.., |report| of_id(report)).collect();
        other.provider_ids.retain(|id| id != provider_id);
        let Some(entry) = self.entries.get_mut(&to) else { return };
        for report in lent {
            let tells_already = entry.reports.iter().any(|known| known.source == report.source);
            let of_source = self.ids.keys.entry(report.source.clone()).or_default();
            // The key may be a newer call's by now.
            if of_source.get(&report.key) == Some(&from) {
                of_source.remove(&report.key);
                if !tells_already {
                    of_source.insert(report.key.clone(), to);
                }
            }
            if !tells_already {
                entry.reports.push(report);
            }
        }
    }

    /// What this source said of this call before, or its end. A later word under an id that is used anew may be of a newer
    /// call.
    fn by_own_words(&self, event: &CallEvent) -> Option<CallId> {
        let id = self.ids.by_key(&event.source, &event.key)?;
        let report = self.entries.get(&id)?.report(&event.source, &event.key)?;
        let same = event.provider_call_id.is_some() && report.provider_id == event.provider_call_id;
        let is_end = matches!(event.change, Change::Ended(_));
        (same && (report.is_live() || is_end || event.at.steady <= report.heard)).then_some(id)
    }

    /// Whether an event is not about the call that goes by its id.
    fn is_another(&self, event: &CallEvent, entry: &Entry) -> bool {
        let replaces = event.replaces.as_ref();
        if entry.was_replaced(event) || replaces.is_some_and(|old| entry.provider_ids.contains(old)) {
            return false;
        }
        let own = || {
            let reports = entry.reports.iter();
            reports.filter(|report| report.source == event.source && !report.superseded)
        };
        if own().next().is_none() {
            return false;
        }
        let names_it = |report: &Report| {
            report.provider_id == event.provider_call_id || (report.provider_id.is_none() && report.key == event.key)
        };
        if !own().any(names_it) {
            // Two calls to this source: the other one lent it its id.
            return true;
        }
        // A server that tries one phone after the other comes back to this one. A hook's own words overtake one another.
        let pause = match event.authority {
            Authority::Hook => self.config.join_window_hooks,
            _ => Duration::ZERO,
        };
        let rang_off = |report: &Report| {
            report.is_over()
                && report.key != event.key
                && event.at.steady.since(report.heard) > pause
                && (entry.call.state.is_over() || report.change != Change::Ended(EndReason::Unknown))
        };
        event.change == Change::Ringing && !event.replay && own().all(rang_off)
    }

    pub(super) fn by_provider_id(&self, id: Option<&String>) -> Option<CallId> {
        self.ids.provider_ids.get(id?).copied()
    }

    fn by_key(&self, event: &CallEvent) -> Option<CallId> {
        let id = self.ids.by_key(&event.source, &event.key)?;
        let entry = self.entries.get(&id)?;
        // An id that the provider gave another call: this server uses one key for all (BroadWorks, Asterisk).
        let replaces = event
            .replaces
            .as_ref()
            .is_some_and(|old| entry.provider_ids.contains(old));
        let Some(report) = entry.report(&event.source, &event.key) else {
            return Some(id);
        };
        if event.provider_call_id.is_some()
            && report.provider_id.is_some()
            && report.provider_id != event.provider_call_id
            && !replaces
        {
            return None;
        }
        let stale = event.at.steady < report.heard;
        let repeated = event.at.steady == report.heard && event.change == report.change;
        if matches!(event.change, Change::Ended(_)) || stale || repeated {
            return Some(id);
        }
        let begins = event.change == Change::Ringing;
        let is_it = match entry.over {
            None => !begins || report.is_live(),
            // Others saw its end, and this source is late.
            Some(over) => {
                let late = event.at.steady.since(over.at) <= self.window(event, entry);
                report.is_live() && (late || (!begins && (report.is_talking() || over.given_up)))
            }
        };
        is_it.then_some(id)
    }

    /// Who tells of the same party, in the same direction, on the same account, at the same time.
    fn by_time(&self, event: &CallEvent, parties: &Parties) -> Option<CallId> {
        let fits = |entry: &Entry| {
            entry.call.rehearsal == event.rehearsal
                && !entry.reports.is_empty()
                && event
                    .direction
                    .is_none_or(|direction| direction == entry.call.direction)
                && !entry.reports.iter().any(|report| {
                    report.source == event.source || differ(report.local.as_ref(), parties.local.as_ref())
                })
        };
        let near = self
            .current_and_recent()
            .filter_map(|entry| Some((entry, self.near(event, entry)?)));
        let mut candidates: Vec<(&Entry, Near)> = near.filter(|(entry, _)| fits(entry)).collect();
        candidates.sort_by_key(|(entry, _)| entry.call.id);
        let reading = parties.remote.as_ref().map(|party| &party.reading);
        let told = reading.filter(|reading| is_identity(reading));
        let soon = || {
            candidates
                .iter()
                .filter(|(_, near)| *near == Near::Now)
                .map(|(entry, _)| *entry)
        };
        if let Some(reading) = told {
            let same = |entry: &&Entry| same_line(&entry.call.remote.reading, reading);
            // Of two calls from one number each source tells in the same order.
            let found = soon().find(same);
            let long = || candidates.iter().map(|(entry, _)| *entry).filter(same);
            return found
                .or_else(|| only(long()))
                .or_else(|| only(soon().filter(|entry| !is_identity(&entry.call.remote.reading))))
                .map(|entry| entry.call.id);
        }
        // A source that gives no number joins only where there is no doubt.
        let withheld = || soon().filter(|entry| entry.call.remote.reading == Reading::Withheld);
        let found = match reading {
            Some(Reading::Withheld) if withheld().next().is_some() => only(withheld()),
            _ => only(soon()),
        };
        found.map(|entry| entry.call.id)
    }

    /// Every call that an event without an id may be about.
    fn current_and_recent(&self) -> impl Iterator<Item = &Entry> {
        let window = self.config.join_window.max(self.config.join_window_hooks);
        let recent = self.done.iter().rev();
        let recent = recent.take_while(move |(since, _)| self.latest.since(*since) <= window);
        let ids = self.current.iter().chain(recent.map(|(_, id)| id));
        ids.filter_map(|id| self.entries.get(id))
    }

    fn near(&self, event: &CallEvent, entry: &Entry) -> Option<Near> {
        let at = event.at.steady;
        let window = self.window(event, entry);
        let within = |other: Steady| distance(at, other) <= window;
        let soon = within(entry.opened)
            || (event.change != Change::Ringing
                && (entry.answered.is_some_and(within) || entry.over.is_some_and(|over| within(over.at))));
        let long = entry.over.is_none()
            && match event.change {
                Change::Ringing => event.replay,
                Change::Answered | Change::Held => event.replay || entry.answered.is_none(),
                Change::Ended(_) => true,
            };
        if soon {
            Some(Near::Now)
        } else {
            long.then_some(Near::GoesOn)
        }
    }

    fn window(&self, event: &CallEvent, entry: &Entry) -> Duration {
        match event.authority == Authority::Hook || entry.is_of_hooks() {
            true => self.config.join_window_hooks,
            false => self.config.join_window,
        }
    }
}

/// What an event is about.
pub(super) struct Whose {
    /// `None`: a call that begins.
    pub call: Option<CallId>,
    /// The call that goes by its id so far and is another one.
    pub not: Option<CallId>,
}

/// How well the time fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Near {
    Now,
    /// The call began long ago and goes on; the event may be about it.
    GoesOn,
}

/// Two accounts that can be compared, and are not the same.
fn differ(one: Option<&Reading>, other: Option<&Reading>) -> bool {
    match (one, other) {
        (Some(Reading::Number(one)), Some(Reading::Number(other))) => one.e164() != other.e164(),
        (Some(Reading::Extension(one)), Some(Reading::Extension(other))) => one != other,
        (Some(Reading::SipAddress(one)), Some(Reading::SipAddress(other))) => {
            !one.user().eq_ignore_ascii_case(other.user())
        }
        _ => false,
    }
}

fn only<T>(mut candidates: impl Iterator<Item = T>) -> Option<T> {
    let first = candidates.next()?;
    candidates.next().is_none().then_some(first)
}

fn distance(a: Steady, b: Steady) -> Duration {
    a.since(b).max(b.since(a))
}
