//! Contacts as the server tells them.
//!
//! `id` is unique within a `type` only, and some connectors give the same contact once for each form and field that matched,
//! each time with the number that did: those are one contact with several numbers. `createNewContact` is a row of the
//! vendor's menu, no contact; but with it some connectors tell the choices of a new contact's fields.

use ringside_domain::{
    ConnectionId, Contact, ContactRef, StoredNumber,
    phone::{Home, compare, read},
};
use serde_json::{Map, Value};

use super::{
    manifest::ServerManifest,
    pages::{Tokens, page},
    value::{encode, flag, list, text},
};
use crate::manifest::mapping::timestamp;

/// Stands for "no type" in a [`ContactRef`]; a connector with only one kind of contact names none.
pub(super) const NO_TYPE: &str = "untyped";
/// The engine looks at 200 contacts; duplicates are not counted there.
const MAX_ROWS: usize = 2_000;
const MAX_NUMBERS: usize = 50;
/// Two numbers that end in as many of the same digits may be taken for one by a CRM that searches for a part.
const TAIL: usize = 7;
/// What connectors call the firm; Pipedrive's and others' have the second.
const COMPANY: [&str; 3] = ["company", "organization", "organisation"];

/// A contact, and what of it only a log asks for: the choices of contact-dependent fields, by field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub contact: Contact,
    pub additional: Map<String, Value>,
}

impl Row {
    /// Another answer about the same contact: what it says besides is added.
    pub fn merge(&mut self, other: Self) {
        let (mine, theirs) = (&mut self.contact, &other.contact);
        for number in &theirs.numbers {
            if mine.numbers.iter().all(|one| one.raw != number.raw) && mine.numbers.len() < MAX_NUMBERS {
                mine.numbers.push(number.clone());
            }
        }
        // The server's word is needed no more where a number says the same by itself.
        let own: Vec<StoredNumber> = mine.own_numbers().cloned().collect();
        let is_shown = |word: &StoredNumber| own.iter().any(|number| explains(number, &word.raw));
        mine.numbers.retain(|number| own.contains(number) || !is_shown(number));
        mine.company = mine.company.take().or_else(|| theirs.company.clone());
        mine.title = mine.title.take().or_else(|| theirs.title.clone());
        mine.created = mine.created.or(theirs.created);
        mine.updated = mine.updated.or(theirs.updated);
        if mine.emails.is_empty() {
            mine.emails.clone_from(&theirs.emails);
        }
        other.lend(self);
    }

    /// The choices that the other one lacks.
    pub fn lend(&self, to: &mut Self) {
        for (field, choices) in &self.additional {
            to.additional.entry(field.clone()).or_insert_with(|| choices.clone());
        }
    }
}

/// Who reads: whose contacts they are, and how their pages are named.
pub(super) struct Reader<'a> {
    pub connection: &'a ConnectionId,
    pub manifest: &'a ServerManifest,
    pub hostname: Option<&'a str>,
}

impl Reader<'_> {
    /// The contacts of an answer, each once, in the order in which they came.
    ///
    /// `evidence` is the number that was asked for. The server finds by number but doesn't say which of a contact's numbers
    /// it found: `phone` is what its connector chose, and may be missing, or be another than the one that was found:
    /// Bullhorn's and NetSuite's look into five fields and show one. So a contact whose numbers don't prove it has the
    /// evidence as well, as the server's word; what that is worth beside numbers of its own, the engine says. A shown number
    /// that ends as the evidence does explains the hit, and there is none.
    pub fn rows(&self, body: &Value, evidence: Option<&str>) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for item in list(body, "contact")
            .iter()
            .take(MAX_ROWS)
            .filter(|item| !is_menu(item))
        {
            let Some(row) = self.row(item) else { continue };
            match rows.iter_mut().find(|known| known.contact.id == row.contact.id) {
                Some(known) => known.merge(row),
                None => rows.push(row),
            }
        }
        let Some(asked) = evidence else { return rows };
        for row in &mut rows {
            let shown = &row.contact.numbers;
            if !shown.iter().any(|number| explains(number, asked)) {
                row.contact
                    .numbers
                    .insert(shown.len().min(MAX_NUMBERS - 1), StoredNumber::vouched(asked));
            }
        }
        rows
    }

    /// The same contact under another type.
    pub fn retyped(&self, row: &mut Row, contact_type: &str) {
        contact_type.clone_into(&mut row.contact.id.contact_type);
        row.contact.url = self.page(contact_type, &row.contact.id.id);
    }

    /// One contact; `None` if it has no id or no name to show.
    pub fn row(&self, item: &Value) -> Option<Row> {
        let id = encode(item.get("id")?)?;
        let name = text(item, "name").map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))?;
        let contact_type = text(item, "type").unwrap_or(NO_TYPE);
        let contact = Contact {
            url: self.page(contact_type, &id),
            id: ContactRef {
                connection: self.connection.clone(),
                contact_type: contact_type.to_owned(),
                id,
            },
            name,
            company: COMPANY.iter().find_map(|name| text(item, name)).map(str::to_owned),
            title: text(item, "title").map(str::to_owned),
            emails: text(item, "email").map(str::to_owned).into_iter().collect(),
            numbers: numbers(item),
            region: None,
            created: timestamp(&item["createdDate"]),
            updated: timestamp(&item["mostRecentActivityDate"]),
            last_call: None,
        };
        let additional = item["additionalInfo"].as_object().cloned().unwrap_or_default();
        Some(Row { contact, additional })
    }

    fn page(&self, contact_type: &str, id: &str) -> Option<String> {
        let tokens = Tokens {
            hostname: self.hostname,
            contact_id: Some(id),
            contact_type: Some(wire_type(contact_type)),
            log_id: None,
        };
        page(self.manifest.contact_page.as_deref()?, tokens)
    }
}

