//! RingCentral's App Connect server: any connector that was written for App Connect works through it unchanged.
//!
//! The server stands between us and the CRM: it holds the CRM's credentials, finds, creates and logs; we hold a session with
//! it. What one of its connectors can do, and asks for, its manifest says ([`ServerManifest`]). It is code and no manifest of
//! ours because the server's manifest is read while the program runs, and because its answers take some reading
//! (`answer.rs`). Written from the vendor's documentation and from version 1.7.41 of the server, which
//! `tests/app_connect` runs against.
//!
//! What it can't do: read a contact by its id, add a number to a contact, move a log to another contact, and empty the note of
//! a log. Connectors ask their CRM for one mask after the other; that is why only few are sent.

mod answer;
mod bullhorn;
mod by_hand;
mod contacts;
mod fields;
mod logging;
mod login;
mod logs;
mod manifest;
mod masks;
mod operations;
mod pages;
mod seen;
mod session;
mod value;
mod wire;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType, Cx, Error,
    HostRules, HttpTransport, Kind, LogField, LogReceipt, LogRef, Result, Url,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    credentials::Secret,
    http::host_of,
    trace::Answer,
};
use serde_json::{Map, Value};

use self::{
    answer::Outcome,
    contacts::{NO_TYPE, Reader},
    pages::host_of_text,
    seen::{Seen, recall},
    session::Session,
    wire::{Ask, Span, Step, Wire},
};
pub use self::{
    fields::{Field, FieldKind, LoginField},
    manifest::{Auth, Hostname, OAuth, ServerManifest, SignInPage},
};
use crate::parts::{Parts, Server, Setup};

/// The connector's id.
pub const APP_CONNECT: &str = "app-connect";
/// The parameter with the platform's key.
pub const PLATFORM: &str = "platform";
/// The parameter with the manifest's JSON, as [`ServerManifest::as_text`] gives it. Without it the server is asked.
pub const MANIFEST: &str = "manifest";
/// The parameter with the host of the person's CRM.
pub const HOSTNAME: &str = "hostname";

/// The server asks its CRM without a timeout of its own, and goes on after we have left.
const SETTLES_WITHIN: Duration = Duration::from_secs(60);
/// What was learned of the choices of new contacts' fields.
const CHOICES: &str = "new_contact_choices";
/// What was learned of the connector's functions, where the manifest was given by hand and doesn't say.
const FUNCTIONS: &str = "functions";

/// One connection to an App Connect server.
pub struct AppConnect {
    parts: Parts,
    setup: Setup,
    wire: Wire,
    session: Session,
    seen: Seen,
    manifest: RwLock<Option<Arc<ServerManifest>>>,
    /// What an earlier run learned of a manifest that was given by hand was looked for.
    recalled: AtomicBool,
    choices: RwLock<Map<String, Value>>,
    /// The secrets that the person typed: whoever changes them makes this connection anew.
    typed_secrets: tokio::sync::OnceCell<Vec<Secret>>,
}

impl AppConnect {
    /// A connection to the server of `setup`, or else to that of its manifest. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Kind::Invalid`] when the manifest can't be read, or when there is no server's address.
    pub fn new(parts: &Parts, setup: &Setup) -> Result<Self> {
        let manifest = given(setup).map(|text| parse(text, setup)).transpose()?;
        let (base, hosts) = match (
            &setup.server,
            manifest.as_ref().and_then(|manifest| manifest.server.as_deref()),
        ) {
            (Some(server), _) => at(server),
            (None, Some(url)) => on_the_web(url)?,
            (None, None) => return Err(no_server()),
        };
        Ok(Self {
            wire: Wire {
                http: Arc::clone(&parts.http),
                connection: setup.connection.clone(),
                hosts,
                base,
            },
            session: Session::new(&setup.connection, Arc::clone(&parts.credentials)),
            seen: Seen::default(),
            manifest: RwLock::new(manifest.map(Arc::new)),
            recalled: AtomicBool::new(false),
            choices: RwLock::default(),
            typed_secrets: tokio::sync::OnceCell::new(),
            parts: parts.clone(),
            setup: setup.clone(),
        })
    }

