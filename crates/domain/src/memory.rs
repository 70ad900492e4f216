//! The port to what a connection learned and may forget: in which order forms hit, whose account it is, lists of choices, and
//! where a CRM can't be asked for a record, by which number and name its people were found.
//!
//! It lies in the encrypted file. Nothing in it is secret, and losing it costs requests, never data.

use async_trait::async_trait;

use crate::{contact::ContactRef, error::Result, id::ConnectionId};

#[async_trait]
pub trait ConnectionMemory: Send + Sync {
    async fn recall(&self, connection: &ConnectionId, key: &str) -> Result<Option<String>>;
    async fn keep(&self, connection: &ConnectionId, key: &str, value: String) -> Result<()>;
    /// Everything that was learned on this connection.
    async fn forget(&self, connection: &ConnectionId) -> Result<()>;
}

/// The key of what is kept about one contact. It goes when the person is erased; and of contacts only so many are kept, apart
/// from the rest, so that a busy office does not push out what the connection works with. A number in it is the member
/// `number` of a JSON object.
#[must_use]
pub fn about(contact: &ContactRef) -> String {
    format!("{ABOUT}{}/{}", contact.contact_type, contact.id)
}

/// How every such key begins.
pub const ABOUT: &str = "contact/";
