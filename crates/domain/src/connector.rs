//! The port to a CRM: one trait, no default methods, and a value that says what a connector cannot do.
//!
//! The operations keep the names the field knows from App Connect. Callers ask the [`Capability`] first; a connector that
//! is asked for what it said it cannot do answers [`Kind::Unsupported`](crate::Kind::Unsupported).

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_phone::{Form, Reading};

use crate::{
    contact::{Contact, ContactDraft, ContactRef, ContactType, Found},
    error::Result,
    id::ConnectionId,
    log::{CallLogEntry, Captures, LogField, LogReceipt, LogRef},
    trace::TraceStep,
};

/// Dropping a lookup's future cancels its requests; a write's future is never dropped while it runs.
#[async_trait]
pub trait Connector: Send + Sync {
    fn info(&self) -> ConnectorInfo;
    fn capability(&self) -> Capability;
    /// Signs in and says whose account it is, and what of it can't be searched by number.
    async fn check(&self, cx: Cx) -> Result<Account>;
    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found>;
    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found>;
    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact>;
    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact>;
    /// Fills an empty number field, never overwrites one.
    async fn add_number(&self, cx: Cx, id: ContactRef, number: String) -> Result<Contact>;
    /// Writes the log in one or more steps. Each step is told to `progress` before it is sent and after it is answered; a
    /// step whose answer is known is not repeated.
    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt>;
    /// Changes a log of ours: note, outcome, or the contact where [`Capability::moves_logs`] is set.
    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt>;
    /// What this CRM wants to know about a call with this contact, with the choices there are. Only asked where
    /// [`Capability::log_fields`] is set.
    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>>;
    /// Every log that bears the entry's marker, oldest first. More than one means that two machines logged the same call.
    /// The rest of the entry says where to look: on which contact, since when.
    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>>;
}

/// What a connection is, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorInfo {
    pub connection: ConnectionId,
    /// The connector's name: `Address book`, `Bullhorn`.
    pub name: String,
    pub types: Vec<ContactType>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Each says one thing that a caller asks for by name.
pub struct Capability {
    /// By number.
    pub find: bool,
    pub find_with_name: bool,
    pub create: bool,
    pub add_number: bool,
    pub log: bool,
    pub update_log: bool,
    /// `update_log` may name another contact.
    pub moves_logs: bool,
    /// `find_log` works: a lost answer can be looked up.
    pub find_log: bool,
    /// `log_fields` may have something to ask.
    pub log_fields: bool,
    /// Extensions are worth asking for.
    pub knows_extensions: bool,
    /// Everything this connector could find is in the local index already, so a cached lookup need not ask it.
    pub indexed: bool,
    /// How long after a lost answer its write may still appear. `find_log` is asked only after that.
    pub settles_within: Duration,
}

/// The context of one operation: how long it may take, how fresh it must be, and where its trace goes.
#[derive(Clone)]
pub struct Cx {
    /// Time left for the whole operation. A connector gives up by itself before that; the caller cuts it off after.
    pub deadline: Duration,
    pub freshness: Freshness,
    pub trace: Arc<dyn TraceSink>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    Cached,
    /// Refresh: past every cache, end to end.
    Live,
}

pub trait TraceSink: Send + Sync {
    fn step(&self, step: TraceStep);
    /// What the CRM said to the person beside an answer that it gave: "logged, but the deal could not be linked". Of
    /// several the last one counts.
    fn said(&self, _words: &str) {}
    /// Who is found so far while the rest of a lookup is still being asked. The answer holds them again, with whatever more was
    /// learned of them.
    fn found(&self, _so_far: Vec<Contact>) {}
}

/// For what belongs to no lookup: signing in, a test of the connection.
#[derive(Clone, Copy, Debug)]
pub struct NoTrace;

impl TraceSink for NoTrace {
    fn step(&self, _: TraceStep) {}
}

/// A number in every way in which a CRM may hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberForms {
    pub reading: Reading,
    /// The user's own first, then the automatic ones, most likely first. Empty for an extension.
    pub forms: Vec<Form>,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NameQuery {
    pub text: String,
    /// Only these contact types; empty means all.
    pub types: Vec<String>,
    /// Part of the company's name, word by word. CRMs are not asked by it: who asks them compares.
    pub company: Option<String>,
    pub limit: usize,
}

/// Whose account a connection works in. The id is the same on every machine of the user: markers are made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: String,
    pub name: String,
    /// What this account can't be asked for although it is a good one, and why; for a person, each a sentence: of which contact
    /// types it finds nobody.
    pub limits: Vec<String>,
}

/// The journal's side of a write in steps.
///
/// Only requests that change something are steps. The first is always [`LOG_STEP`](crate::log::LOG_STEP): it makes the
/// record that bears the marker, and captures [`LOG_ID`](crate::log::LOG_ID) (and `LOG_URL`, if there is a page). When its
/// answer is lost, delivery looks for the marker and, if it is there, records the step as answered with these captures,
/// so that the connector goes on from there. Every later step must be safe to send twice: a link, a replacement, or
/// something the connector looks for itself before it sends it.
#[async_trait]
pub trait Progress: Send + Sync {
    /// The captures of a step that was answered before, in this run or before a crash.
    async fn answered(&self, step: &str) -> Option<Captures>;
    /// Durable before it returns: after this the step counts as sent.
    async fn begin(&self, step: &str) -> Result<()>;
    async fn done(&self, step: &str, captures: Captures) -> Result<()>;
    /// The request of this step certainly did not go out, or was refused: it may be sent again.
    async fn not_done(&self, step: &str) -> Result<()>;
}
