//! From an address to a connection, with words for everything that can be in the way.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use ringside_domain::{Error, Kind, Result, Retry};
use rustls::{CertificateError, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UdpSocket},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{
    kinds::Tls,
    sip::settings::{CA, Settings, Transport},
};

/// For the connection, and once more for the handshake of TLS.
const DEADLINE: Duration = Duration::from_secs(5);
pub(super) const OPERATION: &str = "watch_sip";

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// TCP, or TLS with the name checked that the person typed, whatever SRV made of it (RFC 5922 §4).
pub(super) async fn stream(
    settings: &Settings,
    tls: &Arc<dyn Tls>,
    to: SocketAddr,
    transport: Transport,
) -> Result<(Box<dyn Stream>, SocketAddr)> {
    let server = settings.server_name();
    let connecting = timeout(DEADLINE, TcpStream::connect(to)).await;
    let stream = connecting
        .map_err(|_| no_answer(&server, transport))?
        .map_err(|error| unreachable(&server, transport, error))?;
    // A message is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let local = stream
        .local_addr()
        .map_err(|error| unreachable(&server, transport, error))?;
    if transport != Transport::Tls {
        return Ok((Box::new(stream), local));
    }
    let (tls, ca) = (tls.clone(), settings.ca.clone());
    let config = tokio::task::spawn_blocking(move || tls.client(ca.as_deref()))
        .await
        .map_err(|error| Error::new(Kind::Internal, OPERATION, "TLS could not be started").because(error))?
        .map_err(named_ca)?;
    let name = ServerName::try_from(settings.host.clone()).map_err(|error| {
        Error::new(
            Kind::Invalid,
            OPERATION,
            format!("No certificate can name {}", settings.host),
        )
        .hint("Use the server's name as your admin gave it to you")
        .field(settings.host_field)
        .because(error)
    })?;
    let shaking = timeout(DEADLINE, TlsConnector::from(config).connect(name, stream)).await;
    match shaking.map_err(|_| silent(&server))? {
        Ok(stream) => Ok((Box::new(stream), local)),
        Err(error) => Err(no_handshake(settings, error)),
    }
}

/// A socket on a fresh port that hears this one server only. While nobody listens there, the system says so at once.
pub(super) async fn datagrams(settings: &Settings, to: SocketAddr) -> Result<(UdpSocket, SocketAddr)> {
    let any: SocketAddr = if to.is_ipv4() {
        ([0; 4], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let opening = async {
        let socket = UdpSocket::bind(any).await?;
        socket.connect(to).await?;
        let local = socket.local_addr()?;
        Ok((socket, local))
    };
    opening
        .await
        .map_err(|error: io::Error| unreachable(&settings.server_name(), Transport::Udp, error))
}

/// Words for an error of the system on the way to the server, or of a connection that broke.
pub(super) fn unreachable(server: &str, transport: Transport, error: io::Error) -> Error {
    let way = transport.name();
    let (words, hint) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("{server} refuses the connection over {way}"),
            "The server is down, or listens elsewhere: check the server and the connection in your phone's settings",
        ),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => (
            format!("There is no way to {server}"),
            "Check the network, and the VPN if you need one",
        ),
        io::ErrorKind::TimedOut => return no_answer(server, transport),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => (
            format!("{server} closed the connection over {way}"),
            "Ringside connects again by itself",
        ),
        _ => (
            format!("{server} can't be reached over {way}"),
            "Check the network, and the server in your phone's settings",
        ),
    };
    Error::new(Kind::Unavailable, OPERATION, words)
        .hint(hint)
        .because(error)
}

pub(super) fn no_answer(server: &str, transport: Transport) -> Error {
    Error::new(
        Kind::Timeout,
        OPERATION,
        format!("{server} does not answer over {}", transport.name()),
    )
    .hint("Check the server and the connection in your phone's settings; a firewall may be in the way")
}

/// It took the connection, and says nothing: it waits for SIP in clear text, or is overloaded.
fn silent(server: &str) -> Error {
    Error::new(
        Kind::Timeout,
        OPERATION,
        format!("{server} takes the connection, but does not answer with TLS"),
    )
    .hint("TLS has a port of its own, most often 5061; check the server's port")
}

fn no_handshake(settings: &Settings, error: io::Error) -> Error {
    let (server, host) = (&settings.server_name(), &settings.host);
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .cloned();
    let Some(inner) = inner else {
        return match error.kind() {
            // A port that speaks SIP in clear text hangs up on the handshake.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => no_tls(server).because(error),
            _ => unreachable(server, Transport::Tls, error),
        };
    };
    let not_good = |words: String| Error::new(Kind::Invalid, OPERATION, words).retry(Retry::AfterPerson);
    match &inner {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                not_good(format!("The certificate of {server} is for another name than {host}"))
                    .hint("Use the server's name as it is in its certificate; your admin knows it")
                    .field(settings.host_field)
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                not_good(format!("The certificate of {server} has expired"))
                    .hint("Tell your admin; and check this computer's date")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                not_good(format!("The certificate of {server} is not valid yet")).hint("Check this computer's date")
            }
            // The second one: an authority of the same name that has another key by now.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => not_good(format!(
                "The certificate of {server} is signed by an authority that this computer does not know"
            ))
            .hint("Ask your admin for the authority's certificate, and name its file in the settings")
            .field(CA),
            _ => not_good(format!("The certificate of {server} is not good")).hint("Tell your admin"),
        },
        rustls::Error::InvalidMessage(_) => no_tls(server),
        _ => not_good(format!("{server} and this computer found no way to encrypt"))
            .hint("Tell your admin: TLS 1.2 or newer is needed"),
    }
    .because(inner)
}

fn no_tls(server: &str) -> Error {
    Error::new(
        Kind::Invalid,
        OPERATION,
        format!("{server} does not speak TLS on this port"),
    )
    .retry(Retry::AfterPerson)
    .hint("TLS has a port of its own, most often 5061; if your server has no TLS, choose another connection")
    .field("transport")
}

/// The port calls its field by another name than our form.
fn named_ca(mut error: Error) -> Error {
    if error.field.as_deref() == Some("extra_ca") {
        error.field = Some(CA.to_owned());
    }
    error
}
