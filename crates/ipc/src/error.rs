//! An error as it crosses: a stable code to branch on, words and a next step for the person.

use ringside_domain::{Error, source::Trouble};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ApiError {
    /// One of `Kind::code`, `bad_command`, `unsaved` for a quit that would lose calls, or `cancelled`.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// The field of a form that was refused.
    pub field: Option<String>,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for ApiError {
    fn from(error: &Error) -> Self {
        Self {
            code: error.kind.code().into(),
            message: error.message.to_string(),
            hint: error.hint.as_ref().map(ToString::to_string),
            field: error.field.clone(),
        }
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        Self {
            code: trouble.kind.code().into(),
            message: trouble.message,
            hint: trouble.hint,
            field: trouble.field,
        }
    }
}

impl ApiError {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            hint: None,
            field: None,
        }
    }

    /// A field of a form or of the settings that was refused.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new("invalid", message)
        }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, ". {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ApiError {}
