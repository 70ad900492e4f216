//! What a token endpoint's answer means.
//!
//! Providers stray from the standard here more than in what they ask for: errors with status 200, lifetimes as text, JSON
//! under another name. What is granted is read as widely as it is safe to; what is refused says so in their words.

use std::time::Duration;

use ringside_domain::{
    Error, HttpAnswer, Kind, Result, Retry, Timestamp,
    credentials::Secret,
    sign_in::{Grant, TokenAsk, TokenRequest},
};
use serde_json::{Map, Value};

use super::{
    OPERATION, Refused, host,
    later::{Later, Refusal, later},
};
use crate::sign_in::words::{clean, code};

/// Bytes. Tokens with many claims are some 10 kB; what is kept must fit into the keyring.
const LONGEST_TOKEN: usize = 16 * 1024;
const MOST_MEMBERS: usize = 50;
/// In characters; a longer member is left out, not cut.
const LONGEST_MEMBER: usize = 2_000;
/// What an endless or absurd lifetime is cut to.
const LONGEST_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// No provider is waited for longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Where none is named: RingCentral's penalty and what Microsoft usually names. Zoho's lasts for ten minutes at most.
const UNNAMED_PAUSE: Duration = Duration::from_secs(60);
/// However long a pause is named, somebody who has more calls asks again after this.
const LONGEST_HOLD: Duration = Duration::from_secs(10 * 60);
/// A refused refresh token is not shown again for this long: some providers lock whoever insists. Then it is, for the word
/// may have been that of a proxy.
const SURE: Duration = Duration::from_secs(60 * 60);
/// So long where the words are those of one vendor, which we may have taken wrongly.
const UNSURE: Duration = Duration::from_secs(10 * 60);
/// Bytes of a page that are looked through.
const PAGE: usize = 8 * 1024;
/// Members that are secret, or are read otherwise.
const NOT_MEMBERS: [&str; 4] = ["access_token", "refresh_token", "id_token", "expires_in"];
const CHECK_CLIENT: &str = "Check the client id and the client secret of this connection, then sign in again";

pub(super) fn read(
    ask: &TokenRequest,
    refresh: Option<&Secret>,
    answer: &HttpAnswer,
    now: Timestamp,
) -> Result<Grant, Refused> {
    let members = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    };
    let success = (200..300).contains(&answer.status);
    if success && let Some(members) = &members {
        // Some answer 200 and an error.
        if let Some(access) = token(members, "access_token")? {
            return Ok(Grant {
                access,
                refresh: token(members, "refresh_token")?,
                expires_in: members.get("expires_in").and_then(lifetime),
                expired: false,
                members: others(members),
            });
        }
    }
    Err(refused(ask, refresh, answer, members.as_ref(), now))
}

/// A token is a text that is not empty; `null` is none.
fn token(members: &Map<String, Value>, name: &'static str) -> Result<Option<Secret>> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        // It will stand in a header: what cannot stand there is no token.
        Some(Value::String(text)) if text.len() <= LONGEST_TOKEN && !text.chars().any(char::is_control) => {
            Ok(Some(Secret::new(text.as_str())))
        }
        Some(_) => Err(unreadable(format!("its {name} is not a usable text"))),
    }
}

/// Seconds, as a number or as text. Nothing sensible, and 0, is "not said".
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    if seconds.is_nan() || seconds < 1.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).map_or(LONGEST_LIFE, |life| life.min(LONGEST_LIFE)))
}

fn others(members: &Map<String, Value>) -> Vec<(String, String)> {
    let others = members.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        // They end in addresses and headers.
        let fits = |text: &str| text.chars().count() <= LONGEST_MEMBER && !text.contains(char::is_control);
        (fits(name) && fits(&value) && !NOT_MEMBERS.contains(&&**name)).then(|| (name.clone(), value))
    });
    others.take(MOST_MEMBERS).collect()
}

