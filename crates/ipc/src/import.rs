//! Contacts from a file into the address book: read, shown, agreed to, taken in; and taken back.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::error::ApiError;

/// A file as it is: the owner finds out what it is and how its text is encoded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportFileArgs {
    /// The file's name, for its ending and for the person.
    pub name: String,
    /// Base64. Up to 20 MB of file.
    pub data: String,
}

/// People are in it.
impl fmt::Debug for ImportFileArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportFileArgs({} bytes)", self.data.len())
    }
}

/// What a file would bring. Nothing is kept yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportPreviewDto {
    /// For `start_import` and another `preview_import`; forgotten after an hour.
    pub import: String,
    pub format: ImportFormat,
    /// `UTF-8`, `UTF-16`, `Windows-1252`.
    pub encoding: String,
    /// Of a CSV file: its columns, and what each is taken for. Empty for vCards.
    pub columns: Vec<ImportColumnDto>,
    /// The first 20 people, as they would be.
    pub rows: Vec<ImportRowDto>,
    /// All people in the file.
    pub total: u32,
    /// Those who are in the address book already, by name or e-mail and the same number, or by both: they are left out unless
    /// wanted.
    pub known: u32,
    /// Numbers that can't be read; they are kept as they are.
    pub unreadable: u32,
    /// What can't be taken in, with its line; the first 50.
    pub faults: Vec<ImportFaultDto>,
    pub fault_count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    Csv,
    Vcard,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportColumnDto {
    pub header: String,
    /// The first values, to recognize it by.
    pub samples: Vec<String>,
    pub field: ImportField,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportField {
    Ignore,
    Name,
    Given,
    Family,
    Company,
    Title,
    Email,
    Number,
    Mobile,
    Office,
    Home,
    Fax,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportRowDto {
    pub line: u32,
    pub name: String,
    pub company: Option<String>,
    pub emails: Vec<String>,
    /// As people of that country write them; the stored text where it can't be read.
    pub numbers: Vec<String>,
    pub is_company: bool,
    pub known: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportFaultDto {
    pub line: u32,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportColumnsArgs {
    pub import: String,
    /// One for each column.
    pub fields: Vec<ImportField>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct StartImportArgs {
    pub import: String,
    /// Also those who are there already.
    #[serde(default)]
    pub known_too: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ImportArgs {
    /// Empty: the newest one.
    pub import: String,
}

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportDto {
    pub import: String,
    pub name: String,
    pub done: u32,
    pub total: u32,
    pub state: ImportStateDto,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportStateDto {
    Running,
    Done,
    /// Taken back. `done` says how many stay: calls were logged on them, or they were changed since.
    Cancelled,
    /// Those before it are in the address book, and can be taken back.
    Failed {
        error: ApiError,
    },
}
