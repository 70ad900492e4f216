//! What the sources on one plain TCP or TLS connection share: where their server is, and how the connection is kept up.

use std::{fmt, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use ringside_domain::{Clock, Error, EventSink, Kind, Random, Result, Retry, SourceState, Steady, Stop, Trouble};
use tokio::time::sleep;

use crate::{
    dial::{Failure, Secure, Stream, Why, dial},
    health::Health,
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

/// What happens on a connection.
#[async_trait]
pub(crate) trait Talk: Send {
    /// Connects and hears of calls until `stop` resolves (`Ok`) or the connection breaks; sets Ready by itself. Dropping it
    /// closes the connection and loses nothing that was heard.
    async fn talk(&mut self, sink: &dyn EventSink, stop: &Stop) -> Result<()>;
    /// The connection broke, or could not be made again, and `for_good` it won't be: what to tell of the calls that were
    /// open.
    fn lost(&mut self, for_good: bool, sink: &dyn EventSink);
}

/// For how long a connection has been away: calls go on meanwhile, and may be found again.
#[derive(Debug, Default)]
pub(crate) struct Away(Option<Steady>);

impl Away {
    pub fn is_over(&mut self) {
        self.0 = None;
    }

    /// Whether it has been too long by now. The moment when the connection breaks never is.
    pub fn exceeds(&mut self, patience: Duration, now: Steady) -> bool {
        match self.0 {
            Some(since) => now.since(since) >= patience,
            None => {
                self.0 = Some(now);
                false
            }
        }
    }
}

/// Talks, and begins again after growing pauses, until `stop` resolves or only a person can help.
///
/// A computer that wakes talks anew at once: the server may have given the old connection up, and what is still under way on
/// it tells of calls that rang long ago.
///
/// # Errors
/// What [`Talk::talk`] ended with, when trying again by itself cannot help.
pub(crate) async fn keep_up(
    talk: &mut dyn Talk,
    health: &Health,
    clock: &dyn Clock,
    random: &dyn Random,
    sink: &dyn EventSink,
    stop: &Stop,
) -> Result<()> {
    let mut pause = SHORTEST_PAUSE;
    loop {
        health.set(SourceState::Connecting);
        let began = clock.now().steady;
        let talked = tokio::select! {
            biased;
            () = wakes(clock) => {
                tracing::info!("the computer slept: the connection to a phone's server is made anew");
                talk.lost(false, sink);
                pause = SHORTEST_PAUSE;
                continue;
            }
            talked = talk.talk(sink, stop) => talked,
        };
        let Err(error) = talked else {
            health.set(SourceState::Off);
            return Ok(());
        };
        tracing::warn!(%error, "the connection to a phone's server ended");
        let for_good = matches!(error.retry, Retry::Never | Retry::AfterPerson);
        talk.lost(for_good, sink);
        if for_good {
            health.stopped(Trouble::from(&error));
            return Err(error);
        }
        if clock.now().steady.since(began) >= HELD {
            pause = SHORTEST_PAUSE;
        }
        let after = match error.retry {
            Retry::After(wish) => wish.max(pause),
            _ => with_jitter(pause, random),
        };
        health.set(SourceState::Retrying {
            trouble: Trouble::from(&error),
            after,
        });
        tokio::select! {
            biased;
            () = stop.clone() => {
                health.set(SourceState::Off);
                return Ok(());
            }
            () = rest(clock, after) => {}
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
async fn rest(clock: &dyn Clock, pause: Duration) {
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

    /// A server that is there, and one that is not.
    struct Quiet<'a> {
        is_there: bool,
        talks: &'a AtomicUsize,
        lost: &'a AtomicUsize,
    }

    #[async_trait]
    impl Talk for Quiet<'_> {
        async fn talk(&mut self, _sink: &dyn EventSink, stop: &Stop) -> Result<()> {
            self.talks.fetch_add(1, SeqCst);
            if !self.is_there {
                return Err(Error::new(Kind::Unavailable, OPERATION, "nobody is there"));
            }
            stop.clone().await;
            Ok(())
        }

        fn lost(&mut self, for_good: bool, _sink: &dyn EventSink) {
            assert!(!for_good);
            self.lost.fetch_add(1, SeqCst);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_computer_that_wakes_talks_anew_at_once() {
        for is_there in [true, false] {
            let clock = Slept(Instant::now(), Mutex::default());
            let (talks, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let mut quiet = Quiet {
                is_there,
                talks: &talks,
                lost: &lost,
            };
            let (ended, end) = tokio::sync::oneshot::channel::<()>();
            let stop: Stop = end.map(|_| ()).boxed().shared();
            let (health, _state) = Health::new();
            let wake = async {
                // Long enough for the longest pause, in the middle of which it goes to sleep.
                sleep(Duration::from_secs(600)).await;
                let before = talks.load(SeqCst);
                if is_there {
                    assert_eq!((before, lost.load(SeqCst)), (1, 0), "without sleep nothing happens");
                }
                *clock.1.lock().unwrap() += Duration::from_secs(3_600);
                sleep(TICK + TICK).await;
                assert_eq!(talks.load(SeqCst), before + 1);
                assert_eq!(lost.load(SeqCst), if is_there { 1 } else { before + 1 });
                drop(ended);
            };
            let (kept, ()) = tokio::join!(keep_up(&mut quiet, &health, &clock, &clock, &Deaf, &stop), wake);
            kept.unwrap();
        }
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
