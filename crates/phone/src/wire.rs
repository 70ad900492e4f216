//! Takes a number out of what carries it: SIP and tel URIs, name-addresses, service codes.
//!
//! No number library does this; all of them answer "not a number" to `sip:+14155550100@pbx`.

use crate::digit;

/// Text longer than this is not looked into at all; real SIP headers are far shorter.
const MAX_WIRE_BYTES: usize = 4096;

/// What was inside.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// The wire says that the caller does not want to be known.
    Withheld,
    /// Something to read as a number.
    Content(Content),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// The user part of a URI, percent-decoded and without parameters; else the whole text.
    pub text: String,
    /// The URI's `ext` parameter.
    pub extension: Option<String>,
    /// The URI's host, lower case, without port.
    pub host: Option<String>,
}

/// Unwraps plain text (see `digit::plain`).
pub(crate) fn unwrap(text: &str) -> Wire {
    if text.len() > MAX_WIRE_BYTES {
        return Wire::Content(Content::default());
    }
    let (display, address) = name_address(text);
    let content = content(address);
    let nameless = content.text.is_empty() && is_anonymous(display);
    let hidden = content.host.as_deref().is_some_and(|host| host == "anonymous.invalid");
    if nameless || hidden || is_anonymous(&content.text) {
        return Wire::Withheld;
    }
    Wire::Content(content)
}

/// Splits `"A. Caller" <sip:...>;tag=1` into the name and the address; text without one is all address.
fn name_address(text: &str) -> (&str, &str) {
    if let Some((name, rest)) = text.rsplit_once('<') {
        let address = rest.split_once('>').map_or(rest, |(address, _)| address).trim();
        if scheme(address).is_some()
            || (address.contains(|sign: char| sign.is_ascii_digit()) && !digit::has_letters(address))
        {
            return (name, address);
        }
    }
    ("", text)
}

fn content(address: &str) -> Content {
    match scheme(address) {
        Some((Scheme::Sip, rest)) => sip(rest),
        Some((Scheme::Tel, rest)) => user_part(rest),
        None if is_bare_address(address) => sip(address),
        // Some systems pass a tel number with its parameters but without the scheme.
        None if [";ext=", ";phone-context=", ";isub="]
            .iter()
            .any(|name| address.contains(name)) =>
        {
            user_part(address)
        }
        None => Content {
            text: address.trim_matches(['"', '\'', ' ']).to_owned(),
            ..Content::default()
        },
    }
}

#[derive(Clone, Copy)]
enum Scheme {
    Sip,
    Tel,
}

fn scheme(text: &str) -> Option<(Scheme, &str)> {
    const SCHEMES: [(&str, Scheme); 6] = [
        ("sip:", Scheme::Sip),
        ("sips:", Scheme::Sip),
        ("tel:", Scheme::Tel),
        ("callto:", Scheme::Tel),
        ("sms:", Scheme::Tel),
        ("fax:", Scheme::Tel),
    ];
    let text = text.trim_start_matches(['"', '\'', ' ']);
    SCHEMES.iter().find_map(|&(word, scheme)| {
        let head = text.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| {
            (
                scheme,
                text[word.len()..]
                    .trim_start_matches('/')
                    .trim_matches(['"', '\'', ' ']),
            )
        })
    })
}

/// `user@host` without a scheme: one `@`, no blanks.
fn is_bare_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace) && !host.contains('@')
    })
}

/// `user:password@host:port;parameters?headers`.
fn sip(rest: &str) -> Content {
    // An `@` in the user part would be escaped, one in the headers need not be: the first one counts.
    let (user, host) = match rest.split_once('@') {
        Some((user, host)) => (user, Some(host)),
        None => (rest.split('?').next().unwrap_or(rest), None),
    };
    let mut content = user_part(user);
    if host.is_some()
        && let Some((user, _password)) = content.text.split_once(':')
    {
        content.text = user.to_owned();
    }
    content.host = host.map(bare_host).filter(|host| !host.is_empty());
    content
}

fn bare_host(host: &str) -> String {
    let host = host.split([';', '?', '>', ' ']).next().unwrap_or(host);
    let name = match host.strip_prefix('[') {
        Some(v6) => &host[..v6.find(']').map_or(host.len(), |end| end + 2)],
        None => host.split(':').next().unwrap_or(host),
    };
    name.trim_end_matches('.').to_lowercase()
}

