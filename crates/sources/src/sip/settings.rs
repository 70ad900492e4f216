//! What a person fills in for a SIP phone, read and checked once, before anything is dialled.

use std::path::PathBuf;

use ringside_domain::{Result, credentials::Secret};

use super::resolve::Place;
use crate::kinds::{CLEAR_TEXT, Parameter, ParameterKind, Setup, invalid};

mod address;

pub(crate) use address::{Address, host_and_port};

/// How SIP travels. It is pinned: nothing that happens later changes it, but for large messages where that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tls,
    Tcp,
    Udp,
}

impl Transport {
    /// As a person reads it, and as a Via header wants it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: ADDRESS,
        title: "SIP address",
        kind: ParameterKind::Text,
        help: Some("Your extension or account, an @, and the server's name, as in your phone's settings"),
        placeholder: Some("201@pbx.example.com"),
        required: true,
        default: None,
    },
    Parameter {
        name: PASSWORD,
        title: "SIP password",
        kind: ParameterKind::Secret,
        help: Some("The password that your phone registers with. It is kept in this computer's keyring"),
        placeholder: None,
        required: true,
        default: None,
    },
    Parameter {
        name: TRANSPORT,
        title: "Connection",
        kind: ParameterKind::Choice(&[
            ("tls", "TLS (encrypted)"),
            ("tcp", "TCP"),
            ("udp", "UDP"),
            ("udp-tcp", "UDP, large messages over TCP"),
        ]),
        help: Some("Only TLS is encrypted. What you choose is never changed behind your back"),
        placeholder: None,
        required: false,
        default: Some("tls"),
    },
    Parameter {
        name: CLEAR_TEXT,
        title: "Others on the network may listen in",
        kind: ParameterKind::Bool,
        help: Some(
            "Without TLS, everybody on the way sees who calls you. The password itself is not sent, but can be guessed at",
        ),
        placeholder: None,
        required: false,
        default: None,
    },
    Parameter {
        name: USER,
        title: "Login name",
        kind: ParameterKind::Text,
        help: Some("Only if it differs from the part before the @: some servers call it authentication ID"),
        placeholder: None,
        required: false,
        default: None,
    },
    Parameter {
        name: SERVER,
        title: "Server",
        kind: ParameterKind::Text,
        help: Some("Only if it differs from the part after the @: an outbound proxy, as host or host:port"),
        placeholder: Some("sip.example.com:5061"),
        required: false,
        default: None,
    },
    Parameter {
        name: CA,
        title: "Certificate file",
        kind: ParameterKind::Text,
        help: Some("Only if your company's own authority signed the server's certificate: its certificate, PEM or DER"),
        placeholder: None,
        required: false,
        default: None,
    },
];

const ADDRESS: &str = "address";
const PASSWORD: &str = "password";
const TRANSPORT: &str = "transport";
const USER: &str = "user";
const SERVER: &str = "server";
/// Also the field of the error when the file can't be used.
pub(crate) const CA: &str = "ca";

/// Longer than any name that a server gives out.
const LONGEST_USER: usize = 128;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub address: Address,
    /// The name that the digest is made with.
    pub login: String,
    pub password: Secret,
    pub transport: Transport,
    /// What does not fit into a datagram is fetched over TCP, from then on for the rest of the run.
    pub large_over_tcp: bool,
    /// The host that the person typed, and its port: what a certificate must name.
    pub host: String,
    pub port: Option<u16>,
    /// The parameter that the host stands in.
    pub host_field: &'static str,
    pub ca: Option<PathBuf>,
}

impl Settings {
    /// # Errors
    /// [`Kind::Invalid`](ringside_domain::Kind::Invalid) with the parameter's name as field.
    pub(crate) fn read(setup: &Setup) -> Result<Self> {
        let address = setup
            .text(ADDRESS)
            .ok_or_else(|| invalid(ADDRESS, "The SIP address is missing").hint("It looks like 201@pbx.example.com"))?;
        let address = Address::read(address).map_err(|words| {
            invalid(ADDRESS, words).hint("Write it as in your phone's settings, for example 201@pbx.example.com")
        })?;
        let password = setup.secrets.get(PASSWORD).cloned();
        let password = password
            .filter(|password| !password.expose().is_empty())
            .ok_or_else(|| {
                invalid(PASSWORD, "The SIP password is missing").hint("It is the one that your phone registers with")
            })?;
        let login = match setup.text(USER) {
            Some(user) if user.len() > LONGEST_USER || user.chars().any(char::is_control) => {
                return Err(invalid(USER, "The login name can't be one").hint("Leave it empty if you were given none"));
            }
            Some(user) => user.to_owned(),
            None => address.user().to_owned(),
        };
        let (transport, large_over_tcp) = match setup.text(TRANSPORT).unwrap_or("tls") {
            "tls" => (Transport::Tls, false),
            "tcp" => (Transport::Tcp, false),
            "udp" => (Transport::Udp, false),
            "udp-tcp" => (Transport::Udp, true),
            _ => return Err(invalid(TRANSPORT, "This connection is not known").hint("Choose tls, tcp, udp or udp-tcp")),
        };
        if transport != Transport::Tls && !setup.agrees_to_clear_text() {
            return Err(invalid(
                CLEAR_TEXT,
                format!(
                    "Over {} everybody on the network can see who calls you",
                    transport.name()
                ),
            )
            .hint("Choose TLS, or agree to a connection that is not encrypted"));
        }
        let (host, port, host_field) = match setup.text(SERVER) {
            Some(server) => {
                let (host, port) = host_and_port(server).map_err(|words| {
                    invalid(SERVER, words).hint("Write it as host or host:port, without anything else")
                })?;
                (host, port, SERVER)
            }
            None => (address.host().to_owned(), address.port(), ADDRESS),
        };
        Ok(Self {
            address,
            login,
            password,
            transport,
            large_over_tcp,
            host,
            port,
            host_field,
            ca: setup.text(CA).map(PathBuf::from),
        })
    }

    /// Where the server is to be looked for.
    pub(crate) fn place(&self, transport: Transport) -> Place {
        Place {
            host: self.host.clone(),
            port: self.port,
            transport,
        }
    }

    /// How the server is called in messages: what the person typed.
    pub(crate) fn server_name(&self) -> String {
        match self.port {
            Some(port) if self.host.contains(':') => format!("[{}]:{port}", self.host),
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