    /// Reads the manifest that an earlier run remembered, so that types and fields are there from the start. Asks nobody.
    pub async fn recall_manifest(&self) {
        let manifest = match self.loaded() {
            None => self.recall(MANIFEST).await.map(|text| parse(&text, &self.setup)),
            Some(given) if !given.knows_functions() && !self.recalled.swap(true, Ordering::Relaxed) => {
                let functions = self.recall(FUNCTIONS).await;
                let functions = functions.and_then(|text| serde_json::from_str(&text).ok());
                functions.map(|functions| self.with_functions(&given, functions))
            }
            Some(_) => None,
        };
        if let Some(Ok(manifest)) = manifest {
            self.load(manifest).await;
        }
    }

    fn with_functions(&self, manifest: &ServerManifest, functions: Value) -> Result<ServerManifest> {
        let text = ServerManifest::with_interfaces(manifest.as_text(), Some(functions));
        parse(&text, &self.setup)
    }

    /// The manifest, with the connector's functions in it. One that was given by hand doesn't say them, so the server is asked,
    /// once. A lookup doesn't wait for that: it needs none of them.
    async fn whole_manifest(&self, span: &Span) -> Result<Arc<ServerManifest>> {
        let manifest = self.manifest(span).await?;
        if manifest.knows_functions() {
            return Ok(manifest);
        }
        let ask = functions_of(manifest.platform.clone());
        let reply = self.wire.ask(span, &manifest.name, &ask, None).await?;
        let functions = match reply.outcome {
            // An older server, without the question and without such functions.
            Outcome::Failed(error) if error.kind == Kind::NotFound => Value::Object(Map::new()),
            outcome => {
                let functions = answered(outcome)?;
                self.tell(span, &reply.step, 0);
                self.remember(FUNCTIONS, functions.to_string()).await;
                functions
            }
        };
        Ok(self.load(self.with_functions(&manifest, functions)?).await)
    }

    /// The manifest: the connection's own, the one remembered, or the server's.
    async fn manifest(&self, span: &Span) -> Result<Arc<ServerManifest>> {
        self.recall_manifest().await;
        match self.loaded() {
            Some(manifest) => Ok(manifest),
            None => self.fetch(span).await,
        }
    }

    /// Asks the server for its manifest, and keeps it.
    async fn fetch(&self, span: &Span) -> Result<Arc<ServerManifest>> {
        let text = fetch(&self.wire, span, platform(&self.setup)).await?;
        let manifest = parse(&text, &self.setup)?;
        self.remember(MANIFEST, manifest.as_text().to_owned()).await;
        Ok(self.load(manifest).await)
    }

    async fn load(&self, manifest: ServerManifest) -> Arc<ServerManifest> {
        let manifest = Arc::new(manifest);
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&manifest));
        if let Some(choices) = self
            .recall(CHOICES)
            .await
            .and_then(|text| serde_json::from_str(&text).ok())
        {
            *self.choices.write().unwrap_or_else(PoisonError::into_inner) = choices;
        }
        manifest
    }

    fn loaded(&self) -> Option<Arc<ServerManifest>> {
        self.manifest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_given(&self) -> bool {
        given(&self.setup).is_some()
    }

    /// The host of the person's CRM, if it is known.
    fn hostname(&self, manifest: &ServerManifest) -> Option<String> {
        typed_hostname(&self.setup).or_else(|| match &manifest.hostname {
            Hostname::Fixed(host) => host.clone(),
            Hostname::Choice(_) | Hostname::Typed => None,
        })
    }

    fn reader<'a>(&'a self, manifest: &'a ServerManifest, hostname: Option<&'a str>) -> Reader<'a> {
        Reader {
            connection: &self.setup.connection,
            manifest,
            hostname,
        }
    }

    async fn recall(&self, key: &str) -> Option<String> {
        recall(&*self.parts.memory, &self.setup.connection, key).await
    }

    async fn remember(&self, key: &str, value: String) {
        if let Err(error) = self.parts.memory.keep(&self.setup.connection, key, value).await {
            tracing::debug!(kind = error.kind.code(), key, "a connection's memory was not written");
        }
    }

    fn tell(&self, span: &Span, step: &Step, records: usize) {
        self.proved(span, step, records, 0);
    }

    fn proved(&self, span: &Span, step: &Step, records: usize, verified: usize) {
        span.tell(&self.setup.connection, step, Answer::Found { records, verified });
    }

    fn types(&self, manifest: &ServerManifest) -> Vec<ContactType> {
        let choices = self.choices.read().unwrap_or_else(PoisonError::into_inner);
        let of = |value: &str, label: &str| ContactType {
            id: value.to_owned(),
            label: label.to_owned(),
            is_company: ["company", "organization", "organisation"]
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word)),
            creatable: manifest.creates,
            fields: manifest
                .contact_fields
                .iter()
                .filter_map(|field| field.for_contact(value, &choices))
                .collect(),
        };
        if manifest.types.is_empty() {
            return vec![of(NO_TYPE, "Contact")];
        }
        manifest.types.iter().map(|one| of(&one.value, &one.label)).collect()
    }
}

