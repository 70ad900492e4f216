//! The scripted CRM, and the ports around a connection.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use ringside_connectors::{
    manifest::{connector::ManifestConnector, load::load},
    parts::{Parts, Setup, secret_name},
};
use ringside_domain::{
    AddressBook, CallLogEntry, Clock, ConnectionId, ConnectionMemory, Contact, ContactDraft, ContactRef,
    CredentialStore, Cx, Direction, Error, Freshness, HttpAnswer, HttpRequest, HttpTransport, Kind, LogRef, Marker,
    Now, Result, SignIn, Steady, Timestamp,
    address_book::ADDRESS_BOOK,
    call::EndReason,
    connector::{NameQuery, NumberForms, Progress},
    credentials::Secret,
    log::Captures,
    phone::{self, Home, Key},
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
};
use serde_json::{Value, json};
use tokio::time::Instant;

pub use crate::told::Steps;

/// What one request is answered with.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub after: Duration,
    pub broken: Option<Kind>,
}

impl Reply {
    pub fn after(mut self, millis: u64) -> Self {
        self.after = Duration::from_millis(millis);
        self
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

pub fn ok(body: Value) -> Reply {
    status(200, body)
}

pub fn status(status: u16, body: Value) -> Reply {
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    Reply {
        status,
        headers: Vec::new(),
        body,
        after: Duration::ZERO,
        broken: None,
    }
}

pub fn text(code: u16, text: &str) -> Reply {
    Reply {
        body: text.as_bytes().to_vec(),
        ..status(code, Value::Null)
    }
}

/// The answer got lost: the request went out.
pub fn lost() -> Reply {
    Reply {
        broken: Some(Kind::Timeout),
        ..status(0, Value::Null)
    }
}

/// A request as it went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `GET https://crm.example.com/people?q=1`
    pub line: String,
    pub path: String,
    pub body: Value,
    pub credentials: Vec<(String, String)>,
    pub redirects: u8,
    pub at: Duration,
}

type Answers = dyn Fn(&Sent, usize) -> Reply + Send + Sync;

/// Answers as the test says, and remembers what was asked.
pub struct Script {
    answers: Box<Answers>,
    sent: Mutex<Vec<Sent>>,
    answered: Mutex<usize>,
    began: Instant,
}

impl Script {
    pub fn new(answers: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            answers: Box::new(answers),
            sent: Mutex::default(),
            answered: Mutex::default(),
            began: Instant::now(),
        }
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Method and address behind the host, of every request.
    pub fn lines(&self) -> Vec<String> {
        let lines = self
            .sent()
            .into_iter()
            .map(|sent| sent.line.replace("https://crm.example.com", ""));
        lines.collect()
    }

    /// How many requests were not cut off.
    pub fn answered(&self) -> usize {
        *self.answered.lock().unwrap()
    }
}

#[async_trait]
impl HttpTransport for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        let secret = |secret: &Secret| String::from_utf8(secret.expose().to_vec()).unwrap();
        request.hosts.check(&request.url).unwrap();
        let sent = Sent {
            line: format!("{} {}", request.method.as_str(), request.url),
            path: request.url.path().to_owned(),
            body: serde_json::from_slice(&request.body).unwrap_or(Value::Null),
            credentials: request
                .credentials
                .iter()
                .map(|(name, value)| (name.clone(), secret(value)))
                .collect(),
            redirects: request.redirects,
            at: self.began.elapsed(),
        };
        let place = {
            let mut all = self.sent.lock().unwrap();
            all.push(sent.clone());
            all.len() - 1
        };
        let reply = (self.answers)(&sent, place);
        if reply.after > request.deadline {
            tokio::time::sleep(request.deadline).await;
            return Err(Error::new(Kind::Timeout, request.operation, "no answer in time").maybe_happened());
        }
        tokio::time::sleep(reply.after).await;
        if let Some(kind) = reply.broken {
            return Err(Error::new(kind, request.operation, "the connection broke").maybe_happened());
        }
        *self.answered.lock().unwrap() += 1;
        Ok(HttpAnswer {
            status: reply.status,
            headers: reply
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: reply.body,
            url: request.url,
        })
    }
}

