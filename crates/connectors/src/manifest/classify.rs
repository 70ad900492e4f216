//! What an answer means: the answer it is, nothing found, or an error with words, advice, and whether the write may have
//! happened all the same.
//!
//! First the manifest's rules, in their order; then what the status means by itself. A write counts as "may have happened"
//! when the CRM broke down over it (5xx, 408) or said yes in words that can't be read; not when it said no.

mod entities;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use ringside_domain::{Error, HttpAnswer, Kind, Result, Retry, Timestamp};
use serde_json::Value;

use self::words::said;
use super::{
    format::{Answer, ErrorRule, Then},
    load::Loaded,
    mapping::Body,
    send::again_in,
};

pub(crate) use crate::hidden::Hidden;
use crate::retry_after;

/// How long nobody asks after "too much for today", where the answer does not say.
const QUOTA: Duration = Duration::from_secs(60 * 60);

/// Values of an answer: a hundred contacts with everything that a CRM knows of them are a tenth of it.
const MOST_VALUES: usize = 500_000;
/// Bytes of an answer that says no.
const MOST_OF_AN_ERROR: usize = 256 * 1024;

/// What was asked, as far as it decides what the answer means.
pub(crate) struct Asked<'a> {
    pub operation: &'static str,
    pub answer: &'a Answer,
    /// It may have changed something.
    pub writes: bool,
    /// Something of the body is needed: one that can't be read is an error.
    pub reads_body: bool,
    /// What no message may show.
    pub hidden: &'a Hidden,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The body; null where there is none.
    Answer(Value),
    /// "Nothing found", as a status.
    Empty,
    Refused(Box<Refusal>),
}

/// Why not.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub error: Error,
    /// A new session or token may help.
    pub sign_in: bool,
    /// The record is there already.
    pub duplicate: bool,
    /// The CRM asks for a pause.
    pub wait: Option<Duration>,
    pub body: Value,
}

impl Loaded {
    /// # Errors
    /// Only when one of the manifest's own paths fails.
    pub(crate) fn hear(&self, asked: &Asked<'_>, answer: &HttpAnswer, now: Timestamp) -> Result<Heard> {
        let status = answer.status;
        let text = answer.body.trim_ascii();
        let mut body = read(text, status);
        if let Ok(body) = &mut body
            && self.manifest.html_entities
        {
            body.change(entities::read);
        }
        if asked.answer.empty_status.contains(&status) {
            let empty = match (&asked.answer.empty_when, &body) {
                (None, _) => true,
                (Some(path), Ok(body)) => is_true(&self.at_body(path, body)?),
                (Some(_), Err(_)) => false,
            };
            if empty {
                return Ok(Heard::Empty);
            }
        }
        let refuse = |refused: Refused, body: Body| {
            self.refusal(asked, answer, body, refused, now)
                .map(|refusal| Heard::Refused(Box::new(refusal)))
        };
        if !(200..300).contains(&status) {
            return refuse(Refused::ByStatus, body.unwrap_or_else(|_| Body::of(Value::Null)));
        }
        let known = match body {
            Ok(known) => known,
            Err(refused) if asked.reads_body => return refuse(refused, Body::of(Value::Null)),
            Err(_) => return Ok(Heard::Answer(Value::Null)),
        };
        let fine = match &asked.answer.ok_when {
            Some(path) => {
                let found = self.at_body(path, &known)?;
                let fine = is_true(&found);
                if !fine {
                    self.doubts.not_fine(path, &found, known.value());
                }
                fine
            }
            None => true,
        };
        if !fine || self.names_status(answer, &known)? {
            return refuse(Refused::Inside, known);
        }
        Ok(Heard::Answer(known.into_value()))
    }

