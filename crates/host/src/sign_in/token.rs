//! One request to a token endpoint (RFC 6749, 4 to 6): what is asked for, and how we prove who we are.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringside_domain::{
    Clock, Error, HttpRequest, HttpTransport, Kind, Method, Result,
    credentials::Secret,
    sign_in::{ClientAuth, Grant, TokenAsk, TokenRequest},
};
use url::form_urlencoded;

mod answer;
mod later;

const OPERATION: &str = "get_token";
/// Bytes of an answer. Tokens with many claims are some 10 kB.
const LONGEST_ANSWER: usize = 256 * 1024;
/// The transport keeps the deadline; this is for one that doesn't.
const GRACE: Duration = Duration::from_secs(1);

/// Why there is no grant.
pub(super) struct Refused {
    pub(super) error: Error,
    /// For so long the same question has the same answer. Zero: it may be asked again at once.
    pub(super) holds: Duration,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let holds = Duration::ZERO;
        Self { error, holds }
    }
}

/// Asks for a grant; `refresh` is what [`TokenAsk::Refresh`] refreshes with.
pub(super) async fn ask(
    http: &dyn HttpTransport,
    clock: &dyn Clock,
    ask: TokenRequest,
    refresh: Option<&Secret>,
) -> Result<Grant, Refused> {
    let request = request(&ask, refresh)?;
    let deadline = ask.deadline.saturating_add(GRACE);
    let answer = tokio::time::timeout(deadline, http.send(request)).await.map_err(|_| {
        let words = format!("{} did not answer in time when asked to sign in", ask.provider);
        Error::new(Kind::Timeout, OPERATION, words).maybe_happened()
    })??;
    answer::read(&ask, refresh, &answer, clock.now().wall)
}

fn request(ask: &TokenRequest, refresh: Option<&Secret>) -> Result<HttpRequest> {
    let mut pairs = grant_parameters(ask, refresh)?;
    let empty = Secret::new("");
    let secret = ask.client_secret.as_ref().unwrap_or(&empty);
    let mut credentials = Vec::new();
    match ask.client_auth {
        ClientAuth::Basic => {
            // RFC 6749, 2.3.1: both are form-encoded before they are joined by the colon.
            let encode = |bytes: &[u8]| form_urlencoded::byte_serialize(bytes).collect::<String>();
            let joined = Secret::new(format!(
                "{}:{}",
                encode(ask.client_id.as_bytes()),
                encode(secret.expose())
            ));
            let value = format!("Basic {}", STANDARD.encode(joined.expose()));
            credentials.push(("authorization".to_owned(), Secret::new(value)));
        }
        ClientAuth::Body => {
            pairs.push(("client_id", Secret::new(ask.client_id.as_str())));
            pairs.push(("client_secret", secret.clone()));
        }
        ClientAuth::None => pairs.push(("client_id", Secret::new(ask.client_id.as_str()))),
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &pairs {
        form.append_pair(name, text(value)?);
    }
    // What is ours comes once: the provider's own parameters don't repeat it.
    let ours = |name: &str| pairs.iter().any(|(other, _)| *other == name);
    form.extend_pairs(ask.extra.iter().filter(|(name, _)| !ours(name)));
    let form = form.finish();

    let mut url = ask.url.clone();
    url.set_fragment(None);
    let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
    let mut body = Vec::new();
    if ask.in_query {
        let query = match url.query().filter(|query| !query.is_empty()) {
            Some(query) => format!("{query}&{form}"),
            None => form,
        };
        url.set_query(Some(&query));
    } else {
        let kind = "application/x-www-form-urlencoded".to_owned();
        headers.push(("content-type".to_owned(), kind));
        body = form.into_bytes();
    }
    Ok(HttpRequest {
        operation: OPERATION,
        method: Method::Post,
        url,
        headers,
        credentials,
        body,
        hosts: ask.hosts.clone(),
        redirects: 0,
        deadline: ask.deadline,
        max_answer: LONGEST_ANSWER,
    })
}

fn grant_parameters(ask: &TokenRequest, refresh: Option<&Secret>) -> Result<Vec<(&'static str, Secret)>> {
    let grant_type = |name: &str| ("grant_type", Secret::new(name));
    Ok(match &ask.ask {
        TokenAsk::Code {
            code,
            redirect_uri,
            verifier,
        } => {
            let mut pairs = vec![
                grant_type("authorization_code"),
                ("code", code.clone()),
                ("redirect_uri", Secret::new(redirect_uri.as_str())),
            ];
            pairs.extend(verifier.iter().map(|verifier| ("code_verifier", verifier.clone())));
            pairs
        }
        TokenAsk::ClientCredentials => vec![grant_type("client_credentials")],
        TokenAsk::Password { user, password } => vec![
            grant_type("password"),
            ("username", Secret::new(user.as_str())),
            ("password", password.clone()),
        ],
        TokenAsk::Refresh => match refresh {
            Some(refresh) => vec![grant_type("refresh_token"), ("refresh_token", refresh.clone())],
            None => return Err(nothing_to_refresh_with()),
        },
    })
}

pub(super) fn nothing_to_refresh_with() -> Error {
    let words = "the sign-in is over, and there is nothing to renew it with";
    Error::new(Kind::SignInNeeded, OPERATION, words).hint("Sign in again")
}

fn text(secret: &Secret) -> Result<&str> {
    std::str::from_utf8(secret.expose()).map_err(|_| {
        Error::new(Kind::Invalid, OPERATION, "a secret of this connection is not text").hint("Enter it again")
    })
}

pub(super) fn host(ask: &TokenRequest) -> &str {
    ask.url.host_str().unwrap_or("the provider")
}
