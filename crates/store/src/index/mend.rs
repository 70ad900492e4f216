//! Making the index anew: from what can still be read of it, and from the address book, which lies in tables of its own.
//! The journal's tables are not even looked at.

use std::collections::HashSet;

use ringside_domain::{Contact, ContactRef, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::{
    filing::{self, Filed, Stored, put},
    words::{self, Words},
};
use crate::{
    address_book::{self, ADDRESS_BOOK},
    error::Answer,
    file::{Database, Place},
    fold::{Depth, fold},
    schema::{self, IndexState},
};

/// Makes a database that was just opened ready for use. True if its index was damaged and is made anew.
pub(crate) fn prepare(db: &mut Database) -> Answer<bool> {
    schema::migrate(&mut db.conn)?;
    match schema::index_state(&db.conn)? {
        IndexState::Absent => {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            schema::create_index(&tx)?;
            tx.commit()?;
            Ok(false)
        }
        IndexState::Outdated => mend(db).map(|()| false),
        IndexState::Present if looks_whole(&db.conn).unwrap_or(false) => Ok(false),
        IndexState::Present => mend(db).map(|()| true),
    }
}

/// A cheap look at every index table: does it hold as much as it should, and does it find the newest contact? Damage to
/// single pages is found when they are read, as each page carries its own authentication code.
fn looks_whole(conn: &Connection) -> Answer<bool> {
    let number = |statement: &str| conn.query_row(statement, [], |row| row.get::<_, i64>(0));
    let contacts = number("SELECT count(*) FROM contacts")?;
    for table in ["contact_names_docsize", "contact_digits_docsize"] {
        if number(&format!("SELECT count(*) FROM {table}"))? != contacts {
            return Ok(false);
        }
    }
    if number("SELECT EXISTS (SELECT 1 FROM contacts WHERE keys > 0)")?
        != number("SELECT EXISTS (SELECT 1 FROM contact_keys)")?
    {
        return Ok(false);
    }
    let newest = conn.query_row(
        "SELECT connection, contact_type, contact, body, as_of, id, digits FROM contacts ORDER BY id DESC LIMIT 1",
        [],
        |row| Ok((filing::stored(row)?, row.get::<_, i64>(5)?, row.get::<_, String>(6)?)),
    );
    let Some((stored, id, digits)) = newest.optional()? else {
        return Ok(true);
    };
    let finds = |table: &str, word: &str| -> Answer<bool> {
        let statement = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {table} MATCH ?1 AND rowid = ?2)");
        Ok(conn.query_row(&statement, params![format!("\"{word}\""), id], |row| row.get(0))?)
    };
    let contact = stored.contact().map(|(contact, _)| contact);
    if let Some(contact) = &contact
        && !words::knows(conn, contact)?
    {
        return Ok(false);
    }
    let name = contact
        .map(|contact| fold(&contact.name, Depth::Wide))
        .unwrap_or_default();
    let word = name.split(' ').next().unwrap_or_default();
    let digits = digits.split(' ').find(|digits| digits.len() >= 3).unwrap_or_default();
    Ok((word.is_empty() || finds("contact_names", word)?) && (digits.is_empty() || finds("contact_digits", digits)?))
}

pub(crate) fn mend(db: &mut Database) -> Answer<()> {
    let contacts = salvage(db)?;
    tracing::warn!(contacts = contacts.len(), "the index is made anew");
    db.reopen(false)?;
    if replace(db, &contacts, schema::drop_index).is_err() {
        db.reopen(false)?;
        schema::disown_index(&db.conn)?;
        db.reopen(false)?;
        replace(db, &contacts, |_| Ok(()))?;
    }
    Ok(())
}

fn replace(
    db: &mut Database,
    contacts: &[(Contact, Timestamp)],
    drop_old: impl FnOnce(&Transaction<'_>) -> Answer<()>,
) -> Answer<()> {
    let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    drop_old(&tx)?;
    schema::create_index(&tx)?;
    let home = filing::home(&tx)?.unwrap_or_default();
    for (contact, as_of) in contacts {
        put(&tx, contact, *as_of, &home, Filed::UnlessSame)?;
    }
    tx.commit()?;
    db.words = Words::default();
    Ok(())
}

/// Everything that can be read, on connections of its own: one that met a page it can't decipher is of no more use. The
/// address book's contacts are taken from the address book, of which the index holds copies.
fn salvage(db: &Database) -> Answer<Vec<(Contact, Timestamp)>> {
    let mut found = Vec::new();
    for read in [address_book::everyone, contacts] {
        let Place::File { path, key } = &db.place else {
            found.extend(read(&db.conn, Direction::Forward).0);
            continue;
        };
        let (forward, complete) = read(&Database::reader(path, key)?.conn, Direction::Forward);
        found.extend(forward);
        if !complete {
            found.extend(read(&Database::reader(path, key)?.conn, Direction::Backward).0);
        }
    }
    let mut seen: HashSet<ContactRef> = HashSet::with_capacity(found.len());
    Ok(found
        .into_iter()
        .filter(|(contact, _)| seen.insert(contact.id.clone()))
        .collect())
}

/// Rows are read from both ends, so that one bad page hides no more than itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

impl Direction {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Forward => "ASC",
            Self::Backward => "DESC",
        }
    }
}

/// What was read, and whether that is all.
pub(crate) type Salvaged = (Vec<(Contact, Timestamp)>, bool);

pub(crate) fn contacts(conn: &Connection, direction: Direction) -> Salvaged {
    let mut found = Vec::new();
    let read = || -> Answer<()> {
        let order = direction.sql();
        let mut ask = conn.prepare(&format!(
            "SELECT connection, contact_type, contact, body, as_of FROM contacts ORDER BY id {order}"
        ))?;
        for row in ask.query_map([], filing::stored)? {
            let of_connection =
                Stored::contact(row?).filter(|(contact, _)| contact.id.connection.as_str() != ADDRESS_BOOK);
            found.extend(of_connection);
        }
        Ok(())
    };
    let complete = { read }().is_ok();
    (found, complete)
}
