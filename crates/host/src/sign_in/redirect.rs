//! One sign-in in the browser: what it is opened with, and which of the requests that come back is the answer.
//!
//! Any page in the browser and any program on the machine can send requests to the port. So only a GET of the exact path
//! with the exact host and the state of this very sign-in counts; everything else gets a small page, and the wait goes on.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};
use ringside_domain::{
    Error, Kind, Random, Result, Url,
    credentials::Secret,
    sign_in::{Authorize, RedirectTo, Redirected},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Parts,
    loopback::Loopback,
    page::{Language, Said, page},
    words::{clean, code},
};

pub(super) const OPERATION: &str = "sign_in";
/// How long the person has.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// Requests to the right path with a wrong state, or none, after which somebody must be guessing.
const MOST_WRONG: u32 = 10;
const MOST_PARAMETERS: usize = 50;
/// Parameters of the authorization request that are ours alone.
const OURS: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

pub(super) async fn authorize(parts: &Parts, ask: Authorize) -> Result<Redirected> {
    check(&ask)?;
    let state = unguessable::<16>(parts.random.as_ref());
    let verifier = ask.pkce.then(|| unguessable::<32>(parts.random.as_ref()));
    let listener = Loopback::bind(&ask.redirect, &parts.own_port).await?;
    let port = listener.port();
    let redirect_uri = format!("http://{}:{port}{}", ask.redirect.host, ask.redirect.path);
    let url = authorization_url(&ask, &redirect_uri, &state, verifier.as_deref());
    let provider = clean(&ask.provider, &[]);
    let too_late = format!("nobody signed in to {provider} within {} minutes", PATIENCE.as_secs() / 60);
    let desk = Desk {
        redirect: ask.redirect,
        port,
        issuer: ask.issuer,
        provider,
        wait: Mutex::new(Some(Waiting { state, wrong: 0 })),
    };
    let signed_in = async {
        let wait = listener.wait(move |request| desk.answer(request));
        tokio::pin!(wait);
        // The browser may be faster than the program that opened it.
        tokio::select! {
            found = &mut wait => return found,
            opened = parts.browser.open(&url) => opened?,
        }
        wait.await
    };
    let found = tokio::time::timeout(PATIENCE, signed_in).await.map_err(|_| {
        Error::new(Kind::Timeout, OPERATION, too_late)
            .retry(ringside_domain::Retry::AfterPerson)
            .hint("Start signing in again, and finish it in the browser")
    })??;
    Ok(Redirected {
        code: found.code,
        redirect_uri,
        verifier: verifier.map(Secret::new),
        parameters: found.parameters,
    })
}

/// What the connector asks for is data from a file: it may not send a browser anywhere, or listen anywhere.
fn check(ask: &Authorize) -> Result<()> {
    if ask.hosts.check(&ask.url).is_err() {
        let host = ask.url.host_str().unwrap_or("none");
        let words = format!("the sign-in page is at a host that this connector may not use: {host}");
        return Err(Error::new(Kind::Forbidden, OPERATION, words)
            .hint("Correct the address of the server, or the allowed hosts of the connector"));
    }
    let RedirectTo { host, port, path } = &ask.redirect;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let wrong = if !matches!(&**host, "127.0.0.1" | "localhost") {
        "its host is neither 127.0.0.1 nor localhost"
    } else if *port == Some(0) {
        "its port is 0"
    } else if !path.starts_with('/') || !path.bytes().all(plain) {
        "its path is not made of letters, digits and - . _ ~ after a slash"
    } else {
        return Ok(());
    };
    Err(Error::new(
        Kind::Invalid,
        OPERATION,
        format!("the redirect address cannot be used: {wrong}"),
    ))
}

fn authorization_url(ask: &Authorize, redirect_uri: &str, state: &str, verifier: Option<&str>) -> Url {
    let mut url = ask.url.clone();
    let theirs = ask.url.query_pairs().filter(|(name, _)| !OURS.contains(&&**name));
    let theirs: Vec<(Cow<'_, str>, Cow<'_, str>)> = theirs.collect();
    url.set_fragment(None);
    let mut query = url.query_pairs_mut();
    query.clear().extend_pairs(theirs);
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &ask.client_id)
        .append_pair("redirect_uri", redirect_uri);
    if !ask.scope.is_empty() {
        query.append_pair("scope", &ask.scope);
    }
    query.append_pair("state", state);
    if let Some(verifier) = verifier {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        query
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
    }
    drop(query);
    url
}

