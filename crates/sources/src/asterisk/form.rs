//! What a person fills in for an Asterisk, and the source that is made of it.

use std::{path::PathBuf, sync::Arc};

use ringside_domain::Result;

use super::{Calls, Line};
use crate::{
    kinds::{Built, CLEAR_TEXT, Evidence, Parameter, ParameterKind, Parts, PhoneKind, Setup, invalid},
    tcp::{Server, kept_up},
};

const SERVER: &str = "server";
const DEVICE: &str = "device";
const USER: &str = "user";
const SECRET: &str = "secret";
const TRANSPORT: &str = "transport";
const CA: &str = "ca";
const TLS: &str = "tls";
const TCP: &str = "tcp";

pub const KIND: PhoneKind = PhoneKind {
    id: "asterisk",
    name: "Asterisk or FreePBX, by its manager",
    summary: "For phones on an Asterisk whose extensions tell no number: needs an account of the manager interface",
    parameters: &[
        Parameter {
            name: SERVER,
            title: "Server",
            kind: ParameterKind::Text,
            help: Some("With a port if it is not 5039 with TLS or 5038 without"),
            placeholder: Some("pbx.example.com"),
            required: true,
            default: None,
        },
        Parameter {
            name: TRANSPORT,
            title: "Connection",
            kind: ParameterKind::Choice(&[(TLS, "TLS"), (TCP, "TCP, not encrypted")]),
            help: None,
            placeholder: None,
            required: true,
            default: Some(TLS),
        },
        Parameter {
            name: CLEAR_TEXT,
            title: "Not encrypted, and I agree that everybody in between can read who calls whom",
            kind: ParameterKind::Bool,
            help: Some(
                "The secret is not sent as it is, but whoever listens in can try to guess it, and hears of every call",
            ),
            placeholder: None,
            required: false,
            default: None,
        },
        Parameter {
            name: USER,
            title: "User",
            kind: ParameterKind::Text,
            help: Some("The name of the section in manager.conf"),
            placeholder: None,
            required: true,
            default: None,
        },
        Parameter {
            name: SECRET,
            title: "Secret",
            kind: ParameterKind::Secret,
            help: None,
            placeholder: None,
            required: true,
            default: None,
        },
        Parameter {
            name: DEVICE,
            title: "Your device",
            kind: ParameterKind::Text,
            help: Some("As the exchange names it. More than one with commas between them"),
            placeholder: Some("PJSIP/201"),
            required: true,
            default: None,
        },
        Parameter {
            name: CA,
            title: "Certificate file",
            kind: ParameterKind::Text,
            help: Some("The authority's certificate, if this computer does not know it (PEM)"),
            placeholder: None,
            required: false,
            default: None,
        },
    ],
    needs: &[
        "From the admin, in manager.conf: an account of its own with read = call,agent, an empty write =, and permit for \
         your computers only",
        "TLS switched on there (tlsenable = yes), or a VPN",
    ],
    limits: &[
        "The account hears of every call on the exchange, also of other people's: an eventfilter in manager.conf can narrow \
         that down",
        "A call that goes on while the connection breaks ends as unknown, unless the account may also list channels \
         (write = reporting)",
        "Who forwarded a call is told when a phone forwarded it, and not when the dial plan or another exchange did",
    ],
    evidence: Evidence::Documentation(
        "docs.asterisk.org for Asterisk 16 to 22, and Asterisk's source; tried on a strict stand-in, no Asterisk was at hand",
    ),
    signs_in_with_browser: false,
    uses_intake: false,
};

/// # Errors
/// [`Kind::Invalid`](ringside_domain::Kind::Invalid) with the parameter's name as field.
pub(crate) fn build(setup: Setup, parts: &Parts) -> Result<Built> {
    let is_tls = match setup.text(TRANSPORT).unwrap_or(TLS) {
        TLS => true,
        TCP => false,
        _ => return Err(invalid(TRANSPORT, "the connection is either tls or tcp")),
    };
    let server = setup
        .text(SERVER)
        .and_then(|text| Server::parse(text, if is_tls { 5039 } else { 5038 }))
        .ok_or_else(|| {
            invalid(SERVER, "the server is missing, or is no name or address").hint("Write it like pbx.example.com")
        })?;
    if !is_tls && !server.is_here() && !setup.agrees_to_clear_text() {
        return Err(invalid(
            CLEAR_TEXT,
            format!("without TLS everybody between here and {server} can read who calls whom"),
        )
        .hint("Agree to that, or use TLS"));
    }
    let user = setup.text(USER).ok_or_else(|| invalid(USER, "the user is missing"))?;
    if user.chars().any(char::is_control) {
        return Err(invalid(USER, "the user has characters that no user can have"));
    }
    let secret = setup.secrets.get(SECRET).cloned();
    let secret = secret.filter(|secret| !secret.expose().is_empty());
    let secret = secret.ok_or_else(|| invalid(SECRET, "the secret is missing"))?;
    if secret.expose().iter().any(u8::is_ascii_control) {
        return Err(invalid(SECRET, "the secret has characters that no secret can have"));
    }
    let device = setup
        .text(DEVICE)
        .ok_or_else(|| invalid(DEVICE, "the device is missing"))?;
    if !device.split(',').all(|name| is_device(name.trim())) {
        return Err(invalid(DEVICE, "the device is none that Asterisk has").hint("Write it like PJSIP/201"));
    }
    let line = Line {
        server,
        tls: is_tls.then(|| Arc::clone(&parts.tls)),
        ca: setup.text(CA).map(PathBuf::from),
        user: user.to_owned(),
        secret,
        calls: Calls::new(setup.source.clone(), setup.trust, device),
    };
    Ok(kept_up(line, setup.source, parts))
}

/// `PJSIP/201`: a technology and a name.
fn is_device(name: &str) -> bool {
    let Some((technology, rest)) = name.split_once('/') else {
        return false;
    };
    let is_word =
        |text: &str| !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    technology.chars().all(|letter| letter.is_ascii_alphanumeric()) && is_word(technology) && is_word(rest)
}
