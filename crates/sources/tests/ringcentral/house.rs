//! What a source is made of, for a test: the real web, the real sign-in, and ports that can be looked into.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::{FutureExt, future::BoxFuture};
use ringside_domain::{
    CallEvent, Clock, CredentialStore, EventSink, Now, Result, SourceId, SourceState, Steady, Stop, Timestamp, Trust,
    credentials::Secret, sign_in::Grant,
};
use ringside_host::{
    OsRandom, OwnPorts, Web, WebOptions,
    sign_in::{OAuth, Parts as SignInParts},
};
use ringside_sources::kinds::{self, Parts, Setup, Tls};
use ringside_tests::ringcentral::{CLIENT, Fake, Mood, Person};
use tokio::{sync::watch, task::JoinHandle};

pub const GRANT: &str = "phone/ringcentral/grant";

pub struct House {
    pub fake: Fake,
    pub parts: Parts,
    pub setup: Setup,
    pub keyring: Arc<TestKeyring>,
    pub told: Told,
}

/// A source that runs.
pub struct Running {
    pub state: watch::Receiver<SourceState>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    task: JoinHandle<Result<()>>,
}

impl House {
    pub fn new(fake: Fake) -> Self {
        Self::trusting(fake, None)
    }

    /// Trusts this authority besides the system's.
    pub fn trusting(fake: Fake, ca: Option<PathBuf>) -> Self {
        let options = WebOptions {
            extra_ca: ca.clone(),
            ..WebOptions::default()
        };
        let http = Arc::new(Web::new(options).unwrap());
        let clock = Arc::new(TestClock(Instant::now()));
        let keyring = Arc::new(TestKeyring::default());
        let sign_in = OAuth::new(SignInParts {
            http: http.clone(),
            credentials: keyring.clone(),
            clock: clock.clone(),
            random: Arc::new(OsRandom),
            browser: Arc::new(Person::at(&fake, Mood::Agrees)),
            own_ports: OwnPorts::default(),
        });
        let parameters = [("client_id", CLIENT.to_owned()), ("server", fake.server())];
        let setup = Setup {
            source: SourceId::new("phone/ringcentral"),
            parameters: BTreeMap::from(parameters.map(|(name, value)| (name.to_owned(), value))),
            secrets: BTreeMap::new(),
            trust: Trust::Trusted,
            grant: GRANT.to_owned(),
            kept: false,
            pin: None,
        };
        let parts = Parts {
            clock,
            random: Arc::new(OsRandom),
            http,
            sign_in: Arc::new(sign_in),
            tls: Arc::new(TestTls(ca)),
            dns: None,
        };
        Self {
            fake,
            parts,
            setup,
            keyring,
            told: Told::default(),
        }
    }

    /// As after an earlier sign-in, with the access token still good.
    pub async fn signed_in(&self) {
        let granted = self.fake.grant();
        let secret = |name: &str| Secret::new(granted[name].as_str().unwrap());
        let owner = granted["owner_id"]
            .as_str()
            .map(|id| ("owner_id".to_owned(), id.to_owned()));
        let grant = Grant {
            access: secret("access_token"),
            refresh: Some(secret("refresh_token")),
            expires_in: granted["expires_in"].as_u64().map(Duration::from_secs),
            expired: false,
            members: owner.into_iter().collect(),
        };
        self.parts.sign_in.keep(GRANT, grant).await.unwrap();
    }

    pub fn run(&self) -> Running {
        let built = kinds::build("ringcentral", self.setup.clone(), &self.parts).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stopped: BoxFuture<'static, ()> = stopped.map(drop).boxed();
        let stopped: Stop = stopped.shared();
        let (mut source, sink) = (built.source, Box::new(self.told.clone()));
        Running {
            state: built.state,
            stop: Some(stop),
            task: tokio::spawn(async move { source.run(sink, stopped).await }),
        }
    }
}

impl Running {
    pub async fn until(&mut self, what: impl FnMut(&SourceState) -> bool) -> SourceState {
        let waited = tokio::time::timeout(Duration::from_secs(20), self.state.wait_for(what));
        waited.await.expect("a state in time").unwrap().clone()
    }

    pub async fn ready(&mut self) {
        self.until(|state| matches!(state, SourceState::Ready { .. })).await;
    }

    pub async fn stopped(mut self) -> Result<()> {
        drop(self.stop.take());
        self.ended().await
    }

    /// It ends by itself.
    pub async fn ended(self) -> Result<()> {
        let _keep = self.stop;
        tokio::time::timeout(Duration::from_secs(20), self.task)
            .await
            .expect("an end in time")
            .unwrap()
    }
}

/// Trusts the system, and this authority.
pub struct TestTls(pub Option<PathBuf>);

impl Tls for TestTls {
    fn client(&self, extra_ca: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
        ringside_host::http::client_tls(extra_ca.or(self.0.as_deref()))
    }
}

/// Goes as the real one does, from 2026-11-22T00:00:00Z on.
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Now {
        let passed = self.0.elapsed();
        Now {
            wall: Timestamp(1_795_305_600_000).plus(passed),
            steady: Steady(Duration::from_secs(1_000) + passed),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

#[derive(Default)]
pub struct TestKeyring(Mutex<BTreeMap<String, Secret>>);

impl TestKeyring {
    pub fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

#[async_trait]
impl CredentialStore for TestKeyring {
    async fn get(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }

    async fn set(&self, name: &str, secret: Secret) -> Result<()> {
        self.0.lock().unwrap().insert(name.to_owned(), secret);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// What the source said.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<CallEvent>>>);

impl Told {
    /// The next `count` events, waited for.
    pub async fn next(&self, count: usize) -> Vec<CallEvent> {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while self.0.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{count} events, not {:?}", self.0.lock().unwrap());
        self.0.lock().unwrap().drain(..).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

impl EventSink for Told {
    fn event(&self, event: CallEvent) {
        self.0.lock().unwrap().push(event);
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(self.clone())
    }
}
