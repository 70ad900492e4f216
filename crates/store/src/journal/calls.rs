//! Calls and their notes.

use ringside_domain::{
    Call, CallId, ContactRef, Outcome,
    journal::{CallPage, LogState},
    phone::Reading,
};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, named_params, params};

use crate::{
    error::Answer,
    fold::{Depth, digits, fold},
    rows::{
        call::{CallColumns, CallRow},
        encode,
    },
};

const COLUMNS: &str = "SELECT c.id, c.started, c.state, c.no_log, c.body, n.note, n.outcome, f.body
    FROM calls c LEFT JOIN notes n ON n.call = c.id
    LEFT JOIN log_fields f ON f.call = c.id AND f.connection = c.connection AND f.contact_type = c.contact_type
        AND f.contact = c.contact";
/// More than this at once is no page.
const MOST: usize = 1000;

pub(super) fn save(conn: &mut Connection, call: &Call, saved: i64) -> Answer<()> {
    let chosen = call.choice.as_ref().map(|choice| &choice.contact.id);
    let id = call.id.to_string();
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.prepare_cached(
        "INSERT INTO calls
             (id, started, state, is_over, no_log, connection, contact_type, contact, haystack, body, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO UPDATE SET started = excluded.started, state = excluded.state, is_over = excluded.is_over,
             no_log = excluded.no_log, connection = excluded.connection, contact_type = excluded.contact_type,
             contact = excluded.contact, haystack = excluded.haystack, body = excluded.body, saved = excluded.saved",
    )?
    .execute(params![
        id,
        call.started.0,
        call.state.code(),
        call.state.is_over(),
        call.no_log,
        chosen.map(|contact| contact.connection.as_str()),
        chosen.map(|contact| &contact.contact_type),
        chosen.map(|contact| &contact.id),
        haystack(call),
        encode(&CallRow::of(call))?,
        saved
    ])?;
    tx.prepare_cached(
        "DELETE FROM log_fields WHERE call = ?1 AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = log_fields.call
             AND c.connection = log_fields.connection AND c.contact_type = log_fields.contact_type
             AND c.contact = log_fields.contact)",
    )?
    .execute([&id])?;
    // A call's note counts only while nobody has written one: what was typed since is newer than this value.
    if !call.note.is_empty() || call.outcome.is_some() {
        tx.prepare_cached(
            "INSERT INTO notes (call, note, outcome, saved) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, call.note, call.outcome.map(Outcome::code), saved])?;
    }
    Ok(tx.commit()?)
}

pub(super) fn save_note(
    conn: &Connection,
    call: CallId,
    note: &str,
    outcome: Option<Outcome>,
    saved: i64,
) -> Answer<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO notes (call, note, outcome, saved) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (call) DO UPDATE SET note = excluded.note, outcome = excluded.outcome, saved = excluded.saved",
    )?;
    put.execute(params![call.to_string(), note, outcome.map(Outcome::code), saved])?;
    Ok(())
}

pub(super) fn save_fields(
    conn: &Connection,
    call: CallId,
    contact: &ContactRef,
    fields: &[(String, String)],
    saved: i64,
) -> Answer<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO log_fields (call, connection, contact_type, contact, body, saved) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (call) DO UPDATE SET connection = excluded.connection, contact_type = excluded.contact_type,
             contact = excluded.contact, body = excluded.body, saved = excluded.saved",
    )?;
    put.execute(params![
        call.to_string(),
        contact.connection.as_str(),
        contact.contact_type,
        contact.id,
        encode(&fields)?,
        saved
    ])?;
    Ok(())
}

pub(super) fn one(conn: &Connection, id: CallId) -> Answer<Option<Call>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE c.id = ?1"))?;
    let found = ask.query_row([id.to_string()], columns).optional()?;
    Ok(found.and_then(CallColumns::call))
}

pub(super) fn open(conn: &Connection) -> Answer<Vec<Call>> {
    let mut ask = conn.prepare_cached(&format!("{COLUMNS} WHERE c.is_over = 0 ORDER BY c.started, c.id"))?;
    let mut found = Vec::new();
    for row in ask.query_map([], columns)? {
        found.extend(row?.call());
    }
    Ok(found)
}

