//! Filing a contact: under the keys of its numbers, under the words of its names, under its digits. What is filed of a
//! contact goes with it.

use ringside_domain::{
    ConnectionId, Contact, ContactRef, Timestamp,
    index::Indexed,
    phone::{Home, Reading, read, stored_keys},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::words;
use crate::{
    error::Answer,
    fold::{Depth, digits, fold, initials, joined},
    rows::{contact::ContactRow, decode, encode},
    schema::{set_setting, setting},
};

/// When to file a contact whose data is the same as before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filed {
    UnlessSame,
    Anyway,
}

/// Files a contact in place of what was known of it. What is older than that is not news and changes nothing.
pub(crate) fn put(conn: &Connection, contact: &Contact, as_of: Timestamp, home: &Home, filed: Filed) -> Answer<()> {
    let body = encode(&ContactRow::of(contact))?;
    let home_text = home_text(home)?;
    let known = conn
        .prepare_cached(
            "SELECT id, as_of, body, home FROM contacts WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3",
        )?
        .query_row(
            params![contact.id.connection.as_str(), contact.id.contact_type, contact.id.id],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                ))
            },
        )
        .optional()?;
    if let Some((id, known_as_of, known_body, known_home)) = &known {
        if filed == Filed::UnlessSame && *known_as_of > as_of.0 {
            return Ok(());
        }
        if filed == Filed::UnlessSame && *known_body == body && *known_home == home_text {
            conn.prepare_cached("UPDATE contacts SET as_of = ?2 WHERE id = ?1")?
                .execute(params![id, as_of.0])?;
            return Ok(());
        }
        unfile(conn, *id)?;
    }
    let numbers = read_numbers(contact, home);
    conn.prepare_cached(
        "INSERT INTO contacts
             (id, connection, contact_type, contact, body, as_of, home, digits, numbers, unreadable, keys)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        known.map(|(id, ..)| id),
        contact.id.connection.as_str(),
        contact.id.contact_type,
        contact.id.id,
        body,
        as_of.0,
        home_text,
        numbers.digits,
        count(contact.numbers.len()),
        count(numbers.unreadable),
        count(numbers.keys.len())
    ])?;
    let id = conn.last_insert_rowid();
    let mut key_in = conn.prepare_cached("INSERT INTO contact_keys (kind, value, contact) VALUES (?1, ?2, ?3)")?;
    for (kind, value) in &numbers.keys {
        key_in.execute(params![kind, value, id])?;
    }
    let name = fold(&contact.name, Depth::Wide);
    let company = contact.company.as_deref().unwrap_or_default();
    let other = [initials(&name), joined(&contact.name), joined(company)].join(" ");
    conn.prepare_cached(
        "INSERT INTO contact_names (rowid, name, company, email, other, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id,
        name,
        fold(company, Depth::Wide),
        fold(&contact.emails.join(" "), Depth::Wide),
        other,
        kind_word(&contact.id.contact_type)
    ])?;
    words::add(conn, contact)?;
    conn.prepare_cached("INSERT INTO contact_digits (rowid, digits) VALUES (?1, ?2)")?
        .execute(params![id, numbers.digits])?;
    Ok(())
}

pub(super) fn known(conn: &Connection, contact: &ContactRef) -> Answer<Option<Indexed>> {
    let mut ask = conn.prepare_cached(
        "SELECT connection, contact_type, contact, body, as_of FROM contacts
         WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3",
    )?;
    let given = params![contact.connection.as_str(), contact.contact_type, contact.id];
    let found = ask.query_row(given, stored).optional()?;
    Ok(found
        .and_then(Stored::contact)
        .map(|(contact, as_of)| Indexed { contact, as_of }))
}

pub(crate) fn forget(conn: &Connection, contact: &ContactRef) -> Answer<()> {
    let known: Option<i64> = conn
        .prepare_cached("SELECT id FROM contacts WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3")?
        .query_row(
            params![contact.connection.as_str(), contact.contact_type, contact.id],
            |row| row.get(0),
        )
        .optional()?;
    known.map_or(Ok(()), |id| unfile(conn, id))
}