fn platform(setup: &Setup) -> &str {
    setup.parameters.get(PLATFORM).map_or("", String::as_str)
}

/// The host of the person's CRM, as they typed it.
fn typed_hostname(setup: &Setup) -> Option<String> {
    setup.parameters.get(HOSTNAME).and_then(|text| host_of_text(text))
}

/// The manifest that stands among the connection's own parameters.
fn given(setup: &Setup) -> Option<&str> {
    let text = setup.parameters.get(MANIFEST)?;
    (!text.trim().is_empty()).then_some(text)
}

fn parse(text: &str, setup: &Setup) -> Result<ServerManifest> {
    ServerManifest::parse(text, platform(setup), typed_hostname(setup).as_deref())
}

/// Reads the manifest that a server gives out, for the form in which a person adds a connection.
///
/// # Errors
/// [`Kind::Invalid`] when the server has no such platform or answers with something else; else as
/// [`HttpTransport::send`].
pub async fn read_manifest(
    http: Arc<dyn HttpTransport>,
    server: &Server,
    platform: &str,
    cx: &Cx,
) -> Result<ServerManifest> {
    let (base, hosts) = at(server);
    let wire = Wire {
        http,
        connection: ringside_domain::ConnectionId::new(APP_CONNECT),
        hosts,
        base,
    };
    ServerManifest::parse(&fetch(&wire, &Span::of(cx), platform).await?, platform, None)
}

/// Reads a manifest from an address on the web, https only.
///
/// # Errors
/// As [`read_manifest`].
pub async fn read_manifest_at(
    http: Arc<dyn HttpTransport>,
    url: &str,
    platform: &str,
    cx: &Cx,
) -> Result<ServerManifest> {
    let (base, hosts) = on_the_web(url)?;
    let wire = Wire {
        http,
        connection: ringside_domain::ConnectionId::new(APP_CONNECT),
        hosts,
        base,
    };
    let body = answered(
        wire.ask(&Span::of(cx), "this server", &Ask::get("read_manifest", ""), None)
            .await?
            .outcome,
    )?;
    ServerManifest::parse(&body.to_string(), platform, None)
}

async fn fetch(wire: &Wire, span: &Span, platform: &str) -> Result<String> {
    let mut ask = Ask::get("read_manifest", "/crmManifest");
    if !platform.is_empty() {
        ask = ask.with("platformName", platform);
    }
    let crm = if platform.is_empty() { "this server" } else { platform };
    let manifest = answered(wire.ask(span, crm, &ask, None).await?.outcome)?.to_string();
    let key = ServerManifest::parse(&manifest, platform, None)?.platform;
    // Older servers don't have this; the manifest then has to do.
    let ask = functions_of(key);
    let interfaces = match wire.ask(span, crm, &ask, None).await {
        Ok(reply) => answered(reply.outcome).ok(),
        Err(_) => None,
    };
    Ok(ServerManifest::with_interfaces(&manifest, interfaces))
}

fn functions_of(platform: String) -> Ask {
    Ask::get("read_manifest", "/implementedInterfaces").with("platform", platform)
}