/// `+1-415-555-0100;ext=12;phone-context=+1`: keeps the number, `ext` and a global `phone-context`.
fn user_part(user: &str) -> Content {
    let decoded = percent_decoded(user);
    let (number, parameters) = decoded.split_once(';').unwrap_or((&decoded, ""));
    let mut content = Content {
        text: digit::plain(number),
        ..Content::default()
    };
    for parameter in parameters.split(';') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if name.eq_ignore_ascii_case("ext") {
            content.extension = Some(digit::digits(value)).filter(|digits| !digits.is_empty());
        } else if name.eq_ignore_ascii_case("phone-context") && value.starts_with('+') && !content.text.starts_with('+')
        {
            content.text = format!("{value} {}", content.text);
        }
    }
    content
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = tail
            .get(..2)
            .filter(|pair| first == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        let byte = pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What phones, gateways and providers write in place of a number that is withheld.
fn is_anonymous(text: &str) -> bool {
    const WORDS: [&str; 40] = [
        "anonymous",
        "anonym",
        "anonymus",
        "anonyme",
        "anonimo",
        "anónimo",
        "anonymous caller",
        "blocked",
        "blocked number",
        "caller id blocked",
        "caller id withheld",
        "desconocido",
        "id unavailable",
        "inconnu",
        "masqué",
        "no caller id",
        "no number",
        "not available",
        "number withheld",
        "numéro masqué",
        "nummer unterdrückt",
        "o",
        "onbekend",
        "out of area",
        "p",
        "privado",
        "private",
        "private caller",
        "private number",
        "privato",
        "privé",
        "restricted",
        "sconosciuto",
        "unavailable",
        "unbekannt",
        "unknown",
        "unknown caller",
        "unknown number",
        "unterdrückt",
        "withheld",
    ];
    // Phones that can only show digits spell ANONYMOUS on the keypad.
    const KEYPAD: &str = "266696687";
    let words = text
        .trim_matches(|sign: char| !sign.is_alphanumeric())
        .to_lowercase()
        .replace(['_', '-'], " ");
    words == KEYPAD || WORDS.contains(&words.as_str())
}

/// Takes off service codes dialled before a number: `*67`, `*31#`, `#31#`; several may follow one another.
///
/// A code that ends in `#` has two to four digits (GSM); one that does not has two (North America). A code
/// with nothing to call after it leaves nothing.
pub(crate) fn without_service_codes(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with(['*', '#']) {
        let code = rest.trim_start_matches(['*', '#']);
        let digits = code.len() - code.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
        let after = &code[digits..];
        // A star ends only a forwarding code (`**61*`); after others it begins the next code.
        let end = after
            .strip_prefix('#')
            .or_else(|| after.strip_prefix('*').filter(|_| rest.starts_with("**")));
        let next = match end {
            Some(next) if (2..=4).contains(&digits) => next,
            _ if digits == 0 || digits == 2 => after,
            _ if digit::digits(code).len() >= 7 => &code[2.min(digits)..],
            _ => return "",
        };
        rest = next.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    fn inside(text: &str) -> Content {
        match unwrap(text) {
            Wire::Content(content) => content,
            Wire::Withheld => panic!("withheld: {text}"),
        }
    }

    #[test]
    fn unwraps_uris() {
        for (text, number, extension, host) in [
            (
                "sip:+14155550100@pbx.example.com;user=phone",
                "+14155550100",
                None,
                Some("pbx.example.com"),
            ),
            (
                "\"A. Caller\" <sips:+14155550100@10.0.0.1:5060>;tag=4711",
                "+14155550100",
                None,
                Some("10.0.0.1"),
            ),
            (
                "SIP:%2B14155550100@PBX.Example.COM",
                "+14155550100",
                None,
                Some("pbx.example.com"),
            ),
            (
                "<sip:4155550100;ext=12;phone-context=+1@[2001:db8::1]:5060>",
                "+1 4155550100",
                Some("12"),
                Some("[2001:db8::1]"),
            ),
            ("sip:1001:secret@pbx", "1001", None, Some("pbx")),
            ("sip:alice@example.com?subject=a@b", "alice", None, Some("example.com")),
            ("sip:4155550100", "4155550100", None, None),
            (
                "tel:+1-415-555-0100;ext=12;npdi;rn=+14155550000",
                "+1-415-555-0100",
                Some("12"),
                None,
            ),
            ("tel:7042;phone-context=example.com", "7042", None, None),
            ("callto://+14155550100", "+14155550100", None, None),
            ("\"A\" <1001>", "1001", None, None),
            ("alice@example.com", "alice", None, Some("example.com")),
            ("'+1 415 555 0100'", "+1 415 555 0100", None, None),
        ] {
            let found = inside(text);
            assert_eq!(
                (found.text.as_str(), found.extension.as_deref(), found.host.as_deref()),
                (number, extension, host),
                "{text}"
            );
        }
    }

    #[test]
    fn knows_who_does_not_want_to_be_known() {
        for text in [
            "anonymous",
            "Anonymous",
            "<sip:anonymous@anonymous.invalid>",
            "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1",
            "sip:c8oqz84zk7z@anonymous.invalid",
            "sip:restricted@10.0.0.1",
            "unavailable",
            "unknown",
            "PRIVATE",
            "-private-",
            "Private_Number",
            "unterdrückt",
            "+266696687",
            "\"Anonymous\" <sip:@10.0.0.1>",
        ] {
            assert_eq!(unwrap(text), Wire::Withheld, "{text}");
        }
        assert_ne!(unwrap("\"Anonymous\" <sip:+14155550100@pbx>"), Wire::Withheld);
        assert_ne!(unwrap("Private Wealth Ltd"), Wire::Withheld);
    }

    #[test]
    fn takes_service_codes_off() {
        for (text, rest) in [
            ("*67 4155550100", "4155550100"),
            ("*674155550100", "4155550100"),
            ("#31#+493023125012", "+493023125012"),
            ("*31#030 23125012", "030 23125012"),
            ("*82*67 4155550100", "4155550100"),
            ("**61*+493023125012", "+493023125012"),
            ("##002#", ""),
            ("*", ""),
            ("*#06#", ""),
            ("*98", ""),
            ("*123", ""),
            ("+49 30", "+49 30"),
        ] {
            assert_eq!(without_service_codes(text), rest, "{text}");
        }
    }
}
