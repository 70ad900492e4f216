//! What of an answer is looked at, and how a contact proves that it is the caller's.
//!
//! A CRM may answer with anything: a thousand records for one number, ten thousand numbers in one record, a name of a
//! megabyte, a link that is a script. None of that may keep a caller's name from the card, so all of it is cut here, once.

use std::time::Duration;

use ringside_domain::{
    ConnectionId, Contact,
    phone::{self, Grade, Home, Reading},
};

/// So many contacts of one answer are looked at.
pub const MAX_CONTACTS: usize = 200;
/// So many numbers of one contact are compared and kept.
pub const MAX_NUMBERS: usize = 50;
pub(crate) const MAX_EMAIL_BYTES: usize = 320;
const MAX_EMAILS: usize = 20;
/// A name, company, title, label or stored number is cut after so many letters.
const MAX_LETTERS: usize = 500;
const MAX_ID_BYTES: usize = 500;
const MAX_URL_BYTES: usize = 2_000;

/// The stored number that is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub grade: Grade,
    /// Index into the contact's numbers.
    pub number: usize,
}

/// The contact's best number for this caller. `None`: whatever the CRM meant, it is not the caller's contact.
pub(crate) fn prove(contact: &Contact, caller: &Reading, home: &Home) -> Option<Proof> {
    let home = Home {
        region: contact.region.or(home.region),
        outside_prefix: home.outside_prefix.clone(),
    };
    let proofs = contact
        .numbers
        .iter()
        .take(MAX_NUMBERS)
        .enumerate()
        .filter_map(|(number, stored)| {
            let raw = cut(&stored.raw, MAX_LETTERS);
            let grade = phone::compare(&phone::read(raw, &home), caller)?;
            // A server's word against what the record itself shows: possible, and for a person to say.
            let grade = if contact.doubts(stored) {
                grade.max(Grade::Alternate)
            } else {
                grade
            };
            Some(Proof { grade, number })
        });
    proofs.min_by_key(|proof| (proof.grade, proof.number))
}

/// An answer, cut to what is looked at.
#[derive(Debug, Default)]
pub(crate) struct Bounded {
    pub contacts: Vec<Contact>,
    /// Records beyond [`MAX_CONTACTS`].
    pub beyond: usize,
    /// Records that say they lie in another connection, or nowhere.
    pub foreign: usize,
    /// Records with more than [`MAX_NUMBERS`] numbers.
    pub crowded: usize,
}

pub(crate) fn contacts(answer: Vec<Contact>, connection: &ConnectionId) -> Bounded {
    let mut bounded = Bounded {
        beyond: answer.len().saturating_sub(MAX_CONTACTS),
        ..Bounded::default()
    };
    for contact in answer.into_iter().take(MAX_CONTACTS) {
        let id = &contact.id;
        if id.connection != *connection || id.id.is_empty() || id.id.len().max(id.contact_type.len()) > MAX_ID_BYTES {
            bounded.foreign += 1;
            continue;
        }
        bounded.crowded += usize::from(contact.numbers.len() > MAX_NUMBERS);
        bounded.contacts.push(trimmed(contact));
    }
    bounded
}

pub(crate) fn trimmed(mut contact: Contact) -> Contact {
    shorten(&mut contact.name);
    contact.company.as_mut().map(shorten);
    contact.title.as_mut().map(shorten);
    contact.emails.retain(|email| email.len() <= MAX_EMAIL_BYTES);
    contact.emails.truncate(MAX_EMAILS);
    contact.numbers.truncate(MAX_NUMBERS);
    for number in &mut contact.numbers {
        shorten(&mut number.label);
        shorten(&mut number.raw);
    }
    contact.url = contact
        .url
        .filter(|url| url.len() <= MAX_URL_BYTES && url.starts_with("https://"));
    contact
}

/// The connector's own deadline: a little before the one at which it is cut off, so that it can say what went wrong.
pub(crate) fn inner(deadline: Duration) -> Duration {
    deadline - (deadline / 10).min(Duration::from_millis(250))
}

