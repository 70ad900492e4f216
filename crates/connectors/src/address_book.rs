//! The embedded address book as a connector, so that it is asked, logged to and traced like any CRM.
//!
//! It is indexed: every record is in the local index the moment it is written. Its log is one step, and the same marker
//! never makes a second log, so an answer lost in a crash is found at once. It sends no requests of its own, so the
//! engine's step in the trace says all there is.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    AddressBook, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, Cx, Error,
    Kind, LogField, LogReceipt, LogRef, Result,
    address_book::types,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    log::{CallLogEntry, LOG_STEP},
    phone::probe_keys,
};

pub struct AddressBookConnector {
    connection: ConnectionId,
    name: String,
    book: Arc<dyn AddressBook>,
}

impl AddressBookConnector {
    pub fn new(connection: ConnectionId, name: impl Into<String>, book: Arc<dyn AddressBook>) -> Self {
        Self {
            connection,
            name: name.into(),
            book,
        }
    }

    fn found(contacts: Vec<Contact>) -> Found {
        Found {
            contacts,
            failed: Vec::new(),
        }
    }
}

#[async_trait]
impl Connector for AddressBookConnector {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            connection: self.connection.clone(),
            name: self.name.clone(),
            types: types(),
        }
    }

    fn capability(&self) -> Capability {
        Capability {
            find: true,
            find_with_name: true,
            create: true,
            add_number: true,
            log: true,
            update_log: true,
            moves_logs: true,
            find_log: true,
            log_fields: false,
            knows_extensions: true,
            indexed: true,
            settles_within: Duration::ZERO,
        }
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        // The book lies in this profile's file and nowhere else: its account is the connection itself.
        Ok(Account {
            id: self.connection.to_string(),
            name: "on this computer".to_owned(),
            limits: Vec::new(),
        })
    }

    async fn find_contact(&self, _: Cx, number: NumberForms) -> Result<Found> {
        match probe_keys(&number.reading) {
            keys if keys.is_empty() => Ok(Found::default()),
            keys => self.book.with_keys(keys).await.map(Self::found),
        }
    }

    async fn find_contact_with_name(&self, _: Cx, query: NameQuery) -> Result<Found> {
        self.book.with_name(query).await.map(Self::found)
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        self.book.get(id.id).await?.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                "get_contact",
                "This contact is no longer in the address book",
            )
            .hint("Search for it by name, or create it again")
        })
    }

    async fn create_contact(&self, _: Cx, draft: ContactDraft) -> Result<Contact> {
        self.book.create(draft).await
    }

    async fn add_number(&self, _: Cx, id: ContactRef, number: String) -> Result<Contact> {
        self.book.add_number(id.id, "added".to_owned(), number).await
    }

    async fn log_call(&self, _: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        if let Some(log) = progress
            .answered(LOG_STEP)
            .await
            .and_then(|captures| LogRef::from_captures(&captures))
        {
            return Ok(LogReceipt { log });
        }
        progress.begin(LOG_STEP).await?;
        match self.book.log(entry).await {
            Ok(log) => {
                progress.done(LOG_STEP, log.captures()).await?;
                Ok(LogReceipt { log })
            }
            Err(error) => {
                // One transaction: an error means that nothing was written.
                progress.not_done(LOG_STEP).await?;
                Err(error)
            }
        }
    }

    async fn update_log(&self, _: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.book.update_log(log.clone(), entry).await?;
        Ok(LogReceipt { log })
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn find_log(&self, _: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        self.book.find_log(entry.marker).await
    }
}
