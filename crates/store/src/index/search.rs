//! Finding contacts: by the keys of a number, and at every keystroke by name.
//!
//! FTS5 gives hits in the order of its row numbers and is cut off after a few dozen, because ranking all the hits of a
//! short beginning takes longer than a keystroke. So it is asked for the best sort of hit first (names that begin with
//! the word), then for the rest, and what came back is put in order in code. Only where that gives few are misspelt words
//! looked for (`misspelt.rs`).

use std::collections::HashSet;

use ringside_domain::{
    Contact, ContactRef, Timestamp,
    connector::NameQuery,
    index::Indexed,
    phone::{Key, probe_keys, read},
};
use rusqlite::{Connection, OptionalExtension as _, Params, params};

use super::{
    filing::{self, kind_word},
    misspelt::{self, Meanings},
    rank::{Asked, By, Hit, in_order, quoted, rank},
    words::Reach,
};
use crate::{
    error::Answer,
    file::Database,
    fold::{Depth, fold},
    rows::encode,
};

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
pub(crate) fn by_name(db: &mut Database, query: &NameQuery, only: Option<&str>, now: i64) -> Answer<Vec<Indexed>> {
    let asked = Asked::new(&query.text);
    let filter = Filter::new(query, only)?;
    let conn = &db.conn;
    let mut ids = Vec::new();
    let mut keyed = HashSet::new();
    if asked.is_number() {
        let home = filing::home(conn)?.unwrap_or_default();
        keyed.extend(ids_by_keys(conn, &probe_keys(&read(&query.text, &home)))?);
        ids.extend(keyed.iter().copied());
    }
    if let Some(digits) = asked.digits_match() {
        ids.extend(matching_digits(conn, &digits, &filter)?);
    }
    for words in asked.name_matches() {
        ids.extend(matching_names(conn, &words, &filter, HITS)?);
    }
    if let Some((words, digits)) = asked.mixed_match() {
        ids.extend(mixed(conn, &words, &digits, &filter)?);
    }
    if asked.words().is_empty() && query.text.trim().is_empty() {
        ids.extend(matching_names(conn, "", &filter, HITS)?);
    }
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for id in ids.into_iter().filter(|id| seen.insert(*id)) {
        let by = if keyed.contains(&id) { By::Key } else { By::Text };
        let hit = load(conn, id)?.filter(|hit| filter.lets_through(&hit.indexed.contact));
        hits.extend(hit.map(|hit| (rank(&hit, &asked, by, Timestamp(now)), hit.indexed)));
    }
    let mut limit = if query.limit == 0 { USUAL } else { query.limit.min(MOST) };
    let may_be_misspelt = !asked.is_number() && !asked.words().is_empty() && !query.text.contains('@');
    if may_be_misspelt && hits.len() < misspelt::ENOUGH {
        if !hits.is_empty() {
            // Somebody is called so: the others are few, and below.
            limit = limit.min(misspelt::ENOUGH);
        }
        let meanings = Meanings::of(db, &asked, Reach::Search)?;
        for id in misspelt::ids(db, &meanings, &filter)?
            .into_iter()
            .filter(|id| seen.insert(*id))
        {
            let hit = load(&db.conn, id)?.filter(|hit| filter.lets_through(&hit.indexed.contact));
            let ranked = hit.map(|hit| {
                let by = By::Near(meanings.cost(&hit.indexed.contact));
                (rank(&hit, &asked, by, Timestamp(now)), hit.indexed)
            });
            hits.extend(ranked);
        }
    }
    Ok(in_order(hits).into_iter().take(limit).collect())
}

/// What a contact must be, whatever it is called.
pub(super) struct Filter<'a> {
    only: Option<&'a str>,
    /// In any case: a server may learn to write its types in another one.
    types: &'a [String],
    company: Vec<String>,
    /// A JSON array.
    types_json: Option<String>,
    /// As FTS5 takes it.
    expression: String,
}

impl<'a> Filter<'a> {
    pub fn new(query: &'a NameQuery, only: Option<&'a str>) -> Answer<Self> {
        let company = fold(query.company.as_deref().unwrap_or_default(), Depth::Wide);
        let company: Vec<String> = company
            .split_whitespace()
            .take(COMPANY_WORDS)
            .map(str::to_owned)
            .collect();
        let mut parts: Vec<String> = company
            .iter()
            .map(|word| format!("company : {}*", quoted(word)))
            .collect();
        let kinds: Vec<String> = query.types.iter().map(|kind| quoted(&kind_word(kind))).collect();
        if !kinds.is_empty() {
            parts.push(format!("kind : ({})", kinds.join(" OR ")));
        }
        let types_json = if query.types.is_empty() {
            None
        } else {
            Some(encode(&query.types)?)
        };
        Ok(Self {
            only,
            types: &query.types,
            company,
            types_json,
            expression: parts.join(" AND "),
        })
    }

