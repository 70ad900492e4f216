//! Finding contacts: by the keys of a number, and at every keystroke by name.
//!
//! FTS5 gives hits in the order of its row numbers and is cut off after a few dozen, because ranking all the hits of a
//! short beginning takes longer than a keystroke. So it is asked for the best sort of hit first (names that begin with
//! the word), then for the rest, and what came back is put in order in code.

use std::collections::HashSet;

use ringside_domain::{
    ContactRef, Timestamp,
    connector::NameQuery,
    index::Indexed,
    phone::{Key, probe_keys, read},
};
use rusqlite::{Connection, OptionalExtension as _, Params, params};

use super::{
    filing,
    rank::{Asked, Hit, rank},
};
use crate::{error::Answer, rows::encode};

/// Hits of one sort that are looked at.
const HITS: i64 = 60;
/// Contacts that share one number: a switchboard may have thousands, and no card shows them.
const SHARED: i64 = 100;
const USUAL: usize = 20;
const MOST: usize = 200;

/// Contacts filed under any of the keys, in the order of the keys.
pub(crate) fn by_keys(conn: &Connection, keys: &[Key], only: Option<&str>) -> Answer<Vec<Indexed>> {
    let mut found = Vec::new();
    for id in ids_by_keys(conn, keys)? {
        found.extend(load(conn, id)?.map(|hit| hit.indexed));
    }
    found.retain(|indexed| only.is_none_or(|only| indexed.contact.id.connection.as_str() == only));
    Ok(found)
}

/// Contacts of one connection or of all, best first.
pub(crate) fn by_name(conn: &Connection, query: &NameQuery, only: Option<&str>) -> Answer<Vec<Indexed>> {
    let asked = Asked::new(&query.text);
    let filter = Filter {
        only,
        types: if query.types.is_empty() {
            None
        } else {
            Some(encode(&query.types)?)
        },
    };
    let mut ids = Vec::new();
    let mut keyed = HashSet::new();
    if asked.is_number() {
        let home = filing::home(conn)?.unwrap_or_default();
        keyed.extend(ids_by_keys(conn, &probe_keys(&read(&query.text, &home)))?);
        ids.extend(keyed.iter().copied());
    }
    if let Some(digits) = asked.digits_match() {
        ids.extend(matching(conn, Table::Digits, &digits, &filter)?);
    }
    for words in asked.name_matches() {
        ids.extend(matching(conn, Table::Names, &words, &filter)?);
    }
    if let Some((words, digits)) = asked.mixed_match() {
        ids.extend(mixed(conn, &words, &digits, &filter)?);
    }
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for id in ids.into_iter().filter(|id| seen.insert(*id)) {
        let hit = load(conn, id)?.filter(|hit| filter.lets_through(&hit.indexed.contact.id, &query.types));
        hits.extend(hit.map(|hit| (rank(&hit, &asked, keyed.contains(&id)), hit.indexed)));
    }
    hits.sort_by(|(a, _), (b, _)| a.cmp(b));
    let limit = if query.limit == 0 { USUAL } else { query.limit.min(MOST) };
    Ok(hits.into_iter().take(limit).map(|(_, indexed)| indexed).collect())
}

struct Filter<'a> {
    only: Option<&'a str>,
    /// A JSON array.
    types: Option<String>,
}

impl Filter<'_> {
    fn lets_through(&self, id: &ContactRef, types: &[String]) -> bool {
        self.only.is_none_or(|only| id.connection.as_str() == only)
            && (types.is_empty() || types.contains(&id.contact_type))
    }
}

#[derive(Clone, Copy)]
enum Table {
    Names,
    Digits,
}

fn matching(conn: &Connection, table: Table, words: &str, filter: &Filter<'_>) -> Answer<Vec<i64>> {
    let table = match table {
        Table::Names => "contact_names",
        Table::Digits => "contact_digits",
    };
    if filter.only.is_none() && filter.types.is_none() {
        return ids(
            conn,
            &format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1 LIMIT ?2"),
            params![words, HITS],
        );
    }
    let statement = format!(
        "SELECT c.id FROM {table} CROSS JOIN contacts c ON c.id = {table}.rowid WHERE {table} MATCH ?1 AND {FILTERED}
         LIMIT ?2"
    );
    ids(conn, &statement, params![words, HITS, filter.only, filter.types])
}

const FILTERED: &str = "(?3 IS NULL OR c.connection = ?3)
    AND (?4 IS NULL OR c.contact_type IN (SELECT value FROM json_each(?4)))";

fn mixed(conn: &Connection, words: &str, digits: &str, filter: &Filter<'_>) -> Answer<Vec<i64>> {
    let statement = format!(
        "SELECT c.id FROM contact_names CROSS JOIN contacts c ON c.id = contact_names.rowid
         WHERE contact_names MATCH ?1 AND {FILTERED}
             AND c.id IN (SELECT rowid FROM contact_digits WHERE contact_digits MATCH ?5)
         LIMIT ?2"
    );
    ids(
        conn,
        &statement,
        params![words, HITS, filter.only, filter.types, digits],
    )
}

fn ids_by_keys(conn: &Connection, keys: &[Key]) -> Answer<Vec<i64>> {
    let mut found = Vec::new();
    for key in keys {
        let statement = "SELECT contact FROM contact_keys WHERE kind = ?1 AND value = ?2 LIMIT ?3";
        found.extend(ids(conn, statement, params![key.kind.as_u8(), key.value, SHARED])?);
    }
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(*id));
    Ok(found)
}

fn ids(conn: &Connection, statement: &str, given: impl Params) -> Answer<Vec<i64>> {
    let mut ask = conn.prepare_cached(statement)?;
    let rows = ask.query_map(given, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn load(conn: &Connection, id: i64) -> Answer<Option<Hit>> {
    let mut ask = conn
        .prepare_cached("SELECT connection, contact_type, contact, body, as_of, digits FROM contacts WHERE id = ?1")?;
    let found = ask
        .query_row([id], |row| Ok((filing::stored(row)?, row.get::<_, String>(5)?)))
        .optional()?;
    let Some((stored, digits)) = found else { return Ok(None) };
    let Some((mut contact, as_of)) = stored.contact() else {
        return Ok(None);
    };
    contact.last_call = contact.last_call.max(last_call(conn, &contact.id));
    Ok(Some(Hit {
        indexed: Indexed { contact, as_of },
        digits,
    }))
}

/// From our own journal. That it can't be read is the journal's matter, and no reason to find nobody.
fn last_call(conn: &Connection, contact: &ContactRef) -> Option<Timestamp> {
    let mut ask = conn
        .prepare_cached("SELECT max(started) FROM calls WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3")
        .ok()?;
    let newest = ask.query_row(
        params![contact.connection.as_str(), contact.contact_type, contact.id],
        |row| row.get::<_, Option<i64>>(0),
    );
    newest.ok().flatten().map(Timestamp)
}
