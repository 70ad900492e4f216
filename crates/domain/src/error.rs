//! One error for everything that can go wrong beyond the pure parts: what kind it is, whether asking again can help,
//! which operation it was, and words a person understands.
//!
//! Retrying looks only at [`Retry`]. The UI branches only on [`Kind::code`]. Delivery looks at [`Error::may_have_happened`].

use std::{borrow::Cow, fmt, time::Duration};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as far as the program acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The peer wants the person to sign in again.
    SignInNeeded,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// The record is gone, or never was.
    NotFound,
    /// The peer or we refuse the content; the message says which field.
    Invalid,
    /// It is there already, or it changed meanwhile.
    Conflict,
    RateLimited,
    /// No connection, or the peer is down.
    Unavailable,
    /// No answer before the deadline.
    Timeout,
    /// This connector cannot do that; its capability said so.
    Unsupported,
    /// The store, the keyring or a file on this machine.
    Storage,
    /// The secret store is missing, locked or does not answer.
    KeyringLocked,
    /// Our own fault; the message is for a bug report.
    Internal,
}

impl Kind {
    /// Stable, for the UI, for `--json` and for scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignInNeeded => "sign_in_needed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Storage => "storage",
            Self::KeyringLocked => "keyring_locked",
            Self::Internal => "internal",
        }
    }

    /// The kind behind a stored code; `Internal` for a code of a newer version.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        const ALL: [Kind; 12] = [
            Kind::SignInNeeded,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::Invalid,
            Kind::Conflict,
            Kind::RateLimited,
            Kind::Unavailable,
            Kind::Timeout,
            Kind::Unsupported,
            Kind::Storage,
            Kind::KeyringLocked,
            Kind::Internal,
        ];
        ALL.into_iter()
            .find(|kind| kind.code() == code)
            .unwrap_or(Kind::Internal)
    }
}

/// Whether asking again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same question gets the same answer.
    Never,
    /// Later, with growing pauses.
    Later,
    /// Not before this much time has passed; the peer said so.
    After(Duration),
    /// Only after a person did something: signed in, unlocked, corrected a field.
    AfterPerson,
}

/// An error value. Make it with [`Error::new`] and the builder methods; every text in it may be shown and logged, so no
/// secret and no full number may go in.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub retry: Retry,
    /// What was being done: `find_contact`, `open_store`.
    pub operation: &'static str,
    /// What happened, for a person. One sentence, no full stop.
    pub message: Cow<'static, str>,
    /// What to do next, for a person.
    pub hint: Option<Cow<'static, str>>,
    /// The field of a draft or of the settings that was refused.
    pub field: Option<String>,
    /// A write that failed like this may have taken effect all the same: the request went out, no answer came.
    pub may_have_happened: bool,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(kind: Kind, operation: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let retry = match kind {
            Kind::Unavailable | Kind::Timeout | Kind::RateLimited => Retry::Later,
            Kind::SignInNeeded | Kind::KeyringLocked | Kind::Forbidden => Retry::AfterPerson,
            _ => Retry::Never,
        };
        Self {
            kind,
            retry,
            operation,
            message: message.into(),
            hint: None,
            field: None,
            may_have_happened: false,
            source: None,
        }
    }

    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn maybe_happened(mut self) -> Self {
        self.may_have_happened = true;
        self
    }

    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
