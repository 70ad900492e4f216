//! Taking calls out of the book because they are erased: unlike a closed card, nothing of them stays to join a late report.

use ringside_domain::CallId;

use super::{CallBook, Effect};

impl CallBook {
    /// Whether the call is in the book and not over.
    #[must_use]
    pub fn goes_on(&self, id: CallId) -> bool {
        self.entries.get(&id).is_some_and(|entry| !entry.call.state.is_over())
    }

    /// Takes out a call that is over. One that goes on stays.
    pub fn forget(&mut self, id: CallId) -> Vec<Effect> {
        if self.goes_on(id) {
            return Vec::new();
        }
        // Its card makes room for one that waits; a waiting one leaves the line.
        let effects = self.close(id);
        self.place(id);
        let Some(entry) = self.entries.remove(&id) else {
            return effects;
        };
        self.ids.forget(&entry);
        self.current.remove(&id);
        if let Some(since) = entry.done {
            self.done.remove(&(since, id));
        }
        effects
    }
}
