//! The trace: everything one lookup did. Answers are kept as ids and counts, never as people's data, and forms of the
//! number are kept apart from the text so that they can be shown to the person and masked everywhere else.

use std::time::Duration;

use crate::{
    error::Kind,
    id::{CallId, ConnectionId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub call: Option<CallId>,
    pub at: Timestamp,
    /// Refresh asked past every cache.
    pub live: bool,
    pub took: Duration,
    pub steps: Vec<TraceStep>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TraceStep {
    /// `None`: the local index.
    pub connection: Option<ConnectionId>,
    /// What was asked: `GET /search/Candidate`, `address book, by key`. Redacted before it is made.
    pub request: String,
    /// The forms of the number that went out, as written.
    pub forms: Vec<String>,
    pub started_after: Duration,
    pub took: Duration,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Records returned, of which so many were proved by our own comparison.
    Found {
        records: usize,
        verified: usize,
    },
    Failed {
        kind: Kind,
        message: String,
    },
    /// Not asked, and why: `extension`, `no live search`.
    Skipped {
        reason: String,
    },
    /// What looks odd in the answer before it, for whoever wrote the connector: names of its members, nothing of people.
    Odd {
        reason: String,
    },
}
