//! What came of an operation, against what was to come of it.

use std::collections::BTreeMap;

use jiff::Timestamp as Moment;
use ringside_domain::{Contact, Error, Kind, LogField, Result};

use crate::manifest::format::{Example, ExpectedContact};

/// What came of an operation.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub contacts: Vec<Contact>,
    pub logs: Vec<String>,
    /// The first log's.
    pub log_url: Option<String>,
    pub offered: Vec<LogField>,
    /// The parts of a lookup that failed.
    pub failed: Vec<(String, Error)>,
}

/// What the answers meant, against what they were to mean.
pub(super) fn meanings(example: &Example, came: Result<Came>) -> Vec<String> {
    let came = match (came, &example.error) {
        (Err(error), Some(_)) => return failure(example, &error),
        (Err(error), None) => return vec![failed(&error)],
        (Ok(came), Some(_)) => match came.failed.first() {
            Some((_, error)) => return failure(example, error),
            None => return vec!["it was to fail, and did not".to_owned()],
        },
        (Ok(came), None) => came,
    };
    let mut differences: Vec<String> = came
        .failed
        .iter()
        .map(|(part, error)| format!("{part} failed: {}: {error}", error.kind.code()))
        .collect();
    contacts(&example.contacts, &came.contacts, &mut differences);
    compare("the logs", &example.logs, &came.logs, &mut differences);
    if example.log_url.is_some() {
        compare("`log_url`", &example.log_url, &came.log_url, &mut differences);
    }
    let offered: BTreeMap<String, Vec<String>> = came
        .offered
        .into_iter()
        .map(|field| {
            (
                field.name,
                field.options.into_iter().map(|option| option.value).collect(),
            )
        })
        .collect();
    compare("what is offered", &example.offered, &offered, &mut differences);
    differences
}

pub(super) fn failed(error: &Error) -> String {
    // "Please report this" is for people at their desk; the author is whom they would report it to.
    if error.kind == Kind::Internal {
        return format!("it failed: {}: {}", error.kind.code(), error.message);
    }
    format!("it failed: {}: {error}", error.kind.code())
}

fn failure(example: &Example, error: &Error) -> Vec<String> {
    let mut differences = Vec::new();
    let Some(expected) = &example.error else {
        return differences;
    };
    compare(
        "the error",
        &expected.kind.as_str(),
        &error.kind.code(),
        &mut differences,
    );
    if expected.field.is_some() {
        compare("the error's field", &expected.field, &error.field, &mut differences);
    }
    if let Some(part) = expected
        .message
        .as_ref()
        .filter(|part| !error.message.contains(part.as_str()))
    {
        differences.push(format!(
            "the error's message differs\n  expected: … {part} …\n  came:     {}",
            error.message
        ));
    }
    if !differences.is_empty() {
        differences.push(format!("  it said: {error}"));
    }
    differences
}

fn contacts(expected: &[ExpectedContact], came: &[Contact], differences: &mut Vec<String>) {
    let before = differences.len();
    compare(
        "the contacts",
        &expected.iter().map(|contact| &contact.id).collect::<Vec<_>>(),
        &came.iter().map(|contact| &contact.id.id).collect::<Vec<_>>(),
        differences,
    );
    if differences.len() > before {
        return;
    }
    for (expected, came) in expected.iter().zip(came) {
        let id = &came.id.id;
        let created = came.created.and_then(|at| Moment::from_millisecond(at.0).ok());
        let created = created.map(|at| at.to_string());
        let texts = [
            ("type", &expected.contact_type, Some(&came.id.contact_type)),
            ("name", &expected.name, Some(&came.name)),
            ("company", &expected.company, came.company.as_ref()),
            ("title", &expected.title, came.title.as_ref()),
            ("url", &expected.url, came.url.as_ref()),
            ("created", &expected.created, created.as_ref()),
        ];
        for (what, expected, came) in texts {
            if expected.is_some() {
                compare(&format!("`{what}` of {id}"), &expected.as_ref(), &came, differences);
            }
        }
        let numbers: Vec<String> = came.numbers.iter().map(|number| number.raw.clone()).collect();
        for (what, expected, came) in [
            ("numbers", &expected.numbers, &numbers),
            ("emails", &expected.emails, &came.emails),
        ] {
            if let Some(expected) = expected {
                compare(&format!("`{what}` of {id}"), expected, came, differences);
            }
        }
    }
}

fn compare<T: PartialEq + serde::Serialize>(what: &str, expected: &T, came: &T, differences: &mut Vec<String>) {
    if expected != came {
        let shown = |value: &T| serde_json::to_string(value).unwrap_or_default();
        let many = ["the contacts", "the logs", "`numbers`", "`emails`"];
        let are_many = many.iter().any(|many| what.starts_with(many));
        let differ = if are_many { "differ" } else { "differs" };
        differences.push(format!(
            "{what} {differ}\n  expected: {}\n  came:     {}",
            shown(expected),
            shown(came)
        ));
    }
}
