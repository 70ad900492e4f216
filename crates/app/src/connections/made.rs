//! From settings to running connections. One whose settings and connector file did not change stays the same one, with its
//! session and its pace.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use ringside_connectors::{
    app_connect::{HOSTNAME, MANIFEST, PLATFORM, ServerManifest},
    catalog::{Body, Catalog, Entry},
    manifest::load::Loaded,
    parts::{KEPT, Parts, Server, Setup, grant_name, secret_name},
    pin::Pin,
    registry::{self, Built},
};
use ringside_domain::{ConnectionId, Connector, Cx, Error, Kind, Result};
use ringside_engine::Connection;
use ringside_host::OAuth;
use ringside_ipc::{ApiError, connection::ConnectionStateDto};
use tokio::sync::{Notify, OwnedRwLockWriteGuard, oneshot};

use super::{
    own::{self, Stamps},
    quiet, show,
    watched::{Gate, SignedIn, Watched},
};
use crate::{
    app::{lock, log_failure},
    settings::{ConnectionEntry, Settings},
    web::LateWeb,
};

/// What a connection's memory holds the agreed pin's text under.
pub(crate) const PINNED: &str = "pinned";
/// A server that is not there keeps nobody from removing its connection.
const SIGN_OUT: Duration = Duration::from_secs(5);

pub(crate) struct Connections {
    pub parts: Parts,
    /// That of the parts: whoever ends the program waits for it.
    pub sign_in: Arc<OAuth>,
    web: Arc<LateWeb>,
    folder: PathBuf,
    catalog: RwLock<Catalog>,
    stamps: Mutex<Stamps>,
    made: Mutex<Vec<Made>>,
    /// Held from reading the settings until the engine has what they say.
    pub placing: Mutex<()>,
    /// A connection wants the person to sign in, or no longer does, or somebody began to or ended.
    pub changed: Arc<Notify>,
    /// Connections are added, changed and removed one at a time.
    pub turn: tokio::sync::Mutex<()>,
    pub sign_ins: Mutex<BTreeMap<String, oneshot::Sender<()>>>,
    gates: Mutex<BTreeMap<String, Gate>>,
}

/// What became of one entry of the settings.
struct Made {
    entry: ConnectionEntry,
    loaded: Option<Arc<Loaded>>,
    outcome: Result<Live, ConnectionStateDto>,
    /// It is to be made anew, although nothing of it changed.
    stale: bool,
}

/// A connection that runs.
#[derive(Clone)]
pub(crate) struct Live {
    pub built: Built,
    pub signed_in: Arc<SignedIn>,
    connector: Arc<Watched>,
}

impl Live {
    pub fn connector(&self) -> Arc<dyn Connector> {
        self.connector.clone()
    }

    pub async fn sign_out(&self) -> Result<()> {
        let cx = Cx {
            deadline: SIGN_OUT,
            ..quiet()
        };
        tokio::time::timeout(SIGN_OUT * 2, self.built.sign_out(cx))
            .await
            .unwrap_or_else(|_| Err(Error::new(Kind::Timeout, "sign_out", "It did not answer in time")))
    }
}

impl Connections {
    /// Reads the user's own files for the first time.
    pub fn new(parts: Parts, web: Arc<LateWeb>, sign_in: Arc<OAuth>, config: &Path) -> Self {
        let connections = Self {
            parts,
            sign_in,
            web,
            folder: config.join(own::FOLDER),
            catalog: RwLock::new(Catalog::shipped()),
            stamps: Mutex::default(),
            made: Mutex::default(),
            placing: Mutex::default(),
            changed: Arc::default(),
            turn: tokio::sync::Mutex::default(),
            sign_ins: Mutex::default(),
            gates: Mutex::default(),
        };
        connections.read_own();
        connections
    }

    /// Whether the user's own files changed since they were read; then they are read.
    pub fn read_own(&self) -> bool {
        let now = own::stamps(&self.folder);
        let mut stamps = lock(&self.stamps);
        if *stamps == now {
            return false;
        }
        let files = own::read(&self.folder, &now);
        let after = self.catalog().with_own(&files);
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = after;
        *stamps = now;
        true
    }

    pub fn catalog(&self) -> Catalog {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn connector(&self, id: &str) -> Option<Entry> {
        let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner);
        catalog.get(id).cloned()
    }

    /// The connector that a person chose.
    pub fn chosen(&self, id: &str) -> Result<Entry, ApiError> {
        let Some(entry) = self.connector(id) else {
            let catalog = self.catalog();
            let known: Vec<&str> = catalog.entries().iter().map(|entry| entry.id.as_str()).collect();
            return Err(ApiError::invalid("connector", "there is no such connector")
                .hint(format!("There are: {}", known.join(", "))));
        };
        match entry.problems().first() {
            None => Ok(entry),
            Some(problem) => {
                let words = format!("The file of this connector has faults: {problem}");
                Err(ApiError::invalid("connector", words).hint("Correct it; Ringside reads it again by itself"))
            }
        }
    }

