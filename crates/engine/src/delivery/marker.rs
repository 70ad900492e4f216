//! Markers: the text by which our own log is found again.

use ringside_domain::{CallId, Marker};
use sha2::{Digest, Sha256};

/// 130 bits of a hash: two calls never share one by chance.
const LETTERS: usize = 26;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The marker of one call in one CRM account: `ringside-` and 26 letters or digits, which every CRM can search for and
/// which tell nobody anything.
///
/// With the provider's call id it is made of account, line and that id, so that two machines of one user make the same
/// one ([`Marker::is_shared`]); without, of our own call id, and holds for this machine only.
#[must_use]
pub fn marker(account: &str, line: Option<&str>, provider_call_id: Option<&str>, call: CallId) -> Marker {
    let provider_call_id = provider_call_id.map(str::trim).filter(|id| !id.is_empty());
    let text = match provider_call_id {
        Some(id) => hashed(&["provider", account, line.map_or("", str::trim), id]),
        None => hashed(&["call", account, &call.to_string()]),
    };
    Marker::new(format!("ringside-{text}"), provider_call_id.is_some())
}

/// Each part with its length before it, so that no two lists of parts read alike.
fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    letters(&hash.finalize())
}

fn letters(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| (byte >> (7 - at % 8)) & 1);
    let five = |letter: usize| (0..5).fold(0_u8, |value, at| (value << 1) | bit(letter * 5 + at));
    (0..LETTERS)
        .map(|letter| char::from(BASE32[usize::from(five(letter))]))
        .collect()
}

#[cfg(test)]
mod tests {
    use ringside_domain::CallId;

    use super::*;

    fn call(byte: u8) -> CallId {
        let hex = format!("{byte:02x}");
        format!("01890a5d-ac96-774b-bcce-b302099a80{hex}")
            .parse()
            .unwrap_or_else(|_| unreachable!("a UUID"))
    }

    #[test]
    fn two_machines_make_one_marker() {
        let one = marker("acme", Some("+12025550100"), Some("abc@pbx"), call(1));
        let other = marker("acme", Some("+12025550100 "), Some(" abc@pbx"), call(2));
        assert_eq!(one, other);
        assert!(one.is_shared());
    }

    #[test]
    fn anything_else_makes_another_marker() {
        let base = || ("acme", Some("100"), Some("abc"));
        let (account, line, id) = base();
        let one = marker(account, line, id, call(1));
        for (account, line, id) in [
            ("acme1", line, Some("00abc")),
            ("acme2", line, id),
            (account, Some("101"), id),
            (account, None, id),
            (account, line, Some("abd")),
        ] {
            assert_ne!(one, marker(account, line, id, call(1)));
        }
    }

    #[test]
    fn without_a_providers_id_it_is_this_machines_own() {
        for nothing in [None, Some(""), Some("  ")] {
            let own = marker("acme", Some("100"), nothing, call(1));
            assert!(!own.is_shared());
            assert_eq!(own, marker("acme", Some("other line"), None, call(1)));
            assert_ne!(own, marker("acme", Some("100"), None, call(2)));
        }
    }

    #[test]
    fn it_can_be_searched_for_everywhere() {
        // Fixed for good: another text for the same call would be a second log of it.
        let text = marker("acme", Some("100"), Some("abc"), call(1)).to_string();
        assert_eq!(text, "ringside-22imzodyn4msic3mo7rwe2fpdv");
    }
}
