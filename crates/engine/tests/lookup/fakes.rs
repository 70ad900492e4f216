//! Connections that do as a test says, and a real index in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, ConnectionId, Connector, ConnectorInfo, Contact, ContactDraft, ContactIndex, ContactRef,
    ContactType, Cx, Error, Freshness, Kind, LogField, LogReceipt, LogRef, Result, StoredNumber, Timestamp, TraceStep,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    index::{IndexCounts, Indexed, Instead},
    phone::{self, Home, Key},
    trace::Answer,
};
use tokio::time::sleep;

pub const CALLER: &str = "+1 415 555 0100";

pub fn home() -> Home {
    Home::of("US".parse().unwrap())
}

pub fn id(connection: &str, id: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(connection),
        contact_type: "lead".into(),
        id: id.into(),
    }
}

pub fn contact(connection: &str, record: &str, name: &str, number: &str) -> Contact {
    Contact {
        id: id(connection, record),
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

/// What a connection does when it is asked.
#[derive(Clone, Debug)]
pub enum Say {
    Found(Vec<Contact>),
    /// Who is found at once, and what comes of it in the end.
    Told(Vec<Contact>, Box<Say>),
    /// Some of it, and the reason why a part is missing; another may not be asked.
    Partly(Vec<Contact>, &'static str),
    Fail(Kind, &'static str),
    Panic,
    Hang,
}

/// A question as a connection got it: the operation, its context, and the forms of the number.
pub type Heard = (&'static str, Freshness, Duration, Vec<String>);

pub struct Crm {
    name: String,
    pub capability: Capability,
    pub types: Vec<ContactType>,
    pub delay: Duration,
    pub by_number: Say,
    pub by_name: Say,
    /// What `get_contact` knows; `None` for a CRM that cannot be asked by id.
    pub records: Option<Vec<Contact>>,
    pub seen: Mutex<Vec<Heard>>,
    /// Questions that were dropped before they were answered.
    pub dropped: AtomicUsize,
}

impl Crm {
    pub fn new(name: &str, millis: u64, by_number: Say) -> Self {
        let capability = Capability {
            find: true,
            find_with_name: true,
            create: true,
            add_number: true,
            log: true,
            update_log: true,
            moves_logs: false,
            find_log: true,
            knows_extensions: false,
            indexed: false,
            settles_within: Duration::ZERO,
            log_fields: false,
        };
        Self {
            name: name.into(),
            capability,
            types: Vec::new(),
            delay: Duration::from_millis(millis),
            by_number,
            by_name: Say::Found(Vec::new()),
            records: Some(Vec::new()),
            seen: Mutex::default(),
            dropped: AtomicUsize::default(),
        }
    }

    pub fn asked(&self, operation: &str) -> usize {
        self.seen
            .lock()
            .unwrap()
            .iter()
            .filter(|seen| seen.0 == operation)
            .count()
    }

    async fn say(&self, say: &Say) -> Result<Found> {
        struct Dropped<'a>(&'a AtomicUsize, bool);
        impl Drop for Dropped<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(usize::from(!self.1), Ordering::SeqCst);
            }
        }
        let mut dropped = Dropped(&self.dropped, false);
        sleep(self.delay).await;
        let answer = match say {
            Say::Found(contacts) => Ok(Found {
                contacts: contacts.clone(),
                failed: Vec::new(),
            }),
            Say::Partly(contacts, why) => {
                let failed = vec![
                    ("Leads".to_owned(), Error::new(Kind::Unavailable, "find_contact", *why)),
                    (
                        "Firms".to_owned(),
                        Error::new(Kind::Forbidden, "find_contact", "not for you"),
                    ),
                ];
                Ok(Found {
                    contacts: contacts.clone(),
                    failed,
                })
            }
            Say::Fail(kind, why) => Err(Error::new(*kind, "find_contact", *why)),
            Say::Told(..) => unreachable!("told already"),
            Say::Panic => panic!("Anna Meier, +1 415 555 0100"),
            Say::Hang => std::future::pending().await,
        };
        dropped.1 = true;
        answer
    }

    fn note(&self, operation: &'static str, cx: &Cx, forms: Vec<String>) {
        self.seen
            .lock()
            .unwrap()
            .push((operation, cx.freshness, cx.deadline, forms));
    }
}

#[async_trait]
impl Connector for Crm {
    fn info(&self) -> ConnectorInfo {
        ConnectorInfo {
            connection: ConnectionId::new(&*self.name),
            name: self.name.to_uppercase(),
            types: self.types.clone(),
        }
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        self.note(
            "find_contact",
            &cx,
            number.forms.into_iter().map(|form| form.text).collect(),
        );
        cx.trace.step(TraceStep {
            connection: Some(ConnectionId::new("somebody else")),
            request: "GET /search/Lead".into(),
            forms: Vec::new(),
            started_after: Duration::from_millis(1),
            took: self.delay,
            answer: Answer::Found {
                records: 0,
                verified: 0,
            },
        });
        match &self.by_number {
            Say::Told(contacts, then) => {
                sleep(Duration::from_millis(10)).await;
                cx.trace.found(contacts.clone());
                self.say(then).await
            }
            say => self.say(say).await,
        }
    }

    async fn find_contact_with_name(&self, cx: Cx, _: NameQuery) -> Result<Found> {
        self.note("find_contact_with_name", &cx, Vec::new());
        self.say(&self.by_name).await
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        self.note("get_contact", &cx, Vec::new());
        sleep(self.delay).await;
        let unsupported = Error::new(Kind::Unsupported, "get_contact", "not by id");
        let records = self.records.as_ref().ok_or(unsupported)?;
        let found = records.iter().find(|contact| contact.id == id).cloned();
        found.ok_or_else(|| Error::new(Kind::NotFound, "get_contact", "no such record"))
    }

    async fn check(&self, _: Cx) -> Result<Account> {
        panic!("a lookup does not sign in")
    }

    async fn create_contact(&self, _: Cx, _: ContactDraft) -> Result<Contact> {
        panic!("a lookup does not write")
    }

    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        panic!("a lookup does not write")
    }

    async fn log_call(&self, _: Cx, _: CallLogEntry, _: Arc<dyn Progress>) -> Result<LogReceipt> {
        panic!("a lookup does not write")
    }

    async fn update_log(&self, _: Cx, _: LogRef, _: CallLogEntry) -> Result<LogReceipt> {
        panic!("a lookup does not write")
    }

    async fn log_fields(&self, _: Cx, _: ContactRef) -> Result<Vec<LogField>> {
        Ok(Vec::new())
    }

    async fn find_log(&self, _: Cx, _: CallLogEntry) -> Result<Vec<LogRef>> {
        panic!("a lookup does not look for logs")
    }
}

/// Files contacts under their keys, as the store does.
#[derive(Default)]
pub struct Index {
    pub contacts: Mutex<BTreeMap<ContactRef, (Indexed, Vec<Key>)>>,
    pub broken: bool,
    pub hangs: bool,
    /// How long it takes to file something.
    pub files_in: Duration,
    pub asked: AtomicUsize,
}

impl Index {
    pub fn of(contacts: Vec<Contact>) -> Self {
        let index = Self::default();
        contacts
            .into_iter()
            .for_each(|contact| index.file(contact, Timestamp(0), &home()));
        index
    }

    /// Says that a contact has this number, as an index that was not rebuilt might.
    pub fn misfile(&self, contact: Contact, number: &str) {
        let keys = phone::stored_keys(&phone::read(number, &home()));
        let indexed = Indexed {
            contact: contact.clone(),
            as_of: Timestamp(0),
        };
        self.contacts.lock().unwrap().insert(contact.id, (indexed, keys));
    }

    fn file(&self, contact: Contact, as_of: Timestamp, home: &Home) {
        let home = Home {
            region: contact.region.or(home.region),
            ..home.clone()
        };
        let keys = contact
            .numbers
            .iter()
            .flat_map(|stored| phone::stored_keys(&phone::read(&stored.raw, &home)))
            .collect();
        self.contacts
            .lock()
            .unwrap()
            .insert(contact.id.clone(), (Indexed { contact, as_of }, keys));
    }

    pub fn knows(&self, id: &ContactRef) -> Option<Indexed> {
        self.contacts
            .lock()
            .unwrap()
            .get(id)
            .map(|(indexed, _)| indexed.clone())
    }

    fn damage(&self) -> Option<Error> {
        self.broken
            .then(|| Error::new(Kind::Storage, "index", "the index is damaged"))
    }
}

#[async_trait]
impl ContactIndex for Index {
    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Indexed>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.damage().map_or(Ok(()), Err)?;
        let contacts = self.contacts.lock().unwrap();
        let hits = contacts
            .values()
            .filter(|(_, filed)| filed.iter().any(|key| keys.contains(key)));
        Ok(hits.map(|(indexed, _)| indexed.clone()).collect())
    }

    async fn known(&self, contact: ContactRef) -> Result<Option<Indexed>> {
        self.damage().map_or(Ok(()), Err)?;
        Ok(self.knows(&contact))
    }

    async fn search(&self, query: NameQuery) -> Result<Vec<Indexed>> {
        self.damage().map_or(Ok(()), Err)?;
        let text = query.text.to_lowercase();
        let contacts = self.contacts.lock().unwrap();
        let fits = |contact: &Contact| {
            contact.name.to_lowercase().contains(&text)
                || contact.emails.iter().any(|email| email.to_lowercase() == text)
        };
        let hits = contacts.values().filter(|(indexed, _)| fits(&indexed.contact));
        Ok(hits.map(|(indexed, _)| indexed.clone()).take(query.limit).collect())
    }

    async fn instead(&self, _: NameQuery) -> Result<Vec<Instead>> {
        self.damage().map_or(Ok(()), Err)?;
        Ok(Vec::new())
    }

    async fn remember(&self, contacts: Vec<Contact>, as_of: Timestamp, home: Home) -> Result<()> {
        sleep(self.files_in).await;
        self.damage().map_or(Ok(()), Err)?;
        contacts
            .into_iter()
            .for_each(|contact| self.file(contact, as_of, &home));
        Ok(())
    }

    async fn forget(&self, contact: ContactRef) -> Result<()> {
        self.damage().map_or(Ok(()), Err)?;
        self.contacts.lock().unwrap().remove(&contact);
        Ok(())
    }

    async fn forget_connection(&self, connection: ConnectionId) -> Result<()> {
        self.damage().map_or(Ok(()), Err)?;
        self.contacts
            .lock()
            .unwrap()
            .retain(|id, _| id.connection != connection);
        Ok(())
    }

    async fn rebuild(&self, _: Home) -> Result<()> {
        panic!("a lookup does not rebuild")
    }

    async fn counts(&self) -> Result<IndexCounts> {
        panic!("a lookup does not count")
    }
}
