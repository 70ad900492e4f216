//! What comes in on the wire: frames, and what is in them.

use serde_json::{Map, Value};

/// Longer messages are not baresip's.
const LONGEST: usize = 64 * 1024;

/// The first netstring in these bytes, and how many bytes it takes with its frame; `None` while there is only part of one.
///
/// # Errors
/// Why these bytes can't become a netstring: after that there is no telling where the next one begins.
pub fn netstring(bytes: &[u8]) -> Result<Option<(&[u8], usize)>, &'static str> {
    let most_digits = 5;
    let digits = bytes
        .iter()
        .take(most_digits + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let length = &bytes[..digits];
    if digits > most_digits || (digits > 1 && length[0] == b'0') {
        return Err("a message is too long");
    }
    match bytes.get(digits) {
        None => return Ok(None),
        Some(b':') if digits > 0 => {}
        Some(_) => return Err("its messages have no length"),
    }
    let length = length.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    if length > LONGEST {
        return Err("a message is too long");
    }
    let end = digits + 1 + length;
    match bytes.get(end) {
        None => Ok(None),
        Some(b',') => Ok(Some((&bytes[digits + 1..end], end + 1))),
        Some(_) => Err("a message does not end where it says"),
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Event(Event),
    /// To a command of ours, or of whoever typed it.
    Answer {
        token: Option<String>,
        ok: bool,
        data: String,
    },
}

/// An event, in baresip's words. What is absent on the wire is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub what: String,
    /// The SIP Call-ID. Outgoing calls have none before somebody answered the INVITE.
    pub id: String,
    pub direction: String,
    pub peer: String,
    pub peer_name: Option<String>,
    pub account: String,
    pub diverter: Option<String>,
    /// Of CALL_CLOSED the reason.
    pub param: String,
    /// What we send: `sendrecv`, and `sendonly` or `inactive` on hold. Not before 3.0.
    pub local_audio: String,
}

/// `None` for what is no JSON of baresip's: it frames messages well, and writes some that are none.
#[must_use]
pub fn message(payload: &[u8]) -> Option<Message> {
    let text = String::from_utf8_lossy(payload);
    let Ok(Value::Object(map)) = serde_json::from_str(&text) else {
        return None;
    };
    let word = |name: &str| word(&map, name);
    if map.contains_key("event") {
        return Some(Message::Event(Event {
            what: word("type").unwrap_or_default(),
            id: word("id").unwrap_or_default(),
            direction: word("direction").unwrap_or_default(),
            peer: word("peeruri").unwrap_or_default(),
            peer_name: word("peerdisplayname"),
            account: word("accountaor").unwrap_or_default(),
            diverter: word("diverteruri"),
            param: word("param").unwrap_or_default(),
            local_audio: word("localaudiodir").unwrap_or_default(),
        }));
    }
    map.contains_key("response").then(|| Message::Answer {
        token: word("token"),
        ok: map.get("ok").and_then(Value::as_bool).unwrap_or(false),
        data: word("data").unwrap_or_default(),
    })
}

fn word(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.get(name).and_then(Value::as_str).map(str::to_owned)
}
