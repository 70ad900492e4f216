//! How far a request may reach, and what is said to one that wants to go further.

use std::{
    fmt,
    net::{IpAddr, UdpSocket},
};

use ringside_domain::{Error, HostRules, Result, Url, http::host_of};

use super::{
    failure,
    hop::Hop,
    own_ports::OwnPorts,
    place::{Place, is_metadata_name, place_of},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// A host of the connector's file: addresses of the internet only.
    Public,
    /// The host that the person typed: private networks and this computer too.
    Typed,
    /// The same, but its port is one of ours: not on this computer, by whatever address of it.
    TypedElsewhere,
}

impl Reach {
    /// Follows from the URL's host and port alone, once the rules are given; see the module comment of `http` for why it must.
    pub(super) fn of(url: &Url, rules: &HostRules, own_ports: &OwnPorts) -> Self {
        let ours = url.port_or_known_default().is_some_and(|port| own_ports.contains(port));
        match rules.is_typed(url) {
            false => Self::Public,
            true if ours => Self::TypedElsewhere,
            true => Self::Typed,
        }
    }

    /// # Errors
    /// Why nobody goes to this address.
    pub(super) fn permits(self, address: IpAddr) -> Result<(), TooFar> {
        match (place_of(address), self) {
            (Place::Metadata, _) => Err(TooFar::Metadata),
            (Place::Nobody, _) => Err(TooFar::Nobody),
            (Place::Loopback, Self::TypedElsewhere) => Err(TooFar::Ourselves),
            (_, Self::TypedElsewhere) if is_this_computer(address) => Err(TooFar::Ourselves),
            (Place::Public, _) => Ok(()),
            (Place::Loopback | Place::Private, Self::Typed) | (Place::Private, Self::TypedElsewhere) => Ok(()),
            (Place::Loopback | Place::Private, Self::Public) => Err(TooFar::NotTyped(address)),
        }
    }

    /// Looks at hosts that no resolver is asked for: addresses, and names that stand for one.
    pub(super) fn check_literal(self, hop: &Hop) -> Result<()> {
        let Some(host) = host_of(&hop.url) else { return Ok(()) };
        let verdict = match host.parse() {
            Ok(address) => self.permits(address),
            Err(_) if is_metadata_name(&host) => Err(TooFar::Metadata),
            Err(_) => Ok(()),
        };
        verdict.map_err(|why| self.refusal(hop, &why))
    }

    fn refusal(self, hop: &Hop, why: &TooFar) -> Error {
        failure::too_far(hop.operation, &hop.host(), why)
    }
}

/// Only an address of one's own can be bound. Nothing is sent.
fn is_this_computer(address: IpAddr) -> bool {
    // One that is written as IPv6 is bound as what it stands for.
    UdpSocket::bind((address.to_canonical(), 0)).is_ok()
}

/// Why an address is not gone to. Travels through `reqwest` as the resolver's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TooFar {
    NotTyped(IpAddr),
    Metadata,
    Nobody,
    Ourselves,
}

impl fmt::Display for TooFar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTyped(address) => write!(f, "{address} is not an address of the internet"),
            Self::Metadata => f.write_str("the metadata address of a cloud"),
            Self::Nobody => f.write_str("not the address of a server"),
            Self::Ourselves => f.write_str("Ringside itself"),
        }
    }
}

impl std::error::Error for TooFar {}

#[cfg(test)]
mod tests {
    use ringside_domain::TypedHost;

    use super::*;

    #[test]
    fn private_addresses_only_where_typed_metadata_never_and_ourselves_never() {
        let address = |text: &str| text.parse::<IpAddr>().expect(text);
        for (reach, to, expected) in [
            (Reach::Public, "192.0.2.7", Ok(())),
            (Reach::Public, "10.0.0.7", Err(TooFar::NotTyped(address("10.0.0.7")))),
            (Reach::Public, "::1", Err(TooFar::NotTyped(address("::1")))),
            (Reach::Typed, "10.0.0.7", Ok(())),
            (Reach::Typed, "127.0.0.1", Ok(())),
            (Reach::Typed, "169.254.169.254", Err(TooFar::Metadata)),
            (Reach::Typed, "0.0.0.0", Err(TooFar::Nobody)),
            // Of documentation: nobody's own, like any other host's.
            (Reach::TypedElsewhere, "192.0.2.7", Ok(())),
            (Reach::TypedElsewhere, "127.0.0.2", Err(TooFar::Ourselves)),
            (Reach::TypedElsewhere, "::ffff:127.0.0.1", Err(TooFar::Ourselves)),
        ] {
            assert_eq!(reach.permits(address(to)), expected, "{reach:?} {to}");
        }
    }

    #[test]
    fn our_own_ports_are_not_reached_by_another_address_of_this_computer() {
        for address in crate::lan::lan_addresses() {
            assert_eq!(
                Reach::TypedElsewhere.permits(address),
                Err(TooFar::Ourselves),
                "{address}"
            );
            assert_eq!(Reach::Typed.permits(address), Ok(()), "{address}");
        }
        let is_ours = |text: &str| is_this_computer(text.parse().expect(text));
        assert!(is_ours("127.0.0.1") && is_ours("::ffff:127.0.0.1"));
        assert!(!is_ours("192.0.2.7") && !is_ours("2001:db8::7"));
    }

    #[test]
    fn the_reach_follows_from_host_and_port() {
        let ports = OwnPorts::default();
        ports.add(8080);
        let rules = |port| HostRules {
            allowed: vec!["crm.example.test".into()],
            typed: Some(TypedHost {
                host: "crm.example.test".into(),
                port,
            }),
        };
        let of = |rules: &HostRules, url: &str| Reach::of(&Url::parse(url).expect(url), rules, &ports);
        assert_eq!(of(&rules(8443), "https://crm.example.test:8443/"), Reach::Typed);
        assert_eq!(of(&rules(8443), "https://crm.example.test/"), Reach::Public);
        assert_eq!(
            of(&rules(8080), "https://crm.example.test:8080/"),
            Reach::TypedElsewhere
        );
        ports.remove(8080);
        assert_eq!(of(&rules(8080), "https://crm.example.test:8080/"), Reach::Typed);
    }
}
