//! Find by number and by name, where one request takes all forms.

use ringside_domain::{Connector, Kind, connector::NameQuery, phone, trace::Answer};
use serde_json::json;

use crate::support::*;

const CRM: &str = include_str!("crm.toml");

/// The caller's record, without a company.
fn bare(id: &str) -> serde_json::Value {
    json!({ "id": id, "name": "Anna", "phone": "2025550123" })
}

#[tokio::test(start_paused = true)]
async fn one_request_a_type_with_every_form_and_the_types_at_the_same_time() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people" => ok(json!({ "items": [person("1", "Anna Meier", "(202) 555-0123")] })).after(100),
        _ => ok(json!({ "items": [person("2", "Example Ltd", "+1 202-555-0199")] })).after(120),
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 120);
    let asked = "?q=%2B12025550123&q=%28202%29%20555-0123&q=2025550123&trail=key-4711-secret";
    assert_eq!(
        desk.crm.lines(),
        [format!("GET /people{asked}"), format!("GET /firms{asked}")]
    );
    let sent = &desk.crm.sent()[0];
    assert_eq!(
        sent.credentials,
        [("Authorization".to_owned(), "Bearer key-4711-secret".to_owned())]
    );
    assert_eq!(sent.redirects, 3);

    let names: Vec<_> = found.contacts.iter().map(|contact| contact.name.as_str()).collect();
    assert_eq!(
        names,
        ["Anna Meier", "Example Ltd"],
        "what does not prove is the caller's to drop"
    );
    assert_eq!(
        found.contacts[0].url.as_deref(),
        Some("https://crm.example.com/app/p/1")
    );
    assert_eq!(found.contacts[1].url, None, "a page on another host is no page");
    assert!(found.failed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_trace_has_every_request_its_forms_and_counts_and_no_secret() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people" => ok(json!({ "items": [person("1", "Anna", "2025550123"), person("9", "Bea", "2025550199")] })),
        _ => status(500, json!(null)),
    });
    desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    let steps = desk.trace.0.lock().unwrap();
    assert_eq!(steps.len(), 2);
    assert!(steps[0].request.starts_with("GET /"), "{}", steps[0].request);
    assert_eq!(steps[0].forms, ["+12025550123", "(202) 555-0123", "2025550123"]);
    assert_eq!(
        steps[0].answer,
        Answer::Found {
            records: 2,
            verified: 1
        }
    );
    assert!(matches!(
        &steps[1].answer,
        Answer::Failed {
            kind: Kind::Unavailable,
            ..
        }
    ));
    let shown = format!("{:?}", steps.iter().map(|step| &step.request).collect::<Vec<_>>());
    assert!(!shown.contains("key-4711") && !shown.contains("0123"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn one_type_failing_is_a_part_of_the_answer_and_all_failing_is_an_error() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people" => ok(json!({ "items": [person("1", "Anna", "2025550123")] })),
        _ => status(403, json!({ "error": { "message": "No access to firms" } })),
    });
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    let (part, error) = &found.failed[0];
    assert_eq!((part.as_str(), error.kind), ("Firm", Kind::Forbidden));
    assert_eq!(error.message, "Testa: No access to firms");

    let desk = desk_with(CRM, known_account(), setup(), |_, _| status(503, json!(null)));
    let error = desk.connector.find_contact(desk.cx(5), number()).await.unwrap_err();
    assert_eq!((error.kind, error.may_have_happened), (Kind::Unavailable, false));
}

