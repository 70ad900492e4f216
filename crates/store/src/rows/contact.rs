//! A contact, and where it lies.

use ringside_domain::{ConnectionId, Contact, ContactRef, StoredNumber};
use serde::{Deserialize, Serialize};

use super::time;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct RefRow {
    pub connection: String,
    pub contact_type: String,
    pub id: String,
}

impl RefRow {
    pub fn of(id: &ContactRef) -> Self {
        Self {
            connection: id.connection.to_string(),
            contact_type: id.contact_type.clone(),
            id: id.id.clone(),
        }
    }

    pub fn contact_ref(self) -> ContactRef {
        ContactRef {
            connection: ConnectionId::new(self.connection),
            contact_type: self.contact_type,
            id: self.id,
        }
    }
}

/// A contact without its reference, which lies in columns of its own.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct ContactRow {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emails: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_call: Option<i64>,
}

impl ContactRow {
    pub fn of(contact: &Contact) -> Self {
        Self {
            name: contact.name.clone(),
            company: contact.company.clone(),
            title: contact.title.clone(),
            emails: contact.emails.clone(),
            numbers: contact
                .numbers
                .iter()
                .map(|number| (number.label.clone(), number.raw.clone()))
                .collect(),
            region: contact.region.map(|region| region.to_string()),
            url: contact.url.clone(),
            created: contact.created.map(|at| at.0),
            updated: contact.updated.map(|at| at.0),
            last_call: contact.last_call.map(|at| at.0),
        }
    }

    pub fn contact(self, id: ContactRef) -> Contact {
        Contact {
            id,
            name: self.name,
            company: self.company,
            title: self.title,
            emails: self.emails,
            numbers: self
                .numbers
                .into_iter()
                .map(|(label, raw)| StoredNumber { label, raw })
                .collect(),
            region: self.region.and_then(|region| region.parse().ok()),
            url: self.url,
            created: time(self.created),
            updated: time(self.updated),
            last_call: time(self.last_call),
        }
    }
}
