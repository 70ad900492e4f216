//! A contact that a person wants created: kept for a moment in which it can be taken back, then sent to its CRM.
//!
//! It is a row in the journal before it is anything else, so that neither a crash nor a CRM that is away loses what was
//! typed; and it is [`Sent`](CreationState::Sent) there before it is a request, so that it is never sent blindly twice.

use crate::{
    contact::{Contact, ContactDraft, ContactRef},
    id::{CallId, CreationId},
    source::Trouble,
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Creation {
    pub id: CreationId,
    /// The call that will be about the contact. `None`: there is none, or the person chose somebody else meanwhile.
    pub call: Option<CallId>,
    /// All that was typed.
    pub draft: ContactDraft,
    /// The person wants it although there are records like it.
    pub force: bool,
    /// The call is to be logged on the contact as soon as it is there.
    pub log: bool,
    /// Records like it that were there right before it was sent: none of them is the new one. `None`: it could not be asked.
    pub before: Option<Vec<ContactRef>>,
    pub state: CreationState,
    /// How often it was sent, or could not be looked for.
    pub attempts: u32,
    /// When the person asked for it.
    pub asked: Timestamp,
    /// When it is sent, tried again, or looked for. `None`: a person decides, or nothing is left to do.
    pub due: Option<Timestamp>,
    /// What is to be read beside it once it is there: what the CRM said, and what Ringside found out.
    pub said: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CreationState {
    /// Nothing is in the CRM, for certain; with the reason of the last failure.
    Waiting(Option<Trouble>),
    /// About to be sent, or sent: the answer is not known. It is looked for before anything else is done.
    Sent(Option<Trouble>),
    /// It is there, and its call is to be about it.
    Created(Contact),
    /// It is there, and nothing is left to do.
    Finished(Contact),
    /// The CRM said no; the field of the draft is in it where the CRM named one.
    Refused(Trouble),
    /// Sent without an answer, and not found afterwards as the only one of its sort. A person decides.
    Unsure(Trouble),
    /// A person took it back.
    Undone,
}

impl Creation {
    /// Whether somebody still has to do with it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state, CreationState::Finished(_) | CreationState::Undone)
    }

    /// Whether the contact is still to come. A call that is assigned to it waits for it.
    #[must_use]
    pub const fn is_to_come(&self) -> bool {
        self.is_open() && !matches!(self.state, CreationState::Created(_))
    }
}
