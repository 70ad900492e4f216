//! The phones that we connect to: one source for each, for as long as the app runs.
//!
//! A phone is an entry of the settings. What runs for it is a [`Line`]: its source, and how that source is doing. A source
//! reconnects by itself; a line is started anew only when a person changed something, signed in or unlocked the secret store.
//! Phones that report to the intake have no line: their state is the intake's. Everything that is heard, from either, passes
//! [`heard`], which knows when each phone was heard of and follows the trial call of a check.

mod change;
mod enter;
mod heard;
mod line;
mod pin;
mod secrets;
mod show;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use ringside_domain::{Error, Kind, Result, SourceId, Trust, credentials::Secret, source::Trouble};
use ringside_ipc::{ApiError, Event, phone::PhoneDto, status::RoleDto};
use ringside_sources::kinds::{self, Parts, PhoneKind, Setup, Tls};
use tokio::sync::oneshot;

pub(crate) use self::{
    change::agreed,
    heard::Heard,
    show::{kinds_now, stopped},
};
use self::{
    line::Line,
    pin::{Keeper, Pin},
    secrets::grant_name,
};
use crate::{
    app::{App, lock},
    settings::PhoneEntry,
};

/// How often windows are told that phones changed, at most.
const TELL: Duration = Duration::from_millis(250);

pub(crate) struct Phones {
    pub parts: Parts,
    pub heard: Arc<Heard>,
    lines: Mutex<BTreeMap<String, Arc<Line>>>,
    /// Phones are added, changed and removed one at a time.
    turn: tokio::sync::Mutex<()>,
    sign_ins: Mutex<BTreeMap<String, enter::SignIn>>,
    /// The new phone that is tried, and what ends that.
    adding: Mutex<Option<(String, oneshot::Sender<()>)>>,
}

impl Phones {
    pub fn new(parts: Parts) -> Self {
        Self {
            heard: Arc::new(Heard::new(parts.clock.clone())),
            parts,
            lines: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            sign_ins: Mutex::default(),
            adding: Mutex::default(),
        }
    }

    fn line(&self, name: &str) -> Option<Arc<Line>> {
        lock(&self.lines).get(&key(name)).cloned()
    }

    /// Puts a line in its place; the one that was there is stopped by whoever asked for another.
    fn put(&self, name: &str, line: Arc<Line>) -> Option<Arc<Line>> {
        lock(&self.lines).insert(key(name), line)
    }

    async fn halt(&self, name: &str) {
        let line = lock(&self.lines).remove(&key(name));
        if let Some(line) = line {
            line.stop().await;
        }
        self.heard.changed.notify_one();
    }

    /// Ends every source, all at the same time: none keeps the others, or the person, waiting.
    pub async fn stop(&self) {
        lock(&self.sign_ins).clear();
        let lines = std::mem::take(&mut *lock(&self.lines));
        join_all(lines.values().map(|line| line.stop())).await;
    }

    /// How many phones do not hear of calls now.
    pub fn troubled(&self) -> usize {
        lock(&self.lines).values().filter(|line| line.is_troubled()).count()
    }
}

/// The operating system's certificates and those of the person's file.
pub(crate) struct HostTls {
    /// As in the settings: it counts for phones that name no file of their own.
    pub extra_ca: Option<PathBuf>,
}

impl Tls for HostTls {
    fn client(&self, extra_ca: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
        let tls = ringside_host::http::client_tls(extra_ca.or(self.extra_ca.as_deref()));
        tls.map_err(|error| match (extra_ca, error.field.as_deref()) {
            // As every kind's form calls it.
            (Some(_), Some("extra_ca")) => error.field("ca"),
            _ => error,
        })
    }
}

impl App {
    pub(crate) async fn phones_now(&self) -> Vec<PhoneDto> {
        let mut list = Vec::new();
        for entry in &self.settings_now().phones {
            list.push(self.shown_phone(entry).await);
        }
        list
    }

    async fn phone_now(&self, name: &str) -> Result<PhoneDto, ApiError> {
        Ok(self.shown_phone(&self.phone_entry(name)?).await)
    }

    fn phone_entry(&self, name: &str) -> Result<PhoneEntry, ApiError> {
        let settings = self.settings_now();
        let found = settings.phones.into_iter().find(|entry| key(&entry.name) == key(name));
        found.ok_or_else(|| ApiError {
            field: Some("name".to_owned()),
            ..ApiError::new("not_found", "there is no phone with this name").hint("`ringside phone list` lists them")
        })
    }

