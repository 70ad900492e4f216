//! The tables. Those that hold what cannot be had again grow by migrations only; those of the index are a copy, and are
//! dropped and made anew when they are damaged or of another version.

use ringside_domain::{Error, Kind};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use rusqlite_migration::{M, Migrations};

use crate::error::Answer;

const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("sql/0001_journal_and_address_book.sql")),
    M::up(include_str!("sql/0002_fields_links_and_memory.sql")),
    M::up(include_str!("sql/0003_creations.sql")),
    M::up(include_str!("sql/0004_imports.sql")),
];

/// Raise it with every change to `sql/index.sql` or to what is filed there: an index of another version is made anew.
const INDEX_VERSION: &str = "2";
const INDEX: &str = include_str!("sql/index.sql");
pub(crate) const INDEX_TABLES: [&str; 5] = [
    "contact_names",
    "contact_digits",
    "contact_keys",
    "name_words",
    "contacts",
];

/// Brings the durable tables up to date.
pub(crate) fn migrate(conn: &mut Connection) -> Answer<()> {
    let told = |why: rusqlite_migration::Error| match why {
        rusqlite_migration::Error::MigrationDefinition(_) => Error::new(
            Kind::Storage,
            "open_store",
            "the database was made by a newer version of Ringside",
        )
        .hint("Install that version or a later one; the file was left as it is"),
        other => Error::new(
            Kind::Storage,
            "open_store",
            "the database could not be brought up to date",
        )
        .hint("The file was left as it is; keep a copy of it")
        .because(other),
    };
    Migrations::from_slice(MIGRATIONS).to_latest(conn).map_err(told)?;
    Ok(())
}

/// Whether there is an index, and of this version. Nothing is said about how well it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexState {
    Absent,
    Outdated,
    Present,
}

pub(crate) fn index_state(conn: &Connection) -> Answer<IndexState> {
    Ok(match setting(conn, "index_version")?.as_deref() {
        None => IndexState::Absent,
        Some(INDEX_VERSION) => IndexState::Present,
        Some(_) => IndexState::Outdated,
    })
}

pub(crate) fn create_index(tx: &Transaction<'_>) -> Answer<()> {
    tx.execute_batch(INDEX)?;
    set_setting(tx, "index_version", INDEX_VERSION)
}

pub(crate) fn drop_index(tx: &Transaction<'_>) -> Answer<()> {
    for table in INDEX_TABLES {
        tx.execute_batch(&format!("DROP TABLE IF EXISTS {table};"))?;
    }
    Ok(())
}

/// For tables too damaged to be dropped, as dropping reads them: takes them out of the list of tables. Their pages are
/// lost to the file until it is vacuumed, and nothing refers to them.
pub(crate) fn disown_index(conn: &Connection) -> Answer<()> {
    conn.execute_batch(
        "PRAGMA writable_schema = ON;
         BEGIN IMMEDIATE;
         DELETE FROM sqlite_master WHERE tbl_name IN ('contacts', 'contact_keys', 'name_words')
             OR tbl_name GLOB 'contact_names*' OR tbl_name GLOB 'contact_digits*';
         COMMIT;
         PRAGMA writable_schema = RESET;",
    )?;
    Ok(())
}

/// Small facts about the file itself.
pub(crate) fn setting(conn: &Connection, name: &str) -> Answer<Option<String>> {
    let mut ask = conn.prepare_cached("SELECT value FROM facts WHERE name = ?1")?;
    Ok(ask.query_row([name], |row| row.get(0)).optional()?)
}

pub(crate) fn set_setting(conn: &Connection, name: &str, value: &str) -> Answer<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    put.execute([name, value])?;
    Ok(())
}
