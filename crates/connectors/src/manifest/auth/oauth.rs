//! OAuth 2 of one connection: where to sign in, what is kept, how a token is refreshed.
//!
//! The port [`SignIn`](ringside_domain::SignIn) does the talking. What the redirect and the discovery said, such as the server at
//! which codes are exchanged, lies in the keyring beside the grant: without it a refresh would not know where to go.

use std::{collections::BTreeMap, time::Duration};

use ringside_domain::{
    Error, Kind, Result, Url,
    credentials::Secret,
    sign_in::{Authorize, ClientAuth, Grant, RedirectTo, Redirected, TokenAsk, TokenRequest},
    trace,
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    Access,
    step::{Step, hidden},
};
use crate::{
    manifest::{
        format::{ClientKind, Grants, OAuth2, Pkce, Template},
        render::Scope,
        send::{Exit, failed},
    },
    parts::{PLACES, grant_name, secret_name},
};

/// How long a token request may take when nobody waits for a card.
const TOKEN_DEADLINE: Duration = Duration::from_secs(20);

/// In a trace, in the place of a request.
const NOT_ASKED: &str = "sign-in: not asked again yet";

/// The grant to go in with; none where the connector has no OAuth.
pub(super) struct Token {
    pub grant: Option<Grant>,
    /// It was got just now.
    pub fresh: bool,
}

/// Where this account's OAuth happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Places {
    pub discovered: BTreeMap<String, String>,
    pub redirect: BTreeMap<String, String>,
}

impl Access {
    /// The kept grant, fit for use; for grants without a person, a new one where there is none.
    pub(super) async fn token(&self, exit: &Exit, until: Instant) -> Result<Token> {
        let Some(oauth2) = &self.loaded.manifest.auth.oauth2 else {
            return Ok(Token {
                grant: None,
                fresh: false,
            });
        };
        let name = grant_name(&self.setup.connection);
        let grant = match self.sign_in.kept(&name).await? {
            Some(grant) if !grant.expired => {
                return Ok(Token {
                    grant: Some(grant),
                    fresh: false,
                });
            }
            Some(grant) => self.refreshed(exit, &grant, until).await?,
            None if oauth2.grant == Grants::AuthorizationCode => {
                return Err(Error::new(
                    Kind::SignInNeeded,
                    "sign_in",
                    format!("Nobody has signed in to {} yet", self.setup.name),
                )
                .hint("Open the connection and sign in"));
            }
            None => self.granted_anew(oauth2, exit, &nothing(), until).await?,
        };
        Ok(Token {
            grant: Some(grant),
            fresh: true,
        })
    }

    /// Whether this is the grant there is, and not over by its own word. Asks nobody.
    pub(super) async fn is_current(&self, grant: &Grant) -> Result<bool> {
        let kept = self.sign_in.kept(&grant_name(&self.setup.connection)).await?;
        Ok(kept.is_some_and(|kept| !kept.expired && kept.access == grant.access))
    }

    /// Whether another token can be had for this one without the person.
    pub(super) fn renews(&self, grant: &Grant) -> bool {
        let oauth2 = self.loaded.manifest.auth.oauth2.as_ref();
        grant.refresh.is_some() || oauth2.is_some_and(|oauth2| oauth2.grant != Grants::AuthorizationCode)
    }

    /// A token that is not the stale one.
    pub(super) async fn refreshed(&self, exit: &Exit, stale: &Grant, until: Instant) -> Result<Grant> {
        let Some(oauth2) = &self.loaded.manifest.auth.oauth2 else {
            return Err(self.refused());
        };
        if stale.refresh.is_none() {
            return match oauth2.grant {
                Grants::AuthorizationCode => Err(self.refused()),
                Grants::ClientCredentials | Grants::Password => self.granted_anew(oauth2, exit, stale, until).await,
            };
        }
        let places = self.places().await?;
        let request = self.token_request(oauth2, TokenAsk::Refresh, &places, until).await?;
        match self.newer(exit, stale, request).await {
            // A password or a client's own credentials still open the door that a refresh token no longer does.
            Err(error) if error.kind == Kind::SignInNeeded && oauth2.grant != Grants::AuthorizationCode => {
                self.granted_anew(oauth2, exit, stale, until).await
            }
            answer => answer,
        }
    }

    /// By the client's own credentials, or by a password. The host asks once for everybody, and not while it is to wait.
    async fn granted_anew(&self, oauth2: &OAuth2, exit: &Exit, stale: &Grant, until: Instant) -> Result<Grant> {
        let request = self.request_anew(oauth2, &self.places().await?, until).await?;
        self.newer(exit, stale, request).await
    }

    async fn newer(&self, exit: &Exit, stale: &Grant, request: TokenRequest) -> Result<Grant> {
        let name = grant_name(&self.setup.connection);
        let asks = self.sign_in.asks(&name, stale, &request).await;
        let place = asks.then(|| place(&request));
        traced(exit, place, self.sign_in.refresh(&name, stale, request)).await
    }

