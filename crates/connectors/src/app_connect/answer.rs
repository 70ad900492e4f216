//! What an answer of the server means. Its status says little: most failures are 200 with `"successful": false` and words.
//!
//! | answer | means |
//! |---|---|
//! | 400, text `Please go to Settings and authorize CRM platform` or `Invalid JWT token` | the session is over |
//! | 401, `"errorCode": "CRM_SESSION_REVOKED"` | the session is over, a person must sign in |
//! | 200, `Contact not found` without a `contact`; `User not found`; no words at all | logged out, or really nothing |
//! | 200, `Authorization error` | the CRM answered the connector with 400 to 409: not signed in, gone, a field refused, … |
//! | 200, `Rate limit exceeded` | the CRM answered the connector with 429 |
//! | 200, `Error finding contact`, `Error creating call log`, … | anything else: it answered 410, 422 or 500, or not at all |
//! | 400, `{"error": …}` | the server's own code failed; the words are a programmer's |
//!
//! Words may hold numbers and names of people, so no text goes out of here as it came: see [`said`].

use std::{borrow::Cow, time::Duration};

use ringside_domain::{Error, HttpAnswer, Kind, Method, Retry};
use serde_json::Value;

use super::value::{list, text};
use crate::retry_after;

/// What became of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    Answered(Value),
    /// `"successful": false`, without saying why in a way that only one cause has.
    Nothing(Value),
    SessionOver(Error),
    /// The CRM refused or failed one of the connector's requests, and nobody says which: the ones before it are done. The
    /// error is that of a question; what it means for a write, [`write_refused`] says.
    CrmRefused(Error),
    Failed(Error),
}

/// The vendor: "please try again in the next minute".
const A_MINUTE: Duration = Duration::from_secs(60);
pub(super) const DATABASE_FAILED: &str = "The database of the App Connect server failed";
/// So much of what a server says is shown.
const MAX_WORDS: usize = 200;
/// So many digits in a row, blanks and signs between them not counted, may be somebody's number.
const NUMBER_DIGITS: usize = 5;

/// Reads an answer. `crm` is the CRM's name, for people.
pub(super) fn read(operation: &'static str, crm: &str, answer: &HttpAnswer) -> Outcome {
    let body = serde_json::from_slice::<Value>(&answer.body).ok();
    match (answer.status, body) {
        (200..=299, Some(body @ Value::Object(_))) if body.get("successful") == Some(&Value::Bool(false)) => {
            refused(operation, crm, body)
        }
        (200..=299, Some(body @ Value::Object(_))) => Outcome::Answered(body),
        (200..=299, _) => Outcome::Failed(
            Error::new(
                Kind::Invalid,
                operation,
                format!("The answer for {crm} is not one of an App Connect server"),
            )
            .hint("Check the server's address in the settings of this connection"),
        ),
        (status, body) => refused_by_status(operation, crm, answer, status, body.unwrap_or_default()),
    }
}

fn refused(operation: &'static str, crm: &str, body: Value) -> Outcome {
    let words = message(&body).unwrap_or_default();
    let known = |kind: Kind, what: &str| {
        let error = Error::new(kind, operation, format!("{crm} {what}"));
        match detail(&body) {
            Some(detail) => error.hint(detail),
            None => error,
        }
    };
    match words {
        "" | "User not found" => Outcome::Nothing(body),
        "Contact not found" if body.get("contact").is_none() => Outcome::Nothing(body),
        // Also of a search that found nobody: those have a list.
        _ if body["contact"].is_array() => Outcome::Answered(body),
        _ if words.starts_with("No contact found with name") => Outcome::Nothing(body),
        _ if words.starts_with("User session expired") => Outcome::SessionOver(over(operation, crm)),
        // Its details always say to log out, which helps in one of ten cases.
        "Authorization error" => Outcome::CrmRefused(
            Error::new(
                Kind::Forbidden,
                operation,
                format!("{crm} refused this: it may be gone, or you may not see it"),
            )
            .hint("If it refuses everything, sign in to this connection again"),
        ),
        "Rate limit exceeded" => Outcome::CrmRefused(
            known(Kind::RateLimited, "takes no more requests just now").retry(Retry::After(A_MINUTE)),
        ),
        "Database operation failed" => Outcome::Failed(Error::new(Kind::Unavailable, operation, DATABASE_FAILED)),
        _ if words.starts_with("Existing log for session") => {
            Outcome::Failed(known(Kind::Conflict, "has a log of this call already"))
        }
        _ if words.starts_with("Error ") => Outcome::CrmRefused(known(Kind::Unavailable, "did not do what was asked")),
        _ => Outcome::Failed(Error::new(
            Kind::Invalid,
            operation,
            format!("{crm} says: {}", said(words)),
        )),
    }
}

