//! The ports around a connection while an example runs: a keyring that knows what the case says, a memory that is new, a clock
//! that stands still. Whatever an example has no business with answers so.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    AddressBook, CallLogEntry, Clock, ConnectionId, ConnectionMemory, Contact, ContactDraft, CredentialStore, Cx,
    Error, Freshness, Kind, LogRef, Marker, Now, Result, SignIn, Steady, Timestamp,
    connector::{NameQuery, NoTrace, Progress},
    credentials::Secret,
    log::Captures,
    phone::Key,
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
};

/// 2026-01-15T12:00:00Z.
const NOW: i64 = 1_768_478_400_000;
/// For a whole operation; no time passes while it waits.
const DEADLINE: Duration = Duration::from_secs(10);

pub(super) fn cx() -> Cx {
    Cx {
        deadline: DEADLINE,
        freshness: Freshness::Cached,
        trace: Arc::new(NoTrace),
    }
}

fn no_part(what: &'static str) -> Error {
    Error::new(Kind::Unsupported, "example", what)
}

/// What a connection learned.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, String>>);

impl Memory {
    pub(super) fn with(key: &str, value: Option<String>) -> Self {
        Self(Mutex::new(
            value.map(|value| (key.to_owned(), value)).into_iter().collect(),
        ))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConnectionMemory for Memory {
    async fn recall(&self, _: &ConnectionId, key: &str) -> Result<Option<String>> {
        Ok(self.kept().get(key).cloned())
    }

    async fn keep(&self, _: &ConnectionId, key: &str, value: String) -> Result<()> {
        self.kept().insert(key.to_owned(), value);
        Ok(())
    }

    async fn forget(&self, _: &ConnectionId) -> Result<()> {
        self.kept().clear();
        Ok(())
    }
}

pub(super) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(NOW),
            steady: Steady(Duration::ZERO),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

/// The secrets of the case, by the keyring's names.
pub(super) struct Keyring(Mutex<BTreeMap<String, Vec<u8>>>);

impl Keyring {
    pub(super) fn new(secrets: BTreeMap<String, Vec<u8>>) -> Self {
        Self(Mutex::new(secrets))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CredentialStore for Keyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.kept().get(name).map(|secret| Secret::new(secret.clone())))
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.kept().insert(name.to_owned(), secret.expose().to_vec());
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.kept().remove(name);
        Ok(())
    }
}

/// Somebody signed in before; a refresh gives another token.
pub(super) struct SignedIn {
    /// What the token answer said besides tokens.
    pub members: Vec<(String, String)>,
    pub refreshed: AtomicBool,
}

impl SignedIn {
    fn grant(&self) -> Grant {
        let refreshed = self.refreshed.load(Ordering::Relaxed);
        Grant {
            access: Secret::new(if refreshed { "token-2" } else { "token" }),
            refresh: Some(Secret::new("refresh")),
            expires_in: None,
            expired: false,
            members: self.members.clone(),
        }
    }
}

#[async_trait]
impl SignIn for SignedIn {
    async fn authorize(&self, _: Authorize) -> Result<Redirected> {
        Err(no_part("an example opens no browser"))
    }

    async fn token(&self, _: TokenRequest) -> Result<Grant> {
        self.refreshed.store(true, Ordering::Relaxed);
        Ok(self.grant())
    }

    async fn keep(&self, _: &str, _: Grant) -> Result<()> {
        Ok(())
    }

    async fn kept(&self, _: &str) -> Result<Option<Grant>> {
        Ok(Some(self.grant()))
    }

    async fn refresh(&self, _: &str, _: &Grant, _: TokenRequest) -> Result<Grant> {
        self.refreshed.store(true, Ordering::Relaxed);
        Ok(self.grant())
    }

    async fn forget(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn state(&self) -> String {
        "state".to_owned()
    }
}

/// A journal that knows of no step yet.
pub(super) struct NewJournal;

#[async_trait]
impl Progress for NewJournal {
    async fn answered(&self, _: &str) -> Option<Captures> {
        None
    }

    async fn begin(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn done(&self, _: &str, _: Captures) -> Result<()> {
        Ok(())
    }

    async fn not_done(&self, _: &str) -> Result<()> {
        Ok(())
    }
}

/// A connector that is a manifest has no address book.
pub(super) struct NoAddressBook;

const NO_BOOK: &str = "an example has no address book";

#[async_trait]
impl AddressBook for NoAddressBook {
    async fn with_keys(&self, _: Vec<Key>) -> Result<Vec<Contact>> {
        Err(no_part(NO_BOOK))
    }

    async fn with_name(&self, _: NameQuery) -> Result<Vec<Contact>> {
        Err(no_part(NO_BOOK))
    }

    async fn get(&self, _: String) -> Result<Option<Contact>> {
        Err(no_part(NO_BOOK))
    }

    async fn create(&self, _: ContactDraft) -> Result<Contact> {
        Err(no_part(NO_BOOK))
    }

    async fn add_number(&self, _: String, _: String, _: String) -> Result<Contact> {
        Err(no_part(NO_BOOK))
    }

    async fn log(&self, _: CallLogEntry) -> Result<LogRef> {
        Err(no_part(NO_BOOK))
    }

    async fn update_log(&self, _: LogRef, _: CallLogEntry) -> Result<()> {
        Err(no_part(NO_BOOK))
    }

    async fn find_log(&self, _: Marker) -> Result<Vec<LogRef>> {
        Err(no_part(NO_BOOK))
    }

    async fn delete(&self, _: String) -> Result<()> {
        Err(no_part(NO_BOOK))
    }

    async fn logs(&self, _: String) -> Result<Vec<(LogRef, CallLogEntry)>> {
        Err(no_part(NO_BOOK))
    }
}
