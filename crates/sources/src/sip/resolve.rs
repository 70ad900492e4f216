//! From the name a person typed to the addresses to dial: RFC 3263, as far as a pinned transport leaves a choice.
//!
//! ```text
//! 192.0.2.1, [2001:db8::1]   that address
//! host:port                  A and AAAA
//! host                       NAPTR for the pinned transport -> SRV -> A and AAAA on 5061 (TLS) or 5060
//! ```
//!
//! The transport is never changed by an answer: of NAPTR only the records of the pinned one count. Names are proved by
//! certificates against what the person typed (RFC 5922), so an answer that lies leads to a refused handshake.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::future::join_all;
use ringside_domain::{Error, Kind, Random, Result};
use tokio::time::timeout;

use super::settings::Transport;

mod choice;
mod names;

use choice::Service;
use names::Names;

/// Where a server is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// A name or an IP address, IPv6 with or without brackets.
    pub host: String,
    pub port: Option<u16>,
    pub transport: Transport,
}

/// What can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub address: SocketAddr,
    pub transport: Transport,
}

/// For all questions together.
const DEADLINE: Duration = Duration::from_secs(5);
/// There are routers that never answer a question they don't know; the next step must not wait for them.
const NAPTR_DEADLINE: Duration = Duration::from_millis(1500);
const SRV_DEADLINE: Duration = Duration::from_millis(2200);
const MOST_TARGETS: usize = 16;
const OPERATION: &str = "find_server";

/// The targets in the order in which they are to be tried; never none. `dns` is asked for everything when it is given,
/// otherwise the system is: its own lookup for addresses (so that its hosts file and mDNS count), its name servers for SRV
/// and NAPTR.
///
/// # Errors
/// [`Kind::Invalid`] for what can be no host; [`Kind::NotFound`] when the domain says that it has no such service;
/// [`Kind::Unavailable`] when nothing was found, which a network that comes back may change; [`Kind::Timeout`]. All of them
/// name the host.
pub(crate) async fn targets(place: &Place, dns: Option<SocketAddr>, random: &dyn Random) -> Result<Vec<Target>> {
    let host = place.host.trim();
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    let addresses = if let Ok(ip) = bare.parse::<IpAddr>() {
        vec![SocketAddr::new(ip, place.port.unwrap_or(usual_port(place.transport)))]
    } else {
        timeout(DEADLINE, look_up(bare, place, dns, random))
            .await
            .map_err(|_| no_answer(bare))??
    };
    let mut targets: Vec<Target> = Vec::new();
    for address in addresses.into_iter().filter(can_be_dialled) {
        let target = Target {
            address,
            transport: place.transport,
        };
        if targets.len() < MOST_TARGETS && !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() {
        return Err(not_found(bare, "the addresses that were given can belong to no server"));
    }
    Ok(targets)
}

/// The port without a word about one.
pub(crate) const fn usual_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => 5061,
        Transport::Tcp | Transport::Udp => 5060,
    }
}

async fn look_up(host: &str, place: &Place, dns: Option<SocketAddr>, random: &dyn Random) -> Result<Vec<SocketAddr>> {
    let names = Names::new(dns);
    let domain = names::domain(host).ok_or_else(|| {
        Error::new(Kind::Invalid, OPERATION, "the server is no name and no address")
            .hint("Write it like pbx.example.com")
    })?;
    let host = names::text(&domain);
    if place.port.is_none() && may_have_services(&host) {
        let services = services(&names, &domain, place.transport, random).await;
        if services.iter().any(Service::is_refusal) {
            return Err(not_offered(&host, place.transport));
        }
        if !services.is_empty() {
            return addresses_of(&names, &host, services).await;
        }
    }
    let port = place.port.unwrap_or(usual_port(place.transport));
    names
        .addresses(&host, port)
        .await
        .map_err(|reason| not_found(&host, &reason))
}

/// Names without a dot and those of mDNS are hosts and no domains; asking the world for them helps nobody.
fn may_have_services(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.contains('.') && !host.ends_with(".local") && !host.ends_with(".localhost")
}

/// SRV records in the order to try; none where there are none, or where nobody answers for them: then the host itself is
/// asked for, on the same transport.
async fn services(names: &Names, domain: &names::Name, transport: Transport, random: &dyn Random) -> Vec<Service> {
    let Some(usual) = names::service(domain, transport) else {
        return Vec::new();
    };
    // Most domains have no NAPTR, or one that names the usual SRV: both questions at once save a round trip.
    let (pointer, direct) = tokio::join!(
        timeout(NAPTR_DEADLINE, names.pointers(domain)),
        timeout(SRV_DEADLINE, names.services(&usual)),
    );
    let pointer = pointer
        .ok()
        .and_then(|pointers| choice::pointer(pointers, transport))
        .filter(|name| *name != usual);
    let found = match pointer {
        Some(name) => timeout(SRV_DEADLINE, names.services(&name)).await,
        None => direct,
    };
    choice::in_order(found.unwrap_or_default(), &mut choice::chance(random))
}

/// The addresses of each service, in the services' order.
async fn addresses_of(names: &Names, host: &str, services: Vec<Service>) -> Result<Vec<SocketAddr>> {
    let asked = services.iter().take(MOST_TARGETS);
    let found = join_all(asked.map(|service| names.addresses(&service.host, service.port))).await;
    let mut first_reason = None;
    let mut addresses = Vec::new();
    for answer in found {
        match answer {
            Ok(more) => addresses.extend(more),
            Err(reason) => {
                first_reason.get_or_insert(reason);
            }
        }
    }
    match (addresses.is_empty(), first_reason) {
        (true, Some(reason)) => Err(not_found(
            host,
            &format!("its SRV records name servers without an address ({reason})"),
        )),
        _ => Ok(addresses),
    }
}

/// An answer that names nobody, everybody or no port is a mistake or a lie.
fn can_be_dialled(address: &SocketAddr) -> bool {
    let ip = address.ip();
    let everybody = matches!(ip, IpAddr::V4(four) if four.is_broadcast());
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !everybody
}

fn not_found(host: &str, reason: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        OPERATION,
        format!("the server {host} cannot be found: {reason}"),
    )
    .hint("Check the name, and whether this computer is online or needs its VPN")
}

fn not_offered(host: &str, transport: Transport) -> Error {
    Error::new(
        Kind::NotFound,
        OPERATION,
        format!("{host} says that it does not offer SIP over {}", transport.name()),
    )
    .hint("Ask your provider for the server's name and transport")
}

fn no_answer(host: &str) -> Error {
    Error::new(
        Kind::Timeout,
        OPERATION,
        format!("no name server said in time where {host} is"),
    )
    .hint("Check whether this computer is online or needs its VPN")
}

#[cfg(test)]
mod tests;
