//! What lies on this computer, and where; what is known of one person; taking it out and erasing it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    call::CallDto,
    contact::{ContactDto, ContactRefDto},
    creation::CreationDto,
};

/// One person: by a record of theirs, by a number, or both. At least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct PersonArgs {
    pub contact: Option<ContactRefDto>,
    pub number: Option<String>,
}

/// What this computer keeps of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PersonDto {
    /// Records in the index and in the address book: those asked for, and those of the same person, by number and name or
    /// e-mail; of a number asked for by itself, all that have it. Erasing takes exactly these.
    pub contacts: Vec<ContactDto>,
    /// Newest first; at most 200 of `call_count`.
    pub calls: Vec<CallDto>,
    pub call_count: u32,
    /// Contacts that are to be created for them, or were within a day: what was typed is kept for so long. Newest first.
    pub creations: Vec<CreationDto>,
    /// Remembered choices and links of their numbers.
    pub remembered: u32,
    /// Logs that are still owed to a CRM: erasing gives them up.
    pub owed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ErasedDto {
    pub contacts: u32,
    pub calls: u32,
    pub creations: u32,
    pub remembered: u32,
}

/// A file that was written: readable by the user only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedFileDto {
    /// Whole path.
    pub path: String,
    /// Records in it.
    pub count: u32,
}

/// One thing that is kept, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptDto {
    /// Stable: `database`, `settings`, `log`, `secrets`, `connectors`, `exports`.
    pub what: String,
    /// A whole path, or the name of the secret store.
    pub place: String,
    /// Bytes; `null` where that says nothing.
    pub size: Option<i64>,
    pub encrypted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiagnosticsDto {
    /// All of it, to be read before it is given away: no number, no name of a person, no secret.
    pub text: String,
}

/// A stored number that nothing can be made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnreadableDto {
    pub contact: ContactDto,
    pub label: String,
    /// As stored.
    pub raw: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct UnreadableArgs {
    /// How many to leave out: those that were shown.
    pub after: u32,
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UnreadablePageDto {
    pub rows: Vec<UnreadableDto>,
    pub more: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportWhat {
    ContactsCsv,
    ContactsVcard,
    CallsCsv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ExportArgs {
    pub what: ExportWhat,
}
