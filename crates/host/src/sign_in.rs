//! Signing in with OAuth 2 as a native app does it (RFC 8252): the person's own browser, a redirect to a port on the
//! loopback, PKCE (RFC 7636), the issuer checked (RFC 9207), and a token endpoint (RFC 6749).
//!
//! It lies here because it needs the system: a port, the browser, the keyring. What was granted is kept in two places: the
//! refresh token in the keyring, the access token in memory, and in the keyring where it is all there is and good for days, or
//! still good when the program ends ([`OAuth::put_by`]). Providers
//! that give out a new refresh token with each refresh end the old one with it, so [`OAuth::refresh`](SignIn::refresh) asks
//! once for everybody, survives the one who asked, and offers the new refresh token to the keyring before it gives the new access token out; what the keyring refuses
//! is used from memory and offered again. Whoever ends the program waits for [`OAuth::settled`]. One gap cannot be closed from
//! this side: a program that is killed between the provider's answer and the keyring's has lost the new token, and the person
//! signs in again.

use std::sync::Arc;

use async_trait::async_trait;
use ringside_domain::{
    Clock, CredentialStore, HttpTransport, Random, Result, SignIn,
    sign_in::{Authorize, Grant, Redirected, TokenRequest},
};

use crate::http::OwnPorts;

mod browser;
mod grants;
mod kept;
mod loopback;
mod page;
mod redirect;
mod token;
mod words;

pub use browser::{Browser, SystemBrowser};

/// What signing in is made of.
#[derive(Clone)]
pub struct Parts {
    pub http: Arc<dyn HttpTransport>,
    pub credentials: Arc<dyn CredentialStore>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub browser: Arc<dyn Browser>,
    /// Shared with the web: no connector reaches the port to which the browser comes back.
    pub own_ports: OwnPorts,
}

/// The port [`SignIn`], for all connections of a profile: one of it, or a rotating grant is refreshed twice.
///
/// Calls need a tokio runtime with time and network; what must not be cut off by a caller who leaves runs as its own task.
pub struct OAuth {
    parts: Parts,
    grants: grants::Grants,
}

impl OAuth {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let grants = grants::Grants::new(parts.http.clone(), parts.credentials.clone(), parts.clock.clone());
        Self { parts, grants }
    }

    /// Resolves when no refresh and no write to the keyring is on its way: a program that ended in the middle of one would
    /// lose a token that the provider has just exchanged. What the keyring hangs on, or a provider, this waits for; the
    /// caller says how long.
    pub async fn settled(&self) {
        self.grants.settled().await;
    }

    /// Keeps what the next run of the program can still use: access tokens that are good for a while. The last thing that is
    /// done here; a keyring may hang, so the caller says how long.
    pub async fn put_by(&self) {
        self.grants.put_by().await;
    }
}

#[async_trait]
impl SignIn for OAuth {
    async fn authorize(&self, ask: Authorize) -> Result<Redirected> {
        redirect::authorize(&self.parts, ask).await
    }

    async fn token(&self, ask: TokenRequest) -> Result<Grant> {
        let granted = token::ask(self.parts.http.as_ref(), self.parts.clock.as_ref(), ask, None).await;
        granted.map_err(|refused| refused.error)
    }

    async fn keep(&self, name: &str, grant: Grant) -> Result<()> {
        self.grants.keep(name, grant).await
    }

    async fn kept(&self, name: &str) -> Result<Option<Grant>> {
        self.grants.kept(name).await
    }

    async fn refresh(&self, name: &str, stale: &Grant, ask: TokenRequest) -> Result<Grant> {
        self.grants.refresh(name, stale, ask).await
    }

    async fn asks(&self, name: &str, stale: &Grant, ask: &TokenRequest) -> bool {
        self.grants.asks(name, stale, ask).await
    }

    async fn forget(&self, name: &str) -> Result<()> {
        self.grants.forget(name).await
    }

    fn state(&self) -> String {
        redirect::unguessable::<16>(self.parts.random.as_ref())
    }
}
