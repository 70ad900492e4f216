//! Connecting a CRM: which connectors there are and what they ask for, and the state of a connection that is made.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{error::ApiError, status::ConnectionDto, status::FieldOptionDto};

/// A connector that a person can choose, with everything its form needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConnectorDto {
    /// As in `config.toml`: `hubspot`, `own/acme`.
    pub id: String,
    pub name: String,
    pub origin: OriginDto,
    /// The vendor's documentation of the API. https only.
    pub docs: Option<String>,
    /// What a person or their admin must have or do first.
    pub needs: Vec<String>,
    /// What it cannot do, or only slowly.
    pub limits: Vec<String>,
    /// On what it was proved. `None`: it is part of Ringside itself.
    pub evidence: Option<EvidenceDto>,
    pub environment: EnvironmentDto,
    /// What the person fills in, in this order.
    pub parameters: Vec<ParameterDto>,
    /// There is more to fill in once the server's address is known: ask `connector_fields`.
    pub asks_server: bool,
    /// After connecting, the person signs in in the browser.
    pub signs_in_with_browser: bool,
    /// What it can do, as the operations are called: `find_contact`, `create_contact`, `log_call`, …
    pub operations: Vec<String>,
    /// The kinds of records that it finds: `Candidate`, `Lead`.
    pub types: Vec<String>,
    /// There can't be two connections of it.
    pub only_once: bool,
    /// What is wrong with a file of the user's own. It can't be connected while there is anything.
    pub problems: Vec<ProblemDto>,
}

/// Who made a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OriginDto {
    /// Part of Ringside, in code.
    BuiltIn,
    /// Part of Ringside, a manifest.
    Shipped,
    /// A file in the user's own folder.
    Own { file: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EvidenceDto {
    pub kind: EvidenceKindDto,
    /// In a sentence.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKindDto {
    RealServer,
    Specification,
    Documentation,
}

/// Where the CRM is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EnvironmentDto {
    /// One address for everybody: nothing to ask.
    Fixed,
    /// The person chooses a region or data centre: `environment` is one of the values.
    Choice { options: Vec<FieldOptionDto> },
    /// The person types the address of their server: `server`.
    Typed {
        title: String,
        placeholder: Option<String>,
        help: Option<String>,
    },
}

/// Something the person fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ParameterDto {
    pub name: String,
    pub title: String,
    pub kind: ParameterKindDto,
    pub help: Option<String>,
    pub placeholder: Option<String>,
    pub required: bool,
    pub default: Option<String>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// For a choice.
    pub options: Vec<FieldOptionDto>,
    /// What the CRM behind the server can be set to; it may stay as it is, and stands apart from what is needed to connect.
    pub is_setting: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKindDto {
    Text,
    /// Belongs among the secrets, and is never shown again.
    Secret,
    Choice,
    /// `true` or `false`.
    Bool,
    Int,
}

/// A fault in a file, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProblemDto {
    pub message: String,
    pub hint: Option<String>,
    /// Counted from 1.
    pub line: u32,
    pub column: u32,
    /// Where in the manifest: `find_contact.request.json`. Empty: the file as a whole.
    pub path: String,
}

/// What a connector asks for at this address. A wrong address, or one that is not its CRM's, is an error on `server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConnectorFieldsDto {
    /// The CRM that the server speaks for: `Clio`.
    pub name: String,
    /// The address that was typed, put in order; where none was, the one that the manifest names. What is typed goes
    /// there once it comes back as the address of the connection.
    pub server: Option<String>,
    pub parameters: Vec<ParameterDto>,
    pub signs_in_with_browser: bool,
}

/// How a connection is, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConnectionStateDto {
    Ready,
    /// `sign_in`, or where it has a key, `change_connection` with another one.
    SignInNeeded,
    /// What the connector does with secrets is not what the person agreed to. Nothing is asked until they have seen both
    /// and called `agree_to_connector`, or removed the connection.
    Changed {
        /// As it was agreed to, as JSON; `None`: it is not known any more.
        before: Option<String>,
        after: String,
    },
    /// The user's own file has faults, and no version without them was read since the start.
    Broken {
        problems: Vec<ProblemDto>,
    },
    /// What the settings say does not fit the connector: `change_connection`.
    Unfit {
        error: ApiError,
    },
    /// There is no such connector in this version, or its file is gone.
    Missing,
}

/// How far a sign-in came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignedInDto {
    Done {
        connection: Box<ConnectionDto>,
    },
    /// The browser was opened and can't come back by itself: the person copies the address of the page at which it ends
    /// into `finish_sign_in`.
    Paste,
}

/// What a person typed and nobody else may read: its Debug is masked, and it is wiped when dropped as far as the language
/// allows. On the wire it is a text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The one way to the value; search for its uses to review them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

/// Values by the names of their parameters.
pub type Values = BTreeMap<String, String>;
/// Secrets by the names of their parameters.
pub type Secrets = BTreeMap<String, SecretText>;
