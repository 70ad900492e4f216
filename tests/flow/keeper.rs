//! A CRM whose logs can be deleted there, refused, held up, or not be changed: what becomes of a log after it was asked for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType,
    Cx, Error, Kind, LogField, LogReceipt, LogRef, Result, Retry,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::{FieldOption, Found},
    log::LOG_STEP,
};
use tokio::sync::Semaphore;

use crate::crm::lead;

pub struct Keeper {
    capability: Capability,
    people: Vec<Contact>,
    pub logs: Mutex<BTreeMap<String, CallLogEntry>>,
    made: AtomicUsize,
    /// A log is made when there is a permit.
    pub gate: Semaphore,
    /// Which changes are refused.
    pub refuses: Mutex<fn(&CallLogEntry) -> bool>,
    /// How often the second step of a log is refused.
    pub refusals: AtomicUsize,
    /// Whom it knows it does not say.
    pub silent: AtomicBool,
    /// A log needs the field `matter`.
    pub asks: AtomicBool,
}

impl Keeper {
    pub fn new(change: impl FnOnce(&mut Capability)) -> Arc<Self> {
        let mut capability = Capability {
            find: true,
            find_with_name: true,
            create: false,
            add_number: false,
            log: true,
            update_log: true,
            moves_logs: false,
            find_log: true,
            log_fields: true,
            knows_extensions: false,
            indexed: false,
            settles_within: Duration::from_millis(50),
        };
        change(&mut capability);
        let people = [
            ("7", "Anna Meier", "(415) 555-0100"),
            ("8", "Bill Lumbergh", "(415) 555-0177"),
        ];
        Arc::new(Self {
            capability,
            people: people.map(|(id, name, number)| lead(id, name, number)).to_vec(),
            logs: Mutex::default(),
            made: AtomicUsize::default(),
            gate: Semaphore::new(1_000),
            refuses: Mutex::new(|_| false),
            refusals: AtomicUsize::default(),
            silent: AtomicBool::default(),
            asks: AtomicBool::default(),
        })
    }

    pub fn contact(&self, id: &str) -> ContactRef {
        lead(id, "", "").id
    }

    pub fn delete_all(&self) {
        self.logs.lock().unwrap().clear();
    }

    /// Of every log: its id, its contact, its note.
    pub fn kept(&self) -> Vec<(String, String, String)> {
        let logs = self.logs.lock().unwrap();
        logs.iter()
            .map(|(id, entry)| (id.clone(), entry.contact.id.clone(), entry.note.clone()))
            .collect()
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn gone() -> Error {
    Error::new(Kind::NotFound, "crm", "there is no such record")
}

#[async_trait]
impl Connector for Keeper {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            connection: ConnectionId::new("crm"),
            name: "Test CRM".into(),
            types: vec![ContactType {
                id: "lead".into(),
                label: "Lead".into(),
                is_company: false,
                creatable: false,
                fields: Vec::new(),
            }],
        }
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        Ok(Account {
            id: "1".into(),
            name: "Test".into(),
            limits: Vec::new(),
        })
    }

    async fn find_contact(&self, _: Cx, number: NumberForms) -> Result<Found> {
        if self.silent.load(Ordering::SeqCst) {
            return std::future::pending().await;
        }
        let forms: Vec<String> = number.forms.iter().map(|form| digits(&form.text)).collect();
        let has = |contact: &&Contact| forms.contains(&digits(&contact.numbers[0].raw));
        Ok(Found {
            contacts: self.people.iter().filter(has).cloned().collect(),
            failed: Vec::new(),
        })
    }

    async fn find_contact_with_name(&self, _: Cx, _: NameQuery) -> Result<Found> {
        Ok(Found::default())
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        self.people
            .iter()
            .find(|contact| contact.id == id)
            .cloned()
            .ok_or_else(gone)
    }

    async fn create_contact(&self, _: Cx, _: ContactDraft) -> Result<Contact> {
        Err(Error::new(Kind::Unsupported, "create_contact", "it creates nobody"))
    }

    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        Err(Error::new(Kind::Unsupported, "add_number", "it takes no number"))
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        if self.asks.load(Ordering::SeqCst) && entry.fields.is_empty() {
            let error = Error::new(Kind::Invalid, "log_call", "the test CRM wants to know the matter");
            return Err(error.field("matter").retry(Retry::AfterPerson));
        }
        let log = match progress.answered(LOG_STEP).await {
            Some(captures) => LogRef::from_captures(&captures).unwrap(),
            None => {
                progress.begin(LOG_STEP).await?;
                self.gate.acquire().await.unwrap().forget();
                let id = format!("log-{}", self.made.fetch_add(1, Ordering::SeqCst) + 1);
                self.logs.lock().unwrap().insert(id.clone(), entry);
                let log = LogRef { id, url: None };
                progress.done(LOG_STEP, log.captures()).await?;
                log
            }
        };
        let refuse = |left: usize| left.checked_sub(1);
        if self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse)
            .is_ok()
        {
            progress.begin("link").await?;
            progress.not_done("link").await?;
            return Err(Error::new(Kind::Invalid, "log_call", "the deal is closed").field("matter"));
        }
        cx.trace.said("the deal could not be linked");
        Ok(LogReceipt { log })
    }

    async fn update_log(&self, _: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        if (self.refuses.lock().unwrap())(&entry) {
            return Err(Error::new(Kind::Invalid, "update_log", "the month is closed"));
        }
        let mut logs = self.logs.lock().unwrap();
        *logs.get_mut(&log.id).ok_or_else(gone)? = entry;
        Ok(LogReceipt { log })
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        let option = FieldOption {
            value: "12".into(),
            label: "The matter".into(),
        };
        Ok(vec![LogField {
            name: "matter".into(),
            label: "Matter".into(),
            required: true,
            typed: false,
            default: None,
            options: vec![option],
            failed: None,
        }])
    }

    async fn find_log(&self, _: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        let logs = self.logs.lock().unwrap();
        let bears = logs.iter().filter(|(_, log)| log.marker == entry.marker);
        Ok(bears
            .map(|(id, _)| LogRef {
                id: id.clone(),
                url: None,
            })
            .collect())
    }
}
