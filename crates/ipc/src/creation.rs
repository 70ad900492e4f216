//! Contacts that are about to be created: for ten seconds a person can take one back, and then nothing was ever sent.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    contact::{ContactDto, DraftDto},
    error::ApiError,
};

/// A contact that a person wants created. It is in the journal from the first moment, so that neither a crash nor a CRM
/// that is away loses what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CreationDto {
    pub id: String,
    /// The call that is assigned to the contact once it is there.
    pub call: Option<String>,
    /// All that was typed.
    pub draft: DraftDto,
    pub connection_name: String,
    pub type_label: String,
    /// What is to be read beside it once it is there, such as what the CRM said.
    pub said: Option<String>,
    pub state: CreationStateDto,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CreationStateDto {
    /// Nothing has been sent; it will be then, Unix milliseconds, or tried again then. `why`: what went wrong before.
    Waiting {
        until: i64,
        why: Option<ApiError>,
    },
    /// `why`: its answer did not come, so it is looked for there before anything is sent again.
    Sending {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        why: Option<ApiError>,
    },
    Created {
        contact: Box<ContactDto>,
    },
    /// The CRM said no; `error.field` is a field of the draft where it names one.
    Refused {
        error: ApiError,
    },
    /// Sent without an answer, and it could not be found there afterwards. A person decides.
    Unsure {
        error: ApiError,
    },
    /// Taken back.
    Undone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CreationArgs {
    pub creation: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SettleCreationArgs {
    pub creation: String,
    pub decision: CreationDecision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CreationDecision {
    /// Now: the wait is over, or once more after a refusal.
    Send,
    /// It is not to be created, or is known to be there.
    Drop,
}
