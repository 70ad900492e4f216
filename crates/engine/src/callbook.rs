//! The calls that are going on, as a pure state machine.
//!
//! Sources repeat themselves, contradict each other, arrive late and fall silent. [`CallBook::apply`] takes one input and
//! says what follows from it; it reads no clock and touches no disk, so every order of events can be tested without
//! sleeping. Three rules hold whatever comes in:
//!
//! - states only go forward: ringing, then answered or held, then ended;
//! - one call is one entry, whatever the number of sources that report it, and two keys of one source are two calls;
//! - what nobody saw is not invented: an end or a duration nobody saw is unknown.
//!
//! `join` says which call an event is about, `entry` what it means for it, `learn` whose word counts, `choice` whom it is
//! about, `end` how calls end, `resume` when they go on after all, and `cards` which of them are shown.

mod cards;
mod choice;
mod end;
mod entry;
mod forget;
mod join;
mod learn;
mod resume;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use ringside_domain::{
    Call, CallEvent, CallId, CallState, Change, Contact, ContactRef, Now, Outcome, SourceId, Steady, call::Choice,
};

pub use self::{cards::MOST_CARDS, entry::Entry};
use self::{
    cards::{Card, Cards, pops},
    join::{Ids, Whose},
    learn::{Parties, read_parties},
};
use crate::{config::Config, undo::Undo, view::LookupView};

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
    /// What the person has just done can be taken back: how it was before.
    Undoable {
        call: CallId,
        undo: Undo,
    },
    /// Takes it back.
    Undo {
        call: CallId,
    },
    CloseCard {
        call: CallId,
    },
    /// The call is erased.
    Forget {
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
    /// [`Input::Tick`] is due by then: something waits for its end.
    TickAfter(Duration),
}

#[derive(Debug)]
pub struct CallBook {
    entries: BTreeMap<CallId, Entry>,
    ids: Ids,
    cards: Cards,
    /// Calls that go on, or have a card.
    current: BTreeSet<CallId>,
    /// All others: calls that are over and have no card, with the time since when, to be forgotten one day.
    done: BTreeSet<(Steady, CallId)>,
    latest: Steady,
    config: Config,
    /// The zone new calls begin in.
    zone: String,
}

/// Ended calls without a card that are kept to recognise late reports; the journal has them all.
const KEEP_ENDED: usize = 256;
/// Calls in the book. No desk has as many; a source gone mad gets no further. Of more, the one that rings longest is ended.
const MOST_CALLS: usize = 1024;

