//! Contacts from a file, in batches that can be taken back: while they come in, when all are there, and after a restart.
//!
//! Each chunk is one transaction, so what a crash leaves is a batch of whole chunks, known by its id.

use ringside_domain::{ContactDraft, Error, Kind, Result, StoredNumber, phone::Home};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::people;
use crate::{Store, error::Answer, index};

/// One record of a file, as it is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Its `number` is not used: all numbers are in `numbers`.
    pub draft: ContactDraft,
    pub numbers: Vec<StoredNumber>,
    /// Addresses beside the draft's.
    pub more_emails: Vec<String>,
}

/// One file that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: String,
    /// The file's name.
    pub name: String,
    /// How many it was to bring.
    pub total: usize,
    /// How many of it are in the address book.
    pub there: usize,
}

/// What became of some records of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    pub deleted: usize,
    /// Calls were logged on them, or they were changed since: they stay, and belong to no batch any more.
    pub stayed: usize,
    /// There are others.
    pub more: bool,
}

impl Store {
    /// Begins a batch without records. Its id is the caller's, and new.
    ///
    /// # Errors
    /// [`Kind::Conflict`] when there is one with this id; [`Kind::Storage`].
    pub async fn begin_batch(&self, id: String, name: String, total: usize) -> Result<()> {
        let now = self.now();
        self.change("begin_import", move |db| {
            db.conn
                .prepare_cached("INSERT INTO imports (id, name, total, started, saved) VALUES (?1, ?2, ?3, ?4, ?4)")?
                .execute(params![id, name, i64::try_from(total).unwrap_or(i64::MAX), now])?;
            Ok(())
        })
        .await
    }

    /// Adds records to a batch, all or none of them. A few hundred at once leave other writes their turn.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when the batch was taken back; [`Kind::Storage`].
    pub async fn add_to_batch(&self, batch: &str, people: Vec<NewPerson>, home: Home) -> Result<()> {
        let people: Vec<(String, NewPerson)> = people.into_iter().map(|one| (self.new_id(), one)).collect();
        let (batch, now) = (batch.to_owned(), self.now());
        self.change_index("import", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if one(&tx, &batch)?.is_none() {
                return Err(Error::new(Kind::NotFound, "import", "this import was taken back").into());
            }
            if index::home(&tx)?.is_none() {
                index::set_home(&tx, &home)?;
            }
            for (id, person) in &people {
                let mut contact = people::insert(&tx, id, &person.draft, &person.numbers, now)?;
                if !person.more_emails.is_empty() {
                    people::put_more_emails(&tx, id, &person.more_emails)?;
                    contact.emails.extend(person.more_emails.iter().cloned());
                }
                people::refile(&tx, &contact, now)?;
                tx.prepare_cached("INSERT INTO import_people (person, import, saved) VALUES (?1, ?2, ?3)")?
                    .execute(params![id, batch, now])?;
            }
            Ok(tx.commit()?)
        })
        .await
    }

    /// A batch, or without an id the newest one.
    ///
    /// # Errors
    /// [`Kind::Storage`].
    pub async fn batch(&self, id: Option<String>) -> Result<Option<Batch>> {
        self.ask("import", move |db| match id {
            Some(id) => one(&db.conn, &id),
            None => Ok(db
                .conn
                .prepare_cached(&format!("{COLUMNS} ORDER BY i.started DESC, i.id DESC LIMIT 1"))?
                .query_row([], batch)
                .optional()?),
        })
        .await
    }

    /// Takes up to `most` records of a batch out of the address book; with the last of them the batch itself is forgotten.
    ///
    /// # Errors
    /// [`Kind::Storage`].
    pub async fn take_back_some(&self, batch: &str, most: usize) -> Result<TakenBack> {
        let batch = batch.to_owned();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.change_index("take_back_import", move |db| {
            let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let taken = take_back(&tx, &batch, most)?;
            if !taken.more {
                tx.prepare_cached("DELETE FROM imports WHERE id = ?1")?
                    .execute([&batch])?;
            }
            tx.commit()?;
            Ok(taken)
        })
        .await
    }
}

fn take_back(conn: &Connection, batch: &str, most: i64) -> Answer<TakenBack> {
    let mut ask = conn.prepare_cached(
        "SELECT b.person, p.saved <> b.saved OR EXISTS (SELECT 1 FROM person_logs l WHERE l.person = b.person)
         FROM import_people b JOIN people p ON p.id = b.person WHERE b.import = ?1 ORDER BY b.person LIMIT ?2",
    )?;
    let rows = ask.query_map(params![batch, most], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
    })?;
    let rows: Vec<(String, bool)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut taken = TakenBack::default();
    for (person, stays) in &rows {
        if *stays {
            conn.prepare_cached("DELETE FROM import_people WHERE person = ?1")?
                .execute([person])?;
            taken.stayed += 1;
        } else {
            people::delete(conn, person)?;
            taken.deleted += 1;
        }
    }
    taken.more = conn
        .prepare_cached("SELECT 1 FROM import_people WHERE import = ?1")?
        .exists([batch])?;
    Ok(taken)
}

const COLUMNS: &str = "SELECT i.id, i.name, i.total, (SELECT count(*) FROM import_people b WHERE b.import = i.id)
    FROM imports i";

fn one(conn: &Connection, id: &str) -> Answer<Option<Batch>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE i.id = ?1"))?;
    Ok(ask.query_row([id], batch).optional()?)
}

fn batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    let count = |at| -> rusqlite::Result<usize> { Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0)) };
    Ok(Batch {
        id: row.get(0)?,
        name: row.get(1)?,
        total: count(2)?,
        there: count(3)?,
    })
}
