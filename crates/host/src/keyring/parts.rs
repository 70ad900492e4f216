//! Long values in several entries: Windows takes no more than 2,560 bytes in one, as little as 1,200 characters.
//!
//! A short value is one entry under its name. A long one is a header under its name, `ringside-parts:1:a:3:4711:<sum>`
//! (slot, number of parts, bytes, SHA-256), and parts under `name#a.0`, `name#a.1`, … The parts of a new value go into the slot
//! that the present one does not use, and only then is the header written: a crash at any moment leaves the old value or
//! the new one, never a mixture.

use ringside_domain::{Error, Kind, Result};
use sha2::{Digest, Sha256};

/// Entries by name, each of them written whole or not at all.
pub(super) trait Vault {
    fn get(&mut self, entry: &str) -> Result<Option<Vec<u8>>>;
    fn set(&mut self, entry: &str, value: &[u8]) -> Result<()>;
    /// Removing what is not there is fine.
    fn remove(&mut self, entry: &str) -> Result<()>;
}

const LONGEST: usize = 1_200;
/// 64 parts are 75 kB: more than any token or certificate.
const MOST_PARTS: usize = 64;
const MARK: &[u8] = b"ringside-parts:";

struct Header {
    slot: char,
    parts: usize,
    bytes: usize,
    sum: String,
}

pub(super) fn get(vault: &mut dyn Vault, name: &str, given_up: &dyn Fn() -> bool) -> Result<Option<super::Secret>> {
    let Some(first) = vault.get(name)? else { return Ok(None) };
    if !first.starts_with(MARK) {
        return Ok(Some(super::Secret::new(first)));
    }
    let header = Header::read(&first).ok_or_else(|| damaged("its header cannot be read"))?;
    let mut value = Vec::with_capacity(header.bytes);
    for part in 0..header.parts {
        go_on(given_up)?;
        let entry = part_name(name, header.slot, part);
        value.extend(vault.get(&entry)?.ok_or_else(|| damaged("a part of it is missing"))?);
    }
    if value.len() != header.bytes || sum(&value) != header.sum {
        return Err(damaged("its parts do not belong together"));
    }
    Ok(Some(super::Secret::new(value)))
}

pub(super) fn set(vault: &mut dyn Vault, name: &str, value: &[u8], given_up: &dyn Fn() -> bool) -> Result<()> {
    let present = vault.get(name)?.and_then(|first| Header::read(&first));
    // A short value that looks like a header is kept in parts, or it would be read as one.
    if value.len() <= LONGEST && !value.starts_with(MARK) {
        go_on(given_up)?;
        vault.set(name, value)?;
        return clear(vault, name, present.as_ref(), given_up);
    }
    let parts = value.len().div_ceil(LONGEST);
    if parts > MOST_PARTS {
        return Err(Error::new(
            Kind::Invalid,
            "keep_secret",
            "the value is too long for the system's secret store",
        ));
    }
    let slot = if present.as_ref().is_some_and(|header| header.slot == 'a') {
        'b'
    } else {
        'a'
    };
    for (number, part) in value.chunks(LONGEST).enumerate() {
        go_on(given_up)?;
        vault.set(&part_name(name, slot, number), part)?;
    }
    go_on(given_up)?;
    vault.set(
        name,
        &Header {
            slot,
            parts,
            bytes: value.len(),
            sum: sum(value),
        }
        .write(),
    )?;
    clear(vault, name, present.as_ref(), given_up)
}

pub(super) fn remove(vault: &mut dyn Vault, name: &str, given_up: &dyn Fn() -> bool) -> Result<()> {
    let present = vault.get(name)?.and_then(|first| Header::read(&first));
    go_on(given_up)?;
    vault.remove(name)?;
    clear(vault, name, present.as_ref(), given_up)
}

/// Takes away the parts of a value that is no longer the present one.
fn clear(vault: &mut dyn Vault, name: &str, old: Option<&Header>, given_up: &dyn Fn() -> bool) -> Result<()> {
    let Some(old) = old else { return Ok(()) };
    for part in 0..old.parts {
        go_on(given_up)?;
        vault.remove(&part_name(name, old.slot, part))?;
    }
    Ok(())
}

impl Header {
    fn write(&self) -> Vec<u8> {
        format!(
            "ringside-parts:1:{}:{}:{}:{}",
            self.slot, self.parts, self.bytes, self.sum
        )
        .into_bytes()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes.strip_prefix(MARK)?).ok()?;
        let mut fields = text.split(':');
        if fields.next()? != "1" {
            return None;
        }
        let slot = fields
            .next()
            .filter(|slot| matches!(*slot, "a" | "b"))?
            .chars()
            .next()?;
        let parts = fields
            .next()?
            .parse()
            .ok()
            .filter(|parts| (1..=MOST_PARTS).contains(parts))?;
        let bytes = fields
            .next()?
            .parse()
            .ok()
            .filter(|bytes| *bytes <= MOST_PARTS * LONGEST)?;
        let sum = fields.next()?.to_owned();
        fields.next().is_none().then_some(Self {
            slot,
            parts,
            bytes,
            sum,
        })
    }
}

fn part_name(name: &str, slot: char, number: usize) -> String {
    format!("{name}#{slot}.{number}")
}

fn sum(value: &[u8]) -> String {
    Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A call that nobody waits for stops between two entries.
fn go_on(given_up: &dyn Fn() -> bool) -> Result<()> {
    if given_up() {
        Err(super::late("use_keyring", std::time::Duration::ZERO))
    } else {
        Ok(())
    }
}

fn damaged(why: &'static str) -> Error {
    Error::new(
        Kind::Storage,
        "read_secret",
        format!("a secret in the system's store is damaged: {why}"),
    )
    .hint("Enter it again, and Ringside replaces it")
}
