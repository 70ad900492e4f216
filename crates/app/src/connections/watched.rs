//! A connection as the engine sees it: under the person's name for it, and watched, so that everybody learns at once when
//! it wants the person to sign in again, and when it no longer does.
//!
//! While somebody signs in, or other secrets are tried, its gate is shut: until it is known that the account is still the same,
//! nobody is asked and nothing is logged there.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ringside_domain::{
    Capability, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, Cx, Error, Kind, LogField, LogReceipt,
    LogRef, Result,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    log::CallLogEntry,
};
use ringside_ipc::ApiError;
use tokio::sync::{Notify, RwLock, RwLockReadGuard};

use crate::app::lock;

/// What a connection's last answers said about its sign-in.
pub(crate) struct SignedIn {
    wanted: Mutex<Option<ApiError>>,
    changed: Arc<Notify>,
}

impl SignedIn {
    pub fn new(wanted: Option<ApiError>, changed: Arc<Notify>) -> Arc<Self> {
        Arc::new(Self {
            wanted: Mutex::new(wanted),
            changed,
        })
    }

    /// Why the person must sign in, if they must.
    pub fn wanted(&self) -> Option<ApiError> {
        lock(&self.wanted).clone()
    }

    pub fn set(&self, wanted: Option<ApiError>) {
        let before = std::mem::replace(&mut *lock(&self.wanted), wanted.clone());
        if before.is_some() != wanted.is_some() {
            self.changed.notify_one();
        }
    }

    /// Other failures, a CRM that is offline for one, say nothing about it.
    fn learn<T>(&self, answer: &Result<T>) {
        match answer {
            Ok(_) => self.set(None),
            Err(error) if error.kind == Kind::SignInNeeded => self.set(Some(ApiError {
                code: error.kind.code().into(),
                message: error.message.to_string(),
                hint: error.hint.as_ref().map(ToString::to_string),
                field: error.field.clone(),
            })),
            Err(_) => {}
        }
    }
}

/// Whoever asks the CRM reads; whoever changes what the connection signs in with writes. One for each connection, however
/// often it is made anew.
pub(crate) type Gate = Arc<RwLock<()>>;

pub(crate) struct Watched {
    pub inner: Arc<dyn Connector>,
    pub name: String,
    pub signed_in: Arc<SignedIn>,
    pub gate: Gate,
}

impl Watched {
    /// # Errors
    /// [`Kind::Unavailable`] while the gate is shut. Nothing was sent.
    fn open(&self, operation: &'static str) -> Result<RwLockReadGuard<'_, ()>> {
        self.gate.try_read().map_err(|_| {
            let message = format!("{} waits until it is known whose account it is", self.name);
            Error::new(Kind::Unavailable, operation, message).hint("Finish or cancel the sign-in")
        })
    }

    fn seen<T>(&self, answer: Result<T>) -> Result<T> {
        self.signed_in.learn(&answer);
        answer
    }
}

#[async_trait]
impl Connector for Watched {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            name: self.name.clone(),
            ..self.inner.info()
        }
    }

    fn capability(&self) -> Capability {
        self.inner.capability()
    }

    async fn check(&self, cx: Cx) -> Result<Account> {
        let _open = self.open("check")?;
        self.seen(self.inner.check(cx).await)
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        let _open = self.open("find_contact")?;
        self.seen(self.inner.find_contact(cx, number).await)
    }

    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found> {
        let _open = self.open("find_contact_with_name")?;
        self.seen(self.inner.find_contact_with_name(cx, query).await)
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        let _open = self.open("get_contact")?;
        self.seen(self.inner.get_contact(cx, id).await)
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        let _open = self.open("create_contact")?;
        self.seen(self.inner.create_contact(cx, draft).await)
    }

    async fn add_number(&self, cx: Cx, id: ContactRef, number: String) -> Result<Contact> {
        let _open = self.open("add_number")?;
        self.seen(self.inner.add_number(cx, id, number).await)
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        let _open = self.open("log_call")?;
        self.seen(self.inner.log_call(cx, entry, progress).await)
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        let _open = self.open("update_log")?;
        self.seen(self.inner.update_log(cx, log, entry).await)
    }

    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        let _open = self.open("log_fields")?;
        self.seen(self.inner.log_fields(cx, contact).await)
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        let _open = self.open("find_log")?;
        self.seen(self.inner.find_log(cx, entry).await)
    }
}
