//! Contacts, matches, search and creation.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{call::ChosenFieldDto, creation::CreationDto};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct ContactRefDto {
    pub connection: String,
    pub contact_type: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContactDto {
    #[serde(rename = "ref")]
    pub reference: ContactRefDto,
    pub name: String,
    pub company: Option<String>,
    pub title: Option<String>,
    pub emails: Vec<String>,
    pub numbers: Vec<NumberDto>,
    /// The contact type for a person to read: `Lead`.
    pub type_label: String,
    pub is_company: bool,
    /// The connection's name: `Address book`.
    pub connection_name: String,
    pub url: Option<String>,
    /// When the record was made, where its CRM tells.
    pub created: Option<i64>,
    pub last_call: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NumberDto {
    pub label: String,
    /// As people of that country write it; the stored text where it can't be read.
    pub text: String,
    /// As stored.
    pub raw: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct MatchDto {
    pub contact: ContactDto,
    pub grade: GradeDto,
    /// Index into `contact.numbers`: the one that proved it.
    pub number: u32,
    /// When the data was read from its CRM.
    pub as_of: i64,
    /// Answered by the CRM just now, not by the index.
    pub live: bool,
    /// A live answer no longer has it: the record was deleted, or its number changed.
    pub gone: bool,
    /// Other records that are the same person: same number and same name or e-mail.
    pub also: Vec<ContactDto>,
}

/// How good the proof is. Only the first three may be preselected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GradeDto {
    ExactWithExtension,
    Exact,
    Alias,
    Alternate,
    National,
    Trunk,
    Tail,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SearchDto {
    pub text: String,
    /// Contact types' ids; empty is all.
    pub types: Vec<String>,
    /// Part of the company's name.
    #[ts(optional)]
    pub company: Option<String>,
    pub limit: Option<u32>,
    /// Who searches while they type, by a name of their own: a newer live search of the same one ends this one, and what it
    /// still asks. Without it a search goes on to its end.
    #[ts(optional)]
    pub typing: Option<String>,
}

/// Rows of the index, at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchResultDto {
    pub rows: Vec<ContactDto>,
    /// What the text meant besides words: `t:lead co:acme` typed into it, and `types` and `company` that were asked for.
    pub filter: SearchFilterDto,
    /// Nobody was found: names that are there and are spelt nearly so, with how many have them.
    pub instead: Vec<InsteadDto>,
    /// Microseconds in the index.
    pub took_us: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchFilterDto {
    /// What is left to search for.
    pub text: String,
    pub types: Vec<String>,
    pub company: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InsteadDto {
    pub text: String,
    pub count: u32,
}

/// One connection's own answer to a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LiveSearchDto {
    pub connection: String,
    pub name: String,
    pub rows: Vec<ContactDto>,
    pub message: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct DraftDto {
    pub connection: String,
    pub contact_type: String,
    pub name: String,
    pub given: Option<String>,
    pub family: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub number: Option<String>,
    /// Fields that only this connection has, by their names.
    pub extra: Vec<ChosenFieldDto>,
}

/// What became of a number that was to be added to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NumberAddedDto {
    pub contact: ContactDto,
    /// The CRM did not take it. On this machine the number belongs to the contact; in the CRM nothing changed.
    pub linked_only: bool,
    /// Why, for a person.
    pub message: Option<String>,
}

/// How a typed name would be split, and how its CRM would store the number; shown before anything is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SplitDto {
    pub given: Option<String>,
    pub family: Option<String>,
    /// `null`: none was typed, or it can't be read and goes there as it is.
    pub number: Option<String>,
}

/// A record that may be the same as the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DuplicateDto {
    pub contact: ContactDto,
    pub because: DuplicateReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateReason {
    SameNumber,
    SameEmail,
    LikeName,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CreatedDto {
    Created {
        contact: Box<ContactDto>,
    },
    /// It will be created, and can be taken back until then.
    Waiting {
        creation: Box<CreationDto>,
    },
    /// Nothing was created: these may be the same person. Create again with `force` to do it all the same.
    Duplicates {
        found: Vec<DuplicateDto>,
    },
}
