//! Whether people of a file are in the address book already.

use std::collections::HashSet;

use ringside_domain::{
    Contact, Result,
    phone::{Home, Reading, compare, probe_keys, read},
};
use rusqlite::Connection;

use super::ADDRESS_BOOK;
use crate::{
    Store,
    error::Answer,
    fold::{Depth, fold},
    index::by_keys,
};

/// Somebody who may be known.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub name: String,
    pub emails: Vec<String>,
    pub numbers: Vec<Reading>,
}

impl Store {
    /// For each, whether the address book has somebody with the same number and the same name or e-mail. A few hundred at
    /// once leave lookups their turn.
    ///
    /// # Errors
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn known_by_number(&self, candidates: Vec<Candidate>, home: Home) -> Result<Vec<bool>> {
        self.ask_index("known", move |db| {
            let all = candidates.iter();
            all.map(|candidate| is_known(&db.conn, candidate, &home)).collect()
        })
        .await
    }

    /// The name and first e-mail address of everybody in the address book who has one, as [`Store::same_text`] writes them.
    ///
    /// # Errors
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn known_emails(&self) -> Result<HashSet<(String, String)>> {
        self.ask("known", |db| {
            let mut ask = db
                .conn
                .prepare("SELECT name, email FROM people WHERE email IS NOT NULL")?;
            let rows = ask.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let mut known = HashSet::new();
            for row in rows {
                let (name, email) = row?;
                known.insert((Self::same_text(&name), Self::same_text(&email)));
            }
            Ok(known)
        })
        .await
    }

    /// A text without what makes no difference: case, accents, punctuation.
    #[must_use]
    pub fn same_text(text: &str) -> String {
        fold(text, Depth::Wide)
    }
}

fn is_known(conn: &Connection, candidate: &Candidate, home: &Home) -> Answer<bool> {
    for number in &candidate.numbers {
        if matches!(number, Reading::Unreadable(_) | Reading::Withheld) {
            continue;
        }
        let found = by_keys(conn, &probe_keys(number), Some(ADDRESS_BOOK))?;
        let same = found
            .iter()
            .any(|known| has(&known.contact, number, home) && is_alike(&known.contact, candidate));
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(contact: &Contact, number: &Reading, home: &Home) -> bool {
    let mut stored = contact.numbers.iter().map(|stored| read(&stored.raw, home));
    stored.any(|stored| compare(&stored, number).is_some_and(|grade| grade.is_exact()))
}

fn is_alike(contact: &Contact, candidate: &Candidate) -> bool {
    let emails: HashSet<String> = contact.emails.iter().map(|email| Store::same_text(email)).collect();
    Store::same_text(&contact.name) == Store::same_text(&candidate.name)
        || candidate
            .emails
            .iter()
            .any(|email| emails.contains(&Store::same_text(email)))
}