    async fn request_anew(&self, oauth2: &OAuth2, places: &Places, until: Instant) -> Result<TokenRequest> {
        let scope = self.oauth_scope(places).await?;
        let ask = match oauth2.grant {
            Grants::Password => TokenAsk::Password {
                user: self.optional(oauth2.username.as_ref(), &scope)?.unwrap_or_default(),
                password: secret(self.optional(oauth2.password.as_ref(), &scope)?.unwrap_or_default()),
            },
            _ => TokenAsk::ClientCredentials,
        };
        self.token_request(oauth2, ask, places, until).await
    }

    /// From the beginning: discovery, the browser where the grant needs one, the code's exchange.
    pub(super) async fn authorize(&self, exit: &Exit) -> Result<()> {
        let Some(oauth2) = &self.loaded.manifest.auth.oauth2 else {
            return Ok(());
        };
        let before = self.places().await?;
        let mut places = self.discovered(oauth2, exit, &before).await?;
        let until = Instant::now() + TOKEN_DEADLINE;
        let grant = if oauth2.grant == Grants::AuthorizationCode {
            let ask = self.authorization(oauth2, &places).await?;
            let redirected = self.sign_in.authorize(ask).await?;
            places.redirect = kept(&oauth2.keep_redirect, &redirected.parameters);
            let Redirected {
                code,
                redirect_uri,
                verifier,
                ..
            } = redirected;
            let ask = TokenAsk::Code {
                code,
                redirect_uri,
                verifier,
            };
            // The person took their own time.
            let until = Instant::now() + TOKEN_DEADLINE;
            let request = self.token_request(oauth2, ask, &places, until).await?;
            self.sign_in.token(request).await?
        } else {
            // A person who signs in by hand has it asked at once.
            let request = self.request_anew(oauth2, &places, until).await?;
            traced(exit, Some(place(&request)), self.sign_in.token(request)).await?
        };
        // Only now, and with the grant: a sign-in that came to nothing leaves the one before as it was.
        if places != before {
            self.keep_places(&places).await?;
        }
        self.sign_in.keep(&grant_name(&self.setup.connection), grant).await
    }

    /// What is asked before signing in; without anything to ask, as it was.
    async fn discovered(&self, oauth2: &OAuth2, exit: &Exit, before: &Places) -> Result<Places> {
        let Some(discover) = &oauth2.discover else {
            return Ok(before.clone());
        };
        let secrets = self.secrets().await?;
        let asked = Step {
            request: &discover.request,
            capture: &discover.capture,
            // Its templates know of no secret, which is checked when the file is loaded; so it may be sent on.
            scope: &self.scope(&BTreeMap::new(), before, None),
            hidden: &mut hidden(&secrets, None),
            redirects: true,
        };
        let until = Instant::now() + TOKEN_DEADLINE;
        let discovered = self.ask(exit, asked, until).await?;
        if let Some(name) = discover.capture.keys().find(|name| !discovered.contains_key(*name)) {
            let message = format!(
                "{} did not say where to sign in: its answer lacks \"{name}\"",
                self.loaded.manifest.name
            );
            return Err(Error::new(Kind::Unavailable, "sign_in", message).hint("Check the user name of the connection"));
        }
        Ok(Places {
            discovered,
            ..before.clone()
        })
    }

    async fn authorization(&self, oauth2: &OAuth2, places: &Places) -> Result<Authorize> {
        let scope = self.oauth_scope(places).await?;
        let address = self.optional(oauth2.authorize.as_ref(), &scope)?.unwrap_or_default();
        let mut url = self.address(&address)?;
        for (name, template) in &oauth2.authorize_parameters {
            let value = self.loaded.text(template, &scope)?;
            url.query_pairs_mut().append_pair(name, &value);
        }
        Ok(Authorize {
            url,
            hosts: self.place.hosts.clone(),
            client_id: self.loaded.text(&oauth2.client_id, &scope)?,
            scope: oauth2.scopes.join(oauth2.scope_separator.as_deref().unwrap_or(" ")),
            pkce: oauth2.pkce == Pkce::S256,
            redirect: RedirectTo {
                host: oauth2.redirect_host.clone().unwrap_or_else(|| "127.0.0.1".to_owned()),
                port: oauth2.redirect_port,
                path: oauth2.redirect_path.clone().unwrap_or_else(|| "/callback".to_owned()),
            },
            issuer: oauth2.issuer.clone(),
            provider: self.loaded.manifest.name.clone(),
        })
    }