fn answered(outcome: Outcome) -> Result<Value> {
    match outcome {
        Outcome::Answered(body) | Outcome::Nothing(body) => Ok(body),
        Outcome::Failed(error) | Outcome::CrmRefused(error) | Outcome::SessionOver(error) => Err(error),
    }
}

fn at(server: &Server) -> (String, HostRules) {
    let hosts = HostRules {
        allowed: Vec::new(),
        typed: Some(server.host.clone()),
    };
    (format!("{}{}", server.origin, server.path), hosts)
}

/// An address that nobody typed as a server of theirs: it must lie on the web.
fn on_the_web(url: &str) -> Result<(String, HostRules)> {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https");
    let host = parsed.as_ref().and_then(host_of).ok_or_else(no_server)?;
    let hosts = HostRules {
        allowed: vec![host],
        typed: None,
    };
    Ok((url.trim_end_matches('/').to_owned(), hosts))
}

fn no_server() -> Error {
    Error::new(
        Kind::Invalid,
        "connect",
        "The address of the App Connect server is missing",
    )
    .field("server")
    .hint("Type it as https://… in the settings of this connection")
}

#[async_trait]
impl Connector for AppConnect {
    fn info(&self) -> ConnectorInfo {
        let manifest = self.loaded();
        ConnectorInfo {
            connection: self.setup.connection.clone(),
            name: self.setup.name.clone(),
            types: manifest.map_or_else(Vec::new, |manifest| self.types(&manifest)),
        }
    }

    /// Before the manifest is read, what every connector has.
    fn capability(&self) -> Capability {
        let manifest = self.loaded();
        let manifest = manifest.as_deref();
        Capability {
            find: true,
            find_with_name: manifest.is_none_or(|manifest| manifest.finds_names),
            create: manifest.is_none_or(|manifest| manifest.creates),
            add_number: false,
            log: true,
            update_log: true,
            moves_logs: false,
            find_log: true,
            log_fields: manifest.is_some_and(|manifest| !manifest.log_fields.is_empty()),
            knows_extensions: manifest.is_some_and(|manifest| manifest.knows_extensions),
            indexed: false,
            settles_within: SETTLES_WITHIN,
        }
    }

    async fn check(&self, cx: Cx) -> Result<Account> {
        self.check_session(Span::of(&cx)).await
    }

    async fn find_contact(&self, cx: Cx, number: NumberForms) -> Result<Found> {
        self.find(&Span::of(&cx), &number).await
    }

    async fn find_contact_with_name(&self, cx: Cx, query: NameQuery) -> Result<Found> {
        self.find_with_name(&Span::of(&cx), query).await
    }

    async fn get_contact(&self, cx: Cx, id: ContactRef) -> Result<Contact> {
        self.get(&Span::of(&cx), &id).await
    }

    async fn create_contact(&self, cx: Cx, draft: ContactDraft) -> Result<Contact> {
        self.create(&Span::of(&cx), draft).await
    }

    async fn add_number(&self, _: Cx, _: ContactRef, _: String) -> Result<Contact> {
        let message = "App Connect servers cannot add a number to a contact";
        Err(Error::new(Kind::Unsupported, "add_number", message).hint("Add it in the CRM"))
    }

    async fn log_call(&self, cx: Cx, entry: CallLogEntry, progress: Arc<dyn Progress>) -> Result<LogReceipt> {
        self.log(&Span::of(&cx), &entry, &*progress).await
    }

    async fn update_log(&self, cx: Cx, log: LogRef, entry: CallLogEntry) -> Result<LogReceipt> {
        self.update(&Span::of(&cx), log, &entry).await
    }

    async fn log_fields(&self, cx: Cx, contact: ContactRef) -> Result<Vec<LogField>> {
        self.fields(&Span::of(&cx), &contact).await
    }

    async fn find_log(&self, cx: Cx, entry: CallLogEntry) -> Result<Vec<LogRef>> {
        self.logs_of(&Span::of(&cx), &entry.marker).await
    }
}

impl std::fmt::Debug for AppConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppConnect({})", self.setup.connection)
    }
}
