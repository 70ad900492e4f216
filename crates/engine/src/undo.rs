//! Taking back the newest thing a person did with a call: whom they chose for it, or that they set it aside.
//!
//! What they did before is kept with the call in the book, one step and in memory only: after a restart nothing can be taken
//! back, and nobody is told that it could. A choice can be taken back until the call's log is owed to a CRM; it takes what
//! was remembered for the number along, and the link of a number that stays on this machine; and it brings back the contact
//! that was to be created until somebody else was chosen.

use ringside_domain::{
    CallId, Contact, ContactRef, Error, Kind, Result, WriteState,
    call::{Call, Choice},
};

use crate::{
    callbook::Input,
    creation::WaitedFor,
    engine::Engine,
    logging::e164,
    view::{CallView, UndoView},
};

/// How it was before.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    Choice(Box<ChoiceBefore>),
    SetAside { no_log: bool },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChoiceBefore {
    pub choice: Option<Choice>,
    /// What was chosen for the log on that contact.
    pub fields: Vec<(String, String)>,
    pub twins: Vec<Contact>,
    /// A person had said that it is nobody of those who were found.
    pub nobody: bool,
    /// Somebody else was at the other end by then than when that choice was made.
    pub doubtful: bool,
    pub memory: Option<Memory>,
    /// What was remembered for another number, which was linked with the choice.
    pub other_memory: Option<Memory>,
    /// The contact that was to be created then, and that the choice took back.
    pub waited: Option<WaitedFor>,
}

/// What the journal had for a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub e164: String,
    pub choice: Option<ContactRef>,
    pub linked: Option<Contact>,
}

impl Engine {
    /// Takes back the newest choice or setting aside of this call. Durable when it answers.
    ///
    /// # Errors
    /// When there is no such call or nothing to take back, or when the journal can't be written: then nothing changed.
    pub async fn undo(&self, id: CallId) -> Result<CallView> {
        let _turn = self.shared.orderly.lock().await;
        self.adopt(id).await?;
        let undo = self.book().get(id).and_then(|entry| entry.undo().cloned());
        let offered = self.view_of(id)?.undo.is_some();
        let Some(undo) = undo.filter(|_| offered) else {
            return Err(
                Error::new(Kind::Conflict, "undo", "There is nothing to take back on this call")
                    .hint("Choose another contact, or log the call"),
            );
        };
        match undo {
            Undo::Choice(before) => {
                for memory in [&before.memory, &before.other_memory].into_iter().flatten() {
                    self.put_back(memory.clone()).await?;
                }
                self.apply(Input::Undo { call: id });
                self.shared.saver.flush().await?;
                if let Some(choice) = before.choice.filter(|_| !before.fields.is_empty()) {
                    // The journal forgot them with the contact they were for.
                    let journal = &self.shared.journal;
                    journal.save_fields(id, choice.contact.id, before.fields).await?;
                }
                if let Some(waited) = before.waited {
                    self.wait_again(id, waited).await?;
                }
            }
            Undo::SetAside { .. } => {
                self.apply(Input::Undo { call: id });
                self.shared.saver.flush().await?;
            }
        }
        self.view_of(id)
    }

    /// How the choice of this call is now, with what is remembered for its number. `None`: it can't be read, so it could
    /// not be put back.
    pub(crate) async fn choice_before(&self, id: CallId) -> Option<ChoiceBefore> {
        let (mut before, number) = {
            let book = self.book();
            let entry = book.get(id)?;
            (entry.choice_before(), e164(&entry.call.remote.reading))
        };
        if let Some(number) = number {
            before.memory = Some(self.memory_of(number).await?);
        }
        Some(before)
    }

    pub(crate) async fn memory_of(&self, e164: String) -> Option<Memory> {
        let journal = &self.shared.journal;
        Some(Memory {
            choice: journal.remembered_choice(e164.clone()).await.ok()?,
            linked: journal.linked(e164.clone()).await.ok()?,
            e164,
        })
    }

    /// What `undo` would take back now.
    pub(crate) fn undo_of(&self, call: &Call) -> Option<UndoView> {
        let undo = self.book().get(call.id)?.undo().cloned()?;
        match undo {
            Undo::SetAside { .. } => Some(UndoView::SetAside),
            Undo::Choice(before) => {
                let mut writes = self.writes_of(call.id).into_iter();
                let is_owed = writes.any(|write| write.state != WriteState::Dropped);
                (!is_owed).then(|| UndoView::Choice {
                    before: before.choice.map(|choice| choice.contact.name),
                })
            }
        }
    }

    async fn put_back(&self, memory: Memory) -> Result<()> {
        let now = self.shared.clock.now().wall;
        let journal = &self.shared.journal;
        match memory.linked {
            Some(linked) => journal.link(memory.e164, linked, now).await,
            None => {
                // A link to the same contact would stay with its choice.
                journal.remember_choice(memory.e164.clone(), None, now).await?;
                journal.remember_choice(memory.e164, memory.choice, now).await
            }
        }
    }
}
