//! The whole address book, a page at a time.

use ringside_domain::{Contact, Result};
use rusqlite::params;

use super::people;
use crate::Store;

impl Store {
    /// Records in the order in which they were made, after the one with this id, or from the first one on.
    ///
    /// # Errors
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn people_after(&self, id: Option<String>, limit: usize) -> Result<Vec<Contact>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.ask("people", move |db| {
            let mut ask = db
                .conn
                .prepare_cached("SELECT id FROM people WHERE id > ?1 ORDER BY id LIMIT ?2")?;
            let ids = ask.query_map(params![id.unwrap_or_default(), limit], |row| row.get::<_, String>(0))?;
            let mut found = Vec::new();
            for id in ids {
                found.extend(people::get(&db.conn, &id?)?);
            }
            Ok(found)
        })
        .await
    }
}
