//! People of a file, whatever its format: what is kept of each, and what is refused with its line.

use std::collections::BTreeSet;

use ringside_domain::{ConnectionId, ContactDraft, StoredNumber, address_book::ADDRESS_BOOK};
use ringside_ipc::import::ImportFaultDto;
use ringside_store::NewPerson;

/// What one field may hold, in characters.
pub(crate) const LONGEST_FIELD: usize = 1_000;
/// So many people may be in one file.
pub(crate) const MOST_PEOPLE: usize = 100_000;
/// More numbers or e-mails of one person than this are a mistake.
const MOST_OF_ONE: usize = 50;

/// One person, as the file has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilePerson {
    /// Where they begin in the file, from 1.
    pub line: u32,
    pub name: String,
    pub given: Option<String>,
    pub family: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub emails: Vec<String>,
    /// Label and text, as written.
    pub numbers: Vec<(String, String)>,
    pub is_company: bool,
}

/// What a file holds, read with one meaning of its columns.
#[derive(Default)]
pub(crate) struct People {
    pub people: Vec<FilePerson>,
    pub faults: Faults,
}

/// What can't be taken in. All are counted, and the first ones kept.
#[derive(Default)]
pub(crate) struct Faults {
    pub first: Vec<ImportFaultDto>,
    pub count: usize,
}

impl Faults {
    const KEPT: usize = 50;

    pub fn add(&mut self, line: u32, message: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(ImportFaultDto {
                line,
                message: message.into(),
            });
        }
    }
}

impl People {
    /// Takes a person in, put in order; or says what is wrong with them.
    pub fn take(&mut self, person: FilePerson) {
        let line = person.line;
        match in_order(person, &mut self.faults) {
            Ok(person) => self.people.push(person),
            Err(words) => self.faults.add(line, words),
        }
    }
}

fn in_order(mut person: FilePerson, faults: &mut Faults) -> Result<FilePerson, String> {
    let line = person.line;
    let tidy = |text: Option<String>| text.map(|text| tidied(&text)).filter(|text| !text.is_empty());
    person.given = tidy(person.given);
    person.family = tidy(person.family);
    person.company = tidy(person.company);
    person.title = tidy(person.title);
    person.name = tidied(&person.name);
    let mut seen = BTreeSet::new();
    person.emails = person.emails.iter().map(|email| tidied(email)).collect();
    person
        .emails
        .retain(|email| !email.is_empty() && seen.insert(email.to_lowercase()));
    person.numbers = person
        .numbers
        .into_iter()
        .map(|(label, raw)| (tidied(&label), tidied(&raw)))
        .collect();
    seen.clear();
    person
        .numbers
        .retain(|(_, raw)| !raw.is_empty() && seen.insert(raw.clone()));

    let texts = [
        Some(&person.name),
        person.given.as_ref(),
        person.family.as_ref(),
        person.company.as_ref(),
        person.title.as_ref(),
    ];
    let numbers = person.numbers.iter().flat_map(|(label, raw)| [label, raw]);
    let longest = texts.into_iter().flatten().chain(&person.emails).chain(numbers);
    if longest.into_iter().any(|text| text.chars().count() > LONGEST_FIELD) {
        return Err("a field is longer than 1,000 characters; a quotation mark may not be closed".to_owned());
    }
    if person.numbers.len() > MOST_OF_ONE || person.emails.len() > MOST_OF_ONE {
        return Err(format!(
            "there are more than {MOST_OF_ONE} numbers or e-mail addresses of one person"
        ));
    }
    person.emails.retain(|email| {
        let fine = is_address(email);
        if !fine {
            faults.add(
                line,
                "an e-mail address has no @ with something on both sides, and is left out",
            );
        }
        fine
    });
    name(&mut person)?;
    Ok(person)
}

/// A person without a name is called what else is known of them.
fn name(person: &mut FilePerson) -> Result<(), String> {
    if !has_letters(&person.name) {
        let parts = [person.given.as_deref(), person.family.as_deref()];
        person.name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    }
    if has_letters(&person.name) {
        return Ok(());
    }
    if let Some(company) = person.company.take() {
        person.name = company;
        person.is_company = true;
        return Ok(());
    }
    let other = person.emails.first().or(person.numbers.first().map(|(_, raw)| raw));
    person.name = other.cloned().ok_or("there is neither a name nor a number")?;
    Ok(())
}

/// Without blanks at the ends; signs that only steer a terminal or a page, and line breaks, are blanks.
fn tidied(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    plain.trim().to_owned()
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn is_address(email: &str) -> bool {
    let sides = email.split_once('@');
    sides.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) && !email.contains(char::is_whitespace)
}

impl FilePerson {
    /// As the address book keeps it.
    pub fn record(&self) -> NewPerson {
        let kind = if self.is_company { "company" } else { "person" };
        NewPerson {
            draft: ContactDraft {
                connection: ConnectionId::new(ADDRESS_BOOK),
                contact_type: kind.to_owned(),
                name: self.name.clone(),
                given: self.given.clone(),
                family: self.family.clone(),
                company: self.company.clone(),
                title: self.title.clone(),
                email: self.emails.first().cloned(),
                number: None,
                extra: Vec::new(),
                force: false,
            },
            numbers: self
                .numbers
                .iter()
                .map(|(label, raw)| StoredNumber {
                    label: label.clone(),
                    raw: raw.clone(),
                })
                .collect(),
            more_emails: self.emails.iter().skip(1).cloned().collect(),
        }
    }
}
