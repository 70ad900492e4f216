//! What a failure means for a write: decided by the error's retry advice alone, and by whether it may have happened.

use std::time::Duration;

use ringside_domain::{Error, Kind, Retry, Timestamp, Write, WriteState, journal::Failure};

use super::Pace;

/// A peer that says "not before next week" is asked again after this all the same.
const LONGEST_WISH: Duration = Duration::from_secs(60 * 60);
/// A peer that says "at once" gets this much rest.
const SHORTEST_WISH: Duration = Duration::from_secs(1);

/// The state after a failure of which it is certain that nothing happened, and when to try again.
pub(super) fn after_failure(
    write: &Write,
    error: &Error,
    now: Timestamp,
    pace: &Pace,
) -> (WriteState, Option<Timestamp>) {
    let failure = failure(error);
    match error.retry {
        Retry::Never => (WriteState::Refused(failure), None),
        Retry::AfterPerson => (WriteState::Waiting(Some(failure)), None),
        Retry::Later => (WriteState::Waiting(Some(failure)), Some(now.plus(pause(write, pace)))),
        Retry::After(wish) => {
            let rest = wish.clamp(SHORTEST_WISH.min(pause(write, pace)), LONGEST_WISH);
            (WriteState::Waiting(Some(failure)), Some(now.plus(rest)))
        }
    }
}

/// The same for what can safely be sent again whatever became of it: it is never refused for want of an answer.
pub(super) fn after_lost_repeatable(
    write: &Write,
    error: &Error,
    now: Timestamp,
    pace: &Pace,
) -> (WriteState, Option<Timestamp>) {
    match error.retry {
        Retry::Never => (
            WriteState::Waiting(Some(failure(error))),
            Some(now.plus(pause(write, pace))),
        ),
        _ => after_failure(write, error, now, pace),
    }
}

/// The pause after the attempts so far, with up to a fifth more by the write's own id.
pub(super) fn pause(write: &Write, pace: &Pace) -> Duration {
    let failed_before = usize::try_from(write.attempts).unwrap_or(usize::MAX);
    let base = pace
        .pauses
        .get(failed_before)
        .or(pace.pauses.last())
        .copied()
        .unwrap_or(SHORTEST_WISH);
    let chance = write.id.uuid().as_bytes()[15].wrapping_add(write.attempts.to_le_bytes()[0].wrapping_mul(97));
    base + base * u32::from(chance) / 1280
}

pub(super) fn failure(error: &Error) -> Failure {
    Failure {
        kind: error.kind,
        message: error.message.to_string(),
        hint: error.hint.as_ref().map(ToString::to_string),
        field: error.field.clone(),
    }
}

pub(super) fn unanswered(name: &str) -> Failure {
    Failure {
        kind: Kind::Timeout,
        message: format!("{name} has not answered yet"),
        hint: Some("Ringside goes on waiting, and looks there before it sends anything twice".into()),
        field: None,
    }
}

pub(super) fn cannot_be_searched(name: &str) -> Failure {
    Failure {
        kind: Kind::Timeout,
        message: format!("{name} did not answer, and it can't be searched for the log: the call may be logged already"),
        hint: Some(format!(
            "Look at the contact in {name}, then say whether it is there or should be sent again"
        )),
        field: None,
    }
}

pub(super) fn looking_failed(name: &str, error: &Error) -> Failure {
    Failure {
        kind: error.kind,
        message: format!(
            "the call may be logged in {name} already, and looking for it failed: {}",
            error.message
        ),
        hint: Some(format!(
            "Look at the contact in {name}, then say whether it is there or should be sent again"
        )),
        field: None,
    }
}

pub(super) fn not_found(name: &str) -> Failure {
    Failure {
        kind: Kind::Conflict,
        message: format!("{name} did not say clearly whether it took the log, and the log was not found there"),
        hint: Some(format!(
            "Look at the contact in {name}, then say whether it is there or should be sent again"
        )),
        field: None,
    }
}

pub(super) fn when_it_is_over(name: &str) -> Failure {
    Failure {
        kind: Kind::Conflict,
        message: format!("the call is logged when it is over, for {name} does not let a log be changed"),
        hint: None,
        field: None,
    }
}

pub(super) fn half_logged(name: &str, failure: Failure) -> Failure {
    Failure {
        message: format!("the call is logged in {name}, but not all of it: {}", failure.message),
        ..failure
    }
}

pub(super) fn logged_twice(name: &str, logs: usize) -> Failure {
    Failure {
        kind: Kind::Conflict,
        message: format!("the call is in {name} {logs} times: another of your machines logged it as well"),
        hint: Some(format!("Delete what is too much in {name}, then say that it is there")),
        field: None,
    }
}

pub(super) fn connection_gone(connection: &str) -> Failure {
    Failure {
        kind: Kind::NotFound,
        message: format!("the connection `{connection}` is no longer there"),
        hint: Some("Set it up again and send again, or log the call on another contact".into()),
        field: None,
    }
}

pub(super) fn connection_gone_in_between(connection: &str) -> Failure {
    Failure {
        kind: Kind::NotFound,
        message: format!(
            "the connection `{connection}` was removed before its answer came: the call may be logged there"
        ),
        hint: Some("Look at the contact in its CRM, then say whether it is there or should be sent again".into()),
        field: None,
    }
}

pub(super) fn cannot_update(name: &str) -> Failure {
    Failure {
        kind: Kind::Unsupported,
        message: format!("{name} does not let a log be changed"),
        hint: Some(format!("Change it in {name} itself")),
        field: None,
    }
}

pub(super) fn cannot_move(name: &str) -> Failure {
    Failure {
        kind: Kind::Unsupported,
        message: format!("{name} cannot move a log to another person"),
        hint: Some(format!(
            "Delete the log in {name}, then send again: the call is logged anew"
        )),
        field: None,
    }
}

/// Its CRM can't be asked whether it is the log that is not there.
pub(super) fn log_gone(name: &str, error: &Error) -> Failure {
    Failure {
        hint: Some(format!(
            "If the log was deleted in {name}, drop this change: then the call can be logged anew"
        )),
        ..failure(error)
    }
}

pub(super) fn unknown_log(name: &str) -> Failure {
    Failure {
        kind: Kind::NotFound,
        message: format!("which log it is in {name} is not known, because its answer was lost"),
        hint: Some(format!("Change it in {name} itself")),
        field: None,
    }
}
