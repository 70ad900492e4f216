//! The port to the embedded address book: a small CRM of our own in the encrypted file, for people who have none.

use async_trait::async_trait;

use crate::{
    connector::NameQuery,
    contact::{Contact, ContactDraft, ContactType, FieldSpec},
    error::Result,
    log::{CallLogEntry, LogRef, Marker},
};

/// The connection that address book contacts have, in the settings and in the index.
pub const ADDRESS_BOOK: &str = "address-book";

/// What the address book can hold: `person`, `company`, `lead`.
#[must_use]
pub fn types() -> Vec<ContactType> {
    let field = |name: &str, label: &str| FieldSpec {
        name: name.to_owned(),
        label: label.to_owned(),
        required: false,
        options: Vec::new(),
    };
    let kind = |id: &str, label: &str, fields| ContactType {
        id: id.to_owned(),
        label: label.to_owned(),
        is_company: id == "company",
        creatable: true,
        fields,
    };
    let [company, title, email] = [
        field("company", "Company"),
        field("title", "Title"),
        field("email", "E-mail"),
    ];
    vec![
        kind("person", "Person", vec![company.clone(), title.clone(), email.clone()]),
        kind("company", "Company", vec![email.clone()]),
        kind("lead", "Lead", vec![company, title, email]),
    ]
}

/// Contact types: see [`types`]. Ids are UUIDv7 texts.
#[async_trait]
pub trait AddressBook: Send + Sync {
    /// Contacts with a stored number that may be the one: same key. The caller compares.
    async fn with_keys(&self, keys: Vec<ringside_phone::Key>) -> Result<Vec<Contact>>;
    async fn with_name(&self, query: NameQuery) -> Result<Vec<Contact>>;
    async fn get(&self, id: String) -> Result<Option<Contact>>;
    async fn create(&self, draft: ContactDraft) -> Result<Contact>;
    async fn add_number(&self, id: String, label: String, raw: String) -> Result<Contact>;
    async fn delete(&self, id: String) -> Result<()>;
    /// Writes a log once: the same marker a second time gives the first one's reference.
    async fn log(&self, entry: CallLogEntry) -> Result<LogRef>;
    async fn update_log(&self, log: LogRef, entry: CallLogEntry) -> Result<()>;
    async fn find_log(&self, marker: Marker) -> Result<Vec<LogRef>>;
    /// The logs on one contact, newest first.
    async fn logs(&self, contact: String) -> Result<Vec<(LogRef, CallLogEntry)>>;
}
