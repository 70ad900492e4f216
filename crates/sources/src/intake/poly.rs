//! What Poly desk phones post: XML about a call, one event a request.
//!
//! ```text
//! <PolycomIPPhone><IncomingCallEvent>
//!   <PhoneIP>172.24.132.135</PhoneIP><MACAddress>0004f214b89e</MACAddress>
//!   <CallingPartyName>Ada</CallingPartyName><CallingPartyNumber>sip:+442079460123@pbx</CallingPartyNumber>
//!   <CalledPartyName>201</CalledPartyName><CalledPartyNumber>201</CalledPartyNumber>
//! </IncomingCallEvent></PolycomIPPhone>
//!
//! <CallStateChangeEvent CallReference="4" CallState="Connected"> …
//!   <CallLineInfo> … <CallInfo><CallState>Connected</CallState><CallType>Incoming</CallType>
//!     <CalledPartyDirNum>201</CalledPartyDirNum><CallingPartyDirNum>sip:+44…@pbx</CallingPartyDirNum>
//!     <CallReference>4</CallReference></CallInfo></CallLineInfo>
//! </CallStateChangeEvent>
//! ```
//!
//! Source: Web Application Developer's Guide for Polycom Phones, "Telephony Notification Events".

use roxmltree::{Document, Node, ParsingOptions};

use super::fields::{Field, Unclear};

/// Elements, attributes and texts together. A phone with every line in use sends some two hundred.
const MOST_NODES: u32 = 2_000;

/// The fields of one event; empty when it tells of no call: a dial tone, a line that became free.
pub(super) fn read(body: &[u8]) -> Result<Vec<(Field, String)>, Unclear> {
    let unreadable = Unclear("The body is not XML that can be read.");
    let text = std::str::from_utf8(body).map_err(|_| unreadable)?;
    let options = || ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let mended;
    let document = match Document::parse_with_options(text, options()) {
        Ok(document) => document,
        // Names are put in unescaped by old firmware.
        Err(_) => {
            mended = escape_ampersands(text);
            Document::parse_with_options(&mended, options()).map_err(|_| unreadable)?
        }
    };
    let root = document.root_element();
    let event = if root.has_tag_name("PolycomIPPhone") {
        root.first_element_child().ok_or(unreadable)?
    } else {
        root
    };
    Ok(match event.tag_name().name() {
        "IncomingCallEvent" => parties(event, "incoming", true),
        "OutgoingCallEvent" => parties(event, "outgoing", false),
        "CallStateChangeEvent" => state_change(event),
        "PolycomIPPhone" => return Err(unreadable),
        _ => Vec::new(),
    })
}

fn state_change(event: Node<'_, '_>) -> Vec<(Field, String)> {
    let reference = event.attribute("CallReference").unwrap_or_default();
    let of_this_call = |info: &Node<'_, '_>| reference.is_empty() || text(*info, &["CallReference"]) == reference;
    let infos = || event.descendants().filter(|node| node.has_tag_name("CallInfo"));
    let Some(info) = infos().find(of_this_call).or_else(|| infos().next()) else {
        // The block is left out when the line is free again.
        return match event.attribute("CallState").and_then(|state| word(state, "")) {
            Some(word) if !reference.is_empty() => {
                vec![(Field::Event, word.to_owned()), (Field::Call, reference.to_owned())]
            }
            _ => Vec::new(),
        };
    };
    let call_type = text(info, &["CallType"]);
    let state = event
        .attribute("CallState")
        .map_or_else(|| text(info, &["CallState"]), str::to_owned);
    let Some(word) = word(&state, &call_type) else {
        return Vec::new();
    };
    let mut fields = parties(info, word, !call_type.eq_ignore_ascii_case("outgoing"));
    let id = text(info, &["CallReference"]);
    if !id.is_empty() {
        fields.push((Field::Call, id));
    }
    fields
}

fn parties(event: Node<'_, '_>, word: &str, incoming: bool) -> Vec<(Field, String)> {
    let calling = text(event, &["CallingPartyNumber", "CallingPartyDirNum"]);
    let called = text(event, &["CalledPartyNumber", "CalledPartyDirNum"]);
    let (remote, local, name) = if incoming {
        (calling, called, text(event, &["CallingPartyName"]))
    } else {
        (called, calling, text(event, &["CalledPartyName"]))
    };
    let direction = if incoming { "in" } else { "out" };
    let mut fields = vec![
        (Field::Event, word.to_owned()),
        (Field::Direction, direction.to_owned()),
    ];
    // Where there is no name, these phones repeat the number.
    let name = if remote.contains(&name) { String::new() } else { name };
    for (field, value) in [(Field::Remote, remote), (Field::Local, local), (Field::Name, name)] {
        if !value.is_empty() {
            fields.push((field, value));
        }
    }
    fields
}

