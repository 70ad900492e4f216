//! What is said about a creation that did not go as it should.

use ringside_domain::{Error, Kind, Trouble};

use super::trouble;
use crate::view::{Duplicate, DuplicateReason};

pub(super) fn connection_gone(connection: &str) -> Trouble {
    trouble(
        Kind::NotFound,
        format!("the connection `{connection}` is no longer there"),
        "Set it up again and send it again, or create the contact in another connection",
    )
}

pub(super) fn connection_gone_in_between(connection: &str) -> Trouble {
    trouble(
        Kind::NotFound,
        format!("the connection `{connection}` was removed before its answer came: the contact may be there"),
        "Look in its CRM, then create it again or drop it here",
    )
}

pub(super) fn unanswered(name: &str) -> Trouble {
    trouble(
        Kind::Timeout,
        format!("{name} has not answered yet"),
        "Ringside goes on waiting, and looks there before it sends anything twice",
    )
}

pub(super) fn there_already(name: &str, records: usize) -> Trouble {
    insisted(trouble(
        Kind::Conflict,
        format!("{name} has {records} contacts with this name and number by now"),
        "Choose one of them, or send it again all the same",
    ))
}

pub(super) fn may_be_there(duplicate: &Duplicate, place: &str) -> Trouble {
    let because = match duplicate.because {
        DuplicateReason::SameNumber => "has the same number",
        DuplicateReason::SameEmail => "has the same e-mail address",
        DuplicateReason::LikeName => "has nearly the same name",
    };
    let name = &duplicate.contact.name;
    insisted(trouble(
        Kind::Conflict,
        format!("it was not created, as {name} in {place} {because}"),
        "Choose that contact, or send it again all the same",
    ))
}

/// Sent once more, it is meant: `force` is the member of the draft that says so.
fn insisted(trouble: Trouble) -> Trouble {
    Trouble {
        field: Some("force".into()),
        ..trouble
    }
}

pub(super) fn not_looked(name: &str, error: &Error) -> Trouble {
    trouble(
        error.kind,
        format!(
            "{name} could not say whether this contact is there already: {}",
            error.message
        ),
        "It is asked again; send it now to create the contact all the same",
    )
}

pub(super) fn sent_blindly(name: &str, error: &Error) -> String {
    format!(
        "it was created although {name} could not say whether it is there already: {}",
        error.message
    )
}

pub(super) fn made_meanwhile(name: &str) -> String {
    format!("{name} has it by now: somebody else created it, and nothing new was made")
}

/// Others with the same number that showed only after it was created.
pub(crate) fn twins(name: &str, twin: &str) -> String {
    format!("{name} has another contact with this number, {twin}: somebody else may have created it at the same time")
}

pub(super) fn cannot_be_searched(name: &str) -> Trouble {
    trouble(
        Kind::Timeout,
        format!("{name} did not answer, and it can't be searched for the contact: it may be there already"),
        look_there(name),
    )
}

pub(super) fn not_found(name: &str) -> Trouble {
    trouble(
        Kind::Timeout,
        format!("{name} did not answer, and the contact was not found there afterwards"),
        look_there(name),
    )
}

pub(super) fn several_found(name: &str, records: usize) -> Trouble {
    trouble(
        Kind::Conflict,
        format!("{name} did not answer, and has {records} contacts with this name and number"),
        look_there(name),
    )
}

pub(super) fn looking_failed(name: &str, error: &Error) -> Trouble {
    trouble(
        error.kind,
        format!(
            "the contact may be in {name} already, and looking for it failed: {}",
            error.message
        ),
        look_there(name),
    )
}

fn look_there(name: &str) -> String {
    format!("Look in {name}, then send it again if it is not there, or drop it here")
}
