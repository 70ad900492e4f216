//! Which calls have a card. A storm of calls on a queue must not bury the call that a person is in, nor the window.
//!
//! At most [`MOST_CARDS`] are open. What a person talks on comes first and is not pushed away; then what rings for them alone;
//! then what is over and a person worked on; then what rings for a whole queue; what is over and nobody touched gives way to
//! everything. A ringing call without a card is in the list, and gets one when there is room.

use std::{cmp::Reverse, collections::BTreeSet};

use ringside_domain::{CallId, CallState, Steady};

use super::{CallBook, Effect, entry::Entry, learn::worth_a_lookup};

/// So many cards are open at once.
pub const MOST_CARDS: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    Open,
    /// Until there is room.
    Waiting(Class),
    Closed,
}

/// In the order in which they give way, last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Talking,
    Own,
    WorkedOn,
    Queue,
    Over,
}

#[derive(Debug, Default)]
pub(super) struct Cards {
    pub open: Vec<CallId>,
    /// The one that is next comes first.
    waiting: BTreeSet<(Class, Steady, CallId)>,
}

impl Card {
    pub fn waiting(entry: &Entry) -> Self {
        Self::Waiting(Class::of(entry))
    }
}

impl Class {
    fn of(entry: &Entry) -> Self {
        match entry.call.state {
            CallState::Answered | CallState::Held => Self::Talking,
            CallState::Ringing if entry.call.route.queue.is_none() => Self::Own,
            CallState::Ringing => Self::Queue,
            CallState::Ended(_) if entry.is_touched() => Self::WorkedOn,
            CallState::Ended(_) => Self::Over,
        }
    }
}

impl CallBook {
    /// Open cards: what is talked on, then what rings, then what is over; each newest first.
    pub fn cards(&self) -> impl Iterator<Item = &Entry> {
        let mut open: Vec<&Entry> = self.cards.open.iter().filter_map(|id| self.entries.get(id)).collect();
        open.sort_by_key(|entry| (stage(entry), Reverse((entry.opened, entry.call.id))));
        open.into_iter()
    }

    /// After something happened to this call: cards open and close, and who it is gets asked.
    pub(super) fn deal(&mut self, id: CallId, effects: &mut Vec<Effect>) {
        self.place(id);
        while let Some(&next) = self.cards.waiting.first() {
            if self.cards.open.len() >= MOST_CARDS {
                let Some(pushed) = self.gives_way_to(next.0) else { break };
                self.push_away(pushed, effects);
            }
            self.cards.waiting.remove(&next);
            self.cards.open.push(next.2);
            if let Some(entry) = self.entries.get_mut(&next.2) {
                entry.card = Card::Open;
                // It was in the list until now.
                if next.2 != id {
                    entry.shown = !entry.asks();
                    effects.extend(entry.shown.then_some(Effect::Publish(next.2)));
                }
            }
            self.ask(next.2, effects);
        }
        self.ask(id, effects);
    }

    /// A person put it away.
    pub(super) fn close(&mut self, id: CallId) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.has_card()) else {
            return Vec::new();
        };
        entry.card = Card::Closed;
        self.cards.open.retain(|open| *open != id);
        let mut effects = vec![Effect::CardClosed(id)];
        self.deal(id, &mut effects);
        effects
    }

    /// Where a call that waits for its card stands in line, if it still waits.
    fn place(&mut self, id: CallId) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let Card::Waiting(class) = entry.card else { return };
        self.cards.waiting.remove(&(class, entry.opened, id));
        if entry.call.state.is_over() {
            // Nobody saw it, and nobody is asked about it: a storm of calls is not one of questions.
            entry.card = Card::Closed;
            entry.unasked = false;
            return;
        }
        let class = Class::of(entry);
        entry.card = Card::Waiting(class);
        self.cards.waiting.insert((class, entry.opened, id));
    }

    /// The open card that is worth less than one of this class; of several the one that was there for the shortest time, but
    /// of those that are over the oldest.
    fn gives_way_to(&self, class: Class) -> Option<CallId> {
        let open = self.cards.open.iter().filter_map(|id| self.entries.get(id));
        let worst = open.max_by_key(|entry| {
            let newest_stays = matches!(Class::of(entry), Class::Over | Class::WorkedOn | Class::Talking);
            let age = (!newest_stays).then_some(entry.opened);
            (Class::of(entry), age, Reverse(entry.heard))
        })?;
        // Nobody talks on so many: most of them were never told to be over.
        let stuck = class == Class::Talking && Class::of(worst) == Class::Talking;
        (Class::of(worst) > class || stuck).then_some(worst.call.id)
    }

    fn push_away(&mut self, id: CallId, effects: &mut Vec<Effect>) {
        self.cards.open.retain(|open| *open != id);
        if let Some(entry) = self.entries.get_mut(&id) {
            let class = Class::of(entry);
            entry.card = match entry.call.state {
                CallState::Ringing => Card::Waiting(class),
                _ => Card::Closed,
            };
            if entry.card != Card::Closed {
                self.cards.waiting.insert((class, entry.opened, id));
            }
        }
        effects.push(Effect::CardClosed(id));
        self.retire(id);
    }

    /// Asks who it is, where a card shows it, or nobody waits for one.
    fn ask(&mut self, id: CallId, effects: &mut Vec<Effect>) {
        let room = self.cards.open.len() < MOST_CARDS;
        let Some(entry) = self.entries.get_mut(&id) else { return };
        if entry.asks() && (entry.has_card() || (room && entry.card == Card::Closed)) {
            entry.unasked = false;
            effects.push(Effect::LookUp(id));
        } else if !entry.shown && entry.unasked {
            entry.shown = true;
            effects.push(Effect::Publish(id));
        }
    }
}

impl Entry {
    fn asks(&self) -> bool {
        self.unasked && !self.call.no_log && worth_a_lookup(&self.call.remote.reading)
    }
}

fn stage(entry: &Entry) -> u8 {
    match entry.call.state {
        CallState::Answered | CallState::Held => 0,
        CallState::Ringing => 1,
        CallState::Ended(_) => 2,
    }
}
