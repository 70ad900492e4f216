//! What the sources on one plain TCP or TLS connection share: where their server is, how it is dialled, and how the
//! connection is kept up.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{Error, EventSink, Kind, Random, Result, Retry, SourceState, Stop, Trouble};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::health::Health;

/// To find the server, connect and shake hands.
const DIAL_DEADLINE: Duration = Duration::from_secs(8);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that lasted so long was a good one: the pauses begin anew.
const HELD: Duration = Duration::from_secs(30);
const OPERATION: &str = "connect_phone";

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

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
    /// [`Kind::Unavailable`], [`Kind::Timeout`], and [`Kind::Forbidden`] for a certificate that proves nothing. All of them
    /// are worth trying again: the next network may be another one.
    pub async fn dial(&self, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Box<dyn Stream>> {
        let dialled = timeout(DIAL_DEADLINE, async {
            let stream = TcpStream::connect((self.host.as_str(), self.port))
                .await
                .map_err(|error| self.unreachable(error))?;
            let _ = stream.set_nodelay(true);
            let Some(config) = tls else {
                return Ok::<Box<dyn Stream>, Error>(Box::new(stream));
            };
            let name = ServerName::try_from(self.host.clone()).map_err(|error| {
                Error::new(
                    Kind::Invalid,
                    OPERATION,
                    format!("{self} is no name that a certificate can be for"),
                )
                .because(error)
            })?;
            let stream = TlsConnector::from(config).connect(name, stream).await;
            Ok(Box::new(stream.map_err(|error| self.no_tls(error))?))
        });
        dialled.await.map_err(|_| self.silent("connecting"))?
    }

    /// It did not answer in time.
    pub fn silent(&self, doing: &str) -> Error {
        Error::new(Kind::Timeout, OPERATION, format!("{self} did not answer while {doing}"))
            .hint("Check that the server runs, and that no firewall is in between")
    }

    fn unreachable(&self, error: io::Error) -> Error {
        let (reason, hint) = match error.kind() {
            ErrorKind::ConnectionRefused => (
                "nothing listens there".to_owned(),
                "Check the address and the port, and that the program runs",
            ),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => (
                "there is no way to it".to_owned(),
                "Check whether this computer is online or needs its VPN",
            ),
            _ => {
                let words = error.to_string();
                let words = words
                    .strip_prefix("failed to lookup address information: ")
                    .unwrap_or(&words);
                (
                    words.to_owned(),
                    "Check the name, and whether this computer is online or needs its VPN",
                )
            }
        };
        Error::new(
            Kind::Unavailable,
            OPERATION,
            format!("{self} cannot be reached: {reason}"),
        )
        .hint(hint)
        .because(error)
    }

    fn no_tls(&self, error: io::Error) -> Error {
        use rustls::CertificateError as Bad;

        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let (kind, reason, hint) = match inner {
            Some(rustls::Error::InvalidCertificate(bad)) => match bad {
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => (
                    Kind::Forbidden,
                    "its certificate is for another name",
                    "Use the name that the certificate is for",
                ),
                // A server that was installed anew has an authority of the old name with another key.
                Bad::UnknownIssuer | Bad::BadSignature => (
                    Kind::Forbidden,
                    "nobody that this computer trusts signed its certificate",
                    "Ask the admin for the certificate of the authority, and set it as certificate file",
                ),
                Bad::Expired | Bad::ExpiredContext { .. } => (
                    Kind::Forbidden,
                    "its certificate has expired",
                    "Tell the admin, and check this computer's clock",
                ),
                _ => (
                    Kind::Forbidden,
                    "its certificate is not valid",
                    "Tell the admin of the server",
                ),
            },
            Some(rustls::Error::InvalidMessage(_)) => (
                Kind::Unavailable,
                "what answers there does not speak TLS",
                "Check the port: the one for TLS is another than the one for clear text",
            ),
            _ => (
                Kind::Unavailable,
                "the encrypted connection was refused",
                "Check that TLS is switched on at the server, and the port",
            ),
        };
        Error::new(kind, OPERATION, format!("no safe connection to {self}: {reason}"))
            .hint(hint)
            .retry(Retry::Later)
            .field("server")
            .because(error)
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
    /// Connects and hears of calls until `stop` resolves (`Ok`) or the connection breaks; sets Ready by itself.
    async fn talk(&mut self, sink: &dyn EventSink, stop: &Stop) -> Result<()>;
    /// The connection broke, or could not be made again, and `for_good` it won't be: what to tell of the calls that were
    /// open.
    fn lost(&mut self, for_good: bool, sink: &dyn EventSink);
}

/// For how long a connection has been away: calls go on meanwhile, and may be found again.
#[derive(Debug, Default)]
pub(crate) struct Away(Option<Instant>);

impl Away {
    pub fn is_over(&mut self) {
        self.0 = None;
    }

    /// Whether it has been too long by now. The moment when the connection breaks never is.
    pub fn exceeds(&mut self, patience: Duration) -> bool {
        match self.0 {
            Some(since) => since.elapsed() >= patience,
            None => {
                self.0 = Some(Instant::now());
                false
            }
        }
    }
}

/// Talks, and begins again after growing pauses, until `stop` resolves or only a person can help.
///
/// # Errors
/// What [`Talk::talk`] ended with, when trying again by itself cannot help.
pub(crate) async fn keep_up(
    talk: &mut dyn Talk,
    health: &Health,
    random: &dyn Random,
    sink: &dyn EventSink,
    stop: &Stop,
) -> Result<()> {
    let mut pause = SHORTEST_PAUSE;
    loop {
        health.set(SourceState::Connecting);
        let began = Instant::now();
        let talked = talk.talk(sink, stop).await;
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
        if began.elapsed() >= HELD {
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
            () = sleep(after) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
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

    use super::*;

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
