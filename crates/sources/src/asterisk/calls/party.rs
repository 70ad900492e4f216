//! Who and what the lines of an event name.

use ringside_domain::{Direction, call::WireParty};

use super::super::packet::Packet;
use crate::clean::kept;

const LONGEST_ID: usize = 150;
pub(super) const LONGEST_NUMBER: usize = 120;
pub(super) const LONGEST_NAME: usize = 120;
/// What a withheld number is told as.
const WITHHELD: &str = "anonymous";

/// Who is in these two lines; `<unknown>` and nothing at all are nobody.
pub(super) fn party(packet: &Packet, number: &str, name: &str) -> Option<WireParty> {
    let raw = kept(known(packet, number), LONGEST_NUMBER)?;
    Some(WireParty {
        raw,
        display: kept(known(packet, name), LONGEST_NAME),
    })
}

pub(super) fn withheld(packet: &Packet, name: &str) -> WireParty {
    WireParty {
        raw: WITHHELD.to_owned(),
        display: kept(known(packet, name), LONGEST_NAME),
    }
}

fn known<'a>(packet: &'a Packet, key: &str) -> Option<&'a str> {
    packet.get(key).filter(|text| !text.eq_ignore_ascii_case("<unknown>"))
}

pub(super) fn id_in(packet: &Packet, key: &str) -> Option<String> {
    kept(packet.get(key), LONGEST_ID)
}

/// Whether this is what somebody dialled, and not the name of a step in the dial plan (`s`, `h`, `<unknown>`).
pub(super) fn is_dialled(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 2 && !text.contains(['&', ','])
}

/// A channel that rang has no extension of its own; one that dialled is where its number led it.
pub(super) fn direction_of(packet: &Packet) -> Direction {
    if packet.text("Application").eq_ignore_ascii_case("AppDial") {
        Direction::In
    } else {
        Direction::Out
    }
}

/// Of `Local/201@from-internal-00000005;2` the extension.
pub(super) fn extension(channel: &str) -> Option<String> {
    let (technology, rest) = channel.split_once('/')?;
    let (extension, _) = rest.split_once('@')?;
    let extension = technology.eq_ignore_ascii_case("Local").then_some(extension);
    kept(extension, LONGEST_NUMBER)
}

/// Where a phone forwards to, as an extension: of `201`, `Local/201@from-internal`, `PJSIP/300/sip:201@pbx.example.com`.
pub(super) fn forwarded_to(packet: &Packet) -> Option<String> {
    let text = packet.get("Forward")?;
    let text = text.rsplit('/').next().unwrap_or(text);
    let text = text.split_once(':').map_or(text, |(_, user)| user);
    kept(text.split('@').next(), LONGEST_NUMBER)
}
