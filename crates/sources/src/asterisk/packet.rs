//! The manager's lines: a greeting, then packets of `Key: value` lines that end with an empty one.

/// The answer to ListCommands is the longest packet that we ask for: some 20 KB.
const LONGEST: usize = 128 * 1024;
const MOST_LINES: usize = 2_000;
const LONGEST_GREETING: usize = 256;

/// `Asterisk Call Manager/9.0.0`: the version, and how many bytes it takes; `None` while there is only part of it.
///
/// # Errors
/// In words: this is no manager.
pub fn greeting(bytes: &[u8]) -> Result<Option<(String, usize)>, &'static str> {
    const NAME: &[u8] = b"Asterisk Call Manager/";
    let known = bytes.len().min(NAME.len());
    if bytes[..known] != NAME[..known] {
        return Err("it does not greet like one");
    }
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let version = String::from_utf8_lossy(&bytes[NAME.len()..end]);
            Ok(Some((version.trim().to_owned(), end + 1)))
        }
        None if bytes.len() > LONGEST_GREETING => Err("it does not greet like one"),
        None => Ok(None),
    }
}

/// A response or an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet(Vec<(String, String)>);

impl Packet {
    /// The value of the first line with this key, which is compared without case; empty ones count.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value.as_str())
    }

    /// The same, and empty where the line is absent.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.get(key).unwrap_or_default()
    }
}

/// The first whole packet in these bytes, and how many bytes it takes with its empty line; `None` while there is only part
/// of one. Lines without a colon, as output of commands has them, are left out.
///
/// # Errors
/// In words, when it is too long: after that nothing can be believed.
pub fn packet(bytes: &[u8]) -> Result<Option<(Packet, usize)>, &'static str> {
    let mut packets = Packets {
        received: bytes.to_vec(),
        ..Packets::default()
    };
    Ok(packets.take()?.map(|packet| (packet, packets.begun)))
}

/// The packets of a connection. However small the pieces are in which they come, each byte is looked at once.
#[derive(Debug, Default)]
pub struct Packets {
    /// What came, to be added to; lines that were read are gone from it sooner or later.
    pub received: Vec<u8>,
    /// Where the line begins that is not whole yet.
    begun: usize,
    /// Up to where it has no end.
    searched: usize,
    lines: Vec<(String, String)>,
    /// Of the packet that is not whole yet, without that line.
    length: usize,
}

impl Packets {
    /// The next packet that is whole; `None`: more has to come.
    ///
    /// # Errors
    /// As [`packet`] says.
    pub fn take(&mut self) -> Result<Option<Packet>, &'static str> {
        while let Some(found) = self.received[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + found;
            let line = String::from_utf8_lossy(&self.received[self.begun..end]);
            let line = line.trim();
            self.length += end + 1 - self.begun;
            if self.length > LONGEST {
                return Err("a message is too long");
            }
            let is_over = line.is_empty();
            if let Some((key, value)) = line.split_once(':') {
                self.lines.push((key.trim().to_owned(), value.trim().to_owned()));
            }
            (self.begun, self.searched) = (end + 1, end + 1);
            if self.lines.len() > MOST_LINES {
                return Err("a message has too many lines");
            }
            if is_over {
                self.length = 0;
                // Between packets, empty lines are nothing.
                if !self.lines.is_empty() {
                    return Ok(Some(Packet(std::mem::take(&mut self.lines))));
                }
            }
        }
        self.received.drain(..self.begun);
        (self.begun, self.searched) = (0, self.received.len());
        if self.length + self.received.len() > LONGEST {
            return Err("a message is too long");
        }
        Ok(None)
    }
}
