//! Contacts out of the records of an answer: mapped, linked to their pages, each once.

use std::collections::BTreeSet;

use ringside_domain::{
    Contact, Result,
    contact::StoredNumber,
    phone::{self, Grade, Home, Reading},
};
use serde_json::{Value, json};

use super::{Run, type_variables};
use crate::manifest::{
    format::{Answer, ContactMap, Type, Verify},
    mapping::{Mapped, has},
    render::Scope,
};

/// Labels the asked number on a contact that was found without its own.
pub(super) const MATCHED: &str = "matched";

pub(super) fn is_matched(contact: &Contact) -> bool {
    contact.numbers.iter().any(|number| number.label == MATCHED)
}

impl Run<'_> {
    /// The contacts among the records. One that can't be read is left out: it is no contact, but no reason to hide the others.
    pub(super) fn mapped(
        &self,
        records: &[Value],
        answer: &Answer,
        contact_type: Option<&Type>,
        scope: &Scope,
    ) -> Result<Vec<Mapped>> {
        let mut contacts = Vec::new();
        let mut without_id: Vec<&Value> = Vec::new();
        for record in records {
            let kind = match (&answer.kind, contact_type) {
                (Some(path), _) => {
                    let id = self.core.loaded.text_at(path, record)?;
                    self.manifest().types.iter().find(|kind| Some(&kind.id) == id.as_ref())
                }
                (None, Some(kind)) => Some(kind),
                (None, None) => self.manifest().types.first(),
            };
            let Some(kind) = kind else {
                self.of_no_type(record, answer);
                continue;
            };
            match self.one(record, answer, kind, scope) {
                Ok(Some(found)) => contacts.push(found),
                Ok(None) => without_id.push(record),
                Err(error) => tracing::debug!(
                    connection = %self.core.connection,
                    kind = error.kind.code(),
                    "a record could not be read"
                ),
            }
        }
        if let Some(first) = without_id.first() {
            let (count, loaded) = (without_id.len(), &self.core.loaded);
            loaded.doubts.say(|| {
                let came = if count == 1 {
                    "1 record came and was".to_owned()
                } else {
                    format!("{count} records came and were")
                };
                let layers = self.layers(answer, contact_type);
                let why = match layers.iter().find_map(|map| map.id.as_ref()) {
                    Some(path) => format!("`id` gave nothing (path `{path}`)"),
                    None => "it is not said where their `id` is: write `id = \"…\"` where `name` is".to_owned(),
                };
                let subject = if count == 1 { "the record" } else { "the first of them" };
                format!("{came} left out: {why}; {subject}: {}", has(first))
            });
        }
        Ok(contacts)
    }

    /// Hits without any number can't be proved: a path of theirs is most likely wrong.
    pub(super) fn numberless(&self, contacts: &[(Mapped, bool)], records: &[Value]) {
        let none = !contacts.is_empty() && contacts.iter().all(|(hit, _)| hit.contact.numbers.is_empty());
        if let Some(first) = records.first().filter(|_| none) {
            self.core.loaded.doubts.say(|| {
                format!(
                    "No number was found in what came: look at `numbers`; the first of it: {}",
                    has(first)
                )
            });
        }
    }

    fn of_no_type(&self, record: &Value, answer: &Answer) {
        let Some(path) = &answer.kind else { return };
        let loaded = &self.core.loaded;
        loaded.doubts.say(|| {
            let said = loaded.text_at(path, record).ok().flatten();
            let why = match said {
                Some(id) => format!("there is no type `{id}`"),
                None => format!("`kind` gave nothing (path `{path}`)"),
            };
            format!("A record came and was left out: {why}; {}", has(record))
        });
    }

    /// The narrowest first.
    fn layers<'m>(&'m self, answer: &'m Answer, kind: Option<&'m Type>) -> Vec<&'m ContactMap> {
        let own = kind.and_then(|kind| kind.contact.as_ref());
        [answer.contact.as_ref(), own, self.manifest().contact.as_ref()]
            .into_iter()
            .flatten()
            .collect()
    }

    fn one(&self, record: &Value, answer: &Answer, kind: &Type, scope: &Scope) -> Result<Option<Mapped>> {
        let layers = self.layers(answer, Some(kind));
        let mapped = self
            .core
            .loaded
            .contact(&layers, record, &kind.id, &self.core.connection)?;
        Ok(mapped.map(|mut mapped| {
            self.link(&mut mapped, kind, scope);
            mapped
        }))
    }

    /// The record's page: the manifest's template, else what the answer says; only where a browser may go.
    pub(super) fn link(&self, mapped: &mut Mapped, kind: &Type, scope: &Scope) {
        let place = &self.core.place;
        let rendered = kind.record_url.as_ref().and_then(|url| {
            let scope = scope
                .with("contact", &variables(mapped))
                .with("type", &type_variables(kind));
            self.core.loaded.address(url, &scope).ok().map(String::from)
        });
        mapped.contact.url = rendered
            .and_then(|url| place.page(url))
            .or_else(|| mapped.contact.url.take().and_then(|url| place.page(url)));
    }
}

/// `contact.*` of a contact that was read.
pub(super) fn variables(mapped: &Mapped) -> Value {
    let contact = &mapped.contact;
    json!({
        "id": contact.id.id,
        "type": contact.id.contact_type,
        "name": contact.name,
        "company": contact.company,
        "title": contact.title,
        "email": contact.emails.first(),
        "extra": mapped.extra,
    })
}

/// Each record once, in the order in which they came.
pub(super) fn each_once(contacts: Vec<Contact>) -> Vec<Contact> {
    let mut seen = BTreeSet::new();
    let mut once = Vec::with_capacity(contacts.len());
    for contact in contacts {
        if seen.insert((contact.id.contact_type.clone(), contact.id.id.clone())) {
            once.push(contact);
        }
    }
    once
}

/// Whether one of the contact's numbers is the asked one. Numbers without a country are read in the contact's, else in the
/// asked number's own; a company's switchboard or an equal tail proves nothing here.
pub(crate) fn proves(contact: &Contact, asked: &Reading) -> bool {
    let home = Home {
        region: contact.region.or(asked.number().and_then(phone::PhoneNumber::region)),
        outside_prefix: None,
    };
    let grades = contact
        .numbers
        .iter()
        .filter_map(|stored| phone::compare(&phone::read(&stored.raw, &home), asked));
    grades.min().is_some_and(|grade| grade <= Grade::National)
}

/// Where the CRM returns no numbers, what it found has the asked one.
pub(super) fn trusted(contact: &mut Contact, asked: &Reading, verify: Verify) {
    if verify == Verify::Trust && !proves(contact, asked) {
        let raw = match asked {
            Reading::Number(number) => number.e164(),
            Reading::Extension(extension) => extension.as_str(),
            _ => return,
        };
        contact.numbers.push(StoredNumber {
            label: MATCHED.to_owned(),
            raw: raw.to_owned(),
        });
    }
}
