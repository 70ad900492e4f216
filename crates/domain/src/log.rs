//! What is written to a CRM about a call, and how a write is recognised again.

use std::{fmt, time::Duration};

use crate::{
    call::{Direction, EndReason, Outcome},
    contact::{ContactRef, FieldOption},
    time::Timestamp,
};

/// Everything a connector needs to log one call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallLogEntry {
    pub contact: ContactRef,
    /// The contact's name when it was chosen, for subjects and messages.
    pub contact_name: String,
    pub direction: Direction,
    /// The other end's number as E.164, an extension or a SIP address; `None` when withheld.
    pub number: Option<String>,
    pub line: Option<String>,
    pub started: Timestamp,
    pub zone: String,
    /// `None`: unknown. Never a guess.
    pub duration: Option<Duration>,
    pub end: Option<EndReason>,
    pub outcome: Option<Outcome>,
    pub note: String,
    /// What the person chose of [`LogField`]s, by name.
    pub fields: Vec<(String, String)>,
    pub marker: Marker,
}

/// Something this CRM wants to know about a call, asked for in the dialog: the matter or deal it belongs to, the action of the
/// note. Mostly a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogField {
    pub name: String,
    pub label: String,
    pub required: bool,
    /// It is typed, and there are no options.
    pub typed: bool,
    /// One of the options' values, or the text that stands there at first.
    pub default: Option<String>,
    pub options: Vec<FieldOption>,
    /// Why the choices could not be asked for. The other fields hold all the same, and so does the log without this one.
    pub failed: Option<String>,
}

/// The text by which our own log is found again in a CRM: in an external-id field, else as the last line of the note.
///
/// Made of the CRM account, the line and the provider's call id, so that two machines of one user make one log; without
/// a provider's id it is made of our own call id, and holds for one machine only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    text: String,
    shared: bool,
}

impl Marker {
    /// `text` must be free of spaces and quotes, so that every CRM can search for it.
    pub fn new(text: impl Into<String>, shared: bool) -> Self {
        Self {
            text: text.into(),
            shared,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether another machine of the same user makes the same marker for this call.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A log in its CRM.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogRef {
    pub id: String,
    /// The log's page, for a browser. https only.
    pub url: Option<String>,
}

impl LogRef {
    /// The captures of an answered [`LOG_STEP`]: what a connector goes on with after a crash.
    #[must_use]
    pub fn captures(&self) -> Captures {
        let url = self.url.iter().map(|url| (LOG_URL.to_owned(), url.clone()));
        std::iter::once((LOG_ID.to_owned(), self.id.clone()))
            .chain(url)
            .collect()
    }

    /// The log behind such captures.
    #[must_use]
    pub fn from_captures(captures: &[(String, String)]) -> Option<Self> {
        let value = |name| {
            captures
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        Some(Self {
            id: value(LOG_ID)?,
            url: value(LOG_URL),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReceipt {
    pub log: LogRef,
}

/// The step that makes the record which bears the marker: the first one of every log.
pub const LOG_STEP: &str = "log";
/// The capture of [`LOG_STEP`] that holds the log's id.
pub const LOG_ID: &str = "log_id";
/// The capture of [`LOG_STEP`] that holds the log's page, where it has one.
pub const LOG_URL: &str = "log_url";

/// What a step of a write learned and a later step needs: an activity id, a session's account id.
pub type Captures = Vec<(String, String)>;
