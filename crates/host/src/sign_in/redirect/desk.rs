//! Which of the requests that come to the port is the answer.
//!
//! Any page in the browser and any program on the machine can send requests there. So only a GET of the exact path with the
//! exact host and the state of this very sign-in counts; everything else gets a small page, and the wait goes on, however
//! often: nobody guesses 128 bits in five minutes, and a limit would let any page end the sign-in.

use std::sync::{Mutex, PoisonError};

use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};
use ringside_domain::{Error, HostRules, Kind, Result, Url, credentials::Secret, sign_in::RedirectTo};
use subtle::ConstantTimeEq;

use super::OPERATION;
use crate::sign_in::{
    page::{Language, Said, page},
    words::{clean, code},
};

const MOST_PARAMETERS: usize = 50;

/// Looks at what comes back.
pub(super) struct Desk {
    redirect: RedirectTo,
    port: u16,
    issuer: Option<String>,
    hosts: HostRules,
    provider: String,
    /// What the browser went away with. `None`: the answer has come. A state is good once.
    state: Mutex<Option<String>>,
}

pub(super) struct Found {
    pub(super) code: Secret,
    pub(super) parameters: Vec<(String, String)>,
}

/// The answer was ours, and was no.
struct Refused {
    error: Error,
    /// In the provider's own words, cleaned.
    words: Option<String>,
}

type End = Option<Result<Found>>;

impl Desk {
    /// `provider` is shown on the page: cleaned. `state` is what the browser went away with.
    pub(super) fn new(
        redirect: RedirectTo,
        port: u16,
        issuer: Option<String>,
        hosts: HostRules,
        provider: String,
        state: String,
    ) -> Self {
        Self {
            redirect,
            port,
            issuer,
            hosts,
            provider,
            state: Mutex::new(Some(state)),
        }
    }

    /// The page for a request, and the end of the wait if this was the answer.
    pub(super) fn answer(&self, request: &Request<Incoming>) -> (Response<String>, End) {
        let wish = request.headers().get(header::ACCEPT_LANGUAGE);
        let language = Language::of(wish.and_then(|wish| wish.to_str().ok()));
        if request.uri().host().is_some() || request.uri().path() != self.redirect.path {
            return (page(StatusCode::NOT_FOUND, language, &Said::NothingHere), None);
        }
        if request.method() != Method::GET || !self.is_host(request) {
            return (page(StatusCode::BAD_REQUEST, language, &Said::Stray), None);
        }
        let query = Query::read(request.uri().query().unwrap_or_default());
        if !self.is_expected(&query) {
            return (page(StatusCode::BAD_REQUEST, language, &Said::Stray), None);
        }
        let provider = self.provider.as_str();
        match self.read(query) {
            Ok(found) => (
                page(StatusCode::OK, language, &Said::Done { provider }),
                Some(Ok(found)),
            ),
            Err(Refused { error, words }) => {
                let words = words.as_deref();
                let said = Said::Refused { provider, words };
                (page(StatusCode::OK, language, &said), Some(Err(error)))
            }
        }
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
    fn is_expected(&self, query: &Query) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(expected) = state.as_ref() else { return false };
        let given = query.one("state").unwrap_or_default();
        let is_ours = bool::from(expected.as_bytes().ct_eq(given.as_bytes())) && !query.repeats;
        if is_ours {
            *state = None;
        }
        is_ours
    }

    /// Whether an issuer whom the connector does not name is at a host where its requests may go.
    fn is_near(&self, issuer: &str) -> bool {
        Url::parse(issuer).is_ok_and(|issuer| self.hosts.check(&issuer).is_ok())
    }

    fn read(&self, mut query: Query) -> Result<Found, Refused> {
        let provider = &self.provider;
        let refused = |message: String, hint: &'static str, words: Option<String>| Refused {
            error: Error::new(Kind::SignInNeeded, OPERATION, message).hint(hint),
            words,
        };
        let sent = query.one("iss");
        let error = query.one("error");
        match (&self.issuer, sent) {
            // An error without an issuer gives nothing away; a code without one may come from somebody else.
            (Some(expected), _) if sent.is_some_and(|sent| sent != expected) || (sent.is_none() && error.is_none()) => {
                let message = format!("the answer does not come from {provider}: it names no issuer, or another one");
                let hint = "Sign in again; if it happens again, check the address of the server";
                return Err(refused(message, hint, None));
            }
            (None, Some(sent)) if !self.is_near(sent) => {
                let message =
                    format!("the answer may not come from {provider}: its issuer is at a host of somebody else");
                let hint = "Sign in again; if it happens again, the connector's file must name its `issuer`";
                return Err(refused(message, hint, None));
            }
            _ => {}
        }
        if let Some(error) = error {
            let error = code(error);
            let said = query.one("error_description").map(|said| clean(said, &[]));
            let words = match said.filter(|said| !said.is_empty()) {
                Some(said) => format!("{said} ({error})"),
                None => error.clone(),
            };
            let message = if words == "access_denied" {
                format!("The sign-in at {provider} was declined in the browser")
            } else {
                format!("{provider} did not sign you in: {words}")
            };
            return Err(refused(message, hint(&error), Some(words)));
        }
        let Some(code) = query.take("code").filter(|code| !code.is_empty()) else {
            let message = format!("the answer of {provider} holds no code to sign in with");
            let hint = "Check that the connector's sign-in page is the one for programs with a code";
            return Err(refused(message, hint, None));
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
        self.pairs
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| &**value)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(other, _)| other == name)?;
        Some(self.pairs.remove(at).1)
    }
}
