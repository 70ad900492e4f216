//! Signing in. Secrets are reachable here and nowhere else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::request::{Request, Template};

/// How requests prove whose they are. All three together are possible: OAuth, then a session, then what both give as headers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Signing in with OAuth 2.
    pub oauth2: Option<OAuth2>,
    /// Steps after OAuth, or instead of it, that open a session: each a request and what is kept of its answer.
    #[serde(default)]
    pub session: Vec<SessionStep>,
    /// Seconds for which a session holds; without it until it is refused.
    pub session_lifetime: Option<u64>,
    /// What every request carries.
    #[serde(default)]
    pub set: SetAuth,
    /// Statuses that mean "sign in again"; 401 unless said otherwise.
    #[serde(default)]
    pub expired_when: Vec<u16>,
}

/// What every request carries. *Templates* over `secret`, `param`, `token` (the OAuth access token), `session`, `env`; the filter
/// `base64` makes `Basic {{ (secret.key ~ ":") | base64 }}`. What comes out empty is left out: a setting that was not filled in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAuth {
    /// By their names: `{ Authorization = "Bearer {{ token }}" }`.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Only where the vendor offers nothing else: addresses get logged by others.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// How a token is got.
    #[serde(default)]
    pub grant: Grants,
    /// *Template*. Where the person signs in. Over `param`, `env`, `discovered`.
    pub authorize: Option<Template>,
    /// *Template*. Over the same, and `redirect.NAME` for what the redirect brought.
    pub token: Template,
    /// Asked once before signing in: Bullhorn says there which data centre a user is in. Its captures are `discovered.NAME`.
    pub discover: Option<Discover>,
    /// What is asked for: `["contacts.read"]`; some give a refresh token only for `offline_access`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Between scopes; a space unless said otherwise.
    pub scope_separator: Option<String>,
    /// More parameters of the page where the person signs in.
    #[serde(default)]
    pub authorize_parameters: BTreeMap<String, Template>,
    /// More parameters of token requests.
    #[serde(default)]
    pub token_parameters: BTreeMap<String, Template>,
    /// Token requests carry their parameters in the address.
    #[serde(default)]
    pub token_in_query: bool,
    /// PKCE, unless the vendor does not know it.
    #[serde(default)]
    pub pkce: Pkce,
    /// How the client shows who it is.
    pub client: ClientKind,
    /// *Template* of the client id: `{{ param.client_id }}`, or the id of a public client.
    pub client_id: Template,
    /// *Template* of the client secret: `{{ secret.client_secret }}`.
    pub client_secret: Option<Template>,
    /// For the grant `password`.
    pub username: Option<Template>,
    /// For the grant `password`: *template* of the password.
    pub password: Option<Template>,
    /// `127.0.0.1` unless the vendor wants `localhost`.
    pub redirect_host: Option<String>,
    /// A fixed port where the vendor compares the whole redirect address; else any free one.
    pub redirect_port: Option<u16>,
    /// `/callback` unless said otherwise.
    pub redirect_path: Option<String>,
    /// What `iss` in the redirect must be.
    pub issuer: Option<String>,
    /// Of what the browser brought back beside the code the ones that are kept, as `redirect.NAME`: in the rest of `auth`, and not
    /// outside of it. A name with a dash stands in brackets, `redirect['accounts-server']`.
    #[serde(default)]
    pub keep_redirect: Vec<String>,
    /// Of the token answer's members the ones that are kept, as `granted.NAME`.
    #[serde(default)]
    pub keep_granted: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discover {
    /// The request, without any secret.
    pub request: Request,
    /// Kept as `discovered.NAME`.
    pub capture: Captures,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grants {
    /// In the browser.
    #[default]
    AuthorizationCode,
    /// The client by itself, without a person.
    ClientCredentials,
    /// With the person's user name and password.
    Password,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// As every vendor of today does.
    #[default]
    S256,
    /// The vendor does not know it.
    Off,
}

/// How the client shows who it is at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// No secret.
    Public,
    /// Id and secret as `Authorization: Basic`.
    Basic,
    /// Id and secret among the parameters.
    Body,
}

/// One step of opening a session.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionStep {
    /// Its templates may use `secret`, `token` and what earlier steps captured.
    pub request: Request,
    /// Kept as `session.NAME`. Those named in `secret` are reachable in `auth` only.
    pub capture: Captures,
    /// Which captures are secrets. What `[auth.set]` sends must be among them.
    #[serde(default)]
    pub secret: Vec<String>,
}

/// Names and where their values are: a *path* on the answer's body, or `header:NAME`, or `header:NAME:last` for the last
/// segment of an address in a header.
pub type Captures = BTreeMap<String, String>;
