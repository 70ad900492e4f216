//! The store: one handle, in front of a thread that writes and a thread that reads.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
};

use ringside_domain::{Clock, ContactDraft, Error, Kind, Random, Result, StoredNumber, phone::Home};
use rusqlite::TransactionBehavior;
use tokio::sync::{Mutex, oneshot};

use crate::{
    address_book,
    error::{Answer, Fault},
    file::{Database, Place},
    index,
    key::StoreKey,
    merge::{Merged, merge},
    thread::Lane,
};

/// The journal, the index and the address book. Clones are handles to the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// In memory it reads too: a database in memory has one connection.
    writer: Lane,
    reader: OnceLock<Lane>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    memory: AtomicBool,
    unsaved: AtomicUsize,
    repaired: AtomicBool,
    /// How often the index was made anew.
    mended: AtomicU64,
    /// Held while the index is made anew, the file rekeyed or attached.
    alone: Mutex<()>,
}

/// Contacts imported in one transaction: about a fifth of a second, after which waiting writes get their turn. Lookups do
/// not wait at all.
const IMPORT_CHUNK: usize = 1000;

impl Store {
    /// Session-only: everything is kept in memory until [`Store::attach`] finds it a file.
    ///
    /// # Errors
    /// Only where the system gives no thread or no memory.
    pub fn memory(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self> {
        let open = || {
            let mut database = Database::memory()?;
            index::prepare(&mut database)?;
            Lane::with("store", database)
        };
        let writer = open().map_err(|fault: Fault| fault.tell("open_store"))?;
        Ok(Self::new(writer, clock, random, true, false))
    }

    /// Opens the file, or creates it, and its folder, where there is none.
    ///
    /// # Errors
    /// [`Kind::KeyringLocked`] where the key does not fit: an existing file is never opened with, or replaced by, a new
    /// key, and stays byte for byte as it was. [`Kind::Storage`] for everything else.
    pub async fn open(
        path: impl Into<PathBuf>,
        key: StoreKey,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let path = path.into();
        let (at, with) = (path.clone(), key.clone());
        let opened = Lane::open("store", move || {
            let mut database = Database::file(&at, &with)?;
            let repaired = index::prepare(&mut database)?;
            Ok((database, repaired))
        });
        let (writer, repaired) = opened.await.map_err(|fault| fault.tell("open_store"))?;
        let store = Self::new(writer, clock, random, false, repaired);
        store.start_reader(path, key).await?;
        Ok(store)
    }

    fn new(writer: Lane, clock: Arc<dyn Clock>, random: Arc<dyn Random>, memory: bool, repaired: bool) -> Self {
        let inner = Inner {
            writer,
            reader: OnceLock::new(),
            clock,
            random,
            memory: AtomicBool::new(memory),
            unsaved: AtomicUsize::new(0),
            repaired: AtomicBool::new(repaired),
            mended: AtomicU64::new(0),
            alone: Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Merges everything kept in memory into the file, in one transaction, and goes on in the file behind this same
    /// handle. A second time there is nothing left to merge.
    ///
    /// # Errors
    /// As for [`Store::open`]; then everything stays in memory as it was.
    pub async fn attach(&self, path: impl Into<PathBuf>, key: StoreKey) -> Result<Merged> {
        let path = path.into();
        let _alone = self.inner.alone.lock().await;
        let (at, with, inner) = (path.clone(), key.clone(), Arc::clone(&self.inner));
        // On the thread that writes, so that no write can fall between the merging and the going on.
        let attached = self.inner.writer.run("attach", move |db| match &db.place {
            Place::File { path, .. } if *path == at => Ok(None),
            Place::File { .. } => {
                Err(Error::new(Kind::Conflict, "attach", "the store is in another file already").into())
            }
            Place::Memory => {
                let mut file = Database::file(&at, &with)?;
                let repaired = index::prepare(&mut file)?;
                let merged = merge(&db.conn, &mut file.conn)?;
                *db = file;
                inner.memory.store(false, Ordering::Release);
                inner.unsaved.store(0, Ordering::Release);
                inner.repaired.fetch_or(repaired, Ordering::AcqRel);
                Ok(Some(merged))
            }
        });
        let merged = attached.await.map_err(|fault| fault.tell("attach"))?;
        if self.inner.reader.get().is_none() {
            self.start_reader(path, key).await?;
        }
        Ok(merged.unwrap_or_default())
    }

    /// Whether everything is lost when the process ends.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.inner.memory.load(Ordering::Acquire)
    }

    /// Calls that are in memory only.
    #[must_use]
    pub fn unsaved(&self) -> usize {
        self.inner.unsaved.load(Ordering::Acquire)
    }

    /// Whether the index was damaged, and made anew, since the store was opened.
    #[must_use]
    pub fn repaired(&self) -> bool {
        self.inner.repaired.load(Ordering::Acquire)
    }

    /// Encrypts the file with another key. Keep the old key until this returns: if the process dies in between, the file
    /// opens with exactly one of the two.
    ///
    /// # Errors
    /// [`Kind::Invalid`] in memory; [`Kind::Storage`] where the disk is full or fails, and then the old key holds.
    pub async fn rekey(&self, new: StoreKey) -> Result<()> {
        let _alone = self.inner.alone.lock().await;
        let Some(reader) = self.inner.reader.get() else {
            return self.change("rekey", move |db| db.rekey(new)).await;
        };
        // The reader steps aside until the pages are in their new key, and comes back with it.
        let (stepped, is_aside) = oneshot::channel();
        let (finished, wait) = mpsc::channel::<StoreKey>();
        let aside = reader.run("rekey", move |db| {
            db.conn = Database::memory()?.conn;
            stepped.send(()).ok();
            // No key arrives where the rekeying failed: the old one holds.
            if let (Ok(key), Place::File { key: known, .. }) = (wait.recv(), &mut db.place) {
                *known = key;
            }
            db.reopen(true)
        });
        let writing = async {
            drop(is_aside.await);
            let job = move |db: &mut Database| {
                db.rekey(new.clone())?;
                drop(finished.send(new));
                Ok(())
            };
            self.inner.writer.run("rekey", job).await
        };
        let (aside, rekeyed) = tokio::join!(aside, writing);
        rekeyed.and(aside).map_err(|fault| fault.tell("rekey"))
    }

    /// Adds many contacts to the address book, with more numbers than a draft has, and gives their count. The drafts are
    /// taken as they are, as samples and files have them.
    ///
    /// # Errors
    /// [`Kind::Storage`]; what was added before stays.
    pub async fn import(&self, drafts: Vec<(ContactDraft, Vec<StoredNumber>)>, home: Home) -> Result<usize> {
        let count = drafts.len();
        let mut rest = drafts.into_iter();
        loop {
            let chunk: Vec<_> = rest
                .by_ref()
                .take(IMPORT_CHUNK)
                .map(|one| (self.new_id(), one))
                .collect();
            if chunk.is_empty() {
                return Ok(count);
            }
            let (now, home) = (self.now(), home.clone());
            self.change_index("import", move |db| {
                let tx = db.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                index::set_home(&tx, &home)?;
                for (id, (draft, numbers)) in &chunk {
                    let contact = address_book::insert(&tx, id, draft, numbers, now)?;
                    address_book::refile(&tx, &contact, now)?;
                }
                Ok(tx.commit()?)
            })
            .await?;
        }
    }

    /// The home with which the index reads numbers; `None` before anything was filed.
    ///
    /// # Errors
    /// [`Kind::Storage`].
    pub async fn home(&self) -> Result<Option<Home>> {
        self.ask("home", |db| index::home(&db.conn)).await
    }

    /// Whether all that is filed was filed with this home; nothing filed is filed with any.
    ///
    /// # Errors
    /// [`Kind::Storage`].
    pub async fn is_filed_with(&self, home: Home) -> Result<bool> {
        self.ask("home", move |db| {
            Ok(!index::is_refiling(&db.conn)? && index::home(&db.conn)?.is_none_or(|filed| filed == home))
        })
        .await
    }

    /// Writes everything to the file and closes it. Everything that is asked later is an error.
    pub async fn close(&self) {
        if let Some(reader) = self.inner.reader.get() {
            reader.stop().await;
        }
        self.inner.writer.stop().await;
    }

    pub(crate) fn now(&self) -> i64 {
        self.inner.clock.now().wall.0
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.random
    }

    pub(crate) fn set_unsaved(&self, calls: usize) {
        if self.is_memory() {
            self.inner.unsaved.store(calls, Ordering::Release);
        }
    }

    /// Runs a change on the thread that writes.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut Database) -> Answer<T> + Send + 'static,
    ) -> Result<T> {
        self.inner
            .writer
            .run(operation, job)
            .await
            .map_err(|fault| fault.tell(operation))
    }

    /// Runs a question on the thread that reads.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl FnOnce(&mut Database) -> Answer<T> + Send + 'static,
    ) -> Result<T> {
        self.reading()
            .run(operation, job)
            .await
            .map_err(|fault| fault.tell(operation))
    }

