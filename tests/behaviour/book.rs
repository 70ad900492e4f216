//! The address book as the suite sees it: the real store, which no request can be sent to and no fault be planned for.

use std::sync::Mutex;

use async_trait::async_trait;
use ringside_domain::{
    AddressBook, CallLogEntry, Contact, ContactDraft, LogRef, Marker, Result, connector::NameQuery, id::ConnectionId,
    phone::Key,
};
use ringside_store::{ADDRESS_BOOK, Store};

use crate::{
    crm::{FakeCrm, Planted, SeenLog},
    kits::Crm,
};

/// The store's address book, and who was created in it: it lists nobody without a name.
pub struct Book {
    store: Store,
    ids: Mutex<Vec<String>>,
}

impl Book {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            ids: Mutex::default(),
        }
    }

    async fn everybody(&self) -> Vec<Contact> {
        let ids = self.ids.lock().unwrap().clone();
        let mut everybody = Vec::new();
        for id in ids {
            everybody.extend(self.store.get(id).await.unwrap());
        }
        everybody
    }
}

#[async_trait]
impl AddressBook for Book {
    async fn with_keys(&self, keys: Vec<Key>) -> Result<Vec<Contact>> {
        self.store.with_keys(keys).await
    }

    async fn with_name(&self, query: NameQuery) -> Result<Vec<Contact>> {
        self.store.with_name(query).await
    }

    async fn get(&self, id: String) -> Result<Option<Contact>> {
        self.store.get(id).await
    }

    async fn create(&self, draft: ContactDraft) -> Result<Contact> {
        let created = self.store.create(draft).await?;
        self.ids.lock().unwrap().push(created.id.id.clone());
        Ok(created)
    }

    async fn add_number(&self, id: String, label: String, raw: String) -> Result<Contact> {
        AddressBook::add_number(&self.store, id, label, raw).await
    }

    async fn delete(&self, id: String) -> Result<()> {
        self.store.delete(id).await
    }

    async fn log(&self, entry: CallLogEntry) -> Result<LogRef> {
        self.store.log(entry).await
    }

    async fn update_log(&self, log: LogRef, entry: CallLogEntry) -> Result<()> {
        AddressBook::update_log(&self.store, log, entry).await
    }

    async fn find_log(&self, marker: Marker) -> Result<Vec<LogRef>> {
        AddressBook::find_log(&self.store, marker).await
    }

    async fn logs(&self, contact: String) -> Result<Vec<(LogRef, CallLogEntry)>> {
        AddressBook::logs(&self.store, contact).await
    }
}

#[async_trait]
impl Crm for Book {
    async fn plant(&self, person: &Planted) -> String {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let draft = ContactDraft {
            connection: ConnectionId::new(ADDRESS_BOOK),
            contact_type: person.kind.clone(),
            name: person.name(),
            given: filled(&person.given),
            family: filled(&person.family),
            company: person.company.clone(),
            title: None,
            email: person.email.clone(),
            number: None,
            extra: Vec::new(),
            force: false,
        };
        let id = self.create(draft).await.unwrap().id.id;
        for raw in &person.numbers {
            AddressBook::add_number(self, id.clone(), "mobile".into(), raw.clone())
                .await
                .unwrap();
        }
        id
    }

    async fn planted(&self) -> Vec<(String, Planted)> {
        let person = |contact: Contact| {
            let planted = Planted {
                kind: contact.id.contact_type,
                given: String::new(),
                family: contact.name,
                numbers: contact.numbers.into_iter().map(|number| number.raw).collect(),
                email: contact.emails.into_iter().next(),
                company: contact.company,
            };
            (contact.id.id, planted)
        };
        self.everybody().await.into_iter().map(person).collect()
    }

    async fn logs(&self) -> Vec<SeenLog> {
        let mut logs = Vec::new();
        for contact in self.everybody().await {
            for (log, entry) in AddressBook::logs(&self.store, contact.id.id.clone()).await.unwrap() {
                logs.push(SeenLog {
                    id: log.id,
                    contacts: vec![contact.id.id.clone()],
                    title: String::new(),
                    text: Ok(entry.note),
                    marker: Some(entry.marker.to_string()),
                    seconds: None,
                    chosen: None,
                });
            }
        }
        logs
    }

    fn wire(&self) -> Option<&FakeCrm> {
        None
    }
}