#[tokio::test(start_paused = true)]
async fn the_same_record_found_twice_is_one_and_a_broken_one_hides_nobody() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people/1/company" => ok(json!({ "name": "Example Ltd" })),
        "/people" => ok(json!({ "items": [
            bare("1"), "junk", { "name": "no id" }, null, bare("1"),
        ] })),
        _ => ok(json!({ "items": [] })),
    });
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(found.contacts.len(), 1);
    let asked_again = desk
        .crm
        .lines()
        .into_iter()
        .filter(|line| line.contains("/company"))
        .count();
    assert_eq!(asked_again, 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_hits_without_a_company_are_asked_about_again_and_a_failure_there_is_no_failure() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people" => ok(json!({ "items": [bare("1"), bare("2"), bare("3"), person("9", "Bea", "2025550199")] })),
        "/people/1/company" => ok(json!({ "name": "Example Ltd" })).after(50),
        "/people/2/company" => status(500, json!(null)).after(50),
        "/firms" => ok(json!({ "items": [] })),
        other => panic!("{other}"),
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
    assert_eq!(began.elapsed().as_millis(), 50, "all at once");
    let companies: Vec<_> = found
        .contacts
        .iter()
        .map(|contact| contact.company.as_deref())
        .collect();
    assert_eq!(companies, [Some("Example Ltd"), None, None, Some("Example Ltd")]);
    assert_eq!(
        desk.crm.lines().len(),
        4,
        "at most two, and nobody who is not the caller"
    );
    assert!(found.failed.is_empty());
}

