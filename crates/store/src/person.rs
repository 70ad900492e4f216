//! Everything that the file holds of one person: found, counted, erased.
//!
//! A person is the records asked for, the other records of the same person, and all their numbers. A number that several
//! share is the difficulty: of a record, only records with the same number **and** the same name or e-mail are the same
//! person, and a call from a shared number belongs to whoever it was assigned to. Of a number that was asked for by itself,
//! everything is meant.
//!
//! What is found is what is erased: both ask [`gather`](gather::gather).

mod called;
mod erase;
mod gather;

use std::collections::HashMap;

use ringside_domain::{
    CallId, ConnectionId, Contact, ContactRef, Creation, Result,
    phone::{Home, Reading},
};
use rusqlite::TransactionBehavior;

use crate::{Store, journal};

/// Who is asked for: a record, a number, or both.
#[derive(Clone, Debug)]
pub struct Whose {
    pub contact: Option<ContactRef>,
    pub number: Option<Reading>,
    pub home: Home,
    /// The contact types that each connection lists now. Of one that is not here, or lists none, they are not known.
    pub types: HashMap<ConnectionId, Vec<String>>,
}

/// What there is of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Records in the index and in the address book.
    pub contacts: Vec<Contact>,
    /// Newest first.
    pub calls: Vec<CallId>,
    /// Contacts that were to be created for them, or were: what was typed is kept for a while. Newest first.
    pub creations: Vec<Creation>,
    /// Choices and links remembered for numbers.
    pub remembered: usize,
    /// Logs that a CRM has not got yet.
    pub owed: usize,
}

impl Store {
    /// # Errors
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn person(&self, whose: Whose) -> Result<Person> {
        let person = self.ask_index("person", move |db| Ok(gather::gather(&db.conn, &whose)?.person));
        person.await
    }

    /// Erases what [`Store::person`] finds: records, index, calls with notes, fields, traces and writes, choices and links,
    /// contacts to be created, and what else names the number. All of it or nothing.
    ///
    /// # Errors
    /// [`Kind::Conflict`](ringside_domain::Kind::Conflict) while one of the calls goes on or a contact is being
    /// created;
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn erase_person(&self, whose: Whose) -> Result<Person> {
        let (person, left) = self
            .change_index("erase_person", move |db| {
                let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let gathered = gather::gather(&tx, &whose)?;
                erase::erase(&tx, &gathered)?;
                tx.commit()?;
                erase::leave_no_pages(&db.conn);
                Ok((gathered.person, journal::unsaved(db)?))
            })
            .await?;
        if let Some(left) = left {
            self.set_unsaved(left);
        }
        Ok(person)
    }
}
