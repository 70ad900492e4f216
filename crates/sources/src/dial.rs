//! From an address to a connection, over TCP or TLS, for every source that dials: within a deadline, with a dead link
//! noticed within a minute, and with words for whatever is in the way.
//!
//! A [`Failure`] is not an error yet: each source knows its own settings' names, and which failures only a person can mend.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use ringside_domain::{Error, Kind, Result};
use rustls::{CertificateError, ClientConfig, pki_types::ServerName};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, ToSocketAddrs, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

mod failure;

pub(crate) use failure::{Failure, Why};

use crate::kinds::Tls;

/// For finding the name, for each of its addresses, and for the handshake.
const STEP: Duration = Duration::from_secs(5);
/// For all of it: a name can have many addresses.
const DEADLINE: Duration = Duration::from_secs(15);
/// How long what we said may stay unacknowledged. What is said on a dead link before the probes below give it up after 30 s
/// is given up 30 s later, which keeps all of it within a minute; SIP, which speaks every 25 s, needs 55 s at the most.
/// Shorter, and a computer that changes its Wi-Fi would lose good connections.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);
/// A link on which nothing is said is asked by the system: after this long without a sign of the other side,
const QUIET: Duration = Duration::from_secs(20);
/// so often,
const PROBE: Duration = Duration::from_secs(5);
/// and so many times in vain.
const PROBES: u32 = 2;

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Dialled {
    pub stream: Box<dyn Stream>,
    /// Our end.
    pub local: SocketAddr,
}

pub(crate) struct Secure<'a> {
    /// What the certificate must be for: the host as the person wrote it, whatever address it led to.
    pub name: &'a str,
    pub config: Arc<ClientConfig>,
}

/// Connects, and shakes hands when there is somebody to prove.
pub(crate) async fn dial(to: impl ToSocketAddrs, secure: Option<Secure<'_>>) -> Result<Dialled, Failure> {
    let dialled = timeout(DEADLINE, async {
        let stream = connect(to).await?;
        let local = stream.local_addr()?;
        let stream: Box<dyn Stream> = match secure {
            Some(secure) => Box::new(shake_hands(stream, secure).await?),
            None => Box::new(stream),
        };
        Ok(Dialled { stream, local })
    });
    dialled.await.unwrap_or_else(|_| Err(Why::Silent.into()))
}

/// What this computer trusts, and the certificate in this file, which forms call `ca`. It reads the disk, off the loop.
///
/// # Errors
/// [`Kind::Invalid`], field `ca`, for a file that holds no certificate, and what [`Tls::client`] says.
pub(crate) async fn trusted(
    tls: Arc<dyn Tls>,
    ca: Option<PathBuf>,
    operation: &'static str,
) -> Result<Arc<ClientConfig>> {
    let is_ours = ca.is_some();
    let read = tokio::task::spawn_blocking(move || tls.client(ca.as_deref())).await;
    read.map_err(|error| {
        let words = "the certificates of this computer could not be read";
        Error::new(Kind::Internal, operation, words).because(error)
    })?
    // The port calls its field by another name than the forms.
    .map_err(|error| match error.field.as_deref() {
        Some("extra_ca") if is_ours => error.field("ca"),
        _ => error,
    })
}

async fn connect(to: impl ToSocketAddrs) -> Result<TcpStream, Failure> {
    let found = timeout(STEP, lookup_host(to)).await.map_err(|_| Why::NoHost)?;
    let found = found.map_err(|error| Failure::new(Why::NoHost, error))?;
    let mut failure: Option<Failure> = None;
    for address in found {
        let failed = match timeout(STEP, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A message is one write; waiting for more would only delay it.
                let _ = stream.set_nodelay(true);
                if let Err(error) = give_up_dead_links(&stream) {
                    tracing::debug!(%error, "a dead link will be noticed late");
                }
                return Ok(stream);
            }
            Ok(Err(error)) => error.into(),
            Err(_) => Why::Silent.into(),
        };
        // That a network without IPv6 has no way to one address says little about the others.
        if failure.as_ref().is_none_or(|first| first.why == Why::NoWay) {
            failure = Some(failed);
        }
    }
    Err(failure.unwrap_or_else(|| Why::NoHost.into()))
}

/// A cable that is pulled, a laptop that moves, a NAT that forgets, a server without power: none of them says goodbye.
///
/// Linux does not probe while something of ours is under way, and would repeat that for a quarter of an hour: there
/// TCP_USER_TIMEOUT ends what stays unacknowledged, ours and its own probes. The others have keep-alive only: macOS probes
/// then too, and Windows gives up by itself after five repetitions (TcpMaxDataRetransmissions).
fn give_up_dead_links(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    #[cfg(not(target_os = "linux"))]
    let _ = UNACKNOWLEDGED;
    let probes = TcpKeepalive::new()
        .with_time(QUIET)
        .with_interval(PROBE)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)
}

async fn shake_hands(
    stream: TcpStream,
    secure: Secure<'_>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
    let name = ServerName::try_from(secure.name.to_owned()).map_err(|error| Failure::new(Why::NoName, error))?;
    let shaking = TlsConnector::from(secure.config).connect(name, stream);
    let shaken = timeout(STEP, shaking).await.map_err(|_| Why::SilentTls)?;
    shaken.map_err(no_handshake)
}

fn no_handshake(error: io::Error) -> Failure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let why = match inner {
        Some(rustls::Error::InvalidCertificate(bad)) => match bad {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Why::OtherName,
            // The second one: an authority of the same name that has another key by now.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Why::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Why::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Why::NotYetValid,
            _ => Why::BadCertificate,
        },
        Some(rustls::Error::InvalidMessage(_)) => Why::NoTls,
        Some(_) => Why::NoCommonTls,
        None => match Failure::from(error) {
            // A port for clear text hangs up on the handshake.
            Failure { why: Why::Closed, .. } => return Why::NoTls.into(),
            failure => return failure,
        },
    };
    Failure::new(why, error)
}

#[cfg(test)]
mod tests;
