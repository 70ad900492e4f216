//! Opening the file: who may read it, with which key, and when not to touch it.
//!
//! A key that does not fit must leave no trace on the file, so an existing one is tried first on a connection that can
//! neither write nor checkpoint. Only then is it opened for good. A file is created only where there is none.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use ringside_domain::{Error, Kind, Retry};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use zeroize::Zeroizing;

use crate::{
    error::{Answer, Fault},
    index::Words,
    key::StoreKey,
};

/// A connection, and where it leads.
pub(crate) struct Database {
    pub conn: Connection,
    pub place: Place,
    /// What this connection has read of the index's words.
    pub words: Words,
}

#[derive(Clone)]
pub(crate) enum Place {
    Memory,
    File { path: PathBuf, key: StoreKey },
}

const OPEN: &str = "open_store";
const BUSY: Duration = Duration::from_secs(5);

impl Database {
    pub fn memory() -> Answer<Self> {
        let conn = Connection::open_in_memory()?;
        conn.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            conn,
            place: Place::Memory,
            words: Words::default(),
        })
    }

    /// Opens the file, or makes it where there is none (or an empty one, left by a crash before the first write).
    pub fn file(path: &Path, key: &StoreKey) -> Answer<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::new(Kind::Storage, OPEN, "there is a folder where the database should be").into());
            }
            Ok(found) if found.len() > 0 => try_key(path, key)?,
            Ok(_) => {}
            Err(why) if why.kind() == io::ErrorKind::NotFound => create(path)?,
            Err(why) => return Err(no_access(why)),
        }
        guard(path)?;
        let conn = connect(path, key)?;
        Ok(Self {
            conn,
            place: Place::File {
                path: path.to_owned(),
                key: key.clone(),
            },
            words: Words::default(),
        })
    }

    /// A second connection to the same file that only reads.
    pub fn reader(path: &Path, key: &StoreKey) -> Answer<Self> {
        let conn = connect(path, key)?;
        conn.execute_batch("PRAGMA query_only = ON;")?;
        Ok(Self {
            conn,
            place: Place::File {
                path: path.to_owned(),
                key: key.clone(),
            },
            words: Words::default(),
        })
    }

    pub fn is_memory(&self) -> bool {
        matches!(self.place, Place::Memory)
    }

    /// Closes and opens anew. SQLCipher gives up on a connection that met a page it can't decipher.
    pub fn reopen(&mut self, read_only: bool) -> Answer<()> {
        let Place::File { path, key } = self.place.clone() else {
            return Ok(());
        };
        // The old connection goes first, so that nothing it holds is in the way.
        self.conn = Connection::open_in_memory()?;
        *self = if read_only {
            Self::reader(&path, &key)?
        } else {
            Self::file(&path, &key)?
        };
        Ok(())
    }

    /// Encrypts every page with another key, in one transaction, and empties the log of the old pages.
    pub fn rekey(&mut self, new: StoreKey) -> Answer<()> {
        let Place::File { key, .. } = &mut self.place else {
            let message = "there is no file yet whose key could be changed";
            return Err(Error::new(Kind::Invalid, "rekey", message).into());
        };
        checkpoint(&self.conn)?;
        secret(&self.conn, "rekey", &new)?;
        *key = new;
        checkpoint(&self.conn)
    }
}

fn checkpoint(conn: &Connection) -> Answer<()> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

fn connect(path: &Path, key: &StoreKey) -> Answer<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    secret(&conn, "key", key)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -16000;
         PRAGMA journal_size_limit = 16777216;",
    )?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Reads the first page with the key, and changes nothing: not the file, not its log.
fn try_key(path: &Path, key: &StoreKey) -> Answer<()> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.busy_timeout(BUSY)?;
    secret(&conn, "key", key)?;
    match conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0)) {
        // A rekeying that was cut short has to be rolled back, which a connection that can't write refuses to do.
        Err(why) if why.sqlite_error_code() == Some(ErrorCode::ReadOnly) => Ok(()),
        Err(why) if why.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(wrong_key()),
        other => other.map(drop).map_err(Fault::Sql),
    }
}

/// The statement holds the key, so it never becomes part of an error.
fn secret(conn: &Connection, pragma: &str, key: &StoreKey) -> Answer<()> {
    let statement = Zeroizing::new(format!(
        "PRAGMA cipher_log_level = NONE; PRAGMA {pragma} = \"{}\";",
        key.literal().as_str()
    ));
    conn.execute_batch(&statement).map_err(|_| {
        Error::new(Kind::Storage, OPEN, "the database did not take its key")
            .hint("This build of Ringside may lack encryption; install it anew")
            .into()
    })
}

fn wrong_key() -> Fault {
    Error::new(Kind::KeyringLocked, OPEN, "the database does not open with this key")
        .hint("Type its recovery code, or unlock the keyring that holds its key. The file was left as it is")
        .into()
}

fn create(path: &Path) -> Answer<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut make = fs::DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        make.create(folder).map_err(no_access)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(no_access)
}

/// Nobody but the owner; SQLite gives its log files the same permissions.
fn guard(path: &Path) -> Answer<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            match fs::metadata(&file) {
                Ok(found) if found.permissions().mode() & 0o777 != 0o600 => {
                    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).map_err(no_access)?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn no_access(why: io::Error) -> Fault {
    Error::new(Kind::Storage, OPEN, "the database file can't be reached")
        .hint("Check that the profile folder exists, is yours, and is not full")
        .retry(Retry::AfterPerson)
        .because(why)
        .into()
}
