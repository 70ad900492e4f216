//! How `ringside` ends, for scripts. `docs/cli.md` lists the codes.

use std::{io, process::ExitCode};

use ringside_ipc::ApiError;

/// The code of an [`ApiError`] for a command line that says what cannot be.
pub const USAGE: &str = "usage";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// It went well, and nobody was found.
    NothingFound,
    Usage,
    /// Refused, by us or by a CRM: asking again changes nothing.
    Refused,
    /// Not now: locked, offline, busy, not signed in.
    Unavailable,
    Internal,
}

impl Exit {
    pub fn of(error: &ApiError) -> Self {
        match error.code.as_str() {
            "not_found" => Self::NothingFound,
            USAGE => Self::Usage,
            "invalid" | "conflict" | "forbidden" | "unsupported" | "unsaved" | "bad_command" => Self::Refused,
            "sign_in_needed" | "cancelled" | "rate_limited" | "unavailable" | "timeout" | "keyring_locked" => {
                Self::Unavailable
            }
            _ => Self::Internal,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::NothingFound => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Unavailable => 4,
            Exit::Internal => 5,
        })
    }
}

/// Output that nobody reads any more (`ringside calls | head -1`) is no error.
pub fn written(result: io::Result<()>) -> Result<(), ApiError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ApiError::new(
            "storage",
            format!("the output could not be written: {error}"),
        )),
        _ => Ok(()),
    }
}