    /// Whether a rule names this very status: then it holds for answers that look fine, too.
    fn names_status(&self, answer: &HttpAnswer, body: &Body) -> Result<bool> {
        for rule in &self.manifest.errors.rules {
            if rule.status.contains(&answer.status) && self.applies(rule, answer, body)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn applies(&self, rule: &ErrorRule, answer: &HttpAnswer, body: &Body) -> Result<bool> {
        if !rule.status.is_empty() && !rule.status.contains(&answer.status) {
            return Ok(false);
        }
        if let Some(header) = &rule.header {
            let (name, value) = header.split_once(':').map_or((header.as_str(), None), |(name, value)| {
                (name.trim(), Some(value.trim()))
            });
            let matches = |sent: &str| value.is_none_or(|value| sent.trim().eq_ignore_ascii_case(value));
            if !answer.header(name).is_some_and(matches) {
                return Ok(false);
            }
        }
        match &rule.body {
            Some(path) => Ok(is_true(&self.at_body(path, body)?)),
            None => Ok(true),
        }
    }

    fn refusal(
        &self,
        asked: &Asked<'_>,
        answer: &HttpAnswer,
        body: Body,
        refused: Refused,
        now: Timestamp,
    ) -> Result<Refusal> {
        let mut rule = None;
        for candidate in &self.manifest.errors.rules {
            if !matches!(refused, Refused::Garbage | Refused::TooLarge) && self.applies(candidate, answer, &body)? {
                rule = Some(candidate);
                break;
            }
        }
        let name = &self.manifest.name;
        let (status, then) = (answer.status, rule.map(|rule| rule.then));
        let meaning = match then {
            Some(then) => Meaning::of_rule(then),
            None => Meaning::of_status(status, refused, &self.manifest.auth.expired_when),
        };
        let meaning = meaning.asked_by(asked.operation);
        let said = said(self, answer, &body, asked.hidden)?;
        // What this answer says is surer than what the file says of all.
        let errors = &self.manifest.errors;
        let named = retry_after::of(answer, &errors.retry_headers, Some(now));
        let inside = match &errors.retry_path {
            Some(path) => self.text_at_body(path, &body)?,
            None => None,
        };
        let told = named.max(inside.and_then(|text| retry_after::in_words(answer, &text, now)));
        let of_rule = rule.and_then(|rule| rule.wait).map(Duration::from_secs);
        // The short pause of its windows stands beside an empty day, too.
        let wait = match meaning {
            Meaning::Quota => told.max(of_rule),
            _ => told.or(of_rule),
        };
        let kind = meaning.kind();
        let message = match (&said.message, refused) {
            (_, Refused::Garbage) if is_page(answer) => {
                format!("{name}'s address answered with a web page, not with its API")
            }
            (_, Refused::Garbage) => format!("{name} answered with something that is not JSON"),
            (_, Refused::TooLarge) => format!("{name} answered with far more than was asked for"),
            // "Not Found" alone says nothing to a person who typed an address.
            _ if meaning == Meaning::Nowhere && (rule.is_none() || said.message.is_none()) => {
                format!("There is no {name} at this address (it answered {status})")
            }
            (Some(message), _) => format!("{name}: {message}"),
            (None, _) => format!("{name} {} (it answered {status})", meaning.words()),
        };
        let mut error = Error::new(kind, asked.operation, message);
        if let Some(field) = said.field {
            error = error.field(field);
        }
        if meaning == Meaning::Nowhere && self.manifest.environment.typed.is_some() {
            error = error.field("server");
        }
        match rule.and_then(|rule| rule.hint.clone()) {
            Some(hint) => error = error.hint(hint),
            None => error.hint = meaning.hint(name).map(Into::into),
        }
        // Whoever connects or tests waits in front of the form; what is owed is sent again by itself.
        if meaning == Meaning::TooFast && error.hint.is_none() && ["check", "sign_in"].contains(&asked.operation) {
            error = error.hint(wait.map_or_else(|| "Try again in a minute".to_owned(), again_in));
        }
        match meaning {
            Meaning::Quota => error = error.retry(Retry::After(wait.unwrap_or(QUOTA))),
            Meaning::TooFast | Meaning::Down => error.retry = wait.map_or(Retry::Later, Retry::After),
            Meaning::Garbage | Meaning::Moved => error = error.retry(Retry::Never),
            _ => {}
        }
        // 429, and 503 with a time to come back, say that nothing was done.
        let broke = match meaning {
            Meaning::Garbage => true,
            Meaning::Down => status != 503 || wait.is_none(),
            _ => false,
        };
        error.may_have_happened = asked.writes && broke;
        Ok(Refusal {
            sign_in: meaning == Meaning::SignIn,
            duplicate: then == Some(Then::Duplicate),
            wait: match meaning {
                Meaning::TooFast | Meaning::Down => wait,
                Meaning::Quota => Some(wait.unwrap_or(QUOTA)),
                _ => None,
            },
            error,
            body: body.into_value(),
        })
    }
}

/// How it was seen that this is no good answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    ByStatus,
    /// The status said yes, the body did not.
    Inside,
    Garbage,
    /// Not even read.
    TooLarge,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    SignIn,
    Forbidden,
    NotFound,
    Invalid,
    Conflict,
    TooFast,
    Quota,
    Down,
    /// The address is another one now.
    Moved,
    /// What every one of these CRMs has is not at this address.
    Nowhere,
    /// The address or the way to ask does not exist there.
    WrongWay,
    Garbage,
}

impl Meaning {
    const fn of_rule(then: Then) -> Self {
        match then {
            Then::SignIn => Self::SignIn,
            Then::Forbidden => Self::Forbidden,
            Then::NotFound => Self::NotFound,
            Then::Invalid => Self::Invalid,
            Then::Conflict | Then::Duplicate => Self::Conflict,
            Then::Retry => Self::TooFast,
            Then::QuotaExhausted => Self::Quota,
            Then::Unavailable => Self::Down,
        }
    }

