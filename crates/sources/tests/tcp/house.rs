//! What the sources on a TCP connection need of the world, and somebody who listens to them.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::FutureExt;
use ringside_domain::{
    CallEvent, Change, Clock, Error, EventSink, HttpAnswer, HttpRequest, HttpTransport, Kind, Now, Random, Result,
    SignIn, SourceId, SourceState, Steady, Stop, Timestamp, Trust,
    credentials::Secret,
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
    source::Trouble,
};
use ringside_sources::kinds::{self, Parts, Setup, Tls};
use tokio::sync::{mpsc, oneshot, watch};

/// Nobody waits for longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A source that runs.
pub struct Running {
    pub events: mpsc::UnboundedReceiver<CallEvent>,
    pub state: watch::Receiver<SourceState>,
    slept: Arc<Mutex<Duration>>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<Result<()>>,
}

impl Running {
    pub fn start(kind: &str, parameters: &[(&str, &str)], secrets: &[(&str, &str)], tls: Arc<dyn Tls>) -> Self {
        let slept = Arc::new(Mutex::new(Duration::ZERO));
        let mut built = build_with(kind, parameters, secrets, tls, slept.clone()).unwrap();
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let stop_signal: Stop = stopped.map(|_| ()).boxed().shared();
        let task = tokio::spawn(async move { built.source.run(Box::new(Heard(sender)), stop_signal).await });
        Self {
            events,
            state: built.state,
            slept,
            stop: Some(stop),
            task,
        }
    }

    /// The computer sleeps: all that is seen of it is that the port's clock is further on.
    pub fn sleeps(&self, by: Duration) {
        *self.slept.lock().unwrap() += by;
    }

    pub async fn event(&mut self) -> CallEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event
            .unwrap_or_else(|_| panic!("no event; {:?}", *self.state.borrow()))
            .unwrap()
    }

    /// The next event is of this change.
    pub async fn hears(&mut self, change: Change) -> CallEvent {
        let event = self.event().await;
        assert_eq!(event.change, change, "{event:?}");
        event
    }

    pub async fn until(&mut self, is_it: impl FnMut(&SourceState) -> bool) -> SourceState {
        let mut state = self.state.clone();
        let waited = tokio::time::timeout(PATIENCE, state.wait_for(is_it)).await;
        match waited {
            Ok(state) => state.unwrap().clone(),
            Err(_) => panic!("it never came to that: {:?}", *self.state.borrow()),
        }
    }

    pub async fn until_ready(&mut self) -> SourceState {
        self.until(|state| matches!(state, SourceState::Ready { .. })).await
    }

    pub async fn until_trouble(&mut self) -> Trouble {
        let state = self
            .until(|state| matches!(state, SourceState::Retrying { .. } | SourceState::Stopped { .. }))
            .await;
        match state {
            SourceState::Retrying { trouble, .. } | SourceState::Stopped { trouble } => trouble,
            other => panic!("{other:?}"),
        }
    }

    /// Stops it, as the application does, and says how it ended.
    pub async fn stop(mut self) -> Result<()> {
        drop(self.stop.take());
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }

    /// How it ended by itself.
    pub async fn ended(self) -> Result<()> {
        let ended = tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
        drop(self.stop);
        ended
    }
}

pub fn build(
    kind: &str,
    parameters: &[(&str, &str)],
    secrets: &[(&str, &str)],
    tls: Arc<dyn Tls>,
) -> Result<kinds::Built> {
    build_with(kind, parameters, secrets, tls, Arc::default())
}

fn build_with(
    kind: &str,
    parameters: &[(&str, &str)],
    secrets: &[(&str, &str)],
    tls: Arc<dyn Tls>,
    slept: Arc<Mutex<Duration>>,
) -> Result<kinds::Built> {
    let setup = Setup {
        source: SourceId::new("desk"),
        parameters: owned(parameters),
        secrets: secrets
            .iter()
            .map(|(name, secret)| ((*name).to_owned(), Secret::new(*secret)))
            .collect(),
        trust: Trust::Trusted,
        grant: "phone/desk/grant".to_owned(),
        kept: false,
        pin: None,
    };
    let parts = Parts {
        clock: Arc::new(TestClock(Instant::now(), slept)),
        random: Arc::new(Zeros),
        http: Arc::new(Nobody),
        sign_in: Arc::new(Nobody),
        tls,
        dns: None,
    };
    kinds::build(kind, setup, &parts)
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// Whether a program that a test needs is there. Where it is missing the test says so and passes, unless
/// RINGSIDE_REQUIRE_DESKTOP is set, as it is in `./dev test`.
pub fn is_installed(program: &str, package: &str) -> bool {
    let found = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"]
        .into_iter()
        .any(|folder| Path::new(folder).join(program).exists());
    if !found {
        let words = format!("this test needs {program}: install {package}");
        assert!(std::env::var_os("RINGSIDE_REQUIRE_DESKTOP").is_none(), "{words}");
        println!("skipped: {words}");
    }
    found
}

struct Heard(mpsc::UnboundedSender<CallEvent>);

impl EventSink for Heard {
    fn event(&self, event: CallEvent) {
        let _ = self.0.send(event);
    }

    fn clone_box(&self) -> Box<dyn EventSink> {
        Box::new(Self(self.0.clone()))
    }
}

struct TestClock(Instant, Arc<Mutex<Duration>>);

impl Clock for TestClock {
    fn now(&self) -> Now {
        Now {
            wall: Timestamp(1_700_000_000_000),
            steady: Steady(self.0.elapsed() + *self.1.lock().unwrap()),
        }
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// The ports that these sources have no use for.
pub struct Nobody;

fn nobody<T>() -> Result<T> {
    Err(Error::new(Kind::Unsupported, "test", "nobody is to be asked"))
}

impl Tls for Nobody {
    fn client(&self, _extra_ca: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
        nobody()
    }
}

#[async_trait]
impl HttpTransport for Nobody {
    async fn send(&self, _request: HttpRequest) -> Result<HttpAnswer> {
        nobody()
    }
}

#[async_trait]
impl SignIn for Nobody {
    async fn authorize(&self, _ask: Authorize) -> Result<Redirected> {
        nobody()
    }

    async fn token(&self, _ask: TokenRequest) -> Result<Grant> {
        nobody()
    }

    async fn keep(&self, _name: &str, _grant: Grant) -> Result<()> {
        nobody()
    }

    async fn kept(&self, _name: &str) -> Result<Option<Grant>> {
        nobody()
    }

    async fn refresh(&self, _name: &str, _stale: &Grant, _ask: TokenRequest) -> Result<Grant> {
        nobody()
    }

    async fn forget(&self, _name: &str) -> Result<()> {
        nobody()
    }

    fn state(&self) -> String {
        unreachable!()
    }
}
