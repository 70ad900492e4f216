//! A CRM with what makes real ones hard: a search that lags, number fields that are taken, required fields, and questions
//! about each call.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType,
    Cx, Error, Kind, LogField, LogReceipt, LogRef, Result, StoredNumber,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::{FieldOption, FieldSpec, Found},
    log::LOG_STEP,
};

pub const LAG: Duration = Duration::from_millis(400);

#[derive(Default)]
pub struct LaggingCrm {
    records: Mutex<Vec<(Instant, Contact)>>,
    pub logs: Mutex<Vec<CallLogEntry>>,
    /// Every record has all its number fields filled.
    pub full: AtomicBool,
    /// It can't be asked for a record by id.
    pub blind: AtomicBool,
    pub searches: AtomicUsize,
}

impl LaggingCrm {
    pub fn id() -> ConnectionId {
        ConnectionId::new("crm")
    }

    /// Another person's record, of now.
    pub fn colleague_creates(&self, name: &str, number: &str) -> Contact {
        self.insert(name, number, Instant::now())
    }

    pub fn has_long_had(&self, name: &str, number: &str) -> Contact {
        self.insert(name, number, Instant::now() - LAG)
    }

    fn insert(&self, name: &str, number: &str, at: Instant) -> Contact {
        let mut records = self.records.lock().unwrap();
        let contact = lead(&(records.len() + 1).to_string(), name, number);
        records.push((at, contact.clone()));
        contact
    }

    fn find(&self, fits: impl Fn(&Contact) -> bool) -> Result<Found> {
        let records = self.records.lock().unwrap();
        let visible = records.iter().filter(|(at, _)| at.elapsed() >= LAG);
        let contacts = visible.map(|(_, contact)| contact.clone()).filter(fits).collect();
        Ok(Found {
            contacts,
            failed: Vec::new(),
        })
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[async_trait]
impl Connector for LaggingCrm {
    fn info(&self) -> ConnectorInfo {
        let field = FieldSpec {
            name: "status".into(),
            label: "Status".into(),
            required: true,
            options: vec![FieldOption {
                value: "new".into(),
                label: "New".into(),
            }],
        };
        ConnectorInfo {
            connection: Self::id(),
            name: "Test CRM".into(),
            types: vec![ContactType {
                id: "lead".into(),
                label: "Lead".into(),
                is_company: false,
                creatable: true,
                fields: vec![field],
            }],
        }
    }

    fn capability(&self) -> Capability {
        Capability {
            find: true,
            find_with_name: true,
            create: true,
            add_number: true,
            log: true,
            update_log: true,
            moves_logs: true,
            find_log: false,
            log_fields: true,
            knows_extensions: false,
            indexed: false,
            settles_within: LAG,
        }
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        Ok(Account {
            id: "1".into(),
            name: "Test".into(),
            limits: Vec::new(),
        })
    }

    async fn find_contact(&self, _: Cx, number: NumberForms) -> Result<Found> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        let forms: Vec<String> = number.forms.iter().map(|form| digits(&form.text)).collect();
        self.find(|contact| {
            contact
                .numbers
                .iter()
                .any(|stored| forms.contains(&digits(&stored.raw)))
        })
    }

    async fn find_contact_with_name(&self, _: Cx, query: NameQuery) -> Result<Found> {
        self.find(|contact| contact.name == query.text)
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        if self.blind.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Unsupported, "get_contact", "not by id"));
        }
        let records = self.records.lock().unwrap();
        let found = records.iter().find(|(_, contact)| contact.id == id);
        found
            .map(|(_, contact)| contact.clone())
            .ok_or_else(|| Error::new(Kind::NotFound, "get_contact", "there is no such record"))
    }

    async fn create_contact(&self, _: Cx, draft: ContactDraft) -> Result<Contact> {
        assert_eq!(draft.extra, [("status".to_owned(), "new".to_owned())], "checked before");
        Ok(self.insert(&draft.name, draft.number.as_deref().unwrap_or_default(), Instant::now()))
    }

    async fn add_number(&self, _: Cx, id: ContactRef, number: String) -> Result<Contact> {
        if self.full.load(Ordering::SeqCst) {
            let message = "both number fields of this lead are filled";
            return Err(Error::new(Kind::Conflict, "add_number", message));
        }
        let mut records = self.records.lock().unwrap();
        let (_, contact) = records.iter_mut().find(|(_, contact)| contact.id == id).unwrap();
        contact.numbers.push(StoredNumber {
            label: "mobile".into(),
            raw: number,
        });
        Ok(contact.clone())
    }

    async fn log_call(&self, _: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        progress.begin(LOG_STEP).await?;
        self.logs.lock().unwrap().push(entry);
        let log = LogRef {
            id: "1".into(),
            url: None,
        };
        progress.done(LOG_STEP, log.captures()).await?;
        Ok(LogReceipt { log })
    }

    async fn update_log(&self, _: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.logs.lock().unwrap().push(entry);
        Ok(LogReceipt { log })
    }

    /// Each contact has matters of its own.
    async fn log_fields(&self, _: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        let matter = LogField {
            name: "matter".into(),
            label: "Matter".into(),
            required: false,
            typed: false,
            default: None,
            options: vec![FieldOption {
                value: format!("matter-of-{}", contact.id),
                label: "The matter".into(),
            }],
            failed: None,
        };
        Ok(vec![matter])
    }

    async fn find_log(&self, _: Cx, _: CallLogEntry) -> Result<Vec<LogRef>> {
        Err(Error::new(Kind::Unsupported, "find_log", "not by marker"))
    }
}

/// A lead with one number.
pub fn lead(id: &str, name: &str, number: &str) -> Contact {
    Contact {
        id: ContactRef {
            connection: LaggingCrm::id(),
            contact_type: "lead".into(),
            id: id.into(),
        },
        name: name.into(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: vec![StoredNumber {
            label: "office".into(),
            raw: number.into(),
        }],
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}
