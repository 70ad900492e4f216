//! From bytes to text that a strict XML reader takes.

use std::borrow::Cow;

/// The text of a body. Servers declare encodings that they don't use, so UTF-8 is tried first.
pub(super) fn decode(body: &[u8]) -> Option<Cow<'_, str>> {
    match std::str::from_utf8(body) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) if is_declared_latin(body) => Some(Cow::Owned(body.iter().copied().map(char::from).collect())),
        Err(_) => None,
    }
}

/// `<?xml version="1.0" encoding="ISO-8859-1"?>`, or Windows' superset of it.
fn is_declared_latin(body: &[u8]) -> bool {
    let end = body.iter().position(|byte| *byte == b'>').unwrap_or(0).min(200);
    let declaration = String::from_utf8_lossy(&body[..end]).to_ascii_lowercase();
    declaration.starts_with("<?xml")
        && ["iso-8859-1\"", "iso-8859-1'", "windows-1252", "latin1"]
            .iter()
            .any(|name| declaration.contains(name))
}

/// The text with the mistakes mended that servers make when they paste a caller's name into XML: `&` that begins no
/// reference, and control characters. Borrowed: there was nothing to mend.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    let is_wrong = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
    let mut out = String::new();
    let mut kept_to = 0;
    for (at, letter) in text.char_indices() {
        let instead = match letter {
            '&' if !begins_reference(&text[at..]) => "&amp;",
            letter if is_wrong(letter) => " ",
            _ => continue,
        };
        out.push_str(&text[kept_to..at]);
        out.push_str(instead);
        kept_to = at + letter.len_utf8();
    }
    if kept_to == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept_to..]);
    Cow::Owned(out)
}

/// Bytes of a reference, with some zeros: `&#x0010FFFF;`. Without an end to the search, a body of nothing but `&` would keep
/// the loop busy for seconds.
const LONGEST_REFERENCE: usize = 16;

/// One of XML's own five, or a character by its number.
fn begins_reference(text: &str) -> bool {
    let end = text.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';');
    let Some(name) = end.and_then(|end| text.get(1..end)) else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => {
            let (digits, radix) = match number.strip_prefix('x') {
                Some(hex) => (hex, 16),
                None => (number, 10),
            };
            // What is no character of XML is shown as it was written.
            !digits.starts_with('+')
                && u32::from_str_radix(digits, radix)
                    .ok()
                    .and_then(char::from_u32)
                    .is_some_and(|letter| {
                        !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}')
                    })
        }
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}
