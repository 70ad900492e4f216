//! What an example says that goes in, as the connector takes it.

use std::time::Duration;

use ringside_domain::{
    CallLogEntry, ConnectionId, Contact, ContactDraft, ContactRef, Direction, Error, Marker, Outcome, Result,
    Timestamp,
    call::EndReason,
    connector::NumberForms,
    phone::{self, Home},
};

use super::CONNECTION;
use crate::manifest::format::{CallInput, ContactInput, Example};

pub(super) fn unfit(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ringside_domain::Kind::Invalid, "example", message)
}

pub(super) fn wanted<T>(input: Option<T>, name: &str) -> Result<T> {
    input.ok_or_else(|| unfit(format!("this example needs `{name}`")))
}

pub(super) fn number(example: &Example) -> Result<NumberForms> {
    let text = wanted(example.number.as_ref(), "number")?;
    let reading = phone::read(text, &Home::default());
    let forms = reading
        .number()
        .map(|number| phone::forms(number, &[]))
        .unwrap_or_default();
    Ok(NumberForms { reading, forms })
}

pub(super) fn reference(contact: &ContactInput) -> ContactRef {
    ContactRef {
        connection: ConnectionId::new(CONNECTION),
        contact_type: contact.contact_type.clone(),
        id: contact.id.clone(),
    }
}

pub(super) fn contact(example: &Example) -> Result<ContactRef> {
    wanted(example.contact.as_ref(), "contact").map(reference)
}

pub(super) fn of_account(id: String, name: String) -> Contact {
    Contact {
        id: ContactRef {
            connection: ConnectionId::new(CONNECTION),
            contact_type: String::new(),
            id,
        },
        name,
        company: None,
        title: None,
        emails: Vec::new(),
        numbers: Vec::new(),
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

pub(super) fn draft(example: &Example) -> Result<ContactDraft> {
    let draft = wanted(example.draft.clone(), "draft")?;
    Ok(ContactDraft {
        connection: ConnectionId::new(CONNECTION),
        contact_type: wanted(example.contact_type.clone(), "type")?,
        name: draft.name,
        given: draft.given,
        family: draft.family,
        company: draft.company,
        title: draft.title,
        email: draft.email,
        number: draft.number,
        extra: draft.extra.into_iter().collect(),
        force: draft.force,
    })
}

pub(super) fn entry(example: &Example) -> Result<CallLogEntry> {
    let contact = wanted(example.contact.as_ref(), "contact")?;
    let call: CallInput = wanted(example.call.clone(), "call")?;
    let unfit = |(name, why): (&str, String)| unfit(format!("`call.{name}` {why}"));
    let Codes {
        started,
        direction,
        end,
        outcome,
    } = codes(&call).map_err(unfit)?;
    Ok(CallLogEntry {
        contact: reference(contact),
        contact_name: contact.name.clone(),
        direction,
        number: call.number,
        line: call.line,
        started,
        zone: call.zone,
        duration: call.seconds.map(Duration::from_secs),
        end: end.or(call.seconds.map(|_| EndReason::Completed)),
        outcome,
        note: call.note,
        fields: call.fields.into_iter().collect(),
        marker: Marker::new(call.marker.unwrap_or_else(|| "ringside-example".to_owned()), false),
    })
}

/// What of a call is written in codes.
struct Codes {
    started: Timestamp,
    direction: Direction,
    end: Option<EndReason>,
    outcome: Option<Outcome>,
}

/// Which of them is none, and why.
pub(super) fn unfit_call(call: &CallInput) -> Option<(&'static str, String)> {
    codes(call).err()
}

fn codes(call: &CallInput) -> Result<Codes, (&'static str, String)> {
    let no_code = |text: &str| format!("can't be `{text}`");
    let started: jiff::Timestamp = call.start.parse().map_err(|_| ("start", "is no time".to_owned()))?;
    let end = call
        .end
        .as_deref()
        .map(|end| EndReason::from_code(end).ok_or_else(|| ("end", no_code(end))));
    let outcome = call
        .outcome
        .as_deref()
        .map(|outcome| Outcome::from_code(outcome).ok_or_else(|| ("outcome", no_code(outcome))));
    Ok(Codes {
        started: Timestamp(started.as_millisecond()),
        direction: Direction::from_code(&call.direction).ok_or_else(|| ("direction", no_code(&call.direction)))?,
        end: end.transpose()?,
        outcome: outcome.transpose()?,
    })
}