/// Our word for a state. `None`: no call yet, or nothing to tell.
fn word(state: &str, call_type: &str) -> Option<&'static str> {
    Some(match state.to_ascii_lowercase().as_str() {
        "offering" => "incoming",
        "setup" | "ringback" | "proceeding" => "outgoing",
        "connected" => "answered",
        "hold" | "held" | "callhold" | "callheld" => "held",
        "disconnected" | "free" => "ended",
        _ if call_type.eq_ignore_ascii_case("missed") => "missed",
        _ => return None,
    })
}

fn text(parent: Node<'_, '_>, names: &[&str]) -> String {
    let named = |name: &&str| {
        let element = parent.children().find(|node| node.has_tag_name(*name))?;
        let text = element.text()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    names.iter().find_map(named).unwrap_or_default()
}

/// Every `&` that begins no entity.
fn escape_ampersands(text: &str) -> String {
    let mut mended = String::with_capacity(text.len() + 16);
    let mut pieces = text.split('&');
    mended.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let name = piece
            .split(';')
            .next()
            .filter(|name| name.len() < piece.len() && name.len() <= 8);
        let entity =
            name.is_some_and(|name| matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#'));
        mended.push_str(if entity { "&" } else { "&amp;" });
        mended.push_str(piece);
    }
    mended
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn of(xml: &str) -> Vec<(Field, String)> {
        read(xml.as_bytes()).unwrap()
    }

    fn get(fields: &[(Field, String)], field: Field) -> &str {
        fields
            .iter()
            .find(|(name, _)| *name == field)
            .map_or("", |(_, text)| text.as_str())
    }

    #[test]
    fn an_incoming_call_of_the_guide() {
        let fields = of(
            "<PolycomIPPhone>\n<IncomingCallEvent>\n<PhoneIP>172.24.132.135</PhoneIP>\n\
            <MACAddress>0004f214b89e</MACAddress>\n<CallingPartyName>20701</CallingPartyName>\n\
            <CallingPartyNumber>20701@172.18.186.94</CallingPartyNumber>\n<CalledPartyName>20300</CalledPartyName>\n\
            <CalledPartyNumber>20300</CalledPartyNumber>\n<TimeStamp>2008-07-11T13:19:53-08:00</TimeStamp>\n\
            </IncomingCallEvent>\n</PolycomIPPhone>",
        );
        assert_eq!(get(&fields, Field::Event), "incoming");
        assert_eq!(get(&fields, Field::Remote), "20701@172.18.186.94");
        assert_eq!(get(&fields, Field::Local), "20300");
        assert_eq!(get(&fields, Field::Name), "", "the number is no name");
    }

    #[test]
    fn states_of_one_call_among_several() {
        let xml = |state: &str| {
            format!(
                "<CallStateChangeEvent CallReference=\"4\" CallState=\"{state}\"><CallLineInfo><LineState>Active</LineState>\
                 <CallInfo><CallState>Hold</CallState><CallType>Outgoing</CallType><CallReference>3</CallReference></CallInfo>\
                 <CallInfo><CallState>{state}</CallState><CallType>Incoming</CallType>\
                 <CalledPartyDirNum>201</CalledPartyDirNum><CallingPartyName>Smith & Sons</CallingPartyName>\
                 <CallingPartyDirNum>sip:+442079460123@pbx.example</CallingPartyDirNum>\
                 <CallReference>4</CallReference></CallInfo></CallLineInfo></CallStateChangeEvent>"
            )
        };
        for (state, word) in [
            ("Offering", "incoming"),
            ("Connected", "answered"),
            ("Hold", "held"),
            ("Disconnected", "ended"),
        ] {
            let fields = of(&xml(state));
            assert_eq!(get(&fields, Field::Event), word, "{state}");
            assert_eq!(get(&fields, Field::Call), "4");
            assert_eq!(get(&fields, Field::Remote), "sip:+442079460123@pbx.example");
            assert_eq!(get(&fields, Field::Name), "Smith & Sons");
        }
        assert_eq!(of(&xml("Dialtone")), []);
        let free = of("<CallStateChangeEvent CallReference=\"4\" CallState=\"Free\"/>");
        assert_eq!((get(&free, Field::Event), get(&free, Field::Call)), ("ended", "4"));
        assert_eq!(of("<PolycomIPPhone><OffHookEvent/></PolycomIPPhone>"), []);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><PolycomIPPhone><IncomingCallEvent>\
                    <CallingPartyName>&c;</CallingPartyName></IncomingCallEvent></PolycomIPPhone>";
        let many = format!("<a>{}</a>", "<b/>".repeat(3_000));
        for bad in [
            "",
            "<",
            "<a>",
            "<PolycomIPPhone/>",
            "<PolycomIPPhone><PolycomIPPhone/></PolycomIPPhone>",
            bomb,
            &many,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(60)]);
        }
        assert!(read(b"<a>\xff</a>").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(body in any::<Vec<u8>>(), xml in "[<>/&;a-zA-Z\"= ]{0,200}") {
            let _ = read(&body);
            let _ = read(xml.as_bytes());
        }
    }
}