    /// As [`Store::change`], for jobs that use the index: where it is damaged it is made anew, and the job runs again.
    pub(crate) async fn change_index<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl Fn(&mut Database) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<T> {
        self.mending(operation, |inner| &inner.writer, job).await
    }

    /// As [`Store::ask`], for questions to the index.
    pub(crate) async fn ask_index<T: Send + 'static>(
        &self,
        operation: &'static str,
        job: impl Fn(&mut Database) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<T> {
        self.mending(operation, |inner| inner.reader.get().unwrap_or(&inner.writer), job)
            .await
    }

    async fn mending<T: Send + 'static>(
        &self,
        operation: &'static str,
        lane: fn(&Inner) -> &Lane,
        job: impl Fn(&mut Database) -> Answer<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let job = Arc::new(job);
        let again = Arc::clone(&job);
        let seen = self.inner.mended.load(Ordering::Acquire);
        let answer = match lane(&self.inner).run(operation, move |db| job(db)).await {
            Err(fault) if fault.is_damage() => {
                self.mend(seen).await?;
                lane(&self.inner).run(operation, move |db| again(db)).await
            }
            other => other,
        };
        answer.map_err(|fault| fault.tell(operation))
    }

    /// `seen`: how often the index had been made anew when the damage was met. Who comes second finds it done.
    async fn mend(&self, seen: u64) -> Result<()> {
        let _alone = self.inner.alone.lock().await;
        if self.inner.mended.load(Ordering::Acquire) != seen {
            return Ok(());
        }
        self.change("mend_index", index::mend).await?;
        if let Some(reader) = self.inner.reader.get() {
            reader
                .run("mend_index", |db| db.reopen(true))
                .await
                .map_err(|fault| fault.tell("mend_index"))?;
        }
        self.inner.mended.fetch_add(1, Ordering::AcqRel);
        self.inner.repaired.store(true, Ordering::Release);
        Ok(())
    }

    fn reading(&self) -> &Lane {
        self.inner.reader.get().unwrap_or(&self.inner.writer)
    }

    async fn start_reader(&self, path: PathBuf, key: StoreKey) -> Result<()> {
        let opened = Lane::open("store-reader", move || Ok((Database::reader(&path, &key)?, ())));
        let (reader, ()) = opened.await.map_err(|fault| fault.tell("open_store"))?;
        drop(self.inner.reader.set(reader));
        Ok(())
    }
}
