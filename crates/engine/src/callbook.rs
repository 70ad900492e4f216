//! The calls that are going on, as a pure state machine.
//!
//! Sources repeat themselves, contradict each other, arrive late and fall silent. [`CallBook::apply`] takes one input and
//! says what follows from it; it reads no clock and touches no disk, so every order of events can be tested without
//! sleeping. Three rules hold whatever comes in:
//!
//! - states only go forward: ringing, then answered or held, then ended;
//! - one call is one entry, whatever the number of sources that report it, and two keys of one source are two calls;
//! - what nobody saw is not invented: an end or a duration nobody saw is unknown.

mod entry;

use std::{collections::BTreeMap, time::Duration};

use ringside_domain::{
    Call, CallEvent, CallId, CallState, Change, Contact, ContactRef, EndReason, Now, Outcome, Party, SourceId, Steady,
    call::{Choice, ChosenBy, WireParty},
    phone::{Reading, read},
};

pub use self::entry::Entry;
use self::entry::{is_identity, worth_a_lookup};
use crate::{config::Config, picture, view::LookupView};

/// What can happen.
#[derive(Clone, Debug)]
pub enum Input {
    Event(CallEvent),
    /// A lookup has a new picture. `remembered` is the contact chosen for this number before.
    Looked {
        call: CallId,
        lookup: LookupView,
        remembered: Option<ContactRef>,
        /// The contact itself, where the person linked this number to it: its CRM could not take the number.
        linked: Option<Contact>,
    },
    /// A person's decision, or none after all.
    Choose {
        call: CallId,
        choice: Option<Choice>,
    },
    Note {
        call: CallId,
        note: String,
        outcome: Option<Outcome>,
    },
    /// What was chosen for the log on this contact.
    Fields {
        call: CallId,
        contact: ContactRef,
        fields: Vec<(String, String)>,
    },
    /// Records that turned up beside the one that was created for this call.
    Twins {
        call: CallId,
        created: ContactRef,
        twins: Vec<Contact>,
    },
    SetAside {
        call: CallId,
        no_log: bool,
    },
    CloseCard {
        call: CallId,
    },
    /// The time after which the bare number is shown.
    PaintNow {
        call: CallId,
    },
    /// Time passed: calls of which nothing is heard any more come to an end.
    Tick,
}

/// What follows, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write the call to the journal.
    Save(CallId),
    /// Ask who it is.
    LookUp(CallId),
    /// Show it as it is now.
    Publish(CallId),
    /// Its log rule says so: log it without asking.
    Log(CallId),
    /// What was logged before the call was over lacks its end.
    CompleteLog(CallId),
    CardClosed(CallId),
}

#[derive(Debug)]
pub struct CallBook {
    entries: BTreeMap<CallId, Entry>,
    config: Config,
    /// The zone new calls begin in.
    zone: String,
}

/// Ended calls without a card that are kept to recognise late reports; the journal has them all.
const KEEP_ENDED: usize = 64;

impl CallBook {
    #[must_use]
    pub fn new(config: Config, zone: String) -> Self {
        Self {
            entries: BTreeMap::new(),
            config,
            zone,
        }
    }

    pub fn configure(&mut self, config: Config, zone: String) {
        self.config = config;
        self.zone = zone;
    }

