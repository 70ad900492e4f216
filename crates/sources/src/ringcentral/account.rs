//! The person's account: the sign-in, and what is asked of it over HTTP.

use std::{sync::Arc, time::Duration};

use ringside_domain::{
    Error, HttpAnswer, HttpRequest, HttpTransport, Kind, Method, Result, Retry, SignIn, Url,
    credentials::Secret,
    sign_in::{Grant, TokenAsk},
};
use serde_json::Value;

use super::{
    App,
    notice::{self, Presence},
    wire::{self, Fault},
};
use crate::kinds::Parts;

/// For one exchange.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);
const LONGEST_ANSWER: usize = 512 * 1024;
/// Where RingCentral says "too many" and not for how long; its windows have 60 seconds.
const USUAL_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

pub(super) struct Account {
    pub app: App,
    grant: String,
    http: Arc<dyn HttpTransport>,
    sign_in: Arc<dyn SignIn>,
}

impl Account {
    pub(super) fn new(app: App, grant: String, parts: &Parts) -> Self {
        Self {
            app,
            grant,
            http: parts.http.clone(),
            sign_in: parts.sign_in.clone(),
        }
    }

    /// The address of the gateway, with the token that opens one connection: a secret as a whole.
    pub(super) async fn gateway(&self) -> Result<Url> {
        let answer = self
            .ask("ringcentral_wstoken", Method::Post, "/restapi/oauth/wstoken")
            .await?;
        let answer = self.success(
            &answer,
            "does not let the app listen to calls",
            "WebSocketsSubscription",
        )?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(uri), Some(token)) = (text("uri"), text("ws_access_token")) else {
            return Err(self.garbled("when it was asked where it tells of calls"));
        };
        let mut url = Url::parse(uri).map_err(|_| self.garbled("when it was asked where it tells of calls"))?;
        self.check_gateway(&url)?;
        url.query_pairs_mut().append_pair("access_token", token);
        Ok(url)
    }

    /// The id of the person's extension.
    pub(super) async fn owner(&self) -> Result<String> {
        let grant = self.grant().await?;
        // The token endpoint says whose it is (`owner_id`, "Extension identifier").
        if let Some((_, id)) = grant
            .members
            .iter()
            .find(|(name, id)| name == "owner_id" && !id.is_empty())
        {
            return Ok(id.clone());
        }
        let path = "/restapi/v1.0/account/~/extension/~";
        let answer = self.ask("ringcentral_owner", Method::Get, path).await?;
        let answer = self.success(&answer, "does not tell the app whose extension it is", "ReadAccounts")?;
        notice::id(&answer, "id").ok_or_else(|| self.garbled("when it was asked for your extension"))
    }

    /// The calls of this moment. "Active Calls" of the call log lag behind by seconds, its guide says; presence does not.
    pub(super) async fn presence(&self) -> Result<Presence> {
        let answer = self.ask("ringcentral_presence", Method::Get, wire::PRESENCE).await?;
        let answer = self.success(&answer, "does not tell the app which calls there are", "ReadPresence")?;
        notice::presence(&answer).ok_or_else(|| self.garbled("when it was asked which calls there are"))
    }

    /// Renews the access token if it is about to run out: with it, the notifications would stop without a word.
    pub(super) async fn stay(&self) -> Result<()> {
        self.grant().await.map(drop)
    }

    async fn grant(&self) -> Result<Grant> {
        match self.sign_in.kept(&self.grant).await? {
            Some(grant) if grant.expired => self.renewed(&grant).await,
            Some(grant) => Ok(grant),
            None => Err(Error::new(
                Kind::SignInNeeded,
                "ringcentral",
                "Nobody has signed in to RingCentral yet",
            )
            .hint("Sign in")),
        }
    }

    async fn renewed(&self, stale: &Grant) -> Result<Grant> {
        let request = self.app.token_request(TokenAsk::Refresh);
        self.sign_in.refresh(&self.grant, stale, request).await
    }

    /// One request; a token that is refused is renewed, once.
    async fn ask(&self, operation: &'static str, method: Method, path: &str) -> Result<HttpAnswer> {
        let grant = self.grant().await?;
        let answer = self.send(operation, method, path, &grant).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let grant = self.renewed(&grant).await?;
        self.send(operation, method, path, &grant).await
    }

    async fn send(&self, operation: &'static str, method: Method, path: &str, grant: &Grant) -> Result<HttpAnswer> {
        let mut bearer = b"Bearer ".to_vec();
        bearer.extend_from_slice(grant.access.expose());
        self.http
            .send(HttpRequest {
                operation,
                method,
                url: self.app.at(path),
                headers: vec![("accept".to_owned(), "application/json".to_owned())],
                credentials: vec![("authorization".to_owned(), Secret::new(bearer))],
                body: Vec::new(),
                hosts: self.app.hosts.clone(),
                redirects: 0,
                deadline: DEADLINE,
                max_answer: LONGEST_ANSWER,
            })
            .await
    }

    fn success(&self, answer: &HttpAnswer, refused: &str, permission: &'static str) -> Result<Value> {
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status == 200 {
            return Ok(body);
        }
        let pause = answer.header("retry-after").and_then(|text| text.trim().parse().ok());
        Err(self.refusal(
            answer.status,
            &wire::fault(&body),
            pause.map(Duration::from_secs),
            refused,
            permission,
        ))
    }

    /// What a status other than success means. `refused` goes on from the server's name; `permission` is the one that is asked for
    /// if RingCentral names none.
    pub(super) fn refusal(
        &self,
        status: u16,
        fault: &Fault,
        pause: Option<Duration>,
        refused: &str,
        permission: &'static str,
    ) -> Error {
        let host = self.app.host();
        let code = fault
            .code
            .as_deref()
            .map(|code| format!(", {code}"))
            .unwrap_or_default();
        let wait = Retry::After(pause.unwrap_or(USUAL_PAUSE).min(LONGEST_PAUSE));
        match status {
            401 => Error::new(
                Kind::SignInNeeded,
                "ringcentral",
                format!("{host} ended your sign-in (status 401{code})"),
            )
            .hint("Sign in again; RingCentral keeps five sign-ins for each app and ends the oldest"),
            403 => {
                let permission = fault.permission.as_deref().unwrap_or(permission);
                let message = format!("{host} {refused}: the permission {permission} is missing (status 403{code})");
                Error::new(Kind::Forbidden, "ringcentral", message).hint(format!(
                    "Add the permission {permission} to the app in the RingCentral Developer Console, or ask your admin for it, \
                     then sign in again"
                ))
            }
            429 => {
                let message = format!("{host} was asked too often (status 429{code})");
                Error::new(Kind::RateLimited, "ringcentral", message).retry(wait)
            }
            500.. => {
                let message = format!("{host} has trouble of its own (status {status}{code})");
                let error = Error::new(Kind::Unavailable, "ringcentral", message);
                if pause.is_some() { error.retry(wait) } else { error }
            }
            _ => Error::new(
                Kind::Unavailable,
                "ringcentral",
                format!("{host} refused to tell of calls (status {status}{code})"),
            )
            .hint("If this stays, report it with these words"),
        }
    }

    pub(super) fn garbled(&self, when: &str) -> Error {
        let message = format!("{} answered something else than documented {when}", self.app.host());
        Error::new(Kind::Unavailable, "ringcentral", message).hint("If this stays, report it with these words")
    }

    /// The server chooses the gateway, and the gateway gets a secret: only hosts of its own.
    fn check_gateway(&self, url: &Url) -> Result<()> {
        let mut as_web = url.clone();
        let scheme = match url.scheme() {
            "wss" => "https",
            "ws" => "http",
            _ => "",
        };
        // From one special scheme to another is always possible.
        if as_web.set_scheme(scheme).is_ok() && self.app.hosts.check(&as_web).is_ok() {
            return Ok(());
        }
        let message = format!(
            "{} sent us to {} for calls, which is none of its own servers",
            self.app.host(),
            url.host_str().unwrap_or("another place")
        );
        Err(Error::new(Kind::Forbidden, "ringcentral", message)
            .hint("Nothing was sent there; check the server's address"))
    }
}
