//! The index: contacts of every connection, by number and by name. A copy, so that a ring is answered without a wire.
//!
//! Lookups run on a connection of their own, past any write that is under way. Where reading meets damage, the index is
//! made anew from what can be read of it and from the address book, and the question is asked again.

mod filing;
mod mend;
mod misspelt;
mod near;
mod rank;
mod search;
mod words;

use async_trait::async_trait;
use ringside_domain::{
    ConnectionId, Contact, ContactIndex, ContactRef, Result, Timestamp,
    address_book::ADDRESS_BOOK,
    connector::NameQuery,
    index::{IndexCounts, Indexed, Instead},
    phone::{Home, Key},
};
use rusqlite::{Connection, TransactionBehavior};

pub(crate) use filing::{Filed, forget, home, is_refiling, put, set_home};
pub(crate) use mend::{Direction, Salvaged, contacts, mend, prepare};
pub(crate) use search::{by_keys, by_name};
pub(crate) use words::Words;

use crate::{Store, error::Answer};

/// So many contacts are filed in one transaction: a few hundredths of a second, after which a ring gets its turn.
const CHUNK: usize = 250;

#[async_trait]
impl ContactIndex for Store {
    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Indexed>> {
        self.ask_index("find", move |db| by_keys(&db.conn, &keys, None)).await
    }

    async fn known(&self, contact: ContactRef) -> Result<Option<Indexed>> {
        self.ask_index("known", move |db| filing::known(&db.conn, &contact))
            .await
    }

    async fn search(&self, query: NameQuery) -> Result<Vec<Indexed>> {
        let now = self.now();
        self.ask_index("search", move |db| by_name(db, &query, None, now)).await
    }

    async fn instead(&self, query: NameQuery) -> Result<Vec<Instead>> {
        self.ask_index("instead", move |db| misspelt::instead(db, &query)).await
    }

    async fn remember(&self, contacts: Vec<Contact>, as_of: Timestamp, home: Home) -> Result<()> {
        let mut contacts = contacts;
        while !contacts.is_empty() {
            let rest = contacts.split_off(contacts.len().min(CHUNK));
            let home = home.clone();
            let chunk = std::mem::replace(&mut contacts, rest);
            self.change_index("remember", move |db| {
                let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                if filing::home(&tx)?.is_none() {
                    filing::set_home(&tx, &home)?;
                }
                for contact in &chunk {
                    put(&tx, contact, as_of, &home, Filed::UnlessSame)?;
                }
                Ok(tx.commit()?)
            })
            .await?;
        }
        Ok(())
    }

    async fn forget(&self, contact: ContactRef) -> Result<()> {
        self.change_index("forget", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            forget(&tx, &contact)?;
            Ok(tx.commit()?)
        })
        .await
    }

    async fn forget_connection(&self, connection: ConnectionId) -> Result<()> {
        // The address book files each change of its own records here, and would not file them again.
        if connection.as_str() == ADDRESS_BOOK {
            return Ok(());
        }
        loop {
            let connection = connection.clone();
            let left = self.change_index("forget_connection", move |db| {
                let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let forgotten = filing::forget_some(&tx, &connection, CHUNK)?;
                tx.commit()?;
                Ok(forgotten == CHUNK)
            });
            if !left.await? {
                return Ok(());
            }
        }
    }

    async fn rebuild(&self, home: Home) -> Result<()> {
        let mut from = 0;
        let first = home.clone();
        self.change_index("rebuild", move |db| filing::begin_refiling(&db.conn, &first))
            .await?;
        loop {
            let home = home.clone();
            let next = self.change_index("rebuild", move |db| {
                let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let next = filing::refile(&tx, from, CHUNK, &home)?;
                tx.commit()?;
                Ok(next)
            });
            match next.await? {
                Some(next) => from = next,
                None => break,
            }
        }
        self.change_index("rebuild", |db| filing::end_refiling(&db.conn)).await
    }

    async fn counts(&self) -> Result<IndexCounts> {
        self.ask_index("counts", |db| counts(&db.conn)).await
    }
}

fn counts(conn: &Connection) -> Answer<IndexCounts> {
    let mut ask = conn.prepare_cached("SELECT count(*), total(numbers), total(unreadable) FROM contacts")?;
    let (contacts, numbers, unreadable): (i64, f64, f64) =
        ask.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Sums of small integers: exact far beyond any number of contacts.
    Ok(IndexCounts {
        contacts: u64::try_from(contacts).unwrap_or(0),
        numbers: numbers as u64,
        unreadable: unreadable as u64,
    })
}
