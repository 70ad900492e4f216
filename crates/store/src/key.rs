//! The key of the file, and the same key as a text that a person can keep on paper.
//!
//! The recovery code is the whole key, not a password: 256 bits and a checksum of 24, as 56 characters in groups of
//! four. The alphabet is Crockford's base 32, which has no I, L, O or U, so that what was copied by hand reads back. The
//! checksum (CRC-24 of RFC 9580) finds every single wrong character and every two that changed places.

use std::fmt;

use ringside_domain::Random;
use zeroize::{Zeroize, Zeroizing};

/// 256 random bits. Zeroed when dropped; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; KEY_BYTES]>);

const KEY_BYTES: usize = 32;
const CHECK_BYTES: usize = 3;
/// 35 bytes are 280 bits, which 5 divides.
const CODE_CHARS: usize = (KEY_BYTES + CHECK_BYTES) * 8 / 5;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl StoreKey {
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        random.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// For the keyring, and nothing else.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    #[must_use]
    pub fn recovery_code(&self) -> RecoveryCode {
        let check = crc24(self.as_bytes()).to_be_bytes();
        let mut code = Zeroizing::new(String::with_capacity(CODE_CHARS + CODE_CHARS / 4));
        let mut bits: u32 = 0;
        let mut held = 0;
        let mut written = 0;
        for &byte in self.as_bytes().iter().chain(&check[1..]) {
            bits = (bits << 8) | u32::from(byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                if written > 0 && written % 4 == 0 {
                    code.push('-');
                }
                code.push(char::from(ALPHABET[(bits >> held) as usize & 31]));
                written += 1;
            }
        }
        RecoveryCode(code)
    }

    /// Reads a recovery code as a person typed it: case, blanks and dashes do not matter, O is 0, I and L are 1.
    ///
    /// # Errors
    /// Says what is wrong with the text; a code that reads is the key that was written down.
    pub fn from_recovery_code(text: &str) -> Result<Self, RecoveryCodeError> {
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES + CHECK_BYTES]);
        let mut bits: u32 = 0;
        let mut held = 0;
        let mut seen = 0;
        for sign in text.chars().filter(|sign| !is_between(*sign)) {
            let value = value_of(sign).ok_or(RecoveryCodeError::Character {
                sign,
                group: seen / 4 + 1,
            })?;
            seen += 1;
            if seen > CODE_CHARS {
                continue;
            }
            bits = (bits << 5) | u32::from(value);
            held += 5;
            if held >= 8 {
                held -= 8;
                // A byte is full after characters 2, 4, 5, 7 and 8 of eight.
                bytes[seen * 5 / 8 - 1] = (bits >> held) as u8;
            }
        }
        bits.zeroize();
        if seen != CODE_CHARS {
            return Err(RecoveryCodeError::Length { seen });
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(&bytes[..KEY_BYTES]);
        if crc24(key.as_slice()).to_be_bytes()[1..] != bytes[KEY_BYTES..] {
            return Err(RecoveryCodeError::Checksum);
        }
        Ok(Self(key))
    }

    /// `x'0123…'`, as SQLCipher takes a raw key.
    pub(crate) fn literal(&self) -> Zeroizing<String> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 3));
        text.push_str("x'");
        for byte in self.as_bytes() {
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
        text.push('\'');
        text
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(••••)")
    }
}

/// A key for paper. There is no `Display`, and `Debug` masks it: it is shown where somebody asked for it, nowhere else.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Fourteen groups of four, with dashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(••••)")
    }
}

/// Why a text is no recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryCodeError {
    /// `group` counts from 1.
    Character {
        sign: char,
        group: usize,
    },
    Length {
        seen: usize,
    },
    Checksum,
}

impl fmt::Display for RecoveryCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { sign, group } => {
                write!(
                    f,
                    "{sign:?} in group {group} is no character of a recovery code: they are digits, and letters without U"
                )
            }
            Self::Length { seen } => {
                let groups = CODE_CHARS / 4;
                write!(
                    f,
                    "a recovery code has {CODE_CHARS} characters in {groups} groups of 4; this text has {seen}"
                )
            }
            Self::Checksum => {
                f.write_str("one or more characters are wrong: compare the groups with what you wrote down")
            }
        }
    }
}

impl std::error::Error for RecoveryCodeError {}

/// What people and their mail programs put between groups.
fn is_between(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '-' | '_' | '.' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}

fn value_of(sign: char) -> Option<u8> {
    let sign = match u8::try_from(sign).ok()?.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    let at = ALPHABET.iter().position(|letter| *letter == sign)?;
    u8::try_from(at).ok()
}

fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00B7_04CE, |start, byte| {
        (0..8).fold(start ^ (u32::from(*byte) << 16), |crc, _| {
            let next = crc << 1;
            if next & 0x0100_0000 == 0 {
                next
            } else {
                (next ^ 0x0186_4CFB) & 0x00FF_FFFF
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(crc24(b"123456789"), 0x0021_CF02);
    }

    #[test]
    fn nothing_shows_a_key() {
        let key = StoreKey::from_bytes([0xAB; 32]);
        let shown = format!("{key:?} {:?}", key.recovery_code());
        assert_eq!(shown, "StoreKey(••••) RecoveryCode(••••)");
    }
}
