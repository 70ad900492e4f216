//! What signing in is made of, for a test: its own ports, each of which can be looked into.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    Clock, CredentialStore, Error, HttpAnswer, HttpRequest, HttpTransport, Kind, Now, Result, Steady, Timestamp,
    credentials::Secret,
};
use ringside_host::{
    OsRandom, OwnPorts, Web, WebOptions,
    sign_in::{Browser, OAuth, Parts},
};

pub struct House {
    pub sign_in: Arc<OAuth>,
    pub keyring: Arc<TestKeyring>,
    pub clock: Arc<TestClock>,
    pub http: Arc<TestHttp>,
    pub own_ports: OwnPorts,
    parts: Parts,
}

impl House {
    pub fn new(browser: impl Browser + 'static) -> Self {
        let keyring = Arc::new(TestKeyring::default());
        let clock = Arc::new(TestClock::default());
        let own_ports = OwnPorts::default();
        let options = WebOptions {
            own_ports: own_ports.clone(),
            ..WebOptions::default()
        };
        let http = Arc::new(TestHttp {
            web: Web::new(options).unwrap(),
            loses_answers: AtomicBool::new(false),
        });
        let parts = Parts {
            http: http.clone(),
            credentials: keyring.clone(),
            clock: clock.clone(),
            random: Arc::new(OsRandom),
            browser: Arc::new(browser),
            own_ports: own_ports.clone(),
        };
        Self {
            sign_in: Arc::new(OAuth::new(parts.clone())),
            keyring,
            clock,
            http,
            own_ports,
            parts,
        }
    }

    /// The program after a new start: nothing in memory, the same keyring.
    pub fn restarted(&mut self) {
        self.sign_in = Arc::new(OAuth::new(self.parts.clone()));
    }
}

#[derive(Default)]
pub struct TestKeyring {
    entries: Mutex<HashMap<String, Secret>>,
    pub locked: AtomicBool,
    pub writes: AtomicUsize,
}

impl TestKeyring {
    pub fn text(&self, name: &str) -> Option<String> {
        let entries = self.entries.lock().unwrap();
        entries
            .get(name)
            .map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap())
    }

    fn check(&self) -> Result<()> {
        if self.locked.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::KeyringLocked, "keep_secret", "the keyring is locked").hint("Unlock it"));
        }
        Ok(())
    }
}

#[async_trait]
impl CredentialStore for TestKeyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        self.check()?;
        Ok(self.entries.lock().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.check()?;
        self.entries.lock().unwrap().insert(name.to_owned(), secret);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.check()?;
        self.entries.lock().unwrap().remove(name);
        Ok(())
    }
}

/// Stands still until a test moves it. The wall says 2026-11-22T00:00:00Z.
#[derive(Default)]
pub struct TestClock(AtomicU64);

impl TestClock {
    pub fn pass(&self, time: Duration) {
        self.0
            .fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Now {
        let passed = self.0.load(Ordering::SeqCst);
        Now {
            wall: Timestamp(1_795_305_600_000 + i64::try_from(passed).unwrap()),
            steady: Steady(Duration::from_secs(1_000) + Duration::from_millis(passed)),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

/// The real web, which loses answers when a test wants it to.
pub struct TestHttp {
    web: Web,
    /// The answer is lost on its way: the deadline passes when the provider has done its part.
    pub loses_answers: AtomicBool,
}

#[async_trait]
impl HttpTransport for TestHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpAnswer> {
        assert_eq!(request.redirects, 0, "what changes something follows no redirect");
        let operation = request.operation;
        let answer = self.web.send(request).await;
        if self.loses_answers.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Timeout, operation, "no answer before the deadline").maybe_happened());
        }
        answer
    }
}