fn refused(
    ask: &TokenRequest,
    refresh: Option<&Secret>,
    answer: &HttpAnswer,
    members: Option<&Map<String, Value>>,
    now: Timestamp,
) -> Refused {
    let (status, provider) = (answer.status, &ask.provider);
    let said = said(members, &secrets(ask, refresh));
    let code = said.code.as_deref().unwrap_or_default();
    let words = said.words();
    let pause = answer.header("retry-after").and_then(|value| pause(value, now));
    let page = members.is_none().then(|| beginning(&answer.body));
    let refusal = Refusal {
        status,
        refreshes: is_refresh(ask),
        names_a_pause: pause.is_some(),
        code,
        sentence: said.sentence.as_deref().unwrap_or_default(),
        text: page.as_ref().unwrap_or(&words),
    };
    let later = later(&refusal);
    if later == Some(Later::TooOften) {
        let error = Error::new(
            Kind::RateLimited,
            OPERATION,
            with(
                &words,
                format!("{provider} says that it was asked to sign in too often"),
            ),
        );
        let pause = pause.unwrap_or(UNNAMED_PAUSE);
        let hint = match ask.ask {
            TokenAsk::Code { .. } => "Wait a few minutes, then sign in again",
            _ => "No new sign-in is needed: it is asked again after a pause",
        };
        return Refused {
            error: error.retry(Retry::After(pause)).hint(hint),
            holds: pause.min(LONGEST_HOLD),
        };
    }
    let wait = |error: Error| match pause {
        Some(pause) => error.retry(Retry::After(pause)),
        None => error,
    };
    if let Some(hint) = sign_in_hint(code) {
        let text = match &said.description {
            // Codes alone say nothing to the person who was signed in until now.
            _ if !is_refresh(ask) => format!("{provider} refused to sign in: {words}"),
            Some(_) => format!("{provider} has ended this sign-in: {words}"),
            None => format!("{provider} has ended this sign-in"),
        };
        return Refused {
            error: Error::new(Kind::SignInNeeded, OPERATION, text).hint(hint),
            // Vendors use this one for more than the person's no.
            holds: if code == "access_denied" { UNSURE } else { SURE },
        };
    }
    // What is down for everybody may be up again with the next call, so that only a named pause is kept.
    let holds = pause.unwrap_or_default().min(LONGEST_HOLD);
    if refusal.is_down() {
        let text = format!("{provider} cannot sign anybody in at the moment (status {status})");
        let error = wait(Error::new(Kind::Unavailable, OPERATION, with(&words, text))).maybe_happened();
        return Refused { error, holds };
    }
    if later == Some(Later::Down) {
        let text = format!("{provider} cannot sign anybody in at the moment: {words}");
        let error = wait(Error::new(Kind::Unavailable, OPERATION, text));
        return Refused { error, holds };
    }
    // For a refused refresh token, vendors have more words than the standard, and some say them at status 200. What stands
    // for itself here says nothing of the token.
    let no = (200..300).contains(&status) && !words.is_empty() || (400..500).contains(&status);
    if is_refresh(ask) && no && ![403, 404, 405].contains(&status) {
        let text = format!("{provider} does not renew this sign-in (status {status})");
        let hint = if status == 401 { CHECK_CLIENT } else { "Sign in again" };
        return Refused {
            error: Error::new(Kind::SignInNeeded, OPERATION, with(&words, text)).hint(hint),
            holds: UNSURE,
        };
    }
    refused_otherwise(ask, members, status, &words).into()
}

/// What is wrong with the client, the addresses or the provider, by the status.
fn refused_otherwise(ask: &TokenRequest, members: Option<&Map<String, Value>>, status: u16, words: &str) -> Error {
    let (provider, host) = (&ask.provider, host(ask));
    match status {
        401 => Error::new(
            Kind::SignInNeeded,
            OPERATION,
            with(words, format!("{provider} refused to sign in (status 401)")),
        )
        .hint(CHECK_CLIENT),
        403 => Error::new(
            Kind::Forbidden,
            OPERATION,
            with(
                words,
                format!("{provider} does not allow this connection to sign in (status 403)"),
            ),
        )
        .hint("Ask whoever looks after that system to allow it"),
        200..=299 if words.is_empty() => {
            let what = match members {
                None => "it is not a JSON object",
                Some(_) => "it holds no access token",
            };
            // The old refresh token may be used up all the same.
            unreadable(format!("the answer of {host} cannot be read: {what}")).maybe_happened()
        }
        300..=399 => Error::new(
            Kind::Invalid,
            OPERATION,
            format!("{host} sent the sign-in request to another address (status {status}), which is not followed"),
        )
        .hint("Correct the address of the server, or the connector's token address"),
        404 | 405 => Error::new(
            Kind::Invalid,
            OPERATION,
            format!("{host} has no sign-in at the connector's token address (status {status})"),
        )
        .hint("Correct the address of the server, or the connector's token address"),
        _ => Error::new(
            Kind::Invalid,
            OPERATION,
            with(
                words,
                format!("{provider} did not accept the sign-in request (status {status})"),
            ),
        )
        .hint("Check the client id, the client secret, the scopes and the redirect address of this connection"),
    }
}