pub(super) fn page(conn: &Connection, page: &CallPage) -> Answer<Vec<Call>> {
    // Written out without the filters that are off, so that SQLite walks the index of the ones that are on.
    let mut statement = format!("{COLUMNS} WHERE (c.started, c.id) < (:started, :id)");
    if page.missed_only {
        statement.push_str(" AND c.state = 'missed' AND json_extract(c.body, '$.direction') = 'in'");
    }
    if page.not_logged_only {
        statement.push_str(
            " AND c.is_over = 1 AND c.no_log = 0 AND NOT EXISTS (SELECT 1 FROM writes w
                 WHERE w.call = c.id AND w.kind = 'log' AND w.state IN ('waiting', 'logged'))",
        );
    }
    statement.push_str(&page.log.map_or_else(String::new, in_state));
    // Every word must be somewhere in the folded text; the JSON array keeps it one bound value.
    statement.push_str(
        " AND NOT EXISTS (SELECT 1 FROM json_each(:words) word WHERE instr(c.haystack, word.value) = 0)
          ORDER BY c.started DESC, c.id DESC LIMIT :limit",
    );
    let (started, id) = page
        .before
        .map_or((i64::MAX, String::new()), |(at, id)| (at.0, id.to_string()));
    let words = encode(&needles(page.text.as_deref().unwrap_or_default()))?;
    let limit = i64::try_from(page.limit.min(MOST)).unwrap_or(0);
    let mut ask = conn.prepare_cached(&statement)?;
    let rows = ask.query_map(
        named_params! { ":started": started, ":id": id, ":words": words, ":limit": limit },
        columns,
    )?;
    let mut found = Vec::new();
    for row in rows {
        found.extend(row?.call());
    }
    Ok(found)
}

/// Only calls with such a write. One that is open counts in whatever connection it is, and however old: a log elsewhere that got
/// its end since must not hide it. What is open is found by the index of open writes, whose words these are.
fn in_state(state: LogState) -> String {
    const ANY: &str = "EXISTS (SELECT 1 FROM writes w WHERE w.call = c.id AND w.state <> 'dropped')";
    const OPEN: &str = "SELECT w.call FROM writes w WHERE (w.state IN ('waiting', 'refused', 'unsure')
        OR (w.state = 'logged' AND w.next_try IS NOT NULL)) AND w.state";
    // A log that waits until its contact is created is no write yet.
    const CREATING: &str = "SELECT n.call FROM creations n WHERE n.state NOT IN ('finished', 'undone')
        AND n.call IS NOT NULL AND json_extract(n.body, '$.log')";
    let open = |state: &str| format!("c.id IN ({OPEN} = '{state}')");
    match state {
        LogState::NotLogged => format!(" AND c.no_log = 0 AND NOT {ANY} AND c.id NOT IN ({CREATING})"),
        LogState::SetAside => format!(" AND c.no_log = 1 AND NOT {ANY}"),
        LogState::Waiting => format!(" AND ({} OR c.id IN ({CREATING}))", open("waiting")),
        LogState::Refused => format!(" AND {}", open("refused")),
        LogState::Unsure => format!(" AND {}", open("unsure")),
        LogState::Logged => format!(" AND {ANY} AND c.id NOT IN ({OPEN} <> 'logged')"),
    }
}

pub(super) fn count_calls(conn: &Connection) -> Answer<usize> {
    let count: i64 = conn
        .prepare_cached("SELECT count(*) FROM calls")?
        .query_row([], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn columns(row: &Row<'_>) -> rusqlite::Result<CallColumns> {
    Ok(CallColumns {
        id: row.get(0)?,
        started: row.get(1)?,
        state: row.get(2)?,
        no_log: row.get(3)?,
        body: row.get(4)?,
        note: row.get(5)?,
        outcome: row.get(6)?,
        fields: row.get(7)?,
    })
}

/// Everything the list of calls can be searched by, one field a line.
fn haystack(call: &Call) -> String {
    let contact = call.choice.as_ref().map(|choice| &choice.contact);
    let texts = [
        contact.map(|contact| contact.name.as_str()),
        contact.and_then(|contact| contact.company.as_deref()),
        call.remote.display.as_deref(),
        call.line.as_deref(),
    ];
    let mut lines: Vec<String> = texts
        .into_iter()
        .flatten()
        .map(|text| fold(text, Depth::Wide))
        .collect();
    match &call.remote.reading {
        Reading::Number(number) => lines.extend([digits(number.e164()), digits(&number.national())]),
        Reading::Extension(extension) => lines.push(extension.as_str().to_owned()),
        Reading::SipAddress(address) => lines.push(fold(address.as_str(), Depth::Wide)),
        Reading::Unreadable(unreadable) => {
            lines.extend([unreadable.digits().to_owned(), fold(unreadable.text(), Depth::Wide)]);
        }
        Reading::Withheld => {}
    }
    lines.join("\n")
}

/// The words to look for. A text that is nothing but a number, however it is grouped, is one of them.
fn needles(text: &str) -> Vec<String> {
    let text: String = text.chars().take(200).collect();
    if text.chars().any(char::is_alphabetic) {
        return fold(&text, Depth::Wide)
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let plain = if text.trim_start().starts_with('+') {
        text.replace("(0)", "")
    } else {
        text
    };
    let number = digits(&plain);
    let number = number.strip_prefix("00").unwrap_or(&number);
    if number.is_empty() {
        Vec::new()
    } else {
        vec![number.to_owned()]
    }
}
