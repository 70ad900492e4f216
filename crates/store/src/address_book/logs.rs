//! Logs of calls on records of the address book. A marker is there once, whoever writes it.

use ringside_domain::{CallLogEntry, Error, Kind, LogRef, Marker};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::people;
use crate::{
    error::{Answer, Fault},
    rows::{decode, encode, entry::EntryRow},
};

pub(super) fn log(conn: &mut Connection, id: &str, entry: &CallLogEntry, now: i64) -> Answer<LogRef> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(first) = by_marker(&tx, &entry.marker)? {
        return Ok(first);
    }
    people::must_exist(&tx, "log_call", &entry.contact.id)?;
    tx.prepare_cached(
        "INSERT INTO person_logs (id, marker, person, started, body, saved) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id,
        entry.marker.as_str(),
        entry.contact.id,
        entry.started.0,
        encode(&EntryRow::of(entry))?,
        now
    ])?;
    tx.commit()?;
    Ok(reference(id.to_owned()))
}

/// The marker stays the one that the log was first written with.
pub(super) fn update(conn: &mut Connection, log: &LogRef, entry: &CallLogEntry, now: i64) -> Answer<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    people::must_exist(&tx, "update_log", &entry.contact.id)?;
    let changed = tx
        .prepare_cached("UPDATE person_logs SET person = ?2, started = ?3, body = ?4, saved = ?5 WHERE id = ?1")?
        .execute(params![
            log.id,
            entry.contact.id,
            entry.started.0,
            encode(&EntryRow::of(entry))?,
            now
        ])?;
    if changed == 0 {
        return Err(no_log());
    }
    Ok(tx.commit()?)
}

pub(super) fn find(conn: &Connection, marker: &Marker) -> Answer<Vec<LogRef>> {
    Ok(by_marker(conn, marker)?.into_iter().collect())
}

pub(super) fn of(conn: &Connection, person: &str) -> Answer<Vec<(LogRef, CallLogEntry)>> {
    let mut ask =
        conn.prepare_cached("SELECT id, body FROM person_logs WHERE person = ?1 ORDER BY started DESC, id DESC")?;
    let mut found = Vec::new();
    for row in ask.query_map([person], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))? {
        let (id, body) = row?;
        let entry = decode("log", &body).and_then(EntryRow::entry);
        found.extend(entry.map(|entry| (reference(id), entry)));
    }
    Ok(found)
}

fn by_marker(conn: &Connection, marker: &Marker) -> Answer<Option<LogRef>> {
    let mut ask = conn.prepare_cached("SELECT id FROM person_logs WHERE marker = ?1")?;
    Ok(ask
        .query_row([marker.as_str()], |row| row.get(0))
        .optional()?
        .map(reference))
}

fn reference(id: String) -> LogRef {
    LogRef { id, url: None }
}

fn no_log() -> Fault {
    Error::new(
        Kind::NotFound,
        "update_log",
        "this log is not in the address book any more",
    )
    .into()
}
