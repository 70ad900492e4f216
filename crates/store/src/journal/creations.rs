//! Contacts that a person wants created.

use ringside_domain::{Creation, CreationId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{error::Answer, rows::creation::CreationColumns};

const COLUMNS: &str = "SELECT id, call, connection, state, asked, due, body FROM creations";
/// The words of the index `creations_open`, or it is not used.
const OPEN: &str = "state NOT IN ('finished', 'undone')";

pub(super) fn save(conn: &Connection, creation: &Creation, saved: i64) -> Answer<()> {
    let columns = CreationColumns::of(creation)?;
    let mut put = conn.prepare_cached(
        "INSERT INTO creations (id, call, connection, state, asked, due, body, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET call = excluded.call, connection = excluded.connection, state = excluded.state,
             asked = excluded.asked, due = excluded.due, body = excluded.body, saved = excluded.saved",
    )?;
    put.execute(params![
        columns.id,
        columns.call,
        columns.connection,
        columns.state,
        columns.asked,
        columns.due,
        columns.body,
        saved
    ])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, id: CreationId) -> Answer<Option<Creation>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let found = ask.query_row([id.to_string()], columns).optional()?;
    Ok(found.and_then(CreationColumns::creation))
}

pub(super) fn open(conn: &Connection) -> Answer<Vec<Creation>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE {OPEN} ORDER BY asked, id"))?;
    let mut found = Vec::new();
    for row in ask.query_map([], columns)? {
        found.extend(row?.creation());
    }
    Ok(found)
}

/// Newest first, the settled ones among them.
pub(super) fn all(conn: &Connection) -> Answer<Vec<CreationColumns>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} ORDER BY asked DESC, id DESC"))?;
    let found = ask.query_map([], columns)?.collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

pub(super) fn forget(conn: &Connection, id: CreationId) -> Answer<()> {
    conn.prepare_cached("DELETE FROM creations WHERE id = ?1")?
        .execute([id.to_string()])?;
    Ok(())
}

pub(super) fn forget_settled(conn: &Connection, older_than: Timestamp) -> Answer<()> {
    conn.prepare_cached("DELETE FROM creations WHERE state IN ('finished', 'undone') AND asked < ?1")?
        .execute([older_than.0])?;
    Ok(())
}

/// Those that no call in the journal stands for.
pub(super) fn count_open_without_call(conn: &Connection) -> Answer<usize> {
    let count: i64 = conn
        .prepare_cached(&format!("SELECT count(*) FROM creations WHERE {OPEN} AND call IS NULL"))?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn columns(row: &Row<'_>) -> rusqlite::Result<CreationColumns> {
    Ok(CreationColumns {
        id: row.get(0)?,
        call: row.get(1)?,
        connection: row.get(2)?,
        state: row.get(3)?,
        asked: row.get(4)?,
        due: row.get(5)?,
        body: row.get(6)?,
    })
}