/// The type as the server has it: exactly what it said, and nothing where it said nothing.
pub(super) fn wire_type(contact_type: &str) -> &str {
    if contact_type == NO_TYPE { "" } else { contact_type }
}

/// What the menu's row says about new contacts: choices by contact type and field.
pub(super) fn new_contact_choices(body: &Value) -> Option<&Map<String, Value>> {
    list(body, "contact").iter().find(|item| is_menu(item))?["additionalInfo"]
        .as_object()
        .filter(|choices| !choices.is_empty())
}

/// Whether the number is the one that was asked for, wherever at home it was written down.
pub(super) fn proves(number: &StoredNumber, asked: &str) -> bool {
    let home = Home::default();
    compare(&read(&number.raw, &home), &read(asked, &home)).is_some()
}

/// Whether this is the number that the server found, or looks so much like it that it may be.
fn explains(number: &StoredNumber, asked: &str) -> bool {
    proves(number, asked) || ends_alike(&number.raw, asked)
}

fn ends_alike(one: &str, other: &str) -> bool {
    let tail = |text: &str| -> Vec<u8> {
        let digits = text.bytes().rev().filter(u8::is_ascii_digit);
        digits.take(TAIL).collect()
    };
    tail(one) == tail(other)
}

fn is_menu(item: &Value) -> bool {
    flag(item, "isNewContact") || text(item, "id") == Some("createNewContact")
}

/// `phone` or `phoneNumber`, and connectors' own such as NetSuite's `mobilephone`.
fn numbers(item: &Value) -> Vec<StoredNumber> {
    let mut numbers: Vec<StoredNumber> = Vec::new();
    let Some(members) = item.as_object() else {
        return numbers;
    };
    let mut names: Vec<&String> = members.keys().filter(|name| is_number(name)).collect();
    // The connector's choice first; the others in an order that doesn't change.
    names.sort_by_key(|name| (name.as_str() != "phone", name.to_lowercase()));
    for name in names {
        let Some(raw) = members[name].as_str().map(str::trim).filter(|raw| !raw.is_empty()) else {
            continue;
        };
        if numbers.iter().all(|known| known.raw != raw) && numbers.len() < MAX_NUMBERS {
            let lower = name.to_lowercase();
            let label = lower
                .trim_end_matches("number")
                .trim_end_matches("phone")
                .trim_end_matches('_');
            numbers.push(StoredNumber {
                label: if label.is_empty() { "phone" } else { label }.to_owned(),
                raw: raw.to_owned(),
            });
        }
    }
    numbers
}

