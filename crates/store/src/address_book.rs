//! The embedded address book: people, companies and leads of those who have no CRM, and the logs of their calls.
//!
//! Each record is also filed in the index, in the same transaction, under the connection `ADDRESS_BOOK`.

mod imports;
mod known;
mod logs;
mod pages;
mod people;

use async_trait::async_trait;
use ringside_domain::{
    AddressBook, CallLogEntry, Contact, ContactDraft, LogRef, Marker, Result, connector::NameQuery, id::uuid_v7,
    phone::Key,
};
use rusqlite::TransactionBehavior;

pub use imports::{Batch, NewPerson, TakenBack};
pub use known::Candidate;
pub use ringside_domain::address_book::{ADDRESS_BOOK, types};

pub(crate) use people::{delete, everyone, get, insert, refile};

use crate::{
    Store,
    index::{by_keys, by_name},
};

#[async_trait]
impl AddressBook for Store {
    async fn with_keys(&self, keys: Vec<Key>) -> Result<Vec<Contact>> {
        let found = self.ask_index("with_keys", move |db| by_keys(&db.conn, &keys, Some(ADDRESS_BOOK)));
        Ok(found.await?.into_iter().map(|indexed| indexed.contact).collect())
    }

    async fn with_name(&self, query: NameQuery) -> Result<Vec<Contact>> {
        let now = self.now();
        let found = self.ask_index("with_name", move |db| by_name(db, &query, Some(ADDRESS_BOOK), now));
        Ok(found.await?.into_iter().map(|indexed| indexed.contact).collect())
    }

    async fn get(&self, id: String) -> Result<Option<Contact>> {
        self.ask("get_contact", move |db| people::get(&db.conn, &id)).await
    }

    async fn create(&self, draft: ContactDraft) -> Result<Contact> {
        let draft = people::checked(draft)?;
        let (id, now) = (self.new_id(), self.now());
        self.change_index("create_contact", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let contact = insert(&tx, &id, &draft, &[], now)?;
            refile(&tx, &contact, now)?;
            tx.commit()?;
            Ok(contact)
        })
        .await
    }

    async fn add_number(&self, id: String, label: String, raw: String) -> Result<Contact> {
        let raw = people::checked_number(raw)?;
        let now = self.now();
        self.change_index("add_number", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let contact = people::add_number(&tx, &id, &label, &raw, now)?;
            refile(&tx, &contact, now)?;
            tx.commit()?;
            Ok(contact)
        })
        .await
    }

    async fn delete(&self, id: String) -> Result<()> {
        self.change_index("delete_contact", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            people::delete(&tx, &id)?;
            Ok(tx.commit()?)
        })
        .await
    }

    async fn log(&self, entry: CallLogEntry) -> Result<LogRef> {
        let (id, now) = (self.new_id(), self.now());
        self.change("log_call", move |db| logs::log(&mut db.conn, &id, &entry, now))
            .await
    }

    async fn update_log(&self, log: LogRef, entry: CallLogEntry) -> Result<()> {
        let now = self.now();
        self.change("update_log", move |db| logs::update(&mut db.conn, &log, &entry, now))
            .await
    }

    async fn find_log(&self, marker: Marker) -> Result<Vec<LogRef>> {
        self.ask("find_log", move |db| logs::find(&db.conn, &marker)).await
    }

    async fn logs(&self, contact: String) -> Result<Vec<(LogRef, CallLogEntry)>> {
        self.ask("logs", move |db| logs::of(&db.conn, &contact)).await
    }
}

impl Store {
    pub(crate) fn new_id(&self) -> String {
        uuid_v7(self.clock(), self.random()).to_string()
    }
}
