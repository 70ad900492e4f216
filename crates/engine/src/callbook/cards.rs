//! Which calls have a card. A storm of calls on a queue must not bury the call that a person is in, nor the window.
//!
//! At most [`MOST_CARDS`] are open. What a person talks on comes first and is not pushed away; then what rings for them alone;
//! then what is over and a person worked on; then what rings for a whole queue; what is over and nobody touched gives way to
//! everything. A ringing call without a card is in the list, and gets one when there is room.
//!
//! Where nobody tells queues, all that rings seems to ring for the person alone. What they hear is what rings now: it takes
//! the card of what rings longest, of a caller nobody knows if there is one, and that one comes back when there is room.

use std::{cmp::Reverse, collections::BTreeSet};

use ringside_domain::{CallEvent, CallId, CallState, Change, Steady};

use super::{CallBook, Effect, entry::Entry, learn::worth_a_lookup};

/// So many cards are open at once.
pub const MOST_CARDS: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    /// The call has just begun.
    New,
    Open,
    /// Until there is room.
    Waiting(Turn),
    Closed,
}

/// Where a call stands in line, first come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    class: Class,
    is_unknown: bool,
    opened: Order,
    call: CallId,
}

/// Who waits longest in a queue is the next; of what rings on this phone, what rings now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Newest(Reverse<Steady>),
    Oldest(Steady),
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
    waiting: BTreeSet<Turn>,
}

impl Turn {
    fn of(entry: &Entry) -> Self {
        let class = Class::of(entry);
        Self {
            class,
            is_unknown: !entry.is_known(),
            opened: match class {
                Class::Queue => Order::Oldest(entry.opened),
                _ => Order::Newest(Reverse(entry.opened)),
            },
            call: entry.call.id,
        }
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
        let is_new = self.entries.get(&id).is_some_and(|entry| entry.card == Card::New);
        self.place(id);
        while let Some(&next) = self.cards.waiting.first() {
            if self.cards.open.len() >= MOST_CARDS {
                let Some(pushed) = self.gives_way_to(next.class) else {
                    break;
                };
                self.push_away(pushed, effects);
            }
            self.open(next);
            // It was in the list until now.
            if next.call != id
                && let Some(entry) = self.entries.get_mut(&next.call)
            {
                entry.shown = !entry.asks();
                effects.extend(entry.shown.then_some(Effect::Publish(next.call)));
            }
            self.ask(next.call, effects);
        }
        if is_new {
            self.exchange(id, effects);
        }
        self.ask(id, effects);
    }

    /// What begins to ring takes the card of what rings longest, where nothing else gives way.
    fn exchange(&mut self, id: CallId, effects: &mut Vec<Effect>) {
        let Some(Card::Waiting(turn)) = self.entries.get(&id).map(|entry| entry.card) else {
            return;
        };
        let open = self.cards.open.iter().filter_map(|id| self.entries.get(id));
        let alike = open.filter(|entry| Class::of(entry) == Class::Own && !entry.is_touched());
        let oldest = alike.min_by_key(|entry| (entry.is_known(), entry.opened, entry.call.id));
        if let Some(oldest) = oldest.map(|entry| entry.call.id).filter(|_| turn.class == Class::Own) {
            self.push_away(oldest, effects);
            self.open(turn);
        }
    }

    fn open(&mut self, turn: Turn) {
        self.cards.waiting.remove(&turn);
        self.cards.open.push(turn.call);
        if let Some(entry) = self.entries.get_mut(&turn.call) {
            entry.card = Card::Open;
        }
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
    pub(super) fn place(&mut self, id: CallId) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        match entry.card {
            Card::New => {}
            Card::Waiting(turn) => _ = self.cards.waiting.remove(&turn),
            Card::Open | Card::Closed => return,
        }
        if entry.call.state.is_over() {
            // Nobody saw it, and nobody is asked about it: a storm of calls is not one of questions.
            entry.card = Card::Closed;
            entry.unasked = false;
            return;
        }
        let turn = Turn::of(entry);
        entry.card = Card::Waiting(turn);
        self.cards.waiting.insert(turn);
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
            let turn = Turn::of(entry);
            entry.card = match entry.call.state {
                CallState::Ringing => Card::Waiting(turn),
                _ => Card::Closed,
            };
            if entry.card != Card::Closed {
                self.cards.waiting.insert(turn);
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
    /// Whether somebody was found, as far as that is known by now.
    fn is_known(&self) -> bool {
        !self.lookup.matches.is_empty()
    }

    fn asks(&self) -> bool {
        self.unasked && !self.is_of_no_interest() && worth_a_lookup(&self.call.remote.reading)
    }
}

/// Whether a call of which nobody knew has a card. What went on before anybody looked opens none.
pub(super) fn pops(event: &CallEvent) -> bool {
    match event.change {
        Change::Ringing => true,
        Change::Answered | Change::Held => !event.replay,
        Change::Ended(_) => false,
    }
}

fn stage(entry: &Entry) -> u8 {
    match entry.call.state {
        CallState::Answered | CallState::Held => 0,
        CallState::Ringing => 1,
        CallState::Ended(_) => 2,
    }
}