/// Forgets up to `most` contacts of a connection, and says how many.
pub(super) fn forget_some(conn: &Connection, connection: &ConnectionId, most: usize) -> Answer<usize> {
    let ids: Vec<i64> = conn
        .prepare_cached("SELECT id FROM contacts WHERE connection = ?1 LIMIT ?2")?
        .query_map(params![connection.as_str(), count(most)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &ids {
        unfile(conn, *id)?;
    }
    Ok(ids.len())
}

/// One word for a contact type. Two types may share it: who asks by it looks at the type again.
pub(super) fn kind_word(contact_type: &str) -> String {
    let plain = contact_type.chars().filter(char::is_ascii_alphanumeric);
    format!("kind{}", plain.collect::<String>().to_ascii_lowercase())
}

fn unfile(conn: &Connection, id: i64) -> Answer<()> {
    let mut ask =
        conn.prepare_cached("SELECT connection, contact_type, contact, body, as_of FROM contacts WHERE id = ?1")?;
    if let Some((contact, _)) = ask.query_row([id], stored).optional()?.and_then(Stored::contact) {
        words::take_away(conn, &contact)?;
    }
    for statement in [
        "DELETE FROM contact_keys WHERE contact = ?1",
        "DELETE FROM contact_names WHERE rowid = ?1",
        "DELETE FROM contact_digits WHERE rowid = ?1",
        "DELETE FROM contacts WHERE id = ?1",
    ] {
        conn.prepare_cached(statement)?.execute([id])?;
    }
    Ok(())
}

/// Files the next contacts from `from` on anew, and says where the ones after them begin.
pub(super) fn refile(conn: &Connection, from: i64, most: usize, home: &Home) -> Answer<Option<i64>> {
    let mut last = None;
    let mut chunk = Vec::with_capacity(most);
    let mut ask = conn.prepare_cached(
        "SELECT connection, contact_type, contact, body, as_of, id FROM contacts WHERE id >= ?1 ORDER BY id LIMIT ?2",
    )?;
    let rows = ask.query_map(params![from, count(most)], |row| {
        Ok((stored(row)?, row.get::<_, i64>(5)?))
    })?;
    for row in rows {
        let (stored, id) = row?;
        last = Some(id);
        chunk.extend(stored.contact());
    }
    for (contact, as_of) in chunk {
        put(conn, &contact, as_of, home, Filed::Anyway)?;
    }
    Ok(last.map(|id| id + 1))
}

/// A row of `contacts`, not yet decoded.
pub(super) struct Stored {
    id: ContactRef,
    body: String,
    as_of: Timestamp,
}

impl Stored {
    pub fn contact(self) -> Option<(Contact, Timestamp)> {
        let row: ContactRow = decode("contact", &self.body)?;
        Some((row.contact(self.id), self.as_of))
    }
}

/// From the columns connection, contact_type, contact, body, as_of.
pub(super) fn stored(row: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    let connection = ConnectionId::new(row.get::<_, String>(0)?);
    Ok(Stored {
        id: ContactRef {
            connection,
            contact_type: row.get(1)?,
            id: row.get(2)?,
        },
        body: row.get(3)?,
        as_of: Timestamp(row.get(4)?),
    })
}

struct Numbers {
    keys: Vec<(u8, i64)>,
    digits: String,
    unreadable: usize,
}

fn read_numbers(contact: &Contact, home: &Home) -> Numbers {
    let home = Home {
        region: contact.region.or(home.region),
        outside_prefix: home.outside_prefix.clone(),
    };
    let mut keys = Vec::new();
    let mut written = Vec::new();
    let mut unreadable = 0;
    for number in &contact.numbers {
        let reading = read(&number.raw, &home);
        keys.extend(
            stored_keys(&reading)
                .into_iter()
                .map(|key| (key.kind.as_u8(), key.value)),
        );
        match &reading {
            Reading::Number(number) => written.extend([digits(number.e164()), digits(&number.national())]),
            Reading::Extension(extension) => written.push(extension.as_str().to_owned()),
            Reading::Unreadable(_) => unreadable += 1,
            Reading::SipAddress(_) | Reading::Withheld => {}
        }
        // As it was typed, for those who type it like that again. A field full of prose is not a number.
        written.push(digits(&number.raw).chars().take(40).collect());
    }
    keys.sort_unstable();
    keys.dedup();
    written.retain(|digits| !digits.is_empty());
    written.sort_unstable();
    written.dedup();
    Numbers {
        keys,
        digits: written.join(" "),
        unreadable,
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// The home that the index was last filed with.
pub(crate) fn home(conn: &Connection) -> Answer<Option<Home>> {
    let text = setting(conn, "home")?;
    Ok(text
        .and_then(|text| decode::<HomeRow>("home", &text))
        .map(HomeRow::home))
}

pub(crate) fn set_home(conn: &Connection, home: &Home) -> Answer<()> {
    set_setting(conn, "home", &home_text(home)?)
}

/// From now on numbers are read with this home; what was filed before is not yet. Said in the file until it is, so that who
/// ends half-way goes on at the next start.
pub(super) fn begin_refiling(conn: &Connection, home: &Home) -> Answer<()> {
    set_setting(conn, REFILING, "yes")?;
    set_home(conn, home)
}

pub(super) fn end_refiling(conn: &Connection) -> Answer<()> {
    set_setting(conn, REFILING, "")
}

pub(crate) fn is_refiling(conn: &Connection) -> Answer<bool> {
    Ok(setting(conn, REFILING)?.is_some_and(|word| !word.is_empty()))
}

const REFILING: &str = "refiling";

fn home_text(home: &Home) -> Answer<String> {
    encode(&HomeRow {
        region: home.region.map(|region| region.to_string()),
        outside: home.outside_prefix.clone(),
    })
}

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct HomeRow {
    region: Option<String>,
    outside: Option<String>,
}

impl HomeRow {
    fn home(self) -> Home {
        Home {
            region: self.region.and_then(|region| region.parse().ok()),
            outside_prefix: self.outside,
        }
    }
}
