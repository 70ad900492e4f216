//! A secret store that a test can lock, and a profile in a folder of its own.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod asterisk;
pub mod baresip;
pub mod crm;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_app::{
    App, Folders, Ports, Start, StartOptions,
    host::{OsRandom, OwnPorts, SystemClock, sign_in::Browser},
};
use ringside_domain::{CredentialStore, Error, Kind, Result, Url, credentials::Secret};
use ringside_ipc::status::RoleDto;
use tokio::sync::{Notify, Semaphore};

#[derive(Default)]
pub struct Secrets {
    kept: Mutex<HashMap<String, Vec<u8>>>,
    mood: AtomicU8,
    waits: Mutex<Option<Arc<Waits>>>,
}

/// A question that waits, as behind a prompt of the desktop.
pub struct Waits {
    name: String,
    /// It has come.
    pub came: Notify,
    /// It may go on.
    pub go: Semaphore,
}

#[derive(Clone, Copy, PartialEq)]
#[repr(u8)]
pub enum Mood {
    Well = 0,
    Locked = 1,
    /// Answers only with its deadline, as a hung service does.
    Hung = 2,
    /// Takes everything and keeps nothing.
    Forgetful = 3,
    /// Gives, and takes nothing.
    ReadOnly = 4,
}

impl Secrets {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub fn be(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }

    pub fn text(&self, name: &str) -> Option<String> {
        self.kept
            .lock()
            .unwrap()
            .get(name)
            .map(|bytes| String::from_utf8(bytes.clone()).unwrap())
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.kept.lock().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    pub fn put(&self, name: &str, text: &str) {
        self.kept
            .lock()
            .unwrap()
            .insert(name.to_owned(), text.as_bytes().to_vec());
    }

    pub fn lose(&self, name: &str) {
        self.kept.lock().unwrap().remove(name);
    }

    /// From now on whoever reads or writes this name waits.
    pub fn let_wait(&self, name: &str) -> Arc<Waits> {
        let waits = Arc::new(Waits {
            name: name.to_owned(),
            came: Notify::new(),
            go: Semaphore::new(0),
        });
        *self.waits.lock().unwrap() = Some(waits.clone());
        waits
    }

    async fn wait(&self, name: &str) {
        let waits = self.waits.lock().unwrap().clone();
        if let Some(waits) = waits.filter(|waits| waits.name == name) {
            waits.came.notify_one();
            waits.go.acquire().await.unwrap().forget();
        }
    }

    async fn answer(&self, writes: bool) -> Result<()> {
        let mood = self.mood.load(Ordering::SeqCst);
        if mood == Mood::Hung as u8 {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        if mood == Mood::Locked as u8 || mood == Mood::Hung as u8 || (writes && mood == Mood::ReadOnly as u8) {
            return Err(Error::new(Kind::KeyringLocked, "keyring", "the secret store is locked").hint("Unlock it"));
        }
        Ok(())
    }
}

#[async_trait]
impl CredentialStore for Secrets {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        self.wait(name).await;
        self.answer(false).await?;
        Ok(self.kept.lock().unwrap().get(name).cloned().map(Secret::new))
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.wait(name).await;
        self.answer(true).await?;
        if self.mood.load(Ordering::SeqCst) != Mood::Forgetful as u8 {
            self.kept
                .lock()
                .unwrap()
                .insert(name.to_owned(), secret.expose().to_vec());
        }
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.answer(true).await?;
        self.kept.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A computer without a browser.
pub struct NoBrowser;

#[async_trait]
impl Browser for NoBrowser {
    async fn open(&self, _: &Url) -> Result<()> {
        Err(Error::new(Kind::Unavailable, "sign_in", "no browser could be opened"))
    }
}

/// A profile that ends with the test.
pub struct House {
    pub root: tempfile::TempDir,
    pub folders: Folders,
    pub secrets: Arc<Secrets>,
}

impl House {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path(), "test".parse().unwrap()).unwrap();
        Self {
            root,
            folders,
            secrets: Secrets::new(),
        }
    }

    pub fn options(&self, role: RoleDto) -> StartOptions {
        let ports = Ports {
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            credentials: self.secrets.clone(),
            browser: Arc::new(NoBrowser),
            own_ports: OwnPorts::default(),
        };
        StartOptions {
            folders: self.folders.clone(),
            role,
            rehearsal: false,
            extra: Vec::new(),
            ports,
        }
    }

    pub async fn own(&self) -> App {
        match ringside_app::start(self.options(RoleDto::App)).await.unwrap() {
            Start::Owner(app) => app,
            Start::Taken(_) => panic!("somebody else owns the profile"),
        }
    }
}

/// Asks until it is so, for at most five seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still not so: {what}");
}
