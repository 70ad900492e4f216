//! What the journal remembers beside calls: chosen contacts and traces.

use ringside_domain::{CallId, ConnectionId, Contact, ContactRef, Timestamp, Trace};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    error::Answer,
    rows::{contact::ContactRow, decode, encode, trace::TraceRow},
};

pub(super) fn choice(conn: &Connection, e164: &str) -> Answer<Option<ContactRef>> {
    let mut ask = conn.prepare_cached(
        "SELECT connection, contact_type, contact FROM choices WHERE e164 = ?1 AND contact IS NOT NULL",
    )?;
    let found = ask.query_row([e164], |row| {
        Ok(ContactRef {
            connection: ConnectionId::new(row.get::<_, String>(0)?),
            contact_type: row.get(1)?,
            id: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

pub(super) fn choose(conn: &Connection, e164: &str, contact: Option<&ContactRef>, at: Timestamp) -> Answer<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO choices (e164, connection, contact_type, contact, chosen) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (e164) DO UPDATE SET connection = excluded.connection, contact_type = excluded.contact_type,
             contact = excluded.contact, chosen = excluded.chosen,
             linked = CASE WHEN connection IS excluded.connection AND contact_type IS excluded.contact_type
                 AND contact IS excluded.contact THEN linked END
         WHERE excluded.chosen >= chosen",
    )?;
    put.execute(params![
        e164,
        contact.map(|contact| contact.connection.as_str()),
        contact.map(|contact| &contact.contact_type),
        contact.map(|contact| &contact.id),
        at.0
    ])?;
    Ok(())
}

pub(super) fn linked(conn: &Connection, e164: &str) -> Answer<Option<Contact>> {
    let Some(id) = choice(conn, e164)? else {
        return Ok(None);
    };
    let mut ask = conn.prepare_cached("SELECT linked FROM choices WHERE e164 = ?1")?;
    let body: Option<String> = ask.query_row([e164], |row| row.get(0)).optional()?.flatten();
    let row: Option<ContactRow> = body.and_then(|body| decode("linked contact", &body));
    Ok(row.map(|row| row.contact(id)))
}

pub(super) fn link(conn: &Connection, e164: &str, contact: &Contact, at: Timestamp) -> Answer<()> {
    choose(conn, e164, Some(&contact.id), at)?;
    let mut put = conn.prepare_cached(
        "UPDATE choices SET linked = ?5 WHERE e164 = ?1 AND connection = ?2 AND contact_type = ?3 AND contact = ?4",
    )?;
    put.execute(params![
        e164,
        contact.id.connection.as_str(),
        contact.id.contact_type,
        contact.id.id,
        encode(&ContactRow::of(contact))?
    ])?;
    Ok(())
}

pub(super) fn save_trace(conn: &Connection, trace: &Trace) -> Answer<()> {
    let mut put = conn.prepare_cached("INSERT INTO traces (call, made, body) VALUES (?1, ?2, ?3)")?;
    put.execute(params![
        trace.call.map(|call| call.to_string()),
        trace.at.0,
        encode(&TraceRow::of(trace))?
    ])?;
    Ok(())
}

pub(super) fn traces(conn: &Connection, call: CallId) -> Answer<Vec<Trace>> {
    let mut ask =
        conn.prepare_cached("SELECT made, body FROM traces WHERE call = ?1 ORDER BY made DESC, number DESC LIMIT 500")?;
    let rows = ask.query_map([call.to_string()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (made, body) = row?;
        found.extend(decode("trace", &body).map(|row: TraceRow| row.trace(Some(call), made)));
    }
    Ok(found)
}

pub(super) fn forget_traces(conn: &Connection, older_than: Timestamp) -> Answer<()> {
    conn.prepare_cached("DELETE FROM traces WHERE made < ?1")?
        .execute([older_than.0])?;
    Ok(())
}