    #[must_use]
    pub fn get(&self, id: CallId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// When the first event of this call came in, by the steady clock.
    pub fn opened(&self, id: CallId) -> Option<Steady> {
        self.entries.get(&id).map(|entry| entry.opened)
    }

    /// Open cards, newest first.
    pub fn cards(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().rev().filter(|entry| entry.card)
    }

    /// Takes a call of the journal back into the book, without a card, because a person works on it.
    pub fn adopt(&mut self, call: Call, now: Now) {
        self.entries.entry(call.id).or_insert_with(|| Entry {
            call,
            lookup: LookupView::default(),
            twins: Vec::new(),
            card: false,
            shown: true,
            keys: Vec::new(),
            opened: now.steady,
            answered: None,
            heard: now.steady,
        });
    }

    /// One input and all that follows from it. `new_id` is asked when a call begins.
    pub fn apply(&mut self, input: Input, now: Now, new_id: &mut dyn FnMut() -> CallId) -> Vec<Effect> {
        match input {
            Input::Event(event) => self.event(event, new_id),
            Input::Looked {
                call,
                lookup,
                remembered,
                linked,
            } => self.looked(call, lookup, remembered.as_ref(), linked),
            Input::Choose { call, choice } => self.change(call, |entry| {
                entry.twins.clear();
                entry.decide(choice);
            }),
            Input::Note { call, note, outcome } => {
                let Some(entry) = self.entries.get_mut(&call) else {
                    return Vec::new();
                };
                entry.call.note = note;
                entry.call.outcome = outcome;
                vec![Effect::Publish(call)]
            }
            Input::Fields { call, contact, fields } => match self.entries.get_mut(&call) {
                // Somebody else may be chosen by now.
                Some(entry) if entry.is_about(&contact) => {
                    entry.answer_fields(fields);
                    vec![Effect::Save(call), Effect::Publish(call)]
                }
                _ => Vec::new(),
            },
            Input::Twins { call, created, twins } => match self.entries.get_mut(&call) {
                Some(entry) if entry.is_about(&created) => {
                    entry.twins = twins;
                    vec![Effect::Publish(call)]
                }
                _ => Vec::new(),
            },
            Input::SetAside { call, no_log } => self.change(call, |entry| entry.call.no_log = no_log),
            Input::CloseCard { call } => match self.entries.get_mut(&call) {
                Some(entry) if entry.card => {
                    entry.card = false;
                    self.forget_old();
                    vec![Effect::CardClosed(call)]
                }
                _ => Vec::new(),
            },
            Input::PaintNow { call } => match self.entries.get_mut(&call) {
                Some(entry) if !entry.shown => {
                    entry.shown = true;
                    vec![Effect::Publish(call)]
                }
                _ => Vec::new(),
            },
            Input::Tick => self.tick(now),
        }
    }

    /// Which call an event was or became.
    #[must_use]
    pub fn call_of(&self, source: &SourceId, key: &str) -> Option<CallId> {
        self.with_key(source, key).map(|entry| entry.call.id)
    }

    fn with_key(&self, source: &SourceId, key: &str) -> Option<&Entry> {
        self.entries.values().find(|entry| entry.has_key(source, key))
    }

    fn event(&mut self, event: CallEvent, new_id: &mut dyn FnMut() -> CallId) -> Vec<Effect> {
        let remote = event.remote.as_ref().map(|party| self.read_party(party));
        let same = self.same_call(&event, remote.as_ref());
        // A source's key means one call at a time.
        for entry in self.entries.values_mut().filter(|entry| Some(entry.call.id) != same) {
            entry
                .keys
                .retain(|(source, key)| *source != event.source || *key != event.key);
        }
        if let Some(id) = same {
            let Some(entry) = self.entries.get_mut(&id) else {
                return Vec::new();
            };
            return entry.hear(&event, remote, self.config.log_rule);
        }
        match event.change {
            // The end of something we know nothing of: worth a row only if it says who it was.
            Change::Ended(_) if remote.is_none() => return Vec::new(),
            _ => {}
        }
        let id = new_id();
        let mut entry = Entry::begin(id, &event, remote, &self.zone);
        entry.call.no_log = self.is_own(&entry.call.remote.reading);
        let looks_up = !entry.call.no_log && worth_a_lookup(&entry.call.remote.reading);
        let mut effects = vec![Effect::Save(id)];
        if looks_up {
            effects.push(Effect::LookUp(id));
        } else {
            entry.shown = true;
            effects.push(Effect::Publish(id));
        }
        self.entries.insert(id, entry);
        effects
    }

    /// The call that this event is about: by the source's key, by the provider's id, or by number and time.
    fn same_call(&self, event: &CallEvent, remote: Option<&Party>) -> Option<CallId> {
        let newest_first = || self.entries.values().rev();
        let same_provider_id =
            |entry: &&Entry| event.provider_call_id.is_some() && entry.call.provider_call_id == event.provider_call_id;
        if let Some(entry) = self.with_key(&event.source, &event.key) {
            // The same key after the end is a new call (a PBX that uses the extension as key), unless the provider's id
            // says that it is only late.
            let over = entry.call.state.is_over();
            let starts = !matches!(event.change, Change::Ended(_));
            if !over || !starts || same_provider_id(&entry) {
                return Some(entry.call.id);
            }
        }
        if let Some(entry) = newest_first().find(same_provider_id) {
            return Some(entry.call.id);
        }
        let mut near = newest_first().filter(|entry| {
            !entry.call.state.is_over()
                && !entry.keys.iter().any(|(source, _)| *source == event.source)
                && event
                    .direction
                    .is_none_or(|direction| direction == entry.call.direction)
                && distance(event.at.steady, entry.opened) <= self.config.join_window
                && (event.provider_call_id.is_none() || entry.call.provider_call_id.is_none())
        });
        match remote {
            Some(party) => near
                .find(|entry| same_party(&entry.call.remote.reading, &party.reading))
                .map(|e| e.call.id),
            // A source that gives no number joins only where there is no doubt.
            None => near.next().filter(|_| near.next().is_none()).map(|entry| entry.call.id),
        }
    }

    fn looked(
        &mut self,
        id: CallId,
        lookup: LookupView,
        remembered: Option<&ContactRef>,
        linked: Option<Contact>,
    ) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Vec::new();
        };
        entry.lookup = lookup;
        entry.shown = true;
        let before = entry.call.choice.clone();
        let by_person = before.as_ref().is_some_and(|choice| choice.by == ChosenBy::Person);
        if !by_person && !entry.call.no_log {
            let preselected = picture::preselect(&entry.lookup, remembered)
                .or_else(|| picture::by_link(&entry.lookup, linked?).map(|contact| (contact, ChosenBy::Remembered)));
            entry.decide(preselected.map(|(contact, by)| match by {
                ChosenBy::OnlyExactMatch => Choice {
                    contact: record_to_log(&entry.lookup, contact, &self.config),
                    by,
                },
                _ => Choice { contact, by },
            }));
        } else if let Some(choice) = &mut entry.call.choice
            && let Some(fresh) = entry.lookup.contact(&choice.contact.id)
        {
            choice.contact = fresh.clone();
        }
        if entry.call.choice == before {
            vec![Effect::Publish(id)]
        } else {
            vec![Effect::Save(id), Effect::Publish(id)]
        }
    }

    fn change(&mut self, id: CallId, change: impl FnOnce(&mut Entry)) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Vec::new();
        };
        change(entry);
        vec![Effect::Save(id), Effect::Publish(id)]
    }

    fn tick(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        for entry in self.entries.values_mut() {
            let limit = match entry.call.state {
                CallState::Ringing => self.config.ring_limit,
                CallState::Answered | CallState::Held => self.config.talk_limit,
                CallState::Ended(_) => continue,
            };
            if now.steady.since(entry.heard) >= limit {
                entry.end(EndReason::Unknown, now);
                effects.extend(entry.ended_effects(self.config.log_rule));
            }
        }
        self.forget_old();
        effects
    }

    fn read_party(&self, wire: &WireParty) -> Party {
        Party {
            reading: read(&wire.raw, &self.config.home),
            display: wire.display.clone(),
        }
    }

    fn is_own(&self, reading: &Reading) -> bool {
        matches!(reading, Reading::Number(number) if self.config.own_numbers.iter().any(|own| own == number.e164()))
    }

    fn forget_old(&mut self) {
        let old: Vec<CallId> = self
            .entries
            .values()
            .rev()
            .filter(|entry| !entry.card && entry.call.state.is_over())
            .map(|entry| entry.call.id)
            .skip(KEEP_ENDED)
            .collect();
        for id in old {
            self.entries.remove(&id);
        }
    }
}

/// Of one person's records, the one in the connection where calls are logged.
fn record_to_log(lookup: &LookupView, chosen: Contact, config: &Config) -> Contact {
    let group = lookup
        .matches
        .iter()
        .find(|group| group.records().any(|record| record.id == chosen.id));
    group
        .and_then(|group| {
            group
                .records()
                .find(|record| Some(&record.id.connection) == config.log_here.as_ref())
        })
        .cloned()
        .unwrap_or(chosen)
}

fn same_party(one: &Reading, other: &Reading) -> bool {
    match (one, other) {
        (Reading::Number(a), Reading::Number(b)) => a.e164() == b.e164(),
        // One of them did not tell: direction and time have to do.
        (a, b) if !is_identity(a) || !is_identity(b) => true,
        (a, b) => a == b,
    }
}

fn distance(a: Steady, b: Steady) -> Duration {
    a.since(b).max(b.since(a))
}
