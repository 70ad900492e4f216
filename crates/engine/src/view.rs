//! What the engine shows: pictures of calls, for the card, the list and the command line.
//!
//! A picture is whole; whoever gets one has nothing to merge. Inside it, matches are append-only: nothing that a person
//! may be about to click moves.

use ringside_domain::{
    Call, CallEvent, CallId, CallState, Contact, ContactRef, Creation, Error, Match, Timestamp, Trace,
    connector::{Connector, ConnectorInfo},
    journal::Write,
};
use std::sync::Arc;

use crate::config::NeverLog;

/// A connection in use, and whether calls are logged there unless the person chooses otherwise.
#[derive(Clone)]
pub struct Connection {
    pub connector: Arc<dyn Connector>,
    pub logs_here: bool,
    /// The CRM account's own id, as `check` gave it when the connection was added: markers are made of it.
    pub account: String,
}

/// One call with everything around it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallView {
    pub call: Call,
    /// Its card is open. In a storm a call may get its card later, or lose it to a more important one and get it back.
    pub card: bool,
    pub lookup: LookupView,
    /// Of this call's log writes that were not dropped, the newest that was refused or is unsure, whatever its connection; else
    /// that of the chosen contact's connection; else the newest of all.
    pub write: Option<Write>,
    /// The name of the connection it is or will be logged in, and the contact's name there.
    pub log_connection: Option<ConnectorInfo>,
    /// A log that is there may be put on another contact: its CRM moves it, or can tell that it was deleted there.
    pub log_moves: bool,
    /// A later change of note, outcome, fields or contact that is not in the CRM yet.
    pub changed: bool,
    /// Records with the caller's number that turned up in the CRM after this call's contact was created there: a colleague
    /// may have created the same person at the same time. They are among the matches, too. Empty once a person chose.
    pub twins: Vec<Contact>,
    /// The contact that is about to be created for this call.
    pub creation: Option<Creation>,
    /// Why it is never logged, as the person's lists are now.
    pub never_log: Option<NeverLog>,
    /// The caller is on the person's list of those who are never missed.
    pub vip: bool,
    /// What [`Engine::undo`](crate::Engine::undo) would take back.
    pub undo: Option<UndoView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoView {
    /// Whom the person chose; with the name of who it was before.
    Choice {
        before: Option<String>,
    },
    SetAside,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LookupView {
    pub running: bool,
    /// Only ever appended to.
    pub matches: Vec<MatchGroup>,
    /// One entry a connection, in the order of the connections.
    pub asked: Vec<Asked>,
    /// How many forms of the number went out.
    pub forms: usize,
    /// When the newest answer came.
    pub checked: Option<Timestamp>,
}

/// Records that are the same person: same number, and same normalised name or e-mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchGroup {
    pub best: Match,
    pub also: Vec<Contact>,
    /// A live answer no longer has it.
    pub gone: bool,
}

impl LookupView {
    /// The freshest data of a record in this picture.
    #[must_use]
    pub fn contact(&self, id: &ContactRef) -> Option<&Contact> {
        self.matches
            .iter()
            .flat_map(MatchGroup::records)
            .find(|record| record.id == *id)
    }
}

impl MatchGroup {
    pub fn records(&self) -> impl Iterator<Item = &Contact> {
        std::iter::once(&self.best.contact).chain(&self.also)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub info: ConnectorInfo,
    pub state: AskedState,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AskedState {
    Asking,
    /// No answer for [`crate::Config::slow_after`]; it is still being waited for.
    Slow,
    Found,
    /// Somebody is found, but a part of it could not be asked.
    Partly(Partly),
    NotFound,
    Failed(String),
    Skipped(&'static str),
}

/// What is missing of a connection's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partly {
    /// Each part, and why.
    pub why: String,
    /// Asked again later it may answer: who is found may be one of several, of whom the others are not known yet. What this
    /// account may never see does not count.
    pub passing: bool,
}

/// What a lookup without a call found.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    pub lookup: LookupView,
    pub trace: Trace,
}

/// One connection's own answer to a name.
#[derive(Debug)]
pub struct LiveAnswer {
    pub info: ConnectorInfo,
    pub contacts: Vec<Contact>,
    pub error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    pub contact: Contact,
    pub because: DuplicateReason,
}

/// Strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DuplicateReason {
    SameNumber,
    SameEmail,
    LikeName,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    Contact(Box<Contact>),
    /// It will be created, and can be taken back until then.
    Waiting(Box<Creation>),
    /// Nothing was created.
    Duplicates(Vec<Duplicate>),
}

/// What became of a number that was to be added to a contact.
#[derive(Debug)]
pub struct NumberAdded {
    pub contact: Contact,
    /// Why its CRM did not take the number. It is linked on this machine only: the next call from it is about this contact.
    pub linked_only: Option<Error>,
}

/// What the engine tells everybody who listens.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// One for each event that a source sent, in the order in which they were decided. Pictures follow, and one of them may
    /// show what several events came to.
    Heard(Box<Heard>),
    Call(Box<CallView>),
    /// A contact that is about to be created, at each step.
    Creation(Box<Creation>),
    CardClosed(CallId),
    /// Counts changed: ask for the status again.
    Counts,
    /// Calls were deleted: whoever shows some asks for them again.
    Forgotten,
}

/// An event, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub event: CallEvent,
    /// The call it was or became, and how that call stands after it; `None` when nothing was to be made of it.
    pub call: Option<(CallId, CallState)>,
}

/// Writes that need a look, and whether the journal is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: usize,
    pub refused: usize,
    pub unsure: usize,
    /// Contacts that are still to be created.
    pub creating: usize,
    /// Why the journal could not be written, as long as it can't.
    pub journal_error: Option<String>,
}

/// How a person decides an unsure or refused write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    ItIsThere,
    SendAgain,
    Drop,
}

/// How a person decides about a contact that is to be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreationDecision {
    Send,
    Drop,
}
