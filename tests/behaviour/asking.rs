//! How a test asks a connector, and what it asks with.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ringside_domain::{
    CallLogEntry, ConnectionId, Contact, ContactDraft, ContactRef, Cx, Direction, Error, Freshness, Marker, Outcome,
    Result, Timestamp, TraceStep,
    call::EndReason,
    connector::{NameQuery, NumberForms, Progress, TraceSink},
    contact::Found,
    log::Captures,
    phone::{self, Home, compare},
};

use crate::{crm::Planted, kits::Case};

/// A number reserved for fiction, and another one with the same last seven digits.
pub const NUMBER: &str = "+14155550100";
pub const SAME_TAIL: &str = "+12125550100";

pub fn home() -> Home {
    Home::of("US".parse().unwrap())
}

/// Collects what a lookup says about itself.
#[derive(Default)]
pub struct Steps(pub Mutex<Vec<TraceStep>>);

impl TraceSink for Steps {
    fn step(&self, step: TraceStep) {
        self.0.lock().unwrap().push(step);
    }
}

pub fn cx() -> Cx {
    within(Duration::from_secs(20))
}

pub fn within(deadline: Duration) -> Cx {
    Cx {
        deadline,
        freshness: Freshness::Cached,
        trace: Arc::new(Steps::default()),
    }
}

/// As the engine asks: the number read, and the automatic forms of its country.
pub fn forms(number: &str) -> NumberForms {
    let reading = phone::read(number, &home());
    let forms = phone::forms(reading.number().unwrap(), &[]);
    NumberForms { reading, forms }
}

/// What a lookup finds, after our own comparison: as the engine would show it.
pub async fn proved(case: &Case, number: &str) -> Vec<Contact> {
    proved_at(case, &home(), number).await
}

/// The same for somebody at home elsewhere: numbers without a country code are of that country.
pub async fn proved_at(case: &Case, home: &Home, number: &str) -> Vec<Contact> {
    let found = case.connector.find_contact(cx(), forms(number)).await.unwrap();
    none_failed(&found);
    let mut contacts = found.contacts;
    contacts.retain(|contact| {
        contact
            .numbers
            .iter()
            .any(|stored| is_same_at(home, &stored.raw, number))
    });
    contacts
}

pub async fn named(case: &Case, text: &str) -> Vec<Contact> {
    let found = case.connector.find_contact_with_name(cx(), query(text)).await.unwrap();
    none_failed(&found);
    found.contacts
}

pub fn none_failed(found: &Found) {
    let failed: Vec<String> = found
        .failed
        .iter()
        .map(|(what, error)| format!("{what}: {error:?}"))
        .collect();
    assert!(failed.is_empty(), "a part of the answer is missing: {failed:?}");
}

pub fn query(text: &str) -> NameQuery {
    NameQuery {
        text: text.to_owned(),
        types: Vec::new(),
        company: None,
        limit: 20,
    }
}

/// Whether one of a contact's numbers is this one, exactly.
pub fn has(contact: &Contact, number: &str) -> bool {
    contact.numbers.iter().any(|stored| is_same(&stored.raw, number))
}

pub fn is_same(stored: &str, number: &str) -> bool {
    is_same_at(&home(), stored, number)
}

pub fn is_same_at(home: &Home, stored: &str, number: &str) -> bool {
    let (stored, number) = (phone::read(stored, home), phone::read(number, home));
    compare(&stored, &number).is_some_and(phone::Grade::is_exact)
}

/// Somebody of this type with these numbers. Companies have one name.
pub fn person(case: &Case, kind: &str, given: &str, family: &str, numbers: &[&str]) -> Planted {
    let types = case.connector.info().types;
    let is_company = types.iter().any(|one| one.id == kind && one.is_company);
    let planted = Planted {
        kind: kind.to_owned(),
        given: given.to_owned(),
        family: family.to_owned(),
        numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
        email: None,
        company: None,
    };
    match is_company {
        true => Planted {
            given: String::new(),
            family: planted.name(),
            ..planted
        },
        false => planted,
    }
}

/// Plants somebody of the connector's first type.
pub async fn plant(case: &Case, given: &str, family: &str, numbers: &[&str]) -> ContactRef {
    let kind = case.types().remove(0);
    plant_as(case, &kind, given, family, numbers).await
}

