//! A CRM in memory that does to each new contact what a script says. Its commits happen at virtual times, whether or not
//! anybody still listens.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType,
    Cx, Error, Kind, LogField, LogReceipt, LogRef, Result, Retry,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::{FieldSpec, Found},
    log::LOG_STEP,
    trace::{Answer, TraceStep},
};
use tokio::time::{Instant, sleep};

use crate::fakes::contact;

/// What happens to one request for a new contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// An answer after so many seconds, long after the deadline perhaps.
    Slow(u64),
    /// A no, for this field.
    Refused(&'static str),
    SignIn,
    Forbidden,
    Unreachable,
    /// 429, with so many seconds to wait.
    Limited(u64),
    /// A 500, or a closed connection: it took effect so many seconds later, or never.
    Lost(Option<u64>),
    /// No answer ever.
    Hangs(Option<u64>),
    Panics,
}

#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    Whole(Kind),
    Part(Kind),
}

pub struct Crm {
    pub searchable: AtomicBool,
    /// Searches fail as when the network is gone.
    pub away: AtomicBool,
    /// A search is answered after so many seconds.
    pub searches_take: AtomicU64,
    /// A log is answered after so many seconds.
    pub logs_take: AtomicU64,
    /// What is wrong with the next searches by number: of all of it, or of one contact type.
    pub troubles: Mutex<VecDeque<Trouble>>,
    /// What became of the next numbers that are added.
    pub takes_numbers: Mutex<VecDeque<Kind>>,
    /// Said to the person beside the next contact.
    pub says: Mutex<Option<&'static str>>,
    /// When each search went out, and by what.
    pub searches: Mutex<Vec<(Instant, &'static str)>>,
    pub drafts: Mutex<Vec<ContactDraft>>,
    fates: Mutex<VecDeque<Fate>>,
    records: Mutex<Vec<(Instant, Contact)>>,
    requests: Mutex<Vec<Instant>>,
    logs: Mutex<Vec<CallLogEntry>>,
}

impl Crm {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            searchable: AtomicBool::new(true),
            away: AtomicBool::default(),
            searches_take: AtomicU64::default(),
            logs_take: AtomicU64::default(),
            troubles: Mutex::default(),
            takes_numbers: Mutex::default(),
            says: Mutex::default(),
            searches: Mutex::default(),
            drafts: Mutex::default(),
            fates: Mutex::default(),
            records: Mutex::default(),
            requests: Mutex::default(),
            logs: Mutex::default(),
        })
    }

    pub fn plan(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().unwrap().extend(fates);
    }

    /// What is visible by now.
    pub fn records(&self) -> Vec<Contact> {
        let records = self.records.lock().unwrap();
        let visible = records.iter().filter(|(at, _)| *at <= Instant::now());
        visible.map(|(_, contact)| contact.clone()).collect()
    }

    /// When each new contact was asked for.
    pub fn requests(&self) -> Vec<Instant> {
        self.requests.lock().unwrap().clone()
    }

    pub fn logs(&self) -> Vec<CallLogEntry> {
        self.logs.lock().unwrap().clone()
    }

    /// The runtime of a life is gone, and its time with it: everything took effect by now.
    pub fn settle(&self) {
        let now = Instant::now();
        self.records.lock().unwrap().iter_mut().for_each(|(at, _)| *at = now);
    }

    pub fn has(&self, name: &str, number: &str) -> Contact {
        self.insert(contact("crm", "", name, number), Duration::ZERO)
    }

    /// A record that is seen after so long.
    pub fn insert(&self, record: Contact, after: Duration) -> Contact {
        let mut records = self.records.lock().unwrap();
        let id = (records.len() + 1).to_string();
        let made = Contact {
            id: ContactRef { id, ..record.id },
            ..record
        };
        records.push((Instant::now() + after, made.clone()));
        made
    }

    /// The next so many searches by number fail so.
    pub fn fails(&self, trouble: Trouble, times: usize) {
        self.troubles.lock().unwrap().extend(vec![trouble; times]);
    }

    /// How often it was searched, by number and by name.
    pub fn searched(&self) -> (usize, usize) {
        let searches = self.searches.lock().unwrap();
        let of = |way| searches.iter().filter(|(_, known)| *known == way).count();
        (of("number"), of("name"))
    }

    async fn find(&self, way: &'static str, fits: impl Fn(&Contact) -> bool) -> Result<Found> {
        self.searches.lock().unwrap().push((Instant::now(), way));
        sleep(Duration::from_secs(self.searches_take.load(Ordering::SeqCst))).await;
        if self.away.load(Ordering::SeqCst) {
            return Err(unreachable("find_contact"));
        }
        let mut failed = Vec::new();
        if way == "number" {
            match self.troubles.lock().unwrap().pop_front() {
                Some(Trouble::Whole(kind)) => return Err(Error::new(kind, "find_contact", "the CRM is in trouble")),
                Some(Trouble::Part(kind)) => {
                    failed.push(("lead".into(), Error::new(kind, "find_contact", "leads are in trouble")));
                }
                None => {}
            }
        }
        let mut contacts = self.records();
        contacts.retain(fits);
        Ok(Found { contacts, failed })
    }
}