    async fn token_request(
        &self,
        oauth2: &OAuth2,
        ask: TokenAsk,
        places: &Places,
        until: Instant,
    ) -> Result<TokenRequest> {
        let scope = self.oauth_scope(places).await?;
        let mut extra = Vec::new();
        for (name, template) in &oauth2.token_parameters {
            extra.push((name.clone(), self.loaded.text(template, &scope)?));
        }
        let wants_scope = matches!(ask, TokenAsk::ClientCredentials | TokenAsk::Password { .. });
        if wants_scope && !oauth2.scopes.is_empty() {
            let scopes = oauth2.scopes.join(oauth2.scope_separator.as_deref().unwrap_or(" "));
            extra.push(("scope".to_owned(), scopes));
        }
        let client_secret = self.optional(oauth2.client_secret.as_ref(), &scope)?;
        Ok(TokenRequest {
            url: self.address(&self.loaded.text(&oauth2.token, &scope)?)?,
            hosts: self.place.hosts.clone(),
            ask,
            client_id: self.loaded.text(&oauth2.client_id, &scope)?,
            client_secret: client_secret.filter(|text| !text.is_empty()).map(secret),
            client_auth: match oauth2.client {
                ClientKind::Public => ClientAuth::None,
                ClientKind::Basic => ClientAuth::Basic,
                ClientKind::Body => ClientAuth::Body,
            },
            extra,
            in_query: oauth2.token_in_query,
            deadline: until.saturating_duration_since(Instant::now()),
            provider: self.setup.name.clone(),
        })
    }

    /// An address that templates made: captured hosts are checked here, before a browser, a code or a secret goes there.
    fn address(&self, text: &str) -> Result<Url> {
        let name = &self.loaded.manifest.name;
        let url = Url::parse(text).map_err(|_| {
            Error::new(
                Kind::Invalid,
                "sign_in",
                format!("The address at which to sign in to {name} is not one"),
            )
        })?;
        match self.place.hosts.check(&url) {
            Ok(()) => Ok(url),
            Err(_) => {
                let host = url.host_str().unwrap_or("?").to_owned();
                let message = format!("{name} sent the sign-in to {host}, which its connector does not allow");
                Err(Error::new(Kind::Forbidden, "sign_in", message).hint("Nothing was sent there"))
            }
        }
    }

    async fn oauth_scope(&self, places: &Places) -> Result<Scope> {
        let secrets = self.secrets().await?;
        Ok(self.scope(&secrets, places, None))
    }

    fn optional(&self, template: Option<&Template>, scope: &Scope) -> Result<Option<String>> {
        template.map(|template| self.loaded.text(template, scope)).transpose()
    }

    pub(super) fn granted(&self, grant: Option<&Grant>) -> BTreeMap<String, String> {
        match (&self.loaded.manifest.auth.oauth2, grant) {
            (Some(oauth2), Some(grant)) => kept(&oauth2.keep_granted, &grant.members),
            _ => BTreeMap::new(),
        }
    }

    pub(super) async fn places(&self) -> Result<Places> {
        if self.loaded.manifest.auth.oauth2.is_none() {
            return Ok(Places::default());
        }
        let kept = self
            .credentials
            .get(&secret_name(&self.setup.connection, PLACES))
            .await?;
        let read = kept.and_then(|text| serde_json::from_slice(text.expose()).ok());
        Ok(read.unwrap_or_default())
    }

    async fn keep_places(&self, places: &Places) -> Result<()> {
        let text = serde_json::to_vec(places).map_err(|error| {
            Error::new(
                Kind::Internal,
                "sign_in",
                "What the sign-in found could not be written down",
            )
            .because(error)
        })?;
        self.credentials
            .set(&secret_name(&self.setup.connection, PLACES), Secret::new(text))
            .await
    }

    pub(super) async fn forget_grant(&self) -> Result<()> {
        if self.loaded.manifest.auth.oauth2.is_none() {
            return Ok(());
        }
        self.sign_in.forget(&grant_name(&self.setup.connection)).await?;
        self.credentials
            .remove(&secret_name(&self.setup.connection, PLACES))
            .await
    }
}

/// A token request as a trace shows it: only where it goes, for whatever else is in it opens the door.
fn place(request: &TokenRequest) -> String {
    format!("sign-in: POST {}", request.url.host_str().unwrap_or("?"))
}

/// A token that somebody waits for is a step of what they wait for, whoever of several asked for it. No `place`: nobody is
/// asked, and only a refusal that still holds is a step.
async fn traced(exit: &Exit, place: Option<String>, asked: impl Future<Output = Result<Grant>>) -> Result<Grant> {
    let began = Instant::now();
    let answer = asked.await;
    let shown = match &answer {
        Ok(_) => trace::Answer::Found {
            records: 0,
            verified: 0,
        },
        Err(error) => failed(error),
    };
    if let Some(place) = place.or_else(|| answer.is_err().then(|| NOT_ASKED.to_owned())) {
        exit.trace(place, Vec::new(), began, shown);
    }
    answer
}

/// The wanted ones of what a peer said.
fn kept(wanted: &[String], said: &[(String, String)]) -> BTreeMap<String, String> {
    said.iter().filter(|(name, _)| wanted.contains(name)).cloned().collect()
}

/// What a connection has before it first signed in.
fn nothing() -> Grant {
    Grant {
        access: Secret::new(""),
        refresh: None,
        expires_in: None,
        expired: true,
        members: Vec::new(),
    }
}

fn secret(text: String) -> Secret {
    Secret::new(text.into_bytes())
}
