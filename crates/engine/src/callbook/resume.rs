//! Calls that go on although they seemed to be over: the program ended while they did, or nothing was heard of them for so
//! long that they were given up. They stay the call they were, so that nobody has one conversation twice in the list.

use ringside_domain::{Call, CallEvent, CallId, CallState, Now};

use super::{
    CallBook, MOST_CALLS,
    cards::{Card, pops},
    entry::Entry,
};

impl CallBook {
    /// Takes a call back into the book that went on when the program ended. It has no card, and waits for a source to tell
    /// of it by the provider's id: for [`Config::resume_window`](crate::Config::resume_window), then its end is unknown.
    ///
    /// `false`: nobody could tell that it is this call, so nothing is waited for.
    pub fn resume(&mut self, call: Call, now: Now) -> bool {
        let began_long_ago = now.wall.since(call.started) >= self.config.talk_limit;
        let provider_id = call.provider_call_id.as_ref();
        let has_id = provider_id.is_some() && self.by_provider_id(provider_id).is_none();
        let room = self.entries.len() < MOST_CALLS;
        if !has_id || !room || began_long_ago || call.state.is_over() || self.entries.contains_key(&call.id) {
            return false;
        }
        self.latest = self.latest.max(now.steady);
        let mut entry = Entry::of(call, now.steady);
        entry.awaited = true;
        self.take_in(entry);
        true
    }

    /// A call that was given up, and is none of those kept for late reports any more.
    pub(super) fn revive(&mut self, id: CallId) {
        if let Some(entry) = self.entries.get_mut(&id)
            && !entry.call.state.is_over()
            && let Some(since) = entry.done.take()
        {
            self.done.remove(&(since, id));
            self.current.insert(id);
        }
    }
}

impl Entry {
    /// The call was given up, and goes on. Nobody had told its end, so no state goes backwards.
    pub(super) fn take_back(&mut self) -> bool {
        let Some(over) = self.over.filter(|over| over.given_up) else {
            return false;
        };
        self.over = None;
        self.call.state = if over.talked {
            CallState::Answered
        } else {
            CallState::Ringing
        };
        true
    }

    /// A card for a call that goes on without one, as for a new one.
    pub(super) fn show_again(&mut self, event: &CallEvent) {
        if pops(event) && self.card == Card::Closed {
            self.card = Card::New;
            self.unasked = true;
        }
    }
}
