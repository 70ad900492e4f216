//! Logging in: by API key with the fields of the manifest's login page, or by OAuth, where the server exchanges the code.

use ringside_domain::{
    Error, HostRules, Kind, Method, Result, Url,
    connector::Account,
    credentials::Secret,
    http::host_of,
    sign_in::{Authorize, RedirectTo},
};
use serde_json::{Map, Value, json};

use super::{
    AppConnect, answer,
    answer::Outcome,
    back::Back,
    login_fields::{ACCOUNT, LoginField},
    manifest::{Auth, OAuth, ServerManifest, SignInPage},
    session::owner,
    value::text,
    wire::{Ask, Span},
};
use crate::parts::secret_name;

/// What the name of the account is remembered under.
pub(super) const ACCOUNT_NAME: &str = "account_name";
/// The API key's name in the keyring besides its own, `apiKey`.
const API_KEY: &str = "api_key";
/// What the account id is remembered under that the session began with.
const BEGAN_WITH: &str = "session_account";

impl AppConnect {
    /// A session's token: the one there is, or that of a new session begun with the API key.
    pub(super) async fn token(&self, span: &Span, manifest: &ServerManifest) -> Result<Secret> {
        match self.session.token().await? {
            Some(token) => Ok(token),
            None => self.renew(span, manifest, None).await,
        }
    }

    /// A token that is not the `stale` one. One login at a time, whoever asks.
    pub(super) async fn renew(&self, span: &Span, manifest: &ServerManifest, stale: Option<&Secret>) -> Result<Secret> {
        let _turn = self.session.gate.lock().await;
        if let Some(token) = self.session.current().filter(|current| Some(current) != stale) {
            return Ok(token);
        }
        match &manifest.auth {
            Auth::ApiKey(fields) if !self.session.is_refused() => self.log_in(span, manifest, fields).await,
            _ => Err(answer::over("sign_in", &manifest.name)),
        }
    }