/// A connection and everything around it.
pub struct Desk {
    pub crm: Arc<Script>,
    pub connector: Arc<ManifestConnector>,
    pub memory: Arc<Memory>,
    pub trace: Arc<Steps>,
    pub clock: Arc<Hands>,
}

pub fn desk(manifest: &str, answers: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static) -> Desk {
    desk_with(manifest, Arc::default(), setup(), answers)
}

pub fn setup() -> Setup {
    Setup {
        connection: ConnectionId::new("crm"),
        connector: "crm".into(),
        name: "My CRM".into(),
        environment: None,
        server: None,
        parameters: BTreeMap::from([("user".to_owned(), "anna".to_owned())]),
        account: None,
    }
}

pub fn desk_with(
    manifest: &str,
    memory: Arc<Memory>,
    setup: Setup,
    answers: impl Fn(&Sent, usize) -> Reply + Send + Sync + 'static,
) -> Desk {
    let (crm, clock) = (Arc::new(Script::new(answers)), Arc::<Hands>::default());
    let parts = parts(memory.clone(), clock.clone(), crm.clone());
    let loaded = load(manifest).unwrap_or_else(|problems| panic!("{problems:#?}"));
    Desk {
        crm,
        connector: Arc::new(ManifestConnector::new(loaded, &parts, &setup).unwrap()),
        memory,
        trace: Arc::default(),
        clock,
    }
}

pub fn parts(memory: Arc<Memory>, clock: Arc<Hands>, crm: Arc<Script>) -> Parts {
    Parts {
        address_book: Arc::new(Nothing),
        http: crm,
        sign_in: Arc::new(Nothing),
        credentials: Arc::new(Ring),
        memory,
        clock,
    }
}

impl Desk {
    pub fn cx(&self, seconds: u64) -> Cx {
        Cx {
            deadline: Duration::from_secs(seconds),
            freshness: Freshness::Cached,
            trace: self.trace.clone(),
        }
    }

    pub fn live(&self) -> Cx {
        Cx {
            freshness: Freshness::Live,
            ..self.cx(10)
        }
    }
}

/// A memory with the account of `crm.toml` in it, so that a test does not begin with `whoami`.
pub fn known_account() -> Arc<Memory> {
    let memory = Memory::default();
    let facts = json!({ "facts": { "id": "a1", "name": "Anna", "zone": "Europe/Berlin" } });
    memory.kept().insert("account".to_owned(), facts.to_string());
    Arc::new(memory)
}

#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<String, String>>);

impl Memory {
    pub fn kept(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap()
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

/// A wall clock that the test moves; the steady one is the runtime's.
pub struct Hands(pub Mutex<Timestamp>);

impl Default for Hands {
    fn default() -> Self {
        Self(Mutex::new(Timestamp(1_790_000_000_000)))
    }
}

impl Clock for Hands {
    fn now(&self) -> Now {
        Now {
            wall: *self.0.lock().unwrap(),
            steady: Steady(Duration::ZERO),
        }
    }

    fn zone(&self) -> String {
        "Europe/London".to_owned()
    }
}

/// A keyring with the two secrets of the test manifests.
struct Ring;

#[async_trait]
impl CredentialStore for Ring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        let connection = ConnectionId::new("crm");
        let known = [("key", "key-4711-secret"), ("password", "pass word")];
        let found = known
            .iter()
            .find(|(parameter, _)| secret_name(&connection, parameter) == name);
        Ok(found.map(|(_, value)| Secret::new(*value)))
    }

    async fn set(&self, _: &str, _: Secret) -> Result<()> {
        unreachable!("connectors keep no secrets in these tests")
    }

    async fn remove(&self, _: &str) -> Result<()> {
        unreachable!("connectors remove no secrets in these tests")
    }
}

/// Ports that these tests never reach.
struct Nothing;

