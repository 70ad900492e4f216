//! Writes owed to CRMs, and how far each of their steps came.

use ringside_domain::{
    CallId, Error, Kind, Write, WriteId,
    journal::{StepRecord, WriteKind},
};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, TransactionBehavior, params};

use crate::{
    error::Answer,
    rows::write::{WriteColumns, step_columns, step_record},
};

const COLUMNS: &str =
    "SELECT id, call, connection, kind, state, attempts, created, last_sent, next_try, body FROM writes";

pub(super) fn owe(conn: &mut Connection, write: &Write, saved: i64) -> Answer<Write> {
    let columns = WriteColumns::of(write)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = match write.kind {
        WriteKind::Log => first(
            &tx,
            &format!(
                "{COLUMNS} WHERE id = ?1 OR (call = ?2 AND connection = ?3 AND kind = 'log' AND state <> 'dropped')"
            ),
            [&columns.id, &columns.call, &columns.connection],
        )?,
        WriteKind::Update(_) => first(&tx, &format!("{COLUMNS} WHERE id = ?1"), [&columns.id])?,
    };
    if let Some(known) = known {
        return known.write().ok_or_else(|| {
            // There is one, of a version that knows more; a second one would be a double log.
            Error::new(
                Kind::Conflict,
                "owe",
                "this call has a log already, written by a newer version of Ringside",
            )
            .hint("Install that version or a later one")
            .into()
        });
    }
    tx.prepare_cached(
        "INSERT INTO writes (id, call, connection, kind, state, attempts, created, last_sent, next_try, body, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        columns.id,
        columns.call,
        columns.connection,
        columns.kind,
        columns.state,
        columns.attempts,
        columns.created,
        columns.last_sent,
        columns.next_try,
        columns.body,
        saved
    ])?;
    tx.commit()?;
    Ok(write.clone())
}

pub(super) fn update(conn: &Connection, write: &Write, saved: i64) -> Answer<()> {
    let columns = WriteColumns::of(write)?;
    let mut put = conn.prepare_cached(
        "UPDATE writes SET state = ?2, attempts = ?3, last_sent = ?4, next_try = ?5, body = ?6, saved = ?7 WHERE id = ?1",
    )?;
    let changed = put.execute(params![
        columns.id,
        columns.state,
        columns.attempts,
        columns.last_sent,
        columns.next_try,
        columns.body,
        saved
    ])?;
    if changed == 0 {
        Err(unknown("update_write"))
    } else {
        Ok(())
    }
}

pub(super) fn open(conn: &Connection) -> Answer<Vec<Write>> {
    // The words of the index `writes_open`, or it is not used.
    let open = "state IN ('waiting', 'refused', 'unsure') OR (state = 'logged' AND next_try IS NOT NULL)";
    all(conn, &format!("{COLUMNS} WHERE {open} ORDER BY created, id"), [])
}

pub(super) fn of_call(conn: &Connection, call: CallId) -> Answer<Vec<Write>> {
    all(
        conn,
        &format!("{COLUMNS} WHERE call = ?1 ORDER BY created, id"),
        [call.to_string()],
    )
}

pub(super) fn one(conn: &Connection, id: WriteId) -> Answer<Option<Write>> {
    let found = first(conn, &format!("{COLUMNS} WHERE id = ?1"), [id.to_string()])?;
    Ok(found.and_then(WriteColumns::write))
}

pub(super) fn save_step(conn: &Connection, write: WriteId, step: &StepRecord, saved: i64) -> Answer<()> {
    let (state, body) = step_columns(step)?;
    let mut put = conn.prepare_cached(
        "INSERT INTO steps (write, step, state, body, saved)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM writes WHERE id = ?1)
         ON CONFLICT (write, step) DO UPDATE SET state = excluded.state, body = excluded.body, saved = excluded.saved",
    )?;
    let changed = put.execute(params![write.to_string(), step.step, state, body, saved])?;
    if changed == 0 {
        Err(unknown("save_step"))
    } else {
        Ok(())
    }
}

pub(super) fn steps(conn: &Connection, write: WriteId) -> Answer<Vec<StepRecord>> {
    let mut ask = conn.prepare_cached("SELECT step, state, body FROM steps WHERE write = ?1 ORDER BY number")?;
    let rows = ask.query_map([write.to_string()], |row| {
        Ok(step_record(
            row.get(0)?,
            &row.get::<_, String>(1)?,
            &row.get::<_, String>(2)?,
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn unknown(operation: &'static str) -> crate::error::Fault {
    Error::new(Kind::NotFound, operation, "there is no such write in the journal").into()
}

fn first(conn: &Connection, statement: &str, given: impl Params) -> Answer<Option<WriteColumns>> {
    Ok(conn.prepare_cached(statement)?.query_row(given, columns).optional()?)
}

fn all(conn: &Connection, statement: &str, given: impl Params) -> Answer<Vec<Write>> {
    let mut ask = conn.prepare_cached(statement)?;
    let mut found = Vec::new();
    for row in ask.query_map(given, columns)? {
        found.extend(row?.write());
    }
    Ok(found)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<WriteColumns> {
    Ok(WriteColumns {
        id: row.get(0)?,
        call: row.get(1)?,
        connection: row.get(2)?,
        kind: row.get(3)?,
        state: row.get(4)?,
        attempts: row.get(5)?,
        created: row.get(6)?,
        last_sent: row.get(7)?,
        next_try: row.get(8)?,
        body: row.get(9)?,
    })
}