fn with(words: &str, text: String) -> String {
    if words.is_empty() {
        text
    } else {
        format!("{text}: {words}")
    }
}

/// Of a page in the place of an answer: only looked through, never shown.
fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(PAGE)]).into_owned()
}

/// What to do about errors that a new sign-in, or another client, cures. `None`: other errors.
fn sign_in_hint(error: &str) -> Option<&'static str> {
    match error {
        // `invalid_client_secret` is Zoho's.
        "invalid_client" | "invalid_client_secret" | "unauthorized_client" => Some(CHECK_CLIENT),
        // `invalid_code` is Zoho's.
        "invalid_grant"
        | "invalid_code"
        | "unauthorized"
        | "access_denied"
        | "expired_token"
        | "interaction_required"
        | "login_required"
        | "consent_required" => Some("Sign in again"),
        _ => None,
    }
}

fn is_refresh(ask: &TokenRequest) -> bool {
    matches!(ask.ask, TokenAsk::Refresh)
}

#[derive(Default)]
struct Said {
    code: Option<String>,
    /// What stands in the place of a code, and is none.
    sentence: Option<String>,
    description: Option<String>,
}

impl Said {
    fn words(&self) -> String {
        match (&self.description, &self.code) {
            (Some(description), Some(code)) => format!("{description} ({code})"),
            (Some(words), None) | (None, Some(words)) => words.clone(),
            (None, None) => String::new(),
        }
    }
}

/// `error` and `error_description` of RFC 6749 (5.2), or the `message` of those who have never read it.
fn said(members: Option<&Map<String, Value>>, secrets: &[&Secret]) -> Said {
    let Some(members) = members else { return Said::default() };
    let inner = members.get("error").and_then(Value::as_object);
    let at = |name: &str| members.get(name).or_else(|| inner?.get(name)).and_then(Value::as_str);
    let description = ["error_description", "errorMessage", "message"]
        .into_iter()
        .find_map(at);
    let cleaned = |text: &str| Some(clean(text, secrets)).filter(|text| !text.is_empty());
    // A code is one word; some put a sentence in its place.
    let (sentence, code_word) = match at("error").map(str::trim) {
        Some(error) if error.contains(char::is_whitespace) => (Some(error), None),
        error => (None, error),
    };
    Said {
        sentence: sentence.and_then(cleaned),
        code: code_word
            .and_then(cleaned)
            .map(|word| code(&word))
            .filter(|code| !code.is_empty()),
        description: description.or(sentence).and_then(cleaned),
    }
}

/// Everything that a provider might repeat to us.
fn secrets<'a>(ask: &'a TokenRequest, refresh: Option<&'a Secret>) -> Vec<&'a Secret> {
    let mut secrets: Vec<&Secret> = ask.client_secret.iter().chain(refresh).collect();
    match &ask.ask {
        TokenAsk::Code { code, verifier, .. } => secrets.extend([code].into_iter().chain(verifier)),
        TokenAsk::Password { password, .. } => secrets.push(password),
        TokenAsk::ClientCredentials | TokenAsk::Refresh => {}
    }
    secrets
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn pause(value: &str, now: Timestamp) -> Option<Duration> {
    let pause = match value.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = httpdate::parse_http_date(value.trim()).ok()?;
            let until = until.duration_since(std::time::UNIX_EPOCH).ok()?;
            Timestamp(i64::try_from(until.as_millis()).ok()?).since(now)
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}

fn unreadable(words: String) -> Error {
    Error::new(Kind::Invalid, OPERATION, words)
        .hint("Check that the connector's token address is right; if it is, the provider has changed its answers")
}
