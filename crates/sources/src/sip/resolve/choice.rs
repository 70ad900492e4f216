//! Which records count, and in which order: pure.

use ringside_domain::Random;

use super::{Transport, names::Name};

/// More records than any domain needs; the rest of a longer answer is not looked at.
const MOST_RECORDS: usize = 64;

/// An SRV record (RFC 2782): `priority weight port target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without a dot at the end; empty for the target `.`.
    pub host: String,
}

impl Service {
    /// The target `.`: "decidedly not available at this domain".
    pub fn is_refusal(&self) -> bool {
        self.host.is_empty()
    }
}

/// A NAPTR record (RFC 3403), of which RFC 3263 uses those with the flag `s` and no expression:
/// `order preference "s" "SIPS+D2T" "" _sips._tcp.example.com.`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    pub order: u16,
    pub preference: u16,
    pub flags: String,
    pub service: String,
    pub has_expression: bool,
    pub replacement: Name,
}

/// Where the SRV records of this transport are, as far as NAPTR tells.
pub(super) fn pointer(pointers: Vec<Pointer>, transport: Transport) -> Option<Name> {
    let service = match transport {
        Transport::Tls => "SIPS+D2T",
        Transport::Tcp => "SIP+D2T",
        Transport::Udp => "SIP+D2U",
    };
    pointers
        .into_iter()
        .take(MOST_RECORDS)
        .filter(|pointer| {
            pointer.flags.eq_ignore_ascii_case("s")
                && pointer.service.eq_ignore_ascii_case(service)
                && !pointer.has_expression
                && !pointer.replacement.is_root()
        })
        .min_by_key(|pointer| (pointer.order, pointer.preference))
        .map(|pointer| pointer.replacement)
}

/// By priority, and inside one priority by chance with the weights as odds (RFC 2782, "Usage rules"). `chance(n)` is a
/// number from 0 to n. A refusal beside real targets is a mistake, and dropped; so is port 0.
pub(super) fn in_order(services: Vec<Service>, chance: &mut impl FnMut(u32) -> u32) -> Vec<Service> {
    let (refusals, mut rest): (Vec<Service>, Vec<Service>) =
        services.into_iter().take(MOST_RECORDS).partition(Service::is_refusal);
    rest.retain(|service| service.port != 0);
    if rest.is_empty() {
        return refusals.into_iter().take(1).collect();
    }
    // Those without weight come first, as the RFC has it: they then have a small chance, and the others are not disturbed.
    rest.sort_by_key(|service| (service.priority, service.weight != 0));
    let mut ordered = Vec::with_capacity(rest.len());
    while let Some(first) = rest.first() {
        let priority = first.priority;
        let group = rest.iter().take_while(|service| service.priority == priority);
        let sum: u32 = group.map(|service| u32::from(service.weight)).sum();
        let drawn = chance(sum).min(sum);
        let mut running = 0;
        let at = rest
            .iter()
            .position(|service| {
                running += u32::from(service.weight);
                running >= drawn
            })
            .unwrap_or(0);
        ordered.push(rest.remove(at));
    }
    ordered
}

/// A number from 0 to what it is given.
pub(super) fn chance(random: &dyn Random) -> impl FnMut(u32) -> u32 {
    move |most| {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let drawn = u64::from(u32::from_le_bytes(bytes)) % (u64::from(most) + 1);
        u32::try_from(drawn).unwrap_or(most)
    }
}
