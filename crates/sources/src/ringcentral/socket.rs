//! The connection to the gateway: TCP, our own TLS, and the WebSocket on it.
//!
//! The address holds a token: neither it nor an error that quotes it becomes text.

use std::{io, sync::Arc, time::Duration};

use ringside_domain::{Error, Kind, Result, Retry, Url, http::host_of};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error as WsError, protocol::WebSocketConfig},
};

use super::wire::LONGEST_MESSAGE;
use crate::kinds::Tls;

pub(super) type Socket = WebSocketStream<Box<dyn Wire>>;

/// From the name to the WebSocket.
const DEADLINE: Duration = Duration::from_secs(15);

pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Connects to an address that passed the host rules.
pub(super) async fn open(address: &Url, tls: Arc<dyn Tls>) -> Result<Socket> {
    let host = host_of(address).unwrap_or_default();
    tokio::time::timeout(DEADLINE, connect(address, &host, tls))
        .await
        .unwrap_or_else(|_| {
            let message = format!("{host} did not answer within {} seconds", DEADLINE.as_secs());
            Err(Error::new(Kind::Timeout, "ringcentral", message).hint("Check the network"))
        })
}

async fn connect(address: &Url, host: &str, tls: Arc<dyn Tls>) -> Result<Socket> {
    let port = address.port_or_known_default().unwrap_or(443);
    let stream = TcpStream::connect((host, port)).await.map_err(|error| {
        let message = format!("{host} cannot be reached: {}", in_words(&error));
        Error::new(Kind::Unavailable, "ringcentral", message).hint("Check the network")
    })?;
    // Small messages, each of which is waited for.
    let _ = stream.set_nodelay(true);
    let wire: Box<dyn Wire> = if address.scheme() == "wss" {
        Box::new(encrypted(stream, host, tls).await?)
    } else {
        Box::new(stream)
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    match client_async_with_config(address.as_str(), wire, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(refused(host, &error)),
    }
}

async fn encrypted(
    stream: TcpStream,
    host: &str,
    tls: Arc<dyn Tls>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>> {
    // It reads the disk.
    let config = tokio::task::spawn_blocking(move || tls.client(None))
        .await
        .map_err(|error| {
            Error::new(
                Kind::Internal,
                "ringcentral",
                "the certificates of this computer could not be read",
            )
            .because(error)
        })??;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Error::new(
            Kind::Invalid,
            "ringcentral",
            "the name of the RingCentral gateway is not one",
        )
    })?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        let certificate = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .is_some_and(|error| matches!(error, rustls::Error::InvalidCertificate(_)));
        let message = if certificate {
            format!("the certificate of {host} is not one that this computer trusts for that name")
        } else {
            format!("no encrypted connection to {host}: {}", in_words(&error))
        };
        Error::new(Kind::Unavailable, "ringcentral", message)
            .hint("If your company looks into connections, its certificate must be trusted by this computer")
    })
}

fn refused(host: &str, error: &WsError) -> Error {
    if let WsError::Http(answer) = error {
        let status = answer.status().as_u16();
        let message = format!("{host} refused the connection for calls (status {status})");
        let pause = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(Duration::from_secs);
        let error = Error::new(Kind::Unavailable, "ringcentral", message);
        return match pause {
            Some(pause) => error.retry(Retry::After(pause.min(Duration::from_secs(3600)))),
            None => error,
        };
    }
    Error::new(
        Kind::Unavailable,
        "ringcentral",
        format!("{host} did not open a WebSocket"),
    )
}

/// The words of the system, which know nothing of what was sent.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "it takes no connection".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof => "it closed the connection".to_owned(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => "there is no way to it".to_owned(),
        io::ErrorKind::TimedOut => "it does not answer".to_owned(),
        _ if error.raw_os_error().is_none() => "its name or its answer cannot be made out".to_owned(),
        kind => kind.to_string(),
    }
}
