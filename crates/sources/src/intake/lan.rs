//! The way in from the local network, for desk phones: opened by choice, on one address of this computer, never on all.
//!
//! Action URLs are clear text, so whoever listens in the network sees calls and token. What holds all the same: the token is
//! good for one phone, from the address it first came from, and it can do nothing but report a call.

use std::{
    fmt,
    net::{IpAddr, SocketAddr, UdpSocket},
    str::FromStr,
    time::Duration,
};

use ringside_domain::{Error, Kind, source::Trouble};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep_until},
};

/// An address that is gone, because the computer moved to another network, is looked for again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// An address that only neighbours can reach: private, link-local, unique local, or this computer itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanAddress(IpAddr);

impl LanAddress {
    /// # Errors
    /// [`Kind::Invalid`], field `intake_lan`, for an address that the whole internet could reach, or all addresses at once.
    pub fn new(address: IpAddr) -> Result<Self, Error> {
        let near = match address {
            IpAddr::V4(four) => four.is_private() || four.is_link_local() || four.is_loopback(),
            IpAddr::V6(six) => six.is_unique_local() || six.is_unicast_link_local() || six.is_loopback(),
        };
        if near {
            Ok(Self(address))
        } else {
            Err(refused("this is not an address of a local network"))
        }
    }

    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }
}

impl FromStr for LanAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let address = text.trim().trim_start_matches('[').trim_end_matches(']');
        let address = address.parse().map_err(|_| refused("this is not an IP address"))?;
        Self::new(address)
    }
}

impl fmt::Display for LanAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn refused(why: &'static str) -> Error {
    Error::new(Kind::Invalid, "open_intake", why)
        .hint("Give the address that this computer has in your network, such as 192.168.1.20")
        .field("intake_lan")
}

/// How the way in from the local network is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LanState {
    #[default]
    Off,
    Listening(IpAddr),
    /// It can't be opened now; it is tried again by itself.
    Waiting(Trouble),
}

/// The listener on the address in the local network, opened when the address is there and given up when it is gone.
pub(super) struct Door {
    address: Option<LanAddress>,
    port: u16,
    listener: Option<TcpListener>,
    look: Instant,
}

impl Door {
    pub(super) fn new(address: Option<LanAddress>, port: u16) -> Self {
        Self {
            address,
            port,
            listener: None,
            look: Instant::now(),
        }
    }

    /// The next connection, with the address it came to. Never comes when there is no address. May be dropped and called
    /// again.
    pub(super) async fn accept(&mut self, tell: impl Fn(LanState)) -> std::io::Result<(TcpStream, SocketAddr, IpAddr)> {
        let Some(LanAddress(address)) = self.address else {
            return std::future::pending().await;
        };
        loop {
            let Some(listener) = &self.listener else {
                sleep_until(self.look).await;
                self.look = Instant::now() + LOOK_AGAIN;
                match TcpListener::bind((address, self.port)).await {
                    Ok(listener) => {
                        self.listener = Some(listener);
                        tell(LanState::Listening(address));
                    }
                    Err(error) => tell(LanState::Waiting(trouble(address, self.port, &error))),
                }
                continue;
            };
            tokio::select! {
                accepted = listener.accept() => return accepted.map(|(stream, peer)| (stream, peer, address)),
                () = sleep_until(self.look) => {
                    self.look = Instant::now() + LOOK_AGAIN;
                    // A listener on an address that is gone hears nothing and says nothing.
                    if let Err(error) = UdpSocket::bind((address, 0)) {
                        self.listener = None;
                        tell(LanState::Waiting(trouble(address, self.port, &error)));
                    }
                }
            }
        }
    }
}

fn trouble(address: IpAddr, port: u16, error: &std::io::Error) -> Trouble {
    let (kind, why, hint) = match error.kind() {
        std::io::ErrorKind::AddrInUse => (
            Kind::Conflict,
            format!("another program on this computer uses port {port} on {address}"),
            "Close that program, or set another port and copy the lines into your phones again",
        ),
        std::io::ErrorKind::AddrNotAvailable => (
            Kind::Unavailable,
            format!("this computer has not the address {address} now"),
            "Phones in the local network can report again when it is back in that network. If its address changed for good, \
             set the new one, and put it into the phones' lines",
        ),
        _ => (
            Kind::Unavailable,
            format!("port {port} on {address} cannot be opened"),
            "Check the address of this computer in your network",
        ),
    };
    Trouble {
        kind,
        message: format!("phones in the local network cannot report calls: {why}"),
        hint: Some(hint.to_owned()),
        field: Some("intake_lan".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_addresses_of_neighbours() {
        for good in [
            "192.168.1.20",
            "10.0.0.7",
            "172.31.0.1",
            "169.254.3.4",
            "127.0.0.2",
            "fd00::1",
            "[fe80::1]",
        ] {
            assert!(good.parse::<LanAddress>().is_ok(), "{good}");
        }
        for bad in [
            "0.0.0.0",
            "::",
            "8.8.8.8",
            "172.32.0.1",
            "2001:db8::1",
            "224.0.0.1",
            "localhost",
            "",
            "192.168.1.20:80",
        ] {
            let error = bad.parse::<LanAddress>().unwrap_err();
            assert_eq!(error.field.as_deref(), Some("intake_lan"), "{bad}");
        }
    }
}
