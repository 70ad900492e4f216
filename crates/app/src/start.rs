//! Becoming the owner of a profile, or finding out who is.

use std::{sync::Arc, time::Duration};

use ringside_connectors::parts::Parts as ConnectorParts;
use ringside_domain::{Clock, CredentialStore, Error, Kind, Random, Result};
use ringside_engine::Connection;
use ringside_host::{
    Folders, Keyring, OAuth, OsRandom, OwnPorts, ProfileLock, SystemClock,
    sign_in::{self, Browser, SystemBrowser},
};
use ringside_ipc::{command::Nothing, status::HelloDto, status::RoleDto};
use ringside_store::Store;
use tokio::time::Instant;

use crate::{app::App, client::Client, settings::Settings, web::LateWeb};

/// The app waits this long for a command line to hand over: it ends its command first, and a sign-in that is just being
/// renewed.
const HAND_OVER: Duration = Duration::from_secs(8);
/// A command line waits this long for another one.
const TURN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(30);

/// The name of the profile that carries sample people and simulated calls.
pub const REHEARSAL: &str = "rehearsal";

/// How to start.
pub struct StartOptions {
    pub folders: Folders,
    pub role: RoleDto,
    /// Sample people in an empty address book; calls of the rehearsal may be logged. Always so in the profile
    /// [`REHEARSAL`].
    pub rehearsal: bool,
    /// Connections beside the configured ones: how tests plug a CRM in.
    pub extra: Vec<Connection>,
    pub ports: Ports,
}

/// Where time, chance, secrets and the outside come from.
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub credentials: Arc<dyn CredentialStore>,
    pub browser: Arc<dyn Browser>,
    /// The loopback ports that are our own: no connector reaches them.
    pub own_ports: OwnPorts,
}

impl Ports {
    /// What connectors may use.
    pub(crate) fn connectors(&self, store: &Store, settings: &Settings) -> (ConnectorParts, Arc<LateWeb>, Arc<OAuth>) {
        let web = Arc::new(LateWeb::new(
            settings.extra_ca.clone(),
            self.own_ports.clone(),
            self.clock.clone(),
        ));
        let sign_in = Arc::new(OAuth::new(sign_in::Parts {
            http: web.clone(),
            credentials: self.credentials.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            browser: self.browser.clone(),
            own_ports: self.own_ports.clone(),
        }));
        let parts = ConnectorParts {
            address_book: Arc::new(store.clone()),
            http: web.clone(),
            sign_in: sign_in.clone(),
            credentials: self.credentials.clone(),
            memory: Arc::new(store.clone()),
            clock: self.clock.clone(),
        };
        (parts, web, sign_in)
    }
}

impl StartOptions {
    /// The operating system's clock, chance and keyring.
    #[must_use]
    pub fn new(folders: Folders, role: RoleDto) -> Self {
        let credentials = Arc::new(Keyring::new(&folders.profile));
        let rehearsal = folders.profile.as_str() == REHEARSAL;
        let ports = Ports {
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            credentials,
            browser: Arc::new(SystemBrowser),
            own_ports: OwnPorts::default(),
        };
        Self {
            folders,
            role,
            rehearsal,
            extra: Vec::new(),
            ports,
        }
    }
}

pub enum Start {
    /// This process owns the profile now.
    Owner(App),
    /// Another one does: ask it.
    Taken(Client),
}

/// Takes the profile, or connects to its owner. A command line that owns it for the moment hands over to the app and is
/// waited for by other command lines.
///
/// # Errors
/// `conflict` when the owner neither answers nor ends, `storage` when folders, lock or socket can't be made.
pub async fn start(options: StartOptions) -> Result<Start> {
    options.folders.create()?;
    let patience = if options.role == RoleDto::App { HAND_OVER } else { TURN };
    let give_up = Instant::now() + patience;
    loop {
        if let Some(lock) = ProfileLock::take(&options.folders)? {
            return App::own(options, lock).await.map(Start::Owner);
        }
        if let Some(client) = standing_owner(&options).await? {
            return Ok(Start::Taken(client));
        }
        if Instant::now() >= give_up {
            return Err(Error::new(
                Kind::Conflict,
                "start",
                "another Ringside owns this profile and does not answer",
            )
            .hint("Wait until its command has ended, or end it, then start again"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The owner, if it is one that stays. A command line is asked to hand over to the app.
async fn standing_owner(options: &StartOptions) -> Result<Option<Client>> {
    // No socket although the profile is owned: it is just being opened, or closed.
    let Some(client) = Client::connect(&options.folders).await? else {
        return Ok(None);
    };
    let hello = tokio::time::timeout(Duration::from_secs(1), client.ask::<HelloDto>("hello", Nothing {})).await;
    match hello {
        Ok(Ok(hello)) if hello.role == RoleDto::App => Ok(Some(client)),
        Ok(Ok(_)) if options.role == RoleDto::App => {
            let _ = tokio::time::timeout(Duration::from_secs(1), client.ask::<Nothing>("quit", Nothing {})).await;
            Ok(None)
        }
        // An owner of another version still can be asked; its own words say what is wrong.
        Ok(Err(error)) if error.code != "unavailable" => Ok(Some(client)),
        _ => Ok(None),
    }
}
