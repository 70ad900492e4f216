//! The running Ringside: what the window and the command line hold.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU8, AtomicUsize},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use ringside_domain::{CallId, ConnectionId, Error, Result, SourceId, Stop, connector::ConnectorInfo};
use ringside_engine::{Connection, Engine, Parts, Update, view::CallView};
use ringside_host::{Folders, ProfileLock};
use ringside_ipc::{
    ApiError, Event,
    call::CallDto,
    convert::Words,
    status::{NoticeDto, RoleDto, StatusDto},
};
use ringside_sources::Reports;
use ringside_store::Store;
use tokio::sync::{broadcast, oneshot, watch};

use crate::{
    connections::Connections,
    intake::Intake,
    lists::Lists,
    phones::{HostTls, Phones},
    settings::{Settings, SettingsFile},
    spool,
    start::{Ports, Start, StartOptions},
    unlock::{Opened, Vault},
};

/// How often the spool is looked at: a call that waits there may be ringing. Cheap, as its folder is in memory.
const SPOOL: Duration = Duration::from_secs(2);
/// How often the keyring is asked again while it does not give the key.
const KEYRING: Duration = Duration::from_secs(15);
/// Events that a slow listener may be behind.
const BEHIND: usize = 4096;

/// A handle to the running Ringside; clones are the same one.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub folders: Folders,
    pub role: RoleDto,
    pub rehearsal: bool,
    pub ports: Ports,
    pub vault: Vault,
    pub store: Store,
    /// Why the store is only in memory, while it is.
    pub locked: Mutex<Option<ApiError>>,
    pub engine: Engine,
    /// Changed by one command at a time.
    pub file: tokio::sync::Mutex<SettingsFile>,
    /// What the file says, for everybody who reads.
    pub settings: RwLock<Settings>,
    pub lists: RwLock<Lists>,
    /// Which of them have been read: a bit each.
    pub known_lists: AtomicU8,
    pub extra: Vec<Connection>,
    /// Rehearsals that play among a person's own contacts now.
    pub rehearsing: AtomicUsize,
    pub connections: Connections,
    pub intake: Intake,
    pub phones: Phones,
    pub imports: crate::import::Imports,
    /// The calls that `ringside ring` has told of.
    pub reports: Mutex<Reports>,
    pub quiet: crate::quiet::Quiet,
    pub counted: Mutex<crate::status::Counted>,
    /// Something that the database counts has changed, and nobody was told yet.
    pub uncounted: tokio::sync::Notify,
    pub saved: crate::person::SavedFiles,
    notices: Mutex<BTreeMap<&'static str, NoticeDto>>,
    pub typing: crate::search::Typing,
    pub(crate) missed: crate::missed::Missed,
    events: broadcast::Sender<Event>,
    quit: watch::Sender<bool>,
    stop: Stop,
    pub(crate) stop_sender: Mutex<Option<oneshot::Sender<()>>>,
    pub lock: Mutex<Option<ProfileLock>>,
}

impl App {
    /// Puts everything together, in a profile that is ours.
    pub(crate) async fn own(options: StartOptions, lock: ProfileLock) -> Result<Self> {
        let StartOptions {
            folders,
            role,
            rehearsal,
            extra,
            ports,
        } = options;
        let home = rehearsal.then(crate::rehearsal::home).flatten();
        let file = SettingsFile::load(&folders.settings(), home);
        let vault = Vault {
            credentials: ports.credentials.clone(),
            file: folders.database(),
            clock: ports.clock.clone(),
            random: ports.random.clone(),
        };
        let Opened { store, locked } = vault.open().await?;
        let settings = file.settings().clone();
        let store_ports = Arc::new(store.clone());
        let (parts, web, sign_in) = ports.connectors(&store, &settings);
        // One of each for everybody: connections of the web, and grants, are shared by name.
        let phones = Phones::new(ringside_sources::kinds::Parts {
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            http: parts.http.clone(),
            sign_in: parts.sign_in.clone(),
            tls: Arc::new(HostTls {
                extra_ca: settings.extra_ca.clone(),
            }),
            dns: None,
        });
        let connections = Connections::new(parts, web, sign_in, &folders.config);
        let parts = Parts {
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            journal: store_ports.clone(),
            index: store_ports,
            connections: connections.make(&settings, &extra),
        };
        let engine = Engine::start(
            parts,
            crate::configure::engine_config(&settings, &Lists::default(), false),
        )
        .await?;
        let (stop_sender, stopped) = oneshot::channel::<()>();
        let app = Self {
            inner: Arc::new(Inner {
                intake: Intake::new(&settings),
                quiet: crate::quiet::Quiet::kept(&folders),
                phones,
                imports: crate::import::Imports::default(),
                reports: Mutex::new(Reports::new(SourceId::new("ring"))),
                folders,
                role,
                rehearsal,
                missed: crate::missed::Missed::since(ports.clock.now().wall.0),
                ports,
                vault,
                store,
                locked: Mutex::new(locked.map(ApiError::from)),
                engine,
                file: tokio::sync::Mutex::new(file),
                settings: RwLock::new(settings),
                lists: RwLock::default(),
                known_lists: AtomicU8::new(0),
                extra,
                rehearsing: AtomicUsize::new(0),
                connections,
                notices: Mutex::default(),
                counted: Mutex::default(),
                uncounted: tokio::sync::Notify::new(),
                saved: crate::person::SavedFiles::default(),
                typing: crate::search::Typing::default(),
                events: broadcast::channel(BEHIND).0,
                quit: watch::channel(false).0,
                stop: stopped.map(|_| ()).boxed().shared(),
                stop_sender: Mutex::new(Some(stop_sender)),
                lock: Mutex::new(Some(lock)),
            }),
        };
        app.begin().await?;
        Ok(app)
    }

