//! From an address to SIP's connection, in the words of its form.

use std::{io, net::SocketAddr, sync::Arc};

use ringside_domain::{Error, Kind, Result, Retry};
use tokio::net::UdpSocket;

use crate::{
    dial::{Dialled, Failure, Secure, Why, dial, trusted},
    kinds::Tls,
    sip::settings::{CA, Settings, Transport},
};

pub(super) const OPERATION: &str = "watch_sip";

/// TCP, or TLS with the name checked that the person typed, whatever SRV made of it (RFC 5922 §4).
pub(super) async fn stream(
    settings: &Settings,
    tls: &Arc<dyn Tls>,
    to: SocketAddr,
    transport: Transport,
) -> Result<Dialled> {
    let secure = match transport {
        Transport::Tls => Some(Secure {
            name: &settings.host,
            config: trusted(tls.clone(), settings.ca.clone(), OPERATION).await?,
        }),
        _ => None,
    };
    let dialled = dial(to, secure).await;
    dialled.map_err(|failure| {
        let field = match failure.why {
            Why::NoName | Why::OtherName => Some(settings.host_field),
            Why::UnknownAuthority => Some(CA),
            Why::NoTls => Some("transport"),
            _ => None,
        };
        let error = in_words(&settings.server_name(), transport, failure);
        match field {
            Some(field) => error.field(field),
            None => error,
        }
    })
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
    in_words(server, transport, error.into())
}

pub(super) fn no_answer(server: &str, transport: Transport) -> Error {
    in_words(server, transport, Why::Silent.into())
}

fn in_words(server: &str, transport: Transport, failure: Failure) -> Error {
    let why = failure.why;
    let mut error = failure.error(OPERATION, server, Some(transport.name()));
    if why.is_of_tls() {
        // Only a person can mend it, unless it worked before: the subscription knows.
        error.kind = Kind::Invalid;
        error.retry = Retry::AfterPerson;
    }
    match why {
        Why::Refused => error.hint(
            "The server is down, or listens elsewhere: check the server and the connection in your phone's settings",
        ),
        Why::Silent => {
            error.hint("Check the server and the connection in your phone's settings; a firewall may be in the way")
        }
        Why::SilentTls => error.hint("TLS has a port of its own, most often 5061; check the server's port"),
        Why::NoTls => error
            .hint("TLS has a port of its own, most often 5061; if your server has no TLS, choose another connection"),
        Why::Other => error.hint("Check the network, and the server in your phone's settings"),
        _ => error,
    }
}