#[async_trait]
impl SignIn for Nothing {
    async fn authorize(&self, _: Authorize) -> Result<Redirected> {
        unreachable!()
    }
    async fn token(&self, _: TokenRequest) -> Result<Grant> {
        unreachable!()
    }
    async fn keep(&self, _: &str, _: Grant) -> Result<()> {
        unreachable!()
    }
    async fn kept(&self, _: &str) -> Result<Option<Grant>> {
        Ok(None)
    }
    async fn refresh(&self, _: &str, _: &Grant, _: TokenRequest) -> Result<Grant> {
        unreachable!()
    }
    async fn forget(&self, _: &str) -> Result<()> {
        Ok(())
    }
    fn state(&self) -> String {
        unreachable!()
    }
}

#[async_trait]
impl AddressBook for Nothing {
    async fn with_keys(&self, _: Vec<Key>) -> Result<Vec<Contact>> {
        unreachable!("{ADDRESS_BOOK}")
    }
    async fn with_name(&self, _: NameQuery) -> Result<Vec<Contact>> {
        unreachable!()
    }
    async fn get(&self, _: String) -> Result<Option<Contact>> {
        unreachable!()
    }
    async fn create(&self, _: ContactDraft) -> Result<Contact> {
        unreachable!()
    }
    async fn add_number(&self, _: String, _: String, _: String) -> Result<Contact> {
        unreachable!()
    }
    async fn log(&self, _: CallLogEntry) -> Result<LogRef> {
        unreachable!()
    }
    async fn update_log(&self, _: LogRef, _: CallLogEntry) -> Result<()> {
        unreachable!()
    }
    async fn find_log(&self, _: Marker) -> Result<Vec<LogRef>> {
        unreachable!()
    }
    async fn delete(&self, _: String) -> Result<()> {
        unreachable!()
    }
    async fn logs(&self, _: String) -> Result<Vec<(LogRef, CallLogEntry)>> {
        unreachable!()
    }
}

/// A journal of steps, with what is said to it in order.
#[derive(Default)]
pub struct Journal {
    pub said: Mutex<Vec<String>>,
    pub known: Mutex<BTreeMap<String, Captures>>,
}

impl Journal {
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn say(&self, what: String) {
        self.said.lock().unwrap().push(what);
    }
}

#[async_trait]
impl Progress for Journal {
    async fn answered(&self, step: &str) -> Option<Captures> {
        self.known.lock().unwrap().get(step).cloned()
    }
    async fn begin(&self, step: &str) -> Result<()> {
        self.say(format!("begin {step}"));
        Ok(())
    }
    async fn done(&self, step: &str, captures: Captures) -> Result<()> {
        let captures: Vec<String> = captures.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.say(format!("done {step} {}", captures.join(" ")).trim_end().to_owned());
        Ok(())
    }
    async fn not_done(&self, step: &str) -> Result<()> {
        self.say(format!("not done {step}"));
        Ok(())
    }
}

/// The number that every test looks for, in every form.
pub fn number() -> NumberForms {
    forms_of("+12025550123")
}

pub fn forms_of(e164: &str) -> NumberForms {
    let reading = phone::read(e164, &Home::default());
    let forms = phone::forms(reading.number().unwrap(), &[]);
    NumberForms { reading, forms }
}

pub fn person(id: &str, name: &str, number: &str) -> Value {
    json!({ "id": id, "name": name, "phone": number, "company": "Example Ltd" })
}

pub fn at(contact_type: &str, id: &str) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new("crm"),
        contact_type: contact_type.into(),
        id: id.into(),
    }
}

pub fn call() -> CallLogEntry {
    CallLogEntry {
        contact: at("Person", "7"),
        contact_name: "Anna Meier".into(),
        direction: Direction::In,
        number: Some("+12025550123".into()),
        line: None,
        started: Timestamp(1_790_000_000_000),
        zone: "America/New_York".into(),
        duration: Some(Duration::from_secs(200)),
        end: Some(EndReason::Completed),
        outcome: None,
        note: "Wants an offer".into(),
        fields: vec![("matter".into(), "7".into())],
        marker: Marker::new("ringside-abc", false),
    }
}

pub fn draft(contact_type: &str, name: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("crm"),
        contact_type: contact_type.into(),
        name: name.into(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: Some("+12025550123".into()),
        extra: Vec::new(),
        force: false,
    }
}
