//! What no message may show: the secrets that a sign-in is made of, and everything that was made of them.
//!
//! A server knows them as well as we do, and what it says stands on the card and in the trace. It may repeat a secret in part,
//! in capitals, within an address or as base64, and whoever shows its words may cut them. So every piece of a secret is looked
//! for, not the secret as a whole, and before anything else is made of the words.

use std::{borrow::Cow, collections::HashSet, fmt, ops::Range, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ringside_domain::credentials::Secret;
use serde_json::Value;

use crate::manifest::render::percent_encoded;

/// Bytes of a piece of a secret that is hidden. A shorter one is in every second word, and says little.
const A_PIECE: usize = 8;
/// Bytes of one that is hidden in data, too.
const NO_CHANCE: usize = 16;
/// Bytes of a whole secret from which on it is looked for, if it is shorter than a piece.
const SHORTEST: usize = 4;
/// Bytes of a secret whose base64 is looked for, too: a longer one is a token, and is that already.
const MOST_ENCODED: usize = 256;
/// Bits of the sieve, a power of two.
const SIEVE: usize = 1 << 16;

/// Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Arc<Pieces>);

#[derive(Clone, Default)]
struct Pieces {
    /// Eight bytes each, in lower case.
    pieces: HashSet<u64>,
    /// Whether a piece may be among them: an answer has millions of bytes, and hardly one begins a piece.
    sieve: Vec<u64>,
    short: Vec<Secret>,
}

impl Hidden {
    /// A secret by itself: a key, a password, a token.
    pub(crate) fn add(&mut self, secret: &[u8]) {
        let text = String::from_utf8_lossy(secret);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let encoded = percent_encoded(&line);
        let pieces = Arc::make_mut(&mut self.0);
        for written in [text.as_bytes(), line.as_bytes(), encoded.as_bytes()] {
            pieces.add(written);
        }
        if (A_PIECE..=MOST_ENCODED).contains(&secret.len()) {
            // Wherever in a longer text the secret stands: base64 begins anew every three bytes.
            for skipped in 0..3 {
                let whole = (secret.len() - skipped) / 3 * 3;
                let base64 = STANDARD_NO_PAD.encode(&secret[skipped..skipped + whole]);
                pieces.add(base64.replace('+', "-").replace('/', "_").as_bytes());
                pieces.add(base64.as_bytes());
            }
        }
    }

    /// What was rendered of secrets: `Bearer abc`, `Basic YTpi`. The scheme says nothing, the rest everything.
    pub(crate) fn add_rendered(&mut self, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        match text.trim().split_once(' ') {
            Some((_, rest)) => rest.split_whitespace().for_each(|part| self.add(part.as_bytes())),
            None => self.add(value),
        }
    }

    /// Words with dots in place of what is hidden in them.
    pub(crate) fn hide<'t>(&self, words: &'t str) -> Cow<'t, str> {
        let mut found = self.0.found_in(words.as_bytes());
        for short in &self.0.short {
            let starts = words.as_bytes().windows(short.expose().len()).enumerate();
            let starts = starts.filter(|(_, part)| *part == short.expose()).map(|(at, _)| at);
            found.extend(starts.map(|at| at..at + short.expose().len()));
        }
        found.sort_by_key(|part| part.start);
        without(words, &found)
    }

    /// [`Hidden::hide`] in all texts of a value. Whether there was anything to hide.
    pub(crate) fn hide_in_words(&self, value: &mut Value) -> bool {
        each_text(value, &|text| self.hide(text))
    }

    /// The same in data, where only what can't be there by chance is hidden: a name may have some letters in common with a
    /// password.
    pub(crate) fn hide_in_data(&self, value: &mut Value) -> bool {
        each_text(value, &|text| {
            let mut found = self.0.found_in(text.as_bytes());
            found.retain(|part| part.len() >= NO_CHANCE);
            without(text, &found)
        })
    }
}

/// Nothing of what it holds, not even how much.
impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl Pieces {
    fn add(&mut self, secret: &[u8]) {
        if secret.len() < A_PIECE {
            let known = self.short.iter().any(|known| known.expose() == secret);
            if secret.len() >= SHORTEST && !known {
                self.short.push(Secret::new(secret));
            }
            return;
        }
        self.sieve.resize(SIEVE / 64, 0);
        for (_, piece) in pieces(secret) {
            self.pieces.insert(piece);
            self.sieve[sieved(piece) / 64] |= 1 << (sieved(piece) % 64);
        }
    }

    /// Where pieces of secrets stand: what they cover together, in order.
    fn found_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        if self.pieces.is_empty() {
            return found;
        }
        for (end, piece) in pieces(text) {
            let may_be = self.sieve[sieved(piece) / 64] & (1 << (sieved(piece) % 64)) != 0;
            if may_be && self.pieces.contains(&piece) {
                let start = end - A_PIECE;
                match found.last_mut() {
                    Some(last) if last.end >= start => last.end = end,
                    _ => found.push(start..end),
                }
            }
        }
        found
    }
}

