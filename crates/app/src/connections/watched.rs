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
use tokio::sync::{Notify, RwLock};

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
            Err(error) if error.kind == Kind::SignInNeeded => self.set(Some(ApiError::from(error))),
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
    /// The answer, asked for only while the gate is open: a future does nothing before it is awaited.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] while the gate is shut, and nothing was sent; else as the answer.
    async fn through<T>(&self, operation: &'static str, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let _open = self.gate.try_read().map_err(|_| {
            let message = format!("{} waits until it is known whose account it is", self.name);
            Error::new(Kind::Unavailable, operation, message).hint("Finish or cancel the sign-in")
        })?;
        let answer = answer.await;
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
        self.through("check", self.inner.check(cx)).await
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        self.through("find_contact", self.inner.find_contact(cx, number)).await
    }

    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found> {
        self.through("find_contact_with_name", self.inner.find_contact_with_name(cx, query))
            .await
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        self.through("get_contact", self.inner.get_contact(cx, id)).await
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        self.through("create_contact", self.inner.create_contact(cx, draft))
            .await
    }

    async fn add_number(&self, cx: Cx, id: ContactRef, number: String) -> Result<Contact> {
        self.through("add_number", self.inner.add_number(cx, id, number)).await
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        self.through("log_call", self.inner.log_call(cx, entry, progress)).await
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.through("update_log", self.inner.update_log(cx, log, entry)).await
    }

    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        self.through("log_fields", self.inner.log_fields(cx, contact)).await
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        self.through("find_log", self.inner.find_log(cx, entry)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use ringside_domain::{
        ConnectionId, Direction, Marker, Timestamp,
        log::Captures,
        phone::{Home, read},
    };
    use ringside_tests::{HttpCrm, LoopbackCrm, NUMBER};

    use super::{super::quiet, *};

    /// The journal of a log that nobody began.
    struct New;

    #[async_trait]
    impl Progress for New {
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

    fn entry(contact: &Contact) -> CallLogEntry {
        CallLogEntry {
            contact: contact.id.clone(),
            contact_name: contact.name.clone(),
            direction: Direction::In,
            number: Some(NUMBER.to_owned()),
            line: None,
            started: Timestamp(1_800_000_000_000),
            zone: "UTC".to_owned(),
            duration: None,
            end: None,
            outcome: None,
            note: "wants a quote".to_owned(),
            fields: Vec::new(),
            marker: Marker::new("ringside-own", false),
        }
    }

    #[tokio::test]
    async fn nothing_at_all_goes_past_a_shut_gate() {
        let crm = LoopbackCrm::start(true).await;
        let inner = HttpCrm::new(crm.url(), true, false, std::time::Duration::ZERO);
        let ada = inner.people[0].clone();
        let gate = Gate::default();
        let watched = Watched {
            inner: Arc::new(inner),
            name: "Our CRM".to_owned(),
            signed_in: SignedIn::new(None, Arc::default()),
            gate: Arc::clone(&gate),
        };
        let (entry, log) = (
            entry(&ada),
            LogRef {
                id: "log-1".to_owned(),
                url: None,
            },
        );
        let numbers = NumberForms {
            reading: read(NUMBER, &Home::default()),
            forms: Vec::new(),
        };
        let draft = ContactDraft {
            connection: ConnectionId::new("loopback"),
            contact_type: "person".to_owned(),
            name: ada.name.clone(),
            given: None,
            family: None,
            company: None,
            title: None,
            email: None,
            number: None,
            extra: Vec::new(),
            force: false,
        };

        let shut = gate.write().await;
        let id = || ada.id.clone();
        let answers = [
            watched.check(quiet()).await.err(),
            watched.find_contact(quiet(), numbers).await.err(),
            watched
                .find_contact_with_name(quiet(), NameQuery::default())
                .await
                .err(),
            watched.get_contact(quiet(), id()).await.err(),
            watched.create_contact(quiet(), draft).await.err(),
            watched.add_number(quiet(), id(), NUMBER.to_owned()).await.err(),
            watched.log_call(quiet(), entry.clone(), Arc::new(New)).await.err(),
            watched.update_log(quiet(), log, entry.clone()).await.err(),
            watched.log_fields(quiet(), id()).await.err(),
            watched.find_log(quiet(), entry.clone()).await.err(),
        ];
        for (number, answer) in answers.into_iter().enumerate() {
            let error = answer.unwrap_or_else(|| panic!("operation {number} went through"));
            assert_eq!(
                (error.kind, error.may_have_happened),
                (Kind::Unavailable, false),
                "{error}"
            );
            assert!(error.message.starts_with("Our CRM waits"), "{error}");
        }
        assert!(crm.logs().is_empty());

        drop(shut);
        watched.log_call(quiet(), entry, Arc::new(New)).await.unwrap();
        assert_eq!(crm.logs().len(), 1, "what waited goes on");
    }
}
