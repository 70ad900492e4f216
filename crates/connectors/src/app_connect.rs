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

mod account_data;
mod answer;
mod back;
mod bullhorn;
mod by_hand;
mod contacts;
mod creating;
mod fields;
mod finding;
mod habits;
mod logging;
mod login;
mod login_fields;
mod logs;
mod manifest;
mod masks;
mod operations;
mod overrides;
mod pages;
mod reading;
mod seen;
mod session;
mod settings;
mod value;
mod vendor;
mod wire;

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, Capability, Connector, ConnectorInfo, Contact, ContactDraft, ContactRef, ContactType, Cx, Error,
    Kind, LogField, LogReceipt, LogRef, Result,
    connector::{Account, NameQuery, NumberForms, Progress},
    contact::Found,
    credentials::Secret,
    trace::Answer,
};
use serde_json::{Map, Value};

pub use self::{
    account_data::AccountChoices,
    fields::{Field, FieldKind, Preset},
    login_fields::LoginField,
    manifest::{Auth, Hostname, OAuth, ServerManifest, SignInPage},
    reading::{read_manifest, read_manifest_at},
    settings::Setting,
};
use self::{
    answer::Outcome,
    contacts::{NO_TYPE, Reader},
    habits::Habits,
    manifest::BULLHORN,
    pages::{host_of_text, may_lie},
    reading::{answered, at, fetch, functions_of, no_server, on_the_web},
    seen::{Seen, recall},
    session::Session,
    wire::{Span, Step, Wire},
};
use crate::parts::{Parts, Setup};

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
    habits: Habits,
    manifest: RwLock<Option<Arc<ServerManifest>>>,
    /// What an earlier run learned of a manifest that was given by hand was looked for.
    recalled: AtomicBool,
    choices: RwLock<Map<String, Value>>,
    told_settings: settings::Told,
    told_account: settings::Told,
    /// The host of the records' pages, with Bullhorn only.
    bullhorn_pages: OnceLock<String>,
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
            habits: Habits::default(),
            manifest: RwLock::new(manifest.map(Arc::new)),
            recalled: AtomicBool::new(false),
            choices: RwLock::default(),
            told_settings: settings::Told::default(),
            told_account: settings::Told::default(),
            bullhorn_pages: OnceLock::new(),
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
        let manifest = match self.loaded() {
            Some(manifest) => manifest,
            None => self.fetch(span).await?,
        };
        if manifest.platform == BULLHORN && self.bullhorn_pages.get().is_none() {
            self.recall_pages().await;
        }
        Ok(manifest)
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
        self.habits
            .recall_types(&*self.parts.memory, &self.setup.connection)
            .await;
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
        let pages = self.bullhorn_pages.get().map(String::as_str);
        Reader {
            connection: &self.setup.connection,
            manifest,
            hostname: if manifest.platform == BULLHORN { pages } else { hostname },
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

    /// What the fields of new contacts can be, as it was told, by type and field.
    fn known_choices(&self) -> Map<String, Value> {
        self.choices.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn know_choices(&self, choices: Map<String, Value>) {
        *self.choices.write().unwrap_or_else(PoisonError::into_inner) = choices;
    }

    fn types(&self, manifest: &ServerManifest) -> Vec<ContactType> {
        let choices = self.choices.read().unwrap_or_else(PoisonError::into_inner);
        // As finds write it, so that a type has one name in the index, in a search, and in a new contact.
        let found_as = |value: &str| {
            let known = self.habits.known_spelling(value);
            known.unwrap_or_else(|| vendor::found_as(&manifest.platform, value).to_owned())
        };
        let of = |value: &str, label: &str| ContactType {
            id: found_as(value),
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
    let hostname = typed_hostname(setup);
    let mut manifest = ServerManifest::parse(text, platform(setup), hostname.as_deref())?;
    let server = setup.server.as_ref().map(|server| server.host.host.as_str());
    let (hostname, typed) = match &manifest.hostname {
        Hostname::Typed => (hostname.as_deref(), hostname.as_deref()),
        // The words of the server, also where a person chose among them.
        Hostname::Fixed(host) => (hostname.as_deref().or(host.as_deref()), None),
        Hostname::Choice(_) => (hostname.as_deref(), None),
    };
    let typed: Vec<&str> = server.into_iter().chain(typed).collect();
    for page in [&mut manifest.contact_page, &mut manifest.log_page] {
        page.take_if(|template| !may_lie(template, hostname, &typed));
    }
    Ok(manifest)
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
        self.logs_of(&Span::of(&cx), &entry.marker, Some(&entry.contact)).await
    }
}

impl std::fmt::Debug for AppConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppConnect({})", self.setup.connection)
    }
}
