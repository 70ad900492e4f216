//! A connection with everything it needs: the real transport, and a keyring, a memory and a browser that tests can look into.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_connectors::{
    app_connect::{AppConnect, read_manifest},
    parts::{Parts, Server, Setup, secret_name},
};
use ringside_domain::{
    CallLogEntry, Clock, ConnectionId, ConnectionMemory, Contact, ContactDraft, ContactRef, CredentialStore, Cx,
    Direction, Error, Freshness, HttpAnswer, HttpRequest, HttpTransport, Kind, Marker, Now, Random, Result, SignIn,
    Timestamp, TraceStep, Url,
    call::EndReason,
    connector::{NameQuery, NumberForms, Progress, TraceSink},
    credentials::Secret,
    log::Captures,
    phone::{Format, Home, forms, read},
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
};
use ringside_host::http::{Web, WebOptions};
use ringside_store::Store;

use crate::agreeing::agreeing;

/// As vendors make them: with more digits in a row than may stay in what a server says.
pub const KEY: &str = "sk-84213377-PLANTEDtail";

pub struct Desk {
    pub connector: AppConnect,
    pub parts: Parts,
    pub keyring: Arc<Keyring>,
    pub browser: Arc<Browser>,
    pub clock: Arc<Standing>,
    pub trace: Arc<Traced>,
    pub setup: Setup,
}

/// How a desk differs from the usual one.
pub struct Plan<'a> {
    pub url: &'a str,
    pub platform: &'a str,
    pub key: &'a str,
    pub parameters: Vec<(&'a str, String)>,
    /// The real way through the browser, whose person agrees to everything; else one that comes back at once.
    pub browses: bool,
}

impl<'a> Plan<'a> {
    pub fn of(url: &'a str) -> Self {
        Self {
            url,
            platform: "testCRM",
            key: KEY,
            parameters: Vec::new(),
            browses: false,
        }
    }
}

impl Desk {
    /// As the form makes it: it reads the server's manifest, and the connection keeps that.
    pub async fn new(plan: Plan<'_>) -> Self {
        let server = Server::read(plan.url).unwrap();
        let web = Arc::new(Web::new(WebOptions::default()).unwrap());
        let manifest = read_manifest(
            web.clone(),
            &server,
            plan.platform,
            &cx(Freshness::Live, Arc::default()),
        )
        .await
        .unwrap();
        let mut plan = plan;
        plan.parameters.push(("manifest", manifest.as_text().to_owned()));
        Self::bare(plan)
    }

