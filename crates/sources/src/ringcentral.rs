//! RingCentral: the owner's calls, told by its WebSocket gateway.
//!
//! The person signs in with an app of their own (OAuth with PKCE, the port `SignIn`). Then, as RingCentral's guides have it:
//!
//! 1. `POST /restapi/oauth/wstoken` with the access token gives `uri`, `ws_access_token` and `expires_in`; the token opens one
//!    connection (`socket`, after the host passed the rules: it is the server's choice, and gets a secret).
//! 2. The gateway says `ConnectionDetails` first; nothing is sent before that. We subscribe to the extension's telephony
//!    sessions, or, where the app lacks the permission, to its presence (`link`).
//! 3. Notifications become call events (`wire`, `notice`, `calls`, `end`).
//! 4. A lost connection is recovered with its `wsc` token, and what was missed comes after it. When it is too late for that, we
//!    subscribe anew and ask for the calls as they are (`run`).
//!
//! Subscriptions over a WebSocket renew themselves, the guide says; what must not run out is the sign-in, so the access token is
//! renewed while the connection stands.
//!
//! **Proved on documentation only**: no account was at hand. `tests/support/ringcentral` is a strict server made of it.

use ringside_domain::{
    Error, HostRules, Kind, Result, Url,
    credentials::Secret,
    http::{TypedHost, host_of},
    sign_in::{Authorize, ClientAuth, RedirectTo, TokenAsk, TokenRequest},
};

use crate::{
    health::Health,
    kinds::{Built, Evidence, Parameter, ParameterKind, Parts, PhoneKind, Setup, invalid},
};

mod account;
pub mod calls;
mod end;
mod link;
pub mod notice;
mod run;
mod socket;
pub mod wire;

use account::Account;

/// Where the browser comes back to: registered with the app, letter for letter. [`KIND`] says it to the person.
const REDIRECT_HOST: &str = "localhost";
const REDIRECT_PORT: u16 = 47_827;
const REDIRECT_PATH: &str = "/callback";

const SERVER: &str = "https://platform.ringcentral.com";
/// Where RingCentral's own names are: the API, and the gateways that it names.
const HOSTS: &str = "*.ringcentral.com";

pub const KIND: PhoneKind = PhoneKind {
    id: "ringcentral",
    name: "RingCentral",
    summary: "For RingCentral users, whatever phone or app they take their calls with",
    parameters: &[
        Parameter {
            name: "client_id",
            title: "Client ID of your app",
            kind: ParameterKind::Text,
            help: Some("In the RingCentral Developer Console, under the app's credentials"),
            placeholder: None,
            required: true,
            default: None,
        },
        Parameter {
            name: "client_secret",
            title: "Client secret",
            kind: ParameterKind::Secret,
            help: Some("Only if your app is a server-side one; a client-side app has none"),
            placeholder: None,
            required: false,
            default: None,
        },
        Parameter {
            name: "server",
            title: "Server",
            kind: ParameterKind::Text,
            help: Some("Only if your RingCentral is another company's, and it named an API server to you"),
            placeholder: Some(SERVER),
            required: false,
            default: Some(SERVER),
        },
    ],
    needs: &[
        "An app in the RingCentral Developer Console: type \"REST API App\", private to your company, with \"3-legged OAuth flow \
         authorization code\" as a client-side web app, and refresh tokens switched on",
        "In that app, this OAuth redirect URI, letter for letter: http://localhost:47827/callback",
        "In that app, the permissions \"WebSocket Subscriptions\", \"Call Control\", \"Read Presence\" and \"Read Accounts\"",
    ],
    limits: &[
        "A call that becomes a conference ends here when it does",
        "A call that you begin with RingOut is shown as an incoming one, as RingCentral calls you first",
        "A call to another RingCentral user counts as answered when RingCentral takes it, before they do",
        "After more than three minutes without network, the end of a call that ended meanwhile is unknown",
    ],
    evidence: Evidence::Documentation("RingCentral's guides and SDKs; no account was at hand"),
    signs_in_with_browser: true,
    uses_intake: false,
};

/// The app that signs in, and where.
#[derive(Clone)]
struct App {
    server: Url,
    hosts: HostRules,
    client_id: String,
    client_secret: Option<Secret>,
}

impl App {
    fn of(setup: &Setup) -> Result<Self> {
        let client_id = setup.text("client_id").ok_or_else(|| {
            invalid("client_id", "RingCentral needs the client ID of your app")
                .hint("Copy it from the RingCentral Developer Console")
        })?;
        let (server, hosts) = server(setup.text("server").unwrap_or(SERVER))?;
        let secret = setup.secrets.get("client_secret");
        Ok(Self {
            server,
            hosts,
            client_id: client_id.to_owned(),
            client_secret: secret.filter(|secret| !secret.expose().is_empty()).cloned(),
        })
    }

    fn token_request(&self, ask: TokenAsk) -> TokenRequest {
        TokenRequest {
            url: self.at("/restapi/oauth/token"),
            hosts: self.hosts.clone(),
            ask,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            client_auth: match self.client_secret {
                Some(_) => ClientAuth::Basic,
                None => ClientAuth::None,
            },
            extra: Vec::new(),
            in_query: false,
            deadline: account::DEADLINE,
            provider: KIND.name.to_owned(),
        }
    }

    fn at(&self, path_and_query: &str) -> Url {
        let mut url = self.server.clone();
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        url.set_path(path);
        url.set_query(query);
        url
    }

