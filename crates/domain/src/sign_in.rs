//! The port to signing in with OAuth 2: the browser, the token endpoint, and grants kept in the keyring.
//!
//! Connectors and call sources both need it, so it lies in `host`. Everything here is rendered already: no templates. The
//! caller goes between the steps, because some providers say only in the redirect where the code is to be exchanged.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use crate::{
    credentials::Secret,
    error::Result,
    http::{HostRules, Url},
};

#[async_trait]
pub trait SignIn: Send + Sync {
    /// Sends the person to the browser and waits for the redirect: the loopback port is bound before the browser opens,
    /// the state is single-use, and only the exact path and host count.
    ///
    /// # Errors
    /// - [`Kind::Conflict`](crate::Kind::Conflict): the fixed port is taken; the hint says by what can be done.
    /// - [`Kind::SignInNeeded`](crate::Kind::SignInNeeded): the person or the provider said no, in the provider's words.
    /// - [`Kind::Timeout`](crate::Kind::Timeout): nobody signed in within five minutes.
    /// - [`Kind::Unavailable`](crate::Kind::Unavailable): no browser could be opened; the hint holds no URL.
    async fn authorize(&self, ask: Authorize) -> Result<Redirected>;

    /// One request to a token endpoint.
    ///
    /// # Errors
    /// - [`Kind::SignInNeeded`](crate::Kind::SignInNeeded) when the grant is refused (`invalid_grant` and its kin).
    /// - [`Kind::RateLimited`](crate::Kind::RateLimited) when the provider was asked too often, in whatever words it says so, with
    ///   [`Retry::After`](crate::Retry::After). [`Kind::Unavailable`](crate::Kind::Unavailable) when it says that it can't just now.
    /// - Else as [`HttpTransport::send`](crate::http::HttpTransport::send).
    async fn token(&self, ask: TokenRequest) -> Result<Grant>;

    /// Keeps a grant under this name: its refresh token in the keyring, before anybody uses it; its access token in memory.
    /// A grant without a refresh token is in memory only, unless its access token is good for more than a day or without an
    /// end: then that is in the keyring. The keyring's entry has this very name.
    ///
    /// # Errors
    /// What the keyring said. The grant can be used all the same, until the program ends, and is written later if it can be.
    async fn keep(&self, name: &str, grant: Grant) -> Result<()>;

    /// The grant of this name as it is kept, without asking anybody. `None`: nobody signed in yet. After a start there is
    /// only what the keyring holds: of a grant with a refresh token [`Grant::access`] is empty and it counts as expired, but
    /// where the program ended in good order while the token was good for a while.
    async fn kept(&self, name: &str) -> Result<Option<Grant>>;

    /// A grant that is not the `stale` one: somebody else's newer one, or a refreshed one. One refresh at a time for each
    /// name, whoever asks; a rotated refresh token is in the keyring before the new access token is given out. A keyring
    /// that refuses it does not fail the refresh: the old token is worth nothing any more, so the new one is used from
    /// memory, and written later. Each who asks waits for as long as its own `ask` says; the refresh itself goes on.
    ///
    /// `ask` is [`TokenAsk::Refresh`], or [`TokenAsk::ClientCredentials`] or [`TokenAsk::Password`] for connections that
    /// sign in anew each time, the first time included. What is granted anew takes the place of the whole grant before it.
    ///
    /// # Errors
    /// As [`SignIn::token`], with the old refresh token still kept: the next try uses it again. A refresh token that was
    /// refused ([`Kind::SignInNeeded`](crate::Kind::SignInNeeded)) is not shown again for an hour, ten minutes where the words
    /// were not those of the standard, unless another client asks: the answer is the same error. The same kind also when there
    /// is nothing to refresh with. A provider that was asked too often is left alone for the pause that it names, for a minute
    /// where it names none, and for ten minutes at most. A grant that is only about to end is used to its end meanwhile.
    async fn refresh(&self, name: &str, stale: &Grant, ask: TokenRequest) -> Result<Grant>;

    /// Whether [`SignIn::refresh`] would have the provider asked now, or wait for what was asked: neither while a refusal
    /// holds, nor where a newer grant is there.
    async fn asks(&self, _name: &str, _stale: &Grant, _ask: &TokenRequest) -> bool {
        true
    }

    /// Forgets the grant, in memory and in the keyring.
    async fn forget(&self, name: &str) -> Result<()>;

    /// 128 bits that nobody can guess, fit for a URL: the `state` of a sign-in whose end a person brings here by hand.
    fn state(&self) -> String;
}

/// What the browser is opened with.
#[derive(Clone, Debug)]
pub struct Authorize {
    /// Where the person signs in, with the provider's own extra parameters. `response_type`, `client_id`, `redirect_uri`,
    /// `scope`, `state` and the code challenge are added.
    pub url: Url,
    pub hosts: HostRules,
    pub client_id: String,
    /// Joined already; empty: none is sent.
    pub scope: String,
    /// S256, or none where the vendor lacks it.
    pub pkce: bool,
    pub redirect: RedirectTo,
    /// What the `iss` of the redirect must be (RFC 9207); a code without it is refused. `None`: the provider sends none, or
    /// one at a host of `hosts`.
    pub issuer: Option<String>,
    /// For the page that the browser shows in the end: `Bullhorn`.
    pub provider: String,
}

/// The address on this machine to which the browser comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectTo {
    /// `127.0.0.1` or `localhost`, as registered with the provider. The listener is on the loopback in both cases.
    pub host: String,
    /// `None`: any free port.
    pub port: Option<u16>,
    /// `/callback`
    pub path: String,
}

/// What the browser brought back.
#[derive(Clone)]
pub struct Redirected {
    pub code: Secret,
    /// The redirect address that was used; the token request repeats it.
    pub redirect_uri: String,
    pub verifier: Option<Secret>,
    /// The other parameters of the redirect, without `code` and `state`: Zoho's `accounts-server`. Not trusted: a host in
    /// it must pass the host rules before anything goes there.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Debug for Redirected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redirected(…)")
    }
}

/// One request to a token endpoint: what is asked for, and how we prove who we are.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    pub url: Url,
    pub hosts: HostRules,
    pub ask: TokenAsk,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub client_auth: ClientAuth,
    /// The provider's own: scopes, `environment`.
    pub extra: Vec<(String, String)>,
    /// Bullhorn wants them in the URL.
    pub in_query: bool,
    pub deadline: Duration,
    /// For messages: the connection, by the name that the person gave it, or what is signed in to.
    pub provider: String,
}

#[derive(Clone, Debug)]
pub enum TokenAsk {
    Code {
        code: Secret,
        redirect_uri: String,
        verifier: Option<Secret>,
    },
    ClientCredentials,
    Password {
        user: String,
        password: Secret,
    },
    /// [`SignIn::refresh`] fills the token in from the kept grant.
    Refresh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// `Authorization: Basic` with id and secret.
    Basic,
    /// Id and secret among the parameters.
    Body,
    /// A public client: the id among the parameters.
    None,
}

/// What a token endpoint granted.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    pub access: Secret,
    pub refresh: Option<Secret>,
    /// From when it was got, counting from the answer. `None`: the provider does not say.
    pub expires_in: Option<Duration>,
    /// The access token is known or presumed to be over: [`SignIn::refresh`] comes first.
    pub expired: bool,
    /// The answer's other members that are texts or numbers: `instance_url`, `api_domain`. Kept with the grant; not trusted.
    pub members: Vec<(String, String)>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant(…)")
    }
}
