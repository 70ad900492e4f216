//! The addresses that this computer has in local networks, so that a person need not look them up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The addresses from which this computer would speak to the world, those that only neighbours can reach; the best one first.
/// Nothing is sent: the system only says which way it would go.
#[must_use]
pub fn lan_addresses() -> Vec<IpAddr> {
    // Addresses for documentation: nobody is there.
    let ways: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        (
            Ipv6Addr::UNSPECIFIED.into(),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        ),
    ];
    let way = |(own, far): (IpAddr, IpAddr)| {
        let socket = UdpSocket::bind(SocketAddr::new(own, 0)).ok()?;
        socket.connect(SocketAddr::new(far, 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    ways.into_iter().filter_map(way).filter(is_near).collect()
}

fn is_near(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_private() || four.is_link_local(),
        IpAddr::V6(six) => six.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_only_neighbours_can_reach() {
        for (address, near) in [
            ("192.168.1.20", true),
            ("10.0.0.7", true),
            ("172.31.0.1", true),
            ("169.254.3.4", true),
            ("fd00::1", true),
            ("203.0.113.7", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("2001:db8::1", false),
            // Of no use without the name of a network card.
            ("fe80::1", false),
        ] {
            assert_eq!(is_near(&address.parse().unwrap()), near, "{address}");
        }
    }

    #[test]
    fn only_addresses_that_can_be_bound_and_only_near_ones() {
        for address in lan_addresses() {
            assert!(is_near(&address), "{address}");
            assert!(UdpSocket::bind(SocketAddr::new(address, 0)).is_ok(), "{address}");
        }
    }
}
