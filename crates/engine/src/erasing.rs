//! Calls by their ids, for a person who wants to see or erase all that is kept of somebody; and letting go of what is erased,
//! so that nothing in memory brings it back.

use std::sync::PoisonError;

use ringside_domain::{CallId, CreationId, Error, Kind, Result, Retry};
use tokio::sync::MutexGuard;

use crate::{
    callbook::Input,
    engine::Engine,
    view::{CallView, LookupView},
};

impl Engine {
    /// These calls, in this order; those that are not there any more are left out.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn calls_named(&self, ids: &[CallId]) -> Result<Vec<CallView>> {
        self.shared.saver.flush().await?;
        let mut views = Vec::with_capacity(ids.len());
        for id in ids {
            let live = self
                .book()
                .get(*id)
                .map(|entry| (entry.call.clone(), entry.lookup.clone()));
            let (call, lookup) = match live {
                Some(live) => live,
                None => match self.shared.journal.call(*id).await? {
                    Some(call) => (call, LookupView::default()),
                    None => continue,
                },
            };
            for write in self.shared.journal.writes_of(*id).await? {
                self.remember_write(write);
            }
            views.push(self.view(call, lookup));
        }
        Ok(views)
    }

    /// Takes calls out of the book, closes their cards, and stops what is still being asked about them; takes contacts that
    /// are to be created out of the books. Everything that was decided about them is in the journal when this answers, and as
    /// long as the answer is held nothing of them is written there: that is when they are deleted.
    ///
    /// # Errors
    /// [`Kind::Conflict`] while a call goes on, a log is being sent or a contact is being created, and then nothing happens;
    /// when the journal can't be read or written.
    pub async fn let_go(&self, calls: &[CallId], creations: &[CreationId]) -> Result<LetGo<'_>> {
        let turn = self.shared.orderly.lock().await;
        let books = self.shared.creations.stop_writing().await;
        if calls.iter().any(|id| self.book().goes_on(*id)) {
            return Err(not_now("a call with this person goes on", "Erase them when it is over"));
        }
        if creations.iter().any(|id| self.shared.creations.is_being_sent(*id)) {
            let message = "a contact for this person is being created just now";
            return Err(not_now(message, "Erase them in a moment"));
        }
        for id in calls {
            for write in self.shared.journal.writes_of(*id).await? {
                if self.shared.delivery.is_being_sent(write.id) {
                    let message = "a call with this person is being logged just now";
                    return Err(not_now(message, "Erase them in a moment"));
                }
            }
        }
        let let_go = LetGo {
            engine: self,
            _turn: turn,
            _books: books,
        };
        let_go.forget(calls, creations);
        self.shared.saver.flush().await?;
        Ok(let_go)
    }
}

/// Nobody notes, logs, creates or takes back as long as this is held.
pub struct LetGo<'a> {
    engine: &'a Engine,
    _turn: MutexGuard<'a, ()>,
    _books: MutexGuard<'a, ()>,
}

impl LetGo<'_> {
    /// These were deleted: somebody may have looked at one of them meanwhile, or it is new.
    pub fn forget(&self, calls: &[CallId], creations: &[CreationId]) {
        for id in calls {
            let lookups = self.engine.shared.lookups.lock();
            if let Some(lookup) = lookups.unwrap_or_else(PoisonError::into_inner).remove(id) {
                lookup.abort();
            }
            self.engine.apply(Input::Forget { call: *id });
        }
        self.engine.shared.creations.forget(creations);
    }
}

fn not_now(message: &'static str, hint: &'static str) -> Error {
    Error::new(Kind::Conflict, "let_go", message)
        .retry(Retry::Later)
        .hint(hint)
}
