//! The port to the journal: the durable record of every call and of every write still owed to a CRM.
//!
//! A write is a row here **before** it is a request. Each method is durable when it returns.

use async_trait::async_trait;

use crate::{
    call::{Call, Outcome},
    contact::{Contact, ContactRef},
    creation::Creation,
    error::{Kind, Result},
    id::{CallId, ConnectionId, CreationId, WriteId},
    log::{CallLogEntry, Captures, LogRef},
    time::Timestamp,
    trace::Trace,
};

#[async_trait]
pub trait Journal: Send + Sync {
    /// Inserts or replaces everything but note, outcome and fields, which have their own methods. Fields of another contact
    /// than the chosen one are forgotten.
    async fn save_call(&self, call: Call) -> Result<()>;
    async fn save_note(&self, call: CallId, note: String, outcome: Option<Outcome>) -> Result<()>;
    /// What the person chose for the log on this contact. [`Call::fields`] has it while the call is about this contact.
    async fn save_fields(&self, call: CallId, contact: ContactRef, fields: Vec<(String, String)>) -> Result<()>;
    async fn call(&self, id: CallId) -> Result<Option<Call>>;
    /// Newest first.
    async fn calls(&self, page: CallPage) -> Result<Vec<Call>>;
    /// Calls that were not over when they were last written: after a crash their end is unknown.
    async fn open_calls(&self) -> Result<Vec<Call>>;

    /// Takes a write into the books. There is one log write a call and connection: a second one answers with the first.
    async fn owe(&self, write: Write) -> Result<Write>;
    /// Replaces everything of a write but what it is: its id, its call, its connection, its kind, and when it was owed.
    async fn update_write(&self, write: Write) -> Result<()>;
    /// Writes that somebody still has to do with: waiting, refused, unsure, or logged with a `next_try`, at which
    /// delivery takes a last look for another machine's log of the same call.
    async fn open_writes(&self) -> Result<Vec<Write>>;
    async fn writes_of(&self, call: CallId) -> Result<Vec<Write>>;
    async fn write(&self, id: WriteId) -> Result<Option<Write>>;
    async fn save_step(&self, write: WriteId, step: StepRecord) -> Result<()>;
    async fn steps(&self, write: WriteId) -> Result<Vec<StepRecord>>;

    /// Inserts or replaces.
    async fn save_creation(&self, creation: Creation) -> Result<()>;
    async fn creation(&self, id: CreationId) -> Result<Option<Creation>>;
    /// Contacts to be created that somebody still has to do with, oldest first.
    async fn open_creations(&self) -> Result<Vec<Creation>>;
    async fn forget_creation(&self, id: CreationId) -> Result<()>;
    /// Forgets those that were asked for before then and with which nobody has to do any more.
    async fn forget_creations(&self, older_than: Timestamp) -> Result<()>;

    /// Which contact the person chose for this number before, newest first.
    async fn remembered_choice(&self, e164: String) -> Result<Option<ContactRef>>;
    /// A link to another contact goes with it.
    async fn remember_choice(&self, e164: String, contact: Option<ContactRef>, at: Timestamp) -> Result<()>;
    /// The contact to which the person linked this number, as it was then: its CRM could not take the number.
    async fn linked(&self, e164: String) -> Result<Option<Contact>>;
    /// Remembers the choice, and the contact with it.
    async fn link(&self, e164: String, contact: Contact, at: Timestamp) -> Result<()>;

    async fn save_trace(&self, trace: Trace) -> Result<()>;
    /// Newest first.
    async fn traces(&self, call: CallId) -> Result<Vec<Trace>>;
    async fn forget_traces(&self, older_than: Timestamp) -> Result<()>;

    /// Deletes up to `most` of the oldest calls that began before this, with everything that is known of them, and says how
    /// many it were. A call that goes on stays, and so does one of `except`, and one of which something is owed: a log that
    /// waits, was refused or is unsure, or a contact that is still to be created. What the address book of this machine was
    /// told of such calls goes with them.
    async fn forget_calls(&self, older_than: Timestamp, except: Vec<CallId>, most: usize) -> Result<usize>;
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPage {
    /// Only calls that began before this one did.
    pub before: Option<(Timestamp, CallId)>,
    pub limit: usize,
    pub missed_only: bool,
    /// Only calls that are over, not set aside, and have no log that is waiting or done.
    pub not_logged_only: bool,
    /// Only calls whose log is in this state.
    pub log: Option<LogState>,
    /// Part of a name, a company, a line or a number's digits.
    pub text: Option<String>,
}

/// What became of a call's logs: a call is found by each of its writes that is open, as logged when nothing is, and where there
/// is no write that was not dropped, by what is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogState {
    NotLogged,
    /// It is not to be logged.
    SetAside,
    Waiting,
    Logged,
    Refused,
    Unsure,
}

/// One write owed to a CRM.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub id: WriteId,
    pub call: CallId,
    pub connection: ConnectionId,
    pub kind: WriteKind,
    pub entry: CallLogEntry,
    pub state: WriteState,
    pub attempts: u32,
    pub created: Timestamp,
    /// When the newest attempt ended that may have sent something, as far as this is known.
    pub last_sent: Option<Timestamp>,
    /// Not before this.
    pub next_try: Option<Timestamp>,
    /// What the CRM said beside taking it, for the person.
    pub said: Option<String>,
    /// What the person wanted it to be after it was sent: owed as an update once the log is there, and what is sent
    /// instead where it never was.
    pub wanted: Option<Box<CallLogEntry>>,
    /// How often the log was sent again because its answer was lost and the log was not found.
    pub resent: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum WriteKind {
    Log,
    /// Changes a log that is there: a later note, or another contact.
    Update(LogRef),
}

/// The four ends of a write, and what lies before them. All of them can be seen.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteState {
    /// Will be sent: now, after a pause, or when the connection is back. With the reason of the last failure.
    Waiting(Option<Failure>),
    Logged(LogRef),
    /// The CRM said no; only a person can help.
    Refused(Failure),
    /// Sent without an answer, and the CRM can't be searched; or two machines logged it. A person decides.
    Unsure(Failure),
    /// A person decided that it need not be sent.
    Dropped,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    pub message: String,
    pub hint: Option<String>,
    /// The field that the CRM refused: a [`LogField`](crate::log::LogField)'s name, or `note`.
    pub field: Option<String>,
}

/// How far one step of a write came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    pub step: String,
    pub state: StepState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// About to be sent, or sent: the answer is not known.
    Sent,
    Answered(Captures),
    /// Certainly not done; may be sent again.
    NotDone,
}