    /// The connections of the settings that can run, then the ones that were plugged in.
    pub fn make(&self, settings: &Settings, extra: &[Connection]) -> Vec<Connection> {
        let catalog = self.catalog();
        let mut made = lock(&self.made);
        let mut before = std::mem::take(&mut *made);
        let mut running = Vec::new();
        for entry in &settings.connections {
            let loaded = catalog
                .get(&entry.connector)
                .and_then(Entry::sheet)
                .map(|sheet| Arc::clone(&sheet.loaded));
            let same = before.iter().position(|known| known.still_is(entry, loaded.as_ref()));
            let now = match same {
                Some(at) => Made {
                    entry: entry.clone(),
                    ..before.swap_remove(at)
                },
                None => {
                    let now = Made {
                        entry: entry.clone(),
                        loaded,
                        outcome: self.make_one(&catalog, entry),
                        stale: false,
                    };
                    now.signed_in_as(&before);
                    now
                }
            };
            if let Ok(live) = &now.outcome {
                running.push(Connection {
                    connector: live.connector(),
                    logs_here: entry.logs_here,
                    account: entry.account.clone().unwrap_or_else(|| entry.id.clone()),
                });
            }
            made.push(now);
        }
        running.extend(extra.iter().cloned());
        running
    }

    /// Whom the running connectors have seen is forgotten: the next [`Self::make`] makes those anew that remember anybody. The
    /// others know their CRM's pace, and keep to it.
    pub fn forget_people(&self) {
        for made in lock(&self.made).iter_mut() {
            made.stale |= made.outcome.as_ref().is_ok_and(|live| live.built.remembers_people());
        }
    }

    /// A connection made for this entry alone, whatever runs.
    pub fn make_one(&self, catalog: &Catalog, entry: &ConnectionEntry) -> Result<Live, ConnectionStateDto> {
        let connector = catalog.get(&entry.connector).ok_or(ConnectionStateDto::Missing)?;
        if let Body::Broken { problems, last: None } = &connector.body {
            let problems = problems.iter().map(show::problem).collect();
            return Err(ConnectionStateDto::Broken { problems });
        }
        let unfit = |error: Error| ConnectionStateDto::Unfit { error: error.into() };
        let setup = setup(entry).map_err(unfit)?;
        if let Some(pin) = pin_of(connector, entry).map_err(unfit)?
            && entry.pin.as_ref() != Some(&pin.hash)
        {
            return Err(ConnectionStateDto::Changed {
                before: None,
                after: pin.text,
            });
        }
        let built = registry::build(&self.parts, catalog, &setup).map_err(unfit)?;
        let never = entry.account.is_none() && connector.manifest().is_some_and(show::signs_in_with_browser);
        let signed_in = SignedIn::new(never.then(not_yet), Arc::clone(&self.changed));
        let connector = Arc::new(Watched {
            inner: built.connector(),
            name: entry.name.clone(),
            signed_in: Arc::clone(&signed_in),
            gate: self.gate(&entry.id),
        });
        Ok(Live {
            built,
            signed_in,
            connector,
        })
    }

    /// Shuts the connection's gate once nobody is on the way any more: what is dropped opens it.
    pub async fn shut(&self, id: &str) -> OwnedRwLockWriteGuard<()> {
        self.gate(id).write_owned().await
    }

    fn gate(&self, id: &str) -> Gate {
        Arc::clone(lock(&self.gates).entry(id.to_owned()).or_default())
    }

    /// Whether environment and address are ones of this connector.
    pub fn try_place(
        &self,
        connector: &Entry,
        environment: Option<String>,
        server: Option<String>,
    ) -> Result<(), ApiError> {
        let entry = ConnectionEntry {
            id: "connect".to_owned(),
            connector: connector.id.clone(),
            name: connector.name.clone(),
            environment,
            server,
            ..ConnectionEntry::default()
        };
        registry::build(&self.parts, &self.catalog(), &setup(&entry)?)?;
        Ok(())
    }

    /// The connection that runs, or why it does not.
    pub fn outcome(&self, id: &str) -> Option<Result<Live, ConnectionStateDto>> {
        let made = lock(&self.made);
        let found = made.iter().find(|made| made.entry.id == id);
        found.map(|made| made.outcome.clone())
    }

    /// The next making makes this one anew: its secrets are others.
    pub fn let_go(&self, id: &str) {
        lock(&self.made).retain(|made| made.entry.id != id);
    }

