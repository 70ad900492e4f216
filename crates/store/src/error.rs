//! What SQLite says, in words for a person. Messages carry no data: SQLite names tables and columns, never values, and
//! the one error that quotes a whole statement is left out.

use ringside_domain::{Error, Kind, Retry};
use rusqlite::ErrorCode;

/// The inside's error: either SQLite's, which may mean damage that can be mended, or one that is ready to be shown.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Told(Box<Error>),
}

pub(crate) type Answer<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(Box::new(error))
    }
}

impl Fault {
    /// Whether reading found bytes that SQLite did not write, or a table that is gone.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(code, text)) => {
                matches!(code.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                    || text.as_deref().is_some_and(|text| text.starts_with("no such table"))
            }
            Self::Sql(rusqlite::Error::SqlInputError { msg, .. }) => {
                msg.starts_with("no such table")
                    || msg.starts_with("no such column")
                    || msg.contains("vtable constructor failed")
            }
            // A column that holds something else than was written there.
            Self::Sql(
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..),
            ) => true,
            Self::Sql(_) | Self::Told(_) => false,
        }
    }

    pub fn tell(self, operation: &'static str) -> Error {
        let error = match self {
            Self::Told(error) => return *error,
            Self::Sql(error) => error,
        };
        let code = error.sqlite_error_code();
        let told = match code {
            Some(ErrorCode::DiskFull) => Error::new(Kind::Storage, operation, "the disk is full")
                .hint("Free some space; nothing that was saved before is lost")
                .retry(Retry::Later),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::new(Kind::Storage, operation, "another program is holding the database")
                    .hint("Close other copies of Ringside that use this profile")
                    .retry(Retry::Later)
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Error::new(Kind::Storage, operation, "the database may not be opened or written")
                    .hint("Check who owns the profile folder and what its permissions are")
                    .retry(Retry::AfterPerson)
            }
            Some(ErrorCode::SystemIoFailure) => Error::new(Kind::Storage, operation, "the disk did not read or write")
                .hint("Check the disk; nothing that was saved before is changed")
                .retry(Retry::Later),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Error::new(Kind::Storage, operation, "the database is damaged")
                    .hint("Keep a copy of the file before anything else; what can still be read stays usable")
            }
            Some(ErrorCode::ConstraintViolation) => Error::new(
                Kind::Conflict,
                operation,
                "this is in the database already, in another shape",
            ),
            _ => Error::new(Kind::Storage, operation, "the database did not do what was asked"),
        };
        match error {
            rusqlite::Error::SqliteFailure(code, _) => told.because(code),
            rusqlite::Error::SqlInputError { error, .. } => told.because(error),
            other => told.because(other),
        }
    }
}