    fn lets_through(&self, contact: &Contact) -> bool {
        let company = fold(contact.company.as_deref().unwrap_or_default(), Depth::Wide);
        let is_its = |kind: &String| kind.eq_ignore_ascii_case(&contact.id.contact_type);
        let begins = |word: &String| company.split(' ').any(|one| one.starts_with(word.as_str()));
        self.only.is_none_or(|only| contact.id.connection.as_str() == only)
            && (self.types.is_empty() || self.types.iter().any(is_its))
            && self.company.iter().all(begins)
    }

    /// Together with the words of a name; without any, everybody whom the filter lets through.
    fn and(&self, words: &str) -> String {
        match (words.is_empty(), self.expression.is_empty()) {
            (true, _) => self.expression.clone(),
            (false, true) => format!("{NAMED} : ({words})"),
            (false, false) => format!("({NAMED} : ({words})) AND {}", self.expression),
        }
    }
}

/// Every column but that of the types.
const NAMED: &str = "{name company email other}";
const COMPANY_WORDS: usize = 8;

/// Contacts by an expression over the words of their names.
pub(super) fn matching_names(conn: &Connection, words: &str, filter: &Filter<'_>, most: i64) -> Answer<Vec<i64>> {
    let words = filter.and(words);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    if filter.only.is_none() {
        let statement = "SELECT rowid FROM contact_names WHERE contact_names MATCH ?1 LIMIT ?2";
        return ids(conn, statement, params![words, most]);
    }
    let statement = "SELECT c.id FROM contact_names CROSS JOIN contacts c ON c.id = contact_names.rowid
         WHERE contact_names MATCH ?1 AND c.connection = ?3 LIMIT ?2";
    ids(conn, statement, params![words, most, filter.only])
}

fn matching_digits(conn: &Connection, digits: &str, filter: &Filter<'_>) -> Answer<Vec<i64>> {
    let statement = format!(
        "SELECT c.id FROM contact_digits CROSS JOIN contacts c ON c.id = contact_digits.rowid
         WHERE contact_digits MATCH ?1 AND {FILTERED} LIMIT ?2"
    );
    let plain = "SELECT rowid FROM contact_digits WHERE contact_digits MATCH ?1 LIMIT ?2";
    if filter.only.is_none() && filter.types_json.is_none() {
        return ids(conn, plain, params![digits, HITS]);
    }
    ids(conn, &statement, params![digits, HITS, filter.only, filter.types_json])
}

const FILTERED: &str = "(?3 IS NULL OR c.connection = ?3)
    AND (?4 IS NULL OR c.contact_type COLLATE NOCASE IN (SELECT value FROM json_each(?4)))";

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
        params![filter.and(words), HITS, filter.only, filter.types_json, digits],
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
    // Ours alone, and as it is now: what was filed with the record may be of a call that was nobody's talk.
    contact.last_call = newest(conn, &contact.id, SPOKEN);
    let called = newest(conn, &contact.id, "");
    Ok(Some(Hit {
        indexed: Indexed { contact, as_of },
        digits,
        called,
    }))
}

pub(super) fn contact(conn: &Connection, id: i64) -> Answer<Option<Contact>> {
    Ok(load(conn, id)?.map(|hit| hit.indexed.contact))
}

/// Calls that are over and were talked on. Where the program was away when it was answered, the end says that it was.
const SPOKEN: &str = "AND is_over = 1
    AND (json_extract(body, '$.answered') IS NOT NULL OR state IN ('completed', 'transferred'))";

/// From our own journal. That it can't be read is the journal's matter, and no reason to find nobody.
fn newest(conn: &Connection, contact: &ContactRef, of: &str) -> Option<Timestamp> {
    let statement = format!(
        "SELECT started FROM calls WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3 {of}
         ORDER BY started DESC LIMIT 1"
    );
    let given = params![contact.connection.as_str(), contact.contact_type, contact.id];
    let newest = conn.prepare_cached(&statement).ok()?.query_row(given, |row| row.get(0));
    newest.optional().ok().flatten().map(Timestamp)
}
