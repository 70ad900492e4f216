//! What an end was, from the two words that a server may add: `<state event="rejected" code="486">terminated</state>`.
//!
//! RFC 4235, 3.7.1: `cancelled` (the caller gave up), `rejected` (a final answer that is no 2xx), `replaced` (another dialog
//! took its place), `local-bye`, `remote-bye`, `error`, `timeout`. Most servers add nothing.

use ringside_domain::{Direction, EndReason};

/// The two words, the first in lower case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) event: Option<&'a str>,
    pub(super) code: Option<u16>,
}

/// `seen`: it was told of before its end.
pub(super) fn end_reason(direction: Option<Direction>, answered: bool, seen: bool, told: Told<'_>) -> EndReason {
    let event = told.event.unwrap_or_default();
    if answered {
        return match event {
            "replaced" => EndReason::Transferred,
            "error" => EndReason::Failed,
            _ => EndReason::Completed,
        };
    }
    if !seen && event.is_empty() && told.code.is_none() {
        return EndReason::Unknown;
    }
    match direction {
        Some(Direction::Out) => outgoing(event, told.code),
        Some(Direction::In) | None => incoming(event, told.code, seen),
    }
}

/// Somebody called and we did not talk.
fn incoming(event: &str, code: Option<u16>, rang: bool) -> EndReason {
    match (event, code) {
        // A CANCEL with `Reason: SIP;cause=200`; a pickup by INVITE with Replaces.
        (_, Some(200)) | ("replaced", _) => EndReason::AnsweredElsewhere,
        (event, _) if event.contains("elsewhere") => EndReason::AnsweredElsewhere,
        // A BYE: it was answered, and that body was lost.
        ("local-bye" | "remote-bye", _) => EndReason::Completed,
        (_, Some(181 | 300..=399)) => EndReason::Forwarded,
        // A phone that is busy does not ring first: most phones answer 486 when a person declines.
        (_, Some(486 | 600)) if !rang => EndReason::Busy,
        (_, Some(486 | 600 | 603 | 607 | 608)) => EndReason::Declined,
        ("rejected", None) => EndReason::Declined,
        _ => EndReason::Missed,
    }
}

/// We called and did not talk.
fn outgoing(event: &str, code: Option<u16>) -> EndReason {
    match (event, code) {
        ("local-bye" | "remote-bye", _) => EndReason::Completed,
        ("replaced", _) | (_, Some(181 | 300..=399)) => EndReason::Forwarded,
        (_, Some(486 | 600)) => EndReason::Busy,
        (_, Some(603 | 607 | 608)) => EndReason::Declined,
        // No answer in time, not there, given up.
        (_, Some(408 | 480 | 487)) => EndReason::Missed,
        ("error", _) | (_, Some(400..=699)) => EndReason::Failed,
        _ => EndReason::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_that_a_server_can_tell() {
        use Direction::{In, Out};
        use EndReason::{AnsweredElsewhere, Busy, Completed, Declined, Failed, Forwarded, Missed, Transferred};

        let table = [
            // answered
            (Some(In), true, "", 0, Completed),
            (Some(In), true, "local-bye", 0, Completed),
            (Some(Out), true, "remote-bye", 200, Completed),
            (Some(In), true, "timeout", 408, Completed),
            (None, true, "cancelled", 487, Completed),
            (Some(In), true, "replaced", 0, Transferred),
            (Some(Out), true, "error", 481, Failed),
            // came in, not answered
            (Some(In), false, "", 0, Missed),
            (None, false, "", 0, Missed),
            (Some(In), false, "cancelled", 0, Missed),
            (Some(In), false, "cancelled", 487, Missed),
            (Some(In), false, "cancelled", 200, AnsweredElsewhere),
            (Some(In), false, "", 200, AnsweredElsewhere),
            (Some(In), false, "answered-elsewhere", 0, AnsweredElsewhere),
            (Some(In), false, "replaced", 0, AnsweredElsewhere),
            (Some(In), false, "rejected", 0, Declined),
            (Some(In), false, "rejected", 486, Declined),
            (Some(In), false, "rejected", 603, Declined),
            (Some(In), false, "rejected", 480, Missed),
            (Some(In), false, "rejected", 302, Forwarded),
            (Some(In), false, "", 181, Forwarded),
            (Some(In), false, "timeout", 408, Missed),
            (Some(In), false, "error", 500, Missed),
            (Some(In), false, "remote-bye", 0, Completed),
            // went out, not answered
            (Some(Out), false, "", 0, Missed),
            (Some(Out), false, "cancelled", 487, Missed),
            (Some(Out), false, "rejected", 486, Busy),
            (Some(Out), false, "rejected", 600, Busy),
            (Some(Out), false, "rejected", 603, Declined),
            (Some(Out), false, "rejected", 404, Failed),
            (Some(Out), false, "rejected", 480, Missed),
            (Some(Out), false, "rejected", 503, Failed),
            (Some(Out), false, "rejected", 302, Forwarded),
            (Some(Out), false, "timeout", 0, Missed),
            (Some(Out), false, "error", 0, Failed),
            (Some(Out), false, "replaced", 0, Forwarded),
        ];
        for (direction, answered, event, code, reason) in table {
            let told = Told {
                event: Some(event).filter(|event| !event.is_empty()),
                code: Some(code).filter(|code| *code > 0),
            };
            let row = format!("{direction:?} answered={answered} {event} {code}");
            assert_eq!(end_reason(direction, answered, true, told), reason, "{row}");
        }
    }

    #[test]
    fn of_a_call_that_was_never_seen() {
        let told = |event, code| Told { event, code };
        let reason = |told| end_reason(Some(Direction::In), false, false, told);
        assert_eq!(reason(told(None, None)), EndReason::Unknown);
        assert_eq!(reason(told(Some("rejected"), Some(486))), EndReason::Busy);
        assert_eq!(reason(told(Some("cancelled"), None)), EndReason::Missed);
    }
}