fn unguessable<const BYTES: usize>(random: &dyn Random) -> String {
    let mut bytes = [0_u8; BYTES];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Looks at what comes back.
struct Desk {
    redirect: RedirectTo,
    port: u16,
    issuer: Option<String>,
    provider: String,
    /// `None`: the answer has come. A state is good once.
    wait: Mutex<Option<Waiting>>,
}

struct Waiting {
    state: String,
    wrong: u32,
}

struct Found {
    code: Secret,
    parameters: Vec<(String, String)>,
}

type End = Option<Result<Found>>;

impl Desk {
    fn answer(&self, request: &Request<Incoming>) -> (Response<String>, End) {
        let wish = request.headers().get(header::ACCEPT_LANGUAGE);
        let language = Language::of(wish.and_then(|wish| wish.to_str().ok()));
        if request.uri().host().is_some() || request.uri().path() != self.redirect.path {
            return (page(StatusCode::NOT_FOUND, language, &Said::NothingHere), None);
        }
        if request.method() != Method::GET || !self.is_host(request) {
            return (page(StatusCode::BAD_REQUEST, language, &Said::Stray), None);
        }
        let query = Query::read(request.uri().query().unwrap_or_default());
        let end = match self.is_expected(&query) {
            Ok(true) => self.read(query),
            Ok(false) => return (page(StatusCode::BAD_REQUEST, language, &Said::Stray), None),
            Err(error) => {
                let stray = page(StatusCode::BAD_REQUEST, language, &Said::Stray);
                return (stray, Some(Err(error)));
            }
        };
        let provider = self.provider.as_str();
        let said = match &end {
            Ok(_) => Said::Done { provider },
            Err(error) => Said::Refused {
                provider,
                words: &error.message,
            },
        };
        (page(StatusCode::OK, language, &said), Some(end))
    }

    fn is_host(&self, request: &Request<Incoming>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let name = &self.redirect.host;
        let wanted = format!("{name}:{}", self.port);
        // Browsers leave http's own port out.
        host.to_str().is_ok_and(|host| {
            host.eq_ignore_ascii_case(&wanted) || (self.port == 80 && host.eq_ignore_ascii_case(name))
        })
    }

    /// Whether this is the answer to our state; from then on no other one is.
    fn is_expected(&self, query: &Query) -> Result<bool> {
        let mut wait = self.wait.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = wait.as_mut() else { return Ok(false) };
        let given = query.one("state").unwrap_or_default();
        if bool::from(waiting.state.as_bytes().ct_eq(given.as_bytes())) && !query.repeats {
            *wait = None;
            return Ok(true);
        }
        waiting.wrong += 1;
        if waiting.wrong < MOST_WRONG {
            return Ok(false);
        }
        *wait = None;
        let words = format!("{MOST_WRONG} answers that do not belong to this sign-in came to its port");
        Err(Error::new(Kind::SignInNeeded, OPERATION, words)
            .hint("Close other pages in the browser and sign in again; another page or program may be guessing"))
    }

    fn read(&self, mut query: Query) -> Result<Found> {
        let provider = &self.provider;
        let refused = |words: String| Error::new(Kind::SignInNeeded, OPERATION, words);
        if let Some(expected) = &self.issuer {
            let sent = query.one("iss");
            // An error without an issuer gives nothing away; a code without one may come from somebody else.
            if sent.is_some_and(|sent| sent != expected) || (sent.is_none() && query.one("error").is_none()) {
                let words = format!("the answer does not come from {provider}: it names no issuer, or another one");
                return Err(refused(words).hint("Sign in again; if it happens again, check the address of the server"));
            }
        }
        if let Some(error) = query.one("error") {
            let error = code(error);
            let said = query.one("error_description").map(|said| clean(said, &[]));
            let said = said.filter(|said| !said.is_empty());
            let words = match said {
                Some(said) => format!("{provider} did not sign you in: {said} ({error})"),
                None => format!("{provider} did not sign you in ({error})"),
            };
            return Err(refused(words).hint(hint(&error)));
        }
        let Some(code) = query.take("code").filter(|code| !code.is_empty()) else {
            let words = format!("the answer of {provider} holds no code to sign in with");
            return Err(refused(words).hint("Check that the connector's sign-in page is the one for programs with a code"));
        };
        query.pairs.retain(|(name, _)| name != "state");
        query.pairs.truncate(MOST_PARAMETERS);
        Ok(Found {
            code: Secret::new(code),
            parameters: query.pairs,
        })
    }
}

fn hint(error: &str) -> &'static str {
    match error {
        "access_denied" => "Sign in again, and allow Ringside what it asks for",
        "server_error" | "temporarily_unavailable" => "Try again in a few minutes",
        "invalid_scope" => "Ask whoever looks after the connection to allow what the connector asks for",
        _ => "Check the client id and the redirect address that are registered with the provider, then sign in again",
    }
}

/// The query of a redirect.
struct Query {
    pairs: Vec<(String, String)>,
    /// A parameter that decides something comes twice: RFC 6749 (3.1) forbids it, and two readers may read two things.
    repeats: bool,
}

impl Query {
    fn read(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let pairs: Vec<(String, String)> = pairs.collect();
        let repeats = ["state", "code", "iss", "error"]
            .iter()
            .any(|name| pairs.iter().filter(|(other, _)| other == name).count() > 1);
        Self { pairs, repeats }
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(other, _)| other == name)?;
        Some(self.pairs.remove(at).1)
    }
}