    /// Without a manifest: the connection asks for it when it is needed.
    pub fn bare(plan: Plan) -> Self {
        let (keyring, browser) = (Arc::<Keyring>::default(), Arc::<Browser>::default());
        let (connection, clock) = (ConnectionId::new("ac"), Arc::<Standing>::default());
        if !plan.key.is_empty() {
            keyring.put(&secret_name(&connection, "api_key"), plan.key);
        }
        let parts = Parts {
            address_book: Arc::new(Store::memory(clock.clone(), Arc::new(Counting::default())).unwrap()),
            http: Arc::new(Detour {
                web: Web::new(WebOptions::default()).unwrap(),
                peer: Server::read(plan.url).unwrap(),
            }),
            sign_in: if plan.browses {
                agreeing(keyring.clone())
            } else {
                browser.clone()
            },
            credentials: keyring.clone(),
            memory: Arc::<Notebook>::default(),
            clock: clock.clone(),
        };
        let mut parameters: BTreeMap<String, String> = [("platform".to_owned(), plan.platform.to_owned())].into();
        parameters.extend(
            plan.parameters
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let setup = Setup {
            connection,
            connector: "app-connect".into(),
            name: "Test CRM".into(),
            environment: None,
            server: Some(Server::read(plan.url).unwrap()),
            parameters,
            account: None,
        };
        Self {
            connector: AppConnect::new(&parts, &setup).unwrap(),
            parts,
            keyring,
            browser,
            clock,
            trace: Arc::default(),
            setup,
        }
    }

    /// The program was closed and started: what was in memory only is gone.
    pub fn restarted(self) -> Self {
        let connector = AppConnect::new(&self.parts, &self.setup).unwrap();
        Self { connector, ..self }
    }

    pub fn cx(&self) -> Cx {
        cx(Freshness::Cached, self.trace.clone())
    }

    pub fn live(&self) -> Cx {
        cx(Freshness::Live, self.trace.clone())
    }

    pub fn token(&self) -> Option<String> {
        self.keyring.get_text(&secret_name(&self.setup.connection, "jwt"))
    }
}

pub fn cx(freshness: Freshness, trace: Arc<Traced>) -> Cx {
    Cx {
        deadline: Duration::from_secs(20),
        freshness,
        trace,
    }
}

/// A number with the user's formats in front of the automatic ones.
pub fn number(raw: &str, formats: &str) -> NumberForms {
    let reading = read(raw, &Home::default());
    let formats = Format::parse_list(formats).unwrap();
    let forms = reading.number().map_or_else(Vec::new, |number| forms(number, &formats));
    NumberForms { reading, forms }
}

pub fn named(text: &str) -> NameQuery {
    NameQuery {
        text: text.into(),
        types: Vec::new(),
        company: None,
        limit: 50,
    }
}

pub fn draft(name: &str, contact_type: &str, number: &str) -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("ac"),
        contact_type: contact_type.into(),
        name: name.into(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: Some(number.into()),
        extra: Vec::new(),
        force: false,
    }
}

pub fn entry(contact: &Contact, marker: &str, note: &str) -> CallLogEntry {
    CallLogEntry {
        contact: contact.id.clone(),
        contact_name: contact.name.clone(),
        direction: Direction::In,
        number: Some("+12025550142".into()),
        line: Some("+12025550100".into()),
        started: Timestamp(1_780_000_000_000),
        zone: "America/New_York".into(),
        duration: Some(Duration::from_secs(61)),
        end: Some(EndReason::Completed),
        outcome: None,
        note: note.into(),
        fields: Vec::new(),
        marker: Marker::new(marker, true),
    }
}

