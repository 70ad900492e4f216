//! Contacts: the records a call can be about, in whatever CRM they lie.

use ringside_phone::{Grade, Region};

use crate::{id::ConnectionId, time::Timestamp};

/// Where a contact lies: connection, contact type in that CRM, and the CRM's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactRef {
    pub connection: ConnectionId,
    pub contact_type: String,
    pub id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub id: ContactRef,
    /// The full name, as the CRM shows it. A company's name for companies.
    pub name: String,
    pub company: Option<String>,
    /// Job title or role.
    pub title: Option<String>,
    pub emails: Vec<String>,
    pub numbers: Vec<StoredNumber>,
    /// The country the CRM has for this contact; numbers without a country code are read with it.
    pub region: Option<Region>,
    /// The record's page, for a browser. https only.
    pub url: Option<String>,
    /// When the record was made, where its CRM tells.
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// When the newest call with them began on which somebody spoke, and which is over.
    pub last_call: Option<Timestamp>,
}

impl Contact {
    /// The numbers that are theirs. One that only a server's word connects with them, against numbers that they do show, may
    /// be somebody else's.
    pub fn own_numbers(&self) -> impl Iterator<Item = &StoredNumber> {
        self.numbers.iter().filter(|number| !self.doubts(number))
    }

    /// Whether this number is the contact's by a server's word alone, although the contact shows others.
    #[must_use]
    pub fn doubts(&self, number: &StoredNumber) -> bool {
        number.is_vouched() && self.numbers.iter().any(|other| !other.is_vouched())
    }
}

/// A number as a CRM holds it, junk and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNumber {
    /// `mobile`, `office`, or the CRM's own field name.
    pub label: String,
    pub raw: String,
}

impl StoredNumber {
    /// The label of a number by which a server found a contact without showing that the contact has it: its word is all
    /// there is. Beside numbers that the contact does show, it is no proof.
    pub const VOUCHED: &'static str = "found by the server";

    /// The number that a server found somebody by.
    #[must_use]
    pub fn vouched(raw: &str) -> Self {
        Self {
            label: Self::VOUCHED.to_owned(),
            raw: raw.to_owned(),
        }
    }

    #[must_use]
    pub fn is_vouched(&self) -> bool {
        self.label == Self::VOUCHED
    }
}

/// A kind of record that a connection can find or create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactType {
    /// The CRM's own name for it, `candidate`.
    pub id: String,
    /// For a person to read, `Candidate`.
    pub label: String,
    pub is_company: bool,
    pub creatable: bool,
    /// The fields that a new record of this type takes, in the order to ask for them. `name` and `phone` are always
    /// there and not listed.
    pub fields: Vec<FieldSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// `company`, `title`, `email`: the names of [`ContactDraft`]'s own fields, or the connector's.
    pub name: String,
    pub label: String,
    pub required: bool,
    /// What it can be; empty: any text.
    pub options: Vec<FieldOption>,
}

/// One of the values that a field can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// As the CRM writes it.
    pub value: String,
    pub label: String,
}

/// A contact about to be created. Nothing in it is invented: what the person did not type is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactDraft {
    pub connection: ConnectionId,
    pub contact_type: String,
    /// The whole name as typed; for a company its name.
    pub name: String,
    /// How the name splits, where the person or the connector's policy said so.
    pub given: Option<String>,
    pub family: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    /// E.164 where it could be read, else as typed; the connector writes it in the form in which its CRM stores numbers.
    pub number: Option<String>,
    /// Fields that only this connector has, by [`FieldSpec::name`].
    pub extra: Vec<(String, String)>,
    /// The person wants it although there are records like it: a CRM that looks for duplicates itself is told so.
    pub force: bool,
}

/// A contact found for a call, with the grade of the proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub contact: Contact,
    pub grade: Grade,
    /// The stored number that proved it, index into `contact.numbers`.
    pub number: usize,
    /// When the data was read from its CRM.
    pub as_of: Timestamp,
    /// From the local index, or from the CRM's own answer just now.
    pub live: bool,
}

/// What a connector answers: contacts, and what it could not ask. Partial results are results.
#[derive(Debug, Default)]
pub struct Found {
    pub contacts: Vec<Contact>,
    /// Contact types or chunks that failed, each with its reason.
    pub failed: Vec<(String, crate::Error)>,
}