    fn of_status(status: u16, refused: Refused, expired_when: &[u16]) -> Self {
        match refused {
            Refused::Garbage | Refused::TooLarge => return Self::Garbage,
            Refused::Inside => return Self::Invalid,
            Refused::ByStatus => {}
        }
        if expired_when.contains(&status) || (expired_when.is_empty() && status == 401) {
            return Self::SignIn;
        }
        match status {
            100..=399 => Self::Moved,
            401 => Self::SignIn,
            402 | 403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 | 406 | 415 | 501 => Self::WrongWay,
            408 => Self::Down,
            409 | 412 | 423 => Self::Conflict,
            429 => Self::TooFast,
            500.. => Self::Down,
            _ => Self::Invalid,
        }
    }

    /// Signing in and asking for the account name no record that could be gone.
    fn asked_by(self, operation: &str) -> Self {
        match self {
            Self::NotFound if ["check", "sign_in"].contains(&operation) => Self::Nowhere,
            other => other,
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::SignIn => Kind::SignInNeeded,
            Self::Forbidden => Kind::Forbidden,
            Self::NotFound => Kind::NotFound,
            Self::Invalid => Kind::Invalid,
            Self::Conflict => Kind::Conflict,
            Self::TooFast | Self::Quota => Kind::RateLimited,
            Self::Down | Self::Moved | Self::Nowhere | Self::Garbage => Kind::Unavailable,
            Self::WrongWay => Kind::Internal,
        }
    }

    /// Behind the CRM's name.
    const fn words(self) -> &'static str {
        match self {
            Self::SignIn => "wants you to sign in again",
            Self::Forbidden => "does not allow this account to do that",
            Self::NotFound => "has no such record any more",
            Self::Invalid => "refused what was sent",
            Self::Conflict => "has this already, or it was changed meanwhile",
            Self::TooFast => "was asked too often",
            Self::Quota => "takes no more requests for now: the account's quota is used up",
            Self::Down => "is not available right now",
            Self::Moved => "sent us on to another address",
            Self::Nowhere => "is not at this address",
            Self::WrongWay => "does not understand how it was asked",
            Self::Garbage => "answered with something that is not JSON",
        }
    }

    fn hint(self, name: &str) -> Option<String> {
        match self {
            Self::SignIn => Some(format!("Sign in to {name} again, in the settings under Connections")),
            Self::Forbidden => Some(format!("Ask whoever administers {name} for the right to do it")),
            Self::Moved | Self::Nowhere | Self::Garbage => {
                Some("Check the server's address of this connection".to_owned())
            }
            Self::WrongWay => Some("The connector file does not fit this version of it; please report it".to_owned()),
            _ => None,
        }
    }
}

/// The body of an answer, if it is not too much to be read: what is made of it is many times its size.
fn read(text: &[u8], status: u16) -> std::result::Result<Body, Refused> {
    if text.is_empty() {
        return Ok(Body::of(Value::Null));
    }
    let is_good = (200..300).contains(&status);
    if values_of(text) > MOST_VALUES || (!is_good && text.len() > MOST_OF_AN_ERROR) {
        return Err(Refused::TooLarge);
    }
    serde_json::from_slice(text).map(Body::of).map_err(|_| Refused::Garbage)
}

/// How many values a JSON text has, or more: each but the first follows a comma or opens a list or a record.
fn values_of(text: &[u8]) -> usize {
    let (mut values, mut within, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if within => escaped = true,
            b'"' => within = !within,
            b',' | b'[' | b'{' if !within => values += 1,
            _ => {}
        }
    }
    values
}

/// A web page where JSON should be: most often the address people use, not that of the API.
fn is_page(answer: &HttpAnswer) -> bool {
    let html = |kind: &str| kind.trim_start().to_ascii_lowercase().starts_with("text/html");
    answer.header("content-type").is_some_and(html) || answer.body.trim_ascii_start().starts_with(b"<")
}

/// Not null, false, 0 or empty.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