pub fn nobody(id: &str) -> Contact {
    Contact {
        id: ContactRef {
            connection: ConnectionId::new("ac"),
            contact_type: "Contact".into(),
            id: id.into(),
        },
        name: "Ada Verdi".into(),
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: Vec::new(),
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

#[derive(Default)]
pub struct Keyring(Mutex<HashMap<String, Secret>>);

impl Keyring {
    pub fn put(&self, name: &str, value: &str) {
        self.0.lock().unwrap().insert(name.into(), Secret::new(value));
    }

    pub fn get_text(&self, name: &str) -> Option<String> {
        let secret = self.0.lock().unwrap().get(name).cloned()?;
        Some(String::from_utf8(secret.expose().to_vec()).unwrap())
    }
}

#[async_trait]
impl CredentialStore for Keyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.0.lock().unwrap().insert(name.into(), secret);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

#[derive(Default)]
struct Notebook(Mutex<HashMap<String, String>>);

#[async_trait]
impl ConnectionMemory for Notebook {
    async fn recall(&self, _: &ConnectionId, key: &str) -> Result<Option<String>> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn keep(&self, _: &ConnectionId, key: &str, value: String) -> Result<()> {
        self.0.lock().unwrap().insert(key.into(), value);
        Ok(())
    }

    async fn forget(&self, _: &ConnectionId) -> Result<()> {
        self.0.lock().unwrap().clear();
        Ok(())
    }
}

/// Keeps what it was opened with, and comes back with a code at once.
#[derive(Default)]
pub struct Browser(pub Mutex<Option<Authorize>>, AtomicU8);

#[async_trait]
impl SignIn for Browser {
    async fn authorize(&self, ask: Authorize) -> Result<Redirected> {
        let redirect = &ask.redirect;
        let redirect_uri = format!("http://{}:{}{}", redirect.host, redirect.port.unwrap(), redirect.path);
        *self.0.lock().unwrap() = Some(ask);
        Ok(Redirected {
            code: Secret::new("one+time/code="),
            redirect_uri,
            verifier: None,
            parameters: Vec::new(),
        })
    }

    async fn token(&self, _: TokenRequest) -> Result<Grant> {
        panic!("the server exchanges the code")
    }

    async fn keep(&self, _: &str, _: Grant) -> Result<()> {
        panic!("there is no grant")
    }

    async fn kept(&self, _: &str) -> Result<Option<Grant>> {
        panic!("there is no grant")
    }

    async fn refresh(&self, _: &str, _: &Grant, _: TokenRequest) -> Result<Grant> {
        panic!("there is no grant")
    }

    async fn forget(&self, _: &str) -> Result<()> {
        panic!("there is no grant")
    }

    fn state(&self) -> String {
        format!("unguessable-{}", self.1.fetch_add(1, Ordering::Relaxed))
    }
}

/// The steps, and what was said to the person beside them.
#[derive(Default)]
pub struct Traced(pub Mutex<Vec<TraceStep>>, pub Mutex<Vec<String>>);

impl TraceSink for Traced {
    fn step(&self, step: TraceStep) {
        self.0.lock().unwrap().push(step);
    }

    fn said(&self, words: &str) {
        self.1.lock().unwrap().push(words.into());
    }
}

/// The journal's side of a write, in memory: what is known of each step, and in which order it was told.
#[derive(Default)]
pub struct Steps {
    pub known: Mutex<HashMap<String, Captures>>,
    pub told: Mutex<Vec<String>>,
}

impl Steps {
    fn tell(&self, word: &str, step: &str) {
        self.told.lock().unwrap().push(format!("{word} {step}"));
    }
}

#[async_trait]
impl Progress for Steps {
    async fn answered(&self, step: &str) -> Option<Captures> {
        self.known.lock().unwrap().get(step).cloned()
    }

    async fn begin(&self, step: &str) -> Result<()> {
        self.tell("begin", step);
        Ok(())
    }

    async fn done(&self, step: &str, captures: Captures) -> Result<()> {
        self.tell("done", step);
        self.known.lock().unwrap().insert(step.into(), captures);
        Ok(())
    }

    async fn not_done(&self, step: &str) -> Result<()> {
        self.tell("not done", step);
        Ok(())
    }
}

/// Every text of an error that a person or a log may see.
pub fn texts(error: &Error) -> String {
    format!("{error} {error:?} {}", error.field.as_deref().unwrap_or_default())
}

pub fn kind<T: std::fmt::Debug>(result: Result<T>) -> Kind {
    result.unwrap_err().kind
}

/// Stands still until a test moves it, in milliseconds.
#[derive(Default)]
pub struct Standing(pub AtomicI64);

impl Clock for Standing {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(self.0.load(Ordering::Relaxed)),
            ..Now::default()
        }
    }

    fn zone(&self) -> String {
        "UTC".into()
    }
}

/// The real transport; what is meant for Bullhorn itself goes to the peer, if it may go to Bullhorn.
struct Detour {
    web: Web,
    peer: Server,
}

#[async_trait]
impl HttpTransport for Detour {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpAnswer> {
        if request.url.host_str() == Some("rest.bullhornstaffing.com") {
            request.hosts.check(&request.url).unwrap();
            assert!(request.credentials.is_empty(), "{request:?}");
            let query = request.url.query().unwrap_or_default();
            request.url = Url::parse(&format!("{}{}?{query}", self.peer.origin, request.url.path())).unwrap();
            request.hosts.typed = Some(self.peer.host.clone());
        }
        self.web.send(request).await
    }
}

#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}
