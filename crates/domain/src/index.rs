//! The port to the local index: contacts by number key and by name, encrypted, on this machine.

use async_trait::async_trait;
use ringside_phone::{Home, Key};

use crate::{
    connector::NameQuery,
    contact::{Contact, ContactRef},
    error::Result,
    id::ConnectionId,
    time::Timestamp,
};

#[async_trait]
pub trait ContactIndex: Send + Sync {
    /// Contacts that share a key. A key is a hint: the caller compares the stored numbers again.
    async fn find(&self, keys: Vec<Key>) -> Result<Vec<Indexed>>;
    /// One contact, as the index holds it.
    async fn known(&self, contact: ContactRef) -> Result<Option<Indexed>>;
    /// By name, company, e-mail or digits; best first.
    /// Misspelt words are found, too, after what is spelt as asked.
    async fn search(&self, query: NameQuery) -> Result<Vec<Indexed>>;
    /// Names that are there and are spelt nearly as asked, most likely first; nothing where somebody is called as asked.
    async fn instead(&self, query: NameQuery) -> Result<Vec<Instead>>;
    /// Files contacts under their numbers as read with `home`, replacing what was known of them.
    async fn remember(&self, contacts: Vec<Contact>, as_of: Timestamp, home: Home) -> Result<()>;
    async fn forget(&self, contact: ContactRef) -> Result<()>;
    /// Everything of a connection that was removed. Contacts that have no other place than this file stay.
    async fn forget_connection(&self, connection: ConnectionId) -> Result<()>;
    /// Files everything anew: after the home country changed, or after damage.
    async fn rebuild(&self, home: Home) -> Result<()>;
    async fn counts(&self) -> Result<IndexCounts>;
}

/// A contact as the index holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Indexed {
    pub contact: Contact,
    pub as_of: Timestamp,
}

/// What may have been meant by a name that nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// As it is written there.
    pub text: String,
    /// How many contacts it finds.
    pub count: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexCounts {
    pub contacts: u64,
    pub numbers: u64,
    /// Stored numbers that nothing could be made of.
    pub unreadable: u64,
}
