#![allow(clippy::unwrap_used)]
use ringside_domain::{ConnectionId, ContactRef, StoredNumber};

use super::*;

fn contact(id: &str, name: &str, company: &str, email: &str, number: &str) -> Contact {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Contact {
        id: ContactRef {
            connection: ConnectionId::new("a"),
            contact_type: "lead".into(),
            id: id.into(),
        },
        name: name.into(),
        company: some(company),
        title: None,
        emails: some(email).into_iter().collect(),
        numbers: some(number)
            .map(|raw| StoredNumber {
                label: "office".into(),
                raw,
            })
            .into_iter()
            .collect(),
        region: None,
        url: None,
        created: None,
        updated: None,
        last_call: None,
    }
}

fn draft() -> ContactDraft {
    ContactDraft {
        connection: ConnectionId::new("b"),
        contact_type: "lead".into(),
        name: "Anna Meier".into(),
        given: None,
        family: None,
        company: Some("ACME GmbH".into()),
        title: None,
        email: Some(" Anna@Example.com ".into()),
        number: Some("(415) 555-0100".into()),
        extra: Vec::new(),
        force: false,
    }
}

fn found(draft: &ContactDraft, candidates: Vec<Contact>) -> Vec<(String, DuplicateReason)> {
    let duplicates = duplicates(draft, candidates, &Home::of("US".parse().unwrap()));
    duplicates
        .into_iter()
        .map(|duplicate| (duplicate.contact.id.id, duplicate.because))
        .collect()
}

#[test]
fn strongest_first_and_each_once() {
    use DuplicateReason::{LikeName, SameEmail, SameNumber};
    let candidates = vec![
        contact("stranger", "Otto Huber", "", "", "+1 415 555 0199"),
        contact("like", "Ana Meier", "", "", ""),
        contact("like", "Anna Meier", "acme gmbh", "", ""),
        contact("elsewhere", "Anna Meier", "Other Ltd", "", ""),
        contact("mail", "A. Nobody", "Other Ltd", "anna@example.COM", ""),
        contact("number", "Front desk", "Other Ltd", "", "+1 415 555 0100"),
        contact("like", "Anna Meyer", "ACME GmbH", "", ""),
        contact("mail", "Anna Meier", "", "", ""),
        // Seven digits are a guess and no reason to stop anybody.
        contact("tail", "Reception", "", "", "555 0100"),
    ];
    let expected = [("number", SameNumber), ("mail", SameEmail), ("like", LikeName)];
    assert_eq!(
        found(&draft(), candidates.clone()),
        expected.map(|(id, because)| (id.to_owned(), because))
    );
    let duplicates = duplicates(&draft(), candidates, &Home::of("US".parse().unwrap()));
    assert_eq!(
        duplicates[1].contact.name, "A. Nobody",
        "the telling with the stronger reason"
    );
    assert_eq!(
        duplicates[2].contact.name, "Anna Meyer",
        "of equal reasons the later telling"
    );
}

/// It does not choose anybody for a call, but it stops a second record.
#[test]
fn a_servers_word_for_the_number_is_reason_enough_to_ask() {
    let mut known = contact("word", "Front desk", "Other Ltd", "", "(212) 555-0188");
    known.numbers.push(StoredNumber::vouched("+14155550100"));
    let expected = [("word".to_owned(), DuplicateReason::SameNumber)];
    assert_eq!(found(&draft(), vec![known]), expected);
}

#[test]
fn what_was_not_typed_is_like_nothing() {
    let empty = ContactDraft {
        name: String::new(),
        company: None,
        email: None,
        number: None,
        ..draft()
    };
    let blank = ContactDraft {
        name: " ".into(),
        company: None,
        email: Some("none".into()),
        number: Some(String::new()),
        ..draft()
    };
    let candidates = vec![
        contact("1", "", "", "", ""),
        contact("2", "Anna", "", "none", "n/a"),
        contact("3", "", "", "", "anonymous"),
    ];
    assert_eq!(found(&empty, candidates.clone()), []);
    assert_eq!(found(&blank, candidates), []);
}

#[test]
fn the_connection_of_the_draft_comes_first_among_equals() {
    let mut here = contact("here", "Zoe Meier", "", "", "4155550100");
    here.id.connection = ConnectionId::new("b");
    let there = contact("there", "Anna Meier", "", "", "4155550100");
    assert_eq!(
        found(&draft(), vec![there, here])
            .into_iter()
            .map(|(id, _)| id)
            .collect::<Vec<_>>(),
        ["here", "there"]
    );
}
