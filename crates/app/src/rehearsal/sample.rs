//! The sample people as a connection, for a rehearsal among a person's own contacts: there for as long as it plays, and
//! gone without a trace.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, Cx, Error, Kind, LogField,
    LogReceipt, LogRef, Result, StoredNumber, address_book,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    log::CallLogEntry,
    phone::{Home, read},
};
use ringside_sources::rehearsal::{SamplePerson, people};

/// No connection of the settings can be called so: there ids have no blanks.
pub(crate) const CONNECTION: &str = "sample people";

pub(super) struct SamplePeople {
    home: Home,
}

impl SamplePeople {
    pub fn new() -> Self {
        Self {
            home: Home {
                region: super::home(),
                outside_prefix: None,
            },
        }
    }

    fn found(&self, wanted: impl Fn(&SamplePerson) -> bool) -> Found {
        let contacts = (0..).zip(people()).filter(|(_, person)| wanted(person));
        Found {
            contacts: contacts.map(|(at, person)| contact(at, person)).collect(),
            failed: Vec::new(),
        }
    }
}

#[async_trait]
impl Connector for SamplePeople {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            connection: ConnectionId::new(CONNECTION),
            name: "Sample people".to_owned(),
            types: address_book::types(),
        }
    }

    fn capability(&self) -> Capability {
        Capability {
            find: true,
            find_with_name: true,
            create: false,
            add_number: false,
            log: false,
            update_log: false,
            moves_logs: false,
            find_log: false,
            log_fields: false,
            knows_extensions: false,
            indexed: false,
            settles_within: Duration::ZERO,
        }
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        Ok(Account {
            id: CONNECTION.to_owned(),
            name: "on this computer".to_owned(),
            limits: Vec::new(),
        })
    }

    async fn find_contact(&self, _: Cx, number: NumberForms) -> Result<Found> {
        let Some(wanted) = number.reading.number() else {
            return Ok(Found::default());
        };
        let has = |(_, raw): &(&str, &str)| {
            read(raw, &self.home)
                .number()
                .is_some_and(|number| number.e164() == wanted.e164())
        };
        Ok(self.found(|person| person.numbers.iter().any(has)))
    }

    async fn find_contact_with_name(&self, _: Cx, query: NameQuery) -> Result<Found> {
        let wanted = query.text.trim().to_lowercase();
        let fits = |person: &SamplePerson| !wanted.is_empty() && person.name.to_lowercase().contains(&wanted);
        Ok(self.found(|person| {
            fits(person) && (query.types.is_empty() || query.types.iter().any(|id| id == person.contact_type))
        }))
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        let found = id.id.parse::<usize>().ok().and_then(|at| Some((at, people().get(at)?)));
        found
            .map(|(at, person)| contact(at, person))
            .ok_or_else(|| Error::new(Kind::NotFound, "get_contact", "There is no such sample person"))
    }

    async fn create_contact(&self, _: Cx, _: ContactDraft) -> Result<Contact> {
        Err(only_a_rehearsal())
    }

    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        Err(only_a_rehearsal())
    }

    async fn log_call(&self, _: Cx, _: CallLogEntry, _: Arc<dyn Progress>) -> Result<LogReceipt> {
        Err(only_a_rehearsal())
    }

    async fn update_log(&self, _: Cx, _: LogRef, _: CallLogEntry) -> Result<LogReceipt> {
        Err(only_a_rehearsal())
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn find_log(&self, _: Cx, _: CallLogEntry) -> Result<Vec<LogRef>> {
        Ok(Vec::new())
    }
}

fn contact(at: usize, person: &SamplePerson) -> Contact {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Contact {
        id: ContactRef {
            connection: ConnectionId::new(CONNECTION),
            contact_type: person.contact_type.to_owned(),
            id: at.to_string(),
        },
        name: person.name.to_owned(),
        company: text(person.company),
        title: text(person.title),
        emails: text(person.email).into_iter().collect(),
        numbers: person
            .numbers
            .iter()
            .map(|(label, raw)| StoredNumber {
                label: (*label).to_owned(),
                raw: (*raw).to_owned(),
            })
            .collect(),
        region: super::home(),
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

fn only_a_rehearsal() -> Error {
    Error::new(
        Kind::Unsupported,
        "rehearse",
        "The sample people are there for the rehearsal only: nothing is kept on them",
    )
}
