//! An address of record, `sip:user@host[:port]`, as a person writes it and as SIP wants it.

use std::{fmt::Write as _, net::Ipv6Addr};

/// Longer than any name that a server gives out.
const LONGEST: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// As typed, not escaped.
    user: String,
    /// IPv6 without brackets.
    host: String,
    port: Option<u16>,
}

impl Address {
    /// Reads `201@pbx.example.com`, with or without `sip:`, a port, and parameters behind it.
    ///
    /// # Errors
    /// Words for a person, without what was typed: it is somebody's number.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let text = without_scheme(text.trim());
        if text.len() > LONGEST {
            return Err("The SIP address is too long");
        }
        let (user, host) = text
            .rsplit_once('@')
            .ok_or("The SIP address lacks the @ and the server")?;
        let (host, _parameters) = host.split_once(';').unwrap_or((host, ""));
        let user = user.trim();
        if user.is_empty() {
            return Err("The SIP address lacks the part before the @");
        }
        if user
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace() || "<>\"@".contains(letter))
        {
            return Err("The part before the @ of the SIP address holds a character that can't be there");
        }
        let (host, port) = host_and_port(host)?;
        Ok(Self {
            user: user.to_owned(),
            host,
            port,
        })
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn port(&self) -> Option<u16> {
        self.port
    }

    /// `sip:201@pbx.example.com`. Always `sip:`, also over TLS: `sips:` asks every hop behind the server for TLS as well,
    /// and most servers refuse that.
    pub(crate) fn uri(&self) -> String {
        let mut uri = format!("sip:{}@{}", self.user_escaped(), bracketed(&self.host));
        if let Some(port) = self.port {
            let _ = write!(uri, ":{port}");
        }
        uri
    }

    /// RFC 3261 §25.1: unreserved and user-unreserved stay, the rest is escaped.
    pub(crate) fn user_escaped(&self) -> String {
        let mut out = String::with_capacity(self.user.len());
        for byte in self.user.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address.
///
/// # Errors
/// Words for a person.
pub(crate) fn host_and_port(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let text = without_scheme(text.trim());
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text.to_owned(), None));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']').ok_or("The server's address lacks its ]")?;
            host.parse::<Ipv6Addr>()
                .map_err(|_| "What stands in brackets is no IPv6 address")?;
            (
                host,
                behind.strip_prefix(':').or((!behind.is_empty()).then_some(behind)),
            )
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port
        .map(|port| port.parse().ok().filter(|port| *port != 0))
        .map(|port| port.ok_or("The server's port is no number from 1 to 65535"))
        .transpose()?;
    let host = host.trim_end_matches('.');
    if host.is_empty() {
        return Err("The server's name is missing");
    }
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"-._".contains(&letter);
    if host.len() > LONGEST || !(host.contains(':') || host.bytes().all(fits)) {
        return Err("The server's name holds a character that can't be there");
    }
    Ok((host.to_owned(), port))
}

/// How a host stands in a URI.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn without_scheme(text: &str) -> &str {
    let scheme = ["sips:", "sip:"].into_iter().find(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    });
    scheme.map_or(text, |scheme| &text[scheme.len()..])
}