    /// The names of the connections that want the person to sign in, but for those where that is just being done.
    pub fn wanting(&self) -> Vec<String> {
        let made = lock(&self.made);
        let wants = |made: &&Made| {
            made.outcome
                .as_ref()
                .is_ok_and(|live| live.signed_in.wanted().is_some() && !self.is_signing_in(&made.entry.id))
        };
        made.iter().filter(wants).map(|made| made.entry.name.clone()).collect()
    }

    /// Removes everything of a connection from the keyring.
    pub async fn forget_secrets(&self, id: &ConnectionId, names: &[String]) -> Result<()> {
        let grant = self.parts.sign_in.forget(&grant_name(id)).await;
        let all = names.iter().map(String::as_str).chain(KEPT);
        let mut failed = grant.err();
        for name in all {
            if let Err(error) = self.parts.credentials.remove(&secret_name(id, name)).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// What the first call would otherwise wait for.
    pub async fn warm(&self) {
        let asks_web = |made: &Made| matches!(&made.outcome, Ok(live) if !matches!(live.built, Built::AddressBook(_)));
        let needed = lock(&self.made).iter().any(asks_web);
        if needed && let Err(error) = self.web.open().await {
            log_failure("the web could not be opened", &error);
        }
    }

    /// Finds out which connections nobody is signed in to: after a start, only the keyring knows.
    pub async fn look_for_grants(&self) {
        let live: Vec<(ConnectionId, Live)> = {
            let made = lock(&self.made);
            let live = made.iter().filter_map(|made| {
                let live = made.outcome.as_ref().ok()?;
                let Built::Manifest(manifest) = &live.built else {
                    return None;
                };
                manifest
                    .needs_browser()
                    .then(|| (manifest.connection().clone(), live.clone()))
            });
            live.collect()
        };
        for (id, live) in live {
            if let Ok(None) = self.parts.sign_in.kept(&grant_name(&id)).await {
                live.signed_in.set(Some(not_yet()));
            }
        }
    }
}

impl Made {
    /// Another name or another file signs nobody in.
    fn signed_in_as(&self, before: &[Self]) {
        let same = before.iter().find(|known| known.entry.id == self.entry.id);
        if let (Ok(now), Some(Ok(before))) = (&self.outcome, same.map(|known| &known.outcome)) {
            now.signed_in.set(before.signed_in.wanted());
        }
    }

    /// Nothing that matters to the connector changed. What did not run is always tried again.
    fn still_is(&self, entry: &ConnectionEntry, loaded: Option<&Arc<Loaded>>) -> bool {
        let same_file = match (&self.loaded, loaded) {
            (Some(mine), Some(other)) => Arc::ptr_eq(mine, other),
            (None, None) => true,
            _ => false,
        };
        let same = ConnectionEntry {
            logs_here: self.entry.logs_here,
            ..entry.clone()
        } == self.entry;
        self.outcome.is_ok() && same_file && same && !self.stale
    }
}

pub(super) fn not_yet() -> ApiError {
    ApiError::new("sign_in_needed", "Nobody is signed in here").hint("Sign in")
}

/// What decides where this connection's secrets go. None where there are no secrets.
///
/// # Errors
/// [`Kind::Invalid`] with the field `server`, or that of the manifest that names one.
pub(super) fn pin_of(connector: &Entry, entry: &ConnectionEntry) -> Result<Option<Pin>> {
    let tables = match (&connector.body, connector.sheet()) {
        (Body::AppConnect, _) => Pin::of(""),
        (_, Some(sheet)) => sheet.pin.clone(),
        (_, None) => return Ok(None),
    };
    let server = typed_server(connector, entry)?;
    let pin = server.map_or_else(|| tables.clone(), |server| tables.at(&server));
    Ok(Some(pin.by(&connector.id)))
}

/// An App Connect server's address may stand in the manifest that was given for it.
fn typed_server(connector: &Entry, entry: &ConnectionEntry) -> Result<Option<Server>> {
    if let Some(typed) = &entry.server {
        return Server::read(typed).map(Some);
    }
    let value = |name: &str| entry.parameters.get(name).map(|text| text.trim());
    match value(MANIFEST).filter(|text| !text.is_empty()) {
        Some(text) if matches!(connector.body, Body::AppConnect) => {
            let manifest = ServerManifest::parse(text, value(PLATFORM).unwrap_or_default(), value(HOSTNAME))?;
            manifest.server.as_deref().map(Server::read).transpose()
        }
        _ => Ok(None),
    }
}

/// # Errors
/// [`Kind::Invalid`] with the field `server`.
fn setup(entry: &ConnectionEntry) -> Result<Setup> {
    Ok(Setup {
        connection: ConnectionId::new(entry.id.as_str()),
        connector: entry.connector.clone(),
        name: entry.name.clone(),
        environment: entry.environment.clone(),
        server: entry.server.as_deref().map(Server::read).transpose()?,
        parameters: entry.parameters.clone(),
        account: entry.account.clone(),
    })
}