    /// Starts what the settings say, all phones at the same time, then tells windows how they are doing until the end.
    pub(crate) async fn run_phones(&self) {
        {
            let _turn = self.inner.phones.turn.lock().await;
            let settings = self.settings_now();
            // Whoever added or changed one before this came has started it: its calls are not to be lost once more.
            let waits =
                |entry: &&PhoneEntry| !uses_intake(&entry.kind) && self.inner.phones.line(&entry.name).is_none();
            let phones = settings.phones.iter().filter(waits);
            join_all(phones.map(|entry| self.start_phone(entry))).await;
        }
        let (stop, changed) = (self.stop_signal(), &self.inner.phones.heard.changed);
        let mut troubled = 0;
        loop {
            tokio::select! {
                () = changed.notified() => {}
                () = stop.clone() => return,
            }
            self.tell(Event::Phones);
            let now = self.inner.phones.troubled();
            if now != troubled {
                troubled = now;
                self.tell_status().await;
            }
            tokio::time::sleep(TELL).await;
        }
    }

    /// The phones that waited for the secret store, now that it may answer.
    pub(crate) async fn start_locked_phones(&self) {
        let phones = &self.inner.phones;
        let _turn = phones.turn.lock().await;
        let locked = |entry: &&PhoneEntry| phones.line(&entry.name).is_some_and(|line| line.is_locked_out());
        let settings = self.settings_now();
        join_all(
            settings
                .phones
                .iter()
                .filter(locked)
                .map(|entry| self.start_phone(entry)),
        )
        .await;
    }

    /// Runs this phone's source in place of the one that ran. Whatever is in its way is its state.
    async fn start_phone(&self, entry: &PhoneEntry) -> Arc<Line> {
        let phones = &self.inner.phones;
        phones.halt(&entry.name).await;
        let line = match self.phone_setup(entry).await {
            Ok((setup, pin)) => self.started(entry, setup, pin),
            Err(error) => Err(error),
        };
        let line = line.unwrap_or_else(|error| Arc::new(Line::stopped(Trouble::from(&error))));
        if let Some(before) = phones.put(&entry.name, Arc::clone(&line)) {
            before.stop().await;
        }
        phones.heard.changed.notify_one();
        line
    }

    fn started(&self, entry: &PhoneEntry, setup: Setup, pin: Option<Pin>) -> Result<Arc<Line>> {
        let phones = &self.inner.phones;
        // What is in the settings was tried before it came there.
        let kept = self.settings_now().phones.contains(entry);
        let setup = Setup { kept, ..setup };
        let mut built = kinds::build(&entry.kind, setup, &phones.parts)?;
        let credentials = Arc::clone(&self.inner.ports.credentials);
        let keeper = Keeper::new(credentials, entry, pin, built.pin.take());
        let sink = match self.inner.role {
            RoleDto::App => Some(self.inner.engine.sink()),
            // A command line tries a phone and goes: calls are the app's.
            RoleDto::CommandLine => None,
        };
        let sink = phones.heard.sink(Some(key(&entry.name)), sink);
        let changed = Arc::clone(&phones.heard);
        Ok(Line::start(
            built,
            keeper,
            sink,
            self.stop_signal(),
            &phones.parts.clock,
            move || {
                changed.changed.notify_one();
            },
        ))
    }
}

fn setup(entry: &PhoneEntry, secrets: BTreeMap<String, Secret>) -> Setup {
    Setup {
        source: SourceId::new(format!("phone/{}", entry.name)),
        parameters: entry.parameters.clone(),
        secrets,
        trust: if entry.trusted {
            Trust::Trusted
        } else {
            Trust::Unverified
        },
        grant: grant_name(&entry.name),
        kept: false,
        pin: None,
    }
}

fn known(kind: &str) -> Result<&'static PhoneKind> {
    kinds::kind(kind).ok_or_else(|| {
        Error::new(
            Kind::Unsupported,
            "start_phone",
            format!("this version of Ringside does not know phones of the kind \"{kind}\""),
        )
        .hint("Use the version that added it, or remove it")
    })
}

pub(crate) fn uses_intake(kind: &str) -> bool {
    kinds::kind(kind).is_some_and(|kind| kind.uses_intake)
}

/// What tells phones apart: their names without regard to case.
pub(crate) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}
