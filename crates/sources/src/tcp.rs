//! What the sources on one plain TCP or TLS connection share: where their server is, and how the connection is kept up.

use std::{fmt, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{
    CallEvent, CallSource, Clock, Error, EventSink, Kind, Note, Now, Random, Result, Retry, SourceId, SourceState,
    Steady, Stop, Trouble,
};
use tokio::time::sleep;

use crate::{
    dial::{Failure, Secure, Stream, Why, dial},
    health::Health,
    kinds::{Built, Parts},
};

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that lasted so long was a good one: the pauses begin anew.
const HELD: Duration = Duration::from_secs(30);
/// How often is looked whether the computer slept.
const TICK: Duration = Duration::from_secs(2);
/// A tick that comes so much too late: the computer slept, or this process stood still.
const SLEPT: Duration = Duration::from_secs(5);
const OPERATION: &str = "connect_phone";

/// A server as a person wrote it: `pbx.example.com`, `192.0.2.1:5038`, `[::1]:4444`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    pub host: String,
    pub port: u16,
}

impl Server {
    /// `None`: this can be no host and port.
    pub fn parse(text: &str, usual_port: u16) -> Option<Self> {
        let text = text.trim();
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self {
                host: ip.to_string(),
                port: usual_port,
            });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port != 0)?),
            None => (text, usual_port),
        };
        let host = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']')?.parse::<IpAddr>().ok()?.to_string(),
            None => host.to_owned(),
        };
        let is_name = |host: &str| {
            let fits = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
            !host.is_empty() && host.len() <= 253 && host.chars().all(fits)
        };
        (host.parse::<IpAddr>().is_ok() || is_name(&host)).then_some(Self { host, port })
    }

    /// Whether what is said to it stays on this computer.
    pub fn is_here(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// Dials, over TLS when there is a configuration for it; the certificate must be for the host as it is written here.
    ///
    /// # Errors
    /// As [`Failure::error`] says. All but a host that no certificate can be for are worth trying again: the next network
    /// may be another one.
    pub async fn dial(&self, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Box<dyn Stream>> {
        let secure = tls.map(|config| Secure {
            name: &self.host,
            config,
        });
        let dialled = dial((self.host.as_str(), self.port), secure).await;
        dialled.map(|dialled| dialled.stream).map_err(|failure| {
            let why = failure.why;
            let error = failure.error(OPERATION, &self.to_string(), None);
            match why {
                Why::NoName => error.field("server"),
                Why::UnknownAuthority => error.retry(Retry::Later).field("ca"),
                _ if why.is_of_tls() => error.retry(Retry::Later).field("server"),
                _ => error,
            }
        })
    }

    /// A connection to it broke: `closed`, unless the system knows that it was not the server that ended it.
    pub fn broke(&self, error: io::Error, closed: Error) -> Error {
        let failure = Failure::from(error);
        match failure.why {
            Why::Silent | Why::NoWay => failure.error(OPERATION, &self.to_string(), None),
            _ => closed.because(failure),
        }
    }

    /// It did not answer in time.
    pub fn silent(&self, doing: &str) -> Error {
        Error::new(Kind::Timeout, OPERATION, format!("{self} did not answer while {doing}"))
            .hint("Check that the server runs, and that no firewall is in between")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What happens on a connection, and the calls that it tells of.
#[async_trait]
pub(crate) trait Talk: Send {
    /// Connects and tells of calls until it is to stop (`Ok`) or the connection breaks; says by itself when it is ready.
    /// Dropping it closes the connection and loses nothing that was heard.
    async fn talk(&mut self, to: &Listener<'_>) -> Result<()>;
    /// For how long calls may go on unseen while there is no connection: the next one may find them again.
    fn patience(&self) -> Duration;
    /// Nobody will tell how the open calls end.
    fn all_lost(&mut self, at: Now) -> Vec<CallEvent>;
}

/// To whom a connection tells.
pub(crate) struct Listener<'a> {
    pub stop: &'a Stop,
    sink: &'a dyn EventSink,
    health: &'a Health,
    clock: &'a dyn Clock,
}

impl Listener<'_> {
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    pub fn tell(&self, events: impl IntoIterator<Item = CallEvent>) {
        events.into_iter().for_each(|event| self.sink.event(event));
    }

    pub fn ready(&self, notes: Vec<Note>) {
        self.health.set(SourceState::Ready { notes });
    }
}

/// The source that keeps this connection up.
pub(crate) fn kept_up(talk: impl Talk + 'static, source: SourceId, parts: &Parts) -> Built {
    let (health, state) = Health::new();
    Built {
        source: Box::new(KeptUp {
            source,
            talk,
            health,
            clock: parts.clock.clone(),
            random: parts.random.clone(),
        }),
        state,
        pin: None,
    }
}

struct KeptUp<T> {
    source: SourceId,
    talk: T,
    health: Health,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

#[async_trait]
impl<T: Talk> CallSource for KeptUp<T> {
    fn id(&self) -> SourceId {
        self.source.clone()
    }

    async fn run(&mut self, sink: Box<dyn EventSink>, stop: Stop) -> Result<()> {
        let to = Listener {
            stop: &stop,
            sink: &*sink,
            health: &self.health,
            clock: &*self.clock,
        };
        keep_up(&mut self.talk, &*self.random, &to).await
    }
}

/// Talks, and begins again after growing pauses, until it is to stop or only a person can help.
///
/// A computer that wakes talks anew at once: the server may have given the old connection up, and what is still under way on
/// it tells of calls that rang long ago.
///
/// # Errors
/// What [`Talk::talk`] ended with, when trying again by itself cannot help.
async fn keep_up(talk: &mut dyn Talk, random: &dyn Random, to: &Listener<'_>) -> Result<()> {
    let mut pause = SHORTEST_PAUSE;
    let mut unseen_since: Option<Steady> = None;
    loop {
        to.health.set(SourceState::Connecting);
        let began = to.now().steady;
        let broke = tokio::select! {
            biased;
            () = wakes(to.clock) => None,
            talked = talk.talk(to) => match talked {
                Ok(()) => {
                    to.health.set(SourceState::Off);
                    return Ok(());
                }
                Err(error) => Some(error),
            },
        };
        let now = to.now();
        if to.health.is_ready() {
            unseen_since = None;
        }
        let stops = |error: &Error| matches!(error.retry, Retry::Never | Retry::AfterPerson);
        let for_good = broke.as_ref().is_some_and(stops);
        if for_good || unseen_since.is_some_and(|since| now.steady.since(since) >= talk.patience()) {
            to.tell(talk.all_lost(now));
        }
        unseen_since.get_or_insert(now.steady);
        let Some(error) = broke else {
            tracing::info!("the computer slept: the connection to a phone's server is made anew");
            pause = SHORTEST_PAUSE;
            continue;
        };
        tracing::warn!(%error, "the connection to a phone's server ended");
        if for_good {
            to.health.stopped(Trouble::from(&error));
            return Err(error);
        }
        if now.steady.since(began) >= HELD {
            pause = SHORTEST_PAUSE;
        }
        let after = match error.retry {
            Retry::After(wish) => wish.max(pause),
            _ => with_jitter(pause, random),
        };
        to.health.set(SourceState::Retrying {
            trouble: Trouble::from(&error),
            after,
        });
        tokio::select! {
            biased;
            () = to.stop.clone() => {
                to.health.set(SourceState::Off);
                return Ok(());
            }
            () = rest(to.clock, after) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Resolves when the computer slept, and never while it does not.
async fn wakes(clock: &dyn Clock) {
    loop {
        let before = clock.now().steady;
        sleep(TICK).await;
        if clock.now().steady.since(before) > TICK + SLEPT {
            return;
        }
    }
}

/// Until this much time passed, sleep of the computer included.
pub(crate) async fn rest(clock: &dyn Clock, pause: Duration) {
    let until = Steady(clock.now().steady.0 + pause);
    loop {
        let left = until.since(clock.now().steady);
        if left.is_zero() {
            return;
        }
        sleep(left.min(TICK)).await;
    }
}

/// Up to a quarter less, so that not all who lost a server come back in the same moment.
fn with_jitter(pause: Duration, random: &dyn Random) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    pause - pause / 4 * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use futures_util::FutureExt;
    use ringside_domain::{CallEvent, Now, Timestamp};
    use tokio::time::Instant;

    use super::*;

    /// Tokio's own time, and what the computer slept.
    struct Slept(Instant, Mutex<Duration>);

    impl Clock for Slept {
        fn now(&self) -> Now {
            Now {
                wall: Timestamp(0),
                steady: Steady(self.0.elapsed() + *self.1.lock().unwrap()),
            }
        }

        fn zone(&self) -> String {
            "UTC".to_owned()
        }
    }

    impl Random for Slept {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[derive(Clone)]
    struct Deaf;

    impl EventSink for Deaf {
        fn event(&self, _event: CallEvent) {}

        fn clone_box(&self) -> Box<dyn EventSink> {
            Box::new(self.clone())
        }
    }

    /// A server that hangs up, or is not there.
    struct Quiet<'a> {
        /// Before it hangs up, it has told all it knows.
        first_is_ready: bool,
        /// It does not hang up.
        stays: bool,
        talks: &'a AtomicUsize,
        lost: &'a AtomicUsize,
    }

    #[async_trait]
    impl Talk for Quiet<'_> {
        async fn talk(&mut self, to: &Listener<'_>) -> Result<()> {
            let is_first = self.talks.fetch_add(1, SeqCst) == 0;
            if self.stays || (is_first && self.first_is_ready) {
                to.ready(Vec::new());
            }
            if !self.stays {
                return Err(Error::new(Kind::Unavailable, OPERATION, "nobody is there"));
            }
            to.stop.clone().await;
            Ok(())
        }

        fn patience(&self) -> Duration {
            Duration::from_secs(60)
        }

        fn all_lost(&mut self, _at: Now) -> Vec<CallEvent> {
            self.lost.fetch_add(1, SeqCst);
            Vec::new()
        }
    }

    /// Keeps it up while this goes on, then stops it.
    async fn meanwhile(mut quiet: Quiet<'_>, clock: &Slept, does: impl Future<Output = ()>) {
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let stop: Stop = end.map(|_| ()).boxed().shared();
        let (health, _state) = Health::new();
        let to = Listener {
            stop: &stop,
            sink: &Deaf,
            health: &health,
            clock,
        };
        let does = async {
            does.await;
            drop(ended);
        };
        let (kept, ()) = tokio::join!(keep_up(&mut quiet, clock, &to), does);
        kept.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_computer_that_wakes_talks_anew_at_once() {
        for stays in [true, false] {
            let clock = Slept(Instant::now(), Mutex::default());
            let (talks, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let quiet = Quiet {
                first_is_ready: false,
                stays,
                talks: &talks,
                lost: &lost,
            };
            meanwhile(quiet, &clock, async {
                // Long enough for the longest pause, in the middle of which it goes to sleep.
                sleep(Duration::from_secs(600)).await;
                let before = talks.load(SeqCst);
                if stays {
                    assert_eq!(before, 1, "without sleep nothing happens");
                }
                *clock.1.lock().unwrap() += Duration::from_secs(3_600);
                sleep(TICK + TICK).await;
                assert_eq!(talks.load(SeqCst), before + 1);
                if stays {
                    assert_eq!(lost.load(SeqCst), 0, "the next connection may find its calls again");
                }
            })
            .await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_lost_when_nobody_told_of_them_for_too_long() {
        let clock = Slept(Instant::now(), Mutex::default());
        let (talks, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let quiet = Quiet {
            first_is_ready: true,
            stays: false,
            talks: &talks,
            lost: &lost,
        };
        meanwhile(quiet, &clock, async {
            // It breaks at once, and is tried again after 1, 3, 7, 15, 31 and 63 seconds.
            sleep(Duration::from_secs(62)).await;
            assert_eq!((talks.load(SeqCst), lost.load(SeqCst)), (6, 0));
            sleep(Duration::from_secs(4)).await;
            assert_eq!((talks.load(SeqCst), lost.load(SeqCst)), (7, 1));
        })
        .await;
    }

    #[test]
    fn servers_as_people_write_them() {
        for (text, shown, here) in [
            ("127.0.0.1:4444", "127.0.0.1:4444", true),
            (" localhost ", "localhost:5038", true),
            ("::1", "[::1]:5038", true),
            ("[2001:db8::1]:7", "[2001:db8::1]:7", false),
            ("pbx.example.com:5039", "pbx.example.com:5039", false),
            ("localhost.example.com", "localhost.example.com:5038", false),
        ] {
            let server = Server::parse(text, 5038).unwrap();
            assert_eq!((server.to_string().as_str(), server.is_here()), (shown, here));
        }
        for text in [
            "",
            ":1",
            "pbx:0",
            "pbx:65536",
            "pbx:x",
            "a b",
            "http://pbx",
            "[::1",
            "user@pbx",
            "pbx/x",
            "[pbx]:1",
        ] {
            assert_eq!(Server::parse(text, 5038), None, "{text}");
        }
    }
}