    async fn begin(&self) -> Result<()> {
        self.note_settings().await;
        self.note_own_connectors();
        self.watch_sign_ins();
        // A secret store that just did not answer is not asked again at once: that would only make the start slower.
        if !self.inner.store.is_memory() {
            self.read_lists().await;
        }
        if self.inner.rehearsal {
            crate::rehearsal::import_people(self).await;
        } else {
            crate::rehearsal::forget_sample_people(self).await;
        }
        self.check_home().await;
        self.pump();
        tokio::spawn(self.clone().count());
        self.listen()?;
        if self.inner.role == RoleDto::App {
            let app = self.clone();
            tokio::spawn(async move { app.start_intake().await });
            let app = self.clone();
            tokio::spawn(async move { app.run_phones().await });
            let app = self.clone();
            tokio::spawn(async move { app.keep_desk_addresses().await });
            let app = self.clone();
            tokio::spawn(async move { app.warm_connections().await });
            self.take_spool().await;
            self.watch_pause();
            tokio::spawn(self.clone().tick());
        }
        Ok(())
    }

    /// As [`crate::start`].
    ///
    /// # Errors
    /// As there.
    pub async fn start(options: StartOptions) -> Result<Start> {
        crate::start::start(options).await
    }

    /// Whether this profile carries sample people, and simulated calls may be logged.
    #[must_use]
    pub fn rehearsal(&self) -> bool {
        self.inner.rehearsal
    }

    /// Everything that windows may want to know, from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Resolves when somebody asked Ringside to end: the tray, a command, the app that takes over from a command line.
    pub async fn quit_requested(&self) {
        let mut quit = self.inner.quit.subscribe();
        let _ = quit.wait_for(|asked| *asked).await;
    }

    #[must_use]
    pub fn folders(&self) -> &Folders {
        &self.inner.folders
    }

    /// How long ago the first event of this call came in; for measuring.
    #[must_use]
    pub fn since_first_event(&self, call: &str) -> Option<Duration> {
        self.inner.engine.since_first_event(call.parse().ok()?)
    }

    /// Whether this call rings or is talked on at this moment, whatever the last event about it said.
    #[must_use]
    pub fn goes_on(&self, call: &str) -> bool {
        call.parse().is_ok_and(|id| self.inner.engine.goes_on(id))
    }

    /// What the shell could not do as set, for the person to see; `None` when all is well again.
    pub async fn notice_hotkeys(&self, error: Option<ApiError>) {
        self.notice("hotkey", error);
        self.tell_status().await;
    }

