//! One call in the book, and what a further event about it means.

use std::time::Duration;

use ringside_domain::{
    Call, CallEvent, CallId, CallState, Change, Contact, ContactRef, Direction, EndReason, Now, Party, SourceId,
    Steady, Trust,
    call::{Choice, ChosenBy, WireParty},
    phone::{Home, Reading, probe_keys, read},
};

use super::Effect;
use crate::{config::LogRule, view::LookupView};

/// One call in the book.
#[derive(Clone, Debug)]
pub struct Entry {
    pub call: Call,
    pub lookup: LookupView,
    /// See [`CallView::twins`](crate::view::CallView::twins).
    pub twins: Vec<Contact>,
    /// Its card is open.
    pub card: bool,
    /// It was shown once: from then on every change is.
    pub(super) shown: bool,
    pub(super) keys: Vec<(SourceId, String)>,
    pub(super) opened: Steady,
    pub(super) answered: Option<Steady>,
    pub(super) heard: Steady,
}

impl Entry {
    pub(super) fn begin(id: CallId, event: &CallEvent, remote: Option<Party>, zone: &str) -> Self {
        let mut entry = Self {
            call: Call {
                id,
                direction: event.direction.unwrap_or(Direction::In),
                state: CallState::Ringing,
                remote: remote.unwrap_or(Party {
                    reading: read("", &Home::default()),
                    display: None,
                }),
                line: event.local.as_ref().and_then(line_name),
                provider_call_id: event.provider_call_id.clone(),
                trust: event.trust,
                rehearsal: event.rehearsal,
                source: event.source.clone(),
                started: event.at.wall,
                zone: zone.to_owned(),
                answered: None,
                ended: None,
                talked: None,
                choice: None,
                note: String::new(),
                outcome: None,
                fields: Vec::new(),
                no_log: false,
            },
            lookup: LookupView::default(),
            twins: Vec::new(),
            card: true,
            shown: false,
            keys: vec![(event.source.clone(), event.key.clone())],
            opened: event.at.steady,
            answered: None,
            heard: event.at.steady,
        };
        match event.change {
            Change::Ringing => {}
            Change::Answered => entry.answer(event.at),
            Change::Held => {
                entry.answer(event.at);
                entry.call.state = CallState::Held;
            }
            Change::Ended(reason) => {
                entry.card = false;
                entry.end(reason, event.at);
            }
        }
        entry
    }

    /// A further event about this call.
    pub(super) fn hear(&mut self, event: &CallEvent, remote: Option<Party>, rule: LogRule) -> Vec<Effect> {
        let id = self.call.id;
        let before = self.call.clone();
        if !self.has_key(&event.source, &event.key) {
            self.keys.push((event.source.clone(), event.key.clone()));
        }
        self.heard = self.heard.max(event.at.steady);
        let asked_before = self.call.remote.reading.clone();
        self.learn(event, remote);
        let was_over = self.call.state.is_over();
        match (self.call.state, event.change) {
            // Somebody saw the end after all.
            (CallState::Ended(EndReason::Unknown), Change::Ended(reason)) => self.end(reason, event.at),
            (CallState::Ended(_), _) | (_, Change::Ringing) => {}
            (_, Change::Answered) => self.answer(event.at),
            (_, Change::Held) => {
                self.answer(event.at);
                self.call.state = CallState::Held;
            }
            (_, Change::Ended(reason)) => self.end(reason, event.at),
        }
        if self.call == before {
            return Vec::new();
        }
        let mut effects = if self.call.state.is_over() && !was_over {
            self.ended_effects(rule)
        } else {
            vec![Effect::Save(id), Effect::Publish(id)]
        };
        if self.call.remote.reading != asked_before && worth_a_lookup(&self.call.remote.reading) && !self.call.no_log {
            effects.push(Effect::LookUp(id));
        }
        effects
    }