fn unreachable(operation: &'static str) -> Error {
    Error::new(Kind::Unavailable, operation, "the CRM can't be reached")
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

#[async_trait]
impl Connector for Crm {
    fn info(&self) -> ConnectorInfo {
        let kind = |id: &str| ContactType {
            id: id.into(),
            label: id.to_uppercase(),
            is_company: false,
            creatable: true,
            fields: vec![FieldSpec {
                name: "status".into(),
                label: "Status".into(),
                required: false,
                options: Vec::new(),
            }],
        };
        ConnectorInfo {
            connection: ConnectionId::new("crm"),
            name: "Test CRM".into(),
            types: vec![kind("lead"), kind("person")],
        }
    }

    fn capability(&self) -> Capability {
        let searchable = self.searchable.load(Ordering::SeqCst);
        Capability {
            find: searchable,
            find_with_name: searchable,
            create: true,
            add_number: true,
            log: true,
            update_log: true,
            moves_logs: true,
            find_log: false,
            log_fields: false,
            knows_extensions: false,
            indexed: false,
            settles_within: Duration::ZERO,
        }
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        self.requests.lock().unwrap().push(Instant::now());
        self.drafts.lock().unwrap().push(draft.clone());
        cx.trace.step(TraceStep {
            connection: Some(draft.connection.clone()),
            request: "POST /leads".into(),
            forms: Vec::new(),
            started_after: Duration::ZERO,
            took: Duration::ZERO,
            answer: Answer::Found {
                records: 1,
                verified: 0,
            },
        });
        if let Some(words) = self.says.lock().unwrap().take() {
            cx.trace.said(words);
        }
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Answered);
        let make = |after: u64| {
            let number = draft.number.as_deref().unwrap_or_default();
            let record = Contact {
                emails: draft.email.iter().cloned().collect(),
                company: draft.company.clone(),
                title: draft.title.clone(),
                ..contact("crm", "", &draft.name, number)
            };
            self.insert(record, Duration::from_secs(after))
        };
        let no = |kind, words: &'static str| Err(Error::new(kind, "create_contact", words));
        match fate {
            Fate::Answered => Ok(make(0)),
            Fate::Slow(seconds) => {
                let made = make(seconds);
                sleep(Duration::from_secs(seconds)).await;
                Ok(made)
            }
            Fate::Refused(field) => {
                Err(Error::new(Kind::Invalid, "create_contact", "this is not what it should be").field(field))
            }
            Fate::SignIn => no(Kind::SignInNeeded, "the sign-in has expired"),
            Fate::Forbidden => no(Kind::Forbidden, "this account may not create leads"),
            Fate::Unreachable => Err(unreachable("create_contact")),
            Fate::Limited(seconds) => {
                let error = Error::new(Kind::RateLimited, "create_contact", "too many requests");
                Err(error.retry(Retry::After(Duration::from_secs(seconds))))
            }
            Fate::Lost(commits) => {
                commits.map(make);
                Err(Error::new(Kind::Unavailable, "create_contact", "the CRM broke off").maybe_happened())
            }
            Fate::Hangs(commits) => {
                commits.map(make);
                std::future::pending().await
            }
            Fate::Panics => panic!("a connector with a bug"),
        }
    }

    async fn find_contact(&self, _: Cx, number: NumberForms) -> Result<Found> {
        let forms: Vec<String> = number.forms.iter().map(|form| digits(&form.text)).collect();
        self.find("number", |contact| {
            let mut stored = contact.numbers.iter();
            stored.any(|stored| forms.contains(&digits(&stored.raw)))
        })
        .await
    }

    async fn find_contact_with_name(&self, _: Cx, query: NameQuery) -> Result<Found> {
        self.find("name", |contact| contact.name == query.text).await
    }

    async fn get_contact(&self, _: Cx, id: ContactRef) -> Result<Contact> {
        let found = self.records().into_iter().find(|contact| contact.id == id);
        found.ok_or_else(|| Error::new(Kind::NotFound, "get_contact", "there is no such record"))
    }

    async fn log_call(&self, _: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        progress.begin(LOG_STEP).await?;
        self.logs.lock().unwrap().push(entry);
        sleep(Duration::from_secs(self.logs_take.load(Ordering::SeqCst))).await;
        let log = LogRef {
            id: "1".into(),
            url: None,
        };
        progress.done(LOG_STEP, log.captures()).await?;
        Ok(LogReceipt { log })
    }

    async fn update_log(&self, _: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        *self.logs.lock().unwrap().last_mut().unwrap() = entry;
        Ok(LogReceipt { log })
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        unreachable!("nobody signs in")
    }
    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        let kind = self
            .takes_numbers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Kind::Unsupported);
        let message = "there is no place for one more number";
        Err(Error::new(kind, "add_number", message))
    }
    async fn find_log(&self, _: Cx, _: CallLogEntry) -> Result<Vec<LogRef>> {
        unreachable!("it said that it can't")
    }
}

pub fn draft(name: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("crm"),
        contact_type: "lead".into(),
        name: name.into(),
        given: None,
        family: None,
        company: Some("Acme".into()),
        title: None,
        email: None,
        number: Some("+14155550100".into()),
        extra: Vec::new(),
        force: false,
    }
}

/// As a CRM may write it.
pub const STORED: &str = "(415) 555-0100";