/// All runs of eight bytes, in lower case, each with the byte behind it.
fn pieces(text: &[u8]) -> impl Iterator<Item = (usize, u64)> {
    let mut piece = 0;
    text.iter().enumerate().filter_map(move |(at, byte)| {
        piece = piece << 8 | u64::from(byte.to_ascii_lowercase());
        (at + 1 >= A_PIECE).then_some((at + 1, piece))
    })
}

const fn sieved(piece: u64) -> usize {
    // Fibonacci hashing: the upper bits of the product are the mixed ones. Never more than a `usize` has on any machine.
    (piece.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SIEVE.trailing_zeros())) as usize
}

/// `hidden` is in order, and may overlap.
fn without<'t>(text: &'t str, hidden: &[Range<usize>]) -> Cow<'t, str> {
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for part in hidden {
        let start = text.floor_char_boundary(part.start);
        if start > from || shown.is_empty() {
            shown.push_str(&text[from.min(start)..start]);
            shown.push('…');
        }
        from = from.max(text.ceil_char_boundary(part.end));
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

fn each_text(value: &mut Value, hide: &impl Fn(&str) -> Cow<'_, str>) -> bool {
    // All of them, also behind the first that changed.
    let any = |changed: bool, one: &mut Value| each_text(one, hide) | changed;
    match value {
        Value::String(text) => match hide(text) {
            Cow::Owned(hidden) => {
                *text = hidden;
                true
            }
            Cow::Borrowed(_) => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, any),
        Value::Object(members) => members.values_mut().fold(false, any),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hidden(secrets: &[&str]) -> Hidden {
        let mut hidden = Hidden::default();
        secrets.iter().for_each(|secret| hidden.add(secret.as_bytes()));
        hidden
    }

    #[test]
    fn a_secret_is_hidden_whole_and_in_every_way_of_writing_it() {
        let mut hidden = hidden(&["abcd", "abcd/efgh+ij", "pass  phrase\tof mine", "abc"]);
        hidden.add_rendered(b"Basic YWJjZDplZmdo");
        hidden.add_rendered(b"Bearer defghijklmn");
        for (said, shown) in [
            ("key abcd/efgh+ij is wrong", "key … is wrong"),
            ("key ABCD/EFGH+IJ is wrong", "key … is wrong"),
            ("GET /x?key=abcd%2Fefgh%2Bij", "GET /x?key=…"),
            ("GET /x?key=abcd%2fefgh%2bij!", "GET /x?key=…!"),
            ("\"pass  phrase\tof mine\" is old", "\"…\" is old"),
            ("\"pass phrase of mine\" is old", "\"…\" is old"),
            ("not YWJjZDplZmdo", "not …"),
            ("üabcdü abcd", "ü…ü …"),
            // Words that are in nearly every message stay.
            (
                "The password of the abc, Basic plan, Bearer defunct",
                "The password of the abc, Basic plan, Bearer defunct",
            ),
        ] {
            assert_eq!(hidden.hide(said), shown);
        }
        assert_eq!(format!("{hidden:?}"), "Hidden");
    }

    #[test]
    fn pieces_of_a_secret_and_its_base64_are_hidden_wherever_they_stand() {
        let key = "sk-84213377-PLANTEDtail";
        let hidden = hidden(&[key]);
        assert_eq!(hidden.hide("tail of it: PLANTEDtail"), "tail of it: …");
        assert_eq!(hidden.hide("sk-8421 is too little"), "sk-8421 is too little");
        for before in ["", "a", "ab", "user:"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}{key}"));
            let said = hidden.hide(&encoded).into_owned();
            // What is left are the signs that hold a part of what stands beside it.
            assert!(
                said.contains('…') && said.chars().count() <= 1 + before.len() * 2 + 6,
                "{encoded}: {said}"
            );
        }
    }

    #[test]
    fn data_keeps_what_may_be_there_by_chance() {
        let hidden = hidden(&["Schneider-2026-geheim"]);
        let mut data = json!({ "name": "Schneider GmbH", "note": ["x Schneider-2026-geheim"] });
        hidden.hide_in_data(&mut data);
        assert_eq!(data, json!({ "name": "Schneider GmbH", "note": ["x …"] }));
        hidden.hide_in_words(&mut data);
        assert_eq!(data["name"], "… GmbH");
    }
}