fn is_number(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.ends_with("phone") || lower.ends_with("phonenumber")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn rows(contacts: Value, evidence: Option<&str>) -> Vec<Row> {
        let manifest = json!({ "platforms": { "crm": { "auth": { "type": "apiKey" },
            "contactPageUrl": "https://{hostname}/{contactType}/{contactId}" } } });
        let manifest = ServerManifest::parse(&manifest.to_string(), "crm", None).unwrap();
        let connection = ConnectionId::new("ac");
        let reader = Reader {
            connection: &connection,
            manifest: &manifest,
            hostname: Some("crm.example.test"),
        };
        reader.rows(&json!({ "successful": true, "contact": contacts }), evidence)
    }

    #[test]
    fn one_contact_found_six_ways_is_one_with_its_numbers() {
        let found = rows(
            json!([
                { "id": 7, "type": "Contact", "name": "Ada  Verdi ", "phone": "(202) 555-0142", "additionalInfo": { "deal": [1] } },
                { "id": 7, "type": "Contact", "name": "Ada Verdi", "phone": "202.555.0143", "title": "CEO", "additionalInfo": { "deal": [2], "case": [] } },
                { "id": 7, "type": "Lead", "name": "Another", "phone": "" },
                { "id": "7", "type": "Contact", "name": "A text is no number", "mobilephone": "202-555-0144", "phone": null },
                { "id": "createNewContact", "name": "Create new contact...", "isNewContact": true },
                { "id": "", "name": "No id" }, { "id": 8 }, { "id": [], "name": "x" }, null, 7,
            ]),
            Some("+12025550142"),
        );
        let seen: Vec<(&str, &str, Vec<&str>)> = found
            .iter()
            .map(|row| {
                let contact = &row.contact;
                (
                    contact.id.id.as_str(),
                    contact.name.as_str(),
                    contact.numbers.iter().map(|number| number.raw.as_str()).collect(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("7", "Ada Verdi", vec!["(202) 555-0142", "202.555.0143"]),
                ("7", "Another", vec!["+12025550142"]),
                ("s:7", "A text is no number", vec!["202-555-0144", "+12025550142"]),
            ]
        );
        let ada = &found[0];
        assert_eq!(
            (ada.contact.title.as_deref(), ada.additional["deal"].clone()),
            (Some("CEO"), json!([1]))
        );
        assert_eq!(ada.contact.url.as_deref(), Some("https://crm.example.test/Contact/7"));
        assert_eq!(
            (
                found[2].contact.url.as_deref(),
                found[2].contact.numbers[0].label.as_str()
            ),
            (Some("https://crm.example.test/Contact/7"), "mobile")
        );
    }

    /// A mobile that the CRM found and the connector doesn't show.
    #[test]
    fn the_servers_word_stands_beside_other_numbers_and_not_beside_a_likeness() {
        let asked = "+12025550142";
        let numbers = |phone: Value| -> Vec<(String, bool)> {
            let found = rows(json!([{ "id": 1, "name": "Ada", "phone": phone }]), Some(asked)).remove(0);
            let numbers = found.contact.numbers.into_iter();
            numbers
                .map(|number| (number.raw.clone(), number.is_vouched()))
                .collect()
        };
        let shown = |raw: &str| (raw.to_owned(), false);
        let word = (asked.to_owned(), true);
        for other in ["(212) 555-0100", "+44 20 7946 0018", "ask reception"] {
            assert_eq!(numbers(json!(other)), [shown(other), word.clone()], "{other}");
        }
        for missing in [json!(""), json!(null)] {
            assert_eq!(numbers(missing), std::slice::from_ref(&word));
        }
        // Proved by itself, or explained by its end.
        for known in [
            "(202) 555-0142",
            "202.555.0142",
            "+44 20 2555 0142",
            "555-0142",
            "+1 303 555 0142",
        ] {
            assert_eq!(numbers(json!(known)), [shown(known)], "{known}");
        }
        assert!(
            rows(json!([{ "id": 1, "name": "Ada", "phone": "1" }]), None)[0]
                .contact
                .numbers
                .len()
                == 1
        );
    }

    #[test]
    fn the_firm_has_several_names() {
        for name in ["company", "organization", "organisation"] {
            let found = rows(json!([{ "id": 1, "name": "Ada", name: "Acme", "phone": "1" }]), None);
            assert_eq!(found[0].contact.company.as_deref(), Some("Acme"), "{name}");
        }
    }

    #[test]
    fn without_a_type_and_without_a_list() {
        let found = rows(json!([{ "id": "c-1", "name": "Ada" }]), None);
        assert_eq!(
            (
                found[0].contact.id.contact_type.as_str(),
                found[0].contact.numbers.len()
            ),
            (NO_TYPE, 0)
        );
        assert_eq!(wire_type(NO_TYPE), "");
        for junk in [json!({}), json!("x"), json!(null)] {
            assert!(rows(junk, Some("+12025550142")).is_empty());
        }
        let menu = json!({ "contact": [{ "id": "createNewContact", "isNewContact": true, "additionalInfo": { "Lead": { "status": [] } } }] });
        assert!(new_contact_choices(&menu).unwrap().contains_key("Lead"));
    }
}