pub async fn plant_as(case: &Case, kind: &str, given: &str, family: &str, numbers: &[&str]) -> ContactRef {
    let id = case.crm.plant(&person(case, kind, given, family, numbers)).await;
    ContactRef {
        connection: case.connector.info().connection,
        contact_type: kind.to_owned(),
        id,
    }
}

/// Somebody new of this type, with what the CRM insists on.
pub fn draft(case: &Case, kind: &str, name: &str, number: Option<&str>) -> ContactDraft {
    let info = case.connector.info();
    let mut draft = draft_for(info.connection, kind, name, number);
    let fields = info
        .types
        .into_iter()
        .filter(|one| one.id == kind)
        .flat_map(|one| one.fields);
    for field in fields.filter(|field| field.required) {
        match field.name.as_str() {
            "company" => draft.company = Some("Example Ltd".into()),
            "title" => draft.title = Some("Buyer".into()),
            "email" => draft.email = Some("required@example.com".into()),
            _ => draft.extra.push((field.name, "required".into())),
        }
    }
    draft
}

pub fn draft_for(connection: ConnectionId, kind: &str, name: &str, number: Option<&str>) -> ContactDraft {
    ContactDraft {
        connection,
        contact_type: kind.to_owned(),
        name: name.to_owned(),
        given: None,
        family: None,
        company: None,
        title: None,
        email: None,
        number: number.map(str::to_owned),
        extra: Vec::new(),
        force: false,
    }
}

/// A call of 125 seconds, on 2 March 2026 at 10:00 UTC.
pub async fn entry(case: &Case, contact: &ContactRef, note: &str) -> CallLogEntry {
    let mut fields = Vec::new();
    if case.connector.capability().log_fields {
        for field in case.connector.log_fields(cx(), contact.clone()).await.unwrap() {
            let value = field
                .default
                .or_else(|| field.options.first().map(|option| option.value.clone()));
            fields.extend(value.map(|value| (field.name, value)));
        }
    }
    CallLogEntry {
        fields,
        ..entry_for(contact, note)
    }
}

/// The same on a CRM that asks for nothing else.
pub fn entry_for(contact: &ContactRef, note: &str) -> CallLogEntry {
    CallLogEntry {
        contact: contact.clone(),
        contact_name: "Anna Example".into(),
        direction: Direction::In,
        number: Some(NUMBER.into()),
        line: Some("+14155550190".into()),
        started: Timestamp(1_772_445_600_000),
        zone: "Europe/Berlin".into(),
        duration: Some(Duration::from_secs(125)),
        end: Some(EndReason::Completed),
        outcome: Some(Outcome::Connected),
        note: note.to_owned(),
        fields: Vec::new(),
        marker: Marker::new("ringside-abcdefghijklmnopqrstuvwx27", true),
    }
}

/// The journal's side of a write, in memory.
#[derive(Default)]
pub struct Steady {
    pub answered: Mutex<HashMap<String, Captures>>,
    pub begun: Mutex<Vec<String>>,
}

#[async_trait]
impl Progress for Steady {
    async fn answered(&self, step: &str) -> Option<Captures> {
        self.answered.lock().unwrap().get(step).cloned()
    }

    async fn begin(&self, step: &str) -> Result<()> {
        self.begun.lock().unwrap().push(step.to_owned());
        Ok(())
    }

    async fn done(&self, step: &str, captures: Captures) -> Result<()> {
        self.answered.lock().unwrap().insert(step.to_owned(), captures);
        Ok(())
    }

    async fn not_done(&self, step: &str) -> Result<()> {
        self.begun.lock().unwrap().retain(|begun| begun != step);
        Ok(())
    }
}

/// The error of a lookup of which nothing came.
pub fn failure(found: Result<Found>) -> Error {
    failures(found).remove(0)
}

/// Of the whole, or of each part.
pub fn failures(found: Result<Found>) -> Vec<Error> {
    match found {
        Err(error) => vec![error],
        Ok(found) => {
            assert!(found.contacts.is_empty(), "it failed and found somebody all the same");
            assert!(!found.failed.is_empty(), "a lookup that could not ask says so");
            found.failed.into_iter().map(|(_, error)| error).collect()
        }
    }
}
