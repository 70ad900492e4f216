//! What connectors are made of: the ports they may use, and what one connection is set up with.

use std::{collections::BTreeMap, fmt, sync::Arc};

use ringside_domain::{AddressBook, Clock, ConnectionId, ConnectionMemory, CredentialStore, HttpTransport, SignIn};

pub use crate::server::Server;

/// The ports. One set for the whole program; cloning shares them.
#[derive(Clone)]
pub struct Parts {
    pub address_book: Arc<dyn AddressBook>,
    pub http: Arc<dyn HttpTransport>,
    pub sign_in: Arc<dyn SignIn>,
    pub credentials: Arc<dyn CredentialStore>,
    pub memory: Arc<dyn ConnectionMemory>,
    pub clock: Arc<dyn Clock>,
}

/// One configured connection, as the settings have it. Secrets are in the keyring, under [`secret_name`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub connection: ConnectionId,
    /// The connector's id: `hubspot`.
    pub connector: String,
    /// The person's name for the connection.
    pub name: String,
    /// The id of the chosen environment, where the connector has a choice.
    pub environment: Option<String>,
    /// The server's address as the person typed it, where the connector has that.
    pub server: Option<Server>,
    /// Parameters that are not secret, by name.
    pub parameters: BTreeMap<String, String>,
    /// The CRM account's id, as the connection's check said when it was added.
    pub account: Option<String>,
}

/// What connectors put into the keyring by themselves, each under its [`secret_name`]: whoever takes a connection away, or to
/// another server, takes these away too.
pub const KEPT: [&str; 3] = [GRANT, PLACES, SESSION];
/// An OAuth grant.
const GRANT: &str = "oauth";
/// Where its tokens are got.
pub(crate) const PLACES: &str = "oauth-places";
/// The session with an App Connect server.
pub(crate) const SESSION: &str = "jwt";

/// The keyring's entry of one secret parameter of a connection.
#[must_use]
pub fn secret_name(connection: &ConnectionId, parameter: &str) -> String {
    format!("connection/{connection}/{parameter}")
}

/// The name under which a connection's OAuth grant is kept.
#[must_use]
pub fn grant_name(connection: &ConnectionId) -> String {
    secret_name(connection, GRANT)
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}
