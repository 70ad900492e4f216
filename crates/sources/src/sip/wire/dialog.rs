//! The dialog of one subscription (RFC 6665 §4.1.2, RFC 3261 §12), and the text of what we send in it.
//!
//! ```text
//! SUBSCRIBE sip:201@pbx.example.com SIP/2.0          later: the Contact of the answer
//! Via: SIP/2.0/TLS 192.0.2.7:40112;branch=z9hG4bK…;rport
//! From: <sip:201@pbx.example.com>;tag=ours           Call-ID and this tag are what NOTIFYs are known by
//! To: <sip:201@pbx.example.com>                      later: ;tag=theirs
//! Event: dialog
//! ```

use std::{fmt::Write as _, net::SocketAddr};

use ringside_domain::Random;

use super::message::{Head, list, parameter, uri};
use crate::sip::settings::{Address, Transport};

/// What we tell about ourselves.
const USER_AGENT: &str = concat!("Ringside/", env!("CARGO_PKG_VERSION"));
/// What somebody is told who asks for anything else.
const ALLOW: &str = "NOTIFY";
/// Proxies that asked to stay on the way; more than this is no honest list.
const MOST_ROUTES: usize = 16;

/// Where we are, for Via and Contact.
#[derive(Clone, Debug)]
pub(super) struct Us {
    pub address: Address,
    pub local: SocketAddr,
    pub transport: Transport,
}

#[derive(Clone, Debug)]
pub(super) struct Dialog {
    call_id: String,
    our_tag: String,
    their_tag: Option<String>,
    cseq: u32,
    /// The Request-URI.
    target: String,
    routes: Vec<String>,
}

/// A request as it goes out.
pub(super) struct Sent {
    pub branch: String,
    pub bytes: Vec<u8>,
}

impl Dialog {
    pub(super) fn new(us: &Us, random: &dyn Random) -> Self {
        Self {
            call_id: token::<16>(random),
            our_tag: token::<8>(random),
            their_tag: None,
            cseq: 0,
            target: us.address.uri(),
            routes: Vec::new(),
        }
    }

    /// The URI that a digest is made over.
    pub(super) fn target(&self) -> &str {
        &self.target
    }

    pub(super) fn subscribe(
        &mut self,
        us: &Us,
        expires: u32,
        proofs: &[(&'static str, String)],
        random: &dyn Random,
    ) -> Sent {
        self.cseq += 1;
        let branch = format!("z9hG4bK{}", token::<12>(random));
        let (address, local) = (us.address.uri(), us.local);
        let mut text = format!("SUBSCRIBE {} SIP/2.0\r\n", self.target);
        let mut line = |name: &str, value: &str| {
            let _ = write!(text, "{name}: {value}\r\n");
        };
        line(
            "Via",
            &format!("SIP/2.0/{} {local};branch={branch};rport", us.transport.name()),
        );
        line("Max-Forwards", "70");
        for route in &self.routes {
            line("Route", route);
        }
        line("From", &format!("<{address}>;tag={}", self.our_tag));
        match &self.their_tag {
            Some(tag) => line("To", &format!("<{address}>;tag={tag}")),
            None => line("To", &format!("<{address}>")),
        }
        line("Call-ID", &self.call_id);
        line("CSeq", &format!("{} SUBSCRIBE", self.cseq));
        let way = match us.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        line("Contact", &format!("<sip:{}@{local}{way}>", us.address.user_escaped()));
        line("Event", "dialog");
        line("Accept", "application/dialog-info+xml");
        line("Expires", &expires.to_string());
        for (name, value) in proofs {
            line(name, value);
        }
        line("User-Agent", USER_AGENT);
        line("Content-Length", "0");
        text.push_str("\r\n");
        Sent {
            branch,
            bytes: text.into_bytes(),
        }
    }

    /// Whether a request of the server belongs here. The first one to answer is the one we talk to: of a subscription that
    /// was forked on the way, the others are strangers.
    pub(super) fn owns(&self, request: &Head) -> bool {
        let tag = |name| request.first(name).and_then(|value| parameter(value, "tag"));
        let theirs = tag("from");
        request.first("call-id") == Some(&self.call_id)
            && tag("to") == Some(&self.our_tag)
            && theirs.is_some()
            && self.their_tag.as_deref().is_none_or(|known| Some(known) == theirs)
    }

    /// The answer that accepted us says who we talk to from now on, and over which proxies.
    pub(super) fn accepted(&mut self, answer: &Head) {
        if self.their_tag.is_none() {
            // The last proxy recorded itself on top, seen from us it is the first.
            self.routes = routes(answer).into_iter().rev().collect();
        }
        if let Some(tag) = answer.first("to").and_then(|to| parameter(to, "tag")) {
            self.their_tag = Some(tag.to_owned());
        }
        self.aim(answer);
    }

    /// A NOTIFY may come before the answer, and tells the same. `owns` was asked before.
    pub(super) fn notified(&mut self, notify: &Head) {
        if self.their_tag.is_none() {
            self.routes = routes(notify);
            let from = notify.first("from");
            self.their_tag = from.and_then(|from| parameter(from, "tag")).map(str::to_owned);
        }
        self.aim(notify);
    }

    fn aim(&mut self, head: &Head) {
        let contact = head.first("contact").and_then(|value| list(value).next()).map(uri);
        if let Some(contact) = contact.filter(|contact| is_sip(contact)) {
            contact.clone_into(&mut self.target);
        }
    }
}

/// The response to a request of the server, with whatever it has to repeat.
pub(super) fn answer(request: &Head, code: u16, from: SocketAddr, random: &dyn Random) -> Vec<u8> {
    let reason = match code {
        200 => "OK",
        405 => "Method Not Allowed",
        481 => "Subscription Does Not Exist",
        489 => "Bad Event",
        501 => "Not Implemented",
        _ => "Bad Request",
    };
    let mut text = format!("SIP/2.0 {code} {reason}\r\n");
    for (at, via) in request.all("via").enumerate() {
        // RFC 3581 §4: who asks for it is told where the request came from.
        let asked = at == 0 && list(via).next().and_then(|top| parameter(top, "rport")) == Some("");
        let via = if asked {
            let seen = format!(";received={};rport={}", from.ip(), from.port());
            via.replacen(";rport", &seen, 1)
        } else {
            via.to_owned()
        };
        let _ = write!(text, "Via: {via}\r\n");
    }
    for (name, shown) in [("from", "From"), ("to", "To"), ("call-id", "Call-ID"), ("cseq", "CSeq")] {
        let Some(value) = request.first(name) else { continue };
        let _ = write!(text, "{shown}: {value}");
        if name == "to" && parameter(value, "tag").is_none() {
            let _ = write!(text, ";tag={}", token::<8>(random));
        }
        text.push_str("\r\n");
    }
    match code {
        405 | 501 => text.push_str(&format!("Allow: {ALLOW}\r\n")),
        489 => text.push_str("Allow-Events: dialog\r\n"),
        _ => {}
    }
    text.push_str("Content-Length: 0\r\n\r\n");
    text.into_bytes()
}

fn routes(head: &Head) -> Vec<String> {
    let recorded = head.all("record-route").flat_map(list);
    recorded.take(MOST_ROUTES).map(str::to_owned).collect()
}

fn is_sip(uri: &str) -> bool {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("sip" | "sips")) && !uri.contains(char::is_whitespace) && uri.len() <= 1024
}

/// Something that nobody else can come up with, in hex.
pub(super) fn token<const BYTES: usize>(random: &dyn Random) -> String {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