    /// Tells everybody; nobody listening is fine.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.inner.events.send(event);
    }

    pub(crate) async fn tell_status(&self) {
        let status = self.status_now().await;
        self.tell(Event::Status { status });
    }

    pub(crate) fn ask_to_quit(&self) {
        self.inner.quit.send_replace(true);
    }

    pub(crate) fn stop_signal(&self) -> Stop {
        self.inner.stop.clone()
    }

    pub(crate) fn settings_now(&self) -> Settings {
        self.inner
            .settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts a picture into words, as the user's home and the connections are now.
    pub(crate) fn words<T>(&self, say: impl FnOnce(Words<'_>) -> T) -> T {
        let home = self.inner.engine.config().home;
        let connections = self.inner.engine.connections();
        let mut infos: Vec<ConnectorInfo> = connections.iter().map(|one| one.connector.info()).collect();
        // One that is stopped has no connector, and is called as it was.
        infos.extend(self.settings_now().connections.into_iter().map(|entry| ConnectorInfo {
            connection: ConnectionId::new(entry.id),
            name: entry.name,
            types: Vec::new(),
        }));
        say(Words {
            home: &home,
            connections: &infos,
            logs_rehearsals: self.inner.rehearsal,
        })
    }

    pub(crate) fn shown(&self, view: &CallView) -> CallDto {
        self.words(|words| words.call(view))
    }

    /// Keeps something for the person to see until it is settled, `hotkey` for a hotkey that another program has; `None`
    /// takes it away.
    pub fn notice(&self, code: &'static str, error: Option<ApiError>) {
        let mut notices = lock(&self.inner.notices);
        match error {
            Some(error) => {
                let notice = NoticeDto {
                    code: code.to_owned(),
                    message: error.message,
                    hint: error.hint,
                };
                notices.insert(code, notice);
            }
            None => {
                notices.remove(code);
            }
        }
    }

    pub(crate) fn notices(&self) -> Vec<NoticeDto> {
        lock(&self.inner.notices).values().cloned().collect()
    }

    /// Calls that were missed since the list was last looked at, at this moment.
    #[must_use]
    pub fn missed_now(&self) -> u32 {
        self.inner.missed.count()
    }

    /// The tray and the notification of missed calls go by it.
    pub(crate) fn missed_were_seen(&self) -> StatusDto {
        let were_new = self.inner.missed.seen();
        let status = self.status_at_once();
        if were_new {
            self.tell(Event::Status { status: status.clone() });
        }
        status
    }

    /// What the engine says, in the words of the wire. A call is told at once: it waits for no database that counts.
    fn pump(&self) {
        let mut updates = self.inner.engine.subscribe();
        let app = self.clone();
        let stop = self.stop_signal();
        tokio::spawn(async move {
            loop {
                let update = tokio::select! {
                    update = updates.recv() => update,
                    () = stop.clone() => return,
                };
                match update {
                    Ok(Update::Heard(heard)) => {
                        let heard = Box::new(app.words(|words| words.heard(&heard)));
                        app.tell(Event::Heard { heard });
                    }
                    Ok(Update::Call(view)) => {
                        let call = Box::new(app.shown(&view));
                        let missed = app.inner.missed.heard(&view.call);
                        app.tell(Event::Call { call });
                        if missed {
                            app.inner.uncounted.notify_one();
                        }
                    }
                    Ok(Update::Creation(creation)) => {
                        let creation = Box::new(app.words(|words| words.creation(&creation)));
                        app.tell(Event::Creation { creation });
                    }
                    Ok(Update::CardClosed(id)) => app.tell(Event::CardClosed { id: id.to_string() }),
                    Ok(Update::Counts) => app.inner.uncounted.notify_one(),
                    Ok(Update::Forgotten) => {
                        app.tell(Event::Behind);
                        app.inner.uncounted.notify_one();
                    }
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::warn!(
                            missed,
                            "what the engine said was missed; everybody is told to ask again"
                        );
                        app.tell(Event::Behind);
                        app.inner.uncounted.notify_one();
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    async fn tick(self) {
        let stop = self.stop_signal();
        // Once soon: an event may have been spooled while the socket was just being opened.
        let mut pause = Duration::from_secs(1);
        let mut keyring = tokio::time::Instant::now() + KEYRING;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.clone() => return,
            }
            pause = SPOOL;
            self.take_spool().await;
            self.read_own_connectors().await;
            if tokio::time::Instant::now() >= keyring {
                keyring = tokio::time::Instant::now() + KEYRING;
                let app = self.clone();
                // Beside this: a keyring that hangs must not keep a call waiting. Still locked is no news.
                tokio::spawn(async move {
                    if app.inner.store.is_memory() {
                        drop(app.unlock_now().await);
                    } else {
                        app.start_locked_phones().await;
                    }
                });
            }
        }
    }

    async fn take_spool(&self) {
        for event in spool::take(&self.inner.folders, &*self.inner.ports.clock) {
            if let Err(error) = self.report_at(event.report, Some(event.at)).await {
                tracing::warn!(code = error.code, "a call event that waited was refused");
            }
        }
    }

    /// Asks the keyring for the key again, and goes on on the file.
    pub(crate) async fn unlock_now(&self) -> Result<(), ApiError> {
        match self.inner.vault.attach(&self.inner.store).await {
            Ok(_) => {
                self.opened().await;
                Ok(())
            }
            Err(error) => {
                let error = ApiError::from(error);
                let changed = lock(&self.inner.locked)
                    .replace(error.clone())
                    .is_none_or(|before| before != error);
                if changed {
                    self.tell_status().await;
                }
                Err(error)
            }
        }
    }

    /// The file is open: what was only in memory is in it now, and what it owes is sent.
    pub(crate) async fn opened(&self) {
        lock(&self.inner.locked).take();
        self.read_lists().await;
        if self.inner.role == RoleDto::App {
            self.load_tokens().await;
            self.inner.connections.look_for_grants().await;
            self.start_locked_phones().await;
        }
        self.inner.engine.wake().await;
        self.tell_status().await;
    }

    pub(crate) fn parse_call(&self, id: &str) -> Result<CallId, ApiError> {
        id.parse()
            .map_err(|error| ApiError::invalid("call", format!("{error}")))
    }

    pub(crate) fn locked(&self) -> Option<ApiError> {
        lock(&self.inner.locked).clone()
    }
}

/// A lock that a panic elsewhere does not spoil: what it guards is always whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl crate::owner::Owner for App {
    async fn run(&self, command: ringside_ipc::Command) -> Result<serde_json::Value, ApiError> {
        ringside_ipc::dispatch(self, command).await
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        App::events(self)
    }
}

/// For errors that only a log can hold.
pub(crate) fn log_failure(what: &'static str, error: &Error) {
    tracing::warn!(code = error.kind.code(), "{what}");
}