    /// Begins a session with the API key. The gate is held.
    async fn log_in(&self, span: &Span, manifest: &ServerManifest, fields: &[LoginField]) -> Result<Secret> {
        let mut submitted = Map::new();
        let mut secrets = Vec::new();
        for field in fields {
            match self.login_value(field).await? {
                Some(value) => {
                    if field.secret {
                        secrets.push(Secret::new(value.as_bytes()));
                    }
                    submitted.insert(field.wire_name().to_owned(), Value::String(value));
                }
                None if field.required => {
                    let message = format!("\"{}\" of {} is missing", field.label, manifest.name);
                    return Err(Error::new(Kind::SignInNeeded, "sign_in", message)
                        .field(field.name.clone())
                        .hint("Enter it in the settings of this connection"));
                }
                None => {}
            }
        }
        let mut body = json!({ "platform": manifest.platform, "additionalInfo": submitted });
        for (name, value) in [
            ("apiKey", submitted.get("apiKey").cloned()),
            ("hostname", self.hostname(manifest).map(Value::String)),
            ("proxyId", manifest.proxy_id.clone().map(Value::String)),
        ] {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        let mut ask = Ask::send("sign_in", Method::Post, "/apiKeyLogin", body);
        ask.secrets = secrets;
        // The session before this one is nobody's to repeat, either.
        ask.secrets.extend(self.session.current());
        let reply = self.wire.ask(span, &manifest.name, &ask, None).await?;
        let secret_field = fields.iter().find(|field| field.secret).map(|field| field.name.clone());
        let refuse = |error: Error| {
            self.session.refuse();
            let error = error.hint("Check the key in the settings of this connection");
            secret_field.into_iter().fold(error, Error::field)
        };
        match reply.outcome {
            Outcome::Answered(body) => {
                self.tell(span, &reply.step, 1);
                self.begin(manifest, &body).await.map_err(|error| {
                    if error.kind == Kind::SignInNeeded {
                        refuse(error)
                    } else {
                        error
                    }
                })
            }
            // Any refusal of the words that were sent is one of the key: the server tells them apart in its own language only.
            Outcome::Failed(error) if error.kind == Kind::Invalid && !error.may_have_happened => {
                let message = error.message.replacen("The App Connect server", &manifest.name, 1);
                Err(refuse(Error::new(Kind::SignInNeeded, "sign_in", message)))
            }
            Outcome::CrmRefused(error) if error.kind != Kind::Forbidden => Err(error),
            Outcome::Failed(error) => Err(once(error)),
            Outcome::SessionOver(_) | Outcome::CrmRefused(_) | Outcome::Nothing(_) => Err(refuse(refused(manifest))),
        }
    }

    /// What the person typed that nobody may repeat. None where the keyring does not give it out just now.
    pub(super) async fn login_secrets(&self, manifest: &ServerManifest) -> Vec<Secret> {
        let Auth::ApiKey(fields) = &manifest.auth else {
            return Vec::new();
        };
        let known = self.typed_secrets.get_or_try_init(async || {
            let mut secrets = Vec::new();
            for field in fields.iter().filter(|field| field.secret) {
                secrets.extend(self.login_value(field).await?.map(Secret::new));
            }
            Ok::<_, Error>(secrets)
        });
        known.await.cloned().unwrap_or_default()
    }

    /// Where a secret field is not in the keyring under its own name, an API key may be under the common one.
    async fn login_value(&self, field: &LoginField) -> Result<Option<String>> {
        if !field.secret {
            return Ok(self
                .setup
                .parameters
                .get(&field.name)
                .cloned()
                .filter(|value| !value.is_empty()));
        }
        let names = [field.name.as_str(), API_KEY];
        for name in names.into_iter().take(if field.name == "apiKey" { 2 } else { 1 }) {
            if let Some(secret) = self
                .parts
                .credentials
                .get(&secret_name(&self.setup.connection, name))
                .await?
            {
                return Ok(Some(String::from_utf8_lossy(secret.expose()).into_owned()));
            }
        }
        Ok(None)
    }

    /// The session that a login answered with.
    async fn begin(&self, manifest: &ServerManifest, body: &Value) -> Result<Secret> {
        let Some(token) = text(body, "jwtToken").map(|token| Secret::new(token.as_bytes())) else {
            return Err(match answer::message(body) {
                Some(words) => Error::new(
                    Kind::SignInNeeded,
                    "sign_in",
                    format!("{} says: {}", manifest.name, answer::said(words)),
                )
                .hint("Sign in to this connection again"),
                None => refused(manifest),
            });
        };
        if owner(&token).is_none_or(|owner| owner.platform != manifest.platform) {
            return Err(
                Error::new(Kind::Invalid, "sign_in", "The server's session cannot be read")
                    .hint("Check that the address is that of an App Connect server"),
            );
        }
        self.session.begin(token.clone()).await?;
        if let Some(name) = text(body, "name") {
            self.remember(ACCOUNT_NAME, name.to_owned()).await;
        }
        Ok(token)
    }

    /// Whose session it is. Its id is the user's in the CRM as the connector made it, the same on every machine.
    pub(super) async fn account(&self, manifest: &ServerManifest, token: &Secret) -> Result<Account> {
        let owner = owner(token).ok_or_else(|| answer::over("check", &manifest.name))?;
        let name = self.recall(ACCOUNT_NAME).await.unwrap_or_else(|| manifest.name.clone());
        Ok(Account {
            id: format!("{}@{}", owner.user, owner.platform),
            name,
            limits: Vec::new(),
        })
    }

    /// Begins a new session, whatever there was: with the key of the settings, or through the browser.
    ///
    /// # Errors
    /// [`Kind::SignInNeeded`] when the key or the person is refused. [`Kind::Unsupported`] when the browser can't come back by
    /// itself: open [`AppConnect::sign_in_page`], and give what it ends at to [`AppConnect::finish_sign_in`].
    pub async fn sign_in(&self, cx: ringside_domain::Cx) -> Result<Account> {
        let span = Span::of(&cx);
        let manifest = self.manifest(&span).await?;
        self.session.pardon();
        let token = match &manifest.auth {
            Auth::ApiKey(fields) => {
                let _turn = self.session.gate.lock().await;
                let token = self.log_in(&span, &manifest, fields).await?;
                self.settings_again().await;
                token
            }
            Auth::OAuth(oauth) => {
                let redirect = loopback(&oauth.redirect).ok_or_else(|| {
                    Error::new(
                        Kind::Unsupported,
                        "sign_in",
                        format!("{} does not send the browser back to this computer", manifest.name),
                    )
                    .hint("Sign in in the browser and paste the address of the page at which it ends")
                })?;
                let (url, scope) = self.page(&span, &manifest, oauth).await?;
                let back = self
                    .parts
                    .sign_in
                    .authorize(Authorize {
                        hosts: self.page_hosts(&url),
                        url,
                        client_id: oauth.client_id.clone(),
                        scope,
                        // The server exchanges the code, and has no place for a verifier.
                        pkce: false,
                        redirect,
                        issuer: None,
                        provider: manifest.name.clone(),
                    })
                    .await?;
                // The browser took its time; what is left to do has a deadline of its own.
                let back = Back::to(&back.redirect_uri, back.code, back.parameters);
                self.exchange(&Span::of(&cx), &manifest, oauth, back).await?
            }
        };
        self.account(&manifest, &token).await
    }

    /// Whether the person signs in in the browser, as the manifest says that is known by now; `None` where none was read
    /// yet. Asks nobody.
    pub async fn signs_in_with_browser(&self) -> Option<bool> {
        self.recall_manifest().await;
        self.loaded().map(|manifest| matches!(manifest.auth, Auth::OAuth(_)))
    }

    /// Ends the session, here and at the server.
    ///
    /// # Errors
    /// When the keyring can't be written. A server that is not there keeps nobody from signing out.
    pub async fn sign_out(&self, cx: ringside_domain::Cx) -> Result<()> {
        let span = Span::of(&cx);
        if let (Ok(manifest), Ok(Some(token))) = (self.manifest(&span).await, self.session.token().await) {
            let mut ask = Ask::send("sign_out", Method::Post, "/unAuthorize", json!({}));
            ask.secrets = self.login_secrets(&manifest).await;
            if let Ok(reply) = self.wire.ask(&span, &manifest.name, &ask, Some(&token)).await {
                self.tell(&span, &reply.step, 1);
            }
        }
        let _turn = self.session.gate.lock().await;
        self.session.forget().await
    }

    /// The server wants the whole address at which the browser came back: the code, `state` naming the platform, and
    /// whatever the CRM said beside them, which some connectors read (NetSuite's `entity`, `company` and `role`).
    pub(super) async fn exchange(
        &self,
        span: &Span,
        manifest: &ServerManifest,
        oauth: &OAuth,
        back: Back,
    ) -> Result<Secret> {
        let account = self.account_id().await;
        let address = back.address(&state(manifest, oauth)).ok_or_else(|| refused(manifest))?;
        let mut ask = Ask::get("sign_in", "/oauth-callback").with("callbackUri", address.as_str());
        ask.secrets = back.secrets();
        ask.secrets.extend(self.session.current());
        for (name, value) in [
            ("hostname", self.hostname(manifest)),
            ("proxyId", manifest.proxy_id.clone()),
            ("rcAccountId", Some(account.clone())),
        ] {
            if let Some(value) = value {
                ask = ask.with(name, value);
            }
        }
        if oauth.page == SignInPage::Bullhorn {
            ask.query.extend(self.data_centre(span).await?.told());
        }
        let _turn = self.session.gate.lock().await;
        let reply = self.wire.ask(span, &manifest.name, &ask, None).await?;
        match reply.outcome {
            Outcome::Answered(body) => {
                self.tell(span, &reply.step, 1);
                let token = self.begin(manifest, &body).await?;
                self.remember(BEGAN_WITH, account).await;
                self.settings_again().await;
                Ok(token)
            }
            Outcome::CrmRefused(error) if error.kind != Kind::Forbidden => Err(error),
            Outcome::Failed(error) => Err(error),
            Outcome::Nothing(_) | Outcome::CrmRefused(_) | Outcome::SessionOver(_) => Err(refused(manifest)),
        }
    }

    /// Under what the server keeps what is the same for a whole company: the id that the person gave, or one that nobody
    /// else has, or they would be given what belongs to others. The server takes it as it is.
    async fn account_id(&self) -> String {
        let typed = self.setup.parameters.get(ACCOUNT).map(|id| id.trim());
        if let Some(typed) = typed.filter(|id| !id.is_empty()) {
            return typed.to_owned();
        }
        match self.recall(ACCOUNT).await.filter(|id| !id.is_empty()) {
            Some(id) => id,
            None => {
                let id = format!("ringside-{}", self.parts.sign_in.state());
                self.remember(ACCOUNT, id.clone()).await;
                id
            }
        }
    }

    /// The server learns the id with a sign-in only: what to say where it is another one by now.
    pub(super) async fn account_that_waits(&self) -> Option<String> {
        let began = self.recall(BEGAN_WITH).await?;
        let waits = began != self.account_id().await;
        waits.then(|| "Sign in again so that the account id counts".to_owned())
    }

    /// Where the person signs in, and the scope. The manifest's `scope` is query text: `scope=…`, with whatever else the
    /// vendor wants there.
    pub(super) async fn page(&self, span: &Span, manifest: &ServerManifest, oauth: &OAuth) -> Result<(Url, String)> {
        let read = |url: &str| {
            Url::parse(url).map_err(|_| {
                Error::new(
                    Kind::Invalid,
                    "sign_in",
                    "The manifest's address to sign in at cannot be read",
                )
                .hint("Ask whoever runs the App Connect server")
            })
        };
        let mut url = match &oauth.page {
            SignInPage::At(url) => read(&url.replace("{hostname}", &self.hostname(manifest).unwrap_or_default()))?,
            SignInPage::Bullhorn => self.data_centre(span).await?.page(),
            SignInPage::Redirect => read(&oauth.redirect)?,
        };
        let mut scope = String::new();
        let query = Url::parse("https://scope.invalid/").map(|mut query| {
            query.set_query(Some(oauth.scope.trim_start_matches(['&', '?'])));
            query
        });
        for (name, value) in query
            .iter()
            .flat_map(Url::query_pairs)
            .filter(|(name, _)| !name.is_empty())
        {
            match name.as_ref() {
                "scope" => scope = value.into_owned(),
                _ => {
                    url.query_pairs_mut().append_pair(&name, &value);
                }
            }
        }
        Ok((url, scope))
    }

    /// The page is on the web, on the host that the manifest names, or on the server that the person typed.
    fn page_hosts(&self, url: &Url) -> HostRules {
        HostRules {
            allowed: host_of(url).into_iter().collect(),
            typed: self.wire.hosts.typed.clone(),
        }
    }
}

pub(super) fn state(manifest: &ServerManifest, oauth: &OAuth) -> String {
    let platform = format!("platform={}", manifest.platform);
    match &oauth.state {
        Some(state) if state.contains("platform=") => state.clone(),
        Some(state) => format!("{state}&{platform}"),
        None => platform,
    }
}

/// A redirect to this computer that we can listen at.
pub(super) fn loopback(redirect: &str) -> Option<RedirectTo> {
    let url = Url::parse(redirect).ok()?;
    let host = url
        .host_str()
        .filter(|host| ["127.0.0.1", "localhost"].contains(host))?;
    (url.scheme() == "http").then(|| RedirectTo {
        host: host.to_owned(),
        port: url.port_or_known_default(),
        path: url.path().to_owned(),
    })
}

fn refused(manifest: &ServerManifest) -> Error {
    Error::new(
        Kind::SignInNeeded,
        "sign_in",
        format!("{} did not let you in", manifest.name),
    )
    .hint("Sign in to this connection again")
}

/// A login that was lost is no write: it is simply done again.
fn once(mut error: Error) -> Error {
    error.may_have_happened = false;
    error
}
