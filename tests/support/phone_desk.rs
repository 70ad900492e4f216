//! A desk whose phones are real: sources as the app makes them, the real engine, the real store.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use ringside_connectors::address_book::AddressBookConnector;
use ringside_domain::{
    Call, CallEvent, ConnectionId, EventSink, Result, address_book::ADDRESS_BOOK, journal::CallPage, phone::Home,
};
use ringside_engine::{Config, Connection, Engine, Parts};
use ringside_host::{
    Keyring, OAuth, OsRandom, OwnPorts, Profile, SystemClock, Web, WebOptions, http::client_tls, sign_in,
};
use ringside_sources::kinds;
use ringside_store::{Store, StoreKey};
use rustls::ClientConfig;
use tokio::sync::oneshot;

use crate::phone::{Line, Phone};

/// Everything that a wire told must be known within this time, as the desk's stated time.
pub const KNOWN_WITHIN: Duration = Duration::from_secs(3);
/// So long nothing more may come of what is over.
const SETTLED: Duration = Duration::from_millis(250);

pub struct PhoneDesk {
    pub engine: Engine,
    store: Store,
    parts: kinds::Parts,
    told: Told,
}

/// What the sources said, a line each, for the words of a test that fails.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl PhoneDesk {
    /// Its journal is in memory.
    pub async fn new() -> Self {
        Self::with(Store::memory(Arc::new(SystemClock), Arc::new(OsRandom)).unwrap()).await
    }

    pub async fn on_file(path: &Path) -> Self {
        let key = StoreKey::from_bytes([7; 32]);
        let store = Store::open(path, key, Arc::new(SystemClock), Arc::new(OsRandom)).await;
        Self::with(store.unwrap()).await
    }

    async fn with(store: Store) -> Self {
        let book = AddressBookConnector::new(ConnectionId::new(ADDRESS_BOOK), "Address book", Arc::new(store.clone()));
        let parts = Parts {
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            journal: Arc::new(store.clone()),
            index: Arc::new(store.clone()),
            connections: vec![Connection {
                connector: Arc::new(book),
                logs_here: true,
                account: ADDRESS_BOOK.into(),
            }],
        };
        let config = Config {
            home: Home {
                region: "US".parse().ok(),
                ..Home::default()
            },
            ..Config::default()
        };
        Self {
            engine: Engine::start(parts, config).await.unwrap(),
            store,
            parts: of_the_world(),
            told: Told::default(),
        }
    }

    /// Looks names up at this name server.
    #[must_use]
    pub fn asking(mut self, dns: std::net::SocketAddr) -> Self {
        self.parts.dns = Some(dns);
        self
    }

    /// Sets a phone up and lets it run.
    #[must_use]
    pub fn listens(&self, line: Line) -> Phone {
        let built = kinds::build(line.kind, line.setup, &self.parts).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (mut source, told) = (built.source, self.told.clone());
        let sink = Box::new(Listening(self.engine.sink(), told));
        let stopped = stopped.map(|_| ()).boxed().shared();
        let run = tokio::spawn(async move { source.run(sink, stopped).await });
        Phone::new(built.state, stop, run)
    }

    /// The newest calls of the journal, newest first.
    pub async fn calls(&self) -> Vec<Call> {
        let page = CallPage {
            before: None,
            limit: 500,
            missed_only: false,
            not_logged_only: false,
            log: None,
            text: None,
        };
        let views = self.engine.calls(page).await.unwrap();
        views.into_iter().map(|view| view.call).collect()
    }

    /// Waits until the calls are as they should be; gives them, the oldest first.
    pub async fn sees(&self, what: &str, within: Duration, are: impl Fn(&[Call]) -> bool) -> Vec<Call> {
        let begin = Instant::now();
        loop {
            let mut calls = self.calls().await;
            calls.reverse();
            if are(&calls) {
                return calls;
            }
            assert!(
                begin.elapsed() < within,
                "{what}: not within {within:?}, but\n{}of\n{}",
                in_words(&calls),
                self.told()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many calls are over and none is open, and sees that nothing comes after that; the oldest first.
    pub async fn ended(&self, count: usize, within: Duration) -> Vec<Call> {
        let over = |calls: &[Call]| calls.len() >= count && calls.iter().all(|call| call.state.is_over());
        self.sees(&format!("{count} calls that are over"), within, over).await;
        tokio::time::sleep(SETTLED).await;
        let calls = self.sees("nothing more", Duration::ZERO, over).await;
        // Shown when the test fails on one of them.
        println!("{}", self.told());
        assert_eq!(
            calls.len(),
            count,
            "too many calls:\n{}of\n{}",
            in_words(&calls),
            self.told()
        );
        calls
    }

    /// Waits for one open call in this state (`ringing`, `answered`, `held`).
    pub async fn open(&self, state: &str) -> Call {
        self.open_in(&[state]).await
    }

    /// Waits for one open call in one of these states.
    pub async fn open_in(&self, states: &[&str]) -> Call {
        let what = format!("an open call, {}", states.join(" or "));
        let is = |call: &Call| states.contains(&call.state.code());
        let calls = self.sees(&what, KNOWN_WITHIN, |calls| calls.iter().any(is)).await;
        calls.into_iter().rfind(is).unwrap()
    }

    /// What the sources said so far.
    #[must_use]
    pub fn told(&self) -> String {
        self.told.0.lock().unwrap().clone()
    }

    pub async fn close(self) {
        self.engine.stop().await;
        self.store.close().await;
    }
}

/// What a call is, in a line; for a test's words only.
#[must_use]
pub fn in_words(calls: &[Call]) -> String {
    let line = |call: &Call| {
        let (direction, state, source) = (call.direction.code(), call.state.code(), call.source.as_str());
        format!(
            "  {direction} {state} {:?} talked {:?} by {source}\n",
            call.remote.reading, call.talked
        )
    };
    calls.iter().map(line).collect()
}

/// The ports of the sources, on this computer.
fn of_the_world() -> kinds::Parts {
    let clock = Arc::new(SystemClock);
    let web = Arc::new(Web::new(WebOptions::default()).unwrap());
    let parts = sign_in::Parts {
        http: web.clone(),
        credentials: Arc::new(Keyring::new(&Profile::default())),
        clock: clock.clone(),
        random: Arc::new(OsRandom),
        browser: Arc::new(sign_in::SystemBrowser),
        own_ports: OwnPorts::default(),
    };
    kinds::Parts {
        clock,
        random: Arc::new(OsRandom),
        http: web,
        sign_in: Arc::new(OAuth::new(parts)),
        tls: Arc::new(SystemTls),
        dns: None,
    }
}

/// In a night, only the newest of it is kept.
const LONGEST_TOLD: usize = 64 * 1024;

struct Listening(Box<dyn EventSink>, Told);

impl EventSink for Listening {
    fn event(&self, event: CallEvent) {
        let CallEvent {
            source,
            key,
            change,
            replay,
            replaces,
            at,
            ..
        } = &event;
        let id = event.provider_call_id.as_deref().unwrap_or("no id");
        let wall = at.wall.0;
        let line = format!("  {wall} {source} {key} ({id}): {change:?}, replay {replay}, replaces {replaces:?}\n");
        let mut told = self.1.0.lock().unwrap();
        if told.len() > LONGEST_TOLD {
            told.clear();
        }
        told.push_str(&line);
        drop(told);
        self.0.event(event);
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(Self(self.0.clone_box(), self.1.clone()))
    }
}

struct SystemTls;

impl kinds::Tls for SystemTls {
    fn client(&self, extra_ca: Option<&Path>) -> Result<Arc<ClientConfig>> {
        client_tls(extra_ca)
    }
}
