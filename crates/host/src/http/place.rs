//! What kind of place an address is.
//!
//! Sources: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its updates), RFC 6052 and 3056 for
//! IPv4 inside IPv6, and the documentation of the clouds for their metadata addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Public,
    /// This computer.
    Loopback,
    /// A private network, a link, or a range kept for something other than servers on the internet.
    Private,
    /// Where a cloud hands its machines their secrets.
    Metadata,
    /// Unspecified, multicast, broadcast: no single server is there.
    Nobody,
}

pub(super) fn place_of(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(v4) => place_of_v4(v4),
        IpAddr::V6(v6) => place_of_v6(v6),
    }
}

/// Names that mean a metadata address whatever they resolve to.
pub(super) fn is_metadata_name(host: &str) -> bool {
    const NAMES: [&str; 4] = [
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    ];
    NAMES.contains(&host)
}

fn place_of_v4(address: Ipv4Addr) -> Place {
    let [a, b, c, _] = address.octets();
    match address.octets() {
        // AWS, Google, Azure, Oracle, DigitalOcean; tasks and pods of AWS; Scaleway; Alibaba; older Oracle; Azure's wire server.
        [169, 254, 169, 254] | [169, 254, 170, 2 | 23] | [169, 254, 42, 42] => Place::Metadata,
        [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Place::Metadata,
        [0, 0, 0, 0] => Place::Nobody,
        _ if address.is_broadcast() || address.is_multicast() => Place::Nobody,
        _ if address.is_loopback() => Place::Loopback,
        _ if address.is_private() || address.is_link_local() => Place::Private,
        // "This network", carrier-grade NAT, protocol assignments, benchmarks, reserved.
        _ if a == 0 || (a == 100 && b & 0xc0 == 64) || (a, b, c) == (192, 0, 0) => Place::Private,
        _ if (a == 198 && b & 0xfe == 18) || a >= 240 => Place::Private,
        _ => Place::Public,
    }
}

fn place_of_v6(address: Ipv6Addr) -> Place {
    const METADATA: [Ipv6Addr; 4] = [
        // AWS; its pods; Google; OpenStack.
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
        Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    ];
    let parts = address.segments();
    let v4_of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        place_of_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        _ if METADATA.contains(&address) => Place::Metadata,
        _ if address.is_unspecified() || address.is_multicast() => Place::Nobody,
        _ if address.is_loopback() => Place::Loopback,
        // IPv4 written as IPv6, mapped or (obsolete) compatible.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => v4_of(high, low),
        // Translated (RFC 2765, obsolete), NAT64 and 6to4 deliver to the IPv4 address inside.
        [0, 0, 0, 0, 0xffff, 0, high, low] => v4_of(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4_of(high, low),
        [0x2002, high, low, ..] => v4_of(high, low),
        // Local NAT64, Teredo and its neighbours, discard-only.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0..=0x1ff, ..] | [0x100, 0, 0, 0, ..] => Place::Private,
        // Unique local, link-local, site-local (obsolete).
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80 => Place::Private,
        _ => Place::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let table: [(Place, &[&str]); 5] = [
            (
                Place::Public,
                &[
                    "192.0.2.1",
                    "8.8.8.8",
                    "172.32.0.1",
                    "100.128.0.1",
                    "198.20.0.1",
                    "2606:4700::1",
                    "64:ff9b::c000:201",
                    "::ffff:192.0.2.1",
                    "2002:c000:201::1",
                ],
            ),
            (
                Place::Loopback,
                &[
                    "127.0.0.1",
                    "127.255.0.9",
                    "::1",
                    "::ffff:127.0.0.1",
                    "::127.0.0.1",
                    "64:ff9b::7f00:1",
                    "::ffff:0:127.0.0.1",
                    "2002:7f00:1::",
                ],
            ),
            (
                Place::Private,
                &[
                    "10.1.2.3",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.1.1",
                    "169.254.7.7",
                    "100.64.0.1",
                    "100.127.255.255",
                    "0.1.2.3",
                    "192.0.0.8",
                    "198.18.0.1",
                    "198.19.255.255",
                    "240.0.0.1",
                    "fc00::1",
                    "fd12:3456::1",
                    "fe80::1",
                    "fec0::1",
                    "::ffff:10.0.0.1",
                    "::10.0.0.1",
                    "::ffff:0:10.0.0.1",
                    "64:ff9b::a00:1",
                    "64:ff9b:1::1",
                    "2002:c0a8:101::1",
                    "2001::1",
                    "100::1",
                ],
            ),
            (
                Place::Metadata,
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "169.254.170.23",
                    "100.100.100.200",
                    "192.0.0.192",
                    "168.63.129.16",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                    "fe80::a9fe:a9fe",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                    "2002:a9fe:a9fe::",
                ],
            ),
            (
                Place::Nobody,
                &[
                    "0.0.0.0",
                    "255.255.255.255",
                    "224.0.0.1",
                    "239.1.2.3",
                    "::",
                    "ff02::1",
                    "::ffff:0.0.0.0",
                ],
            ),
        ];
        for (place, addresses) in table {
            for address in addresses {
                assert_eq!(place_of(address.parse().expect(address)), place, "{address}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn an_address_is_the_same_place_in_every_disguise(bits: u32) {
            let plain = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = plain.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
            let six_to_four = Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1);
            let translated = Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low);
            for disguise in [plain.to_ipv6_mapped(), nat64, six_to_four, translated] {
                proptest::prop_assert_eq!(place_of(disguise.into()), place_of(plain.into()));
            }
        }
    }
}
