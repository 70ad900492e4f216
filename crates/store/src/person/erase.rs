//! Taking a person out of every table.
//!
//! The file overwrites what it deletes (`secure_delete`), but a full-text index keeps the words of deleted rows until its
//! parts are put together, and the log of the file keeps pages until it is emptied: both are done here.

use ringside_domain::{CallId, Error, Kind, Timestamp, phone::Reading};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::gather::{Gathered, name_of, without_the_word};
use crate::{
    address_book::{self, ADDRESS_BOOK},
    error::Answer,
    index, memory,
    rows::reading::ReadingRow,
};

pub(super) fn erase(conn: &Connection, gathered: &Gathered) -> Answer<()> {
    erase_creations(conn, gathered)?;
    for call in &gathered.person.calls {
        erase_call(conn, *call)?;
    }
    let mut choice = conn.prepare_cached("DELETE FROM choices WHERE e164 = ?1")?;
    for number in &gathered.choices {
        choice.execute([number])?;
    }
    for id in &gathered.refs {
        // A call that was about them once, and is about somebody else now, was written down with their name.
        for entry in ["$.entry", "$.wanted"] {
            conn.prepare_cached(&format!(
                "UPDATE writes SET body = json_set(body, '{entry}.contact_name', '')
                 WHERE json_extract(body, '{entry}.contact.connection') = ?1
                     AND json_extract(body, '{entry}.contact.contact_type') = ?2 COLLATE NOCASE
                     AND json_extract(body, '{entry}.contact.id') = ?3"
            ))?
            .execute(params![id.connection.as_str(), id.contact_type, id.id])?;
        }
        index::forget(conn, id)?;
        if id.connection.as_str() == ADDRESS_BOOK && address_book::get(conn, &id.id)?.is_some() {
            address_book::delete(conn, &id.id)?;
        }
    }
    if let Some(number) = &gathered.asked {
        conn.prepare_cached("DELETE FROM person_logs WHERE json_extract(body, '$.number') = ?1")?
            .execute([number])?;
    }
    forget_as_vouched(conn, gathered)?;
    memory::erase(conn, &gathered.refs, &gathered.numbers)?;
    for number in &gathered.numbers {
        forget_as_passer_on(conn, number)?;
    }
    // Lookups without a call say which number they were for.
    conn.execute("DELETE FROM traces WHERE call IS NULL", [])?;
    for table in ["contact_names", "contact_digits"] {
        conn.execute(&format!("INSERT INTO {table} ({table}) VALUES ('optimize')"), [])?;
    }
    Ok(())
}

/// Empties the log that still has the pages as they were. Where somebody is reading, that happens a little later by itself.
pub(super) fn leave_no_pages(conn: &Connection) {
    let emptied = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if !matches!(emptied, Ok(0)) {
        tracing::info!("the database's log is emptied later");
    }
}

fn erase_call(conn: &Connection, call: CallId) -> Answer<()> {
    let id = call.to_string();
    let over: Option<bool> = conn
        .prepare_cached("SELECT is_over FROM calls WHERE id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    if over == Some(false) {
        return Err(
            Error::new(Kind::Conflict, "erase_person", "a call with this person goes on")
                .hint("Erase them when it is over")
                .into(),
        );
    }
    for statement in [
        "DELETE FROM notes WHERE call = ?1",
        "DELETE FROM log_fields WHERE call = ?1",
        "DELETE FROM traces WHERE call = ?1",
        "DELETE FROM writes WHERE call = ?1",
        "DELETE FROM calls WHERE id = ?1",
    ] {
        conn.prepare_cached(statement)?.execute([&id])?;
    }
    Ok(())
}

/// Contacts that were to be created for them, or were.
fn erase_creations(conn: &Connection, gathered: &Gathered) -> Answer<()> {
    for columns in &gathered.creations {
        if columns.state == "sent" {
            let message = "a contact for this person is being created just now";
            let refused = Error::new(Kind::Conflict, "erase_person", message).hint("Erase them in a moment");
            return Err(refused.into());
        }
        conn.prepare_cached("DELETE FROM creations WHERE id = ?1")?
            .execute([&columns.id])?;
    }
    Ok(())
}

/// Calls of others that this number passed on keep everything but that.
fn forget_as_passer_on(conn: &Connection, number: &str) -> Answer<()> {
    let mut ask = conn.prepare_cached("SELECT id, body FROM calls WHERE instr(body, ?1) > 0")?;
    let rows = ask.query_map([number], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for row in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let (id, body) = row;
        let Ok(mut body) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        let Some(parties) = body.get_mut("diverted_by").and_then(Value::as_array_mut) else {
            continue;
        };
        let before = parties.len();
        parties.retain(|party| read_party(party).as_ref().and_then(name_of).as_deref() != Some(number));
        if parties.len() < before {
            conn.prepare_cached("UPDATE calls SET body = ?2 WHERE id = ?1")?
                .execute(params![id, body.to_string()])?;
        }
    }
    Ok(())
}

/// Records of others keep everything but the word that they have this number.
fn forget_as_vouched(conn: &Connection, gathered: &Gathered) -> Answer<()> {
    let home = index::home(conn)?.unwrap_or_default();
    for contact in without_the_word(conn, gathered)? {
        let id = &contact.id;
        let as_of = conn
            .prepare_cached("SELECT as_of FROM contacts WHERE connection = ?1 AND contact_type = ?2 AND contact = ?3")?
            .query_row(params![id.connection.as_str(), id.contact_type, id.id], |row| {
                row.get(0)
            })?;
        index::put(conn, &contact, Timestamp(as_of), &home, index::Filed::Anyway)?;
    }
    Ok(())
}

fn read_party(party: &Value) -> Option<Reading> {
    let row: ReadingRow = serde_json::from_value(party.get("remote")?.clone()).ok()?;
    Some(row.reading())
}
