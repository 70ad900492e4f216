//! Carrying a journal that was kept in memory over to the file.
//!
//! One transaction, row by row, newest wins: to do it twice changes nothing, and a crash in the middle leaves the file
//! as it was and the memory with it.

use ringside_domain::{Error, Kind};
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter, types::Value};

use crate::{address_book, error::Answer, index, schema::setting};

/// How much was carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    pub calls: usize,
    pub writes: usize,
    pub contacts: usize,
}

/// A table, and what to do with a row that the file has already.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    /// Says when the row goes in; `None`: always.
    only_if: Option<&'static str>,
    conflict: &'static str,
}

const NEWEST: &str = "ON CONFLICT (id) DO UPDATE SET {all} WHERE excluded.saved >= saved ON CONFLICT DO NOTHING";
const TABLES: [Table; 14] = [
    Table {
        name: "calls",
        columns: &[
            "id",
            "started",
            "state",
            "is_over",
            "no_log",
            "connection",
            "contact_type",
            "contact",
            "haystack",
            "body",
            "saved",
        ],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "notes",
        columns: &["call", "note", "outcome", "saved"],
        only_if: None,
        conflict: "ON CONFLICT (call) DO UPDATE SET {all} WHERE excluded.saved >= saved",
    },
    Table {
        name: "log_fields",
        columns: &["call", "connection", "contact_type", "contact", "body", "saved"],
        only_if: None,
        conflict: "ON CONFLICT (call) DO UPDATE SET {all} WHERE excluded.saved >= saved",
    },
    Table {
        name: "writes",
        columns: &[
            "id",
            "call",
            "connection",
            "kind",
            "state",
            "attempts",
            "created",
            "last_sent",
            "next_try",
            "body",
            "saved",
        ],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "steps",
        columns: &["write", "step", "state", "body", "saved"],
        only_if: Some("EXISTS (SELECT 1 FROM writes WHERE id = ?1)"),
        conflict: "ON CONFLICT (write, step) DO UPDATE SET {all} WHERE excluded.saved >= saved",
    },
    Table {
        name: "creations",
        columns: &["id", "call", "connection", "state", "asked", "due", "body", "saved"],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "choices",
        columns: &["e164", "connection", "contact_type", "contact", "chosen", "linked"],
        only_if: None,
        conflict: "ON CONFLICT (e164) DO UPDATE SET {all} WHERE excluded.chosen >= chosen",
    },
    Table {
        name: "connection_memory",
        columns: &["connection", "key", "value", "saved"],
        only_if: None,
        conflict: "ON CONFLICT (connection, key) DO UPDATE SET {all} WHERE excluded.saved >= saved",
    },
    Table {
        name: "traces",
        columns: &["call", "made", "body"],
        only_if: Some("NOT EXISTS (SELECT 1 FROM traces WHERE call IS ?1 AND made = ?2 AND body = ?3)"),
        conflict: "",
    },
    Table {
        name: "people",
        columns: &[
            "id",
            "contact_type",
            "name",
            "given",
            "family",
            "company",
            "title",
            "email",
            "saved",
            "more_emails",
        ],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "person_numbers",
        columns: &["person", "position", "label", "raw"],
        only_if: None,
        conflict: "ON CONFLICT DO NOTHING",
    },
    Table {
        name: "person_logs",
        columns: &["id", "marker", "person", "started", "body", "saved"],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "imports",
        columns: &["id", "name", "total", "started", "saved"],
        only_if: None,
        conflict: NEWEST,
    },
    Table {
        name: "import_people",
        columns: &["person", "import", "saved"],
        only_if: None,
        conflict: "ON CONFLICT DO NOTHING",
    },
];

pub(crate) fn merge(memory: &Connection, file: &mut Connection) -> Answer<Merged> {
    let tx = file.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut merged = Merged::default();
    for table in &TABLES {
        let count = copy(memory, &tx, table)?;
        match table.name {
            "calls" => merged.calls = count,
            "writes" => merged.writes = count,
            _ => {}
        }
    }
    merged.contacts = file_contacts(memory, &tx)?;
    tx.commit()?;
    Ok(merged)
}

/// The number of rows that memory holds.
fn copy(memory: &Connection, tx: &Transaction<'_>, table: &Table) -> Answer<usize> {
    let Table {
        name,
        columns,
        only_if,
        conflict,
    } = table;
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let [columns_text, places] = [columns.join(", "), places.join(", ")];
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a part of a join.
    let condition = only_if.unwrap_or("true");
    let conflict = conflict.replace("{all}", &set.join(", "));
    let mut put = tx.prepare(&format!(
        "INSERT INTO {name} ({columns_text}) SELECT {places} WHERE {condition} {conflict}"
    ))?;
    // Tables without row numbers have no order worth keeping.
    let order = if matches!(
        *name,
        "choices" | "person_numbers" | "connection_memory" | "import_people"
    ) {
        ""
    } else {
        "ORDER BY rowid"
    };
    let mut ask = memory.prepare(&format!("SELECT {columns_text} FROM {name} {order}"))?;
    let mut rows = ask.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let values = (0..columns.len())
            .map(|at| row.get(at))
            .collect::<rusqlite::Result<Vec<Value>>>()?;
        put.execute(params_from_iter(values))?;
        count += 1;
    }
    Ok(count)
}

/// Files in the index what memory's index had, and the address book's new records as the file now has them.
fn file_contacts(memory: &Connection, tx: &Transaction<'_>) -> Answer<usize> {
    let memory_home = index::home(memory)?;
    if setting(tx, "home")?.is_none()
        && let Some(home) = &memory_home
    {
        index::set_home(tx, home)?;
    }
    let home = index::home(tx)?.unwrap_or_default();
    let (contacts, complete) = index::contacts(memory, index::Direction::Forward);
    let (people, all) = address_book::everyone(memory, index::Direction::Forward);
    if !(complete && all) {
        return Err(Error::new(Kind::Internal, "attach", "what was kept in memory could not be read").into());
    }
    for (contact, as_of) in &contacts {
        index::put(tx, contact, *as_of, &home, index::Filed::UnlessSame)?;
    }
    for (person, as_of) in &people {
        index::put(tx, person, *as_of, &home, index::Filed::UnlessSame)?;
    }
    Ok(people.len())
}