impl CallBook {
    #[must_use]
    pub fn new(config: Config, zone: String) -> Self {
        Self {
            entries: BTreeMap::new(),
            ids: Ids::default(),
            cards: Cards::default(),
            current: BTreeSet::new(),
            done: BTreeSet::new(),
            latest: Steady::default(),
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

    /// Takes a call of the journal back into the book, without a card, because a person works on it. `false`: it is there.
    pub fn adopt(&mut self, call: Call, now: Now) -> bool {
        let id = call.id;
        if self.entries.contains_key(&id) {
            return false;
        }
        self.latest = self.latest.max(now.steady);
        self.take_in(Entry::of(call, now.steady));
        self.retire(id);
        true
    }

    /// One input and all that follows from it. `new_id` is asked when a call begins.
    pub fn apply(&mut self, input: Input, now: Now, new_id: &mut dyn FnMut() -> CallId) -> Vec<Effect> {
        self.latest = self.latest.max(now.steady);
        match input {
            Input::Event(event) => self.event(&event, new_id),
            Input::Looked {
                call,
                lookup,
                remembered,
                linked,
            } => self.looked(call, lookup, remembered.as_ref(), linked),
            Input::Choose { call, choice } => self.change(call, |entry| {
                entry.twins.clear();
                entry.undo = None;
                entry.nobody = choice.is_none();
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
            Input::SetAside { call, no_log } => self.change(call, |entry| {
                entry.undo = None;
                entry.set_aside(no_log);
            }),
            Input::Undoable { call, undo } => match self.entries.get_mut(&call) {
                Some(entry) => {
                    entry.undo = Some(undo);
                    vec![Effect::Publish(call)]
                }
                None => Vec::new(),
            },
            Input::Undo { call } => self.undo(call),
            Input::Forget { call } => self.forget(call),
            Input::CloseCard { call } => {
                let effects = self.close(call);
                self.retire(call);
                effects
            }
            Input::PaintNow { call } => match self.entries.get_mut(&call) {
                Some(entry) if !entry.shown => {
                    entry.shown = true;
                    vec![Effect::Publish(call)]
                }
                _ => Vec::new(),
            },
            Input::Tick => self.give_up_all(Entry::is_due),
        }
    }

    /// The calls that are to be logged by their rule although not everybody has answered: the program ends, and who has not
    /// answered by now is late.
    pub fn log_unanswered(&mut self) -> Vec<CallId> {
        let (now, config) = (self.latest, &self.config);
        let waiting = self.entries.values_mut().filter(|entry| entry.unlogged.is_some());
        let logged = waiting.filter_map(|entry| Some((entry.log_by_what_is_known(now, config)?, entry.call.id)));
        logged.map(|(_, id)| id).collect()
    }

    /// Which call an event was or became.
    #[must_use]
    pub fn call_of(&self, source: &SourceId, key: &str) -> Option<CallId> {
        self.ids.by_key(source, key)
    }

    #[must_use]
    pub fn ids(&self) -> Vec<CallId> {
        self.entries.keys().copied().collect()
    }

    /// How many calls are in the book: those that go on, those with a card, and a bounded number of older ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn event(&mut self, event: &CallEvent, new_id: &mut dyn FnMut() -> CallId) -> Vec<Effect> {
        let parties = read_parties(event, &self.config.home);
        // A tick may be late, as after sleep: a call that has left is none to join.
        let mut effects = self.give_up_all(Entry::has_left);
        let Whose { call, not } = self.same_call(event, &parties);
        let id = match call {
            Some(id) => {
                let Some(entry) = self.entries.get_mut(&id) else {
                    return effects;
                };
                effects.extend(entry.hear(event, parties, &self.config));
                id
            }
            // The end of something we know nothing of: worth a row only if it is news, and says who it was.
            None if matches!(event.change, Change::Ended(_)) && (event.replay || parties.remote.is_none()) => {
                return effects;
            }
            None => {
                self.make_room(&mut effects);
                let id = new_id();
                self.take_in(self.begin(id, event, parties));
                effects.push(Effect::Save(id));
                id
            }
        };
        if let Some(entry) = self.entries.get_mut(&id) {
            self.ids.note(event, entry);
            if entry.unasked {
                entry.set_barred_aside(&self.config);
            }
        }
        if let (Some(other), Some(provider_id)) = (not, &event.provider_call_id) {
            self.part(provider_id, other, id, &event.source);
        }
        self.revive(id);
        self.deal(id, &mut effects);
        self.retire(id);
        // It came so late that there is nothing left to wait for.
        effects.extend(self.give_up_all(Entry::has_left));
        effects
    }

    fn begin(&self, id: CallId, event: &CallEvent, parties: Parties) -> Entry {
        let mut entry = Entry::begin(id, event, parties, &self.zone);
        if self.by_provider_id(event.provider_call_id.as_ref()).is_some() {
            entry.told.id_is_taken = true;
            entry.call.provider_call_id = None;
        }
        if pops(event) {
            entry.card = Card::New;
        }
        entry
    }

    fn take_in(&mut self, entry: Entry) {
        let id = entry.call.id;
        self.ids.note_call(&entry);
        self.entries.insert(id, entry);
        self.current.insert(id);
    }

    fn make_room(&mut self, effects: &mut Vec<Effect>) {
        if self.entries.len() < MOST_CALLS {
            return;
        }
        let without_card = || {
            let entries = self.current.iter().filter_map(|id| self.entries.get(id));
            entries.filter(|entry| !entry.has_card() && !entry.call.state.is_over())
        };
        let ringing = without_card().find(|entry| entry.call.state == CallState::Ringing);
        let oldest = ringing.or_else(|| without_card().next()).map(|entry| entry.call.id);
        if let Some(id) = oldest {
            self.give_up(id, effects);
        }
    }

    /// Nothing is heard of the call any more.
    fn give_up(&mut self, id: CallId, effects: &mut Vec<Effect>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.give_up(self.latest);
            effects.extend(entry.ended_effects(self.latest, &self.config));
        }
        self.deal(id, effects);
        self.retire(id);
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
        entry.find_out(remembered, linked, &self.config);
        let is_news = entry.call.choice != before;
        let log = entry
            .unlogged
            .and_then(|_| entry.log_by_rule(self.latest, &self.config));
        // Who is known is the next in line.
        self.place(id);
        let save = is_news.then_some(Effect::Save(id));
        save.into_iter().chain([Effect::Publish(id)]).chain(log).collect()
    }

    fn undo(&mut self, id: CallId) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Vec::new();
        };
        let mut effects = vec![Effect::Save(id), Effect::Publish(id)];
        match entry.undo.take() {
            None => return Vec::new(),
            Some(Undo::Choice(before)) => entry.choose_again(*before, &self.config),
            Some(Undo::SetAside { no_log }) => {
                entry.set_aside(no_log);
                // It ended meanwhile, and its rule was passed by.
                effects.extend(entry.log_by_rule(self.latest, &self.config));
            }
        }
        effects
    }

    fn change(&mut self, id: CallId, change: impl FnOnce(&mut Entry)) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Vec::new();
        };
        change(entry);
        vec![Effect::Save(id), Effect::Publish(id)]
    }

    fn give_up_all(&mut self, which: impl Fn(&Entry, Steady, &Config) -> bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        let entries = self.current.iter().filter_map(|id| self.entries.get(id));
        let due: Vec<CallId> = entries
            .filter(|entry| which(entry, self.latest, &self.config))
            .map(|entry| entry.call.id)
            .collect();
        for id in due {
            self.give_up(id, &mut effects);
        }
        effects
    }

    /// A call that is over and has no card is kept for a while, with a bounded number of others.
    fn retire(&mut self, id: CallId) {
        if let Some(entry) = self.entries.get_mut(&id)
            && entry.card == Card::Closed
            && entry.call.state.is_over()
            && entry.done.is_none()
        {
            entry.done = Some(self.latest);
            self.done.insert((self.latest, id));
            self.current.remove(&id);
        }
        while self.done.len() > KEEP_ENDED {
            let Some((_, id)) = self.done.pop_first() else { return };
            if let Some(entry) = self.entries.remove(&id) {
                self.ids.forget(&entry);
            }
        }
    }
}
