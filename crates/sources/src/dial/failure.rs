//! What can be in the way of a connection, in words that name the server and the reason.

use std::{fmt, io};

use ringside_domain::{Error, Kind};

/// What was in the way of a connection, or ended it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub why: Why,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// No name server knows it, or none answers.
    NoHost,
    NoWay,
    Refused,
    Closed,
    /// Nothing came back in time, or not any more.
    Silent,
    /// It took the connection, and says nothing: it waits for clear text, or is overloaded.
    SilentTls,
    NoTls,
    NoCommonTls,
    /// The host can be in no certificate.
    NoName,
    OtherName,
    UnknownAuthority,
    Expired,
    NotYetValid,
    BadCertificate,
    /// The system's own words say it best.
    Other,
}

impl Why {
    /// Whether the server was reached, but can't be trusted or understood.
    pub fn is_of_tls(self) -> bool {
        matches!(self, Self::NoTls | Self::NoCommonTls) || self.is_of_certificate()
    }

    pub fn is_of_certificate(self) -> bool {
        matches!(
            self,
            Self::OtherName | Self::UnknownAuthority | Self::Expired | Self::NotYetValid | Self::BadCertificate
        )
    }
}

impl Failure {
    pub fn new(why: Why, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            why,
            source: Some(source.into()),
        }
    }

    /// The error for a server called `server`; `over` says how it was dialled, where a person chose that.
    ///
    /// [`Kind::Unavailable`], [`Kind::Timeout`], [`Kind::Forbidden`] for a certificate that proves nothing, and
    /// [`Kind::Invalid`] for a host that can have none.
    pub fn error(self, operation: &'static str, server: &str, over: Option<&str>) -> Error {
        let over = over.map(|way| format!(" over {way}")).unwrap_or_default();
        let unreachable = |reason: &str| (Kind::Unavailable, format!("{server} cannot be reached{over}: {reason}"));
        let untrusted = |reason: &str| (Kind::Forbidden, format!("{server} shows a certificate {reason}"));
        let ((kind, words), hint) = match self.why {
            Why::NoHost => (
                unreachable("its name can't be found"),
                "Check the name, and whether this computer is online or needs its VPN",
            ),
            Why::NoWay => (
                unreachable("there is no way to it"),
                "Check whether this computer is online or needs its VPN",
            ),
            Why::Refused => (
                unreachable("nothing listens there"),
                "Check the address and the port, and that the program runs",
            ),
            Why::Other => (
                unreachable(&self.system_words()),
                "Check the network, and the address of the server",
            ),
            Why::Closed => (
                (Kind::Unavailable, format!("{server} closed the connection{over}")),
                "Ringside connects again by itself",
            ),
            Why::Silent => (
                (Kind::Timeout, format!("{server} does not answer{over}")),
                "Check that the server runs, and that no firewall is in between",
            ),
            Why::SilentTls => (
                (
                    Kind::Timeout,
                    format!("{server} takes the connection, but does not answer with TLS"),
                ),
                "Check the port: the one for TLS is another than the one for clear text",
            ),
            Why::NoTls => (
                (Kind::Unavailable, format!("{server} does not speak TLS on this port")),
                "Check the port: the one for TLS is another than the one for clear text",
            ),
            Why::NoCommonTls => (
                (
                    Kind::Unavailable,
                    format!("{server} and this computer found no way to encrypt"),
                ),
                "Tell your admin: TLS 1.2 or newer is needed",
            ),
            Why::NoName => (
                (
                    Kind::Invalid,
                    format!("{server} is no name that a certificate can be for"),
                ),
                "Use the server's name as your admin gave it to you",
            ),
            Why::OtherName => (
                untrusted("for another name"),
                "Use the server's name as it is in its certificate; your admin knows it",
            ),
            Why::UnknownAuthority => (
                untrusted("of an authority that this computer does not know"),
                "Ask your admin for the authority's certificate, and name its file in the settings",
            ),
            Why::Expired => (
                untrusted("that has expired"),
                "Tell your admin, and check this computer's date",
            ),
            Why::NotYetValid => (untrusted("that is not valid yet"), "Check this computer's date"),
            Why::BadCertificate => (untrusted("that is not good"), "Tell your admin"),
        };
        let error = Error::new(kind, operation, words).hint(hint);
        match self.source {
            Some(source) => error.because(source),
            None => error,
        }
    }

    /// They know nothing of what was said on the connection.
    fn system_words(&self) -> String {
        let system = self
            .source
            .as_ref()
            .and_then(|source| source.downcast_ref::<io::Error>());
        match system.filter(|error| error.raw_os_error().is_some()) {
            Some(error) => {
                let words = error.to_string();
                let end = words.rfind(" (os error").unwrap_or(words.len());
                words[..end].to_owned()
            }
            None => "the connection failed".to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => source.fmt(f),
            None => write!(f, "{:?}", self.why),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Why> for Failure {
    fn from(why: Why) -> Self {
        Self { why, source: None }
    }
}

/// What the system says on the way to a server, and of a connection that broke.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::ConnectionRefused => Why::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                Why::NoWay
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Why::Closed,
            io::ErrorKind::TimedOut => Why::Silent,
            _ => Why::Other,
        };
        Self::new(why, error)
    }
}