fn refused_by_status(operation: &'static str, crm: &str, answer: &HttpAnswer, status: u16, body: Value) -> Outcome {
    let text_body = String::from_utf8_lossy(&answer.body);
    let words = message(&body).or(text(&body, "error")).or(text(&body, "detail"));
    let error = |kind: Kind, message: Cow<'static, str>| Error::new(kind, operation, message);
    let failed = match status {
        401 => return Outcome::SessionOver(over(operation, crm)),
        400 if text_body.contains("authorize CRM platform") || text_body.contains("Invalid JWT token") => {
            return Outcome::SessionOver(over(operation, crm));
        }
        300..=399 => error(Kind::Invalid, "The server sends to another address".into())
            .hint("Type the address to which it sends in the settings of this connection"),
        400 if words.is_none() && body.is_null() && text_body.len() <= MAX_WORDS && !text_body.contains('<') => error(
            Kind::Invalid,
            format!("The App Connect server says: {}", said(&text_body)).into(),
        ),
        403 => error(
            Kind::Forbidden,
            format!("The App Connect server does not allow this for {crm}").into(),
        )
        .hint("Ask whoever runs the server"),
        404 => error(Kind::NotFound, "There is no App Connect server at this address".into())
            .hint("Check the server's address in the settings of this connection"),
        409 => error(
            Kind::Conflict,
            format!("The App Connect server refused the request (status {status})").into(),
        ),
        429 => error(
            Kind::RateLimited,
            "The App Connect server takes no more requests just now".into(),
        )
        .retry(retry_after::of(answer, [], None).map_or(Retry::Later, Retry::After)),
        500.. => {
            let down = error(
                Kind::Unavailable,
                format!("The App Connect server failed (status {status})").into(),
            );
            down.retry(retry_after::of(answer, [], None).map_or(Retry::Later, Retry::After))
        }
        _ => match words {
            Some(words) => error(
                Kind::Invalid,
                format!("The App Connect server says: {}", said(words)).into(),
            ),
            None => error(
                Kind::Invalid,
                format!("The App Connect server refused the request (status {status})").into(),
            ),
        },
    };
    Outcome::Failed(failed)
}

/// What [`Outcome::CrmRefused`] means for a request that changes something.
///
/// Some connectors log and create in several requests to their CRM: Insightly makes an event and then links it, Redtail makes
/// an activity, a note, and completes it. One refused in the middle leaves a record behind that the server has not noted
/// down. So nothing that makes a record is sent again by itself, not even after a 429, which the first request of a
/// connector gets as well as its last: a duplicate is worse than a log that a person has to send once more.
///
/// A log that the CRM refused is not there, as far as anybody can tell. Where it broke (a 500, a time-out, and among them a
/// refused field, 422) the log may be there, and the server, which notes it down afterwards, doesn't know: a person has to
/// look. What replaces (`PATCH`, `PUT`) can be sent as often as one likes.
pub(super) fn write_refused(method: Method, path: &str, crm: &str, refused: Error) -> Error {
    let passes = refused.kind != Kind::Forbidden;
    let error = if passes {
        refused
    } else {
        let message =
            format!("{crm} refused this: a record may be gone, a field may not fit, or you may not change it");
        Error::new(Kind::Invalid, refused.operation, message)
    };
    let broke = error.kind == Kind::Unavailable;
    match (method, path) {
        (Method::Post, "/callLog") => Error {
            may_have_happened: broke,
            ..error
                .retry(Retry::Never)
                .hint("Look in the CRM before you log it again")
        },
        (Method::Post, _) => error
            .retry(Retry::Never)
            .hint("Look in the CRM before you create it again")
            .maybe_happened(),
        _ if passes => error,
        _ => error.hint("Look at the log in the CRM, and change it there"),
    }
}

/// The session with the server is over.
pub(super) fn over(operation: &'static str, crm: &str) -> Error {
    Error::new(
        Kind::SignInNeeded,
        operation,
        format!("You are no longer signed in to {crm}"),
    )
    .hint("Sign in to this connection again")
}

