//! Stored numbers that nothing can be made of, for a person to put right where they lie.

use ringside_domain::{
    Contact, Result, StoredNumber,
    phone::{Home, Reading, read},
};
use rusqlite::Connection;

use crate::{Store, contact_row, error::Answer};

impl Store {
    /// Stored numbers that can't be read, with their contacts, in the order in which the contacts were filed; leaves out
    /// the first `after`.
    ///
    /// # Errors
    /// [`Kind::Storage`](ringside_domain::Kind::Storage).
    pub async fn unreadable(&self, after: usize, limit: usize) -> Result<Vec<(Contact, StoredNumber)>> {
        self.ask_index("unreadable", move |db| page(&db.conn, after, limit))
            .await
    }
}

fn page(conn: &Connection, after: usize, limit: usize) -> Answer<Vec<(Contact, StoredNumber)>> {
    let home = crate::index::home(conn)?.unwrap_or_default();
    let mut ask = conn.prepare_cached(
        "SELECT connection, contact_type, contact, body, unreadable FROM contacts WHERE unreadable > 0 ORDER BY id",
    )?;
    let mut rows = ask.query([])?;
    let (mut skip, mut found) = (after, Vec::new());
    while let Some(row) = rows.next()? {
        let here = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
        if skip >= here {
            skip -= here;
            continue;
        }
        let Some(contact) = contact_row::contact(row)? else {
            continue;
        };
        let habits = Home {
            region: contact.region.or(home.region),
            ..home.clone()
        };
        let numbers = contact.numbers.iter();
        let bad: Vec<StoredNumber> = numbers
            .filter(|number| matches!(read(&number.raw, &habits), Reading::Unreadable(_)))
            .cloned()
            .collect();
        for number in bad.into_iter().skip(skip) {
            if found.len() == limit {
                return Ok(found);
            }
            found.push((contact.clone(), number));
        }
        skip = 0;
    }
    Ok(found)
}
