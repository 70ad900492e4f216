//! Where an index files a stored number, and where it looks for a caller.
//!
//! Keys find candidates in microseconds; [`compare`](crate::compare) then decides. Two lines may share a
//! key (of kinds other than E.164), the same line always does.

use std::fmt;

use crate::plan::{MAX_DESK_DIGITS, has_desks};
use crate::reading::masked;
use crate::{PhoneNumber, Reading, alias};

/// What a key's value means. The bytes are for storage and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The digits of a valid number's E.164.
    E164 = 1,
    /// E.164 of the same line before or after a change of plan.
    Alias = 2,
    /// E.164 of the second reading of bare digits, or of the second number in one field.
    Alt = 3,
    /// The national number without leading zeros, of at least 8 digits.
    Nsn = 4,
    /// The last 7 or 8 digits of what is no full number.
    Tail = 5,
    /// An internal extension.
    Extension = 6,
    /// A hash of a SIP address.
    Sip = 7,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 7] = [
        KeyKind::E164,
        KeyKind::Alias,
        KeyKind::Alt,
        KeyKind::Nsn,
        KeyKind::Tail,
        KeyKind::Extension,
        KeyKind::Sip,
    ];

    /// The byte to store.
    pub fn as_u8(self) -> u8 {
        self as u8
    }

    /// The kind of a stored byte.
    pub fn from_u8(byte: u8) -> Option<KeyKind> {
        KeyKind::ALL.into_iter().find(|kind| kind.as_u8() == byte)
    }
}

/// One row of an index: kind and value together.
///
/// The value of `E164`, `Alias` and `Alt` is the digits of E.164. That of `Nsn`, `Tail` and `Extension`
/// is a 1 and then the digits, so that length and leading zeros count: extension 012 is 1012.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub kind: KeyKind,
    pub value: i64,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?} {})", self.kind, masked(&self.value.to_string()))
    }
}

/// The length of a tail, in digits.
pub(crate) const FULL_TAIL: usize = 8;
/// The length of a tail where people dial seven digits.
pub(crate) const LOCAL_TAIL: usize = 7;

/// What a stored number is filed under. Empty for what can find nobody.
pub fn stored_keys(stored: &Reading) -> Vec<Key> {
    let mut keys = Keys::default();
    match stored {
        Reading::Number(number) => {
            // Text from before a change of plan proves less than the number itself.
            let kind = if number.rewritten() {
                KeyKind::Alias
            } else {
                KeyKind::E164
            };
            keys.push(kind, number.digits());
            for other in alias::aliases(number.country_code(), number.nsn()) {
                keys.push_e164(KeyKind::Alias, &other);
            }
            if let Some(other) = number.alternate() {
                keys.push_e164(KeyKind::Alt, other);
            }
            keys.push_nsn(number.nsn());
        }
        Reading::Unreadable(rest) => {
            keys.push_nsn(rest.digits());
            keys.push_tail(rest.digits(), FULL_TAIL);
            keys.push_tail(rest.digits(), LOCAL_TAIL);
        }
        Reading::Extension(extension) => keys.push_encoded(KeyKind::Extension, extension.as_str()),
        Reading::SipAddress(address) => keys.push(KeyKind::Sip, hash(address.as_str())),
        Reading::Withheld => {}
    }
    keys.0
}

/// Where to look for a caller, best first. Empty for who can't be known.
///
/// Look all of them up and let [`compare`](crate::compare) decide: a key of a lower kind may lead to the
/// best match.
pub fn probe_keys(caller: &Reading) -> Vec<Key> {
    let mut keys = Keys::default();
    match caller {
        Reading::Number(number) => {
            for kind in [KeyKind::E164, KeyKind::Alias, KeyKind::Alt] {
                keys.push(kind, number.digits());
            }
            if let Some(other) = number.alternate() {
                keys.push_e164(KeyKind::E164, other);
                keys.push_e164(KeyKind::Alt, other);
            }
            keys.push_nsn(number.nsn());
            push_companies(&mut keys, number);
            keys.push_tail(number.nsn(), FULL_TAIL);
            keys.push_tail(number.nsn(), LOCAL_TAIL);
        }
        Reading::Unreadable(_) | Reading::Extension(_) | Reading::SipAddress(_) => keys.0 = stored_keys(caller),
        Reading::Withheld => {}
    }
    keys.0
}