/// `returnMessage` is an object, a text in some routes, or missing.
pub(super) fn message(body: &Value) -> Option<&str> {
    text(&body["returnMessage"], "message").or_else(|| text(body, "returnMessage"))
}

/// A message of an answer that succeeded, where it is a warning or an error: something was left out.
pub(super) fn warning(body: &Value) -> Option<String> {
    let kind = text(&body["returnMessage"], "messageType")?;
    matches!(kind, "warning" | "error" | "danger").then_some(())?;
    message(body).map(said)
}

/// What an answer that succeeded says to the person, beyond that it did: `Call logged` is on the card already.
pub(super) fn remark(body: &Value) -> Option<String> {
    text(&body["returnMessage"], "messageType").filter(|kind| *kind != "success")?;
    let words = message(body).map(said)?;
    Some(match detail(body) {
        Some(detail) => format!("{words}: {detail}"),
        None => words,
    })
}

/// The first of the message's details, `details[].items[].text`.
fn detail(body: &Value) -> Option<String> {
    let details = list(&body["returnMessage"], "details");
    let words = details
        .iter()
        .flat_map(|part| list(part, "items"))
        .find_map(|item| text(item, "text"));
    words.map(said)
}

/// What a server says, fit to be shown and logged: one line, short, no full stop, and every number masked.
pub(super) fn said(words: &str) -> String {
    let line: String = words
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .take(MAX_WORDS * 2)
        .collect();
    let mut out = String::new();
    let mut rest = line.trim().trim_end_matches('.');
    while let Some(start) = rest.find(|sign: char| sign.is_numeric()) {
        let (before, run) = rest.split_at(start);
        let length = run
            .find(|sign: char| !(sign.is_numeric() || " -./()+#*".contains(sign)))
            .unwrap_or(run.len());
        let (run, after) = run.split_at(length);
        let digits = run.chars().filter(|sign| sign.is_numeric()).count();
        out.push_str(before);
        if digits >= NUMBER_DIGITS {
            out.push('…');
            out.extend(run.chars().next_back().filter(|last| *last == ' '));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
    out.chars().take(MAX_WORDS).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use ringside_domain::Url;

    use super::*;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            headers: vec![("retry-after".into(), "5".into())],
            body: body.into(),
            url: Url::parse("https://connect.example.test/contact").unwrap(),
        }
    }

    fn failed(status: u16, body: &str) -> Error {
        match read("find_contact", "Clio", &answer(status, body)) {
            Outcome::Failed(error) | Outcome::CrmRefused(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_way_to_say_that_the_session_is_over() {
        for (status, body) in [
            (400, "Please go to Settings and authorize CRM platform"),
            (400, "Invalid JWT token"),
            (
                401,
                r#"{"successful":false,"errorCode":"CRM_SESSION_REVOKED","returnMessage":{"message":"User session expired. Please connect again."}}"#,
            ),
            (
                200,
                r#"{"successful":false,"returnMessage":{"message":"User session expired. Please connect again."}}"#,
            ),
        ] {
            let Outcome::SessionOver(error) = read("find_contact", "Clio", &answer(status, body)) else {
                panic!("{body}")
            };
            assert_eq!((error.kind, error.retry), (Kind::SignInNeeded, Retry::AfterPerson));
        }
    }

    #[test]
    fn an_answer_that_may_mean_logged_out_is_told_from_one_that_found_nobody() {
        let reads = |body: &str| read("find_contact", "Clio", &answer(200, body));
        let nobody = r#"{"successful":false,"returnMessage":{"message":"Contact not found"},"contact":[]}"#;
        assert!(matches!(reads(nobody), Outcome::Answered(_)));
        for body in [
            r#"{"successful":false,"returnMessage":{"message":"Contact not found","messageType":"warning","ttl":5000}}"#,
            r#"{"successful":false,"returnMessage":{"message":"No contact found with name x"}}"#,
            r#"{"successful":false,"returnMessage":null}"#,
            r#"{"successful":false}"#,
        ] {
            assert!(matches!(reads(body), Outcome::Nothing(_)), "{body}");
        }
    }

    #[test]
    fn the_crms_failures_have_kinds_advice_and_hints() {
        let says = |words: &str| {
            failed(
                200,
                &format!(
                    r#"{{"successful":false,"returnMessage":{{"message":"{words}","details":[{{"items":[{{"text":"Look."}}]}}]}}}}"#
                ),
            )
        };
        let refused = says("Authorization error");
        assert_eq!(
            (refused.kind, refused.message.as_ref(), refused.may_have_happened),
            (
                Kind::Forbidden,
                "Clio refused this: it may be gone, or you may not see it",
                false
            )
        );
        assert_eq!(
            (
                says("Rate limit exceeded").retry,
                says("Rate limit exceeded").hint.unwrap()
            ),
            (Retry::After(A_MINUTE), "Look".into())
        );
        assert_eq!(
            (says("Error finding contact").kind, says("Error finding contact").retry),
            (Kind::Unavailable, Retry::Later)
        );
        assert_eq!(says("Existing log for session s-1").kind, Kind::Conflict);
        assert_eq!(says("The deal is closed").message, "Clio says: The deal is closed");
        let text = failed(200, r#"{"successful":false,"returnMessage":"just words"}"#);
        assert_eq!(
            (text.kind, text.message.as_ref()),
            (Kind::Invalid, "Clio says: just words")
        );
    }

    #[test]
    fn what_makes_a_record_is_never_sent_again_by_itself() {
        let refused = |words: &str, method, path| {
            let body = format!(r#"{{"successful":false,"returnMessage":{{"message":"{words}"}}}}"#);
            let Outcome::CrmRefused(error) = read("log_call", "Clio", &answer(200, &body)) else {
                panic!("{words}")
            };
            let error = write_refused(method, path, "Clio", error);
            (error.kind, error.retry, error.may_have_happened)
        };
        let (never, minute) = (Retry::Never, Retry::After(A_MINUTE));
        for (method, path, limited, failed, may_be) in [
            (Method::Post, "/callLog", never, never, false),
            (Method::Post, "/contact", never, never, true),
            (Method::Patch, "/callLog", minute, Retry::Later, false),
            (Method::Put, "/callDisposition", minute, Retry::Later, false),
        ] {
            // Where the CRM broke, a log may be there, too.
            let log = path == "/callLog" && method == Method::Post;
            for (words, kind, retry, may_be) in [
                ("Authorization error", Kind::Invalid, never, may_be),
                ("Rate limit exceeded", Kind::RateLimited, limited, may_be),
                ("Error creating call log", Kind::Unavailable, failed, may_be || log),
            ] {
                assert_eq!(refused(words, method, path), (kind, retry, may_be), "{words} {path}");
            }
        }
    }

    #[test]
    fn a_status_says_what_it_can() {
        assert_eq!(
            failed(400, r#"{"error":"x is not a function"}"#).message,
            "The App Connect server says: x is not a function"
        );
        assert_eq!(
            failed(400, "Missing platform name").message,
            "The App Connect server says: Missing platform name"
        );
        assert_eq!(
            (failed(403, "no").kind, failed(404, "no").kind, failed(302, "").kind),
            (Kind::Forbidden, Kind::NotFound, Kind::Invalid)
        );
        let five = Retry::After(Duration::from_secs(5));
        assert_eq!((failed(503, "{}").retry, failed(429, "").retry), (five, five));
        // A proxy before it may say when, and not for how long.
        let dated = HttpAnswer {
            headers: vec![
                ("date".into(), "Sun, 06 Nov 1994 08:49:37 GMT".into()),
                ("retry-after".into(), "Sun, 06 Nov 1994 08:50:07 GMT".into()),
            ],
            ..answer(429, "")
        };
        let Outcome::Failed(error) = read("find_contact", "Clio", &dated) else {
            panic!("it is refused");
        };
        assert_eq!(error.retry, Retry::After(Duration::from_secs(30)));
        for body in ["<html>", "[]", "7", "", "\u{0}"] {
            assert_eq!(failed(200, body).kind, Kind::Invalid, "{body}");
        }
    }

    #[test]
    fn nobodys_number_is_in_what_is_said() {
        assert_eq!(
            said("Contact not found for number +12025550142"),
            "Contact not found for number +…"
        );
        assert_eq!(
            said("Call (202) 555-0142 at 10:30, +44 20 7946 0018 or 1001."),
            "Call (… at 10:30, +… or 1001"
        );
        assert_eq!(said("a\r\nb\u{0}c"), "a  b c");
        assert_eq!(said(&"x".repeat(1_000)).len(), MAX_WORDS);
        assert_eq!(said("٠٢٠٢٥٥٥٠١٤٢"), "…");
    }
}
