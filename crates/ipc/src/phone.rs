//! Phones: what tells Ringside about calls, how each one is doing, and how a new one is set up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::connection::{EvidenceDto, ParameterDto};

/// A kind of phone that a person can choose, with everything its form needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneKindDto {
    /// As in `config.toml`: `sip`, `ringcentral`, `asterisk`, `baresip`, `program`, `desk`.
    pub id: String,
    pub name: String,
    /// For whom it is, in a sentence.
    pub summary: String,
    /// What the person fills in, in this order. One named `clear_text` is the consent to a connection without encryption:
    /// the form shows it, with a warning, as long as what is chosen needs it.
    pub parameters: Vec<ParameterDto>,
    /// What a person or their admin must have or do first.
    pub needs: Vec<String>,
    /// What it can't tell.
    pub limits: Vec<String>,
    pub evidence: EvidenceDto,
    /// After adding it, the person signs in in the browser.
    pub signs_in_with_browser: bool,
    /// It reports to our intake: adding it makes a token, and lines to copy.
    pub uses_intake: bool,
}

/// A phone that is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneDto {
    /// The person's name for it, unique without regard to case.
    pub name: String,
    /// The kind's id.
    pub kind: String,
    /// What it reports may log calls by itself.
    pub trusted: bool,
    pub created: i64,
    pub last_seen: Option<i64>,
    pub state: PhoneStateDto,
    /// What was filled in, by name. Never secrets.
    pub parameters: BTreeMap<String, String>,
    /// `null`: this kind has no sign-in.
    pub signed_in: Option<bool>,
    /// The trial call, while one is waited for, and afterwards until the next one.
    pub check: Option<PhoneCheckDto>,
}

/// How a phone is doing. `message` is a sentence that names the server and the reason, `hint` the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PhoneStateDto {
    /// Not running: the command line owns the profile, or the intake is switched off.
    Off,
    Connecting,
    /// It hears of every call.
    Ready {
        notes: Vec<PhoneNoteDto>,
    },
    /// It tries again by itself at this time, Unix milliseconds.
    Retrying {
        code: String,
        message: String,
        hint: Option<String>,
        next_try: i64,
    },
    /// A person has to do something first; `field` names the parameter that is wrong.
    Stopped {
        code: String,
        message: String,
        hint: Option<String>,
        field: Option<String>,
    },
}

/// Something to know about a phone that works: it speaks clear text, it tells no numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneNoteDto {
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

/// What was heard of the person's trial call since they asked to check the phone: each mark appears as it happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PhoneCheckDto {
    /// When the check began; Unix milliseconds.
    pub since: i64,
    /// Nothing more is waited for: the trial call ended.
    pub done: bool,
    pub rang: bool,
    /// The other end's number, or that it is withheld, was told.
    pub number: bool,
    pub name: bool,
    pub answered: bool,
    pub ended: bool,
}

/// Shown once, when a phone is added: the token is not shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewPhoneDto {
    pub phone: PhoneDto,
    /// Lines to copy, one for each phone that we know. Empty for phones that we connect to.
    pub recipes: Vec<RecipeDto>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecipeDto {
    pub title: String,
    /// Where the lines go, in a sentence or two.
    pub place: String,
    pub text: String,
}
