//! What a connection learned: in which order forms hit, whose account it is, lists of choices, how its people are found again.
//! Losing it costs requests, never data, so it is bounded rather than cared for: a connector that keeps too much is told so.

use async_trait::async_trait;
use ringside_domain::{
    ConnectionId, ConnectionMemory, ContactRef, Error, Kind, Result,
    memory::{self, ABOUT},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{Store, error::Answer};

/// The longest value, in bytes.
pub const LONGEST_MEMORY: usize = 64 * 1024;
/// The longest key, in bytes.
const LONGEST_KEY: usize = 256;
/// So many values of one connection are kept, and as many about its contacts; beyond that the ones that were kept longest ago
/// go.
const MOST_KEYS: usize = 1000;

#[async_trait]
impl ConnectionMemory for Store {
    async fn recall(&self, connection: &ConnectionId, key: &str) -> Result<Option<String>> {
        let (connection, key) = (connection.to_string(), key.to_owned());
        self.ask("recall", move |db| one(&db.conn, &connection, &key)).await
    }

    /// # Errors
    /// [`Kind::Invalid`] for a key over 256 bytes or a value over [`LONGEST_MEMORY`]; what was kept before stays.
    async fn keep(&self, connection: &ConnectionId, key: &str, value: String) -> Result<()> {
        if key.len() > LONGEST_KEY || value.len() > LONGEST_MEMORY {
            let message = format!("a connection can keep {LONGEST_MEMORY} bytes under one name, and was given more");
            return Err(Error::new(Kind::Invalid, "keep", message));
        }
        let (connection, key, saved) = (connection.to_string(), key.to_owned(), self.now());
        self.change("keep", move |db| put(&db.conn, &connection, &key, &value, saved))
            .await
    }

    async fn forget(&self, connection: &ConnectionId) -> Result<()> {
        let connection = connection.to_string();
        self.change("forget_memory", move |db| {
            db.conn
                .prepare_cached("DELETE FROM connection_memory WHERE connection = ?1")?
                .execute([connection])?;
            Ok(())
        })
        .await
    }
}

fn one(conn: &Connection, connection: &str, key: &str) -> Answer<Option<String>> {
    let mut ask = conn.prepare_cached("SELECT value FROM connection_memory WHERE connection = ?1 AND key = ?2")?;
    Ok(ask.query_row([connection, key], |row| row.get(0)).optional()?)
}

fn put(conn: &Connection, connection: &str, key: &str, value: &str, saved: i64) -> Answer<()> {
    conn.prepare_cached(
        "INSERT INTO connection_memory (connection, key, value, saved) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (connection, key) DO UPDATE SET value = excluded.value, saved = excluded.saved",
    )?
    .execute(params![connection, key, value, saved])?;
    conn.prepare_cached(
        "DELETE FROM connection_memory WHERE connection = ?1 AND key IN
             (SELECT key FROM connection_memory WHERE connection = ?1 AND (instr(key, ?3) = 1) = ?4
              ORDER BY saved DESC, key LIMIT -1 OFFSET ?2)",
    )?
    .execute(params![
        connection,
        i64::try_from(MOST_KEYS).unwrap_or(i64::MAX),
        ABOUT,
        i64::from(key.starts_with(ABOUT)),
    ])?;
    Ok(())
}

/// What is kept about these contacts, and whatever names one of these numbers.
pub(crate) fn erase<'a>(
    conn: &Connection,
    contacts: impl IntoIterator<Item = &'a ContactRef>,
    numbers: impl IntoIterator<Item = &'a String>,
) -> Answer<()> {
    let mut about = conn.prepare_cached("DELETE FROM connection_memory WHERE connection = ?1 AND key = ?2")?;
    for contact in contacts {
        about.execute(params![contact.connection.as_str(), memory::about(contact)])?;
    }
    let mut with_number = conn.prepare_cached(
        "DELETE FROM connection_memory
         WHERE instr(key, ?1) = 1 AND json_valid(value) AND json_extract(value, '$.number') = ?2",
    )?;
    for number in numbers {
        with_number.execute(params![ABOUT, number])?;
    }
    Ok(())
}