    /// The best data wins, field by field; an event may not take away what a more trusted one said.
    pub(super) fn learn(&mut self, event: &CallEvent, remote: Option<Party>) {
        let call = &mut self.call;
        let at_least_as_good = event.trust >= call.trust;
        if let Some(party) = remote {
            let unknown = !is_identity(&call.remote.reading);
            if is_identity(&party.reading) && (unknown || at_least_as_good) && party.reading != call.remote.reading {
                call.remote.reading = party.reading;
                // The person at the other end changed: what was said about the one before does not hold.
                if !unknown && call.choice.as_ref().is_some_and(|choice| choice.by != ChosenBy::Person) {
                    call.choice = None;
                    call.fields.clear();
                }
                if !unknown {
                    self.lookup = LookupView::default();
                }
            }
            if call.remote.display.is_none() || (at_least_as_good && party.display.is_some()) {
                call.remote.display = party.display.or_else(|| call.remote.display.take());
            }
        }
        if call.line.is_none() {
            call.line = event.local.as_ref().and_then(line_name);
        }
        if call.provider_call_id.is_none() {
            call.provider_call_id.clone_from(&event.provider_call_id);
        }
        call.trust = call.trust.max(event.trust);
    }

    pub(super) fn is_about(&self, contact: &ContactRef) -> bool {
        self.call
            .choice
            .as_ref()
            .is_some_and(|choice| choice.contact.id == *contact)
    }

    /// What was chosen for the log on one contact means nothing on another.
    pub(super) fn decide(&mut self, choice: Option<Choice>) {
        if !choice.as_ref().is_some_and(|choice| self.is_about(&choice.contact.id)) {
            self.call.fields.clear();
        }
        self.call.choice = choice;
    }

    /// Who says which matter of this contact it was has decided whom the call is about: no later answer takes it back.
    pub(super) fn answer_fields(&mut self, fields: Vec<(String, String)>) {
        if let Some(choice) = self.call.choice.as_mut().filter(|_| !fields.is_empty()) {
            choice.by = ChosenBy::Person;
        }
        self.call.fields = fields;
    }

    pub(super) fn answer(&mut self, at: Now) {
        if self.answered.is_none() {
            self.answered = Some(at.steady);
            self.call.answered = Some(at.wall);
        }
        self.call.state = CallState::Answered;
    }

    pub(super) fn end(&mut self, reason: EndReason, at: Now) {
        let answered = self.call.answered.is_some();
        let reason = match reason {
            EndReason::Completed if !answered => EndReason::Missed,
            EndReason::Missed | EndReason::Declined | EndReason::Busy if answered => EndReason::Completed,
            other => other,
        };
        self.call.state = CallState::Ended(reason);
        self.call.ended = (reason != EndReason::Unknown).then_some(at.wall);
        self.call.talked = match (reason, self.answered) {
            (EndReason::Completed | EndReason::Failed, Some(since)) => Some(whole_millis(at.steady.since(since))),
            _ => None,
        };
    }

    pub(super) fn ended_effects(&self, rule: LogRule) -> Vec<Effect> {
        let id = self.call.id;
        let mut effects = vec![Effect::Save(id), Effect::Publish(id), Effect::CompleteLog(id)];
        let may = self.call.trust == Trust::Trusted && self.call.choice.is_some() && !self.call.no_log;
        if rule == LogRule::Always && may {
            effects.push(Effect::Log(id));
        }
        effects
    }

    pub(super) fn has_key(&self, source: &SourceId, key: &str) -> bool {
        self.keys.iter().any(|(s, k)| s == source && k == key)
    }
}

/// Whether the reading says who it is, as far as a phone can.
pub(super) fn is_identity(reading: &Reading) -> bool {
    !matches!(reading, Reading::Withheld | Reading::Unreadable(_))
}

/// Digits of which nothing certain can be made may still be the end of a stored number.
pub(super) fn worth_a_lookup(reading: &Reading) -> bool {
    is_identity(reading) || !probe_keys(reading).is_empty()
}

fn line_name(party: &WireParty) -> Option<String> {
    let display = party.display.as_deref().map(str::trim).filter(|name| !name.is_empty());
    display
        .or_else(|| Some(party.raw.trim()).filter(|raw| !raw.is_empty()))
        .map(str::to_owned)
}

/// As the journal keeps it, so that a call read back is the call that was written.
fn whole_millis(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
