//! The connection to the gateway: TCP, our own TLS, and the WebSocket on it.
//!
//! The address holds a token: neither it nor an error that quotes it becomes text.

use std::{sync::Arc, time::Duration};

use ringside_domain::{Error, Kind, Result, Retry, Url, http::host_of};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error as WsError, protocol::WebSocketConfig},
};

use super::wire::LONGEST_MESSAGE;
use crate::{
    dial::{Failure, Secure, Stream, Why, dial, trusted},
    kinds::Tls,
};

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

const OPERATION: &str = "ringcentral";

/// From the name to the WebSocket.
const DEADLINE: Duration = Duration::from_secs(15);

/// Connects to an address that passed the host rules.
pub(super) async fn open(address: &Url, tls: Arc<dyn Tls>) -> Result<Socket> {
    let host = host_of(address).unwrap_or_default();
    tokio::time::timeout(DEADLINE, connect(address, &host, tls))
        .await
        .unwrap_or_else(|_| {
            let message = format!("{host} did not answer within {} seconds", DEADLINE.as_secs());
            Err(Error::new(Kind::Timeout, OPERATION, message).hint("Check the network"))
        })
}

async fn connect(address: &Url, host: &str, tls: Arc<dyn Tls>) -> Result<Socket> {
    let port = address.port_or_known_default().unwrap_or(443);
    let secure = match address.scheme() {
        "wss" => Some(Secure {
            name: host,
            config: trusted(tls, None, OPERATION).await?,
        }),
        _ => None,
    };
    let dialled = dial((host, port), secure).await;
    let wire = dialled.map_err(|failure| in_words(host, failure))?.stream;
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

/// Nothing here is a setting of the person's: it is the network that is in the way, and the next one may not be.
fn in_words(host: &str, failure: Failure) -> Error {
    let why = failure.why;
    let mut error = failure.error(OPERATION, host, None);
    if why.is_of_tls() {
        error.kind = Kind::Unavailable;
        error.retry = Retry::Later;
        return error.hint("If your company looks into connections, its certificate must be trusted by this computer");
    }
    match why {
        Why::Closed => error,
        _ => error.hint("Check the network"),
    }
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
        let error = Error::new(Kind::Unavailable, OPERATION, message);
        return match pause {
            Some(pause) => error.retry(Retry::After(pause.min(Duration::from_secs(3600)))),
            None => error,
        };
    }
    Error::new(Kind::Unavailable, OPERATION, format!("{host} did not open a WebSocket"))
        .hint("If this stays, ask your admin whether the network lets WebSockets through")
}
