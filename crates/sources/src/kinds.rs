//! The kinds of phones that a person can set up: what each one asks for, and how its source is made.
//!
//! Each source's module declares its own [`PhoneKind`] and makes its source of a [`Setup`]; this table is the one place that
//! knows them all.

use std::{borrow::Cow, collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};

use ringside_domain::{
    CallSource, Clock, Error, HttpTransport, Kind, Random, Result, SignIn, SourceId, SourceState, Trust,
    credentials::Secret,
};
use tokio::sync::watch;

use crate::{asterisk, baresip, intake, ringcentral, sip};

/// The `kind` of phones that report to the intake from this computer, and the one without which a phone is of this kind.
pub const PROGRAM: &str = "program";
/// The `kind` of desk phones that report to the intake from the local network.
pub const DESK: &str = "desk";
/// The name of the parameter by which a person agrees to a connection that others can listen in on; `true` or absent.
pub const CLEAR_TEXT: &str = "clear_text";

/// A kind of phone, for its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneKind {
    /// Stable, in `config.toml`.
    pub id: &'static str,
    pub name: &'static str,
    /// For whom it is, in a sentence.
    pub summary: &'static str,
    /// What the person fills in, in this order.
    pub parameters: &'static [Parameter],
    /// What a person or their admin must have or do first.
    pub needs: &'static [&'static str],
    /// What it can't tell.
    pub limits: &'static [&'static str],
    pub evidence: Evidence,
    /// [`sign_in`] is needed before it works.
    pub signs_in_with_browser: bool,
    /// It reports to the intake: there is no source of its own to [`build`].
    pub uses_intake: bool,
}

/// Something the person fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: ParameterKind,
    pub help: Option<&'static str>,
    pub placeholder: Option<&'static str>,
    pub required: bool,
    pub default: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    Text,
    /// Goes to the keyring, and is never shown again.
    Secret,
    /// Value and label, in this order.
    Choice(&'static [(&'static str, &'static str)]),
    /// `true` or `false`.
    Bool,
}

/// On what a kind was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    RealServer(&'static str),
    Specification(&'static str),
    Documentation(&'static str),
}

/// A phone as it is set up.
#[derive(Clone)]
pub struct Setup {
    pub source: SourceId,
    /// What was filled in and is not secret, by the parameters' names. What is absent has its default.
    pub parameters: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, Secret>,
    pub trust: Trust,
    /// The name under which [`SignIn`] keeps its grant.
    pub grant: String,
    /// It was tried and found good before it was kept: a server that refuses it now may be starting, or be another one than
    /// at home. `false` for one that is just being tried: what is wrong with it should be said at once.
    pub kept: bool,
    /// The last word of [`Built::pin`]; `None` for a phone that was never accepted, and after its secrets were typed anew.
    pub pin: Option<String>,
}

impl Setup {
    /// What was filled in for this parameter, without spaces around it; an empty one counts as absent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    }

    /// Whether the person agreed to a connection that others can listen in on.
    #[must_use]
    pub fn agrees_to_clear_text(&self) -> bool {
        self.text(CLEAR_TEXT) == Some("true")
    }
}

/// What sources use of the world.
#[derive(Clone)]
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub http: Arc<dyn HttpTransport>,
    pub sign_in: Arc<dyn SignIn>,
    pub tls: Arc<dyn Tls>,
    /// The name server to ask for SRV and NAPTR; `None`: the system's.
    pub dns: Option<SocketAddr>,
}

/// The port to what this computer trusts.
pub trait Tls: Send + Sync {
    /// A configuration that checks chains and names against the system's certificates and those in this PEM or DER file. It
    /// reads the disk: call it off the loop.
    ///
    /// # Errors
    /// [`Kind::Invalid`], field `extra_ca`, when the file holds no certificate; [`Kind::Storage`] when the system has none.
    fn client(&self, extra_ca: Option<&Path>) -> Result<Arc<rustls::ClientConfig>>;
}

/// A source, and how it is doing.
pub struct Built {
    pub source: Box<dyn CallSource>,
    pub state: watch::Receiver<SourceState>,
    /// How the server wants the password proved, once it accepted that: to be kept as it is, and given back as
    /// [`Setup::pin`], so that it can't be talked into less. No secret, and nobody else's to read. It begins with what
    /// [`Setup::pin`] was; `None`: this kind pins nothing.
    pub pin: Option<watch::Receiver<Option<String>>>,
}

/// All kinds, in the order in which a person is asked.
#[must_use]
pub fn kinds() -> [&'static PhoneKind; 6] {
    [
        &sip::KIND,
        &ringcentral::KIND,
        &intake::PROGRAM_KIND,
        &intake::DESK_KIND,
        &baresip::KIND,
        &asterisk::KIND,
    ]
}

#[must_use]
pub fn kind(id: &str) -> Option<&'static PhoneKind> {
    kinds().into_iter().find(|kind| kind.id == id)
}

/// The source of a phone that we connect to. Checks what was filled in; asks nobody.
///
/// # Errors
/// [`Kind::Invalid`] with the parameter's name as field; [`Kind::Unsupported`] for a kind that has no source of its own.
pub fn build(kind: &str, setup: Setup, parts: &Parts) -> Result<Built> {
    match kind {
        id if id == sip::KIND.id => sip::build(setup, parts),
        id if id == ringcentral::KIND.id => ringcentral::build(setup, parts),
        id if id == asterisk::KIND.id => asterisk::build(setup, parts),
        id if id == baresip::KIND.id => baresip::build(setup, parts),
        _ => Err(no_source()),
    }
}

/// Sends the person to the browser, and keeps what they granted. Dropping it closes the port and gives up.
///
/// # Errors
/// As [`SignIn::authorize`] and [`SignIn::token`].
pub async fn sign_in(kind: &str, setup: &Setup, parts: &Parts) -> Result<()> {
    match kind {
        id if id == ringcentral::KIND.id => ringcentral::sign_in(setup, parts).await,
        _ => Err(no_source()),
    }
}

/// What was filled in for this parameter won't do.
pub(crate) fn invalid(parameter: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(Kind::Invalid, "build_source", message).field(parameter)
}

fn no_source() -> Error {
    Error::new(
        Kind::Unsupported,
        "build_source",
        "this kind of phone has no connection of its own",
    )
}