/// Whoever has the number on a page that nobody reads is neither shown nor gone.
#[tokio::test(start_paused = true)]
async fn a_full_page_is_said() {
    let limited =
        include_str!("exact.toml").replace("phone = \"{{ form }}\"", "phone = \"{{ form }}\", limit = \"20\"");
    for (records, full) in [(20, true), (19, false)] {
        let many: Vec<_> = (0..records)
            .map(|id| person(&id.to_string(), "Anna", "+12025550123"))
            .collect();
        let desk = desk(&limited, move |sent, _| match sent.path.as_str() {
            "/contacts" => ok(json!(many)),
            _ => ok(json!([])),
        });
        let found = desk.connector.find_contact(desk.cx(5), number()).await.unwrap();
        assert_eq!(found.contacts.len(), records);
        let said: Vec<String> = found
            .failed
            .iter()
            .map(|(part, error)| format!("{part}: {}", error.message))
            .collect();
        let expected = "Contact: Exacta gave as many records as fit into one answer, 20";
        assert_eq!(said.contains(&expected.to_owned()), full, "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_still_asked_about_a_hit_does_not_hold_its_name() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people" => ok(json!({ "items": [bare("1")] })).after(60),
        "/people/1/company" => ok(json!({ "name": "Example Ltd" })).after(30_000),
        _ => ok(json!({ "items": [] })),
    });
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact(desk.cx(10), number()).await.unwrap();
    assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
    assert_eq!(
        (found.contacts.len(), found.failed.len()),
        (1, 0),
        "its number was there"
    );
    assert_eq!(desk.trace.found(), [(60, "1".to_owned())]);
    let slow = desk.trace.0.lock().unwrap().last().cloned().unwrap();
    assert!(slow.request.ends_with("/company"), "{slow:?}");
    assert!(
        matches!(
            slow.answer,
            Answer::Failed {
                kind: Kind::Timeout,
                ..
            }
        ),
        "{slow:?}"
    );

    let query = NameQuery {
        text: "Anna".into(),
        ..NameQuery::default()
    };
    let began = tokio::time::Instant::now();
    let found = desk.connector.find_contact_with_name(desk.cx(10), query).await.unwrap();
    assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
    assert_eq!(found.contacts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn withheld_and_unknown_things_ask_nobody() {
    let desk = desk_with(CRM, known_account(), setup(), |_, _| panic!("nobody is to be asked"));
    for raw in ["anonymous", "alice@example.com", "12", "junk"] {
        let number = ringside_domain::connector::NumberForms {
            reading: phone::read(raw, &phone::Home::default()),
            forms: Vec::new(),
        };
        let found = desk.connector.find_contact(desk.cx(5), number).await.unwrap();
        assert!(found.contacts.is_empty() && found.failed.is_empty(), "{raw}");
    }
    assert!(!desk.connector.capability().knows_extensions);
}

#[tokio::test(start_paused = true)]
async fn an_extension_is_asked_for_where_the_file_says_that_it_can_be() {
    let knowing =
        include_str!("exact.toml").replace("matching = \"exact\"", "matching = \"exact\"\nknows_extensions = true");
    let desk = desk(&knowing, |_, _| ok(json!([person("1", "Anna", "204")])));
    let number = ringside_domain::connector::NumberForms {
        reading: phone::read("204", &phone::Home::default()),
        forms: Vec::new(),
    };
    let found = desk.connector.find_contact(desk.cx(5), number).await.unwrap();
    assert_eq!(desk.crm.lines(), ["GET /contacts?phone=204", "GET /leads?phone=204"]);
    assert_eq!(found.contacts.len(), 2);
    assert!(desk.connector.capability().knows_extensions);
}

#[tokio::test(start_paused = true)]
async fn by_name_every_request_goes_at_once_and_only_whole_hits_are_kept() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.line.as_str() {
        line if line.contains("given=Anna") => {
            ok(json!({ "items": [person("1", "Anna Meier", "1"), person("2", "Anna Bell", "1")] })).after(60)
        }
        line if line.contains("people?family=Meier") => {
            ok(json!({ "items": [person("3", "Bea Meier", "1"), person("1", "Anna Meier", "1")] })).after(30)
        }
        _ => ok(json!({ "items": [] })),
    });
    let query = |types: Vec<String>| NameQuery {
        text: " Anna  Meier ".into(),
        types,
        company: None,
        limit: 10,
    };
    let began = tokio::time::Instant::now();
    let found = desk
        .connector
        .find_contact_with_name(desk.cx(5), query(vec!["Person".into()]))
        .await
        .unwrap();
    assert_eq!(began.elapsed().as_millis(), 60);
    let ids: Vec<_> = found.contacts.iter().map(|contact| contact.id.id.as_str()).collect();
    assert_eq!(ids, ["1"]);
    assert_eq!(desk.crm.lines().len(), 2);

    desk.connector
        .find_contact_with_name(desk.cx(5), query(Vec::new()))
        .await
        .unwrap();
    assert_eq!(desk.crm.lines().len(), 6, "two types, two requests each");
    let nothing = desk
        .connector
        .find_contact_with_name(desk.cx(5), NameQuery::default())
        .await
        .unwrap();
    assert!(nothing.contacts.is_empty());
    assert_eq!(desk.crm.lines().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_record_is_read_by_its_id_and_one_that_is_gone_is_not_found() {
    let desk = desk_with(CRM, known_account(), setup(), |sent, _| match sent.path.as_str() {
        "/people/a%2Fb%20c" => ok(person("a/b c", "Anna", "2025550123")),
        "/people/empty" => ok(json!([])),
        _ => status(404, json!({ "message": "gone" })),
    });
    let contact = desk
        .connector
        .get_contact(desk.cx(5), at("Person", "a/b c"))
        .await
        .unwrap();
    assert_eq!(contact.name, "Anna");
    for id in ["7", "empty"] {
        let error = desk
            .connector
            .get_contact(desk.cx(5), at("Person", id))
            .await
            .unwrap_err();
        assert_eq!(error.kind, Kind::NotFound);
    }
    let error = desk
        .connector
        .get_contact(desk.cx(5), at("Dragon", "7"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), (Kind::NotFound, Some("type")));
}

#[tokio::test(start_paused = true)]
async fn capability_says_what_the_file_has() {
    let able = desk(CRM, |_, _| ok(json!({}))).connector.capability();
    assert!(able.find && able.find_with_name && able.create && able.add_number && able.log && able.update_log);
    assert!(able.moves_logs && able.find_log && able.log_fields && !able.indexed);
    assert_eq!(able.settles_within.as_secs(), 3);
    let exact = desk(include_str!("exact.toml"), |_, _| ok(json!({})));
    let able = exact.connector.capability();
    assert!(able.find && !able.find_with_name && !able.create && !able.log && !able.find_log && !able.log_fields);
    let error = exact
        .connector
        .get_contact(exact.cx(5), at("Lead", "1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported);
    let error = exact
        .connector
        .create_contact(exact.cx(5), draft("Lead", "Anna"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Unsupported);
    assert!(exact.crm.lines().is_empty());
}
