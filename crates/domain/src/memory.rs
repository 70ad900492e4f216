//! The port to what a connection learned and may forget: in which order forms hit, whose account it is, lists of choices.
//!
//! It lies in the encrypted file. Nothing in it is secret, and losing it costs requests, never data.

use async_trait::async_trait;

use crate::{error::Result, id::ConnectionId};

#[async_trait]
pub trait ConnectionMemory: Send + Sync {
    async fn recall(&self, connection: &ConnectionId, key: &str) -> Result<Option<String>>;
    async fn keep(&self, connection: &ConnectionId, key: &str, value: String) -> Result<()>;
    /// Everything that was learned on this connection.
    async fn forget(&self, connection: &ConnectionId) -> Result<()>;
}