fn shorten(text: &mut String) {
    let end = cut(text, MAX_LETTERS).len();
    text.truncate(end);
}

fn cut(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ringside_domain::{ContactRef, StoredNumber};

    use super::*;

    fn contact(connection: &str, numbers: &[&str]) -> Contact {
        Contact {
            id: ContactRef {
                connection: ConnectionId::new(connection),
                contact_type: "lead".into(),
                id: "7".into(),
            },
            name: "Anna Meier".into(),
            company: None,
            title: None,
            emails: Vec::new(),
            numbers: numbers
                .iter()
                .map(|raw| StoredNumber {
                    label: "office".into(),
                    raw: (*raw).into(),
                })
                .collect(),
            region: None,
            url: None,
            created: None,
            updated: None,
            last_call: None,
        }
    }

    #[test]
    fn the_best_number_proves_and_the_contacts_own_country_reads_it() {
        let home = Home::of("DE".parse().unwrap());
        let caller = phone::read("+44 20 7946 0018", &home);
        let mut british = contact("a", &["030 555", "020 7946 0018", "+44 20 7946 0018"]);
        assert_eq!(
            prove(&british, &caller, &home).unwrap(),
            Proof {
                grade: Grade::Exact,
                number: 2
            }
        );
        british.numbers.pop();
        assert!(prove(&british, &caller, &home).is_none_or(|proof| !proof.grade.is_exact()));
        british.region = Some("GB".parse().unwrap());
        assert_eq!(
            prove(&british, &caller, &home).unwrap(),
            Proof {
                grade: Grade::Exact,
                number: 1
            }
        );
        assert_eq!(prove(&contact("a", &[]), &caller, &home), None);
    }

    #[test]
    fn a_servers_word_is_possible_beside_numbers_and_enough_where_there_are_none() {
        let home = Home::of("US".parse().unwrap());
        let caller = phone::read("+12025550142", &home);
        let proof = |numbers: &[&str]| {
            let mut found = contact("a", numbers);
            found.numbers.push(StoredNumber::vouched("+12025550142"));
            prove(&found, &caller, &home).unwrap()
        };
        let (alone, beside) = (proof(&[]), proof(&["(212) 555-0100"]));
        assert_eq!((alone.grade, alone.number), (Grade::Exact, 0));
        assert_eq!((beside.grade, beside.number), (Grade::Alternate, 1));
        assert!(!beside.grade.is_exact(), "nothing is chosen or logged by it unasked");
        // A number of the record's own is the better proof.
        let own = proof(&["(202) 555-0142"]);
        assert_eq!((own.grade, own.number), (Grade::Exact, 0));
    }

    #[test]
    fn cuts_whatever_is_too_much() {
        let mut huge = contact("a", &["+1 415 555 0100"; 10_000]);
        huge.name = "ü".repeat(1_000_000);
        huge.numbers[0].raw = "1".repeat(1_000_000);
        huge.emails = vec!["x@example.com".into(); 1_000];
        huge.url = Some("javascript:alert(1)".into());
        let mut nowhere = contact("a", &[]);
        nowhere.id.id.clear();
        let mut answer = vec![contact("b", &[]), nowhere, huge];
        answer.resize(1_000, contact("a", &[]));
        let bounded = contacts(answer, &ConnectionId::new("a"));
        assert_eq!(
            (bounded.contacts.len(), bounded.beyond, bounded.foreign, bounded.crowded),
            (198, 800, 2, 1)
        );
        let cut = &bounded.contacts[0];
        assert_eq!(
            (cut.name.chars().count(), cut.numbers.len(), cut.emails.len()),
            (500, MAX_NUMBERS, MAX_EMAILS)
        );
        assert_eq!((cut.numbers[0].raw.len(), cut.url.as_deref()), (500, None));
    }

    #[test]
    fn the_connector_gives_up_before_it_is_cut_off() {
        assert_eq!(inner(Duration::from_secs(10)), Duration::from_millis(9_750));
        assert_eq!(inner(Duration::from_millis(100)), Duration::from_millis(90));
    }
}
