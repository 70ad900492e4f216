//! The table of all kinds of connectors. A kind that is not in it does not exist.

use std::sync::Arc;

use ringside_domain::{AddressBook, ConnectionId, Connector, Error, Kind, Result, address_book::ADDRESS_BOOK};

use crate::address_book::AddressBookConnector;

/// What a person can choose from when adding a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectorKind {
    /// As in `config.toml`.
    pub id: &'static str,
    pub name: &'static str,
    /// There can't be two connections of it.
    pub only_once: bool,
}

const KINDS: &[ConnectorKind] = &[ConnectorKind {
    id: ADDRESS_BOOK,
    name: "Address book",
    only_once: true,
}];

#[must_use]
pub const fn kinds() -> &'static [ConnectorKind] {
    KINDS
}

/// Makes the connector of one configured connection.
///
/// # Errors
/// [`Kind::NotFound`] when this version has no such kind.
pub fn build(
    kind: &str,
    connection: ConnectionId,
    name: &str,
    address_book: Arc<dyn AddressBook>,
) -> Result<Arc<dyn Connector>> {
    match kind {
        ADDRESS_BOOK => Ok(Arc::new(AddressBookConnector::new(connection, name, address_book))),
        _ => {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.id).collect();
            Err(
                Error::new(Kind::NotFound, "connect", "This version has no such connector")
                    .field("connector")
                    .hint(format!("There are: {}", known.join(", "))),
            )
        }
    }
}
