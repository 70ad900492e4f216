//! What an answer of the server means, in a table and in words for a person.

use std::time::Duration;

use ringside_domain::{Error, Kind, Retry};

use crate::sip::line::{Answer, Ask};

const OPERATION: &str = "watch_sip";

#[derive(Debug)]
pub(super) enum Verdict {
    Accepted,
    /// The server wants at least this many seconds.
    Longer(u32),
    Again {
        why: Error,
        wait: Wait,
    },
    Never(Error),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// At once the first time, then with growing pauses.
    Now,
    /// With growing pauses.
    Back,
    /// With long pauses: only a person can change it, or a server that has not come up yet.
    Slow,
    /// As long as the server said.
    After(Duration),
}

/// Who can change what an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    /// The person at this computer, nobody else: another try would only lock their account.
    MustHelp,
    /// Somebody, perhaps at the server, perhaps already.
    MayHelp,
}

pub(super) fn of_error(error: &Error) -> Option<Person> {
    match (error.kind, error.retry) {
        (Kind::SignInNeeded | Kind::KeyringLocked, _) => Some(Person::MustHelp),
        (_, Retry::Later | Retry::After(_)) => None,
        (_, Retry::Never | Retry::AfterPerson) => Some(Person::MayHelp),
    }
}

/// A final response to SUBSCRIBE.
pub(super) fn of(answer: &Answer, ask: Ask, server: &str) -> Verdict {
    let later = |words: String| Verdict::Again {
        why: Error::new(Kind::Unavailable, OPERATION, words).hint("Ringside tries again by itself"),
        wait: answer.retry_after.map_or(Wait::Back, Wait::After),
    };
    let never = |kind, words: String, hint: &'static str| {
        Verdict::Never(Error::new(kind, OPERATION, words).retry(Retry::AfterPerson).hint(hint))
    };
    match answer.code {
        200..=299 => Verdict::Accepted,
        423 => Verdict::Longer(answer.min_expires.unwrap_or(3600)),
        // The server forgot the subscription: after a restart, most often.
        481 | 408 if ask == Ask::Refresh => Verdict::Again {
            why: Error::new(
                Kind::Unavailable,
                OPERATION,
                format!("{server} forgot the subscription"),
            )
            .hint("Ringside subscribes again by itself"),
            wait: Wait::Now,
        },
        300..=399 => never(
            Kind::Unsupported,
            format!("{server} sends this phone to another server"),
            "Ask your admin for that server, and set it in the field Server",
        ),
        403 | 603 => never(
            Kind::Forbidden,
            format!("{server} does not let this account watch its own calls"),
            "Ask your admin to allow it: subscriptions to the event package dialog, on Asterisk allow_subscribe=yes and a \
             hint for the extension. It may also be the login name or password",
        ),
        404 | 410 | 604 => Verdict::Never(
            Error::new(
                Kind::NotFound,
                OPERATION,
                format!("{server} knows no calls of this address to watch"),
            )
            .retry(Retry::AfterPerson)
            .field("address")
            .hint("Check the address. On Asterisk and FreePBX the extension needs a hint: ask your admin"),
        ),
        489 | 405 | 501 => never(
            Kind::Unsupported,
            format!("{server} does not tell watchers about calls: it has no dialog package"),
            "Use another way: your softphone or desk phone can report calls itself, and Asterisk has its manager",
        ),
        480 | 486 | 500 | 502..=599 => later(format!("{server} is busy or in trouble (SIP {})", answer.code)),
        408 | 481 => later(format!("{server} gave the subscription up (SIP {})", answer.code)),
        code => Verdict::Never(strange(code, server)),
    }
}

/// The server ended the subscription (RFC 6665 §4.1.3).
pub(super) fn terminated(reason: &str, retry_after: Option<Duration>, server: &str) -> Verdict {
    let ended = unasked_end(server);
    match reason {
        "deactivated" | "timeout" => Verdict::Again {
            why: ended,
            wait: Wait::Now,
        },
        "rejected" | "invariant" => Verdict::Never(
            Error::new(
                Kind::Forbidden,
                OPERATION,
                format!("{server} no longer lets this account watch its calls"),
            )
            .retry(Retry::AfterPerson)
            .hint("Ask your admin to allow it"),
        ),
        "noresource" => Verdict::Never(
            Error::new(
                Kind::NotFound,
                OPERATION,
                format!("{server} has no calls of this address to watch any more"),
            )
            .retry(Retry::AfterPerson)
            .field("address")
            .hint("Check the address, and ask your admin what became of it"),
        ),
        // probation, giveup, and whatever else there is.
        _ => Verdict::Again {
            why: ended,
            wait: retry_after.map_or(Wait::Back, Wait::After),
        },
    }
}

pub(super) fn unasked_end(server: &str) -> Error {
    Error::new(Kind::Unavailable, OPERATION, format!("{server} ended the subscription"))
        .hint("Ringside subscribes again by itself")
}

/// An answer that has no meaning for a watcher.
pub(super) fn strange(code: u16, server: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        OPERATION,
        format!("{server} refuses the subscription with an answer that makes no sense here (SIP {code})"),
    )
    .retry(Retry::AfterPerson)
    .hint("Show this to your admin; another kind of phone may work with this server")
}
