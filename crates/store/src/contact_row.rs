//! A contact out of a row of the index that begins with the columns connection, contact_type, contact and body.

use ringside_domain::{ConnectionId, Contact, ContactRef};
use rusqlite::Row;

use crate::{
    error::Answer,
    rows::{contact::ContactRow, decode},
};

/// `None` for a row that this version can't read.
pub(crate) fn contact(row: &Row<'_>) -> Answer<Option<Contact>> {
    let id = ContactRef {
        connection: ConnectionId::new(row.get::<_, String>(0)?),
        contact_type: row.get(1)?,
        id: row.get(2)?,
    };
    let body: Option<ContactRow> = decode("contact", &row.get::<_, String>(3)?);
    Ok(body.map(|body| body.contact(id)))
}
