//! One SIP message, taken apart as far as a watcher needs it (RFC 3261 §7 and §25).
//!
//! ```text
//! NOTIFY sip:201@192.0.2.7:40112 SIP/2.0          or: SIP/2.0 200 OK
//! Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK77
//! f: "Smith, J" <sip:201@pbx.example.com>;tag=a6   short names, folded lines, lists with commas
//!
//! body
//! ```

/// Of one message. No PBX comes near them; a sender that does is broken or means harm.
pub const LONGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Request { method: String },
    Response { code: u16 },
}

/// The start line and the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub start: Start,
    /// Names in lower case and written out, values without the spaces around them.
    headers: Vec<(String, String)>,
}

/// What is wrong with a message, without quoting it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl Head {
    /// Reads everything before the empty line; with or without it. Bytes that are no UTF-8 are replaced: there are servers
    /// that write names in Latin-1, and the call is no less real.
    ///
    /// # Errors
    /// What makes it no SIP message.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > LONGEST_HEAD {
            return Err(Malformed("its head is too long"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let start = start(lines.next().unwrap_or_default())?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.is_empty() {
                break;
            }
            // Parts of these lines go into our own messages.
            if line.chars().any(|letter| letter.is_ascii_control() && letter != '\t') {
                return Err(Malformed("one of its headers holds a control character"));
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut().ok_or(Malformed("its first header is folded"))?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            if headers.len() == MOST_HEADERS {
                return Err(Malformed("it has too many headers"));
            }
            let (name, value) = line
                .split_once(':')
                .ok_or(Malformed("one of its headers has no colon"))?;
            headers.push((full_name(name.trim()), value.trim().to_owned()));
        }
        Ok(Self { start, headers })
    }

    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every line of a header, in order. A line may hold a list.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A header whose value is a number, whatever stands behind it: `Retry-After: 18 (busy);duration=3600`.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        let value = self.first(name)?;
        let end = value
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(value.len());
        value[..end].parse().ok()
    }

    /// The number and the method of `CSeq: 12 NOTIFY`.
    #[must_use]
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let mut words = self.first("cseq")?.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?))
    }

    /// The branch of the topmost Via.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        let via = list(self.first("via")?).next()?;
        parameter(via, "branch")
    }
}

/// Whether this may be the first line of a message at all, for telling garbage from SIP early.
fn start(line: &str) -> Result<Start, Malformed> {
    const NO_SIP: Malformed = Malformed("it does not begin as SIP does");
    let mut words = line.split_ascii_whitespace();
    let (first, second) = (words.next().ok_or(NO_SIP)?, words.next().ok_or(NO_SIP)?);
    if first.eq_ignore_ascii_case("SIP/2.0") {
        let code = second.parse().ok().filter(|code| (100..700).contains(code));
        return Ok(Start::Response {
            code: code.ok_or(Malformed("its status is no number from 100 to 699"))?,
        });
    }
    let third = words.next().ok_or(NO_SIP)?;
    let token = first.len() <= 32 && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !third.eq_ignore_ascii_case("SIP/2.0") || !token || words.next().is_some() {
        return Err(NO_SIP);
    }
    Ok(Start::Request {
        method: first.to_owned(),
    })
}

/// RFC 3261 §7.3.3, and RFC 6665 for `o` and `u`.
fn full_name(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let full = match name.as_str() {
        "c" => "content-type",
        "e" => "content-encoding",
        "f" => "from",
        "i" => "call-id",
        "k" => "supported",
        "l" => "content-length",
        "m" => "contact",
        "o" => "event",
        "s" => "subject",
        "t" => "to",
        "u" => "allow-events",
        "v" => "via",
        _ => return name,
    };
    full.to_owned()
}

/// The values of a list: commas outside quotes and angle brackets part them.
pub fn list(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = outside(text, |letter| letter == ',');
        rest = end.map(|at| &text[at + 1..]);
        Some(text[..end.unwrap_or(text.len())].trim())
    })
    .filter(|value| !value.is_empty())
}

/// The URI of `"Name" <sip:201@host;lr>;tag=1` or of `sip:201@host;tag=1`.
#[must_use]
pub fn uri(value: &str) -> &str {
    let bracket = outside(value, |letter| letter == '<');
    match bracket {
        Some(start) => {
            let rest = &value[start + 1..];
            rest.split_once('>').map_or(rest, |(uri, _)| uri).trim()
        }
        None => value.split_once(';').map_or(value, |(uri, _)| uri).trim(),
    }
}

/// A parameter of a header, outside its URI. A bare one is empty.
#[must_use]
pub fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = value;
    // `outside` steps over quoted names and URIs in brackets, so what is found is the header's own.
    while let Some(at) = outside(rest, |letter| letter == ';') {
        rest = &rest[at + 1..];
        let end = outside(rest, |letter| letter == ';').unwrap_or(rest.len());
        let (key, value) = rest[..end].split_once('=').unwrap_or((&rest[..end], ""));
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().trim_matches('"'));
        }
    }
    None
}

/// Where the first letter is that fits, outside quotes and angle brackets. An opening bracket itself counts as outside.
fn outside(text: &str, fits: impl Fn(char) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped, mut bracket) = (false, false, false);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match letter {
            '\\' if quoted => escaped = true,
            '"' if !bracket => quoted = !quoted,
            _ if quoted => {}
            '>' => bracket = false,
            _ if bracket => {}
            _ if fits(letter) => return Some(at),
            '<' => bracket = true,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
