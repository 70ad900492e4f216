//! The port to the operating system's secret store. Nothing secret is kept anywhere else.

use std::fmt;

use async_trait::async_trait;

use crate::error::Result;

/// Answers within its deadline whatever the secret store does; missing, locked and hung are
/// [`Kind::KeyringLocked`](crate::Kind::KeyringLocked) with a hint for a person.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    async fn get(&self, name: &str) -> Result<Option<Secret>>;
    async fn set(&self, name: &str, secret: Secret) -> Result<()>;
    async fn remove(&self, name: &str) -> Result<()>;
}

/// A secret value: no Display, a masked Debug, wiped from memory when dropped as far as the language allows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The one way to the value; search for its uses to review them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}