    /// For messages.
    fn host(&self) -> &str {
        self.server.host_str().unwrap_or("RingCentral")
    }
}

pub(crate) fn build(setup: Setup, parts: &Parts) -> Result<Built> {
    let (health, state) = Health::new();
    let account = Account::new(App::of(&setup)?, setup.grant.clone(), parts);
    Ok(Built {
        source: Box::new(run::RingCentral::new(&setup, account, parts, health)),
        state,
        pin: None,
    })
}

pub(crate) async fn sign_in(setup: &Setup, parts: &Parts) -> Result<()> {
    let app = App::of(setup)?;
    let redirected = parts
        .sign_in
        .authorize(Authorize {
            url: app.at("/restapi/oauth/authorize"),
            hosts: app.hosts.clone(),
            client_id: app.client_id.clone(),
            // Without one, RingCentral grants what the app is registered for.
            scope: String::new(),
            pkce: true,
            redirect: RedirectTo {
                host: REDIRECT_HOST.to_owned(),
                port: Some(REDIRECT_PORT),
                path: REDIRECT_PATH.to_owned(),
            },
            issuer: None,
            provider: KIND.name.to_owned(),
        })
        .await?;
    let ask = TokenAsk::Code {
        code: redirected.code,
        redirect_uri: redirected.redirect_uri,
        verifier: redirected.verifier,
    };
    let grant = parts.sign_in.token(app.token_request(ask)).await?;
    if grant.refresh.is_none() {
        return Err(Error::new(
            Kind::Invalid,
            "sign_in",
            "RingCentral signed you in for an hour only: your app may not stay signed in",
        )
        .hint(
            "Switch refresh tokens on in the app's settings in the RingCentral Developer Console, then sign in again",
        ));
    }
    parts.sign_in.keep(&setup.grant, grant).await
}

/// The API server as the person typed it, and where its secrets may go.
fn server(text: &str) -> Result<(Url, HostRules)> {
    let wrong = |message: &'static str| {
        invalid("server", message).hint(format!("Leave it empty for RingCentral itself, {SERVER}"))
    };
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&text).map_err(|_| wrong("the address of the RingCentral server is not one"))?;
    let (Some(host), Some(port)) = (host_of(&url), url.port_or_known_default()) else {
        return Err(wrong("the address of the RingCentral server names no server"));
    };
    let mut hosts = HostRules {
        allowed: vec![HOSTS.to_owned()],
        typed: None,
    };
    if hosts.check(&url).is_err() {
        hosts.typed = Some(TypedHost { host, port });
    }
    hosts
        .check(&url)
        .map_err(|_| wrong("the address of the RingCentral server must begin with https:// and hold no user name"))?;
    Ok((url, hosts))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_the_person_registers_is_what_the_browser_comes_back_to() {
        let redirect = format!("http://{REDIRECT_HOST}:{REDIRECT_PORT}{REDIRECT_PATH}");
        assert!(KIND.needs.iter().any(|need| need.ends_with(&redirect)));
    }

    #[test]
    fn a_server_side_app_proves_itself_and_a_client_side_one_only_names_itself() {
        let setup = |secret: Option<&str>| Setup {
            source: ringside_domain::SourceId::new("ringcentral"),
            parameters: [("client_id".to_owned(), " id ".to_owned())].into(),
            secrets: secret
                .map(|secret| ("client_secret".to_owned(), Secret::new(secret)))
                .into_iter()
                .collect(),
            trust: ringside_domain::Trust::Trusted,
            grant: "phone/ringcentral/grant".to_owned(),
            kept: false,
            pin: None,
        };
        for (secret, auth) in [
            (None, ClientAuth::None),
            (Some(""), ClientAuth::None),
            (Some("s"), ClientAuth::Basic),
        ] {
            let request = App::of(&setup(secret)).unwrap().token_request(TokenAsk::Refresh);
            assert_eq!((request.client_auth, request.client_id.as_str()), (auth, "id"));
            assert_eq!(
                request.url.as_str(),
                "https://platform.ringcentral.com/restapi/oauth/token"
            );
        }
        let mut nameless = setup(None);
        nameless.parameters.clear();
        let error = App::of(&nameless).map(drop).unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), (Kind::Invalid, Some("client_id")));
    }

    #[test]
    fn servers() {
        let allowed = |text: &str, url: &str| {
            let (_, hosts) = server(text).unwrap();
            hosts.check(&Url::parse(url).unwrap()).is_ok()
        };
        assert!(allowed(SERVER, "https://ws-api.ringcentral.com/ws"));
        assert!(!allowed(SERVER, "https://ringcentral.com.evil.test/ws"));
        assert!(!allowed(SERVER, "https://127.0.0.1/ws"));
        assert!(allowed(
            "platform.ringcentral.com",
            "https://platform.ringcentral.com/x"
        ));
        assert!(allowed("https://ring.example", "https://ring.example/ws"));
        assert!(!allowed("https://ring.example", "https://other.example/ws"));
        assert!(allowed("http://127.0.0.1:8080", "http://127.0.0.1:8080/ws"));
        for text in [
            "http://ring.example",
            "ftp://ring.example",
            "https://ada@ring.example",
            "::",
            "https://",
        ] {
            let error = server(text).unwrap_err();
            assert_eq!(
                (error.kind, error.field.as_deref()),
                (Kind::Invalid, Some("server")),
                "{text}"
            );
        }
    }
}
