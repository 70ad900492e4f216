//! One record under two contact types. App Connect's servers call a record by one type where it is found by number, and by
//! another one, which their manifest doesn't list, where it is found by name; and a connector's next version may list other
//! types, or spell them otherwise. What was kept under the other word is the same person's.
//!
//! An id is unique within a type only. So it is the same record where connection, id **and** name are the same, and the two
//! types differ by case alone, or one of them is none that the connector lists. Of a connection whose types nobody knows, each
//! type is taken at its word.

use std::collections::{BTreeSet, HashSet};

use ringside_domain::{Contact, ContactRef};
use rusqlite::{Connection, params};
use serde::Deserialize;

use super::Whose;
use crate::{
    contact_row,
    error::Answer,
    fold::{Depth, fold},
    rows::decode,
};

/// The indexes have the type between connection and id. So the types of the connection come first, each found behind the last
/// one: asked for without them, a record costs a walk through everything of its connection.
const RECORDS: &str = "
    WITH RECURSIVE types (word) AS (
        SELECT (SELECT contact_type FROM contacts WHERE connection = ?1 ORDER BY contact_type LIMIT 1)
        UNION ALL
        SELECT (SELECT contact_type FROM contacts WHERE connection = ?1 AND contact_type > word
                ORDER BY contact_type LIMIT 1)
        FROM types WHERE word IS NOT NULL
    )
    SELECT connection, contact_type, contact, body FROM types CROSS JOIN contacts
    WHERE connection = ?1 AND contact_type = word AND contact = ?2";

/// As [`RECORDS`], of calls. The index holds those with a contact only.
const CHOSEN: &str = "
    WITH RECURSIVE types (word) AS (
        SELECT (SELECT contact_type FROM calls WHERE connection = ?1 AND contact IS NOT NULL
                ORDER BY contact_type LIMIT 1)
        UNION ALL
        SELECT (SELECT contact_type FROM calls WHERE connection = ?1 AND contact_type > word AND contact IS NOT NULL
                ORDER BY contact_type LIMIT 1)
        FROM types WHERE word IS NOT NULL
    )
    SELECT contact_type, body FROM types CROSS JOIN calls
    WHERE connection = ?1 AND contact_type = word AND contact = ?2";

/// What the body of a call says about whom it is with.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ChosenRow {
    choice: Option<NamedRow>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NamedRow {
    data: NameRow,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NameRow {
    name: String,
}

/// The other records of the index that are the one with this id and name.
pub(super) fn records(conn: &Connection, whose: &Whose, own: &ContactRef, name: &str) -> Answer<Vec<Contact>> {
    let mut found = Vec::new();
    let mut ask = conn.prepare_cached(RECORDS)?;
    let mut rows = ask.query(params![own.connection.as_str(), own.id])?;
    while let Some(row) = rows.next()? {
        found.extend(contact_row::contact(row)?.filter(|other| is_it(whose, (own, name), &other.id, &other.name)));
    }
    Ok(found)
}

/// What else calls with a record of this name say it is.
pub(super) fn in_calls(conn: &Connection, whose: &Whose, own: &ContactRef, name: &str) -> Answer<HashSet<ContactRef>> {
    let mut found = HashSet::new();
    for (other, other_name) in chosen(conn, own)? {
        if is_it(whose, (own, name), &other, &other_name) {
            found.insert(other);
        }
    }
    Ok(found)
}

/// The names that this very record has in calls: the index may have forgotten it.
pub(super) fn names_in_calls(conn: &Connection, own: &ContactRef) -> Answer<BTreeSet<String>> {
    let all = chosen(conn, own)?.into_iter();
    Ok(all.filter(|(other, _)| other == own).map(|(_, name)| name).collect())
}

/// Whoever has this connection and id, under whatever type, in each call.
fn chosen(conn: &Connection, own: &ContactRef) -> Answer<Vec<(ContactRef, String)>> {
    let mut found = Vec::new();
    let mut ask = conn.prepare_cached(CHOSEN)?;
    let mut rows = ask.query(params![own.connection.as_str(), own.id])?;
    while let Some(row) = rows.next()? {
        let other = ContactRef {
            contact_type: row.get(0)?,
            ..own.clone()
        };
        let body: ChosenRow = decode("call", &row.get::<_, String>(1)?).unwrap_or_default();
        found.extend(body.choice.map(|chosen| (other, chosen.data.name)));
    }
    Ok(found)
}

/// `other` has connection and id of `own`.
fn is_it(whose: &Whose, (own, own_name): (&ContactRef, &str), other: &ContactRef, name: &str) -> bool {
    let is_unlisted = |contact_type: &str| {
        let types = whose.types.get(&own.connection).filter(|types| !types.is_empty());
        types.is_some_and(|types| !types.iter().any(|one| one.eq_ignore_ascii_case(contact_type)))
    };
    let (mine, theirs) = (&own.contact_type, &other.contact_type);
    let alike = mine.eq_ignore_ascii_case(theirs) || is_unlisted(mine) || is_unlisted(theirs);
    *other != *own && alike && fold(name, Depth::Wide) == fold(own_name, Depth::Wide)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use rusqlite::Connection;

    use super::{CHOSEN, RECORDS};

    /// Each step of SQLite's plan that touches the table.
    fn steps(table: &str, question: &str) -> Vec<String> {
        let conn = Connection::open_in_memory().unwrap();
        for tables in [
            include_str!("../sql/0001_journal_and_address_book.sql"),
            include_str!("../sql/index.sql"),
        ] {
            conn.execute_batch(tables).unwrap();
        }
        let mut ask = conn.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
        let rows = ask
            .query_map(["crm", "1"], |row| row.get::<_, String>("detail"))
            .unwrap();
        let mut all: Vec<String> = rows.map(Result::unwrap).collect();
        all.retain(|step| step.contains(table) || step.contains("TEMP B-TREE"));
        all
    }

    #[test]
    fn no_record_costs_a_walk_through_its_connection() {
        for (table, question) in [("contacts", RECORDS), ("calls", CHOSEN)] {
            let steps = steps(table, question);
            let with = |columns: &str| steps.iter().filter(|step| step.contains(columns)).count();
            assert_eq!(with("(connection=? AND contact_type=? AND contact=?)"), 1, "{steps:?}");
            // A type at a time: the first one, and the one behind.
            assert_eq!(with("COVERING INDEX"), 2, "{steps:?}");
            assert_eq!(with("(connection=? AND contact_type>?)"), 1, "{steps:?}");
            assert_eq!((steps.len(), with("TEMP B-TREE")), (3, 0), "{steps:?}");
        }
    }
}