/// The numbers of companies that this may be a desk of: longest first, each with and without the
/// switchboard's 0.
fn push_companies(keys: &mut Keys, number: &PhoneNumber) {
    if !has_desks(number) {
        return;
    }
    for digits in 1..=MAX_DESK_DIGITS {
        let company = number.digits() / 10_i64.pow(digits);
        keys.push(KeyKind::E164, company);
        keys.push(KeyKind::E164, company * 10);
    }
}

#[derive(Default)]
struct Keys(Vec<Key>);

impl Keys {
    fn push(&mut self, kind: KeyKind, value: i64) {
        let key = Key { kind, value };
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    fn push_e164(&mut self, kind: KeyKind, e164: &str) {
        if let Ok(value) = e164.trim_start_matches('+').parse() {
            self.push(kind, value);
        }
    }

    fn push_nsn(&mut self, digits: &str) {
        let digits = significant(digits);
        if digits.len() >= FULL_TAIL {
            self.push_encoded(KeyKind::Nsn, digits);
        }
    }

    fn push_tail(&mut self, digits: &str, size: usize) {
        if let Some(tail) = last(digits, size) {
            self.push_encoded(KeyKind::Tail, tail);
        }
    }

    /// Nothing for more digits than fit; no number has that many.
    fn push_encoded(&mut self, kind: KeyKind, digits: &str) {
        if let Ok(value) = format!("1{digits}").parse() {
            self.push(kind, value);
        }
    }
}

/// Digits without leading zeros: trunk prefixes are written or left out as people like.
pub(crate) fn significant(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// The last digits; none if there are fewer.
pub(crate) fn last(digits: &str, size: usize) -> Option<&str> {
    digits.get(digits.len().checked_sub(size)?..)
}

/// FNV-1a: stable across versions and machines, as it is stored.
fn hash(text: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Home, read};

    #[test]
    fn kinds_are_stored_as_bytes_that_never_change() {
        let bytes: Vec<u8> = KeyKind::ALL.into_iter().map(KeyKind::as_u8).collect();
        assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7]);
        assert!(
            KeyKind::ALL
                .into_iter()
                .all(|kind| KeyKind::from_u8(kind.as_u8()) == Some(kind))
        );
        assert_eq!(KeyKind::from_u8(0), None);
    }

    #[test]
    fn leading_zeros_and_length_count() {
        let home = Home::default();
        let keys = |text: &str| stored_keys(&read(text, &home));
        assert_eq!(
            keys("012"),
            [Key {
                kind: KeyKind::Extension,
                value: 1012
            }]
        );
        assert_eq!(
            keys("12"),
            [Key {
                kind: KeyKind::Extension,
                value: 112
            }]
        );
        assert_eq!(
            keys("5550100"),
            [Key {
                kind: KeyKind::Tail,
                value: 15_550_100
            }]
        );
    }

    #[test]
    fn nobody_has_no_key() {
        for text in ["", "anonymous", "n/a", "*98"] {
            assert!(stored_keys(&read(text, &Home::default())).is_empty(), "{text}");
            assert!(probe_keys(&read(text, &Home::default())).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_hash_of_a_sip_address_never_changes() {
        let home = Home::default();
        assert_eq!(
            stored_keys(&read("sip:alice@Example.com", &home)),
            probe_keys(&read("<sip:alice@example.com:5060>", &home))
        );
        assert_eq!(hash("a").cast_unsigned(), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn debug_shows_nobody() {
        assert_eq!(
            format!(
                "{:?}",
                Key {
                    kind: KeyKind::E164,
                    value: 14155550123
                }
            ),
            "Key(E164 •••••••••23)"
        );
    }
}
