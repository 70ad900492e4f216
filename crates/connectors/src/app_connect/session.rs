//! The session with the server: a token (JWT) that lives 14 days and is replaced by newer ones in answers.
//!
//! With an API key a lost session is begun anew without a word, as the key lies in the keyring; with OAuth a person signs in. A
//! login that was refused isn't tried again by itself, so that a phone that rings does not lock an account.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ringside_domain::{ConnectionId, CredentialStore, Result, credentials::Secret};
use serde_json::Value;

use super::value::{encode, plain, text};
use crate::parts::{SESSION, secret_name};

/// Longer ones are none, and would not fit a header.
const MAX_TOKEN: usize = 8 << 10;

pub(super) struct Session {
    credentials: Arc<dyn CredentialStore>,
    entry: String,
    token: Mutex<Option<Secret>>,
    /// Held by whoever begins a session or replaces its token: one at a time.
    pub gate: tokio::sync::Mutex<()>,
    /// The last login was refused.
    refused: AtomicBool,
}

/// Whose session a token is, as its middle part says. It is not verified: only the server has the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub user: String,
    pub platform: String,
}

impl Session {
    pub fn new(connection: &ConnectionId, credentials: Arc<dyn CredentialStore>) -> Self {
        Self {
            credentials,
            entry: secret_name(connection, SESSION),
            token: Mutex::default(),
            gate: tokio::sync::Mutex::default(),
            refused: AtomicBool::new(false),
        }
    }

    /// The token, out of the keyring after a start. `None`: nobody signed in yet.
    pub async fn token(&self) -> Result<Option<Secret>> {
        if let Some(token) = self.current() {
            return Ok(Some(token));
        }
        let kept = self.credentials.get(&self.entry).await?;
        let mut current = self.lock();
        Ok(current.clone().or_else(|| {
            current.clone_from(&kept);
            kept
        }))
    }

    pub fn current(&self) -> Option<Secret> {
        self.lock().clone()
    }

    /// A new session. It is in the keyring before anybody uses it.
    pub async fn begin(&self, token: Secret) -> Result<()> {
        self.credentials.set(&self.entry, token.clone()).await?;
        *self.lock() = Some(token);
        self.refused.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// A newer token came with the answer to a request that bore `sent`. Of several such answers the first counts, and
    /// none counts after somebody else signed in.
    pub async fn rotate(&self, sent: &Secret, newer: Secret) {
        let _turn = self.gate.lock().await;
        let same_owner = owner(&newer).is_some() && owner(&newer) == owner(sent);
        if self.current().as_ref() != Some(sent) || !same_owner {
            return;
        }
        *self.lock() = Some(newer.clone());
        // The older one holds for days yet: after a start without the newer one nothing is lost.
        if let Err(error) = self.credentials.set(&self.entry, newer).await {
            tracing::warn!(
                kind = error.kind.code(),
                "a renewed session was not kept in the keyring"
            );
        }
    }

    pub async fn forget(&self) -> Result<()> {
        *self.lock() = None;
        self.credentials.remove(&self.entry).await
    }

    pub fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// A person looks at it: the next login is tried again.
    pub fn pardon(&self) {
        self.refused.store(false, Ordering::Relaxed);
    }

    pub fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Secret>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `None`: it is no such token.
pub(super) fn owner(token: &Secret) -> Option<Owner> {
    let token = token.expose();
    let is_plain = token.len() <= MAX_TOKEN
        && token
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    let mut parts = token.split(|byte| *byte == b'.');
    let (_, middle, _) = (parts.next()?, parts.next()?, parts.next()?);
    if !is_plain || parts.next().is_some() {
        return None;
    }
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).ok()?).ok()?;
    Some(Owner {
        user: plain(&encode(payload.get("id")?)?).to_owned(),
        platform: text(&payload, "platform")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whose_it_is() {
        let token = |payload: &str| Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)));
        let ours = owner(&token(r#"{"id":"u-1","platform":"testCRM","iat":1,"exp":2}"#));
        assert_eq!(
            ours,
            Some(Owner {
                user: "u-1".into(),
                platform: "testCRM".into()
            })
        );
        assert!(owner(&token(r#"{"id":17,"platform":"testCRM"}"#)).is_some_and(|owner| owner.user == "17"));
        for junk in ["", "a.b", "a.b.c", "e30.e30.x", "a.b.c.d", "a\r\nX: y.e30.c"] {
            assert_eq!(owner(&Secret::new(junk)), None, "{junk}");
        }
        assert_eq!(owner(&Secret::new("x".repeat(100_000))), None);
    }
}
